/* auth_session.c: sessions, their cookies, and who is asking. */
#include "core/answer.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"
#include "core/limits.h"

enum { LONGEST_AGENT = 300, TOUCH_WAIT_MS = 100 };

struct scope user_scope(const struct user *u)
{
    if (u && u->role == ROLE_ADMIN)
        return (struct scope){.all = true, .team_id = -1};
    return (struct scope){.all = false, .team_id = u && u->team_id ? u->team_id : -1};
}

struct identity *identity_of(const struct req *rq)
{
    return (struct identity *)(uintptr_t)rq->user;
}

/* ---- cookies ---- */

static const struct {
    const char *guarded, *plain;
    int64_t life_s;
} cookies[] = {
    [COOKIE_ACCESS] = {"__Host-trafficd_at", "trafficd_at", ACCESS_LIFE_MS / 1000 },
    [COOKIE_REFRESH] = {"__Host-trafficd_rt", "trafficd_rt", SESSION_LIFE_MS / 1000},
};

/* Browsers take Secure cookies over https only; on this very machine plain http is as good. */
static bool cookies_are_plain(struct req *rq)
{
    return !req_is_https(rq) && req_from_loopback(rq);
}

struct str cookie_read(struct req *rq, enum cookie which)
{
    struct str value = req_cookie(rq, cookies[which].guarded);

    if (!value.len && cookies_are_plain(rq))
        value = req_cookie(rq, cookies[which].plain);
    return value;
}

bool cookie_any(struct req *rq)
{
    return cookie_read(rq, COOKIE_ACCESS).len || cookie_read(rq, COOKIE_REFRESH).len;
}

static void cookie_set(struct req *rq, struct resp *rs, enum cookie which, struct str value)
{
    bool plain = cookies_are_plain(rq);

    resp_header(
        rs, "Set-Cookie",
        arena_fmt(rq->cx.arena, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
                  plain ? cookies[which].plain : cookies[which].guarded, STR_FMT(value),
                  value.len ? (long long)cookies[which].life_s : 0LL, plain ? "" : "; Secure"));
}

void cookies_clear(struct req *rq, struct resp *rs)
{
    cookie_set(rq, rs, COOKIE_ACCESS, S(""));
    cookie_set(rq, rs, COOKIE_REFRESH, S(""));
}

/* ---- life of a session ---- */

int64_t session_now(const struct session_row *s, int64_t now)
{
    return now > s->last_used_at ? now : s->last_used_at;
}

bool session_is_live(const struct session_row *s, int64_t now)
{
    now = session_now(s, now);
    return !s->ended_at && !s->disabled_at && now < s->expires_at &&
           now - s->last_used_at < SESSION_IDLE_MS;
}

struct str access_token(struct req *rq, int64_t user_id, struct str session_id, int64_t *expires_at)
{
    int64_t now_s = now_ms(&rq->cx) / 1000;
    struct token_claims c = {.user_id = user_id,
                             .session_id = session_id,
                             .issued_at = now_s,
                             .expires_at = now_s + ACCESS_LIFE_MS / 1000,
                             .token_id = crypto_random_id(rq->cx.arena, rq->app->random, 16)};

    *expires_at = c.expires_at * 1000;
    return token_make(rq->cx.arena, rq->app->session_key, &c);
}

enum err session_start(struct tx *tx, struct req *rq, int64_t user_id, struct issued *out)
{
    enum err err;
    struct arena *a = rq->cx.arena;
    int64_t now = now_ms(&rq->cx);
    struct str id = crypto_random_id(a, rq->app->random, SESSION_ID_BYTES);

    TRY(db_exec(
        tx, &q_auth_session_insert,
        ARGS(a_str("id", id), a_int("user_id", user_id), a_int("now", now),
             a_int("expires_at", now + SESSION_LIFE_MS), a_str("remote_ip", rq->remote_ip),
             a_str("user_agent", clean_text(a, req_header(rq, "User-Agent"), LONGEST_AGENT))),
        NULL));
    TRY(refresh_insert(tx, rq, id, &out->refresh));
    out->access = access_token(rq, user_id, id, &out->access_expires_at);
out:
    return err;
}

enum err session_end(struct tx *tx, struct str session_id, struct str reason)
{
    return db_exec(
        tx, &q_auth_session_end,
        ARGS(a_str("id", session_id), a_int("now", now_ms(tx_ctx(tx))), a_str("reason", reason)),
        NULL);
}

enum err sessions_end_others(struct tx *tx, int64_t user_id, struct str except, struct str reason)
{
    return db_exec(tx, &q_auth_sessions_end,
                   ARGS(a_int("user_id", user_id), a_str("except", except),
                        a_int("now", now_ms(tx_ctx(tx))), a_str("reason", reason)),
                   NULL);
}

enum err auth_end_sessions(struct tx *tx, int64_t user_id, struct str reason)
{
    return sessions_end_others(tx, user_id, S(""), reason);
}

/* ---- who is asking ---- */

static enum err presented_token(struct req *rq, struct str *token, bool *by_cookie)
{
    struct str header = req_header(rq, "Authorization");

    if (header.len && cookie_any(rq))
        return fail(&rq->cx, ERR_INPUT, "send a cookie or an Authorization header, not both");
    *by_cookie = !header.len;
    if (!header.len) {
        *token = cookie_read(rq, COOKIE_ACCESS);
    } else if (header.len > 7 && str_eq_nocase((struct str){header.ptr, 7}, S("bearer "))) {
        *token = str_trim((struct str){header.ptr + 7, header.len - 7});
    }
    return token->len ? OK : fail(&rq->cx, ERR_AUTH, "no access token was sent");
}

/* Best effort: a busy or full disk keeps nobody from reading, and nobody waits for it. */
static void touch(struct req *rq, struct str session_id)
{
    struct ctx cx = rq->cx;
    struct tx *tx = NULL;

    cx.deadline_ms = mono_ms(&cx) + TOUCH_WAIT_MS;
    if (tx_begin(&cx, rq->app->db, TX_WRITE, &tx))
        return;
    if (!db_exec(tx, &q_auth_session_touch,
                 ARGS(a_str("id", session_id), a_int("now", now_ms(&cx))), NULL) &&
        tx_commit(tx))
        ctx_forgive(&cx);
    tx_end(&tx);
}

static bool fill_user(struct rows *rows, const struct token_claims *c, struct identity *me)
{
    struct user *u = &me->user;

    u->id = col_int(rows, "user_id");
    u->team_id = col_int(rows, "team_id");
    u->email = col_str(rows, "email");
    u->full_name = col_str(rows, "full_name");
    u->locale = col_str(rows, "locale");
    u->session_id = c->session_id;
    me->data_version = col_int(rows, "data_version");
    return role_parse(col_str(rows, "role"), &u->role) && u->id == c->user_id;
}

static enum err find_session(struct req *rq, const struct token_claims *c, struct identity *me,
                             struct session_row *s)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    bool is_found = false;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_auth_session_find, ARGS(a_str("id", c->session_id)), &rows));
    while (rows_next(rows)) {
        is_found = fill_user(rows, c, me);
        *s = (struct session_row){col_int(rows, "last_used_at"), col_int(rows, "expires_at"),
                                  col_int(rows, "ended_at"), col_int(rows, "disabled_at")};
    }
    TRY(rows_end(&rows));
    if (!is_found || !session_is_live(s, now_ms(&rq->cx)) ||
        session_now(s, now_ms(&rq->cx)) >= c->expires_at * 1000)
        err = fail(&rq->cx, ERR_AUTH, "the session has ended");
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err auth_identify(struct req *rq)
{
    enum err err;
    struct identity *me = arena_new_of(rq->cx.arena, struct identity);
    struct session_row session = {0};
    struct token_claims claims;
    struct str token = S("");

    TRY(presented_token(rq, &token, &me->user.by_cookie));
    TRY(token_read(&rq->cx, rq->app->session_key, token, &claims));
    TRY(find_session(rq, &claims, me, &session));
    if (now_ms(&rq->cx) - session.last_used_at >= TOUCH_MS)
        touch(rq, claims.session_id);
    rq->user = &me->user;
out:
    return err;
}

/* ---- the answer to a sign-in ---- */

static void write_user(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "email"), json_str(j, col_str(rows, "email"));
    json_key(j, "full_name"), json_str(j, col_str(rows, "full_name"));
    json_key(j, "role"), json_str(j, col_str(rows, "role"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "locale"), json_str(j, col_str(rows, "locale"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "disabled_at", rows, "disabled_at");
    json_key(j, "has_password"), json_bool(j, col_int(rows, "has_password") != 0);
    json_opt_int(j, "last_login_at", rows, "last_login_at");
    json_end(j);
}

enum err user_card(struct tx *tx, int64_t user_id, struct str *json)
{
    return row_json(tx, &q_auth_user_card, ARGS(a_int("id", user_id)), write_user, json);
}

enum err answer_signed_in(struct req *rq, struct resp *rs, const struct issued *in, bool in_body)
{
    struct json_out *j = json_out_new(&rq->cx, 1024);

    json_obj(j);
    json_key(j, "user"), json_raw(j, in->user);
    json_key(j, "access_expires_at"), json_int(j, in->access_expires_at);
    if (in_body) {
        json_key(j, "access_token"), json_str(j, in->access);
        json_key(j, "refresh_token"), json_str(j, in->refresh);
    } else {
        cookie_set(rq, rs, COOKIE_ACCESS, in->access);
        cookie_set(rq, rs, COOKIE_REFRESH, in->refresh);
    }
    json_end(j);
    return resp_json(rs, j);
}
