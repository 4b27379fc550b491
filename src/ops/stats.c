/* stats.c: how much there is (P54), and the three lists of document 001 (P65). */
#include "base/money.h"
#include "core/app.h"
#include "ops/ops_inside.h"
#include "ops/stats.sql.h"

struct page {
    struct tx *tx;
    struct json_out *j;
    struct ops_args args;
};

static enum err write_counts(struct page *p)
{
    static const char *const names[] = {
        "users", "teams",    "accounts",      "accounts_tracked", "campaigns",
        "ads",   "facts",    "fact_versions", "raw_pages",        "leads",
        "sales", "payments", "deal_events",   "link_clicks",      "audit_rows"};
    enum err err;
    struct rows *rows = NULL;
    int64_t bytes = 0;

    TRY(ops_query(p->tx, &q_stats_counts, &p->args, &rows));
    if (rows_next(rows))
        for (size_t i = 0; i < COUNT(names); i++)
            json_key(p->j, names[i]), json_int(p->j, col_int(rows, names[i]));
    TRY(rows_end(&rows));
    TRY(db_get_int(p->tx, &q_stats_bytes, NO_ARGS, &bytes, NULL));
    json_key(p->j, "database_bytes"), json_int(p->j, bytes);
out:
    rows_drop(&rows);
    return err;
}

static enum err write_inbox(struct page *p)
{
    static const char *const states[] = {"new", "done", "parked"};
    enum err err;
    struct rows *rows = NULL;
    int64_t n[COUNT(states)] = {0}, oldest = 0;

    TRY(ops_query(p->tx, &q_stats_inbox, &p->args, &rows));
    while (rows_next(rows))
        for (size_t i = 0; i < COUNT(states); i++)
            if (str_eq(col_str(rows, "state"), str_of(states[i]))) {
                n[i] = col_int(rows, "n");
                oldest = i == 0 ? col_int(rows, "oldest_at") : oldest;
            }
    TRY(rows_end(&rows));
    json_key(p->j, "inbox"), json_obj(p->j);
    for (size_t i = 0; i < COUNT(states); i++)
        json_key(p->j, states[i]), json_int(p->j, n[i]);
    json_key(p->j, "oldest_new_at");
    oldest ? json_int(p->j, oldest) : json_null(p->j);
    json_end(p->j);
out:
    rows_drop(&rows);
    return err;
}

static enum err write_jobs(struct page *p)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = p->j;

    TRY(ops_query(p->tx, &q_stats_jobs, &p->args, &rows));
    json_key(j, "jobs"), json_obj(j);
    while (rows_next(rows)) {
        json_key(j, str_z(tx_ctx(p->tx)->arena, col_str(rows, "job"))), json_obj(j);
        json_key(j, "runs"), json_int(j, col_int(rows, "runs"));
        json_key(j, "ok"), json_int(j, col_int(rows, "n_ok"));
        json_key(j, "failed"), json_int(j, col_int(rows, "n_failed"));
        json_opt_int(j, "last_at", rows, "last_at");
        json_end(j);
    }
    TRY(rows_end(&rows));
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

static enum err page_begin(struct page *p, struct req *rq)
{
    *p = (struct page){.j = json_out_new(&rq->cx, 8192)};
    ops_args_fill(&p->args, rq);
    return tx_begin(&rq->cx, rq->app->db, TX_READ, &p->tx);
}

enum err ops_stats(struct req *rq, struct resp *rs)
{
    enum err err;
    struct page p;

    TRY(page_begin(&p, rq));
    json_obj(p.j);
    json_key(p.j, "engine"), json_str(p.j, str_of(db_engine(rq->app->db)));
    TRY(write_counts(&p));
    TRY(write_inbox(&p));
    TRY(write_jobs(&p));
    json_end(p.j);
    TRY(resp_json(rs, p.j));
out:
    tx_end(&p.tx);
    return err;
}

/* ---- document 001's lists ---- */

static void json_opt_dec(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    json_key(j, key);
    if (col_is_null(rows, col))
        json_null(j);
    else
        json_dec(j, col_int(rows, col), MONEY_SCALE);
}

static void write_sync(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "sync_type"), json_str(j, col_str(rows, "sync_type"));
    json_key(j, "started_at"), json_int(j, col_int(rows, "started_at"));
    json_key(j, "success"), json_bool(j, col_int(rows, "success") == 1);
    json_key(j, "users_processed"), json_int(j, col_int(rows, "users_processed"));
    json_key(j, "records_synced"), json_int(j, col_int(rows, "records_synced"));
    json_key(j, "duration_ms"), json_int(j, col_int(rows, "duration_ms"));
    json_opt_str(j, "error_message", rows, "error_message");
    json_end(j);
}

static void write_aggregation(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "period"), json_str(j, col_str(rows, "period"));
    json_opt_dec(j, "spend_usd", rows, "spend_micros");
    json_opt_dec(j, "total_revenue", rows, "revenue_micros");
    json_opt_dec(j, "roas", rows, "roas_micros");
    json_key(j, "updated_at"), json_int(j, col_int(rows, "updated_at"));
    json_end(j);
}

static void write_raw(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "stat_date"), json_str(j, col_str(rows, "day"));
    json_key(j, "ad_count"), json_int(j, col_int(rows, "ads"));
    json_key(j, "total_impressions"), json_int(j, col_int(rows, "impressions"));
    json_opt_dec(j, "total_spend", rows, "spend_micros");
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_end(j);
}

static enum err write_list(struct page *p, const char *name, const struct query *q,
                           write_row_fn *write)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(ops_query(p->tx, q, &p->args, &rows));
    json_key(p->j, name), json_arr(p->j);
    while (rows_next(rows))
        write(p->j, rows);
    TRY(rows_end(&rows));
    json_end(p->j);
out:
    rows_drop(&rows);
    return err;
}

enum err ops_monitoring(struct req *rq, struct resp *rs)
{
    enum err err;
    struct page p;

    TRY(page_begin(&p, rq));
    json_obj(p.j);
    TRY(write_list(&p, "last_syncs", &q_stats_syncs, write_sync));
    TRY(write_list(&p, "last_aggregations", &q_stats_aggregations, write_aggregation));
    TRY(write_list(&p, "raw_rows", &q_stats_raw_rows, write_raw));
    json_end(p.j);
    TRY(resp_json(rs, p.j));
out:
    tx_end(&p.tx);
    return err;
}
