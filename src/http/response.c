/* response.c: an answer is gathered whole, then leaves in one write: two small ones would wait for
 * each other's acknowledgement. */
#include "base/log.h"
#include "http/private.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ONE_WRITE = 64 << 10 }; /* of a larger body the rest follows in a second write */

/* ---- what handlers call ---- */

void resp_status(struct resp *rs, int status)
{
    rs->status = status;
}

static bool is_clean(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 32 && c != '\t') || c == 127)
            return false;
    }
    return true;
}

void resp_header(struct resp *rs, const char *name, struct str value)
{
    struct arena *a = rs->rq->cx.arena;
    bool is_cookie = str_eq_nocase(str_of(name), S("Set-Cookie"));

    if (!is_clean(value) || !is_clean(str_of(name))) {
        LOG(&rs->rq->cx, LOG_ERROR, "http.header_dropped", l_str("name", str_of(name)));
        return;
    }
    for (size_t i = 0; !is_cookie && i < rs->nheaders; i++) {
        if (str_eq_nocase(rs->headers[i].name, str_of(name))) {
            rs->headers[i].value = arena_str(a, value);
            return;
        }
    }
    if (rs->nheaders == rs->headers_cap)
        rs->headers = vec_grow(a, rs->headers, rs->nheaders, &rs->headers_cap, sizeof *rs->headers);
    rs->headers[rs->nheaders++] = (struct header){arena_str(a, str_of(name)), arena_str(a, value)};
}

enum err resp_json(struct resp *rs, struct json_out *j)
{
    enum err err = json_finish(j, &rs->body);

    rs->mime = S("application/json");
    return err;
}

enum err resp_body(struct resp *rs, const char *mime, struct str body)
{
    rs->mime = arena_str(rs->rq->cx.arena, str_of(mime));
    rs->body = body;
    return OK;
}

enum err resp_stream(struct resp *rs, const char *mime,
                     enum err (*pull)(void *self, struct str *chunk), void *self)
{
    rs->mime = arena_str(rs->rq->cx.arena, str_of(mime));
    rs->pull = pull;
    rs->pull_self = self;
    return OK;
}

int resp_status_of(const struct resp *rs)
{
    return rs->status;
}

struct str resp_body_of(const struct resp *rs)
{
    return rs->body;
}

struct str resp_mime_of(const struct resp *rs)
{
    return rs->mime;
}

/* ---- conditions ---- */

struct str response_header(const struct resp *rs, const char *name)
{
    for (size_t i = 0; i < rs->nheaders; i++)
        if (str_eq_nocase(rs->headers[i].name, str_of(name)))
            return rs->headers[i].value;
    return S("");
}

/* Weak comparison: W/"x" and "x" are the same answer to a GET. */
static struct str opaque(struct str etag)
{
    etag = str_trim(etag);
    return str_starts(etag, S("W/")) ? (struct str){etag.ptr + 2, etag.len - 2} : etag;
}

void response_condition(struct resp *rs)
{
    struct str etag = opaque(response_header(rs, "ETag")), one;
    struct str wanted = req_header(rs->rq, "If-None-Match");

    if (!etag.len || rs->status != 200 || rs->rq->method != GET || rs->pull)
        return;
    while (str_cut(&wanted, ',', &one)) {
        if (str_eq(str_trim(one), S("*")) || str_eq(opaque(one), etag)) {
            rs->status = 304;
            return;
        }
    }
}

enum err response_prime(struct resp *rs)
{
    if (!rs->pull || rs->rq->conn->is_head)
        return OK;
    return rs->pull(rs->pull_self, &rs->first_chunk);
}

/* ---- the head ---- */

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"                             },
        {201, "Created"                        },
        {202, "Accepted"                       },
        {204, "No Content"                     },
        {301, "Moved Permanently"              },
        {302, "Found"                          },
        {303, "See Other"                      },
        {304, "Not Modified"                   },
        {307, "Temporary Redirect"             },
        {308, "Permanent Redirect"             },
        {400, "Bad Request"                    },
        {401, "Unauthorized"                   },
        {403, "Forbidden"                      },
        {404, "Not Found"                      },
        {405, "Method Not Allowed"             },
        {408, "Request Timeout"                },
        {409, "Conflict"                       },
        {410, "Gone"                           },
        {413, "Content Too Large"              },
        {415, "Unsupported Media Type"         },
        {422, "Unprocessable Content"          },
        {429, "Too Many Requests"              },
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"          },
        {502, "Bad Gateway"                    },
        {503, "Service Unavailable"            },
        {504, "Gateway Timeout"                },
        {505, "HTTP Version Not Supported"     },
    };

    for (size_t i = 0; i < COUNT(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}

struct out { /* text that grows in the arena */
    struct arena *arena;
    char *at;
    size_t n, cap;
};

static void put(struct out *o, struct str s)
{
    if (o->cap - o->n < s.len) {
        size_t cap = (o->cap + s.len) * 2;
        char *more = arena_alloc(o->arena, cap, 1);
        if (o->n)
            memcpy(more, o->at, o->n);
        o->at = more;
        o->cap = cap;
    }
    if (s.len)
        memcpy(o->at + o->n, s.ptr, s.len);
    o->n += s.len;
}

static void put_header(struct out *o, struct str name, struct str value)
{
    put(o, name);
    put(o, S(": "));
    put(o, value);
    put(o, S("\r\n"));
}

#define CSP_PAGE                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "                   \
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
#define CSP_DATA "default-src 'none'; frame-ancestors 'none'"

/* On every answer, also on errors and on those to nobody; a handler that says one of them itself
 * means it. */
#define SECURITY_LIST(X)                                                                           \
    X("X-Content-Type-Options", "nosniff")                                                         \
    X("Referrer-Policy", "no-referrer")                                                            \
    X("Cross-Origin-Opener-Policy", "same-origin")                                                 \
    X("Cross-Origin-Resource-Policy", "same-origin")                                               \
    X("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
#define AS_LINE(name, value) name ": " value "\r\n"
#define SECURITY_HEADERS SECURITY_LIST(AS_LINE)

static void put_policy(struct out *o, const struct resp *rs)
{
#define AS_ROW(name, value) {name, value},
    static const char *const policies[][2] = {SECURITY_LIST(AS_ROW)};
    bool is_page = str_starts(rs->mime, S("text/html"));

    for (size_t i = 0; i < COUNT(policies); i++)
        if (!response_header(rs, policies[i][0]).len)
            put_header(o, str_of(policies[i][0]), str_of(policies[i][1]));
    put_header(o, S("Content-Security-Policy"), is_page ? S(CSP_PAGE) : S(CSP_DATA));
    if (req_is_https(rs->rq))
        put_header(o, S("Strict-Transport-Security"), S("max-age=31536000; includeSubDomains"));
    if (!response_header(rs, "Cache-Control").len)
        put_header(o, S("Cache-Control"), S("no-store"));
}

static void put_date(struct out *o, int64_t now)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)(now / 1000);
    struct tm tm;

    if (!gmtime_r(&at, &tm))
        return;
    put_header(o, S("Date"),
               arena_fmt(o->arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
                         tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                         tm.tm_sec));
}

static bool has_no_body(const struct resp *rs)
{
    return rs->status == 304 || rs->status == 204;
}

static void put_content(struct out *o, const struct resp *rs)
{
    if (has_no_body(rs))
        return;
    if (rs->mime.len) { /* an empty script is a script too */
        put(o, S("Content-Type: "));
        put(o, rs->mime);
        if (str_starts(rs->mime, S("text/")) && !memchr(rs->mime.ptr, ';', rs->mime.len))
            put(o, S("; charset=utf-8"));
        put(o, S("\r\n"));
    }
    if (!rs->pull)
        put_header(o, S("Content-Length"), arena_fmt(o->arena, "%zu", rs->body.len));
    else if (!rs->rq->conn->is_http_1_0)
        put_header(o, S("Transfer-Encoding"), S("chunked"));
}

static void put_head(struct out *o, const struct resp *rs)
{
    struct http_conn *c = rs->rq->conn;

    put(o, arena_fmt(o->arena, "HTTP/1.1 %d %s\r\n", rs->status, status_text(rs->status)));
    put_date(o, now_ms(&rs->rq->cx));
    put_content(o, rs);
    put_policy(o, rs);
    put_header(o, S("X-Request-Id"), rs->rq->request_id);
    for (size_t i = 0; i < rs->nheaders; i++)
        put_header(o, rs->headers[i].name, rs->headers[i].value);
    put_header(o, S("Connection"), c->must_close ? S("close") : S("keep-alive"));
    put(o, S("\r\n"));
}

/* ---- sending ---- */

static bool write_all(struct http_conn *c, struct str s)
{
    int n = s.len ? mg_write(c->mg, s.ptr, s.len) : 0;

    if (n > 0)
        c->sent_bytes += (size_t)n;
    if (n >= 0 && (size_t)n == s.len)
        return true;
    c->must_close = true; /* the client is gone, or reads too slowly */
    return false;
}

static void put_chunk(struct out *o, const struct resp *rs, struct str chunk)
{
    char size[24];

    if (rs->rq->conn->is_http_1_0) {
        put(o, chunk);
        return;
    }
    snprintf(size, sizeof size, "%zx\r\n", chunk.len);
    put(o, str_of(size));
    put(o, chunk);
    put(o, S("\r\n")); /* of an empty chunk: the end of the whole body */
}

/* A stream that fails midway is cut off without its end, so the client sees that it is not whole.
 */
static void send_stream(struct resp *rs, struct out *o)
{
    struct http_conn *c = rs->rq->conn;
    struct str chunk = rs->first_chunk;

    for (;;) {
        put_chunk(o, rs, chunk);
        if (!write_all(c, (struct str){o->at, o->n}) || !chunk.len)
            return;
        o->n = 0;
        chunk = S("");
        enum err err = rs->pull(rs->pull_self, &chunk);
        if (!err && arena_over(o->arena))
            err = fail(&rs->rq->cx, ERR_TOO_LARGE, "the stream kept what it had sent");
        if (err) {
            LOG(&rs->rq->cx, LOG_ERROR, "http.stream_broken", l_str("code", str_of(err_slug(err))),
                l_str("why", str_of(rs->rq->cx.why)));
            c->must_close = true;
            return;
        }
    }
}

void response_send(struct resp *rs)
{
    struct http_conn *c = rs->rq->conn;
    struct out o = {.arena = rs->rq->cx.arena};
    struct str body = has_no_body(rs) || c->is_head ? S("") : rs->body;

    if (rs->pull && c->is_http_1_0)
        c->must_close = true; /* only the end of the connection can end the body */
    size_t with_head = body.len < ONE_WRITE ? body.len : ONE_WRITE;
    o.cap = 1536 + with_head;
    o.at = arena_alloc(o.arena, o.cap, 1);
    put_head(&o, rs);
    if (rs->pull && !c->is_head && !has_no_body(rs)) {
        send_stream(rs, &o);
    } else {
        put(&o, (struct str){body.ptr, with_head});
        if (write_all(c, (struct str){o.at, o.n}) && body.len > with_head)
            write_all(c, (struct str){body.ptr + with_head, body.len - with_head});
    }
}

#define BUSY_BODY                                                                                  \
    "{\"error\":{\"code\":\"busy\",\"message\":\"The server is busy. Try again in a moment.\"}}"
#define BUSY_LENGTH 80
_Static_assert(sizeof(BUSY_BODY) - 1 == BUSY_LENGTH, "the length that is announced");
#define TEXT_OF(number) #number
#define NUMBER(macro) TEXT_OF(macro)

struct str response_busy_bytes(void)
{
    return S("HTTP/1.1 503 Service Unavailable\r\n"
             "Content-Type: application/json\r\n"
             "Content-Length: " NUMBER(BUSY_LENGTH) "\r\n" SECURITY_HEADERS
                                                    "Content-Security-Policy: " CSP_DATA "\r\n"
                                                    "Cache-Control: no-store\r\n"
                                                    "Retry-After: 5\r\n"
                                                    "Connection: close\r\n"
                                                    "\r\n" BUSY_BODY);
}
