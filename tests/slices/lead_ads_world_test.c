/* Lead Ads against the simulated agency: what people left in forms is here, told by webhooks or
 * not, and nothing is here twice. */
#include "base/calendar.h"
#include "sim/sim.h"
#include "sim/world_forms.h"
#include "slice_app.h"

enum { HISTORY_DAYS = 10, TOLD = 40, DAYS = HISTORY_DAYS + 5 };

static int64_t left_in_forms(struct ctx *cx, struct sim *sim)
{
    struct date today;
    check(day_parse(day_at(cx->arena, sim_world(sim)->zone, now_ms(cx)), &today));
    struct world_ask ask = {.from = day_number(today) - DAYS + 1, .to = day_number(today)};
    int64_t out[DAYS * (WORLD_TEAMS + 1)], sum = 0;

    ask.at = sim_moment(sim);
    world_form_truth(sim_world(sim), &ask, out);
    for (size_t i = 0; i < COUNT(out); i++)
        sum += out[i];
    return sum;
}

static void open_platform(struct ctx *cx, struct slice_app *s, struct sim **sim)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = HISTORY_DAYS},
        .clock = cx->clock,
        .app_secret = S("testsecret")
    };
    struct app *app = s->app;

    check_ok(sim_start(cx, &o, sim));
    app->config.meta_app_secret = S("testsecret");
    app->config.meta_app_id = str_of(sim_app_id);
    app->config.meta_api_version = S("v25.0");
    app->config.meta_page_size = 100;
    app->meta = (struct upstream){
        .name = "meta",
        .base_url = sim_graph_url(*sim),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 2, .base_ms = 100, .cap_ms = 1000}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &app->fetcher));
}

static void connect(struct ctx *cx, struct slice_app *s, struct sim *sim)
{
    struct str body =
        arena_fmt(cx->arena, "{\"token\":\"%.*s\"}", STR_FMT(sim_world(sim)->tokens[0]));

    check_int(201,
              slice_status(cx, s, "POST /api/v1/connections", s->admin, str_z(cx->arena, body)));
    check_int(200, slice_status(cx, s, "POST /api/v1/lead-pages/refresh", s->admin, NULL));
    check_int(200, slice_status(cx, s, "POST /api/v1/lead-pages/1/subscribe", s->admin, NULL));
    check_int(200, slice_status(cx, s, "POST /api/v1/lead-pages/refresh", s->admin, NULL));
    check_str(S("1"), sql_rows(cx, s, "is_subscribed", "from lead_page where id = 1"));
}

static void fetch_all(struct ctx *cx, struct slice_app *s)
{
    struct job_run run;

    do {
        slice_job(cx, s, "lead_ads.fetch", &run);
        check_int(0, run.failed);
    } while (run.seen);
    slice_job(cx, s, "inbox.drain", &run);
}

DB_TEST(what_people_left_in_forms_is_here_once)
{
    struct slice_app s;
    struct sim *sim;
    struct job_run run;
    struct sim_leadgen told;
    slice_app_open(cx, t, &s);
    open_platform(cx, &s, &sim);
    connect(cx, &s, sim);
    struct sim_leadgen_ask ask = {
        .url = arena_fmt(cx->arena, "http://127.0.0.1:%d/webhook/facebook/leadgen", s.core.port),
        .most = TOLD};

    check_ok(sim_leadgen(cx, sim, &ask, &told));
    check_int(0, told.refused);
    slice_job(cx, &s, "inbox.drain", &run);
    check_int(TOLD, sql_int(cx, &s, "select count(*) from lead"));
    fetch_all(cx, &s);
    check_int(TOLD, sql_int(cx, &s, "select count(*) from lead where name is not null"));

    int64_t all = left_in_forms(cx, sim);
    check(all > TOLD);
    slice_job(cx, &s, "lead_ads.poll", &run);
    check_int(0, run.failed);
    check_int(all - TOLD, run.written);
    slice_job(cx, &s, "inbox.drain", &run);
    check_int(all, sql_int(cx, &s, "select count(*) from lead where name is not null"));
    check_int(all, sql_int(cx, &s, "select count(*) from lead_ad_fetch where state = 'done'"));

    slice_job(cx, &s, "lead_ads.poll", &run);
    check_int(0, run.written);
    slice_job(cx, &s, "inbox.drain", &run);
    check_int(all, sql_int(cx, &s, "select count(*) from lead"));
    check_int(0, sql_int(cx, &s, "select count(*) from inbox_event where state <> 'done'"));
    slice_app_close(&s);
    fetcher_free(&s.app->fetcher);
    sim_stop(&sim);
}
