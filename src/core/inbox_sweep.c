/* inbox_sweep.c: what was worked up long ago goes, a few at a time, so that nobody waits for it. */
#include "core/inbox_inside.h"
#include "core/inbox_look.sql.h"

enum { BATCH = 200, PAUSE_MS = 20 };
#define DAY_MS (24 * 3600 * 1000LL)

static enum err sweep_some(struct job_run *r, int64_t before, int64_t *gone)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_inbox_sweep, ARGS(a_int("before", before), a_int("most", BATCH)), gone));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err inbox_sweep(struct job_run *r)
{
    enum err err = OK;
    int64_t before = now_ms(&r->cx) - r->app->config.inbox_days * DAY_MS, gone = 0;

    do {
        TRY(sweep_some(r, before, &gone));
        r->written += gone;
        job_progress(r, r->written, 0, "events older than %lld days",
                     (long long)r->app->config.inbox_days);
        if (gone == BATCH)
            r->cx.clock->sleep_ms(r->cx.clock->self, PAUSE_MS);
    } while (gone == BATCH && !ctx_expired(&r->cx));
    job_say(r, "%lld events older than %lld days are gone", (long long)r->written,
            (long long)r->app->config.inbox_days);
out:
    return err;
}
