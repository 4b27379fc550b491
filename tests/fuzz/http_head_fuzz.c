/* Any bytes on a connection to the real server: each answer is well formed, nothing behind a
 * refused head is served, and the connection ends. */
#include "fuzz.h"

#include "base/log.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_ANSWER = 1 << 20 };

static enum err echo(struct req *rq, struct resp *rs)
{
    return resp_body(rs, "text/plain", rq->body);
}

static const struct route routes[] = {
    {GET,  "/ok",            0, RATE_NONE, echo, 0,           0   },
    {GET,  "/things/{name}", 0, RATE_NONE, echo, 0,           0   },
    {POST, "/ok",            0, RATE_NONE, echo, RT_RAW_BODY, 4096},
    {POST, "/json",          0, RATE_NONE, echo, 0,           4096},
};
static const struct route_set sets[] = {ROUTES(routes)};

/* One server for the whole run: starting its threads for each input would be all that is tested. */
static int server_once(void)
{
    static struct server *server;
    struct server_opts o = {.listen = "127.0.0.1:0", .threads = 2, .sets = sets, .nsets = 1};

    if (!server) {
        struct ctx cx = fuzz_begin();
        log_set_level(LOG_ERROR);
        must(!server_start(&cx, NULL, &o, &server));
        fuzz_end(&cx);
    }
    return server_port(server);
}

static struct str exchange(struct ctx *cx, int port, struct str bytes)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct linger reset = {1, 0}; /* no waiting ports are left behind */
    char *answer = arena_alloc(cx->arena, MOST_ANSWER, 1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t got = 0;
    ssize_t n;

    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    must(fd >= 0 && !connect(fd, (struct sockaddr *)&there, sizeof there));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    n = bytes.len ? send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) : 0;
    shutdown(fd, SHUT_WR);
    while (n >= 0 && got < MOST_ANSWER && (n = recv(fd, answer + got, MOST_ANSWER - got, 0)) > 0)
        got += (size_t)n;
    close(fd);
    return (struct str){answer, got};
}

/* Takes one answer off the front. */
static bool take_answer(struct ctx *cx, struct str *rest, int64_t *status)
{
    const char *end = rest->len ? memmem(rest->ptr, rest->len, "\r\n\r\n", 4) : NULL;
    const char *length;
    int64_t n = -1;

    if (!end)
        return false;
    struct str head = arena_fmt(cx->arena, "%.*s", (int)(end - rest->ptr), rest->ptr);
    must(str_starts(head, S("HTTP/1.1 ")));
    must(str_to_int((struct str){head.ptr + 9, 3}, status));
    *rest = (struct str){end + 4, rest->len - (size_t)(end + 4 - rest->ptr)};
    if (*status == 100)
        return true;
    must(strstr(head.ptr, "X-Content-Type-Options: nosniff"));
    must((length = strstr(head.ptr, "Content-Length: ")));
    struct str line = str_of(length + 16), digits;
    must(str_cut(&line, '\r', &digits) && str_to_int(digits, &n));
    must(n >= 0 && (size_t)n <= rest->len);
    *rest = (struct str){rest->ptr + n, rest->len - (size_t)n};
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int port = server_once();
    struct ctx cx = fuzz_begin();
    struct str rest = exchange(&cx, port, fuzz_text(data, size));
    int64_t status = 200;
    bool may_go_on = true;

    if (!memmem(data, size, "HEAD ", 5)) { /* whose answers announce a body that does not follow */
        while (take_answer(&cx, &rest, &status)) {
            must(may_go_on);
            may_go_on = status != 431 && status != 505 && status != 408;
        }
    }
    return fuzz_end(&cx);
}
