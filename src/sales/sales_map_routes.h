/* sales_map_routes.h: handlers about products and what statuses mean, and about one sale; listed in
 * sales_routes.c. */
#pragma once
#include "db/db.h"
#include "http/http.h"

enum err sales_status_list(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_stage_map_put(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_product_list(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_product_create(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_product_update(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_show(struct req *rq, struct resp *rs) MUST_USE;
enum err sales_raw(struct req *rq, struct resp *rs) MUST_USE;

/* The fields of a sale, inside an object that the caller opens and ends. */
void sale_fields(struct json_out *j, struct rows *rows);
