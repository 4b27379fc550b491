/* Rollups: what is stored equals what the facts come to, however it was arrived at. */
#include "brute.h"
#include "db_fault.h"
#include "metrics/build.sql.h"
#include "metrics/metrics.h"
#include "metrics/read.sql.h"
#include "rates/rates.h"

#include <string.h>

static int64_t build(struct ctx *cx, struct slice_app *s)
{
    int64_t days = -1;

    check_ok(metrics_build(cx, s->app, &days));
    return days;
}

static int64_t rebuild(struct ctx *cx, struct slice_app *s, const char *from, const char *to)
{
    int64_t days = -1;

    check_ok(metrics_rebuild(cx, s->app, str_of(from), str_of(to), &days));
    return days;
}

/* The same rows with everything finer than a product added up. */
static struct str team_rows(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(
        cx, s,
        "day, team_id, user_id, product_id, sum(spend_kzt), sum(spend_usd), sum(spend_brl), "
        "sum(revenue_kzt), sum(revenue_usd), sum(revenue_brl), sum(meta_value_kzt), "
        "sum(meta_value_usd), sum(meta_value_brl), sum(impressions), sum(clicks), "
        "sum(link_clicks), sum(meta_leads), sum(meta_purchases), sum(leads), sum(sales), "
        "sum(unpriced_kzt), sum(unpriced_usd), sum(unpriced_brl), sum(n_sources)",
        "from rollup_day group by day, team_id, user_id, product_id "
        "order by day, team_id, user_id, product_id");
}

/* ---- what they come to ---- */

DB_TEST(rollups_equal_the_sums_by_brute_force)
{
    static const uint64_t seeds[] = {1, 2, 20260203};

    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temp_db own;
        struct slice_app s;
        temp_db_open(cx, &own, t->engine);
        slice_app_open(cx, &own, &s);
        brute_make(cx, &s, seeds[i]);

        check_int(BRUTE_DAYS, build(cx, &s));

        struct brute_rows want = brute_expected(cx, &s);
        struct str text = brute_text(cx, &want);
        check(want.n > 300);
        check_str(text, brute_rollups(cx, &s));
        check_str(team_rows(cx, &s), brute_team_rollups(cx, &s));
        check_int(0, sql_int(cx, &s, "select count(*) from rollup_dirty"));
        slice_app_close(&s);
        temp_db_close(&own);
    }
}

DB_TEST(the_world_of_chance_has_every_odd_case_in_it)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 1);
    build(cx, &s);

    /* Or the test above would prove less than it seems to. */
    static const char *const some[] = {
        "unpriced_kzt > 0",
        "unpriced_kzt = 0 and unpriced_brl > 0",
        "unpriced_usd > 0 and revenue_kzt > 0",
        "revenue_kzt < 0",
        "team_id = 0 and spend_kzt > 0",
        "team_id = 1 and user_id > 0 and spend_kzt > 0",
        "product_id = 3 and sales = 0 and revenue_kzt <> 0",
        "account_id = 0 and sales > 0",
        "account_id > 0 and sales > 0",
        "meta_value_kzt > 0",
        "leads > 0 and product_id = 0",
    };
    for (size_t i = 0; i < COUNT(some); i++) {
        int64_t n = sql_int(cx, &s, "select count(*) from rollup_day where %s", some[i]);
        if (!n)
            test_fail(TEST_AT(some[i]), "no row with %s", some[i]);
    }
    slice_app_close(&s);
}

DB_TEST(building_twice_changes_nothing)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 3);
    slice_job(cx, &s, "metrics.build", &r);
    check_int(BRUTE_DAYS, r.written);
    struct str before = brute_rollups(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");

    slice_job(cx, &s, "metrics.build", &r);
    check_int(0, r.written);
    check_int(version, sql_int(cx, &s, "select version from data_version"));
    check_int(BRUTE_DAYS, rebuild(cx, &s, "", ""));
    check_str(before, brute_rollups(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_rebuild_of_some_days_leaves_the_others)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 3);
    build(cx, &s);
    struct str right = brute_rollups(cx, &s);
    sql_script(cx, &s,
               "update rollup_day set clicks = clicks + 1;"
               "insert into rollup_day select '2026-02-02', team_id, user_id, account_id, "
               "campaign_id, ad_set_id, ad_id, product_id, spend_kzt, spend_usd, spend_brl, "
               "revenue_kzt, revenue_usd, revenue_brl, meta_value_kzt, meta_value_usd, "
               "meta_value_brl, impressions, clicks, link_clicks, meta_leads, meta_purchases, "
               "leads, sales, unpriced_kzt, unpriced_usd, unpriced_brl, n_sources from rollup_day "
               "where day = '2026-01-10'");

    check_int(2, rebuild(cx, &s, "2026-01-10", "2026-01-11"));
    check(!str_eq(right, brute_rollups(cx, &s)));
    check_int(BRUTE_DAYS + 1, rebuild(cx, &s, "", "")); /* the day without facts goes too */
    check_str(right, brute_rollups(cx, &s));
    slice_app_close(&s);
}

/* ---- step by step, through the doors that change facts ---- */

static void hook(struct ctx *cx, struct slice_app *s, uint64_t *seed)
{
    static const char *const statuses[] = {"10", "142", "142", "143"};
    static const char *const sources[] = {"fb_a", "fb_b", "facebook", "other"};
    long long at = 1767850000 + (long long)test_random_between(seed, 0, 23) * 86400;

    slice_hook(cx, s,
               arena_fmt(cx->arena,
                         "account[id]=9&leads[status][0][id]=%lld&leads[status][0][status_id]=%s&"
                         "leads[status][0][price]=%lld&leads[status][0][last_modified]=%lld&"
                         "leads[status][0][date_create]=%lld&"
                         "leads[status][0][custom_fields][0][code]=UTM_SOURCE&"
                         "leads[status][0][custom_fields][0][values][0][value]=%s&"
                         "leads[status][0][custom_fields][1][code]=UTM_CONTENT&"
                         "leads[status][0][custom_fields][1][values][0][value]=30%lld11",
                         (long long)test_random_between(seed, 1, 12),
                         statuses[test_random_between(seed, 0, 3)],
                         (long long)test_random_between(seed, 0, 90000), at, at - 400000,
                         sources[test_random_between(seed, 0, 3)],
                         (long long)test_random_between(seed, 1, 9)));
}

static void rate(struct ctx *cx, struct slice_app *s, uint64_t *seed)
{
    static const char *const bases[] = {"USD", "BRL", "GBP"};
    struct str body = arena_fmt(
        cx->arena, "{\"day\":\"2026-01-%02d\",\"base\":\"%s\",\"quote\":\"KZT\",\"rate\":%d.%d}",
        (int)test_random_between(seed, 8, 31), bases[test_random_between(seed, 0, 2)],
        (int)test_random_between(seed, 90, 700), (int)test_random_between(seed, 0, 99));

    check_int(201, slice_status(cx, s, "POST /api/v1/rates", s->admin, str_z(cx->arena, body)));
}

static void rules(struct ctx *cx, struct slice_app *s, uint64_t *seed)
{
    struct str body = arena_fmt(
        cx->arena,
        "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_a\",\"team_id\":%d},"
        "{\"kind\":\"prefix\",\"value\":\"fb_b\",\"team_id\":%d,\"valid_from\":\"2026-01-%02d\"}]}",
        (int)test_random_between(seed, 1, 2), (int)test_random_between(seed, 1, 2),
        (int)test_random_between(seed, 8, 31));
    struct job_run r;

    check_int(200, slice_status(cx, s, "PUT /api/v1/rules", s->admin, str_z(cx->arena, body)));
    slice_job(cx, s, "attribution.run", &r);
}

static void binding(struct ctx *cx, struct slice_app *s, uint64_t *seed)
{
    struct str call = arena_fmt(cx->arena, "POST /api/v1/accounts/%d/bindings",
                                (int)test_random_between(seed, 3, 4));
    struct str body =
        arena_fmt(cx->arena, "{\"team_id\":%d,\"valid_from\":\"2026-01-%02d\"}",
                  (int)test_random_between(seed, 1, 2), (int)test_random_between(seed, 8, 31));
    struct job_run r;
    int status = slice_status(cx, s, str_z(cx->arena, call), s->admin, str_z(cx->arena, body));

    check(status == 201 || status == 409);
    slice_job(cx, s, "attribution.run", &r);
}

DB_TEST(small_steps_end_where_a_whole_rebuild_ends)
{
    void (*const steps[])(struct ctx * cx, struct slice_app * s,
                          uint64_t * seed) = {hook, hook, hook, hook, rate, rules, binding};
    struct slice_app s;
    uint64_t seed = 77;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 5);
    build(cx, &s);

    for (int i = 0; i < 60; i++) {
        steps[test_random_between(&seed, 0, COUNT(steps) - 1)](cx, &s, &seed);
        fake_clock_advance(test_clock(cx), 1000);
        if (i % 4 == 0)
            build(cx, &s);
    }
    build(cx, &s);

    struct str stepwise = brute_rollups(cx, &s);
    struct str small = brute_team_rollups(cx, &s);
    struct brute_rows want = brute_expected(cx, &s);
    check_str(brute_text(cx, &want), stepwise);
    rebuild(cx, &s, "", "");
    check_str(stepwise, brute_rollups(cx, &s));
    check_str(small, brute_team_rollups(cx, &s));
    slice_app_close(&s);
}

/* ---- single cases ---- */

static void one_account(struct ctx *cx, struct slice_app *s, const char *currency)
{
    sql_script(cx, s,
               "insert into ad_account (platform, external_id, name, currency, tz, status, "
               "first_seen_at) values ('meta', '1', 'A', '%s', 'Asia/Almaty', 1, 0);"
               "insert into campaign (account_id, external_id, name, seen_at) values (1, '1', 'C', "
               "0); insert into ad_set (account_id, campaign_id, external_id, name, seen_at) "
               "values (1, 1, '1', 'S', 0); insert into ad (account_id, campaign_id, ad_set_id, "
               "external_id, name, seen_at) values (1, 1, 1, '1', 'A', 0);"
               "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
               "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
               "(1, '2026-01-10', 1, 1500000, 1, 1, 1, 0, 0, 0, 1, 0);"
               "insert into rollup_dirty (day) values ('2026-01-10')",
               currency);
}

DB_TEST(tenge_need_no_rate_to_be_tenge)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    one_account(cx, &s, "KZT");

    build(cx, &s);

    check_str(S("1500000|0|0|0|1|1"),
              sql_rows(cx, &s,
                       "spend_kzt, spend_usd, spend_brl, unpriced_kzt, unpriced_usd, unpriced_brl",
                       "from rollup_day"));
    slice_app_close(&s);
}

DB_TEST(money_beyond_all_reason_does_not_stop_the_build)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    one_account(cx, &s, "KZT");
    sql_script(cx, &s,
               "update ad_fact set spend_micros = 9000000000000000000, "
               "purchase_micros = 9000000000000000000;"
               "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, seen_at) "
               "values (1, 1, 1, '2', 'B', 0);"
               "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
               "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
               "(1, '2026-01-10', 2, 9000000000000000000, 1, 1, 1, 0, 0, 7000000, 1, 0)");

    check_int(1, build(cx, &s));

    check_str(S("0|7000000|2|2"),
              sql_rows(cx, &s, "spend_kzt, meta_value_kzt, unpriced_kzt, clicks",
                       "from rollup_team_day"));
    slice_app_close(&s);
}

DB_TEST(a_rate_that_comes_later_prices_the_day)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    one_account(cx, &s, "USD");
    slice_job(cx, &s, "metrics.build", &r);
    check_str(
        S("0|1500000|1|0"),
        sql_rows(cx, &s, "spend_kzt, spend_usd, unpriced_kzt, unpriced_usd", "from rollup_day"));

    slice_ask(cx, &s, "POST /api/v1/rates", s.admin,
              "{\"day\":\"2026-01-09\",\"base\":\"USD\",\"quote\":\"KZT\",\"rate\":500.000001}");
    slice_job(cx, &s, "metrics.build", &r);

    check_str(
        S("750000002|1500000|0|0"),
        sql_rows(cx, &s, "spend_kzt, spend_usd, unpriced_kzt, unpriced_usd", "from rollup_day"));
    slice_app_close(&s);
}

DB_TEST(a_refund_stands_on_its_own_day_and_the_sale_on_none)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=142&"
                 "leads[status][0][price]=100&leads[status][0][last_modified]=1768888800&"
                 "leads[status][0][date_create]=1768888800"));
    build(cx, &s);
    check_str(S("2026-01-20|100000000|1|1"),
              sql_rows(cx, &s, "day, sum(revenue_kzt), sum(sales), sum(leads)",
                       "from rollup_team_day group by day"));

    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=143&"
                 "leads[status][0][last_modified]=1769061600"));
    build(cx, &s);
    check_str(S("2026-01-20|100000000|0|1\n2026-01-22|-100000000|0|0"),
              sql_rows(cx, &s, "day, sum(revenue_kzt), sum(sales), sum(leads)",
                       "from rollup_team_day group by day order by day"));
    slice_app_close(&s);
}

DB_TEST(a_prepayment_and_its_full_payment_are_one_sale)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into stage_map (pipeline_id, status_id, stage, product_id) values "
               "('5', '', 'lead', 2), ('5', '77', 'prepaid', null)");
    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=77&"
                 "leads[status][0][pipeline_id]=5&leads[status][0][price]=5000&"
                 "leads[status][0][last_modified]=1768888800"));
    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=142&"
                 "leads[status][0][pipeline_id]=5&leads[status][0][price]=20000&"
                 "leads[status][0][last_modified]=1769061600"));

    build(cx, &s);

    check_str(S("2026-01-20|5000000000|0|1|2\n2026-01-22|15000000000|1|0|2"),
              sql_rows(cx, &s, "day, sum(revenue_kzt), sum(sales), sum(leads), max(product_id)",
                       "from rollup_team_day group by day order by day"));
    slice_app_close(&s);
}

/* ---- today, 7d and 30d ---- */

DB_TEST(the_fixed_periods_hold_what_their_days_hold)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    fake_clock_set(test_clock(cx), 1769850000000); /* 2026-01-31 14:00 in Almaty */
    brute_make(cx, &s, 8);
    sql_script(cx, &s, "update payment set currency = 'USD' where currency = 'GBP'");

    build(cx, &s);

    check_str(S("today|2026-01-31|2026-01-31\n7d|2026-01-25|2026-01-31\n30d|2026-01-02|2026-01-31"),
              sql_rows(cx, &s, "period, period_start, period_end",
                       "from period_metric where team_id = 1 and user_id = 0 "
                       "order by period_start desc"));
    /* Per team, and per user. */
    check_int(0, sql_int(cx, &s,
                         "select count(*) from period_metric p where p.user_id = 0 and "
                         "(p.spend_kzt, p.spend_usd, p.revenue_kzt, p.impressions, p.clicks, "
                         "p.leads, p.sales) <> (select sum(r.spend_kzt), sum(r.spend_usd), "
                         "sum(r.revenue_kzt), sum(r.impressions), sum(r.clicks), sum(r.leads), "
                         "sum(r.sales) from rollup_team_day r where r.team_id = p.team_id and "
                         "r.day >= p.period_start and r.day <= p.period_end)"));
    check_int(0, sql_int(cx, &s,
                         "select count(*) from period_metric p where p.user_id <> 0 and "
                         "(p.spend_kzt, p.leads) <> (select sum(r.spend_kzt), sum(r.leads) from "
                         "rollup_team_day r where r.team_id = p.team_id and r.user_id = p.user_id "
                         "and r.day >= p.period_start and r.day <= p.period_end)"));
    check_int(0, sql_int(cx, &s,
                         "select count(*) from period_metric p where p.user_id = 0 and "
                         "(p.challenge3d_leads, p.express_leads) <> (select "
                         "coalesce(sum(case when r.product_id = 2 then r.leads end), 0), "
                         "coalesce(sum(case when r.product_id = 1 then r.leads end), 0) from "
                         "rollup_team_day r where r.team_id = p.team_id and "
                         "r.day >= p.period_start and r.day <= p.period_end)"));
    check_int(sql_int(cx, &s,
                      "select count(*) from payment p join sale s on s.id = p.sale_id where "
                      "s.product_id = 2 and p.kind = 'prepayment' and p.day >= '2026-01-09'"),
              sql_int(cx, &s,
                      "select cast(sum(challenge3d_prepayments) as bigint) from period_metric "
                      "where user_id = 0 and period = '30d'"));
    check(sql_int(cx, &s,
                  "select cast(sum(challenge3d_prepayment_kzt) as bigint) from period_metric "
                  "where user_id = 0 and period = '30d'") > 0);
    check(sql_int(cx, &s, "select count(*) from period_metric where user_id <> 0") > 0);
    slice_app_close(&s);
}

DB_TEST(periods_follow_the_day_though_no_fact_changed)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    fake_clock_set(test_clock(cx), 1769850000000);
    brute_make(cx, &s, 8);
    build(cx, &s);

    fake_clock_advance(test_clock(cx), 4 * 3600000);
    build(cx, &s); /* 18:00: the same day */
    check_int(1769850000000, sql_int(cx, &s, "select max(updated_at) from period_metric"));
    fake_clock_advance(test_clock(cx), 6 * 3600000);
    build(cx, &s); /* midnight in Almaty, 19:00 UTC */
    check_int(1769886000000, sql_int(cx, &s, "select max(updated_at) from period_metric"));
    check_int(
        0, sql_int(cx, &s, "select count(*) from period_metric where period_end <> '2026-02-01'"));
    check_int(0, sql_int(cx, &s, "select count(*) from period_metric where period = 'today'"));
    slice_app_close(&s);
}

/* ---- proofs ---- */

struct said {
    struct ctx *cx;
    struct str text;
};

static void keep_line(void *self, struct str line)
{
    struct said *said = self;

    said->text = arena_fmt(said->cx->arena, "%.*s%.*s\n", STR_FMT(said->text), STR_FMT(line));
}

static void spoils(struct ctx *cx, struct slice_app *s, const char *sql, const char *why)
{
    struct said said = {cx, S("")};

    sql_script(cx, s, "%s", sql);
    check_err(metrics_verify(cx, s->app, keep_line, &said), ERR_CONFLICT);
    check_holds(str_of(why), str_of(cx->why));
    ctx_forgive(cx);
}

static void true_world(struct ctx *cx, struct slice_app *s)
{
    slice_hook(cx, s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=142&"
                 "leads[status][0][price]=100&leads[status][0][last_modified]=1768888800&"
                 "leads[status][1][id]=2&leads[status][1][status_id]=143&"
                 "leads[status][1][last_modified]=1768888800"));
    one_account(cx, s, "KZT");
    build(cx, s);
}

DB_TEST(ads_that_do_not_add_up_to_their_account_are_found)
{
    struct slice_app s;
    struct said said = {cx, S("")};
    slice_app_open(cx, t, &s);
    true_world(cx, &s);
    sql_script(cx, &s,
               "insert into ad_account_day (account_id, day, spend_micros, impressions, clicks, "
               "link_clicks, learned_at) select account_id, day, sum(spend_micros) + 1, "
               "sum(impressions), sum(clicks), sum(link_clicks), 1 from ad_fact group by "
               "account_id, day;"
               "insert into ad_sync_slice (account_id, day, state, n_rows, synced_at, compared_at) "
               "select account_id, day, 'ok', 1, 1, 1 from ad_account_day where 1 = 1 on conflict "
               "(account_id, day) do update set state = 'ok', synced_at = 1, compared_at = 1");

    check_err(metrics_verify(cx, s.app, keep_line, &said), ERR_CONFLICT);

    check_holds(S("add up to their account"), str_of(cx->why));
    slice_app_close(&s);
}

DB_TEST(what_is_right_is_proved_and_stays_as_it_is)
{
    struct slice_app s;
    struct said said = {cx, S("")};
    slice_app_open(cx, t, &s);
    true_world(cx, &s);
    struct str before = brute_rollups(cx, &s);

    check_ok(metrics_verify(cx, s.app, keep_line, &said));

    check_str(S("2 days of rollups follow from the facts\n"
                "ads and what no ad explains add up to their account\n"
                "every sale has exactly one credit\nevery lead has exactly one credit\n"
                "payments add up to their sales\n"),
              said.text);
    check_str(before, brute_rollups(cx, &s));
    slice_app_close(&s);
}

DB_TEST(whatever_is_wrong_is_found_and_named)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    true_world(cx, &s);

    spoils(cx, &s, "update rollup_day set clicks = clicks + 1 where day = '2026-01-10'",
           "2026-01-10");
    rebuild(cx, &s, "", "");
    spoils(cx, &s, "update rollup_team_day set revenue_kzt = 0 where day = '2026-01-20'",
           "2026-01-20");
    rebuild(cx, &s, "", "");
    spoils(cx, &s, "update ad_fact set spend_micros = 7", "2026-01-10");
    rebuild(cx, &s, "", "");
    spoils(cx, &s, "update payment set amount_micros = 7; delete from rollup_team_day",
           "payments add up to their sales: 1 do not");
    spoils(cx, &s, "delete from credit where subject_kind = 'lead' and subject_id = 1",
           "every lead has exactly one credit: 1 do not");
    spoils(cx, &s, "update credit set denominator = 2 where subject_kind = 'sale'",
           "every sale has exactly one credit: 2 do not");
    slice_app_close(&s);
}

/* ---- a database that fails ---- */

struct half {
    struct slice_app *s;
};

static enum err build_step(struct ctx *cx, void *self)
{
    struct half *h = self;
    int64_t days;

    return metrics_build(cx, h->s->app, &days);
}

/* Days are taken in one commit: the rollups are there and the marks gone, or neither. */
static void is_all_or_nothing(struct ctx *cx, void *self)
{
    struct half *h = self;
    int64_t marked = sql_int(cx, h->s, "select count(*) from rollup_dirty");
    int64_t built = sql_int(cx, h->s, "select count(*) from rollup_day");
    int64_t small = sql_int(cx, h->s, "select count(*) from rollup_team_day");

    check(marked == 2 ? !built && !small : !marked && built && small);
}

DB_TEST(days_are_built_whole_or_not_at_all)
{
    struct slice_app s;
    struct half h = {&s};
    slice_app_open(cx, t, &s);
    true_world(cx, &s);
    struct str right = brute_rollups(cx, &s);
    sql_script(cx, &s,
               "delete from rollup_day; delete from rollup_team_day; delete from period_metric;"
               "insert into rollup_dirty (day) values ('2026-01-10'), ('2026-01-20')");

    check(db_fault_each(cx, &(struct fault_case){.step = build_step,
                                                 .unchanged = is_all_or_nothing,
                                                 .self = &h}) > 20);

    check_str(right, brute_rollups(cx, &s));
    check(sql_int(cx, &s, "select count(*) from period_metric") > 0);
    slice_app_close(&s);
}
