/* sales_refold.c: every sale folded anew, when what statuses mean or what prices are in has
 * changed.
 */
#include "core/job.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

enum { BATCH = 100, BATCH_CAP = 64 << 20 };

struct refold { /* one run */
    struct job_run *job;
    int64_t after, done, total, changed;
};

struct deal_list {
    struct deal *at;
    size_t n, cap;
};

static enum err load_batch(struct tx *tx, struct refold *f, struct deal_list *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_sales_deals_after, ARGS(a_int("after", f->after), a_int("limit", BATCH)),
                 &rows));
    while (rows_next(rows)) {
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct deal){.crm_account_id = col_int(rows, "crm_account_id"),
                          .crm_external_id = col_str(rows, "external_id"),
                          .deal_id = col_str(rows, "deal_id"),
                          .currency = col_str(rows, "currency")};
        f->after = col_int(rows, "id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err refold_batch(struct refold *f, struct ctx *cx, size_t *n)
{
    enum err err;
    struct tx *tx = NULL;
    struct app *app = f->job->app;
    struct stages stages = {0};
    struct deal_list list = {0};
    struct sale_ref ref;
    int64_t changed = 0;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(stages_load(tx, &stages));
    TRY(load_batch(tx, f, &list));
    for (size_t i = 0; i < list.n; i++) {
        TRY(sale_refold(tx, app, &list.at[i], &stages, &ref));
        changed += ref.has_changed;
    }
    TRY(tx_commit(tx));
    f->changed += changed;
    f->done += (int64_t)list.n;
    *n = list.n;
out:
    tx_end(&tx);
    return err;
}

static enum err count_sales(struct refold *f)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&f->job->cx, f->job->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_sales_count, NO_ARGS, &f->total, NULL));
out:
    tx_end(&tx);
    return err;
}

static enum err refold_all(struct refold *f, struct arena *a)
{
    enum err err = OK;
    struct ctx cx = f->job->cx;
    size_t n = BATCH;

    while (!err && n == BATCH && !ctx_expired(&f->job->cx)) {
        cx.arena = a;
        arena_reset(a);
        err = refold_batch(f, &cx, &n);
        job_progress(f->job, f->done, f->total, "%lld sales folded anew, %lld changed",
                     (long long)f->done, (long long)f->changed);
    }
    if (!err && n == BATCH)
        err = fail(&cx, ERR_TIMEOUT, "the time was over before all sales were folded");
    return err ? fail(&f->job->cx, err, "%s", cx.why) : OK;
}

static enum err refold(struct job_run *r)
{
    enum err err;
    struct refold f = {.job = r};
    struct arena *a = arena_new(BATCH_CAP);

    TRY(count_sales(&f));
    err = refold_all(&f, a);
    r->seen = f.done;
    r->written = f.changed;
    if (f.changed) {
        scheduler_nudge(r->app->scheduler, "attribution.run");
        scheduler_nudge(r->app->scheduler, "metrics.build");
    }
out:
    arena_free(&a);
    return err;
}

const struct job sales_jobs[] = {
    {"sales.refold", "25 3 * * *", refold, 7200, CATCHUP_ONCE},
};
const size_t sales_njobs = COUNT(sales_jobs);
