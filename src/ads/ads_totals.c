/* ads_totals.c: what the account says it spent beside what its ads add up to.
 * What no ad explains stands as a pseudo-ad "Not in any ad", so that nothing is
 * lost from the sums. */
#include "ads/ads_inside.h"
#include "ads/totals.sql.h"
#include "base/calendar.h"

/* Half a percent apart is worth reading the day once more. */
enum { APART = 200, MOST_REREAD = 10 };
#define NOT_IN_ANY_AD "Not in any ad"

struct day_sums {
    int64_t spend_micros, impressions, clicks, link_clicks;
};
struct day_compared {
    struct str day;
    struct day_sums total, ads;
    struct maybe_int reach;
    bool is_read;  /* its ads are known: there is something to compare with */
    bool was_same; /* the last comparison had these very numbers */
    struct raw_page *page;
};
struct comparison {
    struct account_run *ar;
    const struct fact_window *w;
    struct window_rows got;
    struct day_compared *days;
    int64_t n;
};

/* ---- what there is ---- */

static struct day_compared *day_of(struct comparison *c, struct str day)
{
    int64_t i = day_diff(c->w->from, day);

    return i >= 0 && i < c->n ? &c->days[i] : NULL;
}

static enum err fetch_totals(struct comparison *c)
{
    struct account_run *ar = c->ar;
    struct net_sink sink = window_sink(&c->got);
    struct net_rows_ask ask = {.account = ar->account->external_id,
                               .level = NET_ACCOUNT,
                               .from = c->w->from,
                               .to = c->w->to};
    enum err err = ar->run->net->rows(&ar->cx, &ar->run->link, &ask, &sink, &ar->last);

    for (size_t i = 0; !err && i < c->got.rows.n; i++) {
        const struct net_row *row = &c->got.rows.at[i].row;
        struct day_compared *d = day_of(c, row->day);
        if (!d)
            return fail(&ar->cx, ERR_UPSTREAM,
                        "the platform answered for a day that was not asked for");
        d->total =
            (struct day_sums){row->spend_micros, row->impressions, row->clicks, row->link_clicks};
        d->reach = row->reach;
        d->page = c->got.rows.at[i].page;
    }
    return err;
}

static enum err load_sums(struct tx *tx, struct comparison *c)
{
    enum err err;
    struct rows *rows = NULL;
    struct day_compared *d;
    int64_t residual_ad = 0;
    struct arg range[] = {a_int("account_id", c->ar->account->id), a_str("from_day", c->w->from),
                          a_str("to_day", c->w->to), a_int("residual_ad", 0)};

    if (map_get(&c->ar->maps.ads, residual_id(c->got.arena, c->ar->account), &residual_ad))
        range[3] = a_int("residual_ad", residual_ad);
    TRY(db_query(tx, &q_totals_sums, range, COUNT(range), &rows));
    while (rows_next(rows))
        if ((d = day_of(c, col_str(rows, "day"))))
            d->ads = (struct day_sums){col_int(rows, "spend_micros"), col_int(rows, "impressions"),
                                       col_int(rows, "clicks"), col_int(rows, "link_clicks")};
    TRY(rows_end(&rows));
    TRY(db_query(tx, &q_totals_compared_before, range, 3, &rows));
    while (rows_next(rows)) {
        if (!(d = day_of(c, col_str(rows, "day"))))
            continue;
        d->is_read = true;
        d->was_same = !col_is_null(rows, "account_spend_micros") &&
                      col_int(rows, "account_spend_micros") == d->total.spend_micros &&
                      col_int(rows, "ads_spend_micros") == d->ads.spend_micros;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* ---- what is kept ---- */

static bool is_apart(const struct day_compared *d)
{
    int64_t a = d->total.spend_micros, b = d->ads.spend_micros;
    int64_t apart = a > b ? a - b : b - a, larger = a > b ? a : b;

    return apart > larger / APART;
}

static bool is_equal(const struct day_compared *d)
{
    return d->total.spend_micros == d->ads.spend_micros &&
           d->total.impressions == d->ads.impressions && d->total.clicks == d->ads.clicks &&
           d->total.link_clicks == d->ads.link_clicks;
}

/* Today goes on, and a day that could not be read says nothing: neither is compared. */
static bool is_comparable(const struct comparison *c, const struct day_compared *d)
{
    return d->is_read && day_diff(d->day, c->ar->today) > 0;
}

static struct net_row residual_row(struct comparison *c, const struct day_compared *d)
{
    struct str id = residual_id(c->got.arena, c->ar->account);

    return (struct net_row){.day = d->day,
                            .campaign_id = id,
                            .campaign_name = S(NOT_IN_ANY_AD),
                            .adset_id = id,
                            .adset_name = S(NOT_IN_ANY_AD),
                            .ad_id = id,
                            .ad_name = S(NOT_IN_ANY_AD),
                            .spend_micros = d->total.spend_micros - d->ads.spend_micros,
                            .impressions = d->total.impressions - d->ads.impressions,
                            .clicks = d->total.clicks - d->ads.clicks,
                            .link_clicks = d->total.link_clicks - d->ads.link_clicks};
}

static enum err put_residual(struct tx *tx, struct comparison *c, const struct day_compared *d)
{
    struct fact_rows rows = {0};
    struct fact_apply what = {
        .maps = &c->ar->maps,
        .window = {c->ar->account, d->day, d->day},
        .part = FACTS_OF_RESIDUAL,
        .rows = &rows
    };

    if (!is_comparable(c, d))
        return OK;
    if (!is_equal(d))
        *vec_add(c->got.arena, &rows) = (struct fact_row){residual_row(c, d), d->page};
    return facts_apply(tx, &what, &c->ar->run->job->written);
}

static enum err put_day(struct tx *tx, struct comparison *c, const struct day_compared *d)
{
    enum err err;
    struct arg account = a_int("account_id", c->ar->account->id), day = a_str("day", d->day);
    struct arg at = a_int("at", now_ms(tx_ctx(tx)));
    struct str note = {0};

    TRY(db_exec(tx, &q_totals_put,
                ARGS(account, day, a_int("spend_micros", d->total.spend_micros),
                     a_int("impressions", d->total.impressions), a_int("clicks", d->total.clicks),
                     a_int("link_clicks", d->total.link_clicks),
                     d->reach.known ? a_int("reach", d->reach.v) : a_null("reach"), at),
                NULL));
    if (!is_comparable(c, d))
        return OK;
    if (is_apart(d))
        note = S("the ads do not add up to the account's total");
    TRY(db_exec(tx, &q_totals_compared,
                ARGS(account, day, a_int("account_spend_micros", d->total.spend_micros),
                     a_int("ads_spend_micros", d->ads.spend_micros), at, a_opt("note", note)),
                NULL));
out:
    return err;
}

static enum err store(struct comparison *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = c->ar->cx;

    cx.arena = c->got.arena;
    TRY(tx_begin(&cx, c->ar->run->job->app->db, TX_WRITE, &tx));
    TRY(load_sums(tx, c));
    for (int64_t i = 0; i < c->n; i++) {
        TRY(put_residual(tx, c, &c->days[i]));
        TRY(put_day(tx, c, &c->days[i]));
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err && !c->ar->cx.err)
        return fail(&c->ar->cx, err, "%s", cx.why);
    return err;
}

/* ---- the whole ---- */

/* An account whose totals cannot be had is known by its ads alone. */
static bool is_dispensable(const struct net_reply *last)
{
    return last->class == NET_BUG || last->class == NET_PERMISSION || last->class == NET_SPLIT;
}

/* Days worth reading again, into the account's arena. */
static struct str *apart_days(struct comparison *c, size_t *n)
{
    struct arena *arena = c->ar->maps.arena;
    VEC(struct str) days = {0};

    for (int64_t i = 0; i < c->n && days.n < MOST_REREAD; i++) {
        const struct day_compared *d = &c->days[i];
        if (is_comparable(c, d) && is_apart(d) && !d->was_same)
            *vec_add(arena, &days) = arena_str(arena, d->day);
    }
    *n = days.n;
    return days.at;
}

static enum err compare(struct account_run *ar, const struct fact_window *w, struct str **apart,
                        size_t *n)
{
    enum err err;
    struct comparison c = {.ar = ar, .w = w, .n = day_diff(w->from, w->to) + 1};

    *n = 0;
    window_open(&c.got, NULL);
    c.days = arena_alloc(c.got.arena, (size_t)c.n * sizeof *c.days, _Alignof(struct day_compared));
    for (int64_t i = 0; i < c.n; i++)
        c.days[i].day = day_add(c.got.arena, w->from, i);
    err = fetch_totals(&c);
    if (err && is_dispensable(&ar->last)) {
        job_say(ar->run->job, "act_%.*s: no totals of the account (%s); going on without them",
                STR_FMT(ar->account->external_id), net_class_slug(ar->last.class));
        ctx_forgive(&ar->cx);
        err = OK;
        goto out;
    }
    TRY(err);
    TRY(store(&c));
    *apart = apart_days(&c, n);
out:
    window_close(&c.got);
    return err;
}

enum err totals_sync(struct account_run *ar, const struct fact_window *w)
{
    enum err err;
    struct str *apart = NULL;
    size_t n, ignored;

    TRY(compare(ar, w, &apart, &n));
    for (size_t i = 0; i < n; i++) {
        struct fact_window day = {ar->account, apart[i], apart[i]};
        struct str *none = NULL;
        job_say(ar->run->job, "act_%.*s %.*s: the ads do not add up to the account: once more",
                STR_FMT(ar->account->external_id), STR_FMT(apart[i]));
        TRY(account_rest(ar));
        TRY(window_sync(ar, &day));
        TRY(compare(ar, &day, &none, &ignored));
    }
out:
    return err;
}

enum err ads_verify(struct tx *tx, int64_t *differ)
{
    return db_get_int(tx, &q_totals_differ, NO_ARGS, differ, NULL);
}
