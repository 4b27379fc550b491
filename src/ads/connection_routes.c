/* connection_routes.c: the ways into the ad platform: pasted tokens, their
 * state, their end. */
#include "ads/connection_routes.h"
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/secrets.h"
#include "core/version.h"

#define DAY_MS (24 * 3600 * 1000LL)
enum { WARN_DAYS = 14 };

static void write_scopes(struct json_out *j, const char *key, struct str list)
{
    struct str scope;

    json_key(j, key), json_arr(j);
    while (str_cut(&list, ',', &scope))
        if (scope.len)
            json_str(j, scope);
    json_end(j);
}

/* What a person should look at, the worst first. A token that nobody could be
 * asked about warns of nothing. */
static void write_end(struct json_out *j, struct rows *rows, int64_t now, bool lacks_scopes)
{
    bool ends = !col_is_null(rows, "expires_at");
    int64_t left = col_int(rows, "expires_at") - now;
    bool is_off = str_eq(col_str(rows, "state"), S("off"));

    json_key(j, "expires_in_days");
    if (ends)
        json_int(j, left > 0 ? left / DAY_MS : 0);
    else
        json_null(j);
    json_key(j, "warning");
    if (!is_off && ((ends && left <= 0) || str_eq(col_str(rows, "state"), S("reconnect"))))
        json_str(j, S("expired"));
    else if (!is_off && ends && left <= WARN_DAYS * DAY_MS)
        json_str(j, S("expires_soon"));
    else if (!is_off && lacks_scopes)
        json_str(j, S("scopes"));
    else
        json_null(j);
}

static void write_connection(struct json_out *j, struct rows *rows, struct ctx *cx)
{
    struct str scopes = col_str(rows, "scopes"), missing = S("");

    if (scopes.len)
        missing = scopes_missing(cx->arena, scopes);
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "platform"), json_str(j, col_str(rows, "platform"));
    json_key(j, "label"), json_str(j, col_str(rows, "label"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_opt_str(j, "reason", rows, "reason");
    json_opt_str(j, "token_hint", rows, "token_hint");
    json_key(j, "from_settings"), json_bool(j, col_is_null(rows, "secret_id"));
    json_key(j, "auth"), json_str(j, col_str(rows, "auth"));
    json_opt_int(j, "expires_at", rows, "expires_at");
    json_opt_int(j, "data_access_expires_at", rows, "data_access_expires_at");
    write_scopes(j, "scopes", scopes);
    write_scopes(j, "missing_scopes", missing);
    write_end(j, rows, now_ms(cx), missing.len > 0);
    json_key(j, "accounts"), json_int(j, col_int(rows, "accounts"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_key(j, "checked_at"), json_int(j, col_int(rows, "checked_at"));
    json_end(j);
}

/* id 0: all, as a list; otherwise that one, or ERR_NOT_FOUND. */
static enum err connections_json(struct tx *tx, int64_t id, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 2048);
    size_t n = 0;

    if (id)
        TRY(db_query(tx, &q_ads_connection_one, ARGS(a_int("id", id)), &rows));
    else
        TRY(db_query(tx, &q_ads_connections, NO_ARGS, &rows));
    if (!id)
        json_obj(j), json_key(j, "items"), json_arr(j);
    for (; rows_next(rows); n++)
        write_connection(j, rows, tx_ctx(tx));
    TRY(rows_end(&rows));
    if (id && !n)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no connection %lld", (long long)id));
    if (!id)
        json_end(j), json_key(j, "next"), json_null(j), json_end(j);
    TRY(json_finish(j, out));
out:
    rows_drop(&rows);
    return err;
}

enum err connection_list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(connections_json(tx, 0, &json));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

/* The connection as it is now, with an audit row about what was done to it. */
static enum err answer_connection(struct req *rq, struct resp *rs, int64_t id, const char *action)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(connections_json(tx, id, &json));
    TRY(audit_change(tx, rq, action, "ad_connection", id, (struct str){0}, json));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, rq->method == POST ? 201 : 200, json));
out:
    tx_end(&tx);
    return err;
}

enum err connection_paste(struct req *rq, struct resp *rs)
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
    struct str auth;
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
                                         str_eq(col_str(rows, "state"), S("off")),
                                         col_str(rows, "auth")};
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no connection %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

/* The stored token, or the settings' one. */
static enum err token_of(struct req *rq, int64_t id, struct connection_new *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct found_connection found;
    struct str *token = &c->token;

    *token = rq->app->config.meta_token;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_connection(tx, id, &found));
    if (found.secret_id)
        TRY(secret_open(tx, rq->app, found.secret_id, token));
    if (found.is_off || !token->len)
        TRY(tx_fail(tx, ERR_CONFLICT, "this connection has no token: paste one"));
    c->auth = str_z(rq->cx.arena, found.auth);
out:
    tx_end(&tx);
    return err;
}

/* That the platform refuses the token now is what was asked for: the answer
 * says so. */
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

enum err connection_check(struct req *rq, struct resp *rs)
{
    enum err err;
    struct connection_new c = {.by_user = rq->user->id, .is_check = true};
    int64_t id, same;

    TRY(param_id(rq, 0, &id));
    TRY(token_of(rq, id, &c));
    err = connection_make(&rq->cx, rq->app, &c, &same);
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
static enum err remove_connection(struct req *rq, struct resp *rs, int64_t id)
{
    enum err err;
    struct tx *tx = NULL;
    struct found_connection found;

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

enum err connection_remove(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(remove_connection(rq, rs, id));
out:
    return err;
}

/* The same by a body: what the documents call disconnecting (A39). */
enum err connection_disconnect(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"connection_id", NULL};
    const struct json_in *body;
    int64_t id = 0;

    TRY(req_json(rq, allowed, &body));
    input_id(&rq->cx, body, "connection_id", &id);
    if (!id)
        fail_field(&rq->cx, "connection_id", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(remove_connection(rq, rs, id));
out:
    return err;
}
