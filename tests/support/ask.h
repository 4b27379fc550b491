/* ask.h: a small HTTP client over a raw socket, for tests that must control every byte.
 * The one rule: an ask_* that reads waits by the real clock, at most the milliseconds it is given.
 */
#pragma once
#include "base/base.h"

enum { ASK_PATIENCE_MS = 20000 }; /* far longer than any answer takes, also on a loaded machine */

struct ask { /* one connection; memory from the ctx's arena */
    struct ctx *cx;
    int fd;
    struct str unread; /* received, but not yet part of an answer */
    bool is_closed;    /* the server has ended the connection */
};
struct answer {
    int status; /* 0: the connection ended or nothing came in time */
    struct str head, body;
    bool is_whole; /* the body ended as the head announced it */
};

/* Connects to 127.0.0.1 from the loopback address `from` ("127.0.0.2"; NULL: the usual one). */
struct ask ask_open(struct ctx *cx, const char *from, int port);
struct ask ask_socket(struct ctx *cx, const char *from); /* the same in two steps */
void ask_connect(struct ask *a, int port);
void ask_close(struct ask *a);
bool ask_send(struct ask *a, struct str bytes); /* false when the server no longer listens */
/* The next answer on the connection. A body is expected unless the request was a HEAD. */
struct answer ask_read(struct ask *a, bool is_head, int64_t most_ms);
bool ask_ends(struct ask *a, int64_t most_ms); /* the server ends the connection, sending no more */

/* Opens, sends, reads one answer, closes. */
struct answer ask_once(struct ctx *cx, int port, struct str bytes);
/* The same for "GET", "/path", extra header lines ("Name: value\r\n") and a body. */
struct answer ask_for(struct ctx *cx, int port, const char *method, const char *target,
                      const char *headers, struct str body);

struct str answer_header(const struct answer *a, const char *name); /* the first; empty if absent */
size_t answer_header_count(const struct answer *a, const char *name);
