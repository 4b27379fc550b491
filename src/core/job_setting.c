/* job_setting.c: what an admin set for a job, over its row in the program's own table. */
#include "base/log.h"
#include "core/job.sql.h"
#include "core/job_inside.h"

/* A schedule that this version does not read any more is the job's own again. */
static enum err take_cron(struct ctx *cx, const struct job *job, struct str text,
                          struct job_setting *out)
{
    struct ctx try = {.arena = cx->arena, .clock = cx->clock, .tag = cx->tag};

    out->text = text.len ? text : str_of(job->cron);
    if (cron_parse(&try, out->text, &out->cron) == OK)
        return OK;
    LOG(&try, LOG_ERROR, "job.schedule", l_str("job", str_of(job->name)),
        l_str("why", str_of(try.why)));
    out->text = str_of(job->cron);
    return cron_parse(cx, out->text, &out->cron);
}

enum err job_setting_read(struct tx *tx, const struct job *job, struct job_setting *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct str cron = {0};

    *out = (struct job_setting){0};
    TRY(db_query(tx, &q_job_setting_read, ARGS(a_str("job", str_of(job->name))), &rows));
    if (rows_next(rows)) {
        cron = col_str(rows, "cron");
        out->paused_at = col_int(rows, "paused_at");
        out->changed_at = col_int(rows, "changed_at");
    }
    TRY(rows_end(&rows));
    TRY(take_cron(tx_ctx(tx), job, cron, out));
out:
    rows_drop(&rows);
    return err;
}

enum err job_setting_load(struct ctx *cx, struct app *app, const struct job *job,
                          struct job_setting *out)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(job_setting_read(tx, job, out));
out:
    tx_end(&tx);
    return err;
}

enum err job_next_at(struct tx *tx, const struct app *app, struct str name, int64_t *at)
{
    enum err err = OK;
    const struct job *job = job_find(app, name);
    struct job_setting set;

    *at = 0;
    if (!job)
        return OK;
    TRY(job_setting_read(tx, job, &set));
    if (!set.paused_at)
        *at = cron_next(&set.cron, app->zone, now_ms(tx_ctx(tx)));
out:
    return err;
}

enum err job_setting_write(struct tx *tx, const struct job_change *c, const struct job_setting *old)
{
    bool is_own = str_eq(old->text, str_of(c->job->cron));
    struct str cron = c->sets_cron ? c->cron : is_own ? S("") : old->text;
    int64_t now = now_ms(tx_ctx(tx));
    int64_t paused_at = c->sets_cron     ? old->paused_at
                        : !c->is_paused  ? 0
                        : old->paused_at ? old->paused_at
                                         : now;

    return db_exec(tx, &q_job_setting_put,
                   ARGS(a_str("job", str_of(c->job->name)), a_opt("cron", cron),
                        a_id("paused_at", paused_at), a_id("changed_by", c->by_user),
                        a_int("changed_at", now)),
                   NULL);
}
