/* serve.c: one request, from its head to its line in the log. The order at the door is written
 * here and nowhere else: admit, identify, authorize, limit, cached, body, handler, after. */
#include "base/crypto.h"
#include "base/form.h"
#include "base/log.h"
#include "http/private.h"

#include <string.h>

enum { SMALL_REST = 16 << 10 }; /* an unread body up to this is read away, to keep the connection */

/* In the order of their bits in enum method. */
static const char *const method_names[] = {"GET",    "POST",    "PUT", "PATCH",
                                           "DELETE", "OPTIONS", "HEAD"};

static enum method method_of(struct str name)
{
    for (unsigned i = 0; i < COUNT(method_names); i++)
        if (str_eq(name, str_of(method_names[i])))
            return (enum method)(1u << i);
    return 0;
}

static struct str methods_text(struct arena *a, unsigned methods)
{
    struct str text = S("");

    for (unsigned i = 0; i < COUNT(method_names); i++)
        if (methods & (1u << i))
            text = arena_fmt(a, "%.*s%s%s", STR_FMT(text), text.len ? ", " : "", method_names[i]);
    return text;
}

/* ---- taking the request in ---- */

/* The same rule civetweb closes by, so that the Connection header tells the truth. */
static bool client_keeps(struct req *rq)
{
    struct str header = req_header(rq, "Connection"), option;
    bool is_said = header.len > 0;

    while (str_cut(&header, ',', &option))
        if (str_eq_nocase(str_trim(option), S("keep-alive")))
            return true;
    return !is_said && !rq->conn->is_http_1_0;
}

static void take_in(struct req *rq, struct server *s, struct mg_connection *mg)
{
    struct http_conn *c = rq->conn;

    c->server = s;
    c->mg = mg;
    c->info = mg_get_request_info(mg);
    rq->app = s->app;
    rq->cx = (struct ctx){.arena = arena_new(s->opts.arena_cap), .clock = s->opts.clock};
    c->start_ms = mono_ms(&rq->cx);
    rq->cx.deadline_ms = c->start_ms + s->opts.handler_timeout_ms;
    rq->request_id = crypto_random_id(rq->cx.arena, &random_system, 9);
    rq->cx.tag = str_z(rq->cx.arena, rq->request_id);
    request_peer(rq);
}

/* Only of a head that civetweb found in order. */
static void take_head(struct req *rq)
{
    struct http_conn *c = rq->conn;
    const struct mg_request_info *info = c->info;

    rq->method = method_of(str_of(info->request_method));
    rq->path = str_of(info->local_uri_raw);
    rq->query = str_of(info->query_string);
    if (rq->method == HEAD) {
        c->is_head = true;
        rq->method = GET;
    }
    c->is_http_1_0 = !str_eq(str_of(info->http_version), S("1.1"));
    c->is_chunked = req_header(rq, "Transfer-Encoding").len > 0;
    c->content_length = info->content_length > 0 ? info->content_length : 0;
    c->has_body = c->is_chunked || c->content_length > 0;
    c->client_keeps = client_keeps(rq);
}

static enum err check_address(struct req *rq)
{
    const char *fault = path_fault(rq->path);
    struct str plain;

    if (!fault && memchr(rq->path.ptr, '%', rq->path.len) &&
        !url_decode(rq->cx.arena, rq->path, false, &plain))
        fault = "the path is not UTF-8";
    if (!fault && rq->query.len)
        fault = query_fault(rq->cx.arena, rq->query);
    return fault ? fail(&rq->cx, ERR_INPUT, "%s", fault) : OK;
}

/* ---- finding who answers ---- */

static enum err decode_params(struct req *rq)
{
    for (size_t i = 0; i < COUNT(rq->path_params); i++)
        if (rq->path_params[i].len &&
            !url_decode(rq->cx.arena, rq->path_params[i], false, &rq->path_params[i]))
            return fail(&rq->cx, ERR_INPUT, "the path is not UTF-8");
    return OK;
}

static enum err refuse_method(struct req *rq, struct resp *rs, unsigned allowed)
{
    struct str text = methods_text(rq->cx.arena, allowed);

    resp_header(rs, "Allow", text);
    return fail(&rq->cx, ERR_METHOD, "this address takes only %.*s", STR_FMT(text));
}

/* rq->route stays NULL when the fallback is to answer. */
static enum err find_route(struct req *rq, struct resp *rs)
{
    struct server *s = rq->conn->server;
    unsigned allowed = 0;

    rq->route = router_match(s->router, rq->method, rq->path, rq->path_params, &allowed);
    if (rq->route)
        return decode_params(rq);
    if (allowed)
        return refuse_method(rq, rs, allowed);
    if (!s->opts.fallback || router_owns(s->router, rq->path))
        return fail(&rq->cx, ERR_NOT_FOUND, "no route");
    if (rq->method != GET)
        return refuse_method(rq, rs, GET | HEAD);
    return OK;
}

/* ---- the order at the door ---- */

static enum err pass_gate(struct req *rq, struct resp *rs, bool *is_answered)
{
    const struct gate *gate = rq->conn->server->opts.gate;
    const struct route *rt = rq->route;
    enum err err = OK;

    if (!gate)
        return OK;
    if (gate->admit)
        TRY(gate->admit(rq, rt));
    if (gate->identify)
        TRY(gate->identify(rq, rt));
    if (gate->authorize)
        TRY(gate->authorize(rq, rt));
    if (gate->limit)
        TRY(gate->limit(rq, rt));
    if (gate->cached && (rt->flags & RT_CACHE))
        *is_answered = gate->cached(rq, rt, rs);
out:
    return err;
}

static enum err run_handler(struct req *rq, struct resp *rs, handler_fn *handler)
{
    enum err err = OK;

    TRY(handler(rq, rs));
    TRY(response_prime(rs));
    if (arena_over(rq->cx.arena))
        err = fail(&rq->cx, ERR_TOO_LARGE, "the answer needs more memory than a request may use");
out:
    return err;
}

static enum err answer_route(struct req *rq, struct resp *rs)
{
    const struct route *rt = rq->route;
    bool is_answered = false;
    enum err err = OK;

    TRY(pass_gate(rq, rs, &is_answered));
    if (is_answered)
        goto out;
    if (rt->method & (POST | PUT | PATCH | DELETE))
        TRY(request_body(rq, rt->max_body ? rt->max_body : 64u << 10));
    TRY(run_handler(rq, rs, rt->handler));
out:
    return err;
}

static enum err answer(struct req *rq, struct resp *rs)
{
    enum err err = OK;

    TRY(check_address(rq));
    cors_allow(rq, rs);
    if (cors_preflight(rq, rs))
        goto out;
    TRY(find_route(rq, rs));
    if (rq->route)
        TRY(answer_route(rq, rs));
    else
        TRY(run_handler(rq, rs, rq->conn->server->opts.fallback));
out:
    return err;
}

/* ---- letting it go ---- */

/* May the connection be used again? An unread body is in the way of the next request. */
static void decide_connection(struct req *rq)
{
    struct http_conn *c = rq->conn;
    bool is_unread = c->has_body && !c->body_was_read;

    if (!c->client_keeps || work_is_ending(c->server->work))
        c->must_close = true;
    if (is_unread &&
        (c->is_chunked || c->content_length > SMALL_REST || req_header(rq, "Expect").len))
        c->must_close = true;
}

/* What is logged of a request is its route: a path may hold a secret. Of an address that leads
 * nowhere it is the first segment. */
static struct str logged_route(const struct req *rq)
{
    if (rq->route)
        return str_of(rq->route->path);
    const char *end = rq->path.len > 1 ? memchr(rq->path.ptr + 1, '/', rq->path.len - 1) : NULL;
    return end ? (struct str){rq->path.ptr, (size_t)(end - rq->path.ptr) + 1} : rq->path;
}

static void log_request(struct req *rq, const struct resp *rs, enum err err)
{
    struct http_conn *c = rq->conn;

    if (err_status(err) >= 500)
        LOG(&rq->cx, LOG_ERROR, "http.failed", l_str("route", logged_route(rq)),
            l_str("code", str_of(err_slug(err))), l_str("why", str_of(rq->cx.why)));
    LOG(&rq->cx, LOG_INFO, "http.request",
        l_str("method", methods_text(rq->cx.arena, c->is_head ? HEAD : rq->method)),
        l_str("route", logged_route(rq)), l_int("status", rs->status),
        l_int("ms", mono_ms(&rq->cx) - c->start_ms), l_int("bytes", (int64_t)c->sent_bytes),
        l_str("ip", rq->remote_ip));
}

static void finish(struct req *rq, struct resp *rs, enum err err)
{
    struct http_conn *c = rq->conn;

    if (c->must_close)
        mg_disable_connection_keep_alive(c->mg);
    response_send(rs);
    if (c->must_close)
        mg_disable_connection_keep_alive(c->mg);
    log_request(rq, rs, err);
    arena_free(&rq->cx.arena);
}

int serve_request(struct server *s, struct mg_connection *mg)
{
    struct http_conn conn = {0};
    struct req rq = {.conn = &conn};
    struct resp rs = {.rq = &rq, .status = 200};
    enum err err = OK;

    take_in(&rq, s, mg);
    take_head(&rq);
    err = answer(&rq, &rs);
    if (err)
        error_answer(&rs, err, 0);
    else
        response_condition(&rs);
    if (rq.route && s->opts.gate && s->opts.gate->after)
        s->opts.gate->after(&rq, rq.route, &rs, err);
    decide_connection(&rq);
    finish(&rq, &rs, err);
    return rs.status;
}

void serve_refusal(struct server *s, struct mg_connection *mg, int status)
{
    struct http_conn conn = {.must_close = true};
    struct req rq = {.conn = &conn};
    struct resp rs = {.rq = &rq, .status = status};
    enum err err = ERR_INPUT;

    take_in(&rq, s, mg);
    conn.info = mg_get_request_info(mg);
    if (status == 408)
        err = fail(&rq.cx, ERR_INPUT, "the request did not arrive in time");
    else if (status == 431)
        err = fail(&rq.cx, ERR_INPUT, "the request has too many headers, or too long ones");
    else if (status == 505)
        err = fail(&rq.cx, ERR_INPUT, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    else if (status == 503)
        err = ERR_BUSY;
    error_answer(&rs, err, status);
    finish(&rq, &rs, err);
}
