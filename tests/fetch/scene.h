/* scene.h: a fetcher, and a vendor that it talks to.
 * The one rule: what scene_start takes, scene_end gives back. */
#pragma once
#include "base/crypto.h"
#include "fake_vendor.h"
#include "fetch/fetch.h"
#include "test.h"

#include <string.h>

static inline void fill_seeded(void *self, void *out, size_t n)
{
    uint64_t draw = test_random(self);

    memcpy(out, &draw, n < sizeof draw ? n : sizeof draw);
}

struct scene {
    struct fake_vendor *vendor;
    struct fetcher *fetcher;
    struct upstream up;
    uint64_t seed;
    struct random random;
};

static inline void scene_start(struct ctx *cx, struct scene *s)
{
    *s = (struct scene){.seed = 7};
    s->random = (struct random){fill_seeded, &s->seed};
    s->vendor = fake_vendor_start();
    s->up = (struct upstream){
        .name = "vendor",
        .base_url = fake_vendor_url(s->vendor),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 4, .base_ms = 1000, .cap_ms = 30000}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &s->random, &s->fetcher));
}

static inline void scene_end(struct scene *s)
{
    fetcher_free(&s->fetcher);
    fake_vendor_stop(&s->vendor);
}

static inline enum err get(struct ctx *cx, struct scene *s, struct reply *r)
{
    struct call c = {.path = S("/thing")};

    return fetch(cx, s->fetcher, &s->up, &c, r);
}

static inline void says(struct scene *s, const char *bytes)
{
    fake_vendor_says(s->vendor, &(struct fake_answer){.bytes = str_of(bytes)});
}

struct background {
    struct scene *s;
    struct ctx cx;
    struct reply r;
    enum err err;
};

static inline void *run_background(void *self)
{
    struct background *b = self;

    b->err = get(&b->cx, b->s, &b->r);
    return NULL;
}

static inline enum err get_from(struct ctx *cx, struct scene *s, const char *base, struct str path)
{
    struct reply r;
    struct call c = {.path = path};

    ctx_forgive(cx);
    s->up.base_url = base;
    s->up.retry.max_tries = 1;
    return fetch(cx, s->fetcher, &s->up, &c, &r);
}
