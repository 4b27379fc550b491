/* links_stats.c: how often a link was followed, day by day, and by whom last. */
#include "core/answer.h"
#include "core/input.h"
#include "links/clicks.sql.h"
#include "links/links_inside.h"

enum { RECENT = 50 };

static void write_day(struct json_out *j, struct rows *rows)
{
    static const char *const counts[] = {"human", "bot", "preview", "visitors"};

    json_obj(j);
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    for (size_t i = 0; i < COUNT(counts); i++)
        json_key(j, counts[i]), json_int(j, col_int(rows, counts[i]));
    json_end(j);
}

static void write_click(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_key(j, "class"), json_str(j, col_str(rows, "class"));
    json_key(j, "is_first"), json_bool(j, col_int(rows, "is_first") != 0);
    json_key(j, "ip_prefix"), json_str(j, col_str(rows, "ip_prefix"));
    json_key(j, "agent"), json_str(j, col_str(rows, "agent"));
    json_opt_str(j, "referrer_host", rows, "referrer_host");
    json_end(j);
}

struct clicks_ask {
    int64_t link_id;
    struct range range;
};

static enum err write_days(struct tx *tx, struct json_out *j, const struct clicks_ask *ask)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_clicks_days,
                 ARGS(a_int("link_id", ask->link_id), a_str("from_day", ask->range.from),
                      a_str("to_day", ask->range.to)),
                 &rows));
    json_key(j, "days"), json_arr(j);
    while (rows_next(rows))
        write_day(j, rows);
    json_end(j);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err write_recent(struct tx *tx, struct json_out *j, const struct clicks_ask *ask)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_clicks_recent,
                 ARGS(a_int("link_id", ask->link_id), a_str("from_day", ask->range.from),
                      a_str("to_day", ask->range.to), a_int("most", RECENT)),
                 &rows));
    json_key(j, "recent"), json_arr(j);
    while (rows_next(rows))
        write_click(j, rows);
    json_end(j);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err link_clicks_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct clicks_ask ask;
    struct str ignored;
    struct json_out *j = json_out_new(&rq->cx, 8192);

    TRY(param_id(rq, 0, &ask.link_id));
    query_range(rq, &ask.range);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(link_find(tx, rq, ask.link_id, &ignored, NULL));
    json_obj(j);
    TRY(write_days(tx, j, &ask));
    TRY(write_recent(tx, j, &ask));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}
