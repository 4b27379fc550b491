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

static enum err note_pause(struct tx *tx, struct app *app, const struct job_change *c)
{
    return audit_write(tx, app,
                       &(struct audit_entry){
                           .action = c->is_paused ? "job.pause" : "job.resume",
                           .entity = "job",
                           .after = arena_fmt(tx_ctx(tx)->arena, "{\"job\":\"%s\"}", c->job->name),
                           .actor = S("command line")});
}

enum err job_pause(struct ctx *cx, struct app *app, struct str name, bool is_paused)
{
    enum err err;
    struct tx *tx = NULL;
    struct job_setting set;
    struct job_change c = {.job = job_find(app, name), .is_paused = is_paused};

    if (!c.job)
        return fail(cx, ERR_NOT_FOUND, "there is no job %.*s: see `trafficd job list`",
                    STR_FMT(name));
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(job_setting_read(tx, c.job, &set));
    TRY(job_setting_write(tx, &c, &set));
    TRY(note_pause(tx, app, &c));
    TRY(tx_commit(tx));
    scheduler_set(app->scheduler, c.job, &set.cron, is_paused);
out:
    tx_end(&tx);
    return err;
}
