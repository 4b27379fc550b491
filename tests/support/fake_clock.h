/* fake_clock.h: a clock that stands still until a test moves it.
 * The one rule: sleeping on it advances it at once and never waits. */
#pragma once
#include "base/base.h"

#include <pthread.h>

struct fake_clock {
    struct clock clock;   /* what the code under test is given */
    pthread_mutex_t lock; /* guards what follows: jobs and servers read it from other threads */
    int64_t at_ms, mono_ms, slept_ms;
};
void fake_clock_start(struct fake_clock *c, int64_t at_ms);
void fake_clock_set(struct fake_clock *c,
                    int64_t at_ms); /* Unix time; monotonic time never goes back */
void fake_clock_advance(struct fake_clock *c, int64_t ms);
int64_t fake_clock_slept(struct fake_clock *c); /* how long all sleeps together were to last */
