/* server.c: starting and stopping civetweb, and what it calls. */
#include "base/log.h"
#include "http/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DRAIN_MS = 10000, DEFAULT_THREADS = 64, DEFAULT_PER_IP = 32 };

/* ---- what civetweb calls ---- */

static int on_accept(const struct mg_context *mg, const char *address, int sock)
{
    struct server *s = mg_get_user_data(mg);
    struct str busy = response_busy_bytes();

    if (!work_is_ending(s->work) && door_enter(s->door, str_of(address)))
        return 1;
    (void)send(sock, busy.ptr, busy.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(sock, SHUT_WR);
    return 0;
}

static void on_closed(const struct mg_connection *mg)
{
    const struct mg_request_info *info = mg_get_request_info(mg);
    struct server *s = mg_get_user_data(mg_get_context(mg));

    if (info)
        door_leave(s->door, str_of(info->remote_addr));
}

static int on_request(struct mg_connection *mg)
{
    struct server *s = mg_get_user_data(mg_get_context(mg));
    int status = 503;

    if (!work_begin(s->work)) {
        serve_refusal(s, mg, status);
        return status;
    }
    status = serve_request(s, mg);
    work_end(s->work);
    return status;
}

static int on_error(struct mg_connection *mg, int status, const char *why)
{
    (void)why;
    serve_refusal(mg_get_user_data(mg_get_context(mg)), mg, status);
    return 0;
}

static int on_log(const struct mg_connection *mg, const char *message)
{
    struct server *s = mg ? mg_get_user_data(mg_get_context(mg)) : NULL;
    struct ctx cx = {.clock = s ? s->opts.clock : &clock_system, .tag = "http"};

    if (s && pthread_equal(s->starter, pthread_self()) && !s->mg) {
        if (!s->trouble[0])
            snprintf(s->trouble, sizeof s->trouble, "%s", message);
        return 1;
    }
    LOG(&cx, LOG_WARN, "http.civetweb", l_str("message", str_of(message)));
    return 1;
}

/* ---- start ---- */

/* "127.0.0.1:8080" or "[::1]:8080". Names are refused: looking one up is not for a server to do. */
static enum err check_listen(struct ctx *cx, const char *listen)
{
    struct str text = str_of(listen), host = text, port;
    size_t at = text.len;
    struct ip ip;
    int64_t number;

    while (at > 0 && text.ptr[at - 1] != ':')
        at--;
    host.len = at ? at - 1 : 0;
    port = (struct str){text.ptr + at, text.len - at};
    bool is_v6 = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (is_v6)
        host = (struct str){host.ptr + 1, host.len - 2};
    bool has_colon = host.len && memchr(host.ptr, ':', host.len);
    if (!ip_parse(host, &ip) || has_colon != is_v6 || !port.len || port.ptr[0] == '+' ||
        !str_to_int(port, &number) || number < 0 || number > 65535)
        return fail(cx, ERR_INPUT,
                    "\"%s\" is not an address to listen on; write it as 127.0.0.1:8090 or "
                    "[::1]:8090, with a numeric address",
                    listen);
    return OK;
}

static void fill_defaults(struct server_opts *o)
{
    o->threads = o->threads ? o->threads : DEFAULT_THREADS;
    o->request_timeout_ms = o->request_timeout_ms ? o->request_timeout_ms : 5000;
    o->handler_timeout_ms = o->handler_timeout_ms ? o->handler_timeout_ms : 30000;
    o->arena_cap = o->arena_cap ? o->arena_cap : 16u << 20;
    o->connections_per_ip = o->connections_per_ip ? o->connections_per_ip : DEFAULT_PER_IP;
    /* Half of the threads stay for others, whatever one address does. */
    if (o->connections_per_ip > o->threads / 2)
        o->connections_per_ip = o->threads > 1 ? o->threads / 2 : 1;
    o->clock = o->clock ? o->clock : &clock_system;
}

static enum err start_civetweb(struct ctx *cx, struct server *s)
{
    const struct server_opts *o = &s->opts;
    struct arena *a = s->arena;
    const char *threads = arena_fmt(a, "%d", o->threads).ptr;
    const char *queue = arena_fmt(a, "%d", o->threads + 16).ptr;
    const char *timeout = arena_fmt(a, "%d", o->request_timeout_ms).ptr;
    const char *options[] = {"listening_ports",
                             o->listen,
                             "num_threads",
                             threads,
                             "connection_queue",
                             queue,
                             "listen_backlog",
                             "511",
                             "request_timeout_ms",
                             timeout,
                             "keep_alive_timeout_ms",
                             "4000",
                             "enable_keep_alive",
                             "yes",
                             "tcp_nodelay",
                             "1",
                             "max_request_size",
                             "16384",
                             "decode_url",
                             "no",
                             "decode_query_string",
                             "no",
                             "enable_auth_domain_check",
                             "no",
                             NULL};
    struct mg_callbacks callbacks = {.begin_request = on_request,
                                     .http_error = on_error,
                                     .log_message = on_log,
                                     .connection_closed = on_closed,
                                     .accept_connection = on_accept};
    char why[160] = "";
    struct mg_init_data init = {&callbacks, s, options};
    struct mg_error_data failed = {.text = why, .text_buffer_size = sizeof why};
    struct mg_server_port port[1];

    s->mg = mg_start2(&init, &failed);
    if (!s->mg)
        return fail(cx, ERR_BUSY, "cannot listen on %s: %s", o->listen,
                    s->trouble[0] ? s->trouble : why);
    s->port = mg_get_server_ports(s->mg, 1, port) == 1 ? port[0].port : 0;
    return OK;
}

static void server_free(struct server **s)
{
    if ((*s)->mg) {
        mg_stop((*s)->mg);
        mg_exit_library();
    }
    door_free(&(*s)->door);
    work_free(&(*s)->work);
    arena_free(&(*s)->arena);
    free(*s);
    *s = NULL;
}

enum err server_start(struct ctx *cx, struct app *app, const struct server_opts *o,
                      struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    struct ctx tables = *cx; /* what outlives this call goes into the server's own arena */
    enum err err = OK;

    if (!s)
        abort();
    *out = NULL;
    s->app = app;
    s->starter = pthread_self();
    s->opts = *o;
    s->arena = tables.arena = arena_new(4u << 20);
    fill_defaults(&s->opts);
    s->opts.listen = str_z(s->arena, str_of(o->listen));
    s->public_is_https = str_starts(str_of(o->public_url), S("https://"));
    TRY(check_listen(&tables, s->opts.listen));
    TRY(ip_ranges_parse(&tables, o->trusted_proxies, &s->trusted));
    TRY(router_new(&tables, o, &s->router));
    s->door = door_new((size_t)s->opts.connections_per_ip, &s->trusted);
    s->work = work_new();
    mg_init_library(0);
    err = start_civetweb(&tables, s);
    if (err)
        mg_exit_library();
out:
    if (err) {
        err = fail(cx, err, "%s", tables.why);
        server_free(&s);
    }
    *out = s;
    return err;
}

int server_port(const struct server *s)
{
    return s->port;
}

void server_stop(struct server **s)
{
    if (!*s)
        return;
    work_drain((*s)->work, DRAIN_MS);
    server_free(s);
}
