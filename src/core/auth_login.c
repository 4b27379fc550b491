/* auth_login.c: signing in. A wrong address, a wrong password and a disabled user look and cost the
 * same from outside; what was tried is kept in login_event. */
#include "core/answer.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"
#include "core/input.h"
#include "core/limits.h"

#include <string.h>

enum { LONGEST_EMAIL = 254, LONGEST_AGENT = 300, NOTE_PERIOD_MS = 60000 };

struct account { /* who a login is about */
    int64_t id;  /* 0 = nobody */
    struct str email, phc;
    bool is_disabled;
};

struct str clean_text(struct arena *a, struct str s, size_t most)
{
    if (!str_is_utf8(s))
        return S("(not text)");
    if (s.len > most) {
        s.len = most;
        while (s.len && ((unsigned char)s.ptr[s.len] & 0xc0) == 0x80)
            s.len--;
    }
    char *copy = str_z(a, s);
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
            copy[i] = ' ';
    return (struct str){copy, s.len};
}

bool input_exact(struct ctx *cx, const struct json_in *body, const char *field, struct str *out)
{
    const struct json_in *v = json_get(body, field);

    *out = S("");
    if (json_as_str(v, out) && out->len)
        return true;
    fail_field(cx, field,
               json_type(v) == JSON_NONE || json_type(v) == JSON_STR ? "missing" : "not_text");
    return false;
}

enum err optional_body(struct req *rq, const char *const *allowed, const struct json_in **out)
{
    if (!rq->body.len)
        rq->body = S("{}");
    return req_json(rq, allowed, out);
}

/* ---- events ---- */

enum err login_event(struct tx *tx, struct req *rq, int64_t user_id, struct str email,
                     const char *result)
{
    struct arena *a = rq->cx.arena;

    return db_exec(
        tx, &q_auth_login_event,
        ARGS(a_int("at", now_ms(&rq->cx)), a_id("user_id", user_id),
             a_str("email", clean_text(a, email, LONGEST_EMAIL)), a_str("result", str_of(result)),
             a_str("remote_ip", rq->remote_ip),
             a_str("user_agent", clean_text(a, req_header(rq, "User-Agent"), LONGEST_AGENT))),
        NULL);
}

static enum err note_event(struct req *rq, const struct account *who, const char *result)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(login_event(tx, rq, who->id, who->email, result));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* ---- lockout ---- */

static struct str account_key(struct arena *a, struct str email)
{
    return arena_fmt(a, "login account %.*s", STR_FMT(email));
}

enum err login_allowed(struct req *rq, struct str email)
{
    int64_t wait_ms, limit = rq->app->config.login_limit;

    if (!rq->app->limits || limit <= 0 ||
        limits_take(rq->app->limits, account_key(rq->cx.arena, email), limit, LOGIN_PERIOD_MS,
                    mono_ms(&rq->cx), &wait_ms))
        return OK;
    rq->cx.retry_after_ms = wait_ms;
    return fail(&rq->cx, ERR_RATE, "too many tries for this account");
}

void login_forgiven(struct req *rq, struct str email)
{
    int64_t limit = rq->app->config.login_limit;
    struct arena *a = rq->cx.arena;

    if (!rq->app->limits || limit <= 0)
        return;
    limits_give(rq->app->limits, account_key(a, email), limit, LOGIN_PERIOD_MS);
    if (rq->route && rq->route->rate == RATE_LOGIN)
        limits_give(rq->app->limits, limit_address_key(a, "login address", rq->remote_ip), limit,
                    LOGIN_PERIOD_MS);
}

/* A locked account's tries are noted once a minute: a flood must not fill the table. */
static void note_locked(struct req *rq, const struct account *who)
{
    struct req quiet = *rq;
    int64_t wait_ms;
    struct str key = arena_fmt(rq->cx.arena, "login noted %.*s", STR_FMT(who->email));

    ctx_forgive(&quiet.cx);
    if (limits_take(rq->app->limits, key, 1, NOTE_PERIOD_MS, mono_ms(&rq->cx), &wait_ms) &&
        note_event(&quiet, who, "locked"))
        ctx_forgive(&quiet.cx); /* the refusal itself stands */
}

/* ---- login ---- */

static enum err find_account(struct req *rq, struct account *who)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_auth_login_find, ARGS(a_str("email", who->email)), &rows));
    while (rows_next(rows)) {
        who->id = col_int(rows, "id");
        who->phc = col_str(rows, "password_hash");
        who->is_disabled = !col_is_null(rows, "disabled_at");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err start(struct req *rq, const struct account *who, struct str fresh_phc,
                      struct issued *out)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(session_start(tx, rq, who->id, out));
    TRY(login_event(tx, rq, who->id, who->email, "ok"));
    if (fresh_phc.len)
        TRY(db_exec(tx, &q_auth_password_rehash,
                    ARGS(a_int("id", who->id), a_str("password_hash", fresh_phc),
                         a_str("old_hash", who->phc)),
                    NULL));
    TRY(user_card(tx, who->id, &out->user));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* Who it is, once the password is right; ERR_AUTH with its event otherwise. */
static enum err prove(struct req *rq, struct account *who, struct str password)
{
    enum err err;
    bool matches;

    err = login_allowed(rq, who->email);
    if (err) {
        note_locked(rq, who);
        return err;
    }
    TRY(find_account(rq, who));
    TRY(password_check(&rq->cx, rq->app, who->phc, password, &matches));
    if (matches && !who->is_disabled) {
        login_forgiven(rq, who->email);
        return OK;
    }
    TRY(note_event(rq, who, matches ? "disabled" : "wrong"));
    err = fail(&rq->cx, ERR_AUTH, "wrong e-mail or password");
out:
    return err;
}

enum err auth_login(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"email", "password", "token", NULL};
    const struct json_in *body;
    struct str email = S(""), password, fresh = S("");
    struct account who = {0};
    struct issued issued = {0};
    bool in_body = false;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "email", 1, LONGEST_EMAIL, &email);
    input_exact(&rq->cx, body, "password", &password);
    if (input_has(body, "token") && !json_as_bool(json_get(body, "token"), &in_body))
        fail_field(&rq->cx, "token", "not_a_bool");
    TRY(ctx_fields(&rq->cx));
    who.email = str_fold(rq->cx.arena, email);
    TRY(prove(rq, &who, password));
    if (password_is_stale(who.phc))
        TRY(auth_password_hash(&rq->cx, rq->app, password, &fresh));
    TRY(start(rq, &who, fresh, &issued));
    TRY(answer_signed_in(rq, rs, &issued, in_body));
out:
    return err;
}
