/* json.h: write by streaming, read by view. Neither side hands out ownership. */
#pragma once
#include "base/base.h"

struct json_out;                                           /* grows in the arena; sticky error */
struct json_out *json_out_new(struct ctx *cx, size_t cap); /* cap: expected bytes, not a limit */
void json_obj(struct json_out *j);
void json_arr(struct json_out *j);
void json_end(struct json_out *j); /* closes the innermost obj or arr */
void json_key(struct json_out *j, const char *key);
void json_str(struct json_out *j,
              struct str v);                  /* escapes < > & U+2028/9; bad UTF-8 becomes U+FFFD */
void json_int(struct json_out *j, int64_t v); /* past 2^53 it goes out as a string */
void json_dec(struct json_out *j, int64_t units, int scale); /* money, exact; trailing zeros cut */
void json_bool(struct json_out *j, bool v);
void json_null(struct json_out *j);
void json_raw(struct json_out *j, struct str json); /* a value that is JSON already */
enum err json_finish(struct json_out *j, struct str *out) MUST_USE;

struct json_in; /* a value inside a parsed document held by the arena */
/* Refuses what RFC 8259 refuses, invalid UTF-8, nesting deeper than 64 and duplicate keys. */
enum err json_parse(struct ctx *cx, struct str text, const struct json_in **root) MUST_USE;
enum json_type { JSON_NONE, JSON_NULL, JSON_BOOL, JSON_NUM, JSON_STR, JSON_ARR, JSON_OBJ };
enum json_type json_type(const struct json_in *v);                        /* NULL-safe: JSON_NONE */
const struct json_in *json_get(const struct json_in *v, const char *key); /* NULL-safe */
const struct json_in *json_at(const struct json_in *v, size_t i);         /* NULL-safe; O(i) */
size_t json_len(const struct json_in *v); /* items or keys; 0 otherwise */
struct json_iter {
    const void *at[2];
    size_t left;
};
struct json_iter json_iter(const struct json_in *arr_or_obj);
/* Next item, or next value with its key when the container is an object (key may be NULL). */
const struct json_in *json_next(struct json_iter *it, struct str *key);
bool json_as_int(const struct json_in *v, int64_t *out); /* accepts 7 and "7" */
bool json_as_bool(const struct json_in *v, bool *out);
bool json_as_str(const struct json_in *v, struct str *out);                   /* strings only */
bool json_as_text(const struct json_in *v, struct arena *a, struct str *out); /* "7" or 7: ids */
/* Any value as compact JSON text; numbers keep the digits they came with. */
bool json_text(const struct json_in *v, struct arena *a, struct str *out);
/* Decimal text or number, exactly, in units of 10^-scale; refuses more digits than fit. */
bool json_as_dec(const struct json_in *v, int scale, int64_t *out);
/* Writes a parsed value again: the same keys in the same order, numbers with the digits they came
 * with. The arena holds what is needed meanwhile. */
void json_copy(struct json_out *j, struct arena *a, const struct json_in *v);
