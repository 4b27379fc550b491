/* job_routes.c: the timetable as the admin sees and sets it. */
#include "core/job_routes.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/job.sql.h"
#include "core/job_inside.h"

enum { RUNS_PAGE = 50, RUNS_PAGE_MAX = 500, LONGEST_CRON = 100 };

static void write_run_fields(struct json_out *j, struct rows *rows)
{
    json_key(j, "slot_at"), json_int(j, col_int(rows, "slot_at"));
    json_key(j, "started_at"), json_int(j, col_int(rows, "started_at"));
    json_opt_int(j, "finished_at", rows, "finished_at");
    json_opt_str(j, "outcome", rows, "outcome");
    json_key(j, "seen"), json_int(j, col_int(rows, "seen"));
    json_key(j, "written"), json_int(j, col_int(rows, "written"));
    json_key(j, "failed"), json_int(j, col_int(rows, "failed"));
    json_opt_str(j, "error", rows, "error");
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

static void write_opt(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    if (v)
        json_int(j, v);
    else
        json_null(j);
}

static void write_timing(struct req *rq, struct json_out *j, const struct job *job,
                         const struct job_setting *set)
{
    struct progress progress;
    int64_t next = set->paused_at ? 0 : cron_next(&set->cron, rq->app->zone, now_ms(&rq->cx));

    json_key(j, "cron"), json_str(j, set->text);
    json_key(j, "default_cron"), json_str(j, str_of(job->cron));
    write_opt(j, "next_at", next);
    write_opt(j, "paused_at", set->paused_at);
    json_key(j, "timeout_s"), json_int(j, job->timeout_s);
    json_key(j, "running"), json_bool(j, scheduler_is_running(rq->app->scheduler, job->name));
    json_key(j, "progress");
    if (scheduler_progress(rq->app->scheduler, job, &progress))
        write_progress(j, &progress);
    else
        json_null(j);
}

static enum err write_job(struct tx *tx, struct req *rq, struct json_out *j, const struct job *job)
{
    enum err err;
    struct rows *rows = NULL;
    struct job_setting set;

    TRY(job_setting_read(tx, job, &set));
    json_obj(j);
    json_key(j, "name"), json_str(j, str_of(job->name));
    write_timing(rq, j, job, &set);
    json_key(j, "last");
    TRY(db_query(tx, &q_job_last_run, ARGS(a_str("job", str_of(job->name))), &rows));
    if (rows_next(rows)) {
        json_obj(j);
        write_run_fields(j, rows);
        json_end(j);
    } else {
        json_null(j);
    }
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

static enum err job_of_path(struct req *rq, const struct job **job)
{
    *job = job_find(rq->app, rq->path_params[0]);
    return *job ? OK : fail(&rq->cx, ERR_NOT_FOUND, "no such job");
}

/* ---- the history ---- */

struct runs_ask {
    int64_t limit, cursor_at, cursor_id;
};

static enum err read_runs_ask(struct req *rq, struct runs_ask *ask)
{
    struct str cursor, at;

    *ask = (struct runs_ask){.limit = RUNS_PAGE};
    query_limit(rq, RUNS_PAGE_MAX, &ask->limit);
    if (req_query_str(rq, "cursor", &cursor) &&
        (!str_cut(&cursor, '.', &at) || !str_to_int(at, &ask->cursor_at) ||
         !str_to_int(cursor, &ask->cursor_id)))
        fail_field(&rq->cx, "cursor", "not_a_cursor");
    return ctx_fields(&rq->cx);
}

static enum err write_runs(struct tx *tx, struct json_out *j, const struct job *job,
                           const struct runs_ask *ask)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t n = 0, last_at = 0, last_id = 0;

    TRY(db_query(tx, &q_job_runs,
                 ARGS(a_str("job", str_of(job->name)), a_id("cursor_at", ask->cursor_at),
                      a_int("cursor_id", ask->cursor_id), a_int("limit", ask->limit + 1)),
                 &rows));
    while (rows_next(rows)) {
        if (++n > ask->limit)
            break;
        json_obj(j);
        json_key(j, "id"), json_int(j, last_id = col_int(rows, "id"));
        write_run_fields(j, rows);
        json_opt_str(j, "log", rows, "log");
        json_end(j);
        last_at = col_int(rows, "started_at");
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next");
    if (n > ask->limit)
        json_str(j,
                 arena_fmt(tx_ctx(tx)->arena, "%lld.%lld", (long long)last_at, (long long)last_id));
    else
        json_null(j);
out:
    rows_drop(&rows);
    return err;
}

static enum err runs(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    const struct job *job;
    struct runs_ask ask;
    struct json_out *j = json_out_new(&rq->cx, 16384);

    TRY(read_runs_ask(rq, &ask));
    TRY(job_of_path(rq, &job));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    TRY(write_runs(tx, j, job, &ask));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* ---- what a person does with a job ---- */

/* Soon, on the timetable's own threads: a second call meanwhile is the same run. */
static enum err run(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    const struct job *job;
    struct str after;
    struct json_out *j = json_out_new(&rq->cx, 64);

    TRY(job_of_path(rq, &job));
    if (!rq->app->scheduler)
        return fail(&rq->cx, ERR_BUSY, "the timetable is not running");
    json_obj(j);
    json_key(j, "job"), json_str(j, str_of(job->name));
    json_end(j);
    TRY(json_finish(j, &after));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(audit_change(tx, rq, "job.run", "job", 0, S(""), after));
    TRY(tx_commit(tx));
    scheduler_order(rq->app->scheduler, job->name);
    TRY(answer_json(rs, 202, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

static enum err setting_json(struct tx *tx, const struct job *job, struct job_setting *set,
                             struct str *json)
{
    enum err err;
    struct json_out *j = json_out_new(tx_ctx(tx), 128);

    TRY(job_setting_read(tx, job, set));
    json_obj(j);
    json_key(j, "job"), json_str(j, str_of(job->name));
    json_key(j, "cron"), json_str(j, set->text);
    write_opt(j, "paused_at", set->paused_at);
    json_end(j);
    TRY(json_finish(j, json));
out:
    return err;
}

static enum err change(struct req *rq, struct resp *rs, const char *action, struct job_change *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct job_setting set;
    struct str before, after;
    struct json_out *j = json_out_new(&rq->cx, 512);

    c->by_user = rq->user->id;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(setting_json(tx, c->job, &set, &before));
    TRY(job_setting_write(tx, c, &set));
    TRY(setting_json(tx, c->job, &set, &after));
    TRY(audit_change(tx, rq, action, "job", 0, before, after));
    TRY(write_job(tx, rq, j, c->job));
    TRY(tx_commit(tx));
    scheduler_set(rq->app->scheduler, c->job, &set.cron, set.paused_at != 0);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static enum err pause_job(struct req *rq, struct resp *rs)
{
    struct job_change c = {.is_paused = true};
    enum err err = job_of_path(rq, &c.job);

    return err ? err : change(rq, rs, "job.pause", &c);
}

static enum err resume_job(struct req *rq, struct resp *rs)
{
    struct job_change c = {0};
    enum err err = job_of_path(rq, &c.job);

    return err ? err : change(rq, rs, "job.resume", &c);
}

/* Five fields that come true some day. */
static void check_cron(struct req *rq, struct str text)
{
    struct ctx try = {.arena = rq->cx.arena, .clock = rq->cx.clock};
    struct cron cron;

    if (cron_parse(&try, text, &cron) || !cron_next(&cron, rq->app->zone, now_ms(&rq->cx)))
        fail_field(&rq->cx, "cron", "not_a_schedule");
}

static enum err schedule(struct req *rq, struct resp *rs)
{
    static const char *const allowed[] = {"cron", NULL};
    enum err err;
    const struct json_in *body;
    struct job_change c = {.sets_cron = true};

    TRY(req_json(rq, allowed, &body));
    if (!input_has(body, "cron"))
        fail_field(&rq->cx, "cron", "missing");
    else if (input_text(&rq->cx, body, "cron", 0, LONGEST_CRON, &c.cron))
        check_cron(rq, c.cron);
    TRY(ctx_fields(&rq->cx));
    TRY(job_of_path(rq, &c.job));
    TRY(change(rq, rs, "job.schedule", &c));
out:
    return err;
}

const struct route job_routes[] = {
    {GET,  "/api/v1/jobs",                 ROLE_ADMIN, RATE_READ,  list,       0, 0   },
    {GET,  "/api/v1/jobs/{name}/runs",     ROLE_ADMIN, RATE_READ,  runs,       0, 0   },
    {POST, "/api/v1/jobs/{name}/run",      ROLE_ADMIN, RATE_WRITE, run,        0, 4096},
    {POST, "/api/v1/jobs/{name}/pause",    ROLE_ADMIN, RATE_WRITE, pause_job,  0, 4096},
    {POST, "/api/v1/jobs/{name}/resume",   ROLE_ADMIN, RATE_WRITE, resume_job, 0, 4096},
    {PUT,  "/api/v1/jobs/{name}/schedule", ROLE_ADMIN, RATE_WRITE, schedule,   0, 4096},
};
const size_t job_nroutes = COUNT(job_routes);
