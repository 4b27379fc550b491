/* load.c: a closed loop of HTTP requests over a fixed number of kept connections, on one thread.
 *
 *     load PORT CONNECTIONS SECONDS REQUEST_FILE [MOST]
 *
 * REQUEST_FILE holds one whole request; every run of twelve '#' in it becomes the number of the
 * request, so that each is unique. With MOST it ends after so many answers, if that is sooner.
 * Answers must carry a Content-Length. One line comes out:
 *
 *     <answers per second> <p50 us> <p99 us> <slowest us> <answers> <of them not 2xx> <bytes of the
 * last answer>
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DIGITS = 12, MOST_MARKS = 16, REQUEST = 64 << 10, ANSWER = 4 << 20, BUCKETS = 1 << 16 };
/* Latencies are counted in buckets of 4 us; what is slower than 262 ms lies in the last one. */
enum { BUCKET_US = 4 };

struct connection {
    int fd;
    int64_t sent_at_us;
    char *answer;
    size_t n;    /* bytes of the answer so far */
    size_t want; /* bytes of the whole answer; 0 = its head is not complete */
};
struct load {
    char request[REQUEST];
    size_t length;
    size_t marks[MOST_MARKS], nmarks;
    uint64_t number;
    uint64_t sent, most;
    int epoll;
    int64_t ends_at_us, slowest_us;
    uint64_t answers, refused;
    size_t last_bytes;
    uint32_t buckets[BUCKETS];
};

static void stop(const char *why)
{
    fprintf(stderr, "load: %s: %s\n", why, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void read_request(struct load *l, const char *path)
{
    FILE *f = fopen(path, "rb");

    if (!f)
        stop(path);
    l->length = fread(l->request, 1, REQUEST - 1, f);
    fclose(f);
    for (char *at = l->request; (at = strstr(at, "############")) != NULL; at += DIGITS) {
        if (l->nmarks == MOST_MARKS)
            stop("too many marks in the request");
        l->marks[l->nmarks++] = (size_t)(at - l->request);
    }
}

static void write_number(struct load *l)
{
    char text[24];

    snprintf(text, sizeof text, "%0*llu", DIGITS, (unsigned long long)++l->number);
    for (size_t i = 0; i < l->nmarks; i++)
        memcpy(l->request + l->marks[i], text, DIGITS);
}

/* A request is smaller than a socket's buffer, so it goes out whole. */
static void ask(struct load *l, struct connection *c)
{
    if (l->sent == l->most)
        return;
    l->sent++;
    write_number(l);
    c->n = c->want = 0;
    c->sent_at_us = now_us();
    if (send(c->fd, l->request, l->length, MSG_NOSIGNAL) != (ssize_t)l->length)
        stop("send");
}

static size_t whole_answer(struct connection *c)
{
    char *end, *length;

    c->answer[c->n] = 0;
    end = strstr(c->answer, "\r\n\r\n");
    if (!end)
        return 0;
    length = strcasestr(c->answer, "\r\nContent-Length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end - c->answer) + 4 + body;
}

static void count(struct load *l, const struct connection *c)
{
    int64_t us = now_us() - c->sent_at_us, bucket = us / BUCKET_US;

    l->answers++;
    l->refused += strncmp(c->answer, "HTTP/1.1 2", 10) && strncmp(c->answer, "HTTP/1.1 302", 12);
    l->last_bytes = c->want;
    l->slowest_us = us > l->slowest_us ? us : l->slowest_us;
    l->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static void take(struct load *l, struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->n, ANSWER - 1 - c->n, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        stop("the server closed a connection");
    c->n += (size_t)n;
    if (!c->want)
        c->want = whole_answer(c);
    if (!c->want || c->n < c->want)
        return;
    count(l, c);
    ask(l, c);
}

static void open_connection(struct load *l, struct connection *c, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event on = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;

    c->answer = malloc(ANSWER);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || !c->answer || connect(c->fd, (struct sockaddr *)&to, sizeof to))
        stop("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &on))
        stop("epoll");
}

static int64_t percentile_us(const struct load *l, uint64_t of_10000)
{
    uint64_t left = l->answers * of_10000 / 10000;

    for (size_t i = 0; i < BUCKETS; i++) {
        if (left < l->buckets[i])
            return (int64_t)i * BUCKET_US + BUCKET_US / 2;
        left -= l->buckets[i];
    }
    return l->slowest_us;
}

static void run(struct load *l)
{
    struct epoll_event events[256];

    while (l->answers < l->most && now_us() < l->ends_at_us) {
        int n = epoll_wait(l->epoll, events, 256, 1000);
        for (int i = 0; i < n; i++)
            take(l, events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    struct load *l = calloc(1, sizeof *l);

    if ((argc != 5 && argc != 6) || !l) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS REQUEST_FILE [MOST]\n");
        return 2;
    }
    size_t n = strtoul(argv[2], NULL, 10);
    double seconds = strtod(argv[3], NULL);
    struct connection *all = calloc(n, sizeof *all);
    /* Where another run of this program left off is unknown: start where the clock is. */
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    l->number = ((uint64_t)at.tv_sec % 10000) * 100000000;
    l->most = argc == 6 ? strtoull(argv[5], NULL, 10) : UINT64_MAX;
    read_request(l, argv[4]);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < n; i++)
        open_connection(l, &all[i], (int)strtol(argv[1], NULL, 10));
    int64_t began = now_us();
    l->ends_at_us = began + (int64_t)(seconds * 1e6);
    for (size_t i = 0; i < n; i++)
        ask(l, &all[i]);
    run(l);
    double took = (double)(now_us() - began) / 1e6;
    printf("%.0f %lld %lld %lld %llu %llu %zu\n", (double)l->answers / took,
           (long long)percentile_us(l, 5000), (long long)percentile_us(l, 9900),
           (long long)l->slowest_us, (unsigned long long)l->answers, (unsigned long long)l->refused,
           l->last_bytes);
    return 0;
}
