/* auth_refresh.c: the rotating chain of refresh tokens. Each is used once; a second use within ten
 * seconds (a lost answer, two tabs) gets the same successor, a later one ends the whole session,
 * since then somebody else holds a copy. */
#include "base/log.h"
#include "core/audit.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"

enum outcome { ROTATED, REFUSED, REUSED };

struct link { /* one row of the chain with its session */
    bool is_found;
    struct str session_id, successor, email;
    int64_t used_at, user_id;
    struct session_row session;
};

struct str secret_hash(struct arena *a, struct str text)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b(S(""), text, hash);
    return arena_str(a, (struct str){(const char *)hash, sizeof hash});
}

enum err refresh_insert(struct tx *tx, struct req *rq, struct str session_id, struct str *token)
{
    struct arena *a = rq->cx.arena;

    *token = crypto_random_id(a, rq->app->random, CODE_BYTES);
    return db_exec(tx, &q_auth_refresh_insert,
                   ARGS(a_blob("hash", secret_hash(a, *token)), a_str("session_id", session_id),
                        a_int("now", now_ms(&rq->cx))),
                   NULL);
}

static struct str successor_place(struct arena *a, struct str hash)
{
    struct str hex = hex_text(a, hash);

    return arena_fmt(a, "refresh_token|%.*s|successor", STR_FMT(hex));
}

static enum err find_link(struct tx *tx, struct str hash, struct link *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct link){0};
    TRY(db_query(tx, &q_auth_refresh_find, ARGS(a_blob("hash", hash)), &rows));
    while (rows_next(rows)) {
        out->is_found = true;
        out->session_id = col_str(rows, "session_id");
        out->successor = col_str(rows, "successor");
        out->used_at = col_int(rows, "used_at");
        out->user_id = col_int(rows, "user_id");
        out->email = col_str(rows, "email");
        out->session =
            (struct session_row){col_int(rows, "last_used_at"), col_int(rows, "expires_at"),
                                 col_int(rows, "ended_at"), col_int(rows, "disabled_at")};
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err use_link(struct tx *tx, struct req *rq, struct str hash, const struct link *l,
                         struct str *successor)
{
    enum err err;
    struct arena *a = rq->cx.arena;
    int64_t now = now_ms(&rq->cx), changed = 0;
    struct str sealed;

    TRY(refresh_insert(tx, rq, l->session_id, successor));
    sealed = crypto_seal(a, rq->app->secret_key, successor_place(a, hash), *successor);
    TRY(db_exec(tx, &q_auth_refresh_use,
                ARGS(a_blob("hash", hash), a_int("now", now), a_blob("successor", sealed)),
                &changed));
    if (changed != 1)
        TRY(tx_fail(tx, ERR_CONFLICT, "the refresh token was used at this very moment"));
    TRY(db_exec(tx, &q_auth_session_touch, ARGS(a_str("id", l->session_id), a_int("now", now)),
                NULL));
out:
    return err;
}

static enum err punish_reuse(struct tx *tx, struct req *rq, const struct link *l)
{
    enum err err;

    TRY(session_end(tx, l->session_id, S("reuse")));
    TRY(login_event(tx, rq, l->user_id, l->email, "reuse"));
    TRY(audit_write(tx, rq->app,
                    &(struct audit_entry){.action = "session.reuse",
                                          .entity = "user",
                                          .entity_id = l->user_id,
                                          .request_id = rq->request_id}));
out:
    return err;
}

/* Decides in one write transaction, so that of two calls at once one uses and one repeats. */
static enum err rotate(struct req *rq, struct str token, struct issued *out, enum outcome *outcome)
{
    enum err err;
    struct tx *tx = NULL;
    struct str hash = secret_hash(rq->cx.arena, token);
    struct link l;
    int64_t now = now_ms(&rq->cx);

    *outcome = REFUSED;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(find_link(tx, hash, &l));
    if (!l.is_found || !session_is_live(&l.session, now))
        goto out;
    if (!l.used_at) {
        TRY(use_link(tx, rq, hash, &l, &out->refresh));
        *outcome = ROTATED;
    } else if (now - l.used_at <= GRACE_MS && l.successor.len) {
        TRY(crypto_open(&rq->cx, rq->app->secret_key, successor_place(rq->cx.arena, hash),
                        l.successor, &out->refresh));
        *outcome = ROTATED;
    } else {
        TRY(punish_reuse(tx, rq, &l));
        *outcome = REUSED;
    }
    TRY(user_card(tx, l.user_id, &out->user));
    TRY(tx_commit(tx));
    out->access = access_token(rq, l.user_id, l.session_id, &out->access_expires_at);
out:
    tx_end(&tx);
    return err;
}

/* A made-up token must not take the writer's seat. */
static enum err check_known(struct req *rq, struct str token)
{
    enum err err;
    struct tx *tx = NULL;
    struct link l;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_link(tx, secret_hash(rq->cx.arena, token), &l));
    if (!l.is_found)
        err = fail(&rq->cx, ERR_AUTH, "the refresh token is not one of ours");
out:
    tx_end(&tx);
    return err;
}

/* From the cookie, or from the body for scripts; both at once is refused. */
static enum err presented_refresh(struct req *rq, struct str *token, bool *in_body)
{
    enum err err;
    static const char *const allowed[] = {"refresh_token", NULL};
    const struct json_in *body;
    const struct json_in *field;

    TRY(optional_body(rq, allowed, &body));
    field = json_get(body, "refresh_token");
    *in_body = json_type(field) != JSON_NONE;
    *token = cookie_read(rq, COOKIE_REFRESH);
    if (*in_body && cookie_any(rq))
        TRY(fail(&rq->cx, ERR_INPUT, "send a cookie or a refresh_token, not both"));
    if (*in_body && !json_as_str(field, token))
        fail_field(&rq->cx, "refresh_token", "not_text");
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

enum err auth_refresh(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str token;
    struct issued issued = {0};
    enum outcome outcome;
    bool in_body;

    TRY(presented_refresh(rq, &token, &in_body));
    if (!token.len || token.len > TOKEN_MOST)
        TRY(fail(&rq->cx, ERR_AUTH, "no refresh token was sent"));
    TRY(check_known(rq, token));
    TRY(rotate(rq, token, &issued, &outcome));
    if (outcome == REUSED)
        LOG(&rq->cx, LOG_WARN, "auth.refresh_reused", l_str("remote_ip", rq->remote_ip));
    if (outcome != ROTATED)
        TRY(fail(&rq->cx, ERR_AUTH, "the session has ended"));
    TRY(answer_signed_in(rq, rs, &issued, in_body));
out:
    return err;
}

static enum err end_by_refresh(struct req *rq, struct str token)
{
    enum err err;
    struct tx *tx = NULL;
    struct link l;

    TRY(check_known(rq, token));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(find_link(tx, secret_hash(rq->cx.arena, token), &l));
    TRY(session_end(tx, l.session_id, S("logout")));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err end_by_access(struct req *rq)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(auth_identify(rq));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(session_end(tx, rq->user->session_id, S("logout")));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* Also for someone whose tokens have expired: whatever is left is ended, the cookies go. */
enum err auth_logout(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str token;
    bool in_body;
    struct json_out *j = json_out_new(&rq->cx, 32);

    TRY(presented_refresh(rq, &token, &in_body));
    err = token.len && token.len <= TOKEN_MOST ? end_by_refresh(rq, token) : ERR_AUTH;
    if (err == ERR_AUTH) { /* a refresh token that nobody knows does not keep the session alive */
        ctx_forgive(&rq->cx);
        err = end_by_access(rq);
    }
    if (err == ERR_AUTH) {
        ctx_forgive(&rq->cx);
        err = OK;
    }
    if (err)
        goto out;
    cookies_clear(rq, rs);
    json_obj(j);
    json_key(j, "ok"), json_bool(j, true);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}
