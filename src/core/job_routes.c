/* job_routes.c: the timetable as the admin sees it. */
#include "core/job_routes.h"
#include "base/cron.h"
#include "core/answer.h"
#include "core/job.sql.h"
#include "core/job_inside.h"

static void write_last(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "slot_at"), json_int(j, col_int(rows, "slot_at"));
    json_key(j, "started_at"), json_int(j, col_int(rows, "started_at"));
    json_opt_int(j, "finished_at", rows, "finished_at");
    json_opt_str(j, "outcome", rows, "outcome");
    json_key(j, "seen"), json_int(j, col_int(rows, "seen"));
    json_key(j, "written"), json_int(j, col_int(rows, "written"));
    json_key(j, "failed"), json_int(j, col_int(rows, "failed"));
    json_opt_str(j, "error", rows, "error");
    json_end(j);
}

static void write_progress(struct json_out *j, const struct progress *p)
{
    json_obj(j);
    json_key(j, "done"), json_int(j, p->done);
    json_key(j, "total"), json_int(j, p->total);
    json_key(j, "text"), json_str(j, str_of(p->text));
    json_key(j, "started_at"), json_int(j, p->started_at);
    json_end(j);
}

static enum err write_job(struct tx *tx, struct req *rq, struct json_out *j, const struct job *job)
{
    enum err err;
    struct rows *rows = NULL;
    struct cron cron;

    TRY(cron_parse(&rq->cx, str_of(job->cron), &cron));
    json_obj(j);
    json_key(j, "name"), json_str(j, str_of(job->name));
    json_key(j, "cron"), json_str(j, str_of(job->cron));
    json_key(j, "next_at"), json_int(j, cron_next(&cron, rq->app->zone, now_ms(&rq->cx)));
    json_key(j, "running"), json_bool(j, scheduler_is_running(rq->app->scheduler, job->name));
    json_key(j, "progress");
    struct progress progress;
    if (scheduler_progress(rq->app->scheduler, job, &progress))
        write_progress(j, &progress);
    else
        json_null(j);
    json_key(j, "last");
    TRY(db_query(tx, &q_job_last_run, ARGS(a_str("job", str_of(job->name))), &rows));
    if (rows_next(rows))
        write_last(j, rows);
    else
        json_null(j);
    TRY(rows_end(&rows));
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    const struct app *app = rq->app;
    struct json_out *j = json_out_new(&rq->cx, 4096);

    TRY(tx_begin(&rq->cx, app->db, TX_READ, &tx));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    for (size_t s = 0; s < app->njob_sets; s++)
        for (size_t i = 0; i < app->job_sets[s].n; i++)
            TRY(write_job(tx, rq, j, &app->job_sets[s].jobs[i]));
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* Soon, on the timetable's own threads: a second call meanwhile is the same run. */
static enum err run(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    const struct job *job = job_find(rq->app, rq->path_params[0]);
    struct str after;
    struct json_out *j = json_out_new(&rq->cx, 64);

    if (!job)
        return fail(&rq->cx, ERR_NOT_FOUND, "no such job");
    if (!rq->app->scheduler)
        return fail(&rq->cx, ERR_BUSY, "the timetable is not running");
    json_obj(j);
    json_key(j, "job"), json_str(j, str_of(job->name));
    json_end(j);
    TRY(json_finish(j, &after));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(audit_change(tx, rq, "job.run", "job", 0, S(""), after));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, job->name);
    TRY(answer_json(rs, 202, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

const struct route job_routes[] = {
    {GET,  "/api/v1/jobs",            ROLE_ADMIN, RATE_READ,  list, 0, 0   },
    {POST, "/api/v1/jobs/{name}/run", ROLE_ADMIN, RATE_WRITE, run,  0, 4096},
};
const size_t job_nroutes = COUNT(job_routes);
