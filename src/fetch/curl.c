/* curl.c: one attempt over libcurl. */
#include "fetch/inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_HEAD = 64 * 1024,
    SLOWEST_BYTES_S = 16, /* slower than this for half the total time is given up */
};

/* One attempt under way. Bodies grow outside the arena, so that broken attempts leave nothing. */
struct transfer {
    struct ctx *cx;
    struct fetcher *fetcher;
    enum reach reach;
    bool was_blocked, is_too_large;
    size_t max_body;
    struct buffer {
        char *at;
        size_t n, cap;
    } body, head;
};

/* ---- what libcurl calls back ---- */

static bool buffer_add(struct buffer *b, size_t max, const char *at, size_t n)
{
    if (n > max - b->n)
        return false;
    if (n > b->cap - b->n) {
        size_t cap = b->cap ? b->cap : 4096;
        while (cap < b->n + n)
            cap *= 2;
        b->at = realloc(b->at, cap);
        if (!b->at)
            abort();
        b->cap = cap;
    }
    memcpy(b->at + b->n, at, n);
    b->n += n;
    return true;
}

/* Counts bytes after decompression, so a small reply cannot unfold into a huge one. */
static size_t take_body(char *at, size_t size, size_t n, void *self)
{
    struct transfer *t = self;

    if (buffer_add(&t->body, t->max_body, at, size * n))
        return size * n;
    t->is_too_large = true;
    return 0;
}

static size_t take_head(char *at, size_t size, size_t n, void *self)
{
    struct transfer *t = self;

    if (size * n >= 5 && !memcmp(at, "HTTP/", 5)) /* an interim reply went before this one */
        t->head.n = 0;
    if (buffer_add(&t->head, MAX_HEAD, at, size * n))
        return size * n;
    t->is_too_large = true;
    return 0;
}

static int on_progress(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct transfer *t = self;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(&t->fetcher->aborted) || ctx_expired(t->cx);
}

/* After name resolution, right before connecting: where the name really leads decides. */
static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *t = self;

    (void)purpose;
    if (t->reach != REACH_ANY && address_is_private(&to->addr) != (t->reach == REACH_PRIVATE)) {
        t->was_blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- one attempt ---- */

/* Options of fixed kind and value are refused by libcurl only when it was built without them, which
 * the tests would notice; so their results are not looked at one by one. */
static void set_limits(CURL *easy, const struct transfer *t, const struct upstream *up)
{
    int64_t total = up->total_ms;

    if (t->cx->deadline_ms && t->cx->deadline_ms - mono_ms(t->cx) < total)
        total = t->cx->deadline_ms - mono_ms(t->cx);
    if (total < 1)
        total = 1; /* 0 would mean no limit at all */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)up->connect_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     (long)(up->total_ms > 2000 ? up->total_ms / 2000 : 1));
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)up->max_reply);
}

static void set_trust(CURL *easy, const struct fetcher *f, const struct target *to)
{
    struct curl_blob bundle = {(void *)(uintptr_t)f->ca_bundle.ptr, f->ca_bundle.len,
                               CURL_BLOB_NOCOPY};

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, to->is_https ? "https" : "http");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* also keeps the environment's proxies out */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (f->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, f->ca_file);
    else if (f->ca_bundle.len)
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &bundle);
}

static void set_callbacks(CURL *easy, struct transfer *t)
{
    curl_easy_setopt(easy, CURLOPT_SHARE, t->fetcher->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
}

static void set_call(CURL *easy, const struct call *c, const struct target *to)
{
    curl_easy_setopt(easy, CURLOPT_URL, to->url);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "trafficd");
    if (c->body.len || !strcmp(to->method, "POST")) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, c->body.len ? c->body.ptr : "");
    }
    if (!strcmp(to->method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, to->method);
}

static bool is_one_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || !s.ptr[i])
            return false;
    return true;
}

static bool add_header(struct arena *a, const char *name, struct str value,
                       struct curl_slist **list)
{
    /* A value with a line end would smuggle in a header of its own. */
    if (!is_one_line(str_of(name)) || !is_one_line(value))
        return false;
    /* libcurl's way to send a header without a value is a semicolon. */
    struct str line =
        value.len ? arena_fmt(a, "%s: %.*s", name, STR_FMT(value)) : arena_fmt(a, "%s;", name);
    struct curl_slist *longer = curl_slist_append(*list, str_z(a, line));
    if (!longer)
        abort();
    *list = longer;
    return true;
}

static bool add_headers(struct arena *a, const struct call *c, struct curl_slist **list)
{
    bool is_good = true;

    for (size_t i = 0; i < c->nheaders && is_good; i++)
        is_good = add_header(a, c->headers[i].name, c->headers[i].value, list);
    if (c->bearer.len && is_good)
        is_good =
            add_header(a, "Authorization", arena_fmt(a, "Bearer %.*s", STR_FMT(c->bearer)), list);
    if (is_good) /* no pause before a large body */
        *list = curl_slist_append(*list, "Expect:");
    return is_good;
}

static void note(struct attempt *out, enum err err, bool may_repeat, const char *why)
{
    out->err = err;
    out->may_repeat = may_repeat;
    out->why = why;
}

static void note_failure(CURL *easy, const struct transfer *t, CURLcode code, struct attempt *out)
{
    curl_off_t connected_us = 0;

    out->reply.is_too_large = t->is_too_large || code == CURLE_FILESIZE_EXCEEDED;
    if (out->reply.is_too_large)
        return note(out, ERR_UPSTREAM, false, "the reply is larger than allowed");
    if (t->was_blocked && code == CURLE_COULDNT_CONNECT)
        return note(out, ERR_UPSTREAM, false,
                    t->reach == REACH_PRIVATE
                        ? "http without s is only for servers in the own network; use https"
                        : "the name leads to a private address; if that is meant, write the "
                          "address itself");
    if (code == CURLE_ABORTED_BY_CALLBACK && atomic_load(&t->fetcher->aborted))
        return note(out, ERR_BUSY, false, "stopping");
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return note(out, ERR_TIMEOUT, false, "the time for this work is up");
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (code == CURLE_OPERATION_TIMEDOUT && !connected_us)
        return note(out, ERR_UPSTREAM, true, "no connection in time");
    if (code == CURLE_OPERATION_TIMEDOUT)
        return note(out, ERR_TIMEOUT, true, "no answer in time");
    bool is_lasting = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                      code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
    note(out, ERR_UPSTREAM, !is_lasting, curl_easy_strerror(code));
}

static void fill_reply(CURL *easy, const struct transfer *t, struct reply *out)
{
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    out->body = arena_str(t->cx->arena, (struct str){t->body.at, t->body.n});
    head_read(t->cx, (struct str){t->head.at, t->head.n}, out);
}

void attempt_run(struct ctx *cx, struct fetcher *f, const struct upstream *up, const struct call *c,
                 const struct target *to, struct attempt *out)
{
    struct transfer t = {.cx = cx, .fetcher = f, .reach = to->reach, .max_body = up->max_reply};
    struct curl_slist *headers = NULL;
    struct quiet quiet = quiet_begin();
    struct handle *h = handle_take(f);

    *out = (struct attempt){0};
    if (add_headers(cx->arena, c, &headers)) {
        set_call(h->easy, c, to);
        set_trust(h->easy, f, to);
        set_limits(h->easy, &t, up);
        set_callbacks(h->easy, &t);
        curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
        CURLcode code = curl_easy_perform(h->easy);
        if (code)
            note_failure(h->easy, &t, code, out);
        else
            fill_reply(h->easy, &t, &out->reply);
    } else {
        note(out, ERR_BUG, false, "a header of the call has a line end in it");
    }
    handle_give(f, h);
    quiet_end(&quiet);
    curl_slist_free_all(headers);
    free(t.body.at);
    free(t.head.at);
}
