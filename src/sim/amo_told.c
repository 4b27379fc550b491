/* amo_told.c: when which deal is told. */
#include <stdlib.h>

#include "sim/amo.h"
#include "sim/chance.h"

enum {
    LONGEST_STORY = 60,  /* days from a deal's first step to its last */
    TWICE_MS = 7 * 60000 /* after which something told is told again */
};

/* The same step is lost however often, and with whom, it would have been told. */
static bool is_lost(const struct amo_told *t, const struct world *w, const struct world_deal *d,
                    int step)
{
    return t->lose_one_in > 0 &&
           chance(w->seed, CHANCE_HOOK_LOST, (uint64_t)d->id, (uint64_t)step) %
                   (uint64_t)t->lose_one_in ==
               0;
}

static void add_event(struct amo_told *t, const struct world_deal *d, int step, int64_t told_ms)
{
    if (told_ms > t->after_ms && told_ms <= t->until_ms)
        *vec_add(t->arena, &t->events) = (struct amo_event){told_ms, d->ref, d->id, step};
}

static void add_deals(struct amo_told *t, const struct world *w, uint32_t source, int64_t day)
{
    uint32_t n = world_ndeals(w, source, day);
    struct world_deal d;

    for (uint32_t k = 0; k < n; k++) {
        struct world_ref ref = {source, day, k};
        if (!world_deal(w, &ref, &d))
            continue;
        for (int i = 0; i < d.nsteps; i++) {
            if (is_lost(t, w, &d, i))
                continue;
            add_event(t, &d, i, d.steps[i].told_ms);
            if (d.steps[i].is_told_twice)
                add_event(t, &d, i, d.steps[i].told_ms + TWICE_MS);
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct amo_event *x = a, *y = b;

    if (x->told_ms != y->told_ms)
        return x->told_ms < y->told_ms ? -1 : 1;
    if (x->deal_id != y->deal_id)
        return x->deal_id < y->deal_id ? -1 : 1;
    return x->step - y->step;
}

void amo_collect(struct amo_told *t, const struct world *w)
{
    int64_t last = day_number(civil_at(w->zone, t->until_ms).date) + 1;
    int64_t first = w->first_day;

    if (t->after_ms > 0) {
        int64_t day = day_number(civil_at(w->zone, t->after_ms).date) - LONGEST_STORY;
        first = day > first ? day : first;
    }
    for (int64_t day = first; day <= last; day++)
        for (uint32_t source = 0; source < world_nsources(w); source++)
            add_deals(t, w, source, day);
    if (t->events.n)
        qsort(t->events.at, t->events.n, sizeof *t->events.at, by_time);
}
