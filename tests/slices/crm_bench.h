/* crm_bench.h: the whole product over a real database, and the simulator's CRM beside it.
 * The one rule: crm_open first, crm_close last; hooks of the CRM come to the product's own door. */
#pragma once
#include "db_fault.h"
#include "sim/sim.h"
#include "slice_app.h"

#include <string.h>

#define MINUTE_MS (60 * 1000LL)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define CLIENT "0a1b2c3d-0000-4000-8000-000000000001"
#define CLIENT_SECRET "secret-of-the-integration"

struct crm_bench {
    struct ctx *cx;
    struct slice_app s;
    struct sim *sim;
    struct job_run run; /* the last one */
};

static inline void crm_open_with(struct ctx *cx, struct temp_db *t, struct crm_bench *b,
                                 int history_days)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = history_days},
          .clock = cx->clock
    };
    struct app *app;

    *b = (struct crm_bench){.cx = cx};
    slice_app_open(cx, t, &b->s);
    app = b->s.app;
    check_ok(sim_start(cx, &o, &b->sim));
    app->config.public_url = arena_fmt(cx->arena, "http://127.0.0.1:%d", b->s.core.port);
    app->config.amo_webhook_secret = (struct str){0};
    app->config.amo_www_url = str_of(sim_amo_www_url(b->sim));
    app->amocrm = (struct upstream){
        .name = "amocrm",
        .base_url = sim_amo_url(b->sim),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 3, .base_ms = 1000, .cap_ms = 5000}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &app->fetcher));
    sim_integration_set(b->sim,
                        &(struct sim_integration){S(CLIENT), S(CLIENT_SECRET),
                                                  arena_fmt(cx->arena, "%.*s/crm/callback",
                                                            STR_FMT(app->config.public_url))});
}

static inline void crm_open(struct ctx *cx, struct temp_db *t, struct crm_bench *b)
{
    crm_open_with(cx, t, b, 5);
}

static inline void crm_close(struct crm_bench *b)
{
    slice_app_close(&b->s);
    fetcher_free(&b->s.app->fetcher);
    sim_stop(&b->sim);
}

static inline struct answer crm_ask(struct crm_bench *b, const char *call, const char *body)
{
    return slice_ask(b->cx, &b->s, call, b->s.admin, body);
}

/* As an admin does: the address of the account, and the long-lived token of a private integration.
 */
static inline int64_t crm_paste(struct crm_bench *b)
{
    struct str body = arena_fmt(b->cx->arena, "{\"host\":\"agency.amocrm.ru\",\"token\":\"%.*s\"}",
                                STR_FMT(sim_amo_token(b->sim)));
    struct answer a = crm_ask(b, "POST /api/v1/crm/connections", str_z(b->cx->arena, body));

    if (a.status != 201)
        test_fail(TEST_AT("the connection"), "%d %.*s", a.status, STR_FMT(a.body));
    return answer_int(b->cx, &a, "id");
}

static inline struct answer crm_get(struct crm_bench *b, struct str target)
{
    return ask_for(b->cx, b->s.core.port, "GET", str_z(b->cx->arena, target), "", S(""));
}

/* What the CRM's own server is asked by a browser: "http://127.0.0.1:4711/amo/www/..." */
static inline struct answer crm_browse(struct crm_bench *b, struct str url)
{
    struct str head = arena_fmt(b->cx->arena, "http://127.0.0.1:%d", sim_port(b->sim));

    check(str_starts(url, head));
    return ask_for(b->cx, sim_port(b->sim), "GET", str_z(b->cx->arena, url) + head.len, "", S(""));
}

/* The address that the CRM's admin is sent back to, after saying yes. */
static inline struct str crm_consent_target(struct crm_bench *b)
{
    struct ctx *cx = b->cx;
    struct answer a =
        crm_ask(b, "POST /api/v1/crm/connections/oauth",
                "{\"client_id\":\"" CLIENT "\",\"client_secret\":\"" CLIENT_SECRET "\"}");
    struct str back;

    check_int(200, a.status);
    struct answer page = crm_browse(b, answer_text(cx, &a, "url"));
    check_int(302, page.status);
    back = answer_header(&page, "Location");
    check(str_starts(back, b->s.app->config.public_url));
    size_t n = b->s.app->config.public_url.len;
    return (struct str){back.ptr + n, back.len - n};
}

static inline void crm_consent(struct crm_bench *b)
{
    struct answer a = crm_get(b, crm_consent_target(b));

    check_int(303, a.status);
    check_holds(S("/connections?crm_connected="), answer_header(&a, "Location"));
}

static inline void crm_job(struct crm_bench *b, const char *name)
{
    check_ok(job_run_now(b->cx, b->s.app, name, NULL, NULL, NULL, &b->run));
}

/* What was read becomes sales. */
static inline void crm_drain(struct crm_bench *b)
{
    struct job_run r;

    check_ok(job_run_now(b->cx, b->s.app, "inbox.drain", NULL, NULL, NULL, &r));
    check_int(0, r.failed);
}

static inline void crm_fault(struct crm_bench *b, const char *match, const char *rest)
{
    struct answer a = ask_for(b->cx, sim_port(b->sim), "POST", "/_fake/fault",
                              "Content-Type: application/json\r\n",
                              arena_fmt(b->cx->arena, "{\"match\":\"%s\",%s}", match, rest));

    check_int(200, a.status);
}

static inline void crm_forget_faults(struct crm_bench *b)
{
    ask_for(b->cx, sim_port(b->sim), "DELETE", "/_fake/fault", "", S(""));
}

/* How often the CRM was asked for something whose address holds this. */
static inline int64_t crm_asked(struct crm_bench *b, const char *match)
{
    const struct json_in *root = NULL;
    struct answer a =
        ask_for(b->cx, sim_port(b->sim), "GET",
                arena_fmt(b->cx->arena, "/_fake/journal?match=%s", match).ptr, "", S(""));

    check_ok(json_parse(b->cx, a.body, &root));
    return (int64_t)json_len(json_get(root, "items"));
}

static inline void crm_forget_asked(struct crm_bench *b)
{
    ask_for(b->cx, sim_port(b->sim), "DELETE", "/_fake/journal", "", S(""));
}

static inline struct str crm_state(struct crm_bench *b)
{
    return sql_rows(b->cx, &b->s, "auth, host, state, reason", "from crm_connection order by id");
}
