/* scheduler.c: the timetable. Slots follow the wall clock, waiting follows the monotonic one; a
 * slot that a set-back clock passes twice runs once, since its claim is a row. */
#include "core/scheduler_inside.h"

enum {
    FRESH_MS = 60 * 1000, /* later than this a slot counts as missed */
    PRUNE_MS = 3600 * 1000
};
#define DAY_MS (24 * 3600 * 1000LL)

struct due { /* what one tick took */
    struct entry *entry;
    int64_t slot; /* 0 = a nudge or an order: now */
    bool is_ordered;
};

/* ---- what is due ---- */

/* The newest slot in (after, now]; 0 when there is none. Looks back in growing steps, so that a
 * long pause of a frequent job costs little. */
static int64_t latest_slot(const struct cron *c, const struct zone *z, int64_t after, int64_t now)
{
    static const int64_t back[] = {3600 * 1000LL, DAY_MS, 8 * DAY_MS, 32 * DAY_MS, 370 * DAY_MS};
    int64_t slot = 0;

    for (size_t i = 0; i <= COUNT(back) && !slot; i++) {
        int64_t from = i < COUNT(back) && now - back[i] > after ? now - back[i] : after;
        for (int64_t next = cron_next(c, z, from); next && next <= now;
             next = cron_next(c, z, next))
            slot = next;
        if (from == after)
            break;
    }
    return slot;
}

static bool is_due(struct scheduler *s, struct entry *e, int64_t now, int64_t *slot)
{
    *slot = 0;
    if (e->is_running)
        return false;
    if (now < e->last_slot)
        e->last_slot = now; /* the clock was set back: go on from here */
    int64_t next = e->is_paused ? 0 : cron_next(&e->cron, s->app->zone, e->last_slot);
    if (next && next <= now)
        *slot = latest_slot(&e->cron, s->app->zone, e->last_slot, now);
    if (*slot && e->job->catchup == CATCHUP_SKIP && now - *slot >= FRESH_MS) {
        e->last_slot = *slot;
        *slot = 0;
    }
    return *slot || entry_is_wanted(e);
}

/* Takes what is due, as far as there are hands for it. */
static size_t take_due(struct scheduler *s, int64_t now, struct due *out)
{
    size_t n = 0;
    int64_t slot;

    pthread_mutex_lock(&s->lock);
    s->has_news = false;
    for (size_t i = 0; i < s->n; i++) {
        struct entry *e = &s->entries[i];
        if (s->nworkers && (int)n >= s->nidle)
            break;
        if (!is_due(s, e, now, &slot))
            continue;
        e->is_running = true;
        out[n++] = (struct due){e, slot, e->is_ordered};
        e->is_nudged = e->is_ordered = false;
    }
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* ---- claiming and running ---- */

static void release(struct scheduler *s, struct entry *e)
{
    pthread_mutex_lock(&s->lock);
    e->is_running = false;
    e->progress = (struct progress){0};
    s->has_news = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void scheduler_run_entry(struct scheduler *s, struct entry *e)
{
    struct arena *a = arena_new(JOB_ARENA_CAP);
    struct job_run run = {
        .cx = {.arena = a, .clock = &s->job_clock}
    };

    if (job_execute(s->app, e->job, &e->claimed, &run))
        ctx_forgive(&run.cx); /* written to the history and the log */
    arena_free(&a);
    release(s, e);
}

static enum err claim(struct scheduler *s, struct ctx *cx, const struct due *d, bool *is_won)
{
    enum err err;
    struct entry *e = d->entry;

    *is_won = false;
    e->claimed = (struct claimed){.slot_ms = d->slot};
    if (d->slot)
        TRY(job_claim(cx, s->app, e->job, &e->claimed, is_won));
    else
        TRY(job_claim_now(cx, s->app, e->job, &e->claimed, is_won));
    if (d->slot)
        e->last_slot = d->slot;
out:
    return err;
}

static enum err hand_out(struct scheduler *s, struct ctx *cx, const struct due *d)
{
    bool is_won;
    enum err err = claim(s, cx, d, &is_won);

    if (err && d->is_ordered)
        scheduler_order(s, d->entry->job->name);
    else if (err && !d->slot)
        scheduler_nudge(s, d->entry->job->name);
    if (err || !is_won) {
        release(s, d->entry);
    } else if (!s->nworkers) {
        scheduler_run_entry(s, d->entry);
    } else {
        pthread_mutex_lock(&s->lock);
        d->entry->is_queued = true;
        s->nidle--;
        pthread_cond_signal(&s->work);
        pthread_mutex_unlock(&s->lock);
    }
    return err;
}

static enum err prune_sometimes(struct scheduler *s, struct ctx *cx)
{
    int64_t mono = mono_ms(cx);

    if (mono - s->pruned_mono_ms < PRUNE_MS)
        return OK;
    s->pruned_mono_ms = mono;
    return jobs_prune(cx, s->app);
}

enum err scheduler_tick(struct scheduler *s, struct ctx *cx)
{
    enum err err = OK, failed;
    struct due *due = arena_alloc(cx->arena, s->n * sizeof *due + 1, _Alignof(struct due));
    size_t n = take_due(s, now_ms(cx), due);

    for (size_t i = 0; i < n; i++) {
        struct ctx one = *cx;
        failed = hand_out(s, &one, &due[i]);
        if (failed && !err) {
            err = failed;
            *cx = one;
        }
    }
    if (!err)
        err = prune_sometimes(s, cx);
    return err;
}

/* ---- from other threads ---- */

static struct entry *find(struct scheduler *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(str_of(s->entries[i].job->name), str_of(name)))
            return &s->entries[i];
    return NULL;
}

static void want(struct scheduler *s, struct entry *e, bool *wish)
{
    pthread_mutex_lock(&s->lock);
    if (!*wish) {
        *wish = true;
        if (entry_is_wanted(e))
            pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
}

void scheduler_nudge(struct scheduler *s, const char *job_name)
{
    struct entry *e = s ? find(s, job_name) : NULL;

    if (e)
        want(s, e, &e->is_nudged);
}

void scheduler_order(struct scheduler *s, const char *job_name)
{
    struct entry *e = s ? find(s, job_name) : NULL;

    if (e)
        want(s, e, &e->is_ordered);
}

void scheduler_set(struct scheduler *s, const struct job *job, const struct cron *cron,
                   bool is_paused)
{
    struct entry *e = s ? find(s, job->name) : NULL;

    if (!e)
        return;
    pthread_mutex_lock(&s->lock);
    e->cron = *cron;
    e->is_paused = is_paused;
    e->last_slot = s->app->clock->now_ms(s->app->clock->self);
    s->has_news = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

bool scheduler_is_running(struct scheduler *s, const char *job_name)
{
    struct entry *e = s ? find(s, job_name) : NULL;
    bool is_running = false;

    if (e) {
        pthread_mutex_lock(&s->lock);
        is_running = e->is_running;
        pthread_mutex_unlock(&s->lock);
    }
    return is_running;
}

bool scheduler_take(struct scheduler *s, const struct job *job)
{
    struct entry *e = s ? find(s, job->name) : NULL;
    bool is_taken = true;

    if (e) {
        pthread_mutex_lock(&s->lock);
        is_taken = !e->is_running;
        e->is_running = true;
        pthread_mutex_unlock(&s->lock);
    }
    return is_taken;
}

void scheduler_release(struct scheduler *s, const struct job *job)
{
    struct entry *e = s ? find(s, job->name) : NULL;

    if (e)
        release(s, e);
}

void scheduler_note_progress(struct scheduler *s, const struct job *job, const struct progress *p)
{
    struct entry *e = s ? find(s, job->name) : NULL;

    if (!e)
        return;
    pthread_mutex_lock(&s->lock);
    e->progress = *p;
    pthread_mutex_unlock(&s->lock);
}

bool scheduler_progress(struct scheduler *s, const struct job *job, struct progress *out)
{
    struct entry *e = s ? find(s, job->name) : NULL;

    if (!e)
        return false;
    pthread_mutex_lock(&s->lock);
    bool is_told = e->is_running && e->progress.started_at;
    *out = e->progress;
    pthread_mutex_unlock(&s->lock);
    return is_told;
}

struct ending *scheduler_owed(struct scheduler *s, const struct job *job)
{
    struct entry *e = s ? find(s, job->name) : NULL;

    return e ? &e->owed : NULL;
}

const struct clock *scheduler_clock(const struct app *app)
{
    return app->scheduler ? &app->scheduler->job_clock : app->clock;
}
