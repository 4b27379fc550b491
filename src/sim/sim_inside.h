/* sim_inside.h: what the files of the simulator share with one another and with nobody else. */
#pragma once
#include <stdatomic.h>

#include "http/http.h"
#include "sim/sim.h"

struct asked;
struct faults;
struct amo;
struct rest;
struct fetcher;
struct graph_state;

struct sim { /* read-only after start, but for what is atomic or owns its lock */
    struct arena *arena;
    const struct world *world;
    const struct clock *clock;
    struct str app_secret;
    int retry_divisor;
    const char *root_url, *graph_url, *www_url, *rates_url, *amo_url, *amo_www_url;
    struct server *server;
    struct asked *journal;
    struct faults *faults;
    struct amo *amo;
    struct rest *rest;
    struct graph_state *graph;
    struct fetcher *leadgen; /* sends the platform's hooks */
    _Atomic int64_t switches[SIM_SWITCHES];
    atomic_bool is_stopping;
};
/* The server hands its app through untouched; ours is the simulator. */
static inline struct sim *sim_of(struct req *rq)
{
    return (struct sim *)rq->app;
}
static inline int64_t sim_switch_of(const struct sim *s, enum sim_switch which)
{
    return atomic_load(&s->switches[which]);
}
/* By its name on the wire, "dead_token"; false for none. */
bool sim_switch_named(struct str name, enum sim_switch *out);

/* ---- journal.c: what was asked ---- */
struct asked *asked_new(struct arena *a);
void asked_free(struct asked **j);
void asked_note(struct asked *j, struct req *rq);
void asked_forget(struct asked *j);
/* Writes {"items":[...],"dropped":n}; match: a part of the path and query, or empty. */
void asked_write(struct asked *j, struct str match, struct json_out *out);
/* Path and query as they came: what faults and readers of the journal match against. */
struct str request_target(struct req *rq);

/* ---- the upstreams ---- */
extern const struct route graph_routes[], leadgen_routes[], nbk_routes[], rest_routes[],
    control_routes[];
extern const size_t graph_nroutes, leadgen_nroutes, nbk_nroutes, rest_nroutes, control_nroutes;

/* ---- amo.c ---- */
enum err amo_new(struct ctx *cx, struct sim *s, struct amo **out) MUST_USE;
void amo_abort(struct amo *a); /* ends waits and transfers under way */
void amo_free(struct amo **a);
void amo_write_log(struct amo *a, struct json_out *out);
/* Where hooks go, and whether they were switched off; an empty url: nowhere. */
struct str amo_hook_url(struct amo *a, struct arena *arena, bool *is_off);
void amo_hook_drop(struct amo *a);

/* ---- amo_rest.c ---- */
struct rest *rest_new(struct sim *s); /* the world is made already */
void rest_free(struct rest **r);
