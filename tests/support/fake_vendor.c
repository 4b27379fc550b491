/* fake_vendor.c: one thread that accepts, one per connection. */
#include "fake_vendor.h"
#include "test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 4096, MAX_REQUEST = 1 << 20, MIB = 1 << 20 };

struct text {
    char *at;
    size_t n;
};
struct scripted {
    struct fake_answer answer;
    struct text bytes;
};
struct fake_vendor {
    int listener, stop; /* stop: an eventfd that is readable once the test is over */
    int port;
    char url[64];
    pthread_t accepter;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t news;
    struct scripted *script;
    size_t nscript, next;
    struct text *requests;
    size_t nrequests;
    pthread_t threads[MAX_CONNECTIONS];
    size_t nthreads;
};
struct connection {
    struct fake_vendor *v;
    int fd;
};

static void *grown(void *at, size_t n, size_t item)
{
    void *more = realloc(at, (n + 1) * item);

    if (!more)
        abort();
    return more;
}

static struct text text_dup(const char *at, size_t n)
{
    struct text t = {malloc(n + 1), n};

    if (!t.at)
        abort();
    if (n)
        memcpy(t.at, at, n);
    t.at[n] = 0;
    return t;
}

/* Waits for fd to become ready; false when the test is over. */
static bool ready(struct fake_vendor *v, int fd, short events, int timeout_ms)
{
    struct pollfd fds[2] = {
        {v->stop, POLLIN, 0},
        {fd,      events, 0}
    };

    while (poll(fds, fd < 0 ? 1 : 2, timeout_ms) < 0)
        if (errno != EINTR)
            return false;
    return !fds[0].revents;
}

static bool pause_ms(struct fake_vendor *v, int64_t ms)
{
    return ms <= 0 || ready(v, -1, 0, (int)ms);
}

static bool send_all(struct fake_vendor *v, int fd, const char *at, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!ready(v, fd, POLLOUT, -1))
                return false;
            continue;
        }
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static size_t body_length(const char *head)
{
    for (const char *line = head; (line = strstr(line, "\r\n")); line += 2)
        if (!strncasecmp(line + 2, "content-length:", 15))
            return (size_t)strtoul(line + 17, NULL, 10);
    return 0;
}

static bool receive(struct fake_vendor *v, int fd, struct text *out)
{
    char *buffer = malloc(MAX_REQUEST + 1), *end = NULL;
    size_t n = 0, wanted = 0;

    if (!buffer)
        abort();
    while (!end || n < wanted) {
        ssize_t got = ready(v, fd, POLLIN, -1) ? recv(fd, buffer + n, MAX_REQUEST - n, 0) : 0;
        if (got <= 0) {
            free(buffer);
            return false;
        }
        n += (size_t)got;
        buffer[n] = 0;
        if (!end && (end = strstr(buffer, "\r\n\r\n")))
            wanted = (size_t)(end - buffer) + 4 + body_length(buffer);
    }
    *out = text_dup(buffer, n);
    free(buffer);
    return true;
}

static bool take_answer(struct fake_vendor *v, struct text request, struct scripted *out)
{
    bool has_one;

    pthread_mutex_lock(&v->lock);
    v->requests = grown(v->requests, v->nrequests, sizeof *v->requests);
    v->requests[v->nrequests++] = request;
    has_one = v->nscript > 0;
    if (has_one)
        *out = v->script[v->next];
    if (v->next + 1 < v->nscript)
        v->next++;
    pthread_cond_broadcast(&v->news);
    pthread_mutex_unlock(&v->lock);
    return has_one;
}

static bool say(struct fake_vendor *v, int fd, const struct scripted *s)
{
    const struct fake_answer *a = &s->answer;
    size_t step = a->drip ? a->drip : s->bytes.n;
    static const char spaces[65536] = {' '};

    if (!pause_ms(v, a->delay_ms))
        return false;
    for (size_t at = 0; at < s->bytes.n; at += step) {
        size_t n = s->bytes.n - at < step ? s->bytes.n - at : step;
        if (!send_all(v, fd, s->bytes.at + at, n) || !pause_ms(v, a->drip_ms))
            return false;
    }
    for (size_t i = 0; i < a->repeat * (MIB / sizeof spaces); i++)
        if (!send_all(v, fd, spaces, sizeof spaces))
            return false;
    return a->keep && !a->reset;
}

static void *serve(void *self)
{
    struct connection *c = self;
    struct text request;
    struct scripted s = {0};

    while (receive(c->v, c->fd, &request))
        if (!take_answer(c->v, request, &s) || !say(c->v, c->fd, &s))
            break;
    if (s.answer.reset) {
        struct linger at_once = {1, 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *self)
{
    struct fake_vendor *v = self;

    while (ready(v, v->listener, POLLIN, -1)) {
        int fd = accept(v->listener, NULL, NULL);
        struct connection *c = malloc(sizeof *c);
        if (!c)
            abort();
        *c = (struct connection){v, fd};
        pthread_mutex_lock(&v->lock);
        if (fd >= 0 && v->nthreads < MAX_CONNECTIONS &&
            !pthread_create(&v->threads[v->nthreads], NULL, serve, c)) {
            v->nthreads++;
            c = NULL;
        }
        pthread_mutex_unlock(&v->lock);
        if (c && fd >= 0)
            close(fd);
        free(c);
    }
    return NULL;
}

struct fake_vendor *fake_vendor_start(void)
{
    struct fake_vendor *v = calloc(1, sizeof *v);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;

    if (!v)
        abort();
    v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    v->stop = eventfd(0, EFD_CLOEXEC);
    if (v->listener < 0 || v->stop < 0 || bind(v->listener, (struct sockaddr *)&at, n) ||
        listen(v->listener, 64) || getsockname(v->listener, (struct sockaddr *)&at, &n))
        abort();
    v->port = ntohs(at.sin_port);
    snprintf(v->url, sizeof v->url, "http://127.0.0.1:%d", v->port);
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->news, NULL);
    if (pthread_create(&v->accepter, NULL, accept_all, v))
        abort();
    return v;
}

void fake_vendor_stop(struct fake_vendor **vendor)
{
    struct fake_vendor *v = *vendor;
    uint64_t one = 1;

    if (!v)
        return;
    if (write(v->stop, &one, sizeof one) != sizeof one)
        abort();
    pthread_join(v->accepter, NULL);
    for (size_t i = 0; i < v->nthreads; i++)
        pthread_join(v->threads[i], NULL);
    for (size_t i = 0; i < v->nrequests; i++)
        free(v->requests[i].at);
    for (size_t i = 0; i < v->nscript; i++)
        free(v->script[i].bytes.at);
    free(v->requests);
    free(v->script);
    close(v->listener);
    close(v->stop);
    pthread_mutex_destroy(&v->lock);
    pthread_cond_destroy(&v->news);
    free(v);
    *vendor = NULL;
}

int fake_vendor_port(const struct fake_vendor *v)
{
    return v->port;
}

const char *fake_vendor_url(const struct fake_vendor *v)
{
    return v->url;
}

void fake_vendor_says(struct fake_vendor *v, const struct fake_answer *answer)
{
    struct scripted s = {*answer, text_dup(answer->bytes.ptr, answer->bytes.len)};

    pthread_mutex_lock(&v->lock);
    if (v->nscript && v->nrequests > v->next) /* the last one was given already: go on */
        v->next = v->nscript;
    v->script = grown(v->script, v->nscript, sizeof *v->script);
    v->script[v->nscript++] = s;
    pthread_mutex_unlock(&v->lock);
}

void fake_vendor_answers(struct fake_vendor *v, int status, const char *headers, struct str body)
{
    struct arena *a = arena_new(SIZE_MAX / 2);
    struct str head = arena_fmt(a, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n", status,
                                body.len, headers);
    char *bytes = arena_alloc(a, head.len + body.len + 1, 1);

    memcpy(bytes, head.ptr, head.len);
    if (body.len)
        memcpy(bytes + head.len, body.ptr, body.len);
    fake_vendor_says(v, &(struct fake_answer){
                            .bytes = {bytes, head.len + body.len},
                              .keep = true
    });
    arena_free(&a);
}

void fake_vendor_wait(struct fake_vendor *v, size_t requests)
{
    pthread_mutex_lock(&v->lock);
    while (v->nrequests < requests)
        pthread_cond_wait(&v->news, &v->lock);
    pthread_mutex_unlock(&v->lock);
}

size_t fake_vendor_requests(struct fake_vendor *v)
{
    pthread_mutex_lock(&v->lock);
    size_t n = v->nrequests;
    pthread_mutex_unlock(&v->lock);
    return n;
}

size_t fake_vendor_connections(struct fake_vendor *v)
{
    pthread_mutex_lock(&v->lock);
    size_t n = v->nthreads;
    pthread_mutex_unlock(&v->lock);
    return n;
}

struct str fake_vendor_request(struct fake_vendor *v, struct arena *a, size_t i)
{
    struct str out = {0};

    pthread_mutex_lock(&v->lock);
    if (i < v->nrequests)
        out = arena_str(a, (struct str){v->requests[i].at, v->requests[i].n});
    pthread_mutex_unlock(&v->lock);
    return out;
}

struct str vendor_reply(struct arena *a, const char *name)
{
    struct str path = arena_fmt(a, "%s/vendor_replies/%s", TEST_FOLDER, name);
    FILE *file = fopen(str_z(a, path), "rb");
    char *bytes = arena_alloc(a, MIB, 1);

    if (!file)
        test_fail(TEST_AT(name), "no kept reply %s", name);
    size_t n = fread(bytes, 1, MIB, file);
    fclose(file);
    return (struct str){bytes, n};
}

void vendor_reply_each(struct arena *a, const char *vendor,
                       void (*fn)(const char *name, struct str bytes, void *self), void *self)
{
    struct str path = arena_fmt(a, "%s/vendor_replies/%s", TEST_FOLDER, vendor);
    DIR *folder = opendir(str_z(a, path));

    if (!folder)
        test_fail(TEST_AT(vendor), "no kept replies of %s", vendor);
    for (struct dirent *d; (d = readdir(folder));) {
        const char *name = str_z(a, arena_fmt(a, "%s/%s", vendor, d->d_name));
        if (d->d_name[0] != '.')
            fn(name, vendor_reply(a, name), self);
    }
    closedir(folder);
}
