/* fake_clock.c: time in the hands of a test. */
#include "fake_clock.h"

static int64_t get(struct fake_clock *c, const int64_t *what)
{
    pthread_mutex_lock(&c->lock);
    int64_t value = *what;
    pthread_mutex_unlock(&c->lock);
    return value;
}

static int64_t fake_now_ms(void *self)
{
    struct fake_clock *c = self;

    return get(c, &c->at_ms);
}

static int64_t fake_mono_ms(void *self)
{
    struct fake_clock *c = self;

    return get(c, &c->mono_ms);
}

static void move(struct fake_clock *c, int64_t ms, int64_t slept_ms)
{
    pthread_mutex_lock(&c->lock);
    c->at_ms += ms;
    c->mono_ms += ms > 0 ? ms : 0;
    c->slept_ms += slept_ms;
    pthread_mutex_unlock(&c->lock);
}

static void fake_sleep_ms(void *self, int64_t ms)
{
    if (ms > 0)
        move(self, ms, ms);
}

void fake_clock_start(struct fake_clock *c, int64_t at_ms)
{
    *c = (struct fake_clock){
        .clock = {fake_now_ms, fake_mono_ms, fake_sleep_ms, c},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .at_ms = at_ms,
        .mono_ms = 1000000,
    };
}

void fake_clock_set(struct fake_clock *c, int64_t at_ms)
{
    move(c, at_ms - get(c, &c->at_ms), 0);
}

void fake_clock_advance(struct fake_clock *c, int64_t ms)
{
    move(c, ms, 0);
}

int64_t fake_clock_slept(struct fake_clock *c)
{
    return get(c, &c->slept_ms);
}
