/* meta_calls.c: what we ask Meta for. */
#include "vendors/meta_inside.h"

#include "base/form.h"

#include <assert.h>

void meta_call_param(struct meta_call *c, const char *name, struct str value)
{
    assert(c->nquery < META_MAX_QUERY);
    c->query[c->nquery++] = (struct pair){name, value};
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

struct meta_call meta_call_accounts(int limit)
{
    struct meta_call c = {.path = S("/me/adaccounts"), .limit = limit};

    meta_call_param(&c, "fields",
                    S("id,account_id,name,account_status,currency,timezone_name,"
                      "timezone_offset_hours_utc,amount_spent"));
    return c;
}

/* Deleted and archived objects are left out of lists unless asked for, but what they spent stays in
 * the insights; so every state is named. */
struct meta_call meta_call_campaigns(struct arena *a, struct str account, int limit)
{
    struct meta_call c = {.path = account_path(a, account, "campaigns"), .limit = limit};

    meta_call_param(&c, "fields",
                    S("id,name,status,effective_status,objective,buying_type,bid_strategy,"
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
                    S("id,name,campaign_id,status,effective_status,optimization_goal,"
                      "bid_strategy,daily_budget,lifetime_budget,start_time,end_time,"
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
                    S("id,name,campaign_id,adset_id,status,effective_status,created_time,"
                      "updated_time,creative{id,url_tags,thumbnail_url}"));
    meta_call_param(&c, "effective_status",
                    S("[\"ACTIVE\",\"PAUSED\",\"DELETED\",\"ARCHIVED\",\"IN_PROCESS\","
                      "\"WITH_ISSUES\",\"CAMPAIGN_PAUSED\",\"ADSET_PAUSED\",\"DISAPPROVED\","
                      "\"PENDING_REVIEW\",\"PREAPPROVED\",\"PENDING_BILLING_INFO\"]"));
    return c;
}

#define METRICS                                                                                    \
    "date_start,date_stop,spend,impressions,reach,clicks,inline_link_clicks,actions,action_values"

struct meta_call meta_call_insights(struct arena *a, const struct meta_insights_ask *ask)
{
    static const struct {
        const char *level, *fields;
    } levels[] = {
        [META_LEVEL_AD] = {"ad",       "account_id,account_currency,campaign_id,campaign_name,adset_id,"
                                 "adset_name,ad_id,ad_name," METRICS    },
        [META_LEVEL_ADSET] = {"adset",    "account_id,account_currency,campaign_id,campaign_name,"
                                       "adset_id,adset_name," METRICS},
        [META_LEVEL_CAMPAIGN] = {"campaign",
                           "account_id,account_currency,campaign_id,campaign_name," METRICS             },
        [META_LEVEL_ACCOUNT] = {"account",  "account_id,account_currency," METRICS                           },
    };
    struct meta_call c = {.path = account_path(a, ask->account, "insights"), .limit = ask->limit};

    meta_call_param(&c, "level", str_of(levels[ask->level].level));
    meta_call_param(&c, "fields", str_of(levels[ask->level].fields));
    meta_call_param(&c, "time_increment", S("1"));
    meta_call_param(&c, "time_range",
                    arena_fmt(a, "{\"since\":\"%.*s\",\"until\":\"%.*s\"}", STR_FMT(ask->since),
                              STR_FMT(ask->until)));
    return c;
}
