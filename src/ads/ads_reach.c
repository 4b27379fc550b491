/* ads_reach.c: how many people were reached: exact where the platform told it for that very range,
 * otherwise between the largest part and the sum of all. */
#include "ads/ads_parts.h"
#include "ads/list_routes.h"
#include "ads/reach.sql.h"
#include "base/calendar.h"
#include "core/answer.h"
#include "core/input.h"

enum { KEPT_DAYS = 400 };

/* ---- asked for ---- */

static const int64_t ranges[] = {1, 7, 30};
static const struct {
    enum net_level level;
    const char *name;
} levels[] = {
    {NET_ACCOUNT,  "account" },
    {NET_CAMPAIGN, "campaign"},
};

static enum err put_reach(struct account_run *ar, const struct net_rows_ask *ask,
                          const struct window_rows *rows)
{
    enum err err = OK;
    struct tx *tx = NULL;
    const char *level = ask->level == NET_ACCOUNT ? "account" : "campaign";

    TRY(tx_begin(&ar->cx, ar->run->job->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < rows->rows.n; i++) {
        const struct net_row *row = &rows->rows.at[i].row;
        if (!row->reach.known)
            continue;
        TRY(db_exec(tx, &q_reach_put,
                    ARGS(a_int("account_id", ar->account->id), a_str("level", str_of(level)),
                         a_str("external_id", ask->level == NET_ACCOUNT ? ar->account->external_id
                                                                        : row->campaign_id),
                         a_str("from_day", ask->from), a_str("to_day", ask->to),
                         a_int("reach", row->reach.v), a_int("impressions", row->impressions),
                         a_int("at", now_ms(tx_ctx(tx)))),
                    NULL));
    }
    TRY(db_exec(tx, &q_reach_sweep,
                ARGS(a_int("account_id", ar->account->id),
                     a_str("before", day_add(ar->maps.arena, ar->today, -KEPT_DAYS))),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err sync_range(struct account_run *ar, const struct net_rows_ask *ask)
{
    enum err err;
    struct window_rows rows;
    struct net_sink sink = window_sink(&rows);

    window_open(&rows, NULL);
    TRY(ar->run->net->rows(&ar->cx, &ar->run->link, ask, &sink, &ar->last));
    TRY(put_reach(ar, ask, &rows));
out:
    window_close(&rows);
    return err;
}

enum err reach_sync(struct account_run *ar)
{
    for (size_t i = 0; i < COUNT(ranges) * COUNT(levels); i++) {
        struct net_rows_ask ask = {
            .account = ar->account->external_id,
            .level = levels[i % COUNT(levels)].level,
            .is_one_period = true,
            .from = day_add(ar->maps.arena, ar->today, 1 - ranges[i / COUNT(levels)]),
            .to = ar->today};
        enum err err = sync_range(ar, &ask);
        bool is_enough = ar->last.class == NET_BUG || ar->last.class == NET_PERMISSION ||
                         ar->last.class == NET_SPLIT;
        if (err && !is_enough)
            return err;
        ctx_forgive(&ar->cx);
        err = account_rest(ar);
        if (err)
            return err;
    }
    return OK;
}

/* ---- told ---- */

struct reach_ask {
    bool is_account;
    int64_t id, account_id;
    struct str external_id;
    struct range range;
};
struct reach_bounds {
    struct maybe_int exact, least, most;
};

static enum err find_subject(struct tx *tx, struct req *rq, struct reach_ask *ask)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, ask->is_account ? &q_reach_of_account : &q_reach_of_campaign,
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", ask->id),
                      a_str("from_day", ask->range.from), a_str("to_day", ask->range.to)),
                 &rows));
    found = rows_next(rows);
    if (found) {
        ask->account_id = col_int(rows, "account_id");
        ask->external_id = col_str(rows, "external_id");
    }
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "nothing to tell the reach of"));
out:
    rows_drop(&rows);
    return err;
}

/* Days that were delivered without a known reach leave the sum open above. */
static enum err load_days(struct tx *tx, const struct reach_ask *ask, struct reach_bounds *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct arg args[] = {a_int("account_id", ask->account_id), a_str("from_day", ask->range.from),
                         a_str("to_day", ask->range.to), a_int("id", ask->id)};

    TRY(db_query(tx, ask->is_account ? &q_reach_days_of_account : &q_reach_days_of_campaign, args,
                 ask->is_account ? 3 : 4, &rows));
    while (rows_next(rows)) {
        int64_t days = col_int(rows, "days"), known = col_int(rows, "known");
        if (known)
            out->least = (struct maybe_int){true, col_int(rows, "most")};
        if (known && known == days)
            out->most = (struct maybe_int){true, col_int(rows, "total")};
        if (known == 1 && days == 1 && ask->is_account)
            out->exact = out->least; /* one day is a part that is the whole */
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err load_bounds(struct tx *tx, const struct reach_ask *ask, struct reach_bounds *out)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;
    struct arg args[] = {a_int("account_id", ask->account_id),
                         a_str("level", ask->is_account ? S("account") : S("campaign")),
                         a_str("external_id", ask->external_id), a_str("from_day", ask->range.from),
                         a_str("to_day", ask->range.to)};

    *out = (struct reach_bounds){0};
    TRY(load_days(tx, ask, out));
    TRY(db_query(tx, &q_reach_within, args, COUNT(args), &rows));
    while (rows_next(rows))
        if (!col_is_null(rows, "reach") && col_int(rows, "reach") > out->least.v)
            out->least = (struct maybe_int){true, col_int(rows, "reach")};
    TRY(rows_end(&rows));
    TRY(db_get_int(tx, &q_reach_exact, args, COUNT(args), &out->exact.v, &found));
    out->exact.known = out->exact.known || found;
out:
    rows_drop(&rows);
    return err;
}

static void write_maybe(struct json_out *j, const char *key, struct maybe_int v)
{
    json_key(j, key);
    if (v.known)
        json_int(j, v.v);
    else
        json_null(j);
}

static enum err write_reach(struct resp *rs, struct ctx *cx, const struct reach_bounds *b)
{
    struct json_out *j = json_out_new(cx, 128);

    json_obj(j);
    write_maybe(j, "reach", b->exact);
    json_key(j, "exact"), json_bool(j, b->exact.known);
    write_maybe(j, "at_least", b->exact.known ? b->exact : b->least);
    write_maybe(j, "at_most", b->exact.known ? b->exact : b->most);
    json_end(j);
    return resp_json(rs, j);
}

enum err reach_route(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const choices[] = {"account", "campaign", NULL};
    struct tx *tx = NULL;
    struct reach_ask ask = {0};
    struct reach_bounds bounds;

    ask.is_account = str_eq(str_of(query_choice(rq, "level", choices)), S("account"));
    query_id(rq, "id", &ask.id);
    query_range(rq, &ask.range);
    if (!ask.id && !rq->cx.fields)
        fail_field(&rq->cx, "id", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_subject(tx, rq, &ask));
    TRY(load_bounds(tx, &ask, &bounds));
    TRY(write_reach(rs, &rq->cx, &bounds));
out:
    tx_end(&tx);
    return err;
}
