/* The wire corpus: requests that two servers could read differently are refused, the connection is
 * closed, and nothing after them is taken for a request. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

static enum err echo(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", rq->body.len ? rq->body : S("empty"));
}

static enum err smuggled(struct req *rq, struct resp *rs)
{
    atomic_fetch_add((atomic_int *)(void *)rq->app, 1);
    return resp_body(rs, "text/plain", S("smuggled"));
}

static const struct route routes[] = {
    {GET,  "/ok",       0, RATE_NONE, echo,     0,           0   },
    {POST, "/ok",       0, RATE_NONE, echo,     RT_RAW_BODY, 1000},
    {GET,  "/smuggled", 0, RATE_NONE, smuggled, 0,           0   },
};
static const struct route_set sets[] = {ROUTES(routes)};

#define H "Host: x\r\n"
#define G "GET /ok HTTP/1.1\r\n"
#define P "POST /ok HTTP/1.1\r\n" H
#define TE "Transfer-Encoding: chunked\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\n" H "\r\n"
#define EIGHT "x: 1\r\nx: 1\r\nx: 1\r\nx: 1\r\nx: 1\r\nx: 1\r\nx: 1\r\nx: 1\r\n"

struct attack {
    const char *name;
    struct str bytes;
    int status;
};

static const struct attack attacks[] = {
  /* the length of the body */
    {"length and coding",               S(P "Content-Length: 5\r\n" TE "\r\n0\r\n\r\n" NEXT),               400},
    {"coding and length",               S(P TE "Content-Length: 5\r\n\r\n0\r\n\r\n" NEXT),                  400},
    {"two lengths",                     S(P "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" NEXT),        400},
    {"twice the same length",           S(P "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" NEXT),         400},
    {"length list",                     S(P "Content-Length: 0, 0\r\n\r\n" NEXT),                           400},
    {"length with plus",                S(P "Content-Length: +0\r\n\r\n" NEXT),                             400},
    {"length with minus",               S(P "Content-Length: -1\r\n\r\n" NEXT),                             400},
    {"length with letters",             S(P "Content-Length: 0abc\r\n\r\n" NEXT),                           400},
    {"length in hex",                   S(P "Content-Length: 0x0\r\n\r\n" NEXT),                            400},
    {"length with fraction",            S(P "Content-Length: 0.0\r\n\r\n" NEXT),                            400},
    {"length with inner blank",         S(P "Content-Length: 0 0\r\n\r\n" NEXT),                            400},
    {"length without digits",           S(P "Content-Length: \r\n\r\n" NEXT),                               400},
    {"length beyond 63 bits",           S(P "Content-Length: 99999999999999999999\r\n\r\n" NEXT),           400},
    {"length that wraps",               S(P "Content-Length: 18446744073709551616\r\n\r\n" NEXT),           400},
    {"length of 18 digits",             S(P "Content-Length: 999999999999999999\r\n\r\n" NEXT),             413},
    {"length under other case twice",   S(P "content-length: 0\r\nCONTENT-LENGTH: 1\r\n\r\n" NEXT),
     400                                                                                                       },
 /* the coding of the body */
    {"coding twice",                    S(P TE TE "\r\n0\r\n\r\n" NEXT),                                    400},
    {"coding identity",                 S(P "Transfer-Encoding: identity\r\n\r\n" NEXT),                    400},
    {"coding identity and length",
     S(P "Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n" NEXT),                                  400},
    {"coding gzip, chunked",            S(P "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT),      400},
    {"coding chunked, chunked",         S(P "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" NEXT),
     400                                                                                                       },
    {"coding chunked, identity",        S(P "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" NEXT),
     400                                                                                                       },
    {"coding xchunked",                 S(P "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT),           400},
    {"coding quoted",                   S(P "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" NEXT),        400},
    {"coding with parameter",           S(P "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" NEXT),        400},
    {"coding with tab",                 S(P "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" NEXT),           400},
    {"coding empty",                    S(P "Transfer-Encoding:\r\n\r\n" NEXT),                             400},
    {"coding in HTTP/1.0",              S("POST /ok HTTP/1.0\r\n" H TE "\r\n0\r\n\r\n" NEXT),               400},
    {"coding before a blank",           S(P "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT),           400},
 /* chunks */
    {"chunk size not hex",              S(P TE "\r\nxyz\r\n" NEXT),                                         400},
    {"chunk size negative",             S(P TE "\r\n-1\r\n\r\n" NEXT),                                      400},
    {"chunk size with plus",            S(P TE "\r\n+0\r\n\r\n" NEXT),                                      400},
    {"chunk size with 0x",              S(P TE "\r\n0x0\r\n\r\n" NEXT),                                     400},
    {"chunk size empty",                S(P TE "\r\n\r\n0\r\n\r\n" NEXT),                                   400},
    {"chunk size before a blank",       S(P TE "\r\n0 \r\n\r\n" NEXT),                                      400},
    {"chunk size after a blank",        S(P TE "\r\n 0\r\n\r\n" NEXT),                                      400},
    {"chunk size too long",             S(P TE "\r\nFFFFFFFFFFFFFFFF\r\n" NEXT),                            400},
    {"chunk size with many zeros",      S(P TE "\r\n00000000000000000\r\n\r\n" NEXT),                       400},
    {"chunk size with CR inside",       S(P TE "\r\n0\r0\r\n\r\n" NEXT),                                    400},
    {"chunk size before bare LF",       S(P TE "\r\n0\n\r\n" NEXT),                                         400},
    {"chunk extension",                 S(P TE "\r\n0;a=b\r\n\r\n" NEXT),                                   400},
    {"chunk extension with LF",         S(P TE "\r\n0;a\nb\r\n\r\n" NEXT),                                  400},
    {"chunk longer than said",          S(P TE "\r\n2\r\nabc\r\n0\r\n\r\n" NEXT),                           400},
    {"chunk ended by bare LF",          S(P TE "\r\n1\r\na\n0\r\n\r\n" NEXT),                               400},
    {"chunk trailer",                   S(P TE "\r\n0\r\nX-Trailer: 1\r\n\r\n" NEXT),                       400},
    {"chunk trailer that is a request", S(P TE "\r\n0\r\n" NEXT),                                           400},
    {"chunk larger than the cap",
     S(P TE "\r\nfffffff\r\n" NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT
           NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT),
     413                                                                                                       },
 /* lines */
    {"bare LF after the request line",  S("GET /ok HTTP/1.1\n" H "\r\n" NEXT),                              400},
    {"bare LF after a field",           S(G "Host: x\nX: 1\r\n\r\n" NEXT),                                  400},
    {"bare LF throughout",              S("GET /ok HTTP/1.1\nHost: x\n\n" NEXT),                            400},
    {"bare LF as the end",              S(G "Host: x\r\n\n" NEXT),                                          400},
    {"bare CR in a value",              S(G H "X: a\rb\r\n\r\n" NEXT),                                      400},
    {"bare CR as a line end",           S(G H "X: a\rY: b\r\n\r\n" NEXT),                                   400},
    {"two CR",                          S(G H "X: a\r\r\n\r\n" NEXT),                                       400},
    {"folded field",                    S(G H "X: a\r\n b\r\n\r\n" NEXT),                                   400},
    {"folded with tab",                 S(G H "X: a\r\n\tb\r\n\r\n" NEXT),                                  400},
    {"first field begins with a blank", S(G " " H "\r\n" NEXT),                                             400},
    {"empty line first",                S("\r\n" G H "\r\n" NEXT),                                          400},
    {"blanks first",                    S("  " G H "\r\n" NEXT),                                            400},
    {"NUL in the target",               S("GET /ok\0x HTTP/1.1\r\n" H "\r\n" NEXT),                         400},
    {"NUL in a field name",             S(G H "X\0: 1\r\n\r\n" NEXT),                                       400},
    {"NUL in a value",                  S(G H "X: a\0b\r\n\r\n" NEXT),                                      400},
    {"escape byte in a value",          S(G H "X: \033[31m\r\n\r\n" NEXT),                                  400},
 /* fields */
    {"blank before the colon",          S(G H "X : 1\r\n\r\n" NEXT),                                        400},
    {"no colon",                        S(G H "nonsense\r\n\r\n" NEXT),                                     400},
    {"no name",                         S(G H ": 1\r\n\r\n" NEXT),                                          400},
    {"name with a slash",               S(G H "X/Y: 1\r\n\r\n" NEXT),                                       400},
    {"name with quotes",                S(G H "\"X\": 1\r\n\r\n" NEXT),                                     400},
    {"name with high bytes",            S(G H "X\xc3\xa9: 1\r\n\r\n" NEXT),                                 400},
    {"65 fields",                       S(G H EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT "\r\n" NEXT), 431},
    {"65 fields, the last a length",
     S(P EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT "Content-Length: 44\r\n\r\n" NEXT),                431},
 /* host */
    {"no host",                         S(G "\r\n" NEXT),                                                   400},
    {"two hosts",                       S(G H "Host: y\r\n\r\n" NEXT),                                      400},
    {"host empty",                      S(G "Host:\r\n\r\n" NEXT),                                          400},
    {"host with a path",                S(G "Host: x/y\r\n\r\n" NEXT),                                      400},
    {"host with a user",                S(G "Host: a@x\r\n\r\n" NEXT),                                      400},
    {"host list",                       S(G "Host: x, y\r\n\r\n" NEXT),                                     400},
 /* the request line */
    {"absolute target",                 S("GET http://x/ok HTTP/1.1\r\n" H "\r\n" NEXT),                    400},
    {"authority target",                S("CONNECT x:80 HTTP/1.1\r\n" H "\r\n" NEXT),                       400},
    {"asterisk target",                 S("OPTIONS * HTTP/1.1\r\n" H "\r\n" NEXT),                          400},
    {"target without a slash",          S("GET ok HTTP/1.1\r\n" H "\r\n" NEXT),                             400},
    {"two blanks",                      S("GET  /ok HTTP/1.1\r\n" H "\r\n" NEXT),                           400},
    {"two blanks before the version",   S("GET /ok  HTTP/1.1\r\n" H "\r\n" NEXT),                           400},
    {"tab for a blank",                 S("GET\t/ok HTTP/1.1\r\n" H "\r\n" NEXT),                           400},
    {"blank in the target",             S("GET /ok x HTTP/1.1\r\n" H "\r\n" NEXT),                          400},
    {"high byte in the target",         S("GET /o\xc3\xa9 HTTP/1.1\r\n" H "\r\n" NEXT),                     400},
    {"no version",                      S("GET /ok\r\n" H "\r\n" NEXT),                                     400},
    {"version in lower case",           S("GET /ok http/1.1\r\n" H "\r\n" NEXT),                            400},
    {"version with more digits",        S("GET /ok HTTP/1.10\r\n" H "\r\n" NEXT),                           400},
    {"version 2",                       S("GET /ok HTTP/2.0\r\n" H "\r\n" NEXT),                            505},
    {"version 1.2",                     S("GET /ok HTTP/1.2\r\n" H "\r\n" NEXT),                            505},
    {"version 0.9",                     S("GET /ok HTTP/0.9\r\n" H "\r\n" NEXT),                            505},
    {"preface of HTTP/2",               S("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),                              400},
    {"TLS hello",                       S("\026\003\001\002\000\001\000\001\374\003\003"),                  400},
    {"method in lower case",            S("get /ok HTTP/1.1\r\n" H "\r\n" NEXT),                            400},
    {"method unknown",                  S("BREW /ok HTTP/1.1\r\n" H "\r\n" NEXT),                           400},
};

static struct server *start(struct ctx *cx, atomic_int *hits)
{
    struct server_opts o = {
        .listen = "127.0.0.1:0", .threads = 8, .sets = sets, .nsets = COUNT(sets)};
    struct server *s = NULL;

    check_ok(server_start(cx, (struct app *)(void *)hits, &o, &s));
    return s;
}

TEST(every_framing_attack_is_refused_and_ends_the_connection)
{
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);

    check(COUNT(attacks) >= 60);
    for (size_t i = 0; i < COUNT(attacks); i++) {
        struct ask c = ask_open(cx, NULL, server_port(s));
        ask_send(&c, attacks[i].bytes);
        struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
        if (a.status != attacks[i].status)
            test_fail(TEST_AT("attacks"), "%s: answered with %d, not with %d", attacks[i].name,
                      a.status, attacks[i].status);
        if (!ask_ends(&c, ASK_PATIENCE_MS))
            test_fail(TEST_AT("attacks"), "%s: the connection went on", attacks[i].name);
        ask_close(&c);
    }
    check_int(0, atomic_load(&hits));
    server_stop(&s);
}

TEST(each_attack_is_also_refused_when_it_arrives_byte_by_byte)
{
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);

    for (size_t i = 0; i < COUNT(attacks); i += 7) {
        struct ask c = ask_open(cx, NULL, server_port(s));
        for (size_t at = 0; at < attacks[i].bytes.len; at++)
            if (!ask_send(&c, (struct str){attacks[i].bytes.ptr + at, 1}))
                break;
        check_int(attacks[i].status, ask_read(&c, false, ASK_PATIENCE_MS).status);
        ask_close(&c);
    }
    check_int(0, atomic_load(&hits));
    server_stop(&s);
}

TEST(a_head_larger_than_16_kb_is_refused)
{
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);
    struct ask c = ask_open(cx, NULL, server_port(s));

    ask_send(&c, arena_fmt(cx->arena, G H "X: %020000d\r\n\r\n", 1));
    check_int(431, ask_read(&c, false, ASK_PATIENCE_MS).status);
    check(ask_ends(&c, ASK_PATIENCE_MS));
    ask_close(&c);
    server_stop(&s);
}

TEST(proper_requests_of_every_framing_are_served_on_one_connection)
{
    static const struct str good[] = {
        S(G H "\r\n"),
        S("GET /ok HTTP/1.1\r\nhOST: [::1]:80\r\n\r\n"),
        S(G "Host:x\r\nEmpty:\r\nBlank: \r\n\r\n"),
        S(G H "X: caf\xc3\xa9 \x80\xff\r\n\r\n"),
        S(P "Content-Length: 0\r\n\r\n"),
        S(P "Content-Length:  5 \r\n\r\nhello"),
        S(P "Content-Length: 00005\r\n\r\nhello"),
        S(P TE "\r\n0\r\n\r\n"),
        S(P "transfer-encoding: Chunked\r\n\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n"),
        S("GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
        S(G H EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT "\r\n"),
    };
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);
    struct ask c = ask_open(cx, NULL, server_port(s));

    for (size_t i = 0; i < COUNT(good); i++) {
        check(ask_send(&c, good[i]));
        check_int(200, ask_read(&c, false, ASK_PATIENCE_MS).status);
    }
    for (size_t i = 0; i < COUNT(good); i++) /* and pipelined, all at once */
        check(ask_send(&c, good[i]));
    for (size_t i = 0; i < COUNT(good); i++)
        check_int(200, ask_read(&c, false, ASK_PATIENCE_MS).status);
    ask_close(&c);
    server_stop(&s);
}

TEST(a_body_that_breaks_off_never_reaches_the_handler)
{
    static const struct str cut[] = {
        S(P "Content-Length: 5\r\n\r\nhel"),
        S(P TE "\r\n5\r\nhel"),
        S(P TE "\r\n5\r\nhello\r\n"),
        S(P TE "\r\n5\r\nhello\r\n0\r\n"),
    };
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);

    for (size_t i = 0; i < COUNT(cut); i++) {
        struct ask c = ask_open(cx, NULL, server_port(s));
        check(ask_send(&c, cut[i]));
        shutdown(c.fd, SHUT_WR);
        check_int(400, ask_read(&c, false, ASK_PATIENCE_MS).status);
        check(ask_ends(&c, ASK_PATIENCE_MS));
        ask_close(&c);
    }
    server_stop(&s);
}

TEST(methods_that_exist_but_are_not_ours_are_refused)
{
    static const char *const methods[] = {"TRACE", "CONNECT", "PROPFIND", "MKCOL", "LOCK", "MOVE"};
    atomic_int hits = 0;
    struct server *s = start(cx, &hits);

    for (size_t i = 0; i < COUNT(methods); i++) {
        int status = ask_for(cx, server_port(s), methods[i], "/ok", NULL, S("")).status;
        check(status == 405 || status == 400);
    }
    server_stop(&s);
}
