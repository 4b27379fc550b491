/* control_wire.c: whole frames in, whole frames out. */
#include "app/control_wire.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD = 5, MOST = 1 << 20 };

static bool send_all(int fd, const char *at, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int fd, char *at, size_t n)
{
    while (n) {
        ssize_t got = recv(fd, at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

bool wire_put(int fd, enum wire_kind kind, struct str text)
{
    size_t n = text.len < MOST ? text.len : MOST;
    char head[HEAD] = {(char)kind, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

    return send_all(fd, head, HEAD) && send_all(fd, text.ptr, n);
}

bool wire_get(struct ctx *cx, int fd, enum wire_kind *kind, struct str *text)
{
    unsigned char head[HEAD];
    size_t n;
    char *at;

    if (!receive_all(fd, (char *)head, HEAD))
        return false;
    n = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (n > MOST)
        return false;
    at = arena_alloc(cx->arena, n + 1, 1);
    *kind = (enum wire_kind)head[0];
    *text = (struct str){at, n};
    return receive_all(fd, at, n);
}

enum err wire_path(struct ctx *cx, struct str data, char *path, size_t size)
{
    struct str full = arena_fmt(cx->arena, "%.*s/trafficd.sock", STR_FMT(data));

    if (full.len >= size)
        return fail(cx, ERR_INPUT, "the path %.*s is too long for a socket (%zu bytes at most)",
                    STR_FMT(full), size - 1);
    memset(path, 0, size);
    memcpy(path, full.ptr, full.len);
    return OK;
}
