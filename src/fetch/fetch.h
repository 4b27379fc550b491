/* fetch.h: calling out. libcurl is named in fetch/ and nowhere else.
 * The one rule: only the host of the upstream's base URL is ever called; redirects are not
 * followed. */
#pragma once
#include "base/base.h"

struct retry {
    uint8_t max_tries;
    uint32_t base_ms; /* doubles each try, full jitter */
    uint32_t cap_ms;  /* also the most we honour of Retry-After */
    bool unsafe_ok;   /* may a POST be sent twice? */
};
struct upstream {         /* one per vendor, built in app/wire.c from config */
    const char *name;     /* "meta", "amocrm", "telegram": log tag and metric label */
    const char *base_url; /* tests point this at the fake on loopback */
    int connect_ms, total_ms;
    size_t max_reply;
    struct retry retry;
    int per_minute;   /* our own throttle, kept below the vendor's; 0 = none */
    int burst_ms;     /* calls of so long a time may bunch up; 0 = five seconds */
    int quiet_status; /* a status beside 2xx that is no trouble for the log; 0 = none */
};
struct pair {
    const char *name;
    struct str value;
};
struct reply {
    int status;                 /* 0 = none arrived */
    struct str body;            /* in the caller's arena */
    struct str mime;            /* "application/json": lower case, without parameters */
    int64_t retry_after_ms;     /* 0 = not said */
    const struct pair *headers; /* names in lower case */
    size_t nheaders;
    int tries;
    bool is_too_large; /* status is 0: it broke max_reply and was dropped */
};
enum again { AGAIN_NO, AGAIN_YES, AGAIN_DEFAULT };
struct call {
    const char *method; /* NULL = GET */
    struct str path;    /* appended to base_url; percent-encoded by the caller where needed */
    const struct pair *query, *headers;
    size_t nquery, nheaders;
    struct str body;
    struct str bearer;   /* sent as Authorization: Bearer, never logged */
    struct str log_path; /* what logs say in place of a path that holds a secret; empty = path */
    /* Decides whether a non-2xx (or 2xx) reply may be tried again; NULL = 429, 5xx and broken
     * transfers. Vendors put their own error codes into bodies. Asked about every reply that
     * arrives, the last one too; must not fail cx. *wait_ms comes with what Retry-After said; 0
     * leaves the wait to the backoff, more than cap_ms becomes cap_ms. */
    enum again (*judge)(const struct reply *r, void *self, int64_t *wait_ms);
    void *self;
};
struct fetcher; /* handles, share, limits; safe to use from any thread */
/* ca_bundle: PEM text held by the caller for as long as the fetcher lives (used when the system has
 * none); random: for the jitter, from any thread. */
struct random;
enum err fetcher_new(struct ctx *cx, struct str ca_bundle, const struct random *random,
                     struct fetcher **out) MUST_USE;
void fetcher_free(struct fetcher **f);
/* What one fetch() came to, all its tries together. Holds no token, query or body. */
struct fetch_seen {
    const char *upstream, *method;
    struct str path; /* without a query; as logs say it */
    int64_t at, ms, bytes;
    int status, tries;
    const char *error; /* fixed words; NULL when a reply arrived */
};
/* Tells see about every fetch() from now on, on the caller's thread; NULL ends it. Call it before
 * threads fetch; see must be quick and must not fetch. */
void fetcher_observe(struct fetcher *f, void (*see)(void *self, const struct fetch_seen *s),
                     void *self);
/* Makes every wait and transfer under way end soon with ERR_BUSY: for shutdown. */
void fetcher_abort(struct fetcher *f);
/* OK means "a reply arrived and is 2xx"; other statuses come back as ERR_UPSTREAM with the reply
 * filled; no reply is ERR_UPSTREAM or ERR_TIMEOUT (connected, but no answer in time) with status 0.
 * Waits go through cx->clock. */
enum err fetch(struct ctx *cx, struct fetcher *f, const struct upstream *up, const struct call *c,
               struct reply *out) MUST_USE;
/* Waits ms as the retries do: on cx->clock, ended early by fetcher_abort (ERR_BUSY), refused at
 * once when the deadline comes first (ERR_TIMEOUT). */
enum err fetch_wait(struct ctx *cx, struct fetcher *f, int64_t ms) MUST_USE;
struct str reply_header(const struct reply *r, const char *lower_case_name);
