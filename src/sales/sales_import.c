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

/* Two rows about one moment differ in what they say, so that joins. */
static struct str key_of(struct arena *a, const struct sale_import *s, struct str pipeline)
{
    unsigned char hash[CRYPTO_HASH];
    struct str said =
        arena_fmt(a, "%s|%lld|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", s->state,
                  (long long)s->price_micros, (long long)s->created_at, STR_FMT(s->product),
                  STR_FMT(s->utm.source), STR_FMT(s->utm.medium), STR_FMT(s->utm.campaign),
                  STR_FMT(s->utm.content), STR_FMT(s->utm.term), STR_FMT(s->name),
                  STR_FMT(pipeline), STR_FMT(s->responsible_id));

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
    struct told told = {
        .source = "import",
        .action = DEAL_READ,
        .at = s->at,
        .learned_at = s->learned_at,
        .inbox_id = s->inbox_id,
        .status_id = status,
        .name = s->name,
        .responsible_id = s->responsible_id,
        .price_micros = {true,           s->price_micros},
        .created_at = {               s->created_at != 0, s->created_at               },
        .prepaid_micros = { strcmp(s->state,             "prepaid") == 0,                            1},
        .utm = s->utm
    };
    bool is_news;

    TRY(product_pipeline(tx, s, &pipeline));
    told.pipeline_id = pipeline;
    told.key = key_of(tx_ctx(tx)->arena, s, pipeline);
    TRY(told_forget(tx, d, s->inbox_id));
    TRY(told_put(tx, d, &told, &is_news));
out:
    return err;
}

static enum err put_account(struct tx *tx, struct str account, struct str currency, int64_t at,
                            int64_t *id)
{
    return db_get_int(
        tx, &q_import_account_put,
        ARGS(a_str("external_id", account), a_str("currency", currency), a_int("at", at)), id,
        NULL);
}

enum err sale_account_put(struct tx *tx, struct str account, struct str currency)
{
    int64_t id;

    return put_account(tx, account, currency, now_ms(tx_ctx(tx)), &id);
}

/* A row cannot say what the account counts in: the first one would decide about all others. */
enum err sale_import(struct tx *tx, struct app *app, const struct sale_import *s,
                     struct sale_ref *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct stages stages = {0};
    struct deal d = {.crm_external_id = s->account, .deal_id = s->deal_id};

    TRY(put_account(tx, s->account, S(FIRST_CURRENCY), s->learned_at, &d.crm_account_id));
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
