/* connector.h: the face of an ad network: what one file has to answer so that its costs are kept.
 * The one rule: every call drives the network to the end of a list; on failure *last says what is
 * to be done, and the pages seen before it are not the whole. */
#pragma once
#include "fetch/fetch.h"
#include "vendors/maybe.h"

/* What to do about an answer. */
enum net_class {
    NET_OK,
    NET_RETRY,        /* passing trouble; the bounded tries were used up */
    NET_WAIT_ACCOUNT, /* leave this account alone for wait_ms; others may go on */
    NET_WAIT_APP,     /* leave the network alone for wait_ms */
    NET_SPLIT,        /* too much at once: ask for fewer days, objects, fields or rows */
    NET_RECONNECT,    /* the token is dead: a person must connect again */
    NET_PERMISSION,   /* not granted, or no such object for this token */
    NET_VERSION_DEAD, /* the API version has ended: a setting must be raised */
    NET_BUG           /* asked wrongly, or nothing that makes sense came; again cannot help */
};
struct net_reply {
    enum net_class class;
    int status; /* HTTP; 0 = no reply arrived */
    int64_t code, subcode;
    struct str message;               /* the network's words, safe to show; may be empty */
    int64_t wait_ms;                  /* with NET_WAIT_*: how long */
    int app_percent, account_percent; /* how full its windows are; throttling begins at 100 */
    int64_t regain_ms;                /* until a full window opens again; 0 = not said */
    bool version_is_ending;           /* the network warned about the API version */
};

struct net_link { /* one connection; values only, free to copy */
    struct fetcher *fetcher;
    const struct upstream *upstream;
    struct str version, token, app_secret; /* empty where the network knows no such thing */
    int page_size;
};

/* ---- what comes. Texts live as long as the page; a missing text is empty ---- */
struct net_account {
    struct str id, name, currency, tz;
    struct str role, business; /* "owned", "client", "direct"; the business it belongs to */
    int64_t status;            /* the network's number */
    struct maybe_int amount_spent_micros, balance_micros, spend_cap_micros, disable_reason;
};
enum net_level { NET_CAMPAIGN, NET_AD_SET, NET_AD, NET_ACCOUNT };
struct net_entity { /* a campaign, an ad set or an ad; what does not apply stays empty */
    struct str id, name, status, effective_status;
    struct str campaign_id, adset_id; /* parents */
    struct str objective, buying_type, bid_strategy, optimization_goal, billing_event;
    struct str targeting, creative; /* JSON as the network says it */
    struct str creative_id, url_tags, thumbnail_url;
    struct maybe_int daily_budget_micros, lifetime_budget_micros; /* absent = set elsewhere */
    struct maybe_int start_at, stop_at;                           /* UTC ms */
};
struct net_row { /* what an object brought on a day of the account's zone */
    struct str day, campaign_id, campaign_name, adset_id, adset_name, ad_id, ad_name;
    struct str value;     /* of the split asked for: "instagram/reels"; empty without one */
    int64_t spend_micros; /* account currency */
    int64_t impressions, clicks, link_clicks;
    struct maybe_int reach; /* never add it up */
    int64_t leads, purchases, purchase_micros;
};
struct net_page { /* one of the three lists is filled, by what was asked */
    const struct net_account *accounts;
    const struct net_entity *entities;
    const struct net_row *rows;
    size_t n;
    struct str raw; /* the rows as they came: the bytes of a JSON array, without any token */
};
/* cx->arena holds this page only: copy what must stay. An error ends the call with it. */
struct net_sink {
    enum err (*page)(struct ctx *cx, const struct net_page *page, void *self);
    void *self;
};

/* ---- what is asked ---- */
struct net_objects_ask {
    struct str account, currency; /* budgets come in its minor units */
    enum net_level level;
};
enum net_split { NET_WHOLE, NET_PLACEMENT, NET_DEVICE };
struct net_rows_ask {
    struct str account;
    struct str from, to; /* days, both inclusive */
    enum net_level level;
    enum net_split split;
    struct str campaign; /* of this one alone; empty = all */
    bool is_one_period;  /* one row for the whole range, not one per day: for reach */
    bool is_lean;        /* only what the store cannot do without */
    int limit;           /* rows per page; 0 = as the link says */
};
enum net_run_state { NET_RUN_WAITING, NET_RUN_READY, NET_RUN_FAILED, NET_RUN_GONE };
struct net_run { /* a report that the network prepares */
    struct net_rows_ask ask;
    struct str id;
    enum net_run_state state;
    bool is_unseen; /* waiting, and not known there yet: normal for some seconds */
    int64_t percent;
    enum net_class class; /* with NET_RUN_FAILED: what to do */
    struct str message;   /* why it failed */
};

struct connector {
    const char *platform;                       /* "meta": as it stands in rows */
    const char *name;                           /* "Meta" */
    const char *(*status_name)(int64_t status); /* "active", "disabled", ... "unknown" */
    enum err (*accounts)(struct ctx *cx, const struct net_link *l, const struct net_sink *sink,
                         struct net_reply *last);
    enum err (*objects)(struct ctx *cx, const struct net_link *l, const struct net_objects_ask *ask,
                        const struct net_sink *sink, struct net_reply *last);
    enum err (*rows)(struct ctx *cx, const struct net_link *l, const struct net_rows_ask *ask,
                     const struct net_sink *sink, struct net_reply *last);
    /* Reports for what is too much for one answer; NULL where a network has none. run_start takes
     * run->ask and gives run->id, in the arena of cx; run_poll looks once; run_rows reads a ready
     * one. */
    enum err (*run_start)(struct ctx *cx, const struct net_link *l, struct net_run *run,
                          struct net_reply *last);
    enum err (*run_poll)(struct ctx *cx, const struct net_link *l, struct net_run *run,
                         struct net_reply *last);
    enum err (*run_rows)(struct ctx *cx, const struct net_link *l, const struct net_run *run,
                         const struct net_sink *sink, struct net_reply *last);
};
extern const struct connector meta_connector; /* meta_connector.c */
/* What a polite client waits before its next call: 0 below 75 %, seconds up to 95 %, then until the
 * window opens again, or a minute. */
int64_t net_pause_ms(const struct net_reply *last);
bool net_is_full(const struct net_reply *last); /* 95 % and more */
/* NULL for a platform whose costs come from files. */
const struct connector *connector_find(struct str platform);
const char *net_class_slug(enum net_class c); /* "reconnect": stable, for rows and the UI */
