/* The real server on loopback: routing, answers, headers, bodies, cookies, streams, stopping. */
#include "ask.h"
#include "base/crypto.h"
#include "http/http.h"
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- a small product ---- */

static enum err hello(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 64);

    json_obj(j);
    json_key(j, "hello");
    json_str(j, S("world"));
    json_end(j);
    return resp_json(rs, j);
}

static enum err echo(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "application/octet-stream", rq->body);
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

static enum err tell_cookie(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", req_cookie(rq, "session"));
}

static enum err set_cookies(struct req *rq, struct resp *rs)
{
    (void)rq;
    resp_header(rs, "Set-Cookie", S("a=1; HttpOnly"));
    resp_header(rs, "Set-Cookie", S("b=2; HttpOnly"));
    resp_header(rs, "X-Once", S("first"));
    resp_header(rs, "X-Once", S("second"));
    resp_status(rs, 204);
    return OK;
}

static enum err inject(struct req *rq, struct resp *rs)
{
    struct str text = S("");

    req_query_str(rq, "text", &text);
    resp_header(rs, "X-Told", text);
    return resp_body(rs, "text/plain", S("ok"));
}

static enum err tagged(struct req *rq, struct resp *rs)
{
    resp_header(rs, "ETag", S("\"v7\""));
    return hello(rq, rs);
}

static enum err fails_inside(struct req *rq, struct resp *rs)
{
    (void)rs;
    return fail(&rq->cx, ERR_DB, "disk secret /var/lib");
}

static enum err fails_by_conflict(struct req *rq, struct resp *rs)
{
    resp_header(rs, "ETag", S("\"never\""));
    return fail(&rq->cx, ERR_CONFLICT, "this name is taken");
}

static enum err fails_by_fields(struct req *rq, struct resp *rs)
{
    (void)rs;
    fail_field(&rq->cx, "email", "missing");
    fail_field(&rq->cx, "email", "too_long");
    fail_field(&rq->cx, "name", "too_long");
    return ctx_fields(&rq->cx);
}

static enum err fails_by_rate(struct req *rq, struct resp *rs)
{
    (void)rs;
    rq->cx.retry_after_ms = 1500;
    return fail(&rq->cx, ERR_RATE, "61 of 60");
}

static enum err takes_json(struct req *rq, struct resp *rs)
{
    static const char *const allowed[] = {"name", NULL};
    const struct json_in *in = NULL;
    struct str name = S("");
    enum err err = OK;

    TRY(req_json(rq, allowed, &in));
    json_as_str(json_get(in, "name"), &name);
    TRY(resp_body(rs, "text/plain", name));
out:
    return err;
}

static enum err greedy(struct req *rq, struct resp *rs)
{
    for (int i = 0; i < 20; i++)
        arena_alloc(rq->cx.arena, 1 << 20, 1);
    return resp_body(rs, "text/plain", S("never seen"));
}

static enum err large(struct req *rq, struct resp *rs)
{
    size_t n = 300 << 10;
    char *at = arena_alloc(rq->cx.arena, n, 1);

    memset(at, 'x', n);
    return resp_body(rs, "text/plain", (struct str){at, n});
}

struct count {
    int from, to, breaks_at;
    char text[16];
};

static enum err pull_number(void *self, struct str *chunk)
{
    struct count *c = self;

    if (c->from == c->breaks_at)
        return ERR_DB;
    if (c->from == c->to) {
        *chunk = S("");
        return OK;
    }
    snprintf(c->text, sizeof c->text, "%d\n", c->from++);
    *chunk = str_of(c->text);
    return OK;
}

static enum err stream(struct req *rq, struct resp *rs)
{
    struct count *c = arena_new_of(rq->cx.arena, struct count);
    int64_t breaks_at = -1;

    req_query_int(rq, "breaks_at", &breaks_at);
    *c = (struct count){.to = 5, .breaks_at = (int)breaks_at};
    return resp_stream(rs, "text/csv", pull_number, c);
}

static enum err who_asks(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain",
                     arena_fmt(rq->cx.arena, "%.*s %s %s", STR_FMT(rq->remote_ip),
                               req_is_https(rq) ? "https" : "http",
                               req_from_loopback(rq) ? "loopback" : "remote"));
}

struct latch { /* lets a test hold a handler until it has seen what it waits for */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_inside, may_go;
};
static void latch_set(struct latch *l, bool *flag)
{
    pthread_mutex_lock(&l->lock);
    *flag = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}
static void latch_wait(struct latch *l, const bool *flag)
{
    pthread_mutex_lock(&l->lock);
    while (!*flag)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

static enum err held(struct req *rq, struct resp *rs)
{
    struct latch *l = (struct latch *)(void *)rq->app;

    latch_set(l, &l->is_inside);
    latch_wait(l, &l->may_go);
    return resp_body(rs, "text/plain", S("finished"));
}

static enum err page(struct req *rq, struct resp *rs)
{
    (void)rq;
    return resp_body(rs, "text/html; charset=utf-8", S("<!doctype html>"));
}

static const struct route routes[] = {
    {GET,    "/api/hello",         0, RATE_NONE, hello,             0,           0    },
    {GET,    "/api/things/{name}", 0, RATE_NONE, one_thing,         0,           0    },
    {GET,    "/api/things/best",   0, RATE_NONE, hello,             0,           0    },
    {DELETE, "/api/things/{name}", 0, RATE_NONE, one_thing,         0,           0    },
    {GET,    "/api/numbers/{id}",  0, RATE_NONE, numbered,          0,           0    },
    {GET,    "/api/query",         0, RATE_NONE, tell_query,        0,           0    },
    {GET,    "/api/cookie",        0, RATE_NONE, tell_cookie,       0,           0    },
    {GET,    "/api/cookies",       0, RATE_NONE, set_cookies,       0,           0    },
    {GET,    "/api/inject",        0, RATE_NONE, inject,            0,           0    },
    {GET,    "/api/tagged",        0, RATE_NONE, tagged,            0,           0    },
    {GET,    "/api/broken",        0, RATE_NONE, fails_inside,      0,           0    },
    {GET,    "/api/conflict",      0, RATE_NONE, fails_by_conflict, 0,           0    },
    {GET,    "/api/fields",        0, RATE_NONE, fails_by_fields,   0,           0    },
    {GET,    "/api/rate",          0, RATE_NONE, fails_by_rate,     0,           0    },
    {GET,    "/api/greedy",        0, RATE_NONE, greedy,            0,           0    },
    {GET,    "/api/large",         0, RATE_NONE, large,             0,           0    },
    {GET,    "/api/stream",        0, RATE_NONE, stream,            RT_STREAM,   0    },
    {GET,    "/api/who",           0, RATE_NONE, who_asks,          0,           0    },
    {GET,    "/api/held",          0, RATE_NONE, held,              0,           0    },
    {POST,   "/api/json",          0, RATE_NONE, takes_json,        0,           100  },
    {POST,   "/api/raw",           0, RATE_NONE, echo,              RT_RAW_BODY, 20000},
    {POST,   "/hook/{secret}",     0, RATE_NONE, echo,              RT_RAW_BODY, 0    },
};
static const struct route_set sets[] = {ROUTES(routes)};
static const struct route_alias aliases[] = {
    {0,   "/old/greeting",     "/api/hello"        },
    {0,   "/old/{name}/thing", "/api/things/{name}"},
    {GET, "/old/the-best",     "/api/things/best"  },
    {0,   "/old/seven",        "/api/numbers/7"    },
    {0,   "/legacy/api/*",     "/api/*"            },
};

static struct server_opts options(struct ctx *cx)
{
    (void)cx;
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
    struct server_opts o = options(cx);
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

static struct answer get(struct ctx *cx, const struct server *s, const char *target)
{
    return ask_for(cx, server_port(s), "GET", target, NULL, S(""));
}

/* ---- routing ---- */

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
    struct server_opts o = options(cx);
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
    struct server_opts o = options(cx);
    struct server *s = NULL;

    o.aliases = lost;
    o.naliases = 1;
    check_err(server_start(cx, NULL, &o, &s), ERR_BUG);
    check_holds(S("/api/nothing"), str_of(cx->why));
}

/* ---- the raw address ---- */

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

/* ---- answers ---- */

TEST(a_head_request_gets_the_headers_of_the_get)
{
    struct server *s = start(cx);
    struct answer full = get(cx, s, "/api/hello");
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(&c, S("HEAD /api/hello HTTP/1.1\r\nHost: x\r\n\r\n"
                         "GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    struct answer head = ask_read(&c, true, ASK_PATIENCE_MS);
    check_int(200, head.status);
    check_str(answer_header(&full, "Content-Length"), answer_header(&head, "Content-Length"));
    check_str(answer_header(&full, "Content-Type"), answer_header(&head, "Content-Type"));
    check_str(full.body, ask_read(&c, false, ASK_PATIENCE_MS).body);
    ask_close(&c);
    check_int(200, ask_for(cx, server_port(s), "HEAD", "/api/stream", NULL, S("")).status);
    check_int(404, ask_for(cx, server_port(s), "HEAD", "/api/nothing", NULL, S("")).status);
    server_stop(&s);
}

static void check_security_headers(struct answer a, int status)
{
    check_int(status, a.status);
    check_str(S("nosniff"), answer_header(&a, "X-Content-Type-Options"));
    check_str(S("no-referrer"), answer_header(&a, "Referrer-Policy"));
    check_str(S("same-origin"), answer_header(&a, "Cross-Origin-Opener-Policy"));
    check_str(S("same-origin"), answer_header(&a, "Cross-Origin-Resource-Policy"));
    check_holds(S("camera=()"), answer_header(&a, "Permissions-Policy"));
    check_str(S("default-src 'none'; frame-ancestors 'none'"),
              answer_header(&a, "Content-Security-Policy"));
    check_str(S("no-store"), answer_header(&a, "Cache-Control"));
    check(answer_header(&a, "X-Request-Id").len == 12);
    check_str(S(""), answer_header(&a, "Server"));
    check_str(S(""), answer_header(&a, "Strict-Transport-Security"));
    check_holds(S(" GMT"), answer_header(&a, "Date"));
}

TEST(every_answer_carries_every_security_header)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct str much = arena_fmt(cx->arena, "%0200d", 0);

    check_security_headers(get(cx, s, "/api/hello"), 200);
    check_security_headers(get(cx, s, "/api/cookies"), 204);
    check_security_headers(get(cx, s, "/api/stream"), 200);
    check_security_headers(get(cx, s, "/api/nothing"), 404);
    check_security_headers(get(cx, s, "/api/%00"), 400);
    check_security_headers(get(cx, s, "/api/broken"), 500);
    check_security_headers(get(cx, s, "/api/rate"), 429);
    check_security_headers(ask_for(cx, port, "POST", "/api/hello", NULL, S("")), 405);
    check_security_headers(
        ask_for(cx, port, "POST", "/api/json", "Content-Type: application/json\r\n", much), 413);
    check_security_headers(ask_for(cx, port, "POST", "/api/json", NULL, S("{}")), 415);
    check_security_headers(ask_once(cx, port, S("nonsense\r\n\r\n")), 400);
    check_security_headers(ask_once(cx, port, S("GET / HTTP/2.0\r\nHost: x\r\n\r\n")), 505);
    server_stop(&s);
}

TEST(a_page_gets_the_policy_for_pages)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/");

    check_holds(S("script-src 'self';"), answer_header(&a, "Content-Security-Policy"));
    check_holds(S("require-trusted-types-for 'script'"),
                answer_header(&a, "Content-Security-Policy"));
    server_stop(&s);
}

TEST(an_internal_failure_tells_nothing_but_its_request_id)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/broken");

    check_int(500, a.status);
    struct str want = arena_fmt(cx->arena,
                                "{\"error\":{\"code\":\"database\",\"message\":\"Something went "
                                "wrong on the server.\",\"request_id\":\"%.*s\"}}",
                                STR_FMT(answer_header(&a, "X-Request-Id")));
    check_str(want, a.body);
    server_stop(&s);
}

TEST(a_conflict_says_why_and_keeps_no_validator)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/conflict");

    check_int(409, a.status);
    check_holds(S("\"message\":\"this name is taken\""), a.body);
    check_str(S(""), answer_header(&a, "ETag"));
    server_stop(&s);
}

TEST(wrong_fields_are_listed_by_name)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/fields");

    check_int(422, a.status);
    check_holds(S("\"fields\":{\"email\":\"missing\",\"name\":\"too_long\"}"), a.body);
    server_stop(&s);
}

TEST(a_refusal_by_rate_says_when_to_come_again)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/rate");

    check_int(429, a.status);
    check_str(S("2"), answer_header(&a, "Retry-After"));
    check(!strstr(str_z(cx->arena, a.body), "61 of 60"));
    server_stop(&s);
}

TEST(a_handler_that_takes_too_much_memory_is_refused)
{
    struct server *s = start(cx);

    check_int(413, get(cx, s, "/api/greedy").status);
    server_stop(&s);
}

TEST(a_large_answer_arrives_whole)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/large");

    check_int(300 << 10, a.body.len);
    check(a.is_whole);
    server_stop(&s);
}

TEST(a_header_value_with_a_line_break_is_dropped)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/inject?text=x%0d%0aX-Evil:%201");

    check_int(200, a.status);
    check_str(S(""), answer_header(&a, "X-Evil"));
    check_str(S(""), answer_header(&a, "X-Told"));
    check_str(S("fine"),
              answer_header(&(struct answer){.head = get(cx, s, "/api/inject?text=fine").head},
                            "X-Told"));
    server_stop(&s);
}

TEST(a_known_version_is_not_sent_again)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct answer a = ask_for(cx, port, "GET", "/api/tagged", "If-None-Match: \"v7\"\r\n", S(""));

    check_int(304, a.status);
    check_str(S("\"v7\""), answer_header(&a, "ETag"));
    check_str(S(""), answer_header(&a, "Content-Length"));
    a = ask_for(cx, port, "GET", "/api/tagged", "If-None-Match: \"v1\", W/\"v7\"\r\n", S(""));
    check_int(304, a.status);
    a = ask_for(cx, port, "GET", "/api/tagged", "If-None-Match: *\r\n", S(""));
    check_int(304, a.status);
    a = ask_for(cx, port, "GET", "/api/tagged", "If-None-Match: \"v8\"\r\n", S(""));
    check_int(200, a.status);
    check_str(S("\"v7\""), answer_header(&a, "ETag"));
    server_stop(&s);
}

TEST(cookies_are_found_by_their_whole_name)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct answer a = ask_for(cx, port, "GET", "/api/cookie",
                              "Cookie: xsession=1; session=two; session2=3\r\n", S(""));

    check_str(S("two"), a.body);
    a = ask_for(cx, port, "GET", "/api/cookie", "Cookie: session=\"quoted\"\r\n", S(""));
    check_str(S("quoted"), a.body);
    a = ask_for(cx, port, "GET", "/api/cookie", "Cookie: session; a=b\r\n", S(""));
    check_str(S(""), a.body);
    a = get(cx, s, "/api/cookies");
    check_int(2, answer_header_count(&a, "Set-Cookie"));
    check_int(1, answer_header_count(&a, "X-Once"));
    check_str(S("second"), answer_header(&a, "X-Once"));
    server_stop(&s);
}

/* ---- streams ---- */

TEST(a_stream_arrives_in_chunks_with_an_end)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/stream");

    check_str(S("0\n1\n2\n3\n4\n"), a.body);
    check_str(S("chunked"), answer_header(&a, "Transfer-Encoding"));
    check_str(S("text/csv; charset=utf-8"), answer_header(&a, "Content-Type"));
    check(a.is_whole);
    server_stop(&s);
}

TEST(a_stream_that_fails_midway_has_no_end)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/stream?breaks_at=3");

    check_int(200, a.status);
    check(!a.is_whole);
    server_stop(&s);
}

TEST(a_stream_that_fails_at_once_is_an_error)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/api/stream?breaks_at=0");

    check_int(500, a.status);
    check_str(S("application/json"), answer_header(&a, "Content-Type"));
    check(a.is_whole);
    server_stop(&s);
}

TEST(an_old_client_gets_a_stream_without_chunks)
{
    struct server *s = start(cx);
    struct answer a = ask_once(cx, server_port(s),
                               S("GET /api/stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));

    check_str(S("0\n1\n2\n3\n4\n"), a.body);
    check_str(S("close"), answer_header(&a, "Connection"));
    server_stop(&s);
}

/* ---- bodies ---- */

#define JSON_TYPE "Content-Type: application/json\r\n"

TEST(a_json_body_is_read_and_only_known_keys_are_taken)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct answer a = ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("{\"name\":\"Lamp\"}"));

    check_str(S("Lamp"), a.body);
    a = ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("{\"role\":\"admin\"}"));
    check_int(422, a.status);
    check_holds(S("{\"role\":\"unknown\"}"), a.body);
    check_int(400, ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("{\"name\":")).status);
    check_int(400, ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("[]")).status);
    check_int(400, ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("")).status);
    server_stop(&s);
}

TEST(a_body_that_is_not_json_is_an_unsupported_media_type)
{
    static const char *const bad[] = {
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
    };
    struct server *s = start(cx);
    int port = server_port(s);

    for (size_t i = 0; i < COUNT(bad); i++)
        check_int(415, ask_for(cx, port, "POST", "/api/json", bad[i], S("{}")).status);
    check_int(200, ask_for(cx, port, "POST", "/api/json",
                           "Content-Type: Application/JSON; Charset=UTF-8\r\n", S("{}"))
                       .status);
    check_int(200, ask_for(cx, port, "POST", "/api/raw", "Content-Type: a/b\r\n", S("x")).status);
    server_stop(&s);
}

TEST(a_body_beyond_the_cap_is_refused_before_it_is_read)
{
    struct server *s = start(cx);
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(
        &c, S("POST /api/json HTTP/1.1\r\nHost: x\r\n" JSON_TYPE "Content-Length: 101\r\n\r\n")));
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    check_int(413, a.status);
    check_str(S("close"), answer_header(&a, "Connection"));
    check(ask_ends(&c, ASK_PATIENCE_MS));
    ask_close(&c);
    server_stop(&s);
}

TEST(a_refused_upload_still_sees_the_refusal)
{
    struct server *s = start(cx);
    struct str body = arena_fmt(cx->arena, "%0150000d", 7);
    struct answer a = ask_for(cx, server_port(s), "POST", "/api/raw", NULL, body);

    check_int(413, a.status);
    check(a.is_whole);
    server_stop(&s);
}

TEST(a_body_of_exactly_the_cap_is_taken_however_it_is_framed)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct str body = arena_fmt(cx->arena, "%020000d", 7);
    struct answer a = ask_for(cx, port, "POST", "/api/raw", NULL, body);

    check_str(body, a.body);
    struct str chunks = arena_fmt(cx->arena, "2710\r\n%.10000s\r\n2710\r\n%.10000s\r\n0\r\n\r\n",
                                  body.ptr, body.ptr + 10000);
    struct str head = S("POST /api/raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    a = ask_once(cx, port, arena_fmt(cx->arena, "%.*s%.*s", STR_FMT(head), STR_FMT(chunks)));
    check_str(body, a.body);
    chunks = arena_fmt(cx->arena, "1\r\nx\r\n%.*s", STR_FMT(chunks));
    a = ask_once(cx, port, arena_fmt(cx->arena, "%.*s%.*s", STR_FMT(head), STR_FMT(chunks)));
    check_int(413, a.status);
    server_stop(&s);
}

TEST(a_client_that_asks_first_is_invited_or_refused)
{
    struct server *s = start(cx);
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(&c, S("POST /api/raw HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                         "Content-Length: 2\r\n\r\n")));
    check_int(100, ask_read(&c, false, ASK_PATIENCE_MS).status);
    check(ask_send(&c, S("ok")));
    check_str(S("ok"), ask_read(&c, false, ASK_PATIENCE_MS).body);
    check(ask_send(&c, S("POST /api/raw HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                         "Content-Length: 20001\r\n\r\n")));
    check_int(413, ask_read(&c, false, ASK_PATIENCE_MS).status);
    check(ask_ends(&c, ASK_PATIENCE_MS));
    ask_close(&c);
    server_stop(&s);
}

TEST(a_small_unread_body_does_not_spoil_the_next_request)
{
    struct server *s = start(cx);
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(&c, S("POST /api/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 31\r\n\r\n"
                         "GET /api/smuggled HTTP/1.1\r\n\r\n\r"
                         "GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    check_int(404, ask_read(&c, false, ASK_PATIENCE_MS).status);
    check_str(S("{\"hello\":\"world\"}"), ask_read(&c, false, ASK_PATIENCE_MS).body);
    ask_close(&c);
    server_stop(&s);
}

TEST(an_unread_chunked_body_ends_the_connection)
{
    struct server *s = start(cx);
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(&c, S("POST /api/nothing HTTP/1.1\r\nHost: x\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")));
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    check_int(404, a.status);
    check_str(S("close"), answer_header(&a, "Connection"));
    check(ask_ends(&c, ASK_PATIENCE_MS));
    ask_close(&c);
    server_stop(&s);
}

/* ---- who asks ---- */

static struct str who(struct ctx *cx, const struct server *s, const char *from, const char *headers)
{
    struct ask c = ask_open(cx, from, server_port(s));

    check(
        ask_send(&c, arena_fmt(cx->arena, "GET /api/who HTTP/1.1\r\nHost: x\r\n%s\r\n", headers)));
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    ask_close(&c);
    return a.body;
}

TEST(forwarded_addresses_from_strangers_are_not_believed)
{
    struct server *s = start(cx);

    check_str(S("127.0.0.1 http loopback"), who(cx, s, NULL, ""));
    check_str(S("127.0.0.1 http remote"), who(cx, s, NULL, "X-Forwarded-For: 9.9.9.9\r\n"));
    check_str(S("127.0.0.1 http remote"),
              who(cx, s, NULL, "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"));
    server_stop(&s);
}

TEST(a_trusted_proxy_says_who_asks_and_how)
{
    struct server_opts o = options(cx);
    struct server *s = NULL;

    o.trusted_proxies = "10.0.0.0/8, 127.0.0.5";
    check_ok(server_start(cx, NULL, &o, &s));
    check_str(S("9.9.9.9 https remote"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n"));
    /* only the last hop is known to be true; the rest the client may have written itself */
    check_str(S("9.9.9.9 http remote"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 1.1.1.1, 9.9.9.9\r\n"));
    check_str(S("9.9.9.9 http remote"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 1.1.1.1, 9.9.9.9, 10.1.2.3\r\n"));
    check_str(S("9.9.9.9 http remote"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 9.9.9.9\r\n"));
    check_str(S("127.0.0.5 http loopback"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 1.1.1.1, nonsense\r\n"));
    check_str(S("2001:db8::1 http remote"),
              who(cx, s, "127.0.0.5", "X-Forwarded-For: 2001:DB8::1\r\n"));
    check_str(S("127.0.0.6 http remote"), who(cx, s, "127.0.0.6", "X-Forwarded-For: 9.9.9.9\r\n"));
    server_stop(&s);
}

TEST(https_is_told_to_browsers_for_a_year)
{
    struct server_opts o = options(cx);
    struct server *s = NULL;

    o.public_url = "https://dashboard.example";
    check_ok(server_start(cx, NULL, &o, &s));
    check_str(S("127.0.0.1 https loopback"), who(cx, s, NULL, ""));
    struct answer a = get(cx, s, "/api/hello");
    check_str(S("max-age=31536000; includeSubDomains"),
              answer_header(&a, "Strict-Transport-Security"));
    server_stop(&s);
}

/* ---- starting and stopping ---- */

TEST(only_numeric_addresses_are_listened_on)
{
    static const char *const bad[] = {"localhost:0",     "8080",          ":8080",
                                      "127.0.0.1",       "127.0.0.1:",    "127.0.0.1:x",
                                      "::1:0",           "[127.0.0.1]:0", "127.0.0.1:+80",
                                      "127.0.0.1:70000", "127.1:0",       ""};
    struct server *s = NULL;

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct server_opts o = options(cx);
        o.listen = bad[i];
        check_err(server_start(cx, NULL, &o, &s), ERR_INPUT);
        check(s == NULL);
        ctx_forgive(cx);
    }
}

TEST(a_taken_port_is_reported_not_shared)
{
    struct server *s = start(cx), *second = NULL;
    struct server_opts o = options(cx);

    o.listen = arena_fmt(cx->arena, "127.0.0.1:%d", server_port(s)).ptr;
    check_err(server_start(cx, NULL, &o, &second), ERR_BUSY);
    check(second == NULL);
    server_stop(&s);
}

struct stopping {
    struct server *server;
    bool is_done;
};
static void *stop(void *self)
{
    struct stopping *it = self;

    server_stop(&it->server);
    return NULL;
}

TEST(a_stop_lets_requests_under_way_finish)
{
    struct latch latch = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    struct server_opts o = options(cx);
    struct stopping it = {0};
    pthread_t thread;

    check_ok(server_start(cx, (struct app *)(void *)&latch, &o, &it.server));
    int port = server_port(it.server);
    struct ask c = ask_open(cx, NULL, port);
    check(ask_send(&c, S("GET /api/held HTTP/1.1\r\nHost: x\r\n\r\n")));
    latch_wait(&latch, &latch.is_inside);
    check_int(0, pthread_create(&thread, NULL, stop, &it));

    /* While it stops, newcomers are turned away at the door. */
    for (int status = 200; status != 503 && status != 0;)
        status = ask_for(cx, port, "GET", "/api/hello", NULL, S("")).status;
    latch_set(&latch, &latch.may_go);
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    check_str(S("finished"), a.body);
    check_str(S("close"), answer_header(&a, "Connection"));
    check(ask_ends(&c, ASK_PATIENCE_MS));
    pthread_join(thread, NULL);
    ask_close(&c);
    check_int(0, ask_for(cx, port, "GET", "/api/hello", NULL, S("")).status);
}

TEST(a_stop_does_not_wait_for_idle_connections)
{
    struct server *s = start(cx);
    struct ask idle = ask_open(cx, NULL, server_port(s)), used = ask_open(cx, NULL, server_port(s));

    check(ask_send(&used, S("GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    check_int(200, ask_read(&used, false, ASK_PATIENCE_MS).status);
    server_stop(&s);
    check(ask_ends(&idle, ASK_PATIENCE_MS));
    check(ask_ends(&used, ASK_PATIENCE_MS));
    ask_close(&idle);
    ask_close(&used);
}
