/* scheduler_inside.h: the running timetable. scheduler.c decides what is due, scheduler_threads.c
 * waits and works. The one rule: entries are looked at and changed under the lock. */
#pragma once
#include "base/cron.h"
#include "core/job_inside.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST_WORKERS = 16 };

struct entry {
    const struct job *job;
    struct cron cron;
    int64_t last_slot; /* run, lost or dropped: nothing up to here is due */
    bool is_running, is_queued, is_nudged;
    bool is_paused;  /* neither slots nor nudges, only orders */
    bool is_ordered; /* a person wants it run, once */
    struct progress progress;
    struct claimed claimed; /* of the run that is queued */
    struct ending owed;     /* of the last run; whoever made is_running true may touch it */
};
struct scheduler {
    struct app *app;
    struct arena *arena;
    struct clock job_clock; /* runs ahead once stopping, so that deadlines end what jobs do */
    _Atomic bool is_stopping;
    int64_t pruned_mono_ms; /* the ticking thread's own */
    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t wake, work;
    struct entry *entries;
    size_t n;
    int nworkers, nidle;
    bool has_news; /* a run ended since the timetable was looked at */
    bool is_over;  /* nothing is queued any more */
    bool has_timer;
    pthread_t timer, workers[MOST_WORKERS];
};

/* Someone wants it run now. */
static inline bool entry_is_wanted(const struct entry *e)
{
    return e->is_ordered || (e->is_nudged && !e->is_paused);
}
void scheduler_run_entry(struct scheduler *s, struct entry *e); /* claimed; frees its seat after */
