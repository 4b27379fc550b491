/* lead_ads_routes.c: pages and their subscriptions, as the admin sees them. */
#include "core/input.h"
#include "core/version.h"
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"

enum { HOOK_MAX = 1 << 20, FORM_MAX = 16 << 10, KEPT_DAYS = 90, HINT = 4, SHORTEST_HINTED = 12 };
#define DAY_MS (24 * 3600 * 1000LL)

static void write_page(struct json_out *j, struct rows *rows)
{
    int64_t checked_at = col_int(rows, "checked_at");

    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_opt_int(j, "connection_id", rows, "connection_id");
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_opt_str(j, "reason", rows, "reason");
    json_key(j, "is_subscribed"), json_bool(j, col_int(rows, "is_subscribed") != 0);
    json_opt_int(j, "last_lead_at", rows, "last_lead_at");
    json_key(j, "checked_at");
    if (checked_at)
        json_int(j, checked_at);
    else
        json_null(j);
    json_key(j, "waiting"), json_int(j, col_int(rows, "waiting"));
    json_key(j, "failed"), json_int(j, col_int(rows, "failed"));
    json_end(j);
}

static enum err list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_lead_ads_pages, ARGS(a_null("id")), write_page);
}

static enum err try_failed_again(struct req *rq)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t now = now_ms(&rq->cx);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_lead_ads_fetch_again,
                ARGS(a_int("now", now), a_int("oldest", now - KEPT_DAYS * DAY_MS)), NULL));
    TRY(audit_change(tx, rq, "lead_pages.refresh", "lead_page", 0, (struct str){0},
                     (struct str){0}));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "lead_ads.fetch");
out:
    tx_end(&tx);
    return err;
}

static enum err refresh(struct req *rq, struct resp *rs)
{
    enum err err;
    struct pages_found found;

    TRY(pages_refresh(&rq->cx, rq->app, &found));
    TRY(try_failed_again(rq));
    TRY(list(rq, rs));
out:
    return err;
}

/* ---- subscriptions ---- */

static enum err open_page(struct req *rq, int64_t id, struct lead_page *page, struct meta *meta)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(page_load(tx, id, page));
    tx_end(&tx);
    TRY(page_open(&rq->cx, rq->app, page, meta));
    if (!meta->auth.token.len)
        err = fail(&rq->cx, ERR_CONFLICT, "no connection opens this page: refresh the pages");
out:
    tx_end(&tx);
    return err;
}

static enum err note_subscription(struct req *rq, struct resp *rs, int64_t id, bool is_on)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_lead_ads_page_subscribed,
                ARGS(a_int("id", id), a_int("is_subscribed", is_on)), NULL));
    TRY(row_json(tx, &q_lead_ads_pages, ARGS(a_int("id", id)), write_page, &json));
    TRY(audit_change(tx, rq, is_on ? "lead_page.subscribe" : "lead_page.unsubscribe", "lead_page",
                     id, (struct str){0}, json));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

/* What the platform refuses is a conflict with how things are there: the admin reads why. */
static enum err set_subscription(struct req *rq, struct resp *rs, bool is_on)
{
    enum err err;
    struct lead_page page;
    struct meta meta;
    struct meta_reply last = {0};
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(open_page(rq, id, &page, &meta));
    err = is_on ? meta_page_subscribe(&rq->cx, &meta, page.external_id, &last)
                : meta_page_unsubscribe(&rq->cx, &meta, page.external_id, &last);
    if (err && last.class != META_OK && last.status) {
        struct str why = lead_reason(rq->cx.arena, &last);
        ctx_forgive(&rq->cx);
        return fail(&rq->cx, ERR_CONFLICT, "%.*s", STR_FMT(why));
    }
    TRY(err);
    TRY(note_subscription(rq, rs, id, is_on));
out:
    return err;
}

static enum err subscribe(struct req *rq, struct resp *rs)
{
    return set_subscription(rq, rs, true);
}

static enum err unsubscribe(struct req *rq, struct resp *rs)
{
    return set_subscription(rq, rs, false);
}

/* ---- what to enter at the platform ---- */

static void write_missing(struct json_out *j, const struct config *c)
{
    json_key(j, "missing"), json_arr(j);
    if (!c->meta_app_id.len)
        json_str(j, S("app_id"));
    if (!c->meta_app_secret.len)
        json_str(j, S("app_secret"));
    if (!c->meta_verify_token.len)
        json_str(j, S("verify_token"));
    if (!str_starts(c->public_url, S("https://")))
        json_str(j, S("https"));
    json_end(j);
}

static enum err webhook(struct req *rq, struct resp *rs)
{
    const struct config *c = &rq->app->config;
    struct json_out *j = json_out_new(&rq->cx, 512);
    struct str token = c->meta_verify_token;

    json_obj(j);
    json_key(j, "url");
    json_str(j, arena_fmt(rq->cx.arena, "%.*s/webhook/facebook/leadgen", STR_FMT(c->public_url)));
    json_key(j, "verify_token_hint");
    if (token.len >= SHORTEST_HINTED)
        json_str(j, (struct str){token.ptr + token.len - HINT, HINT});
    else
        json_null(j);
    json_key(j, "is_ready");
    json_bool(j, c->meta_app_secret.len && token.len && str_starts(c->public_url, S("https://")));
    write_missing(j, c);
    json_end(j);
    return resp_json(rs, j);
}

enum { HOOK = RT_PUBLIC | RT_RAW_BODY | RT_NO_ORIGIN };

const struct route lead_ads_routes[] = {
    {GET,  "/webhook/facebook/leadgen",           ROLE_PUBLIC, RATE_HOOK,  leadgen_hello,    HOOK,      0       },
    {POST, "/webhook/facebook/leadgen",           ROLE_PUBLIC, RATE_HOOK,  leadgen_take,     HOOK,      HOOK_MAX},
    {POST, "/webhook/facebook/deauthorize",       ROLE_PUBLIC, RATE_HOOK,  meta_deauthorize, HOOK,
     FORM_MAX                                                                                                   },
    {POST, "/webhook/facebook/deletion",          ROLE_PUBLIC, RATE_HOOK,  meta_deletion,    HOOK,      FORM_MAX},
    {GET,  "/privacy/deletion",                   ROLE_PUBLIC, RATE_READ,  deletion_status,  RT_PUBLIC, 0       },
    {GET,  "/api/v1/lead-pages",                  ROLE_ADMIN,  RATE_READ,  list,             0,         0       },
    {POST, "/api/v1/lead-pages/refresh",          ROLE_ADMIN,  RATE_WRITE, refresh,          0,         0       },
    {GET,  "/api/v1/lead-pages/webhook",          ROLE_ADMIN,  RATE_READ,  webhook,          0,         0       },
    {POST, "/api/v1/lead-pages/{id}/subscribe",   ROLE_ADMIN,  RATE_WRITE, subscribe,        0,         0       },
    {POST, "/api/v1/lead-pages/{id}/unsubscribe", ROLE_ADMIN,  RATE_WRITE, unsubscribe,      0,         0       },
};
const size_t lead_ads_nroutes = COUNT(lead_ads_routes);

const struct job lead_ads_jobs[] = {
    {"lead_ads.fetch", "* * * * *",  lead_ads_fetch, 300,  CATCHUP_ONCE},
    {"lead_ads.poll",  "40 4 * * *", lead_ads_poll,  3600, CATCHUP_ONCE},
};
const size_t lead_ads_njobs = COUNT(lead_ads_jobs);
