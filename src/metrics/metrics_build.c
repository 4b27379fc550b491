/* metrics_build.c: facts of a day in, rollup rows out, converted row by row at that day's rates. */
#include "base/calendar.h"
#include "base/money.h"
#include "core/version.h"
#include "metrics/build.sql.h"
#include "metrics/metrics_inside.h"
#include "metrics/metrics_periods.h"
#include "rates/rates.h"

enum { DAYS_PER_COMMIT = 8, ARENA_CAP = 512 << 20 };

enum { KZT, USD, BRL, NCURRENCIES };
static const char *const currency_codes[NCURRENCIES] = {"KZT", "USD", "BRL"};

struct amounts { /* one sum of money in every display currency */
    int64_t in[NCURRENCIES];
};

struct part { /* what one fact adds to a rollup row */
    int64_t team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, product_id;
    struct amounts spend, revenue, meta_value;
    int64_t impressions, clicks, link_clicks, meta_leads, meta_purchases, leads, sales;
    struct amounts unpriced; /* 1 where its money is left out in that currency */
    int64_t n_sources;
};

struct build {
    struct tx *tx;
    struct str day;
    struct fx_rates rates;
};

/* Of one fact: 10 billion. More is a fault of its source, and sums of many facts must fit too. */
#define MOST_AMOUNT (10000000000 * MICROS)

/* Money without a rate is left out and counted, so that nobody takes a part for the whole. */
static struct amounts convert(struct build *b, int64_t micros, struct str currency,
                              struct amounts *unpriced)
{
    struct amounts out = {{0}};

    for (int i = 0; micros && i < NCURRENCIES; i++) {
        if (rates_convert(&b->rates, micros, currency, str_of(currency_codes[i]), &out.in[i]) &&
            out.in[i] <= MOST_AMOUNT && out.in[i] >= -MOST_AMOUNT)
            continue;
        out.in[i] = 0;
        unpriced->in[i] = 1;
    }
    return out;
}

static enum err add_part(struct build *b, const struct part *p)
{
    return db_exec(
        b->tx, &q_build_add,
        ARGS(a_str("day", b->day), a_int("team_id", p->team_id), a_int("user_id", p->user_id),
             a_int("account_id", p->account_id), a_int("campaign_id", p->campaign_id),
             a_int("ad_set_id", p->ad_set_id), a_int("ad_id", p->ad_id),
             a_int("product_id", p->product_id), a_int("spend_kzt", p->spend.in[KZT]),
             a_int("spend_usd", p->spend.in[USD]), a_int("spend_brl", p->spend.in[BRL]),
             a_int("revenue_kzt", p->revenue.in[KZT]), a_int("revenue_usd", p->revenue.in[USD]),
             a_int("revenue_brl", p->revenue.in[BRL]),
             a_int("meta_value_kzt", p->meta_value.in[KZT]),
             a_int("meta_value_usd", p->meta_value.in[USD]),
             a_int("meta_value_brl", p->meta_value.in[BRL]), a_int("impressions", p->impressions),
             a_int("clicks", p->clicks), a_int("link_clicks", p->link_clicks),
             a_int("meta_leads", p->meta_leads), a_int("meta_purchases", p->meta_purchases),
             a_int("leads", p->leads), a_int("sales", p->sales),
             a_int("unpriced_kzt", p->unpriced.in[KZT]), a_int("unpriced_usd", p->unpriced.in[USD]),
             a_int("unpriced_brl", p->unpriced.in[BRL]), a_int("n_sources", p->n_sources)),
        NULL);
}

static struct part part_of(struct rows *rows)
{
    return (struct part){.team_id = col_int(rows, "team_id"),
                         .user_id = col_int(rows, "user_id"),
                         .account_id = col_int(rows, "account_id"),
                         .campaign_id = col_int(rows, "campaign_id"),
                         .ad_set_id = col_int(rows, "ad_set_id"),
                         .ad_id = col_int(rows, "ad_id")};
}

static void read_spend(struct build *b, struct rows *rows, struct part *p)
{
    struct str currency = col_str(rows, "currency");

    p->spend = convert(b, col_int(rows, "spend_micros"), currency, &p->unpriced);
    p->meta_value = convert(b, col_int(rows, "purchase_micros"), currency, &p->unpriced);
    p->impressions = col_int(rows, "impressions");
    p->clicks = col_int(rows, "clicks");
    p->link_clicks = col_int(rows, "link_clicks");
    p->meta_leads = col_int(rows, "leads");
    p->meta_purchases = col_int(rows, "purchases");
    p->n_sources = 1;
}

static void read_payment(struct build *b, struct rows *rows, struct part *p)
{
    p->product_id = col_int(rows, "product_id");
    p->revenue =
        convert(b, col_int(rows, "amount_micros"), col_str(rows, "currency"), &p->unpriced);
    p->n_sources = 1;
}

static void read_sales(struct build *b, struct rows *rows, struct part *p)
{
    (void)b;
    p->product_id = col_int(rows, "product_id");
    p->sales = p->n_sources = col_int(rows, "n");
}

static void read_leads(struct build *b, struct rows *rows, struct part *p)
{
    (void)b;
    p->product_id = col_int(rows, "product_id");
    p->leads = p->n_sources = col_int(rows, "n");
}

/* The rows of one kind are read whole before the first is added: a statement that writes what
 * another one is still reading would be at the engine's mercy. They are forgotten with their kind
 * and day, so that the days of a commit do not add up in memory. */
static enum err add_facts(struct build *b, const struct query *q,
                          void (*read)(struct build *b, struct rows *rows, struct part *p))
{
    enum err err;
    struct rows *rows = NULL;
    VEC(struct part) parts = {0};
    struct arena *own = arena_new(ARENA_CAP);

    TRY(db_query(b->tx, q, ARGS(a_str("day", b->day)), &rows));
    while (rows_next(rows)) {
        struct part *p = vec_add(own, &parts);
        *p = part_of(rows);
        read(b, rows, p);
    }
    TRY(rows_end(&rows));
    if (arena_over(own))
        TRY(tx_fail(b->tx, ERR_TOO_LARGE, "a day has more facts than this work may hold"));
    for (size_t i = 0; i < parts.n; i++)
        TRY(add_part(b, &parts.at[i]));
out:
    rows_drop(&rows);
    arena_free(&own);
    return err;
}

enum err day_build(struct tx *tx, struct str day)
{
    enum err err;
    struct build b = {.tx = tx, .day = day};
    struct arg day_arg = a_str("day", day);

    TRY(rates_on(tx, day, &b.rates));
    TRY(db_exec(tx, &q_build_forget_day, ARGS(day_arg), NULL));
    TRY(db_exec(tx, &q_build_forget_team_day, ARGS(day_arg), NULL));
    TRY(add_facts(&b, &q_build_spend, read_spend));
    TRY(add_facts(&b, &q_build_payments, read_payment));
    TRY(add_facts(&b, &q_build_sales, read_sales));
    TRY(add_facts(&b, &q_build_leads, read_leads));
    TRY(db_exec(tx, &q_build_team_day, ARGS(day_arg), NULL));
    TRY(db_exec(tx, &q_build_clean, ARGS(day_arg), NULL));
out:
    return err;
}

/* A few days in one transaction; *n = days built. */
static enum err build_some(struct ctx *cx, struct app *app, int64_t *n)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    VEC(struct str) days = {0};

    *n = 0;
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_query(tx, &q_build_dirty_days, ARGS(a_int("limit", DAYS_PER_COMMIT)), &rows));
    while (rows_next(rows))
        *vec_add(cx->arena, &days) = col_str(rows, "day");
    TRY(rows_end(&rows));
    for (size_t i = 0; i < days.n; i++)
        TRY(day_build(tx, days.at[i]));
    if (days.n)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
    *n = (int64_t)days.n;
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err metrics_build(struct ctx *cx, struct app *app, int64_t *days)
{
    enum err err;
    struct ctx sub = *cx;
    int64_t n;

    *days = 0;
    sub.arena = arena_new(ARENA_CAP);
    do {
        TRY(build_some(&sub, app, &n));
        *days += n;
        arena_reset(sub.arena);
    } while (n == DAYS_PER_COMMIT && !ctx_expired(cx));
    TRY(periods_build(&sub, app, *days > 0));
out:
    arena_free(&sub.arena);
    return err && !cx->err ? fail(cx, err, "%s", sub.why) : err;
}

enum err metrics_rebuild(struct ctx *cx, struct app *app, struct str from, struct str to,
                         int64_t *days)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_build_mark_all,
                ARGS(a_str("from_day", from.len ? from : S("0000-01-01")),
                     a_str("to_day", to.len ? to : S("9999-12-31"))),
                NULL));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(metrics_build(cx, app, days));
out:
    tx_end(&tx);
    return err;
}

static enum err rate_is_missing(struct job_run *r, bool *out)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t n = 0;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_build_unpriced, NO_ARGS, &n, NULL));
    *out = n > 0;
out:
    tx_end(&tx);
    return err;
}

/* Money of days whose rates nobody has asked for yet is a reason to ask now. */
static enum err run_job(struct job_run *r)
{
    enum err err;
    bool is_missing = false;

    TRY(metrics_build(&r->cx, r->app, &r->written));
    if (r->written)
        TRY(rate_is_missing(r, &is_missing));
    if (is_missing)
        scheduler_nudge(r->app->scheduler, "rates.sync");
out:
    return err;
}

const struct job metrics_jobs[] = {
    {"metrics.build", "*/10 * * * *", run_job, 900, CATCHUP_ONCE},
};
const size_t metrics_njobs = COUNT(metrics_jobs);
