/* Starting, stopping, and who is asking. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

static enum err hello(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 64);

    json_obj(j);
    json_key(j, "hello");
    json_str(j, S("world"));
    json_end(j);
    return resp_json(rs, j);
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

static struct str who(struct ctx *cx, const struct server *s, const char *from, const char *headers)
{
    struct ask c = ask_open(cx, from, server_port(s));

    check(
        ask_send(&c, arena_fmt(cx->arena, "GET /api/who HTTP/1.1\r\nHost: x\r\n%s\r\n", headers)));
    struct answer a = ask_read(&c, false, ASK_PATIENCE_MS);
    ask_close(&c);
    return a.body;
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

static const struct route routes[] = {
    {GET, "/api/hello",       0, RATE_NONE, hello,    0, 0},
    {GET, "/api/things/best", 0, RATE_NONE, hello,    0, 0},
    {GET, "/api/who",         0, RATE_NONE, who_asks, 0, 0},
    {GET, "/api/held",        0, RATE_NONE, held,     0, 0},
};
static const struct route_set sets[] = {ROUTES(routes)};

static struct server_opts options(void)
{
    return (struct server_opts){.listen = "127.0.0.1:0",
                                .threads = 8,
                                .public_url = "http://localhost",
                                .sets = sets,
                                .nsets = COUNT(sets)};
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
    struct server_opts o = options();
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
    struct server_opts o = options();
    struct server *s = NULL;

    o.public_url = "https://dashboard.example";
    check_ok(server_start(cx, NULL, &o, &s));
    check_str(S("127.0.0.1 https loopback"), who(cx, s, NULL, ""));
    struct answer a = get(cx, s, "/api/hello");
    check_str(S("max-age=31536000; includeSubDomains"),
              answer_header(&a, "Strict-Transport-Security"));
    server_stop(&s);
}

TEST(only_numeric_addresses_are_listened_on)
{
    static const char *const bad[] = {"localhost:0",     "8080",          ":8080",
                                      "127.0.0.1",       "127.0.0.1:",    "127.0.0.1:x",
                                      "::1:0",           "[127.0.0.1]:0", "127.0.0.1:+80",
                                      "127.0.0.1:70000", "127.1:0",       ""};
    struct server *s = NULL;

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct server_opts o = options();
        o.listen = bad[i];
        check_err(server_start(cx, NULL, &o, &s), ERR_INPUT);
        check(s == NULL);
        ctx_forgive(cx);
    }
}

TEST(an_ipv6_address_can_be_listened_on)
{
    struct server_opts o = options();
    struct sockaddr_in6 there = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct server *s = NULL;

    o.listen = "[::1]:0";
    if (server_start(cx, NULL, &o, &s))
        test_skip("this machine has no IPv6");
    there.sin6_port = htons((uint16_t)server_port(s));
    struct ask c = {.cx = cx, .fd = socket(AF_INET6, SOCK_STREAM, 0)};
    check_int(0, connect(c.fd, (struct sockaddr *)&there, sizeof there));
    check(ask_send(&c, S("GET /api/who HTTP/1.1\r\nHost: [::1]\r\n\r\n")));
    check_str(S("::1 http loopback"), ask_read(&c, false, ASK_PATIENCE_MS).body);
    ask_close(&c);
    server_stop(&s);
}

TEST(a_taken_port_is_reported_not_shared)
{
    struct server *s = start(cx), *second = NULL;
    struct server_opts o = options();

    o.listen = arena_fmt(cx->arena, "127.0.0.1:%d", server_port(s)).ptr;
    check_err(server_start(cx, NULL, &o, &second), ERR_BUSY);
    check(second == NULL);
    check_holds(S("in use"), str_of(cx->why));
    server_stop(&s);
}

TEST(a_stop_lets_requests_under_way_finish)
{
    struct latch latch = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    struct server_opts o = options();
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
