/* meta_connector.c: Meta behind the connector's face. */
#include "vendors/connector.h"
#include "vendors/meta_inside.h"
#include "vendors/meta_reports.h"

static struct meta meta_of_link(const struct net_link *l)
{
    return (struct meta){
        .fetcher = l->fetcher,
        .upstream = l->upstream,
        .auth = {.version = l->version, .token = l->token, .app_secret = l->app_secret}
    };
}

static enum net_class class_of(enum meta_class c)
{
    static const enum net_class classes[] = {
        [META_OK] = NET_OK,
        [META_RETRY] = NET_RETRY,
        [META_WAIT_ACCOUNT] = NET_WAIT_ACCOUNT,
        [META_WAIT_APP] = NET_WAIT_APP,
        [META_SPLIT] = NET_SPLIT,
        [META_RECONNECT] = NET_RECONNECT,
        [META_PERMISSION] = NET_PERMISSION,
        [META_VERSION_DEAD] = NET_VERSION_DEAD,
        [META_BUG] = NET_BUG,
    };

    return classes[c];
}

static struct net_reply reply_of(const struct meta_reply *r)
{
    return (struct net_reply){.class = class_of(r->class),
                              .status = r->status,
                              .code = r->code,
                              .subcode = r->subcode,
                              .message = r->message,
                              .wait_ms = r->wait_ms,
                              .app_percent = r->usage.app_percent,
                              .account_percent = r->usage.account_percent,
                              .regain_ms = r->usage.regain_ms,
                              .version_is_ending = r->version_is_ending};
}

/* ---- pages ---- */

struct walk_to { /* pages of Meta's to pages of everyone's */
    const struct net_sink *sink;
    const struct meta_reply *last;
    struct str currency; /* of objects' budgets */
    struct meta_insights_ask *ask;
};

static enum err pass_accounts(struct ctx *cx, const struct json_in *data, void *self)
{
    struct walk_to *to = self;
    struct json_iter it = json_iter(data);
    const struct json_in *row;
    VEC(struct net_account) list = {0};

    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_account a;
        enum err err = meta_account_read(cx, row, &a);
        if (err)
            return err;
        *vec_add(cx->arena, &list) =
            (struct net_account){.id = a.id,
                                 .name = a.name,
                                 .currency = a.currency,
                                 .tz = a.timezone_name,
                                 .role = S("direct"),
                                 .status = a.status,
                                 .amount_spent_micros = a.amount_spent_micros};
    }
    return to->sink->page(
        cx, &(struct net_page){.accounts = list.at, .n = list.n, .raw = to->last->body},
        to->sink->self);
}

static enum err accounts(struct ctx *cx, const struct net_link *l, const struct net_sink *sink,
                         struct net_reply *last)
{
    struct meta m = meta_of_link(l);
    struct meta_reply reply;
    struct walk_to to = {.sink = sink, .last = &reply};
    struct meta_walk walk = {.page = pass_accounts, .self = &to};
    struct meta_call call = meta_call_accounts(l->page_size);
    enum err err = meta_each_page(cx, &m, &call, &walk, &reply);

    *last = reply_of(&reply);
    return err;
}

static struct net_entity entity_of(const struct meta_entity *e)
{
    return (struct net_entity){.id = e->id,
                               .name = e->name,
                               .status = e->status,
                               .effective_status = e->effective_status,
                               .campaign_id = e->campaign_id,
                               .adset_id = e->adset_id,
                               .objective = e->objective,
                               .buying_type = e->buying_type,
                               .bid_strategy = e->bid_strategy,
                               .optimization_goal = e->optimization_goal,
                               .creative_id = e->creative_id,
                               .url_tags = e->url_tags,
                               .thumbnail_url = e->thumbnail_url,
                               .daily_budget_micros = e->daily_budget_micros,
                               .lifetime_budget_micros = e->lifetime_budget_micros,
                               .start_at = e->start_at,
                               .stop_at = e->stop_at};
}

static enum err pass_objects(struct ctx *cx, const struct json_in *data, void *self)
{
    struct walk_to *to = self;
    struct json_iter it = json_iter(data);
    const struct json_in *row;
    VEC(struct net_entity) list = {0};

    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_entity e;
        enum err err = meta_entity_read(cx, row, to->currency, &e);
        if (err)
            return err;
        *vec_add(cx->arena, &list) = entity_of(&e);
    }
    return to->sink->page(
        cx, &(struct net_page){.entities = list.at, .n = list.n, .raw = to->last->body},
        to->sink->self);
}

static enum err objects(struct ctx *cx, const struct net_link *l, const struct net_objects_ask *ask,
                        const struct net_sink *sink, struct net_reply *last)
{
    struct meta m = meta_of_link(l);
    struct meta_reply reply;
    struct walk_to to = {.sink = sink, .last = &reply, .currency = ask->currency};
    struct meta_walk walk = {.page = pass_objects, .self = &to};
    struct meta_call call =
        ask->level == NET_CAMPAIGN ? meta_call_campaigns(cx->arena, ask->account, l->page_size)
        : ask->level == NET_AD_SET ? meta_call_adsets(cx->arena, ask->account, l->page_size)
                                   : meta_call_ads(cx->arena, ask->account, l->page_size);
    enum err err = meta_each_page(cx, &m, &call, &walk, &reply);

    *last = reply_of(&reply);
    return err;
}

static struct net_row row_of(const struct meta_insight *i)
{
    return (struct net_row){.day = i->day,
                            .campaign_id = i->campaign_id,
                            .campaign_name = i->campaign_name,
                            .adset_id = i->adset_id,
                            .adset_name = i->adset_name,
                            .ad_id = i->ad_id,
                            .ad_name = i->ad_name,
                            .spend_micros = i->spend_micros,
                            .impressions = i->impressions,
                            .clicks = i->clicks,
                            .link_clicks = i->link_clicks,
                            .reach = i->reach,
                            .leads = i->leads,
                            .purchases = i->purchases,
                            .purchase_micros = i->purchase_value_micros};
}

static enum err pass_rows(struct ctx *cx, const struct json_in *data, void *self)
{
    struct walk_to *to = self;
    struct json_iter it = json_iter(data);
    const struct json_in *row;
    VEC(struct net_row) list = {0};

    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_insight i;
        enum err err = meta_insight_read(cx, row, &i);
        if (err)
            return err;
        *vec_add(cx->arena, &list) = row_of(&i);
    }
    return to->sink->page(cx,
                          &(struct net_page){.rows = list.at, .n = list.n, .raw = to->last->body},
                          to->sink->self);
}

static struct meta_insights_ask insights_ask(const struct net_link *l,
                                             const struct net_rows_ask *ask)
{
    static const enum meta_level levels[] = {
        [NET_CAMPAIGN] = META_LEVEL_CAMPAIGN,
        [NET_AD_SET] = META_LEVEL_ADSET,
        [NET_AD] = META_LEVEL_AD,
        [NET_ACCOUNT] = META_LEVEL_ACCOUNT,
    };

    return (struct meta_insights_ask){.account = ask->account,
                                      .level = levels[ask->level],
                                      .since = ask->from,
                                      .until = ask->to,
                                      .limit = ask->limit ? ask->limit : l->page_size};
}

static enum err walk_rows(struct ctx *cx, const struct net_link *l, const struct meta_call *call,
                          const struct net_sink *sink, struct net_reply *last)
{
    struct meta m = meta_of_link(l);
    struct meta_reply reply;
    struct walk_to to = {.sink = sink, .last = &reply};
    struct meta_walk walk = {.page = pass_rows, .self = &to};
    enum err err = meta_each_page(cx, &m, call, &walk, &reply);

    *last = reply_of(&reply);
    return err;
}

static enum err rows(struct ctx *cx, const struct net_link *l, const struct net_rows_ask *ask,
                     const struct net_sink *sink, struct net_reply *last)
{
    struct meta_insights_ask insights = insights_ask(l, ask);
    struct meta_call call = meta_call_insights(cx->arena, &insights);

    return walk_rows(cx, l, &call, sink, last);
}

const struct connector meta_connector = {.platform = "meta",
                                         .name = "Meta",
                                         .status_name = meta_account_status,
                                         .accounts = accounts,
                                         .objects = objects,
                                         .rows = rows};
