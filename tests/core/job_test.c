/* The timetable: once per slot, never twice at once, through downtime; and what the admin sees. */
#include "core/job_routes.h"
#include "jobs.h"

/* ---- slots ---- */

DB_TEST(a_job_runs_at_its_slot_and_once)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    tick(cx, &c);
    check_int(0, atomic_load(&seen.hourly));
    advance(cx, &c, 5 * MINUTE_MS - 1);
    check_int(0, atomic_load(&seen.hourly));
    advance(cx, &c, 1);
    check_int(1, atomic_load(&seen.hourly));
    check_int(TEST_NOW_MS + 5 * MINUTE_MS, atomic_load(&seen.slot));
    tick(cx, &c);
    advance(cx, &c, 30 * MINUTE_MS);
    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(a_first_start_has_nothing_to_catch_up_with)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    tick(cx, &c);

    check_int(0, core_app_sql(cx, &c, "select count(*) from job_run", NO_ARGS));
    core_app_close(&c);
}

DB_TEST(the_history_says_how_a_run_ended)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);

    check_ok(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run));
    check_ok(job_run_now(cx, &c.app, "t.partly", NULL, NULL, NULL, &run));
    check_err(job_run_now(cx, &c.app, "t.broken", NULL, NULL, NULL, &run), ERR_UPSTREAM);

    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from job_run where job = 't.hourly' and outcome = "
                              "'ok' and seen = 3 and written = 2 and error is null",
                              NO_ARGS));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from job_run where job = 't.partly' and outcome = "
                              "'partial' and failed = 1",
                              NO_ARGS));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from job_run where job = 't.broken' and outcome = "
                              "'failed' and error = 'the vendor said no'",
                              NO_ARGS));
    core_app_close(&c);
}

static void keep_line(void *self, struct str line)
{
    *(struct str *)self = line;
}

DB_TEST(a_run_by_hand_is_the_same_run_with_its_options_and_its_words)
{
    struct core_app c;
    struct job_run run;
    struct str said = S("");
    struct job_options options = {.days = 30, .account = S("act_1")};
    open_jobs(cx, t, &c);

    check_ok(job_run_now(cx, &c.app, "t.partly", &options, keep_line, &said, &run));

    check_str(S("account 7 failed"), said);
    check_int(30, run.options.days);
    check_str(S("act_1"), run.options.account);
    check_err(job_run_now(cx, &c.app, "t.nothing", NULL, NULL, NULL, &run), ERR_NOT_FOUND);
    core_app_close(&c);
}

DB_TEST(two_runs_by_hand_in_one_millisecond_both_have_their_row)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);

    check_ok(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run));
    check_ok(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run));

    check_int(2, runs(cx, &c, "t.hourly"));
    core_app_close(&c);
}

/* ---- downtime ---- */

DB_TEST(after_downtime_a_job_that_catches_up_runs_once_for_its_newest_slot)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);
    scheduler_stop(&c.app.scheduler);

    fake_clock_advance(test_clock(cx), 10 * HOUR_MS + 20 * MINUTE_MS);
    start(cx, &c, 0);
    tick(cx, &c);
    tick(cx, &c);

    check_int(2, atomic_load(&seen.hourly));
    check_int(1, core_app_sql(
                     cx, &c, "select count(*) from job_run where job = 't.hourly' and slot_at = $1",
                     ARGS(a_int("a", TEST_NOW_MS + 10 * HOUR_MS + 5 * MINUTE_MS))));
    core_app_close(&c);
}

DB_TEST(after_downtime_a_job_that_skips_waits_for_its_next_slot)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    advance(cx, &c, MINUTE_MS);
    check_int(1, atomic_load(&seen.minutely));
    scheduler_stop(&c.app.scheduler);

    /* Half a minute late is not missed; an hour is, but for the slot of this very minute. */
    fake_clock_advance(test_clock(cx), HOUR_MS + 30 * 1000);
    start(cx, &c, 0);
    tick(cx, &c);
    check_int(2, atomic_load(&seen.minutely));
    check_int(TEST_NOW_MS + HOUR_MS + MINUTE_MS, atomic_load(&seen.slot));
    core_app_close(&c);
}

DB_TEST(a_run_cut_short_by_the_end_of_the_program_is_marked_lost_and_does_not_block)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    core_app_sql(
        cx, &c,
        "insert into job_run (job, slot_at, started_at) values ('t.hourly', $1, $1) returning id",
        ARGS(a_int("a", TEST_NOW_MS - 1000)));

    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);

    check_int(1, outcomes(cx, &c, "lost"));
    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

/* ---- overlap ---- */

DB_TEST(a_job_never_runs_twice_at_once)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    start(cx, &c, 2);

    scheduler_nudge(c.app.scheduler, "t.slow");
    wait_begun();
    check(scheduler_is_running(c.app.scheduler, "t.slow"));
    check_err(job_run_now(cx, &c.app, "t.slow", NULL, NULL, NULL, &run), ERR_CONFLICT);
    check_holds(S("running already"), str_of(cx->why));
    scheduler_nudge(c.app.scheduler, "t.slow");
    scheduler_nudge(c.app.scheduler, "t.slow");
    let_end();
    scheduler_stop(&c.app.scheduler);

    check_int(1, atomic_load(&seen.most_inside));
    core_app_close(&c);
}

DB_TEST(a_run_in_another_process_is_respected)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    core_app_sql(
        cx, &c,
        "insert into job_run (job, slot_at, started_at) values ('t.hourly', $1, $1) returning id",
        ARGS(a_int("a", TEST_NOW_MS - 1000)));

    check_err(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run), ERR_CONFLICT);

    /* Not for longer than it could have run. */
    ctx_forgive(cx);
    fake_clock_advance(test_clock(cx), 2 * MINUTE_MS);
    check_ok(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run));
    core_app_close(&c);
}

DB_TEST(two_timetables_over_one_database_run_a_slot_once)
{
    struct core_app c;
    struct scheduler *other = NULL;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    check_ok(scheduler_start(cx, &c.app, 0, &other));

    fake_clock_advance(test_clock(cx), 5 * MINUTE_MS);
    tick(cx, &c);
    check_ok(scheduler_tick(other, cx));

    check_int(1, atomic_load(&seen.hourly));
    scheduler_stop(&other);
    core_app_close(&c);
}

/* ---- nudges ---- */

DB_TEST(however_often_a_job_is_nudged_meanwhile_it_runs_once)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    for (int i = 0; i < 100; i++)
        scheduler_nudge(c.app.scheduler, "t.hourly");
    tick(cx, &c);
    tick(cx, &c);
    check_int(1, atomic_load(&seen.hourly));

    scheduler_nudge(c.app.scheduler, "t.hourly");
    scheduler_nudge(c.app.scheduler, "t.nothing");
    scheduler_nudge(NULL, "t.hourly");
    tick(cx, &c);
    check_int(2, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(a_nudge_during_a_run_is_one_more_run_after_it)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 1);

    scheduler_nudge(c.app.scheduler, "t.slow");
    wait_begun();
    scheduler_nudge(c.app.scheduler, "t.slow");
    pthread_mutex_lock(&seen.lock);
    seen.has_begun = false;
    pthread_mutex_unlock(&seen.lock);
    let_end();
    wait_begun();
    scheduler_stop(&c.app.scheduler);

    check_int(2, atomic_load(&seen.nudged));
    check_int(2, runs(cx, &c, "t.slow"));
    core_app_close(&c);
}

DB_TEST(a_nudge_does_not_take_the_place_of_a_slot)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    fake_clock_advance(test_clock(cx), 4 * MINUTE_MS);
    scheduler_nudge(c.app.scheduler, "t.hourly");
    tick(cx, &c);
    advance(cx, &c, MINUTE_MS);

    check_int(2, atomic_load(&seen.hourly));
    core_app_close(&c);
}

/* ---- the admin's view ---- */

static void serve_jobs(struct ctx *cx, struct core_app *c)
{
    static struct route_set route_sets[1];

    route_sets[0] = (struct route_set){job_routes, job_nroutes};
    core_app_serve(cx, c, route_sets, 1);
}

DB_TEST(an_admin_sees_the_timetable_with_its_last_runs)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));
    check_ok(job_run_now(cx, &c.app, "t.hourly", NULL, NULL, NULL, &run));

    struct answer a = core_app_ask(cx, &c, "GET /api/v1/jobs", admin, NULL);

    check_int(200, a.status);
    check_str(S("t.hourly"), answer_text(cx, &a, "items.0.name"));
    check_str(S("5 * * * *"), answer_text(cx, &a, "items.0.cron"));
    check_int(TEST_NOW_MS + 5 * MINUTE_MS, answer_int(cx, &a, "items.0.next_at"));
    check_str(S("ok"), answer_text(cx, &a, "items.0.last.outcome"));
    check_int(3, answer_int(cx, &a, "items.0.last.seen"));
    check_holds(S("\"last\":null"), a.body);
    core_app_close(&c);
}

DB_TEST(an_admin_starts_a_job_and_nobody_else_does)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));
    struct str lead =
        core_app_token(cx, &c, core_app_user(cx, &c, "l@a.kz", ROLE_TEAM_LEAD, 0, NULL));

    check_int(503, core_app_ask(cx, &c, "POST /api/v1/jobs/t.hourly/run", admin, "{}").status);
    start(cx, &c, 0);
    check_int(202, core_app_ask(cx, &c, "POST /api/v1/jobs/t.hourly/run", admin, "{}").status);
    tick(cx, &c);

    check_int(1, atomic_load(&seen.hourly));
    check_int(1, core_app_sql(cx, &c, "select count(*) from audit_log where action = 'job.run'",
                              NO_ARGS));
    check_int(404, core_app_ask(cx, &c, "POST /api/v1/jobs/nothing/run", admin, "{}").status);
    check_int(403, core_app_ask(cx, &c, "POST /api/v1/jobs/t.hourly/run", lead, "{}").status);
    check_int(403, core_app_ask(cx, &c, "GET /api/v1/jobs", lead, NULL).status);
    check_int(401, core_app_ask(cx, &c, "GET /api/v1/jobs", S(""), NULL).status);
    core_app_close(&c);
}
