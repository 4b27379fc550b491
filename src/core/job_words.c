/* job_words.c: the timetable for the command line. */
#include "base/cron.h"
#include "core/audit.h"
#include "core/job.sql.h"
#include "core/job_inside.h"

static enum err read_line(struct tx *tx, const struct app *app, const struct job *job,
                          struct job_line *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct job_setting set;

    TRY(job_setting_read(tx, job, &set));
    *out = (struct job_line){.name = str_of(job->name), .cron = set.text};
    if (!set.paused_at)
        out->next_at = cron_next(&set.cron, app->zone, now_ms(tx_ctx(tx)));
    TRY(db_query(tx, &q_job_last_run, ARGS(a_str("job", out->name)), &rows));
    if (rows_next(rows)) {
        out->last_at = col_int(rows, "started_at");
        out->outcome = col_str(rows, "outcome");
        out->error = col_str(rows, "error");
        out->seen = col_int(rows, "seen");
        out->written = col_int(rows, "written");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err jobs_each(struct ctx *cx, struct app *app, job_line_fn *row, void *self)
{
    enum err err = OK;
    struct tx *tx = NULL;
    struct job_line line;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    for (size_t s = 0; s < app->njob_sets; s++)
        for (size_t i = 0; i < app->job_sets[s].n; i++) {
            TRY(read_line(tx, app, &app->job_sets[s].jobs[i], &line));
            row(self, &line);
        }
out:
    tx_end(&tx);
    return err;
}

static enum err put_pause(struct tx *tx, struct app *app, const struct job *job, bool is_paused)
{
    enum err err;
    struct job_setting old;
    int64_t now = now_ms(tx_ctx(tx));
    bool is_own;

    TRY(job_setting_read(tx, job, &old));
    is_own = str_eq(old.text, str_of(job->cron));
    TRY(db_exec(tx, &q_job_setting_put,
                ARGS(a_str("job", str_of(job->name)), a_opt("cron", is_own ? S("") : old.text),
                     a_id("paused_at", !is_paused      ? 0
                                       : old.paused_at ? old.paused_at
                                                       : now),
                     a_null("changed_by"), a_int("changed_at", now)),
                NULL));
    TRY(audit_write(
        tx, app,
        &(struct audit_entry){.action = is_paused ? "job.pause" : "job.resume",
                              .entity = "job",
                              .after = arena_fmt(tx_ctx(tx)->arena, "{\"job\":\"%s\"}", job->name),
                              .actor = S("command line")}));
    scheduler_set(app->scheduler, job, &old.cron, is_paused);
out:
    return err;
}

enum err job_pause(struct ctx *cx, struct app *app, struct str name, bool is_paused)
{
    enum err err;
    struct tx *tx = NULL;
    const struct job *job = job_find(app, name);

    if (!job)
        return fail(cx, ERR_NOT_FOUND, "there is no job %.*s: see `trafficd job list`",
                    STR_FMT(name));
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(put_pause(tx, app, job, is_paused));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}
