/* hello.c: the peer of every HTTP figure: the smallest answer that the same civetweb can give.
 *
 *     hello bare|house THREADS BYTES
 *
 * `bare` calls civetweb directly; `house` goes through src/http with one open route, so that the
 * difference between the two is what our HTTP floor costs. Prints its port, stops on SIGTERM.
 */
#include <civetweb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/http.h"

struct app {
    struct str body;
};

static enum err say_hello(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "application/json", rq->app->body);
}

static const struct route routes[] = {
    {GET, "/hello", 0, RATE_NONE, say_hello, RT_PUBLIC, 0}
};

static int bare_hello(struct mg_connection *mg)
{
    const struct app *app = mg_get_user_data(mg_get_context(mg));

    mg_write(mg, app->body.ptr, app->body.len);
    return 200;
}

/* A whole answer, head and body, so that it leaves in one write. */
static struct str bare_answer(struct arena *a, struct str body)
{
    return arena_fmt(a,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: keep-alive\r\n\r\n%.*s",
                     body.len, STR_FMT(body));
}

static int start_bare(struct app *app, const char *threads)
{
    const char *options[] = {"listening_ports",
                             "127.0.0.1:0",
                             "num_threads",
                             threads,
                             "tcp_nodelay",
                             "1",
                             "enable_keep_alive",
                             "yes",
                             "keep_alive_timeout_ms",
                             "4000",
                             "decode_url",
                             "no",
                             "decode_query_string",
                             "no",
                             NULL};
    struct mg_callbacks callbacks = {.begin_request = bare_hello};
    struct mg_server_port port = {0};

    mg_init_library(0);
    struct mg_context *mg = mg_start(&callbacks, app, options);
    if (!mg || mg_get_server_ports(mg, 1, &port) != 1)
        return 0;
    return port.port;
}

static int start_house(struct ctx *cx, struct app *app, int threads)
{
    struct route_set set = ROUTES(routes);
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = threads,
                            .clock = &clock_system,
                            .sets = &set,
                            .nsets = 1};
    struct server *server = NULL;

    return server_start(cx, app, &o, &server) ? 0 : server_port(server);
}

int main(int argc, char **argv)
{
    struct ctx cx = {.arena = arena_new(1 << 20), .clock = &clock_system, .tag = "hello"};
    struct app app;
    sigset_t set;
    int got;

    if (argc != 4) {
        fprintf(stderr, "usage: hello bare|house THREADS BYTES\n");
        return 2;
    }
    size_t n = strtoul(argv[3], NULL, 10);
    app.body = (struct str){arena_alloc(cx.arena, n, 1), n};
    memset((char *)(uintptr_t)app.body.ptr, 'x', n);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    bool is_bare = strcmp(argv[1], "bare") == 0;
    if (is_bare)
        app.body = bare_answer(cx.arena, app.body);
    int port = is_bare ? start_bare(&app, argv[2]) : start_house(&cx, &app, atoi(argv[2]));
    printf("(port %d, hello)\n", port);
    fflush(stdout);
    if (port)
        sigwait(&set, &got);
    return port ? 0 : 1;
}
