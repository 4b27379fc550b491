/* sales_show.c: one sale with its money, what was observed of its deal, and the raw bytes of it. */
#include "base/money.h"
#include "core/answer.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"
#include "sales/sales_map_routes.h"
#include "vendors/amocrm.h"

static void write_payment(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "amount"), json_dec(j, col_int(rows, "amount_micros"), MONEY_SCALE);
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_key(j, "learned_at"), json_int(j, col_int(rows, "learned_at"));
    json_end(j);
}

static void write_observation(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_key(j, "learned_at"), json_int(j, col_int(rows, "learned_at"));
    json_key(j, "action"), json_str(j, col_str(rows, "action"));
    json_key(j, "source"), json_str(j, col_str(rows, "source"));
    json_opt_str(j, "pipeline_id", rows, "pipeline_id");
    json_opt_str(j, "status_id", rows, "status_id");
    json_opt_str(j, "status", rows, "status");
    json_key(j, "price");
    if (col_is_null(rows, "price_micros"))
        json_null(j);
    else
        json_dec(j, col_int(rows, "price_micros"), MONEY_SCALE);
    json_opt_int(j, "inbox_id", rows, "inbox_id");
    json_end(j);
}

static void write_activity(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_key(j, "action"), json_str(j, col_str(rows, "action"));
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "details"), json_raw(j, col_str(rows, "metadata"));
    json_end(j);
}

static enum err write_rows(struct tx *tx, struct json_out *j, const struct query *q, int64_t id,
                           write_row_fn *write)
{
    enum err err;
    struct rows *rows = NULL;

    json_arr(j);
    TRY(db_query(tx, q, ARGS(a_int("sale_id", id)), &rows));
    while (rows_next(rows))
        write(j, rows);
    TRY(rows_end(&rows));
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

static enum err write_head(struct tx *tx, struct req *rq, struct json_out *j, int64_t id)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_sales_one, ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        sale_fields(j, rows);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no sale %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

enum err sales_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 8192);
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(j);
    TRY(write_head(tx, rq, j, id));
    json_key(j, "payments");
    TRY(write_rows(tx, j, &q_sales_payments, id, write_payment));
    json_key(j, "observations");
    TRY(write_rows(tx, j, &q_sales_observations, id, write_observation));
    json_key(j, "activity");
    TRY(write_rows(tx, j, &q_sales_activity, id, write_activity));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

struct raw_ask {
    int64_t id, observation_id;
    struct str deal_id; /* empty: the bytes whole; otherwise what they say of this deal */
};

/* A team sees the bytes of its own sales, and a webhook may tell of another team's deal too. */
static enum err find_cut(struct tx *tx, struct req *rq, struct raw_ask *ask)
{
    enum err err = OK;
    struct scope scope = user_scope(rq->user);
    struct rows *rows = NULL;

    if (scope.all)
        return OK;
    TRY(db_query(tx, &q_sales_one, ARGS(SCOPE_ARGS(scope), a_int("id", ask->id)), &rows));
    if (rows_next(rows))
        ask->deal_id = col_str(rows, "deal_id");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err write_raw(struct ctx *cx, struct json_out *j, struct rows *rows,
                          const struct raw_ask *ask)
{
    enum err err = OK;
    struct str source = col_str(rows, "source"), body = col_str(rows, "body");
    struct amo_body hook = {.content_type = col_str(rows, "content_type"), .bytes = body};

    if (ask->deal_id.len && str_eq(source, S("amocrm")))
        TRY(amo_hook_of_deal(cx, &hook, ask->deal_id, &body));
    json_obj(j);
    json_key(j, "source"), json_str(j, source);
    json_key(j, "received_at"), json_int(j, col_int(rows, "received_at"));
    json_key(j, "content_type"), json_str(j, col_str(rows, "content_type"));
    json_key(j, "signature"), json_str(j, col_str(rows, "signature"));
    json_key(j, "body"), json_str(j, body);
    json_end(j);
out:
    return err;
}

static enum err find_raw(struct tx *tx, struct req *rq, const struct raw_ask *ask,
                         struct json_out *j)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_sales_raw,
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", ask->id),
                      a_int("observation_id", ask->observation_id)),
                 &rows));
    found = rows_next(rows);
    if (found)
        TRY(write_raw(&rq->cx, j, rows, ask));
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no such observation"));
out:
    rows_drop(&rows);
    return err;
}

/* The bytes that an observation was read from; an admin sees them as they came. */
enum err sales_raw(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 8192);
    struct raw_ask ask = {0};

    TRY(param_id(rq, 0, &ask.id));
    TRY(param_id(rq, 1, &ask.observation_id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_cut(tx, rq, &ask));
    TRY(find_raw(tx, rq, &ask, j));
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}
