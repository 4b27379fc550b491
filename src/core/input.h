/* input.h: reading fields of a body or a query, each fault noted under its field's name.
 * The one rule: read every field first, then TRY(ctx_fields(cx)) once. */
#pragma once
#include "core/auth.h"
#include "http/http.h"

/* A trimmed text of least..most bytes. Absent or null: false, and a fault only when least > 0. */
bool input_text(struct ctx *cx, const struct json_in *body, const char *field, size_t least,
                size_t most, struct str *out);
/* The same for a PATCH, where a field that is not there keeps its value. */
bool input_text_opt(struct ctx *cx, const struct json_in *body, const char *field, size_t least,
                    size_t most, struct str *out);
/* A positive id; absent or null gives 0. */
void input_id(struct ctx *cx, const struct json_in *body, const char *field, int64_t *out);
/* 'YYYY-MM-DD'; absent or null: an empty view, and a fault when it is required. */
void input_day(struct ctx *cx, const struct json_in *body, const char *field, bool required,
               struct str *out);
bool input_has(const struct json_in *body, const char *field); /* the key is there, even as null */

/* Inclusive days of a read, reporting zone: from/to, or period=today|yesterday|7d|30d|month. At
 * most 400 days; without either the last 30. */
struct range {
    struct str from, to;
    struct str preset; /* empty when from and to were given */
};
void query_range(struct req *rq, struct range *out);
/* An id in the query; 0 when absent. */
void query_id(struct req *rq, const char *name, int64_t *out);
/* How many items, 1..most; *out stays as it is when absent. */
void query_limit(struct req *rq, int64_t most, int64_t *out);
/* One of a NULL-terminated list; the first when absent. */
const char *query_choice(struct req *rq, const char *name, const char *const *choices);
