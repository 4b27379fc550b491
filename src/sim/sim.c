/* sim.c: starting, stopping, and what is switched. */
#include <stdio.h>

#include "base/crypto.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "sim/faults.h"
#include "sim/graph_state.h"
#include "sim/sim_inside.h"

enum { THREADS = 16, HANDLER_MS = 600000, ARENA_CAP = 1 << 30, ANSWER_CAP = 256 << 20 };
static const int64_t tick_ms = 1000;

static const char *const switch_names[SIM_SWITCHES] = {[SIM_DEAD_TOKEN] = "dead_token",
                                                       [SIM_RESTATE] = "restate",
                                                       [SIM_REPEAT_RATES] = "repeat_rates",
                                                       [SIM_USAGE_PERCENT] = "usage_percent",
                                                       [SIM_CLOCK_SHIFT_MS] = "clock_shift_ms",
                                                       [SIM_HIDE_ROWS] = "hide_rows",
                                                       [SIM_MOST_ROWS] = "most_rows",
                                                       [SIM_REPORT_FATE] = "report_fate",
                                                       [SIM_REPORT_MS] = "report_ms",
                                                       [SIM_VERSION_ENDED] = "version_ended",
                                                       [SIM_DENY_CONSENT] = "deny_consent",
                                                       [SIM_WITHHOLD] = "withhold",
                                                       [SIM_HIDE_DIRECT] = "hide_direct",
                                                       [SIM_LOSE_HOOKS] = "lose_hooks",
                                                       [SIM_DEAD_CRM_TOKEN] = "dead_crm_token",
                                                       [SIM_CRM_PER_SECOND] = "crm_per_second",
                                                       [SIM_CRM_MOVED] = "crm_moved"};

bool sim_switch_named(struct str name, enum sim_switch *out)
{
    for (int i = 0; i < SIM_SWITCHES; i++)
        if (str_eq(str_of(switch_names[i]), name)) {
            *out = (enum sim_switch)i;
            return true;
        }
    return false;
}

void sim_set(struct sim *s, enum sim_switch which, int64_t value)
{
    atomic_store(&s->switches[which], value);
}

int sim_port(const struct sim *s)
{
    return server_port(s->server);
}

const char *sim_graph_url(const struct sim *s)
{
    return s->graph_url;
}

const char *sim_www_url(const struct sim *s)
{
    return s->www_url;
}

const char *sim_rates_url(const struct sim *s)
{
    return s->rates_url;
}

const char *sim_amo_url(const struct sim *s)
{
    return s->amo_url;
}

const char *sim_amo_www_url(const struct sim *s)
{
    return s->amo_www_url;
}

const struct world *sim_world(const struct sim *s)
{
    return s->world;
}

struct world_moment sim_moment(const struct sim *s)
{
    return (struct world_moment){s->clock->now_ms(s->clock->self) +
                                     sim_switch_of(s, SIM_CLOCK_SHIFT_MS),
                                 (int)sim_switch_of(s, SIM_RESTATE)};
}

/* ---- start and stop ---- */

static enum err make_world(struct ctx *cx, struct sim *s, const struct world_options *from)
{
    struct world_options o = *from;
    struct ctx own = *cx; /* the world lives as long as the simulator */
    const struct zone *zone = NULL;
    enum err err = OK;

    own.arena = s->arena;
    TRY(zone_find(&own, S("Asia/Almaty"), &zone));
    if (!o.today.len)
        o.today = day_at(s->arena, zone, s->clock->now_ms(s->clock->self));
    TRY(world_make(&own, &o, &s->world));
out:
    return err ? fail(cx, err, "%s", own.why) : OK;
}

static enum err nobody_home(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);

    (void)rs;
    asked_note(s->journal, rq);
    return fail(&rq->cx, ERR_NOT_FOUND, "nothing is faked here");
}

static enum err start_server(struct ctx *cx, struct sim *s, const char *listen)
{
    const struct route_set sets[] = {
        {graph_routes,   graph_nroutes  },
        {leadgen_routes, leadgen_nroutes},
        {nbk_routes,     nbk_nroutes    },
        {rest_routes,    rest_nroutes   },
        {control_routes, control_nroutes}
    };
    struct server_opts o = {.listen = listen ? listen : "127.0.0.1:0",
                            .threads = THREADS,
                            .handler_timeout_ms = HANDLER_MS,
                            .arena_cap = ANSWER_CAP,
                            .clock = s->clock,
                            .sets = sets,
                            .nsets = COUNT(sets),
                            .fallback = nobody_home};

    return server_start(cx, (struct app *)s, &o, &s->server);
}

static void name_urls(struct sim *s)
{
    struct str root = arena_fmt(s->arena, "http://127.0.0.1:%d", server_port(s->server));

    s->root_url = str_z(s->arena, root);
    s->graph_url = str_z(s->arena, arena_fmt(s->arena, "%s/graph", s->root_url));
    s->amo_url = str_z(s->arena, arena_fmt(s->arena, "%s/amo/{subdomain}", s->root_url));
    s->amo_www_url = str_z(s->arena, arena_fmt(s->arena, "%s/amo/www", s->root_url));
    s->www_url = str_z(s->arena, arena_fmt(s->arena, "%s/www", s->root_url));
    s->rates_url = str_z(s->arena, arena_fmt(s->arena, "%s/nbk/rss/get_rates.cfm", s->root_url));
}

enum err sim_start(struct ctx *cx, const struct sim_options *o, struct sim **out)
{
    struct arena *arena = arena_new(ARENA_CAP);
    struct sim *s = arena_new_of(arena, struct sim);
    enum err err;

    *out = NULL;
    s->arena = arena;
    s->clock = o->clock ? o->clock : &clock_system;
    s->app_secret = arena_str(arena, o->app_secret);
    s->retry_divisor = o->retry_divisor > 0 ? o->retry_divisor : 1;
    sim_set(s, SIM_USAGE_PERCENT, 3);
    TRY(make_world(cx, s, &o->world));
    s->journal = asked_new(arena);
    s->faults = faults_new(arena);
    s->rest = rest_new(s);
    s->graph = graph_state_new(arena);
    TRY(fetcher_new(cx, S(""), &random_system, &s->leadgen));
    TRY(amo_new(cx, s, &s->amo));
    TRY(start_server(cx, s, o->listen));
    name_urls(s);
    *out = s;
out:
    if (err)
        sim_stop(&s);
    return err;
}

void sim_stop(struct sim **s)
{
    if (!*s)
        return;
    struct arena *arena = (*s)->arena;
    atomic_store(&(*s)->is_stopping, true);
    if ((*s)->amo)
        amo_abort((*s)->amo);
    if ((*s)->leadgen)
        fetcher_abort((*s)->leadgen);
    server_stop(&(*s)->server);
    amo_free(&(*s)->amo);
    rest_free(&(*s)->rest);
    fetcher_free(&(*s)->leadgen);
    graph_state_free(&(*s)->graph);
    faults_free(&(*s)->faults);
    asked_free(&(*s)->journal);
    arena_free(&arena); /* the simulator itself lies in it */
    *s = NULL;
}

/* ---- as a program of its own ---- */

static void tick_once(const struct ctx *cx, struct sim *s)
{
    struct arena *arena = arena_new(ARENA_CAP);
    struct ctx one = {.arena = arena, .clock = cx->clock, .tag = "sim"};

    if (sim_tick(&one, s) || sim_leadgen_tick(&one, s))
        LOG(&one, LOG_WARN, "sim.tick", l_str("why", str_of(one.why)));
    arena_free(&arena);
}

enum err sim_serve(struct ctx *cx, const struct sim_options *o, const char *hook_url,
                   const volatile sig_atomic_t *stop)
{
    struct sim *s = NULL;
    enum err err;
    int64_t next = 0;

    TRY(sim_start(cx, o, &s));
    if (hook_url)
        TRY(sim_hook(cx, s, str_of(hook_url)));
    printf("sim: %s seed %llu today %s\n", s->root_url, (unsigned long long)s->world->seed,
           str_z(cx->arena, day_text(cx->arena, day_from_number(s->world->today))));
    fflush(stdout);
    while (!*stop) {
        if (mono_ms(cx) >= next) {
            tick_once(cx, s);
            next = mono_ms(cx) + tick_ms;
        }
        cx->clock->sleep_ms(cx->clock->self, 100);
    }
out:
    sim_stop(&s);
    return err;
}
