/* People: the admin makes them, moves them and shuts them out; the last admin stays. */
#include "base/json.h"
#include "core_app.h"
#include "db_fault.h"
#include "teams/teams.h"
#include "users/users.h"

#include <string.h>

#define PASSWORD "tulip-bridge-42-olive"

static struct core_app *serve(struct ctx *cx, struct temp_db *t)
{
    struct route_set *all = arena_alloc(cx->arena, 3 * sizeof *all, _Alignof(struct route_set));
    struct core_app *c = arena_new_of(cx->arena, struct core_app);

    all[0] = (struct route_set){auth_routes, auth_nroutes};
    all[1] = (struct route_set){users_routes, users_nroutes};
    all[2] = (struct route_set){teams_routes, teams_nroutes};
    core_app_open(cx, t, c);
    c->app.config.rate_limit = 0;
    core_app_serve(cx, c, all, 3);
    return c;
}

static struct str admin_of(struct ctx *cx, struct core_app *c)
{
    return core_app_token(cx, c, core_app_user(cx, c, "root@agency.kz", ROLE_ADMIN, 0, NULL));
}

/* A text with a number in the place of its dollar sign. */
static const char *say(struct ctx *cx, const char *text, long long number)
{
    struct str rest = str_of(text), before;

    str_cut(&rest, '$', &before);
    return arena_fmt(cx->arena, "%.*s%lld%.*s", STR_FMT(before), number, STR_FMT(rest)).ptr;
}

static int64_t count(struct ctx *cx, struct core_app *c, const char *sql)
{
    return core_app_sql(cx, c, sql, NO_ARGS);
}

static bool has(struct str part, struct str whole)
{
    return memmem(whole.ptr, whole.len, part.ptr, part.len) != NULL;
}

static struct str field_code(struct ctx *cx, const struct answer *a, const char *field)
{
    const struct json_in *root = NULL, *item;
    struct str name, code = {0};

    check_ok(json_parse(cx, a->body, &root));
    struct json_iter it = json_iter(json_get(json_get(root, "error"), "fields"));
    while ((item = json_next(&it, NULL)))
        if (json_as_str(json_get(item, "field"), &name) && str_eq(name, str_of(field)))
            json_as_str(json_get(item, "code"), &code);
    return code;
}

/* ---- making people ---- */

DB_TEST(a_user_with_a_password_can_sign_in_at_once)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t team = core_app_team(cx, c, "Arystan");

    struct answer a = core_app_ask(
        cx, c, "POST /api/v1/users", admin,
        say(cx,
            "{\"email\":\" Dinara@Agency.KZ \",\"full_name\":\"Динара Жұмабаева\",\"role\":"
            "\"targetologist\",\"team_id\":$,\"locale\":\"kk\",\"password\":\"" PASSWORD "\"}",
            team));

    check_int(201, a.status);
    check_str(S("dinara@agency.kz"), answer_text(cx, &a, "user.email"));
    check_str(S("Динара Жұмабаева"), answer_text(cx, &a, "user.full_name"));
    check_str(S("Arystan"), answer_text(cx, &a, "user.team_name"));
    check_str(S("kk"), answer_text(cx, &a, "user.locale"));
    check(has(S("\"has_password\":true"), a.body));
    check(has(S("\"invite_link\":null"), a.body));
    check(!has(S(PASSWORD), a.body) && !has(S("argon2"), a.body));
    a = core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"dinara@agency.kz\",\"password\":\"" PASSWORD "\"}");
    check_int(200, a.status);
    a = core_app_ask(cx, c, "GET /api/v1/users", admin, NULL);
    check(has(str_of(say(cx, "\"last_login_at\":$", now_ms(cx))), a.body));
    check_int(1, count(cx, c, "select count(*) from audit_log where action = 'user.create'"));
    check_int(0, count(cx, c, "select count(*) from audit_log where after like '%argon2%'"));
    core_app_close(c);
}

DB_TEST(a_user_without_a_password_chooses_one_through_the_invitation)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c), link, code;

    struct answer a =
        core_app_ask(cx, c, "POST /api/v1/users", admin,
                     "{\"email\":\"guest@agency.kz\",\"full_name\":\"Guest\",\"role\":\"viewer\"}");

    check_int(201, a.status);
    check(has(S("\"has_password\":false"), a.body));
    link = answer_text(cx, &a, "invite_link");
    check(str_starts(link, S("http://dashboard.test/invite#")));
    code = link;
    str_cut(&code, '#', &link);
    struct str body =
        arena_fmt(cx->arena, "{\"code\":\"%.*s\",\"password\":\"" PASSWORD "\"}", STR_FMT(code));
    check_int(200, core_app_ask(cx, c, "POST /api/v1/auth/setup", S(""), body.ptr).status);
    a = core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"guest@agency.kz\",\"password\":\"" PASSWORD "\"}");
    check_int(200, a.status);
    check_int(0, core_app_sql(cx, c, "select count(*) from audit_log where after like $1",
                              ARGS(a_str("a", arena_fmt(cx->arena, "%%%.*s%%", STR_FMT(code))))));
    core_app_close(c);
}

DB_TEST(a_new_invitation_ends_the_one_before)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c), links[2], codes[2];
    int64_t id = core_app_user(cx, c, "guest@agency.kz", ROLE_VIEWER, 0, NULL);

    for (int i = 0; i < 2; i++) {
        struct answer a =
            core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/invite", id), admin, "{}");
        check_int(200, a.status);
        check_int(id, answer_int(cx, &a, "user.id"));
        codes[i] = answer_text(cx, &a, "invite_link");
        str_cut(&codes[i], '#', &links[i]);
    }

    for (int i = 0; i < 2; i++) {
        struct str what =
            arena_fmt(cx->arena, "GET /api/v1/auth/setup?code=%.*s", STR_FMT(codes[i]));
        struct answer a = core_app_ask(cx, c, what.ptr, S(""), NULL);
        check(has(i ? S("\"valid\":true") : S("\"valid\":false"), a.body));
    }
    core_app_close(c);
}

DB_TEST(an_address_is_taken_once_however_it_is_written)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    core_app_user(cx, c, "dinara@agency.kz", ROLE_VIEWER, 0, NULL);

    struct answer a =
        core_app_ask(cx, c, "POST /api/v1/users", admin,
                     "{\"email\":\"DINARA@agency.kz\",\"full_name\":\"D\",\"role\":\"viewer\"}");

    check_int(409, a.status);
    check_str(S("conflict"), answer_text(cx, &a, "error.code"));
    check_int(2, count(cx, c, "select count(*) from app_user"));
    core_app_close(c);
}

#define PERSON "\"email\":\"p@agency.kz\",\"full_name\":\"Bota Example\",\"role\":\"viewer\""

DB_TEST(what_is_wrong_with_a_new_user_is_said_field_by_field)
{
    static const struct {
        const char *body, *field, *code;
    } bad[] = {
        {"{}",                                                                     "email",     "missing"     },
        {"{}",                                                                     "full_name", "missing"     },
        {"{}",                                                                     "role",      "missing"     },
        {"{\"email\":\"no-at\",\"full_name\":\"P\",\"role\":\"viewer\"}",          "email",     "not_an_email"},
        {"{\"email\":\"a@b@c.kz\",\"full_name\":\"P\",\"role\":\"viewer\"}",       "email",
         "not_an_email"                                                                                       },
        {"{\"email\":\"a@b\",\"full_name\":\"P\",\"role\":\"viewer\"}",            "email",     "not_an_email"},
        {"{\"email\":\"a b@c.kz\",\"full_name\":\"P\",\"role\":\"viewer\"}",       "email",
         "not_an_email"                                                                                       },
        {"{\"email\":5,\"full_name\":\"P\",\"role\":\"viewer\"}",                  "email",     NULL          },
        {"{\"email\":\"p@agency.kz\",\"full_name\":\"\",\"role\":\"viewer\"}",     "full_name", NULL          },
        {"{\"email\":\"p@agency.kz\",\"full_name\":\"P\",\"role\":\"king\"}",      "role",
         "not_a_choice"                                                                                       },
        {"{\"email\":\"p@agency.kz\",\"full_name\":\"P\",\"role\":\"public\"}",    "role",
         "not_a_choice"                                                                                       },
        {"{\"email\":\"p@agency.kz\",\"full_name\":\"P\",\"role\":\"team_lead\"}", "team_id",
         "missing"                                                                                            },
        {"{" PERSON ",\"team_id\":999}",                                           "team_id",   "not_found"   },
        {"{" PERSON ",\"team_id\":\"x\"}",                                         "team_id",   NULL          },
        {"{" PERSON ",\"locale\":\"de\"}",                                         "locale",    "not_a_choice"},
        {"{" PERSON ",\"password\":\"short\"}",                                    "password",  NULL          },
        {"{" PERSON ",\"password\":\"passwordpassword\"}",                         "password",  NULL          },
        {"{" PERSON ",\"password\":\"\"}",                                         "password",  "missing"     },
        {"{" PERSON ",\"password\":7}",                                            "password",  "missing"     },
        {"{" PERSON ",\"is_admin\":true}",                                         "is_admin",  NULL          },
        {"{" PERSON ",\"id\":1}",                                                  "id",        NULL          },
    };
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct answer a = core_app_ask(cx, c, "POST /api/v1/users", admin, bad[i].body);
        struct str code = a.status == 422 ? field_code(cx, &a, bad[i].field) : S("");
        if (!code.len || (bad[i].code && !str_eq(code, str_of(bad[i].code))))
            test_fail(TEST_AT("refusal"), "%s: %d %.*s", bad[i].body, a.status, STR_FMT(a.body));
    }
    check_int(400, core_app_ask(cx, c, "POST /api/v1/users", admin, "{\"email\":").status);
    check_int(400, core_app_ask(cx, c, "POST /api/v1/users", admin, "[]").status);
    check_int(1, count(cx, c, "select count(*) from app_user"));
    core_app_close(c);
}

/* ---- who may ---- */

DB_TEST(people_are_the_affair_of_admins)
{
    static const char *const calls[] = {
        "GET /api/v1/users",           "POST /api/v1/users",
        "PATCH /api/v1/users/1",       "POST /api/v1/users/1/disable",
        "POST /api/v1/users/1/enable", "POST /api/v1/users/1/invite"};
    struct core_app *c = serve(cx, t);
    int64_t team = core_app_team(cx, c, "Arystan");
    struct str lead =
        core_app_token(cx, c, core_app_user(cx, c, "l@agency.kz", ROLE_TEAM_LEAD, team, NULL));

    for (size_t i = 0; i < COUNT(calls); i++) {
        check_int(401, core_app_ask(cx, c, calls[i], S(""), NULL).status);
        check_int(403, core_app_ask(cx, c, calls[i], lead, NULL).status);
    }
    core_app_close(c);
}

/* Unreadable or expired is 401, readable but not allowed 403, a wrong body 422. */
DB_TEST(a_malformed_token_when_making_a_team_is_401_and_a_wrong_role_403)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    struct str viewer =
        core_app_token(cx, c, core_app_user(cx, c, "v@agency.kz", ROLE_VIEWER, 0, NULL));
    const char *body = "{\"name\":\"Muha\"}";
    struct str broken[] = {
        S("malformed"),
        S("a.b.c"),
        S("eyJhbGciOiJub25lIn0.e30."),
        {admin.ptr,     admin.len - 1},
        {admin.ptr + 1, admin.len - 1}
    };

    for (size_t i = 0; i < COUNT(broken); i++) {
        struct answer a = core_app_ask(cx, c, "POST /api/v1/teams", broken[i], body);
        check_int(401, a.status);
        check_str(S("not_signed_in"), answer_text(cx, &a, "error.code"));
    }
    struct answer a = core_app_ask(cx, c, "POST /api/v1/teams", viewer, body);
    check_int(403, a.status);
    check_str(S("forbidden"), answer_text(cx, &a, "error.code"));
    check_int(422, core_app_ask(cx, c, "POST /api/v1/teams", admin, "{}").status);
    check_int(201, core_app_ask(cx, c, "POST /api/v1/teams", admin, body).status);
    fake_clock_advance(test_clock(cx), 16 * 60 * 1000);
    check_int(401, core_app_ask(cx, c, "POST /api/v1/teams", admin, body).status);
    core_app_close(c);
}

/* ---- changing and shutting out ---- */

static int me(struct ctx *cx, struct core_app *c, struct str token)
{
    return core_app_ask(cx, c, "GET /api/v1/auth/me", token, NULL).status;
}

DB_TEST(a_new_role_or_team_ends_the_sessions_at_once)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t team = core_app_team(cx, c, "Arystan"), other = core_app_team(cx, c, "Muha");
    int64_t id = core_app_user(cx, c, "d@agency.kz", ROLE_TARGETOLOGIST, team, NULL);
    const char *what = say(cx, "PATCH /api/v1/users/$", id);

    struct str token = core_app_token(cx, c, id);
    struct answer a = core_app_ask(cx, c, what, admin, "{\"role\":\"team_lead\"}");
    check_int(200, a.status);
    check_str(S("team_lead"), answer_text(cx, &a, "role"));
    check_int(401, me(cx, c, token));

    token = core_app_token(cx, c, id);
    a = core_app_ask(cx, c, what, admin, say(cx, "{\"team_id\":$}", other));
    check_str(S("Muha"), answer_text(cx, &a, "team_name"));
    check_int(401, me(cx, c, token));
    core_app_close(c);
}

DB_TEST(what_changes_neither_role_nor_team_leaves_people_signed_in)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t team = core_app_team(cx, c, "Arystan");
    int64_t id = core_app_user(cx, c, "d@agency.kz", ROLE_TARGETOLOGIST, team, NULL);
    struct str token = core_app_token(cx, c, id);

    struct answer a =
        core_app_ask(cx, c, say(cx, "PATCH /api/v1/users/$", id), admin,
                     say(cx,
                         "{\"full_name\":\"Dinara\",\"locale\":\"en\",\"role\":\"targetologist\","
                         "\"team_id\":$}",
                         team));

    check_int(200, a.status);
    check_str(S("Dinara"), answer_text(cx, &a, "full_name"));
    check_str(S("en"), answer_text(cx, &a, "locale"));
    check_int(200, me(cx, c, token));
    check_int(1, count(cx, c,
                       "select count(*) from audit_log where action = 'user.update' and "
                       "before like '%Test Person%' and after like '%Dinara%'"));
    core_app_close(c);
}

DB_TEST(someone_who_works_in_a_team_must_keep_one)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t team = core_app_team(cx, c, "Arystan");
    int64_t id = core_app_user(cx, c, "d@agency.kz", ROLE_TARGETOLOGIST, team, NULL);
    const char *what = say(cx, "PATCH /api/v1/users/$", id);

    struct answer a = core_app_ask(cx, c, what, admin, "{\"team_id\":null}");
    check_int(422, a.status);
    check_str(S("missing"), field_code(cx, &a, "team_id"));
    a = core_app_ask(cx, c, what, admin, "{\"team_id\":999}");
    check_str(S("not_found"), field_code(cx, &a, "team_id"));
    a = core_app_ask(cx, c, what, admin, "{\"role\":\"viewer\",\"team_id\":null}");

    check_int(200, a.status);
    check_int(0, answer_int(cx, &a, "team_id"));
    check_int(422, core_app_ask(cx, c, what, admin, "{\"email\":\"x@y.kz\"}").status);
    check_int(422, core_app_ask(cx, c, what, admin, "{\"role\":\"king\"}").status);
    check_int(404, core_app_ask(cx, c, "PATCH /api/v1/users/999", admin, "{}").status);
    check_int(404, core_app_ask(cx, c, "PATCH /api/v1/users/x", admin, "{}").status);
    core_app_close(c);
}

DB_TEST(someone_who_is_disabled_is_out_at_once_and_comes_back_when_enabled)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t id = core_app_user(cx, c, "d@agency.kz", ROLE_VIEWER, 0, PASSWORD);
    struct str token = core_app_token(cx, c, id);
    const char *login = "{\"email\":\"d@agency.kz\",\"password\":\"" PASSWORD "\"}";
    check_int(200, me(cx, c, token));

    struct answer a = core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/disable", id), admin, "{}");

    check_int(200, a.status);
    check_int(now_ms(cx), answer_int(cx, &a, "disabled_at"));
    check_int(401, me(cx, c, token));
    check_int(401, core_app_ask(cx, c, "POST /api/v1/auth/login", S(""), login).status);
    a = core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/enable", id), admin, "{}");
    check_int(200, a.status);
    check(has(S("\"disabled_at\":null"), a.body));
    check_int(401, me(cx, c, token));
    check_int(200, core_app_ask(cx, c, "POST /api/v1/auth/login", S(""), login).status);
    check_int(404, core_app_ask(cx, c, "POST /api/v1/users/99/disable", admin, "{}").status);
    core_app_close(c);
}

DB_TEST(the_last_admin_stays_one)
{
    struct core_app *c = serve(cx, t);
    int64_t first = core_app_user(cx, c, "a@agency.kz", ROLE_ADMIN, 0, NULL);
    int64_t second = core_app_user(cx, c, "b@agency.kz", ROLE_ADMIN, 0, NULL);
    struct str admin = core_app_token(cx, c, first);

    check_int(
        200,
        core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/disable", second), admin, "{}").status);

    check_int(
        409,
        core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/disable", first), admin, "{}").status);
    check_int(409, core_app_ask(cx, c, say(cx, "PATCH /api/v1/users/$", first), admin,
                                "{\"role\":\"viewer\"}")
                       .status);
    check_int(200, me(cx, c, admin));
    check_int(200, core_app_ask(cx, c, say(cx, "PATCH /api/v1/users/$", second), admin,
                                "{\"role\":\"viewer\"}")
                       .status);
    check_int(1, count(cx, c,
                       "select count(*) from app_user where role = 'admin' and disabled_at is "
                       "null"));
    core_app_close(c);
}

DB_TEST(the_list_shows_everyone_with_the_disabled_last)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    int64_t id = core_app_user(cx, c, "d@agency.kz", ROLE_VIEWER, 0, NULL);
    core_app_user(cx, c, "e@agency.kz", ROLE_VIEWER, 0, NULL);
    core_app_ask(cx, c, say(cx, "POST /api/v1/users/$/disable", id), admin, "{}");

    struct answer a = core_app_ask(cx, c, "GET /api/v1/users", admin, NULL);

    check_int(200, a.status);
    check_str(S("d@agency.kz"), answer_text(cx, &a, "items.2.email"));
    check(has(S("\"next\":null"), a.body));
    core_app_close(c);
}

/* ---- for the command line ---- */

struct listed {
    int n, disabled;
};

static void count_user(void *self, const struct user_row *u)
{
    struct listed *l = self;

    l->n++;
    l->disabled += u->is_disabled;
}

DB_TEST(the_command_line_finds_lists_and_gives_new_passwords)
{
    struct core_app *c = serve(cx, t);
    struct tx *tx = NULL;
    struct listed listed = {0};
    struct str hash;
    struct user_new nobody = {.email = S("d@agency.kz"), .full_name = S("D")};
    int64_t made = core_app_user(cx, c, "d@agency.kz", ROLE_VIEWER, 0, NULL), id = 0;
    struct str token = core_app_token(cx, c, made);

    check_ok(user_password_hash(cx, &c->app, S(PASSWORD), &nobody, &hash));
    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(user_find(tx, S(" D@agency.KZ"), &id));
    check_ok(user_set_password(tx, id, hash));
    check_ok(users_each(tx, count_user, &listed));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    check_int(made, id);
    check_int(1, listed.n);
    check_int(0, listed.disabled);
    check_int(401, me(cx, c, token));
    check_int(200, core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                                "{\"email\":\"d@agency.kz\",\"password\":\"" PASSWORD "\"}")
                       .status);
    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_err(user_find(tx, S("nobody@agency.kz"), &id), ERR_NOT_FOUND);
    tx_end(&tx);
    core_app_close(c);
}

/* ---- a database that fails ---- */

struct failing {
    struct core_app *c;
    int64_t before;
};

static int64_t sum(struct ctx *cx, struct core_app *c)
{
    return count(
        cx, c,
        "select (select count(*) from app_user) + 10 * (select count(*) from one_time_code) "
        "+ 100 * (select version from data_version where id = 1)");
}

static void nothing_changed(struct ctx *cx, void *self)
{
    struct failing *f = self;

    check_int(f->before, sum(cx, f->c));
}

static enum err make_user(struct ctx *cx, void *self)
{
    enum err err;
    struct failing *f = self;
    struct tx *tx = NULL;
    struct str link;
    struct user_new u = {
        .email = S("n@agency.kz"), .full_name = S("N"), .role = ROLE_TARGETOLOGIST, .team_id = 1};
    int64_t id;

    TRY(tx_begin(cx, f->c->app.db, TX_WRITE, &tx));
    TRY(user_create(tx, &u, &id));
    TRY(auth_invite_link(tx, &f->c->app, id, &link));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

DB_TEST(a_user_is_made_whole_or_not_at_all)
{
    struct core_app *c = serve(cx, t);
    struct failing f = {.c = c};
    check_int(1, core_app_team(cx, c, "Arystan"));
    f.before = sum(cx, c);

    check(db_fault_each(cx, &(struct fault_case){make_user, nothing_changed, &f}) > 5);

    check_int(1, count(cx, c, "select count(*) from app_user"));
    core_app_close(c);
}

DB_TEST(a_request_that_fails_half_way_answers_500_and_leaves_nothing)
{
    struct core_app *c = serve(cx, t);
    struct str admin = admin_of(cx, c);
    const char *body = "{\"email\":\"n@agency.kz\",\"full_name\":\"N\",\"role\":\"viewer\"}";
    int nth = 1, status = 0;

    for (; nth < 100 && status != 201; nth++) {
        db_fault_at(nth);
        struct answer a = core_app_ask(cx, c, "POST /api/v1/users", admin, body);
        bool struck = db_fault_has_struck();
        db_fault_at(0);
        status = a.status;
        check(!struck || status == 500 || status == 201);
        check(!has(S("the test made"), a.body));
        if (status != 201)
            check_int(1, count(cx, c, "select count(*) from app_user"));
    }

    check(nth > 6);
    check_int(2, count(cx, c, "select count(*) from app_user"));
    core_app_close(c);
}
