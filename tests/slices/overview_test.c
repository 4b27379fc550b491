/* The answers that the pages are written against, how fresh they are, and what else reads the
 * numbers: the documents' views and the hot queries' indexes. */
#include "brute.h"
#include "core/inbox.h"
#include "metrics/metrics.h"
#include "metrics/read.sql.h"
#include "rates/rates.h"

#include <string.h>

/* A team with a campaign in dollars on two days, a sale, a lost lead, and a sale of nobody's. */
static void small_world(struct ctx *cx, struct slice_app *s)
{
    int64_t days;

    sql_script(
        cx, s,
        "insert into ad_account (platform, external_id, name, currency, tz, status, sync_state, "
        "synced_at, first_seen_at) values "
        "('meta', '77', 'Main account', 'USD', 'Asia/Almaty', 1, 'ok', 1770090000000, 0);"
        "insert into ad_account_binding (account_id, team_id, user_id, valid_from, created_at) "
        "values (1, 1, %lld, '2026-01-01', 0);"
        "insert into campaign (account_id, external_id, name, objective, status, "
        "daily_budget_micros, seen_at) values "
        "(1, '701', 'Spring', 'OUTCOME_LEADS', 'ACTIVE', 25500000, 0);"
        "insert into ad_set (account_id, campaign_id, external_id, name, status, seen_at) values "
        "(1, 1, '702', 'Women 25-40', 'ACTIVE', 0);"
        "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, status, seen_at) "
        "values (1, 1, 1, '703', 'Video 1', 'ACTIVE', 0);"
        "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
        "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
        "(1, '2026-02-02', 1, 10500000, 4000, 80, 60, 3, 1, 12000000, 1, 0), "
        "(1, '2026-02-03', 1, 4250000, 1000, 15, 10, 0, 0, 0, 1, 0);"
        "insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, learned_at) "
        "values ('USD', 'KZT', '2026-02-02', 'nbk', 500250000, 1, '2026-02-02', 0), "
        "('BRL', 'KZT', '2026-02-02', 'nbk', 92500000, 1, '2026-02-02', 0);"
        "insert into rollup_dirty (day) values ('2026-02-02'), ('2026-02-03')",
        (long long)s->worker_id);
    slice_hook(cx, s,
               S("account[id]=5&leads[status][0][id]=1&leads[status][0][status_id]=142&"
                 "leads[status][0][price]=5000&leads[status][0][last_modified]=1770026400&"
                 "leads[status][0][date_create]=1770026400&"
                 "leads[status][0][custom_fields][0][code]=UTM_CONTENT&"
                 "leads[status][0][custom_fields][0][values][0][value]=703&"
                 "leads[status][1][id]=2&leads[status][1][status_id]=143&"
                 "leads[status][1][last_modified]=1770026400&"
                 "leads[status][1][date_create]=1770026400&"
                 "leads[status][2][id]=3&leads[status][2][status_id]=142&"
                 "leads[status][2][price]=12345&leads[status][2][last_modified]=1770112800&"
                 "leads[status][2][date_create]=1770112800&"
                 "leads[status][2][custom_fields][0][code]=UTM_SOURCE&"
                 "leads[status][2][custom_fields][0][values][0][value]=facebook"));
    check_ok(metrics_build(cx, s->app, &days));
}

DB_TEST(answers_about_numbers_are_as_the_pages_expect_them)
{
    static const struct {
        const char *name, *call;
    } golden[] = {
        {"overview",         "GET /api/v1/overview?from=2026-02-01&to=2026-02-03"              },
        {"overview_usd",     "GET /api/v1/overview?from=2026-02-01&to=2026-02-03&currency=USD&"
                         "compare=none&granularity=week"               },
        {"metrics_campaign", "GET /api/v1/metrics?from=2026-02-01&to=2026-02-03&group=campaign"},
        {"metrics_team",     "GET /api/v1/metrics?from=2026-02-01&to=2026-02-03&group=team&"
                         "sort=-roas"                                  },
        {"metrics_day",      "GET /api/v1/metrics?from=2026-02-01&to=2026-02-03&group=day&"
                        "currency=BRL"                                  },
        {"campaigns",        "GET /api/v1/campaigns?from=2026-02-01&to=2026-02-03"             },
        {"freshness",        "GET /api/v1/freshness"                                           },
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);
    small_world(cx, &s);

    for (size_t i = 0; i < COUNT(golden); i++) {
        struct answer a = slice_ask(cx, &s, golden[i].call, s.admin, NULL);
        check_int(200, a.status);
        check_golden(cx, golden[i].name, &a);
    }
    slice_app_close(&s);
}

DB_TEST(an_empty_database_answers_with_zeros_and_reasons)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer a =
        slice_ask(cx, &s, "GET /api/v1/overview?from=2026-02-03&to=2026-02-03", s.admin, NULL);

    check_int(200, a.status);
    check_golden(cx, "overview_empty", &a);
    slice_app_close(&s);
}

DB_TEST(an_answer_changes_its_tag_when_the_numbers_change)
{
    struct slice_app s;
    int64_t days;
    slice_app_open(cx, t, &s);
    small_world(cx, &s);
    const char *call = "GET /api/v1/overview?from=2026-02-01&to=2026-02-03";

    struct answer first = slice_ask(cx, &s, call, s.admin, NULL);
    struct answer again = slice_ask(cx, &s, call, s.admin, NULL);
    check(answer_header(&first, "ETag").len > 0);
    check_str(answer_header(&first, "ETag"), answer_header(&again, "ETag"));
    check_str(first.body, again.body);

    slice_hook(cx, &s,
               S("account[id]=5&leads[update][0][id]=1&leads[update][0][price]=6000&"
                 "leads[update][0][last_modified]=1770112800"));
    check_ok(metrics_build(cx, s.app, &days));
    struct answer later = slice_ask(cx, &s, call, s.admin, NULL);
    int64_t before, after;
    check(!str_eq(answer_header(&first, "ETag"), answer_header(&later, "ETag")));
    check(answer_dec(cx, &first, "totals.revenue", &before));
    check(answer_dec(cx, &later, "totals.revenue", &after));
    check_int(before + 1000000000, after);
    slice_app_close(&s);
}

DB_TEST(an_archived_team_is_shown_while_it_has_numbers)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    small_world(cx, &s);
    slice_ask(cx, &s, "POST /api/v1/teams/1/archive", s.admin, NULL);
    slice_ask(cx, &s, "POST /api/v1/teams/2/archive", s.admin, NULL);

    struct answer now =
        slice_ask(cx, &s, "GET /api/v1/overview?from=2026-02-02&to=2026-02-03", s.admin, NULL);
    struct answer then =
        slice_ask(cx, &s, "GET /api/v1/overview?from=2026-02-04&to=2026-02-05", s.admin, NULL);
    struct answer never =
        slice_ask(cx, &s, "GET /api/v1/overview?from=2025-02-04&to=2025-02-05", s.admin, NULL);

    check_str(S("Arystan"), answer_text(cx, &now, "teams.0.name"));
    check_str(S(""), answer_text(cx, &now, "teams.1.name"));
    check_str(S("Arystan"), answer_text(cx, &then, "teams.0.name")); /* by comparison */
    check_holds(S("\"teams\":[]"), never.body);
    slice_app_close(&s);
}

/* ---- freshness ---- */

static void account(struct ctx *cx, struct slice_app *s, const char *state, const char *synced,
                    int team)
{
    static int made;

    made++;
    sql_script(cx, s,
               "insert into ad_account (platform, external_id, name, currency, tz, status, "
               "sync_state, synced_at, first_seen_at) values "
               "('meta', '%d', '%s account', 'USD', 'Asia/Almaty', 1, '%s', %s, 0)",
               made, state, state, synced);
    if (team)
        sql_script(cx, s,
                   "insert into ad_account_binding (account_id, team_id, valid_from, created_at) "
                   "select max(id), %d, '2026-01-01', 0 from ad_account",
                   team);
}

/* "meta amocrm rates / problems" */
static struct str fresh(struct ctx *cx, struct slice_app *s, struct str token)
{
    struct answer a = slice_ask(cx, s, "GET /api/v1/freshness", token, NULL);
    struct str out = S("");
    const char *ways[] = {"sources.0.state", "sources.1.state", "sources.2.state"};

    check_int(200, a.status);
    for (size_t i = 0; i < COUNT(ways); i++)
        out =
            arena_fmt(cx->arena, "%.*s%.*s ", STR_FMT(out), STR_FMT(answer_text(cx, &a, ways[i])));
    for (int i = 0; i < 5; i++) {
        struct str way = arena_fmt(cx->arena, "problems.%d.", i);
        struct str code = arena_fmt(cx->arena, "%.*scode", STR_FMT(way));
        struct str n = arena_fmt(cx->arena, "%.*scount", STR_FMT(way));
        if (answer_text(cx, &a, str_z(cx->arena, code)).len)
            out = arena_fmt(cx->arena, "%.*s/ %.*s %lld", STR_FMT(out),
                            STR_FMT(answer_text(cx, &a, str_z(cx->arena, code))),
                            (long long)answer_int(cx, &a, str_z(cx->arena, n)));
    }
    return out;
}

/* The CRM is heard now. */
static void heard(struct ctx *cx, struct slice_app *s)
{
    struct str key = arena_fmt(cx->arena, "%lld", (long long)now_ms(cx));

    check_ok(inbox_put(cx, s->app, &(struct inbox_new){S("amocrm"), key, S(""), S("a=1"), NULL}));
}

/* Time goes on, and the admin signs in again. */
static void wait_hours(struct ctx *cx, struct slice_app *s, int64_t hours)
{
    fake_clock_advance(test_clock(cx), hours * 3600000);
    s->admin = core_app_token(cx, &s->core, 1);
}

static void usd(struct ctx *cx, struct slice_app *s, const char *day)
{
    struct tx *tx = NULL;
    struct fx_rate r = {S("USD"), 500000000, 1, str_of(day)};

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(rates_put(tx, S("nbk"), &r, S("2026-02-03")));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(every_source_says_how_fresh_it_is)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    check_str(S("never never never "), fresh(cx, &s, s.admin));

    account(cx, &s, "ok", "1770091200000", 1); /* an hour ago */
    check_str(S("fresh never never / rate_missing 1"), fresh(cx, &s, s.admin));
    usd(cx, &s, "2026-01-30");
    heard(cx, &s);
    check_str(S("fresh fresh fresh "), fresh(cx, &s, s.admin));

    wait_hours(cx, &s, 2);
    check_str(S("stale fresh fresh "), fresh(cx, &s, s.admin));
    wait_hours(cx, &s, 23);
    check_str(S("stale stale fresh / webhook_silent 1"), fresh(cx, &s, s.admin));
    heard(cx, &s);
    usd(cx, &s, "2026-03-01"); /* one of the future does not help */
    wait_hours(cx, &s, 5 * 24);
    heard(cx, &s);
    check_str(S("stale fresh stale / rate_missing 1"), fresh(cx, &s, s.admin));
    slice_app_close(&s);
}

DB_TEST(what_needs_a_person_is_listed_for_those_it_concerns)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    usd(cx, &s, "2026-02-03");
    account(cx, &s, "ok", "1770091200000", 1);
    account(cx, &s, "failed", "null", 1);
    account(cx, &s, "reconnect", "null", 2);
    account(cx, &s, "ok", "1770091200000", 0);
    account(cx, &s, "ok", "1770091200000", 0);
    account(cx, &s, "new", "null", 0);

    check_str(S("failed never fresh / token_dead 1/ sync_failed 1/ unbound_accounts 2"),
              fresh(cx, &s, s.admin));
    check_str(S("failed never fresh / sync_failed 1"), fresh(cx, &s, s.worker));
    check_str(S("failed never fresh / token_dead 1"), fresh(cx, &s, s.stranger));
    check_str(S("never never fresh "), fresh(cx, &s, s.loner));
    struct answer a = slice_ask(cx, &s, "GET /api/v1/freshness", s.worker, NULL);
    check_str(S("failed account"), answer_text(cx, &a, "problems.0.subject"));
    slice_app_close(&s);
}

/* ---- the documents' names ---- */

DB_TEST(the_three_statements_of_document_001_run_as_they_stand)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 4);
    fake_clock_set(test_clock(cx), 1769850000000);
    slice_job(cx, &s, "metrics.build", &r);

    struct str runs = sql_rows(
        cx, &s,
        "x.sync_type, x.started_at, x.success, x.users_processed, x.records_synced, "
        "x.duration_ms, x.error_message",
        "from (SELECT sync_type, started_at, success, users_processed, records_synced, "
        "duration_ms, error_message FROM traffic_sync_history ORDER BY started_at DESC LIMIT 10) "
        "x");
    struct str metrics =
        sql_rows(cx, &s, "x.team_name, x.period",
                 "from (SELECT team_name, period, spend_usd, total_revenue, roas, updated_at FROM "
                 "traffic_aggregated_metrics ORDER BY updated_at DESC) x order by 1");
    struct str days = sql_rows(
        cx, &s, "x.stat_date, x.team_name, x.ad_count",
        "from (SELECT team_name, stat_date, SUM(spend) AS total_spend, SUM(impressions) AS "
        "total_impressions, COUNT(*) AS ad_count FROM traffic_facebook_ads_raw GROUP BY "
        "team_name, stat_date ORDER BY stat_date DESC) x order by 1");

    check_str(arena_fmt(cx->arena, "metrics.build|1769850000000|1|0|%d|0|-", BRUTE_DAYS), runs);
    check_holds(S("Arystan|30d"), metrics);
    check_holds(S("Kenesary|7d"), metrics);
    check_holds(S("-|today"), metrics);
    check_holds(S("2026-01-12|Arystan|"), days);
    slice_app_close(&s);
}

DB_TEST(every_view_of_the_schema_can_be_read)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 4);
    slice_job(cx, &s, "metrics.build", &r);
    struct str names =
        t->engine == TEMP_SQLITE
            ? sql_rows(cx, &s, "name", "from sqlite_master where type = 'view' order by name")
            : sql_rows(cx, &s, "table_name",
                       "from information_schema.views where table_schema = current_schema() "
                       "order by table_name");
    struct str name;
    int64_t n = 0;

    while (str_cut(&names, '\n', &name)) {
        struct str rows =
            arena_fmt(cx->arena, "create table copied_%.*s as select * from %.*s limit 50",
                      STR_FMT(name), STR_FMT(name));
        sql_script(cx, &s, "%.*s", STR_FMT(rows));
        n++;
    }
    check(n >= 25);
    check(sql_int(cx, &s, "select count(*) from copied_traffic_facebook_ads_raw") > 0);
    check(sql_int(cx, &s, "select count(*) from copied_traffic_sales") > 0);
    slice_app_close(&s);
}

DB_TEST(a_cancelled_deal_leaves_traffic_sales_and_stays_in_all_sales_tracking)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    small_world(cx, &s);

    check_str(S("1|5000|KZT|2026-02-02\n3|12345|KZT|2026-02-03"),
              sql_rows(cx, &s, "lead_id, cast(sale_amount as integer), sale_currency, sale_date",
                       "from traffic_sales order by lead_id"));
    check_str(S("1|won\n2|lost\n3|won"),
              sql_rows(cx, &s, "lead_id, state", "from all_sales_tracking order by lead_id"));
    slice_app_close(&s);
}

/* ---- hot queries ---- */

/* How the engine would run the query, in its own words. */
static struct str plan_of(struct ctx *cx, struct slice_app *s, enum temp_engine engine,
                          const struct query *q)
{
    static struct query explained[8];
    static int n;
    bool is_sqlite = engine == TEMP_SQLITE;
    struct query *e = &explained[n++ % 8];
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct arg args[12];
    struct str out = S("");

    *e = *q;
    e->sql = str_z(cx->arena, arena_fmt(cx->arena, "explain %s %s",
                                        is_sqlite ? "query plan" : "(costs off)", q->sql));
    for (size_t i = 0; i < q->nparams; i++) {
        bool is_text = strstr(q->params[i], "day") || strcmp(q->params[i], "currency") == 0 ||
                       strcmp(q->params[i], "split") == 0;
        args[i] = is_text ? a_str(q->params[i], S("2026-01-01")) : a_int(q->params[i], 1);
    }
    check_ok(tx_begin(cx, s->app->db, TX_READ, &tx));
    check_ok(db_query(tx, e, args, q->nparams, &rows));
    while (rows_next(rows))
        out = arena_fmt(cx->arena, "%.*s%.*s\n", STR_FMT(out),
                        STR_FMT(col_str(rows, is_sqlite ? "detail" : "QUERY PLAN")));
    check_ok(rows_end(&rows));
    tx_end(&tx);
    return out;
}

DB_TEST(hot_reads_look_days_up_and_never_walk_the_whole_table)
{
    static const struct query *const hot[] = {&q_read_team_days, &q_read_groups, &q_read_days,
                                              &q_read_products};
    struct slice_app s;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 4);
    int64_t days;
    check_ok(metrics_build(cx, s.app, &days));
    if (t->engine == TEMP_POSTGRES)
        sql_script(cx, &s, "analyze");

    for (size_t i = 0; i < COUNT(hot); i++) {
        struct str plan = plan_of(cx, &s, t->engine, hot[i]);
        if (t->engine == TEMP_SQLITE) {
            check(!memmem(plan.ptr, plan.len, "SCAN r", 6));
            check_holds(S("SEARCH r USING PRIMARY KEY (day>? AND day<?)"), plan);
        } else {
            check(!memmem(plan.ptr, plan.len, "Seq Scan on rollup", 18));
        }
    }
    slice_app_close(&s);
}
