/* ads.sync on the main road: what the platform shows is what is there, version by version. */
#include "ads_bench.h"

/* ---- the whole ---- */

DB_TEST(spend_of_every_account_is_what_the_platform_shows)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    connect_token(&b, 1);

    sync_all(&b, 0);

    check_int(0, b.run.failed);
    check_int(b.w->naccounts, b.run.seen);
    for (int i = 0; i < (int)b.w->naccounts; i++) {
        check(account_has(&b, i, "sync_state", "ok"));
        check_int(shown_spend(&b, i, 28), spend_of(&b, i));
    }
    check(spend_of(&b, 0) > 0);
    check_int(number(&b, "select count(*) from ad_fact"), b.run.written);
    bench_close(&b);
}

DB_TEST(lists_of_many_pages_are_read_to_their_end)
{
    struct bench b;
    bench_open(cx, t, &b);
    b.c.app.config.meta_page_size = 5;
    connect_token(&b, 0);

    sync_one(&b, 3, 0);

    check(json_len(asked(&b, "insights")) > 2);
    check_int(shown_spend(&b, 0, 3), spend_of(&b, 0));
    check_int(b.w->accounts[0].nads,
              number_of(&b,
                        "select count(*) from ad where account_id = (select id from ad_account "
                        "where external_id = $1)",
                        0));
    bench_close(&b);
}

DB_TEST(objects_that_ended_keep_their_names_and_places)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    connect_token(&b, 1);

    sync_all(&b, 1);

    check_int(b.w->ncampaigns, number(&b, "select count(*) from campaign"));
    check_int(b.w->nadsets, number(&b, "select count(*) from ad_set"));
    check_int(b.w->nads, number(&b, "select count(*) from ad"));
    check(number(&b, "select count(*) from campaign where status in ('ARCHIVED', 'DELETED')") > 0);
    check(number(&b, "select count(*) from ad where status in ('ARCHIVED', 'DELETED')") > 0);
    check_int(0, number(&b, "select count(*) from campaign where name = external_id"));
    check(number(&b, "select count(*) from ad where url_tags like 'utm_source=%'") > 0);
    bench_close(&b);
}

DB_TEST(an_ad_that_no_list_shows_is_made_from_its_insights_row)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"14.35\""));

    sync_one(&b, 1, 0);

    check_int(14350000, spend_of(&b, 0));
    check_int(1, number(&b, "select count(*) from ad a join ad_set s on s.id = a.ad_set_id join "
                            "campaign c on c.id = s.campaign_id where a.name = 'Ad 1' and s.name = "
                            "'Almaty' and c.name = 'Spring' and c.id = a.campaign_id"));
    bench_close(&b);
}

DB_TEST(what_an_insights_row_leaves_out_is_zero_and_reach_is_unknown)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    insights_are(&b, insight(&b, 1, "2026-02-03", ""));

    sync_one(&b, 1, 0);

    check_int(1, facts_of(&b, 0));
    check_int(1, number(&b, "select count(*) from ad_fact where spend_micros = 0 and impressions = "
                            "0 and clicks = 0 and link_clicks = 0 and leads = 0 and purchases = 0 "
                            "and purchase_micros = 0 and reach is null"));
    bench_close(&b);
}

/* ---- again ---- */

DB_TEST(a_second_sync_changes_nothing_and_turns_no_cache_over)
{
    struct bench b;
    int64_t version, facts;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_all(&b, 3);
    version = data_version(&b);
    facts = number(&b, "select count(*) from ad_fact");

    sync_all(&b, 3);

    check_int(0, b.run.written);
    check_int(version, data_version(&b));
    check_int(facts, number(&b, "select count(*) from ad_fact where version = 1"));
    check_int(0, number(&b, "select count(*) from ad_fact_version"));
    bench_close(&b);
}

DB_TEST(a_restatement_replaces_the_numbers_and_keeps_what_was_said_before)
{
    struct bench b;
    int64_t before;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_one(&b, 28, 0);
    before = spend_of(&b, 0);
    change(&b, "delete from rollup_dirty");

    sim_set(b.sim, SIM_RESTATE, 1);
    sync_one(&b, 28, 0);

    check(b.run.written > 0);
    check_int(shown_spend(&b, 0, 28), spend_of(&b, 0));
    check(before != spend_of(&b, 0));
    check_int(b.run.written, number(&b, "select count(*) from ad_fact_version"));
    check_int(0, number(&b, "select count(*) from ad_fact f join ad_fact_version v on v.account_id "
                            "= f.account_id and v.day = f.day and v.ad_id = f.ad_id where "
                            "f.version <= v.version"));
    check_int(number(&b, "select count(distinct day) from ad_fact_version"),
              number(&b, "select count(*) from rollup_dirty"));
    bench_close(&b);
}

DB_TEST(a_row_that_changes_vanishes_and_comes_back_is_counted_on)
{
    struct bench b;
    const char *day = "2026-02-03";
    const char *eight, *nine;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    eight = insight(&b, 1, day, ",\"spend\":\"8\"");
    nine = insight(&b, 1, day, ",\"spend\":\"9\"");

    insights_are(&b, eight);
    sync_one(&b, 1, 0);
    insights_are(&b, nine);
    sync_one(&b, 1, 0);
    check_int(1, number(&b, "select count(*) from ad_fact where version = 2 and spend_micros = "
                            "9000000"));
    insights_are(&b, "");
    sync_one(&b, 1, 0);
    check_int(0, facts_of(&b, 0));
    check_int(1, b.run.written);
    insights_are(&b, eight);
    sync_one(&b, 1, 0);

    check_int(3, number(&b, "select version from ad_fact"));
    check_int(17000000,
              number(&b, "select cast(sum(spend_micros) as bigint) from ad_fact_version"));
    check_int(2, number(&b, "select count(*) from ad_fact_version where version in (1, 2)"));
    bench_close(&b);
}

DB_TEST(the_same_ad_and_day_twice_in_one_answer_counts_once)
{
    struct bench b;
    const char *row;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    row = insight(&b, 1, "2026-02-03", ",\"spend\":\"8\"");
    insights_are(&b, arena_fmt(cx->arena, "%s,%s", row, row).ptr);

    sync_one(&b, 1, 0);

    check_int(8000000, spend_of(&b, 0));
    check_int(1, number(&b, "select n_rows from ad_sync_slice"));
    bench_close(&b);
}

DB_TEST(a_campaign_that_is_renamed_keeps_its_facts)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"8\""));
    sync_one(&b, 1, 0);

    fault(&b, "/campaigns",
          "\"body\":{\"data\":[{\"id\":\"71\",\"name\":\"Summer\",\"status\":\"PAUSED\","
          "\"daily_budget\":\"5000\"}]}");
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"8\""));
    sync_one(&b, 1, 0);

    check_int(0, b.run.written);
    check_int(1, number(&b, "select count(*) from campaign where external_id = '71' and name = "
                            "'Summer' and status = 'PAUSED' and daily_budget_micros = 50000000"));
    check_int(8000000, spend_of(&b, 0));
    bench_close(&b);
}

/* ---- which days ---- */

/* "2026-01-07..2026-02-03" of all that was asked about insights of an account. */
static struct str days_asked(struct bench *b, int account)
{
    struct json_iter it = json_iter(asked(b, edge(b, account, "insights")));
    const struct json_in *item, *range;
    struct str text, since, until, first = {0}, last = {0};

    while ((item = json_next(&it, NULL))) {
        check(json_as_str(json_get(json_get(item, "query"), "time_range"), &text));
        check_ok(json_parse(b->cx, text, &range));
        check(json_as_str(json_get(range, "since"), &since));
        check(json_as_str(json_get(range, "until"), &until));
        first = first.len ? first : since;
        last = until;
    }
    return arena_fmt(b->cx->arena, "%.*s..%.*s", STR_FMT(first), STR_FMT(last));
}

DB_TEST(first_all_that_may_be_restated_then_each_hour_today_and_yesterday)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);

    sync_one(&b, 0, 0);
    check_str(S("2026-01-07..2026-02-03"), days_asked(&b, 0));

    forget_asked(&b);
    fake_clock_advance(test_clock(cx), HOUR_MS);
    sync_one(&b, 0, 0);
    check_str(S("2026-02-02..2026-02-03"), days_asked(&b, 0));

    forget_asked(&b);
    fake_clock_advance(test_clock(cx), 5 * HOUR_MS); /* six hours after all of them were read */
    sync_one(&b, 0, 0);
    check_str(S("2026-01-07..2026-02-03"), days_asked(&b, 0));
    bench_close(&b);
}

DB_TEST(a_day_that_is_missing_is_asked_for_within_the_hour)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_one(&b, 2, 0);
    forget_asked(&b);

    sync_one(&b, 0, 0);

    check_str(S("2026-01-07..2026-02-03"), days_asked(&b, 0));
    check_int(28, number(&b, "select count(*) from ad_sync_slice where state = 'ok'"));
    bench_close(&b);
}

DB_TEST(days_can_be_chosen_within_what_the_platform_keeps)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);

    sync_one(&b, 10, 0);

    check_str(S("2026-01-25..2026-02-03"), days_asked(&b, 0));
    check_err(sync_try(&b, 1151, S("")), ERR_INPUT);
    check_holds(S("37 months"), str_of(cx->why));
    ctx_forgive(cx);
    check_err(sync_try(&b, -1, S("")), ERR_INPUT);
    bench_close(&b);
}

DB_TEST(days_of_an_account_are_days_of_its_own_zone)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    check_str(S("America/Los_Angeles"), b.w->accounts[4].tz);

    sync_one(&b, 2, 4); /* there it is still the evening before */

    check_str(S("2026-02-01..2026-02-02"), days_asked(&b, 4));
    check_int(shown_spend(&b, 4, 2), spend_of(&b, 4));
    bench_close(&b);
}

/* ---- which accounts ---- */

DB_TEST(one_account_can_be_synced_alone_with_or_without_its_prefix)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);

    sync_one(&b, 1, 0);
    check_int(1, b.run.seen);
    check_ok(sync_try(&b, 1, arena_fmt(cx->arena, "act_%.*s", STR_FMT(b.w->accounts[1].id))));

    check_int(1, b.run.seen);
    check(account_has(&b, 0, "sync_state", "ok"));
    check(account_has(&b, 1, "sync_state", "ok"));
    check(account_has(&b, 2, "sync_state", "new"));
    bench_close(&b);
}

DB_TEST(an_account_that_nobody_knows_is_said_to_be_so)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);

    check_err(sync_try(&b, 1, S("act_5")), ERR_NOT_FOUND);

    check_holds(S("tracked account act_5"), str_of(cx->why));
    bench_close(&b);
}

DB_TEST(an_account_that_is_not_tracked_is_left_alone)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    change(&b, "update ad_account set is_tracked = 0");
    number_of(&b, "update ad_account set is_tracked = 1 where external_id = $1 returning id", 1);

    sync_all(&b, 1);

    check_int(1, b.run.seen);
    check_int(0, json_len(asked(&b, edge(&b, 0, "insights"))));
    check(account_has(&b, 1, "sync_state", "ok"));
    bench_close(&b);
}

DB_TEST(an_account_that_two_tokens_open_is_synced_by_the_first_until_it_fails)
{
    struct bench b;
    int64_t first, second;
    bench_open(cx, t, &b);
    first = connect_token(&b, 0);
    fault(&b, "/me?", "\"body\":{\"id\":\"77\",\"name\":\"Second\"}");
    second = connect_token(&b, 0);
    check(first != second);

    sync_all(&b, 1);

    check_int(7, b.run.seen);
    check_int(7, core_app_sql(cx, &b.c, "select count(*) from ad_account where connection_id = $1",
                              ARGS(a_int("a", first))));
    core_app_sql(cx, &b.c,
                 "update ad_connection set state = 'error' where id = $1 and state = 'ok' "
                 "returning id",
                 ARGS(a_int("a", first)));
    fault(&b, "/me/adaccounts", "\"kind\":\"logged_out\"");
    sync_all(&b, 1);
    check_int(7, core_app_sql(cx, &b.c, "select count(*) from ad_account where connection_id = $1",
                              ARGS(a_int("a", second))));
    check_int(7, number(&b, "select count(*) from ad_account where sync_state = 'ok'"));
    bench_close(&b);
}

/* ---- the token of the settings ---- */

DB_TEST(the_token_of_the_settings_makes_its_connection_once)
{
    struct bench b;
    bench_open(cx, t, &b);
    b.c.app.config.meta_token = b.w->tokens[0];

    sync_all(&b, 1);
    sync_all(&b, 1);

    check_int(7, b.run.seen);
    check_int(1, number(&b, "select count(*) from ad_connection where secret_id is null"));
    check_int(0, number(&b, "select count(*) from secret"));
    bench_close(&b);
}

DB_TEST(the_token_of_the_settings_steps_back_before_one_that_was_pasted)
{
    struct bench b;
    bench_open(cx, t, &b);
    b.c.app.config.meta_token = b.w->tokens[0];
    connect_token(&b, 1);

    sync_all(&b, 1);

    check_int(1, b.run.seen);
    check_int(1, number(&b, "select count(*) from ad_connection"));
    bench_close(&b);
}

DB_TEST(a_wrong_token_in_the_settings_is_reported_and_not_stored)
{
    struct bench b;
    bench_open(cx, t, &b);
    b.c.app.config.meta_token = S("EAAnobody-knows-this-one");

    sync_all(&b, 1);

    check_int(1, b.run.failed);
    check_holds(S("the token of the settings was not accepted"), b.said);
    check_int(0, number(&b, "select count(*) from ad_connection"));
    bench_close(&b);
}

DB_TEST(without_any_token_the_job_says_what_to_do)
{
    struct bench b;
    bench_open(cx, t, &b);

    sync_all(&b, 0);

    check_int(0, b.run.failed);
    check_holds(S("paste a token"), b.said);
    bench_close(&b);
}

DB_TEST(a_sync_cut_short_by_the_end_of_the_program_blames_nobody)
{
    struct bench b;
    struct job_run run;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_all(&b, 1);
    check_ok(scheduler_start(cx, &b.c.app, 0, &b.c.app.scheduler));

    scheduler_wind_down(b.c.app.scheduler);
    check(job_run_now(cx, &b.c.app, "ads.sync", NULL, NULL, NULL, &run) != OK);

    ctx_forgive(cx);
    check_int(1, number(&b, "select count(*) from ad_connection where state = 'ok'"));
    check_int(7, number(&b, "select count(*) from ad_account where sync_state = 'ok'"));
    check_int(1, number(&b, "select count(*) from job_run where outcome = 'failed'"));
    bench_close(&b);
}
