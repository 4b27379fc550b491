/* crm_map_routes.h: handlers about the webhook's keys, the CRM's fields and users, and reads;
 * listed in crm_routes.c. */
#pragma once
#include "http/http.h"

enum err crm_key_new(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_key_list(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_key_retire_old(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_field_list(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_field_put(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_user_list(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_sync_list(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_sync_ask(struct req *rq, struct resp *rs) MUST_USE;
enum err crm_sync_results(struct req *rq, struct resp *rs) MUST_USE;
