/* links_live.c: the clicks that wait, and the thread that stores them: every 200 ms all of them in
 * one transaction. It also looks whether another process has changed the links. */
#include "base/log.h"
#include "links/links_inside.h"

#include <pthread.h>
#include <time.h>

enum {
    GATHER_MS = 200,
    MOST_WAITING = 8192,
    REFRESH_MS = 15 * 1000,
    AFTER_FAILURE_MS = 1000,
    LAST_TRIES = 5, /* when the program ends */
    STORE_MS = 5000,
    LIST_CAP = 32 << 20,
    LIVE_CAP = 16 << 10
};

struct waiting_clicks { /* with their texts in an arena of their own */
    struct arena *arena;
    VEC(struct click) list;
};
struct links_live {
    struct app *app;
    struct arena *own, *scratch;
    struct link_cache *codes;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct waiting_clicks in, out; /* coming in; being stored by the thread */
    struct links_counts counts;
    bool is_stopping;
};

/* ---- coming in ---- */

void links_click(struct links_live *l, const struct click *c)
{
    pthread_mutex_lock(&l->lock);
    if (l->is_stopping || l->in.list.n + l->out.list.n >= MOST_WAITING) {
        l->counts.dropped++;
    } else {
        struct arena *a = l->in.arena;
        struct click *kept = vec_add(a, &l->in.list);
        *kept = *c;
        kept->prefix = arena_str(a, c->prefix);
        kept->agent = arena_str(a, c->agent);
        kept->host = arena_str(a, c->host);
        if (l->in.list.n == 1)
            pthread_cond_signal(&l->work);
    }
    pthread_mutex_unlock(&l->lock);
}

struct link_cache *links_codes(struct links_live *l)
{
    return l->codes;
}

struct links_counts links_counts(struct links_live *l)
{
    struct links_counts counts = {0};

    if (!l)
        return counts;
    pthread_mutex_lock(&l->lock);
    counts = l->counts;
    counts.waiting = (int64_t)(l->in.list.n + l->out.list.n);
    pthread_mutex_unlock(&l->lock);
    return counts;
}

/* ---- the thread ---- */

static struct timespec in_ms(int64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

/* Under the lock: until there is a click, the time is over, or the program ends. */
static void wait_for_clicks(struct links_live *l, int64_t ms)
{
    struct timespec until = in_ms(ms);

    while (!l->in.list.n && !l->is_stopping && !pthread_cond_timedwait(&l->work, &l->lock, &until))
        continue;
}

/* Under the lock: for so long, unless the program ends. */
static void wait_out(struct links_live *l, int64_t ms)
{
    struct timespec until = in_ms(ms);

    while (!l->is_stopping && !pthread_cond_timedwait(&l->work, &l->lock, &until))
        continue;
}

static enum err store(struct links_live *l, const struct click *at, size_t n)
{
    struct ctx cx = {.arena = l->scratch, .clock = l->app->clock, .tag = "links"};
    struct click_list list = {at, n};

    cx.deadline_ms = mono_ms(&cx) + STORE_MS;
    enum err err = clicks_store(&cx, l->app, &list);
    if (err)
        LOG(&cx, LOG_ERROR, "links.not_stored", l_str("code", str_of(err_slug(err))),
            l_str("why", str_of(cx.why)), l_int("clicks", (int64_t)n));
    arena_reset(l->scratch);
    return err;
}

/* A busy writer is waited for. A click that the database will not take must not keep the others
 * out: each is stored alone then, and those that still fail are dropped. */
static enum err store_list(struct links_live *l, int64_t *stored)
{
    const struct click *at = l->out.list.at;
    size_t n = l->out.list.n;
    enum err err = store(l, at, n);

    *stored = err ? 0 : (int64_t)n;
    if (!err || err == ERR_BUSY || err == ERR_TIMEOUT)
        return err;
    for (size_t i = 0; n > 1 && i < n; i++)
        *stored += store(l, &at[i], 1) == OK;
    return OK;
}

/* Under the lock: what came in is now the thread's; what it had is empty. */
static void take(struct links_live *l)
{
    struct waiting_clicks swap = l->out;

    l->out = l->in;
    l->in = swap;
}

/* Under the lock, which it gives up meanwhile. */
static void store_what_came(struct links_live *l)
{
    enum err err;
    int64_t stored;
    int tries = 0;

    take(l);
    do {
        pthread_mutex_unlock(&l->lock);
        err = store_list(l, &stored);
        pthread_mutex_lock(&l->lock);
        if (err)
            wait_out(l, AFTER_FAILURE_MS);
        tries = l->is_stopping ? tries + 1 : 0;
    } while (err && tries < LAST_TRIES);
    l->counts.stored += stored;
    l->counts.dropped += (int64_t)l->out.list.n - stored;
    arena_reset(l->out.arena);
    l->out = (struct waiting_clicks){.arena = l->out.arena};
}

static void say_dropped(struct links_live *l, int64_t *said)
{
    struct ctx cx = {.clock = l->app->clock, .tag = "links"};
    int64_t dropped = l->counts.dropped;

    if (dropped > *said)
        LOG(&cx, LOG_WARN, "links.clicks_dropped", l_int("clicks", dropped - *said));
    *said = dropped;
}

static void refresh(struct links_live *l, bool force)
{
    struct ctx cx = {.arena = l->scratch, .clock = l->app->clock, .tag = "links"};

    cx.deadline_ms = mono_ms(&cx) + STORE_MS;
    if (link_cache_load(l->codes, &cx, l->app, force))
        LOG(&cx, LOG_WARN, "links.not_read", l_str("why", str_of(cx.why)));
    arena_reset(l->scratch);
}

static void *keep_storing(void *self)
{
    struct links_live *l = self;
    int64_t said = 0;

    pthread_mutex_lock(&l->lock);
    while (!l->is_stopping || l->in.list.n) {
        wait_for_clicks(l, REFRESH_MS);
        if (l->in.list.n)
            wait_out(l, GATHER_MS);
        if (l->in.list.n)
            store_what_came(l);
        say_dropped(l, &said);
        if (l->is_stopping)
            continue;
        pthread_mutex_unlock(&l->lock);
        refresh(l, false);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- start and stop ---- */

static void live_free(struct links_live **out)
{
    struct links_live *l = *out;
    struct arena *own = l->own;

    *out = NULL;
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->lock);
    link_cache_free(&l->codes);
    arena_free(&l->in.arena);
    arena_free(&l->out.arena);
    arena_free(&l->scratch);
    arena_free(&own);
}

static struct links_live *live_new(struct app *app)
{
    struct arena *own = arena_new(LIVE_CAP);
    struct links_live *l = arena_new_of(own, struct links_live);
    pthread_condattr_t attr;

    *l = (struct links_live){.app = app,
                             .own = own,
                             .scratch = arena_new(LIST_CAP),
                             .codes = link_cache_new(),
                             .in = {.arena = arena_new(LIST_CAP)},
                             .out = {.arena = arena_new(LIST_CAP)}};
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->work, &attr);
    pthread_condattr_destroy(&attr);
    return l;
}

enum err links_start(struct ctx *cx, struct app *app, struct links_live **out)
{
    enum err err;
    struct links_live *l = live_new(app);

    *out = NULL;
    TRY(link_cache_load(l->codes, cx, app, true));
    if (pthread_create(&l->thread, NULL, keep_storing, l))
        TRY(fail(cx, ERR_BUSY, "no thread for the clicks"));
    *out = l;
    return OK;
out:
    live_free(&l);
    return err;
}

void links_reload(struct links_live *l, struct ctx *cx)
{
    struct ctx own = *cx;

    if (l && link_cache_load(l->codes, &own, l->app, true))
        LOG(cx, LOG_WARN, "links.not_read", l_str("why", str_of(own.why)));
}

void links_stop(struct links_live **out)
{
    struct links_live *l = *out;

    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->is_stopping = true;
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    live_free(out);
}
