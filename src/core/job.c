/* job.c: finding a job and running one on demand. */
#include "core/job.h"
#include "core/job_inside.h"
#include "core/job_log.h"

#include <stdio.h>

enum { LONGEST_SAYING = 600, PROGRESS_PAUSE_MS = 1000 };

const struct job *job_find(const struct app *app, struct str name)
{
    for (size_t s = 0; s < app->njob_sets; s++)
        for (size_t i = 0; i < app->job_sets[s].n; i++)
            if (str_eq(str_of(app->job_sets[s].jobs[i].name), name))
                return &app->job_sets[s].jobs[i];
    return NULL;
}

static void note(struct job_run *r, struct str line)
{
    if (r->log)
        job_log_add(r->log, r->app->zone, now_ms(&r->cx), line);
    if (r->say)
        r->say(r->say_self, arena_str(r->cx.arena, line));
}

void job_say(struct job_run *r, const char *fmt, ...)
{
    char text[LONGEST_SAYING];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    note(r, str_of(text));
}

static void say_progress(struct job_run *r, const struct progress *p)
{
    int64_t mono = mono_ms(&r->cx);

    if (!r->say || (r->progress_mono_ms && mono - r->progress_mono_ms < PROGRESS_PAUSE_MS))
        return;
    r->progress_mono_ms = mono;
    char text[LONGEST_SAYING];
    if (p->total > 0)
        snprintf(text, sizeof text, "%s: %lld of %lld", p->text, (long long)p->done,
                 (long long)p->total);
    else
        snprintf(text, sizeof text, "%s: %lld", p->text, (long long)p->done);
    r->say(r->say_self, arena_str(r->cx.arena, str_of(text)));
}

void job_progress(struct job_run *r, int64_t done, int64_t total, const char *fmt, ...)
{
    struct progress p = {.done = done, .total = total, .started_at = r->started_ms};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(p.text, sizeof p.text, fmt, ap);
    va_end(ap);
    if (r->job && r->app)
        scheduler_note_progress(r->app->scheduler, r->job, &p);
    say_progress(r, &p);
}

enum err job_claim_now(struct ctx *cx, struct app *app, const struct job *job, struct claimed *c,
                       bool *is_won)
{
    enum err err;
    int64_t last;

    *is_won = false;
    TRY(job_last_slot(cx, app, job->name, &last));
    c->slot_ms = now_ms(cx);
    if (last >= c->slot_ms)
        c->slot_ms = last + 1;
    TRY(job_claim(cx, app, job, c, is_won));
out:
    return err;
}

enum err job_run_now(struct ctx *cx, struct app *app, const char *name, const struct job_options *o,
                     void (*say)(void *self, struct str line), void *say_self,
                     struct job_run *result)
{
    enum err err;
    const struct job *job = job_find(app, str_of(name));
    struct claimed claimed = {0};
    bool is_won;

    if (!job)
        return fail(cx, ERR_NOT_FOUND, "there is no job %s", name);
    if (!scheduler_take(app->scheduler, job))
        return fail(cx, ERR_CONFLICT, "%s is running already: wait for it to end", name);
    *result = (struct job_run){.cx = *cx, .say = say, .say_self = say_self};
    result->cx.clock = scheduler_clock(app);
    if (o)
        result->options = *o;
    TRY(job_claim_now(cx, app, job, &claimed, &is_won));
    if (!is_won)
        TRY(fail(cx, ERR_CONFLICT, "%s is running already: wait for it to end", name));
    err = job_execute(app, job, &claimed, result);
    if (err)
        err = fail(cx, err, "%s", result->cx.why);
out:
    scheduler_release(app->scheduler, job);
    return err;
}
