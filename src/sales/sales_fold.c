/* sales_fold.c: observations in the order in which they happened become state and money. */
#include "sales/sales_fold.h"
#include <stdlib.h>
#include <string.h>

static const char *const action_names[] = {
    [DEAL_ADD] = "add",         [DEAL_UPDATE] = "update", [DEAL_RESPONSIBLE] = "responsible",
    [DEAL_STATUS] = "status",   [DEAL_READ] = "read",     [DEAL_DELETE] = "delete",
    [DEAL_RESTORE] = "restore",
};

const char *deal_action_name(enum deal_action a)
{
    return action_names[a];
}

bool deal_action_parse(struct str name, enum deal_action *out)
{
    for (size_t i = 0; i < COUNT(action_names); i++) {
        if (str_eq(name, str_of(action_names[i]))) {
            *out = (enum deal_action)i;
            return true;
        }
    }
    return false;
}

/* The first read after a hook without a time: the deal as it was then holds what the hook told. */
static const struct observation *read_after(const struct observation *events, size_t n,
                                            const struct observation *o)
{
    const struct observation *first = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct observation *r = &events[i];
        if (!r->is_read || r->is_closing || r->learned_at < o->learned_at)
            continue;
        if (!first || r->learned_at < first->learned_at ||
            (r->learned_at == first->learned_at && r->at > first->at))
            first = r;
    }
    return first;
}

/* A hook without a time was heard of after it happened. When a later read says that the deal has
 * not changed since some moment, it happened by then: it comes just before that read. */
static void settle_times(struct observation *events, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct observation *o = &events[i];
        const struct observation *r = o->has_no_time ? read_after(events, n, o) : NULL;
        o->is_early = r && r->at < o->at;
        o->when = o->is_early ? r->at : o->at;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct observation *x = a, *y = b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int c;

    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    if (x->is_early != y->is_early)
        return x->is_early ? -1 : 1;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->action != y->action)
        return x->action < y->action ? -1 : 1;
    c = n ? memcmp(x->key.ptr, y->key.ptr, n) : 0;
    return c ? c : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

static void keep(struct str *was, struct str now)
{
    if (now.len)
        *was = now;
}

static void take_fields(struct folded_sale *s, const struct observation *o)
{
    keep(&s->status_id, o->status_id);
    keep(&s->pipeline_id, o->pipeline_id);
    keep(&s->name, o->name);
    keep(&s->responsible_id, o->responsible_id);
    keep(&s->utm.source, o->utm.source);
    keep(&s->utm.medium, o->utm.medium);
    keep(&s->utm.campaign, o->utm.campaign);
    keep(&s->utm.content, o->utm.content);
    keep(&s->utm.term, o->utm.term);
    if (o->has_price)
        s->price_micros = o->price_micros;
    if (o->has_prepaid)
        s->is_prepaid = o->is_prepaid;
    if (o->created_at && (!s->created_at || o->created_at < s->created_at))
        s->created_at = o->created_at;
    if (o->learned_at < s->learned_at) {
        s->learned_at = o->learned_at;
        s->inbox_id = o->inbox_id;
    }
    s->modified_at = o->when;
}

struct money_state {
    enum deal_stage stage;
    int64_t received;
};

/* The first money of a stage is named after it, also when the price became known only later. */
static const char *kind_of(const struct money_state *m, enum deal_stage now, int64_t delta)
{
    bool is_first = delta > 0 && (m->stage != now || !m->received);

    if (now != STAGE_WON && now != STAGE_PREPAID)
        return "refund";
    if (!is_first)
        return "correction";
    return now == STAGE_WON ? "full" : "prepayment";
}

/* Money that must have moved for the deal to stand where it stands: what came in while it is paid,
 * all of it back when it no longer is. */
static void take_money(struct arena *a, struct folded_sale *s, struct money_state *m,
                       enum deal_stage stage, const struct observation *o)
{
    int64_t due = stage == STAGE_WON || stage == STAGE_PREPAID ? s->price_micros : 0;
    int64_t delta = due - m->received;

    if (delta) {
        struct {
            struct folded_payment *at;
            size_t n, cap;
        } list = {s->payments, s->npayments, s->cap};
        *vec_add(a, &list) = (struct folded_payment){kind_of(m, stage, delta), delta, o->when,
                                                     o->learned_at, o->key};
        s->payments = list.at;
        s->npayments = list.n;
        s->cap = list.cap;
    }
    if (stage == STAGE_WON && m->stage != STAGE_WON)
        s->won_at = o->when;
    if (stage != STAGE_WON)
        s->won_at = 0;
    *m = (struct money_state){stage, due};
}

/* Where the deal stands, and the note of how it came there. */
static void take_step(struct arena *a, struct folded_sale *s, enum deal_stage stage,
                      const struct observation *o)
{
    const struct folded_step *last = s->steps.n ? &s->steps.at[s->steps.n - 1] : NULL;

    if (last && last->stage == stage && str_eq(last->status_id, s->status_id) &&
        str_eq(last->pipeline_id, s->pipeline_id))
        return;
    *vec_add(a, &s->steps) = (struct folded_step){s->pipeline_id, s->status_id,  stage,
                                                  o->when,        o->learned_at, o->inbox_id};
}

static enum deal_stage stage_of(const struct stage_reader *r, const struct folded_sale *s)
{
    enum deal_stage stage = r->stage(r->self, s->pipeline_id, s->status_id);

    return stage == STAGE_OPEN && s->is_prepaid ? STAGE_PREPAID : stage;
}

static void take(struct arena *a, struct folded_sale *s, struct money_state *m,
                 const struct stage_reader *stages, const struct observation *o)
{
    /* A read says when the deal was closed, but with today's price: who heard of it then knows
     * better. */
    if (o->is_closing && stages->stage(stages->self, o->pipeline_id, o->status_id) == m->stage &&
        !s->is_deleted)
        return;
    take_fields(s, o);
    if (o->action == DEAL_DELETE)
        s->is_deleted = true;
    else if (o->action != DEAL_UPDATE && o->action != DEAL_RESPONSIBLE)
        s->is_deleted = false;
    enum deal_stage stage = s->is_deleted ? STAGE_LOST : stage_of(stages, s);
    if (!s->is_deleted)
        take_step(a, s, stage, o);
    take_money(a, s, m, stage, o);
}

void sale_fold(struct arena *a, struct observation *events, size_t n,
               const struct stage_reader *stages, struct folded_sale *out)
{
    struct money_state money = {STAGE_OPEN, 0};
    static const char *const states[] = {[STAGE_OPEN] = "open",
                                         [STAGE_PREPAID] = "open",
                                         [STAGE_WON] = "won",
                                         [STAGE_LOST] = "lost"};

    settle_times(events, n);
    qsort(events, n, sizeof *events, by_time);
    *out = (struct folded_sale){.learned_at = events[0].learned_at, .inbox_id = events[0].inbox_id};
    for (size_t i = 0; i < n; i++)
        take(a, out, &money, stages, &events[i]);
    if (!out->created_at)
        out->created_at = events[0].when;
    out->state = out->is_deleted ? "deleted" : states[money.stage];
}
