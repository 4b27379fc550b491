/* gate_cached.c: the answer cache at the door: what an answer is kept under, and for whom. */
#include "base/form.h"
#include "core/auth_inside.h"
#include "core/cache.h"
#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

enum {
    FRESH_MS = 5 * 60 * 1000, /* divides every zone's day: "today" never outlives its midnight */
    MOST_QUERY_PAIRS = 64
};

struct pair_text {
    struct str key, value;
};

static int by_key(const void *a, const void *b)
{
    const struct pair_text *x = a, *y = b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = n ? memcmp(x->key.ptr, y->key.ptr, n) : 0;

    return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* Two ways to write one question are one question: sorted, decoded once, encoded one way. */
static struct str normal_query(struct arena *a, struct str query)
{
    struct pair_text pairs[MOST_QUERY_PAIRS];
    struct form f = form_start(query, MOST_QUERY_PAIRS);
    struct str out = S("");
    size_t n = 0;

    while (n < MOST_QUERY_PAIRS && form_next(&f, a, &pairs[n].key, &pairs[n].value))
        n++;
    if (n)
        qsort(pairs, n, sizeof *pairs, by_key);
    for (size_t i = 0; i < n; i++) {
        struct str key = url_encode(a, pairs[i].key), value = url_encode(a, pairs[i].value);
        out = arena_fmt(a, "%.*s&%.*s=%.*s", STR_FMT(out), STR_FMT(key), STR_FMT(value));
    }
    return out;
}

/* Who may see what is part of the key; so is the role, since a route may show more to some. */
static struct str cache_key(struct req *rq, const struct route *rt)
{
    struct arena *a = rq->cx.arena;
    struct scope scope = user_scope(rq->user);
    struct str query = normal_query(a, rq->query), params = S("");

    for (size_t i = 0; i < COUNT(rq->path_params) && rq->path_params[i].len; i++)
        params = arena_fmt(a, "%.*s/%.*s", STR_FMT(params), STR_FMT(rq->path_params[i]));
    return arena_fmt(a, "%s%.*s?%.*s #%d %d %lld #%lld %lld", rt->path, STR_FMT(params),
                     STR_FMT(query), (int)rq->user->role, scope.all, (long long)scope.team_id,
                     (long long)identity_of(rq)->data_version,
                     (long long)(now_ms(&rq->cx) / FRESH_MS));
}

static struct str etag_of(struct arena *a, struct str key)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b(S(""), key, hash);
    struct str text = base64url_text(a, (struct str){(const char *)hash, 15});
    return arena_fmt(a, "\"%.*s\"", STR_FMT(text));
}

static bool is_cacheable(const struct req *rq, const struct route *rt)
{
    return rt && (rt->flags & RT_CACHE) && rq->user && rq->app->cache &&
           (rq->method == GET || rq->method == HEAD);
}

/* A cached answer costs nothing, so what limit() took is given back. */
static bool hit(struct req *rq, const struct route *rt)
{
    int64_t count = rq->app->config.rate_limit;

    identity_of(rq)->is_hit = true;
    if (!rq->app->limits)
        return true;
    atomic_fetch_add_explicit(&rq->app->limits->cache_hits, 1, memory_order_relaxed);
    if (count > 0 && rt->rate != RATE_NONE) {
        limits_give(rq->app->limits, limit_user_key(rq), count, RATE_PERIOD_MS);
        identity_of(rq)->rate_left++;
    }
    return true;
}

bool gate_cached(struct req *rq, const struct route *rt, struct resp *rs)
{
    struct str key, etag, stored_etag, body;
    bool is_hit = false;

    if (is_cacheable(rq, rt)) {
        key = cache_key(rq, rt);
        etag = etag_of(rq->cx.arena, key);
        resp_header(rs, "ETag", etag);
        if (str_eq(req_header(rq, "If-None-Match"), etag)) {
            resp_status(rs, 304);
            is_hit = hit(rq, rt);
        } else if (cache_get(rq->app->cache, rq->cx.arena, key, &body, &stored_etag) &&
                   !resp_body(rs, "application/json", body)) {
            is_hit = hit(rq, rt);
        }
    }
    return is_hit;
}

void gate_keep(struct req *rq, const struct route *rt, struct resp *rs)
{
    int status = resp_status_of(rs);

    if (!is_cacheable(rq, rt) || identity_of(rq)->is_hit || (status != 200 && status != 304) ||
        !str_starts(resp_mime_of(rs), S("application/json")))
        return;
    struct str key = cache_key(rq, rt);
    cache_put(rq->app->cache, key, resp_body_of(rs), etag_of(rq->cx.arena, key));
    if (rq->app->limits)
        atomic_fetch_add_explicit(&rq->app->limits->cache_misses, 1, memory_order_relaxed);
}
