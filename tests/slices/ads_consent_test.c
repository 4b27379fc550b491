/* Connecting by consent, what tokens are good for and until when, and how full the platform's
 * windows are. */
#include "ads_bench.h"

#define SECRET "testsecret"
#define DAY_MS (24 * HOUR_MS)

struct web { /* our own door and a person who may use it */
    struct bench b;
    struct str admin;
    int64_t admin_id;
};

static void web_open(struct ctx *cx, struct temp_db *t, struct web *w)
{
    struct route_set *set = arena_new_of(cx->arena, struct route_set);
    struct config *c = &w->b.c.app.config;

    bench_open(cx, t, &w->b);
    *set = (struct route_set){ads_routes, ads_nroutes};
    core_app_serve(cx, &w->b.c, set, 1);
    w->admin_id = core_app_user(cx, &w->b.c, "admin@agency.kz", ROLE_ADMIN, 0, NULL);
    w->admin = core_app_token(cx, &w->b.c, w->admin_id);
    c->meta_app_id = str_of(sim_app_id);
    c->meta_app_secret = S(SECRET);
    c->meta_www_url = str_of(sim_www_url(w->b.sim));
    c->public_url = arena_fmt(cx->arena, "http://127.0.0.1:%d", w->b.c.port);
}

static struct str path_of(struct str url)
{
    struct str rest = url, part;

    for (int i = 0; i < 3; i++)
        check(str_cut(&rest, '/', &part));
    return (struct str){rest.ptr - 1, rest.len + 1};
}

static struct str before(struct str text, char mark)
{
    struct str head = text, rest = text;

    return str_cut(&rest, mark, &head) ? head : text;
}

/* Where the platform's dialog sends the browser. */
static struct str consent(struct web *w)
{
    struct ctx *cx = w->b.cx;
    const struct json_in *root = NULL;
    struct str url = {0};
    struct answer a = core_app_ask(cx, &w->b.c, "POST /api/v1/connections/oauth", w->admin,
                                   "{\"return_to\":\"/connections?tab=ads\"}");

    check_int(200, a.status);
    check_ok(json_parse(cx, a.body, &root));
    check(json_as_str(json_get(root, "url"), &url));
    a = ask_for(cx, sim_port(w->b.sim), "GET", str_z(cx->arena, path_of(url)), "", S(""));
    check_int(302, a.status);
    return before(path_of(answer_header(&a, "Location")), '#');
}

/* Where we send it then. */
static struct str back(struct web *w, struct str path)
{
    struct answer a = ask_for(w->b.cx, w->b.c.port, "GET", str_z(w->b.cx->arena, path), "", S(""));

    check_int(303, a.status);
    check_int(0, a.body.len);
    return answer_header(&a, "Location");
}

static struct str connections(struct web *w)
{
    return core_app_ask(w->b.cx, &w->b.c, "GET /api/v1/connections", w->admin, "").body;
}

/* ---- consent ---- */

DB_TEST(consent_becomes_a_connection_with_a_long_lived_token)
{
    struct web w;
    struct str to;
    web_open(cx, t, &w);

    to = back(&w, consent(&w));

    check_str(S("/connections?tab=ads&connected=1"), to);
    to = connections(&w);
    check_holds(S("\"auth\":\"oauth\""), to);
    check_holds(S("\"missing_scopes\":[],\"expires_in_days\":59,\"warning\":null"), to);
    check_holds(S("\"scopes\":[\"ads_read\",\"business_management\""), to);
    check(number(&w.b, "select count(*) from ad_account") > 0);
    check_int(1, number(&w.b, "select count(*) from secret where kind = 'meta.token'"));
    check_int(1, number(&w.b, "select count(*) from audit_log where action = 'connection.oauth' "
                              "and actor = 'admin@agency.kz'"));
    bench_close(&w.b);
}

DB_TEST(a_state_is_good_once_in_time_and_unchanged)
{
    struct web w;
    struct str path, changed;
    web_open(cx, t, &w);

    path = consent(&w);
    back(&w, path);
    check_str(S("/connections?error=state"), back(&w, path));
    path = consent(&w);
    fake_clock_advance(test_clock(cx), 11 * 60 * 1000);
    check_str(S("/connections?error=state"), back(&w, path));
    w.admin = core_app_token(cx, &w.b.c, w.admin_id);
    path = consent(&w);
    changed = arena_fmt(cx->arena, "%.*sA", STR_FMT(path));
    check_str(S("/connections?error=state"), back(&w, changed));
    check_str(S("/connections?error=state"), back(&w, S("/facebook/callback?code=x&state=y")));
    check_str(S("/connections?error=state"), back(&w, S("/facebook/callback")));
    change(&w.b, "update app_user set role = 'viewer'");
    check_str(S("/connections?error=state"), back(&w, path));
    check_int(1, number(&w.b, "select count(*) from ad_connection"));
    bench_close(&w.b);
}

DB_TEST(who_says_no_is_sent_back_with_that)
{
    struct web w;
    web_open(cx, t, &w);
    sim_set(w.b.sim, SIM_DENY_CONSENT, 1);

    check_str(S("/connections?tab=ads&error=denied"), back(&w, consent(&w)));

    check_int(0, number(&w.b, "select count(*) from ad_connection"));
    bench_close(&w.b);
}

DB_TEST(a_code_that_the_platform_refuses_connects_nothing)
{
    struct web w;
    web_open(cx, t, &w);
    fault(&w.b, "oauth/access_token", "\"kind\":\"invalid\"");

    check_str(S("/connections?tab=ads&error=exchange"), back(&w, consent(&w)));

    check_int(0, number(&w.b, "select count(*) from ad_connection"));
    bench_close(&w.b);
}

DB_TEST(consent_needs_the_apps_id_and_a_page_of_ours)
{
    struct web w;
    web_open(cx, t, &w);

    check_int(422, core_app_ask(cx, &w.b.c, "POST /api/v1/connections/oauth", w.admin,
                                "{\"return_to\":\"//evil.example/\"}")
                       .status);
    check_int(422, core_app_ask(cx, &w.b.c, "POST /api/v1/connections/oauth", w.admin,
                                "{\"return_to\":\"https://evil.example/\"}")
                       .status);
    w.b.c.app.config.meta_app_id = S("");
    check_int(409,
              core_app_ask(cx, &w.b.c, "POST /api/v1/connections/oauth", w.admin, "{}").status);
    bench_close(&w.b);
}

DB_TEST(scopes_that_were_withheld_are_told)
{
    struct web w;
    struct str list;
    web_open(cx, t, &w);
    sim_set(w.b.sim, SIM_WITHHOLD, 2);

    back(&w, consent(&w));

    list = connections(&w);
    check_holds(S("\"missing_scopes\":[\"pages_manage_metadata\",\"pages_read_engagement\"]"),
                list);
    check_holds(S("\"warning\":\"scopes\""), list);
    bench_close(&w.b);
}

DB_TEST(a_disconnected_token_is_erased_and_a_new_consent_is_the_same_connection)
{
    struct web w;
    web_open(cx, t, &w);
    connect_token(&w.b, 0);
    check_int(1, number(&w.b, "select count(*) from secret"));

    check_int(200, core_app_ask(cx, &w.b.c, "POST /api/v1/connections/disconnect", w.admin,
                                "{\"connection_id\":1}")
                       .status);
    check_int(0, number(&w.b, "select count(*) from secret"));
    check_holds(S("\"state\":\"off\""), connections(&w));
    connect_token(&w.b, 0);

    check_int(1, number(&w.b, "select count(*) from ad_connection where state = 'ok'"));
    check_int(404, core_app_ask(cx, &w.b.c, "POST /api/v1/connections/disconnect", w.admin,
                                "{\"connection_id\":9}")
                       .status);
    check_int(
        422, core_app_ask(cx, &w.b.c, "POST /api/v1/connections/disconnect", w.admin, "{}").status);
    bench_close(&w.b);
}

/* ---- the end of a token ---- */

static void look_at_tokens(struct bench *b)
{
    b->said = (struct str){0};
    check_ok(job_run_now(b->cx, &b->c.app, "ads.tokens", NULL, bench_hear, b, &b->run));
}

static bool says(struct bench *b, const char *text)
{
    return b->said.len && memmem(b->said.ptr, b->said.len, text, strlen(text)) != NULL;
}

DB_TEST(the_end_of_a_token_is_told_14_7_3_and_1_days_before_and_once_each)
{
    static const struct {
        int64_t advance;
        const char *said;
    } steps[] = {
        {30, NULL             },
        {17, "ends in 12 days"},
        {1,  NULL             },
        {5,  "ends in 6 days" },
        {4,  "ends in 2 days" },
        {2,  "ends in 0 days" },
        {2,  "no longer works"},
    };
    struct web w;
    web_open(cx, t, &w);
    back(&w, consent(&w));

    for (size_t i = 0; i < COUNT(steps) - 1; i++) {
        fake_clock_advance(test_clock(cx), steps[i].advance * DAY_MS);
        look_at_tokens(&w.b);
        check_int(steps[i].said != NULL, says(&w.b, "ends in"));
        if (steps[i].said)
            check_holds(str_of(steps[i].said), w.b.said);
    }
    w.admin = core_app_token(cx, &w.b.c, w.admin_id);
    check_holds(S("\"warning\":\"expires_soon\""), connections(&w));
    fake_clock_advance(test_clock(cx), 2 * DAY_MS);
    look_at_tokens(&w.b);
    w.admin = core_app_token(cx, &w.b.c, w.admin_id);
    check_holds(S("\"state\":\"reconnect\""), connections(&w));
    check_holds(S("\"warning\":\"expired\""), connections(&w));
    bench_close(&w.b);
}

DB_TEST(a_token_that_never_ends_warns_of_nothing)
{
    struct web w;
    web_open(cx, t, &w);
    connect_token(&w.b, 0);

    fake_clock_advance(test_clock(cx), 400 * DAY_MS);
    look_at_tokens(&w.b);

    check(!says(&w.b, "ends in"));
    w.admin = core_app_token(cx, &w.b.c, w.admin_id);
    check_holds(S("\"expires_at\":null"), connections(&w));
    check_holds(S("\"warning\":null"), connections(&w));
    bench_close(&w.b);
}

DB_TEST(without_an_app_nobody_is_asked_about_tokens)
{
    struct web w;
    web_open(cx, t, &w);
    w.b.c.app.config.meta_app_secret = S("");
    connect_token(&w.b, 0);

    look_at_tokens(&w.b);

    check_holds(S("TRAFFICD_META_APP_SECRET"), w.b.said);
    check_int(0, json_len(asked(&w.b, "debug_token")));
    bench_close(&w.b);
}

/* ---- usage ---- */

DB_TEST(a_window_that_fills_up_slows_the_sync_down)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sim_set(b.sim, SIM_USAGE_PERCENT, 80);

    sync_one(&b, 28, 0);

    check_int(0, b.run.failed);
    check(fake_clock_slept(test_clock(cx)) >= 4 * 2000);
    check_int(1, number(&b, "select count(*) from ad_account where usage_percent between 80 and "
                            "85"));
    bench_close(&b);
}

DB_TEST(a_full_window_pauses_that_account_and_no_other)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    fault(&b, edge(&b, 0, "insights"), "\"times\":50,\"kind\":\"account_limit\"");
    sync_all(&b, 1);
    check_int(1, b.run.failed);
    check_int(1, number(&b, "select count(*) from ad_account where paused_until is not null"));
    forget_faults(&b);
    forget_asked(&b);

    sync_all(&b, 1);
    check_int(0, b.run.failed);
    check_int(6, b.run.seen);
    check_int(0, json_len(asked(&b, edge(&b, 0, "insights"))));
    check_holds(S("asked to wait"), b.said);
    fake_clock_advance(test_clock(cx), 6 * 60 * 1000);
    sync_all(&b, 1);

    check_int(7, b.run.seen);
    check(account_has(&b, 0, "sync_state", "ok"));
    check_int(0, number(&b, "select count(*) from ad_account where paused_until is not null"));
    bench_close(&b);
}

DB_TEST(a_limit_of_the_app_pauses_all_accounts_of_the_connection)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    fault(&b, edge(&b, 0, "insights"), "\"times\":50,\"kind\":\"app_limit\"");

    sync_all(&b, 1);

    check_int(7, number(&b, "select count(*) from ad_account where paused_until is not null"));
    bench_close(&b);
}

/* ---- accounts ---- */

DB_TEST(accounts_of_businesses_come_with_what_they_are_to_us)
{
    struct bench b;
    bench_open(cx, t, &b);
    sim_set(b.sim, SIM_HIDE_DIRECT, 1);

    connect_token(&b, 0);

    check(number(&b, "select count(*) from ad_account where role in ('owned', 'client')") > 0);
    check_int(0, number(&b, "select count(*) from ad_account where role = 'direct'"));
    check(number(&b, "select count(*) from ad_account where business is not null") > 0);
    bench_close(&b);
}

DB_TEST(accounts_are_chosen_and_read_again_on_demand)
{
    struct web w;
    struct answer a;
    web_open(cx, t, &w);
    connect_token(&w.b, 0);
    sync_one(&w.b, 3, 0);

    a = core_app_ask(cx, &w.b.c, "POST /api/v1/accounts/select", w.admin, "{\"tracked\":[1,2]}");
    check_int(200, a.status);
    check_int(2, number(&w.b, "select count(*) from ad_account where is_tracked = 1"));
    check_int(422, core_app_ask(cx, &w.b.c, "POST /api/v1/accounts/select", w.admin, "{}").status);
    a = core_app_ask(
        cx, &w.b.c,
        arena_fmt(cx->arena, "POST /api/v1/accounts/%lld/sync",
                  (long long)number_of(&w.b, "select id from ad_account where external_id = $1", 0))
            .ptr,
        w.admin, "{\"days\":40}");
    check_int(202, a.status);
    check_int(0, number(&w.b, "select count(*) from ad_sync_slice where state = 'ok'"));
    check_int(
        422,
        core_app_ask(cx, &w.b.c, "POST /api/v1/accounts/1/sync", w.admin, "{\"days\":0}").status);
    check_int(404, core_app_ask(cx, &w.b.c, "POST /api/v1/accounts/99/sync", w.admin, "{}").status);
    bench_close(&w.b);
}

DB_TEST(the_calendar_of_versions_says_what_ours_is_worth)
{
    struct web w;
    struct answer a;
    web_open(cx, t, &w);
    w.b.c.app.config.meta_api_version = S("v21.0");

    a = core_app_ask(cx, &w.b.c, "GET /api/v1/api-versions", w.admin, "");
    check_int(200, a.status);
    check_holds(S("{\"setting\":\"v21.0\",\"state\":\"ended\",\"ends_on\":\"2025-09-09\""), a.body);
    check_holds(S("\"warned_at\":null"), a.body);
    change(&w.b, "insert into ad_connection (platform, label, external_id, state, reason, "
                 "created_at, checked_at) values ('meta', 'x', 'x', 'error', 'raise "
                 "TRAFFICD_META_API_VERSION', 1, 7)");
    a = core_app_ask(cx, &w.b.c, "GET /api/v1/api-versions", w.admin, "");
    check_holds(S("\"warned_at\":7"), a.body);
    bench_close(&w.b);
}
