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

/* ---- lists by day, newest first, page after page below (day, id) ---- */
struct day_page {
    int64_t limit, cursor_id;
    struct str cursor_day; /* empty = the first page */
};
/* Reads limit and cursor of the query; faults are noted as fields. */
void query_day_page(struct req *rq, int64_t limit, int64_t most, struct day_page *out);
/* Arguments of the query that the page decides: one row more than is shown tells of a next page. */
#define DAY_PAGE_ARGS(p)                                                                           \
    a_opt("cursor_day", (p).cursor_day), a_int("cursor_id", (p).cursor_id),                        \
        a_int("limit", (p).limit + 1)
struct day_list { /* rows have the columns day and id */
    const struct query *query;
    const struct arg *args;
    size_t nargs;
    write_row_fn *write; /* the members of an object that is open */
    const struct day_page *page;
};
enum err answer_day_list(struct req *rq, struct resp *rs, const struct day_list *list) MUST_USE;

/* Text or null, a number or null. */
void json_opt_str(struct json_out *j, const char *key, struct rows *rows, const char *col);
void json_opt_int(struct json_out *j, const char *key, struct rows *rows, const char *col);

/* An audit row of this request. */
enum err audit_change(struct tx *tx, struct req *rq, const char *action, const char *entity,
                      int64_t id, struct str before, struct str after) MUST_USE;

/* A change of one row that is there: as it was, the change, as it is, the audit row and a new data
 * version in one transaction; then the answer. ERR_NOT_FOUND when the user may not see the row. */
struct row_change {
    int64_t id;
    const char *entity, *action; /* "team", "team.update" */
    enum err (*json)(struct tx *tx, struct req *rq, int64_t id, struct str *out);
    enum err (*apply)(struct tx *tx, int64_t id, const void *what);
    const void *what;
    int status;        /* 0 = 200 */
    const char *nudge; /* a job that has work now; NULL = none */
};
enum err answer_change(struct req *rq, struct resp *rs, const struct row_change *c) MUST_USE;
/* The id in the path; ERR_NOT_FOUND when it is none. */
enum err param_id(struct req *rq, int i, int64_t *out) MUST_USE;
