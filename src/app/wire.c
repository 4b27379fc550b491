/* wire.c: every part of the program is made and joined here, and nowhere else. */
#include "app/wire.h"
#include "app/tables.h"
#include "base/embedded.h"
#include "core/cache.h"
#include "core/gate.h"
#include "core/journal.h"
#include "core/secrets.h"
#include "core/webhook_key.h"
#include "gen/version.h"
#include "vendors/nbk.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

extern const struct embedded_file embedded_ca_bundle;

enum { READERS = 8, CACHE_BYTES = 16 << 20, POLITE_PER_MINUTE = 300, TRIES = 5 };

/* A polite pace for vendors out there; fakes on this machine need none. */
static int pace(struct str url)
{
    return str_starts(url, S("https://")) ? POLITE_PER_MINUTE : 0;
}

static void wire_upstreams(struct ctx *cx, struct app *app)
{
    const struct config *c = &app->config;
    struct retry retry = {.max_tries = TRIES,
                          .base_ms = (uint32_t)c->retry_base_ms,
                          .cap_ms = (uint32_t)(c->retry_base_ms * 24)};

    app->meta = (struct upstream){.name = "meta",
                                  .base_url = str_z(cx->arena, c->meta_graph_url),
                                  .connect_ms = 10000,
                                  .total_ms = 90000,
                                  .max_reply = 16 << 20,
                                  .retry = retry};
    app->rates = (struct upstream){.name = "nbk",
                                   .base_url = str_z(cx->arena, c->rates_url),
                                   .connect_ms = 10000,
                                   .total_ms = 30000,
                                   .max_reply = NBK_MAX_BYTES,
                                   .retry = retry,
                                   .per_minute = pace(c->rates_url)};
    app->amocrm = (struct upstream){.name = "amocrm",
                                    .base_url = str_z(cx->arena, c->amo_url),
                                    .connect_ms = 5000,
                                    .total_ms = 20000,
                                    .max_reply = 16 << 20,
                                    .retry = retry,
                                    .per_minute = pace(c->amo_url)};
}

static enum err make_data_dir(struct ctx *cx, struct str dir)
{
    const char *path = str_z(cx->arena, dir);

    if (mkdir(path, 0700) && errno != EEXIST)
        return fail(cx, ERR_INPUT, "cannot make the data directory %s: %s", path, strerror(errno));
    return OK;
}

static enum err open_database(struct ctx *cx, struct app *app)
{
    enum err err;
    struct str url = app->config.database_url;

    if (!url.len)
        url = arena_fmt(cx->arena, "sqlite:%.*s/trafficd.db", STR_FMT(app->config.data));
    TRY(db_open(cx, str_z(cx->arena, url), READERS, &app->db));
    TRY(db_migrate(cx, app->db));
out:
    return err;
}

enum err app_open(struct ctx *cx, const struct config *config, const struct clock *clock,
                  struct app *app)
{
    enum err err;
    struct job_sets jobs = tables_jobs(cx->arena);
    struct str ca = {(const char *)embedded_ca_bundle.data, embedded_ca_bundle.len};

    *app = (struct app){.clock = clock,
                        .random = &random_system,
                        .config = *config,
                        .inbox_sources = table_inbox,
                        .ninbox_sources = table_ninbox,
                        .job_sets = jobs.at,
                        .njob_sets = jobs.n,
                        .version = TD_VERSION};
    if (!app->config.public_url.len)
        app->config.public_url = arena_fmt(cx->arena, "http://%.*s", STR_FMT(config->listen));
    TRY(zone_find(cx, config->tz, &app->zone));
    TRY(make_data_dir(cx, config->data));
    TRY(open_database(cx, app));
    TRY(keys_load(cx, app));
    TRY(fetcher_new(cx, ca, app->random, &app->fetcher));
    app->journal = journal_new();
    fetcher_observe(app->fetcher, journal_call, app->journal);
    log_observe(journal_trouble, app->journal);
    wire_upstreams(cx, app);
    app->cache = cache_new(CACHE_BYTES);
    app->limits = limits_new();
    app->hooks = webhook_keys_new();
out:
    return err;
}

void app_close(struct app *app)
{
    log_observe(NULL, NULL);
    if (app->hooks)
        webhook_keys_free(&app->hooks);
    if (app->limits)
        limits_free(&app->limits);
    if (app->cache)
        cache_free(&app->cache);
    if (app->fetcher)
        fetcher_free(&app->fetcher);
    journal_free(&app->journal);
    if (app->db)
        db_close(&app->db);
}
