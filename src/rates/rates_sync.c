/* rates_sync.c: the National Bank's feed, day by day, filling the gaps of the last days. */
#include "base/log.h"
#include "base/money.h"
#include "rates/rates.sql.h"
#include "rates/rates_inside.h"
#include "vendors/nbk.h"

enum {
    MOST_DAYS = 1200,
    LONGEST_HOLIDAY = 4, /* days without a rate that lie between two known ones */
    JUMP_PERCENT = 10
};

struct window {
    struct str from, to; /* reporting zone, both inclusive */
    int64_t days;
    bool *known; /* one per day: the feed has told us already, or has nothing to tell */
};

/* As far back as there is money to convert, and a holiday further. */
static enum err window_days(struct job_run *r, struct tx *tx, struct str today, int64_t *days)
{
    enum err err = OK;
    struct rows *rows = NULL;
    struct str first = {0};

    *days = r->options.days;
    if (*days < 0 || *days > MOST_DAYS)
        TRY(tx_fail(tx, ERR_INPUT, "--days must be 1 to %d", MOST_DAYS));
    if (*days)
        return OK;
    TRY(db_query(tx, &q_rates_first_needed, NO_ARGS, &rows));
    if (rows_next(rows))
        first = col_str(rows, "day");
    TRY(rows_end(&rows));
    *days = RATES_WINDOW_DAYS;
    if (first.len && day_diff(first, today) + 1 + LONGEST_HOLIDAY > *days)
        *days = day_diff(first, today) + 1 + LONGEST_HOLIDAY;
    if (*days > MOST_DAYS)
        *days = MOST_DAYS;
out:
    rows_drop(&rows);
    return err;
}

/* A short gap between known days is a holiday: the bank will not fill it any more. The last days
 * are asked again and again, in case it was our own outage. */
static void close_holidays(struct window *w)
{
    int64_t last_known = -1;

    for (int64_t i = 0; i < w->days - RATES_WINDOW_DAYS; i++) {
        if (!w->known[i])
            continue;
        if (last_known >= 0 && i - last_known - 1 <= LONGEST_HOLIDAY)
            for (int64_t k = last_known + 1; k < i; k++)
                w->known[k] = true;
        last_known = i;
    }
}

/* Days of the window that have the feed's rate already. A feed is asked once for each other day;
 * a day without a rate of its own (weekend, holiday) is covered by the one before it. */
static enum err load_window(struct job_run *r, struct window *w)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    w->to = day_at(r->cx.arena, r->app->zone, now_ms(&r->cx));
    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(window_days(r, tx, w->to, &w->days));
    w->from = day_add(r->cx.arena, w->to, 1 - w->days);
    w->known = arena_alloc(r->cx.arena, (size_t)w->days * sizeof *w->known, _Alignof(bool));
    TRY(db_query(tx, &q_rates_known_days, ARGS(a_str("from_day", w->from), a_str("to_day", w->to)),
                 &rows));
    while (rows_next(rows))
        w->known[day_diff(w->from, col_str(rows, "day"))] = true;
    TRY(rows_end(&rows));
    close_holidays(w);
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

bool rates_is_plausible(struct job_run *r, const struct fx_rates *before, const struct fx_rate *n)
{
    int64_t now_unit, was_unit, change;

    for (size_t i = 0; i < before->n; i++) {
        const struct fx_rate *b = &before->at[i];
        if (!str_eq(b->base, n->base))
            continue;
        bool fits = muldiv(n->kzt_micros, 1000, n->quant, &now_unit) &&
                    muldiv(b->kzt_micros, 1000, b->quant, &was_unit);
        change = !fits ? 0 : now_unit > was_unit ? now_unit - was_unit : was_unit - now_unit;
        if (fits && change <= was_unit / (100 / JUMP_PERCENT))
            return true;
        r->failed++;
        job_say(r,
                "%.*s on %.*s differs by more than %d %% from the day before: not taken, enter it "
                "by hand if it is right",
                STR_FMT(n->base), STR_FMT(n->day), JUMP_PERCENT);
        return false;
    }
    return true;
}

static enum err store_day(struct job_run *r, const struct nbk_rates *feed,
                          const struct reply *reply, struct str today)
{
    enum err err;
    struct tx *tx = NULL;
    struct fx_rates before;
    int64_t raw;

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(rates_drop_fallback(tx, feed->day, today));
    TRY(rates_on(tx, day_add(r->cx.arena, feed->day, -1), &before));
    TRY(rates_keep_raw(tx, "nbk", feed->day, reply, &raw));
    for (size_t i = 0; i < feed->n; i++) {
        const struct nbk_rate *n = &feed->at[i];
        struct fx_rate rate = {n->currency, n->rate_micros, n->quant, feed->day};
        if (!rates_is_plausible(r, &before, &rate))
            continue;
        TRY(rates_put_raw(tx, S("nbk"), &rate, raw, today));
        r->written++;
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A day without a rate of its own: the one before it holds, whatever another source said. */
static enum err day_is_empty(struct job_run *r, struct str day, struct str today)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(rates_drop_fallback(tx, day, today));
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
        return day_is_empty(r, day, today);
    if (!feed.day.len)
        feed.day = day;
    if (day_diff(feed.day, day) < 0 || day_diff(feed.day, day) > RATE_MAX_AGE_DAYS) {
        r->failed++;
        job_say(r, "asked for %.*s the feed answers with %.*s: not taken", STR_FMT(day),
                STR_FMT(feed.day));
        return OK;
    }
    if (day_diff(feed.day, day) > 0)
        TRY(day_is_empty(r, day, today));
    TRY(store_day(r, &feed, &reply, today));
out:
    return err;
}

static enum err sync_days(struct job_run *r, const struct window *w)
{
    enum err err = OK;

    for (int64_t i = 0; i < w->days; i++) {
        struct str day = day_add(r->cx.arena, w->from, i);
        if (w->known[i])
            continue;
        job_progress(r, i, w->days, "%.*s", STR_FMT(day));
        TRY(sync_day(r, day, w->to));
    }
out:
    return err;
}

/* The run has failed all the same when another source had to help: the bank's rates come later. */
static enum err rates_sync(struct job_run *r)
{
    enum err err;
    struct window w = {0};

    TRY(load_window(r, &w));
    err = sync_days(r, &w);
    if (err == ERR_UPSTREAM || err == ERR_TIMEOUT)
        rates_fallback(r, w.to);
    if (err)
        goto out;
    job_say(r, "rates: %lld days asked, %lld rates stored", (long long)r->seen,
            (long long)r->written);
out:
    return err;
}

/* Every hour: nearly all days are known by then and are not asked for. */
const struct job rates_jobs[] = {
    {"rates.sync", "15 * * * *", rates_sync, 600, CATCHUP_ONCE},
};
const size_t rates_njobs = COUNT(rates_jobs);
