/* rates_sync.c: the National Bank's feed, day by day, filling the gaps of the last days. */
#include "base/log.h"
#include "base/money.h"
#include "rates/rates.h"
#include "rates/rates.sql.h"
#include "vendors/nbk.h"

enum { WINDOW_DAYS = 10, MOST_DAYS = 1200, JUMP_PERCENT = 10 };

struct window {
    struct str from, to; /* reporting zone, both inclusive */
    const bool *known;   /* one per day: the feed has told us already */
};

/* Days of the window that have the feed's rate already. A feed is asked once for each other day;
 * a day without a rate of its own (weekend, holiday) is covered by the one before it. */
static enum err load_window(struct job_run *r, struct window *w)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t days = r->options.days ? r->options.days : WINDOW_DAYS;
    bool *known;

    if (days < 1 || days > MOST_DAYS)
        return fail(&r->cx, ERR_INPUT, "--days must be 1 to %d", MOST_DAYS);
    w->to = day_at(r->cx.arena, r->app->zone, now_ms(&r->cx));
    w->from = day_add(r->cx.arena, w->to, 1 - days);
    known = arena_alloc(r->cx.arena, (size_t)days * sizeof *known, _Alignof(bool));
    w->known = known;
    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_rates_known_days, ARGS(a_str("from_day", w->from), a_str("to_day", w->to)),
                 &rows));
    while (rows_next(rows))
        known[day_diff(w->from, col_str(rows, "day"))] = true;
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* A jump of more than a tenth is more often a wrong feed than a crisis: a person has to enter it.
 */
static bool is_plausible(const struct fx_rates *before, const struct nbk_rate *n)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct fx_rate *b = &before->at[i];
        int64_t now_unit, was_unit, change;
        if (!str_eq(b->base, n->currency))
            continue;
        now_unit = n->rate_micros * 1000 / n->quant;
        was_unit = b->kzt_micros * 1000 / b->quant;
        change = now_unit > was_unit ? now_unit - was_unit : was_unit - now_unit;
        return was_unit < 100 || change <= was_unit / (100 / JUMP_PERCENT);
    }
    return true;
}

static enum err store_day(struct job_run *r, const struct nbk_rates *feed, struct str today)
{
    enum err err;
    struct tx *tx = NULL;
    struct fx_rates before;

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(rates_on(tx, day_add(r->cx.arena, feed->day, -1), &before));
    for (size_t i = 0; i < feed->n; i++) {
        const struct nbk_rate *n = &feed->at[i];
        if (!is_plausible(&before, n)) {
            r->failed++;
            job_say(r,
                    "%.*s on %.*s differs by more than %d %% from the day before: not taken, enter "
                    "it by hand if it is right",
                    STR_FMT(n->currency), STR_FMT(feed->day), JUMP_PERCENT);
            continue;
        }
        TRY(rates_put(tx, S("nbk"),
                      &(struct fx_rate){n->currency, n->rate_micros, n->quant, feed->day}, today));
        r->written++;
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err sync_day(struct job_run *r, struct str day, struct str today)
{
    enum err err;
    struct call call = nbk_call(r->cx.arena, r->app->rates.base_url, day);
    struct reply reply;
    struct nbk_rates feed;

    TRY(fetch(&r->cx, r->app->fetcher, &r->app->rates, &call, &reply));
    TRY(nbk_read(&r->cx, reply.body, &feed));
    r->seen++;
    if (!feed.n || !nbk_find(&feed, S("USD")))
        return OK;
    if (!feed.day.len)
        feed.day = day;
    TRY(store_day(r, &feed, today));
out:
    return err;
}

static enum err rates_sync(struct job_run *r)
{
    enum err err;
    struct window w = {0};

    TRY(load_window(r, &w));
    for (int64_t i = 0; i <= day_diff(w.from, w.to); i++) {
        if (w.known[i])
            continue;
        TRY(sync_day(r, day_add(r->cx.arena, w.from, i), w.to));
    }
    job_say(r, "rates: %lld days asked, %lld rates stored", (long long)r->seen,
            (long long)r->written);
    err = OK;
out:
    return err;
}

/* A workday's rate appears between 14:00 and 16:00 in Almaty. */
const struct job rates_jobs[] = {
    {"rates.sync", "15 8,14-18 * * *", rates_sync, 600, CATCHUP_ONCE},
};
const size_t rates_njobs = COUNT(rates_jobs);
