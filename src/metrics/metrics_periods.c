/* metrics_periods.c: the fixed periods of document 001, in the reporting zone. */
#include "metrics/metrics_periods.h"
#include "base/calendar.h"
#include "metrics/periods.sql.h"
#include "rates/rates.h"

static const struct period {
    const char *name;
    int days;
} periods[] = {
    {"today", 1 },
    {"7d",    7 },
    {"30d",   30}
};

static enum err build_period(struct tx *tx, const struct period *p, struct str today)
{
    enum err err = OK;
    struct str from = day_add(tx_ctx(tx)->arena, today, 1 - p->days);

    for (int per_user = 0; per_user <= 1; per_user++)
        TRY(db_exec(tx, &q_periods_insert,
                    ARGS(a_int("per_user", per_user), a_str("period", str_of(p->name)),
                         a_str("from_day", from), a_str("to_day", today),
                         a_int("at", now_ms(tx_ctx(tx)))),
                    NULL));
out:
    return err;
}

struct prepayment {
    int64_t team_id, user_id, kzt;
    struct str day;
};
struct prepayments {
    struct prepayment *at;
    size_t n, cap;
};

static enum err load_prepayments(struct tx *tx, struct str today, struct prepayments *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;

    TRY(db_query(tx, &q_periods_prepayments,
                 ARGS(a_str("from_day", day_add(arena, today, -29)), a_str("to_day", today)),
                 &rows));
    while (rows_next(rows)) {
        struct prepayment p = {col_int(rows, "team_id"), col_int(rows, "user_id"),
                               col_int(rows, "amount_micros"), col_str(rows, "day")};
        struct fx_rates rates;
        if (!str_eq(col_str(rows, "currency"), S("KZT"))) {
            TRY(rates_on(tx, p.day, &rates));
            if (!rates_convert(&rates, p.kzt, col_str(rows, "currency"), S("KZT"), &p.kzt))
                continue;
        }
        *vec_add(arena, out) = p;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err add_prepayments(struct tx *tx, struct str today)
{
    enum err err;
    struct prepayments list = {0};

    TRY(load_prepayments(tx, today, &list));
    for (size_t i = 0; i < list.n; i++)
        TRY(db_exec(tx, &q_periods_prepayment_add,
                    ARGS(a_int("kzt", list.at[i].kzt), a_int("team_id", list.at[i].team_id),
                         a_int("user_id", list.at[i].user_id), a_str("day", list.at[i].day)),
                    NULL));
out:
    return err;
}

static enum err is_built_for(struct tx *tx, struct str today, bool *out)
{
    enum err err;
    int64_t n = 0;

    TRY(db_get_int(tx, &q_periods_of_day, ARGS(a_str("today", today)), &n, NULL));
    *out = n > 0;
out:
    return err;
}

enum err periods_build(struct ctx *cx, struct app *app, bool rollups_changed)
{
    enum err err;
    struct tx *tx = NULL;
    struct str today = day_at(cx->arena, app->zone, now_ms(cx));
    bool is_built;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(is_built_for(tx, today, &is_built));
    if (is_built && !rollups_changed)
        goto out;
    TRY(db_exec(tx, &q_periods_forget, NO_ARGS, NULL));
    for (size_t i = 0; i < COUNT(periods); i++)
        TRY(build_period(tx, &periods[i], today));
    TRY(add_prepayments(tx, today));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}
