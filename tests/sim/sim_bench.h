/* sim_bench.h: a simulator under the test's fake clock, and how to ask it.
 * The one rule: bench_stop gives back what bench_start took. */
#pragma once
#include "ask.h"
#include "base/form.h"
#include "base/json.h"
#include "sim/sim.h"
#include "test.h"

struct bench {
    struct ctx *cx;
    struct sim *sim;
    const struct world *w;
};

static inline struct bench bench_start_with(struct ctx *cx, struct sim_options o)
{
    struct bench b = {.cx = cx};

    o.world.seed = o.world.seed ? o.world.seed : 42;
    o.clock = cx->clock;
    check_ok(sim_start(cx, &o, &b.sim));
    b.w = sim_world(b.sim);
    return b;
}

static inline struct bench bench_start(struct ctx *cx)
{
    return bench_start_with(cx, (struct sim_options){.world = {.history_days = 60}});
}

static inline void bench_stop(struct bench *b)
{
    sim_stop(&b->sim);
}

static inline struct answer bench_get(struct bench *b, struct str target, int token)
{
    const char *headers =
        token < 0 ? ""
                  : str_z(b->cx->arena, arena_fmt(b->cx->arena, "Authorization: Bearer %.*s\r\n",
                                                  STR_FMT(b->w->tokens[token])));

    return ask_for(b->cx, sim_port(b->sim), "GET", str_z(b->cx->arena, target), headers, S(""));
}

static inline const struct json_in *bench_json(struct bench *b, const struct answer *a)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(b->cx, a->body, &root));
    return root;
}

/* A Graph call with the first token that must succeed. */
static inline const struct json_in *graph_ok(struct bench *b, struct str path)
{
    struct answer a = bench_get(b, arena_fmt(b->cx->arena, "/graph/v25.0%.*s", STR_FMT(path)), 0);

    if (a.status != 200)
        test_fail(TEST_AT("the call"), "%.*s: %d %.*s", STR_FMT(path), a.status, STR_FMT(a.body));
    return bench_json(b, &a);
}

struct refusal {
    int status;
    int64_t code, subcode;
};

static inline struct refusal graph_refusal(struct bench *b, struct str target, int token)
{
    struct answer a = bench_get(b, target, token);
    const struct json_in *error = json_get(bench_json(b, &a), "error");
    struct refusal r = {.status = a.status};

    check(error != NULL);
    json_as_int(json_get(error, "code"), &r.code);
    json_as_int(json_get(error, "error_subcode"), &r.subcode);
    return r;
}

static inline struct str text_in(const struct json_in *v, const char *key)
{
    struct str text = S("");

    json_as_str(json_get(v, key), &text);
    return text;
}

static inline void bench_post(struct bench *b, const char *path, struct str json)
{
    struct answer a =
        ask_for(b->cx, sim_port(b->sim), "POST", path, "Content-Type: application/json\r\n", json);

    if (a.status != 200)
        test_fail(TEST_AT("the post"), "%s: %d %.*s", path, a.status, STR_FMT(a.body));
}

static inline struct str percent(struct bench *b, const char *text)
{
    return url_encode(b->cx->arena, str_of(text));
}
