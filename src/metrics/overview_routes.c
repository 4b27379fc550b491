/* overview_routes.c: everything the first screen shows, in one answer from the small rollup. */
#include "metrics/overview_routes.h"
#include "base/calendar.h"
#include "base/money.h"
#include "core/answer.h"
#include "metrics/freshness.h"
#include "metrics/metrics_ask.h"
#include "metrics/metrics_sums.h"
#include "metrics/read.sql.h"

struct team_sums {
    int64_t team_id; /* 0 = unattributed */
    struct sums now, before;
    bool has_now, has_before;
};
struct bucket {
    struct str day;
    struct sums sums;
};
struct overview {
    struct ask ask;
    struct sums total, total_before;
    VEC(struct team_sums) teams;
    VEC(struct bucket) series;
    struct str next_day; /* that the series has not reached yet */
    struct freshness freshness;
};

static struct team_sums *team_of(struct arena *a, struct overview *o, int64_t id)
{
    struct team_sums *t;

    for (size_t i = 0; i < o->teams.n; i++)
        if (o->teams.at[i].team_id == id)
            return &o->teams.at[i];
    t = vec_add(a, &o->teams);
    t->team_id = id;
    return t;
}

static struct sums *bucket_at(struct arena *a, struct overview *o, struct str day)
{
    struct str bucket = bucket_of(a, o->ask.granularity, day);

    if (!o->series.n || !str_eq(o->series.at[o->series.n - 1].day, bucket))
        vec_add(a, &o->series)->day = bucket;
    return &o->series.at[o->series.n - 1].sums;
}

/* Rows come by day, so a bucket is always the last one or a new one. A day without rows is a day of
 * zeros, or a line would be drawn across it. */
static void add_to_series(struct arena *a, struct overview *o, struct str day, const struct sums *s)
{
    for (; day_diff(o->next_day, day) > 0; o->next_day = day_add(a, o->next_day, 1))
        bucket_at(a, o, o->next_day);
    o->next_day = day_add(a, day, 1);
    sums_add(bucket_at(a, o, day), s);
}

/* Up to the end of the range, but not into the future. */
static void finish_series(struct arena *a, struct overview *o)
{
    struct str last = o->ask.range.to;

    if (day_diff(o->freshness.today, last) > 0)
        last = o->freshness.today;
    for (; day_diff(o->next_day, last) >= 0; o->next_day = day_add(a, o->next_day, 1))
        bucket_at(a, o, o->next_day);
}

static enum err read_range(struct tx *tx, struct overview *o, const struct range *r, bool is_before)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;

    TRY(db_query(tx, &q_read_team_days, ARGS(TEAM_READ_ARGS(&o->ask, r)), &rows));
    while (rows_next(rows)) {
        struct sums s = sums_of_row(rows);
        struct team_sums *t = team_of(arena, o, col_int(rows, "team_id"));
        sums_add(is_before ? &t->before : &t->now, &s);
        sums_add(is_before ? &o->total_before : &o->total, &s);
        t->has_now = t->has_now || !is_before;
        t->has_before = t->has_before || is_before;
        if (!is_before)
            add_to_series(arena, o, col_str(rows, "day"), &s);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static bool is_synced(const struct overview *o)
{
    return o->freshness.synced_at != 0;
}

static void write_team(struct json_out *j, struct overview *o, const struct team_sums *t,
                       struct rows *rows)
{
    json_obj(j);
    json_key(j, "team_id"), rows ? json_int(j, col_int(rows, "id")) : json_null(j);
    json_key(j, "name"), rows ? json_str(j, col_str(rows, "name")) : json_null(j);
    json_key(j, "colour"), json_str(j, rows ? col_str(rows, "colour") : S(""));
    json_key(j, "emoji"), json_str(j, rows ? col_str(rows, "emoji") : S(""));
    json_key(j, "archived"), json_bool(j, rows && !col_is_null(rows, "archived_at"));
    json_key(j, "metrics"), sums_write(j, &t->now, is_synced(o));
    json_key(j, "previous");
    if (t->has_before)
        sums_write(j, &t->before, is_synced(o));
    else
        json_null(j);
    json_end(j);
}

/* Teams by name, archived ones only when they have numbers, the unattributed bucket last. */
static enum err write_teams(struct tx *tx, struct json_out *j, struct overview *o)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;
    struct team_sums *nobody;

    json_arr(j);
    TRY(db_query(tx, &q_read_teams, ARGS(SCOPE_ARGS(o->ask.scope)), &rows));
    while (rows_next(rows)) {
        struct team_sums *t = team_of(arena, o, col_int(rows, "id"));
        bool is_asked = !o->ask.team || o->ask.team == t->team_id;
        if (is_asked && (t->has_now || t->has_before || col_is_null(rows, "archived_at")))
            write_team(j, o, t, rows);
    }
    TRY(rows_end(&rows));
    nobody = team_of(arena, o, 0);
    if (nobody->has_now || nobody->has_before)
        write_team(j, o, nobody, NULL);
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

static enum err write_products(struct tx *tx, struct json_out *j, const struct overview *o)
{
    enum err err;
    struct rows *rows = NULL;

    json_arr(j);
    TRY(db_query(tx, &q_read_products, ARGS(TEAM_READ_ARGS(&o->ask, &o->ask.range)), &rows));
    while (rows_next(rows)) {
        json_obj(j);
        json_key(j, "code"), json_str(j, col_str(rows, "code"));
        json_opt_str(j, "name", rows, "name");
        json_key(j, "sales"), json_int(j, col_int(rows, "sales"));
        json_key(j, "revenue"), json_dec(j, col_int(rows, "revenue"), MONEY_SCALE);
        json_end(j);
    }
    TRY(rows_end(&rows));
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

static void write_series(struct json_out *j, const struct overview *o)
{
    json_arr(j);
    for (size_t i = 0; i < o->series.n; i++) {
        const struct bucket *b = &o->series.at[i];
        int64_t roi;
        json_obj(j);
        json_key(j, "day"), json_str(j, b->day);
        json_key(j, "spend"), json_dec(j, b->sums.spend, MONEY_SCALE);
        json_key(j, "revenue"), json_dec(j, b->sums.revenue, MONEY_SCALE);
        json_key(j, "sales"), json_int(j, b->sums.sales);
        json_key(j, "leads"), json_int(j, b->sums.leads);
        json_key(j, "roi");
        if (!b->sums.unpriced && sums_roi(&b->sums, &roi))
            json_dec(j, roi, MONEY_SCALE);
        else
            json_null(j);
        json_end(j);
    }
    json_end(j);
}

/* The share of sales that has a team: always beside the team table. */
static void write_attribution(struct tx *tx, struct json_out *j, struct overview *o)
{
    const struct team_sums *nobody = team_of(tx_ctx(tx)->arena, o, 0);
    int64_t rate;

    json_obj(j);
    json_key(j, "rate");
    if (muldiv(o->total.sales - nobody->now.sales, 100 * MICROS, o->total.sales, &rate))
        json_dec(j, rate, MONEY_SCALE);
    else
        json_null(j);
    json_key(j, "sales_unattributed"), json_int(j, nobody->now.sales);
    json_key(j, "revenue_unattributed"), json_dec(j, nobody->now.revenue, MONEY_SCALE);
    json_end(j);
}

static enum err write_overview(struct tx *tx, struct json_out *j, struct req *rq,
                               struct overview *o)
{
    enum err err;

    json_obj(j);
    json_key(j, "period"), metrics_ask_write_period(j, &o->ask);
    json_key(j, "currency"), json_str(j, o->ask.currency);
    json_key(j, "tz"), json_str(j, rq->app->config.tz);
    json_key(j, "totals"), sums_write(j, &o->total, is_synced(o));
    json_key(j, "previous");
    if (o->ask.before.from.len)
        sums_write(j, &o->total_before, is_synced(o));
    else
        json_null(j);
    json_key(j, "attribution"), write_attribution(tx, j, o);
    json_key(j, "products");
    TRY(write_products(tx, j, o));
    json_key(j, "series"), write_series(j, o);
    json_key(j, "teams");
    TRY(write_teams(tx, j, o));
    json_key(j, "freshness"), freshness_write(j, &o->freshness);
    json_end(j);
out:
    return err;
}

enum err overview_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct overview o = {0};
    struct json_out *j = json_out_new(&rq->cx, 32768);

    TRY(metrics_ask_read(rq, &o.ask));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(freshness_read(tx, rq, &o.freshness));
    o.next_day = o.ask.range.from;
    TRY(read_range(tx, &o, &o.ask.range, false));
    finish_series(rq->cx.arena, &o);
    if (o.ask.before.from.len)
        TRY(read_range(tx, &o, &o.ask.before, true));
    TRY(write_overview(tx, j, rq, &o));
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}
