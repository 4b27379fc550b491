/* sim.h: the seeded world behind fake upstreams: Graph API, National Bank, a CRM that sends hooks.
 * The one rule: what is served follows from (seed, today, clock, switches) alone, so that what the
 * product shows can be compared with world_truth. Everything below may be called from any thread.
 *
 *     /graph/v25.0/...             what TRAFFICD_META_GRAPH_URL + "/v25.0/..." asks
 *     /nbk/rss/get_rates.cfm       what TRAFFICD_RATES_URL asks
 *     /_fake/fault  /_fake/journal  faults to answer with, and what was asked
 *     /_fake/world  /_fake/truth    who there is, and what is true
 *     /_fake/switch /_fake/deliver  what follows in this header, for other processes */
#pragma once
#include <signal.h>

#include "base/base.h"
#include "sim/world.h"

struct sim;
struct sim_options {
    struct world_options world; /* today empty: the clock's day in the agency's zone */
    const struct clock *clock;  /* NULL = the system's. History ends at today, but what is served
                                   ends at the clock: a clock before today hides the rest */
    const char *listen;         /* NULL = "127.0.0.1:0" */
    struct str app_secret;      /* empty: appsecret_proof is not asked for */
    int retry_divisor;          /* the CRM's retry delays are divided by it; 0 = 1 */
};
enum err sim_start(struct ctx *cx, const struct sim_options *o, struct sim **out) MUST_USE;
void sim_stop(struct sim **s); /* NULL is fine */
/* Serves until *stop is set and sends hooks as the clock moves, if a hook was set; says where it
 * is in one line on stdout. */
enum err sim_serve(struct ctx *cx, const struct sim_options *o, const char *hook_url,
                   const volatile sig_atomic_t *stop) MUST_USE;

int sim_port(const struct sim *s);
const char *sim_graph_url(const struct sim *s);      /* "http://127.0.0.1:4711/graph" */
const char *sim_rates_url(const struct sim *s);      /* ".../nbk/rss/get_rates.cfm" */
const struct world *sim_world(const struct sim *s);  /* teams, people, bindings, tokens */
struct world_moment sim_moment(const struct sim *s); /* for world_truth: now, as it is served */

enum sim_switch {
    SIM_DEAD_TOKEN,     /* 1: the second token has expired */
    SIM_RESTATE,        /* n: the last 28 days have been restated n times; rows may vanish */
    SIM_REPEAT_RATES,   /* 1: weekends repeat the last rate; 0: they are empty */
    SIM_USAGE_PERCENT,  /* what the usage headers say */
    SIM_CLOCK_SHIFT_MS, /* added to the clock */
    SIM_SWITCHES
};
void sim_set(struct sim *s, enum sim_switch which, int64_t value);

/* ---- the CRM's hooks ---- */
struct sim_deliveries {
    int64_t posts, events;     /* acknowledged */
    int64_t tries, refused;    /* sent in all; answered with something else, late, or not at all */
    int64_t pending, given_up; /* waiting for their next try; after the fifth */
    bool is_off; /* over 100 refusals in two hours: nothing more is sent until sim_hook */
};
/* Where hooks go: an http URL with its secret path. Copied. */
enum err sim_hook(struct ctx *cx, struct sim *s, struct str url) MUST_USE;
/* Everything that was told before now, in the order in which it was told, `batch` events to a POST
 * (0 = 20). ERR_UPSTREAM when the hook keeps refusing. *sum may be NULL. */
enum err sim_deliver_history(struct ctx *cx, struct sim *s, int batch,
                             struct sim_deliveries *sum) MUST_USE;
/* What has come up since history or the last tick, and what is due again. Never waits. */
enum err sim_tick(struct ctx *cx, struct sim *s) MUST_USE;
struct sim_deliveries sim_deliveries(struct sim *s);
