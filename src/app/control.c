/* control.c: the server's end: a few threads that accept, run one command, answer in frames. */
#include "app/control.h"
#include "app/control_wire.h"
#include "base/json.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    THREADS = 3,
    ARENA_CAP = 256 << 20,
    CONTROL_CAP = 64 << 10,
    FRAME = 64 << 10,
    PATIENCE_S = 5, /* with a client that says nothing, or does not read */
    PAUSE_MS = 200  /* when no connection can be taken, say for want of descriptors */
};

struct control {
    struct arena *arena; /* of this struct itself */
    struct app *app;
    int listener;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    pthread_t threads[THREADS];
    int nthreads;
    _Atomic bool is_stopping;
};

struct client {
    int fd;
    bool is_gone;
};

static void write_frame(void *self, bool is_error, struct str text)
{
    struct client *client = self;

    /* A client that went away does not stop the command: its work is wanted all the same. */
    while (text.len && !client->is_gone) {
        size_t n = text.len < FRAME ? text.len : FRAME;
        client->is_gone =
            !wire_put(client->fd, is_error ? WIRE_ERROR : WIRE_OUTPUT, (struct str){text.ptr, n});
        text = (struct str){text.ptr + n, text.len - n};
    }
}

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static enum err read_call(struct ctx *cx, struct str text, struct cli_call *call)
{
    enum err err;
    const struct json_in *root, *v;
    struct json_iter it;
    VEC(struct str) words = {0};

    TRY(json_parse(cx, text, &root));
    it = json_iter(json_get(root, "words"));
    while ((v = json_next(&it, NULL)) != NULL)
        if (!json_as_str(v, vec_add(cx->arena, &words)))
            return fail(cx, ERR_INPUT, "the words of a command must be text");
    json_as_str(json_get(root, "password"), &call->password);
    call->words = (struct cli_words){words.at, (int)words.n};
out:
    return err;
}

/* The threads are few, and the end of the program waits for them. */
static void limit_patience(int fd)
{
    struct timeval limit = {.tv_sec = PATIENCE_S};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static void serve_one(struct control *c, int fd)
{
    struct client client = {.fd = fd};
    struct ctx cx = {.arena = arena_new(ARENA_CAP), .clock = c->app->clock, .tag = "command"};
    struct cli_call call = {
        .out = {write_frame, &client}
    };
    struct str text;
    enum wire_kind kind;
    char code;

    limit_patience(fd);
    if (is_allowed(fd) && wire_get(&cx, fd, &kind, &text) && kind == WIRE_CALL &&
        read_call(&cx, text, &call) == OK) {
        code = (char)cli_run(c->app, &cx, &call);
        (void)wire_put(fd, WIRE_EXIT, (struct str){&code, 1});
    }
    arena_free(&cx.arena);
}

static void *accept_loop(void *self)
{
    struct control *c = self;

    while (!atomic_load(&c->is_stopping)) {
        int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            serve_one(c, fd);
            close(fd);
        } else if (errno != EINTR && errno != ECONNABORTED && !atomic_load(&c->is_stopping)) {
            poll(NULL, 0, PAUSE_MS);
        }
    }
    return NULL;
}

static enum err listen_at(struct ctx *cx, struct control *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int bound;

    memcpy(address.sun_path, c->path, sizeof address.sun_path);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->listener < 0)
        return fail(cx, ERR_BUSY, "no socket for commands: %s", strerror(errno));
    /* Nobody else serves this directory: the database's lock is held. What lies there is stale. */
    unlink(c->path);
    mask = umask(0177);
    bound = bind(c->listener, (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (bound || listen(c->listener, 16))
        return fail(cx, ERR_INPUT, "cannot listen at %s: %s", c->path, strerror(errno));
    return OK;
}

enum err control_fits(struct ctx *cx, struct str data)
{
    char path[sizeof((struct sockaddr_un *)0)->sun_path];

    return wire_path(cx, data, path, sizeof path);
}

enum err control_start(struct ctx *cx, struct app *app, struct control **out)
{
    enum err err;
    struct arena *arena = arena_new(CONTROL_CAP);
    struct control *c = arena_new_of(arena, struct control);

    *out = c;
    c->arena = arena;
    c->app = app;
    c->listener = -1;
    TRY(wire_path(cx, app->config.data, c->path, sizeof c->path));
    TRY(listen_at(cx, c));
    for (; c->nthreads < THREADS; c->nthreads++)
        if (pthread_create(&c->threads[c->nthreads], NULL, accept_loop, c))
            return fail(cx, ERR_BUSY, "no thread for commands");
out:
    return err;
}

void control_stop(struct control **control)
{
    struct control *c = *control;

    if (!c)
        return;
    if (c->listener >= 0) {
        atomic_store(&c->is_stopping, true);
        shutdown(c->listener, SHUT_RDWR);
        for (int i = 0; i < c->nthreads; i++)
            pthread_join(c->threads[i], NULL);
        close(c->listener);
        unlink(c->path);
    }
    struct arena *arena = c->arena;
    *control = NULL;
    arena_free(&arena);
}
