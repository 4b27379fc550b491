/* meta_scene.h: calls to Meta over a real connection to a server that plays Meta.
 * The one rule: scene_end gives back what scene_start took. */
#pragma once
#include <string.h>

#include "base/crypto.h"
#include "fake_vendor.h"
#include "test.h"
#include "vendors/meta.h"

struct scene {
    struct fake_vendor *vendor;
    struct upstream up;
    struct meta meta;
    struct meta_reply last;
};

static inline void scene_start(struct ctx *cx, struct scene *s)
{
    *s = (struct scene){.vendor = fake_vendor_start()};
    s->up = (struct upstream){
        .name = "meta",
        .base_url = str_z(cx->arena, arena_fmt(cx->arena, "%s/graph", fake_vendor_url(s->vendor))),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 3, .base_ms = 1000, .cap_ms = 60000}
    };
    s->meta = (struct meta){
        .upstream = &s->up,
        .auth = {.version = S("v25.0"), .token = S("EAAtesttoken"), .app_secret = S("testsecret")},
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &s->meta.fetcher));
}

static inline void scene_end(struct scene *s)
{
    fetcher_free(&s->meta.fetcher);
    fake_vendor_stop(&s->vendor);
}

static inline void says(struct scene *s, int status, const char *json)
{
    fake_vendor_answers(s->vendor, status, "Content-Type: application/json\r\n", str_of(json));
}

/* The request line of one request, and whether its address holds a text. */
static inline struct str line_of(struct ctx *cx, struct scene *s, size_t i)
{
    struct str rest = fake_vendor_request(s->vendor, cx->arena, i), line = {0};

    str_cut(&rest, '\n', &line);
    return line;
}
static inline bool holds(struct str whole, const char *part)
{
    return memmem(whole.ptr, whole.len, part, strlen(part)) != NULL;
}

static inline const struct json_in *parsed(struct ctx *cx, const char *json)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(cx, str_of(json), &root));
    return root;
}
