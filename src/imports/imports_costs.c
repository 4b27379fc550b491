/* imports_costs.c: a file of costs: the ads read it, here each row is noted. */
#include "ads/ads.h"
#include "imports/imports.sql.h"
#include "imports/imports_inside.h"

#include <string.h>

struct noting {
    struct tx *tx;
    const struct import_ear *ear;
    int64_t run_id;
};

static enum err note_row(void *self, int64_t line, const char *outcome, struct str detail)
{
    struct noting *n = self;

    if (strcmp(outcome, "refused") == 0 && n->ear && n->ear->say)
        n->ear->say(n->ear->self, arena_fmt(tx_ctx(n->tx)->arena, "line %lld: %.*s",
                                            (long long)line, STR_FMT(detail)));
    return db_exec(n->tx, &q_imports_row_put,
                   ARGS(a_int("run_id", n->run_id), a_int("line", line),
                        a_str("outcome", str_of(outcome)), a_opt("detail", detail)),
                   NULL);
}

enum err import_costs(const struct import_job *job, const struct import_ear *ear,
                      struct import_report *report)
{
    enum err err;
    struct tx *tx = NULL;
    bool is_of_meta = strcmp(job->kind->name, "facebook_ad_spend") == 0;
    struct cost_import in = {.text = job->ask->text,
                             .platform = is_of_meta ? S("facebook") : S(""),
                             .account = job->ask->account,
                             .currency = job->ask->currency};
    struct noting noting = {.ear = ear, .run_id = report->id};
    struct cost_report costs;

    TRY(tx_begin(job->cx, job->app->db, TX_WRITE, &tx));
    noting.tx = tx;
    TRY(costs_import(tx, job->app, &in, &(struct cost_ear){note_row, &noting}, &costs));
    TRY(tx_commit(tx));
    report->taken = costs.taken;
    report->merged = costs.merged;
    report->refused = costs.refused;
out:
    tx_end(&tx);
    return err;
}
