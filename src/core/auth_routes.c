/* auth_routes.c: the addresses of sign-in, one's own profile and sessions; and the hourly sweep. */
#include "core/answer.h"
#include "core/auth.sql.h"
#include "core/auth_inside.h"
#include "core/input.h"
#include "core/job.h"

#include <string.h>

enum { LONGEST_NAME = 200 };

static enum err answer_me(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str user;
    struct json_out *j = json_out_new(&rq->cx, 512);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(user_card(tx, rq->user->id, &user));
    json_obj(j);
    json_key(j, "user"), json_raw(j, user);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static bool is_locale(struct str s)
{
    static const char *const known[] = {"ru", "kk", "en", "pt"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(s, str_of(known[i])))
            return true;
    return false;
}

static enum err profile_json(struct ctx *cx, struct str full_name, struct str locale,
                             struct str *out)
{
    struct json_out *j = json_out_new(cx, 256);

    json_obj(j);
    json_key(j, "full_name"), json_str(j, full_name);
    json_key(j, "locale"), json_str(j, locale);
    json_end(j);
    return json_finish(j, out);
}

static enum err store_profile(struct req *rq, struct str full_name, struct str locale)
{
    enum err err;
    struct tx *tx = NULL;
    struct str before, after;

    TRY(profile_json(&rq->cx, rq->user->full_name, rq->user->locale, &before));
    TRY(profile_json(&rq->cx, full_name, locale, &after));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(
        tx, &q_auth_profile_set,
        ARGS(a_int("id", rq->user->id), a_str("full_name", full_name), a_str("locale", locale)),
        NULL));
    TRY(audit_change(tx, rq, "user.profile", "user", rq->user->id, before, after));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err update_me(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"locale", "full_name", NULL};
    const struct json_in *body;
    struct str full_name = rq->user->full_name, locale = rq->user->locale;

    TRY(req_json(rq, allowed, &body));
    input_text_opt(&rq->cx, body, "full_name", 1, LONGEST_NAME, &full_name);
    if (input_text_opt(&rq->cx, body, "locale", 1, 2, &locale) && !is_locale(locale))
        fail_field(&rq->cx, "locale", "unknown");
    TRY(ctx_fields(&rq->cx));
    TRY(store_profile(rq, full_name, locale));
    TRY(answer_me(rq, rs));
out:
    return err;
}

/* ---- sessions ---- */

static void write_session(struct json_out *j, struct rows *rows, struct str current)
{
    struct str id = col_str(rows, "id");

    json_obj(j);
    json_key(j, "id"), json_str(j, id);
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_key(j, "last_used_at"), json_int(j, col_int(rows, "last_used_at"));
    json_key(j, "remote_ip"), json_str(j, col_str(rows, "remote_ip"));
    json_key(j, "user_agent"), json_str(j, col_str(rows, "user_agent"));
    json_key(j, "current"), json_bool(j, str_eq(id, current));
    json_end(j);
}

static enum err list_sessions(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t now = now_ms(&rq->cx);
    struct json_out *j = json_out_new(&rq->cx, 2048);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_auth_sessions_list,
                 ARGS(a_int("user_id", rq->user->id), a_int("now", now),
                      a_int("idle_before", now - SESSION_IDLE_MS)),
                 &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows))
        write_session(j, rows, rq->user->session_id);
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err end_session(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str id = rq->path_params[0];
    int64_t changed;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_auth_session_end_own,
                ARGS(a_str("id", id), a_int("user_id", rq->user->id), a_int("now", now_ms(&rq->cx)),
                     a_str("reason", S("logout"))),
                &changed));
    if (!changed)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no such session"));
    TRY(audit_change(tx, rq, "session.end", "user", rq->user->id, S(""), S("")));
    TRY(tx_commit(tx));
    if (rq->user->by_cookie && str_eq(id, rq->user->session_id))
        cookies_clear(rq, rs);
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

const struct route auth_routes[] = {
    {POST,  "/api/v1/auth/login",             ROLE_PUBLIC, RATE_LOGIN, auth_login,           RT_PUBLIC, 4096},
    {POST,  "/api/v1/auth/refresh",           ROLE_PUBLIC, RATE_NONE,  auth_refresh,         RT_PUBLIC, 4096},
    {POST,  "/api/v1/auth/logout",            ROLE_PUBLIC, RATE_NONE,  auth_logout,          RT_PUBLIC, 4096},
    {GET,   "/api/v1/auth/setup",             ROLE_PUBLIC, RATE_NONE,  auth_setup_show,      RT_PUBLIC, 0   },
    {POST,  "/api/v1/auth/setup",             ROLE_PUBLIC, RATE_LOGIN, auth_setup_use,       RT_PUBLIC, 4096},
    {GET,   "/api/v1/auth/me",                ROLE_VIEWER, RATE_READ,  answer_me,            0,         0   },
    {PATCH, "/api/v1/auth/me",                ROLE_VIEWER, RATE_WRITE, update_me,            0,         4096},
    {POST,  "/api/v1/auth/password",          ROLE_VIEWER, RATE_WRITE, auth_change_password, 0,         4096},
    {GET,   "/api/v1/auth/sessions",          ROLE_VIEWER, RATE_READ,  list_sessions,        0,         0   },
    {POST,  "/api/v1/auth/sessions/{id}/end", ROLE_VIEWER, RATE_WRITE, end_session,          0,         4096},
};
const size_t auth_nroutes = COUNT(auth_routes);

/* ---- the sweep ---- */

/* What is kept: ended sessions 90 days, sign-ins a year; codes and successors not a moment longer
 * than they can be used. */
static enum err sweep(struct job_run *r)
{
    enum err err = OK;
    struct tx *tx = NULL;
    int64_t now = now_ms(&r->cx), changed;
    const struct {
        const struct query *q;
        int64_t before;
    } steps[] = {
        {&q_auth_sweep_successors, now - GRACE_MS    },
        {&q_auth_sweep_codes,      now               },
        {&q_auth_sweep_refresh,    now - 90 * DAY_MS },
        {&q_auth_sweep_sessions,   now - 90 * DAY_MS },
        {&q_auth_sweep_logins,     now - 366 * DAY_MS},
    };

    for (size_t i = 0; i < COUNT(steps); i++) {
        TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
        TRY(db_exec(tx, steps[i].q, ARGS(a_int("before", steps[i].before)), &changed));
        TRY(tx_commit(tx));
        tx_end(&tx);
        r->written += changed;
    }
out:
    tx_end(&tx);
    return err;
}

const struct job auth_jobs[] = {
    {"auth.sweep", "17 * * * *", sweep, 300, CATCHUP_SKIP},
};
const size_t auth_njobs = COUNT(auth_jobs);
