/* costs_routes.c: a file of costs by its own address, for who leads a team: their accounts alone.
 */
#include "ads/ads.h"
#include "ads/costs.sql.h"
#include "ads/list_routes.h"
#include "core/answer.h"
#include "core/input.h"

enum { MOST_SHOWN = 100 };

struct taking { /* one upload */
    struct tx *tx;
    int64_t run_id;
    struct json_out *rows; /* those that were not simply taken */
    int shown;
};

static enum err note_row(void *self, int64_t line, const char *outcome, struct str detail)
{
    struct taking *t = self;
    bool is_taken = str_eq(str_of(outcome), S("taken"));

    if (!is_taken && t->shown++ < MOST_SHOWN) {
        json_obj(t->rows);
        json_key(t->rows, "line"), json_int(t->rows, line);
        json_key(t->rows, "outcome"), json_str(t->rows, str_of(outcome));
        json_key(t->rows, "detail");
        if (detail.len)
            json_str(t->rows, detail);
        else
            json_null(t->rows);
        json_end(t->rows);
    }
    return db_exec(t->tx, &q_costs_run_row,
                   ARGS(a_int("run_id", t->run_id), a_int("line", line),
                        a_str("outcome", str_of(outcome)), a_opt("detail", detail)),
                   NULL);
}

struct upload {
    struct cost_import in;
    struct cost_report report;
    struct str file, rows;
    int64_t id, before, after, started_at, finished_at;
};

static enum err take(struct tx *tx, struct req *rq, struct upload *u)
{
    enum err err;
    struct taking t = {.tx = tx, .rows = json_out_new(&rq->cx, 4096)};
    struct cost_ear ear = {note_row, &t};

    u->started_at = now_ms(&rq->cx);
    TRY(db_get_int(tx, &q_costs_count, NO_ARGS, &u->before, NULL));
    TRY(db_get_int(tx, &q_costs_run_start,
                   ARGS(a_str("file_name", u->file), a_int("at", u->started_at),
                        a_int("started_by", rq->user->id), a_int("n_before", u->before)),
                   &u->id, NULL));
    t.run_id = u->id;
    json_arr(t.rows);
    TRY(costs_import(tx, rq->app, &u->in, &ear, &u->report));
    json_end(t.rows);
    TRY(json_finish(t.rows, &u->rows));
    u->finished_at = now_ms(&rq->cx);
    TRY(db_get_int(tx, &q_costs_count, NO_ARGS, &u->after, NULL));
    TRY(db_exec(tx, &q_costs_run_end,
                ARGS(a_int("id", u->id), a_int("at", u->finished_at),
                     a_int("n_taken", u->report.taken), a_int("n_merged", u->report.merged),
                     a_int("n_refused", u->report.refused), a_int("n_after", u->after)),
                NULL));
out:
    return err;
}

static enum err report_json(struct req *rq, const struct upload *u, struct str *out)
{
    struct json_out *j = json_out_new(&rq->cx, 1024);

    json_obj(j);
    json_key(j, "id"), json_int(j, u->id);
    json_key(j, "kind"), json_str(j, S("costs"));
    json_key(j, "file"), json_str(j, u->file);
    json_key(j, "started_at"), json_int(j, u->started_at);
    json_key(j, "finished_at"), json_int(j, u->finished_at);
    json_key(j, "taken"), json_int(j, u->report.taken);
    json_key(j, "merged"), json_int(j, u->report.merged);
    json_key(j, "refused"), json_int(j, u->report.refused);
    json_key(j, "before"), json_int(j, u->before);
    json_key(j, "after"), json_int(j, u->after);
    json_key(j, "rows"), json_raw(j, u->rows);
    json_end(j);
    return json_finish(j, out);
}

enum err costs_route(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct upload u = {.in = {.text = rq->body}, .file = S("costs.csv")};
    struct str json;

    req_query_str(rq, "platform", &u.in.platform);
    req_query_str(rq, "account", &u.in.account);
    req_query_str(rq, "currency", &u.in.currency);
    req_query_str(rq, "file", &u.file);
    if (rq->user->role != ROLE_ADMIN) {
        u.in.team_id = rq->user->team_id;
        if (!u.in.team_id)
            return fail(&rq->cx, ERR_FORBIDDEN, "only who belongs to a team brings costs");
    }
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(take(tx, rq, &u));
    TRY(report_json(rq, &u, &json));
    TRY(audit_change(tx, rq, "costs.import", "import_run", u.id, (struct str){0}, json));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "metrics.build");
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}
