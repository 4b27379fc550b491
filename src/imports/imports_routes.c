/* imports_routes.c: a file in, its report out, and the files before it. */
#include "core/answer.h"
#include "core/input.h"
#include "imports/imports.h"
#include "imports/imports.sql.h"

enum { FILE_MAX = 12 << 20, PAGE = 100, PAGE_MAX = 500 };

static void write_run(struct json_out *j, struct rows *rows)
{
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "file"), json_str(j, col_str(rows, "file_name"));
    json_key(j, "started_at"), json_int(j, col_int(rows, "started_at"));
    json_opt_int(j, "finished_at", rows, "finished_at");
    json_key(j, "taken"), json_int(j, col_int(rows, "n_taken"));
    json_key(j, "merged"), json_int(j, col_int(rows, "n_merged"));
    json_key(j, "refused"), json_int(j, col_int(rows, "n_refused"));
    json_key(j, "before"), json_int(j, col_int(rows, "n_before"));
    json_opt_int(j, "after", rows, "n_after");
}

static void write_listed(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    write_run(j, rows);
    json_end(j);
}

static void write_row(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "line"), json_int(j, col_int(rows, "line"));
    json_key(j, "outcome"), json_str(j, col_str(rows, "outcome"));
    json_opt_str(j, "detail", rows, "detail");
    json_end(j);
}

struct rows_ask {
    int64_t run_id, after, limit;
    struct str outcome;
    bool only_odd;
};

static enum err write_rows(struct tx *tx, struct json_out *j, const struct rows_ask *ask,
                           int64_t *next)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t n = 0;

    *next = 0;
    TRY(db_query(tx, &q_imports_rows,
                 ARGS(a_int("run_id", ask->run_id), a_int("after_line", ask->after),
                      a_opt("outcome", ask->outcome), a_int("only_odd", ask->only_odd),
                      a_int("limit", ask->limit + 1)),
                 &rows));
    json_arr(j);
    while (rows_next(rows)) {
        if (++n > ask->limit)
            break;
        write_row(j, rows);
        *next = col_int(rows, "line");
    }
    if (n <= ask->limit)
        *next = 0;
    TRY(rows_end(&rows));
    json_end(j);
out:
    rows_drop(&rows);
    return err;
}

/* The run with the first rows that were not simply taken. */
static enum err write_report(struct tx *tx, int64_t id, struct str *json)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 4096);
    struct rows_ask ask = {.run_id = id, .limit = PAGE, .only_odd = true};
    int64_t next;

    TRY(db_query(tx, &q_imports_one, ARGS(a_int("id", id)), &rows));
    if (!rows_next(rows))
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no import %lld", (long long)id));
    json_obj(j);
    write_run(j, rows);
    TRY(rows_end(&rows));
    json_key(j, "rows");
    TRY(write_rows(tx, j, &ask, &next));
    json_end(j);
    TRY(json_finish(j, json));
out:
    rows_drop(&rows);
    return err;
}

static enum err upload(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct import_report report;
    struct import_ask ask = {.text = rq->body, .by_user = rq->user->id};
    struct str json;

    req_query_str(rq, "kind", &ask.kind);
    req_query_str(rq, "file", &ask.file_name);
    req_query_str(rq, "account", &ask.account);
    req_query_str(rq, "currency", &ask.currency);
    TRY(import_run(&rq->cx, rq->app, &ask, NULL, &report));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(write_report(tx, report.id, &json));
    TRY(audit_change(tx, rq, "import.run", "import_run", report.id, (struct str){0}, json));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(&rq->cx, 8192);
    int64_t before = 0, limit = PAGE, n = 0, last = 0;

    query_id(rq, "cursor", &before);
    query_limit(rq, PAGE_MAX, &limit);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_imports_list,
                 ARGS(a_int("before_id", before ? before : INT64_MAX), a_int("limit", limit + 1)),
                 &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows) && ++n <= limit) {
        write_listed(j, rows);
        last = col_int(rows, "id");
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next"),
        n > limit ? json_str(j, arena_fmt(rq->cx.arena, "%lld", (long long)last)) : json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err rows_of(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const outcomes[] = {"", "taken", "merged", "refused", NULL};
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 8192);
    struct rows_ask ask = {.limit = PAGE};
    struct str ignored;
    int64_t next;

    TRY(param_id(rq, 0, &ask.run_id));
    ask.outcome = str_of(query_choice(rq, "outcome", outcomes));
    query_id(rq, "cursor", &ask.after);
    query_limit(rq, PAGE_MAX, &ask.limit);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(write_report(tx, ask.run_id, &ignored));
    json_obj(j);
    json_key(j, "items");
    TRY(write_rows(tx, j, &ask, &next));
    json_key(j, "next"),
        next ? json_str(j, arena_fmt(rq->cx.arena, "%lld", (long long)next)) : json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

const struct route imports_routes[] = {
    {POST, "/api/v1/imports",           ROLE_ADMIN, RATE_WRITE, upload,  RT_RAW_BODY, FILE_MAX},
    {GET,  "/api/v1/imports",           ROLE_ADMIN, RATE_READ,  list,    0,           0       },
    {GET,  "/api/v1/imports/{id}/rows", ROLE_ADMIN, RATE_READ,  rows_of, 0,           0       },
};
const size_t imports_nroutes = COUNT(imports_routes);
