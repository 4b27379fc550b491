/* leads_door.c: the doors that landing pages and other systems knock at. What comes in is on disk
 * before it is answered; what it says is worked out later. */
#include "base/calendar.h"
#include "base/crypto.h"
#include "base/log.h"
#include "core/gate.h"
#include "core/webhook_key.h"
#include "leads/leads_inside.h"

enum { MINUTE_MS = 60 * 1000, PER_ADDRESS = 30, EVENTS_PER_LEAD = 10 };

/* "SITE.SECRET": the site it names, when the secret is its own. */
static enum err open_site(struct req *rq, const char *purpose, struct site *out)
{
    enum err err;
    struct str key = {0}, number;
    int64_t id;

    req_query_str(rq, "key", &key);
    if (!str_cut(&key, '.', &number) || !str_to_int(number, &id) || id <= 0)
        return fail(&rq->cx, ERR_AUTH, "the key names no site");
    struct str source = arena_fmt(rq->cx.arena, "%s:%lld", purpose, (long long)id);
    TRY(webhook_key_check(&rq->cx, rq->app, source, S(""), key));
    TRY(site_find(&rq->cx, rq->app, id, out));
out:
    return err;
}

/* Pages of the site alone; who says no origin is no browser, and has the key. */
static enum err check_origin(struct req *rq, struct resp *rs, const struct site *site)
{
    struct str origin = req_header(rq, "Origin");

    resp_header(rs, "Vary", S("Origin"));
    if (!origin.len)
        return OK;
    if (!str_eq_nocase(origin, site->origin))
        return fail(&rq->cx, ERR_FORBIDDEN, "the key is another site's");
    resp_header(rs, "Access-Control-Allow-Origin", origin);
    return OK;
}

static enum err take_one(struct req *rq, struct str bucket, int64_t per_minute, const char *why)
{
    int64_t wait_ms;

    if (!rq->app->limits ||
        limits_take(rq->app->limits, bucket, per_minute, MINUTE_MS, mono_ms(&rq->cx), &wait_ms))
        return OK;
    rq->cx.retry_after_ms = wait_ms;
    return fail(&rq->cx, ERR_RATE, "%s", why);
}

static bool is_loopback(struct str ip)
{
    return str_starts(ip, S("127.")) || str_eq(ip, S("::1"));
}

static enum err check_limits(struct req *rq, const struct site *site)
{
    enum err err = OK;
    struct arena *a = rq->cx.arena;

    if (!is_loopback(
            rq->remote_ip)) /* a proxy that is not trusted makes one address of the world */
        TRY(take_one(rq, limit_address_key(a, "leads from", rq->remote_ip), PER_ADDRESS,
                     "too many leads from one address"));
    TRY(take_one(rq, arena_fmt(a, "leads of site %lld", (long long)site->id), site->per_minute,
                 "too many leads from one site"));
out:
    return err;
}

static enum err check_body(struct req *rq)
{
    if (!rq->body.len)
        return fail(&rq->cx, ERR_INPUT, "there is no body");
    if (str_starts(req_header(rq, "Content-Type"), S("multipart/")))
        return fail(&rq->cx, ERR_MEDIA, "forms come urlencoded or as JSON");
    return OK;
}

static enum err keep(struct req *rq, const char *source, int64_t site_id, struct str own_key)
{
    struct arena *a = rq->cx.arena;

    return inbox_put(&rq->cx, rq->app,
                     &(struct inbox_new){.source = str_of(source),
                                         .dedupe_key = own_key,
                                         .content_type = lead_content_type(
                                             a, req_header(rq, "Content-Type"), site_id),
                                         .body = rq->body});
}

/* What cannot be read is kept too: it is parked with the reason, and nothing is lost. */
static bool is_worth_keeping(struct req *rq, struct lead_said *said)
{
    struct ctx quiet = rq->cx;

    if (lead_read(&quiet, req_header(rq, "Content-Type"), rq->body, said))
        return true;
    if (said->is_bot)
        LOG(&rq->cx, LOG_WARN, "leads.bot", l_str("ip", rq->remote_ip));
    return !said->is_bot && !(said->is_test && !lead_is_somebody(rq->cx.arena, said));
}

enum err lead_hook(struct req *rq, struct resp *rs)
{
    enum err err;
    struct site site;
    struct lead_said said = {0};
    struct arena *a = rq->cx.arena;

    TRY(open_site(rq, "landing", &site));
    TRY(check_origin(rq, rs, &site));
    TRY(check_limits(rq, &site));
    TRY(check_body(rq));
    if (is_worth_keeping(rq, &said))
        TRY(keep(rq, "lead", site.id,
                 lead_own_key(a, site.id, said.id, rq->body,
                              day_at(a, rq->app->zone, now_ms(&rq->cx)))));
    TRY(resp_body(rs, "application/json", S("{\"ok\":true}")));
out:
    return err;
}

enum err lead_preflight(struct req *rq, struct resp *rs)
{
    enum err err;
    struct site site;

    TRY(open_site(rq, "landing", &site));
    TRY(check_origin(rq, rs, &site));
    resp_header(rs, "Access-Control-Allow-Methods", S("POST"));
    resp_header(rs, "Access-Control-Allow-Headers", S("Content-Type"));
    resp_header(rs, "Access-Control-Max-Age", S("600"));
    resp_status(rs, 204);
out:
    return err;
}

enum err event_hook(struct req *rq, struct resp *rs)
{
    enum err err;
    struct site site;
    struct arena *a = rq->cx.arena;

    TRY(open_site(rq, "event", &site));
    TRY(take_one(rq, arena_fmt(a, "events of site %lld", (long long)site.id),
                 site.per_minute * EVENTS_PER_LEAD, "too many events of one site"));
    TRY(check_body(rq));
    TRY(keep(rq, "event", site.id,
             lead_own_key(a, site.id, S(""), rq->body, day_at(a, rq->app->zone, now_ms(&rq->cx)))));
    TRY(resp_body(rs, "application/json", S("{\"ok\":true}")));
out:
    return err;
}

/* The script is part of the UI; pages of other sites embed it. */
enum err script_serve(struct req *rq, struct resp *rs)
{
    enum err err;

    TRY(assets_serve(rq, rs));
    resp_header(rs, "Cache-Control", S("public, max-age=3600"));
    resp_header(rs, "Cross-Origin-Resource-Policy", S("cross-origin"));
out:
    return err;
}
