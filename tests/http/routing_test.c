/* From an address to a handler: routes, aliases, the raw path and query, the fallback. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <string.h>

static enum err hello(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 64);

    json_obj(j);
    json_key(j, "hello");
    json_str(j, S("world"));
    json_end(j);
    return resp_json(rs, j);
}

static enum err one_thing(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", rq->path_params[0]);
}

static enum err numbered(struct req *rq, struct resp *rs)
{
    int64_t id;

    if (!req_param_int(rq, 0, &id))
        return fail(&rq->cx, ERR_NOT_FOUND, "not a number");
    return resp_body(rs, "text/plain", arena_fmt(rq->cx.arena, "number %lld", (long long)id));
}

static enum err tell_query(struct req *rq, struct resp *rs)
{
    struct str text = S("none");
    int64_t n = -1;

    req_query_str(rq, "text", &text);
    req_query_int(rq, "n", &n);
    return resp_body(rs, "text/plain",
                     arena_fmt(rq->cx.arena, "%.*s %lld", STR_FMT(text), (long long)n));
}

static enum err page(struct req *rq, struct resp *rs)
{
    (void)rq;
    return resp_body(rs, "text/html; charset=utf-8", S("<!doctype html>"));
}

static const struct route routes[] = {
    {GET,    "/api/hello",         0, RATE_NONE, hello,      0,           0},
    {GET,    "/api/things/{name}", 0, RATE_NONE, one_thing,  0,           0},
    {GET,    "/api/things/best",   0, RATE_NONE, hello,      0,           0},
    {DELETE, "/api/things/{name}", 0, RATE_NONE, one_thing,  0,           0},
    {GET,    "/api/numbers/{id}",  0, RATE_NONE, numbered,   0,           0},
    {GET,    "/api/query",         0, RATE_NONE, tell_query, 0,           0},
    {POST,   "/api/json",          0, RATE_NONE, hello,      0,           0},
    {POST,   "/hook/{secret}",     0, RATE_NONE, hello,      RT_RAW_BODY, 0},
};
static const struct route_set sets[] = {ROUTES(routes)};
static const struct route_alias aliases[] = {
    {0,   "/old/greeting",     "/api/hello"        },
    {0,   "/old/{name}/thing", "/api/things/{name}"},
    {GET, "/old/the-best",     "/api/things/best"  },
    {0,   "/old/seven",        "/api/numbers/7"    },
    {0,   "/legacy/api/*",     "/api/*"            },
};

static struct server_opts options(void)
{
    return (struct server_opts){.listen = "127.0.0.1:0",
                                .threads = 8,
                                .public_url = "http://localhost",
                                .sets = sets,
                                .nsets = COUNT(sets),
                                .aliases = aliases,
                                .naliases = COUNT(aliases),
                                .fallback = page};
}

static struct server *start(struct ctx *cx)
{
    struct server_opts o = options();
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

static struct answer get(struct ctx *cx, const struct server *s, const char *target)
{
    return ask_for(cx, server_port(s), "GET", target, NULL, S(""));
}

TEST(a_route_answers_with_its_json)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/hello");

    check_int(200, a.status);
    check_str(S("{\"hello\":\"world\"}"), a.body);
    check_str(S("application/json"), answer_header(&a, "Content-Type"));
    server_stop(&s);
    check(s == NULL);
}

TEST(a_literal_segment_beats_a_parameter)
{
    struct server *s = start(cx);

    check_str(S("{\"hello\":\"world\"}"), get(cx, s, "/api/things/best").body);
    check_str(S("worst"), get(cx, s, "/api/things/worst").body);
    struct answer a = ask_for(cx, server_port(s), "DELETE", "/api/things/best", NULL, S(""));
    check_str(S("best"), a.body);
    server_stop(&s);
}

TEST(path_parameters_are_decoded_exactly_once)
{
    struct server *s = start(cx);

    check_str(S("a b"), get(cx, s, "/api/things/a%20b").body);
    check_str(S("%2f"), get(cx, s, "/api/things/%252f").body);
    check_str(S("a+b"), get(cx, s, "/api/things/a+b").body);
    check_str(S("\xd0\x90"), get(cx, s, "/api/things/%D0%90").body);
    check_int(400, get(cx, s, "/api/things/%ff").status);
    server_stop(&s);
}

TEST(a_trailing_slash_is_another_address)
{
    struct server *s = start(cx);

    check_int(404, get(cx, s, "/api/hello/").status);
    check_int(404, get(cx, s, "/api/things/").status);
    check_int(404, get(cx, s, "/api").status);
    server_stop(&s);
}

TEST(a_numeric_parameter_has_one_spelling)
{
    static const char *const bad[] = {"/api/numbers/+7", "/api/numbers/007",
                                      "/api/numbers/-7", "/api/numbers/0",
                                      "/api/numbers/7x", "/api/numbers/99999999999999999999"};
    struct server *s = start(cx);

    check_str(S("number 7"), get(cx, s, "/api/numbers/7").body);
    for (size_t i = 0; i < COUNT(bad); i++)
        check_int(404, get(cx, s, bad[i]).status);
    server_stop(&s);
}

TEST(a_wrong_method_is_told_which_are_right)
{
    struct server *s = start(cx);
    struct answer a = ask_for(cx, server_port(s), "PUT", "/api/things/x", NULL, S(""));

    check_int(405, a.status);
    check_str(S("GET, DELETE, HEAD"), answer_header(&a, "Allow"));
    check_holds(S("\"code\":\"method_not_allowed\""), a.body);
    a = ask_for(cx, server_port(s), "OPTIONS", "/api/json", NULL, S(""));
    check_int(405, a.status);
    check_str(S("POST"), answer_header(&a, "Allow"));
    a = ask_for(cx, server_port(s), "POST", "/some/page", NULL, S(""));
    check_int(405, a.status);
    check_str(S("GET, HEAD"), answer_header(&a, "Allow"));
    server_stop(&s);
}

TEST(aliases_reach_the_same_handler)
{
    struct server *s = start(cx);

    check_str(S("{\"hello\":\"world\"}"), get(cx, s, "/old/greeting").body);
    check_str(S("lamp"), get(cx, s, "/old/lamp/thing").body);
    check_str(S("{\"hello\":\"world\"}"), get(cx, s, "/old/the-best").body);
    check_str(S("number 7"), get(cx, s, "/old/seven").body);
    check_str(S("lamp"), get(cx, s, "/legacy/api/things/lamp").body);
    check_int(404, get(cx, s, "/legacy/api").status);
    check_int(405, ask_for(cx, server_port(s), "POST", "/legacy/api/hello", NULL, S("")).status);
    check_int(405, ask_for(cx, server_port(s), "DELETE", "/old/the-best", NULL, S("")).status);
    server_stop(&s);
}

TEST(what_is_no_route_is_a_page_unless_it_lies_beside_routes)
{
    struct server *s = start(cx);

    check_str(S("<!doctype html>"), get(cx, s, "/").body);
    check_str(S("<!doctype html>"), get(cx, s, "/some/page?x=1").body);
    check_int(404, get(cx, s, "/api/nothing").status);
    check_int(404, get(cx, s, "/hook/a/b").status);
    check_int(404, get(cx, s, "/old/nothing/at/all").status);
    server_stop(&s);
}

TEST(without_a_fallback_an_unknown_address_is_plainly_absent)
{
    struct server_opts o = options();
    struct server *s = NULL;

    o.fallback = NULL;
    check_ok(server_start(cx, NULL, &o, &s));
    struct answer a = get(cx, s, "/nowhere");
    check_int(404, a.status);
    check_holds(S("\"code\":\"not_found\""), a.body);
    server_stop(&s);
}

TEST(two_routes_with_one_address_do_not_start)
{
    static const struct route twins[] = {
        {GET, "/a/{x}", 0, RATE_NONE, hello, 0, 0},
        {GET, "/a/{y}", 0, RATE_NONE, hello, 0, 0},
    };
    static const struct route_set twin_sets[] = {ROUTES(twins)};
    struct server_opts o = {.listen = "127.0.0.1:0", .sets = twin_sets, .nsets = 1};
    struct server *s = NULL;

    check_err(server_start(cx, NULL, &o, &s), ERR_BUG);
    check(s == NULL);
}

TEST(an_alias_to_nowhere_does_not_start)
{
    static const struct route_alias lost[] = {
        {0, "/old", "/api/nothing"}
    };
    struct server_opts o = options();
    struct server *s = NULL;

    o.aliases = lost;
    o.naliases = 1;
    check_err(server_start(cx, NULL, &o, &s), ERR_BUG);
    check_holds(S("/api/nothing"), str_of(cx->why));
}

TEST(addresses_with_a_second_meaning_are_refused)
{
    static const char *const bad[] = {
        "/api/things/%00",    "/api/things/a%00b", "/api/things/%0d%0aSet-Cookie:x",
        "/api/things/%0a",    "/api/things/%2f",   "/api/things/%2F..%2f",
        "/api/things/%5c",    "/api/things/%5C",   "/api/things/a\\b",
        "//api/hello",        "/api//hello",       "/api/hello//",
        "/api/../api/hello",  "/api/./hello",      "/..",
        "/api/%2e%2e/hello",  "/api/%2E/hello",    "/api/.%2e/hello",
        "/api/things/%",      "/api/things/%4",    "/api/things/%zz",
        "/api/things/a#b",    "/api/things/a\"b",  "/api/things/<b>",
        "/api/things/{name}", "/api/things/a|b",   "/api/things/%7f",
        "/api/things/%09",
    };
    struct server *s = start(cx);

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct answer a = get(cx, s, bad[i]);
        if (a.status != 400)
            test_fail(TEST_AT("addresses"), "%s was answered with %d", bad[i], a.status);
    }
    server_stop(&s);
}

TEST(queries_are_decoded_once_and_have_each_name_once)
{
    struct server *s = start(cx);

    check_str(S("a b 5"), get(cx, s, "/api/query?text=a+b&n=5").body);
    check_str(S("%2b -1"), get(cx, s, "/api/query?text=%252b").body);
    check_str(S(" -1"), get(cx, s, "/api/query?&&text=&n=x").body);
    check_str(S("none -1"), get(cx, s, "/api/query?texts=1").body);
    check_int(400, get(cx, s, "/api/query?text=1&text=2").status);
    check_int(400, get(cx, s, "/api/query?text=1&te%78t=2").status);
    check_int(400, get(cx, s, "/api/query?text=%zz").status);
    check_int(400, get(cx, s, "/api/query?text=%00").status);
    check_int(400, get(cx, s, "/api/query?text=%ff").status);
    server_stop(&s);
}

TEST(a_query_with_hundreds_of_names_is_refused)
{
    struct server *s = start(cx);
    struct str target = S("/api/query?");

    for (int i = 0; i < 200; i++)
        target = arena_fmt(cx->arena, "%.*sk%d=1&", STR_FMT(target), i);
    check_int(400, get(cx, s, str_z(cx->arena, target)).status);
    server_stop(&s);
}
