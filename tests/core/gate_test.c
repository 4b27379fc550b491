/* The order at the door, and what each step lets through. */
#include "core/gate.h"
#include "core/version.h"
#include "core_app.h"

#include <stdatomic.h>
#include <string.h>

#define EMAIL "bota@agency.kz"

static _Atomic int runs; /* how often a handler of this file ran */

static enum err say_team(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 64);
    struct scope s = user_scope(rq->user);

    atomic_fetch_add(&runs, 1);
    json_obj(j);
    json_key(j, "team"), json_int(j, s.team_id);
    json_key(j, "all"), json_bool(j, s.all);
    json_key(j, "query"), json_str(j, rq->query);
    json_end(j);
    return resp_json(rs, j);
}

static enum err say_nothing(struct req *rq, struct resp *rs)
{
    atomic_fetch_add(&runs, 1);
    (void)rq;
    return resp_body(rs, "application/json", S("{}"));
}

static enum err fail_here(struct req *rq, struct resp *rs)
{
    (void)rs;
    return fail(&rq->cx, ERR_CONFLICT, "not today");
}

static const struct route routes[] = {
    {GET,  "/t/open",         ROLE_PUBLIC,    RATE_NONE,  say_nothing, RT_PUBLIC,                              0  },
    {GET,  "/t/forgotten",    ROLE_PUBLIC,    RATE_NONE,  say_nothing, 0,                                      0  },
    {GET,  "/t/unknown-role", 9,              RATE_NONE,  say_nothing, 0,                                      0  },
    {GET,  "/t/read",         ROLE_VIEWER,    RATE_READ,  say_team,    0,                                      0  },
    {GET,  "/t/cached",       ROLE_VIEWER,    RATE_READ,  say_team,    RT_CACHE,                               0  },
    {GET,  "/t/cached/{id}",  ROLE_VIEWER,    RATE_READ,  say_team,    RT_CACHE,                               0  },
    {GET,  "/t/broken",       ROLE_VIEWER,    RATE_READ,  fail_here,   RT_CACHE,                               0  },
    {POST, "/t/write",        ROLE_TEAM_LEAD, RATE_WRITE, say_nothing, RT_AUDIT,                               100},
    {GET,  "/t/lead",         ROLE_TEAM_LEAD, RATE_READ,  say_nothing, 0,                                      0  },
    {POST, "/t/hook",         ROLE_PUBLIC,    RATE_HOOK,  say_nothing, RT_PUBLIC | RT_RAW_BODY | RT_NO_ORIGIN,
     100                                                                                                          },
};

static void open_all(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    static struct route_set sets[2];

    sets[0] = ROUTES(routes);
    sets[1] = (struct route_set){auth_routes, auth_nroutes};
    core_app_open(cx, t, c);
    core_app_serve(cx, c, sets, 2);
    atomic_store(&runs, 0);
}

static struct answer get(struct ctx *cx, struct core_app *c, const char *path, struct str token)
{
    return core_app_ask(cx, c, str_z(cx->arena, arena_fmt(cx->arena, "GET %s", path)), token, NULL);
}

static struct answer get_with(struct ctx *cx, struct core_app *c, const char *path,
                              struct str token, const char *more)
{
    struct str headers =
        arena_fmt(cx->arena, "Authorization: Bearer %.*s\r\n%s", STR_FMT(token), more);

    return ask_for(cx, c->port, "GET", path, str_z(cx->arena, headers), S(""));
}

static void spend_limit(struct ctx *cx, struct core_app *c, struct str token, int n)
{
    for (int i = 0; i < n; i++)
        check_int(200, get(cx, c, "/t/read", token).status);
}

/* ---- roles: everything that is not let in by name is kept out ---- */

DB_TEST(a_role_opens_its_own_routes_and_those_beneath)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str viewer =
        core_app_token(cx, &c, core_app_user(cx, &c, "v@a.kz", ROLE_VIEWER, 0, NULL));
    struct str target =
        core_app_token(cx, &c, core_app_user(cx, &c, "t@a.kz", ROLE_TARGETOLOGIST, 0, NULL));
    struct str lead =
        core_app_token(cx, &c, core_app_user(cx, &c, "l@a.kz", ROLE_TEAM_LEAD, 0, NULL));
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));

    check_int(200, get(cx, &c, "/t/open", S("")).status);
    check_int(401, get(cx, &c, "/t/read", S("")).status);
    check_int(200, get(cx, &c, "/t/read", viewer).status);
    check_int(403, get(cx, &c, "/t/lead", viewer).status);
    check_int(403, get(cx, &c, "/t/lead", target).status);
    check_int(200, get(cx, &c, "/t/lead", lead).status);
    check_int(200, get(cx, &c, "/t/lead", admin).status);
    core_app_close(&c);
}

DB_TEST(a_route_that_forgot_its_role_lets_no_one_in)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL));

    check_int(401, get(cx, &c, "/t/forgotten", S("")).status);
    check_int(403, get(cx, &c, "/t/forgotten", admin).status);
    check_int(403, get(cx, &c, "/t/unknown-role", admin).status);
    check_int(0, atomic_load(&runs));
    core_app_close(&c);
}

/* S20, C40: what a malformed token gave when a team was created. */
DB_TEST(a_malformed_token_is_401_and_too_low_a_role_403_on_writes_too)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str viewer = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    struct answer malformed = core_app_ask(cx, &c, "POST /t/write", S("eyJhbGciOi"), "{}");
    struct answer low = core_app_ask(cx, &c, "POST /t/write", viewer, "{}");

    check_int(401, malformed.status);
    check_str(S("not_signed_in"), answer_text(cx, &malformed, "error.code"));
    check_int(403, low.status);
    check_str(S("forbidden"), answer_text(cx, &low, "error.code"));
    core_app_close(&c);
}

DB_TEST(a_change_of_role_acts_on_the_next_request)
{
    struct core_app c;
    open_all(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL);
    struct str token = core_app_token(cx, &c, id);
    check_int(200, get(cx, &c, "/t/lead", token).status);

    core_app_sql(cx, &c, "update app_user set role = 'viewer' where id = $1 returning id",
                 ARGS(a_int("a", id)));

    check_int(403, get(cx, &c, "/t/lead", token).status);
    core_app_close(&c);
}

TEST(a_user_without_a_team_sees_no_team)
{
    struct user nobody = {.role = ROLE_TEAM_LEAD}, member = {.role = ROLE_VIEWER, .team_id = 3},
                admin = {.role = ROLE_ADMIN, .team_id = 3};

    check_int(-1, user_scope(&nobody).team_id);
    check(!user_scope(&nobody).all);
    check_int(3, user_scope(&member).team_id);
    check(!user_scope(&member).all);
    check(user_scope(&admin).all);
    check(!user_scope(NULL).all);
    check_int(-1, user_scope(NULL).team_id);
}

/* ---- the order ---- */

static const char *const flood = "X-Forwarded-For: 203.0.113.50\r\n";

DB_TEST(the_door_asks_address_then_identity_then_role_then_limit_then_cache_then_body)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str viewer = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));
    char *big = str_z(cx->arena, arena_fmt(cx->arena, "{\"x\":\"%0200d\"}", 0));

    check_int(200, get(cx, &c, "/t/cached", viewer).status);
    spend_limit(cx, &c, viewer, 59);
    spend_limit(cx, &c, admin, 60);
    for (int i = 0; i < 1200; i++)
        check_int(200, ask_for(cx, c.port, "GET", "/t/open", flood, S("")).status);

    /* Address before identity: a bad token from a flooding address is told to slow down. */
    check_int(429, get_with(cx, &c, "/t/read", S("bad"), flood).status);
    /* Identity before role, role before limit, limit before cache. */
    check_int(401, get(cx, &c, "/t/lead", S("bad")).status);
    check_int(403, get(cx, &c, "/t/lead", viewer).status);
    check_int(429, get(cx, &c, "/t/cached", viewer).status);
    /* The body comes last: too large, and not even JSON, it is not looked at. */
    check_int(401, core_app_ask(cx, &c, "POST /t/write", S("bad"), big).status);
    check_int(403, core_app_ask(cx, &c, "POST /t/write", viewer, big).status);
    check_int(429, core_app_ask(cx, &c, "POST /t/write", admin, big).status);
    fake_clock_advance(test_clock(cx), 2000);
    check_int(413, core_app_ask(cx, &c, "POST /t/write", admin, big).status);
    core_app_close(&c);
}

/* ---- limits (C15, S10) ---- */

DB_TEST(sixty_requests_in_two_minutes_are_served_and_the_next_is_told_when_to_come_back)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    spend_limit(cx, &c, token, 60);
    struct answer refused = get(cx, &c, "/t/read", token);

    check_int(429, refused.status);
    check_str(S("slow_down"), answer_text(cx, &refused, "error.code"));
    check_str(S("2"), answer_header(&refused, "Retry-After"));
    check_str(S("0"), answer_header(&refused, "RateLimit-Remaining"));
    check_int(60, atomic_load(&runs));

    fake_clock_advance(test_clock(cx), 1999);
    check_int(429, get(cx, &c, "/t/read", token).status);
    fake_clock_advance(test_clock(cx), 1);
    check_int(200, get(cx, &c, "/t/read", token).status);
    check_int(429, get(cx, &c, "/t/read", token).status);
    core_app_close(&c);
}

DB_TEST(the_limit_is_the_users_and_not_the_sessions)
{
    struct core_app c;
    open_all(cx, t, &c);
    int64_t id = core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL);
    struct str one = core_app_token(cx, &c, id), two = core_app_token(cx, &c, id);
    struct str other =
        core_app_token(cx, &c, core_app_user(cx, &c, "o@a.kz", ROLE_VIEWER, 0, NULL));

    spend_limit(cx, &c, one, 30);
    spend_limit(cx, &c, two, 30);

    check_int(429, get(cx, &c, "/t/read", one).status);
    check_int(429, get(cx, &c, "/t/read", two).status);
    check_int(200, get(cx, &c, "/t/read", other).status);
    core_app_close(&c);
}

DB_TEST(the_answer_says_how_much_is_left)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    get(cx, &c, "/t/read", token);
    struct answer a = get(cx, &c, "/t/read", token);

    check_str(S("60"), answer_header(&a, "RateLimit-Limit"));
    check_str(S("58"), answer_header(&a, "RateLimit-Remaining"));
    check_str(S("4"), answer_header(&a, "RateLimit-Reset"));
    core_app_close(&c);
}

DB_TEST(one_ipv6_network_is_one_address)
{
    struct core_app c;
    open_all(cx, t, &c);

    for (int i = 0; i < 1200; i++) {
        struct str from = arena_fmt(cx->arena, "X-Forwarded-For: 2001:db8:1:2::%x\r\n", i + 1);
        check_int(200, ask_for(cx, c.port, "GET", "/t/open", str_z(cx->arena, from), S("")).status);
    }

    check_int(429, ask_for(cx, c.port, "GET", "/t/open",
                           "X-Forwarded-For: 2001:db8:1:2:ffff::1\r\n", S(""))
                       .status);
    check_int(200,
              ask_for(cx, c.port, "GET", "/t/open", "X-Forwarded-For: 2001:db8:1:3::1\r\n", S(""))
                  .status);
    core_app_close(&c);
}

/* ---- the cache (security row 37) ---- */

DB_TEST(a_second_ask_is_answered_from_the_cache_and_costs_nothing)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    struct answer first = get(cx, &c, "/t/cached?team=1", token);
    for (int i = 0; i < 100; i++) {
        struct answer again = get(cx, &c, "/t/cached?team=1", token);
        check_int(200, again.status);
        check_str(first.body, again.body);
        check_str(answer_header(&first, "ETag"), answer_header(&again, "ETag"));
        check_str(S("59"), answer_header(&again, "RateLimit-Remaining"));
    }

    check_int(1, atomic_load(&runs));
    check_int(100, gate_counts(c.app.limits).cache_hits);
    core_app_close(&c);
}

DB_TEST(what_the_client_has_already_is_304_and_costs_nothing)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));
    struct answer first = get(cx, &c, "/t/cached", token);
    struct str etag =
        arena_fmt(cx->arena, "If-None-Match: %.*s\r\n", STR_FMT(answer_header(&first, "ETag")));

    for (int i = 0; i < 100; i++) {
        struct answer again = get_with(cx, &c, "/t/cached", token, str_z(cx->arena, etag));
        check_int(304, again.status);
        check_int(0, again.body.len);
        check_str(answer_header(&first, "ETag"), answer_header(&again, "ETag"));
    }
    check_int(1, atomic_load(&runs));
    core_app_close(&c);
}

DB_TEST(the_order_and_the_spelling_of_a_query_do_not_matter)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    struct answer a = get(cx, &c, "/t/cached?from=2026-01-01&name=a%20b", token);
    struct answer b = get(cx, &c, "/t/cached?name=a+b&from=2026%2D01%2d01", token);
    struct answer other = get(cx, &c, "/t/cached?name=a%26from=2026-01-01", token);

    check_str(answer_header(&a, "ETag"), answer_header(&b, "ETag"));
    check(!str_eq(answer_header(&a, "ETag"), answer_header(&other, "ETag")));
    check_int(2, atomic_load(&runs));
    core_app_close(&c);
}

DB_TEST(a_cached_answer_never_crosses_teams_roles_or_addresses)
{
    struct core_app c;
    open_all(cx, t, &c);
    int64_t one = core_app_team(cx, &c, "One"), two = core_app_team(cx, &c, "Two");
    struct str mine =
        core_app_token(cx, &c, core_app_user(cx, &c, "1@a.kz", ROLE_VIEWER, one, NULL));
    struct str mate =
        core_app_token(cx, &c, core_app_user(cx, &c, "2@a.kz", ROLE_VIEWER, one, NULL));
    struct str lead =
        core_app_token(cx, &c, core_app_user(cx, &c, "3@a.kz", ROLE_TEAM_LEAD, one, NULL));
    struct str rival =
        core_app_token(cx, &c, core_app_user(cx, &c, "4@a.kz", ROLE_VIEWER, two, NULL));
    struct str lost = core_app_token(cx, &c, core_app_user(cx, &c, "5@a.kz", ROLE_VIEWER, 0, NULL));
    struct str admin =
        core_app_token(cx, &c, core_app_user(cx, &c, "6@a.kz", ROLE_ADMIN, one, NULL));
    const struct {
        struct str token;
        int64_t team;
        int runs;
    } people[] = {
        {mine,  one, 1},
        {mate,  one, 1},
        {lead,  one, 2},
        {rival, two, 3},
        {lost,  -1,  4},
        {admin, -1,  5},
        {mine,  one, 5}
    };

    for (size_t i = 0; i < COUNT(people); i++) {
        struct answer a = get(cx, &c, "/t/cached", people[i].token);
        check_int(people[i].team, answer_int(cx, &a, "team"));
        check_int(people[i].runs, atomic_load(&runs));
    }
    struct answer first = get(cx, &c, "/t/cached", mine);
    struct str etag =
        arena_fmt(cx->arena, "If-None-Match: %.*s\r\n", STR_FMT(answer_header(&first, "ETag")));
    check_int(200, get_with(cx, &c, "/t/cached", rival, str_z(cx->arena, etag)).status);
    check_int(200, get_with(cx, &c, "/t/cached/7", mine, str_z(cx->arena, etag)).status);
    core_app_close(&c);
}

static void bump(struct ctx *cx, struct temp_db *t)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(version_bump(tx));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(new_data_makes_every_kept_answer_old)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));
    struct answer first = get(cx, &c, "/t/cached", token);
    struct str etag =
        arena_fmt(cx->arena, "If-None-Match: %.*s\r\n", STR_FMT(answer_header(&first, "ETag")));

    bump(cx, t);
    struct answer second = get_with(cx, &c, "/t/cached", token, str_z(cx->arena, etag));

    check_int(200, second.status);
    check(!str_eq(answer_header(&first, "ETag"), answer_header(&second, "ETag")));
    check_int(2, atomic_load(&runs));
    core_app_close(&c);
}

DB_TEST(an_answer_about_today_is_not_kept_past_five_minutes)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    get(cx, &c, "/t/cached?period=today", token);
    fake_clock_advance(test_clock(cx), 5 * 60 * 1000);
    get(cx, &c, "/t/cached?period=today", token);

    check_int(2, atomic_load(&runs));
    core_app_close(&c);
}

DB_TEST(a_failure_is_not_kept_and_carries_no_etag)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_VIEWER, 0, NULL));

    struct answer a = get(cx, &c, "/t/broken", token);

    check_int(409, a.status);
    check_int(0, answer_header(&a, "ETag").len);
    check_int(409, get(cx, &c, "/t/broken", token).status);
    core_app_close(&c);
}

/* ---- other sites (security row 16) ---- */

static int write_with(struct ctx *cx, struct core_app *c, struct str token, const char *headers)
{
    struct str all =
        arena_fmt(cx->arena, "Cookie: trafficd_at=%.*s\r\nContent-Type: application/json\r\n%s",
                  STR_FMT(token), headers);

    return ask_for(cx, c->port, "POST", "/t/write", str_z(cx->arena, all), S("{}")).status;
}

DB_TEST(a_cookie_alone_writes_nothing)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL));

    check_int(403, write_with(cx, &c, token, ""));
    check_int(403, write_with(cx, &c, token, "X-Trafficd: 1\r\n"));
    check_int(403, write_with(cx, &c, token, "Sec-Fetch-Site: same-origin\r\n"));
    check_int(403, write_with(cx, &c, token, "X-Trafficd: 1\r\nSec-Fetch-Site: cross-site\r\n"));
    check_int(403, write_with(cx, &c, token, "X-Trafficd: 1\r\nSec-Fetch-Site: none\r\n"));
    check_int(403,
              write_with(cx, &c, token, "X-Trafficd: 1\r\nOrigin: http://localhost.evil.test\r\n"));
    check_int(
        403,
        write_with(cx, &c, token,
                   "X-Trafficd: 1\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://evil.test\r\n"));
    check_int(0, atomic_load(&runs));

    check_int(200, write_with(cx, &c, token, "X-Trafficd: 1\r\nSec-Fetch-Site: same-origin\r\n"));
    check_int(200, write_with(cx, &c, token, "X-Trafficd: 1\r\nOrigin: http://localhost\r\n"));
    check_int(200, write_with(cx, &c, token, "X-Trafficd: 1\r\nOrigin: http://dashboard.test\r\n"));
    core_app_close(&c);
}

DB_TEST(a_form_on_another_site_cannot_sign_anyone_in)
{
    struct core_app c;
    open_all(cx, t, &c);
    core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, "tulip-bridge-42-olive");
    static const char form[] = "Origin: http://evil.test\r\nSec-Fetch-Site: "
                               "cross-site\r\nContent-Type: application/json\r\n";

    check_int(403, ask_for(cx, c.port, "POST", "/api/v1/auth/login", form,
                           S("{\"email\":\"" EMAIL "\",\"password\":\"tulip-bridge-42-olive\"}"))
                       .status);
    core_app_close(&c);
}

DB_TEST(reading_with_a_cookie_needs_no_header_and_a_bearer_token_writes_without_one)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str token = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL));
    struct str cookie = arena_fmt(cx->arena, "Cookie: trafficd_at=%.*s\r\n", STR_FMT(token));

    check_int(200, ask_for(cx, c.port, "GET", "/t/read", str_z(cx->arena, cookie), S("")).status);
    check_int(200, core_app_ask(cx, &c, "POST /t/write", token, "{}").status);
    core_app_close(&c);
}

DB_TEST(a_machine_posts_to_a_hook_without_our_header)
{
    struct core_app c;
    open_all(cx, t, &c);

    check_int(200, ask_for(cx, c.port, "POST", "/t/hook",
                           "Content-Type: text/plain\r\nOrigin: https://crm.test\r\n", S("a=b"))
                       .status);
    core_app_close(&c);
}

/* ---- what is written down ---- */

DB_TEST(access_to_an_audited_route_leaves_a_row)
{
    struct core_app c;
    open_all(cx, t, &c);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, EMAIL, ROLE_ADMIN, 0, NULL));
    struct str low = core_app_token(cx, &c, core_app_user(cx, &c, "v@a.kz", ROLE_VIEWER, 0, NULL));

    check_int(200, core_app_ask(cx, &c, "POST /t/write?x=1", admin, "{}").status);
    check_int(403, core_app_ask(cx, &c, "POST /t/write", low, "{}").status);
    check_int(401, core_app_ask(cx, &c, "POST /t/write", S("bad"), "{}").status);

    check_int(3,
              core_app_sql(
                  cx, &c,
                  "select count(*) from audit_log where action = 'access' and entity = '/t/write'",
                  NO_ARGS));
    check_int(
        1, core_app_sql(cx, &c,
                        "select count(*) from audit_log where actor = $1 and after like '%\"ok\"%'",
                        ARGS(a_str("a", S(EMAIL)))));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from audit_log where actor = 'anyone' and after "
                              "like '%not_signed_in%'",
                              NO_ARGS));
    core_app_close(&c);
}
