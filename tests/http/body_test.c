/* What a request may carry: media types, caps, framing, invitations, rests. */
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

static enum err echo(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "application/octet-stream", rq->body);
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

static const struct route routes[] = {
    {GET,  "/api/hello",       0, RATE_NONE, hello,      0,           0    },
    {GET,  "/api/things/best", 0, RATE_NONE, hello,      0,           0    },
    {POST, "/api/json",        0, RATE_NONE, takes_json, 0,           100  },
    {POST, "/api/raw",         0, RATE_NONE, echo,       RT_RAW_BODY, 20000},
    {POST, "/hook/{secret}",   0, RATE_NONE, echo,       RT_RAW_BODY, 0    },
};
static const struct route_set sets[] = {ROUTES(routes)};

#define JSON_TYPE "Content-Type: application/json\r\n"

static struct server *start(struct ctx *cx)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 8,
                            .public_url = "http://localhost",
                            .sets = sets,
                            .nsets = COUNT(sets)};
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

TEST(a_json_body_is_read_and_only_known_keys_are_taken)
{
    struct server *s = start(cx);
    int port = server_port(s);
    struct answer a = ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("{\"name\":\"Lamp\"}"));

    check_str(S("Lamp"), a.body);
    a = ask_for(cx, port, "POST", "/api/json", JSON_TYPE, S("{\"role\":\"admin\"}"));
    check_int(422, a.status);
    check_holds(S("[{\"field\":\"role\",\"code\":\"unknown\"}]"), a.body);
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
