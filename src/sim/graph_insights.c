/* graph_insights.c: insights: which rows there are. How one is written: graph_row.c.
 * A row's position is (period, object, slice); cursors hold the position of the row that comes
 * next, so that a page costs what is on it, wherever it lies. */
#include "sim/chance.h"
#include "sim/graph.h"
#include "sim/graph_row.h"

enum { RETENTION_MONTHS = 37, PARTS_KEEP_REACH_DAYS = 395, MOST_PERIODS = 1200 };

struct span {
    int64_t from, to;
};
struct ask {
    struct graph *g;
    const struct graph_scope *scope;
    enum world_kind level; /* 0: account */
    struct graph_row_format format;
    struct graph_filter filter;
    struct graph_page page;
    int64_t since, until; /* as asked for */
    VEC(struct span) periods;
    const struct graph_breakdown *by;
    int64_t nslices; /* rows of one object and period: 1 without a breakdown */
    uint32_t first, nobjects;
    const struct world_ad_day *days; /* of first_known and the days after it */
    int64_t first_known, ndays;
};

/* ---- what is asked for ---- */

static bool read_level(struct ask *a)
{
    struct str level = graph_param(a->g, "level");

    a->level = a->scope->kind;
    if (!level.len)
        return true;
    if (str_eq(level, S("account")) && !a->scope->kind)
        return true;
    if (str_eq(level, S("campaign")) && a->scope->kind <= WORLD_CAMPAIGN)
        a->level = WORLD_CAMPAIGN;
    else if (str_eq(level, S("adset")) && a->scope->kind <= WORLD_ADSET)
        a->level = WORLD_ADSET;
    else if (str_eq(level, S("ad")))
        a->level = WORLD_AD;
    else
        return graph_refuse(a->g, 400, CODE(100, 0),
                            "(#100) level must be one of the following values: account, campaign, "
                            "adset, ad");
    return true;
}

static int64_t account_today(const struct ask *a)
{
    const struct zone *zone = a->g->w->accounts[a->scope->account].zone;

    return day_number(civil_at(zone, a->g->at.now_ms).date);
}

static bool read_range(struct ask *a, struct str json)
{
    const struct json_in *root = NULL;
    struct str since = S(""), until = S("");
    struct date from, to;

    bool is_json = !json_parse(&a->g->rq->cx, json, &root);
    ctx_forgive(&a->g->rq->cx);
    json_as_str(json_get(root, "since"), &since);
    json_as_str(json_get(root, "until"), &until);
    if (!is_json || !day_parse(since, &from) || !day_parse(until, &to))
        return graph_refuse(
            a->g, 400, CODE(100, 0),
            "(#100) time_range must be {'since':'YYYY-MM-DD','until':'YYYY-MM-DD'}");
    a->since = day_number(from);
    a->until = day_number(to);
    return true;
}

static bool read_preset(struct ask *a)
{
    static const struct {
        const char *name;
        int from, to; /* days before today */
    } presets[] = {
        {"today",     0,    0},
        {"yesterday", 1,    1},
        {"last_3d",   3,    1},
        {"last_7d",   7,    1},
        {"last_14d",  14,   1},
        {"last_28d",  28,   1},
        {"last_30d",  30,   1},
        {"last_90d",  90,   1},
        {"maximum",   1100, 0}
    };
    struct str preset = graph_param(a->g, "date_preset");
    int64_t today = account_today(a);

    if (!preset.len)
        preset = S("last_30d");
    if (str_eq(preset, S("this_month"))) {
        a->until = today;
        a->since = today - day_from_number(today).day + 1;
        return true;
    }
    for (size_t i = 0; i < COUNT(presets); i++) {
        if (!str_eq(str_of(presets[i].name), preset))
            continue;
        a->since = today - presets[i].from;
        a->until = today - presets[i].to;
        return true;
    }
    return graph_refuse(a->g, 400, CODE(100, 0), "(#100) date_preset has an unknown value");
}

/* Meta keeps 37 months, counted from the account's today. */
static bool check_range(struct ask *a)
{
    struct date oldest = day_from_number(account_today(a));
    int months = oldest.year * 12 + oldest.month - 1 - RETENTION_MONTHS;

    oldest = (struct date){months / 12, months % 12 + 1, oldest.day < 28 ? oldest.day : 28};
    if (a->since > a->until)
        return graph_refuse(a->g, 400, CODE(100, 0),
                            "(#100) The start date of the time range cannot be after its end date");
    if (a->since < day_number(oldest))
        return graph_refuse(a->g, 400, CODE(100, 3018),
                            "(#3018) The start date of the time range cannot be beyond 37 months "
                            "from the current date");
    return true;
}

static bool read_time(struct ask *a)
{
    struct str range = graph_param(a->g, "time_range");

    if (range.len ? !read_range(a, range) : !read_preset(a))
        return false;
    return check_range(a);
}

static void add_period(struct ask *a, int64_t from, int64_t to)
{
    *vec_add(a->g->arena, &a->periods) = (struct span){from, to < a->until ? to : a->until};
}

static int64_t month_end(int64_t day)
{
    struct date d = day_from_number(day);
    struct date next =
        d.month == 12 ? (struct date){d.year + 1, 1, 1} : (struct date){d.year, d.month + 1, 1};

    return day_number(next) - 1;
}

static bool read_increment(struct ask *a)
{
    struct str text = graph_param(a->g, "time_increment");
    int64_t step = 0;

    if (!text.len || str_eq(text, S("all_days"))) {
        add_period(a, a->since, a->until);
        return true;
    }
    if (str_eq(text, S("monthly"))) {
        for (int64_t day = a->since; day <= a->until; day = month_end(day) + 1)
            add_period(a, day, month_end(day));
        return true;
    }
    if (!str_to_int(text, &step) || step < 1 || step > 90)
        return graph_refuse(a->g, 400, CODE(100, 0),
                            "(#100) time_increment must be 1 to 90, monthly or all_days");
    for (int64_t day = a->since; day <= a->until && a->periods.n < MOST_PERIODS; day += step)
        add_period(a, day, day + step - 1);
    return true;
}

static bool read_breakdowns(struct ask *a)
{
    if (!graph_breakdown_read(a->g, &a->by))
        return false;
    a->nslices = a->by ? (int64_t)a->by->n : 1;
    return true;
}

/* ---- which objects and days there are ---- */

static void find_objects(struct ask *a)
{
    const struct world *w = a->g->w;
    const struct world_account *acc = &w->accounts[a->scope->account];
    struct graph_ads ads = graph_ads_of(w, a->scope);

    a->first = a->scope->index;
    a->nobjects = 1;
    if (a->level == a->scope->kind)
        return;
    if (a->level == WORLD_AD) {
        a->first = ads.first;
        a->nobjects = ads.n;
    } else if (a->level == WORLD_ADSET) {
        bool is_all = !a->scope->kind;
        const struct world_campaign *c = &w->campaigns[a->scope->index];
        a->first = is_all ? acc->first_adset : c->first_adset;
        a->nobjects = is_all ? acc->nadsets : c->nadsets;
    } else {
        a->first = acc->first_campaign;
        a->nobjects = acc->ncampaigns;
    }
}

/* Nothing was delivered before history or after the account's today. */
static void find_days(struct ask *a)
{
    int64_t today = account_today(a), first = a->g->w->first_day;

    a->first_known = a->since > first ? a->since : first;
    a->ndays = (a->until < today ? a->until : today) - a->first_known + 1;
    if (a->ndays <= 0) {
        a->ndays = 0;
        return;
    }
    struct world_ad_day *days =
        arena_alloc(a->g->arena, (size_t)a->ndays * sizeof *days, _Alignof(struct world_ad_day));
    for (int64_t i = 0; i < a->ndays; i++)
        days[i] = world_ad_day(a->g->w, a->scope->account, a->first_known + i, &a->g->at);
    a->days = days;
}

/* ---- rows ---- */

static void add(struct world_delivery *sum, const struct world_delivery *d)
{
    sum->spend_minor += d->spend_minor;
    sum->impressions += d->impressions;
    sum->reach += d->reach;
    sum->clicks += d->clicks;
    sum->link_clicks += d->link_clicks;
    sum->leads += d->leads;
    sum->purchases += d->purchases;
    sum->purchase_minor += d->purchase_minor;
}

/* False when nothing was delivered. Most of those whom several ads or days reached are the same
 * people: the reach of a range is more than its best part's and less than the sum. */
static bool sum_up(const struct ask *a, uint32_t object, const struct span *period,
                   struct world_delivery *out)
{
    struct graph_scope one = {a->scope->account, a->level, object};
    struct graph_ads ads = graph_ads_of(a->g->w, &one);
    int64_t from = period->from - a->first_known, to = period->to - a->first_known, most = 0;
    struct world_delivery d;
    int n = 0;

    *out = (struct world_delivery){0};
    for (int64_t i = from > 0 ? from : 0; i <= to && i < a->ndays; i++)
        for (uint32_t ad = ads.first; ad < ads.first + ads.n; ad++)
            if (world_deliver(a->g->w, ad, &a->days[i], &a->g->at, &d)) {
                add(out, &d);
                most = d.reach > most ? d.reach : most;
                n++;
            }
    out->reach = most + (out->reach - most) * 6 / 10;
    return n > 0;
}

/* Some of the ads' days are only in the totals of what is above them. */
static bool is_hidden(const struct ask *a, uint32_t ad, int64_t day)
{
    int64_t percent = sim_switch_of(a->g->sim, SIM_HIDE_ROWS);

    return percent > 0 && a->level == WORLD_AD &&
           (int64_t)(chance(a->g->w->seed, CHANCE_RESTATE, ad, (uint64_t)day) % 100) < percent;
}

static bool passes(const struct ask *a, uint32_t object)
{
    const struct graph_filter *f = &a->filter;
    struct graph_scope one = {a->scope->account, a->level, object};
    uint32_t index;

    if (f->has_statuses) {
        enum world_kind kind = f->status_of ? f->status_of : a->level;
        if (graph_object_above(a->g->w, &one, kind, &index) &&
            !graph_filter_status(f, world_status(a->g->w, kind, index, false)))
            return false;
    }
    if (f->has_ids) {
        enum world_kind kind = f->id_of ? f->id_of : a->level;
        if (graph_object_above(a->g->w, &one, kind, &index) &&
            !graph_filter_id(f, a->g->arena, world_id(a->g->w, kind, index)))
            return false;
    }
    return true;
}

static bool row_at(const struct ask *a, int64_t position, struct graph_row *row)
{
    int64_t object = position / a->nslices % a->nobjects;
    const struct span *period = &a->periods.at[position / a->nslices / a->nobjects];

    row->of = (struct graph_scope){a->scope->account, a->level, a->first + (uint32_t)object};
    row->from = period->from;
    row->to = period->to;
    row->by = a->by;
    row->slice = (size_t)(position % a->nslices);
    if (!passes(a, row->of.index) || is_hidden(a, row->of.index, row->from) ||
        !sum_up(a, row->of.index, period, &row->sum))
        return false;
    if (row->by)
        row->sum = graph_breakdown_part(row->by, &row->sum, row->slice);
    if (row->by && !row->sum.impressions)
        return false;
    if (row->by && row->to < account_today(a) - PARTS_KEEP_REACH_DAYS)
        row->sum.reach = 0; /* then its key is left out */
    return row->sum.spend_minor > a->filter.spend_above;
}

/* More rows than a call may ask for are for reports. */
static bool check_size(const struct ask *a)
{
    int64_t most = sim_switch_of(a->g->sim, SIM_MOST_ROWS), n = 0;
    int64_t end = (int64_t)a->periods.n * a->nobjects * a->nslices;
    struct graph_row row;

    for (int64_t p = 0; most > 0 && !a->g->is_report && p < end && n <= most; p++)
        n += row_at(a, p, &row);
    if (most <= 0 || n <= most)
        return true;
    return graph_refuse(a->g, 400, CODE(100, 1487534),
                        "(#100) The query asks for too many rows; make it smaller or asynchronous");
}

static enum err write_page(struct ask *a)
{
    struct graph *g = a->g;
    int64_t end = (int64_t)a->periods.n * a->nobjects * a->nslices;
    int64_t begin = -1, next = -1, n = 0, room = a->page.limit < 1000 ? a->page.limit : 1000;
    struct json_out *j = json_out_new(&g->rq->cx, (size_t)room * 900 + 1024);
    struct graph_row row = {.windows = a->format.windows};

    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    for (int64_t p = a->page.from; p < end && next < 0; p++) {
        if (!row_at(a, p, &row))
            continue;
        if (n == a->page.limit) {
            next = p;
            continue;
        }
        begin = n++ ? begin : p;
        graph_row_write(g, j, &a->format, &row);
    }
    return graph_page_end(g, j, begin, next);
}

static bool read_ask(struct ask *a)
{
    struct graph *g = a->g;

    return read_level(a) && graph_row_format_read(g, &a->format) &&
           graph_filter_read(g, &a->filter) && graph_page_read(g, &a->page) && read_time(a) &&
           read_increment(a) && read_breakdowns(a);
}

bool graph_insights_check(struct graph *g, const struct graph_scope *scope)
{
    struct ask a = {.g = g, .scope = scope};

    return read_ask(&a);
}

enum err graph_insights(struct graph *g, const struct graph_scope *scope)
{
    struct ask a = {.g = g, .scope = scope};

    if (!read_ask(&a))
        return OK;
    find_objects(&a);
    find_days(&a);
    return check_size(&a) ? write_page(&a) : OK;
}
