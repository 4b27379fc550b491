/* auth_password.c: checking, choosing and changing a password, behind the door that lets two hashes
 * run at once. */
#include "core/answer.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"
#include "core/gate.h"

/* Argon2id of a text nobody knows, as costly as a real one: what unknown users are checked against.
 */
#define NOBODYS_HASH                                                                               \
    "$argon2id$v=19$m=47104,t=1,p=1$c29tZW9uZWVsc2VzYWx0cw$"                                       \
    "Wm9uY2VXaGVuTm9ib2R5S25vd3NUaGVUZXh0QXRBbGw"

void check_password(struct ctx *cx, const char *field, struct str password, struct str email,
                    struct str full_name)
{
    const char *fault = password.len ? password_fault(password, email, full_name) : NULL;

    if (fault)
        fail_field(cx, field, fault);
}

enum err auth_password_hash(struct ctx *cx, struct app *app, struct str password, struct str *phc)
{
    enum err err;

    if (app->limits)
        TRY(hashing_enter(cx, app->limits));
    err = password_hash(cx, password, phc);
    if (app->limits)
        hashing_leave(app->limits);
out:
    return err;
}

enum err password_check(struct ctx *cx, struct app *app, struct str phc, struct str password,
                        bool *matches)
{
    enum err err = OK;

    *matches = false;
    if (app->limits)
        TRY(hashing_enter(cx, app->limits));
    bool fits = password_matches(phc.len ? phc : S(NOBODYS_HASH), password);
    *matches = fits && phc.len;
    if (app->limits)
        hashing_leave(app->limits);
out:
    return err;
}

/* ---- a new password of one's own ---- */

static enum err read_phc(struct req *rq, struct str *phc)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_auth_password_of, ARGS(a_int("id", rq->user->id)), &rows));
    while (rows_next(rows))
        *phc = col_str(rows, "password_hash");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err store_password(struct req *rq, struct str phc)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t id = rq->user->id;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_auth_password_set,
                ARGS(a_int("id", id), a_str("password_hash", phc), a_int("now", now_ms(&rq->cx))),
                NULL));
    TRY(sessions_end_others(tx, id, rq->user->session_id, S("password")));
    TRY(audit_change(tx, rq, "user.password", "user", id, S(""), S("")));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err check_old(struct req *rq, struct str password)
{
    enum err err;
    struct str phc = S("");
    bool matches;

    TRY(login_allowed(rq, rq->user->email));
    TRY(read_phc(rq, &phc));
    TRY(password_check(&rq->cx, rq->app, phc, password, &matches));
    if (matches)
        login_forgiven(rq, rq->user->email);
    else
        fail_field(&rq->cx, "old_password", "wrong");
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

enum err auth_change_password(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"old_password", "new_password", NULL};
    const struct json_in *body;
    struct str old, fresh, phc;

    TRY(req_json(rq, allowed, &body));
    input_exact(&rq->cx, body, "old_password", &old);
    input_exact(&rq->cx, body, "new_password", &fresh);
    check_password(&rq->cx, "new_password", fresh, rq->user->email, rq->user->full_name);
    TRY(ctx_fields(&rq->cx));
    TRY(check_old(rq, old));
    TRY(auth_password_hash(&rq->cx, rq->app, fresh, &phc));
    TRY(store_password(rq, phc));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    return err;
}
