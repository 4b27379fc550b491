/* world.h: a seeded agency: who advertises what, what it costs, who writes in and who pays.
 * The one rule: everything follows from (seed, today) in integers, whatever the machine; a world
 * never changes once it is made and may be shared by threads. Days are day numbers
 * (base/calendar.h), of the ad account's zone for ads and of the agency's zone for deals. */
#pragma once
#include "base/calendar.h"

enum { WORLD_TEAMS = 4, WORLD_NOBODY = WORLD_TEAMS, WORLD_TOKENS = 2 };

struct world_options {
    uint64_t seed;
    struct str today; /* 'YYYY-MM-DD' in the agency's zone: where history ends */
    int history_days; /* 0 = 120 */
    int scale;        /* 0 = 1: times as many campaigns, ads and deals, each of the usual size */
};

/* ---- the agency ---- */
struct world_team {
    struct str name, colour, emoji;
    struct str tags[4]; /* utm_source values that are this team's; the first is its usual one */
    int ntags;
    int naliases; /* how many of them, at the end, are other spellings: rules of kind alias */
};
struct world_person {
    struct str email, full_name, role;
    int team; /* WORLD_NOBODY: works for the agency */
};
struct world_account {
    struct str id; /* digits, without "act_" */
    struct str name, currency, tz;
    const struct zone *zone;
    int status; /* as Meta numbers it */
    int token;  /* which token sees it */
    uint32_t first_campaign, ncampaigns, first_adset, nadsets, first_ad, nads;
    int64_t daily_minor; /* what is spent on an ordinary day, minor units */
};
struct world_binding { /* whose spend an account is; open ends are the least and the greatest */
    int account, team;
    int64_t from, to;
};
struct world_pipeline {
    struct str id, name, product; /* product: a code of the catalogue, "express" */
    int64_t price;                /* whole tenge */
    struct str new_status, work_status;
};

/* ---- what is advertised. Indexes count over the whole world, in account order ---- */
struct world_campaign {
    uint32_t account, first_adset, nadsets;
    int64_t first_day, last_day; /* last_day: INT64_MAX while it runs */
    uint8_t generation, slot;
};
struct world_adset {
    uint32_t campaign, first_ad, nads;
};
struct world_ad {
    uint32_t account, campaign, adset;
    int64_t first_day, last_day;
    int64_t daily_milli; /* thousandths of a minor unit on an ordinary day */
};

struct world {
    uint64_t seed;
    int scale;
    int64_t first_day, today; /* first and last day of history, agency's zone */
    const struct zone *zone;  /* the agency's: Asia/Almaty */
    struct str tz;
    const struct world_team *teams; /* WORLD_TEAMS */
    const struct world_person *people;
    const struct world_account *accounts;
    const struct world_binding *bindings;
    const struct world_pipeline *pipelines;
    const struct world_campaign *campaigns;
    const struct world_adset *adsets;
    const struct world_ad *ads;
    uint32_t npeople, naccounts, nbindings, npipelines, ncampaigns, nadsets, nads;
    struct str tokens[WORLD_TOKENS];
    struct str crm_account, crm_subdomain;
};
/* Everything is held by cx->arena. ERR_INPUT for a day that is none or sizes out of bounds. */
enum err world_make(struct ctx *cx, const struct world_options *o,
                    const struct world **out) MUST_USE;
int world_team_of(const struct world *w, uint32_t account, int64_t day); /* WORLD_NOBODY: unbound */

/* ---- names and ids ---- */
enum world_kind { WORLD_CAMPAIGN = 1, WORLD_ADSET, WORLD_AD };
int64_t world_id(const struct world *w, enum world_kind kind, uint32_t index); /* 18 digits */
bool world_find(const struct world *w, int64_t id, enum world_kind *kind, uint32_t *index);
struct str world_name(const struct world *w, struct arena *a, enum world_kind kind, uint32_t index);
/* As Meta says it on the last day of history; own: without what the parents impose. */
const char *world_status(const struct world *w, enum world_kind kind, uint32_t index, bool own);
const char *world_objective(const struct world *w, uint32_t campaign);

/* ---- what an ad cost and brought ---- */
struct world_moment { /* when and under which switches one looks */
    int64_t now_ms;
    int restate; /* how often the platform has restated the last 28 days; 0 = never */
};
struct world_delivery {
    int64_t spend_minor; /* account currency */
    int64_t impressions, reach, clicks, link_clicks;
    int64_t leads;
    int64_t purchases;      /* as the platform reports them: within 7 days of the click */
    int64_t purchase_minor; /* account currency */
};
struct world_ad_day { /* an account's day, looked up once for all its ads */
    uint32_t account;
    int64_t day;
    int64_t starts_ms; /* midnight in the account's zone */
    int64_t age;       /* days before the account's today; below 0 it has not come yet */
    int64_t until_ms;  /* what happened before is known: today is read every 15 minutes */
    int done;          /* how much of the day that is, of 10,000 */
};
struct world_ad_day world_ad_day(const struct world *w, uint32_t account, int64_t day,
                                 const struct world_moment *at);
/* False when the ad did not deliver on the day. */
bool world_deliver(const struct world *w, uint32_t ad, const struct world_ad_day *day,
                   const struct world_moment *at, struct world_delivery *out);

/* ---- deals ---- */
enum { WORLD_MAX_STEPS = 8, WORLD_MAX_LEADS = 60 };
enum world_source {               /* where a deal's tags point */
                    WORLD_TAG,    /* a team's tag */
                    WORLD_ALIAS,  /* another spelling of it */
                    WORLD_IDS,    /* utm_source=facebook, but the ad's id beside it */
                    WORLD_UNKNOWN /* no tag, nobody's tag, or one that only looks like a team's */
};
enum world_action { WORLD_ADDED, WORLD_MOVED, WORLD_UPDATED, WORLD_DELETED };
struct world_step {
    int64_t at_ms, told_ms; /* when it happened; when the CRM tells us */
    enum world_action action;
    struct str status, old_status; /* old_status: with WORLD_MOVED */
    int64_t price;                 /* whole tenge; 0 = not known yet */
    bool is_told_twice;
};
struct world_ref {   /* names one deal */
    uint32_t source; /* an ad, or nads + one of the agency's other doors */
    int64_t day;     /* in the zone of the source */
    uint32_t k;
};
struct world_deal {
    int64_t id;
    struct world_ref ref;
    enum world_source source;
    int team;      /* who gets it by the agency's rules; WORLD_NOBODY */
    int earned_by; /* whose ad really brought it; WORLD_NOBODY: none */
    uint32_t ad;   /* UINT32_MAX: none */
    const struct world_pipeline *pipeline;
    int64_t created_ms;
    int64_t responsible;
    uint8_t tagging;                          /* which of its ways the UTM tags were written */
    struct world_step steps[WORLD_MAX_STEPS]; /* in the order in which they happened */
    int nsteps;
};
uint32_t world_nsources(const struct world *w);
/* How many deals a source brought on a day; ask world_deal for each of them. */
uint32_t world_ndeals(const struct world *w, uint32_t source, int64_t day);
/* False when that lead never reached the CRM. */
bool world_deal(const struct world *w, const struct world_ref *ref, struct world_deal *out);

struct world_tags { /* what the CRM has in its UTM fields; empty = no such field */
    struct str source, medium, campaign, content, term;
};
void world_deal_tags(const struct world *w, struct arena *a, const struct world_deal *d,
                     struct world_tags *out);
struct str world_deal_name(const struct world *w, struct arena *a, const struct world_deal *d);

/* ---- people ---- */
struct world_contact { /* the CRM's card of a person */
    int64_t id;
    struct str name, phone, email; /* as they were typed; email: often empty */
};
/* Whose deal it is. Some people come again, and then two deals have one contact. */
int64_t world_deal_contact(const struct world *w, const struct world_deal *d);
/* False for an id that is no contact's. */
bool world_contact(const struct world *w, struct arena *a, int64_t id, struct world_contact *out);

/* ---- rates ---- */
struct world_currency {
    struct str code, full_name;
    int quant;
};
extern const struct world_currency world_currencies[];
extern const size_t world_ncurrencies;
/* Hundredths of a tenge for `quant` units; false on weekends, holidays and for unknown codes. */
bool world_rate(const struct world *w, struct str currency, int64_t day, int64_t *hundredths);
/* The same in micros of the last day that had one, as a reader who walks back finds it. */
bool world_rate_in_force(const struct world *w, struct str currency, int64_t day, int64_t *micros,
                         int64_t *quant);

/* ---- the truth ---- */
struct world_sums {
    int64_t spend_kzt; /* micros, converted ad by ad at the rate of the day */
    int64_t impressions, clicks, link_clicks, meta_leads, meta_purchases;
    int64_t leads;                  /* deals by the day they were made */
    int64_t sales;                  /* deals that are won now, by the day they were won */
    int64_t revenue_kzt;            /* micros: what those are worth now */
    int64_t paid_kzt, refunded_kzt; /* micros: money in, money back, each on its own day */
};
struct world_ask {
    int64_t from, to; /* days, both inclusive */
    struct world_moment at;
    bool ids_are_nobodys; /* do not follow ad ids: only tags count */
    bool crm_is_read;     /* the CRM is asked too: what has happened counts, told or not */
};
/* out: (to - from + 1) rows of WORLD_TEAMS + 1, by day, then team; the last of each row is
 * nobody's. Tells of what the CRM has told by then. */
enum err world_truth(struct ctx *cx, const struct world *w, const struct world_ask *ask,
                     struct world_sums *out) MUST_USE;
/* What the ad platform shows as spent in account currency, minor units. */
int64_t world_spend(const struct world *w, uint32_t account, int64_t from, int64_t to,
                    const struct world_moment *at);
/* A fingerprint of all of it: equal worlds have equal digests. */
uint64_t world_digest(const struct world *w);
