/* inside.h: what the files of fetch/ share; included by fetch/ only.
 * The one rule: what happens in one attempt is told in struct attempt; only fetch() itself fails
 * the caller's ctx, because an attempt may be repeated. */
#pragma once
#include "base/crypto.h"
#include "fetch/fetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <curl/curl.h>

struct handle { /* an idle transfer with its open connections */
    CURL *easy;
    struct handle *next;
};
struct pace { /* when the next call to one upstream is due */
    struct pace *next;
    char *name, *base_url;
    int64_t due_us;
};
struct fetcher {
    pthread_mutex_t lock; /* guards idle, nidle and paces */
    struct handle *idle;
    size_t nidle;
    struct pace *paces;
    atomic_bool aborted;
    CURLSH *share; /* names and TLS sessions; connections stay with their handle */
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
    const char *ca_file; /* the system's bundle; NULL = ca_bundle is used */
    struct str ca_bundle;
    const struct random *random;
    void (*see)(void *self, const struct fetch_seen *s); /* NULL = nobody looks */
    void *see_self;
};

/* ---- pool.c ---- */
struct handle *handle_take(struct fetcher *f);
void handle_give(struct fetcher *f, struct handle *h);

/* ---- quiet.c ---- */
/* TLS writes to a connection that the other side has closed, which would end the process: libcurl
 * keeps its hands off signals, since we told it so. Holds SIGPIPE back in this thread. */
struct quiet {
    sigset_t before;
    bool was_pending;
};
struct quiet quiet_begin(void);
void quiet_end(const struct quiet *q);

/* ---- target.c ---- */
enum reach { REACH_PUBLIC, REACH_PRIVATE, REACH_ANY }; /* addresses that a call may connect to */
struct target {
    const char *url;
    const char *method;
    struct str log_path;
    bool is_https;
    enum reach reach;
};
enum err target_make(struct ctx *cx, const struct upstream *up, const struct call *c,
                     struct target *out) MUST_USE;

/* ---- address.c ---- */
/* True for whatever is not a public address: loopback, private, link-local, shared, multicast,
 * reserved, and IPv6 forms that carry such an IPv4 address; also for unknown families. */
bool address_is_private(const struct sockaddr *sa);
/* Is host an address written as a number ("127.0.0.1", "[::1]") that is private? */
bool address_is_private_literal(const char *host);

/* ---- curl.c ---- */
struct attempt {
    struct reply reply; /* status 0: none arrived */
    enum err err;       /* OK when a reply arrived, whatever its status */
    bool may_repeat;    /* with err: would another attempt make sense? */
    const char *why;    /* with err; fixed texts, nothing of the call */
};
void attempt_run(struct ctx *cx, struct fetcher *f, const struct upstream *up, const struct call *c,
                 const struct target *to, struct attempt *out);

/* ---- head.c ---- */
/* Raw header lines of one reply to names, values, mime and Retry-After. */
void head_read(struct ctx *cx, struct str raw, struct reply *out);

/* ---- throttle.c ---- */
enum err throttle_wait(struct ctx *cx, struct fetcher *f, const struct upstream *up) MUST_USE;
void throttle_free(struct fetcher *f);
