/* demo_sources.c: the CRM's API and Lead Ads. */
#include "app/demo_sources.h"
#include "crm/crm.h"
#include "vendors/meta_leads.h"
#include <poll.h>

enum { LEAD_DAYS = 14, OVERLAP_MS = 50 };
#define DAY_MS (24 * 3600 * 1000LL)

enum err demo_job(struct ctx *cx, struct app *app, const char *name, int64_t days)
{
    struct job_run result = {0};
    enum err err;

    while ((err = job_run_now(cx, app, name, &(struct job_options){.days = days}, NULL, NULL,
                              &result)) == ERR_CONFLICT) {
        ctx_forgive(cx);
        poll(NULL, 0, OVERLAP_MS);
    }
    return err;
}

/* ---- the CRM ---- */

static void write_status(struct json_out *j, struct str pipeline, struct str status,
                         const char *step)
{
    json_obj(j);
    json_key(j, "pipeline_id"), json_str(j, pipeline);
    json_key(j, "status_id"), json_str(j, status);
    json_key(j, "stage"), json_str(j, S("lead"));
    json_key(j, "funnel_stage"), json_str(j, str_of(step));
    json_end(j);
}

enum err demo_stages(struct ctx *cx, struct demo_sources *s)
{
    enum err err;
    const struct world *w = sim_world(s->sim);
    struct json_out *j = json_out_new(cx, 1024);
    struct demo_call call = {"PUT", S("/api/v1/crm/stage-map"), S("")};

    json_obj(j);
    json_key(j, "items"), json_arr(j);
    for (uint32_t i = 0; i < w->npipelines; i++) {
        write_status(j, w->pipelines[i].id, w->pipelines[i].new_status, "request");
        write_status(j, w->pipelines[i].id, w->pipelines[i].work_status, "qualified");
    }
    json_end(j);
    json_end(j);
    TRY(json_finish(j, &call.body));
    TRY(demo_ask(cx, &s->web, &call, NULL));
out:
    return err;
}

enum err demo_crm(struct ctx *cx, struct demo_sources *s)
{
    enum err err;
    struct str host;
    int64_t id;

    if (!amo_host_parse(cx->arena, sim_world(s->sim)->crm_subdomain, &host))
        return fail(cx, ERR_BUG, "the demo's CRM has no address");
    TRY(crm_connect_token(cx, s->app, host, sim_amo_token(s->sim), &id));
    TRY(demo_job(cx, s->app, "crm.meta", 0));
    TRY(demo_job(cx, s->app, "crm.watch", 0));
    TRY(demo_job(cx, s->app, "crm.read_back", 0));
out:
    return err;
}

/* ---- Lead Ads ---- */

static struct str leadgen_url(struct ctx *cx, const struct app *app)
{
    return arena_fmt(cx->arena, "%.*s/webhook/facebook/leadgen", STR_FMT(app->config.public_url));
}

/* What is entered once in the app's settings at the platform. */
static enum err subscribe_app(struct ctx *cx, struct demo_sources *s)
{
    const struct config *c = &s->app->config;
    struct meta meta = {
        .fetcher = s->app->fetcher,
        .upstream = &s->app->meta,
        .auth = {.version = c->meta_api_version, .app_secret = c->meta_app_secret}
    };
    struct meta_app_hook hook = {c->meta_app_id, leadgen_url(cx, s->app), c->meta_verify_token};
    struct meta_reply last = {0};

    return meta_app_subscribe(cx, &meta, &hook, &last);
}

enum err demo_lead_pages(struct ctx *cx, struct demo_sources *s)
{
    enum err err;
    struct demo_call refresh = {"POST", S("/api/v1/lead-pages/refresh"), S("{}")};
    const struct json_in *list = NULL, *page;
    int64_t id = 0;

    TRY(subscribe_app(cx, s));
    TRY(demo_ask(cx, &s->web, &refresh, &list));
    struct json_iter it = json_iter(json_get(list, "items"));
    while ((page = json_next(&it, NULL)) != NULL) {
        struct str state = {0};
        if (!json_as_str(json_get(page, "state"), &state) || str_eq(state, S("failed")) ||
            !json_as_int(json_get(page, "id"), &id))
            continue;
        struct demo_call call = {
            "POST", arena_fmt(cx->arena, "/api/v1/lead-pages/%lld/subscribe", (long long)id),
            S("{}")};
        TRY(demo_ask(cx, &s->web, &call, NULL));
    }
out:
    return err;
}

enum err demo_lead_ads(struct ctx *cx, struct demo_sources *s)
{
    struct sim_leadgen_ask ask = {.url = leadgen_url(cx, s->app),
                                  .since_ms = now_ms(cx) - LEAD_DAYS * DAY_MS};

    return sim_leadgen(cx, s->sim, &ask, NULL);
}
