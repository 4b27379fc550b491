/* sim.h: the seeded world behind fake upstreams: Graph API, National Bank, a CRM that sends hooks.
 * The one rule: what is served follows from (seed, today, clock, switches) alone, so that what the
 * product shows can be compared with world_truth. Everything below may be called from any thread.
 *
 *     /graph/v25.0/...             what TRAFFICD_META_GRAPH_URL + "/v25.0/..." asks
 *     /www/v25.0/dialog/oauth      where a browser gives its consent
 *     /nbk/rss/get_rates.cfm       what TRAFFICD_RATES_URL asks
 *     /amo/{subdomain}/...         what TRAFFICD_AMO_URL asks; /amo/www: TRAFFICD_AMO_WWW_URL
 *     /_fake/fault  /_fake/journal  faults to answer with, and what was asked
 *     /_fake/world  /_fake/truth    who there is, and what is true
 *     /_fake/switch /_fake/deliver  what follows in this header, for other processes
 *     /_fake/leadgen /_fake/forms   Lead Ads: send webhooks; pages, and how many leads there are */
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
const char *sim_www_url(const struct sim *s);        /* ".../www": the consent dialog */
const char *sim_rates_url(const struct sim *s);      /* ".../nbk/rss/get_rates.cfm" */
const char *sim_amo_url(const struct sim *s);        /* ".../amo/{subdomain}": a template */
const char *sim_amo_www_url(const struct sim *s);    /* ".../amo/www" */
struct str sim_amo_token(const struct sim *s);       /* long-lived, of the one account */
const struct world *sim_world(const struct sim *s);  /* teams, people, bindings, tokens */
struct world_moment sim_moment(const struct sim *s); /* for world_truth: now, as it is served */

enum sim_switch {
    SIM_DEAD_TOKEN,     /* 1: the second token has expired */
    SIM_RESTATE,        /* n: the last 28 days have been restated n times; rows may vanish */
    SIM_REPEAT_RATES,   /* 1: weekends repeat the last rate; 0: they are empty */
    SIM_USAGE_PERCENT,  /* what the usage headers say */
    SIM_CLOCK_SHIFT_MS, /* added to the clock */
    SIM_LOSE_HOOKS,     /* n: one in n of the CRM's events is never sent; 0: none is lost */
    SIM_DEAD_CRM_TOKEN, /* 1: the CRM's access tokens are refused; 2: its refresh tokens too */
    SIM_CRM_PER_SECOND, /* n: more REST calls than that are answered 429; 0: no limit */
    SIM_CRM_MOVED,      /* 1: the account has another subdomain; nothing is left at the old one */
    SIM_HIDE_ROWS,      /* percent of the ads' days that only the account's total still holds */
    SIM_MOST_ROWS,      /* insights of more rows must be asked for as a report; 0 = any number */
    SIM_REPORT_FATE,    /* enum sim_report, of the runs that start from now on */
    SIM_REPORT_MS,      /* how long a run takes; 0 = 3000 */
    SIM_VERSION_ENDED,  /* n: the Marketing API of v<n>.0 and older has ended */
    SIM_DENY_CONSENT,   /* 1: the person says no */
    SIM_WITHHOLD,       /* n: of the scopes asked for the last n are not given */
    SIM_HIDE_DIRECT,    /* 1: me/adaccounts is empty; the businesses' lists are not */
    SIM_SWITCHES
};
enum sim_report { /* what becomes of a report run */
                  SIM_REPORT_GOOD,
                  SIM_REPORT_STUCK,   /* stays at 0 % */
                  SIM_REPORT_FAILED,  /* with the error keys that came with v25 */
                  SIM_REPORT_SKIPPED, /* expired before it began */
                  SIM_REPORT_RACE     /* is not known yet for the first two questions */
};
void sim_set(struct sim *s, enum sim_switch which, int64_t value);

/* ---- the CRM ---- */
struct sim_integration { /* what is entered at the vendor when an integration is registered */
    struct str client_id, client_secret, redirect_uri;
};
/* From now on the consent page redirects there and nobody else gets tokens; before the first call
 * every client gets tokens, and the consent page knows nobody. Copied. */
void sim_integration_set(struct sim *s, const struct sim_integration *of);

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

/* ---- the platform's hooks: Lead Ads ---- */
extern const char sim_app_id[]; /* the app whose webhooks these are */
struct sim_leadgen {
    int64_t posts, leads;   /* acknowledged; a post told twice counts twice */
    int64_t tries, refused; /* sent in all; not answered with 200 */
    int64_t given_up;       /* posts refused five times */
};
/* Tells the hook of the world's Lead Ads leads until now, oldest first, at most `most` of them
 * (0 = all), signed with app_secret, one to three in a post, a few posts twice. A refused post is
 * sent again up to four times. *sum may be NULL. */
struct sim_leadgen_ask {
    struct str url;
    int64_t since_ms; /* only leads made after it */
    int64_t most;
};
enum err sim_leadgen(struct ctx *cx, struct sim *s, const struct sim_leadgen_ask *ask,
                     struct sim_leadgen *sum) MUST_USE;
/* What has come up since the last tick on subscribed pages, to the app's subscription, if there is
 * one. What is refused is told again by the next tick. */
enum err sim_leadgen_tick(struct ctx *cx, struct sim *s) MUST_USE;
