/* answer.c: lists and single rows as JSON. */
#include "core/answer.h"
#include "base/calendar.h"
#include "core/input.h"
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

/* ---- by day ---- */

void query_day_page(struct req *rq, int64_t limit, int64_t most, struct day_page *out)
{
    struct str cursor, day;
    struct date date;

    *out = (struct day_page){.limit = limit};
    query_limit(rq, most, &out->limit);
    if (!req_query_str(rq, "cursor", &cursor))
        return;
    if (!str_cut(&cursor, '.', &day) || !day_parse(day, &date) ||
        !str_to_int(cursor, &out->cursor_id))
        fail_field(&rq->cx, "cursor", "not_a_cursor");
    out->cursor_day = day;
}

/* What stands after the last row that is shown; *next stays empty when there is no more. */
static enum err write_days(struct tx *tx, struct json_out *j, const struct day_list *list,
                           struct str *next)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *a = tx_ctx(tx)->arena;
    struct str last = {0};
    int64_t n = 0;

    TRY(db_query(tx, list->query, list->args, list->nargs, &rows));
    while (rows_next(rows)) {
        if (++n > list->page->limit) {
            *next = last;
            break;
        }
        json_obj(j);
        list->write(j, rows);
        json_end(j);
        if (n == list->page->limit)
            last = arena_fmt(a, "%.*s.%lld", STR_FMT(col_str(rows, "day")),
                             (long long)col_int(rows, "id"));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err answer_day_list(struct req *rq, struct resp *rs, const struct day_list *list)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 16384);
    struct str next = {0};

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    TRY(write_days(tx, j, list, &next));
    json_end(j);
    json_key(j, "next");
    if (next.len)
        json_str(j, next);
    else
        json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
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
