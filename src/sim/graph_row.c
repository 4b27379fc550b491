/* graph_row.c: how a row of insights is written. */
#include "sim/graph_row.h"

#include "base/money.h"

static const char *const windows[] = {"1d_click", "7d_click", "28d_click", "1d_view"};
enum { CLICK_WINDOWS = 3 };

static bool refuse_breakdowns(struct graph *g)
{
    static const char *const breakdowns[] = {"publisher_platform",
                                             "platform_position",
                                             "impression_device",
                                             "device_platform",
                                             "age",
                                             "gender",
                                             "country",
                                             "region"};
    struct str rest = graph_param(g, "fields"), field;

    while (str_cut(&rest, ',', &field))
        for (size_t i = 0; i < COUNT(breakdowns); i++)
            if (str_eq(str_trim(field), str_of(breakdowns[i])))
                return graph_refuse(g, 400, CODE(100, 0),
                                    "(#100) %s is not valid for fields param; ask for it with "
                                    "breakdowns",
                                    breakdowns[i]);
    return true;
}

/* A JSON list or a comma list; what is not known is left out, as since the end of 7d_view. */
static unsigned read_windows(struct str text)
{
    unsigned bits = 0;
    struct str item;

    while (str_cut(&text, ',', &item)) {
        while (item.len && (*item.ptr == '[' || *item.ptr == '"' || *item.ptr == ' '))
            item = (struct str){item.ptr + 1, item.len - 1};
        while (item.len && (item.ptr[item.len - 1] == ']' || item.ptr[item.len - 1] == '"'))
            item.len--;
        for (size_t i = 0; i < COUNT(windows); i++)
            if (str_eq(item, str_of(windows[i])))
                bits |= 1u << i;
    }
    return bits;
}

/* ---- where an object stands ---- */

struct graph_ads graph_ads_of(const struct world *w, const struct graph_scope *s)
{
    const struct world_adset *last;
    const struct world_campaign *c;

    switch (s->kind) {
    case WORLD_AD:
        return (struct graph_ads){s->index, 1};
    case WORLD_ADSET:
        return (struct graph_ads){w->adsets[s->index].first_ad, w->adsets[s->index].nads};
    case WORLD_CAMPAIGN:
        c = &w->campaigns[s->index];
        last = &w->adsets[c->first_adset + c->nadsets - 1];
        return (struct graph_ads){w->adsets[c->first_adset].first_ad,
                                  last->first_ad + last->nads - w->adsets[c->first_adset].first_ad};
    }
    return (struct graph_ads){w->accounts[s->account].first_ad, w->accounts[s->account].nads};
}

bool graph_object_above(const struct world *w, const struct graph_scope *s, enum world_kind kind,
                        uint32_t *index)
{
    if (!s->kind || !kind || kind > s->kind)
        return false;
    *index = s->index;
    if (kind == s->kind)
        return true;
    if (s->kind == WORLD_AD)
        *index = kind == WORLD_ADSET ? w->ads[s->index].adset : w->ads[s->index].campaign;
    else
        *index = w->adsets[s->index].campaign;
    return true;
}

/* ---- values ---- */

static const struct graph_row *row_in(const struct graph_line *l)
{
    return l->of;
}

static void put_object_id(const struct graph_line *l, enum world_kind kind)
{
    uint32_t index;

    if (graph_object_above(l->g->w, &row_in(l)->of, kind, &index))
        graph_number(l->j, l->key, world_id(l->g->w, kind, index));
}

static void put_object_name(const struct graph_line *l, enum world_kind kind)
{
    uint32_t index;

    if (graph_object_above(l->g->w, &row_in(l)->of, kind, &index))
        graph_text(l->j, l->key, world_name(l->g->w, l->g->arena, kind, index));
}

static void put_campaign_id(const struct graph_line *l)
{
    put_object_id(l, WORLD_CAMPAIGN);
}

static void put_campaign_name(const struct graph_line *l)
{
    put_object_name(l, WORLD_CAMPAIGN);
}

static void put_adset_id(const struct graph_line *l)
{
    put_object_id(l, WORLD_ADSET);
}

static void put_adset_name(const struct graph_line *l)
{
    put_object_name(l, WORLD_ADSET);
}

static void put_ad_id(const struct graph_line *l)
{
    put_object_id(l, WORLD_AD);
}

static void put_ad_name(const struct graph_line *l)
{
    put_object_name(l, WORLD_AD);
}

static const struct world_account *account_in(const struct graph_line *l)
{
    return &l->g->w->accounts[row_in(l)->of.account];
}

static void put_account_id(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->id);
}

static void put_account_name(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->name);
}

static void put_currency(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->currency);
}

static void put_objective(const struct graph_line *l)
{
    uint32_t campaign;

    if (graph_object_above(l->g->w, &row_in(l)->of, WORLD_CAMPAIGN, &campaign))
        graph_text(l->j, l->key, str_of(world_objective(l->g->w, campaign)));
}

/* Days are written with every row, whether they were asked for or not. */
static void put_nothing(const struct graph_line *l)
{
    (void)l;
}

static void put_spend(const struct graph_line *l)
{
    if (row_in(l)->sum.spend_minor)
        graph_decimal(l->j, l->key, row_in(l)->sum.spend_minor, 2);
}

static void count(const struct graph_line *l, int64_t v)
{
    if (v)
        graph_number(l->j, l->key, v);
}

static void put_impressions(const struct graph_line *l)
{
    count(l, row_in(l)->sum.impressions);
}

static void put_reach(const struct graph_line *l)
{
    count(l, row_in(l)->sum.reach);
}

static void put_clicks(const struct graph_line *l)
{
    count(l, row_in(l)->sum.clicks);
}

static void put_link_clicks(const struct graph_line *l)
{
    count(l, row_in(l)->sum.link_clicks);
}

static void put_unique_clicks(const struct graph_line *l)
{
    count(l, row_in(l)->sum.clicks * 9 / 10);
}

/* With six decimals; absent when it is zero or no number. */
static void ratio(const struct graph_line *l, int64_t a, int64_t b)
{
    int64_t micros;

    if (b && ratio_micros(a, b, &micros) && micros)
        graph_decimal(l->j, l->key, micros, 6);
}

static void put_frequency(const struct graph_line *l)
{
    ratio(l, row_in(l)->sum.impressions, row_in(l)->sum.reach);
}

static void put_ctr(const struct graph_line *l)
{
    ratio(l, row_in(l)->sum.clicks * 100, row_in(l)->sum.impressions);
}

static void put_cpc(const struct graph_line *l)
{
    ratio(l, row_in(l)->sum.spend_minor, row_in(l)->sum.clicks * 100);
}

static void put_cpm(const struct graph_line *l)
{
    ratio(l, row_in(l)->sum.spend_minor * 10, row_in(l)->sum.impressions);
}

static void put_cpp(const struct graph_line *l)
{
    ratio(l, row_in(l)->sum.spend_minor * 10, row_in(l)->sum.reach);
}

/* ---- actions ---- */

static void action(const struct graph_line *l, const char *type, int64_t units, int scale)
{
    unsigned asked = row_in(l)->windows;

    if (!units)
        return;
    json_obj(l->j);
    graph_text(l->j, "action_type", str_of(type));
    graph_decimal(l->j, "value", units, scale);
    for (int i = 0; i < CLICK_WINDOWS; i++)
        if (asked & 1u << i)
            graph_decimal(l->j, windows[i], units, scale);
    json_end(l->j);
}

/* A purchase is told under several names; some ads lack the first. */
static void purchases(const struct graph_line *l, int64_t units, int scale)
{
    uint32_t index = row_in(l)->of.index;

    if (index % 7)
        action(l, "omni_purchase", units, scale);
    if (index % 11)
        action(l, "purchase", units, scale);
    action(l, "offsite_conversion.fb_pixel_purchase", units, scale);
}

static bool has_lead_form(const struct graph_line *l)
{
    uint32_t campaign;

    return graph_object_above(l->g->w, &row_in(l)->of, WORLD_CAMPAIGN, &campaign) &&
           str_eq(str_of(world_objective(l->g->w, campaign)), S("OUTCOME_LEADS"));
}

static void put_actions(const struct graph_line *l)
{
    const struct world_delivery *d = &row_in(l)->sum;

    if (!d->link_clicks && !d->leads && !d->purchases)
        return;
    json_key(l->j, l->key);
    json_arr(l->j);
    action(l, "link_click", d->link_clicks, 0);
    action(l, "landing_page_view", d->link_clicks * 3 / 4, 0);
    action(l, "lead", d->leads, 0);
    action(l,
           has_lead_form(l) ? "onsite_conversion.lead_grouped" : "offsite_conversion.fb_pixel_lead",
           d->leads, 0);
    purchases(l, d->purchases, 0);
    json_end(l->j);
}

static void put_action_values(const struct graph_line *l)
{
    if (!row_in(l)->sum.purchase_minor)
        return;
    json_key(l->j, l->key);
    json_arr(l->j);
    purchases(l, row_in(l)->sum.purchase_minor, 2);
    json_end(l->j);
}

/* A list of one. */
static void one_ratio(const struct graph_line *l, const char *type, int64_t a, int64_t b)
{
    int64_t micros;

    if (!a || !b || !ratio_micros(a, b, &micros))
        return;
    json_key(l->j, l->key);
    json_arr(l->j);
    json_obj(l->j);
    graph_text(l->j, "action_type", str_of(type));
    graph_decimal(l->j, "value", micros, 6);
    json_end(l->j);
    json_end(l->j);
}

static void put_roas(const struct graph_line *l)
{
    one_ratio(l, "omni_purchase", row_in(l)->sum.purchase_minor, row_in(l)->sum.spend_minor);
}

static void put_costs(const struct graph_line *l)
{
    one_ratio(l, "lead", row_in(l)->sum.spend_minor, row_in(l)->sum.leads * 100);
}

/* ---- rows ---- */

static const struct graph_column columns[] = {
    {"account_id",            put_account_id,    0},
    {"account_name",          put_account_name,  0},
    {"account_currency",      put_currency,      0},
    {"campaign_id",           put_campaign_id,   0},
    {"campaign_name",         put_campaign_name, 0},
    {"adset_id",              put_adset_id,      0},
    {"adset_name",            put_adset_name,    0},
    {"ad_id",                 put_ad_id,         0},
    {"ad_name",               put_ad_name,       0},
    {"objective",             put_objective,     0},
    {"date_start",            put_nothing,       0},
    {"date_stop",             put_nothing,       0},
    {"spend",                 put_spend,         0},
    {"impressions",           put_impressions,   0},
    {"reach",                 put_reach,         0},
    {"frequency",             put_frequency,     0},
    {"clicks",                put_clicks,        0},
    {"inline_link_clicks",    put_link_clicks,   0},
    {"unique_clicks",         put_unique_clicks, 0},
    {"ctr",                   put_ctr,           0},
    {"cpc",                   put_cpc,           0},
    {"cpm",                   put_cpm,           0},
    {"cpp",                   put_cpp,           0},
    {"actions",               put_actions,       0},
    {"action_values",         put_action_values, 0},
    {"purchase_roas",         put_roas,          0},
    {"cost_per_action_type",  put_costs,         0},
 /* Known to Meta; our rows have no value of them. */
    {"conversions",           put_nothing,       0},
    {"conversion_values",     put_nothing,       0},
    {"website_purchase_roas", put_nothing,       0},
    {"attribution_setting",   put_nothing,       0},
    {"optimization_goal",     put_nothing,       0},
    {"quality_ranking",       put_nothing,       0},
    {"video_play_actions",    put_nothing,       0},
};
static const struct graph_table table = {"AdsInsights", columns, COUNT(columns),
                                         "account_id,impressions,spend", 0};

bool graph_row_format_read(struct graph *g, struct graph_row_format *out)
{
    if (!refuse_breakdowns(g) || !graph_fields_read(g, &table, &out->fields))
        return false;
    out->windows = read_windows(graph_param(g, "action_attribution_windows"));
    return true;
}

static void write_day(struct graph_line *l, const char *key, int64_t day)
{
    graph_text(l->j, key, day_text(l->g->arena, day_from_number(day)));
}

void graph_row_write(struct graph *g, struct json_out *j, const struct graph_row_format *f,
                     const struct graph_row *row)
{
    struct graph_line line = {.g = g, .j = j, .of = row};

    json_obj(j);
    for (size_t i = 0; i < f->fields.n; i++) {
        line.key = f->fields.at[i]->name;
        f->fields.at[i]->write(&line);
    }
    write_day(&line, "date_start", row->from);
    write_day(&line, "date_stop", row->to);
    if (row->by)
        graph_breakdown_write(j, &row->by->slices[row->slice]);
    json_end(j);
}
