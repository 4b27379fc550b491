/* clock.c: the machine's clocks. */
#include "base/base.h"

#include <errno.h>
#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec at = {0};

    clock_gettime(which, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static int64_t system_now_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_MONOTONIC);
}

static void system_sleep_ms(void *self, int64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)self;
    if (ms <= 0)
        return;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

const struct clock clock_system = {system_now_ms, system_mono_ms, system_sleep_ms, NULL};
