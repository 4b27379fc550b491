/* auth_setup.c: one-time links: the first admin's, and invitations. Only hashes of codes are kept.
 */
#include "core/answer.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"
#include "core/input.h"

#include <string.h>

enum {
    SETUP_LIFE_MS = 15 * 60 * 1000,
    LONGEST_CODE = 128,
    LONGEST_EMAIL = 254,
    LONGEST_NAME = 200
};
#define INVITE_LIFE_MS (7 * DAY_MS)

struct code { /* what a valid code stands for */
    bool is_valid, is_setup;
    int64_t user_id;
    struct str email, full_name;
};

/* ---- making links ---- */

static struct str public_base(struct arena *a, const struct app *app)
{
    struct str url = app->config.public_url;

    if (!url.len)
        url = arena_fmt(a, "http://%.*s", STR_FMT(app->config.listen));
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    return url;
}

static enum err make_code(struct tx *tx, const struct app *app, struct str purpose, int64_t user_id,
                          struct str *code)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    int64_t now = now_ms(cx);
    int64_t life = user_id ? INVITE_LIFE_MS : SETUP_LIFE_MS;

    *code = crypto_random_id(cx->arena, app->random, CODE_BYTES);
    TRY(db_exec(tx, &q_auth_code_drop, ARGS(a_str("purpose", purpose), a_int("user_id", user_id)),
                NULL));
    TRY(db_exec(tx, &q_auth_code_insert,
                ARGS(a_blob("hash", secret_hash(cx->arena, *code)), a_str("purpose", purpose),
                     a_id("user_id", user_id), a_int("now", now), a_int("expires_at", now + life)),
                NULL));
out:
    return err;
}

enum err auth_setup_link(struct ctx *cx, struct app *app, struct str *link)
{
    enum err err;
    struct tx *tx = NULL;
    struct str code, base = public_base(cx->arena, app);
    int64_t has_admin;

    *link = S("");
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &q_auth_admin_exists, NO_ARGS, &has_admin, NULL));
    if (has_admin)
        goto out;
    TRY(make_code(tx, app, S("setup"), 0, &code));
    TRY(tx_commit(tx));
    *link = arena_fmt(cx->arena, "%.*s/setup#%.*s", STR_FMT(base), STR_FMT(code));
out:
    tx_end(&tx);
    return err;
}

enum err auth_invite_link(struct tx *tx, const struct app *app, int64_t user_id, struct str *link)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct str code, base = public_base(a, app);

    TRY(make_code(tx, app, S("invite"), user_id, &code));
    *link = arena_fmt(a, "%.*s/invite#%.*s", STR_FMT(base), STR_FMT(code));
out:
    return err;
}

/* ---- following one ---- */

static enum err find_code(struct tx *tx, struct str text, struct code *out)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t has_admin = 0;

    *out = (struct code){0};
    if (!text.len || text.len > LONGEST_CODE)
        return OK;
    TRY(db_query(tx, &q_auth_code_find,
                 ARGS(a_blob("hash", secret_hash(tx_ctx(tx)->arena, text)),
                      a_int("now", now_ms(tx_ctx(tx)))),
                 &rows));
    while (rows_next(rows)) {
        out->is_valid = true;
        out->is_setup = str_eq(col_str(rows, "purpose"), S("setup"));
        out->user_id = col_int(rows, "user_id");
        out->email = col_str(rows, "email");
        out->full_name = col_str(rows, "full_name");
    }
    TRY(rows_end(&rows));
    /* Once there is an admin, a set-up link that was never used is worth nothing. */
    if (out->is_setup) {
        TRY(db_get_int(tx, &q_auth_admin_exists, NO_ARGS, &has_admin, NULL));
        out->is_valid = !has_admin;
    }
out:
    rows_drop(&rows);
    return err;
}

static enum err look_up(struct req *rq, struct str text, struct code *out)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_code(tx, text, out));
out:
    tx_end(&tx);
    return err;
}

static void json_text_or_null(struct json_out *j, const char *key, struct str v)
{
    json_key(j, key);
    if (v.len)
        json_str(j, v);
    else
        json_null(j);
}

enum err auth_setup_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str text = S("");
    struct code code;
    struct json_out *j = json_out_new(&rq->cx, 256);

    req_query_str(rq, "code", &text);
    TRY(look_up(rq, text, &code));
    if (!code.is_valid)
        code = (struct code){.is_setup = true};
    json_obj(j);
    json_key(j, "valid"), json_bool(j, code.is_valid);
    json_key(j, "purpose"), json_str(j, code.is_setup ? S("setup") : S("invite"));
    json_text_or_null(j, "email", code.email);
    json_text_or_null(j, "full_name", code.full_name);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}

static bool looks_like_email(struct str s)
{
    const char *at = memchr(s.ptr, '@', s.len);

    if (!at || at == s.ptr || at + 1 == s.ptr + s.len)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    return !memchr(at + 1, '@', s.len - (size_t)(at + 1 - s.ptr));
}

/* The person: an invitation knows them already, the first admin says who they are. */
static enum err read_person(struct req *rq, const struct json_in *body, struct code *code)
{
    struct ctx *cx = &rq->cx;

    if (code->is_setup) {
        if (input_text(cx, body, "email", 3, LONGEST_EMAIL, &code->email)) {
            code->email = str_fold(cx->arena, code->email);
            if (!looks_like_email(code->email))
                fail_field(cx, "email", "not_an_email");
        }
        input_text(cx, body, "full_name", 1, LONGEST_NAME, &code->full_name);
    } else {
        if (input_has(body, "email"))
            fail_field(cx, "email", "unknown");
        if (input_has(body, "full_name"))
            fail_field(cx, "full_name", "unknown");
    }
    return ctx_fields(cx);
}

static enum err store_person(struct tx *tx, struct req *rq, struct code *code, struct str phc)
{
    enum err err;
    struct arg now = a_int("now", now_ms(&rq->cx));

    if (code->is_setup)
        TRY(db_get_int(tx, &q_auth_admin_insert,
                       ARGS(a_str("email", code->email), a_str("full_name", code->full_name),
                            a_str("password_hash", phc), now),
                       &code->user_id, NULL));
    else
        TRY(db_exec(tx, &q_auth_password_set,
                    ARGS(a_int("id", code->user_id), a_str("password_hash", phc), now), NULL));
    TRY(audit_write(tx, rq->app,
                    &(struct audit_entry){.action = code->is_setup ? "user.setup" : "user.accept",
                                          .entity = "user",
                                          .entity_id = code->user_id,
                                          .actor = code->email,
                                          .request_id = rq->request_id}));
out:
    return err;
}

/* All in one transaction: the code is spent, the person can sign in, the session is there. */
static enum err spend(struct req *rq, struct str text, struct str phc, struct code *code,
                      struct issued *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct code still;
    int64_t changed = 0;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(find_code(tx, text, &still));
    if (still.is_valid)
        TRY(db_exec(
            tx, &q_auth_code_use,
            ARGS(a_blob("hash", secret_hash(rq->cx.arena, text)), a_int("now", now_ms(&rq->cx))),
            &changed));
    if (changed != 1)
        TRY(tx_fail(tx, ERR_CONFLICT, "the link was used meanwhile"));
    TRY(store_person(tx, rq, code, phc));
    TRY(auth_end_sessions(tx, code->user_id, S("password")));
    TRY(session_start(tx, rq, code->user_id, out));
    TRY(login_event(tx, rq, code->user_id, code->email, "ok"));
    TRY(user_card(tx, code->user_id, &out->user));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err auth_setup_use(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"code", "email", "full_name", "password", "token", NULL};
    const struct json_in *body;
    struct str text, password, phc;
    struct code code = {0};
    struct issued issued = {0};
    bool in_body = false;

    TRY(req_json(rq, allowed, &body));
    input_exact(&rq->cx, body, "code", &text);
    input_exact(&rq->cx, body, "password", &password);
    if (input_has(body, "token") && !json_as_bool(json_get(body, "token"), &in_body))
        fail_field(&rq->cx, "token", "not_a_bool");
    TRY(ctx_fields(&rq->cx));
    TRY(look_up(rq, text, &code));
    if (!code.is_valid) {
        fail_field(&rq->cx, "code", "expired");
        TRY(ctx_fields(&rq->cx));
    }
    TRY(read_person(rq, body, &code));
    check_password(&rq->cx, "password", password, code.email, code.full_name);
    TRY(ctx_fields(&rq->cx));
    TRY(auth_password_hash(&rq->cx, rq->app, password, &phc));
    TRY(spend(rq, text, phc, &code, &issued));
    TRY(answer_signed_in(rq, rs, &issued, in_body));
out:
    return err;
}
