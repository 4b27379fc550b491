/* meta_town.h: our client and the fake platform, joined by a real connection.
 * The one rule: town_close gives back what town_open took. */
#pragma once
#include <string.h>

#include "ask.h"
#include "base/crypto.h"
#include "base/form.h"
#include "sim/sim.h"
#include "test.h"
#include "vendors/meta_auth.h"

struct town {
    struct ctx *cx;
    struct sim *sim;
    const struct world *w;
    struct upstream up;
    struct meta meta;
    struct meta_reply last;
};

static inline void town_open(struct ctx *cx, struct town *t)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = 60},
        .clock = cx->clock,
        .app_secret = S("testsecret")
    };

    *t = (struct town){.cx = cx};
    check_ok(sim_start(cx, &o, &t->sim));
    t->w = sim_world(t->sim);
    t->up = (struct upstream){
        .name = "meta",
        .base_url = sim_graph_url(t->sim),
        .connect_ms = 5000,
        .total_ms = 60000,
        .max_reply = 64 << 20,
        .retry = {.max_tries = 3, .base_ms = 10, .cap_ms = 1000}
    };
    t->meta = (struct meta){
        .upstream = &t->up,
        .auth = {.version = S("v25.0"), .token = t->w->tokens[0], .app_secret = S("testsecret")}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &t->meta.fetcher));
}

static inline void town_close(struct town *t)
{
    fetcher_free(&t->meta.fetcher);
    sim_stop(&t->sim);
}

/* ---- consent ---- */

static const struct str back = S("http://127.0.0.1:1/facebook/callback");

/* Where the browser is sent after the consent. */
static inline struct str consent(struct town *t)
{
    struct meta_consent c = {.www_base = str_of(sim_www_url(t->sim)),
                             .version = S("v25.0"),
                             .app_id = str_of(sim_app_id),
                             .redirect_uri = back,
                             .state = S("a b")};
    struct str url = meta_consent_url(t->cx->arena, &c), head;

    for (int i = 0; i < 3; i++)
        check(str_cut(&url, '/', &head));
    struct answer a =
        ask_for(t->cx, sim_port(t->sim), "GET",
                str_z(t->cx->arena, arena_fmt(t->cx->arena, "/%.*s", STR_FMT(url))), "", S(""));
    check_int(302, a.status);
    return answer_header(&a, "Location");
}

static inline struct str query_of(struct town *t, struct str url, const char *name)
{
    struct str rest = url, head, key, value;

    check(str_cut(&rest, '?', &head));
    str_cut(&rest, '#', &head);
    struct form f = form_start(head, 16);
    while (form_next(&f, t->cx->arena, &key, &value))
        if (str_eq(key, str_of(name)))
            return value;
    return S("");
}

static inline struct meta_grant sign_in(struct town *t)
{
    struct meta_code code = {.app_id = str_of(sim_app_id), .redirect_uri = back};
    struct meta_grant grant;

    code.code = query_of(t, consent(t), "code");
    check_ok(meta_exchange_code(t->cx, &t->meta, &code, &grant, &t->last));
    return grant;
}
