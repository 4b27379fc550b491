/* answer.c: lists and single rows as JSON. */
#include "core/answer.h"
#include "core/job.h"
#include "core/version.h"

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

enum err answer_change(struct req *rq, struct resp *rs, const struct row_change *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct str before, after;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(c->json(tx, rq, c->id, &before));
    TRY(c->apply(tx, c->id, c->what));
    TRY(c->json(tx, rq, c->id, &after));
    TRY(audit_change(tx, rq, c->action, c->entity, c->id, before, after));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    if (c->nudge)
        scheduler_nudge(rq->app->scheduler, c->nudge);
    TRY(answer_json(rs, c->status ? c->status : 200, after));
out:
    tx_end(&tx);
    return err;
}

enum err param_id(struct req *rq, int i, int64_t *out)
{
    return req_param_int(rq, i, out) ? OK : fail(&rq->cx, ERR_NOT_FOUND, "not an id");
}
