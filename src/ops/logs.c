/* logs.c: calls to vendors (D46) and troubles in groups (D47), and the job that writes both down.
 */
#include "core/input.h"
#include "core/job.h"
#include "core/journal.h"
#include "ops/logs.sql.h"
#include "ops/ops.h"
#include "ops/ops_inside.h"

enum { PAGE = 50, PAGE_MAX = 500 };

static void write_call(struct json_out *j, struct rows *rows)
{
    static const char *const numbers[] = {"id", "at", "status", "ms", "bytes", "tries"};
    static const char *const texts[] = {"vendor", "method", "path"};

    json_obj(j);
    for (size_t i = 0; i < COUNT(numbers); i++)
        json_key(j, numbers[i]), json_int(j, col_int(rows, numbers[i]));
    for (size_t i = 0; i < COUNT(texts); i++)
        json_key(j, texts[i]), json_str(j, col_str(rows, texts[i]));
    json_opt_str(j, "error", rows, "error");
    json_end(j);
}

struct calls_ask {
    struct str vendor;
    int64_t failed, limit, cursor_id;
};

static bool is_vendor(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && s.ptr[i] != '_' && s.ptr[i] != '.')
            return false;
    return s.len > 0;
}

static enum err read_calls_ask(struct req *rq, struct calls_ask *ask)
{
    static const char *const which[] = {"all", "failed", NULL};
    struct str cursor;

    *ask = (struct calls_ask){.limit = PAGE};
    if (req_query_str(rq, "vendor", &ask->vendor) && !is_vendor(ask->vendor))
        fail_field(&rq->cx, "vendor", "unknown");
    const char *state = query_choice(rq, "state", which);
    ask->failed = state && str_eq(str_of(state), S("failed"));
    query_limit(rq, PAGE_MAX, &ask->limit);
    if (req_query_str(rq, "cursor", &cursor) && !str_to_int(cursor, &ask->cursor_id))
        fail_field(&rq->cx, "cursor", "not_a_cursor");
    return ctx_fields(&rq->cx);
}

static enum err write_calls(struct tx *tx, struct json_out *j, const struct calls_ask *ask)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t n = 0, last = 0;

    TRY(db_query(tx, &q_logs_calls,
                 ARGS(a_opt("vendor", ask->vendor), a_int("failed", ask->failed),
                      a_id("cursor_id", ask->cursor_id), a_int("limit", ask->limit + 1)),
                 &rows));
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows)) {
        if (++n > ask->limit)
            break;
        write_call(j, rows);
        last = col_int(rows, "id");
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next");
    if (n > ask->limit)
        json_str(j, arena_fmt(tx_ctx(tx)->arena, "%lld", (long long)last));
    else
        json_null(j);
out:
    rows_drop(&rows);
    return err;
}

enum err ops_calls(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct calls_ask ask;
    struct json_out *j = json_out_new(&rq->cx, 16384);

    TRY(read_calls_ask(rq, &ask));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(j);
    TRY(write_calls(tx, j, &ask));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static void write_error(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"fingerprint", "event", "level", "sample"};
    static const char *const numbers[] = {"first_at", "last_at", "n"};

    json_obj(j);
    for (size_t i = 0; i < COUNT(texts); i++)
        json_key(j, texts[i]), json_str(j, col_str(rows, texts[i]));
    for (size_t i = 0; i < COUNT(numbers); i++)
        json_key(j, numbers[i]), json_int(j, col_int(rows, numbers[i]));
    json_end(j);
}

enum err ops_errors(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_logs_errors, NO_ARGS, write_error);
}

/* ---- the job ---- */

static enum err write_down(struct job_run *r)
{
    enum err err;

    TRY(journal_write(&r->cx, r->app));
    TRY(journal_sweep(&r->cx, r->app));
out:
    return err;
}

const struct job ops_jobs[] = {
    {"ops.journal", "* * * * *", write_down, 60, CATCHUP_SKIP},
};
const size_t ops_njobs = COUNT(ops_jobs);
