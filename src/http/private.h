/* private.h: what the files of http/ share and nobody above sees.
 * The one rule: a request's memory is its arena; only the server and its tables outlive it. */
#pragma once
#include "http/http.h"

#include <civetweb.h>
#include <pthread.h>

/* ---- addresses ---- */
struct ip { /* IPv4 is kept as ::ffff:a.b.c.d */
    unsigned char at[16];
};
struct ip_range {
    struct ip ip;
    int bits;
};
struct ip_ranges {
    struct ip_range *at;
    size_t n, cap;
};
bool ip_parse(struct str text, struct ip *out); /* numeric only, no zone */
bool ip_same(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip); /* all of 127.0.0.0/8, and ::1 */
struct str ip_text(struct arena *a, const struct ip *ip);
/* A comma list of addresses or ranges ("10.0.0.0/8"); NULL is empty. */
enum err ip_ranges_parse(struct ctx *cx, const char *text, struct ip_ranges *out) MUST_USE;
bool ip_ranges_hold(const struct ip_ranges *r, const struct ip *ip);

/* ---- how many connections each address has open ---- */
struct door; /* owns its mutex */
struct door *door_new(size_t per_ip, const struct ip_ranges *exempt);
void door_free(struct door **d);
bool door_enter(struct door *d, struct str address); /* false: it has its share already */
void door_leave(struct door *d, struct str address);

/* ---- one request ---- */
struct http_conn {
    struct server *server;
    struct mg_connection *mg;
    const struct mg_request_info *info;
    struct ip peer, client; /* client is peer, or who a trusted proxy says */
    bool peer_is_trusted, forwarded_by_stranger;
    bool is_head;      /* answer like GET, send no body */
    bool is_http_1_0;  /* no chunked answers */
    bool client_keeps; /* the client would keep the connection open */
    bool must_close;
    bool has_body, is_chunked, body_was_read;
    int64_t content_length;
    int64_t start_ms;
    size_t sent_bytes;
};
struct header {
    struct str name, value;
};
struct resp {
    struct req *rq;
    int status;
    struct str mime, body;
    struct header *headers;
    size_t nheaders, headers_cap;
    enum err (*pull)(void *self, struct str *chunk);
    void *pull_self;
    struct str first_chunk;
};

struct server {
    struct mg_context *mg;
    struct app *app;
    struct server_opts opts;
    struct arena *arena; /* tables: router, trusted proxies */
    struct router *router;
    struct ip_ranges trusted;
    struct door *door;
    struct work *work; /* requests under way */
    bool public_is_https;
    int port;
    pthread_t starter; /* of what civetweb says while starting, this thread keeps the first */
    char trouble[160];
};
/* Requests under way; owns its mutex. */
struct work *work_new(void);
void work_free(struct work **w);
bool work_begin(struct work *w); /* false: the server is stopping, and nothing new is taken on */
void work_end(struct work *w);
bool work_is_ending(struct work *w);
void work_drain(struct work *w, int64_t most_ms); /* nothing new from now on; waits for the rest */

/* ---- other sites ---- */
void cors_allow(struct req *rq, struct resp *rs);     /* the headers for a listed origin, if any */
bool cors_preflight(struct req *rq, struct resp *rs); /* true: a preflight, and it is answered */

/* Serves the request that civetweb has parsed; the status that was sent. */
int serve_request(struct server *s, struct mg_connection *mg);
/* Answers what civetweb refused: no route, no gate, the connection closes. */
void serve_refusal(struct server *s, struct mg_connection *mg, int status);

/* ---- parts of serving ---- */
const char *path_fault(struct str path);                    /* NULL when the raw path is clean */
const char *query_fault(struct arena *a, struct str query); /* NULL when it can be used */
bool router_owns(const struct router *r, struct str path);  /* its first segment leads to a route */
void request_peer(struct req *rq);                          /* who is asking */
enum err request_body(struct req *rq, size_t cap) MUST_USE; /* reads it whole, or refuses it */
enum err request_media(struct req *rq) MUST_USE;            /* ERR_MEDIA unless JSON */

void error_answer(struct resp *rs, enum err e, int status); /* status 0: the one of e */
void response_condition(struct resp *rs);                   /* If-None-Match: 304 */
enum err response_prime(struct resp *rs) MUST_USE;          /* pulls the first chunk of a stream */
void response_send(struct resp *rs);
struct str response_header(const struct resp *rs, const char *name);
/* A whole answer for a socket that never reaches a worker. */
struct str response_busy_bytes(void);
