/* amo_rest_deals.c: deals as they stand now. What REST says is what has happened; hooks tell the
 * same a little later, or not at all. */
#include <pthread.h>
#include <stdlib.h>

#include "sim/amo_rest.h"

enum { ARENA_CAP = 1 << 30 };

struct entry { /* when a deal changed, so that a window can be found without making every deal */
    struct world_ref ref;
    int64_t id, at_s[WORLD_MAX_STEPS];
    int nsteps;
    bool ends_deleted;
};
struct rest_index {
    pthread_mutex_t lock; /* guards what follows */
    struct arena *arena;
    int64_t until_day; /* the last whose deals are in it; 0 = none yet */
    VEC(struct entry) entries;
};

struct rest_index *rest_index_new(struct arena *a)
{
    struct rest_index *x = arena_new_of(a, struct rest_index);

    pthread_mutex_init(&x->lock, NULL);
    x->arena = arena_new(ARENA_CAP);
    return x;
}

void rest_index_free(struct rest_index **x)
{
    if (!*x)
        return;
    arena_free(&(*x)->arena);
    pthread_mutex_destroy(&(*x)->lock);
    *x = NULL;
}

static void add_deal(struct rest_index *x, const struct world_deal *d)
{
    struct entry e = {.ref = d->ref, .id = d->id, .nsteps = d->nsteps};

    for (int i = 0; i < d->nsteps; i++)
        e.at_s[i] = d->steps[i].at_ms / 1000;
    e.ends_deleted = d->steps[d->nsteps - 1].action == WORLD_DELETED;
    *vec_add(x->arena, &x->entries) = e;
}

/* Caller holds the lock. Days are added as the clock reaches them. */
static void extend(struct rest_index *x, const struct world *w, int64_t now_ms)
{
    int64_t last = day_number(civil_at(w->zone, now_ms).date) + 1;
    struct world_deal d;

    for (int64_t day = x->until_day ? x->until_day + 1 : w->first_day; day <= last; day++) {
        for (uint32_t source = 0; source < world_nsources(w); source++) {
            uint32_t n = world_ndeals(w, source, day);
            for (uint32_t k = 0; k < n; k++)
                if (world_deal(w, &(struct world_ref){source, day, k}, &d))
                    add_deal(x, &d);
        }
        x->until_day = day;
    }
}

/* ---- finding ---- */

static bool is_within(int64_t at, int64_t from, int64_t to)
{
    return at >= from && (!to || at <= to);
}

static bool has_id(const struct rest_query *q, int64_t id)
{
    for (size_t i = 0; i < q->nids; i++)
        if (q->ids[i] == id)
            return true;
    return !q->nids;
}

static bool has_status(const struct rest_call *c, const struct rest_query *q,
                       const struct world_ref *ref)
{
    struct rest_deal deal;

    if (!q->nstatuses)
        return true;
    if (!rest_deal_at(c, ref, &deal))
        return false;
    for (size_t i = 0; i < q->nstatuses; i++)
        if (str_eq(q->statuses[i].pipeline, deal.d.pipeline->id) &&
            str_eq(q->statuses[i].status, deal.d.steps[deal.step].status))
            return true;
    return false;
}

static bool is_asked_for(const struct rest_call *c, const struct rest_query *q,
                         const struct entry *e, struct rest_found *out)
{
    int step = -1;

    while (step + 1 < e->nsteps && e->at_s[step + 1] <= c->now_ms / 1000)
        step++;
    if (step < 0)
        return false;
    *out = (struct rest_found){e->ref, e->id, e->at_s[0], e->at_s[step]};
    bool is_deleted = e->ends_deleted && step == e->nsteps - 1;
    return is_deleted == q->only_deleted && has_id(q, e->id) &&
           is_within(out->updated_s, q->updated_from, q->updated_to) &&
           is_within(out->created_s, q->created_from, q->created_to) && has_status(c, q, &e->ref);
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_update(const void *a, const void *b)
{
    const struct rest_found *x = a, *y = b;

    return x->updated_s != y->updated_s ? order(x->updated_s, y->updated_s) : order(x->id, y->id);
}

static int by_creation(const void *a, const void *b)
{
    const struct rest_found *x = a, *y = b;

    return x->created_s != y->created_s ? order(x->created_s, y->created_s) : order(x->id, y->id);
}

static int by_id(const void *a, const void *b)
{
    const struct rest_found *x = a, *y = b;

    return order(x->id, y->id);
}

size_t rest_deals_find(struct rest_call *c, const struct rest_query *q, struct rest_found **out)
{
    struct rest_index *x = rest_index_of(c->rest);
    VEC(struct rest_found) found = {0};
    struct rest_found one;

    pthread_mutex_lock(&x->lock);
    extend(x, c->w, c->now_ms);
    for (size_t i = 0; i < x->entries.n; i++)
        if (is_asked_for(c, q, &x->entries.at[i], &one))
            *vec_add(c->arena, &found) = one;
    pthread_mutex_unlock(&x->lock);
    if (found.n)
        qsort(found.at, found.n, sizeof one,
              q->by_update     ? by_update
              : q->by_creation ? by_creation
                               : by_id);
    for (size_t i = 0; q->is_descending && i < found.n / 2; i++) {
        one = found.at[i];
        found.at[i] = found.at[found.n - 1 - i];
        found.at[found.n - 1 - i] = one;
    }
    *out = found.at;
    return found.n;
}

bool rest_deal_at(const struct rest_call *c, const struct world_ref *ref, struct rest_deal *out)
{
    *out = (struct rest_deal){.step = -1};
    if (!world_deal(c->w, ref, &out->d))
        return false;
    for (int i = 0; i < out->d.nsteps && out->d.steps[i].at_ms <= c->now_ms; i++) {
        const struct world_step *s = &out->d.steps[i];
        bool is_closed = str_eq(s->status, S("142")) || str_eq(s->status, S("143"));
        bool was_so = i && str_eq(s->status, s[-1].status);
        out->step = i;
        out->updated_s = s->at_ms / 1000;
        out->closed_s = !is_closed ? 0 : was_so ? out->closed_s : s->at_ms / 1000;
        out->is_deleted = s->action == WORLD_DELETED;
    }
    return out->step >= 0;
}

/* ---- writing ---- */

static void value(struct json_out *j, struct str text, int64_t enum_id)
{
    json_key(j, "values");
    json_arr(j);
    json_obj(j);
    rest_text(j, "value", text);
    if (enum_id) {
        rest_int(j, "enum_id", enum_id);
        json_key(j, "enum_code"), json_null(j);
    }
    json_end(j);
    json_end(j);
}

static void field(struct json_out *j, int64_t id, const char *const words[3])
{
    json_obj(j);
    rest_int(j, "field_id", id);
    rest_text(j, "field_name", str_of(words[0]));
    json_key(j, "field_code");
    if (words[1])
        json_str(j, str_of(words[1]));
    else
        json_null(j);
    rest_text(j, "field_type", str_of(words[2]));
}

static void fields(struct rest_call *c, struct json_out *j, const struct world_deal *d)
{
    static const char *const utm[][3] = {
        {"utm_source",   "UTM_SOURCE",   "tracking_data"},
        {"utm_medium",   "UTM_MEDIUM",   "tracking_data"},
        {"utm_campaign", "UTM_CAMPAIGN", "tracking_data"},
        {"utm_content",  "UTM_CONTENT",  "tracking_data"},
        {"utm_term",     "UTM_TERM",     "tracking_data"},
    };
    bool is_site = d->ad == UINT32_MAX;
    struct world_tags tags;

    world_deal_tags(c->w, c->arena, d, &tags);
    const struct str values[] = {tags.source, tags.medium, tags.campaign, tags.content, tags.term};
    json_key(j, "custom_fields_values");
    json_arr(j);
    field(j, 66339, (const char *const[]){"Источник", NULL, "select"});
    value(j, is_site ? S("Сайт") : S("Реклама"), is_site ? 139517 : 139519);
    json_end(j);
    for (size_t i = 0; i < COUNT(values); i++) {
        if (!values[i].len)
            continue;
        field(j, 66341 + 2 * (int64_t)i, utm[i]);
        value(j, values[i], 0);
        json_end(j);
    }
    field(j, 66391, (const char *const[]){"Дата заявки", NULL, "date"});
    json_key(j, "values");
    json_arr(j);
    json_obj(j);
    rest_int(j, "value", d->created_ms / 1000);
    json_end(j);
    json_end(j);
    json_end(j);
    json_end(j);
}

static bool is_lost(const struct rest_deal *deal)
{
    return str_eq(deal->d.steps[deal->step].status, S("143"));
}

static void embedded(struct rest_call *c, struct json_out *j, const struct rest_deal *deal,
                     const struct rest_query *q)
{
    json_key(j, "_embedded");
    json_obj(j);
    json_key(j, "tags");
    json_arr(j);
    json_obj(j);
    rest_int(j, "id", 80147);
    rest_text(j, "name", deal->d.ad == UINT32_MAX ? S("site") : S("tilda"));
    json_key(j, "color"), json_null(j);
    json_end(j);
    json_end(j);
    json_key(j, "companies");
    json_arr(j);
    json_end(j);
    if (q->with_contacts) {
        json_key(j, "contacts");
        json_arr(j);
        json_obj(j);
        rest_int(j, "id", world_deal_contact(c->w, &deal->d));
        json_key(j, "is_main"), json_bool(j, true);
        json_end(j);
        json_end(j);
    }
    if (q->with_reason && is_lost(deal)) {
        json_key(j, "loss_reason");
        json_arr(j);
        json_obj(j);
        rest_int(j, "id", 4203748);
        rest_text(j, "name", S("Пропала потребность"));
        json_end(j);
        json_end(j);
    }
    json_end(j);
}

static void maybe_int(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    if (v)
        json_int(j, v);
    else
        json_null(j);
}

void rest_deal_write(struct rest_call *c, struct json_out *j, const struct rest_deal *deal,
                     const struct rest_query *q)
{
    const struct world_deal *d = &deal->d;
    const struct world_step *s = &d->steps[deal->step];

    json_obj(j);
    rest_int(j, "id", d->id);
    rest_text(j, "name", world_deal_name(c->w, c->arena, d));
    rest_int(j, "price", s->price);
    rest_int(j, "responsible_user_id", d->responsible);
    rest_int(j, "group_id", 0);
    json_key(j, "status_id"), json_raw(j, s->status);
    json_key(j, "pipeline_id"), json_raw(j, d->pipeline->id);
    maybe_int(j, "loss_reason_id", is_lost(deal) ? 4203748 : 0);
    rest_int(j, "created_by", 0);
    rest_int(j, "updated_by", d->responsible);
    rest_int(j, "created_at", d->created_ms / 1000);
    rest_int(j, "updated_at", deal->updated_s);
    maybe_int(j, "closed_at", deal->closed_s);
    maybe_int(j, "closest_task_at", 0);
    json_key(j, "is_deleted"), json_bool(j, deal->is_deleted);
    fields(c, j, d);
    maybe_int(j, "score", 0);
    json_key(j, "account_id"), json_raw(j, c->w->crm_account);
    rest_self(c, j, arena_fmt(c->arena, "/api/v4/leads/%lld", (long long)d->id));
    embedded(c, j, deal, q);
    json_end(j);
}

/* ---- handlers ---- */

enum err rest_leads(struct rest_call *c)
{
    struct rest_query q;
    struct rest_found *found;
    struct rest_deal deal;

    if (!rest_query_read(c, &q))
        return OK;
    int64_t n = (int64_t)rest_deals_find(c, &q, &found);
    int64_t first = (q.page - 1) * q.limit, last = first + q.limit < n ? first + q.limit : n;
    if (first >= n)
        return rest_empty(c);
    struct rest_page page = {.rows = "leads", .path = S("/api/v4/leads"), .has_next = last < n};
    struct json_out *j = json_out_new(&c->rq->cx, (size_t)(last - first) * 1500 + 512);
    rest_page_begin(c, j, &q, &page);
    for (int64_t i = first; i < last; i++)
        if (rest_deal_at(c, &found[i].ref, &deal))
            rest_deal_write(c, j, &deal, &q);
    rest_page_end(j);
    return rest_send(c, j);
}

/* One deal; of the deleted only who asks for them. Nothing there: 204. */
enum err rest_lead(struct rest_call *c)
{
    struct rest_query q;
    struct rest_found *found;
    struct rest_deal deal;
    int64_t id = 0;

    if (!rest_query_read(c, &q))
        return OK;
    str_to_int(c->rq->path_params[1], &id);
    q.ids[0] = id;
    q.nids = 1;
    if (!rest_deals_find(c, &q, &found) || !rest_deal_at(c, &found[0].ref, &deal))
        return rest_empty(c);
    struct json_out *j = json_out_new(&c->rq->cx, 4096);
    rest_deal_write(c, j, &deal, &q);
    return rest_send(c, j);
}
