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
    struct str currency;                 /* of objects' budgets */
    const struct meta_insights_ask *ask; /* that rows answer */
    struct str role;                     /* of accounts */
};

static enum err pass(struct ctx *cx, const struct walk_to *to, struct net_page page)
{
    page.raw = meta_raw_rows(to->last->body);
    return to->sink->page(cx, &page, to->sink->self);
}

/* ---- accounts ---- */

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
        *vec_add(cx->arena, &list) = (struct net_account){
            .id = a.id,
            .name = a.name,
            .currency = a.currency,
            .tz = a.timezone_name,
            .role = to->role,
            .business = a.business_name.len ? a.business_name : a.business_id,
            .status = a.status,
            .amount_spent_micros = a.amount_spent_micros,
            .balance_micros = a.balance_micros,
            .spend_cap_micros = a.spend_cap_micros,
            .disable_reason = a.disable_reason,
        };
    }
    return pass(cx, to, (struct net_page){.accounts = list.at, .n = list.n});
}

static enum err list_accounts(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                              struct walk_to *to, struct meta_reply *reply)
{
    struct meta_walk walk = {.page = pass_accounts, .self = to};

    to->last = reply;
    return meta_each_page(cx, m, call, &walk, reply);
}

struct business_list {
    struct arena *arena;
    VEC(struct str) ids;
};

static enum err take_businesses(struct ctx *cx, const struct json_in *data, void *self)
{
    struct business_list *list = self;
    struct json_iter it = json_iter(data);
    const struct json_in *row;

    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_user business;
        enum err err = meta_user_read(cx, row, &business);
        if (err)
            return err;
        *vec_add(list->arena, &list->ids) = arena_str(list->arena, business.id);
    }
    return OK;
}

/* Not every token may see businesses, and not every server has them: what it opens directly is
 * enough then. */
static bool is_without(const struct meta_reply *r)
{
    return r->class == META_BUG || r->class == META_PERMISSION || r->class == META_RETRY;
}

static enum err business_accounts(struct ctx *cx, const struct net_link *l,
                                  const struct net_sink *sink, struct meta_reply *reply)
{
    enum err err;
    struct meta m = meta_of_link(l);
    struct business_list list = {.arena = cx->arena};
    struct meta_walk walk = {.page = take_businesses, .self = &list};
    struct meta_call call = meta_call_businesses(l->page_size);

    err = meta_each_page(cx, &m, &call, &walk, reply);
    for (size_t i = 0; !err && i < list.ids.n * 2; i++) {
        struct str id = list.ids.at[i / 2];
        struct walk_to to = {.sink = sink, .role = i % 2 ? S("client") : S("owned")};
        call = i % 2 ? meta_call_client_accounts(cx->arena, id, l->page_size)
                     : meta_call_owned_accounts(cx->arena, id, l->page_size);
        err = list_accounts(cx, &m, &call, &to, reply);
        if (err && is_without(reply)) {
            ctx_forgive(cx);
            err = OK;
        }
    }
    return err;
}

static enum err accounts(struct ctx *cx, const struct net_link *l, const struct net_sink *sink,
                         struct net_reply *last)
{
    enum err err;
    struct meta m = meta_of_link(l);
    struct meta_reply direct, reply;
    struct walk_to to = {.sink = sink, .role = S("direct")};
    struct meta_call call = meta_call_accounts(l->page_size);

    err = list_accounts(cx, &m, &call, &to, &direct);
    *last = reply_of(&direct);
    if (err)
        return err;
    err = business_accounts(cx, l, sink, &reply);
    if (err && is_without(&reply)) {
        ctx_forgive(cx);
        return OK;
    }
    *last = reply_of(err ? &reply : &direct);
    return err;
}

/* ---- objects ---- */

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
                               .billing_event = e->billing_event,
                               .targeting = e->targeting,
                               .creative = e->creative,
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
    return pass(cx, to, (struct net_page){.entities = list.at, .n = list.n});
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

/* ---- rows ---- */

static struct net_row row_of(const struct meta_insight *i)
{
    return (struct net_row){.day = i->day,
                            .value = i->breakdown,
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
        enum err err = meta_insight_read_as(cx, row, to->ask, &i);
        if (err)
            return err;
        *vec_add(cx->arena, &list) = row_of(&i);
    }
    return pass(cx, to, (struct net_page){.rows = list.at, .n = list.n});
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
    static const enum meta_breakdown breakdowns[] = {
        [NET_WHOLE] = META_WHOLE,
        [NET_PLACEMENT] = META_PLACEMENT,
        [NET_DEVICE] = META_DEVICE,
    };

    return (struct meta_insights_ask){.account = ask->account,
                                      .level = levels[ask->level],
                                      .since = ask->from,
                                      .until = ask->to,
                                      .limit = ask->limit ? ask->limit : l->page_size,
                                      .breakdown = breakdowns[ask->split],
                                      .whole_range = ask->is_one_period,
                                      .is_lean = ask->is_lean,
                                      .within = META_LEVEL_CAMPAIGN,
                                      .ids = &ask->campaign,
                                      .nids = ask->campaign.len > 0};
}

struct rows_walk {
    const struct meta_call *call;
    const struct meta_insights_ask *ask;
};

static enum err walk_rows(struct ctx *cx, const struct net_link *l, const struct rows_walk *w,
                          const struct net_sink *sink, struct net_reply *last)
{
    struct meta m = meta_of_link(l);
    struct meta_reply reply;
    struct walk_to to = {.sink = sink, .last = &reply, .ask = w->ask};
    struct meta_walk walk = {.page = pass_rows, .self = &to};
    enum err err = meta_each_page(cx, &m, w->call, &walk, &reply);

    *last = reply_of(&reply);
    return err;
}

static enum err rows(struct ctx *cx, const struct net_link *l, const struct net_rows_ask *ask,
                     const struct net_sink *sink, struct net_reply *last)
{
    struct meta_insights_ask insights = insights_ask(l, ask);
    struct meta_call call = meta_call_insights(cx->arena, &insights);

    return walk_rows(cx, l, &(struct rows_walk){&call, &insights}, sink, last);
}

/* ---- reports ---- */

static enum err run_start(struct ctx *cx, const struct net_link *l, struct net_run *run,
                          struct net_reply *last)
{
    struct meta m = meta_of_link(l);
    struct meta_insights_ask ask = insights_ask(l, &run->ask);
    struct meta_reply reply = {.class = META_BUG};
    enum err err = meta_report_start(cx, &m, &ask, &run->id, &reply);

    *last = reply_of(&reply);
    run->state = NET_RUN_WAITING;
    return err;
}

static enum err run_poll(struct ctx *cx, const struct net_link *l, struct net_run *run,
                         struct net_reply *last)
{
    static const enum net_run_state states[] = {
        [META_REPORT_UNSEEN] = NET_RUN_WAITING,  [META_REPORT_WAITING] = NET_RUN_WAITING,
        [META_REPORT_RUNNING] = NET_RUN_WAITING, [META_REPORT_DONE] = NET_RUN_READY,
        [META_REPORT_FAILED] = NET_RUN_FAILED,   [META_REPORT_EXPIRED] = NET_RUN_GONE,
    };
    struct meta m = meta_of_link(l);
    struct meta_report report = {.state = META_REPORT_UNSEEN};
    struct meta_reply reply = {.class = META_BUG};
    enum err err = meta_report_poll(cx, &m, run->id, &report, &reply);

    *last = reply_of(&reply);
    run->state = states[report.state];
    run->is_unseen = report.state == META_REPORT_UNSEEN;
    run->percent = report.percent;
    run->class = class_of(report.class);
    run->message = report.message;
    return err;
}

static enum err run_rows(struct ctx *cx, const struct net_link *l, const struct net_run *run,
                         const struct net_sink *sink, struct net_reply *last)
{
    struct meta_insights_ask insights = insights_ask(l, &run->ask);
    struct meta_call call = meta_call_report_rows(cx->arena, run->id, insights.limit);

    return walk_rows(cx, l, &(struct rows_walk){&call, &insights}, sink, last);
}

const struct connector meta_connector = {.platform = "meta",
                                         .name = "Meta",
                                         .status_name = meta_account_status,
                                         .accounts = accounts,
                                         .objects = objects,
                                         .rows = rows,
                                         .run_start = run_start,
                                         .run_poll = run_poll,
                                         .run_rows = run_rows};
