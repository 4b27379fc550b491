/* sales_store.c: a deal's observations in, its sale, lead and payments out. */
#include "base/calendar.h"
#include "core/dirty.h"
#include "core/version.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

struct fold_run { /* one call of sale_refold */
    struct tx *tx;
    struct app *app;
    const struct deal *deal;
    const struct stages *stages;
    struct folded_sale folded;
    int64_t product_id, lead_id, sale_id;
    struct str day;                     /* of the sale */
    bool is_known;                      /* there was a sale before */
    bool is_lead_known;                 /* and its lead says the same as the deal does now */
    bool has_new_row, has_new_payments; /* something is not what it was */
    struct str old_state, old_day, old_status_id;
    int64_t old_price;
};

/* account:deal:action:status:second:hash, with "-" for a second that nobody said. */
static bool key_has_no_time(struct str key)
{
    struct str part = {0};

    for (int i = 0; i < 5; i++)
        if (!str_cut(&key, ':', &part))
            return false;
    return str_eq(part, S("-"));
}

static enum err load_observations(struct fold_run *f, struct observation **out, size_t *n)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(f->tx)->arena;
    VEC(struct observation) list = {0};

    TRY(db_query(
        f->tx, &q_sales_events_of_deal,
        ARGS(a_int("crm_account_id", f->deal->crm_account_id), a_str("deal_id", f->deal->deal_id)),
        &rows));
    while (rows_next(rows)) {
        struct observation *o = vec_add(arena, &list);
        *o = (struct observation){.key = col_str(rows, "event_key"),
                                  .at = col_int(rows, "at"),
                                  .learned_at = col_int(rows, "learned_at"),
                                  .status_id = col_str(rows, "status_id"),
                                  .pipeline_id = col_str(rows, "pipeline_id"),
                                  .name = col_str(rows, "name"),
                                  .responsible_id = col_str(rows, "responsible_id"),
                                  .has_price = !col_is_null(rows, "price_micros"),
                                  .price_micros = col_int(rows, "price_micros"),
                                  .created_at = col_int(rows, "created_at"),
                                  .has_prepaid = !col_is_null(rows, "is_prepaid"),
                                  .is_prepaid = col_int(rows, "is_prepaid") != 0,
                                  .is_read = str_eq(col_str(rows, "source"), S("read")),
                                  .inbox_id = col_int(rows, "inbox_id"),
                                  .utm = utm_of_row(rows)};
        o->has_no_time = str_eq(col_str(rows, "source"), S("hook")) && key_has_no_time(o->key);
        o->is_closing = o->is_read && str_ends(o->key, S(":closed"));
        if (!deal_action_parse(col_str(rows, "action"), &o->action))
            return tx_fail(f->tx, ERR_BUG, "a deal_event has an unknown action");
    }
    TRY(rows_end(&rows));
    *out = list.at;
    *n = list.n;
out:
    rows_drop(&rows);
    return err;
}

static enum err find_product(struct fold_run *f)
{
    enum err err = OK;
    bool found;

    f->product_id = stages_product(f->stages, &f->folded);
    if (!f->product_id && f->folded.price_micros)
        TRY(db_get_int(f->tx, &q_sales_product_by_price,
                       ARGS(a_int("price_micros", f->folded.price_micros),
                            a_str("currency", f->deal->currency)),
                       &f->product_id, &found));
out:
    return err;
}

/* Who the person is comes from the newest read that says so, not from the one that is worked off
 * last; while none has, the lead's bytes are those that first told of the deal. */
static enum err put_person(struct fold_run *f, struct lead_new *lead)
{
    enum err err = OK;
    struct rows *rows = NULL;
    const struct deal *d = f->deal;
    bool says = d->told_by && (d->name.len || d->phone_tail.len), is_newest = true;

    if (!says && f->is_lead_known)
        return OK;
    lead->inbox_id = f->folded.inbox_id;
    TRY(db_query(
        f->tx, &q_sales_person_told,
        ARGS(a_str("source_kind", lead->source_kind), a_str("external_id", lead->external_id)),
        &rows));
    if (rows_next(rows)) {
        int64_t heard = col_int(rows, "received_at");
        lead->inbox_id = 0; /* stays that of the read */
        is_newest =
            says && (heard < d->told_by->received_at ||
                     (heard == d->told_by->received_at && col_int(rows, "id") <= d->told_by->id));
    }
    TRY(rows_end(&rows));
    if (!says || !is_newest)
        goto out;
    lead->name = d->name;
    lead->phone_tail = d->phone_tail;
    lead->inbox_id = d->told_by->id;
    lead->is_whole = true;
out:
    rows_drop(&rows);
    return err;
}

static enum err put_lead(struct fold_run *f)
{
    enum err err;
    struct arena *arena = tx_ctx(f->tx)->arena;
    struct lead_new lead = {.source_kind = S("crm"),
                            .external_id =
                                arena_fmt(arena, "%.*s/%.*s", STR_FMT(f->deal->crm_external_id),
                                          STR_FMT(f->deal->deal_id)),
                            .created_at = f->folded.created_at,
                            .day = day_at(arena, f->app->zone, f->folded.created_at),
                            .learned_at = f->folded.learned_at,
                            .utm = f->folded.utm};

    TRY(put_person(f, &lead));
    if (!f->is_lead_known || lead.is_whole)
        TRY(lead_put(f->tx, &lead, &f->lead_id));
    TRY(lead_identify(f->tx, f->app, f->lead_id, &f->deal->keys));
out:
    return err;
}

/* The first time at each stage of the funnel. */
static enum err put_stages(struct fold_run *f)
{
    VEC(struct lead_stage) list = {0};

    for (size_t i = 0; i < f->folded.steps.n; i++) {
        const struct folded_step *step = &f->folded.steps.at[i];
        struct str name = stages_funnel(f->stages, step);
        bool is_there = !name.len;
        for (size_t k = 0; k < list.n && !is_there; k++)
            is_there = str_eq(list.at[k].stage, name);
        if (!is_there)
            *vec_add(tx_ctx(f->tx)->arena, &list) =
                (struct lead_stage){name, step->at, step->learned_at, step->inbox_id};
    }
    return lead_stages_put(f->tx, f->app, f->lead_id, list.at, list.n);
}

static bool is_same_utm(struct utm a, struct utm b)
{
    return str_eq(a.source, b.source) && str_eq(a.medium, b.medium) &&
           str_eq(a.campaign, b.campaign) && str_eq(a.content, b.content) && str_eq(a.term, b.term);
}

static enum err load_old(struct fold_run *f)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(
        f->tx, &q_sales_of_deal,
        ARGS(a_int("crm_account_id", f->deal->crm_account_id), a_str("deal_id", f->deal->deal_id)),
        &rows));
    if (rows_next(rows)) {
        f->is_known = true;
        f->sale_id = col_int(rows, "id");
        f->old_state = col_str(rows, "state");
        f->old_day = col_str(rows, "day");
        f->old_status_id = col_str(rows, "status_id");
        f->old_price = col_int(rows, "price_micros");
        f->lead_id = col_int(rows, "lead_id");
        f->is_lead_known = f->lead_id && col_int(rows, "created_at") == f->folded.created_at &&
                           col_int(rows, "learned_at") == f->folded.learned_at &&
                           is_same_utm(utm_of_row(rows), f->folded.utm);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err put_sale(struct fold_run *f)
{
    const struct folded_sale *s = &f->folded;

    f->day = day_at(tx_ctx(f->tx)->arena, f->app->zone, s->won_at ? s->won_at : s->created_at);
    return db_get_int(
        f->tx, &q_sales_put,
        ARGS(a_int("crm_account_id", f->deal->crm_account_id), a_str("deal_id", f->deal->deal_id),
             a_int("lead_id", f->lead_id), a_id("product_id", f->product_id),
             a_opt("name", s->name), a_str("state", str_of(s->state)),
             a_opt("pipeline_id", s->pipeline_id), a_opt("status_id", s->status_id),
             a_int("price_micros", s->price_micros), a_str("currency", f->deal->currency),
             a_opt("responsible_id", s->responsible_id), a_int("created_at", s->created_at),
             a_int("modified_at", s->modified_at), a_id("won_at", s->won_at), a_str("day", f->day),
             a_int("learned_at", s->learned_at), UTM_ARGS(s->utm)),
        &f->sale_id, &f->has_new_row);
}

static bool has_payment(const struct fold_run *f, struct rows *rows)
{
    for (size_t i = 0; i < f->folded.npayments; i++) {
        const struct folded_payment *p = &f->folded.payments[i];
        if (str_eq(col_str(rows, "kind"), str_of(p->kind)) &&
            str_eq(col_str(rows, "event_key"), p->key) &&
            str_eq(col_str(rows, "currency"), f->deal->currency) &&
            col_int(rows, "amount_micros") == p->amount_micros && col_int(rows, "at") == p->at &&
            col_int(rows, "learned_at") == p->learned_at)
            return true;
    }
    return false;
}

/* The days of the payments that are there, and whether these are the folded ones. */
static enum err look_at_payments(struct fold_run *f, bool marks)
{
    enum err err;
    struct rows *rows = NULL;
    struct tx *tx = f->tx;
    VEC(struct str) days = {0};
    size_t n = 0, fitting = 0;

    TRY(db_query(tx, &q_sales_payments, ARGS(a_int("sale_id", f->sale_id)), &rows));
    while (rows_next(rows)) {
        *vec_add(tx_ctx(tx)->arena, &days) = col_str(rows, "day");
        fitting += has_payment(f, rows);
        n++;
    }
    TRY(rows_end(&rows));
    f->has_new_payments = n != fitting || n != f->folded.npayments;
    for (size_t i = 0; marks && i < days.n; i++)
        TRY(dirty_day(tx, days.at[i]));
out:
    rows_drop(&rows);
    return err;
}

static enum err insert_payments(struct fold_run *f)
{
    enum err err = OK;
    struct arena *arena = tx_ctx(f->tx)->arena;

    for (size_t i = 0; i < f->folded.npayments; i++) {
        const struct folded_payment *p = &f->folded.payments[i];
        struct str day = day_at(arena, f->app->zone, p->at);
        TRY(db_exec(f->tx, &q_sales_payment_insert,
                    ARGS(a_int("sale_id", f->sale_id), a_str("kind", str_of(p->kind)),
                         a_int("amount_micros", p->amount_micros),
                         a_str("currency", f->deal->currency), a_int("at", p->at),
                         a_str("day", day), a_int("learned_at", p->learned_at),
                         a_str("event_key", p->key)),
                    NULL));
        TRY(dirty_day(f->tx, day));
    }
out:
    return err;
}

/* Payments follow from the observations; when they differ they are written anew. Whatever the sale
 * touched, before and now, is rebuilt: its product and team stand with its payments too. */
static enum err put_payments(struct fold_run *f)
{
    enum err err;

    TRY(look_at_payments(f, false));
    if (!f->has_new_row && !f->has_new_payments)
        return OK;
    TRY(look_at_payments(f, true));
    if (f->has_new_payments) {
        TRY(db_exec(f->tx, &q_sales_payments_forget, ARGS(a_int("sale_id", f->sale_id)), NULL));
        TRY(insert_payments(f));
    }
    TRY(dirty_day(f->tx, f->day));
    if (f->old_day.len)
        TRY(dirty_day(f->tx, f->old_day));
out:
    return err;
}

enum err sale_log(struct tx *tx, const struct sale_activity *a)
{
    return db_exec(tx, &q_sales_log,
                   ARGS(a_int("sale_id", a->sale_id), a_int("at", now_ms(tx_ctx(tx))),
                        a_str("action", str_of(a->action)), a_str("state", a->state),
                        a_id("team_id", a->team_id), a_id("user_id", a->user_id),
                        a_str("metadata", a->metadata)),
                   NULL);
}

static enum err log_change(struct fold_run *f)
{
    struct json_out *j = json_out_new(tx_ctx(f->tx), 256);
    struct str metadata, state = str_of(f->folded.state);
    enum err err;

    if (f->is_known && str_eq(f->old_state, state) && f->old_price == f->folded.price_micros &&
        str_eq(f->old_status_id, f->folded.status_id))
        return OK;
    json_obj(j);
    json_key(j, "old_state"), f->is_known ? json_str(j, f->old_state) : json_null(j);
    json_key(j, "status_id"), json_str(j, f->folded.status_id);
    json_key(j, "price"), json_dec(j, f->folded.price_micros, 6);
    json_end(j);
    TRY(json_finish(j, &metadata));
    TRY(sale_log(f->tx, &(struct sale_activity){.sale_id = f->sale_id,
                                                .action = f->is_known ? "updated" : "created",
                                                .state = state,
                                                .metadata = metadata}));
out:
    return err;
}

static enum err store(struct fold_run *f)
{
    enum err err;

    TRY(find_product(f));
    TRY(load_old(f));
    TRY(put_lead(f));
    TRY(put_stages(f));
    TRY(put_sale(f));
    TRY(put_payments(f));
    if (f->has_new_row || f->has_new_payments) {
        TRY(lead_deal_changed(f->tx, f->lead_id));
        TRY(log_change(f));
        TRY(version_bump(f->tx));
    }
out:
    return err;
}

enum err deal_refold(struct tx *tx, struct app *app, const struct deal *d,
                     const struct stages *stages, struct refolded *out)
{
    enum err err;
    struct fold_run f = {.tx = tx, .app = app, .deal = d, .stages = stages};
    struct stages copy = *stages;
    struct stage_reader reader = {stages_read, &copy};
    struct observation *events = NULL;
    size_t n = 0;

    TRY(load_observations(&f, &events, &n));
    if (!n)
        return tx_fail(tx, ERR_BUG, "a deal without observations is to be folded");
    sale_fold(tx_ctx(tx)->arena, events, n, &reader, &f.folded);
    TRY(store(&f));
    *out = (struct refolded){.is_known = f.is_known,
                             .old_state = f.old_state,
                             .old_status_id = f.old_status_id,
                             .old_price = f.old_price,
                             .now = f.folded};
    out->ref = (struct sale_ref){f.sale_id, f.lead_id, f.has_new_row || f.has_new_payments};
out:
    return err;
}

enum err sale_refold(struct tx *tx, struct app *app, const struct deal *d,
                     const struct stages *stages, struct sale_ref *out)
{
    struct refolded r = {0};
    enum err err = deal_refold(tx, app, d, stages, &r);

    *out = r.ref;
    return err;
}
