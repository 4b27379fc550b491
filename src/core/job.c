/* job.c: finding a job and running one on demand. */
#include "core/job.h"
#include "core/job_inside.h"

#include <stdio.h>

const struct job *job_find(const struct app *app, struct str name)
{
    for (size_t s = 0; s < app->njob_sets; s++)
        for (size_t i = 0; i < app->job_sets[s].n; i++)
            if (str_eq(str_of(app->job_sets[s].jobs[i].name), name))
                return &app->job_sets[s].jobs[i];
    return NULL;
}

void job_say(struct job_run *r, const char *fmt, ...)
{
    va_list ap;

    if (!r->say)
        return;
    va_start(ap, fmt);
    struct str line = arena_vfmt(r->cx.arena, fmt, ap);
    va_end(ap);
    r->say(r->say_self, line);
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
