/* answer.h: the shapes that every list and every change answer with. */
#pragma once
#include "core/audit.h"
#include "core/auth.h"
#include "db/db.h"
#include "http/http.h"

typedef void write_row_fn(struct json_out *j, struct rows *rows);

/* Runs the query in a read transaction and answers {"items":[…],"next":null}. */
enum err answer_list(struct req *rq, struct resp *rs, const struct query *q, const struct arg *args,
                     size_t n, write_row_fn *write) MUST_USE;
/* The query's one row as an object, inside a transaction; no row is ERR_NOT_FOUND. */
enum err row_json(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                  write_row_fn *write, struct str *json) MUST_USE;
enum err answer_json(struct resp *rs, int status, struct str json) MUST_USE;

/* Text or null, a number or null. */
void json_opt_str(struct json_out *j, const char *key, struct rows *rows, const char *col);
void json_opt_int(struct json_out *j, const char *key, struct rows *rows, const char *col);

/* An audit row of this request. */
enum err audit_change(struct tx *tx, struct req *rq, const char *action, const char *entity,
                      int64_t id, struct str before, struct str after) MUST_USE;
