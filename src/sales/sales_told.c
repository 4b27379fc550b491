/* sales_told.c: observations as they are kept, whoever told them. */
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

#include "base/money.h"

/* What more would be a slip of the keyboard: 10 billion. Sums of many deals must fit too. */
#define MOST_PRICE (10000000000 * MICROS)

struct utm utm_of_tracking(const struct amo_tracking *t)
{
    return (struct utm){t->source, t->medium, t->campaign, t->content, t->term};
}

enum err crm_account_seen(struct tx *tx, const struct crm_seen *c, struct deal *d)
{
    enum err err;
    struct rows *rows = NULL;
    struct str external = c->account_id.len ? c->account_id : S("0");

    TRY(db_get_int(tx, &q_sales_crm_account_put,
                   ARGS(a_str("external_id", external), a_str("subdomain", c->subdomain),
                        a_str("currency", S(FIRST_CURRENCY)), a_int("at", c->at)),
                   &d->crm_account_id, NULL));
    TRY(db_query(tx, &q_sales_crm_currency, ARGS(a_int("id", d->crm_account_id)), &rows));
    if (rows_next(rows))
        d->currency = col_str(rows, "currency");
    TRY(rows_end(&rows));
    d->crm_external_id = external;
out:
    rows_drop(&rows);
    return err;
}

enum err told_put(struct tx *tx, const struct deal *d, const struct told *t, bool *is_news)
{
    enum err err;
    int64_t changed = 0;
    bool has_price = t->price_micros.known && t->price_micros.v <= MOST_PRICE;

    TRY(db_exec(
        tx, &q_sales_event_put,
        ARGS(a_int("crm_account_id", d->crm_account_id), a_str("deal_id", d->deal_id),
             a_str("event_key", t->key), a_str("action", str_of(deal_action_name(t->action))),
             a_int("at", t->at), a_int("learned_at", t->learned_at), a_id("inbox_id", t->inbox_id),
             a_opt("status_id", t->status_id), a_opt("pipeline_id", t->pipeline_id),
             has_price ? a_int("price_micros", t->price_micros.v) : a_null("price_micros"),
             a_opt("name", t->name), a_opt("responsible_id", t->responsible_id),
             t->created_at.known ? a_int("created_at", t->created_at.v) : a_null("created_at"),
             UTM_ARGS(t->utm), a_str("source", str_of(t->source)),
             t->prepaid_micros.known ? a_int("is_prepaid", t->prepaid_micros.v > 0)
                                     : a_null("is_prepaid")),
        &changed));
    *is_news = changed > 0;
out:
    return err;
}

enum err told_forget(struct tx *tx, const struct deal *d, int64_t inbox_id)
{
    if (!inbox_id)
        return OK;
    return db_exec(tx, &q_sales_event_forget,
                   ARGS(a_int("crm_account_id", d->crm_account_id), a_str("deal_id", d->deal_id),
                        a_int("inbox_id", inbox_id)),
                   NULL);
}
