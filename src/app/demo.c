/* demo.c: sets up the agency as a person would, lets the real jobs run against the fakes, serves.
 */
#include "app/demo.h"
#include "ads/ads.h"
#include "app/control.h"
#include "app/demo_agency.h"
#include "app/demo_sources.h"
#include "app/serve.h"
#include "app/wire.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEED = 42, DAYS = 120, MOST_DAYS = 400, START_HOUR = 20, TICK_MS = 1000, HOOK_BATCH = 20 };
#define WEBHOOK_KEY "demo-amocrm-webhook-key"
#define APP_SECRET "demo-app-secret"
#define VERIFY_TOKEN "demo-verify-token"

/* ---- the demo's day ---- */

struct demo_clock { /* the system's clock, moved to the demo's day */
    int64_t shift_ms;
};

static int64_t shifted_now(void *self)
{
    const struct demo_clock *c = self;

    return clock_system.now_ms(clock_system.self) + c->shift_ms;
}

static int64_t plain_mono(void *self)
{
    (void)self;
    return clock_system.mono_ms(clock_system.self);
}

static void plain_sleep(void *self, int64_t ms)
{
    (void)self;
    clock_system.sleep_ms(clock_system.self, ms);
}

enum err demo_world(struct cli *cli, struct world_options *out)
{
    enum err err;
    int64_t seed = SEED, days = DAYS;

    *out = (struct world_options){.today = cli_value(cli, "today")};
    TRY(cli_number(cli, "seed", &seed));
    TRY(cli_number(cli, "days", &days));
    if (seed < 0 || days < 7 || days > MOST_DAYS)
        return fail(&cli->cx, ERR_INPUT, "--seed is 0 or more, --days 7 to %d", MOST_DAYS);
    out->seed = (uint64_t)seed;
    out->history_days = (int)days;
out:
    return err;
}

/* A given day is entered in the evening, when it has something to show. */
static enum err set_clock(struct ctx *cx, struct str today, struct demo_clock *c)
{
    enum err err;
    const struct zone *zone;
    struct date date;

    *c = (struct demo_clock){0};
    if (!today.len)
        return OK;
    TRY(zone_find(cx, S("Asia/Almaty"), &zone));
    if (day_parse(today, &date))
        c->shift_ms =
            instant_of(zone, date, START_HOUR, 0) - clock_system.now_ms(clock_system.self);
out:
    return err;
}

/* ---- the demo's own data directory ---- */

/* Starts from nothing each time, but never deletes what it did not make. */
static enum err clear_directory(struct ctx *cx, struct str dir)
{
    static const char *const files[] = {"trafficd.db", "trafficd.db-wal", "trafficd.db-shm"};
    const char *marker = str_z(cx->arena, arena_fmt(cx->arena, "%.*s/demo", STR_FMT(dir)));
    const char *database = str_z(cx->arena, arena_fmt(cx->arena, "%.*s/trafficd.db", STR_FMT(dir)));
    FILE *f;

    if (mkdir(str_z(cx->arena, dir), 0700) && errno != EEXIST)
        return fail(cx, ERR_INPUT, "cannot make %.*s: %s", STR_FMT(dir), strerror(errno));
    if (access(database, F_OK) == 0 && access(marker, F_OK) != 0)
        return fail(cx, ERR_INPUT,
                    "%.*s holds a database that is not a demo's; choose another --data",
                    STR_FMT(dir));
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(str_z(cx->arena, arena_fmt(cx->arena, "%.*s/%s", STR_FMT(dir), files[i])));
    f = fopen(marker, "w");
    if (!f)
        return fail(cx, ERR_INPUT, "cannot write to %.*s: %s", STR_FMT(dir), strerror(errno));
    fclose(f);
    return OK;
}

static bool is_default_directory(const struct config *config)
{
    for (size_t i = 0; i < config_nsettings; i++)
        if (!strcmp(config_settings[i].key, "data"))
            return str_eq(config->data, str_of(config_settings[i].preset));
    return false;
}

static struct config demo_config(const struct config *given, const struct sim *sim)
{
    struct config c = *given;

    c.meta_graph_url = str_of(sim_graph_url(sim));
    c.rates_url = str_of(sim_rates_url(sim));
    c.amo_url = str_of(sim_amo_url(sim));
    c.amo_www_url = str_of(sim_amo_www_url(sim));
    c.amo_webhook_secret = S(WEBHOOK_KEY);
    c.meta_app_id = str_of(sim_app_id);
    c.meta_app_secret = S(APP_SECRET);
    c.meta_verify_token = S(VERIFY_TOKEN);
    c.meta_token = (struct str){0};
    c.database_url = (struct str){0};
    c.tz = sim_world(sim)->tz;
    return c;
}

/* ---- the road ---- */

static void say(void *self, struct str line)
{
    (void)self;
    printf("  %.*s\n", STR_FMT(line));
    fflush(stdout);
}

static enum err bring_spend(struct ctx *cx, struct app *app, const struct world *w, int64_t days)
{
    enum err err;
    int64_t id;

    say(NULL, S("rates of the National Bank ..."));
    TRY(demo_job(cx, app, "rates.sync", days + 10));
    say(NULL, S("ad accounts, campaigns, ads and their insights ..."));
    for (int i = 0; i < WORLD_TOKENS; i++)
        TRY(connection_add(cx, app, w->tokens[i], 0, &id));
    TRY(demo_bindings(cx, app, w));
    TRY(demo_job(cx, app, "ads.sync", days));
out:
    return err;
}

static enum err bring_sales(struct ctx *cx, struct demo_sources *from)
{
    enum err err;
    struct sim_deliveries sent;
    struct str hook = arena_fmt(cx->arena, "%.*s/webhook/amocrm/traffic/" WEBHOOK_KEY,
                                STR_FMT(from->app->config.public_url));

    say(NULL, S("deals of the CRM, as webhooks ..."));
    TRY(demo_stages(cx, from));
    TRY(sim_hook(cx, from->sim, hook));
    TRY(sim_deliver_history(cx, from->sim, HOOK_BATCH, &sent));
    say(NULL, arena_fmt(cx->arena, "%lld webhooks with %lld events", (long long)sent.posts,
                        (long long)sent.events));
out:
    return err;
}

static enum err bring_people(struct ctx *cx, struct demo_sources *from)
{
    enum err err;

    say(NULL, S("Lead Ads, a landing page, short links ..."));
    TRY(demo_lead_pages(cx, from));
    TRY(demo_lead_ads(cx, from));
    TRY(demo_landing(cx, from));
    TRY(demo_links(cx, from));
out:
    return err;
}

static enum err work_it_out(struct ctx *cx, struct app *app)
{
    static const char *const jobs[] = {"lead_ads.fetch", "inbox.drain", "attribution.run",
                                       "metrics.build"};
    enum err err = OK;

    say(NULL, S("working it all out ..."));
    for (size_t i = 0; i < COUNT(jobs); i++)
        TRY(demo_job(cx, app, jobs[i], 0));
out:
    return err;
}

static enum err bring_all(struct ctx *cx, struct demo_sources *from)
{
    enum err err;

    TRY(demo_web_open(cx, from->app, sim_world(from->sim)->people[0].email, &from->web));
    TRY(bring_sales(cx, from));
    TRY(demo_job(cx, from->app, "inbox.drain", 0));
    TRY(bring_people(cx, from));
    say(NULL, S("what the hooks did not say, by the CRM's API ..."));
    TRY(demo_crm(cx, from));
    TRY(work_it_out(cx, from->app));
out:
    demo_web_close(&from->web);
    return err;
}

static void welcome(const struct demo_sources *from)
{
    const struct world *w = sim_world(from->sim);
    struct str url = from->app->config.public_url;

    printf("\nTraffic Dashboard is ready: %.*s\n\nSign in with one of these, password %s\n",
           STR_FMT(url), DEMO_PASSWORD);
    for (uint32_t i = 0; i < w->npeople; i++)
        printf("  %-28.*s %.*s\n", STR_FMT(w->people[i].email), STR_FMT(w->people[i].role));
    printf("\nSend a sale yourself and watch the numbers move:\n"
           "  curl %.*s/webhook/amocrm/traffic/" WEBHOOK_KEY " \\\n"
           "    -d 'leads[status][0][id]=900001&leads[status][0][status_id]=142' \\\n"
           "    -d 'leads[status][0][price]=490000&account[id]=%.*s' \\\n"
           "    -d 'leads[status][0][custom_fields][0][name]=utm_source' \\\n"
           "    -d 'leads[status][0][custom_fields][0][values][0][value]=%.*s'\n"
           "\nOr leave your number on the landing page and see yourself among the leads:\n"
           "  curl \"%.*s/webhook/lead?key=%.*s\" -d \"name=Aigerim&phone=87015550199\"\n"
           "\nCtrl-C stops it.\n",
           STR_FMT(url), STR_FMT(w->crm_account), STR_FMT(w->teams[0].tags[0]), STR_FMT(url),
           STR_FMT(from->landing_key));
    fflush(stdout);
}

/* The CRM and the platform go on sending as the clock moves. */
static enum err live(struct ctx *cx, struct sim *sim, const volatile sig_atomic_t *stop)
{
    struct ctx sub = *cx;
    enum err err = OK;

    sub.arena = arena_new(64 << 20);
    while (!*stop && !err) {
        poll(NULL, 0, TICK_MS);
        err = sim_tick(&sub, sim);
        if (!err)
            err = sim_leadgen_tick(&sub, sim);
        arena_reset(sub.arena);
    }
    arena_free(&sub.arena);
    return err;
}

struct demo {
    struct cli *cli;
    struct world_options world;
    struct config config;
    struct demo_clock shift;
    struct clock clock;
    struct sim *sim;
    struct app app;
    struct serving *serving;
};

static enum err prepare(struct demo *d)
{
    enum err err;
    struct ctx *cx = &d->cli->cx;
    struct sim_options o;
    sigset_t before;

    TRY(demo_world(d->cli, &d->world));
    TRY(set_clock(cx, d->world.today, &d->shift));
    d->clock = (struct clock){shifted_now, plain_mono, plain_sleep, &d->shift};
    cx->clock = &d->clock;
    if (is_default_directory(&d->config))
        d->config.data = S("trafficd-demo");
    TRY(control_fits(cx, d->config.data));
    TRY(clear_directory(cx, d->config.data));
    o = (struct sim_options){.world = d->world, .clock = &d->clock, .app_secret = S(APP_SECRET)};
    signals_hold(&before);
    err = sim_start(cx, &o, &d->sim);
    signals_release(&before);
    if (err)
        goto out;
    d->config = demo_config(&d->config, d->sim);
    TRY(app_open(cx, &d->config, &d->clock, &d->app));
out:
    return err;
}

enum err demo_run(struct cli *cli, const struct config *config, const volatile sig_atomic_t *stop)
{
    enum err err;
    struct ctx *cx = &cli->cx;
    struct demo d = {.cli = cli, .config = *config};
    struct demo_sources from = {0};
    const struct world *w;

    /* A visitor wants to read the welcome, not every request. */
    if (str_eq(config->log_level, S("info")))
        log_set_level(LOG_WARN);
    TRY(prepare(&d));
    w = sim_world(d.sim);
    printf("A demo agency in %.*s:\n", STR_FMT(d.config.data));
    TRY(demo_people(cx, &d.app, w));
    TRY(bring_spend(cx, &d.app, w, d.world.history_days));
    TRY(serving_start(cx, &d.app, &d.serving));
    from.app = &d.app;
    from.sim = d.sim;
    TRY(bring_all(cx, &from));
    welcome(&from);
    TRY(live(cx, d.sim, stop));
out:
    sim_stop(&d.sim);
    serving_stop(&d.serving);
    app_close(&d.app);
    return err;
}
