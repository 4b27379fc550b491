/* Signing in and out over real HTTP on a real database: passwords, lockout, 401 and 403, cookies.
 */
#include "sign_in.h"

#include <string.h>

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

DB_TEST(logout_with_a_refresh_token_that_nobody_knows_still_ends_the_session)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str access = cookie_value(set_cookie(&in, 0));
    struct str headers =
        arena_fmt(cx->arena,
                  "Cookie: trafficd_at=%.*s; trafficd_rt=forgotten\r\nX-Trafficd: 1\r\n"
                  "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n",
                  STR_FMT(access));

    check_int(200,
              ask_for(cx, c.port, "POST", "/api/v1/auth/logout", str_z(cx->arena, headers), S("{}"))
                  .status);

    check_int(401, me(cx, &c, access));
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
