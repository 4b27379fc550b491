/* work.c: requests under way, so that a stop can wait for them. */
#include "http/private.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct work {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t quiet;
    size_t under_way;
    bool is_ending, is_over;
};

struct work *work_new(void)
{
    struct work *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;

    if (!w)
        abort();
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->quiet, &attr);
    pthread_condattr_destroy(&attr);
    return w;
}

void work_free(struct work **w)
{
    if (!*w)
        return;
    pthread_cond_destroy(&(*w)->quiet);
    pthread_mutex_destroy(&(*w)->lock);
    free(*w);
    *w = NULL;
}

bool work_begin(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    bool begins = !w->is_over;
    w->under_way += begins;
    pthread_mutex_unlock(&w->lock);
    return begins;
}

void work_end(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    if (--w->under_way == 0)
        pthread_cond_signal(&w->quiet);
    pthread_mutex_unlock(&w->lock);
}

bool work_is_ending(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_ending = w->is_ending;
    pthread_mutex_unlock(&w->lock);
    return is_ending;
}

void work_drain(struct work *w, int64_t most_ms)
{
    int64_t until = clock_system.mono_ms(clock_system.self) + most_ms;
    struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
    int waited = 0;

    pthread_mutex_lock(&w->lock);
    w->is_ending = true;
    while (w->under_way > 0 && waited == 0)
        waited = pthread_cond_timedwait(&w->quiet, &w->lock, &at);
    w->is_over = true;
    pthread_mutex_unlock(&w->lock);
}
