/* Other sites' scripts: who may read an answer (S11). */
#include "ask.h"
#include "http/http.h"
#include "test.h"

static enum err hello(struct req *rq, struct resp *rs)
{
    (void)rq;
    return resp_body(rs, "application/json", S("{}"));
}

static const struct route routes[] = {
    {GET, "/api/hello", 0, RATE_NONE, hello, 0, 0},
    {GET, "/health",    0, RATE_NONE, hello, 0, 0},
};
static const struct route_set sets[] = {ROUTES(routes)};

static struct server *start(struct ctx *cx, const char *origins)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 4,
                            .cors_origins = origins,
                            .sets = sets,
                            .nsets = COUNT(sets)};
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

#define LISTED "https://one.example, https://two.example"

TEST(a_listed_site_may_read_and_is_named_exactly)
{
    struct server *s = start(cx, LISTED);
    struct answer a =
        ask_for(cx, server_port(s), "GET", "/api/hello", "Origin: https://two.example\r\n", S(""));

    check_int(200, a.status);
    check_str(S("https://two.example"), answer_header(&a, "Access-Control-Allow-Origin"));
    check_str(S("Origin"), answer_header(&a, "Vary"));
    check_int(0, (int64_t)answer_header_count(&a, "Access-Control-Allow-Credentials"));
    server_stop(&s);
}

TEST(a_site_that_is_not_listed_gets_no_permission)
{
    static const char *const others[] = {"Origin: https://one.example.evil\r\n",
                                         "Origin: http://one.example\r\n",
                                         "Origin: null\r\n",
                                         "Origin: https://ONE.example\r\n",
                                         "Origin: *\r\n",
                                         NULL};
    struct server *s = start(cx, LISTED);

    for (size_t i = 0; others[i]; i++) {
        struct answer a = ask_for(cx, server_port(s), "GET", "/api/hello", others[i], S(""));
        check_int(0, (int64_t)answer_header_count(&a, "Access-Control-Allow-Origin"));
    }
    server_stop(&s);
}

TEST(without_a_list_there_is_no_cors_at_all)
{
    struct server *s = start(cx, NULL);
    struct answer a = ask_for(cx, server_port(s), "OPTIONS", "/api/hello",
                              "Origin: https://one.example\r\n"
                              "Access-Control-Request-Method: GET\r\n",
                              S(""));

    check_int(405, a.status);
    check_int(0, (int64_t)answer_header_count(&a, "Access-Control-Allow-Origin"));
    server_stop(&s);
}

TEST(a_preflight_of_a_listed_site_is_answered_before_anything_else)
{
    struct server *s = start(cx, LISTED);
    struct answer a = ask_for(cx, server_port(s), "OPTIONS", "/api/hello",
                              "Origin: https://one.example\r\n"
                              "Access-Control-Request-Method: PATCH\r\n",
                              S(""));

    check_int(204, a.status);
    check_str(S("https://one.example"), answer_header(&a, "Access-Control-Allow-Origin"));
    check(answer_header(&a, "Access-Control-Allow-Headers").len > 0);
    server_stop(&s);
}

TEST(an_error_can_be_read_by_a_listed_site_too)
{
    struct server *s = start(cx, LISTED);
    struct answer a = ask_for(cx, server_port(s), "GET", "/api/nothing",
                              "Origin: https://one.example\r\n", S(""));

    check_int(404, a.status);
    check_str(S("https://one.example"), answer_header(&a, "Access-Control-Allow-Origin"));
    server_stop(&s);
}

TEST(what_is_not_the_api_is_never_shared)
{
    struct server *s = start(cx, LISTED);
    struct answer a =
        ask_for(cx, server_port(s), "GET", "/health", "Origin: https://one.example\r\n", S(""));

    check_int(0, (int64_t)answer_header_count(&a, "Access-Control-Allow-Origin"));
    server_stop(&s);
}
