/* A month of an agency whose platforms misbehave in every way they are known to, three hours
 * at a time, and at its end facts that equal the simulator's truth to the last micro-unit. */
#include "../db/query.h"
#include "ads/ads.h"
#include "app/demo_agency.h"
#include "app/tables.h"
#include "base/calendar.h"
#include "base/money.h"
#include "core/gate.h"
#include "core/inbox.h"
#include "core_app.h"
#include "metrics/metrics.h"
#include "sim/fault_kinds.h"
#include "sim/faults.h"
#include "sim/sim_inside.h"

#include <stdio.h>
#include <string.h>

enum { DAYS = 30, HISTORY = 45, STEP_HOURS = 3, HOUR_MS = 3600 * 1000, LAST_HOURS = 30 };
#define HOOK_KEY "a-webhook-key-of-this-month"

struct month {
    struct ctx *cx;
    struct core_app c;
    struct app *app;
    struct sim *sim;
    const struct world *w;
    struct str admin;
    uint64_t chance;
    int64_t nfaults;
};

/* ---- the agency ---- */

static struct upstream upstream_at(const char *name, const char *url)
{
    return (struct upstream){
        .name = name,
        .base_url = url,
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 4, .base_ms = 1000, .cap_ms = 60000}
    };
}

static void wire(struct month *m)
{
    struct app *app = m->app;
    struct config *c = &app->config;
    struct job_sets jobs = tables_jobs(m->cx->arena);

    c->tz = S("Asia/Almaty");
    c->currency = S("KZT");
    c->meta_api_version = S("v25.0");
    c->meta_app_id = str_of(sim_app_id);
    c->meta_app_secret = S("app-secret-of-this-month");
    c->meta_verify_token = S("verify");
    c->meta_page_size = 100;
    c->restate_days = 28;
    c->history_months = 2;
    c->inbox_days = 730;
    c->lead_duplicate_days = 30;
    c->amo_webhook_secret = S(HOOK_KEY);
    app->meta = upstream_at("meta", sim_graph_url(m->sim));
    app->rates = upstream_at("nbk", sim_rates_url(m->sim));
    app->amocrm = upstream_at("amocrm", sim_amo_url(m->sim));
    app->job_sets = jobs.at;
    app->njob_sets = jobs.n;
    app->inbox_sources = table_inbox;
    app->ninbox_sources = table_ninbox;
    check_ok(fetcher_new(m->cx, (struct str){0}, &random_system, &app->fetcher));
    check_ok(inbox_start(m->cx, app, &app->inbox));
    check_ok(scheduler_start(m->cx, app, 0, &app->scheduler));
}

static void serve(struct month *m)
{
    struct route_sets sets = tables_routes(m->cx->arena);
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 20,
                            .public_url = "http://dashboard.test",
                            .clock = m->cx->clock,
                            .sets = sets.at,
                            .nsets = sets.n,
                            .gate = &core_gate};

    check_ok(server_start(m->cx, m->app, &o, &m->c.server));
    m->c.port = server_port(m->c.server);
    m->app->config.public_url = arena_fmt(m->cx->arena, "http://127.0.0.1:%d", m->c.port);
}

static struct answer ask(struct month *m, const char *call, struct str body)
{
    return core_app_ask(m->cx, &m->c, call, m->admin, body.len ? body.ptr : NULL);
}

static void want(struct month *m, int status, const char *call, struct str body)
{
    struct answer a = ask(m, call, body);

    if (a.status != status)
        test_fail(TEST_AT("call"), "%s answers %d: %.*s", call, a.status, STR_FMT(a.body));
}

/* What a person clicks together on the first day. */
static void connect(struct month *m)
{
    struct ctx *cx = m->cx;
    struct arena *a = cx->arena;

    check_ok(demo_people(cx, m->app, m->w));
    for (int i = 0; i < WORLD_TOKENS; i++)
        want(m, 201, "POST /api/v1/connections",
             arena_fmt(a, "{\"token\":\"%.*s\"}", STR_FMT(m->w->tokens[i])));
    check_ok(demo_bindings(cx, m->app, m->w));
    want(m, 201, "POST /api/v1/crm/connections",
         arena_fmt(a, "{\"subdomain\":\"%.*s\",\"token\":\"%.*s\"}", STR_FMT(m->w->crm_subdomain),
                   STR_FMT(sim_amo_token(m->sim))));
    check_ok(sim_hook(
        cx, m->sim,
        arena_fmt(a, "%.*s/webhook/amocrm/traffic/" HOOK_KEY, STR_FMT(m->app->config.public_url))));
    check_ok(sim_deliver_history(cx, m->sim, 20, NULL));
}

static void month_open(struct ctx *cx, struct temp_db *t, struct month *m)
{
    struct str today;
    struct sim_options o = {
        .world = {.seed = 7, .history_days = HISTORY},
        .clock = cx->clock,
        .app_secret = S("app-secret-of-this-month"),
        .retry_divisor = 1
    };

    *m = (struct month){.cx = cx, .app = &m->c.app, .chance = 20261122};
    core_app_open(cx, t, &m->c);
    today = day_at(cx->arena, m->app->zone, now_ms(cx));
    o.world.today = day_add(cx->arena, today, DAYS);
    check_ok(sim_start(cx, &o, &m->sim));
    m->w = sim_world(m->sim);
    m->admin =
        core_app_token(cx, &m->c, core_app_user(cx, &m->c, "owner@agency.kz", ROLE_ADMIN, 0, NULL));
    wire(m);
    serve(m);
    connect(m);
}

static void month_close(struct month *m)
{
    server_stop(&m->c.server);
    scheduler_stop(&m->app->scheduler);
    inbox_stop(&m->app->inbox);
    core_app_close(&m->c);
    fetcher_free(&m->app->fetcher);
    sim_stop(&m->sim);
}

/* ---- trouble ---- */

/* Where each vendor's calls go, so that a fault meets somebody. */
static const char *const places[] = {"/insights",     "/campaigns",    "/adsets",          "/ads?",
                                     "me/adaccounts", "/api/v4/leads", "/api/v4/contacts", "/nbk/",
                                     "/graph/v25.0/", "/api/v4/"};

static bool is_amo(const char *kind)
{
    return strncmp(kind, "amo_", 4) == 0;
}

/* The next fault of the list, at a place of its vendor, a few times. */
static void add_trouble(struct month *m)
{
    struct ctx *cx = m->cx;
    const struct fault_kind *k = &fault_kinds[m->nfaults++ % (int64_t)fault_nkinds];
    const char *place;

    do
        place = places[test_random_between(&m->chance, 0, COUNT(places) - 1)];
    while (strstr(place, "/nbk/") == NULL && is_amo(k->name) != (strstr(place, "/api/v4") != NULL));
    check_ok(
        faults_add(cx, m->sim->faults,
                   arena_fmt(cx->arena, "{\"match\":\"%s\",\"times\":%lld,\"kind\":\"%s\"}", place,
                             (long long)test_random_between(&m->chance, 1, 4), k->name)));
}

/* Transfers that break off, once in a while. */
static void add_cut(struct month *m)
{
    check_ok(faults_add(m->cx, m->sim->faults,
                        arena_fmt(m->cx->arena, "{\"match\":\"%s\",\"times\":1,\"cut\":%lld}",
                                  places[test_random_between(&m->chance, 0, COUNT(places) - 1)],
                                  (long long)test_random_between(&m->chance, 0, 300))));
}

static void stir(struct month *m, int hour)
{
    int64_t dice = test_random_between(&m->chance, 0, 9);

    faults_forget(m->sim->faults);
    if (dice < 4)
        add_trouble(m);
    if (dice == 5)
        add_cut(m);
    sim_set(m->sim, SIM_USAGE_PERCENT, dice == 6 ? 96 : dice == 7 ? 80 : 10);
    sim_set(m->sim, SIM_MOST_ROWS, dice == 8 ? 150 : 0);
    sim_set(m->sim, SIM_REPORT_FATE, hour % 5);
    sim_set(m->sim, SIM_RESTATE, hour / (24 * 9));
    sim_set(m->sim, SIM_REPEAT_RATES, hour / 24 % 2);
    sim_set(m->sim, SIM_HIDE_ROWS, dice == 9 ? 5 : 0);
    sim_set(m->sim, SIM_CRM_PER_SECOND, dice == 3 ? 7 : 0);
    sim_set(m->sim, SIM_LOSE_HOOKS, hour < 24 * 20 ? 9 : 0);
    sim_set(m->sim, SIM_DEAD_CRM_TOKEN, hour % 100 == 50);
}

static void calm(struct month *m)
{
    faults_forget(m->sim->faults);
    for (int i = 0; i < SIM_SWITCHES; i++)
        if (i != SIM_RESTATE)
            sim_set(m->sim, (enum sim_switch)i, 0);
    sim_set(m->sim, SIM_USAGE_PERCENT, 10);
}

/* What was set aside for a person to look at is looked at. */
static void check_again(struct month *m, const struct query *dead, const char *path)
{
    struct ctx *cx = m->cx;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t ids[8];
    size_t n = 0;

    check_ok(tx_begin(cx, m->app->db, TX_READ, &tx));
    check_ok(db_query(tx, dead, NO_ARGS, &rows));
    while (rows_next(rows) && n < COUNT(ids))
        ids[n++] = col_int(rows, "id");
    check_ok(rows_end(&rows));
    tx_end(&tx);
    for (size_t i = 0; i < n; i++)
        (void)ask(m, arena_fmt(cx->arena, "POST %s/%lld/check", path, (long long)ids[i]).ptr,
                  S("{}"));
}

QUERY0(dead_connections, "select id from ad_connection where state <> 'ok' order by id");
QUERY0(dead_crm, "select id from crm_connection where state <> 'ok' order by id");

static void mend(struct month *m)
{
    check_again(m, &dead_connections, "/api/v1/connections");
    check_again(m, &dead_crm, "/api/v1/crm/connections");
}

static void live_on(struct month *m)
{
    struct ctx hour = *m->cx;

    hour.arena = arena_new(256 << 20);
    fake_clock_advance(test_clock(m->cx), STEP_HOURS * HOUR_MS);
    check_ok(sim_tick(&hour, m->sim));
    check_ok(scheduler_tick(m->app->scheduler, &hour));
    check_ok(scheduler_tick(m->app->scheduler, &hour)); /* what the jobs nudged */
    arena_free(&hour.arena);
}

/* ---- truth ---- */

struct sums {
    int64_t spend, revenue, impressions, clicks, link_clicks, meta_leads, meta_purchases, sales,
        leads;
};

QUERY(
    spent,
    "select coalesce(t.name, '') as team, cast(sum(r.spend_kzt) as bigint) as spend,"
    " cast(sum(r.impressions) as bigint) as impressions, cast(sum(r.clicks) as bigint) as clicks,"
    " cast(sum(r.link_clicks) as bigint) as link_clicks,"
    " cast(sum(r.meta_leads) as bigint) as meta_leads,"
    " cast(sum(r.meta_purchases) as bigint) as meta_purchases"
    " from rollup_team_day r left join team t on t.id = r.team_id where r.day = $1 group by t.name",
    "day");
/* The simulator knows a deal's own tags only; what the same person's other lead lent is nobody's
 * there. */
QUERY(
    sold,
    "select x.team, cast(sum(x.money) as bigint) as revenue, cast(sum(x.sale) as bigint) as sales,"
    " cast(sum(x.lead) as bigint) as leads from ("
    "select case when c.via_lead_id is null then coalesce(t.name, '') else '' end as team,"
    " p.amount_micros as money, 0 as sale, 0 as lead from payment p"
    " join credit c on c.subject_kind = 'sale' and c.subject_id = p.sale_id"
    " left join team t on t.id = c.team_id where p.day = $1"
    " union all select case when c.via_lead_id is null then coalesce(t.name, '') else '' end, 0, "
    "1, 0"
    " from sale s join credit c on c.subject_kind = 'sale' and c.subject_id = s.id"
    " left join team t on t.id = c.team_id where s.day = $1 and s.state = 'won'"
    " union all select case when c.via_lead_id is null then coalesce(t.name, '') else '' end, 0, "
    "0, 1"
    " from lead l join credit c on c.subject_kind = 'lead' and c.subject_id = l.id"
    " left join team t on t.id = c.team_id where l.day = $1 and l.source_kind = 'crm'"
    ") x group by x.team",
    "day");

static struct sums *of_team(struct month *m, struct sums *out, struct str name)
{
    for (int i = 0; i < WORLD_TEAMS; i++)
        if (str_eq(m->w->teams[i].name, name))
            return &out[i];
    check(name.len == 0);
    return &out[WORLD_NOBODY];
}

static void read_day(struct month *m, struct str day, struct sums out[WORLD_TEAMS + 1])
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    memset(out, 0, sizeof(struct sums) * (WORLD_TEAMS + 1));
    check_ok(tx_begin(m->cx, m->app->db, TX_READ, &tx));
    check_ok(db_query(tx, &spent, ARGS(a_str("day", day)), &rows));
    while (rows_next(rows)) {
        struct sums *s = of_team(m, out, col_str(rows, "team"));
        s->spend = col_int(rows, "spend");
        s->impressions = col_int(rows, "impressions");
        s->clicks = col_int(rows, "clicks");
        s->link_clicks = col_int(rows, "link_clicks");
        s->meta_leads = col_int(rows, "meta_leads");
        s->meta_purchases = col_int(rows, "meta_purchases");
    }
    check_ok(rows_end(&rows));
    check_ok(db_query(tx, &sold, ARGS(a_str("day", day)), &rows));
    while (rows_next(rows)) {
        struct sums *s = of_team(m, out, col_str(rows, "team"));
        s->revenue = col_int(rows, "revenue");
        s->sales = col_int(rows, "sales");
        s->leads = col_int(rows, "leads");
    }
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

struct place {
    struct str day, team;
};

static int compare(const struct place *at, const char *what, int64_t truth, int64_t ours)
{
    if (truth == ours)
        return 0;
    fprintf(stderr, "%.*s %.*s %s: %lld, the truth is %lld\n", STR_FMT(at->day), STR_FMT(at->team),
            what, (long long)ours, (long long)truth);
    return 1;
}

/* The simulator restates the last 28 days and forgets that it did; older ones were right once. */
static bool may_be_restated(struct month *m, struct str day)
{
    struct str today = day_at(m->cx->arena, m->app->zone, now_ms(m->cx));

    return day_diff(day, today) < 28;
}

static int compare_day(struct month *m, struct str day, const struct world_sums *t)
{
    struct sums ours[WORLD_TEAMS + 1];
    int wrong = 0;

    read_day(m, day, ours);
    for (int i = 0; i <= WORLD_TEAMS; i++) {
        struct place at = {day, i < WORLD_TEAMS ? m->w->teams[i].name : S("nobody")};
        const struct sums *o = &ours[i];
        wrong += compare(&at, "revenue", t[i].paid_kzt - t[i].refunded_kzt, o->revenue);
        wrong += compare(&at, "sales", t[i].sales, o->sales);
        wrong += compare(&at, "leads", t[i].leads, o->leads);
        if (!may_be_restated(m, day))
            continue;
        wrong += compare(&at, "spend", t[i].spend_kzt, o->spend);
        wrong += compare(&at, "impressions", t[i].impressions, o->impressions);
        wrong += compare(&at, "clicks", t[i].clicks, o->clicks);
        wrong += compare(&at, "link clicks", t[i].link_clicks, o->link_clicks);
        wrong += compare(&at, "meta leads", t[i].meta_leads, o->meta_leads);
        wrong += compare(&at, "meta purchases", t[i].meta_purchases, o->meta_purchases);
    }
    return wrong;
}

static int compare_month(struct month *m)
{
    struct ctx *cx = m->cx;
    struct str first = day_text(cx->arena, day_from_number(m->w->today - DAYS));
    struct world_ask ask = {
        .from = m->w->today - DAYS, .to = m->w->today - 2, .at = sim_moment(m->sim)};
    struct world_sums *truth = arena_alloc(
        cx->arena, (DAYS + 1) * (WORLD_TEAMS + 1) * sizeof *truth, _Alignof(struct world_sums));
    int wrong = 0;

    check_ok(world_truth(cx, m->w, &ask, truth));
    for (int64_t i = 0; i <= ask.to - ask.from; i++)
        wrong += compare_day(m, day_add(cx->arena, first, i), &truth[i * (WORLD_TEAMS + 1)]);
    return wrong;
}

static void live(struct month *m, bool with_trouble)
{
    for (int hour = 0; hour < DAYS * 24; hour += STEP_HOURS) {
        if (with_trouble)
            stir(m, hour);
        if (with_trouble && hour % 24 == 21)
            mend(m);
        live_on(m);
    }
    calm(m);
    mend(m);
    for (int hour = 0; hour < LAST_HOURS; hour += STEP_HOURS)
        live_on(m);
}

/* What is proved, for whoever reads the log. */
static void say_check(void *self, struct str line)
{
    (void)self;
    fprintf(stderr, "%.*s\n", STR_FMT(line));
}

TEST(a_month_of_misbehaving_platforms_ends_with_the_truth)
{
    struct temp_db t;
    struct month m;

    temp_db_open(cx, &t, TEMP_SQLITE);
    month_open(cx, &t, &m);
    live(&m, true);
    check_int(0, compare_month(&m));
    check_ok(metrics_verify(cx, m.app, say_check, NULL));
    month_close(&m);
    temp_db_close(&t);
}
