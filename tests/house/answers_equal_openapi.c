/* answers_equal_openapi.c: what the real server answers is what the document says, for every
 * operation: the good answer, and the refusals; and what the document lets one send is taken. The
 * answers come from a small agency that the simulator fills. */
#include "app/tables.h"
#include "base/crypto.h"
#include "base/embedded.h"
#include "base/form.h"
#include "core/gate.h"
#include "core/inbox.h"
#include "core_app.h"
#include "json_schema.h"
#include "links/links.h"
#include "sim/sim.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded_file embedded_openapi;

enum { MOST_OPS = 250 };
#define PASSWORD "tulip-bridge-42-olive"
#define HOOK_KEY "a-webhook-key-of-this-test"

struct agency {
    struct ctx *cx;
    struct core_app c;
    struct sim *sim;
    const struct world *w;
    const struct json_in *root; /* the document */
    struct str admin, viewer;   /* access tokens */
    struct str seen[MOST_OPS];  /* operationIds whose good answer was compared */
    size_t nseen;
};

static struct str text_of(const struct json_in *v)
{
    struct str s = {0};

    return json_as_str(v, &s) ? s : (struct str){0};
}

/* ---- the agency ---- */

static void wire(struct agency *g)
{
    struct ctx *cx = g->cx;
    struct app *app = &g->c.app;
    struct job_sets jobs = tables_jobs(cx->arena);
    struct retry retry = {.max_tries = 2, .base_ms = 1000, .cap_ms = 2000};

    app->config.tz = S("Asia/Almaty");
    app->config.currency = S("KZT");
    app->config.meta_api_version = S("v25.0");
    app->config.meta_page_size = 100;
    app->config.restate_days = 28;
    app->config.rate_limit = 0;
    app->config.login_limit = 0;
    app->config.amo_webhook_secret = S(HOOK_KEY);
    app->meta = (struct upstream){.name = "meta",
                                  .base_url = sim_graph_url(g->sim),
                                  .connect_ms = 5000,
                                  .total_ms = 20000,
                                  .max_reply = 16 << 20,
                                  .retry = retry};
    app->rates = app->meta;
    app->rates.name = "nbk";
    app->rates.base_url = sim_rates_url(g->sim);
    app->job_sets = jobs.at;
    app->njob_sets = jobs.n;
    app->inbox_sources = table_inbox;
    app->ninbox_sources = table_ninbox;
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &app->fetcher));
    check_ok(inbox_start(cx, app, &app->inbox));
    check_ok(links_start(cx, app, &app->links));
    check_ok(scheduler_start(cx, app, 0, &app->scheduler));
}

static void serve(struct agency *g)
{
    struct route_sets sets = tables_routes(g->cx->arena);
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 20,
                            .public_url = "http://dashboard.test",
                            .clock = g->cx->clock,
                            .sets = sets.at,
                            .nsets = sets.n,
                            .aliases = table_aliases,
                            .naliases = table_naliases,
                            .gate = &core_gate};

    check_ok(server_start(g->cx, &g->c.app, &o, &g->c.server));
    g->c.port = server_port(g->c.server);
}

static void agency_open(struct ctx *cx, struct temp_db *t, struct agency *g)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = 14},
          .clock = cx->clock
    };

    *g = (struct agency){.cx = cx};
    check_ok(json_parse(cx, (struct str){(const char *)embedded_openapi.data, embedded_openapi.len},
                        &g->root));
    core_app_open(cx, t, &g->c);
    check_ok(sim_start(cx, &o, &g->sim));
    g->w = sim_world(g->sim);
    wire(g);
    serve(g);
}

static void agency_close(struct agency *g)
{
    server_stop(&g->c.server);
    links_stop(&g->c.app.links);
    inbox_stop(&g->c.app.inbox);
    core_app_close(&g->c);
    fetcher_free(&g->c.app.fetcher);
    sim_stop(&g->sim);
}

static void run_job(struct agency *g, const char *name, int64_t days)
{
    struct job_run run;

    check_ok(
        job_run_now(g->cx, &g->c.app, name, &(struct job_options){.days = days}, NULL, NULL, &run));
    check_int(0, run.failed);
}

/* ---- comparing ---- */

/* "post /api/v1/teams/{id}" is described as this. */
static const struct json_in *operation(struct agency *g, struct str method, struct str path)
{
    struct arena *a = g->cx->arena;
    char *lower = str_z(a, str_fold(a, method));
    const struct json_in *op =
        json_get(json_get(json_get(g->root, "paths"), str_z(a, path)), lower);

    if (!op)
        test_fail(TEST_AT("call"), "%s %.*s is not described", lower, STR_FMT(path));
    return op;
}

static const struct json_in *json_schema_of(struct agency *g, const struct json_in *part)
{
    part = schema_follow(g->cx, g->root, part);
    return json_get(json_get(json_get(part, "content"), "application/json"), "schema");
}

static void compare(struct agency *g, const char *call, const struct json_in *op,
                    const struct answer *a)
{
    struct arena *arena = g->cx->arena;
    const struct json_in *responses = json_get(op, "responses"), *value = NULL;
    const struct json_in *of = json_get(responses, arena_fmt(arena, "%d", a->status).ptr);

    if (!of)
        test_fail(TEST_AT("answer"), "%s answers %d, which is not described: %.*s", call, a->status,
                  STR_FMT(a->body));
    check_holds(S("application/json"), answer_header(a, "Content-Type"));
    check_ok(json_parse(g->cx, a->body, &value));
    const char *fault = schema_fault(g->cx, g->root, json_schema_of(g, of), value);
    if (fault)
        test_fail(TEST_AT("answer"), "%s answers %d, %s\n%.*s", call, a->status, fault,
                  STR_FMT(a->body));
}

/* Method and path as the document writes it; the path as it is asked for ("" = the same). */
struct ask_as {
    const char *call;   /* "POST /api/v1/teams/{id}/archive" */
    const char *target; /* "/api/v1/teams/1/archive"; NULL = as in call */
    const char *body;   /* NULL = none */
    struct str token;
};

static struct answer ask_as(struct agency *g, const struct ask_as *how)
{
    struct ctx *cx = g->cx;
    struct str path = str_of(how->call), method;
    const struct json_in *op, *body = NULL;

    str_cut(&path, ' ', &method);
    op = operation(g, method, path);
    if (how->body && json_get(op, "requestBody")) {
        const struct json_in *schema = json_schema_of(g, json_get(op, "requestBody"));
        check_ok(json_parse(cx, str_of(how->body), &body));
        const char *fault = schema_fault(cx, g->root, schema, body);
        if (fault)
            test_fail(TEST_AT("body"), "%s is sent %s: %s", how->call, how->body, fault);
    }
    struct str call =
        arena_fmt(cx->arena, "%.*s %s", STR_FMT(method), how->target ? how->target : path.ptr);
    struct answer a = core_app_ask(cx, &g->c, call.ptr, how->token, how->body);
    compare(g, how->call, op, &a);
    return a;
}

static void note_seen(struct agency *g, const char *call)
{
    struct str path = str_of(call), method, id;

    str_cut(&path, ' ', &method);
    id = text_of(json_get(operation(g, method, path), "operationId"));
    for (size_t i = 0; i < g->nseen; i++)
        if (str_eq(g->seen[i], id))
            return;
    check(g->nseen < MOST_OPS);
    g->seen[g->nseen++] = id;
}

static struct answer good_as(struct agency *g, const struct ask_as *how)
{
    struct answer a = ask_as(g, how);

    if (a.status < 200 || a.status > 299)
        test_fail(TEST_AT("answer"), "%s: %d %.*s", how->call, a.status, STR_FMT(a.body));
    note_seen(g, how->call);
    return a;
}

static struct answer good(struct agency *g, const char *call, const char *target, const char *body)
{
    return good_as(g, &(struct ask_as){call, target, body, g->admin});
}

static const char *fmt(struct agency *g, const char *text, ...) PRINTF_LIKE(2, 3);
static const char *fmt(struct agency *g, const char *text, ...)
{
    va_list ap;

    va_start(ap, text);
    struct str out = arena_vfmt(g->cx->arena, text, ap);
    va_end(ap);
    return out.ptr;
}

static size_t items_of(struct agency *g, const struct answer *a)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(g->cx, a->body, &root));
    return json_len(json_get(root, "items"));
}

/* ---- every operation once ---- */

/* One that is not the current one. */
static struct str other_session(struct agency *g, const struct answer *list)
{
    const struct json_in *root = NULL, *session;
    bool is_current = true;

    check_ok(json_parse(g->cx, list->body, &root));
    struct json_iter it = json_iter(json_get(root, "items"));
    while ((session = json_next(&it, NULL)))
        if (json_as_bool(json_get(session, "current"), &is_current) && !is_current)
            return text_of(json_get(session, "id"));
    test_fail(TEST_AT("sessions"), "there is no other session");
}

static void visit_auth(struct agency *g)
{
    struct ctx *cx = g->cx;
    struct str link, code;
    struct answer a;

    check_ok(auth_setup_link(cx, &g->c.app, &link));
    code = link;
    str_cut(&code, '#', &link);
    good(g, "GET /api/v1/auth/setup", fmt(g, "/api/v1/auth/setup?code=%.*s", STR_FMT(code)), NULL);
    good(g, "GET /api/v1/auth/setup", "/api/v1/auth/setup?code=wrong", NULL);
    a = good(g, "POST /api/v1/auth/setup", NULL,
             fmt(g,
                 "{\"code\":\"%.*s\",\"email\":\"root@agency.example\",\"full_name\":\"Root\","
                 "\"password\":\"" PASSWORD "\",\"token\":true}",
                 STR_FMT(code)));
    g->admin = answer_text(cx, &a, "access_token");
    const char *login =
        "{\"email\":\"root@agency.example\",\"password\":\"" PASSWORD "\",\"token\":true}";
    good(g, "POST /api/traffic-auth/login", NULL, login);
    a = good(g, "POST /api/v1/auth/login", NULL, login);
    struct str refresh = answer_text(cx, &a, "refresh_token");
    a = good(g, "POST /api/v1/auth/refresh", NULL,
             fmt(g, "{\"refresh_token\":\"%.*s\"}", STR_FMT(refresh)));
    refresh = answer_text(cx, &a, "refresh_token");
    good_as(g, &(struct ask_as){"POST /api/v1/auth/logout", NULL,
                                fmt(g, "{\"refresh_token\":\"%.*s\"}", STR_FMT(refresh)), S("")});
    good(g, "GET /api/v1/auth/me", NULL, NULL);
    good(g, "PATCH /api/v1/auth/me", NULL, "{\"locale\":\"en\"}");
    a = good(g, "GET /api/v1/auth/sessions", NULL, NULL);
    good(g, "POST /api/v1/auth/sessions/{id}/end",
         fmt(g, "/api/v1/auth/sessions/%.*s/end", STR_FMT(other_session(g, &a))), "{}");
    good(g, "POST /api/v1/auth/password", NULL,
         "{\"old_password\":\"" PASSWORD "\",\"new_password\":\"lemon-harbour-17-pine\"}");
}

static void visit_people(struct agency *g)
{
    struct ctx *cx = g->cx;
    struct answer a;

    for (int i = 0; i < WORLD_TEAMS; i++)
        good(g, "POST /api/v1/teams", NULL,
             fmt(g,
                 "{\"name\":\"%.*s\",\"colour\":\"#336699\",\"emoji\":\"T\",\"tags\":[\"%.*s\"]}",
                 STR_FMT(g->w->teams[i].name), STR_FMT(g->w->teams[i].tags[1])));
    a = good(g, "POST /api/v1/users", NULL,
             "{\"email\":\"guest@agency.example\",\"full_name\":\"Guest\",\"role\":\"viewer\"}");
    int64_t guest = answer_int(cx, &a, "user.id");
    good(g, "POST /api/traffic-auth/register", NULL,
         "{\"email\":\"lead@agency.example\",\"full_name\":\"Lead\",\"role\":\"team_lead\","
         "\"team_id\":1,\"locale\":\"kk\",\"password\":\"" PASSWORD "\"}");
    g->viewer = core_app_token(cx, &g->c, guest);
    good(g, "PATCH /api/v1/users/{id}", fmt(g, "/api/v1/users/%lld", (long long)guest),
         "{\"full_name\":\"Guest of honour\",\"locale\":\"en\"}");
    good(g, "POST /api/v1/users/{id}/invite", fmt(g, "/api/v1/users/%lld/invite", (long long)guest),
         "{}");
    good(g, "POST /api/v1/users/{id}/disable",
         fmt(g, "/api/v1/users/%lld/disable", (long long)guest), "{}");
    good(g, "POST /api/v1/users/{id}/enable", fmt(g, "/api/v1/users/%lld/enable", (long long)guest),
         "{}");
    g->viewer = core_app_token(cx, &g->c, guest);
    good(g, "GET /api/v1/users", NULL, NULL);
    good(g, "PATCH /api/v1/teams/{id}", "/api/v1/teams/1", "{\"emoji\":\"U\",\"lead_user_id\":3}");
    good(g, "POST /api/v1/teams/{id}/archive", "/api/v1/teams/4/archive", "{}");
    good(g, "GET /api/v1/teams", "/api/v1/teams?archived=1", NULL);
    good(g, "POST /api/v1/teams/{id}/restore", "/api/v1/teams/4/restore", "{}");
    good(g, "GET /api/v1/teams/{id}", "/api/v1/teams/1", NULL);
    a = good(g, "GET /api/v1/rules", NULL, NULL);
    good(g, "PUT /api/v1/rules", NULL,
         fmt(g,
             "{\"note\":\"autumn\",\"base_version\":%lld,\"rules\":["
             "{\"kind\":\"exact\",\"value\":\"fb_arystan\",\"team_id\":1,\"user_id\":3,"
             "\"valid_from\":\"2020-01-01\"},"
             "{\"kind\":\"alias\",\"value\":\"kenjifb\",\"team_id\":2,\"valid_to\":\"2030-01-01\"},"
             "{\"kind\":\"prefix\",\"value\":\"muha\",\"team_id\":3}]}",
             (long long)answer_int(cx, &a, "version")));
}

static int64_t visit_connections(struct agency *g)
{
    struct ctx *cx = g->cx;
    struct answer a = good(g, "POST /api/v1/connections", NULL,
                           fmt(g, "{\"token\":\"%.*s\"}", STR_FMT(g->w->tokens[0])));

    good(g, "POST /api/v1/connections/{id}/check",
         fmt(g, "/api/v1/connections/%lld/check", (long long)answer_int(cx, &a, "id")), "{}");
    a = good(g, "POST /api/v1/connections", NULL,
             fmt(g, "{\"token\":\"%.*s\"}", STR_FMT(g->w->tokens[1])));
    good(g, "GET /api/v1/connections", NULL, NULL);
    return answer_int(cx, &a, "id");
}

/* Days, ads and parts of the first account; what is chosen and what is read again. */
static void visit_ads_days(struct agency *g)
{
    int64_t ad = core_app_sql(g->cx, &g->c,
                              "select min(ad_id) from ad_fact where day = '2026-02-02'", NO_ARGS);
    int64_t campaign = core_app_sql(g->cx, &g->c, "select campaign_id from ad where id = $1",
                                    ARGS(a_int("a", ad)));
    int64_t account =
        core_app_sql(g->cx, &g->c, "select account_id from ad where id = $1", ARGS(a_int("a", ad)));

    good(g, "GET /api/v1/ad-sets", fmt(g, "/api/v1/ad-sets?campaign=%lld", (long long)campaign),
         NULL);
    good(g, "GET /api/v1/ads", fmt(g, "/api/v1/ads?campaign=%lld", (long long)campaign), NULL);
    good(g, "GET /api/v1/ads/{id}/days/{day}",
         fmt(g, "/api/v1/ads/%lld/days/2026-02-02", (long long)ad), NULL);
    good(g, "GET /api/v1/ads/{id}/days/{day}/raw",
         fmt(g, "/api/v1/ads/%lld/days/2026-02-02/raw", (long long)ad), NULL);
    good(g, "PATCH /api/v1/campaigns/{id}", fmt(g, "/api/v1/campaigns/%lld", (long long)campaign),
         "{\"is_tracked\":false}");
    good(g, "POST /api/v1/campaigns/track", NULL,
         fmt(g, "{\"ids\":[%lld],\"is_tracked\":true}", (long long)campaign));
    good(g, "GET /api/v1/accounts/{id}/days",
         fmt(g, "/api/v1/accounts/%lld/days?period=7d", (long long)account), NULL);
    good(g, "POST /api/v1/accounts/{id}/sync",
         fmt(g, "/api/v1/accounts/%lld/sync", (long long)account), "{}");
    good(g, "GET /api/v1/breakdowns", "/api/v1/breakdowns?kind=objective&period=7d", NULL);
    good(g, "GET /api/v1/reach",
         fmt(g, "/api/v1/reach?level=account&id=%lld&period=7d", (long long)account), NULL);
    good(g, "GET /api/v1/api-versions", NULL, NULL);
}

/* The documents' own addresses, and what is no JSON. */
static void visit_ads_doors(struct agency *g)
{
    struct str all = S("{\"tracked\":[1,2,3,4,5,6]}");
    struct answer a;

    good(g, "POST /api/v1/accounts/select", NULL, all.ptr);
    good(g, "POST /api/traffic-admin/facebook/ad-accounts/select", NULL, all.ptr);
    good(g, "GET /api/traffic-admin/facebook/ad-accounts", NULL, NULL);
    good(g, "GET /api/traffic-admin/facebook/campaign-stats", NULL, NULL);
    good(g, "POST /api/traffic-admin/facebook/sync-stats", NULL, NULL);
    good(g, "POST /api/traffic-dashboard/aggregate", NULL, NULL);
    good(g, "POST /api/traffic-dashboard/aggregate/today", NULL, NULL);
    good(g, "POST /api/traffic-dashboard/aggregate/last-30-days", NULL, NULL);
    g->c.app.config.meta_app_id = str_of(sim_app_id);
    g->c.app.config.meta_app_secret = S("secret");
    good(g, "POST /api/v1/connections/oauth", NULL, "{}");
    good(g, "POST /api/traffic-admin/facebook/oauth-url", NULL, "{}");
    g->c.app.config.meta_app_secret = S("");
    a = ask_for(g->cx, g->c.port, "GET", "/facebook/callback?code=x&state=y", "", S(""));
    check_int(303, a.status);
    note_seen(g, "GET /facebook/callback");
    a = ask_for(
        g->cx, g->c.port, "POST", "/api/v1/costs/import?platform=google&currency=USD",
        fmt(g, "Content-Type: text/csv\r\nAuthorization: Bearer %.*s\r\n", STR_FMT(g->admin)),
        S("date,campaign,spend\n2026-02-02,Brand,12.5\n2026-02-02,Brand,x\n"));
    check_int(201, a.status);
    compare(g, "POST /api/v1/costs/import", operation(g, S("POST"), S("/api/v1/costs/import")), &a);
    note_seen(g, "POST /api/v1/costs/import");
}

static void visit_ads(struct agency *g)
{
    struct ctx *cx = g->cx;
    int64_t second = visit_connections(g), account = 0;
    struct answer list = good(g, "GET /api/v1/accounts", NULL, NULL), a = {0};

    for (int i = 0; i < 4; i++) {
        account = answer_int(cx, &list, fmt(g, "items.%d.id", i));
        a = good(g, "POST /api/v1/accounts/{id}/bindings",
                 fmt(g, "/api/v1/accounts/%lld/bindings", (long long)account),
                 fmt(g, "{\"team_id\":%d,\"user_id\":%s,\"valid_from\":\"2025-01-01\"}", i / 2 + 1,
                     i ? "null" : "3"));
    }
    good(g, "PATCH /api/v1/accounts/{id}",
         fmt(g, "/api/v1/accounts/%lld", (long long)answer_int(cx, &list, "items.6.id")),
         "{\"is_tracked\":false}");
    run_job(g, "rates.sync", 20);
    run_job(g, "ads.sync", 4);
    good(g, "GET /api/v1/accounts", NULL, NULL);
    visit_ads_days(g);
    visit_ads_doors(g);
    good(g, "DELETE /api/v1/accounts/{id}/bindings/{binding_id}",
         fmt(g, "/api/v1/accounts/%lld/bindings/%lld", (long long)account,
             (long long)answer_int(cx, &a, "bindings.0.id")),
         NULL);
    good(g, "DELETE /api/v1/connections/{id}",
         fmt(g, "/api/v1/connections/%lld", (long long)second), NULL);
    good(g, "POST /api/v1/connections/disconnect", NULL,
         fmt(g, "{\"connection_id\":%lld}", (long long)second));
    good(g, "POST /api/traffic-admin/facebook/disconnect", NULL,
         fmt(g, "{\"connection_id\":%lld}", (long long)second));
}

static void visit_sales(struct agency *g)
{
    struct str url =
        arena_fmt(g->cx->arena, "http://127.0.0.1:%d/webhook/amocrm/traffic/" HOOK_KEY, g->c.port);
    check_ok(sim_hook(g->cx, g->sim, url));
    check_ok(sim_deliver_history(g->cx, g->sim, 200, NULL));
    good(g, "POST /webhook/amocrm/traffic/{secret}", "/webhook/amocrm/traffic/" HOOK_KEY,
         "{\"leads\":{\"add\":[{\"id\":\"1\",\"status_id\":\"143\",\"price\":\"5\"}]}}");
    good(g, "POST /webhook/amocrm/traffic", "/webhook/amocrm/traffic?key=" HOOK_KEY,
         "{\"leads\":{\"add\":[{\"id\":\"2\",\"status_id\":\"143\",\"price\":\"5\"}]}}");
    run_job(g, "inbox.drain", 0);
    run_job(g, "attribution.run", 0);
    run_job(g, "metrics.build", 0);
}

/* A lead of a page, another of the same phone, and what may be done with them. */
static void visit_leads(struct agency *g)
{
    struct answer a, script;
    const char *from = "from=2026-01-01&to=2026-12-31";

    a = good(
        g, "POST /api/v1/sites", NULL,
        "{\"name\":\"Page\",\"origin\":\"https://page.kz\",\"team_id\":null,\"per_minute\":60}");
    struct str key = answer_text(g->cx, &a, "key"), events = answer_text(g->cx, &a, "event_key");
    good(g, "GET /api/v1/sites", NULL, NULL);
    good(g, "PATCH /api/v1/sites/{id}", "/api/v1/sites/1", "{\"name\":\"The page\"}");
    for (int i = 0; i < 2; i++)
        good(g, "POST /webhook/lead", fmt(g, "/webhook/lead?key=%.*s", STR_FMT(key)),
             fmt(g, "{\"phone\":\"87012223344\",\"lead_id\":\"%d\",\"utm_source\":\"a\"}", i));
    good(g, "POST /webhook/event", fmt(g, "/webhook/event?key=%.*s", STR_FMT(events)),
         "{\"stage\":\"webinar\",\"phone\":\"87012223344\"}");
    run_job(g, "inbox.drain", 0);
    a = good(g, "GET /api/v1/leads", fmt(g, "/api/v1/leads?kind=landing&%s", from), NULL);
    check_int(2, items_of(g, &a));
    const char *lead = fmt(g, "/api/v1/leads/%lld", (long long)answer_int(g->cx, &a, "items.1.id"));
    a = good(g, "GET /api/v1/leads/{id}", lead, NULL);
    long long merge = (long long)answer_int(g->cx, &a, "merges.0.id");
    good(g, "GET /api/v1/leads/{id}/raw", fmt(g, "%s/raw", lead), NULL);
    good(g, "POST /api/v1/person-merges/{id}/undo",
         fmt(g, "/api/v1/person-merges/%lld/undo", merge), NULL);
    good(g, "POST /api/v1/person-merges/{id}/redo",
         fmt(g, "/api/v1/person-merges/%lld/redo", merge), NULL);
    good(g, "POST /api/v1/sites/{id}/key", "/api/v1/sites/1/key", NULL);
    good(g, "POST /api/v1/sites/{id}/archive", "/api/v1/sites/1/archive", NULL);
    script = core_app_ask(g->cx, &g->c, "GET /t.js", S(""), NULL);
    check(script.status == 200 || script.status == 404); /* without the UI it is not there */
    note_seen(g, "GET /t.js");
}

static void visit_links(struct agency *g)
{
    const char *tags = "\"utm_source\":\"fb_arystan\",\"utm_content\":\"{{ad.id}}\"";
    struct answer a;

    good(g, "PUT /api/v1/link-hosts", NULL, "{\"items\":[\"school.kz\"]}");
    good(g, "GET /api/v1/link-hosts", NULL, NULL);
    good(g, "POST /api/v1/utm-templates", NULL,
         fmt(g, "{\"name\":\"T\",\"team_id\":1,\"is_default\":true,%s}", tags));
    good(g, "PATCH /api/v1/utm-templates/{id}", "/api/v1/utm-templates/1", "{\"name\":\"U\"}");
    good(g, "GET /api/v1/utm-templates", NULL, NULL);
    good(g, "POST /api/v1/links/build", NULL,
         fmt(g, "{\"target\":\"https://school.kz/\",%s}", tags));
    good(g, "POST /api/v1/links", NULL,
         "{\"title\":\"One\",\"target\":\"https://school.kz/\",\"code\":\"one\",\"team_id\":1,"
         "\"template_id\":1,\"merge_policy\":\"fill\",\"expires_at\":null}");
    good(g, "PATCH /api/v1/links/{id}", "/api/v1/links/1", "{\"utm_term\":\"t\"}");
    a = core_app_ask(g->cx, &g->c, "GET /s/one", S(""), NULL);
    check_int(302, a.status);
    note_seen(g, "GET /s/{code}");
    links_stop(&g->c.app.links); /* so that the click is stored */
    check_ok(links_start(g->cx, &g->c.app, &g->c.app.links));
    a = good(g, "GET /api/v1/links/{id}/clicks", "/api/v1/links/1/clicks", NULL);
    check_int(1, answer_int(g->cx, &a, "days.0.bot"));
    good(g, "POST /api/v1/links/{id}/archive", "/api/v1/links/1/archive", NULL);
    good(g, "POST /api/v1/links/{id}/restore", "/api/v1/links/1/restore", NULL);
    good(g, "GET /api/v1/links", NULL, NULL);
    good(g, "POST /api/v1/utm-templates/{id}/archive", "/api/v1/utm-templates/1/archive", NULL);
}

/* ---- Lead Ads ---- */

static struct str signed_by(struct agency *g, struct str body)
{
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256(g->c.app.config.meta_app_secret, body, mac);
    return (struct str){arena_str(g->cx->arena, (struct str){(char *)mac, sizeof mac}).ptr,
                        sizeof mac};
}

static void taken_back(struct agency *g, const char *call)
{
    struct str path = str_of(call), method, payload, sig;
    struct arena *a = g->cx->arena;

    payload = base64url_text(
        a, arena_fmt(a, "{\"algorithm\":\"HMAC-SHA256\",\"issued_at\":%lld,\"user_id\":\"1\"}",
                     (long long)(now_ms(g->cx) / 1000)));
    sig = base64url_text(a, signed_by(g, payload));
    str_cut(&path, ' ', &method);
    struct answer got = ask_for(
        g->cx, g->c.port, "POST", path.ptr, "Content-Type: application/x-www-form-urlencoded\r\n",
        arena_fmt(a, "signed_request=%.*s.%.*s", STR_FMT(sig), STR_FMT(payload)));
    check_int(200, got.status);
    compare(g, call, operation(g, method, path), &got);
    note_seen(g, call);
}

static void visit_lead_hooks(struct agency *g)
{
    struct config *c = &g->c.app.config;
    struct str body = S("{\"object\":\"page\",\"entry\":[]}");
    struct answer a;

    c->meta_app_secret = S("secret");
    c->meta_verify_token = S("verify-token");
    a = core_app_ask(g->cx, &g->c,
                     "GET /webhook/facebook/leadgen?hub.mode=subscribe&hub.challenge=7"
                     "&hub.verify_token=verify-token",
                     S(""), NULL);
    check_int(200, a.status);
    note_seen(g, "GET /webhook/facebook/leadgen");
    struct str hex = hex_text(g->cx->arena, signed_by(g, body));
    a = ask_for(g->cx, g->c.port, "POST", "/webhook/facebook/leadgen",
                fmt(g, "X-Hub-Signature-256: sha256=%.*s\r\n", STR_FMT(hex)), body);
    check_int(200, a.status);
    compare(g, "hook", operation(g, S("POST"), S("/webhook/facebook/leadgen")), &a);
    note_seen(g, "POST /webhook/facebook/leadgen");
    taken_back(g, "POST /webhook/facebook/deauthorize");
    taken_back(g, "POST /webhook/facebook/deletion");
    a = core_app_ask(g->cx, &g->c, "GET /privacy/deletion?code=x", S(""), NULL);
    check_int(404, a.status);
    note_seen(g, "GET /privacy/deletion");
    c->meta_app_secret = S("");
}

static void visit_lead_ads(struct agency *g)
{
    struct answer a;

    visit_lead_hooks(g);
    good(g, "GET /api/v1/lead-pages/webhook", NULL, NULL);
    good(g, "POST /api/v1/lead-pages/refresh", NULL, NULL);
    a = good(g, "GET /api/v1/lead-pages", NULL, NULL);
    long long page = (long long)answer_int(g->cx, &a, "items.0.id");
    good(g, "POST /api/v1/lead-pages/{id}/subscribe",
         fmt(g, "/api/v1/lead-pages/%lld/subscribe", page), NULL);
    good(g, "POST /api/v1/lead-pages/{id}/unsubscribe",
         fmt(g, "/api/v1/lead-pages/%lld/unsubscribe", page), NULL);
}

/* ---- who runs the program ---- */

static void visit_timetable(struct agency *g)
{
    struct answer a;

    good(g, "POST /api/v1/jobs/{name}/pause", "/api/v1/jobs/rates.sync/pause", NULL);
    good(g, "POST /api/v1/jobs/{name}/resume", "/api/v1/jobs/rates.sync/resume", NULL);
    good(g, "PUT /api/v1/jobs/{name}/schedule", "/api/v1/jobs/rates.sync/schedule",
         "{\"cron\":\"30 */2 * * *\"}");
    good(g, "PUT /api/v1/jobs/{name}/schedule", "/api/v1/jobs/rates.sync/schedule",
         "{\"cron\":null}");
    a = good(g, "GET /api/v1/jobs/{name}/runs", "/api/v1/jobs/ads.sync/runs?limit=1", NULL);
    check(answer_text(g->cx, &a, "items.0.log").len > 0);
}

static void visit_inbox(struct agency *g)
{
    struct answer a = good(g, "GET /api/v1/inbox", "/api/v1/inbox?source=amocrm&state=done", NULL);
    long long id = (long long)answer_int(g->cx, &a, "items.0.id");

    good(g, "GET /api/v1/inbox", "/api/v1/inbox?q=leads&limit=2", NULL);
    good(g, "GET /api/v1/inbox/{id}", fmt(g, "/api/v1/inbox/%lld", id), NULL);
    good(g, "POST /api/v1/inbox/{id}/replay", fmt(g, "/api/v1/inbox/%lld/replay", id), NULL);
    good(g, "POST /api/v1/inbox/replay", NULL,
         "{\"source\":\"amocrm\",\"state\":\"all\",\"from\":\"2026-01-01\"}");
    run_job(g, "inbox.drain", 0);
    run_job(g, "inbox.drift", 0);
    good(g, "GET /api/v1/inbox/drift", NULL, NULL);
}

static void visit_ops(struct agency *g)
{
    static const char *const recipes[] = {"no_facebook_data", "metrics_are_zero",
                                          "roas_looks_wrong"};
    struct answer a = good(g, "GET /api/v1/sources", NULL, NULL);

    check(items_of(g, &a) > 5);
    for (size_t i = 0; i < COUNT(recipes); i++)
        good(g, "GET /api/v1/diagnostics", fmt(g, "/api/v1/diagnostics?recipe=%s", recipes[i]),
             NULL);
    run_job(g, "ops.journal", 0);
    good(g, "GET /api/v1/stats", NULL, NULL);
    good(g, "GET /api/v1/monitoring", NULL, NULL);
    good(g, "GET /api/v1/integration-log", "/api/v1/integration-log?limit=5", NULL);
    good(g, "GET /api/v1/errors", NULL, NULL);
    a = good(g, "GET /api/v1/rates", NULL, NULL);
    struct str day = answer_text(g->cx, &a, "items.0.rate_day");
    for (int i = 0; !str_eq(answer_text(g->cx, &a, fmt(g, "items.%d.source", i)), S("nbk")); i++)
        day = answer_text(g->cx, &a, fmt(g, "items.%d.rate_day", i + 1));
    good(g, "GET /api/v1/rates/raw", fmt(g, "/api/v1/rates/raw?base=USD&day=%.*s", STR_FMT(day)),
         NULL);
}

static void visit_numbers(struct agency *g)
{
    static const char *const groups[] = {"team", "user", "account", "campaign", "ad_set",
                                         "ad",   "day",  "week",    "month",    "product"};
    struct answer a;

    good(g, "POST /api/v1/rates", NULL,
         "{\"day\":\"2026-01-05\",\"base\":\"USD\",\"quote\":\"KZT\",\"rate\":512.34}");
    a = good(g, "GET /api/v1/rates", NULL, NULL);
    check(items_of(g, &a) > 3);
    for (size_t i = 0; i < COUNT(groups); i++) {
        a = good(g, "GET /api/v1/metrics", fmt(g, "/api/v1/metrics?group=%s", groups[i]), NULL);
        check(items_of(g, &a) > 0);
    }
    good(g, "GET /api/traffic-dashboard/metrics", NULL, NULL);
    a = good(g, "GET /api/v1/overview", "/api/v1/overview?currency=USD&granularity=week", NULL);
    check(answer_text(g->cx, &a, "teams.3.name").len > 0);
    good(g, "GET /api/v1/overview", "/api/v1/overview?compare=none&period=today", NULL);
    good(g, "GET /api/insights/summary", NULL, NULL);
    a = good(g, "GET /api/v1/campaigns", NULL, NULL);
    check(items_of(g, &a) > 0);
    good(g, "GET /api/traffic-facebook/campaigns", NULL, NULL);
    a = good(g, "GET /api/v1/sales", "/api/v1/sales?limit=50", NULL);
    check_int(50, items_of(g, &a));
    a = good(g, "GET /api/v1/sales",
             fmt(g, "/api/v1/sales?limit=500&cursor=%.*s", STR_FMT(answer_text(g->cx, &a, "next"))),
             NULL);
    check(items_of(g, &a) > 0);
    good(g, "GET /api/traffic-dashboard/sales", NULL, NULL);
    good(g, "GET /api/v1/freshness", NULL, NULL);
    good(g, "POST /api/v1/jobs/{name}/run", "/api/v1/jobs/ads.sync/run", "{}");
    good(g, "GET /api/v1/jobs", NULL, NULL);
    good(g, "GET /health", NULL, NULL);
    good(g, "GET /api/openapi.json", NULL, NULL);
}

/* ---- the CRM ---- */

static void visit_crm_doors(struct agency *g)
{
    struct ctx *cx = g->cx;
    struct app *app = &g->c.app;
    struct answer a, page;

    app->amocrm = app->meta;
    app->amocrm.name = "amocrm";
    app->amocrm.base_url = sim_amo_url(g->sim);
    app->config.amo_www_url = str_of(sim_amo_www_url(g->sim));
    sim_integration_set(g->sim, &(struct sim_integration){S("client"), S("secret"),
                                                          S("http://dashboard.test/crm/callback")});
    a = good(g, "POST /api/v1/crm/connections/oauth", NULL,
             "{\"client_id\":\"client\",\"client_secret\":\"secret\"}");
    struct str url = answer_text(cx, &a, "url");
    str_cut(&url, '?', &(struct str){0});
    page = ask_for(cx, sim_port(g->sim), "GET", fmt(g, "/amo/www/oauth?%.*s", STR_FMT(url)), "",
                   S(""));
    struct str back = answer_header(&page, "Location");
    str_cut(&back, '?', &(struct str){0});
    a = core_app_ask(cx, &g->c, fmt(g, "GET /crm/callback?%.*s", STR_FMT(back)), S(""), NULL);
    check_int(303, a.status);
    check_holds(S("crm_connected=1"), answer_header(&a, "Location"));
    note_seen(g, "GET /crm/callback");
    good(g, "POST /api/v1/crm/connections", NULL,
         fmt(g, "{\"host\":\"agency.amocrm.ru\",\"token\":\"%.*s\"}",
             STR_FMT(sim_amo_token(g->sim))));
    good(g, "POST /api/v1/crm/connections/{id}/check", "/api/v1/crm/connections/1/check", NULL);
    good(g, "POST /api/v1/crm/connections/{id}/hook", "/api/v1/crm/connections/1/hook", NULL);
    good(g, "GET /api/v1/crm/connections", NULL, NULL);
    good(g, "POST /api/v1/crm/webhook-key", NULL, NULL);
    good(g, "GET /api/v1/crm/webhook-keys", NULL, NULL);
    good(g, "POST /api/v1/crm/webhook-keys/retire-old", NULL, NULL);
}

static void visit_crm(struct agency *g)
{
    struct answer a;

    visit_crm_doors(g);
    a = good(g, "GET /api/v1/crm/statuses", NULL, NULL);
    check(items_of(g, &a) > 3);
    good(g, "PUT /api/v1/crm/stage-map", NULL,
         "{\"items\":[{\"pipeline_id\":\"1\",\"status_id\":\"2\",\"stage\":\"prepaid\","
         "\"product\":\"express\",\"funnel_stage\":\"deposit\"}]}");
    a = good(g, "GET /api/v1/crm/fields", NULL, NULL);
    good(g, "PUT /api/v1/crm/fields", NULL,
         fmt(g, "{\"items\":[{\"external_id\":\"%.*s\",\"utm_code\":null}]}",
             STR_FMT(answer_text(g->cx, &a, "items.0.external_id"))));
    good(g, "GET /api/v1/crm/users", NULL, NULL);
    good(g, "POST /api/v1/products", NULL,
         "{\"code\":\"run\",\"name\":\"Run\",\"price\":1.5,\"currency\":\"KZT\"}");
    good(g, "PATCH /api/v1/products/{id}", "/api/v1/products/1", "{\"counts_as_sale\":true}");
    good(g, "GET /api/v1/products", NULL, NULL);
    good(g, "POST /api/v1/crm/syncs", NULL, "{\"from\":\"2026-02-01\",\"to\":\"2026-02-02\"}");
    run_job(g, "crm.bulk", 0);
    run_job(g, "inbox.drain", 0);
    good(g, "GET /api/v1/crm/syncs", NULL, NULL);
    a = good(g, "GET /api/v1/crm/syncs/{id}/results", "/api/v1/crm/syncs/1/results?limit=3", NULL);
    long long sale = (long long)answer_int(g->cx, &a, "items.0.sale_id");
    a = good(g, "GET /api/v1/sales/{id}", fmt(g, "/api/v1/sales/%lld", sale), NULL);
    good(g, "GET /api/v1/sales/{id}/raw/{observation_id}",
         fmt(g, "/api/v1/sales/%lld/raw/%lld", sale,
             (long long)answer_int(g->cx, &a, "observations.0.id")),
         NULL);
    good(g, "DELETE /api/v1/crm/connections/{id}", "/api/v1/crm/connections/1", NULL);
    good(g, "GET /api/v1/crm/connections", NULL, NULL);
}

/* ---- every operation ---- */

struct each {
    struct agency *g;
    struct str method, path;
    const struct json_in *op;
};

static void visit_imports(struct agency *g)
{
    struct answer a = ask_for(
        g->cx, g->c.port, "POST", "/api/v1/imports?kind=costs&currency=USD&file=costs.csv",
        fmt(g, "Content-Type: text/csv\r\nAuthorization: Bearer %.*s\r\n", STR_FMT(g->admin)),
        S("date,campaign,spend,platform\n2026-02-02,Brand,12.5,tiktok\n2026-02-02,B,x,tiktok\n"));

    check_int(201, a.status);
    compare(g, "POST /api/v1/imports", operation(g, S("POST"), S("/api/v1/imports")), &a);
    note_seen(g, "POST /api/v1/imports");
    good(g, "GET /api/v1/imports", NULL, NULL);
    good(g, "GET /api/v1/imports/{id}/rows",
         fmt(g, "/api/v1/imports/%lld/rows", (long long)answer_int(g->cx, &a, "id")), NULL);
}

static void for_each_operation(struct agency *g, void (*fn)(struct each *e))
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    struct json_iter it = json_iter(json_get(g->root, "paths"));
    const struct json_in *item;
    struct each e = {.g = g};

    while ((item = json_next(&it, &e.path)))
        for (size_t i = 0; i < COUNT(methods); i++) {
            e.op = json_get(item, methods[i]);
            e.method = str_of(methods[i]);
            if (e.op)
                fn(&e);
        }
}

static void must_be_seen(struct each *e)
{
    struct str id = text_of(json_get(e->op, "operationId"));

    for (size_t i = 0; i < e->g->nseen; i++)
        if (str_eq(e->g->seen[i], id))
            return;
    test_fail(TEST_AT("visits"), "no good answer of %.*s %.*s was compared", STR_FMT(e->method),
              STR_FMT(e->path));
}

/* "GET /api/v1/teams/999999": every parameter of the path names nothing. */
static struct str nowhere(struct each *e)
{
    struct arena *a = e->g->cx->arena;
    struct str rest = e->path, step;
    char method[8] = {0};
    struct str out;

    for (size_t i = 0; i < e->method.len && i < 7; i++)
        method[i] = (char)(e->method.ptr[i] - 'a' + 'A');
    out = arena_fmt(a, "%s ", method);
    str_cut(&rest, '/', &step);
    while (str_cut(&rest, '/', &step))
        out = arena_fmt(a, "%.*s/%.*s", STR_FMT(out),
                        STR_FMT(step.ptr[0] == '{' ? S("999999") : step));
    return out;
}

static void check_refusals(struct each *e)
{
    struct agency *g = e->g;
    struct str call = nowhere(e), role = text_of(json_get(e->op, "x-role"));
    const char *name = fmt(g, "%.*s %.*s", STR_FMT(e->method), STR_FMT(e->path));
    struct answer a;

    if (!role.len)
        return;
    a = core_app_ask(g->cx, &g->c, call.ptr, S(""), NULL);
    check_int(401, a.status);
    compare(g, name, e->op, &a);
    if (!str_eq(role, S("viewer"))) {
        a = core_app_ask(g->cx, &g->c, call.ptr, g->viewer, NULL);
        check_int(403, a.status);
        compare(g, name, e->op, &a);
    }
    if (!memchr(e->path.ptr, '{', e->path.len) || json_get(e->op, "requestBody"))
        return;
    a = core_app_ask(g->cx, &g->c, call.ptr, g->admin, NULL);
    if (a.status != 404)
        test_fail(TEST_AT("nowhere"), "%s: %d %.*s", call.ptr, a.status, STR_FMT(a.body));
    compare(g, name, e->op, &a);
}

/* A parameter that is described is read: nonsense in it is refused under its name. */
static void check_parameters(struct each *e)
{
    struct agency *g = e->g;
    struct json_iter it = json_iter(json_get(e->op, "parameters"));
    const struct json_in *p, *root = NULL;

    if (!str_eq(e->method, S("get")) || !text_of(json_get(e->op, "x-role")).len)
        return;
    while ((p = json_next(&it, NULL))) {
        p = schema_follow(g->cx, g->root, p);
        struct str name = text_of(json_get(p, "name"));
        if (!str_eq(text_of(json_get(p, "in")), S("query")))
            continue;
        const char *first = str_eq(name, S("to")) ? "from=2026-01-01&" : "";
        struct answer a =
            core_app_ask(g->cx, &g->c, fmt(g, "%s?%s%.*s=!", nowhere(e).ptr, first, STR_FMT(name)),
                         g->admin, NULL);
        compare(g, e->path.ptr, e->op, &a);
        check_ok(json_parse(g->cx, a.body, &root));
        struct str field =
            text_of(json_get(json_at(json_get(json_get(root, "error"), "fields"), 0), "field"));
        if (a.status != 422 || !str_eq(field, name))
            test_fail(TEST_AT("parameter"), "%.*s?%.*s=! is not refused: %d", STR_FMT(e->path),
                      STR_FMT(name), a.status);
    }
}

/* A body that is described is read: without its required fields it is refused, and so is a field
 * that the document does not know. */
static void check_bodies(struct each *e)
{
    struct agency *g = e->g;
    const struct json_in *body = json_get(e->op, "requestBody"), *schema;
    struct answer a;
    struct str call = nowhere(e);

    schema = json_schema_of(g, body);
    if (!body || json_type(json_get(schema, "properties")) != JSON_OBJ)
        return;
    a = core_app_ask(g->cx, &g->c, call.ptr, g->admin, "{\"surely_unknown\":1}");
    if (a.status != 422)
        test_fail(TEST_AT("body"), "%s takes a field that is not described: %d", call.ptr,
                  a.status);
    compare(g, call.ptr, e->op, &a);
    if (!json_len(json_get(schema, "required")))
        return;
    a = core_app_ask(g->cx, &g->c, call.ptr, g->admin, "{}");
    check_int(422, a.status);
    compare(g, call.ptr, e->op, &a);
}

DB_TEST(every_operation_answers_what_the_document_says)
{
    struct agency g;
    agency_open(cx, t, &g);

    visit_auth(&g);
    visit_people(&g);
    visit_ads(&g);
    visit_sales(&g);
    visit_leads(&g);
    visit_links(&g);
    visit_lead_ads(&g);
    visit_numbers(&g);
    visit_timetable(&g);
    visit_inbox(&g);
    visit_ops(&g);
    visit_crm(&g);
    visit_imports(&g);

    for_each_operation(&g, must_be_seen);
    for_each_operation(&g, check_refusals);
    for_each_operation(&g, check_parameters);
    for_each_operation(&g, check_bodies);
    agency_close(&g);
}

DB_TEST(an_empty_agency_answers_what_the_document_says_too)
{
    static const char *const reads[] = {
        "GET /api/v1/auth/me",         "GET /api/v1/auth/sessions", "GET /api/v1/users",
        "GET /api/v1/teams",           "GET /api/v1/rules",         "GET /api/v1/connections",
        "GET /api/v1/accounts",        "GET /api/v1/campaigns",     "GET /api/v1/sales",
        "GET /api/v1/rates",           "GET /api/v1/overview",      "GET /api/v1/metrics",
        "GET /api/v1/freshness",       "GET /api/v1/jobs",          "GET /health",
        "GET /api/v1/crm/connections", "GET /api/v1/crm/statuses",  "GET /api/v1/crm/syncs"};
    struct agency g;
    agency_open(cx, t, &g);
    g.admin = core_app_token(cx, &g.c,
                             core_app_user(cx, &g.c, "root@agency.example", ROLE_ADMIN, 0, NULL));

    for (size_t i = 0; i < COUNT(reads); i++)
        good(&g, reads[i], NULL, NULL);

    agency_close(&g);
}
