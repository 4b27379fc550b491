/* imports_run.c: one file, from its first line to its report. */
#include "attribution/attribution.h"
#include "base/csv.h"
#include "base/money.h"
#include "core/version.h"
#include "imports/imports.sql.h"
#include "imports/imports_inside.h"
#include "sales/sales.h"

enum { BATCH = 200, BATCH_CAP = 64 << 20, MOST_DETAIL = 300, PROGRESS_MS = 500 };

struct batch_row {
    int64_t line;
    struct str json;        /* of what goes past the inbox; empty: refused, or an event */
    struct inbox_new event; /* without a body: none */
    struct import_verdict verdict;
};
struct batch {
    struct arena *arena; /* emptied with each batch */
    struct batch_row rows[BATCH];
    size_t n;
};
struct running {
    struct import_job job;
    const struct import_ear *ear;
    struct import_report *report;
    struct str *columns;
    size_t ncolumns;
    struct batch batch;
    struct import_rules_run rules;
    int64_t said_mono_ms;
    size_t read; /* bytes of the file, for progress */
};

static enum err count_target(struct tx *tx, const struct running *r, int64_t *n)
{
    static const struct query *const counts[] = {
        [IMPORT_SALES] = &q_imports_count_sales, [IMPORT_LEADS] = &q_imports_count_leads,
        [IMPORT_RATES] = &q_imports_count_rates, [IMPORT_COSTS] = &q_imports_count_costs,
        [IMPORT_RULES] = &q_imports_count_rules, [IMPORT_TEAMS] = &q_imports_count_teams,
        [IMPORT_USERS] = &q_imports_count_users};

    return db_get_int(tx, counts[r->job.kind->target], NO_ARGS, n, NULL);
}

/* Facts go through the inbox; people and rules are decisions and go past it. */
static bool is_fact(const struct running *r)
{
    return r->job.kind->target <= IMPORT_RATES;
}

/* ---- one row ---- */

static struct import_verdict refused(struct ctx *cx, struct arena *keep)
{
    struct str why = arena_str(keep, str_of(cx->why));

    if (why.len > MOST_DETAIL)
        why.len = MOST_DETAIL;
    ctx_forgive(cx);
    return (struct import_verdict){ROW_REFUSED, why};
}

static void add_row(struct running *r, const struct csv_row *row)
{
    struct batch *b = &r->batch;
    struct ctx cx = *r->job.cx;
    struct batch_row *out = &b->rows[b->n++];
    struct import_line line = {r->columns, row->at, row->n < r->ncolumns ? row->n : r->ncolumns};
    bool is_right;

    cx.arena = b->arena;
    *out = (struct batch_row){.line = (int64_t)row->line};
    is_right = is_fact(r) ? import_event(&r->job, &cx, &line, &out->event)
                          : import_json(&r->job, &cx, &line, &out->json);
    if (is_right)
        return;
    out->verdict = refused(&cx, b->arena);
    out->json.len = out->event.body.len = 0;
}

/* Only a sale has an id of its own in the file. */
static enum err known_already(struct tx *tx, const struct running *r, const struct batch_row *row,
                              bool *is_known)
{
    enum err err = OK;
    int64_t n = 0;
    struct import_row values = {.cx = tx_ctx(tx)};

    if (r->job.kind->target == IMPORT_SALES) {
        TRY(json_parse(values.cx, row->event.body, &values.values));
        TRY(db_get_int(tx, &q_imports_sale_is_known,
                       ARGS(a_str("account", r->job.account),
                            a_str("deal_id", row_text(&values, IMPORT_DEAL_ID))),
                       &n, NULL));
    }
    *is_known = n > 0;
out:
    return err;
}

static enum err take_fact(struct tx *tx, struct running *r, struct batch_row *row)
{
    enum err err;
    bool is_new, is_known;

    TRY(known_already(tx, r, row, &is_known));
    TRY(inbox_take(tx, r->job.app, &row->event, NULL, &is_new));
    row->verdict = (struct import_verdict){is_new && !is_known ? ROW_TAKEN : ROW_MERGED,
                                           !is_new    ? S("known already")
                                           : is_known ? S("changes what was known")
                                                      : (struct str){0}};
out:
    return err;
}

static enum err take_row(struct tx *tx, struct running *r, struct batch_row *row)
{
    enum err err;
    struct import_row values = {.cx = tx_ctx(tx)};

    if (row->event.body.len)
        return take_fact(tx, r, row);
    if (!row->json.len)
        return OK;
    TRY(json_parse(values.cx, row->json, &values.values));
    err = r->job.kind->target == IMPORT_RULES
              ? import_rule_add(tx, &r->rules, &values, &row->verdict)
              : import_people(tx, &r->job, &values, &row->verdict);
out:
    return err;
}

/* ---- a batch ---- */

static enum err note_row(struct tx *tx, const struct running *r, const struct batch_row *row)
{
    static const char *const outcomes[] = {"taken", "merged", "refused"};

    return db_exec(tx, &q_imports_row_put,
                   ARGS(a_int("run_id", r->report->id), a_int("line", row->line),
                        a_str("outcome", str_of(outcomes[row->verdict.outcome])),
                        a_opt("detail", row->verdict.detail)),
                   NULL);
}

static enum err take_rows(struct running *r, struct ctx *cx, struct batch_row *rows, size_t n)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, r->job.app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < n; i++) {
        TRY(take_row(tx, r, &rows[i]));
        TRY(note_row(tx, r, &rows[i]));
    }
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* One row that the database refuses must not take its neighbours with it. */
static enum err take_one_by_one(struct running *r, struct ctx *cx)
{
    enum err err = OK;

    for (size_t i = 0; i < r->batch.n && !err; i++) {
        struct batch_row *row = &r->batch.rows[i];
        ctx_forgive(cx);
        err = take_rows(r, cx, row, 1);
        if (err == OK || err == ERR_BUSY || ctx_expired(cx))
            continue;
        row->verdict = refused(cx, r->batch.arena);
        row->json.len = row->event.body.len = 0;
        err = take_rows(r, cx, row, 1);
    }
    return err;
}

static void report_batch(struct running *r)
{
    int64_t *counts[] = {&r->report->taken, &r->report->merged, &r->report->refused};
    int64_t now = mono_ms(r->job.cx);

    for (size_t i = 0; i < r->batch.n; i++) {
        const struct batch_row *row = &r->batch.rows[i];
        ++*counts[row->verdict.outcome];
        if (row->verdict.outcome == ROW_REFUSED && r->ear && r->ear->say)
            r->ear->say(r->ear->self,
                        arena_fmt(r->batch.arena, "line %lld: %.*s", (long long)row->line,
                                  STR_FMT(row->verdict.detail)));
    }
    if (r->ear && r->ear->progress && now - r->said_mono_ms >= PROGRESS_MS) {
        r->ear->progress(r->ear->self, (int64_t)r->read, (int64_t)r->job.ask->text.len);
        r->said_mono_ms = now;
    }
}

static enum err flush(struct running *r)
{
    struct ctx cx = *r->job.cx;
    enum err err;

    if (!r->batch.n)
        return OK;
    cx.arena = r->batch.arena;
    err = take_rows(r, &cx, r->batch.rows, r->batch.n);
    if (err && err != ERR_BUSY && !ctx_expired(&cx))
        err = take_one_by_one(r, &cx);
    if (err)
        return fail(r->job.cx, err, "%s", cx.why);
    report_batch(r);
    r->batch.n = 0;
    arena_reset(r->batch.arena);
    return OK;
}

/* ---- the file ---- */

static enum err read_head(struct running *r, struct csv_in *in)
{
    struct ctx *cx = r->job.cx;
    struct csv_row row;
    enum err err;

    if (!csv_next(in, &row)) {
        TRY(csv_error(in));
        return fail(cx, ERR_INPUT, "the file is empty");
    }
    r->columns = arena_alloc(cx->arena, (row.n + 1) * sizeof *r->columns, _Alignof(struct str));
    r->ncolumns = row.n;
    for (size_t i = 0; i < row.n; i++)
        r->columns[i] = str_fold(cx->arena, str_trim(row.at[i]));
    r->job.kind =
        import_kind_find(cx, r->job.ask->kind, r->job.ask->file_name, r->columns, r->ncolumns);
    if (!r->job.kind)
        return fail(cx, ERR_INPUT,
                    "what the file is cannot be told from its name and columns: say kind=, one of "
                    "sales, leads, costs, rates, rules, teams, users, or a former table's name "
                    "such as landing_leads");
    err = OK;
out:
    return err;
}

/* Sales are somebody's: without an account the CRM's own hooks would count them a second time. */
static enum err find_account(struct tx *tx, struct running *r)
{
    enum err err;
    struct rows *rows = NULL;
    struct import_job *job = &r->job;
    int64_t n = 0;

    job->account = job->ask->account;
    job->currency = job->ask->currency;
    if (job->kind->target != IMPORT_SALES)
        return OK;
    TRY(job->account.len ? db_query(tx, &q_imports_account_currency,
                                    ARGS(a_str("external_id", job->account)), &rows)
                         : db_query(tx, &q_imports_only_account, NO_ARGS, &rows));
    if (rows_next(rows)) {
        n = job->account.len ? 1 : col_int(rows, "n");
        if (!job->account.len)
            job->account = col_str(rows, "external_id");
        if (!job->currency.len)
            job->currency = col_str(rows, "currency");
    }
    TRY(rows_end(&rows));
    if (!job->ask->account.len && n != 1)
        TRY(tx_fail(tx, ERR_INPUT,
                    "%lld CRM accounts are known: say which one these sales are of "
                    "(account=, the number amoCRM shows in its settings)",
                    (long long)n));
    if (!job->currency.len)
        job->currency = S("KZT");
    if (!currency_is_valid(job->currency))
        TRY(tx_fail(tx, ERR_INPUT, "currency: three capital letters are wanted"));
    TRY(sale_account_put(tx, job->account, job->currency));
out:
    rows_drop(&rows);
    return err;
}

static enum err begin(struct running *r)
{
    enum err err;
    struct tx *tx = NULL;
    const struct import_ask *ask = r->job.ask;

    TRY(tx_begin(r->job.cx, r->job.app->db, TX_WRITE, &tx));
    TRY(find_account(tx, r));
    TRY(count_target(tx, r, &r->report->before));
    TRY(db_get_int(tx, &q_imports_start,
                   ARGS(a_str("kind", str_of(r->job.kind->name)),
                        a_str("file_name", ask->file_name), a_int("at", now_ms(r->job.cx)),
                        a_id("started_by", ask->by_user), a_int("n_before", r->report->before)),
                   &r->report->id, NULL));
    TRY(tx_commit(tx));
    r->report->kind = str_of(r->job.kind->name);
out:
    tx_end(&tx);
    return err;
}

static enum err finish(struct running *r)
{
    enum err err;
    struct tx *tx = NULL;
    struct import_report *rep = r->report;
    struct attribution_result decided;

    TRY(tx_begin(r->job.cx, r->job.app->db, TX_WRITE, &tx));
    TRY(import_rules_put(tx, &r->job, &r->rules));
    TRY(count_target(tx, r, &rep->after));
    TRY(db_exec(tx, &q_imports_finish,
                ARGS(a_int("id", rep->id), a_int("at", now_ms(r->job.cx)),
                     a_int("n_taken", rep->taken), a_int("n_merged", rep->merged),
                     a_int("n_refused", rep->refused), a_int("n_after", rep->after)),
                NULL));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(attribution_run(r->job.cx, r->job.app, &(struct attribution_ask){.only_stale = true},
                        &decided));
    scheduler_nudge(r->job.app->scheduler, "metrics.build");
out:
    tx_end(&tx);
    return err;
}

static enum err read_rows(struct running *r, struct csv_in *in)
{
    enum err err;
    struct csv_row row;

    while (csv_next(in, &row)) {
        r->read = row.n ? (size_t)(row.at[0].ptr - r->job.ask->text.ptr) : r->read;
        add_row(r, &row);
        if (r->batch.n == BATCH)
            TRY(flush(r));
    }
    TRY(flush(r));
    TRY(csv_error(in));
out:
    return err;
}

enum err import_run(struct ctx *cx, struct app *app, const struct import_ask *ask,
                    const struct import_ear *ear, struct import_report *out)
{
    enum err err;
    struct running *r = arena_new_of(cx->arena, struct running);
    struct csv_in *in = csv_open(cx, ask->text);

    *out = (struct import_report){0};
    *r = (struct running){
        .job = {.cx = cx, .app = app, .ask = ask},
          .ear = ear, .report = out
    };
    r->batch.arena = arena_new(BATCH_CAP);
    r->rules.arena = cx->arena;
    TRY(read_head(r, in));
    TRY(begin(r));
    TRY(r->job.kind->target == IMPORT_COSTS ? import_costs(&r->job, ear, out) : read_rows(r, in));
    TRY(finish(r));
out:
    arena_free(&r->batch.arena);
    return err;
}
