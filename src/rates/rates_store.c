/* rates_store.c: rows in, rows out. */
#include "core/dirty.h"
#include "core/version.h"
#include "rates/rates.sql.h"
#include "rates/rates_inside.h"

enum err rates_on(struct tx *tx, struct str day, struct fx_rates *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;
    VEC(struct fx_rate) list = {0};

    TRY(db_query(tx, &q_rates_on,
                 ARGS(a_str("day", day), a_str("oldest", day_add(arena, day, -RATE_MAX_AGE_DAYS))),
                 &rows));
    while (rows_next(rows)) {
        struct str base = col_str(rows, "base");
        if (list.n && str_eq(list.at[list.n - 1].base, base))
            continue;
        *vec_add(arena, &list) = (struct fx_rate){base, col_int(rows, "rate_micros"),
                                                  col_int(rows, "quant"), col_str(rows, "day")};
    }
    TRY(rows_end(&rows));
    *out = (struct fx_rates){list.at, list.n};
out:
    rows_drop(&rows);
    return err;
}

/* A rate decides its own day and those after it until the currency's next rate. */
static enum err mark_days(struct tx *tx, const struct fx_rate *r, struct str today)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;
    struct str last = day_add(arena, r->day, RATE_MAX_AGE_DAYS);

    TRY(db_query(tx, &q_rates_next_day, ARGS(a_str("base", r->base), a_str("day", r->day)), &rows));
    while (rows_next(rows)) {
        struct str next = col_str(rows, "day");
        if (next.len && day_diff(next, last) > 0)
            last = day_add(arena, next, -1);
    }
    TRY(rows_end(&rows));
    /* No zone is more than a day ahead of another. */
    if (day_diff(today, last) > 1)
        last = day_diff(today, r->day) > 1 ? r->day : day_add(arena, today, 1);
    TRY(dirty_days(tx, r->day, last));
out:
    rows_drop(&rows);
    return err;
}

enum err rates_put(struct tx *tx, struct str source, const struct fx_rate *r,
                   struct str reporting_today)
{
    return rates_put_raw(tx, source, r, 0, reporting_today);
}

enum err rates_put_raw(struct tx *tx, struct str source, const struct fx_rate *r, int64_t inbox_id,
                       struct str reporting_today)
{
    return rates_put_told(tx, &(struct rate_told){source, now_ms(tx_ctx(tx)), inbox_id}, r,
                          reporting_today);
}

enum err rates_put_told(struct tx *tx, const struct rate_told *by, const struct fx_rate *r,
                        struct str reporting_today)
{
    enum err err;
    int64_t changed = 0;

    TRY(db_exec(tx, &q_rates_put,
                ARGS(a_str("base", r->base), a_str("day", r->day), a_str("source", by->source),
                     a_int("rate_micros", r->kzt_micros), a_int("quant", r->quant),
                     a_int("learned_at", by->learned_at), a_id("inbox_id", by->inbox_id)),
                &changed));
    if (!changed)
        return OK;
    TRY(mark_days(tx, r, reporting_today));
    TRY(version_bump(tx));
out:
    return err;
}

enum err rates_drop_fallback(struct tx *tx, struct str day, struct str reporting_today)
{
    enum err err;
    struct rows *rows = NULL;
    VEC(struct fx_rate) list = {0};

    TRY(db_query(tx, &q_rates_fallbacks_of, ARGS(a_str("day", day)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, &list) = (struct fx_rate){
            col_str(rows, "base"), col_int(rows, "rate_micros"), col_int(rows, "quant"), day};
    TRY(rows_end(&rows));
    if (!list.n)
        goto out;
    TRY(db_exec(tx, &q_rates_fallbacks_forget, ARGS(a_str("day", day)), NULL));
    for (size_t i = 0; i < list.n; i++)
        TRY(mark_days(tx, &list.at[i], reporting_today));
    TRY(version_bump(tx));
out:
    rows_drop(&rows);
    return err;
}

enum err rates_keep_raw(struct tx *tx, const char *source, struct str day,
                        const struct reply *reply, int64_t *id)
{
    struct arena *a = tx_ctx(tx)->arena;
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b((struct str){0}, reply->body, hash);
    struct str key = hex_text(a, (struct str){(const char *)hash, sizeof hash});
    return inbox_record(
        tx,
        &(struct inbox_new){.source = str_of(source),
                            .dedupe_key = arena_fmt(a, "%.*s %.*s", STR_FMT(day), STR_FMT(key)),
                            .content_type = reply->mime.len ? reply->mime : S("unknown"),
                            .body = reply->body},
        id);
}
