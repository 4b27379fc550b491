/* graph_leads.c: what people left in Lead Ads forms.
 * Lists go from the newest to the oldest; a position counts backwards over (day, ad, k). */
#include "sim/graph.h"

enum { KEPT_DAYS = 90 };

struct lead {
    struct world_form_lead l;
    struct world_form_answers answers;
};

static const struct lead *lead_in(const struct graph_line *l)
{
    return l->of;
}

static void put_id(const struct graph_line *l)
{
    graph_number(l->j, l->key, lead_in(l)->l.id);
}

static void put_created(const struct graph_line *l)
{
    struct str at = rfc3339(l->g->arena, lead_in(l)->l.created_ms);

    at.len = 19; /* 2026-02-03T05:00:00 */
    graph_text(l->j, l->key, arena_fmt(l->g->arena, "%.*s+0000", STR_FMT(at)));
}

static void put_object(const struct graph_line *l, enum world_kind kind, bool is_name)
{
    const struct world *w = l->g->w;
    const struct world_ad *ad = &w->ads[lead_in(l)->l.ad];
    uint32_t index = kind == WORLD_CAMPAIGN ? ad->campaign
                     : kind == WORLD_ADSET  ? ad->adset
                                            : lead_in(l)->l.ad;

    if (lead_in(l)->l.is_organic)
        return;
    if (is_name)
        graph_text(l->j, l->key, world_name(w, l->g->arena, kind, index));
    else
        graph_number(l->j, l->key, world_id(w, kind, index));
}

static void put_ad_id(const struct graph_line *l)
{
    put_object(l, WORLD_AD, false);
}

static void put_ad_name(const struct graph_line *l)
{
    put_object(l, WORLD_AD, true);
}

static void put_adset_id(const struct graph_line *l)
{
    put_object(l, WORLD_ADSET, false);
}

static void put_adset_name(const struct graph_line *l)
{
    put_object(l, WORLD_ADSET, true);
}

static void put_campaign_id(const struct graph_line *l)
{
    put_object(l, WORLD_CAMPAIGN, false);
}

static void put_campaign_name(const struct graph_line *l)
{
    put_object(l, WORLD_CAMPAIGN, true);
}

static void put_form(const struct graph_line *l)
{
    graph_text(l->j, l->key, world_form_id(l->g->arena, lead_in(l)->l.team));
}

static void put_organic(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_bool(l->j, lead_in(l)->l.is_organic);
}

static void put_platform(const struct graph_line *l)
{
    graph_text(l->j, l->key, lead_in(l)->l.id % 3 ? S("ig") : S("fb"));
}

static void answer(struct json_out *j, const char *name, struct str value)
{
    if (!value.len)
        return;
    json_obj(j);
    graph_text(j, "name", str_of(name));
    json_key(j, "values");
    json_arr(j);
    json_str(j, value);
    json_end(j);
    json_end(j);
}

static void put_fields(const struct graph_line *l)
{
    const struct world_form_answers *a = &lead_in(l)->answers;

    json_key(l->j, l->key);
    json_arr(l->j);
    answer(l->j, "full_name", a->full_name);
    answer(l->j, "phone_number", a->phone);
    answer(l->j, "email", a->email);
    answer(l->j, "ваш_город", a->city);
    json_end(l->j);
}

static const struct graph_column columns[] = {
    {"id",            put_id,            0},
    {"created_time",  put_created,       0},
    {"ad_id",         put_ad_id,         0},
    {"ad_name",       put_ad_name,       0},
    {"adset_id",      put_adset_id,      0},
    {"adset_name",    put_adset_name,    0},
    {"campaign_id",   put_campaign_id,   0},
    {"campaign_name", put_campaign_name, 0},
    {"form_id",       put_form,          0},
    {"is_organic",    put_organic,       0},
    {"platform",      put_platform,      0},
    {"field_data",    put_fields,        0},
};
static const struct graph_table table = {"Lead", columns, COUNT(columns),
                                         "created_time,id,field_data", 0};

/* Leads that are there and young enough, for those who may read this page's. */
static bool is_open(struct graph *g, const struct world_form_lead *l)
{
    int64_t age = g->at.now_ms - l->created_ms;

    return age >= 0 && age < KEPT_DAYS * INT64_C(86400000) &&
           (g->who.who == GRAPH_PAGE_ITSELF ? g->who.page == l->team : g->token_index == 0);
}

static void write_lead(struct graph *g, struct json_out *j, const struct graph_fields *f,
                       const struct world_form_lead *l)
{
    struct lead lead = {.l = *l};

    world_form_answers(g->w, g->arena, l, &lead.answers);
    graph_fields_write(g, j, f, &lead);
}

static enum err tell_lead(struct graph *g, const struct world_form_lead *l)
{
    struct graph_fields fields;
    struct json_out *j = json_out_new(&g->rq->cx, 1024);

    if (!graph_scope_check(g, "leads_retrieval") || !graph_fields_read(g, &table, &fields))
        return OK;
    write_lead(g, j, &fields, l);
    return resp_json(g->rs, j);
}

/* ---- lists ---- */

struct list {
    struct graph *g;
    const struct graph_lead_scope *scope;
    int64_t last_day, after_s;
    uint32_t first, n; /* ads */
};

static bool read_after(struct graph *g, int64_t *after_s)
{
    const struct json_in *root = NULL, *item;
    struct str text = graph_param(g, "filtering"), field = S(""), operator= S("");

    *after_s = -1;
    if (!text.len)
        return true;
    bool is_json = !json_parse(&g->rq->cx, text, &root);
    ctx_forgive(&g->rq->cx);
    item = json_at(root, 0);
    json_as_str(json_get(item, "field"), &field);
    json_as_str(json_get(item, "operator"), &operator);
    return (is_json && str_eq(field, S("time_created")) && str_eq(operator, S("GREATER_THAN")) &&
            json_as_int(json_get(item, "value"), after_s)) ||
           graph_refuse(g, 400, CODE(100, 0), "(#100) Invalid filtering parameter");
}

static bool lead_at(const struct list *s, int64_t position, struct world_form_lead *out)
{
    int64_t k = WORLD_MAX_FORM_LEADS - 1 - position % WORLD_MAX_FORM_LEADS;
    int64_t ad = s->first + s->n - 1 - position / WORLD_MAX_FORM_LEADS % s->n;
    int64_t day = s->last_day - position / WORLD_MAX_FORM_LEADS / s->n;

    if (k >= world_nform_leads(s->g->w, (uint32_t)ad, day))
        return false;
    world_form_lead(s->g->w, (uint32_t)ad, day, (uint32_t)k, out);
    return (s->scope->page < 0 || out->team == s->scope->page) && is_open(s->g, out) &&
           out->created_ms / 1000 > s->after_s;
}

enum err graph_leads(struct graph *g, const struct graph_lead_scope *scope)
{
    struct list s = {.g = g, .scope = scope, .first = scope->ad, .n = 1};
    struct graph_fields fields;
    struct graph_page page;
    struct json_out *j = json_out_new(&g->rq->cx, 64 << 10);
    struct world_form_lead l;
    int64_t begin = -1, next = -1, n = 0;

    if (!graph_scope_check(g, "leads_retrieval") || !graph_fields_read(g, &table, &fields) ||
        !graph_page_read(g, &page) || !read_after(g, &s.after_s))
        return OK;
    if (scope->page >= 0)
        s.first = 0, s.n = g->w->nads;
    s.last_day = day_number(civil_at(g->w->zone, g->at.now_ms).date) + 1;
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    int64_t end = (int64_t)(KEPT_DAYS + 3) * s.n * WORLD_MAX_FORM_LEADS;
    for (int64_t p = page.from; p < end && next < 0; p++) {
        if (!lead_at(&s, p, &l))
            continue;
        if (n == page.limit) {
            next = p;
            continue;
        }
        begin = n++ ? begin : p;
        write_lead(g, j, &fields, &l);
    }
    return graph_page_end(g, j, begin, next);
}

static bool form_node(struct graph *g, struct str id, struct str edge, enum err *err)
{
    for (int i = 0; i < WORLD_PAGES; i++) {
        if (!str_eq(id, world_form_id(g->arena, i)))
            continue;
        if (!str_eq(edge, S("leads")) ||
            (g->who.who == GRAPH_PAGE_ITSELF ? g->who.page != i : g->token_index != 0))
            graph_no_object(g, id);
        else
            *err = graph_leads(g, &(struct graph_lead_scope){i, 0});
        return true;
    }
    return false;
}

bool graph_lead_node(struct graph *g, struct str id, struct str edge, enum err *err)
{
    struct world_form_lead l;
    int64_t number;

    if (form_node(g, id, edge, err))
        return true;
    if (edge.len || !str_to_int(id, &number) || !world_form_lead_find(g->w, number, &l))
        return false;
    if (is_open(g, &l))
        *err = tell_lead(g, &l);
    else
        graph_no_object(g, id);
    return true;
}
