/* Signing in, staying in and getting out, over real HTTP on a real database. */
#include "core/audit.h"
#include "core/auth.h"
#include "core_app.h"

#include <pthread.h>
#include <string.h>

#define EMAIL "bota@agency.kz"
#define PASSWORD "tulip-bridge-42-olive"
#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static const struct route_set sets[] = {
    {auth_routes, 10}
};

static void open_with_user(struct ctx *cx, struct temp_db *t, struct core_app *c, int64_t *id)
{
    core_app_open(cx, t, c);
    core_app_serve(cx, c, sets, COUNT(sets));
    *id =
        core_app_user(cx, c, EMAIL, ROLE_TARGETOLOGIST, core_app_team(cx, c, "Arystan"), PASSWORD);
}

static struct answer login(struct ctx *cx, struct core_app *c, const char *password)
{
    struct str body = arena_fmt(
        cx->arena, "{\"email\":\"" EMAIL "\",\"password\":\"%s\",\"token\":true}", password);

    return core_app_ask(cx, c, "POST /api/v1/auth/login", S(""), str_z(cx->arena, body));
}

static struct answer refresh(struct ctx *cx, struct core_app *c, struct str token)
{
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}", STR_FMT(token));

    return core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body));
}

static int me(struct ctx *cx, struct core_app *c, struct str access)
{
    return core_app_ask(cx, c, "GET /api/v1/auth/me", access, NULL).status;
}

static int64_t count(struct ctx *cx, struct core_app *c, const char *sql)
{
    return core_app_sql(cx, c, sql, NO_ARGS);
}

/* ---- login ---- */

DB_TEST(login_answers_who_one_is_and_the_token_opens_the_door)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer a = login(cx, &c, PASSWORD);

    check_int(200, a.status);
    check_int(id, answer_int(cx, &a, "user.id"));
    check_str(S("targetologist"), answer_text(cx, &a, "user.role"));
    check_str(S("Arystan"), answer_text(cx, &a, "user.team_name"));
    check_int(now_ms(cx) + 15 * MINUTE_MS, answer_int(cx, &a, "access_expires_at"));
    check_int(200, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(0, answer_header_count(&a, "Set-Cookie"));
    check_int(1, count(cx, &c, "select count(*) from login_event where result = 'ok'"));
    core_app_close(&c);
}

DB_TEST(login_finds_the_address_however_it_is_written)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer a =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\" Bota@Agency.KZ \",\"password\":\"" PASSWORD "\"}");

    check_int(200, a.status);
    core_app_close(&c);
}

DB_TEST(no_answer_ever_holds_a_password_hash)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer a = login(cx, &c, PASSWORD);
    struct answer b =
        core_app_ask(cx, &c, "GET /api/v1/auth/me", answer_text(cx, &a, "access_token"), NULL);

    check(!memmem(a.body.ptr, a.body.len, "argon2", 6));
    check(!memmem(b.body.ptr, b.body.len, "hash", 4));
    check(!memmem(b.body.ptr, b.body.len, "token", 5));
    core_app_close(&c);
}

DB_TEST(a_wrong_password_an_unknown_address_and_a_disabled_user_look_the_same)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    int64_t gone = core_app_user(cx, &c, "gone@agency.kz", ROLE_ADMIN, 0, PASSWORD);
    core_app_user(cx, &c, "fresh@agency.kz", ROLE_ADMIN, 0, NULL);
    core_app_sql(cx, &c, "update app_user set disabled_at = 1 where id = $1 returning id",
                 ARGS(a_int("a", gone)));

    struct answer wrong = login(cx, &c, "some other password");
    struct answer unknown =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"nobody@agency.kz\",\"password\":\"" PASSWORD "\"}");
    struct answer disabled =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"gone@agency.kz\",\"password\":\"" PASSWORD "\"}");
    struct answer fresh =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"fresh@agency.kz\",\"password\":\"" PASSWORD "\"}");

    check_int(401, wrong.status);
    check_int(401, unknown.status);
    check_int(401, disabled.status);
    check_int(401, fresh.status);
    check_str(answer_text(cx, &wrong, "error.message"), answer_text(cx, &unknown, "error.message"));
    check_str(answer_text(cx, &wrong, "error.message"),
              answer_text(cx, &disabled, "error.message"));
    check_int(3, count(cx, &c, "select count(*) from login_event where result = 'wrong'"));
    check_int(1, count(cx, &c, "select count(*) from login_event where result = 'disabled'"));
    core_app_close(&c);
}

DB_TEST(login_says_which_fields_are_wrong)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer none = core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""), "{}");
    struct answer extra =
        core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"a@b.c\",\"password\":\"x\",\"role\":\"admin\"}");
    struct answer types = core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""),
                                       "{\"email\":7,\"password\":[],\"token\":\"yes\"}");
    struct answer array = core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""), "[1]");
    struct answer broken = core_app_ask(cx, &c, "POST /api/v1/auth/login", S(""), "{\"email\":");

    check_int(422, none.status);
    check_holds(S("password"), none.body);
    check_int(422, extra.status);
    check_holds(S("role"), extra.body);
    check_int(422, types.status);
    check_holds(S("token"), types.body);
    check_int(400, array.status);
    check_int(400, broken.status);
    core_app_close(&c);
}

DB_TEST(an_account_is_locked_after_ten_wrong_tries_and_opens_again_with_time)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    for (int i = 0; i < 10; i++) {
        struct str from = arena_fmt(
            cx->arena, "X-Forwarded-For: 198.51.100.%d\r\nContent-Type: application/json\r\n", i);
        struct answer a = ask_for(cx, c.port, "POST", "/api/v1/auth/login", str_z(cx->arena, from),
                                  S("{\"email\":\"" EMAIL "\",\"password\":\"wrong\"}"));
        check_int(401, a.status);
    }
    struct answer locked = login(cx, &c, PASSWORD);

    check_int(429, locked.status);
    check_str(S("90"), answer_header(&locked, "Retry-After"));
    check_int(1, count(cx, &c, "select count(*) from login_event where result = 'locked'"));

    fake_clock_advance(test_clock(cx), 90 * 1000);
    check_int(200, login(cx, &c, PASSWORD).status);
    core_app_close(&c);
}

DB_TEST(an_address_that_tries_many_accounts_is_locked_too)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    static const char from[] = "X-Forwarded-For: 203.0.113.9\r\nContent-Type: application/json\r\n";

    for (int i = 0; i < 10; i++) {
        struct str body =
            arena_fmt(cx->arena, "{\"email\":\"u%d@agency.kz\",\"password\":\"x\"}", i);
        check_int(401, ask_for(cx, c.port, "POST", "/api/v1/auth/login", from, body).status);
    }
    struct answer locked = ask_for(cx, c.port, "POST", "/api/v1/auth/login", from,
                                   S("{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\"}"));

    check_int(429, locked.status);
    check(answer_header(&locked, "Retry-After").len > 0);
    check_int(200, login(cx, &c, PASSWORD).status);
    core_app_close(&c);
}

DB_TEST(right_passwords_do_not_use_up_the_tries)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    for (int i = 0; i < 13; i++)
        check_int(200, login(cx, &c, PASSWORD).status);
    core_app_close(&c);
}

DB_TEST(a_password_hashed_with_less_care_is_hashed_anew_at_login)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    /* Argon2id of the same password, with 8 MiB. */
    core_app_sql(cx, &c, "update app_user set password_hash = $1 where id = $2 returning id",
                 ARGS(a_str("a", S("$argon2id$v=19$m=8192,t=1,p=1$bA0vJO4WDPmEf9cBBbxzWA$VtKG5Jl"
                                   "xxPFeg/r5V8ZaQVbympQH7BG0/JEfIFdSgJ0")),
                      a_int("b", id)));

    check_int(200, login(cx, &c, PASSWORD).status);

    check_int(1,
              count(cx, &c, "select count(*) from app_user where password_hash like '%m=47104%'"));
    check_int(200, login(cx, &c, PASSWORD).status);
    core_app_close(&c);
}

/* ---- 401 and 403 (S20, C40) ---- */

DB_TEST(an_unreadable_token_is_401_and_never_403)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    static const char *const headers[] = {
        "",
        "Authorization: Bearer malformed\r\n",
        "Authorization: Bearer a.b.c\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Basic Ym90YTpwYXNz\r\n",
        "Authorization: eyJhbGciOiJub25lIn0.e30.\r\n",
    };

    for (size_t i = 0; i < COUNT(headers); i++) {
        struct answer a = ask_for(cx, c.port, "GET", "/api/v1/auth/me", headers[i], S(""));
        check_int(401, a.status);
        check_str(S("not_signed_in"), answer_text(cx, &a, "error.code"));
    }
    core_app_close(&c);
}

DB_TEST(a_token_for_a_session_that_is_not_there_is_401)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct token_claims claims = {.user_id = id,
                                  .session_id = S("nosuchsession"),
                                  .issued_at = now_ms(cx) / 1000,
                                  .expires_at = now_ms(cx) / 1000 + 900};

    check_int(401, me(cx, &c, token_make(cx->arena, c.app.session_key, &claims)));
    core_app_close(&c);
}

DB_TEST(a_token_that_names_another_user_than_its_session_is_401)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer a = login(cx, &c, PASSWORD);
    struct token_claims claims;
    check_ok(token_read(cx, c.app.session_key, answer_text(cx, &a, "access_token"), &claims));

    claims.user_id = core_app_user(cx, &c, "other@agency.kz", ROLE_ADMIN, 0, NULL);

    check_int(401, me(cx, &c, token_make(cx->arena, c.app.session_key, &claims)));
    core_app_close(&c);
}

DB_TEST(a_cookie_and_an_authorization_header_together_are_refused)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str token = answer_text(cx, &in, "access_token");
    struct str both =
        arena_fmt(cx->arena, "Authorization: Bearer %.*s\r\nCookie: __Host-trafficd_at=%.*s\r\n",
                  STR_FMT(token), STR_FMT(token));

    check_int(400,
              ask_for(cx, c.port, "GET", "/api/v1/auth/me", str_z(cx->arena, both), S("")).status);
    core_app_close(&c);
}

/* ---- cookies ---- */

static struct answer login_with(struct ctx *cx, struct core_app *c, const char *headers)
{
    struct str all = arena_fmt(cx->arena, "%sContent-Type: application/json\r\n", headers);

    return ask_for(cx, c->port, "POST", "/api/v1/auth/login", str_z(cx->arena, all),
                   S("{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\"}"));
}

/* The nth Set-Cookie line of an answer. */
static struct str set_cookie(const struct answer *a, size_t n)
{
    struct str rest = a->head, line;

    while (str_cut(&rest, '\n', &line))
        if (line.len > 11 && str_eq_nocase((struct str){line.ptr, 11}, S("Set-Cookie:")) &&
            n-- == 0)
            return str_trim((struct str){line.ptr + 11, line.len - 11});
    return S("");
}

static struct str cookie_value(struct str line)
{
    struct str name, value = S("");

    str_cut(&line, '=', &name);
    str_cut(&line, ';', &value);
    return value;
}

DB_TEST(over_https_the_cookies_are_host_bound_secure_and_out_of_reach_of_scripts)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer a =
        login_with(cx, &c, "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n");
    struct str access = set_cookie(&a, 0), again = set_cookie(&a, 1);

    check_int(200, a.status);
    check(str_starts(access, S("__Host-trafficd_at=")));
    check(str_starts(again, S("__Host-trafficd_rt=")));
    for (int i = 0; i < 2; i++) {
        struct str line = i ? again : access;
        check_holds(S("; HttpOnly"), line);
        check_holds(S("; Secure"), line);
        check_holds(S("; SameSite=Strict"), line);
        check_holds(S("; Path=/"), line);
        check(!memmem(line.ptr, line.len, "Domain", 6));
    }
    check(!memmem(a.body.ptr, a.body.len, "_token", 6));
    core_app_close(&c);
}

DB_TEST(plain_cookies_are_for_this_machine_alone)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    struct answer here = login_with(cx, &c, "");
    struct answer there =
        login_with(cx, &c, "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n");
    struct str token = cookie_value(set_cookie(&here, 0));
    struct str cookie = arena_fmt(cx->arena, "Cookie: trafficd_at=%.*s\r\n", STR_FMT(token));
    struct str far =
        arena_fmt(cx->arena, "%.*sX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n",
                  STR_FMT(cookie));

    check(str_starts(set_cookie(&here, 0), S("trafficd_at=")));
    check(!memmem(here.head.ptr, here.head.len, "Secure", 6));
    check(str_starts(set_cookie(&there, 0), S("__Host-trafficd_at=")));
    check_int(
        200, ask_for(cx, c.port, "GET", "/api/v1/auth/me", str_z(cx->arena, cookie), S("")).status);
    check_int(401,
              ask_for(cx, c.port, "GET", "/api/v1/auth/me", str_z(cx->arena, far), S("")).status);
    core_app_close(&c);
}

DB_TEST(logout_ends_the_session_and_takes_the_cookies_away)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str access = cookie_value(set_cookie(&in, 0)), again = cookie_value(set_cookie(&in, 1));
    struct str headers =
        arena_fmt(cx->arena,
                  "Cookie: trafficd_at=%.*s; trafficd_rt=%.*s\r\nX-Trafficd: 1\r\nSec-Fetch-Site: "
                  "same-origin\r\nContent-Type: application/json\r\n",
                  STR_FMT(access), STR_FMT(again));

    struct answer out =
        ask_for(cx, c.port, "POST", "/api/v1/auth/logout", str_z(cx->arena, headers), S("{}"));

    check_int(200, out.status);
    check_int(2, answer_header_count(&out, "Set-Cookie"));
    check_holds(S("trafficd_at=; "), out.head);
    check_holds(S("Max-Age=0"), out.head);
    check_int(401, me(cx, &c, access));
    check_int(401, refresh(cx, &c, again).status);
    check_int(1, count(cx, &c, "select count(*) from session where end_reason = 'logout'"));
    core_app_close(&c);
}

DB_TEST(logout_works_without_anything_left_to_end)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    check_int(200, core_app_ask(cx, &c, "POST /api/v1/auth/logout", S(""), "{}").status);
    check_int(200, core_app_ask(cx, &c, "POST /api/v1/auth/logout", S("nonsense"), "{}").status);
    core_app_close(&c);
}

DB_TEST(logout_with_an_access_token_ends_its_session)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct str token = core_app_token(cx, &c, id);

    check_int(200, core_app_ask(cx, &c, "POST /api/v1/auth/logout", token, "{}").status);

    check_int(401, me(cx, &c, token));
    core_app_close(&c);
}

/* ---- sessions end at once ---- */

DB_TEST(a_disabled_user_is_out_at_once)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str token = answer_text(cx, &in, "access_token");
    check_int(200, me(cx, &c, token));

    core_app_sql(cx, &c, "update app_user set disabled_at = 1 where id = $1 returning id",
                 ARGS(a_int("a", id)));

    check_int(401, me(cx, &c, token));
    check_int(401, refresh(cx, &c, answer_text(cx, &in, "refresh_token")).status);
    core_app_close(&c);
}

DB_TEST(ended_sessions_are_out_at_once)
{
    struct core_app c;
    int64_t id;
    struct tx *tx = NULL;
    open_with_user(cx, t, &c, &id);
    struct str one = core_app_token(cx, &c, id), two = core_app_token(cx, &c, id);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(auth_end_sessions(tx, id, S("role")));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    check_int(401, me(cx, &c, one));
    check_int(401, me(cx, &c, two));
    core_app_close(&c);
}

/* Access tokens live 15 minutes, so a session is kept alive by refreshing. */
static struct answer keep_using(struct ctx *cx, struct core_app *c, struct str *again,
                                int64_t each_ms, int64_t all_ms)
{
    struct answer a = {0};

    for (int64_t past = 0; past < all_ms; past += each_ms) {
        fake_clock_advance(test_clock(cx), each_ms);
        a = refresh(cx, c, *again);
        if (a.status != 200)
            break;
        *again = answer_text(cx, &a, "refresh_token");
    }
    return a;
}

DB_TEST(a_session_ends_after_seven_idle_days)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, 7 * DAY_MS - 1, 7 * DAY_MS - 1).status);
    check_int(401, keep_using(cx, &c, &again, 7 * DAY_MS, 7 * DAY_MS).status);
    core_app_close(&c);
}

DB_TEST(a_session_ends_after_thirty_days_however_much_it_is_used)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, 5 * DAY_MS, 25 * DAY_MS).status);
    check_int(401, keep_using(cx, &c, &again, 5 * DAY_MS, 5 * DAY_MS).status);
    core_app_close(&c);
}

DB_TEST(an_old_token_does_not_come_back_when_the_clock_is_set_back)
{
    struct core_app c;
    int64_t id, start = now_ms(cx);
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str old = answer_text(cx, &in, "access_token");
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, HOUR_MS, HOUR_MS).status);
    check_int(401, me(cx, &c, old));
    fake_clock_set(test_clock(cx), start);

    check_int(401, me(cx, &c, old));
    core_app_close(&c);
}

DB_TEST(last_use_is_written_once_a_minute_at_most)
{
    struct core_app c;
    int64_t id, start = now_ms(cx);
    open_with_user(cx, t, &c, &id);
    struct str token = core_app_token(cx, &c, id);

    fake_clock_advance(test_clock(cx), MINUTE_MS - 1);
    check_int(200, me(cx, &c, token));
    check_int(start, count(cx, &c, "select max(last_used_at) from session"));

    fake_clock_advance(test_clock(cx), 1);
    check_int(200, me(cx, &c, token));
    check_int(start + MINUTE_MS, count(cx, &c, "select max(last_used_at) from session"));
    core_app_close(&c);
}

/* ---- refresh (RFC 9700) ---- */

DB_TEST(each_refresh_gives_another_token_and_keeps_only_its_hash)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");

    struct answer a = refresh(cx, &c, first);
    struct str second = answer_text(cx, &a, "refresh_token");

    check_int(200, a.status);
    check_int(43, second.len);
    check(!str_eq(first, second));
    check_int(200, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(2, count(cx, &c, "select count(*) from refresh_token"));
    check_int(0, core_app_sql(cx, &c, "select count(*) from refresh_token where hash = $1",
                              ARGS(a_blob("a", second))));
    core_app_close(&c);
}

DB_TEST(within_ten_seconds_the_old_token_gives_the_same_successor)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    struct answer a = refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 10 * 1000);
    struct answer b = refresh(cx, &c, first);

    check_int(200, b.status);
    check_str(answer_text(cx, &a, "refresh_token"), answer_text(cx, &b, "refresh_token"));
    check_int(2, count(cx, &c, "select count(*) from refresh_token"));
    core_app_close(&c);
}

DB_TEST(later_reuse_of_a_token_ends_the_whole_family_and_is_noted)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    struct answer a = refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 10 * 1000 + 1);
    struct answer b = refresh(cx, &c, first);

    check_int(401, b.status);
    check_int(401, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(401, refresh(cx, &c, answer_text(cx, &a, "refresh_token")).status);
    check_int(1, count(cx, &c, "select count(*) from session where end_reason = 'reuse'"));
    check_int(1, count(cx, &c, "select count(*) from login_event where result = 'reuse'"));
    check_int(1, count(cx, &c, "select count(*) from audit_log where action = 'session.reuse'"));
    core_app_close(&c);
}

DB_TEST(reuse_in_one_session_leaves_the_others_alone)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD), other = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 11 * 1000);
    check_int(401, refresh(cx, &c, first).status);

    check_int(200, me(cx, &c, answer_text(cx, &other, "access_token")));
    core_app_close(&c);
}

DB_TEST(a_made_up_refresh_token_is_401_and_writes_nothing)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    check_int(401, refresh(cx, &c, S("made-up")).status);
    check_int(401, core_app_ask(cx, &c, "POST /api/v1/auth/refresh", S(""), "{}").status);
    check_int(
        422,
        core_app_ask(cx, &c, "POST /api/v1/auth/refresh", S(""), "{\"refresh_token\":7}").status);
    check_int(0, count(cx, &c, "select count(*) from login_event"));
    core_app_close(&c);
}

struct rival {
    struct core_app *app;
    struct str token, got;
    int status;
    pthread_t thread;
};

static void *refresh_at_once(void *self)
{
    struct rival *r = self;
    struct arena *a = arena_new(1 << 20);
    struct ctx cx = {.arena = a, .clock = r->app->app.clock, .tag = "rival"};
    struct answer answer = refresh(&cx, r->app, r->token);
    struct str got = answer_text(&cx, &answer, "refresh_token");

    r->status = answer.status;
    r->got.len = got.len < 64 ? got.len : 0;
    if (r->got.len)
        memcpy((char *)(uintptr_t)r->got.ptr, got.ptr, r->got.len);
    arena_free(&a);
    return NULL;
}

DB_TEST(tabs_that_refresh_at_the_same_moment_all_get_the_same_successor)
{
    struct core_app c;
    int64_t id;
    struct rival rivals[8];
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str token = answer_text(cx, &in, "refresh_token");

    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < COUNT(rivals); i++) {
            rivals[i] = (struct rival){
                .app = &c, .token = token, .got = {arena_alloc(cx->arena, 64, 1), 0}
            };
            check_int(0, pthread_create(&rivals[i].thread, NULL, refresh_at_once, &rivals[i]));
        }
        for (size_t i = 0; i < COUNT(rivals); i++)
            pthread_join(rivals[i].thread, NULL);
        for (size_t i = 0; i < COUNT(rivals); i++) {
            check_int(200, rivals[i].status);
            check_str(rivals[0].got, rivals[i].got);
        }
        token = rivals[0].got;
        fake_clock_advance(test_clock(cx), MINUTE_MS);
    }
    check_int(6, count(cx, &c, "select count(*) from refresh_token"));
    core_app_close(&c);
}

DB_TEST(a_refresh_by_cookie_sets_new_cookies_and_shows_no_token)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str again = cookie_value(set_cookie(&in, 1));
    struct str headers = arena_fmt(
        cx->arena, "Cookie: trafficd_rt=%.*s\r\nX-Trafficd: 1\r\nSec-Fetch-Site: same-origin\r\n",
        STR_FMT(again));

    struct answer a =
        ask_for(cx, c.port, "POST", "/api/v1/auth/refresh", str_z(cx->arena, headers), S(""));

    check_int(200, a.status);
    check_int(2, answer_header_count(&a, "Set-Cookie"));
    check(!memmem(a.body.ptr, a.body.len, "_token", 6));
    check(!str_eq(again, cookie_value(set_cookie(&a, 1))));
    core_app_close(&c);
}

DB_TEST(another_sites_page_cannot_refresh_or_log_out_with_ones_cookies)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str again = cookie_value(set_cookie(&in, 1));
    static const char *const sites[] = {
        "",
        "X-Trafficd: 1\r\n",
        "X-Trafficd: 1\r\nSec-Fetch-Site: cross-site\r\n",
        "X-Trafficd: 1\r\nSec-Fetch-Site: same-site\r\n",
        "X-Trafficd: 1\r\nOrigin: http://evil.test\r\n",
        "X-Trafficd: 1\r\nOrigin: null\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
    };

    for (size_t i = 0; i < COUNT(sites); i++) {
        struct str headers =
            arena_fmt(cx->arena, "Cookie: trafficd_rt=%.*s\r\n%s", STR_FMT(again), sites[i]);
        check_int(403, ask_for(cx, c.port, "POST", "/api/v1/auth/refresh",
                               str_z(cx->arena, headers), S(""))
                           .status);
        check_int(403, ask_for(cx, c.port, "POST", "/api/v1/auth/logout", str_z(cx->arena, headers),
                               S(""))
                           .status);
    }
    core_app_close(&c);
}
