/* crm_jobs.c: the timetable of the CRM: one connection's trouble stays its own. */
#include "core/job.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/syncs.sql.h"

enum { LINK_CAP = 256 << 20 };
#define SYNCS_KEPT_MS (90 * 24 * 3600 * 1000LL) /* what reading back found, day after day */

typedef enum err link_fn(struct crm_link *l, struct job_run *r);

static bool is_meant(const struct crm_link *l, struct str only)
{
    return !only.len || str_eq(only, l->external_id) || str_eq(only, l->subdomain);
}

/* In memory of its own, with an error of its own. */
static enum err run_link(struct job_run *r, struct crm_link *l, link_fn *work)
{
    struct ctx own = r->cx;
    enum err err;

    own.arena = arena_new(LINK_CAP);
    l->cx = &own;
    err = work(l, r);
    if (err && ctx_expired(&r->cx)) {
        err = fail(&r->cx, err, "%s", own.why);
    } else if (err) {
        job_say(r, "%.*s: %s", STR_FMT(l->subdomain), own.why[0] ? own.why : err_slug(err));
        r->failed++;
        err = OK;
    }
    arena_free(&own.arena);
    return err;
}

static enum err each_link(struct job_run *r, link_fn *work)
{
    enum err err;
    struct crm_links list = {0};

    TRY(crm_links_load(&r->cx, r->app, 0, &list));
    for (size_t i = 0; i < list.n; i++)
        if (is_meant(&list.at[i], r->options.account))
            TRY(run_link(r, &list.at[i], work));
out:
    return err;
}

static enum err read_meta(struct crm_link *l, struct job_run *r)
{
    r->seen++;
    return crm_try(l, crm_meta_read, NULL);
}

static enum err look_at_hook(struct crm_link *l, struct job_run *r)
{
    r->seen++;
    return crm_try(l, crm_hook_look, NULL);
}

static enum err sweep(struct job_run *r)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_oauth_sweep, ARGS(a_int("now", now_ms(&r->cx))), NULL));
    TRY(db_exec(tx, &q_crm_syncs_sweep, ARGS(a_int("before", now_ms(&r->cx) - SYNCS_KEPT_MS)),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err run_read_back(struct job_run *r)
{
    return each_link(r, crm_read_back);
}

static enum err run_read_wide(struct job_run *r)
{
    return each_link(r, crm_read_wide);
}

static enum err run_bulk(struct job_run *r)
{
    return each_link(r, crm_read_bulk);
}

static enum err run_meta(struct job_run *r)
{
    return each_link(r, read_meta);
}

static enum err run_watch(struct job_run *r)
{
    enum err err;

    TRY(sweep(r));
    TRY(each_link(r, look_at_hook));
out:
    return err;
}

const struct job crm_jobs[] = {
    {"crm.read_back", "*/30 * * * *",  run_read_back, 3600,  CATCHUP_ONCE},
    {"crm.read_wide", "40 2 * * *",    run_read_wide, 7200,  CATCHUP_ONCE},
    {"crm.bulk",      "5 * * * *",     run_bulk,      14400, CATCHUP_SKIP},
    {"crm.meta",      "10 * * * *",    run_meta,      600,   CATCHUP_ONCE},
    {"crm.watch",     "15,45 * * * *", run_watch,     600,   CATCHUP_ONCE},
};
const size_t crm_njobs = COUNT(crm_jobs);
