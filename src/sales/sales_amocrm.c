/* sales_amocrm.c: one webhook becomes observations of deals. */
#include "base/crypto.h"
#include "base/money.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"
#include "vendors/amocrm.h"

/* What more would be a slip of the keyboard: 10 billion. Sums of many deals must fit too. */
#define MOST_PRICE (10000000000 * MICROS)

/* A hook does not say what its prices are in, and what the dashboard shows first does not tell. */
#define DEAL_CURRENCY "KZT"

struct intake { /* one webhook */
    struct tx *tx;
    struct app *app;
    const struct inbox_event *event;
    struct deal *deals;
    size_t ndeals, cap;
};

static bool action_of(enum amo_action a, enum deal_action *out)
{
    switch (a) {
    case AMO_ADD:
        *out = DEAL_ADD;
        return true;
    case AMO_RESTORE:
        *out = DEAL_RESTORE;
        return true;
    case AMO_UPDATE:
        *out = DEAL_UPDATE;
        return true;
    case AMO_RESPONSIBLE:
        *out = DEAL_RESPONSIBLE;
        return true;
    case AMO_STATUS:
        *out = DEAL_STATUS;
        return true;
    case AMO_DELETE:
        *out = DEAL_DELETE;
        return true;
    case AMO_NOTE:
        return false;
    }
    return false;
}

/* The vendor's key names a second; two changes within it differ in what they say, so that joins. */
static struct str key_of(struct arena *a, const struct amo_event *e)
{
    unsigned char hash[CRYPTO_HASH];
    struct str said =
        arena_fmt(a, "%d|%lld|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", e->price_micros.known,
                  (long long)e->price_micros.v, (long long)e->created_at.v, STR_FMT(e->pipeline_id),
                  STR_FMT(e->name), STR_FMT(e->responsible_user_id), STR_FMT(e->tracking.source),
                  STR_FMT(e->tracking.medium), STR_FMT(e->tracking.campaign),
                  STR_FMT(e->tracking.content), STR_FMT(e->tracking.term));
    struct str key = amo_event_key(a, e);

    hash_blake2b((struct str){0}, said, hash);
    return arena_fmt(a, "%.*s:%.*s", STR_FMT(key),
                     STR_FMT(hex_text(a, (struct str){(const char *)hash, 8})));
}

static enum err crm_account(struct intake *in, const struct amo_event *e, struct deal *d)
{
    enum err err;
    struct rows *rows = NULL;
    struct str external = e->account_id.len ? e->account_id : S("0");

    TRY(db_get_int(in->tx, &q_sales_crm_account_put,
                   ARGS(a_str("external_id", external), a_str("subdomain", e->subdomain),
                        a_str("currency", S(DEAL_CURRENCY)), a_int("at", in->event->received_at)),
                   &d->crm_account_id, NULL));
    TRY(db_query(in->tx, &q_sales_crm_currency, ARGS(a_int("id", d->crm_account_id)), &rows));
    if (rows_next(rows))
        d->currency = col_str(rows, "currency");
    TRY(rows_end(&rows));
    d->crm_external_id = external;
    d->deal_id = e->deal_id;
out:
    rows_drop(&rows);
    return err;
}

/* *is_news: nobody has told us this before. */
static enum err put_event(struct intake *in, const struct amo_event *e, enum deal_action action,
                          const struct deal *d, bool *is_news)
{
    enum err err;
    int64_t heard = in->event->received_at, changed = 0;
    bool has_price = e->price_micros.known && e->price_micros.v <= MOST_PRICE;

    TRY(db_exec(
        in->tx, &q_sales_event_put,
        ARGS(a_int("crm_account_id", d->crm_account_id), a_str("deal_id", e->deal_id),
             a_str("event_key", key_of(tx_ctx(in->tx)->arena, e)),
             a_str("action", str_of(deal_action_name(action))),
             a_int("at", e->updated_at.known ? e->updated_at.v : heard), a_int("learned_at", heard),
             a_id("inbox_id", in->event->id), a_opt("status_id", e->status_id),
             a_opt("pipeline_id", e->pipeline_id),
             has_price ? a_int("price_micros", e->price_micros.v) : a_null("price_micros"),
             a_opt("name", e->name), a_opt("responsible_id", e->responsible_user_id),
             e->created_at.known ? a_int("created_at", e->created_at.v) : a_null("created_at"),
             a_opt("utm_source", e->tracking.source), a_opt("utm_medium", e->tracking.medium),
             a_opt("utm_campaign", e->tracking.campaign), a_opt("utm_content", e->tracking.content),
             a_opt("utm_term", e->tracking.term)),
        &changed));
    *is_news = changed > 0;
out:
    return err;
}

static void note_deal(struct intake *in, const struct deal *d)
{
    struct {
        struct deal *at;
        size_t n, cap;
    } list = {in->deals, in->ndeals, in->cap};

    for (size_t i = 0; i < list.n; i++)
        if (list.at[i].crm_account_id == d->crm_account_id &&
            str_eq(list.at[i].deal_id, d->deal_id))
            return;
    *vec_add(tx_ctx(in->tx)->arena, &list) = *d;
    in->deals = list.at;
    in->ndeals = list.n;
    in->cap = list.cap;
}

static enum err take_event(struct intake *in, const struct amo_event *e)
{
    enum err err = OK;
    enum deal_action action;
    struct deal d;
    bool is_news;

    if (!action_of(e->action, &action))
        return OK;
    TRY(crm_account(in, e, &d));
    TRY(put_event(in, e, action, &d, &is_news));
    if (is_news)
        note_deal(in, &d);
out:
    return err;
}

enum err sales_accept_amocrm(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out, struct sale_refs *touched)
{
    enum err err;
    struct intake in = {.tx = tx, .app = app, .event = e};
    struct amo_body body = {.content_type = e->content_type, .bytes = e->body};
    struct amo_hook hook;
    struct stages stages = {0};

    *out = (struct inbox_result){.parser = "amocrm/2", .outcome = S("nothing to do")};
    TRY(amo_hook_read(tx_ctx(tx), &body, &hook));
    for (size_t i = 0; i < hook.nevents; i++)
        TRY(take_event(&in, &hook.events[i]));
    if (in.ndeals) {
        out->outcome = S("sale");
        out->subject = in.deals[0].deal_id;
        TRY(stages_load(tx, &stages));
    }
    for (size_t i = 0; i < in.ndeals; i++)
        TRY(sale_refold(tx, app, &in.deals[i], &stages, vec_add(tx_ctx(tx)->arena, touched)));
out:
    return err;
}
