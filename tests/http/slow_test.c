/* Slow and greedy clients: whatever one address does, another one is answered. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    THREADS = 8,
    HOSTILE = THREADS + 64,
    LARGE = 16 << 20,
    /* Longer than any test waits: nobody is answered because a hostile client timed out. */
    HEAD_TIMEOUT_MS = 120000
};

static enum err hello(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", rq->body.len ? S("body") : S("hello"));
}

static enum err large(struct req *rq, struct resp *rs)
{
    char *at = (char *)(void *)rq->app;

    return resp_body(rs, "text/plain", (struct str){at, LARGE});
}

static const struct route routes[] = {
    {GET,  "/hello", 0, RATE_NONE, hello, 0,           0      },
    {POST, "/hello", 0, RATE_NONE, hello, RT_RAW_BODY, 1 << 20},
    {GET,  "/large", 0, RATE_NONE, large, 0,           0      },
};
static const struct route_set sets[] = {ROUTES(routes)};

#define GET_HELLO S("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
#define GET_LARGE S("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
#define PART_OF_HEAD S("GET /hello HTTP/1.1\r\nHost: x\r\nX: ")
#define PART_OF_BODY S("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")

static struct server *start(struct ctx *cx, int head_timeout_ms)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = THREADS,
                            .request_timeout_ms = head_timeout_ms,
                            .sets = sets,
                            .nsets = COUNT(sets)};
    struct server *s = NULL;
    char *page = arena_alloc(cx->arena, LARGE, 1);

    memset(page, 'x', LARGE);
    check_ok(server_start(cx, (struct app *)(void *)page, &o, &s));
    return s;
}

/* Many sockets from one address that each send `bytes` and then nothing; then somebody else. */
static void check_newcomer_beside(struct ctx *cx, struct str bytes)
{
    struct server *s = start(cx, HEAD_TIMEOUT_MS);
    struct ask hostile[HOSTILE];

    for (size_t i = 0; i < HOSTILE; i++) {
        int small = 4096;
        hostile[i] = ask_open(cx, "127.0.0.2", server_port(s));
        setsockopt(hostile[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        ask_send(&hostile[i], bytes);
    }
    for (int i = 0; i < 3; i++) {
        struct answer a = ask_once(cx, server_port(s), GET_HELLO);
        check_int(200, a.status);
    }
    for (size_t i = 0; i < HOSTILE; i++)
        ask_close(&hostile[i]);
    server_stop(&s);
}

TEST(clients_that_only_connect_do_not_shut_others_out)
{
    check_newcomer_beside(cx, S(""));
}

TEST(clients_that_keep_their_connection_idle_do_not_shut_others_out)
{
    check_newcomer_beside(cx, GET_HELLO);
}

TEST(clients_that_send_half_a_head_do_not_shut_others_out)
{
    check_newcomer_beside(cx, PART_OF_HEAD);
}

TEST(clients_that_send_half_a_body_do_not_shut_others_out)
{
    check_newcomer_beside(cx, PART_OF_BODY);
}

TEST(clients_that_do_not_read_do_not_shut_others_out)
{
    check_newcomer_beside(cx, GET_LARGE);
}

TEST(connections_beyond_the_share_of_an_address_are_refused_politely)
{
    struct server *s = start(cx, HEAD_TIMEOUT_MS);
    struct ask held[THREADS / 2], more;

    for (size_t i = 0; i < COUNT(held); i++) {
        held[i] = ask_open(cx, "127.0.0.3", server_port(s));
        check(ask_send(&held[i], GET_HELLO));
        check_int(200, ask_read(&held[i], false, ASK_PATIENCE_MS).status);
    }
    more = ask_open(cx, "127.0.0.3", server_port(s));
    struct answer a = ask_read(&more, false, ASK_PATIENCE_MS);
    check_int(503, a.status);
    check(a.is_whole);
    check_str(S("5"), answer_header(&a, "Retry-After"));
    check_str(S("nosniff"), answer_header(&a, "X-Content-Type-Options"));
    check_holds(S("\"code\":\"busy\""), a.body);
    check(ask_ends(&more, ASK_PATIENCE_MS));
    ask_close(&more);

    /* With one closed there is a place again, as soon as the server has noticed. */
    ask_close(&held[0]);
    for (int status = 503; status != 200;) {
        more = ask_open(cx, "127.0.0.3", server_port(s));
        ask_send(&more, GET_HELLO);
        status = ask_read(&more, false, ASK_PATIENCE_MS).status;
        check(status == 200 || status == 503 || status == 0);
        ask_close(&more);
    }
    for (size_t i = 1; i < COUNT(held); i++)
        ask_close(&held[i]);
    server_stop(&s);
}

TEST(an_idle_connection_makes_room_for_who_waits)
{
    struct server *s = start(cx, HEAD_TIMEOUT_MS);
    struct ask idle[THREADS * 3];
    int64_t began = clock_system.mono_ms(clock_system.self);

    for (size_t i = 0; i < COUNT(idle); i++) {
        idle[i] = ask_open(cx, NULL, server_port(s));
        check(ask_send(&idle[i], GET_HELLO));
        struct answer a = ask_read(&idle[i], false, ASK_PATIENCE_MS);
        check_int(200, a.status);
        check_str(S("keep-alive"), answer_header(&a, "Connection"));
    }
    /* Idle connections end by themselves after 4 s, which would take two rounds of 8. */
    check(clock_system.mono_ms(clock_system.self) - began < 7000);
    check(ask_ends(&idle[0], ASK_PATIENCE_MS));
    for (size_t i = 0; i < COUNT(idle); i++)
        ask_close(&idle[i]);
    server_stop(&s);
}

TEST(clients_that_trickle_are_cut_off)
{
    struct server *s = start(cx, 2000);
    struct ask head = ask_open(cx, NULL, server_port(s));
    struct ask body = ask_open(cx, NULL, server_port(s));
    int64_t began = clock_system.mono_ms(clock_system.self);

    check(ask_send(&head, PART_OF_HEAD));
    check(ask_send(&body, PART_OF_BODY));
    /* A byte now and then must not earn them more time. */
    struct answer to_head = {0}, to_body = {0};
    while (!to_head.status || !to_body.status) {
        check(clock_system.mono_ms(clock_system.self) - began < ASK_PATIENCE_MS);
        ask_send(&head, S("x"));
        ask_send(&body, S("x"));
        if (!to_head.status)
            to_head = ask_read(&head, false, 100);
        if (!to_body.status)
            to_body = ask_read(&body, false, 100);
    }
    check_int(408, to_head.status);
    check_int(400, to_body.status);
    check_str(S("close"), answer_header(&to_body, "Connection"));
    ask_close(&head);
    ask_close(&body);
    server_stop(&s);
}

TEST(a_client_that_reads_too_slowly_is_cut_off)
{
    struct server *s = start(cx, 2000);
    struct ask c = ask_open(cx, NULL, server_port(s));

    check(ask_send(&c, GET_LARGE));
    clock_system.sleep_ms(clock_system.self, 3000); /* this is what the client does wrong */
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    check(!a.is_whole);
    check(c.is_closed);
    ask_close(&c);
    server_stop(&s);
}

static double cpu_seconds(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

TEST(without_file_descriptors_the_server_waits_calmly_and_recovers)
{
    struct server *s = start(cx, HEAD_TIMEOUT_MS);
    struct ask c = ask_open(cx, NULL, server_port(s));
    struct rlimit usual, tight;

    check(ask_send(&c, GET_HELLO));
    check_int(200, ask_read(&c, false, ASK_PATIENCE_MS).status);
    struct ask waits = ask_socket(cx, NULL);
    check_int(0, getrlimit(RLIMIT_NOFILE, &usual));
    int next = dup(c.fd); /* the lowest that is free, and nothing is about to be closed */
    check(next >= 0);
    close(next);
    tight = (struct rlimit){(rlim_t)next, usual.rlim_max};
    check_int(0, setrlimit(RLIMIT_NOFILE, &tight));

    ask_connect(&waits, server_port(s));
    double before = cpu_seconds();
    check(ask_send(&waits, GET_HELLO));
    check_int(0, ask_read(&waits, false, 1000).status);
    check(cpu_seconds() - before < 0.5);
    check_int(0, setrlimit(RLIMIT_NOFILE, &usual));
    check_int(200, ask_read(&waits, false, ASK_PATIENCE_MS).status);
    ask_close(&waits);
    ask_close(&c);
    server_stop(&s);
}
