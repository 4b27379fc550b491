/* jobs.h: jobs that note what happened to them, for the tests of the timetable. */
#pragma once
#include "core/job.h"
#include "core_app.h"
#include "db_fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* What the jobs of this file note: how often they ran, and when they may end. */
static struct {
    _Atomic int hourly, minutely, nudged; /* runs */
    _Atomic int inside, most_inside;      /* of the slow one */
    _Atomic int64_t slot;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool may_end, has_begun;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static inline enum err hourly(struct job_run *r)
{
    atomic_store(&seen.slot, r->slot_ms);
    pthread_mutex_lock(&seen.lock);
    atomic_fetch_add(&seen.hourly, 1);
    pthread_cond_broadcast(&seen.moved);
    pthread_mutex_unlock(&seen.lock);
    r->seen = 3;
    r->written = 2;
    return OK;
}

static inline enum err minutely(struct job_run *r)
{
    atomic_fetch_add(&seen.minutely, 1);
    atomic_store(&seen.slot, r->slot_ms);
    return OK;
}

static inline enum err partly(struct job_run *r)
{
    r->failed = 1;
    job_say(r, "account %d failed", 7);
    return OK;
}

/* Tells how far it is, then waits to be let go, so that a test can look in between. */
static inline enum err telling(struct job_run *r)
{
    job_say(r, "two users found");
    job_progress(r, 1, 3, "users");
    job_progress(r, 2, 3, "rows of %s", "anna");
    pthread_mutex_lock(&seen.lock);
    seen.has_begun = true;
    pthread_cond_broadcast(&seen.moved);
    while (!seen.may_end)
        pthread_cond_wait(&seen.moved, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
    return OK;
}

static inline enum err broken(struct job_run *r)
{
    return fail(&r->cx, ERR_UPSTREAM, "the vendor said no");
}

static inline enum err slow(struct job_run *r)
{
    int inside = atomic_fetch_add(&seen.inside, 1) + 1;

    (void)r;
    if (inside > atomic_load(&seen.most_inside))
        atomic_store(&seen.most_inside, inside);
    pthread_mutex_lock(&seen.lock);
    seen.has_begun = true;
    pthread_cond_broadcast(&seen.moved);
    while (!seen.may_end)
        pthread_cond_wait(&seen.moved, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
    atomic_fetch_sub(&seen.inside, 1);
    atomic_fetch_add(&seen.nudged, 1);
    return OK;
}

/* Goes on until its deadline, as a job that walks pages does. */
static inline enum err endless(struct job_run *r)
{
    pthread_mutex_lock(&seen.lock);
    seen.has_begun = true;
    pthread_cond_broadcast(&seen.moved);
    pthread_mutex_unlock(&seen.lock);
    while (!ctx_expired(&r->cx))
        r->cx.clock->sleep_ms(r->cx.clock->self, 1000);
    return fail(&r->cx, ERR_TIMEOUT, "out of time");
}

static const struct job jobs[] = {
    {"t.hourly",   "5 * * * *", hourly,   60, CATCHUP_ONCE},
    {"t.minutely", "* * * * *", minutely, 60, CATCHUP_SKIP},
    {"t.partly",   "0 0 1 1 *", partly,   60, CATCHUP_SKIP},
    {"t.broken",   "0 0 1 1 *", broken,   60, CATCHUP_SKIP},
    {"t.slow",     "0 0 1 1 *", slow,     60, CATCHUP_ONCE},
    {"t.endless",  "0 0 1 1 *", endless,  30, CATCHUP_SKIP},
    {"t.telling",  "0 0 1 1 *", telling,  60, CATCHUP_SKIP},
};
static const struct job_set sets[] = {
    {jobs, COUNT(jobs)}
};

static inline void open_jobs(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    core_app_open(cx, t, c);
    c->app.job_sets = sets;
    c->app.njob_sets = 1;
    atomic_store(&seen.hourly, 0);
    atomic_store(&seen.minutely, 0);
    atomic_store(&seen.nudged, 0);
    atomic_store(&seen.most_inside, 0);
    seen.may_end = seen.has_begun = false;
}

static inline void start(struct ctx *cx, struct core_app *c, int workers)
{
    check_ok(scheduler_start(cx, &c->app, workers, &c->app.scheduler));
}

static inline void tick(struct ctx *cx, struct core_app *c)
{
    check_ok(scheduler_tick(c->app.scheduler, cx));
}

static inline void advance(struct ctx *cx, struct core_app *c, int64_t ms)
{
    fake_clock_advance(test_clock(cx), ms);
    tick(cx, c);
}

static inline int64_t runs(struct ctx *cx, struct core_app *c, const char *job)
{
    return core_app_sql(cx, c, "select count(*) from job_run where job = $1",
                        ARGS(a_str("a", str_of(job))));
}

static inline int64_t outcomes(struct ctx *cx, struct core_app *c, const char *outcome)
{
    return core_app_sql(cx, c, "select count(*) from job_run where outcome = $1",
                        ARGS(a_str("a", str_of(outcome))));
}

static inline void wait_begun(void)
{
    pthread_mutex_lock(&seen.lock);
    while (!seen.has_begun)
        pthread_cond_wait(&seen.moved, &seen.lock);
    pthread_mutex_unlock(&seen.lock);
}

static inline void let_end(void)
{
    pthread_mutex_lock(&seen.lock);
    seen.may_end = true;
    pthread_cond_broadcast(&seen.moved);
    pthread_mutex_unlock(&seen.lock);
}
