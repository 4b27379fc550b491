/* What leaves the server: headers, errors, validators, cookies, streams. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <stdio.h>
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

static enum err tell_cookie(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", req_cookie(rq, "session"));
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

static enum err page(struct req *rq, struct resp *rs)
{
    (void)rq;
    return resp_body(rs, "text/html; charset=utf-8", S("<!doctype html>"));
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

static const struct route routes[] = {
    {GET,  "/api/hello",       0, RATE_NONE, hello,             0,         0  },
    {GET,  "/api/things/best", 0, RATE_NONE, hello,             0,         0  },
    {GET,  "/api/cookie",      0, RATE_NONE, tell_cookie,       0,         0  },
    {GET,  "/api/cookies",     0, RATE_NONE, set_cookies,       0,         0  },
    {GET,  "/api/inject",      0, RATE_NONE, inject,            0,         0  },
    {GET,  "/api/tagged",      0, RATE_NONE, tagged,            0,         0  },
    {GET,  "/api/broken",      0, RATE_NONE, fails_inside,      0,         0  },
    {GET,  "/api/conflict",    0, RATE_NONE, fails_by_conflict, 0,         0  },
    {GET,  "/api/fields",      0, RATE_NONE, fails_by_fields,   0,         0  },
    {GET,  "/api/rate",        0, RATE_NONE, fails_by_rate,     0,         0  },
    {GET,  "/api/greedy",      0, RATE_NONE, greedy,            0,         0  },
    {GET,  "/api/large",       0, RATE_NONE, large,             0,         0  },
    {GET,  "/api/stream",      0, RATE_NONE, stream,            RT_STREAM, 0  },
    {POST, "/api/json",        0, RATE_NONE, takes_json,        0,         100},
};
static const struct route_set sets[] = {ROUTES(routes)};

static struct server *start(struct ctx *cx)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 8,
                            .public_url = "http://localhost",
                            .sets = sets,
                            .nsets = COUNT(sets),
                            .fallback = page};
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

static struct answer get(struct ctx *cx, const struct server *s, const char *target)
{
    return ask_for(cx, server_port(s), "GET", target, NULL, S(""));
}

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
    check_holds(S("\"fields\":[{\"field\":\"email\",\"code\":\"missing\"},"
                  "{\"field\":\"name\",\"code\":\"too_long\"}]"),
                a.body);
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
