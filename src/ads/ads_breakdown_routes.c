/* ads_breakdown_routes.c: what was spent by placement, device or objective, in one currency. */
#include "ads/breakdown.sql.h"
#include "ads/list_routes.h"
#include "base/map.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "rates/rates.h"

enum { MONEYS = 2, COUNTS = 5 };
static const char *const moneys[MONEYS] = {"spend_micros", "purchase_micros"};
static const char *const counts[COUNTS] = {"impressions", "clicks", "link_clicks", "leads",
                                           "purchases"};

struct part_sum {
    struct str value;
    int64_t money[MONEYS], count[COUNTS];
    bool is_unpriced; /* a rate was missing for some of its money */
};
struct ask {
    struct range range;
    const char *kind;
    struct str currency;
    int64_t team, campaign;
};
struct sums {
    struct arena *arena;
    VEC(struct part_sum) list;
    struct map at;
    struct part_sum total;
};

static void read_ask(struct req *rq, struct ask *out)
{
    static const char *const kinds[] = {"placement", "device", "objective", NULL};
    static const char *const currencies[] = {"KZT", "USD", "BRL", NULL};
    struct str asked;

    query_range(rq, &out->range);
    out->kind = query_choice(rq, "kind", kinds);
    out->currency = str_of(query_choice(rq, "currency", currencies));
    if (!req_query_str(rq, "currency", &asked) && rq->app->config.currency.len)
        out->currency = rq->app->config.currency;
    query_id(rq, "team", &out->team);
    query_id(rq, "campaign", &out->campaign);
}

/* The placement without the device that showed it: those are a kind of their own. */
static struct str value_of(const struct ask *ask, struct str value)
{
    int slashes = 0;

    if (!str_eq(str_of(ask->kind), S("placement")))
        return value.len ? value : S("unknown");
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '/' && ++slashes == 2)
            return (struct str){value.ptr, i};
    return value;
}

static struct part_sum *sum_of(struct sums *s, struct str value)
{
    int64_t i = (int64_t)s->list.n;

    if (!map_get(&s->at, value, &i)) {
        map_put(s->arena, &s->at, value, i);
        vec_add(s->arena, &s->list)->value = value;
    }
    return &s->list.at[i];
}

struct day_row { /* one value of one day in one currency, not yet changed */
    struct str day, currency;
    struct part_sum sum;
};
struct day_rows {
    struct day_row *at;
    size_t n, cap;
};

static enum err load(struct tx *tx, struct req *rq, const struct ask *ask, struct day_rows *out)
{
    enum err err;
    struct rows *rows = NULL;
    bool is_objective = str_eq(str_of(ask->kind), S("objective"));
    struct arg args[] = {SCOPE_ARGS(user_scope(rq->user)),   a_str("from_day", ask->range.from),
                         a_str("to_day", ask->range.to),     a_id("team_id", ask->team),
                         a_id("campaign_id", ask->campaign), a_str("kind", str_of(ask->kind))};

    TRY(db_query(tx, is_objective ? &q_breakdown_objectives : &q_breakdown_sums, args,
                 COUNT(args) - is_objective, &rows));
    while (rows_next(rows)) {
        struct day_row *r = vec_add(rq->cx.arena, out);
        r->day = col_str(rows, "day");
        r->currency = col_str(rows, "currency");
        r->sum.value = value_of(ask, col_str(rows, "value"));
        for (size_t i = 0; i < MONEYS; i++)
            r->sum.money[i] = col_int(rows, moneys[i]);
        for (size_t i = 0; i < COUNTS; i++)
            r->sum.count[i] = col_int(rows, counts[i]);
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static void add(struct part_sum *to, const struct part_sum *from)
{
    for (size_t i = 0; i < MONEYS; i++)
        to->money[i] += from->money[i];
    for (size_t i = 0; i < COUNTS; i++)
        to->count[i] += from->count[i];
    to->is_unpriced = to->is_unpriced || from->is_unpriced;
}

/* Each day at its own rate; rows come in the order of days. */
static enum err add_up(struct tx *tx, const struct ask *ask, struct day_rows *rows,
                       struct sums *out)
{
    struct fx_rates rates = {0};
    struct str day = {0};

    for (size_t i = 0; i < rows->n; i++) {
        struct day_row *r = &rows->at[i];
        if (!str_eq(day, r->day)) {
            enum err err = rates_on(tx, r->day, &rates);
            if (err)
                return err;
            day = r->day;
        }
        for (size_t m = 0; m < MONEYS; m++)
            if (!rates_convert(&rates, r->sum.money[m], r->currency, ask->currency,
                               &r->sum.money[m])) {
                r->sum.is_unpriced = r->sum.is_unpriced || r->sum.money[m];
                r->sum.money[m] = 0;
            }
        add(sum_of(out, r->sum.value), &r->sum);
        add(&out->total, &r->sum);
    }
    return OK;
}

static void write_sum(struct json_out *j, const struct part_sum *s, bool has_value)
{
    json_obj(j);
    if (has_value)
        json_key(j, "value"), json_str(j, s->value);
    json_key(j, "spend");
    if (s->is_unpriced)
        json_null(j);
    else
        json_dec(j, s->money[0], MONEY_SCALE);
    for (size_t i = 0; i < COUNTS; i++)
        json_key(j, counts[i]), json_int(j, s->count[i]);
    json_key(j, "purchase_value");
    if (s->is_unpriced)
        json_null(j);
    else
        json_dec(j, s->money[1], MONEY_SCALE);
    json_end(j);
}

enum err breakdowns_route(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct ask ask;
    struct day_rows rows = {0};
    struct sums sums = {.arena = rq->cx.arena};
    struct json_out *j = json_out_new(&rq->cx, 2048);

    read_ask(rq, &ask);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(load(tx, rq, &ask, &rows));
    TRY(add_up(tx, &ask, &rows, &sums));
    json_obj(j);
    json_key(j, "kind"), json_str(j, str_of(ask.kind));
    json_key(j, "currency"), json_str(j, ask.currency);
    json_key(j, "items"), json_arr(j);
    for (size_t i = 0; i < sums.list.n; i++)
        write_sum(j, &sums.list.at[i], true);
    json_end(j);
    json_key(j, "totals"), write_sum(j, &sums.total, false);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}
