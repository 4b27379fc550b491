/* fake_vendor.h: a small server on loopback that says what a test wrote down, byte for byte.
 * The one rule: each request takes the next answer of the script; the last one is given again and
 * again. It keeps what it was sent. */
#pragma once
#include "base/base.h"

struct fake_vendor;
struct fake_answer {
    struct str bytes; /* the whole reply as on the wire; copied */
    int64_t delay_ms; /* before the first byte */
    size_t drip;      /* send this many bytes at a time ... */
    int64_t drip_ms;  /* ... with this pause between; 0 = all at once */
    size_t repeat;    /* after bytes, so many MiB of spaces */
    bool reset;       /* end with a reset in place of an ordinary close */
    bool keep;        /* wait for the next request on this connection */
};
struct fake_vendor *fake_vendor_start(void);
void fake_vendor_stop(struct fake_vendor **v); /* ends waits and drips at once */
int fake_vendor_port(const struct fake_vendor *v);
const char *fake_vendor_url(const struct fake_vendor *v); /* "http://127.0.0.1:<port>" */

void fake_vendor_says(struct fake_vendor *v, const struct fake_answer *answer);
/* A whole, well-formed reply. headers: further lines, each ended by CRLF; may be "". */
void fake_vendor_answers(struct fake_vendor *v, int status, const char *headers, struct str body);

void fake_vendor_wait(struct fake_vendor *v, size_t requests); /* until so many have come */
size_t fake_vendor_requests(struct fake_vendor *v);
size_t fake_vendor_connections(struct fake_vendor *v);
/* Head and body of one request, copied into the arena; empty when there was none. */
struct str fake_vendor_request(struct fake_vendor *v, struct arena *a, size_t i);

/* A kept reply, "meta/expired_token.json" of tests/vendor_replies; a missing file fails the test.
 */
struct str vendor_reply(struct arena *a, const char *name);
/* Calls fn for each kept reply of a vendor; name is the path vendor_reply takes. */
void vendor_reply_each(struct arena *a, const char *vendor,
                       void (*fn)(const char *name, struct str bytes, void *self), void *self);
