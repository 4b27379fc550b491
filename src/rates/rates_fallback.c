/* rates_fallback.c: another source, asked only while the bank does not answer for more than a day.
 * What it says holds until the bank speaks about that day. */
#include "rates/rates.sql.h"
#include "rates/rates_inside.h"
#include "vendors/fx_json.h"

enum { PATIENCE_MS = 24 * 3600 * 1000 };

struct helper {
    struct job_run *job;
    struct ctx *cx; /* its failures are not the run's own */
    struct str from, today;
    struct upstream up;
    bool known[RATES_WINDOW_DAYS];
};

static enum err is_needed(struct helper *h, bool *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t at = 0;

    TRY(tx_begin(h->cx, h->job->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_rates_bank_answered_at, NO_ARGS, &at, NULL));
    *out = at && now_ms(h->cx) - at > PATIENCE_MS;
    TRY(db_query(tx, &q_rates_days_of_dollar,
                 ARGS(a_str("from_day", h->from), a_str("to_day", h->today)), &rows));
    while (rows_next(rows))
        h->known[day_diff(h->from, col_str(rows, "day"))] = true;
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err store(struct helper *h, const struct fx_quotes *q, const struct reply *reply)
{
    enum err err;
    struct tx *tx = NULL;
    struct fx_rates before;
    int64_t raw;

    TRY(tx_begin(h->cx, h->job->app->db, TX_WRITE, &tx));
    TRY(rates_on(tx, day_add(h->cx->arena, q->day, -1), &before));
    TRY(rates_keep_raw(tx, "rates_fallback", q->day, reply, &raw));
    for (size_t i = 0; i < q->n; i++) {
        struct fx_rate rate = {q->at[i].currency, q->at[i].kzt_micros, 1, q->day};
        if (!rates_is_plausible(h->job, &before, &rate))
            continue;
        TRY(rates_put_raw(tx, S("fallback"), &rate, raw, h->today));
        h->job->written++;
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* An answer for another day, as services without a history give, says nothing about this one. */
static enum err ask_for(struct helper *h, struct str day)
{
    enum err err;
    struct call call = fx_json_call(h->cx->arena, day);
    struct reply reply;
    struct fx_quotes quotes;

    TRY(fetch(h->cx, h->job->app->fetcher, &h->up, &call, &reply));
    TRY(fx_json_read(h->cx, reply.body, &quotes));
    if (!quotes.day.len && str_eq(day, h->today))
        quotes.day = day;
    if (str_eq(quotes.day, day))
        TRY(store(h, &quotes, &reply));
out:
    return err;
}

static enum err ask_all(struct helper *h)
{
    enum err err;
    bool needed = false;

    TRY(is_needed(h, &needed));
    for (int i = 0; needed && i < RATES_WINDOW_DAYS; i++)
        if (!h->known[i])
            TRY(ask_for(h, day_add(h->cx->arena, h->from, i)));
out:
    return err;
}

void rates_fallback(struct job_run *r, struct str today)
{
    struct ctx own = {.arena = r->cx.arena,
                      .clock = r->cx.clock,
                      .deadline_ms = r->cx.deadline_ms,
                      .tag = r->cx.tag};
    struct helper h = {.job = r, .cx = &own, .today = today, .up = r->app->rates};

    if (!r->app->config.rates_fallback_url.len)
        return;
    h.from = day_add(own.arena, today, 1 - RATES_WINDOW_DAYS);
    h.up.name = "rates_fallback";
    h.up.base_url = str_z(own.arena, r->app->config.rates_fallback_url);
    int64_t before = r->written;
    if (ask_all(&h))
        job_say(r, "the other source of rates: %s", own.why);
    if (r->written > before)
        job_say(r, "the bank does not answer: %lld rates of another source hold until it does",
                (long long)(r->written - before));
}
