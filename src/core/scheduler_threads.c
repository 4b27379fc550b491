/* scheduler_threads.c: one thread that keeps time, a few that work, and how they end. */
#include "base/log.h"
#include "core/scheduler_inside.h"

#include <time.h>

enum {
    LONGEST_WAIT_MS = 60 * 1000, /* a clock that was set is noticed after this at the latest */
    NUDGE_PAUSE_MS = 100,        /* what comes in meanwhile is one run */
    AFTER_FAILURE_MS = 1000,
    NAP_MS = 200,
    SCHEDULER_CAP = 1 << 20
};
#define DAY_MS (24 * 3600 * 1000LL)

/* ---- the clock that jobs see ---- */

static int64_t job_now(void *self)
{
    const struct clock *c = ((struct scheduler *)self)->app->clock;

    return c->now_ms(c->self);
}

static int64_t job_mono(void *self)
{
    struct scheduler *s = self;
    int64_t mono = s->app->clock->mono_ms(s->app->clock->self);

    return atomic_load(&s->is_stopping) ? mono + DAY_MS : mono;
}

static void job_sleep(void *self, int64_t ms)
{
    struct scheduler *s = self;

    while (ms > 0 && !atomic_load(&s->is_stopping)) {
        int64_t nap = ms < NAP_MS ? ms : NAP_MS;
        s->app->clock->sleep_ms(s->app->clock->self, nap);
        ms -= nap;
    }
}

/* ---- threads ---- */

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

/* Under the lock: is there something to do as soon as hands are free? */
static bool is_nudged(const struct scheduler *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (entry_is_wanted(&s->entries[i]) && !s->entries[i].is_running)
            return s->nidle > 0;
    return false;
}

/* Under the lock: until the next slot of a job that is not running. */
static int64_t wait_ms(const struct scheduler *s, int64_t now)
{
    int64_t wait = LONGEST_WAIT_MS;

    if (!s->nidle)
        return wait; /* a worker that ends its run wakes us */
    for (size_t i = 0; i < s->n; i++) {
        const struct entry *e = &s->entries[i];
        int64_t next =
            e->is_running || e->is_paused ? 0 : cron_next(&e->cron, s->app->zone, e->last_slot);
        if (next && next - now < wait)
            wait = next > now ? next - now : 0;
    }
    return wait;
}

static void wait_for_work(struct scheduler *s, bool has_failed)
{
    int64_t now = s->app->clock->now_ms(s->app->clock->self);

    pthread_mutex_lock(&s->lock);
    struct timespec until = in_ms(has_failed ? AFTER_FAILURE_MS : wait_ms(s, now));
    bool is_over = false;
    while (!is_over && !atomic_load(&s->is_stopping) &&
           (has_failed || !(s->has_news || is_nudged(s))))
        is_over = pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0;
    until = in_ms(NUDGE_PAUSE_MS);
    is_over = false;
    while (!is_over && !atomic_load(&s->is_stopping) && is_nudged(s))
        is_over = pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0;
    pthread_mutex_unlock(&s->lock);
}

static void *keep_time(void *self)
{
    struct scheduler *s = self;
    struct arena *a = arena_new(SCHEDULER_CAP);

    while (!atomic_load(&s->is_stopping)) {
        struct ctx cx = {.arena = a, .clock = s->app->clock, .tag = "scheduler"};
        enum err err = scheduler_tick(s, &cx);
        if (err)
            LOG(&cx, LOG_ERROR, "scheduler.failed", l_str("why", str_of(cx.why)));
        arena_reset(a);
        wait_for_work(s, err != OK);
    }
    arena_free(&a);
    return NULL;
}

static struct entry *next_queued(struct scheduler *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].is_queued)
            return &s->entries[i];
    return NULL;
}

static void *keep_working(void *self)
{
    struct scheduler *s = self;
    struct entry *e;

    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!(e = next_queued(s)) && !s->is_over)
            pthread_cond_wait(&s->work, &s->lock);
        if (!e)
            break;
        e->is_queued = false;
        pthread_mutex_unlock(&s->lock);
        scheduler_run_entry(s, e);
        pthread_mutex_lock(&s->lock);
        s->nidle++;
        s->has_news = true;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- start and stop ---- */

static enum err add_entry(struct ctx *cx, struct scheduler *s, const struct job *job)
{
    enum err err;
    struct entry *e = &s->entries[s->n];
    struct job_setting setting;
    int64_t now = now_ms(cx), last;

    TRY(job_setting_load(cx, s->app, job, &setting));
    e->cron = setting.cron;
    e->is_paused = setting.paused_at != 0;
    TRY(job_last_slot(cx, s->app, job->name, &last));
    if (last && last < setting.changed_at)
        last = setting.changed_at; /* what a pause or another schedule passed over stays so */
    /* Without a history there is nothing to catch up with; a history from the future is a clock
     * that was wrong. */
    e->last_slot = last && last < now ? last : now;
    e->job = job;
    s->n++;
out:
    return err;
}

static void init_locks(struct scheduler *s)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_cond_init(&s->work, NULL);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
}

static struct scheduler *scheduler_new(struct ctx *cx, struct app *app)
{
    struct arena *a = arena_new(SCHEDULER_CAP);
    struct scheduler *s = arena_new_of(a, struct scheduler);
    size_t njobs = 0;

    for (size_t i = 0; i < app->njob_sets; i++)
        njobs += app->job_sets[i].n;
    *s = (struct scheduler){.app = app, .arena = a, .pruned_mono_ms = mono_ms(cx)};
    s->job_clock = (struct clock){job_now, job_mono, job_sleep, s};
    s->entries = arena_alloc(a, njobs * sizeof *s->entries + 1, _Alignof(struct entry));
    init_locks(s);
    return s;
}

static enum err start_threads(struct ctx *cx, struct scheduler *s, int workers)
{
    for (int i = 0; i < workers && i < MOST_WORKERS; i++) {
        pthread_mutex_lock(&s->lock);
        bool is_started = !pthread_create(&s->workers[i], NULL, keep_working, s);
        s->nworkers += is_started;
        s->nidle += is_started;
        pthread_mutex_unlock(&s->lock);
        if (!is_started)
            return fail(cx, ERR_BUSY, "no thread for a job worker");
    }
    s->has_timer = workers > 0 && !pthread_create(&s->timer, NULL, keep_time, s);
    if (workers > 0 && !s->has_timer)
        return fail(cx, ERR_BUSY, "no thread for the timetable");
    return OK;
}

enum err scheduler_start(struct ctx *cx, struct app *app, int workers, struct scheduler **out)
{
    enum err err;
    struct scheduler *s = scheduler_new(cx, app);

    *out = s; /* before there are threads that look for it */
    TRY(jobs_mark_lost(cx, app));
    for (size_t i = 0; i < app->njob_sets; i++)
        for (size_t k = 0; k < app->job_sets[i].n; k++)
            TRY(add_entry(cx, s, &app->job_sets[i].jobs[k]));
    TRY(start_threads(cx, s, workers));
out:
    if (err)
        scheduler_stop(out);
    return err;
}

void scheduler_wind_down(struct scheduler *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->is_stopping, true);
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void scheduler_stop(struct scheduler **out)
{
    struct scheduler *s = *out;

    if (!s)
        return;
    scheduler_wind_down(s);
    if (s->has_timer)
        pthread_join(s->timer, NULL);
    /* What the timer claimed last still gets its run, which ends at once, and its row. */
    pthread_mutex_lock(&s->lock);
    s->is_over = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->nworkers; i++)
        pthread_join(s->workers[i], NULL);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->work);
    struct arena *a = s->arena;
    *out = NULL;
    arena_free(&a);
}
