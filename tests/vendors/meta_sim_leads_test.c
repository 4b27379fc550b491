/* meta_sim_leads_test.c: our client against the fake platform: pages, leads and their webhooks. */
#include <pthread.h>

#include "http/http.h"
#include "meta_town.h"
#include "sim/world_forms.h"
#include "vendors/meta_leads.h"

enum { MOST_POSTS = 256 };
struct ear { /* the product's webhook */
    struct server *server;
    struct arena *arena;
    pthread_mutex_t lock; /* guards what follows */
    struct str bodies[MOST_POSTS], signatures[MOST_POSTS];
    size_t n;
    int refuse; /* answers 500 to so many more */
};

static enum err hear(struct req *rq, struct resp *rs)
{
    struct ear *e = (struct ear *)rq->app;

    pthread_mutex_lock(&e->lock);
    bool refuses = e->refuse > 0;
    e->refuse -= refuses;
    if (!refuses && e->n < MOST_POSTS) {
        e->bodies[e->n] = arena_str(e->arena, rq->body);
        e->signatures[e->n++] = arena_str(e->arena, req_header(rq, "X-Hub-Signature-256"));
    }
    pthread_mutex_unlock(&e->lock);
    resp_status(rs, refuses ? 500 : 200);
    return resp_body(rs, "text/plain", S(""));
}

static enum err challenge(struct req *rq, struct resp *rs)
{
    struct str text = S(""), token = S("");

    req_query_str(rq, "hub.challenge", &text);
    req_query_str(rq, "hub.verify_token", &token);
    if (!str_eq(token, S("our word")))
        resp_status(rs, 403);
    return resp_body(rs, "text/plain", text);
}

static const struct route ear_routes[] = {
    {POST, "/webhook", 0, RATE_NONE, hear,      RT_RAW_BODY, 1 << 20},
    {GET,  "/webhook", 0, RATE_NONE, challenge, 0,           0      },
};

static struct ear *ear_open(struct ctx *cx)
{
    static const struct route_set sets[] = {ROUTES(ear_routes)};
    struct server_opts o = {
        .listen = "127.0.0.1:0", .threads = 4, .clock = &clock_system, .sets = sets, .nsets = 1};
    struct ear *e = arena_new_of(cx->arena, struct ear);

    pthread_mutex_init(&e->lock, NULL);
    e->arena = arena_new(64 << 20);
    check_ok(server_start(cx, (struct app *)e, &o, &e->server));
    return e;
}

static void ear_close(struct ear *e)
{
    server_stop(&e->server);
    arena_free(&e->arena);
    pthread_mutex_destroy(&e->lock);
}

static struct str ear_url(struct ctx *cx, struct ear *e)
{
    return arena_fmt(cx->arena, "http://127.0.0.1:%d/webhook", server_port(e->server));
}

static struct meta page_of(struct town *t, int page)
{
    return meta_for_page(&t->meta, world_page_token(t->w, t->cx->arena, page));
}

TEST(a_page_is_subscribed_with_its_own_token_only)
{
    struct town t;
    struct meta_call call = meta_call_pages(2);
    struct meta_fb_page page;
    bool yes = true;

    town_open(cx, &t);
    check_ok(meta_get(cx, &t.meta, &call, &t.last));
    check_ok(meta_fb_page_read(cx, json_at(json_get(t.last.root, "data"), 0), &page));
    struct meta_subscription_ask ask = {page.id, str_of(sim_app_id)};
    struct meta as_page = meta_for_page(&t.meta, page.token);
    check_ok(meta_page_is_subscribed(cx, &as_page, &ask, &yes, &t.last));
    check(!yes);
    check_err(meta_page_subscribe(cx, &t.meta, page.id, &t.last), ERR_UPSTREAM);
    check_int(210, t.last.code);
    ctx_forgive(cx);
    check_ok(meta_page_subscribe(cx, &as_page, page.id, &t.last));
    check_ok(meta_page_is_subscribed(cx, &as_page, &ask, &yes, &t.last));
    check(yes);
    check_ok(meta_page_unsubscribe(cx, &as_page, page.id, &t.last));
    check_ok(meta_page_is_subscribed(cx, &as_page, &ask, &yes, &t.last));
    check(!yes);
    town_close(&t);
}

/* Every body is signed, and every lead it names can be fetched with its page's token. */
static size_t fetch_leads(struct town *t, struct ear *e)
{
    struct ctx *cx = t->cx;
    const struct meta_hook *hooks;
    struct meta_lead lead;
    size_t n, seen = 0;

    for (size_t i = 0; i < e->n; i++) {
        check(meta_hook_is_signed(S("testsecret"), e->signatures[i], e->bodies[i]));
        check_ok(meta_hooks_read(cx, e->bodies[i], &hooks, &n));
        for (size_t k = 0; k < n; k++, seen++) {
            int page = 0;
            check_int(META_HOOK_LEAD, hooks[k].kind);
            while (!str_eq(world_page_id(cx->arena, page), hooks[k].page_id))
                page++;
            struct meta as_page = page_of(t, page);
            struct meta_call call = meta_call_lead(cx->arena, hooks[k].id);
            check_ok(meta_get(cx, &as_page, &call, &t->last));
            check_ok(meta_lead_read(cx, t->last.root, &lead));
            check_str(hooks[k].id, lead.id);
            check_str(hooks[k].ad_id, lead.ad_id);
            check_int(hooks[k].at.v, lead.created_at.v);
            check(lead.is_organic == !lead.ad_id.len);
            check(str_starts(lead.phone, S("+7701")) && lead.full_name.len > 0);
        }
    }
    return seen;
}

TEST(leads_are_told_by_signed_webhooks_and_fetched_by_their_ids)
{
    struct town t;
    struct sim_leadgen sum = {0};

    town_open(cx, &t);
    struct ear *e = ear_open(cx);
    e->refuse = 3;
    struct sim_leadgen_ask ask = {ear_url(cx, e), TEST_NOW_MS - 20 * INT64_C(86400000), 60};
    check_ok(sim_leadgen(cx, t.sim, &ask, &sum));
    check_int(3, sum.refused);
    check_int(sum.tries, sum.posts + 3);
    check_int(e->n, sum.posts);
    check(sum.leads >= 60 && sum.posts < sum.leads);
    check_int(sum.leads, fetch_leads(&t, e));
    ear_close(e);
    town_close(&t);
}

TEST(a_hook_that_keeps_refusing_is_given_up)
{
    struct town t;
    struct sim_leadgen sum = {0};

    town_open(cx, &t);
    struct ear *e = ear_open(cx);
    e->refuse = 5;
    struct sim_leadgen_ask ask = {ear_url(cx, e), TEST_NOW_MS - 20 * INT64_C(86400000), 1};
    check_ok(sim_leadgen(cx, t.sim, &ask, &sum));
    check_int(1, sum.given_up);
    check_int(0, sum.leads);
    ask.url = S("nowhere");
    check_err(sim_leadgen(cx, t.sim, &ask, &sum), ERR_INPUT);
    ear_close(e);
    town_close(&t);
}

TEST(as_the_clock_moves_subscribed_pages_tell_the_apps_webhook)
{
    struct town t;

    town_open(cx, &t);
    struct ear *e = ear_open(cx);
    struct meta_app_hook hook = {str_of(sim_app_id), ear_url(cx, e), S("not our word")};
    check_err(meta_app_subscribe(cx, &t.meta, &hook, &t.last), ERR_UPSTREAM);
    check_int(2200, t.last.code);
    ctx_forgive(cx);
    hook.verify_token = S("our word");
    check_ok(meta_app_subscribe(cx, &t.meta, &hook, &t.last));
    check_ok(sim_leadgen_tick(cx, t.sim));
    for (int page = 0; page < WORLD_PAGES; page++) {
        struct meta as_page = page_of(&t, page);
        check_ok(meta_page_subscribe(cx, &as_page, world_page_id(cx->arena, page), &t.last));
    }
    fake_clock_advance(test_clock(cx), 12 * 3600000);
    e->refuse = 1;
    check_ok(sim_leadgen_tick(cx, t.sim));
    check_int(0, e->n);
    check_ok(sim_leadgen_tick(cx, t.sim));
    size_t told = e->n;
    check(told > 0);
    check_ok(sim_leadgen_tick(cx, t.sim)); /* nothing twice */
    check_int(told, e->n);
    check_int(told, fetch_leads(&t, e));
    ear_close(e);
    town_close(&t);
}

struct listed {
    int64_t n, last_at;
};

static enum err note_leads(struct ctx *cx, const struct json_in *data, void *self)
{
    struct listed *l = self;
    struct json_iter it = json_iter(data);
    struct meta_lead lead;
    enum err err = OK;

    for (const struct json_in *row; (row = json_next(&it, NULL)); l->n++) {
        TRY(meta_lead_read(cx, row, &lead));
        l->last_at = lead.created_at.v;
    }
out:
    return err;
}

/* The same as other processes are told it. */
static int64_t told_truth(struct town *t)
{
    struct answer a = ask_for(t->cx, sim_port(t->sim), "GET", "/_fake/forms", "", S(""));
    const struct json_in *root, *item;
    int64_t sum = 0, n = 0;

    check_int(200, a.status);
    check_ok(json_parse(t->cx, a.body, &root));
    check_int(WORLD_PAGES, json_len(json_get(root, "pages")));
    struct json_iter it = json_iter(json_get(root, "items"));
    while ((item = json_next(&it, NULL)))
        if (json_as_int(json_get(item, "leads"), &n))
            sum += n;
    return sum;
}

TEST(the_leads_of_forms_are_those_of_the_truth)
{
    struct town t;
    struct listed listed = {0};
    struct meta_walk walk = {.page = note_leads, .self = &listed};

    town_open(cx, &t);
    for (int page = 0; page < WORLD_PAGES; page++) {
        struct meta as_page = page_of(&t, page);
        struct meta_call call =
            meta_call_form_leads(cx->arena, world_form_id(cx->arena, page), 0, 40);
        check_ok(meta_each_page(cx, &as_page, &call, &walk, &t.last));
    }
    struct world_ask ask = {.from = t.w->first_day - 2, .to = t.w->today, .at = sim_moment(t.sim)};
    int64_t n = (ask.to - ask.from + 1) * (WORLD_TEAMS + 1), truth = 0;
    int64_t *counts = arena_alloc(cx->arena, (size_t)n * sizeof *counts, _Alignof(int64_t));
    world_form_truth(t.w, &ask, counts);
    for (int64_t i = 0; i < n; i++)
        truth += counts[i];
    check(truth > 100);
    check_int(truth, listed.n);
    check_int(truth, told_truth(&t));

    struct meta as_page = page_of(&t, 0);
    struct meta_call call = meta_call_form_leads(cx->arena, world_form_id(cx->arena, 0),
                                                 TEST_NOW_MS - 5 * INT64_C(86400000), 40);
    listed = (struct listed){0};
    check_ok(meta_each_page(cx, &as_page, &call, &walk, &t.last));
    check(listed.n > 0 && listed.last_at > TEST_NOW_MS - 5 * INT64_C(86400000));
    call = meta_call_form_leads(cx->arena, world_form_id(cx->arena, 1), 0, 40);
    check_err(meta_get(cx, &as_page, &call, &t.last), ERR_UPSTREAM); /* another page's */
    check_int(META_PERMISSION, t.last.class);
    town_close(&t);
}

TEST(a_token_without_the_permission_reads_no_leads)
{
    struct town t;
    struct world_form_lead lead = {0};

    town_open(cx, &t);
    for (uint32_t ad = 0; !lead.id; ad++)
        if (world_nform_leads(t.w, ad, t.w->today - 3))
            world_form_lead(t.w, ad, t.w->today - 3, 0, &lead);
    struct meta_call call =
        meta_call_lead(cx->arena, arena_fmt(cx->arena, "%lld", (long long)lead.id));
    check_ok(meta_get(cx, &t.meta, &call, &t.last));
    sim_set(t.sim, SIM_WITHHOLD, 4);
    t.meta.auth.token = sign_in(&t).token;
    check_err(meta_get(cx, &t.meta, &call, &t.last), ERR_UPSTREAM);
    check_int(META_PERMISSION, t.last.class);
    check_int(200, t.last.code);
    ctx_forgive(cx);
    t.meta.auth.token = t.w->tokens[0];
    fake_clock_advance(test_clock(cx), 91 * INT64_C(86400000));
    check_err(meta_get(cx, &t.meta, &call, &t.last), ERR_UPSTREAM); /* too old */
    check_int(33, t.last.subcode);
    town_close(&t);
}
