/* rates_routes.c: what the browser may ask about rates. */
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/job.h"
#include "rates/rates.sql.h"
#include "rates/rates_inside.h"

static void write_rate(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    json_key(j, "base"), json_str(j, col_str(rows, "base"));
    json_key(j, "quote"), json_str(j, S("KZT"));
    json_key(j, "rate"), json_dec(j, col_int(rows, "rate_micros"), MONEY_SCALE);
    json_key(j, "quant"), json_int(j, col_int(rows, "quant"));
    json_key(j, "source"), json_str(j, col_str(rows, "source"));
    json_key(j, "rate_day"), json_str(j, col_str(rows, "rate_day"));
    json_end(j);
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct range range;

    query_range(rq, &range);
    TRY(ctx_fields(&rq->cx));
    TRY(answer_list(rq, rs, &q_rates_list,
                    ARGS(a_str("from_day", range.from), a_str("to_day", range.to)), write_rate));
out:
    return err;
}

static enum err read_rate(struct req *rq, struct fx_rate *r)
{
    enum err err;
    static const char *const allowed[] = {"day", "base", "quote", "rate", NULL};
    const struct json_in *body;
    struct str quote = {0};

    TRY(req_json(rq, allowed, &body));
    *r = (struct fx_rate){.quant = 1};
    input_day(&rq->cx, body, "day", true, &r->day);
    if (input_text(&rq->cx, body, "base", 1, 3, &r->base) &&
        (!currency_is_valid(r->base) || str_eq(r->base, S("KZT"))))
        fail_field(&rq->cx, "base", "not_a_currency");
    if (input_text(&rq->cx, body, "quote", 1, 3, &quote) && !str_eq(quote, S("KZT")))
        fail_field(&rq->cx, "quote", "must_be_kzt");
    if (!json_as_dec(json_get(body, "rate"), MONEY_SCALE, &r->kzt_micros) || r->kzt_micros <= 0 ||
        r->kzt_micros > 1000000 * MICROS)
        fail_field(&rq->cx, "rate", "out_of_range");
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

static enum err create(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct fx_rate r;
    struct str after;

    TRY(read_rate(rq, &r));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(rates_put(tx, S("manual"), &r, day_at(rq->cx.arena, rq->app->zone, now_ms(&rq->cx))));
    TRY(row_json(tx, &q_rates_manual, ARGS(a_str("base", r.base), a_str("day", r.day)), write_rate,
                 &after));
    TRY(audit_change(tx, rq, "rate.put", "fx_rate", 0, (struct str){0}, after));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "metrics.build");
    TRY(answer_json(rs, 201, after));
out:
    tx_end(&tx);
    return err;
}

/* The bytes that said so. */
static enum err raw(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct str day = {0}, base = {0};
    struct date date;
    struct json_out *j = json_out_new(&rq->cx, 16384);

    if (req_query_str(rq, "day", &day) && !day_parse(day, &date))
        fail_field(&rq->cx, "day", "not_a_day");
    if (req_query_str(rq, "base", &base) && !currency_is_valid(base))
        fail_field(&rq->cx, "base", "not_a_currency");
    if (!day.len)
        fail_field(&rq->cx, "day", "missing");
    if (!base.len)
        fail_field(&rq->cx, "base", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_rates_raw, ARGS(a_str("day", day), a_str("base", base)), &rows));
    if (!rows_next(rows))
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no feed has said a rate of its own for that day"));
    json_obj(j);
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    json_key(j, "base"), json_str(j, col_str(rows, "base"));
    json_key(j, "source"), json_str(j, col_str(rows, "source"));
    json_key(j, "received_at"), json_int(j, col_int(rows, "received_at"));
    json_key(j, "content_type"), json_str(j, col_str(rows, "content_type"));
    json_key(j, "body"), json_str(j, col_str(rows, "body"));
    json_end(j);
    TRY(rows_end(&rows));
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

const struct route rates_routes[] = {
    {GET,  "/api/v1/rates",     ROLE_VIEWER, RATE_READ,  list,   0, 0},
    {GET,  "/api/v1/rates/raw", ROLE_VIEWER, RATE_READ,  raw,    0, 0},
    {POST, "/api/v1/rates",     ROLE_ADMIN,  RATE_WRITE, create, 0, 0},
};
const size_t rates_nroutes = COUNT(rates_routes);
