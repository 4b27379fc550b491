/* Where the numbers come from: what is fresh, what is late or broken, and who may see it. */
#include "slice_app.h"

#include <string.h>

#define NOW TEST_NOW_MS
#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

/* "state why" of one source; empty when it is not listed. */
static struct str state_of(struct ctx *cx, struct slice_app *s, struct str token, const char *id)
{
    struct answer a = slice_ask(cx, s, "GET /api/v1/sources", token, NULL);
    const struct json_in *root = NULL, *one;
    struct str text, why;

    check_int(200, a.status);
    check_ok(json_parse(cx, a.body, &root));
    struct json_iter it = json_iter(json_get(root, "items"));
    while ((one = json_next(&it, NULL))) {
        if (!json_as_str(json_get(one, "id"), &text) || !str_eq(text, str_of(id)))
            continue;
        check(json_as_str(json_get(one, "state"), &text));
        why = json_as_str(json_get(one, "why"), &why) ? why : S("-");
        return arena_fmt(cx->arena, "%.*s %.*s", STR_FMT(text), STR_FMT(why));
    }
    return S("");
}

static void shows(struct ctx *cx, struct slice_app *s, const char *id, const char *wanted)
{
    check_str(str_of(wanted), state_of(cx, s, s->admin, id));
}

static void add_accounts(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "insert into ad_connection (id, platform, label, external_id, state, created_at, "
               "checked_at) values (1, 'meta', 'Anna', '1', 'ok', 0, %lld);"
               "insert into ad_account (id, platform, external_id, connection_id, name, currency, "
               "tz, status, sync_state, synced_at, first_seen_at) values "
               "(1, 'meta', '11', 1, 'First', 'USD', 'Asia/Almaty', 1, 'ok', %lld, 0), "
               "(2, 'meta', '12', 1, 'Second', 'USD', 'Asia/Almaty', 1, 'new', null, 0);"
               "insert into ad_account_binding (account_id, team_id, valid_from, created_at) "
               "values (1, %lld, '2026-01-01', 0), (2, %lld, '2026-01-01', 0)",
               NOW, NOW - HOUR_MS, (long long)s->team, (long long)s->other_team);
}

DB_TEST(an_account_is_fresh_late_broken_off_or_waiting)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    add_accounts(cx, &s);

    shows(cx, &s, "meta.account.1", "fresh -");
    shows(cx, &s, "meta.account.2", "waiting not_synced_yet");
    shows(cx, &s, "meta.connection.1", "fresh -");
    sql_script(cx, &s, "update ad_account set synced_at = %lld where id = 1", NOW - 3 * HOUR_MS);
    shows(cx, &s, "meta.account.1", "late late");
    sql_script(cx, &s, "update ad_account set paused_until = %lld where id = 1", NOW + HOUR_MS);
    shows(cx, &s, "meta.account.1", "waiting paused_by_limit");
    sql_script(cx, &s,
               "update ad_account set sync_state = 'failed', sync_error = 'no' where id = 1");
    shows(cx, &s, "meta.account.1", "broken sync_failed");
    sql_script(cx, &s, "update ad_connection set state = 'reconnect', reason = 'taken back'");
    shows(cx, &s, "meta.account.1", "broken token_dead");
    shows(cx, &s, "meta.connection.1", "broken token_dead");
    sql_script(cx, &s, "update ad_account set connection_id = null where id = 1");
    shows(cx, &s, "meta.account.1", "broken no_connection");
    sql_script(cx, &s, "update ad_account set is_tracked = 0 where id = 1");
    shows(cx, &s, "meta.account.1", "off not_tracked");
    slice_app_close(&s);
}

DB_TEST(a_day_that_failed_makes_an_account_late)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    add_accounts(cx, &s);
    sql_script(cx, &s,
               "insert into ad_sync_slice (account_id, day, state, n_rows, synced_at, error) "
               "values (1, '2026-02-02', 'failed', 0, 0, 'cut off')");

    shows(cx, &s, "meta.account.1", "late days_failed");
    sql_script(cx, &s, "update ad_sync_slice set day = '2026-01-02'");
    shows(cx, &s, "meta.account.1", "fresh -");
    slice_app_close(&s);
}

DB_TEST(a_token_that_ends_is_said_before_it_does)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    add_accounts(cx, &s);

    sql_script(cx, &s, "update ad_connection set expires_at = %lld", NOW + 3 * DAY_MS);
    shows(cx, &s, "meta.connection.1", "late token_expires_soon");
    sql_script(cx, &s, "update ad_connection set expires_at = %lld", NOW - 1);
    shows(cx, &s, "meta.connection.1", "broken token_expired");
    sql_script(cx, &s, "update ad_connection set expires_at = %lld", NOW + 30 * DAY_MS);
    shows(cx, &s, "meta.connection.1", "fresh -");
    sql_script(cx, &s, "update ad_connection set state = 'off'");
    shows(cx, &s, "meta.connection.1", "off switched_off");
    slice_app_close(&s);
}

DB_TEST(a_file_of_costs_has_no_timetable)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into ad_account (id, platform, external_id, name, currency, tz, status, "
               "first_seen_at, role) values (5, 'google', 'g', 'Google', 'USD', 'UTC', 1, 0, "
               "'file')");

    shows(cx, &s, "cost.5", "waiting no_file_yet");
    sql_script(cx, &s, "update ad_account set synced_at = 5");
    shows(cx, &s, "cost.5", "fresh -");
    slice_app_close(&s);
}

static void hear(struct ctx *cx, struct slice_app *s, const char *state, int64_t at)
{
    static int64_t n;

    core_app_sql(cx, &s->core,
                 "insert into inbox_event (source, dedupe_key, received_at, content_type, body, "
                 "state, next_at) values ('amocrm', $1, $2, '', $3, $4, 0) returning id",
                 ARGS(a_str("a", arena_fmt(cx->arena, "%lld", (long long)n++)), a_int("b", at),
                      a_blob("c", S("x")), a_str("d", str_of(state))));
}

DB_TEST(hooks_of_the_crm_are_silent_missing_disabled_or_parked)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    shows(cx, &s, "crm.hook", "waiting no_events_yet");
    hear(cx, &s, "done", NOW - 2 * DAY_MS);
    shows(cx, &s, "crm.hook", "late webhook_silent");
    hear(cx, &s, "done", NOW);
    shows(cx, &s, "crm.hook", "fresh -");

    sql_script(cx, &s,
               "insert into crm_account (id, kind, external_id, subdomain, currency, seen_at) "
               "values (1, 'amocrm', '1', 'shop', 'KZT', 0);"
               "insert into crm_connection (id, crm_account_id, host, auth, state, created_at, "
               "checked_at, read_until, hook_state) values (1, 1, 'shop.amocrm.ru', 'token', 'ok', "
               "0, 0, %lld, 'ok')",
               NOW);
    shows(cx, &s, "crm.hook", "");
    shows(cx, &s, "crm.hook.1", "fresh -");
    shows(cx, &s, "crm.1", "fresh -");
    hear(cx, &s, "parked", NOW);
    shows(cx, &s, "crm.hook.1", "late events_parked");
    sql_script(cx, &s, "update crm_connection set hook_state = 'missing'");
    shows(cx, &s, "crm.hook.1", "broken webhook_missing");
    sql_script(cx, &s, "update crm_connection set hook_state = 'disabled'");
    shows(cx, &s, "crm.hook.1", "broken webhook_disabled");
    sql_script(cx, &s, "update crm_connection set read_until = %lld", NOW - 3 * HOUR_MS);
    shows(cx, &s, "crm.1", "late late");
    sql_script(cx, &s, "update crm_connection set blocked_until = %lld", NOW + HOUR_MS);
    shows(cx, &s, "crm.1", "waiting blocked");
    sql_script(cx, &s, "update crm_connection set state = 'error'");
    shows(cx, &s, "crm.1", "broken connection_error");
    sql_script(cx, &s, "update crm_connection set state = 'off'");
    shows(cx, &s, "crm.1", "off switched_off");
    shows(cx, &s, "crm.hook", "late events_parked");
    slice_app_close(&s);
}

DB_TEST(landing_pages_lead_pages_links_and_rates_are_listed_too)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    shows(cx, &s, "rates.nbk", "broken rate_missing");
    shows(cx, &s, "links", "");
    sql_script(
        cx, &s,
        "insert into landing_site (id, name, origin, team_id, created_at) values (1, 'Page', "
        "'https://a.kz', %lld, 0);"
        "insert into lead_page (id, external_id, name, state, checked_at, is_subscribed) "
        "values (1, '77', 'Shop', 'ok', 0, 1);"
        "insert into fx_rate (base, quote, day, source, rate_micros, rate_day, learned_at) "
        "values ('USD', 'KZT', '2026-02-02', 'nbk', 500000000, '2026-02-02', 5);"
        "insert into short_link (code, title, target, merge_policy, created_at) values "
        "('x', 'x', 'https://a.kz', 'keep', 0)",
        (long long)s.team);

    shows(cx, &s, "landing.1", "waiting no_events_yet");
    shows(cx, &s, "page.1", "waiting no_events_yet");
    shows(cx, &s, "rates.nbk", "fresh -");
    shows(cx, &s, "links", "fresh -");
    sql_script(cx, &s, "update lead_page set last_lead_at = 5");
    shows(cx, &s, "page.1", "fresh -");
    sql_script(cx, &s, "update lead_page set is_subscribed = 0");
    shows(cx, &s, "page.1", "off not_subscribed");
    sql_script(cx, &s, "update fx_rate set source = 'fallback'");
    shows(cx, &s, "rates.nbk", "late fallback_in_use");
    for (int i = 0; i < 15; i++)
        sql_script(cx, &s,
                   "insert into lead (source_kind, external_id, created_at, day, learned_at, "
                   "site_id) values ('landing', '%d', 0, '2026-01-27', %lld, 1)",
                   i, NOW - 4 * DAY_MS);
    shows(cx, &s, "landing.1", "late silent");
    slice_app_close(&s);
}

DB_TEST(a_field_that_vanished_and_an_api_version_that_ends_are_sources_of_trouble)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    s.app->config.meta_api_version = S("v1.0");
    sql_script(cx, &s,
               "insert into inbox_drift (source, field, last_seen_at, noticed_at) values "
               "('amocrm', 'leads[price]', 5, %lld)",
               NOW);

    shows(cx, &s, "drift.amocrm.leads[price]", "late field_vanished");
    shows(cx, &s, "meta.version", "broken version_ended");
    s.app->config.meta_api_version = S("v999.0");
    shows(cx, &s, "meta.version", "waiting version_unknown");
    sql_script(cx, &s, "update inbox_drift set back_at = 6");
    shows(cx, &s, "drift.amocrm.leads[price]", "");
    slice_app_close(&s);
}

DB_TEST(everyone_sees_the_sources_of_their_own_team)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    add_accounts(cx, &s);
    sql_script(
        cx, &s,
        "insert into landing_site (id, name, origin, team_id, created_at) values (1, 'Ours', "
        "'https://a.kz', %lld, 0), (2, 'Theirs', 'https://b.kz', %lld, 0)",
        (long long)s.team, (long long)s.other_team);

    check_str(S("fresh -"), state_of(cx, &s, s.worker, "meta.account.1"));
    check_str(S(""), state_of(cx, &s, s.worker, "meta.account.2"));
    check_str(S(""), state_of(cx, &s, s.worker, "meta.connection.1"));
    check_str(S("waiting no_events_yet"), state_of(cx, &s, s.worker, "landing.1"));
    check_str(S(""), state_of(cx, &s, s.worker, "landing.2"));
    check_str(S(""), state_of(cx, &s, s.loner, "meta.account.1"));
    check_str(S("broken rate_missing"), state_of(cx, &s, s.loner, "rates.nbk"));
    check_int(403, slice_status(cx, &s, "GET /api/v1/sources", s.viewer, NULL));
    check_int(401, slice_status(cx, &s, "GET /api/v1/sources", S(""), NULL));
    slice_app_close(&s);
}

DB_TEST(sources_are_counted_and_say_when_they_come_next)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    add_accounts(cx, &s);
    s.app->config.meta_api_version = S("v25.0");

    struct answer a = slice_ask(cx, &s, "GET /api/v1/sources", s.admin, NULL);

    check_int(NOW, answer_int(cx, &a, "as_of"));
    check_str(S("meta.account.1"), answer_text(cx, &a, "items.1.id"));
    check_int(NOW + 5 * 60000, answer_int(cx, &a, "items.1.next_at"));
    check_int(3600, answer_int(cx, &a, "items.1.expected_every_s"));
    check_str(S("/accounts"), answer_text(cx, &a, "items.1.fix"));
    check_int(1, answer_int(cx, &a, "counts.broken"));
    check_int(0, answer_int(cx, &a, "counts.off"));
    sql_script(cx, &s,
               "insert into job_setting (job, paused_at, changed_at) values ('ads.sync', 1, 1)");
    a = slice_ask(cx, &s, "GET /api/v1/sources", s.admin, NULL);
    check_int(0, answer_int(cx, &a, "items.1.next_at"));
    a = slice_ask(cx, &s, "GET /api/v1/sources", s.worker, NULL);
    check_holds(S("\"id\":\"rates.nbk\""), a.body);
    check(!memmem(a.body.ptr, a.body.len, "/connections", 12));
    slice_app_close(&s);
}
