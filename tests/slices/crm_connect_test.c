/* Connections to the CRM: the ways in, tokens that stay good, the CRM's words, our webhook. */
#include "crm_bench.h"

/* ---- a pasted token ---- */

DB_TEST(a_pasted_token_connects_the_account_and_is_never_shown_again)
{
    struct crm_bench b;
    crm_open(cx, t, &b);

    int64_t id = crm_paste(&b);

    struct answer a = crm_ask(&b, "GET /api/v1/crm/connections", NULL);
    check_int(200, a.status);
    check_int(id, answer_int(cx, &a, "items.0.id"));
    check_holds(S("\"host\":\"agency.amocrm.ru\",\"auth\":\"token\",\"state\":\"ok\","
                  "\"currency\":\"KZT\""),
                a.body);
    check_holds(S("\"expires_at\":2000000000000"), a.body); /* as the token itself says */
    check(!memmem(a.body.ptr, a.body.len, sim_amo_token(b.sim).ptr, sim_amo_token(b.sim).len));
    check_int(0, sql_int(cx, &b.s,
                         "select count(*) from secret where cast(sealed as text) like '%%eyJ%%'"));
    check_str(sim_world(b.sim)->crm_account, sql_rows(cx, &b.s, "external_id", "from crm_account"));
    crm_close(&b);
}

DB_TEST(what_is_wrong_with_a_pasted_token_is_said_by_its_field)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    const char *call = "POST /api/v1/crm/connections";

    slice_refuses(cx, &b.s, call, "{\"host\":\"agency.amocrm.ru\"}", "token", "missing");
    slice_refuses(cx, &b.s, call, "{\"host\":\"agency.amocrm.ru\",\"token\":\"wrong-token\"}",
                  "token", "token_refused");
    slice_refuses(cx, &b.s, call, "{\"subdomain\":\"other\",\"token\":\"wrong-token\"}", "host",
                  "not_found");
    slice_refuses(cx, &b.s, call, "{\"host\":\"evil.example\",\"token\":\"wrong-token\"}", "host",
                  "not_an_address");
    slice_refuses(cx, &b.s, call, "{\"token\":\"wrong-token\"}", "host", "missing");
    slice_refuses(cx, &b.s, call, "{\"subdomain\":\"agency\",\"token\":\"with a space\"}", "token",
                  "not_a_token");
    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_connection"));
    check_int(403, slice_status(cx, &b.s, call, b.s.lead, "{}"));
    check_int(403, slice_status(cx, &b.s, "GET /api/v1/crm/connections", b.s.lead, NULL));
    crm_close(&b);
}

DB_TEST(a_token_pasted_again_takes_the_place_of_the_old_one)
{
    struct crm_bench b;
    crm_open(cx, t, &b);

    int64_t first = crm_paste(&b);
    check_int(first, crm_paste(&b));
    check_int(1, sql_int(cx, &b.s, "select count(*) from secret"));
    crm_consent(&b);
    check_int(3, sql_int(cx, &b.s, "select count(*) from secret")); /* and a refresh and a client */
    check_int(first, crm_paste(&b));
    check_int(1, sql_int(cx, &b.s, "select count(*) from secret"));
    check_str(S("token|agency.amocrm.ru|ok|-"), crm_state(&b));
    crm_close(&b);
}

DB_TEST(a_disconnected_account_keeps_its_deals_and_loses_its_tokens)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    int64_t id = crm_paste(&b);
    struct str call = arena_fmt(cx->arena, "DELETE /api/v1/crm/connections/%lld", (long long)id);
    crm_job(&b, "crm.read_back");
    crm_drain(&b);
    int64_t sales = sql_int(cx, &b.s, "select count(*) from sale");

    check_int(200, crm_ask(&b, call.ptr, NULL).status);

    check(sales > 0);
    check_int(sales, sql_int(cx, &b.s, "select count(*) from sale"));
    check_int(0, sql_int(cx, &b.s, "select count(*) from secret"));
    check_str(S("token|agency.amocrm.ru|off|-"), crm_state(&b));
    check_int(404, crm_ask(&b, call.ptr, NULL).status);
    crm_forget_asked(&b);
    crm_job(&b, "crm.read_back");
    check_int(0, crm_asked(&b, "/api/v4"));
    crm_paste(&b);
    check_str(S("token|agency.amocrm.ru|ok|-"), crm_state(&b));
    crm_close(&b);
}

/* ---- consent ---- */

DB_TEST(consent_connects_with_tokens_that_are_sealed)
{
    struct crm_bench b;
    crm_open(cx, t, &b);

    crm_consent(&b);

    check_str(S("oauth|agency.amocrm.ru|ok|-"), crm_state(&b));
    check_str(S(CLIENT), sql_rows(cx, &b.s, "client_id", "from crm_connection"));
    check_int(TEST_NOW_MS + DAY_MS, sql_int(cx, &b.s, "select expires_at from crm_connection"));
    check_str(S("amocrm.access\namocrm.client\namocrm.refresh"),
              sql_rows(cx, &b.s, "kind", "from secret order by kind"));
    check_int(
        0, sql_int(cx, &b.s, "select count(*) from oauth_state where details like '%%secret%%'"));
    crm_close(&b);
}

static struct str callback(struct crm_bench *b, struct str target)
{
    struct answer a = crm_get(b, target);

    check_int(303, a.status);
    struct str to = answer_header(&a, "Location");
    size_t n = b->s.app->config.public_url.len;
    return (struct str){to.ptr + n, to.len - n};
}

DB_TEST(a_state_is_good_once_and_only_for_twenty_minutes)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    struct str target = crm_consent_target(&b), late = crm_consent_target(&b);

    check_str(S("/connections?crm_connected=1"), callback(&b, target));
    check_str(S("/connections?crm_error=state"), callback(&b, target));
    fake_clock_advance(test_clock(cx), 20 * MINUTE_MS);
    check_str(S("/connections?crm_error=state"), callback(&b, late));
    check_str(S("/connections?crm_error=state"),
              callback(&b, S("/crm/callback?code=x&state=made.up&referer=agency.amocrm.ru")));
    check_str(S("/connections?crm_error=state"), callback(&b, S("/crm/callback")));
    check_int(1, sql_int(cx, &b.s, "select count(*) from crm_connection"));
    crm_close(&b);
}

DB_TEST(a_consent_that_was_refused_or_goes_elsewhere_is_told)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    struct str state, head, target = crm_consent_target(&b), rest = target;

    /* state=... stands between code and referer */
    check(str_cut(&rest, '&', &head) && str_cut(&rest, '&', &state));
    check_str(S("/connections?crm_error=denied"),
              callback(&b, arena_fmt(cx->arena, "/crm/callback?error=access_denied&%.*s",
                                     STR_FMT(state))));
    target = rest = crm_consent_target(&b);
    check(str_cut(&rest, '&', &head) && str_cut(&rest, '&', &state));
    check_str(S("/connections?crm_error=answer"),
              callback(&b, arena_fmt(cx->arena, "%.*s&%.*s&referer=evil.example", STR_FMT(head),
                                     STR_FMT(state))));
    crm_fault(&b, "oauth2/access_token", "\"times\":9,\"kind\":\"amo_400\"");
    check_str(S("/connections?crm_error=refused"), callback(&b, crm_consent_target(&b)));
    slice_refuses(cx, &b.s, "POST /api/v1/crm/connections/oauth", "{}", "client_id", "missing");
    slice_refuses(cx, &b.s, "POST /api/v1/crm/connections/oauth", "{\"client_id\":\"x\"}",
                  "client_secret", "missing");
    crm_close(&b);
}

DB_TEST(the_integration_of_the_settings_needs_no_words)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    b.s.app->config.amo_client_id = S(CLIENT);
    b.s.app->config.amo_client_secret = S(CLIENT_SECRET);

    struct answer a = crm_ask(&b, "POST /api/v1/crm/connections/oauth", "{}");
    struct answer page = crm_browse(&b, answer_text(cx, &a, "url"));
    struct str back = answer_header(&page, "Location");
    size_t n = b.s.app->config.public_url.len;
    check_str(S("/connections?crm_connected=1"),
              callback(&b, (struct str){back.ptr + n, back.len - n}));
    check_int(2, sql_int(cx, &b.s, "select count(*) from secret"));
    fake_clock_advance(test_clock(cx), DAY_MS);
    crm_job(&b, "crm.meta");
    check_int(0, b.run.failed);
    crm_close(&b);
}

/* ---- tokens that stay good ---- */

DB_TEST(tokens_are_renewed_before_they_end_and_the_new_ones_are_kept)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_consent(&b);
    crm_forget_asked(&b);

    fake_clock_advance(test_clock(cx), DAY_MS - 6 * MINUTE_MS);
    crm_job(&b, "crm.meta");
    check_int(0, crm_asked(&b, "access_token"));
    fake_clock_advance(test_clock(cx), MINUTE_MS + 1000);
    crm_job(&b, "crm.meta");
    check_int(1, crm_asked(&b, "access_token"));
    check_int(0, b.run.failed);
    for (int day = 0; day < 3; day++) {
        fake_clock_advance(test_clock(cx), DAY_MS);
        crm_job(&b, "crm.meta");
    }
    check_int(4, crm_asked(&b, "access_token"));
    check_str(S("oauth|agency.amocrm.ru|ok|-"), crm_state(&b));
    check_int(0, sql_int(cx, &b.s,
                         "select count(*) from crm_connection where renewing_until is not null"));
    crm_close(&b);
}

DB_TEST(a_refused_token_is_renewed_once_and_then_a_person_must_connect_again)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_consent(&b);
    crm_fault(&b, "/api/v4/account", "\"times\":1,\"kind\":\"amo_401\"");
    crm_job(&b, "crm.meta");
    check_int(0, b.run.failed);

    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 2);
    crm_forget_asked(&b);
    crm_job(&b, "crm.meta");
    check_int(1, b.run.failed);
    check_str(S("oauth|agency.amocrm.ru|reconnect|the CRM refuses the token: connect again"),
              crm_state(&b));
    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 0);
    crm_consent(&b);
    check_str(S("oauth|agency.amocrm.ru|ok|-"), crm_state(&b));
    crm_close(&b);
}

DB_TEST(a_dead_long_lived_token_asks_for_a_new_one)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    int64_t id = crm_paste(&b);
    struct str call =
        arena_fmt(cx->arena, "POST /api/v1/crm/connections/%lld/check", (long long)id);

    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 1);
    struct answer a = crm_ask(&b, call.ptr, "{}");
    check_int(200, a.status);
    check_holds(S("\"state\":\"reconnect\""), a.body);
    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 0);
    a = crm_ask(&b, call.ptr, "{}");
    check_holds(S("\"state\":\"ok\""), a.body);
    crm_close(&b);
}

DB_TEST(a_renewal_that_died_halfway_is_taken_over)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_consent(&b);
    fake_clock_advance(test_clock(cx), DAY_MS);
    sql_script(cx, &b.s, "update crm_connection set renewing_until = %lld",
               (long long)(now_ms(cx) + 30000));
    crm_forget_asked(&b);

    crm_job(&b, "crm.meta");

    check_int(1, crm_asked(&b, "access_token"));
    check_int(0, b.run.failed);
    check(fake_clock_slept(test_clock(cx)) >= 30000);
    crm_close(&b);
}

DB_TEST(tokens_that_another_run_renewed_are_used)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_consent(&b);
    crm_forget_asked(&b);
    /* The row says what another run stored meanwhile: it is not renewed once more. */
    fake_clock_advance(test_clock(cx), DAY_MS - 4 * MINUTE_MS);
    crm_job(&b, "crm.meta");
    crm_job(&b, "crm.watch");
    crm_job(&b, "crm.read_back");
    check_int(1, crm_asked(&b, "access_token"));
    crm_close(&b);
}

DB_TEST(tokens_survive_a_database_that_is_busy_at_any_moment_of_their_renewal)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_consent(&b);

    for (int nth = 1; nth < 24; nth++) {
        fake_clock_advance(test_clock(cx), DAY_MS);
        db_fault_at(nth);
        if (job_run_now(cx, b.s.app, "crm.meta", NULL, NULL, NULL, &b.run))
            ctx_forgive(cx);
        db_fault_at(0);
        crm_job(&b, "crm.meta");
        check_int(0, b.run.failed);
        check_str(S("oauth|agency.amocrm.ru|ok|-"), crm_state(&b));
    }
    crm_close(&b);
}

DB_TEST(the_crms_pace_is_kept)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    sim_set(b.sim, SIM_CRM_PER_SECOND, 7);

    crm_job(&b, "crm.meta");
    crm_job(&b, "crm.read_wide");

    check_int(0, b.run.failed);
    check_str(S("token|agency.amocrm.ru|ok|-"), crm_state(&b));
    crm_close(&b);
}

DB_TEST(an_account_that_moves_is_followed)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);

    sim_set(b.sim, SIM_CRM_MOVED, 1);
    crm_job(&b, "crm.meta");

    check_int(0, b.run.failed);
    check_str(S("token|agency-new.amocrm.ru|ok|-"), crm_state(&b));
    check_str(S("agency-new"), sql_rows(cx, &b.s, "subdomain", "from crm_account"));
    crm_close(&b);
}

/* ---- the CRM's words ---- */

DB_TEST(pipelines_users_and_fields_are_read_and_shown)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);

    crm_job(&b, "crm.meta");
    crm_job(&b, "crm.meta");

    check_int(0, b.run.failed);
    struct answer statuses = crm_ask(&b, "GET /api/v1/crm/statuses", NULL);
    check_holds(S("\"status_id\":\"142\""), statuses.body);
    check_holds(S("\"stage\":\"won\""), statuses.body);
    struct answer users = crm_ask(&b, "GET /api/v1/crm/users", NULL);
    check(answer_text(cx, &users, "items.0.name").len > 0);
    struct answer fields = crm_ask(&b, "GET /api/v1/crm/fields", NULL);
    check_holds(S("\"name\":\"utm_source\",\"code\":\"UTM_SOURCE\",\"kind\":\"tracking_data\","
                  "\"utm_code\":null"),
                fields.body);
    fake_clock_advance(test_clock(cx), HOUR_MS);
    sql_script(cx, &b.s,
               "insert into crm_status (crm_account_id, pipeline_id, status_id, pipeline, name, "
               "sort, seen_at) values (1, '1', '1', 'gone', 'gone', 1, 1)");
    crm_job(&b, "crm.meta");
    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_status where pipeline = 'gone'"));
    crm_close(&b);
}

/* ---- our webhook ---- */

static struct str hook_state(struct crm_bench *b)
{
    return sql_rows(b->cx, &b->s, "hook_state, state, reason", "from crm_connection");
}

DB_TEST(our_webhook_is_made_watched_and_made_again)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    const char *make = "POST /api/v1/crm/connections/1/hook";

    crm_job(&b, "crm.watch");
    check_str(S("missing|ok|webhook: the CRM has none of ours: create it"), hook_state(&b));
    crm_job(&b, "crm.meta"); /* being well otherwise does not hide it */
    check_str(S("missing|ok|webhook: the CRM has none of ours: create it"), hook_state(&b));

    struct answer a = crm_ask(&b, make, "{}");
    check_int(200, a.status);
    check_holds(S("\"hook_state\":\"ok\""), a.body);
    check_str(S("ok|ok|-"), hook_state(&b));
    crm_job(&b, "crm.watch");
    check_str(S("ok|ok|-"), hook_state(&b));
    check_int(200, crm_ask(&b, make, "{}").status);
    check_int(1, sql_int(cx, &b.s, "select count(*) from webhook_key")); /* the same key again */
    crm_close(&b);
}

DB_TEST(a_webhook_that_the_crm_switched_off_is_told_and_switched_on_again)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");
    struct str auth =
        arena_fmt(cx->arena, "Authorization: Bearer %.*s\r\n", STR_FMT(sim_amo_token(b.sim)));
    struct answer list =
        ask_for(cx, sim_port(b.sim), "GET", "/amo/agency/api/v4/webhooks", auth.ptr, S(""));
    struct str url = answer_text(cx, &list, "_embedded.webhooks.0.destination");
    check_holds(b.s.app->config.public_url, url);
    crm_fault(&b, "/api/v4/webhooks",
              arena_fmt(cx->arena,
                        "\"times\":1,\"status\":200,\"mime\":\"application/hal+json\",\"body\":"
                        "\"{\\\"_embedded\\\":{\\\"webhooks\\\":[{\\\"id\\\":1,"
                        "\\\"destination\\\":\\\"%.*s\\\",\\\"disabled\\\":true,"
                        "\\\"settings\\\":[\\\"add_lead\\\"]}]}}\"",
                        STR_FMT(url))
                  .ptr);

    crm_job(&b, "crm.watch");

    check_str(S("disabled|ok|webhook: the CRM has switched it off after too many failed "
                "deliveries"),
              hook_state(&b));
    crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");
    check_str(S("ok|ok|-"), hook_state(&b));
    crm_close(&b);
}

DB_TEST(a_key_that_was_retired_is_not_our_webhook_any_more)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");

    struct answer key = crm_ask(&b, "POST /api/v1/crm/webhook-key", "{}");
    check_int(201, key.status);
    struct str url = answer_text(cx, &key, "url");
    check_int(200, ask_for(cx, b.s.core.port, "POST",
                           str_z(cx->arena, url) + b.s.app->config.public_url.len, "", S("a=1"))
                       .status);
    crm_job(&b, "crm.watch");
    check_str(S("ok|ok|-"), hook_state(&b)); /* both are good for now */
    check_int(200, crm_ask(&b, "POST /api/v1/crm/webhook-keys/retire-old", "{}").status);
    struct answer keys = crm_ask(&b, "GET /api/v1/crm/webhook-keys", NULL);
    check_str(answer_text(cx, &key, "hint"), answer_text(cx, &keys, "items.0.hint"));
    check_int(0, answer_int(cx, &keys, "items.0.retired_at"));
    check(answer_int(cx, &keys, "items.1.retired_at") > 0);

    crm_job(&b, "crm.watch");
    check_str(S("missing|ok|webhook: the CRM has none of ours: create it"), hook_state(&b));
    struct answer a = crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");
    check_holds(S("\"hook_state\":\"ok\""), a.body);
    check_int(2, sql_int(cx, &b.s, "select count(*) from webhook_key"));
    crm_close(&b);
}

/* ---- trouble ---- */

DB_TEST(trouble_of_the_crm_is_told_in_plain_words)
{
    static const struct {
        const char *kind, *state, *reason;
    } cases[] = {
        {"amo_402",        "error",     "the CRM account is not paid for"            },
        {"amo_403_rights", "error",
         "the user who gave the token may not read this: connect as an administrator"},
        {"amo_401",        "reconnect", "the CRM refuses the token: connect again"   },
    };
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);

    for (size_t i = 0; i < COUNT(cases); i++) {
        crm_fault(&b, "/api/v4/account",
                  arena_fmt(cx->arena, "\"times\":9,\"kind\":\"%s\"", cases[i].kind).ptr);
        crm_job(&b, "crm.meta");
        check_int(1, b.run.failed);
        check_str(
            arena_fmt(cx->arena, "token|agency.amocrm.ru|%s|%s", cases[i].state, cases[i].reason),
            crm_state(&b));
        crm_forget_faults(&b);
        crm_job(&b, "crm.meta");
        check_str(S("token|agency.amocrm.ru|ok|-"), crm_state(&b));
    }
    crm_close(&b);
}

DB_TEST(a_crm_that_shuts_us_out_is_left_alone_for_a_while)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_fault(&b, "/api/v4/account", "\"times\":9,\"kind\":\"amo_403_block\"");
    crm_job(&b, "crm.meta");
    check_int(1, b.run.failed);
    check(sql_int(cx, &b.s, "select blocked_until from crm_connection") > now_ms(cx));
    check_holds(S("the CRM has shut us out"), crm_state(&b));

    crm_forget_faults(&b);
    crm_forget_asked(&b);
    crm_job(&b, "crm.read_back");
    check_int(0, crm_asked(&b, "/api/v4"));
    check_int(1, b.run.failed);

    fake_clock_advance(test_clock(cx), HOUR_MS);
    crm_job(&b, "crm.meta");
    check_int(0, b.run.failed);
    check_str(S("token|agency.amocrm.ru|ok|-"), crm_state(&b));
    check_int(0, sql_int(cx, &b.s, "select count(blocked_until) from crm_connection"));
    crm_close(&b);
}

DB_TEST(one_accounts_trouble_is_its_own)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    sql_script(cx, &b.s,
               "insert into crm_account (kind, external_id, subdomain, currency, seen_at) values "
               "('amocrm', '5', 'nobody', 'KZT', 1); insert into crm_connection (crm_account_id, "
               "host, auth, state, created_at, checked_at) select id, 'nobody.amocrm.ru', 'token', "
               "'ok', 1, 1 from crm_account where external_id = '5'");

    crm_job(&b, "crm.meta");

    check_int(1, b.run.failed);
    check_int(2, b.run.seen);
    check_str(S("token|agency.amocrm.ru|ok|-\n"
                "token|nobody.amocrm.ru|reconnect|the CRM refuses the token: connect again"),
              crm_state(&b));
    check(sql_int(cx, &b.s, "select count(*) from crm_status") > 0);
    crm_close(&b);
}

DB_TEST(a_token_sealed_with_another_key_is_told_and_stops_nothing_else)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    b.s.app->secret_key[0] ^= 1;

    crm_job(&b, "crm.meta");

    check_int(1, b.run.failed);
    check_holds(S("error|the stored token cannot be opened"), crm_state(&b));
    crm_close(&b);
}
