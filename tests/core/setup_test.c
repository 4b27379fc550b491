/* The first admin, invitations, one's own profile, password and sessions. */
#include "core/audit.h"
#include "core/auth.h"
#include "core/gate.h"
#include "core_app.h"

#include <pthread.h>
#include <string.h>

#define EMAIL "bota@agency.kz"
#define PASSWORD "tulip-bridge-42-olive"
#define FRESH "another-meadow-77-fox"
#define MINUTE_MS 60000LL
#define DAY_MS (24 * 60 * MINUTE_MS)

static void open_auth(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    static struct route_set sets[1];

    sets[0] = (struct route_set){auth_routes, auth_nroutes};
    core_app_open(cx, t, c);
    core_app_serve(cx, c, sets, 1);
}

static struct str code_of(struct ctx *cx, struct str link, const char *page)
{
    struct str start = arena_fmt(cx->arena, "http://dashboard.test/%s#", page);

    check(str_starts(link, start));
    return (struct str){link.ptr + start.len, link.len - start.len};
}

static struct str setup_code(struct ctx *cx, struct core_app *c)
{
    struct str link;

    check_ok(auth_setup_link(cx, &c->app, &link));
    return code_of(cx, link, "setup");
}

static struct str invite_code(struct ctx *cx, struct core_app *c, int64_t user_id)
{
    struct tx *tx = NULL;
    struct str link;

    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(auth_invite_link(tx, &c->app, user_id, &link));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    return code_of(cx, link, "invite");
}

static struct answer show(struct ctx *cx, struct core_app *c, struct str code)
{
    struct str call = arena_fmt(cx->arena, "GET /api/v1/auth/setup?code=%.*s", STR_FMT(code));

    return core_app_ask(cx, c, str_z(cx->arena, call), S(""), NULL);
}

static struct answer follow(struct ctx *cx, struct core_app *c, struct str code, const char *rest)
{
    struct str body =
        arena_fmt(cx->arena, "{\"code\":\"%.*s\",\"token\":true%s}", STR_FMT(code), rest);

    return core_app_ask(cx, c, "POST /api/v1/auth/setup", S(""), str_z(cx->arena, body));
}

#define ADMIN                                                                                      \
    ",\"email\":\"Boss@Agency.KZ\",\"full_name\":\"The Boss\",\"password\":\"" PASSWORD "\""
#define ACCEPT ",\"password\":\"" PASSWORD "\""

static int me(struct ctx *cx, struct core_app *c, struct str access)
{
    return core_app_ask(cx, c, "GET /api/v1/auth/me", access, NULL).status;
}

/* ---- the first admin (security row 11) ---- */

DB_TEST(the_set_up_link_makes_the_first_admin_and_signs_them_in)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);

    struct answer before = show(cx, &c, code);
    struct answer a = follow(cx, &c, code, ADMIN);

    check_holds(S("\"valid\":true"), before.body);
    check_str(S("setup"), answer_text(cx, &before, "purpose"));
    check_int(200, a.status);
    check_str(S("admin"), answer_text(cx, &a, "user.role"));
    check_str(S("boss@agency.kz"), answer_text(cx, &a, "user.email"));
    check_int(200, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from audit_log where action = 'user.setup' and "
                              "actor = 'boss@agency.kz'",
                              NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_set_up_link_works_once)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);
    check_int(200, follow(cx, &c, code, ADMIN).status);

    struct answer again = follow(cx, &c, code, ADMIN);
    struct answer shown = show(cx, &c, code);

    check_int(422, again.status);
    check_holds(S("expired"), again.body);
    check_holds(S("\"valid\":false"), shown.body);
    check_int(1, core_app_sql(cx, &c, "select count(*) from app_user", NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_set_up_link_works_for_fifteen_minutes)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);

    fake_clock_advance(test_clock(cx), 15 * MINUTE_MS);

    check_int(422, follow(cx, &c, code, ADMIN).status);
    check_int(0, core_app_sql(cx, &c, "select count(*) from app_user", NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_newer_set_up_link_makes_the_older_worthless)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str old = setup_code(cx, &c), new = setup_code(cx, &c);

    check_int(422, follow(cx, &c, old, ADMIN).status);
    check_int(200, follow(cx, &c, new, ADMIN).status);
    core_app_close(&c);
}

DB_TEST(there_is_no_set_up_link_once_there_is_an_admin)
{
    struct core_app c;
    struct str link;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);
    core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL);

    check_ok(auth_setup_link(cx, &c.app, &link));

    check_int(0, link.len);
    check_int(422, follow(cx, &c, code, ADMIN).status);
    core_app_close(&c);
}

DB_TEST(only_the_hash_of_a_code_is_kept)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);

    check_int(43, code.len);
    check_int(0, core_app_sql(cx, &c, "select count(*) from one_time_code where hash = $1",
                              ARGS(a_blob("a", code))));
    core_app_close(&c);
}

DB_TEST(set_up_says_which_fields_are_wrong_and_keeps_the_code_alive)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = setup_code(cx, &c);

    struct answer empty = follow(cx, &c, code, ",\"password\":\"x\"");
    struct answer weak = follow(
        cx, &c, code,
        ",\"email\":\"boss@agency.kz\",\"full_name\":\"Boss\",\"password\":\"password1234\"");
    struct answer email = follow(
        cx, &c, code, ",\"email\":\"nobody\",\"full_name\":\"Boss\",\"password\":\"" PASSWORD "\"");
    struct answer own = follow(
        cx, &c, code,
        ",\"email\":\"tulip@agency.kz\",\"full_name\":\"Boss\",\"password\":\"" PASSWORD "\"");

    check_int(422, empty.status);
    check_holds(S("full_name"), empty.body);
    check_int(422, weak.status);
    check_holds(S("too_common"), weak.body);
    check_int(422, email.status);
    check_holds(S("not_an_email"), email.body);
    check_int(422, own.status);
    check_holds(S("contains_your_name"), own.body);
    check_int(200, follow(cx, &c, code, ADMIN).status);
    core_app_close(&c);
}

/* ---- invitations ---- */

DB_TEST(an_invitation_lets_a_person_choose_a_password_and_keeps_their_role)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_TARGETOLOGIST, 0, NULL);
    struct str code = invite_code(cx, &c, id);

    struct answer before = show(cx, &c, code);
    struct answer a = follow(cx, &c, code, ACCEPT);

    check_str(S("invite"), answer_text(cx, &before, "purpose"));
    check_str(S(EMAIL), answer_text(cx, &before, "email"));
    check_int(200, a.status);
    check_int(id, answer_int(cx, &a, "user.id"));
    check_str(S("targetologist"), answer_text(cx, &a, "user.role"));
    check_int(422, follow(cx, &c, code, ACCEPT).status);
    core_app_close(&c);
}

DB_TEST(an_invitation_lasts_seven_days)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL);
    struct str code = invite_code(cx, &c, id);

    fake_clock_advance(test_clock(cx), 7 * DAY_MS - 1);
    check_holds(S("\"valid\":true"), show(cx, &c, code).body);
    fake_clock_advance(test_clock(cx), 1);

    check_int(422, follow(cx, &c, code, ACCEPT).status);
    core_app_close(&c);
}

DB_TEST(an_invitation_cannot_change_who_one_is)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str code = invite_code(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    check_int(422, follow(cx, &c, code, ACCEPT ",\"email\":\"x@agency.kz\"").status);
    check_int(422, follow(cx, &c, code, ACCEPT ",\"role\":\"admin\"").status);
    core_app_close(&c);
}

DB_TEST(a_disabled_persons_invitation_is_worthless)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL);
    struct str code = invite_code(cx, &c, id);
    core_app_sql(cx, &c, "update app_user set disabled_at = 1 where id = $1 returning id",
                 ARGS(a_int("a", id)));

    check_int(422, follow(cx, &c, code, ACCEPT).status);
    core_app_close(&c);
}

DB_TEST(accepting_an_invitation_ends_the_sessions_from_before)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, FRESH);
    struct str old = core_app_token(cx, &c, id);

    check_int(200, follow(cx, &c, invite_code(cx, &c, id), ACCEPT).status);

    check_int(401, me(cx, &c, old));
    core_app_close(&c);
}

/* ---- one's own profile, password and sessions ---- */

DB_TEST(a_person_changes_their_name_and_language_and_nothing_else)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    struct answer a = core_app_ask(cx, &c, "PATCH /api/v1/auth/me", token,
                                   "{\"locale\":\"kk\",\"full_name\":\"Бота\"}");

    check_int(200, a.status);
    check_str(S("kk"), answer_text(cx, &a, "user.locale"));
    check_str(S("Бота"), answer_text(cx, &a, "user.full_name"));
    check_int(422,
              core_app_ask(cx, &c, "PATCH /api/v1/auth/me", token, "{\"locale\":\"de\"}").status);
    check_int(422,
              core_app_ask(cx, &c, "PATCH /api/v1/auth/me", token, "{\"full_name\":\"\"}").status);
    check_int(422,
              core_app_ask(cx, &c, "PATCH /api/v1/auth/me", token, "{\"role\":\"admin\"}").status);
    check_int(422, core_app_ask(cx, &c, "PATCH /api/v1/auth/me", token, "{\"team_id\":1}").status);
    check_int(1,
              core_app_sql(cx, &c, "select count(*) from audit_log where action = 'user.profile'",
                           NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_new_password_needs_the_old_one_and_ends_every_other_session)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, PASSWORD);
    struct str here = core_app_token(cx, &c, id), there = core_app_token(cx, &c, id);

    struct answer wrong = core_app_ask(cx, &c, "POST /api/v1/auth/password", here,
                                       "{\"old_password\":\"no\",\"new_password\":\"" FRESH "\"}");
    struct answer weak =
        core_app_ask(cx, &c, "POST /api/v1/auth/password", here,
                     "{\"old_password\":\"" PASSWORD "\",\"new_password\":\"short\"}");
    check_int(200, me(cx, &c, there));
    struct answer a =
        core_app_ask(cx, &c, "POST /api/v1/auth/password", here,
                     "{\"old_password\":\"" PASSWORD "\",\"new_password\":\"" FRESH "\"}");

    check_int(422, wrong.status);
    check_holds(S("old_password"), wrong.body);
    check_int(422, weak.status);
    check_holds(S("too_short"), weak.body);
    check_int(200, a.status);
    check_int(200, me(cx, &c, here));
    check_int(401, me(cx, &c, there));
    check_int(401, core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                                "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\"}")
                       .status);
    check_int(200, core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                                "{\"email\":\"" EMAIL "\",\"password\":\"" FRESH "\"}")
                       .status);
    core_app_close(&c);
}

DB_TEST(guessing_the_old_password_locks_the_account_too)
{
    struct core_app c;
    open_auth(cx, t, &c);
    struct str token =
        core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, PASSWORD));

    for (int i = 0; i < 10; i++)
        check_int(422, core_app_ask(cx, &c, "POST /api/v1/auth/password", token,
                                    "{\"old_password\":\"no\",\"new_password\":\"" FRESH "\"}")
                           .status);

    check_int(429,
              core_app_ask(cx, &c, "POST /api/v1/auth/password", token,
                           "{\"old_password\":\"" PASSWORD "\",\"new_password\":\"" FRESH "\"}")
                  .status);
    core_app_close(&c);
}

DB_TEST(a_person_sees_and_ends_their_own_sessions_only)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL);
    struct str here = core_app_token(cx, &c, id), there = core_app_token(cx, &c, id);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));
    struct token_claims mine, other;
    check_ok(token_read(cx, c.app.session_key, there, &mine));
    check_ok(token_read(cx, c.app.session_key, admin, &other));

    struct answer list = core_app_ask(cx, &c, "GET /api/v1/auth/sessions", here, NULL);
    struct str end_mine =
        arena_fmt(cx->arena, "POST /api/v1/auth/sessions/%.*s/end", STR_FMT(mine.session_id));
    struct str end_other =
        arena_fmt(cx->arena, "POST /api/v1/auth/sessions/%.*s/end", STR_FMT(other.session_id));

    check_holds(mine.session_id, list.body);
    check_holds(S("\"current\":true"), list.body);
    check_holds(S("\"current\":false"), list.body);
    check(!memmem(list.body.ptr, list.body.len, other.session_id.ptr, other.session_id.len));
    check_int(404, core_app_ask(cx, &c, str_z(cx->arena, end_other), here, "{}").status);
    check_int(200, core_app_ask(cx, &c, str_z(cx->arena, end_mine), here, "{}").status);
    check_int(404, core_app_ask(cx, &c, str_z(cx->arena, end_mine), here, "{}").status);
    check_int(401, me(cx, &c, there));
    check_int(200, me(cx, &c, admin));
    core_app_close(&c);
}

/* ---- many at once (security row 9) ---- */

struct crowd { /* people who sign in at the same moment */
    struct core_app *app;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t one_more;
    int next, wrong, busy, other;
};

static void *knock(void *self)
{
    struct crowd *k = self;
    struct arena *a = arena_new(1 << 20);
    struct ctx cx = {.arena = a, .clock = k->app->app.clock, .tag = "knock"};

    pthread_mutex_lock(&k->lock);
    int n = k->next++;
    pthread_mutex_unlock(&k->lock);
    struct str body = arena_fmt(a, "{\"email\":\"u%d@agency.kz\",\"password\":\"x\"}", n);
    struct str from =
        arena_fmt(a, "X-Forwarded-For: 10.0.0.%d\r\nContent-Type: application/json\r\n", n);
    struct answer answer =
        ask_for(&cx, k->app->port, "POST", "/api/v1/auth/login", str_z(a, from), body);
    bool says_when = answer_header(&answer, "Retry-After").len > 0;
    pthread_mutex_lock(&k->lock);
    k->wrong += answer.status == 401;
    k->busy += answer.status == 503 && says_when;
    k->other += answer.status != 401 && answer.status != 503;
    pthread_cond_signal(&k->one_more);
    pthread_mutex_unlock(&k->lock);
    arena_free(&a);
    return NULL;
}

/* Two hash, sixteen wait, the rest come again later: nobody else notices. */
DB_TEST(a_flood_of_sign_ins_is_queued_and_turned_away_while_others_are_served)
{
    struct core_app c;
    struct crowd crowd = {
        .app = &c, .lock = PTHREAD_MUTEX_INITIALIZER, .one_more = PTHREAD_COND_INITIALIZER};
    pthread_t threads[20];
    open_auth(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));
    check_ok(hashing_enter(cx, c.app.limits));
    check_ok(hashing_enter(cx, c.app.limits));

    for (size_t i = 0; i < COUNT(threads); i++)
        check_int(0, pthread_create(&threads[i], NULL, knock, &crowd));
    pthread_mutex_lock(&crowd.lock);
    while (crowd.busy < 4)
        pthread_cond_wait(&crowd.one_more, &crowd.lock);
    pthread_mutex_unlock(&crowd.lock);
    for (int i = 0; i < 10; i++)
        check_int(200, me(cx, &c, token));
    hashing_leave(c.app.limits);
    hashing_leave(c.app.limits);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);

    check_int(16, crowd.wrong);
    check_int(4, crowd.busy);
    check_int(0, crowd.other);
    core_app_close(&c);
}

/* ---- the sweep ---- */

static void sweep(struct ctx *cx, struct core_app *c)
{
    struct job_run run = {.cx = *cx, .app = &c->app};

    check_ok(auth_jobs[0].run(&run));
}

DB_TEST(the_sweep_forgets_what_can_no_longer_be_used_and_nothing_else)
{
    struct core_app c;
    open_auth(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, PASSWORD);
    invite_code(cx, &c, id);
    struct answer in =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"token\":true}");
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}",
                                STR_FMT(answer_text(cx, &in, "refresh_token")));
    check_int(
        200,
        core_app_ask(cx, &c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body)).status);

    sweep(cx, &c);
    check_int(1,
              core_app_sql(cx, &c, "select count(*) from refresh_token where successor is not null",
                           NO_ARGS));
    check_int(1, core_app_sql(cx, &c, "select count(*) from one_time_code", NO_ARGS));

    fake_clock_advance(test_clock(cx), MINUTE_MS);
    sweep(cx, &c);
    check_int(0,
              core_app_sql(cx, &c, "select count(*) from refresh_token where successor is not null",
                           NO_ARGS));
    check_int(2, core_app_sql(cx, &c, "select count(*) from refresh_token", NO_ARGS));

    fake_clock_advance(test_clock(cx), 60 * DAY_MS);
    sweep(cx, &c);
    check_int(0, core_app_sql(cx, &c, "select count(*) from one_time_code", NO_ARGS));
    check_int(1, core_app_sql(cx, &c, "select count(*) from session", NO_ARGS));

    fake_clock_advance(test_clock(cx), 61 * DAY_MS);
    sweep(cx, &c);
    check_int(0, core_app_sql(cx, &c, "select count(*) from session", NO_ARGS));
    check_int(0, core_app_sql(cx, &c, "select count(*) from refresh_token", NO_ARGS));
    check_int(1, core_app_sql(cx, &c, "select count(*) from login_event", NO_ARGS));
    core_app_close(&c);
}
