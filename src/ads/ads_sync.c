/* ads_sync.c: the hourly job: what was spent, and on what; and the slice's timetable. */
#include "ads/ads_inside.h"
#include "ads/ads_parts.h"

enum { MOST_DAYS = 1150 };

static enum err ads_sync(struct job_run *r)
{
    enum err err;

    if (r->options.days < 0 || r->options.days > MOST_DAYS)
        return fail(&r->cx, ERR_INPUT, "--days must be 1 to %d: the platform keeps 37 months",
                    MOST_DAYS);
    err = accounts_run(r, &(struct account_job){.work = account_sync, .is_sync = true});
    if (!err)
        job_say(r, "ads: %lld accounts, %lld rows changed, %lld failed", (long long)r->seen,
                (long long)r->written, (long long)r->failed);
    scheduler_nudge(r->app->scheduler, "metrics.build");
    return err;
}

/* The six-hourly ones stand aside of the hourly one; the past goes on in small pieces. */
const struct job ads_jobs[] = {
    {"ads.sync",       "5 * * * *",    ads_sync,       3300, CATCHUP_ONCE},
    {"ads.breakdowns", "35 */6 * * *", breakdowns_run, 3300, CATCHUP_ONCE},
    {"ads.history",    "*/10 * * * *", history_run,    540,  CATCHUP_SKIP},
    {"ads.tokens",     "20 6 * * *",   tokens_check,   600,  CATCHUP_ONCE},
};
const size_t ads_njobs = COUNT(ads_jobs);
