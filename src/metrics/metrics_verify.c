/* metrics_verify.c: stored numbers against the facts they came from. */
#include "ads/ads.h"
#include "base/crypto.h"
#include "metrics/metrics_inside.h"
#include "metrics/verify.sql.h"

static const char *const columns[] = {
    "team_id",        "user_id",     "account_id",  "campaign_id",    "ad_set_id",
    "ad_id",          "product_id",  "spend_kzt",   "spend_usd",      "spend_brl",
    "revenue_kzt",    "revenue_usd", "revenue_brl", "meta_value_kzt", "meta_value_usd",
    "meta_value_brl", "impressions", "clicks",      "link_clicks",    "meta_leads",
    "meta_purchases", "leads",       "sales",       "unpriced_kzt",   "unpriced_usd",
    "unpriced_brl",   "n_sources",
};

struct seal { /* of all rollup rows of one day */
    unsigned char hash[CRYPTO_HASH];
};

static enum err seal_rows(struct tx *tx, const struct query *q, struct str day, struct seal *s)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t row[COUNT(columns)];

    TRY(db_query(tx, q, ARGS(a_str("day", day)), &rows));
    while (rows_next(rows)) {
        struct seal before = *s;
        for (size_t i = 0; i < COUNT(columns); i++)
            row[i] = col_int(rows, columns[i]);
        hash_blake2b((struct str){(const char *)before.hash, sizeof before.hash},
                     (struct str){(const char *)row, sizeof row}, s->hash);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err seal_day(struct tx *tx, struct str day, struct seal *s)
{
    enum err err;

    *s = (struct seal){{0}};
    TRY(seal_rows(tx, &q_verify_day, day, s));
    TRY(seal_rows(tx, &q_verify_team_day, day, s));
out:
    return err;
}

/* Builds the day anew beside what is stored, compares, and takes it back: the transaction is never
 * committed. A day that was marked meanwhile is known to be behind, and no fault. */
static enum err verify_day(struct ctx *cx, struct app *app, struct str day)
{
    enum err err;
    struct tx *tx = NULL;
    struct seal stored, fresh;
    int64_t is_dirty = 0;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &q_verify_is_dirty, ARGS(a_str("day", day)), &is_dirty, NULL));
    if (is_dirty)
        goto out;
    TRY(seal_day(tx, day, &stored));
    TRY(day_build(tx, day));
    TRY(seal_day(tx, day, &fresh));
    if (!crypto_same((struct str){(const char *)stored.hash, sizeof stored.hash},
                     (struct str){(const char *)fresh.hash, sizeof fresh.hash}))
        err = fail(cx, ERR_CONFLICT,
                   "the rollups of %.*s do not follow from the facts; `trafficd aggregate` builds "
                   "them again",
                   STR_FMT(day));
out:
    tx_end(&tx);
    return err;
}

struct days {
    struct str *at;
    size_t n, cap;
};

static enum err load_days(struct ctx *cx, struct app *app, struct days *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_verify_days, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(cx->arena, out) = col_str(rows, "day");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static const struct check {
    const struct query *query;
    const char *claim;
} checks[] = {
    {&q_verify_sales_without_credit,   "every sale has exactly one credit"},
    {&q_verify_leads_without_credit,   "every lead has exactly one credit"},
    {&q_verify_sales_against_payments, "payments add up to their sales"   },
};

/* Days of accounts, as far as they were compared. */
static enum err check_totals(struct tx *tx, void (*say)(void *self, struct str line), void *self)
{
    static const char claim[] = "ads and what no ad explains add up to their account";
    enum err err;
    int64_t n;

    TRY(ads_verify(tx, &n));
    if (n)
        TRY(tx_fail(tx, ERR_CONFLICT, "%s: %lld days do not", claim, (long long)n));
    say(self, str_of(claim));
out:
    return err;
}

static enum err run_checks(struct ctx *cx, struct app *app,
                           void (*say)(void *self, struct str line), void *self)
{
    enum err err = OK;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(check_totals(tx, say, self));
    for (size_t i = 0; i < COUNT(checks); i++) {
        int64_t n;
        TRY(db_get_int(tx, checks[i].query, NO_ARGS, &n, NULL));
        if (n)
            TRY(tx_fail(tx, ERR_CONFLICT, "%s: %lld do not", checks[i].claim, (long long)n));
        say(self, str_of(checks[i].claim));
    }
out:
    tx_end(&tx);
    return err;
}

enum err metrics_verify(struct ctx *cx, struct app *app, void (*say)(void *self, struct str line),
                        void *self)
{
    enum err err;
    struct days days = {0};
    struct ctx sub = *cx;

    sub.arena = arena_new(512 << 20);
    TRY(load_days(cx, app, &days));
    for (size_t i = 0; i < days.n; i++) {
        err = verify_day(&sub, app, days.at[i]);
        if (err) {
            err = fail(cx, err, "%s", sub.why);
            goto out;
        }
        arena_reset(sub.arena);
    }
    say(self, arena_fmt(cx->arena, "%zu days of rollups follow from the facts", days.n));
    TRY(run_checks(cx, app, say, self));
out:
    arena_free(&sub.arena);
    return err;
}
