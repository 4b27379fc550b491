/* ads_oauth.c: connecting by consent: out to the platform's dialog with a state
 * of ours, back with a code, which becomes a token of sixty days. The state is
 * random, signed, good once and for ten minutes; only its hash is kept. */
#include "ads/ads_inside.h"
#include "ads/ads_meta.h"
#include "ads/connection_routes.h"
#include "ads/oauth.sql.h"
#include "base/crypto.h"
#include "base/form.h"
#include "core/answer.h"
#include "core/input.h"
#include "vendors/meta_auth.h"

enum { STATE_BYTES = 24, STATE_MS = 10 * 60 * 1000, KEPT_MS = 24 * 3600 * 1000 };
#define HOME "/connections"

/* ---- the state ---- */

static struct str sign(struct req *rq, struct str id)
{
    unsigned char mac[CRYPTO_MAC];
    struct str key = {(const char *)rq->app->session_key, CRYPTO_KEY};

    hmac_sha256(key, arena_fmt(rq->cx.arena, "oauth|meta|%.*s", STR_FMT(id)), mac);
    return base64url_text(rq->cx.arena, (struct str){(const char *)mac, 16});
}

static struct arg hash_of(struct arena *a, struct str state)
{
    unsigned char hash[CRYPTO_HASH];

    sha256(state, hash);
    return a_blob("hash", arena_str(a, (struct str){(const char *)hash, sizeof hash}));
}

static bool is_signed(struct req *rq, struct str state)
{
    struct str rest = state, id, mac;

    return str_cut(&rest, '.', &id) && str_cut(&rest, '.', &mac) && !rest.len &&
           crypto_same(sign(rq, id), mac);
}

static struct str callback_url(struct req *rq)
{
    struct str base = rq->app->config.public_url;

    if (str_ends(base, S("/")))
        base.len--;
    return arena_fmt(rq->cx.arena, "%.*s/facebook/callback", STR_FMT(base));
}

/* ---- out ---- */

static enum err put_state(struct req *rq, struct str state, struct str return_to, int64_t ends)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t now = now_ms(&rq->cx);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_oauth_sweep, ARGS(a_int("before", now - KEPT_MS)), NULL));
    TRY(db_exec(tx, &q_oauth_put,
                ARGS(hash_of(rq->cx.arena, state), a_int("user_id", rq->user->id),
                     a_str("details", return_to), a_int("at", now), a_int("expires_at", ends)),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A page of ours and nothing else. */
static bool is_local(struct str path)
{
    if (!str_starts(path, S("/")) || str_starts(path, S("//")))
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] <= ' ' || path.ptr[i] == '\\' || path.ptr[i] > '~')
            return false;
    return true;
}

enum err connection_oauth(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"return_to", NULL};
    const struct config *c = &rq->app->config;
    const struct json_in *body;
    struct str return_to = {0}, id, state;
    struct json_out *j = json_out_new(&rq->cx, 512);
    int64_t ends = now_ms(&rq->cx) + STATE_MS;

    TRY(req_json(rq, allowed, &body));
    if (input_text_opt(&rq->cx, body, "return_to", 1, 200, &return_to) && !is_local(return_to))
        fail_field(&rq->cx, "return_to", "not_a_path");
    TRY(ctx_fields(&rq->cx));
    if (!c->meta_app_id.len || !c->meta_app_secret.len)
        return fail(&rq->cx, ERR_CONFLICT,
                    "set TRAFFICD_META_APP_ID and TRAFFICD_META_APP_SECRET first, "
                    "or paste a token");
    id = crypto_random_id(rq->cx.arena, rq->app->random, STATE_BYTES);
    state = arena_fmt(rq->cx.arena, "%.*s.%.*s", STR_FMT(id), STR_FMT(sign(rq, id)));
    TRY(put_state(rq, state, return_to.len ? return_to : S(HOME), ends));
    json_obj(j);
    json_key(j, "url"),
        json_str(j, meta_consent_url(rq->cx.arena,
                                     &(struct meta_consent){.www_base = c->meta_www_url,
                                                            .version = c->meta_api_version,
                                                            .app_id = c->meta_app_id,
                                                            .redirect_uri = callback_url(rq),
                                                            .state = state}));
    json_key(j, "state_expires_at"), json_int(j, ends);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}

/* ---- back ---- */

struct back { /* who comes back, and where to */
    int64_t user_id;
    struct str email, return_to;
};

/* *found: the state was ours, fresh and not used before. */
static enum err take_state(struct req *rq, struct str state, struct back *out, bool *found)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    *found = false;
    if (!is_signed(rq, state))
        return OK;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_query(tx, &q_oauth_take,
                 ARGS(hash_of(rq->cx.arena, state), a_int("at", now_ms(&rq->cx))), &rows));
    if ((*found = rows_next(rows)))
        *out = (struct back){.user_id = col_int(rows, "user_id"),
                             .return_to = col_str(rows, "details")};
    TRY(rows_end(&rows));
    if (*found) {
        TRY(db_query(tx, &q_oauth_email, ARGS(a_int("id", out->user_id)), &rows));
        if (rows_next(rows))
            out->email = col_str(rows, "email");
        TRY(rows_end(&rows));
    }
    TRY(tx_commit(tx));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* The code to a token, and that to one of about sixty days. */
static enum err exchange(struct req *rq, struct str code, struct connection_new *c)
{
    enum err err;
    const struct config *config = &rq->app->config;
    struct meta meta = meta_of(rq->app, (struct str){0});
    struct meta_code asked = {config->meta_app_id, callback_url(rq), code};
    struct meta_grant grant;
    struct meta_reply last;

    TRY(meta_exchange_code(&rq->cx, &meta, &asked, &grant, &last));
    meta.auth.token = grant.token;
    TRY(meta_exchange_long(&rq->cx, &meta, config->meta_app_id, &grant, &last));
    c->token = grant.token;
    if (grant.expires_in_s.known)
        c->expires_at = (struct maybe_int){true, now_ms(&rq->cx) + grant.expires_in_s.v * 1000};
out:
    return err;
}

static enum err note_audit(struct req *rq, const struct back *back, int64_t id)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(audit_write(tx, rq->app,
                    &(struct audit_entry){.action = "connection.oauth",
                                          .entity = "ad_connection",
                                          .entity_id = id,
                                          .request_id = rq->request_id,
                                          .actor = back->email}));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err go(struct req *rq, struct resp *rs, struct str page, struct str what)
{
    char mark = '?';

    for (size_t i = 0; i < page.len; i++)
        if (page.ptr[i] == '?')
            mark = '&';
    resp_status(rs, 303);
    resp_header(rs, "Location",
                arena_fmt(rq->cx.arena, "%.*s%c%.*s", STR_FMT(page), mark, STR_FMT(what)));
    resp_header(rs, "Referrer-Policy", S("no-referrer"));
    return resp_body(rs, "text/plain", S(""));
}

/* Whatever goes wrong, a person is looking at a browser: the page says it. */
enum err connection_callback(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str code = {0}, state = {0}, refusal;
    struct back back = {0};
    struct connection_new c = {.auth = "oauth"};
    int64_t id = 0;
    bool found;

    req_query_str(rq, "code", &code);
    req_query_str(rq, "state", &state);
    TRY(take_state(rq, state, &back, &found));
    if (!found)
        return go(rq, rs, S(HOME), S("error=state"));
    if (req_query_str(rq, "error", &refusal) || !code.len)
        return go(rq, rs, back.return_to, S("error=denied"));
    c.by_user = back.user_id;
    if (exchange(rq, code, &c)) {
        ctx_forgive(&rq->cx);
        return go(rq, rs, back.return_to, S("error=exchange"));
    }
    if (connection_make(&rq->cx, rq->app, &c, &id)) {
        ctx_forgive(&rq->cx);
        return go(rq, rs, back.return_to, S("error=refused"));
    }
    TRY(note_audit(rq, &back, id));
    scheduler_nudge(rq->app->scheduler, "ads.sync");
    TRY(go(rq, rs, back.return_to, arena_fmt(rq->cx.arena, "connected=%lld", (long long)id)));
out:
    return err;
}
