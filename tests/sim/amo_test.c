/* The CRM's hooks, sent to a real server: their dialects, their order, their retries. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/form.h"
#include "base/money.h"
#include "http/http.h"
#include "sim_bench.h"

/* ---- somebody who listens ---- */

enum { MOST_POSTS = 4000 };
struct ear {
    struct server *server;
    pthread_mutex_t lock; /* guards what follows */
    struct arena *arena;
    struct str bodies[MOST_POSTS];
    struct str agent, type, connection;
    size_t n;
    int refuse; /* answers 500 to so many more */
};

static enum err hear(struct req *rq, struct resp *rs)
{
    struct ear *e = (struct ear *)rq->app;

    pthread_mutex_lock(&e->lock);
    if (e->n < MOST_POSTS)
        e->bodies[e->n++] = arena_str(e->arena, rq->body);
    e->agent = arena_str(e->arena, req_header(rq, "User-Agent"));
    e->type = arena_str(e->arena, req_header(rq, "Content-Type"));
    e->connection = arena_str(e->arena, req_header(rq, "Connection"));
    bool refuses = e->refuse > 0;
    e->refuse -= refuses;
    pthread_mutex_unlock(&e->lock);
    resp_status(rs, refuses ? 500 : 200);
    return resp_body(rs, "text/plain", S("ok"));
}

static const struct route ear_routes[] = {
    {POST, "/hook/{secret}", 0, RATE_NONE, hear, RT_RAW_BODY, 1 << 20}
};

static struct ear *ear_open(struct bench *b)
{
    static const struct route_set sets[] = {
        {ear_routes, COUNT(ear_routes)}
    };
    struct server_opts o = {
        .listen = "127.0.0.1:0", .threads = 4, .clock = &clock_system, .sets = sets, .nsets = 1};
    struct ear *e = arena_new_of(b->cx->arena, struct ear);

    pthread_mutex_init(&e->lock, NULL);
    e->arena = arena_new(1u << 30);
    check_ok(server_start(b->cx, (struct app *)e, &o, &e->server));
    check_ok(sim_hook(
        b->cx, b->sim,
        arena_fmt(b->cx->arena, "http://127.0.0.1:%d/hook/s3cret", server_port(e->server))));
    return e;
}

static void ear_close(struct ear *e)
{
    server_stop(&e->server);
    arena_free(&e->arena);
    pthread_mutex_destroy(&e->lock);
}

/* ---- reading hooks: as little as is needed to know what a deal came to ---- */

struct seen {
    int64_t id, status, price, at, created;
    struct str source;
};
struct reader {
    struct arena *arena;
    struct seen *deals;
    size_t n, cap;
    struct str prefix, field; /* of the lead being read: "leads[add][0]" */
    struct seen now;
};

static void finish_lead(struct reader *r)
{
    if (!r->prefix.len || !r->now.id) /* a torn key names no deal */
        return;
    for (size_t i = 0; i < r->n; i++) {
        struct seen *d = &r->deals[i];
        if (d->id != r->now.id)
            continue;
        if (r->now.at >= d->at)
            *d = r->now;
        return;
    }
    if (r->n == r->cap)
        r->deals = vec_grow(r->arena, r->deals, r->n, &r->cap, sizeof *r->deals);
    r->deals[r->n++] = r->now;
}

static bool has(struct str text, const char *part)
{
    return text.len && memmem(text.ptr, text.len, part, strlen(part));
}

static void take_pair(struct reader *r, struct str key, struct str value)
{
    const char *end = key.len ? memmem(key.ptr, key.len, "][", 2) : NULL;
    end = end ? memchr(end + 2, ']', (size_t)(key.ptr + key.len - end - 2)) : NULL;
    if (!str_starts(key, S("leads[")) || !end)
        return;
    struct str prefix = {key.ptr, (size_t)(end - key.ptr) + 1};
    struct str rest = {end + 1, key.len - prefix.len};
    if (!str_eq(prefix, r->prefix)) {
        finish_lead(r);
        r->prefix = prefix;
        r->now = (struct seen){.at = INT64_MAX}; /* a deletion tells no time: it is the last word */
    }
    if (str_eq(rest, S("[id]")))
        check(str_to_int(value, &r->now.id));
    if (str_eq(rest, S("[status_id]")))
        check(str_to_int(value, &r->now.status));
    if (str_eq(rest, S("[price]")) && value.len)
        check(str_to_int(value, &r->now.price));
    if (str_eq(rest, S("[last_modified]")) || str_eq(rest, S("[updated_at]")))
        check(str_to_int(value, &r->now.at));
    if (str_eq(rest, S("[date_create]")) || str_eq(rest, S("[created_at]")))
        check(str_to_int(value, &r->now.created));
    if (has(rest, "][name]"))
        r->field = value;
    if (has(rest, "][value]") && str_eq(r->field, S("utm_source")))
        r->now.source = value;
}

static struct reader read_all(struct ctx *cx, struct ear *e)
{
    struct reader r = {.arena = cx->arena};
    struct str key, value;

    for (size_t i = 0; i < e->n; i++) {
        struct form f = form_start(e->bodies[i], 5000);
        r.prefix = S("");
        while (form_next(&f, cx->arena, &key, &value))
            take_pair(&r, key, value);
        finish_lead(&r);
    }
    return r;
}

TEST(history_tells_of_every_deal_what_is_true)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 20}});
    struct ear *e = ear_open(&b);
    struct sim_deliveries sum;
    struct world_ask ask = {b.w->first_day, b.w->today, sim_moment(b.sim), false, false};
    size_t n = (size_t)(b.w->today - b.w->first_day + 1) * (WORLD_TEAMS + 1);
    struct world_sums *truth =
        arena_alloc(cx->arena, n * sizeof *truth, _Alignof(struct world_sums));
    int64_t leads = 0, sales = 0, revenue = 0, won = 0, worth = 0;

    check_ok(sim_deliver_history(cx, b.sim, 0, &sum));
    check_int(0, sum.refused);
    check_int(sum.posts, (int64_t)e->n);
    struct reader r = read_all(cx, e);
    check_ok(world_truth(cx, b.w, &ask, truth));
    for (size_t i = 0; i < n; i++) {
        leads += truth[i].leads;
        sales += truth[i].sales;
        revenue += truth[i].revenue_kzt;
    }
    for (size_t i = 0; i < r.n; i++) {
        won += r.deals[i].status == 142;
        worth += r.deals[i].status == 142 ? r.deals[i].price * MICROS : 0;
    }
    check_int(leads, (int64_t)r.n);
    check_int(sales, won);
    check_int(revenue, worth);
    check(won > 5 && sum.events > (int64_t)r.n);
    ear_close(e);
    bench_stop(&b);
}

TEST(hooks_come_in_the_dialects_that_were_seen_in_the_wild)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 20}});
    struct ear *e = ear_open(&b);
    int raw = 0, escaped = 0, plus = 0, percent20 = 0, blank = 0, old_times = 0, new_times = 0;
    int with_code = 0, without_code = 0, torn = 0, twice = 0, empty_price = 0;

    check_ok(sim_deliver_history(cx, b.sim, 3, NULL));
    for (size_t i = 0; i < e->n; i++) {
        struct str body = e->bodies[i];
        raw += has(body, "leads[");
        escaped += has(body, "leads%5B");
        plus += has(body, "+");
        percent20 += has(body, "%20");
        blank += has(body, " ");
        old_times += has(body, "last_modified");
        new_times += has(body, "updated_at");
        with_code += has(body, "UTM_SOURCE");
        without_code += has(body, "utm_source") && !has(body, "UTM_SOURCE");
        torn += has(body, "leads[status][0][&account") || str_ends(body, S("leads[status][0]["));
        empty_price += has(body, "price%5D=&");
        twice += i > 0 && str_eq(body, e->bodies[i - 1]);
    }
    check(raw > 0 && escaped > raw && plus > 0 && percent20 > 0 && blank > 0);
    check(old_times > 0 && new_times > 0 && with_code > 0 && without_code > 0);
    check(torn > 0 && twice > 0 && empty_price > 0);
    check_str(S("amoCRM-WebHook-client/1.0"), e->agent);
    check_str(S("application/x-www-form-urlencoded"), e->type);
    check_str(S("close"), e->connection);
    ear_close(e);
    bench_stop(&b);
}

TEST(the_same_world_sends_the_same_bytes)
{
    struct bench one = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct ear *first = ear_open(&one);
    check_ok(sim_deliver_history(cx, one.sim, 0, NULL));
    struct bench two = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct ear *second = ear_open(&two);
    check_ok(sim_deliver_history(cx, two.sim, 0, NULL));

    check(first->n > 10);
    check_int((int64_t)first->n, (int64_t)second->n);
    for (size_t i = 0; i < first->n; i++)
        check_str(first->bodies[i], second->bodies[i]);
    ear_close(first);
    ear_close(second);
    bench_stop(&one);
    bench_stop(&two);
}

TEST(steps_are_told_late_twice_and_out_of_order)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 20}});
    struct ear *e = ear_open(&b);
    struct reader r = {.arena = cx->arena};
    struct str key, value;
    int64_t *latest = arena_alloc(cx->arena, 5000000 * sizeof *latest, _Alignof(int64_t));
    int late = 0, again = 0;

    check_ok(sim_deliver_history(cx, b.sim, 1, NULL));
    for (size_t i = 0; i < e->n; i++) {
        struct form f = form_start(e->bodies[i], 5000);
        r.prefix = S("");
        while (form_next(&f, cx->arena, &key, &value))
            take_pair(&r, key, value);
        int64_t slot = r.now.id % 5000000;
        late += r.now.at < latest[slot];
        again += r.now.at == latest[slot];
        if (r.now.at > latest[slot])
            latest[slot] = r.now.at;
    }
    check(late > 5);
    check(again > 5);
    ear_close(e);
    bench_stop(&b);
}

TEST(new_deals_arrive_as_the_clock_moves)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct ear *e = ear_open(&b);

    check_ok(sim_deliver_history(cx, b.sim, 50, NULL));
    size_t before = e->n;
    check_ok(sim_tick(cx, b.sim));
    check_int((int64_t)before, (int64_t)e->n);
    fake_clock_advance(test_clock(cx), 6 * 3600000);
    check_ok(sim_tick(cx, b.sim));
    size_t after = e->n;
    check(after > before + 5);
    check_ok(sim_tick(cx, b.sim)); /* nothing twice */
    check_int((int64_t)after, (int64_t)e->n);
    fake_clock_advance(test_clock(cx), 2 * 86400000LL); /* beyond the last day of history */
    check_ok(sim_tick(cx, b.sim));
    check(e->n > after + 50);
    ear_close(e);
    bench_stop(&b);
}

TEST(a_refused_hook_is_sent_again_after_five_minutes_with_the_same_bytes)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct ear *e = ear_open(&b);

    check_ok(sim_tick(cx, b.sim));
    fake_clock_advance(test_clock(cx), 1800000);
    e->refuse = 1;
    check_ok(sim_tick(cx, b.sim));
    size_t n = e->n;
    check(n >= 1);
    check_int(1, sim_deliveries(b.sim).pending);
    struct str refused = e->bodies[0];
    fake_clock_advance(test_clock(cx), 299000);
    check_ok(sim_tick(cx, b.sim));
    check_int(1, sim_deliveries(b.sim).pending);
    size_t m = e->n;
    fake_clock_advance(test_clock(cx), 2000);
    check_ok(sim_tick(cx, b.sim));
    check_int(0, sim_deliveries(b.sim).pending);
    check_str(refused, e->bodies[m]);
    ear_close(e);
    bench_stop(&b);
}

TEST(after_five_tries_a_hook_is_given_up)
{
    struct bench b = bench_start_with(
        cx, (struct sim_options){.world = {.history_days = 5}, .retry_divisor = 1000});
    struct ear *e = ear_open(&b);

    check_ok(sim_tick(cx, b.sim));
    fake_clock_advance(test_clock(cx), 3600000);
    e->refuse = 1000;
    check_ok(sim_tick(cx, b.sim));
    int64_t pending = sim_deliveries(b.sim).pending;
    check(pending > 0 && pending < 20);
    for (int i = 0; i < 4; i++) {
        fake_clock_advance(test_clock(cx), 3601);
        check_ok(sim_tick(cx, b.sim));
    }
    check(sim_deliveries(b.sim).given_up >= pending);
    ear_close(e);
    bench_stop(&b);
}

TEST(a_hook_that_always_refuses_is_switched_off)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct ear *e = ear_open(&b);

    check_ok(sim_tick(cx, b.sim));
    e->refuse = 1000000;
    fake_clock_advance(test_clock(cx), 3 * 86400000LL);
    check_ok(sim_tick(cx, b.sim));
    check(sim_deliveries(b.sim).is_off);
    size_t n = e->n;
    check(n > 100 && n < 1000);
    fake_clock_advance(test_clock(cx), 86400000);
    check_ok(sim_tick(cx, b.sim));
    check_int((int64_t)n, (int64_t)e->n);
    ear_close(e);
    bench_stop(&b);
}

TEST(history_ends_with_an_error_when_nobody_takes_it)
{
    struct bench b = bench_start_with(
        cx, (struct sim_options){.world = {.history_days = 5}, .retry_divisor = 1000000});

    check_err(sim_deliver_history(cx, b.sim, 0, NULL), ERR_CONFLICT); /* no hook yet */
    ctx_forgive(cx);
    struct ear *e = ear_open(&b);
    e->refuse = 1000000;
    check_err(sim_deliver_history(cx, b.sim, 0, NULL), ERR_UPSTREAM);
    ctx_forgive(cx);
    e->refuse = 0;
    check_ok(sim_deliver_history(cx, b.sim, 0, NULL));
    check_err(sim_hook(cx, b.sim, S("ftp://x/")), ERR_INPUT);
    ear_close(e);
    bench_stop(&b);
}

TEST(deliveries_can_be_asked_for_from_outside)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 3}});
    struct ear *e = ear_open(&b);
    struct str json = arena_fmt(cx->arena,
                                "{\"url\":\"http://127.0.0.1:%d/hook/x\",\"history\":true,"
                                "\"batch\":10,\"tick\":true}",
                                server_port(e->server));

    bench_post(&b, "/_fake/deliver", json);
    check(e->n > 0);
    struct answer a = bench_get(&b, S("/_fake/deliver"), -1);
    check_holds(S("\"log\":[{"), a.body);
    check_holds(S("\"pending\":0"), a.body);
    ear_close(e);
    bench_stop(&b);
}

TEST(lost_events_are_never_told_however_they_would_have_been_sent)
{
    struct sim_deliveries sums[3];

    for (int i = 0; i < 3; i++) {
        struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 10}});
        struct ear *e = ear_open(&b);

        sim_set(b.sim, SIM_LOSE_HOOKS, i ? 4 : 0);
        check_ok(sim_deliver_history(cx, b.sim, i == 2 ? 3 : 20, &sums[i]));
        ear_close(e);
        bench_stop(&b);
    }
    check(sums[1].events > sums[0].events * 6 / 10 && sums[1].events < sums[0].events * 9 / 10);
    check(sums[2].events > sums[0].events * 6 / 10 && sums[2].events < sums[0].events * 9 / 10);
}
