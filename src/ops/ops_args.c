/* ops_args.c: one set of arguments for many queries. */
#include "base/calendar.h"
#include "core/app.h"
#include "ops/ops_inside.h"

#include <string.h>

enum { OLDEST_RATE_DAYS = 5 };

void ops_args_fill(struct ops_args *out, struct req *rq)
{
    struct arena *a = rq->cx.arena;
    int64_t now = now_ms(&rq->cx);
    struct str today = day_at(a, rq->app->zone, now);
    struct scope scope = user_scope(rq->user);
    const struct arg all[] = {
        a_int("now", now),
        a_str("today", today),
        a_str("week_ago", day_add(a, today, -7)),
        a_str("fortnight_ago", day_add(a, today, -14)),
        a_str("month_ago", day_add(a, today, -30)),
        a_str("oldest_rate", day_add(a, today, -OLDEST_RATE_DAYS)),
        a_str("zone", rq->app->config.tz),
        a_str("currency", rq->app->config.currency),
        SCOPE_ARGS(scope),
    };

    _Static_assert(COUNT(all) <= COUNT(out->at), "all arguments fit");
    memcpy(out->at, all, sizeof all);
    out->n = COUNT(all);
}

enum err ops_query(struct tx *tx, const struct query *q, const struct ops_args *a,
                   struct rows **out)
{
    struct arg named[COUNT(a->at)];
    size_t n = 0;

    for (size_t p = 0; p < q->nparams; p++)
        for (size_t i = 0; i < a->n; i++)
            if (strcmp(q->params[p], a->at[i].name) == 0)
                named[n++] = a->at[i];
    return db_query(tx, q, named, n, out);
}
