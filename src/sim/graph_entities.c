/* graph_entities.c: campaigns, ad sets and ads, as the fake Graph API shows them. */
#include "sim/graph.h"

struct thing { /* one of them */
    enum world_kind kind;
    uint32_t index, campaign, adset;
    const struct world_account *account;
    int64_t first_day, last_day;
};

static struct thing thing_at(const struct world *w, enum world_kind kind, uint32_t index)
{
    struct thing t = {.kind = kind, .index = index, .campaign = index};

    if (kind == WORLD_AD) {
        t.adset = w->ads[index].adset;
        t.campaign = w->ads[index].campaign;
    } else if (kind == WORLD_ADSET) {
        t.adset = index;
        t.campaign = w->adsets[index].campaign;
    }
    const struct world_campaign *c = &w->campaigns[t.campaign];
    t.account = &w->accounts[c->account];
    t.first_day = kind == WORLD_AD ? w->ads[index].first_day : c->first_day;
    t.last_day = kind == WORLD_AD ? w->ads[index].last_day : c->last_day;
    return t;
}

static const struct thing *thing_in(const struct graph_line *l)
{
    return l->of;
}

static int64_t day_start(const struct thing *t, int64_t day)
{
    return instant_of(t->account->zone, day_from_number(day), 0, 0);
}

static int64_t updated_at(const struct world *w, const struct thing *t)
{
    int64_t day = t->last_day < w->today ? t->last_day + 1 : t->first_day + 2;

    return day_start(t, day < w->today ? day : w->today) + (int64_t)(t->index % 86400) * 1000;
}

static void put_id(const struct graph_line *l)
{
    const struct thing *t = thing_in(l);

    graph_number(l->j, l->key, world_id(l->g->w, t->kind, t->index));
}

static void put_name(const struct graph_line *l)
{
    const struct thing *t = thing_in(l);

    graph_text(l->j, l->key, world_name(l->g->w, l->g->arena, t->kind, t->index));
}

static void put_own_status(const struct graph_line *l)
{
    const struct thing *t = thing_in(l);

    graph_text(l->j, l->key, str_of(world_status(l->g->w, t->kind, t->index, true)));
}

static void put_effective_status(const struct graph_line *l)
{
    const struct thing *t = thing_in(l);

    graph_text(l->j, l->key, str_of(world_status(l->g->w, t->kind, t->index, false)));
}

static void put_account(const struct graph_line *l)
{
    graph_text(l->j, l->key, thing_in(l)->account->id);
}

static void put_campaign(const struct graph_line *l)
{
    graph_number(l->j, l->key, world_id(l->g->w, WORLD_CAMPAIGN, thing_in(l)->campaign));
}

static void put_adset(const struct graph_line *l)
{
    graph_number(l->j, l->key, world_id(l->g->w, WORLD_ADSET, thing_in(l)->adset));
}

/* "2026-02-01T00:00:00+0500" */
static void put_time(const struct graph_line *l, int64_t at_ms)
{
    const struct zone *zone = thing_in(l)->account->zone;
    struct civil c = civil_at(zone, at_ms);
    int offset = zone_offset_s(zone, at_ms) / 60, size = offset < 0 ? -offset : offset;

    graph_text(l->j, l->key,
               arena_fmt(l->g->arena, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d%02d", c.date.year,
                         c.date.month, c.date.day, c.hour, c.minute, c.second,
                         offset < 0 ? '-' : '+', size / 60, size % 60));
}

static void put_start(const struct graph_line *l)
{
    put_time(l, day_start(thing_in(l), thing_in(l)->first_day));
}

static void put_created(const struct graph_line *l)
{
    put_time(l, day_start(thing_in(l), thing_in(l)->first_day) - 20331000);
}

static void put_updated(const struct graph_line *l)
{
    put_time(l, updated_at(l->g->w, thing_in(l)));
}

static void put_stop(const struct graph_line *l)
{
    if (thing_in(l)->last_day < l->g->w->today)
        put_time(l, day_start(thing_in(l), thing_in(l)->last_day + 1));
}

/* Every second campaign holds its budget itself; of the others the ad sets do. */
static void put_budget(const struct graph_line *l)
{
    const struct thing *t = thing_in(l);
    uint32_t last = t->account->first_campaign + t->account->ncampaigns - 1;
    uint32_t side_by_side = t->account->ncampaigns / (l->g->w->campaigns[last].generation + 1u);
    int64_t budget = t->account->daily_minor * 12 / 10 / side_by_side;

    if ((t->campaign % 2 == 0) == (t->kind == WORLD_CAMPAIGN))
        graph_number(l->j, l->key, budget / (t->kind == WORLD_ADSET ? 2 : 1));
    else if (t->index % 5 == 0)
        graph_text(l->j, l->key, S("0")); /* now and then "not set here" is said so */
}

static void put_objective(const struct graph_line *l)
{
    graph_text(l->j, l->key, str_of(world_objective(l->g->w, thing_in(l)->campaign)));
}

static void put_bid(const struct graph_line *l)
{
    graph_text(l->j, l->key, S("LOWEST_COST_WITHOUT_CAP"));
}

static void put_buying(const struct graph_line *l)
{
    graph_text(l->j, l->key, S("AUCTION"));
}

static void put_goal(const struct graph_line *l)
{
    struct str objective = str_of(world_objective(l->g->w, thing_in(l)->campaign));
    struct str goal = S("LINK_CLICKS");

    if (str_eq(objective, S("OUTCOME_LEADS")))
        goal = S("LEAD_GENERATION");
    else if (str_eq(objective, S("OUTCOME_SALES")))
        goal = S("OFFSITE_CONVERSIONS");
    else if (str_eq(objective, S("MESSAGES")))
        goal = S("CONVERSATIONS");
    graph_text(l->j, l->key, goal);
}

static void put_billing(const struct graph_line *l)
{
    graph_text(l->j, l->key, S("IMPRESSIONS"));
}

static void put_targeting(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_raw(l->j, S("{\"age_min\":25,\"age_max\":44,\"geo_locations\":{\"countries\":[\"KZ\"]}}"));
}

static void put_attribution(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_raw(l->j, S("[{\"event_type\":\"CLICK_THROUGH\",\"window_days\":7}]"));
}

static void put_nothing(const struct graph_line *l)
{
    (void)l; /* Meta knows the field; these have no value of it */
}

static struct str url_tags(const struct graph_line *l)
{
    const struct world *w = l->g->w;
    uint32_t account = w->ads[thing_in(l)->index].account;
    int team = world_team_of(w, account, w->today);
    struct str tag = team == WORLD_NOBODY ? S("facebook") : w->teams[team].tags[0];

    return arena_fmt(l->g->arena,
                     "utm_source=%.*s&utm_medium=cpc&utm_campaign={{campaign.id}}"
                     "&utm_content={{ad.id}}&utm_term={{adset.name}}",
                     STR_FMT(tag));
}

static void put_creative(const struct graph_line *l)
{
    struct str wanted = l->sub, name;
    uint32_t ad = thing_in(l)->index;

    json_key(l->j, l->key);
    json_obj(l->j);
    graph_number(l->j, "id", world_id(l->g->w, WORLD_AD, ad) + 1);
    while (str_cut(&wanted, ',', &name)) {
        if (str_eq(name, S("url_tags")))
            graph_text(l->j, "url_tags", url_tags(l));
        else if (str_eq(name, S("effective_object_story_id")))
            graph_text(l->j, "effective_object_story_id",
                       arena_fmt(l->g->arena, "102858741624226_%u", 1000000 + ad));
        else if (str_eq(name, S("thumbnail_url")))
            graph_text(
                l->j, "thumbnail_url",
                arena_fmt(l->g->arena, "%s/_fake/thumbnail/%u.png", l->g->sim->root_url, ad));
    }
    json_end(l->j);
}

#define BIT(kind) (1u << (kind))
#define GROUPS (BIT(WORLD_CAMPAIGN) | BIT(WORLD_ADSET))
#define PARTS (BIT(WORLD_ADSET) | BIT(WORLD_AD))
static const struct graph_column columns[] = {
    {"id",                put_id,               0                  },
    {"name",              put_name,             0                  },
    {"status",            put_own_status,       0                  },
    {"configured_status", put_own_status,       0                  },
    {"effective_status",  put_effective_status, 0                  },
    {"account_id",        put_account,          0                  },
    {"created_time",      put_created,          0                  },
    {"updated_time",      put_updated,          0                  },
    {"campaign_id",       put_campaign,         PARTS              },
    {"adset_id",          put_adset,            BIT(WORLD_AD)      },
    {"creative",          put_creative,         BIT(WORLD_AD)      },
    {"daily_budget",      put_budget,           GROUPS             },
    {"budget_remaining",  put_budget,           GROUPS             },
    {"lifetime_budget",   put_nothing,          GROUPS             },
    {"bid_strategy",      put_bid,              GROUPS             },
    {"start_time",        put_start,            GROUPS             },
    {"stop_time",         put_stop,             BIT(WORLD_CAMPAIGN)},
    {"objective",         put_objective,        BIT(WORLD_CAMPAIGN)},
    {"buying_type",       put_buying,           BIT(WORLD_CAMPAIGN)},
    {"end_time",          put_stop,             BIT(WORLD_ADSET)   },
    {"optimization_goal", put_goal,             BIT(WORLD_ADSET)   },
    {"billing_event",     put_billing,          BIT(WORLD_ADSET)   },
    {"targeting",         put_targeting,        BIT(WORLD_ADSET)   },
    {"attribution_spec",  put_attribution,      BIT(WORLD_ADSET)   },
    {"promoted_object",   put_nothing,          BIT(WORLD_ADSET)   },
};

static struct graph_table table_of(enum world_kind kind)
{
    static const char *const nodes[] = {"", "Campaign", "AdSet", "Ad"};

    return (struct graph_table){nodes[kind], columns, COUNT(columns), "id", BIT(kind)};
}

enum err graph_entity_node(struct graph *g, enum world_kind kind, uint32_t index)
{
    struct graph_table table = table_of(kind);
    struct graph_fields fields;
    struct thing t = thing_at(g->w, kind, index);
    struct json_out *j = json_out_new(&g->rq->cx, 1024);

    if (!graph_fields_read(g, &table, &fields))
        return OK;
    graph_fields_write(g, j, &fields, &t);
    return resp_json(g->rs, j);
}

/* The thing itself, or that parent of it which a filter speaks of. */
static uint32_t seen_as(const struct thing *t, enum world_kind kind)
{
    if (kind == t->kind)
        return t->index;
    return kind == WORLD_CAMPAIGN ? t->campaign : t->adset;
}

static bool is_listed(struct graph *g, const struct thing *t, const struct graph_filter *f)
{
    enum world_kind status_of = f->status_of && f->status_of < t->kind ? f->status_of : t->kind;
    enum world_kind id_of = f->id_of && f->id_of < t->kind ? f->id_of : t->kind;

    if (!graph_filter_status(f, world_status(g->w, status_of, seen_as(t, status_of), false)) ||
        !graph_filter_id(f, g->arena, world_id(g->w, id_of, seen_as(t, id_of))))
        return false;
    return f->updated_after < 0 || updated_at(g->w, t) / 1000 > f->updated_after;
}

enum err graph_entities(struct graph *g, uint32_t account, enum world_kind kind)
{
    const struct world_account *a = &g->w->accounts[account];
    const uint32_t first[] = {0, a->first_campaign, a->first_adset, a->first_ad};
    const uint32_t count[] = {0, a->ncampaigns, a->nadsets, a->nads};
    struct graph_table table = table_of(kind);
    struct graph_fields fields;
    struct graph_filter filter;
    struct graph_page page;
    int64_t begin = -1, next = -1, n = 0;

    if (!graph_fields_read(g, &table, &fields) || !graph_filter_read(g, &filter) ||
        !graph_page_read(g, &page))
        return OK;
    struct json_out *j = json_out_new(&g->rq->cx, 64 << 10);
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    for (int64_t i = page.from; i < count[kind] && next < 0; i++) {
        struct thing t = thing_at(g->w, kind, first[kind] + (uint32_t)i);
        if (!is_listed(g, &t, &filter))
            continue;
        if (n == page.limit) {
            next = i;
            continue;
        }
        begin = n++ ? begin : i;
        graph_fields_write(g, j, &fields, &t);
    }
    return graph_page_end(g, j, begin, next);
}
