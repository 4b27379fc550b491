/* gate.c: the order at the door, and what each step refuses.
 * Everything is refused that is not let in by name: a route without a role is open only when it
 * also says RT_PUBLIC. */
#include "base/log.h"
#include "core/audit.h"
#include "core/auth_inside.h"
#include "core/limits.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    ADDRESS_SHARE = 20,         /* an office: so many users behind one address */
    LEAST_PER_ADDRESS = 1200,   /* per RATE_PERIOD_MS */
    HOOKS_PER_ADDRESS = 120000, /* a vendor sends all its events from a few addresses */
};

/* ---- 1. admit ---- */

struct str limit_address_key(struct arena *a, const char *prefix, struct str remote_ip)
{
    struct in6_addr v6;
    const char *text = str_z(a, remote_ip);

    if (inet_pton(AF_INET6, text, &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6))
        return arena_fmt(a, "%s %s", prefix, text);
    struct str net = hex_text(a, (struct str){(const char *)&v6, 8});
    return arena_fmt(a, "%s %.*s::/64", prefix, STR_FMT(net));
}

static bool is_loopback(struct str ip)
{
    return str_starts(ip, S("127.")) || str_eq(ip, S("::1")) || str_starts(ip, S("::ffff:127."));
}

static int64_t address_count(const struct req *rq, const struct route *rt)
{
    int64_t count = rq->app->config.rate_limit * ADDRESS_SHARE;

    if (rt && rt->rate == RATE_HOOK)
        return HOOKS_PER_ADDRESS;
    return count > LEAST_PER_ADDRESS ? count : LEAST_PER_ADDRESS;
}

static enum err refuse(struct req *rq, int64_t wait_ms, const char *why)
{
    rq->cx.retry_after_ms = wait_ms;
    atomic_fetch_add_explicit(&rq->app->limits->refused, 1, memory_order_relaxed);
    return fail(&rq->cx, ERR_RATE, "%s", why);
}

/* Callers on this machine are not counted here: a proxy would make one address of the world. */
static enum err admit(struct req *rq, const struct route *rt)
{
    struct limits *l = rq->app->limits;
    struct arena *a = rq->cx.arena;
    int64_t wait_ms;

    if (!l)
        return OK;
    atomic_fetch_add_explicit(&l->requests, 1, memory_order_relaxed);
    if (is_loopback(rq->remote_ip))
        return OK;
    bool is_hook = rt && rt->rate == RATE_HOOK;
    struct str key = limit_address_key(a, is_hook ? "hooks from" : "requests from", rq->remote_ip);
    if (limits_take(l, key, address_count(rq, rt), RATE_PERIOD_MS, mono_ms(&rq->cx), &wait_ms))
        return OK;
    return refuse(rq, wait_ms, "too many requests from one address");
}

/* ---- 2. identify ---- */

static bool is_public(const struct route *rt)
{
    return !rt || (rt->role == ROLE_PUBLIC && (rt->flags & RT_PUBLIC));
}

static enum err identify(struct req *rq, const struct route *rt)
{
    return is_public(rt) ? OK : auth_identify(rq);
}

/* ---- 3. authorize ---- */

static bool is_unsafe(enum method m)
{
    return m != GET && m != HEAD && m != OPTIONS;
}

/* Our own origin as the browser writes it: the public address, or the one it typed. */
static bool is_own_origin(struct req *rq, struct str origin)
{
    struct str url = rq->app->config.public_url;
    struct str typed = arena_fmt(rq->cx.arena, "%s://%.*s", req_is_https(rq) ? "https" : "http",
                                 STR_FMT(req_header(rq, "Host")));

    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    return str_eq_nocase(origin, typed) || (url.len && str_eq_nocase(origin, url));
}

/* What another site's page cannot do: set our header, and come from here. */
static bool is_same_origin(struct req *rq)
{
    struct str site = req_header(rq, "Sec-Fetch-Site"), origin = req_header(rq, "Origin");

    if (!str_eq(req_header(rq, "X-Trafficd"), S("1")))
        return false;
    if (origin.len && !is_own_origin(rq, origin))
        return false;
    return site.len ? str_eq(site, S("same-origin")) : origin.len > 0;
}

/* A script that signs in has neither cookie nor browser headers and needs none of this. */
static bool needs_same_origin(struct req *rq, const struct route *rt)
{
    if (!rt || !is_unsafe(rq->method) || (rt->flags & RT_NO_ORIGIN))
        return false;
    if (rq->user)
        return rq->user->by_cookie;
    return cookie_any(rq) || req_header(rq, "Sec-Fetch-Site").len || req_header(rq, "Origin").len;
}

static enum err authorize(struct req *rq, const struct route *rt)
{
    if (!is_public(rt)) {
        if (!rq->user)
            return fail(&rq->cx, ERR_AUTH, "not signed in");
        if (rt->role == ROLE_PUBLIC || rt->role > ROLE_ADMIN)
            return fail(&rq->cx, ERR_FORBIDDEN, "the route %s lets no one in", rt->path);
        if ((unsigned)rq->user->role < rt->role)
            return fail(&rq->cx, ERR_FORBIDDEN, "the role %s is not enough",
                        role_name(rq->user->role));
    }
    if (needs_same_origin(rq, rt) && !is_same_origin(rq))
        return fail(&rq->cx, ERR_FORBIDDEN, "not sent by our own page");
    return OK;
}

/* ---- 4. limit ---- */

struct str limit_user_key(struct req *rq)
{
    return arena_fmt(rq->cx.arena, "user %lld", (long long)rq->user->id);
}

static enum err limit_user(struct req *rq)
{
    struct identity *me = identity_of(rq);
    struct limits *l = rq->app->limits;
    int64_t count = rq->app->config.rate_limit, wait_ms;
    struct str key = limit_user_key(rq);

    if (count <= 0)
        return OK;
    if (!limits_take(l, key, count, RATE_PERIOD_MS, mono_ms(&rq->cx), &wait_ms))
        return refuse(rq, wait_ms, "too many requests from one user");
    me->rate_left =
        limits_left(l, key, count, RATE_PERIOD_MS, mono_ms(&rq->cx), &me->rate_reset_ms);
    return OK;
}

static enum err limit_login(struct req *rq)
{
    int64_t count = rq->app->config.login_limit, wait_ms;
    struct str key = limit_address_key(rq->cx.arena, "login address", rq->remote_ip);

    if (count <= 0 ||
        limits_take(rq->app->limits, key, count, LOGIN_PERIOD_MS, mono_ms(&rq->cx), &wait_ms))
        return OK;
    return refuse(rq, wait_ms, "too many sign-ins from one address");
}

static enum err limit(struct req *rq, const struct route *rt)
{
    if (!rt || !rq->app->limits)
        return OK;
    switch (rt->rate) {
    case RATE_NONE:
    case RATE_HOOK:
        return OK;
    case RATE_LOGIN:
        return limit_login(rq);
    case RATE_READ:
    case RATE_WRITE:
    case RATE_EXPORT:
        return rq->user ? limit_user(rq) : OK;
    }
    return OK;
}

static void say_limit(struct req *rq, const struct route *rt, struct resp *rs)
{
    struct arena *a = rq->cx.arena;
    const struct identity *me = identity_of(rq);
    int64_t count = rq->app->config.rate_limit;

    if (!me || !rq->app->limits || count <= 0 ||
        (rt->rate != RATE_READ && rt->rate != RATE_WRITE && rt->rate != RATE_EXPORT))
        return;
    resp_header(rs, "RateLimit-Limit", arena_fmt(a, "%lld", (long long)count));
    resp_header(rs, "RateLimit-Remaining", arena_fmt(a, "%lld", (long long)me->rate_left));
    resp_header(rs, "RateLimit-Reset",
                arena_fmt(a, "%lld", (long long)(me->rate_reset_ms + 999) / 1000));
}

/* ---- 6. after ---- */

static enum err access_json(struct ctx *cx, const struct req *rq, enum err result, struct str *out)
{
    struct json_out *j = json_out_new(cx, 256);

    json_obj(j);
    json_key(j, "path"), json_str(j, rq->path);
    json_key(j, "remote_ip"), json_str(j, rq->remote_ip);
    json_key(j, "result"), json_str(j, str_of(err_slug(result)));
    json_end(j);
    return json_finish(j, out);
}

/* The answer is made by now: a failure here is logged and changes nothing for the caller. */
static void audit_access(struct req *rq, const struct route *rt, enum err result)
{
    enum err err;
    struct ctx cx = {.arena = rq->cx.arena, .clock = rq->cx.clock, .tag = rq->cx.tag};
    struct tx *tx = NULL;
    struct str json;

    TRY(access_json(&cx, rq, result, &json));
    TRY(tx_begin(&cx, rq->app->db, TX_WRITE, &tx));
    TRY(audit_write(tx, rq->app,
                    &(struct audit_entry){.user = rq->user,
                                          .actor = rq->user ? S("") : S("anyone"),
                                          .action = "access",
                                          .entity = rt->path,
                                          .after = json,
                                          .request_id = rq->request_id}));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err)
        LOG(&cx, LOG_ERROR, "audit.access_lost", l_str("why", str_of(cx.why)));
}

static void after(struct req *rq, const struct route *rt, struct resp *rs, enum err result)
{
    if (!rt)
        return;
    say_limit(rq, rt, rs);
    if (!result)
        gate_keep(rq, rt, rs);
    else if (rq->app->limits)
        atomic_fetch_add_explicit(&rq->app->limits->failed, 1, memory_order_relaxed);
    if (rt->flags & RT_AUDIT)
        audit_access(rq, rt, result);
}

const struct gate core_gate = {
    .admit = admit,
    .identify = identify,
    .authorize = authorize,
    .limit = limit,
    .cached = gate_cached,
    .after = after,
};
