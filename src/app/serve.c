/* serve.c: starting and stopping the server's parts in their order. */
#include "app/serve.h"
#include "app/control.h"
#include "app/tables.h"
#include "core/auth.h"
#include "core/gate.h"
#include "core/inbox.h"
#include "core/webhook_key.h"
#include "links/links.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { JOB_WORKERS = 2, SERVING_CAP = 64 << 10 };

struct serving {
    struct arena *arena; /* of this struct itself */
    struct app *app;
    struct server *server;
    struct control *control;
};

static enum err start_http(struct ctx *cx, struct serving *s)
{
    struct app *app = s->app;
    struct route_sets sets = tables_routes(cx->arena);
    struct server_opts o = {.listen = str_z(cx->arena, app->config.listen),
                            .threads = (int)app->config.http_threads,
                            .trusted_proxies = str_z(cx->arena, app->config.trusted_proxies),
                            .public_url = str_z(cx->arena, app->config.public_url),
                            .cors_origins = str_z(cx->arena, app->config.cors_origins),
                            .clock = app->clock,
                            .sets = sets.at,
                            .nsets = sets.n,
                            .aliases = table_aliases,
                            .naliases = table_naliases,
                            .gate = &core_gate,
                            .fallback = assets_serve};

    return server_start(cx, app, &o, &s->server);
}

/* With --listen HOST:0 the port is known only now; the address that links are made of follows. */
static void name_the_port(struct ctx *cx, struct serving *s)
{
    struct config *c = &s->app->config;
    struct str derived = arena_fmt(cx->arena, "http://%.*s", STR_FMT(c->listen));

    if (str_eq(c->public_url, derived) && str_ends(derived, S(":0")))
        c->public_url = arena_fmt(cx->arena, "%.*s%d", (int)derived.len - 1, derived.ptr,
                                  server_port(s->server));
}

/* What a process before this one took in and did not work out does not wait for the timetable. */
static void finish_what_was_left(struct app *app)
{
    scheduler_nudge(app->scheduler, "inbox.drain");
    scheduler_nudge(app->scheduler, "metrics.build");
}

void signals_hold(sigset_t *before)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

enum err serving_start(struct ctx *cx, struct app *app, struct serving **out)
{
    enum err err;
    struct arena *arena = arena_new(SERVING_CAP);
    struct serving *s = arena_new_of(arena, struct serving);
    sigset_t before;

    *out = s;
    s->arena = arena;
    s->app = app;
    signals_hold(&before);
    /* Jobs look at the inbox, so it is there before their threads are and goes after them. It
     * wakes the timetable, but only for what comes in over HTTP, which starts later and ends
     * earlier than both. */
    TRY(inbox_start(cx, app, &app->inbox));
    TRY(links_start(cx, app, &app->links));
    TRY(scheduler_start(cx, app, JOB_WORKERS, &app->scheduler));
    TRY(start_http(cx, s));
    name_the_port(cx, s);
    TRY(control_start(cx, app, &s->control));
    finish_what_was_left(app);
out:
    signals_release(&before);
    return err;
}

void serving_stop(struct serving **serving)
{
    struct serving *s = *serving;

    if (!s)
        return;
    server_stop(&s->server);
    /* Before the commands are waited for: one may be fetching a year. */
    scheduler_wind_down(s->app->scheduler);
    fetcher_abort(s->app->fetcher);
    control_stop(&s->control);
    scheduler_stop(&s->app->scheduler);
    links_stop(&s->app->links);
    inbox_stop(&s->app->inbox);
    struct arena *arena = s->arena;
    *serving = NULL;
    arena_free(&arena);
}

int serving_port(const struct serving *s)
{
    return server_port(s->server);
}

void serving_wait(const volatile sig_atomic_t *stop)
{
    /* A signal ends the poll; the time limit only covers one that came a moment before it. */
    while (!*stop)
        poll(NULL, 0, 1000);
}

static enum err webhook_address(struct ctx *cx, struct app *app, struct str *url)
{
    enum err err = OK;
    struct tx *tx = NULL;
    struct str key;
    bool has_key;

    *url = (struct str){0};
    if (app->config.amo_webhook_secret.len)
        return OK;
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(webhook_key_exists(tx, S("amocrm"), &has_key));
    if (has_key)
        goto out;
    TRY(webhook_key_create(tx, app, S("amocrm"), &key));
    TRY(tx_commit(tx));
    webhook_keys_forget(app->hooks);
    *url = arena_fmt(cx->arena, "%.*s/webhook/amocrm/traffic/%.*s", STR_FMT(app->config.public_url),
                     STR_FMT(key));
out:
    tx_end(&tx);
    return err;
}

enum err serving_welcome(struct ctx *cx, struct app *app, const struct serving *s)
{
    enum err err;
    struct str link, hook;

    TRY(auth_setup_link(cx, app, &link));
    TRY(webhook_address(cx, app, &hook));
    printf("Traffic Dashboard %s is ready at %.*s (port %d, %s)\n", app->version,
           STR_FMT(app->config.public_url), serving_port(s), db_engine(app->db));
    if (hook.len)
        printf("amoCRM webhook, shown this once: %.*s\n", STR_FMT(hook));
    if (link.len)
        printf("No admin yet. Choose the first password within 15 minutes: %.*s\n", STR_FMT(link));
    fflush(stdout);
out:
    return err;
}
