/* sales_import.c: a sale as a former database remembers it: one observation of its deal. */
#include "base/crypto.h"
#include "sales/import.sql.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

#include <string.h>

/* A former table says what was sold; a pipeline of its own says it here. */
static enum err product_pipeline(struct tx *tx, const struct sale_import *s, struct str *pipeline)
{
    enum err err = OK;

    *pipeline = s->pipeline_id;
    if (pipeline->len || !s->product.len)
        return OK;
    *pipeline = arena_fmt(tx_ctx(tx)->arena, "import.%.*s", STR_FMT(s->product));
    TRY(sales_map_pipeline(tx, *pipeline, s->product));
out:
    return err;
}

static struct str key_of(struct arena *a, const struct sale_import *s)
{
    unsigned char hash[CRYPTO_HASH];
    struct str said =
        arena_fmt(a, "%s|%lld|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", s->state,
                  (long long)s->price_micros, (long long)s->created_at, STR_FMT(s->product),
                  STR_FMT(s->utm.source), STR_FMT(s->utm.medium), STR_FMT(s->utm.campaign),
                  STR_FMT(s->utm.content), STR_FMT(s->utm.term));

    hash_blake2b((struct str){0}, said, hash);
    return arena_fmt(a, "import:%lld:%.*s", (long long)(s->at / 1000),
                     STR_FMT(hex_text(a, (struct str){(const char *)hash, 8})));
}

static enum err put_event(struct tx *tx, const struct sale_import *s, const struct deal *d)
{
    enum err err;
    struct str pipeline, status = strcmp(s->state, "won") == 0    ? S("142")
                                  : strcmp(s->state, "lost") == 0 ? S("143")
                                                                  : (struct str){0};

    TRY(product_pipeline(tx, s, &pipeline));
    TRY(db_exec(
        tx, &q_import_event_put,
        ARGS(a_int("crm_account_id", d->crm_account_id), a_str("deal_id", d->deal_id),
             a_str("event_key", key_of(tx_ctx(tx)->arena, s)), a_int("at", s->at),
             a_int("learned_at", s->learned_at), a_id("inbox_id", s->inbox_id),
             a_opt("status_id", status), a_opt("pipeline_id", pipeline),
             a_int("price_micros", s->price_micros), a_opt("name", s->name),
             a_opt("responsible_id", s->responsible_id), a_id("created_at", s->created_at),
             strcmp(s->state, "prepaid") == 0 ? a_int("is_prepaid", 1) : a_null("is_prepaid"),
             UTM_ARGS(s->utm)),
        NULL));
out:
    return err;
}

enum err sale_import(struct tx *tx, struct app *app, const struct sale_import *s,
                     struct sale_ref *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct stages stages = {0};
    struct deal d = {.crm_external_id = s->account, .deal_id = s->deal_id};

    TRY(db_get_int(tx, &q_import_account_put,
                   ARGS(a_str("external_id", s->account), a_str("currency", s->currency),
                        a_int("at", s->learned_at)),
                   &d.crm_account_id, NULL));
    TRY(db_query(tx, &q_sales_crm_currency, ARGS(a_int("id", d.crm_account_id)), &rows));
    if (rows_next(rows))
        d.currency = col_str(rows, "currency");
    TRY(rows_end(&rows));
    if (!str_eq(d.currency, s->currency))
        TRY(tx_fail(tx, ERR_INPUT, "the CRM account counts in %.*s, the row says %.*s",
                    STR_FMT(d.currency), STR_FMT(s->currency)));
    TRY(put_event(tx, s, &d));
    TRY(stages_load(tx, &stages));
    TRY(sale_refold(tx, app, &d, &stages, out));
out:
    rows_drop(&rows);
    return err;
}
