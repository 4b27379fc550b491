/* ads_bench.h: the ads slice over a real database and the simulator's Graph API, under the test's
 * fake clock.
 * The one rule: bench_open first, bench_close last; what it holds lives in between. */
#pragma once
#include "ads/ads_inside.h"
#include "base/form.h"
#include "core/version.h"
#include "core_app.h"
#include "sim/sim.h"

#include <string.h>

enum { BENCH_TRIES = 3 };
#define HOUR_MS (3600 * 1000LL)

struct bench {
    struct ctx *cx;
    struct core_app c;
    struct sim *sim;
    const struct world *w;
    const char *graph_url;
    struct job_set jobs;
    struct job_run run; /* the last one */
    struct str said;    /* what it told a human */
};

static inline void bench_wire(struct bench *b)
{
    struct app *app = &b->c.app;

    app->config.tz = S("Asia/Almaty");
    app->config.meta_api_version = S("v25.0");
    app->config.meta_page_size = 100;
    app->config.restate_days = 28;
    app->config.rate_limit = 0; /* tests ask more in a moment than people do */
    app->meta = (struct upstream){
        .name = "meta",
        .base_url = b->graph_url,
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = BENCH_TRIES, .base_ms = 5000, .cap_ms = 120000}
    };
    b->jobs = (struct job_set){ads_jobs, ads_njobs};
    app->job_sets = &b->jobs;
    app->njob_sets = 1;
    check_ok(fetcher_new(b->cx, (struct str){0}, &random_system, &app->fetcher));
}

static inline void bench_open(struct ctx *cx, struct temp_db *t, struct bench *b)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = 60},
          .clock = cx->clock
    };

    *b = (struct bench){.cx = cx};
    core_app_open(cx, t, &b->c);
    check_ok(sim_start(cx, &o, &b->sim));
    b->w = sim_world(b->sim);
    b->graph_url = arena_fmt(cx->arena, "%s", sim_graph_url(b->sim)).ptr;
    bench_wire(b);
}

static inline void bench_close(struct bench *b)
{
    core_app_close(&b->c);
    fetcher_free(&b->c.app.fetcher);
    sim_stop(&b->sim);
}

/* ---- what the platform shall say ---- */

static inline void bench_post(struct bench *b, const char *path, struct str json)
{
    struct answer a =
        ask_for(b->cx, sim_port(b->sim), "POST", path, "Content-Type: application/json\r\n", json);

    if (a.status != 200)
        test_fail(TEST_AT("the fault"), "%s: %d %.*s", path, a.status, STR_FMT(a.body));
}

/* {"match":"/insights", rest}: see sim/faults.h. */
static inline void fault(struct bench *b, const char *match, const char *rest)
{
    bench_post(b, "/_fake/fault",
               arena_fmt(b->cx->arena, "{\"match\":\"%s\",%.*s}", match, STR_FMT(str_of(rest))));
}

static inline void forget_faults(struct bench *b)
{
    ask_for(b->cx, sim_port(b->sim), "DELETE", "/_fake/fault", "", S(""));
}

/* "act_1/insights" of one of the world's accounts. */
static inline const char *edge(struct bench *b, int account, const char *name)
{
    return arena_fmt(b->cx->arena, "act_%.*s/%s", STR_FMT(b->w->accounts[account].id), name).ptr;
}

/* What was asked since the last bench_forget, as a list. */
static inline const struct json_in *asked(struct bench *b, const char *match)
{
    const struct json_in *root = NULL;
    struct answer a =
        ask_for(b->cx, sim_port(b->sim), "GET",
                arena_fmt(b->cx->arena, "/_fake/journal?match=%s", match).ptr, "", S(""));

    check_ok(json_parse(b->cx, a.body, &root));
    return json_get(root, "items");
}

static inline void forget_asked(struct bench *b)
{
    ask_for(b->cx, sim_port(b->sim), "DELETE", "/_fake/journal", "", S(""));
}

/* ---- what is done ---- */

static inline int64_t connect_token(struct bench *b, int token)
{
    int64_t id = 0;

    check_ok(connection_add(b->cx, &b->c.app, b->w->tokens[token], 0, &id));
    return id;
}

static inline void bench_hear(void *self, struct str line)
{
    struct bench *b = self;

    b->said = arena_fmt(b->cx->arena, "%.*s%.*s\n", STR_FMT(b->said), STR_FMT(line));
}

static inline enum err sync_try(struct bench *b, int64_t days, struct str account)
{
    struct job_options o = {.days = days, .account = account};

    b->said = (struct str){0};
    return job_run_now(b->cx, &b->c.app, "ads.sync", &o, bench_hear, b, &b->run);
}

static inline void sync_all(struct bench *b, int64_t days)
{
    check_ok(sync_try(b, days, (struct str){0}));
}

static inline void sync_one(struct bench *b, int64_t days, int account)
{
    check_ok(sync_try(b, days, b->w->accounts[account].id));
}

/* ---- what is there then ---- */

static inline int64_t number(struct bench *b, const char *sql)
{
    return core_app_sql(b->cx, &b->c, sql, NO_ARGS);
}

/* A change by hand, of any number of rows. */
static inline void change(struct bench *b, const char *sql)
{
    struct query *q = arena_new_of(b->cx->arena, struct query);
    struct tx *tx = NULL;

    *q = (struct query){.name = "by hand", .sql = sql};
    check_ok(tx_begin(b->cx, b->c.app.db, TX_WRITE, &tx));
    check_ok(db_exec(tx, q, NO_ARGS, NULL));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static inline int64_t number_of(struct bench *b, const char *sql, int account)
{
    return core_app_sql(b->cx, &b->c, sql, ARGS(a_str("a", b->w->accounts[account].id)));
}

/* Of the world's account, as text: "sync_state". */
static inline bool account_has(struct bench *b, int account, const char *column, const char *value)
{
    struct str sql = arena_fmt(
        b->cx->arena, "select count(*) from ad_account where external_id = $1 and %s = '%s'",
        column, value);

    return number_of(b, sql.ptr, account) == 1;
}

static inline int64_t data_version(struct bench *b)
{
    return number(b, "select version from data_version where id = 1");
}

#define FACTS_OF                                                                                   \
    " from ad_fact f where f.account_id = (select id from ad_account where external_id = $1)"

static inline int64_t facts_of(struct bench *b, int account)
{
    return number_of(b, "select count(*)" FACTS_OF, account);
}

static inline int64_t spend_of(struct bench *b, int account)
{
    return number_of(b, "select cast(coalesce(sum(spend_micros), 0) as bigint)" FACTS_OF, account);
}

/* What the platform shows for the last days of the account, in micros. */
static inline int64_t shown_spend(struct bench *b, int account, int64_t days)
{
    const struct world_account *a = &b->w->accounts[account];
    struct world_moment at = sim_moment(b->sim);
    int64_t today = day_number(civil_at(a->zone, at.now_ms).date);

    return world_spend(b->w, (uint32_t)account, today - days + 1, today, &at) * 10000;
}

/* ---- insights rows as a test wants them ---- */

/* One ad's day with its family; rest: further keys, each with a comma before. */
static inline const char *insight(struct bench *b, int ad, const char *day, const char *rest)
{
    return arena_fmt(b->cx->arena,
                     "{\"account_id\":\"1\",\"campaign_id\":\"71\",\"campaign_name\":\"Spring\","
                     "\"adset_id\":\"72\",\"adset_name\":\"Almaty\",\"ad_id\":\"%d\","
                     "\"ad_name\":\"Ad %d\",\"date_start\":\"%s\",\"date_stop\":\"%s\"%.*s}",
                     800 + ad, ad, day, day, STR_FMT(str_of(rest)))
        .ptr;
}

/* The next answer about insights holds these rows (joined by commas; may be empty). */
static inline void insights_are(struct bench *b, const char *rows)
{
    fault(b, "/insights", arena_fmt(b->cx->arena, "\"body\":{\"data\":[%s]}", rows).ptr);
}

/* What a 422 says about a field, "missing"; empty when it says nothing about it. */
static inline struct str field_code(struct ctx *cx, const struct answer *a, const char *field)
{
    const struct json_in *root = NULL, *item;
    struct str name, code = {0};

    check_ok(json_parse(cx, a->body, &root));
    struct json_iter it = json_iter(json_get(json_get(root, "error"), "fields"));
    while ((item = json_next(&it, NULL)))
        if (json_as_str(json_get(item, "field"), &name) && str_eq(name, str_of(field)))
            json_as_str(json_get(item, "code"), &code);
    return code;
}
