/* The timetable under clocks that jump, deadlines, the end of the program and a failing database.
 */
#include "jobs.h"

/* ---- clocks ---- */

DB_TEST(a_clock_set_back_an_hour_repeats_no_slot_and_loses_none)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);
    advance(cx, &c, HOUR_MS);
    check_int(2, atomic_load(&seen.hourly));

    fake_clock_set(test_clock(cx), TEST_NOW_MS + 10 * MINUTE_MS);
    for (int i = 0; i < 3 * 60; i++)
        advance(cx, &c, MINUTE_MS);

    /* 11:05 is passed a second time and was run; 12:05 and 13:05 are new. */
    check_int(4, atomic_load(&seen.hourly));
    check_int(4, runs(cx, &c, "t.hourly"));
    core_app_close(&c);
}

DB_TEST(a_clock_set_back_by_seconds_runs_nothing_again)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);

    fake_clock_set(test_clock(cx), TEST_NOW_MS + 5 * MINUTE_MS - 2000);
    for (int i = 0; i < 10; i++)
        advance(cx, &c, 1000);

    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

DB_TEST(a_clock_set_forward_by_a_day_runs_each_job_once)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    fake_clock_set(test_clock(cx), TEST_NOW_MS + DAY_MS + 30 * MINUTE_MS + 30 * 1000);
    tick(cx, &c);
    tick(cx, &c);

    check_int(1, atomic_load(&seen.hourly));
    check_int(1, atomic_load(&seen.minutely));
    core_app_close(&c);
}

DB_TEST(a_history_from_a_clock_that_was_ahead_does_not_stop_the_timetable)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    core_app_sql(cx, &c,
                 "insert into job_run (job, slot_at, started_at, finished_at, outcome) values "
                 "('t.hourly', $1, $1, $1, 'ok') returning id",
                 ARGS(a_int("a", TEST_NOW_MS + 300 * DAY_MS)));

    start(cx, &c, 0);
    advance(cx, &c, 5 * MINUTE_MS);

    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

/* ---- ends ---- */

DB_TEST(a_job_that_outstays_its_time_is_ended_by_its_deadline)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);

    check_err(job_run_now(cx, &c.app, "t.endless", NULL, NULL, NULL, &run), ERR_TIMEOUT);

    check_int(30000, now_ms(cx) - TEST_NOW_MS);
    check_int(1, outcomes(cx, &c, "failed"));
    core_app_close(&c);
}

/* The real clock: the job would sleep for half a minute. */
DB_TEST(stopping_ends_a_running_job_at_its_next_pause_and_keeps_its_row)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    c.app.clock = &clock_system;
    start(cx, &c, 1);
    scheduler_nudge(c.app.scheduler, "t.endless");
    wait_begun();

    int64_t before = clock_system.mono_ms(clock_system.self);
    scheduler_stop(&c.app.scheduler);

    check(clock_system.mono_ms(clock_system.self) - before < 20000);
    check_int(1, outcomes(cx, &c, "failed"));
    core_app_close(&c);
}

struct by_hand {
    struct ctx cx;
    struct core_app *c;
    enum err err;
};

static void *run_endless(void *self)
{
    struct by_hand *b = self;
    struct job_run run;

    b->err = job_run_now(&b->cx, &b->c->app, "t.endless", NULL, NULL, NULL, &run);
    return NULL;
}

/* The real clock again. */
DB_TEST(a_run_on_demand_ends_with_the_program_too)
{
    struct core_app c;
    struct by_hand b = {
        .cx = {.arena = arena_new(1 << 20), .clock = &clock_system},
          .c = &c
    };
    pthread_t thread;
    open_jobs(cx, t, &c);
    c.app.clock = &clock_system;
    start(cx, &c, 1);
    check_int(0, pthread_create(&thread, NULL, run_endless, &b));
    wait_begun();

    int64_t before = clock_system.mono_ms(clock_system.self);
    scheduler_wind_down(c.app.scheduler);
    pthread_join(thread, NULL);

    check_err(b.err, ERR_TIMEOUT);
    check(clock_system.mono_ms(clock_system.self) - before < 20000);
    check_int(1, outcomes(cx, &c, "failed"));
    arena_free(&b.cx.arena);
    core_app_close(&c);
}

DB_TEST(a_run_that_begins_while_the_program_ends_has_no_time)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    start(cx, &c, 1);

    scheduler_wind_down(c.app.scheduler);
    check_err(job_run_now(cx, &c.app, "t.endless", NULL, NULL, NULL, &run), ERR_TIMEOUT);

    check_int(0, now_ms(cx) - TEST_NOW_MS);
    core_app_close(&c);
}

DB_TEST(a_slot_that_came_while_all_hands_were_full_runs_once_one_is_free)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 1);
    scheduler_nudge(c.app.scheduler, "t.slow");
    wait_begun();
    fake_clock_advance(test_clock(cx), 5 * MINUTE_MS);

    int64_t before = clock_system.mono_ms(clock_system.self);
    let_end();
    pthread_mutex_lock(&seen.lock);
    while (!atomic_load(&seen.hourly))
        pthread_cond_wait(&seen.moved, &seen.lock);
    pthread_mutex_unlock(&seen.lock);

    check(clock_system.mono_ms(clock_system.self) - before < 20000);
    core_app_close(&c);
}

DB_TEST(the_history_keeps_the_newest_thousand_runs)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    core_app_sql(cx, &c,
                 "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1500) "
                 "insert into job_run (job, slot_at, started_at, finished_at, outcome) "
                 "select 't.hourly', i, i, i, 'ok' from n",
                 NO_ARGS);
    start(cx, &c, 0);

    tick(cx, &c);
    check_int(1500, runs(cx, &c, "t.hourly") - atomic_load(&seen.hourly));
    atomic_store(&seen.hourly, 0);
    advance(cx, &c, HOUR_MS);

    check(runs(cx, &c, "t.hourly") <= 1002);
    check_int(0, core_app_sql(cx, &c, "select count(*) from job_run where slot_at < 500", NO_ARGS));
    core_app_close(&c);
}

DB_TEST(when_the_database_fails_the_slot_is_not_lost)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);
    fake_clock_advance(test_clock(cx), 5 * MINUTE_MS);

    db_fault_at(1);
    check(scheduler_tick(c.app.scheduler, cx) != OK);
    db_fault_at(0);
    ctx_forgive(cx);
    tick(cx, &c);

    check_int(1, atomic_load(&seen.hourly));
    core_app_close(&c);
}

static int64_t open_rows(struct ctx *cx, struct core_app *c)
{
    return core_app_sql(cx, c, "select count(*) from job_run where finished_at is null", NO_ARGS);
}

/* After begin, claim and commit comes the end: begin, row, commit. */
DB_TEST(an_end_that_could_not_be_written_does_not_keep_the_job_from_its_next_run)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    start(cx, &c, 0);

    for (int nth = 4; nth <= 6; nth++) {
        fake_clock_advance(test_clock(cx), HOUR_MS);
        db_fault_at(nth);
        tick(cx, &c);
        check(db_fault_has_struck());
        db_fault_at(0);
        check_int(1, open_rows(cx, &c));

        scheduler_nudge(c.app.scheduler, "t.hourly");
        tick(cx, &c);

        check_int(2 * (nth - 3), atomic_load(&seen.hourly));
        check_int(0, open_rows(cx, &c));
        check_int(2 * (nth - 3),
                  core_app_sql(cx, &c,
                               "select count(*) from job_run where job = 't.hourly' and "
                               "outcome = 'ok' and seen = 3 and written = 2",
                               NO_ARGS));
    }
    core_app_close(&c);
}
