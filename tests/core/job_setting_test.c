/* What an admin sets for a job: pauses, schedules, runs by their word; and its history. */
#include "core/job_routes.h"
#include "jobs.h"

static void serve_jobs(struct ctx *cx, struct core_app *c)
{
    static struct route_set route_sets[1];

    route_sets[0] = (struct route_set){job_routes, job_nroutes};
    core_app_serve(cx, c, route_sets, 1);
}

static int64_t admin_of(struct ctx *cx, struct core_app *c)
{
    return core_app_user(cx, c, "a@a.kz", ROLE_ADMIN, 0, NULL);
}

/* With a token made for this call: the clock moves on by hours here. */
static struct answer ask(struct ctx *cx, struct core_app *c, int64_t who, const char *call,
                         const char *body)
{
    return core_app_ask(cx, c, call, core_app_token(cx, c, who), body);
}

static void restart(struct ctx *cx, struct core_app *c)
{
    scheduler_stop(&c->app.scheduler);
    start(cx, c, 0);
}

DB_TEST(a_paused_job_does_not_run_by_itself_but_at_a_word)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    start(cx, &c, 0);
    int64_t admin = admin_of(cx, &c);

    struct answer a = ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/pause", "{}");
    check_int(200, a.status);
    check_int(TEST_NOW_MS, answer_int(cx, &a, "paused_at"));
    check_holds(S("\"next_at\":null"), a.body);
    advance(cx, &c, 2 * HOUR_MS);
    scheduler_nudge(c.app.scheduler, "t.hourly");
    tick(cx, &c);
    check_int(0, atomic_load(&seen.hourly));

    check_int(202, ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/run", "{}").status);
    tick(cx, &c);
    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(a_pause_outlives_the_program_and_a_second_one_keeps_its_time)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    start(cx, &c, 0);
    int64_t admin = admin_of(cx, &c);

    ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/pause", "{}");
    fake_clock_advance(test_clock(cx), MINUTE_MS);
    struct answer a = ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/pause", "{}");
    check_int(TEST_NOW_MS, answer_int(cx, &a, "paused_at"));
    restart(cx, &c);
    advance(cx, &c, 3 * HOUR_MS);

    check_int(0, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(what_fell_into_a_pause_is_not_caught_up_with_but_a_nudge_is)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    start(cx, &c, 0);
    int64_t admin = admin_of(cx, &c);

    advance(cx, &c, 5 * MINUTE_MS);
    check_int(1, atomic_load(&seen.hourly));
    ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/pause", "{}");
    advance(cx, &c, 3 * HOUR_MS);
    struct answer a = ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/resume", "{}");
    check_holds(S("\"paused_at\":null"), a.body);
    check_int(TEST_NOW_MS + 4 * HOUR_MS + 5 * MINUTE_MS, answer_int(cx, &a, "next_at"));
    tick(cx, &c);
    check_int(1, atomic_load(&seen.hourly));
    restart(cx, &c);
    tick(cx, &c);
    check_int(1, atomic_load(&seen.hourly));
    advance(cx, &c, HOUR_MS);
    check_int(2, atomic_load(&seen.hourly));

    ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/pause", "{}");
    scheduler_nudge(c.app.scheduler, "t.hourly");
    tick(cx, &c);
    check_int(2, atomic_load(&seen.hourly));
    ask(cx, &c, admin, "POST /api/v1/jobs/t.hourly/resume", "{}");
    tick(cx, &c);
    check_int(3, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(another_schedule_counts_from_now_on_and_the_own_one_comes_back)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    start(cx, &c, 0);
    int64_t admin = admin_of(cx, &c);
    advance(cx, &c, 5 * MINUTE_MS);

    struct answer a =
        ask(cx, &c, admin, "PUT /api/v1/jobs/t.hourly/schedule", "{\"cron\":\"0 12 * * *\"}");
    check_int(200, a.status);
    check_str(S("0 12 * * *"), answer_text(cx, &a, "cron"));
    check_str(S("5 * * * *"), answer_text(cx, &a, "default_cron"));
    /* Noon in Almaty is two hours after the fixed now. */
    check_int(TEST_NOW_MS + 2 * HOUR_MS, answer_int(cx, &a, "next_at"));
    advance(cx, &c, HOUR_MS + 50 * MINUTE_MS);
    check_int(1, atomic_load(&seen.hourly));
    restart(cx, &c);
    advance(cx, &c, 5 * MINUTE_MS);
    check_int(2, atomic_load(&seen.hourly));
    check_int(TEST_NOW_MS + 2 * HOUR_MS, atomic_load(&seen.slot));

    a = ask(cx, &c, admin, "PUT /api/v1/jobs/t.hourly/schedule", "{\"cron\":null}");
    check_str(S("5 * * * *"), answer_text(cx, &a, "cron"));
    advance(cx, &c, 5 * MINUTE_MS);
    check_int(3, atomic_load(&seen.hourly));
    check_int(2,
              core_app_sql(cx, &c, "select count(*) from audit_log where action = 'job.schedule'",
                           NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_schedule_must_be_one_that_comes_true_some_day)
{
    static const char *const wrong[] = {
        "{\"cron\":\"soon\"}", "{\"cron\":\"61 * * * *\"}", "{\"cron\":\"0 0 30 2 *\"}",
        "{\"cron\":7}",        "{\"cron\":\"\"}",           "{}",
        "{\"crom\":null}"};
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    start(cx, &c, 0);
    int64_t admin = admin_of(cx, &c);
    int64_t lead = core_app_user(cx, &c, "l@a.kz", ROLE_TEAM_LEAD, 0, NULL);

    for (size_t i = 0; i < COUNT(wrong); i++)
        check_int(422, ask(cx, &c, admin, "PUT /api/v1/jobs/t.hourly/schedule", wrong[i]).status);
    check_int(404, ask(cx, &c, admin, "PUT /api/v1/jobs/t.no/schedule", "{\"cron\":null}").status);
    check_int(404, ask(cx, &c, admin, "POST /api/v1/jobs/t.no/pause", "{}").status);
    check_int(403, ask(cx, &c, lead, "POST /api/v1/jobs/t.hourly/pause", "{}").status);
    check_int(403, ask(cx, &c, lead, "POST /api/v1/jobs/t.hourly/resume", "{}").status);
    check_int(403, ask(cx, &c, lead, "GET /api/v1/jobs/t.hourly/runs", NULL).status);
    core_app_close(&c);
}

DB_TEST(a_schedule_that_is_no_longer_read_gives_way_to_the_jobs_own)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    core_app_sql(cx, &c,
                 "insert into job_setting (job, cron, changed_at) values ('t.hourly', 'never', 1) "
                 "returning 1",
                 NO_ARGS);

    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);

    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(the_history_of_a_job_is_read_page_by_page)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    int64_t admin = admin_of(cx, &c);
    for (int i = 0; i < 5; i++) {
        check_ok(job_run_now(cx, &c.app, "t.partly", NULL, NULL, NULL, &run));
        if (i % 2)
            fake_clock_advance(test_clock(cx), 1000);
    }

    struct answer a = ask(cx, &c, admin, "GET /api/v1/jobs/t.partly/runs?limit=2", NULL);
    check_int(200, a.status);
    check_int(5, answer_int(cx, &a, "items.0.id"));
    check_int(4, answer_int(cx, &a, "items.1.id"));
    check_str(S("partial"), answer_text(cx, &a, "items.0.outcome"));
    check_holds(S("account 7 failed"), answer_text(cx, &a, "items.0.log"));
    for (int page = 0; page < 2; page++)
        a = ask(cx, &c, admin,
                arena_fmt(cx->arena, "GET /api/v1/jobs/t.partly/runs?limit=2&cursor=%.*s",
                          STR_FMT(answer_text(cx, &a, "next")))
                    .ptr,
                NULL);
    check_int(1, answer_int(cx, &a, "items.0.id"));
    check_holds(S("\"next\":null"), a.body);
    check_int(422, ask(cx, &c, admin, "GET /api/v1/jobs/t.partly/runs?cursor=x", NULL).status);
    check_int(404, ask(cx, &c, admin, "GET /api/v1/jobs/t.no/runs", NULL).status);
    core_app_close(&c);
}
