/* The three questions of document 001: each check finds its cause, and finds nothing when there is
 * none. */
#include "brute.h"
#include "slice_app.h"

#define NOW TEST_NOW_MS
#define HOUR_MS (3600 * 1000LL)

static struct answer diagnose(struct ctx *cx, struct slice_app *s, struct str token,
                              const char *recipe)
{
    return slice_ask(cx, s, arena_fmt(cx->arena, "GET /api/v1/diagnostics?recipe=%s", recipe).ptr,
                     token, NULL);
}

static struct str state_in(struct ctx *cx, const struct answer *a, const char *check)
{
    const struct json_in *root = NULL, *one;
    struct str text;

    check_int(200, a->status);
    check_ok(json_parse(cx, a->body, &root));
    struct json_iter it = json_iter(json_get(root, "items"));
    while ((one = json_next(&it, NULL)))
        if (json_as_str(json_get(one, "check"), &text) && str_eq(text, str_of(check)) &&
            json_as_str(json_get(one, "state"), &text))
            return text;
    return S("");
}

static void says(struct ctx *cx, struct slice_app *s, const char *recipe, const char *check,
                 const char *wanted)
{
    struct answer a = diagnose(cx, s, s->admin, recipe);
    struct str state = state_in(cx, &a, check);

    if (!str_eq(str_of(wanted), state))
        test_fail(TEST_AT("check"), "%s says %.*s instead of %s: %.*s", check, STR_FMT(state),
                  wanted, STR_FMT(a.body));
}

#define FB "no_facebook_data"
#define ZERO "metrics_are_zero"
#define ROAS "roas_looks_wrong"

DB_TEST(an_empty_agency_has_no_facebook_data_because_nothing_is_connected)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer a = diagnose(cx, &s, s.admin, FB);

    check_str(S(FB), answer_text(cx, &a, "recipe"));
    check_str(S("problem"), answer_text(cx, &a, "verdict"));
    check_str(S("token_configured"), answer_text(cx, &a, "items.0.check"));
    check_str(S("fail"), answer_text(cx, &a, "items.0.state"));
    check_str(S("/connections"), answer_text(cx, &a, "items.0.fix"));
    check_str(S("skipped"), answer_text(cx, &a, "items.1.state"));
    slice_app_close(&s);
}

static void connect_one(struct ctx *cx, struct slice_app *s)
{
    sql_script(
        cx, s,
        "insert into ad_connection (id, platform, label, external_id, state, created_at, "
        "checked_at) values (1, 'meta', 'Anna', '1', 'ok', 0, 0);"
        "insert into ad_account (id, platform, external_id, connection_id, name, currency, "
        "tz, status, sync_state, synced_at, first_seen_at) values "
        "(1, 'meta', '11', 1, 'First', 'USD', 'Asia/Almaty', 1, 'ok', %lld, 0);"
        "insert into ad_account_binding (account_id, team_id, valid_from, created_at) "
        "values (1, %lld, '2026-01-01', 0);"
        "insert into campaign (id, account_id, external_id, name, seen_at) values (1, 1, "
        "'c', 'c', 0);"
        "insert into ad_set (id, account_id, campaign_id, external_id, name, seen_at) values "
        "(1, 1, 1, 's', 's', 0);"
        "insert into ad (id, account_id, campaign_id, ad_set_id, external_id, name, seen_at) "
        "values (1, 1, 1, 1, 'a', 'a', 0);"
        "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
        "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
        "(1, '2026-02-02', 1, 5000000, 1, 1, 1, 0, 0, 0, 1, 0);"
        "insert into job_run (job, slot_at, started_at, finished_at, outcome) values "
        "('ads.sync', 1, %lld, %lld, 'ok')",
        NOW, (long long)s->team, NOW - HOUR_MS, NOW - HOUR_MS + 1);
}

DB_TEST(each_cause_of_missing_facebook_data_is_found)
{
    static const struct {
        const char *sql, *check, *state;
    } causes[] = {
        {"update ad_connection set state = 'reconnect'",                   "token_valid",       "fail"},
        {"update ad_connection set expires_at = 5",                        "token_valid",       "fail"},
        {"update ad_connection set state = 'off'",                         "token_configured",  "fail"},
        {"update ad_account set is_tracked = 0",                           "accounts_tracked",  "fail"},
        {"update campaign set is_tracked = 0",                             "campaigns_tracked", "fail"},
        {"update job_run set outcome = 'failed'",                          "last_sync",         "fail"},
        {"update job_run set started_at = 5",                              "last_sync",         "warn"},
        {"update ad_account set sync_state = 'failed', sync_error = 'no'", "accounts_synced",
         "fail"                                                                                       },
        {"delete from ad_fact",                                            "rows_in_window",    "fail"},
        {"update ad_fact set spend_micros = 0",                            "rows_in_window",    "warn"},
        {"delete from ad_account_binding",                                 "accounts_bound",    "fail"},
        {"update ad_account_binding set valid_to = '2026-01-10'",          "accounts_bound",    "fail"},
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);
    connect_one(cx, &s);
    struct answer a = diagnose(cx, &s, s.admin, FB);
    check_str(S("ok"), answer_text(cx, &a, "verdict"));

    for (size_t i = 0; i < COUNT(causes); i++) {
        says(cx, &s, FB, causes[i].check, "ok");
        sql_script(cx, &s, "%s", causes[i].sql);
        says(cx, &s, FB, causes[i].check, causes[i].state);
        sql_script(cx, &s,
                   "delete from ad_fact; delete from ad; delete from ad_set; delete from campaign; "
                   "delete from ad_account_binding; delete from ad_account; delete from "
                   "ad_connection; delete from job_run");
        connect_one(cx, &s);
    }
    slice_app_close(&s);
}

DB_TEST(a_whole_agency_passes_the_checks_of_zero_metrics)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 4);
    slice_job(cx, &s, "metrics.build", &r);

    says(cx, &s, ZERO, "aggregation", "ok");
    says(cx, &s, ZERO, "rollup_rows", "ok");
    says(cx, &s, ZERO, "rollups_agree", "ok");
    says(cx, &s, ZERO, "sales_in_window", "ok");
    says(cx, &s, ZERO, "leads_in_window", "ok");
    says(cx, &s, ROAS, "rollups_agree", "ok");
    sql_script(cx, &s, "insert into rollup_dirty (day) values ('2030-01-01')");
    says(cx, &s, ZERO, "aggregation", "warn");
    sql_script(cx, &s, "update rollup_team_day set spend_kzt = spend_kzt + 1");
    says(cx, &s, ZERO, "rollups_agree", "fail");
    sql_script(cx, &s, "delete from rollup_team_day");
    says(cx, &s, ZERO, "rollup_rows", "fail");
    sql_script(cx, &s, "delete from job_run");
    says(cx, &s, ZERO, "aggregation", "fail");
    slice_app_close(&s);
}

static void sell(struct ctx *cx, struct slice_app *s, int id, int64_t price, int64_t team)
{
    sql_script(cx, s,
               "insert into sale (id, crm_account_id, deal_id, state, price_micros, currency, "
               "created_at, modified_at, day, learned_at, product_id) values (%d, 1, 'd%d', 'won', "
               "%lld, 'KZT', 0, 0, '2026-02-01', 0, 1);"
               "insert into credit (subject_kind, subject_id, model, numerator, denominator, "
               "team_id, rule_set_id, reason, decided_at) values ('sale', %d, 'rule', 1, 1, %s, 1, "
               "'no_tag', 0)",
               id, id, (long long)price, id,
               team ? arena_fmt(cx->arena, "%lld", (long long)team).ptr : "null");
}

static void open_shop(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "insert into crm_account (id, kind, external_id, subdomain, currency, seen_at) "
               "values (1, 'amocrm', '1', 'shop', 'KZT', 0);"
               "insert into rule_set (id, created_at, note) values (1, 0, '')");
}

DB_TEST(what_makes_roas_wrong_is_found_in_the_sales)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    open_shop(cx, &s);
    says(cx, &s, ROAS, "unattributed", "skipped");
    sell(cx, &s, 1, 100, s.team);
    says(cx, &s, ROAS, "unattributed", "ok");
    says(cx, &s, ROAS, "prepayments", "ok");
    says(cx, &s, ROAS, "refunds", "ok");
    says(cx, &s, ROAS, "prices", "ok");
    says(cx, &s, ROAS, "products", "ok");

    sell(cx, &s, 2, 100, 0);
    says(cx, &s, ROAS, "unattributed", "warn");
    for (int i = 3; i < 9; i++)
        sell(cx, &s, i, 100, 0);
    says(cx, &s, ROAS, "unattributed", "fail");
    sql_script(cx, &s,
               "insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, "
               "event_key) values (1, 'prepayment', 40, 'KZT', 0, '2026-02-01', 0, 'a'), "
               "(1, 'full', 100, 'KZT', 0, '2026-02-01', 0, 'b')");
    says(cx, &s, ROAS, "prepayments", "fail");
    sql_script(cx, &s,
               "insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, "
               "event_key) values (1, 'refund', -140, 'KZT', 0, '2026-02-02', 0, 'c')");
    says(cx, &s, ROAS, "prepayments", "ok");
    says(cx, &s, ROAS, "refunds", "warn");
    sql_script(cx, &s, "update sale set price_micros = 0, product_id = null where id = 2");
    says(cx, &s, ROAS, "prices", "warn");
    says(cx, &s, ROAS, "products", "warn");
    slice_app_close(&s);
}

DB_TEST(currencies_rates_zones_and_sums_that_do_not_fit_are_found)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    says(cx, &s, ROAS, "currencies", "skipped");
    says(cx, &s, ROAS, "rates_fresh", "fail");
    connect_one(cx, &s);
    says(cx, &s, ROAS, "currencies", "fail");
    sql_script(cx, &s,
               "insert into fx_rate (base, quote, day, source, rate_micros, rate_day, learned_at) "
               "values ('USD', 'KZT', '2026-02-02', 'nbk', 500000000, '2026-02-02', 5)");
    says(cx, &s, ROAS, "currencies", "ok");
    says(cx, &s, ROAS, "rates_fresh", "ok");
    says(cx, &s, ROAS, "time_zones", "ok");
    sql_script(cx, &s, "update fx_rate set source = 'fallback'");
    says(cx, &s, ROAS, "rates_fresh", "warn");
    sql_script(cx, &s, "update ad_account set tz = 'America/Sao_Paulo'");
    says(cx, &s, ROAS, "time_zones", "warn");

    says(cx, &s, ROAS, "spend_adds_up", "skipped");
    sql_script(cx, &s,
               "insert into ad_sync_slice (account_id, day, state, n_rows, synced_at, "
               "account_spend_micros, ads_spend_micros) values (1, '2026-02-02', 'ok', 1, 0, "
               "1000000, 995000)");
    says(cx, &s, ROAS, "spend_adds_up", "ok");
    sql_script(cx, &s, "update ad_sync_slice set ads_spend_micros = 800000");
    says(cx, &s, ROAS, "spend_adds_up", "warn");
    says(cx, &s, ROAS, "rates_present", "ok");
    slice_app_close(&s);
}

DB_TEST(events_that_wait_or_are_parked_are_a_cause_of_zero_metrics)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    says(cx, &s, ZERO, "crm_heard", "fail");
    slice_ask(cx, &s, "POST /webhook/amocrm/traffic/hook-key-of-the-tests", S(""), "{}");
    says(cx, &s, ZERO, "crm_heard", "ok");
    sql_script(cx, &s, "update inbox_event set state = 'parked'");
    says(cx, &s, ZERO, "crm_heard", "warn");
    slice_app_close(&s);
}

DB_TEST(a_targetologist_is_told_of_the_own_team_alone)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    connect_one(cx, &s);

    struct answer a = diagnose(cx, &s, s.worker, FB);
    check_str(S("skipped"), state_in(cx, &a, "token_configured"));
    check_str(S("ok"), state_in(cx, &a, "rows_in_window"));
    a = diagnose(cx, &s, s.stranger, FB);
    check_str(S("fail"), state_in(cx, &a, "rows_in_window"));
    a = diagnose(cx, &s, s.loner, FB);
    check_str(S("fail"), state_in(cx, &a, "rows_in_window"));
    a = diagnose(cx, &s, s.admin, arena_fmt(cx->arena, FB "&team=%lld", (long long)s.team).ptr);
    check_str(S("ok"), state_in(cx, &a, "rows_in_window"));
    a = diagnose(cx, &s, s.admin,
                 arena_fmt(cx->arena, FB "&team=%lld", (long long)s.other_team).ptr);
    check_str(S("fail"), state_in(cx, &a, "rows_in_window"));
    check_int(404, diagnose(cx, &s, s.worker,
                            arena_fmt(cx->arena, FB "&team=%lld", (long long)s.other_team).ptr)
                       .status);
    check_int(403, diagnose(cx, &s, s.viewer, FB).status);
    slice_refuses(cx, &s, "GET /api/v1/diagnostics?recipe=why", NULL, "recipe", "not_a_choice");
    slice_refuses(cx, &s, "GET /api/v1/diagnostics", NULL, "recipe", "missing");
    slice_app_close(&s);
}
