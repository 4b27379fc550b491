/* job_history.c: claims and outcomes. The claim of a run is its row; the row says how it ended. */
#include "base/log.h"
#include "core/auth_inside.h"
#include "core/job.sql.h"
#include "core/job_inside.h"
#include "core/job_log.h"
#include "core/journal.h"

#include <stdio.h>

enum { SLACK_MS = 60 * 1000, KEPT_RUNS = 1000 };

static enum err write_ending(struct tx *tx, const struct ending *e)
{
    struct str why = clean_text(tx_ctx(tx)->arena, str_of(e->why), sizeof e->why);

    return db_exec(tx, &q_job_finish,
                   ARGS(a_int("id", e->id), a_int("finished_at", e->finished_at),
                        a_str("outcome", str_of(e->outcome)), a_int("seen", e->seen),
                        a_int("written", e->written), a_int("failed", e->failed),
                        a_opt("error", why), a_opt("log", e->log)),
                   NULL);
}

enum err job_claim(struct ctx *cx, struct app *app, const struct job *job, struct claimed *c,
                   bool *is_won)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t now = now_ms(cx);
    int64_t alive_after = now - job->timeout_s * 1000LL - SLACK_MS;
    struct ending *owed = scheduler_owed(app->scheduler, job);

    *is_won = false;
    c->started_ms = now;
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    if (owed && owed->id)
        TRY(write_ending(tx, owed));
    TRY(db_get_int(tx, &q_job_claim,
                   ARGS(a_str("job", str_of(job->name)), a_int("slot_at", c->slot_ms),
                        a_int("started_at", now), a_int("alive_after", alive_after)),
                   &c->id, is_won));
    TRY(tx_commit(tx));
    if (owed)
        owed->id = 0;
out:
    tx_end(&tx);
    return err;
}

static const char *outcome_of(const struct job_run *r, enum err result)
{
    return result ? "failed" : r->failed ? "partial" : "ok";
}

static struct ending ending_of(const struct ctx *cx, const struct claimed *c,
                               const struct job_run *r, enum err result)
{
    struct ending e = {.id = c->id,
                       .finished_at = now_ms(cx),
                       .seen = r->seen,
                       .written = r->written,
                       .failed = r->failed,
                       .outcome = outcome_of(r, result),
                       .log = job_log_text(r->log)};

    snprintf(e.why, sizeof e.why, "%s", result && !r->cx.why[0] ? err_slug(result) : r->cx.why);
    return e;
}

/* A row that stays open would keep the job from running until it could not be alive any more. */
static void write_end(struct app *app, const struct job *job, const struct claimed *c,
                      const struct job_run *r, enum err result)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = {.arena = r->cx.arena, .clock = app->clock, .tag = job->name};
    struct ending e = ending_of(&cx, c, r, result);
    struct ending *owed = scheduler_owed(app->scheduler, job);

    TRY(tx_begin(&cx, app->db, TX_WRITE, &tx));
    TRY(write_ending(tx, &e));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (!err)
        return;
    LOG(&cx, LOG_ERROR, owed ? "job.history_late" : "job.history_lost",
        l_str("job", str_of(job->name)), l_str("why", str_of(cx.why)));
    e.log = S("");
    if (owed)
        *owed = e;
}

/* What the run asked of vendors can be looked up once it ended; a failure waits for ops.journal. */
static void note_calls(struct app *app, const struct job_run *r)
{
    struct ctx cx = {.arena = r->cx.arena, .clock = app->clock, .tag = r->cx.tag};

    if (journal_write(&cx, app))
        ctx_forgive(&cx);
}

static void say_end(struct job_run *r, enum err result)
{
    char line[400];

    snprintf(line, sizeof line, "%s: %lld seen, %lld written, %lld failed, %lld ms%s%s",
             outcome_of(r, result), (long long)r->seen, (long long)r->written, (long long)r->failed,
             (long long)(now_ms(&r->cx) - r->started_ms), r->cx.why[0] ? ": " : "", r->cx.why);
    job_log_add(r->log, r->app->zone, now_ms(&r->cx), str_of(line));
}

enum err job_execute(struct app *app, const struct job *job, const struct claimed *c,
                     struct job_run *r)
{
    enum err err;
    struct ctx *cx = &r->cx;
    struct arena *log = arena_new(2 * JOB_LOG_SIZE);

    cx->tag = job->name;
    /* By the app's clock: on that of jobs, a run that begins while the program ends has none left.
     */
    cx->deadline_ms = app->clock->mono_ms(app->clock->self) + job->timeout_s * 1000LL;
    r->app = app;
    r->job = job;
    r->log = job_log_new(log);
    r->slot_ms = c->slot_ms;
    r->started_ms = c->started_ms;
    err = job->run(r);
    say_end(r, err);
    write_end(app, job, c, r, err);
    note_calls(app, r);
    r->log = NULL;
    arena_free(&log);
    LOG(cx, err ? LOG_WARN : LOG_INFO, "job.finished", l_str("job", str_of(job->name)),
        l_str("outcome", str_of(outcome_of(r, err))), l_int("seen", r->seen),
        l_int("written", r->written), l_int("failed", r->failed), l_str("why", str_of(cx->why)));
    return err;
}

enum err jobs_mark_lost(struct ctx *cx, struct app *app)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_job_mark_lost, ARGS(a_int("now", now_ms(cx))), NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err prune(struct ctx *cx, struct app *app, const struct job *job)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_job_prune, ARGS(a_str("job", str_of(job->name)), a_int("keep", KEPT_RUNS)),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err jobs_prune(struct ctx *cx, struct app *app)
{
    enum err err = OK;

    for (size_t s = 0; s < app->njob_sets; s++)
        for (size_t i = 0; i < app->job_sets[s].n; i++)
            TRY(prune(cx, app, &app->job_sets[s].jobs[i]));
out:
    return err;
}

enum err job_last_slot(struct ctx *cx, struct app *app, const char *name, int64_t *slot)
{
    enum err err;
    struct tx *tx = NULL;

    *slot = 0;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_job_last_slot, ARGS(a_str("job", str_of(name))), slot, NULL));
out:
    tx_end(&tx);
    return err;
}
