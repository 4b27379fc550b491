/* meta_calls.c: what we ask Meta for. */
#include "vendors/meta_inside.h"

#include "base/form.h"

#include <assert.h>

void meta_call_param(struct meta_call *c, const char *name, struct str value)
{
    assert(c->nquery < META_MAX_QUERY);
    c->query[c->nquery++] = (struct pair){name, value};
}

struct str meta_edge(struct arena *a, struct str id, const char *edge)
{
    return arena_fmt(a, "/%.*s%s%s", STR_FMT(url_encode(a, id)), *edge ? "/" : "", edge);
}

static struct str account_path(struct arena *a, struct str account, const char *edge)
{
    if (str_starts(account, S("act_")))
        account = (struct str){account.ptr + 4, account.len - 4};
    return arena_fmt(a, "/act_%.*s/%s", STR_FMT(url_encode(a, account)), edge);
}

struct meta_call meta_call_me(void)
{
    struct meta_call c = {.path = S("/me")};

    meta_call_param(&c, "fields", S("id,name"));
    return c;
}

static struct meta_call accounts_at(struct str path, int limit)
{
    struct meta_call c = {.path = path, .limit = limit};

    meta_call_param(&c, "fields",
                    S("id,account_id,name,account_status,currency,timezone_name,"
                      "timezone_offset_hours_utc,amount_spent,balance,spend_cap,disable_reason,"
                      "business"));
    return c;
}

struct meta_call meta_call_accounts(int limit)
{
    return accounts_at(S("/me/adaccounts"), limit);
}

struct meta_call meta_call_account(struct arena *a, struct str account)
{
    struct str path = account_path(a, account, "");

    return accounts_at((struct str){path.ptr, path.len - 1}, 0);
}

struct meta_call meta_call_businesses(int limit)
{
    struct meta_call c = {.path = S("/me/businesses"), .limit = limit};

    meta_call_param(&c, "fields", S("id,name"));
    return c;
}

struct meta_call meta_call_owned_accounts(struct arena *a, struct str business, int limit)
{
    return accounts_at(meta_edge(a, business, "owned_ad_accounts"), limit);
}

struct meta_call meta_call_client_accounts(struct arena *a, struct str business, int limit)
{
    return accounts_at(meta_edge(a, business, "client_ad_accounts"), limit);
}

/* Deleted and archived objects are left out of lists unless asked for, but what they spent stays in
 * the insights; so every state is named. */
struct meta_call meta_call_campaigns(struct arena *a, struct str account, int limit)
{
    struct meta_call c = {.path = account_path(a, account, "campaigns"), .limit = limit};

    meta_call_param(
        &c, "fields",
        S("id,name,status,effective_status,configured_status,objective,buying_type,bid_strategy,"
          "daily_budget,lifetime_budget,start_time,stop_time,created_time,"
          "updated_time"));
    meta_call_param(&c, "effective_status",
                    S("[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\",\"IN_PROCESS\","
                      "\"WITH_ISSUES\"]"));
    return c;
}

struct meta_call meta_call_adsets(struct arena *a, struct str account, int limit)
{
    struct meta_call c = {.path = account_path(a, account, "adsets"), .limit = limit};

    meta_call_param(&c, "fields",
                    S("id,name,campaign_id,status,effective_status,configured_status,"
                      "optimization_goal,billing_event,targeting,bid_strategy,"
                      "daily_budget,lifetime_budget,start_time,end_time,"
                      "created_time,updated_time"));
    meta_call_param(&c, "effective_status",
                    S("[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\",\"IN_PROCESS\","
                      "\"WITH_ISSUES\",\"CAMPAIGN_PAUSED\"]"));
    return c;
}

struct meta_call meta_call_ads(struct arena *a, struct str account, int limit)
{
    struct meta_call c = {.path = account_path(a, account, "ads"), .limit = limit};

    meta_call_param(&c, "fields",
                    S("id,name,campaign_id,adset_id,status,effective_status,configured_status,"
                      "created_time,updated_time,creative{id,url_tags,thumbnail_url,"
                      "object_story_spec,effective_object_story_id}"));
    meta_call_param(&c, "effective_status",
                    S("[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\",\"IN_PROCESS\","
                      "\"WITH_ISSUES\",\"CAMPAIGN_PAUSED\",\"ADSET_PAUSED\",\"DISAPPROVED\","
                      "\"PENDING_REVIEW\",\"PREAPPROVED\",\"PENDING_BILLING_INFO\"]"));
    return c;
}

#define METRICS                                                                                    \
    "date_start,date_stop,spend,impressions,reach,clicks,inline_link_clicks,actions,action_values"

static const struct level {
    const char *name, *fields, *lean;
} levels[] = {
    [META_LEVEL_AD] = {"ad",
                       "account_id,account_currency,objective,campaign_id,campaign_name,adset_id,"
                       "adset_name,ad_id,ad_name," METRICS,
                       "campaign_id,adset_id,ad_id"                          },
    [META_LEVEL_ADSET] = {"adset",
                       "account_id,account_currency,objective,campaign_id,campaign_name,"
                          "adset_id,adset_name," METRICS,
                       "campaign_id,adset_id"                                },
    [META_LEVEL_CAMPAIGN] = {"campaign",
                       "account_id,account_currency,objective,campaign_id,"
                             "campaign_name," METRICS,
                       "campaign_id"                                         },
    [META_LEVEL_ACCOUNT] = {"account",  "account_id,account_currency," METRICS, ""},
};

#define LEAN                                                                                       \
    "account_id,account_currency,date_start,date_stop,spend,impressions,clicks,"                   \
    "inline_link_clicks,actions,action_values"

static struct str insight_fields(struct arena *a, const struct meta_insights_ask *ask)
{
    const struct level *level = &levels[ask->level];

    if (!ask->is_lean)
        return str_of(level->fields);
    return arena_fmt(a, "%s%s%s", LEAN, *level->lean ? "," : "", level->lean);
}

/* [{"field":"campaign.id","operator":"IN","value":["1","2"]}] */
static struct str ids_filter(struct arena *a, const struct meta_insights_ask *ask)
{
    struct str ids = S("");

    for (size_t i = 0; i < ask->nids; i++)
        ids = arena_fmt(a, "%.*s%s\"%.*s\"", STR_FMT(ids), i ? "," : "",
                        STR_FMT(url_encode(a, ask->ids[i])));
    return arena_fmt(a, "[{\"field\":\"%s.id\",\"operator\":\"IN\",\"value\":[%.*s]}]",
                     levels[ask->within].name, STR_FMT(ids));
}

struct meta_call meta_call_insights(struct arena *a, const struct meta_insights_ask *ask)
{
    static const char *const breakdowns[] = {
        [META_PLACEMENT] = "publisher_platform,platform_position,impression_device",
        [META_DEVICE] = "device_platform",
    };
    struct meta_call c = {.path = account_path(a, ask->account, "insights"), .limit = ask->limit};

    meta_call_param(&c, "level", str_of(levels[ask->level].name));
    meta_call_param(&c, "fields", insight_fields(a, ask));
    meta_call_param(&c, "time_increment", ask->whole_range ? S("all_days") : S("1"));
    meta_call_param(&c, "time_range",
                    arena_fmt(a, "{\"since\":\"%.*s\",\"until\":\"%.*s\"}", STR_FMT(ask->since),
                              STR_FMT(ask->until)));
    if (ask->breakdown != META_WHOLE)
        meta_call_param(&c, "breakdowns", str_of(breakdowns[ask->breakdown]));
    if (ask->nids)
        meta_call_param(&c, "filtering", ids_filter(a, ask));
    return c;
}
