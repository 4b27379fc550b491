/* metrics_routes.c: any split of the numbers: teams, people, accounts, campaigns, ads, days. */
#include "base/money.h"
#include "metrics/freshness.h"
#include "metrics/metrics.h"
#include "metrics/metrics_ask.h"
#include "metrics/metrics_sums.h"
#include "metrics/overview_routes.h"
#include "metrics/read.sql.h"
#include "vendors/maybe.h"
#include <stdlib.h>

enum { LIMIT = 500, LIMIT_MAX = 5000 };

struct item {
    int64_t id;
    struct str key, name, external_id; /* key: a day for days; else empty */
    struct str status, objective, account_name, budget_currency;
    int64_t account_id;
    struct campaign_terms { /* of campaigns alone */
        struct str effective_status, buying_type, bid_strategy;
        struct maybe_int daily_budget, lifetime_budget, start_at, stop_at;
        bool is_tracked;
    } terms;
    struct sums sums;
    int64_t sort_value;
    bool has_value;
};
struct split {
    struct ask ask;
    const char *group;
    struct str sort; /* without its sign */
    bool is_descending;
    int64_t limit;
    VEC(struct item) items;
    struct sums total;
    struct freshness freshness;
};

static enum err read_split(struct req *rq, struct split *s, const char *const *groups)
{
    enum err err;
    struct str sort = S("-spend");

    s->group = query_choice(rq, "group", groups);
    s->limit = LIMIT;
    query_limit(rq, LIMIT_MAX, &s->limit);
    req_query_str(rq, "sort", &sort);
    s->is_descending = str_starts(sort, S("-"));
    if (s->is_descending)
        sort = (struct str){sort.ptr + 1, sort.len - 1};
    if (!sums_has(sort))
        fail_field(&rq->cx, "sort", "not_a_choice");
    s->sort = sort;
    TRY(metrics_ask_read(rq, &s->ask));
out:
    return err;
}

static bool is_by_day(const struct split *s)
{
    return s->group[0] == 'd' || s->group[0] == 'w' || s->group[0] == 'm';
}

static struct maybe_int maybe(struct rows *rows, const char *col)
{
    return (struct maybe_int){!col_is_null(rows, col), col_int(rows, col)};
}

static struct campaign_terms read_terms(struct rows *rows)
{
    return (struct campaign_terms){.effective_status = col_str(rows, "effective_status"),
                                   .buying_type = col_str(rows, "buying_type"),
                                   .bid_strategy = col_str(rows, "bid_strategy"),
                                   .daily_budget = maybe(rows, "daily_budget_micros"),
                                   .lifetime_budget = maybe(rows, "lifetime_budget_micros"),
                                   .start_at = maybe(rows, "start_at"),
                                   .stop_at = maybe(rows, "stop_at"),
                                   .is_tracked = col_int(rows, "is_tracked")};
}

/* A group whose row is there but has no id: nobody's, or money that no tag leads back to an ad. */
static void read_item(struct rows *rows, struct item *item)
{
    item->id = col_int(rows, "id");
    item->name = col_str(rows, "name");
    item->external_id = col_str(rows, "external_id");
    item->status = col_str(rows, "status");
    item->objective = col_str(rows, "objective");
    item->account_id = col_int(rows, "account_id");
    item->account_name = col_str(rows, "account_name");
    item->budget_currency = col_str(rows, "account_currency");
    item->terms = read_terms(rows);
}

static enum err load_groups(struct tx *tx, struct split *s)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_read_groups,
                 ARGS(FINE_READ_ARGS(&s->ask, &s->ask.range), a_str("split", str_of(s->group))),
                 &rows));
    while (rows_next(rows)) {
        struct item *item = vec_add(tx_ctx(tx)->arena, &s->items);
        read_item(rows, item);
        item->sums = sums_of_row(rows);
        sums_add(&s->total, &item->sums);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err load_days(struct tx *tx, struct split *s)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;
    enum granularity g = s->group[0] == 'd' ? BY_DAY : s->group[0] == 'w' ? BY_WEEK : BY_MONTH;

    TRY(db_query(tx, &q_read_days, ARGS(FINE_READ_ARGS(&s->ask, &s->ask.range)), &rows));
    while (rows_next(rows)) {
        struct sums sums = sums_of_row(rows);
        struct str bucket = bucket_of(arena, g, col_str(rows, "day"));
        if (!s->items.n || !str_eq(s->items.at[s->items.n - 1].key, bucket)) {
            struct item *item = vec_add(arena, &s->items);
            item->key = item->name = bucket;
        }
        sums_add(&s->items.at[s->items.n - 1].sums, &sums);
        sums_add(&s->total, &sums);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Nulls come last in both directions; equal values keep the order of their ids. */
static int by_value(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->has_value != y->has_value)
        return x->has_value ? -1 : 1;
    if (x->has_value && x->sort_value != y->sort_value)
        return x->sort_value < y->sort_value ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void sort_items(struct split *s)
{
    if (is_by_day(s))
        return;
    for (size_t i = 0; i < s->items.n; i++) {
        struct item *item = &s->items.at[i];
        item->has_value = sums_value(&item->sums, s->sort, &item->sort_value);
        if (s->is_descending)
            item->sort_value = -item->sort_value;
    }
    if (s->items.n)
        qsort(s->items.at, s->items.n, sizeof *s->items.at, by_value);
}

static void write_text(struct json_out *j, const char *key, struct str v)
{
    json_key(j, key);
    if (v.len)
        json_str(j, v);
    else
        json_null(j);
}

static void write_item(struct json_out *j, struct arena *a, const struct item *i, bool is_synced)
{
    json_obj(j);
    write_text(j, "key",
               i->key.len ? i->key
               : i->id    ? arena_fmt(a, "%lld", (long long)i->id)
                          : i->key);
    write_text(j, "name", i->name);
    write_text(j, "external_id", i->external_id);
    write_text(j, "status", i->status);
    json_key(j, "metrics"), sums_write(j, &i->sums, is_synced);
    json_end(j);
}

static enum err load(struct tx *tx, struct req *rq, struct split *s)
{
    enum err err;

    TRY(freshness_read(tx, rq, &s->freshness));
    TRY(is_by_day(s) ? load_days(tx, s) : load_groups(tx, s));
    sort_items(s);
out:
    return err;
}

static enum err split(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const groups[] = {"team", "user", "account", "campaign", "ad_set", "ad",
                                         "day",  "week", "month",   "product",  NULL};
    struct tx *tx = NULL;
    struct split s = {0};
    struct json_out *j = json_out_new(&rq->cx, 32768);

    TRY(read_split(rq, &s, groups));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(load(tx, rq, &s));
    json_obj(j);
    json_key(j, "period"), metrics_ask_write_period(j, &s.ask);
    json_key(j, "currency"), json_str(j, s.ask.currency);
    json_key(j, "group"), json_str(j, str_of(s.group));
    json_key(j, "items"), json_arr(j);
    for (size_t i = 0; i < s.items.n && (int64_t)i < s.limit; i++)
        write_item(j, rq->cx.arena, &s.items.at[i], s.freshness.synced_at != 0);
    json_end(j);
    json_key(j, "totals"), sums_write(j, &s.total, s.freshness.synced_at != 0);
    json_key(j, "freshness"), freshness_write(j, &s.freshness);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static void write_maybe(struct json_out *j, const char *key, struct maybe_int v, int scale)
{
    json_key(j, key);
    if (v.known)
        json_dec(j, v.v, scale);
    else
        json_null(j);
}

static void write_terms(struct json_out *j, const struct campaign_terms *t)
{
    json_key(j, "is_tracked"), json_bool(j, t->is_tracked);
    write_text(j, "effective_status", t->effective_status);
    write_text(j, "buying_type", t->buying_type);
    write_text(j, "bid_strategy", t->bid_strategy);
    write_maybe(j, "start_at", t->start_at, 0);
    write_maybe(j, "stop_at", t->stop_at, 0);
    write_maybe(j, "daily_budget", t->daily_budget, MONEY_SCALE);
    write_maybe(j, "lifetime_budget", t->lifetime_budget, MONEY_SCALE);
}

static void write_campaign(struct json_out *j, const struct item *i, bool is_synced)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, i->id);
    write_text(j, "external_id", i->external_id);
    write_text(j, "name", i->name);
    write_text(j, "status", i->status);
    write_text(j, "objective", i->objective);
    json_key(j, "account_id"), i->account_id ? json_int(j, i->account_id) : json_null(j);
    write_text(j, "account_name", i->account_name);
    write_terms(j, &i->terms);
    write_text(j, "budget_currency", i->budget_currency);
    json_key(j, "metrics"), sums_write(j, &i->sums, is_synced);
    json_end(j);
}

/* tracked: "all", "1" or "0". */
static bool is_wanted(const struct item *i, const char *tracked)
{
    return tracked[0] == 'a' || i->terms.is_tracked == (tracked[0] == '1');
}

static enum err campaigns(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const groups[] = {"campaign", NULL};
    static const char *const choices[] = {"all", "1", "0", NULL};
    struct tx *tx = NULL;
    struct split s = {0};
    struct json_out *j = json_out_new(&rq->cx, 32768);
    const char *tracked = query_choice(rq, "tracked", choices);
    int64_t n = 0;

    TRY(read_split(rq, &s, groups));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(load(tx, rq, &s));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    for (size_t i = 0; i < s.items.n && n < s.limit; i++)
        if (s.items.at[i].id && is_wanted(&s.items.at[i], tracked))
            write_campaign(j, &s.items.at[i], s.freshness.synced_at != 0), n++;
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static enum err fresh(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct freshness f;
    struct json_out *j = json_out_new(&rq->cx, 1024);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(freshness_read(tx, rq, &f));
    freshness_write(j, &f);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

const struct route metrics_routes[] = {
    {GET, "/api/v1/overview",  ROLE_VIEWER, RATE_READ, overview_show, RT_CACHE, 0},
    {GET, "/api/v1/metrics",   ROLE_VIEWER, RATE_READ, split,         RT_CACHE, 0},
    {GET, "/api/v1/campaigns", ROLE_VIEWER, RATE_READ, campaigns,     RT_CACHE, 0},
    {GET, "/api/v1/freshness", ROLE_VIEWER, RATE_READ, fresh,         0,        0},
};
const size_t metrics_nroutes = COUNT(metrics_routes);
