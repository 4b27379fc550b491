/* ask.c: bytes out, one answer in. */
#include "ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t real_ms(void)
{
    return clock_system.mono_ms(clock_system.self);
}

static struct sockaddr_in address(const char *ip, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    inet_pton(AF_INET, ip, &at.sin_addr);
    return at;
}

struct ask ask_socket(struct ctx *cx, const char *from)
{
    struct ask a = {.cx = cx, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in own = address(from ? from : "127.0.0.1", 0);
    int on = 1;

    setsockopt(a.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(a.fd, (struct sockaddr *)&own, sizeof own))
        a.is_closed = true;
    return a;
}

void ask_connect(struct ask *a, int port)
{
    struct sockaddr_in there = address("127.0.0.1", port);

    if (connect(a->fd, (struct sockaddr *)&there, sizeof there))
        a->is_closed = true;
}

struct ask ask_open(struct ctx *cx, const char *from, int port)
{
    struct ask a = ask_socket(cx, from);

    ask_connect(&a, port);
    return a;
}

void ask_close(struct ask *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

bool ask_send(struct ask *a, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(a->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = (struct str){bytes.ptr + n, bytes.len - (size_t)n};
    }
    return true;
}

/* Receives some more; false at the end of the connection or of the time. */
static bool receive(struct ask *a, int64_t until)
{
    char buf[16384];
    struct pollfd p = {.fd = a->fd, .events = POLLIN};
    int64_t left = until - real_ms();

    if (a->is_closed || left <= 0 || poll(&p, 1, (int)left) <= 0)
        return false;
    ssize_t n = recv(a->fd, buf, sizeof buf, 0);
    if (n <= 0) {
        a->is_closed = true;
        return false;
    }
    char *more = arena_alloc(a->cx->arena, a->unread.len + (size_t)n, 1);
    if (a->unread.len)
        memcpy(more, a->unread.ptr, a->unread.len);
    memcpy(more + a->unread.len, buf, (size_t)n);
    a->unread = (struct str){more, a->unread.len + (size_t)n};
    return true;
}

static struct str take(struct ask *a, size_t n)
{
    struct str taken = {a->unread.ptr, n};

    a->unread = (struct str){a->unread.ptr + n, a->unread.len - n};
    return taken;
}

/* Takes everything up to and with `end`. */
static bool take_until(struct ask *a, struct str end, int64_t until, struct str *out)
{
    for (;;) {
        const char *at =
            a->unread.len ? memmem(a->unread.ptr, a->unread.len, end.ptr, end.len) : NULL;
        if (at) {
            *out = take(a, (size_t)(at - a->unread.ptr) + end.len);
            return true;
        }
        if (!receive(a, until))
            return false;
    }
}

static bool take_count(struct ask *a, size_t n, int64_t until, struct str *out)
{
    while (a->unread.len < n)
        if (!receive(a, until))
            return false;
    *out = take(a, n);
    return true;
}

static struct str joined(struct ask *a, struct str x, struct str y)
{
    return arena_fmt(a->cx->arena, "%.*s%.*s", STR_FMT(x), STR_FMT(y));
}

static bool take_chunks(struct ask *a, int64_t until, struct str *body)
{
    struct str line, chunk;

    while (take_until(a, S("\r\n"), until, &line)) {
        size_t n = strtoul(str_z(a->cx->arena, line), NULL, 16);
        if (!take_count(a, n + 2, until, &chunk))
            return false;
        *body = joined(a, *body, (struct str){chunk.ptr, n});
        if (!n)
            return true;
    }
    return false;
}

static void take_rest(struct ask *a, int64_t until, struct answer *out)
{
    while (receive(a, until))
        continue;
    out->is_whole = a->is_closed;
    out->body = take(a, a->unread.len);
}

static bool has_body(const struct answer *out, bool is_head)
{
    return !is_head && out->status >= 200 && out->status != 204 && out->status != 304;
}

struct answer ask_read(struct ask *a, bool is_head, int64_t most_ms)
{
    int64_t until = real_ms() + most_ms, length, status = 0;
    struct answer out = {0};

    if (!take_until(a, S("\r\n\r\n"), until, &out.head) || out.head.len < 12)
        return out;
    if (str_to_int((struct str){out.head.ptr + 9, 3}, &status))
        out.status = (int)status;
    struct str coding = answer_header(&out, "Transfer-Encoding");
    if (!has_body(&out, is_head))
        out.is_whole = true;
    else if (str_eq(coding, S("chunked")))
        out.is_whole = take_chunks(a, until, &out.body);
    else if (str_to_int(answer_header(&out, "Content-Length"), &length))
        out.is_whole = take_count(a, (size_t)length, until, &out.body);
    else
        take_rest(a, until, &out);
    return out;
}

bool ask_ends(struct ask *a, int64_t most_ms)
{
    int64_t until = real_ms() + most_ms;

    while (!a->is_closed && !a->unread.len && real_ms() < until)
        receive(a, until);
    return a->is_closed && !a->unread.len;
}

struct answer ask_once(struct ctx *cx, int port, struct str bytes)
{
    struct ask a = ask_open(cx, NULL, port);
    bool is_head = str_starts(bytes, S("HEAD "));

    ask_send(&a, bytes);
    struct answer out = ask_read(&a, is_head, ASK_PATIENCE_MS);
    ask_close(&a);
    return out;
}

struct answer ask_for(struct ctx *cx, int port, const char *method, const char *target,
                      const char *headers, struct str body)
{
    struct str length = S("");

    if (body.len)
        length = arena_fmt(cx->arena, "Content-Length: %zu\r\n", body.len);
    struct str head = arena_fmt(cx->arena, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%.*s\r\n",
                                method, target, headers ? headers : "", STR_FMT(length));
    return ask_once(cx, port, arena_fmt(cx->arena, "%.*s%.*s", STR_FMT(head), STR_FMT(body)));
}

static bool next_header(struct str *rest, struct str *name, struct str *value)
{
    struct str line;

    if (!str_cut(rest, '\n', &line))
        return false;
    *value = str_trim(line);
    if (!str_cut(value, ':', name))
        *name = S("");
    *value = str_trim(*value);
    return true;
}

struct str answer_header(const struct answer *a, const char *name)
{
    struct str rest = a->head, key, value;

    while (next_header(&rest, &key, &value))
        if (str_eq_nocase(key, str_of(name)))
            return value;
    return S("");
}

size_t answer_header_count(const struct answer *a, const char *name)
{
    struct str rest = a->head, key, value;
    size_t n = 0;

    while (next_header(&rest, &key, &value))
        n += str_eq_nocase(key, str_of(name));
    return n;
}
