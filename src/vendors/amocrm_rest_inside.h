/* amocrm_rest_inside.h: what the files about amoCRM's REST API share; included by
 * vendors/amocrm_rest*.c only.
 * The one rule: absent and null are the same; a wrong type is ERR_UPSTREAM and names the key. */
#pragma once
#include "vendors/amocrm_rest.h"
#include "vendors/safe_text.h"

/* ---- addresses ---- */
/* The account's own upstream: the template filled in, and our pace. texts are in the arena. */
enum err amo_upstream(struct ctx *cx, const struct amo_api *api, struct upstream *out) MUST_USE;
/* True for "www.amocrm.ru" and its like: a host that nobody but the vendor can have named. */
bool amo_is_vendor_host(struct str host);

/* ---- replies ---- */
enum { AMO_BLOCK_MS = 15 * 60 * 1000, AMO_LONGEST_WAIT_MS = 60 * 1000 };
/* A failed call in words. */
enum err amo_say_failure(struct ctx *cx, enum err err, const struct ctx *aside,
                         const struct amo_reply *r);

struct amo_sent { /* one HTTP call, once the address is known */
    const struct amo_api *api;
    const struct upstream *up;
    struct call call;   /* judge and self are filled by amo_send */
    bool is_list;       /* 504 asks for a smaller page rather than for patience */
    bool may_miss;      /* 404 as JSON is AMO_EMPTY */
    bool is_token_call; /* 400 refuses the grant; 401 and 404 doubt the address */
};
enum err amo_send(struct ctx *cx, const struct amo_sent *s, struct amo_reply *out) MUST_USE;

/* ---- values ---- */
enum err amo_take_text(struct ctx *cx, const struct json_in *row, const char *key,
                       struct str *out) MUST_USE;
/* Digits, or empty. */
enum err amo_take_id(struct ctx *cx, const struct json_in *row, const char *key,
                     struct str *out) MUST_USE;
/* An id that must be there. */
enum err amo_need_id(struct ctx *cx, const struct json_in *row, const char *key,
                     struct str *out) MUST_USE;
enum err amo_take_int(struct ctx *cx, const struct json_in *row, const char *key,
                      int64_t *out) MUST_USE;
enum err amo_take_bool(struct ctx *cx, const struct json_in *row, const char *key,
                       bool *out) MUST_USE;
/* Seconds since 1970 to ms; unknown when absent, null, 0 or no moment. */
enum err amo_take_time(struct ctx *cx, const struct json_in *row, const char *key,
                       struct maybe_int *out) MUST_USE;
/* An array, or NULL when absent or null. */
enum err amo_take_list(struct ctx *cx, const struct json_in *row, const char *key,
                       const struct json_in **out) MUST_USE;
