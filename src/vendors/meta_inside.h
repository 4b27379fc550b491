/* meta_inside.h: what the files about Meta share; included by vendors/meta_*.c only.
 * The one rule: absent and null are the same; a wrong type is ERR_UPSTREAM and names the key. */
#pragma once
#include "vendors/meta.h"
#include "vendors/safe_text.h"

/* Absent gives the empty text; ids come as strings or as numbers. */
enum err meta_take_text(struct ctx *cx, const struct json_in *row, const char *key,
                        struct str *out) MUST_USE;
enum err meta_take_dec(struct ctx *cx, const struct json_in *row, const char *key, int scale,
                       struct maybe_int *out) MUST_USE;
/* The same with zero for absent, and never negative. */
enum err meta_take_count(struct ctx *cx, const struct json_in *row, const char *key, int scale,
                         int64_t *out) MUST_USE;
/* A number or its text in units of 10^-scale; decimals past that are rounded. */
bool meta_as_dec(const struct json_in *v, int scale, int64_t *out);
/* An id that must be there and consist of digits. */
enum err meta_take_id(struct ctx *cx, const struct json_in *row, const char *key,
                      struct str *out) MUST_USE;
/* Any value as compact JSON text; absent gives the empty text. */
struct str meta_take_json(struct ctx *cx, const struct json_in *row, const char *key);
/* A date that cannot be read is left unknown: nothing is counted by it. */
enum err meta_take_time(struct ctx *cx, const struct json_in *row, const char *key,
                        struct maybe_int *out) MUST_USE;
/* Unix seconds to UTC ms; 0 stays unknown. */
enum err meta_take_seconds(struct ctx *cx, const struct json_in *row, const char *key,
                           struct maybe_int *out) MUST_USE;
/* "/1/leads", or "/1" when the edge is "". */
struct str meta_edge(struct arena *a, struct str id, const char *edge);
/* The class of an error by its numbers and, for "reduce", its words. */
enum meta_class meta_class_of(const struct meta_reply *r);
void meta_usage_read(struct ctx *cx, const struct reply *r, struct meta_usage *out);
/* The same connection speaking as the app itself, without a proof. */
struct meta meta_as_app(struct ctx *cx, const struct meta *m, struct str app_id);
