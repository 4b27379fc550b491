/* ads.history: the past, month by month; days that are too much for one answer come as reports,
 * whose ids outlive the program. */
#include "ads_bench.h"

static void open_history(struct ctx *cx, struct temp_db *t, struct bench *b, int64_t months)
{
    bench_open(cx, t, b);
    b->c.app.config.history_months = months;
    connect_token(b, 0);
}

static enum err history_try(struct bench *b)
{
    b->said = (struct str){0};
    return job_run_now(b->cx, &b->c.app, "ads.history", NULL, bench_hear, b, &b->run);
}

static void history(struct bench *b)
{
    check_ok(history_try(b));
}

static bool is_done(struct bench *b)
{
    return number(b, "select count(*) from ad_account where history_done_at is not null") == 1;
}

static int64_t days_known(struct bench *b)
{
    return number(b, "select count(*) from ad_sync_slice where state = 'ok'");
}

DB_TEST(the_past_is_read_month_by_month_to_its_limit)
{
    struct bench b;
    open_history(cx, t, &b, 3);
    sync_one(&b, 0, 0);
    check_int(28, days_known(&b));

    history(&b);

    check(is_done(&b));
    check_int(1, number(&b, "select count(*) from ad_account where history_from = '2025-11-04'"));
    check_int(92, days_known(&b));
    check_int(shown_spend(&b, 0, 92),
              number(&b, "select cast(sum(spend_micros) as bigint) from ad_fact"));
    check_int(0, b.run.failed);
    bench_close(&b);
}

DB_TEST(a_past_that_is_complete_is_not_read_again)
{
    struct bench b;
    open_history(cx, t, &b, 2);
    sync_one(&b, 0, 0);
    history(&b);
    forget_asked(&b);

    history(&b);

    check_int(0, json_len(asked(&b, "insights")));
    bench_close(&b);
}

DB_TEST(the_past_waits_for_the_first_sync)
{
    struct bench b;
    open_history(cx, t, &b, 3);

    history(&b);

    check_int(0, json_len(asked(&b, "insights")));
    check_int(0, number(&b, "select count(*) from ad_sync_slice"));
    bench_close(&b);
}

DB_TEST(a_year_without_a_row_is_before_the_accounts_first)
{
    struct bench b;
    open_history(cx, t, &b, 37); /* the world begins 60 days ago */
    sync_one(&b, 0, 0);

    history(&b);

    check(is_done(&b));
    check(number(&b, "select count(*) from ad_account where history_from >= '2024-10-01' and "
                     "history_from < '2025-01-01'") == 1);
    bench_close(&b);
}

DB_TEST(a_month_that_failed_is_read_by_the_next_run)
{
    struct bench b;
    open_history(cx, t, &b, 3);
    sync_one(&b, 0, 0);
    fault(&b, "insights", "\"skip\":1,\"times\":50,\"kind\":\"unavailable\"");
    history(&b);
    check_int(1, b.run.failed);
    check(!is_done(&b));
    forget_faults(&b);

    history(&b);

    check(is_done(&b));
    check_int(0, number(&b, "select count(*) from ad_sync_slice where state = 'failed'"));
    check_int(92, days_known(&b));
    bench_close(&b);
}

/* ---- reports ---- */

DB_TEST(days_that_are_too_much_come_as_reports)
{
    struct bench b;
    open_history(cx, t, &b, 0);
    sim_set(b.sim, SIM_MOST_ROWS, 1);
    sync_one(&b, 3, 0);
    check_int(1, b.run.failed);

    history(&b);

    check(number(&b, "select count(*) from ad_report_run where state = 'taken'") > 3);
    check_int(0, number(&b, "select count(*) from ad_sync_slice where state = 'failed'"));
    check_int(28, days_known(&b));
    check_int(shown_spend(&b, 0, 28), spend_of(&b, 0));
    check_int(0, b.run.failed);
    bench_close(&b);
}

DB_TEST(a_sync_leaves_days_to_reports_that_needed_one)
{
    struct bench b;
    open_history(cx, t, &b, 0);
    sim_set(b.sim, SIM_MOST_ROWS, 1);
    sync_one(&b, 3, 0);
    history(&b);
    forget_asked(&b);

    sync_one(&b, 3, 0);

    check_int(0, b.run.failed);
    check_int(0, json_len(asked(&b, "insights?level=ad&")));
    bench_close(&b);
}

DB_TEST(a_report_under_way_is_asked_on_after_a_restart)
{
    struct bench b;
    open_history(cx, t, &b, 0);
    sim_set(b.sim, SIM_MOST_ROWS, 1);
    sim_set(b.sim, SIM_REPORT_MS, 20 * 60 * 1000);
    b.c.app.config.restate_days = 1;
    sync_one(&b, 1, 0);
    history(&b);
    check_int(1, number(&b, "select count(*) from ad_report_run where state = 'running'"));

    fake_clock_advance(test_clock(cx), 25 * 60 * 1000);
    history(&b);

    check_int(1, number(&b, "select count(*) from ad_report_run where state = 'taken'"));
    check_int(1, number(&b, "select count(*) from ad_report_run"));
    check_int(1, days_known(&b));
    bench_close(&b);
}

static void splits_in_the_end(struct ctx *cx, struct temp_db *t, enum sim_report fate)
{
    struct bench b;
    open_history(cx, t, &b, 0);
    b.c.app.config.restate_days = 1;
    sim_set(b.sim, SIM_REPORT_FATE, fate);
    fault(&b, "insights?level=ad", "\"times\":3,\"kind\":\"too_much\""); /* 100, 50 and 25 rows */
    sync_one(&b, 1, 0);
    check_int(1, b.run.failed);
    fault(&b, "insights?level=ad", "\"times\":3,\"kind\":\"too_much\"");

    for (int k = 0; k < 6; k++) {
        history(&b);
        fake_clock_advance(test_clock(cx), 10 * 60 * 1000);
    }

    check_int(1, number(&b, "select count(*) from ad_report_run where state = 'taken' and tries = "
                            "3"));
    check_int(1, number(&b, "select count(*) from ad_report_run"));
    check_int(1, days_known(&b));
    check(spend_of(&b, 0) > 0);
    bench_close(&b);
}

DB_TEST(a_stuck_report_is_started_again_and_in_the_end_split_by_campaign)
{
    splits_in_the_end(cx, t, SIM_REPORT_STUCK);
}

DB_TEST(a_failed_report_is_started_again_and_in_the_end_split_by_campaign)
{
    splits_in_the_end(cx, t, SIM_REPORT_FAILED);
}

DB_TEST(a_skipped_report_is_started_again_and_in_the_end_split_by_campaign)
{
    splits_in_the_end(cx, t, SIM_REPORT_SKIPPED);
}

DB_TEST(a_report_that_is_not_known_yet_is_waited_for)
{
    struct bench b;
    open_history(cx, t, &b, 0);
    b.c.app.config.restate_days = 1;
    sim_set(b.sim, SIM_REPORT_FATE, SIM_REPORT_RACE);
    sim_set(b.sim, SIM_MOST_ROWS, 1);
    sync_one(&b, 1, 0);

    history(&b);

    check_int(1, number(&b, "select count(*) from ad_report_run where state = 'taken' and tries = "
                            "1"));
    bench_close(&b);
}
