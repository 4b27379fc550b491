/* What a run says of itself: its lines in the history, its progress while it runs. */
#include "core/job_log.h"
#include "core/job_routes.h"
#include "jobs.h"

static void serve_jobs(struct ctx *cx, struct core_app *c)
{
    static struct route_set route_sets[1];

    route_sets[0] = (struct route_set){job_routes, job_nroutes};
    core_app_serve(cx, c, route_sets, 1);
}

struct heard {
    struct arena *arena;
    struct str text;
    int lines;
};

static void hear(void *self, struct str line)
{
    struct heard *h = self;

    h->text = arena_fmt(h->arena, "%.*s%.*s\n", STR_FMT(h->text), STR_FMT(line));
    h->lines++;
}

DB_TEST(the_progress_of_a_running_job_is_seen_and_gone_after_it)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    serve_jobs(cx, &c);
    struct str admin = core_app_token(cx, &c, core_app_user(cx, &c, "a@a.kz", ROLE_ADMIN, 0, NULL));
    start(cx, &c, 1);

    scheduler_nudge(c.app.scheduler, "t.telling");
    wait_begun();
    struct answer a = core_app_ask(cx, &c, "GET /api/v1/jobs", admin, NULL);
    check_int(2, answer_int(cx, &a, "items.6.progress.done"));
    check_int(3, answer_int(cx, &a, "items.6.progress.total"));
    check_str(S("rows of anna"), answer_text(cx, &a, "items.6.progress.text"));
    check_int(TEST_NOW_MS, answer_int(cx, &a, "items.6.progress.started_at"));
    let_end();
    scheduler_wind_down(c.app.scheduler);
    while (scheduler_is_running(c.app.scheduler, "t.telling"))
        clock_system.sleep_ms(clock_system.self, 1);
    a = core_app_ask(cx, &c, "GET /api/v1/jobs", admin, NULL);
    check_int(0, answer_int(cx, &a, "items.6.progress.total"));
    core_app_close(&c);
}

DB_TEST(a_run_without_a_timetable_tells_its_progress_to_who_started_it)
{
    struct core_app c;
    struct job_run run;
    struct heard heard = {.arena = cx->arena};
    open_jobs(cx, t, &c);
    seen.may_end = true;

    check_ok(job_run_now(cx, &c.app, "t.telling", NULL, hear, &heard, &run));

    /* The second progress comes within the same second and is not said. */
    check_str(S("two users found\nusers: 1 of 3\n"), heard.text);
    check_int(2, heard.lines);
    core_app_close(&c);
}

DB_TEST(what_a_run_said_and_how_it_ended_is_in_its_history)
{
    struct core_app c;
    struct job_run run;
    open_jobs(cx, t, &c);
    seen.may_end = true;

    check_ok(job_run_now(cx, &c.app, "t.telling", NULL, NULL, NULL, &run));
    check_err(job_run_now(cx, &c.app, "t.broken", NULL, NULL, NULL, &run), ERR_UPSTREAM);

    /* 10:00 in Almaty. */
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from job_run where job = 't.telling' and log = $1",
                              ARGS(a_str("a", S("10:00:00 two users found\n10:00:00 ok: 0 seen, 0 "
                                                "written, 0 failed, 0 ms")))));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from job_run where job = 't.broken' and log = $1",
                              ARGS(a_str("a", S("10:00:00 failed: 0 seen, 0 written, 0 failed, "
                                                "0 ms: the vendor said no")))));
    core_app_close(&c);
}

DB_TEST(the_log_of_a_run_keeps_the_last_lines_whole_and_fit_for_a_database)
{
    struct core_app c;
    open_jobs(cx, t, &c);
    struct job_log *l = job_log_new(cx->arena);

    check_str(S(""), job_log_text(l));
    check_str(S(""), job_log_text(NULL));
    for (int i = 0; i < 2000; i++)
        job_log_add(l, c.app.zone, TEST_NOW_MS, arena_fmt(cx->arena, "line %d", i));
    struct str text = job_log_text(l);
    check(text.len <= JOB_LOG_SIZE);
    check(text.len > JOB_LOG_SIZE - 64);
    check(str_starts(text, S("10:00:00 line ")));
    check(str_ends(text, S("\n10:00:00 line 1999")));

    job_log_add(l, c.app.zone, TEST_NOW_MS, S("a\x1b\xff\nb\xc2\x85 \xd0\x96"));
    check(str_ends(job_log_text(l), S("\n10:00:00 a ? b  \xd0\x96")));
    job_log_add(NULL, c.app.zone, TEST_NOW_MS, S("nobody keeps it"));
    core_app_close(&c);
}
