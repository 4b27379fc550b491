/* ads_routes.c: connections, accounts and whose they are. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "base/calendar.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/secrets.h"
#include "core/version.h"

/* ---- connections ---- */

static void write_connection(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "platform"), json_str(j, col_str(rows, "platform"));
    json_key(j, "label"), json_str(j, col_str(rows, "label"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_opt_str(j, "reason", rows, "reason");
    json_opt_str(j, "token_hint", rows, "token_hint");
    json_key(j, "from_settings"), json_bool(j, col_is_null(rows, "secret_id"));
    json_key(j, "accounts"), json_int(j, col_int(rows, "accounts"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_key(j, "checked_at"), json_int(j, col_int(rows, "checked_at"));
    json_end(j);
}

static enum err connections(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_ads_connections, NO_ARGS, write_connection);
}

/* The connection as it is now, with an audit row about what was done to it. */
static enum err answer_connection(struct req *rq, struct resp *rs, int64_t id, const char *action)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(row_json(tx, &q_ads_connection_one, ARGS(a_int("id", id)), write_connection, &json));
    TRY(audit_change(tx, rq, action, "ad_connection", id, (struct str){0}, json));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, rq->method == POST ? 201 : 200, json));
out:
    tx_end(&tx);
    return err;
}

static enum err connect(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"token", NULL};
    const struct json_in *body;
    struct str token = {0};
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "token", 10, 2000, &token);
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] > '~') {
            fail_field(&rq->cx, "token", "not_a_token");
            break;
        }
    TRY(ctx_fields(&rq->cx));
    TRY(connection_add(&rq->cx, rq->app, token, rq->user->id, &id));
    scheduler_nudge(rq->app->scheduler, "ads.sync");
    TRY(answer_connection(rq, rs, id, "connection.add"));
out:
    return err;
}

struct found_connection {
    int64_t secret_id; /* 0: the token is in the settings, or gone */
    bool is_off;
};

static enum err find_connection(struct tx *tx, int64_t id, struct found_connection *out)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_ads_connection_one, ARGS(a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        *out = (struct found_connection){col_int(rows, "secret_id"),
                                         str_eq(col_str(rows, "state"), S("off"))};
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no connection %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

/* The stored token, or the settings' one. */
static enum err token_of(struct req *rq, int64_t id, struct str *token)
{
    enum err err;
    struct tx *tx = NULL;
    struct found_connection found;

    *token = rq->app->config.meta_token;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_connection(tx, id, &found));
    if (found.secret_id)
        TRY(secret_open(tx, rq->app, found.secret_id, token));
    if (found.is_off || !token->len)
        TRY(tx_fail(tx, ERR_CONFLICT, "this connection has no token: paste one"));
out:
    tx_end(&tx);
    return err;
}

/* That the platform refuses the token now is what was asked for: the answer says so. */
static enum err note_refused(struct req *rq, int64_t id)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t changed = 0;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(connection_note(tx, id, S("reconnect"), S("the token is refused: connect again"),
                        &changed));
    if (changed)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err check(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str token;
    int64_t id, same;

    if (!req_param_int(rq, 0, &id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not an id");
    TRY(token_of(rq, id, &token));
    err = connection_add(&rq->cx, rq->app, token, rq->user->id, &same);
    if (err == ERR_FIELDS) {
        ctx_forgive(&rq->cx);
        err = note_refused(rq, id);
    }
    if (err)
        return err;
    TRY(answer_connection(rq, rs, id, "connection.check"));
    resp_status(rs, 200);
out:
    return err;
}

/* The token is erased; accounts and facts stay. */
static enum err disconnect(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct found_connection found;
    int64_t id;

    if (!req_param_int(rq, 0, &id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not an id");
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(find_connection(tx, id, &found));
    if (!found.secret_id && !found.is_off && rq->app->config.meta_token.len)
        TRY(tx_fail(tx, ERR_CONFLICT, "its token is in the settings: remove FACEBOOK_ADS_TOKEN"));
    TRY(db_exec(tx, &q_ads_connection_off, ARGS(a_int("id", id), a_int("at", now_ms(&rq->cx))),
                NULL));
    if (found.secret_id)
        TRY(secret_erase(tx, found.secret_id));
    TRY(audit_change(tx, rq, "connection.remove", "ad_connection", id, (struct str){0},
                     (struct str){0}));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

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

static void write_account(struct json_out *j, struct rows *rows, const struct app *app,
                          const struct binding_rows *bindings)
{
    int64_t id = col_int(rows, "id"), status = col_int(rows, "status");

    json_obj(j);
    json_key(j, "id"), json_int(j, id);
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_key(j, "tz"), json_str(j, col_str(rows, "tz"));
    json_key(j, "tz_differs"), json_bool(j, !str_eq(col_str(rows, "tz"), app->config.tz));
    json_key(j, "status"), json_int(j, status);
    json_key(j, "status_name"), json_str(j, str_of(meta_account_status(status)));
    json_key(j, "amount_spent"), json_dec(j, col_int(rows, "amount_spent_micros"), MONEY_SCALE);
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

/* id 0: all that the user may see, as a list; otherwise that one, or ERR_NOT_FOUND. */
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
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_id("id", id), a_str("today", today)),
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

static enum err track(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"is_tracked", NULL};
    const struct json_in *body;
    struct tx *tx = NULL;
    struct str before, after;
    bool is_tracked = false;
    int64_t id;

    if (!req_param_int(rq, 0, &id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not an id");
    TRY(req_json(rq, allowed, &body));
    if (!json_as_bool(json_get(body, "is_tracked"), &is_tracked))
        fail_field(&rq->cx, "is_tracked", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(accounts_json(tx, rq, id, &before));
    TRY(db_exec(tx, &q_ads_account_track, ARGS(a_int("id", id), a_int("is_tracked", is_tracked)),
                NULL));
    TRY(accounts_json(tx, rq, id, &after));
    TRY(audit_change(tx, rq, "account.track", "ad_account", id, before, after));
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

static enum err bind(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct binding_new b = {0};
    struct str before, after;
    int64_t id;

    if (!req_param_int(rq, 0, &b.account_id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not an id");
    TRY(read_binding(rq, &b));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(accounts_json(tx, rq, b.account_id, &before));
    TRY(binding_create(tx, &b, &id));
    TRY(accounts_json(tx, rq, b.account_id, &after));
    TRY(audit_change(tx, rq, "account.bind", "ad_account", b.account_id, before, after));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "metrics.build");
    TRY(answer_json(rs, 201, after));
out:
    tx_end(&tx);
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

static enum err unbind(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str before, after, from;
    int64_t account_id, id;

    if (!req_param_int(rq, 0, &account_id) || !req_param_int(rq, 1, &id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not an id");
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(accounts_json(tx, rq, account_id, &before));
    TRY(binding_start(tx, account_id, id, &from));
    TRY(db_exec(tx, &q_ads_binding_delete, ARGS(a_int("id", id), a_int("account_id", account_id)),
                NULL));
    TRY(db_exec(tx, &q_ads_mark_days,
                ARGS(a_int("account_id", account_id), a_str("from_day", from)), NULL));
    TRY(accounts_json(tx, rq, account_id, &after));
    TRY(audit_change(tx, rq, "account.unbind", "ad_account", account_id, before, after));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "metrics.build");
    TRY(answer_json(rs, 200, after));
out:
    tx_end(&tx);
    return err;
}

const struct route ads_routes[] = {
    {GET,    "/api/v1/connections",                         ROLE_ADMIN,  RATE_READ,  connections, 0, 0},
    {POST,   "/api/v1/connections",                         ROLE_ADMIN,  RATE_WRITE, connect,     0, 0},
    {POST,   "/api/v1/connections/{id}/check",              ROLE_ADMIN,  RATE_WRITE, check,       0, 0},
    {DELETE, "/api/v1/connections/{id}",                    ROLE_ADMIN,  RATE_WRITE, disconnect,  0, 0},
    {GET,    "/api/v1/accounts",                            ROLE_VIEWER, RATE_READ,  accounts,    0, 0},
    {PATCH,  "/api/v1/accounts/{id}",                       ROLE_ADMIN,  RATE_WRITE, track,       0, 0},
    {POST,   "/api/v1/accounts/{id}/bindings",              ROLE_ADMIN,  RATE_WRITE, bind,        0, 0},
    {DELETE, "/api/v1/accounts/{id}/bindings/{binding_id}", ROLE_ADMIN,  RATE_WRITE, unbind,      0, 0},
};
const size_t ads_nroutes = COUNT(ads_routes);
