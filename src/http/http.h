/* http.h: serving. civetweb is named in http/ and nowhere else.
 * The one rule: a handler parses, calls, writes; it never sends an error body itself, it returns
 * one. */
#pragma once
#include "base/base.h"
#include "base/json.h"

enum method { GET = 1, POST = 2, PUT = 4, PATCH = 8, DELETE = 16, OPTIONS = 32, HEAD = 64 };
enum rate { RATE_NONE, RATE_READ, RATE_WRITE, RATE_LOGIN, RATE_HOOK, RATE_EXPORT };
enum {
    RT_AUDIT = 1,    /* gate.after writes an access row to the audit log */
    RT_RAW_BODY = 2, /* any content type; otherwise a body must be application/json */
    RT_STREAM = 4,
    RT_CACHE = 8,      /* the response cache may answer; the answer carries an ETag */
    RT_NO_ORIGIN = 16, /* called by machines without our header: webhooks */
    RT_PUBLIC = 32     /* said beside role 0: open to everyone; role 0 without it lets no one in */
};

struct user; /* core/auth.h */
struct app;  /* core/app.h */

struct req {       /* a HEAD arrives here as GET; its body is left out on the way back */
    struct ctx cx; /* arena, clock, deadline and error slot of this request */
    struct app *app;
    const struct user *user; /* NULL on public routes */
    enum method method;
    struct str path, query,
        body; /* raw path as sent (alias kept); body is capped before it is read */
    struct str remote_ip, request_id;
    struct str path_params[4]; /* in the order of {…} in the route */
    const struct route *route;
    struct http_conn *conn; /* server-private */
};
/* Query parameters are decoded once; a repeated one was refused at the door. */
bool req_query_int(struct req *rq, const char *name, int64_t *out);
bool req_query_str(struct req *rq, const char *name, struct str *out);
bool req_is_head(struct req *rq); /* only the head of the answer was asked for */
struct str req_header(struct req *rq, const char *name); /* empty when absent */
struct str req_cookie(struct req *rq, const char *name);
bool req_is_https(struct req *rq); /* as told by a trusted proxy, or by the public URL's scheme */
bool req_from_loopback(struct req *rq);
/* The body as a JSON object; ERR_INPUT with the position otherwise. Keys outside `allowed` (a
 * NULL-terminated list) are ERR_FIELDS, so that nobody sets a field we do not read. */
enum err req_json(struct req *rq, const char *const *allowed, const struct json_in **out) MUST_USE;
bool req_param_int(struct req *rq, int i, int64_t *out); /* path_params[i] as a positive integer */

struct resp; /* status, headers and body; nothing is sent until the handler returns OK */
void resp_status(struct resp *rs, int status);
void resp_header(struct resp *rs, const char *name,
                 struct str value); /* CR, LF or NUL: a bug, dropped and logged */
enum err resp_json(struct resp *rs, struct json_out *j) MUST_USE;
enum err resp_body(struct resp *rs, const char *mime,
                   struct str body) MUST_USE; /* body lives until sent */
enum err resp_stream(struct resp *rs, const char *mime,
                     enum err (*pull)(void *self, struct str *chunk),
                     void *self) MUST_USE; /* an empty chunk ends it; sent chunked */
/* pull may take from an arena of its own: in the request's every page would add up to its cap. It
 * may be called no more at any point, when the client has left. Its first failure is an error
 * answer, a later one breaks the connection off. */
int resp_status_of(const struct resp *rs);
struct str resp_body_of(const struct resp *rs);
struct str resp_mime_of(const struct resp *rs);

typedef enum err handler_fn(struct req *rq, struct resp *rs);

struct route {
    enum method method;
    const char *path; /* "/api/v1/campaigns/{id}"; literal beats {param}; order is free */
    uint8_t role;     /* least role allowed in; 0 = public. The meaning is core's. */
    enum rate rate;
    handler_fn *handler;
    uint8_t flags;
    uint32_t max_body; /* bytes; 0 = 64 KiB for methods with a body */
};
struct route_set {
    const struct route *routes;
    size_t n;
};
#define ROUTES(array) ((struct route_set){(array), COUNT(array)})

/* The documents' addresses: the same handler under another path ({…} segments carry over). A prefix
 * ending in a star maps everything beneath it. */
struct route_alias {
    enum method method; /* 0 = every method of the target */
    const char *path;   /* "/api/traffic-dashboard/sales" */
    const char *target; /* "/api/v1/sales" */
};

struct gate { /* policy plugged in by core, called in this order; NULL steps are skipped */
    enum err (*admit)(struct req *rq, const struct route *rt);     /* per-IP limit */
    enum err (*identify)(struct req *rq, const struct route *rt);  /* token to user */
    enum err (*authorize)(struct req *rq, const struct route *rt); /* role, cross-site checks */
    enum err (*limit)(struct req *rq, const struct route *rt);     /* per-user limit */
    bool (*cached)(struct req *rq, const struct route *rt, struct resp *rs);
    /* only now is the body read, then the handler runs; cached is asked for RT_CACHE routes only */
    /* Called before the answer is sent, for every request that had a route, refused ones too. The
     * status is final (304 included), the body complete, and headers may still be added. */
    void (*after)(struct req *rq, const struct route *rt, struct resp *rs, enum err result);
};

struct server;
struct server_opts {
    const char *listen;     /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks a free one; no names */
    int threads;            /* one per open connection */
    int request_timeout_ms; /* 0 = 5000: head, and between body reads */
    int handler_timeout_ms; /* 0 = 30000: becomes the ctx deadline */
    size_t arena_cap;       /* 0 = 16 MiB per request */
    /* 0 = 32, and never more than half of the threads; 127.0.0.1, ::1 and trusted proxies are not
     * counted, an IPv6 /64 is one address */
    int connections_per_ip;
    const char *trusted_proxies; /* comma list of addresses or ranges; X-Forwarded-For counts only
                                    from them */
    const char *public_url;
    const char *cors_origins; /* comma list of origins whose scripts may read /api; NULL = none */
    const struct clock *clock;
    const struct route_set *sets;
    size_t nsets;
    const struct route_alias *aliases;
    size_t naliases;
    const struct gate *gate; /* NULL: everything is open (the fake upstreams) */
    /* Answers GETs that match no route: the UI; NULL: a plain 404. Never asked for paths whose
     * first segment leads to routes ("/api/..."). */
    handler_fn *fallback;
}; /* tables, gate, clock and app must outlive the server; texts are copied */
enum err server_start(struct ctx *cx, struct app *app, const struct server_opts *o,
                      struct server **out) MUST_USE;
int server_port(const struct server *s);
void server_stop(struct server **s); /* stops accepting, finishes requests (10 s), joins */

/* Matching alone, for tests and the OpenAPI check: NULL when nothing matches. */
struct router;
enum err router_new(struct ctx *cx, const struct server_opts *o, struct router **out) MUST_USE;
const struct route *router_match(const struct router *r, enum method m, struct str path,
                                 struct str params[4], unsigned *allowed_methods);

/* The embedded web UI: hashed names forever, index.html for page addresses, gzip/br, ETag, CSP. */
enum err assets_serve(struct req *rq, struct resp *rs) MUST_USE;
