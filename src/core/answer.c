/* answer.c: lists and single rows as JSON. */
#include "core/answer.h"

enum err answer_list(struct req *rq, struct resp *rs, const struct query *q, const struct arg *args,
                     size_t n, write_row_fn *write)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(&rq->cx, 4096);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, q, args, n, &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows))
        write(j, rows);
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err row_json(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                  write_row_fn *write, struct str *json)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 1024);
    bool found;

    TRY(db_query(tx, q, args, n, &rows));
    found = rows_next(rows);
    if (found)
        write(j, rows);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "%s found no row", q->name));
    TRY(json_finish(j, json));
out:
    rows_drop(&rows);
    return err;
}

enum err answer_json(struct resp *rs, int status, struct str json)
{
    resp_status(rs, status);
    return resp_body(rs, "application/json", json);
}

void json_opt_str(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    json_key(j, key);
    if (col_is_null(rows, col))
        json_null(j);
    else
        json_str(j, col_str(rows, col));
}

void json_opt_int(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    json_key(j, key);
    if (col_is_null(rows, col))
        json_null(j);
    else
        json_int(j, col_int(rows, col));
}

enum err audit_change(struct tx *tx, struct req *rq, const char *action, const char *entity,
                      int64_t id, struct str before, struct str after)
{
    return audit_write(tx, rq->app,
                       &(struct audit_entry){.user = rq->user,
                                             .action = action,
                                             .entity = entity,
                                             .entity_id = id,
                                             .before = before,
                                             .after = after,
                                             .request_id = rq->request_id});
}
