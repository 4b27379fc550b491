/* meta.h: Meta's Graph and Marketing API: builds calls, drives them, reads replies into structs.
 * The one rule: the token travels in the Authorization header only, and `paging.next` is neither
 * followed nor kept, because it carries the token. */
#pragma once
#include "base/json.h"
#include "fetch/fetch.h"
#include "vendors/maybe.h"

/* What to do about a reply. META_OK is the only class with data. */
enum meta_class {
    META_OK,
    META_RETRY,        /* passing trouble; the bounded tries were used up */
    META_WAIT_ACCOUNT, /* leave this account alone for wait_ms; others may go on */
    META_WAIT_APP,     /* leave the whole app alone for wait_ms */
    META_SPLIT,        /* too much data: ask for fewer days, objects or rows */
    META_RECONNECT,    /* the token is dead: a person must connect again */
    META_PERMISSION,   /* not granted, or no such object for this token */
    META_VERSION_DEAD, /* raise the api version setting */
    META_BUG           /* we asked wrongly; asking again cannot help */
};
const char *meta_class_slug(enum meta_class c); /* "reconnect": stable, for rows and the UI */

struct meta_auth {
    struct str version;    /* "v25.0" */
    struct str token;      /* a user's or system user's */
    struct str app_secret; /* empty: no appsecret_proof is sent */
};
struct meta { /* one connection; values only, free to copy */
    struct fetcher *fetcher;
    const struct upstream *upstream; /* base_url: "https://graph.facebook.com" */
    struct meta_auth auth;
};

/* How full the vendor's windows are, from the usage headers of any answer. Percent; throttling
 * begins at 100. */
struct meta_usage {
    int app_percent, account_percent;
    int64_t regain_ms; /* the vendor's estimate until a full window opens again; 0 = not said */
};
/* What a polite client waits before the next call to this account: 0 below 75 %, seconds up to
 * 95 %, then regain_ms or a minute. */
int64_t meta_usage_pause_ms(const struct meta_usage *u);

struct meta_reply {
    enum meta_class class;
    int status; /* HTTP; 0 = no reply arrived */
    int64_t code, subcode;
    bool is_transient;
    struct str message;  /* the vendor's words, cut and made safe to show; may be empty */
    struct str trace_id; /* fbtrace_id: quote it to the vendor's support */
    int64_t wait_ms;     /* with META_WAIT_*: how long; always above 0 then */
    struct meta_usage usage;
    bool version_is_ending;     /* the vendor warned about the api version */
    const struct json_in *root; /* with META_OK, in the caller's arena */
    struct str body;            /* with META_OK: the bytes root was read from; lists hold the token
                                 * in paging.next, so keep meta_raw_rows of it and not the whole */
};
/* Reads envelope and headers of a reply that arrived, whatever its status. */
void meta_reply_read(struct ctx *cx, const struct reply *r, struct meta_reply *out);

/* ---- calls ---- */
enum { META_MAX_QUERY = 12 };
struct meta_call {
    struct str path; /* below the version: "/act_1/insights" */
    struct pair query[META_MAX_QUERY];
    size_t nquery;
    int limit;          /* page size; 0 = not a list */
    const char *method; /* NULL = GET; with "POST" the pairs go as a form body */
};
void meta_call_param(struct meta_call *c, const char *name, struct str value);

/* Account ids are accepted with and without "act_". limit: rows per page. */
struct meta_call meta_call_me(void);
struct meta_call meta_call_accounts(int limit);
struct meta_call meta_call_account(struct arena *a, struct str account);
struct meta_call meta_call_businesses(int limit);
/* What a business owns, and what its clients share with it: rows as of meta_call_accounts. */
struct meta_call meta_call_owned_accounts(struct arena *a, struct str business, int limit);
struct meta_call meta_call_client_accounts(struct arena *a, struct str business, int limit);
/* Every state is asked for, ARCHIVED and DELETED too: what they spent stays in the insights. */
struct meta_call meta_call_campaigns(struct arena *a, struct str account, int limit);
struct meta_call meta_call_adsets(struct arena *a, struct str account, int limit);
struct meta_call meta_call_ads(struct arena *a, struct str account, int limit);

enum meta_level { META_LEVEL_AD, META_LEVEL_ADSET, META_LEVEL_CAMPAIGN, META_LEVEL_ACCOUNT };
enum meta_breakdown {
    META_WHOLE,     /* the rows that totals are made of */
    META_PLACEMENT, /* publisher_platform,platform_position,impression_device */
    META_DEVICE     /* device_platform */
};
struct meta_insights_ask { /* zeroed but for account, since, until: ads by the day, whole rows */
    struct str account;
    enum meta_level level;
    struct str since, until; /* days in the account's zone, both inclusive */
    int limit;
    enum meta_breakdown breakdown;
    bool whole_range; /* time_increment=all_days: one row per object, whose reach is true */
    bool is_lean;     /* ids, spend, impressions, clicks and conversions only: the last resort when
                       * there is too much data */
    enum meta_level within; /* what the ids below are; META_LEVEL_ACCOUNT is a mistake */
    const struct str *ids;  /* only rows below these campaigns, ad sets or ads */
    size_t nids;            /* 0 = the whole account */
};
struct meta_call meta_call_insights(struct arena *a, const struct meta_insights_ask *ask);

/* ---- driving ---- */
/* One GET with bounded retries (upstream->retry). OK only with META_OK; otherwise ERR_UPSTREAM,
 * ERR_TIMEOUT or ERR_BUSY with *out filled, so that the caller can tell a dead token from a busy
 * hour. Waits longer than retry.cap_ms are not waited for but reported. */
enum err meta_get(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                  struct meta_reply *out) MUST_USE;

/* Called for each page; data is the page's array. cx->arena holds this page only and is emptied
 * after the call: copy what must stay. Returning an error ends the walk with it. */
typedef enum err meta_page_fn(struct ctx *cx, const struct json_in *data, void *self);
/* The same page as it came, called just before: the bytes of its array, without `paging`. */
typedef enum err meta_raw_fn(struct ctx *cx, struct str rows, void *self);
struct meta_walk {
    meta_page_fn *page;
    void *self;
    size_t max_pages; /* 0 = 10,000 */
    meta_raw_fn *raw; /* may be NULL */
};
/* All pages of a list, in order. A page that is too heavy is asked again with half the limit, down
 * to a quarter of it. A cursor that comes round again, or too many pages, is ERR_UPSTREAM. *last
 * describes the last reply (root is NULL, texts are in cx->arena). Rows seen before a failure are
 * not the whole list: the caller commits nothing unless this returns OK. */
enum err meta_each_page(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                        const struct meta_walk *walk, struct meta_reply *last) MUST_USE;

/* The list envelope of one reply. after is empty on the last page. */
struct meta_page {
    const struct json_in *data;
    struct str after;
};
enum err meta_page_read(struct ctx *cx, const struct json_in *root, struct meta_page *out) MUST_USE;

/* ---- the bytes as they came. Only for text that json_parse took ---- */
/* The array "data" of a list's body; empty when there is none. */
struct str meta_raw_rows(struct str body);
/* Takes the next row off the front of an array's bytes; the rows come in json_next's order. */
bool meta_raw_next(struct str *rows, struct str *row);

/* ---- rows. Texts point into the arena; a missing text is empty; wrong types are ERR_UPSTREAM ----
 */
struct meta_user {
    struct str id, name;
};
/* Also reads a business: the same two keys. */
enum err meta_user_read(struct ctx *cx, const struct json_in *root, struct meta_user *out) MUST_USE;

enum { META_ACCOUNT_ACTIVE = 1 };
struct meta_account {
    struct str id; /* digits, without "act_" */
    struct str name, currency, timezone_name;
    int64_t status; /* 1 active; the others are listed by meta_account_status */
    struct maybe_int utc_offset_minutes;
    struct maybe_int amount_spent_micros;              /* account currency */
    struct maybe_int balance_micros, spend_cap_micros; /* a cap of 0 is none: unknown */
    struct maybe_int disable_reason;                   /* 0 = not disabled */
    struct str business_id, business_name;
};
const char *meta_disable_reason(int64_t reason); /* "risk_payment", ... "none", "unknown" */
const char *meta_account_status(int64_t status); /* "active", "disabled", ... "unknown" */
enum err meta_account_read(struct ctx *cx, const struct json_in *row,
                           struct meta_account *out) MUST_USE;

/* A campaign, an ad set or an ad; what does not apply stays empty. Status values are open sets. */
struct meta_entity {
    struct str id, name, status, effective_status, configured_status;
    struct str campaign_id, adset_id; /* parents */
    struct str objective, buying_type, bid_strategy, optimization_goal, billing_event;
    struct str targeting;                                         /* ad sets: compact JSON text */
    struct str creative_id, url_tags, thumbnail_url, creative;    /* ads; creative: JSON text */
    struct maybe_int daily_budget_micros, lifetime_budget_micros; /* absent = set elsewhere */
    struct maybe_int start_at, stop_at, created_at, updated_at;   /* UTC ms */
};
/* currency: of the account; budgets come in its minor units. */
enum err meta_entity_read(struct ctx *cx, const struct json_in *row, struct str currency,
                          struct meta_entity *out) MUST_USE;
/* Minor units per major unit of an account currency: 100, or 1 for the yen and its like. */
int64_t meta_currency_offset(struct str currency);
/* "2026-02-01T00:00:00+0500" to UTC ms; false on anything else. */
bool meta_time_parse(struct str s, int64_t *at_ms);

struct meta_insight {
    struct str account_id, account_currency;
    struct str campaign_id, campaign_name, adset_id, adset_name, ad_id, ad_name;
    struct str objective; /* the campaign's; empty at account level */
    struct str breakdown; /* "facebook/feed/iphone", "mobile_app"; a part left out is "unknown" */
    struct str day;       /* 'YYYY-MM-DD' in the account's zone */
    struct str last_day;  /* of a row over a whole range; otherwise the same as day */
    int64_t spend_micros; /* account currency */
    int64_t impressions, clicks, link_clicks;
    struct maybe_int reach; /* unknown when absent; never add it up */
    int64_t leads, purchases;
    int64_t purchase_value_micros;
    struct str lead_action, purchase_action; /* the action_type counted; empty = none came */
};
enum err meta_insight_read(struct ctx *cx, const struct json_in *row,
                           struct meta_insight *out) MUST_USE;
/* Reads a row of the answer to this ask: its breakdown, and a whole range when it was asked for. */
enum err meta_insight_read_as(struct ctx *cx, const struct json_in *row,
                              const struct meta_insights_ask *ask,
                              struct meta_insight *out) MUST_USE;
