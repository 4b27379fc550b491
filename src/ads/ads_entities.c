/* ads_entities.c: campaigns, ad sets and ads: the names behind the numbers. */
#include "ads/ads_inside.h"
#include "ads/facts.sql.h"

static enum err load_map(struct tx *tx, const struct query *q, struct entity_maps *m,
                         struct map *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, q, ARGS(a_int("account_id", m->account_id)), &rows));
    while (rows_next(rows))
        map_put(m->arena, out, arena_str(m->arena, col_str(rows, "external_id")),
                col_int(rows, "id"));
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err entities_load(struct tx *tx, struct entity_maps *m)
{
    enum err err;

    TRY(load_map(tx, &q_facts_campaigns, m, &m->campaigns));
    TRY(load_map(tx, &q_facts_ad_sets, m, &m->ad_sets));
    TRY(load_map(tx, &q_facts_ads, m, &m->ads));
out:
    return err;
}

static struct arg a_maybe(const char *name, struct maybe_int v)
{
    return v.known ? a_int(name, v.v) : a_null(name);
}

static struct str name_of(const struct net_entity *e)
{
    return e->name.len ? e->name : e->id;
}

static struct str status_of(const struct net_entity *e)
{
    return e->effective_status.len ? e->effective_status : e->status;
}

static enum err put_campaign(struct tx *tx, struct entity_maps *m, const struct net_entity *e)
{
    enum err err;
    int64_t id;
    struct arg args[] = {a_str("name", name_of(e)),
                         a_opt("objective", e->objective),
                         a_opt("status", status_of(e)),
                         a_opt("effective_status", e->effective_status),
                         a_opt("buying_type", e->buying_type),
                         a_opt("bid_strategy", e->bid_strategy),
                         a_maybe("daily_budget_micros", e->daily_budget_micros),
                         a_maybe("lifetime_budget_micros", e->lifetime_budget_micros),
                         a_maybe("start_at", e->start_at),
                         a_maybe("stop_at", e->stop_at),
                         a_int("at", now_ms(tx_ctx(tx))),
                         a_int("account_id", m->account_id),
                         a_str("external_id", e->id)};

    if (map_get(&m->campaigns, e->id, &id)) {
        args[COUNT(args) - 2] = a_int("id", id);
        return db_exec(tx, &q_facts_campaign_update, args, COUNT(args) - 1, NULL);
    }
    TRY(db_get_int(tx, &q_facts_campaign_insert, args, COUNT(args), &id, NULL));
    map_put(m->arena, &m->campaigns, arena_str(m->arena, e->id), id);
out:
    return err;
}

static enum err put_ad_set(struct tx *tx, struct entity_maps *m, const struct net_entity *e)
{
    enum err err;
    int64_t id, campaign_id;
    struct arg args[] = {a_str("name", name_of(e)),
                         a_opt("status", status_of(e)),
                         a_opt("effective_status", e->effective_status),
                         a_opt("optimization_goal", e->optimization_goal),
                         a_opt("billing_event", e->billing_event),
                         a_opt("targeting", e->targeting),
                         a_maybe("daily_budget_micros", e->daily_budget_micros),
                         a_maybe("lifetime_budget_micros", e->lifetime_budget_micros),
                         a_maybe("start_at", e->start_at),
                         a_maybe("stop_at", e->stop_at),
                         a_int("at", now_ms(tx_ctx(tx))),
                         a_int("account_id", m->account_id),
                         a_str("external_id", e->id),
                         a_null("campaign_id")};

    if (map_get(&m->ad_sets, e->id, &id)) {
        args[COUNT(args) - 3] = a_int("id", id);
        return db_exec(tx, &q_facts_ad_set_update, args, COUNT(args) - 2, NULL);
    }
    if (!map_get(&m->campaigns, e->campaign_id, &campaign_id))
        return OK;
    args[COUNT(args) - 1] = a_int("campaign_id", campaign_id);
    TRY(db_get_int(tx, &q_facts_ad_set_insert, args, COUNT(args), &id, NULL));
    map_put(m->arena, &m->ad_sets, arena_str(m->arena, e->id), id);
out:
    return err;
}

static enum err put_ad(struct tx *tx, struct entity_maps *m, const struct net_entity *e)
{
    enum err err;
    int64_t id, campaign_id, ad_set_id;
    struct arg args[] = {a_str("name", name_of(e)),
                         a_opt("status", status_of(e)),
                         a_opt("effective_status", e->effective_status),
                         a_opt("url_tags", e->url_tags),
                         a_opt("creative_id", e->creative_id),
                         a_opt("creative", e->creative),
                         a_opt("thumbnail_url", e->thumbnail_url),
                         a_int("at", now_ms(tx_ctx(tx))),
                         a_int("account_id", m->account_id),
                         a_str("external_id", e->id),
                         a_null("campaign_id"),
                         a_null("ad_set_id")};

    if (map_get(&m->ads, e->id, &id)) {
        args[COUNT(args) - 4] = a_int("id", id);
        return db_exec(tx, &q_facts_ad_update, args, COUNT(args) - 3, NULL);
    }
    if (!map_get(&m->campaigns, e->campaign_id, &campaign_id) ||
        !map_get(&m->ad_sets, e->adset_id, &ad_set_id))
        return OK;
    args[COUNT(args) - 2] = a_int("campaign_id", campaign_id);
    args[COUNT(args) - 1] = a_int("ad_set_id", ad_set_id);
    TRY(db_get_int(tx, &q_facts_ad_insert, args, COUNT(args), &id, NULL));
    map_put(m->arena, &m->ads, arena_str(m->arena, e->id), id);
out:
    return err;
}

enum err entity_put(struct tx *tx, struct entity_maps *m, enum net_level level,
                    const struct net_entity *e)
{
    switch (level) {
    case NET_CAMPAIGN:
        return put_campaign(tx, m, e);
    case NET_AD_SET:
        return put_ad_set(tx, m, e);
    case NET_AD:
        return put_ad(tx, m, e);
    case NET_ACCOUNT:
        break;
    }
    return tx_fail(tx, ERR_BUG, "no such level");
}

enum err entity_of_row(struct tx *tx, struct entity_maps *m, const struct net_row *row,
                       int64_t *ad_id)
{
    enum err err;
    int64_t known;
    struct net_entity campaign = {.id = row->campaign_id, .name = row->campaign_name};
    struct net_entity ad_set = {
        .id = row->adset_id, .name = row->adset_name, .campaign_id = row->campaign_id};
    struct net_entity ad = {.id = row->ad_id,
                            .name = row->ad_name,
                            .campaign_id = row->campaign_id,
                            .adset_id = row->adset_id};

    if (map_get(&m->ads, row->ad_id, ad_id))
        return OK;
    if (!row->campaign_id.len || !row->adset_id.len || !row->ad_id.len)
        return tx_fail(tx, ERR_UPSTREAM, "an insights row names no ad, ad set or campaign");
    if (!map_get(&m->campaigns, row->campaign_id, &known))
        TRY(put_campaign(tx, m, &campaign));
    if (!map_get(&m->ad_sets, row->adset_id, &known))
        TRY(put_ad_set(tx, m, &ad_set));
    TRY(put_ad(tx, m, &ad));
    if (!map_get(&m->ads, row->ad_id, ad_id))
        err = tx_fail(tx, ERR_BUG, "an ad was not made");
out:
    return err;
}
