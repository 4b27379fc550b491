/* ads_routes.c: ad accounts and whose they are; the connections' handlers are
 * next door. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "ads/connection_routes.h"
#include "ads/list_routes.h"
#include "base/calendar.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"

/* ---- accounts ---- */

struct binding_row {
    int64_t account_id;
    struct str json;
};
struct binding_rows {
    struct binding_row *at;
    size_t n, cap;
};

static enum err load_bindings(struct tx *tx, const struct user *user, struct binding_rows *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_ads_bindings_list, ARGS(SCOPE_ARGS(user_scope(user)), a_null("account_id")),
                 &rows));
    while (rows_next(rows)) {
        struct json_out *j = json_out_new(tx_ctx(tx), 256);
        struct binding_row *b = vec_add(tx_ctx(tx)->arena, out);
        b->account_id = col_int(rows, "account_id");
        json_obj(j);
        json_key(j, "id"), json_int(j, col_int(rows, "id"));
        json_key(j, "team_id"), json_int(j, col_int(rows, "team_id"));
        json_key(j, "team_name"), json_str(j, col_str(rows, "team_name"));
        json_opt_int(j, "user_id", rows, "user_id");
        json_opt_str(j, "user_name", rows, "user_name");
        json_key(j, "valid_from"), json_str(j, col_str(rows, "valid_from"));
        json_opt_str(j, "valid_to", rows, "valid_to");
        json_end(j);
        TRY(json_finish(j, &b->json));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static void write_money(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    json_key(j, key);
    if (col_is_null(rows, col))
        json_null(j);
    else
        json_dec(j, col_int(rows, col), MONEY_SCALE);
}

/* What the platform says of the account beside its name. */
static void write_standing(struct json_out *j, struct rows *rows)
{
    const struct connector *net = connector_find(col_str(rows, "platform"));
    int64_t status = col_int(rows, "status");

    json_key(j, "platform"), json_str(j, col_str(rows, "platform"));
    json_key(j, "status"), json_int(j, status);
    json_key(j, "status_name"), json_str(j, str_of(net ? net->status_name(status) : "file"));
    json_opt_str(j, "role", rows, "role");
    json_opt_str(j, "business", rows, "business");
    json_key(j, "amount_spent"), json_dec(j, col_int(rows, "amount_spent_micros"), MONEY_SCALE);
    write_money(j, "balance", rows, "balance_micros");
    write_money(j, "spend_cap", rows, "spend_cap_micros");
    json_opt_int(j, "disable_reason", rows, "disable_reason");
    json_opt_int(j, "usage_percent", rows, "usage_percent");
    json_opt_int(j, "paused_until", rows, "paused_until");
    json_opt_str(j, "history_from", rows, "history_from");
    json_opt_int(j, "history_done_at", rows, "history_done_at");
}

static void write_account(struct json_out *j, struct rows *rows, const struct app *app,
                          const struct binding_rows *bindings)
{
    int64_t id = col_int(rows, "id");

    json_obj(j);
    json_key(j, "id"), json_int(j, id);
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_key(j, "tz"), json_str(j, col_str(rows, "tz"));
    json_key(j, "tz_differs"), json_bool(j, !str_eq(col_str(rows, "tz"), app->config.tz));
    write_standing(j, rows);
    json_key(j, "is_tracked"), json_bool(j, col_int(rows, "is_tracked"));
    json_key(j, "sync_state"), json_str(j, col_str(rows, "sync_state"));
    json_opt_str(j, "sync_error", rows, "sync_error");
    json_opt_int(j, "synced_at", rows, "synced_at");
    json_opt_int(j, "connection_id", rows, "connection_id");
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "bindings"), json_arr(j);
    for (size_t i = 0; i < bindings->n; i++)
        if (bindings->at[i].account_id == id)
            json_raw(j, bindings->at[i].json);
    json_end(j);
    json_end(j);
}

/* id 0: all that the user may see, as a list; otherwise that one, or
 * ERR_NOT_FOUND. */
static enum err accounts_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct binding_rows bindings = {0};
    struct json_out *j = json_out_new(tx_ctx(tx), 4096);
    struct str today = day_at(rq->cx.arena, rq->app->zone, now_ms(&rq->cx));
    size_t n = 0;

    TRY(load_bindings(tx, rq->user, &bindings));
    TRY(db_query(tx, &q_ads_accounts_list,
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_id("id", id), a_str("today", today),
                      a_int("now", now_ms(&rq->cx))),
                 &rows));
    if (!id)
        json_obj(j), json_key(j, "items"), json_arr(j);
    for (; rows_next(rows); n++)
        write_account(j, rows, rq->app, &bindings);
    TRY(rows_end(&rows));
    if (id && !n)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no account %lld", (long long)id));
    if (!id)
        json_end(j), json_key(j, "next"), json_null(j), json_end(j);
    TRY(json_finish(j, out));
out:
    rows_drop(&rows);
    return err;
}

static enum err accounts(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(accounts_json(tx, rq, 0, &json));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

static enum err apply_track(struct tx *tx, int64_t id, const void *is_tracked)
{
    return db_exec(tx, &q_ads_account_track,
                   ARGS(a_int("id", id), a_int("is_tracked", *(const bool *)is_tracked)), NULL);
}

enum err answer_track(struct req *rq, struct resp *rs, struct row_change *change)
{
    enum err err;
    static const char *const allowed[] = {"is_tracked", NULL};
    const struct json_in *body;
    bool is_tracked = false;

    TRY(param_id(rq, 0, &change->id));
    TRY(req_json(rq, allowed, &body));
    if (!json_as_bool(json_get(body, "is_tracked"), &is_tracked))
        fail_field(&rq->cx, "is_tracked", "missing");
    TRY(ctx_fields(&rq->cx));
    change->what = &is_tracked;
    TRY(answer_change(rq, rs, change));
out:
    return err;
}

static enum err track(struct req *rq, struct resp *rs)
{
    return answer_track(rq, rs,
                        &(struct row_change){.entity = "ad_account",
                                             .action = "account.track",
                                             .json = accounts_json,
                                             .apply = apply_track});
}

/* ---- which accounts are read ---- */

struct choice {
    const struct json_in *tracked;
    int64_t connection_id; /* 0: of all connections */
};

static bool is_chosen(const struct choice *c, int64_t id)
{
    struct json_iter it = json_iter(c->tracked);
    const struct json_in *item;
    int64_t one;

    while ((item = json_next(&it, NULL)))
        if (json_as_int(item, &one) && one == id)
            return true;
    return false;
}

static enum err apply_choice(struct tx *tx, const struct choice *c)
{
    enum err err;
    struct rows *rows = NULL;
    VEC(int64_t) ids = {0};

    TRY(db_query(tx, &q_ads_accounts_of, ARGS(a_id("connection_id", c->connection_id)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, &ids) = col_int(rows, "id");
    TRY(rows_end(&rows));
    for (size_t i = 0; i < ids.n; i++)
        TRY(db_exec(tx, &q_ads_accounts_select,
                    ARGS(a_int("id", ids.at[i]), a_int("is_tracked", is_chosen(c, ids.at[i]))),
                    NULL));
out:
    rows_drop(&rows);
    return err;
}

/* What is named is read, all else is left alone (A41). */
enum err accounts_select(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"tracked", "connection_id", NULL};
    const struct json_in *body;
    struct choice c = {0};
    struct tx *tx = NULL;
    struct str before, after;

    TRY(req_json(rq, allowed, &body));
    c.tracked = json_get(body, "tracked");
    if (json_type(c.tracked) != JSON_ARR)
        fail_field(&rq->cx, "tracked", "missing");
    input_id(&rq->cx, body, "connection_id", &c.connection_id);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(accounts_json(tx, rq, 0, &before));
    TRY(apply_choice(tx, &c));
    TRY(accounts_json(tx, rq, 0, &after));
    TRY(audit_change(tx, rq, "account.select", "ad_account", 0, (struct str){0}, (struct str){0}));
    if (!str_eq(before, after))
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, after));
out:
    tx_end(&tx);
    return err;
}

/* ---- bindings ---- */

static enum err read_binding(struct req *rq, struct binding_new *b)
{
    enum err err;
    static const char *const allowed[] = {"team_id", "user_id", "valid_from", "valid_to", NULL};
    const struct json_in *body;

    TRY(req_json(rq, allowed, &body));
    input_id(&rq->cx, body, "team_id", &b->team_id);
    if (!b->team_id)
        fail_field(&rq->cx, "team_id", "missing");
    input_id(&rq->cx, body, "user_id", &b->user_id);
    input_day(&rq->cx, body, "valid_from", true, &b->valid_from);
    input_day(&rq->cx, body, "valid_to", false, &b->valid_to);
    TRY(ctx_fields(&rq->cx));
    if (b->valid_to.len && day_diff(b->valid_from, b->valid_to) < 0)
        fail_field(&rq->cx, "valid_to", "before_from");
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

static enum err apply_bind(struct tx *tx, int64_t account_id, const void *binding)
{
    int64_t id;

    (void)account_id;
    return binding_create(tx, binding, &id);
}

static enum err bind(struct req *rq, struct resp *rs)
{
    enum err err;
    struct binding_new b = {0};
    struct row_change change = {.entity = "ad_account",
                                .action = "account.bind",
                                .json = accounts_json,
                                .apply = apply_bind,
                                .what = &b,
                                .status = 201,
                                .nudge = "metrics.build"};

    TRY(param_id(rq, 0, &b.account_id));
    change.id = b.account_id;
    TRY(read_binding(rq, &b));
    TRY(answer_change(rq, rs, &change));
    scheduler_nudge(rq->app->scheduler, "attribution.run"); /* sales lean on the owner too */
out:
    return err;
}

/* The first day that the binding decided: a look-up before it is gone. */
static enum err binding_start(struct tx *tx, int64_t account_id, int64_t id, struct str *from)
{
    enum err err;
    struct rows *rows = NULL;

    *from = (struct str){0};
    TRY(db_query(tx, &q_ads_binding_from, ARGS(a_int("id", id), a_int("account_id", account_id)),
                 &rows));
    if (rows_next(rows))
        *from = col_str(rows, "valid_from");
    TRY(rows_end(&rows));
    if (!from->len)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no binding %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

static enum err apply_unbind(struct tx *tx, int64_t account_id, const void *binding_id)
{
    enum err err;
    struct str from;
    int64_t id = *(const int64_t *)binding_id;

    TRY(binding_start(tx, account_id, id, &from));
    TRY(db_exec(tx, &q_ads_binding_delete, ARGS(a_int("id", id), a_int("account_id", account_id)),
                NULL));
    TRY(db_exec(tx, &q_ads_mark_days,
                ARGS(a_int("account_id", account_id), a_str("from_day", from)), NULL));
out:
    return err;
}

static enum err unbind(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t binding_id;
    struct row_change change = {.entity = "ad_account",
                                .action = "account.unbind",
                                .json = accounts_json,
                                .apply = apply_unbind,
                                .what = &binding_id,
                                .nudge = "metrics.build"};

    TRY(param_id(rq, 0, &change.id));
    TRY(param_id(rq, 1, &binding_id));
    TRY(answer_change(rq, rs, &change));
    scheduler_nudge(rq->app->scheduler, "attribution.run");
out:
    return err;
}

const struct route ads_routes[] = {
    {GET,    "/api/v1/connections",                         ROLE_ADMIN,         RATE_READ,  connection_list,       0,           0       },
    {POST,   "/api/v1/connections",                         ROLE_ADMIN,         RATE_WRITE, connection_paste,      0,           0       },
    {POST,   "/api/v1/connections/oauth",                   ROLE_ADMIN,         RATE_WRITE, connection_oauth,      0,           0       },
    {POST,   "/api/v1/connections/disconnect",              ROLE_ADMIN,         RATE_WRITE, connection_disconnect, 0,           0       },
    {GET,    "/facebook/callback",                          0,                  RATE_LOGIN, connection_callback,   RT_PUBLIC,   0       },
    {POST,   "/api/v1/connections/{id}/check",              ROLE_ADMIN,         RATE_WRITE, connection_check,      0,           0       },
    {DELETE, "/api/v1/connections/{id}",                    ROLE_ADMIN,         RATE_WRITE, connection_remove,     0,           0       },
    {GET,    "/api/v1/api-versions",                        ROLE_ADMIN,         RATE_READ,  api_versions,          0,           0       },
    {GET,    "/api/v1/accounts",                            ROLE_VIEWER,        RATE_READ,  accounts,              0,           0       },
    {POST,   "/api/v1/accounts/select",                     ROLE_ADMIN,         RATE_WRITE, accounts_select,       0,           0       },
    {PATCH,  "/api/v1/accounts/{id}",                       ROLE_ADMIN,         RATE_WRITE, track,                 0,           0       },
    {GET,    "/api/v1/accounts/{id}/days",                  ROLE_TARGETOLOGIST, RATE_READ,  account_days,          0,           0       },
    {POST,   "/api/v1/accounts/{id}/sync",                  ROLE_ADMIN,         RATE_WRITE, account_sync_now,      0,           0       },
    {POST,   "/api/v1/accounts/{id}/bindings",              ROLE_ADMIN,         RATE_WRITE, bind,                  0,           0       },
    {DELETE, "/api/v1/accounts/{id}/bindings/{binding_id}", ROLE_ADMIN,         RATE_WRITE, unbind,                0,           0       },
    {PATCH,  "/api/v1/campaigns/{id}",                      ROLE_TARGETOLOGIST, RATE_WRITE, campaign_track,        0,           0       },
    {POST,   "/api/v1/campaigns/track",                     ROLE_TARGETOLOGIST, RATE_WRITE, campaigns_track,       0,           0       },
    {GET,    "/api/v1/ad-sets",                             ROLE_VIEWER,        RATE_READ,  ad_set_list,           0,           0       },
    {GET,    "/api/v1/ads",                                 ROLE_VIEWER,        RATE_READ,  ad_list,               0,           0       },
    {GET,    "/api/v1/ads/{id}/days/{day}",                 ROLE_VIEWER,        RATE_READ,  ad_day,                0,           0       },
    {GET,    "/api/v1/ads/{id}/days/{day}/raw",             ROLE_VIEWER,        RATE_READ,  ad_day_raw,            0,           0       },
    {GET,    "/api/v1/breakdowns",                          ROLE_VIEWER,        RATE_READ,  breakdowns_route,      RT_CACHE,    0       },
    {GET,    "/api/v1/reach",                               ROLE_VIEWER,        RATE_READ,  reach_route,           0,           0       },
    {POST,   "/api/v1/costs/import",                        ROLE_TEAM_LEAD,     RATE_WRITE, costs_route,           RT_RAW_BODY, 16 << 20},
};
const size_t ads_nroutes = COUNT(ads_routes);
