/* Webhooks at rest: on disk before the answer, counted once, never lost. */
#include "core/gate.h"
#include "core/inbox.h"
#include "core_app.h"
#include "db_fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define MINUTE_MS 60000LL

/* ---- a slice that takes what is sent ---- */

static struct {
    _Atomic int accepted, metrics;
    char order[64]; /* first bytes of bodies, as they were accepted */
} took;

/* The facts of an event are one row, so that tests see what a rollback takes back. */
static enum err keep_fact(struct tx *tx, const struct inbox_event *e)
{
    static const char *const names[] = {"body", "now"};
    static const struct query q = {
        .name = "keep_fact",
        .sql = "insert into team (name, name_folded, created_at) values ($1, $1, $2)",
        .params = names,
        .nparams = 2};

    return db_exec(tx, &q, ARGS(a_str("body", e->body), a_int("now", e->received_at)), NULL);
}

static enum err use_memory(struct tx *tx, size_t n)
{
    static const struct query q = {.name = "look", .sql = "select 1 as one"};
    int64_t one;

    memset(arena_alloc(tx_ctx(tx)->arena, n, 1), 'x', n);
    return db_get_int(tx, &q, NO_ARGS, &one, NULL);
}

static enum err accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out)
{
    enum err err;
    char first = e->body.len ? e->body.ptr[0] : 0;

    *out = (struct inbox_result){"letters/1", S("a letter"),
                                 arena_fmt(tx_ctx(tx)->arena, "%c", first)};
    TRY(keep_fact(tx, e));
    if (first == '!')
        TRY(tx_fail(tx, ERR_INPUT, "cannot be understood"));
    if (first == '?')
        TRY(tx_fail(tx, ERR_UPSTREAM, "not now"));
    if (first == '#')
        TRY(use_memory(tx, 4 << 20));
    if (first == '~') {
        scheduler_wind_down(app->scheduler);
        TRY(tx_fail(tx, ERR_UPSTREAM, "cut short"));
    }
    took.order[atomic_fetch_add(&took.accepted, 1) % 60] = first;
out:
    return err;
}

static enum err build(struct job_run *r)
{
    (void)r;
    atomic_fetch_add(&took.metrics, 1);
    return OK;
}

static const struct inbox_source sources[] = {
    {"crm", accept_event}
};
static const struct job metrics_jobs[] = {
    {"metrics.build", "0 0 1 1 *", build, 60, CATCHUP_SKIP}
};
static const struct job_set sets[] = {
    {inbox_jobs,   1},
    {metrics_jobs, 1}
};

static void open_inbox(struct ctx *cx, struct temp_db *t, struct core_app *c, size_t most)
{
    core_app_open(cx, t, c);
    c->app.inbox_sources = sources;
    c->app.ninbox_sources = 1;
    c->app.job_sets = sets;
    c->app.njob_sets = 2;
    atomic_store(&took.accepted, 0);
    atomic_store(&took.metrics, 0);
    memset(took.order, 0, sizeof took.order);
    check_ok(inbox_start_sized(cx, &c->app, most, &c->app.inbox));
}

static void close_inbox(struct core_app *c)
{
    inbox_stop(&c->app.inbox);
    core_app_close(c);
}

static enum err put(struct ctx *cx, struct core_app *c, const char *key, const char *body)
{
    ctx_forgive(cx);
    return inbox_put(
        cx, &c->app,
        &(struct inbox_new){S("crm"), str_of(key), S("text/plain"), str_of(body), NULL});
}

static void drain(struct ctx *cx, struct core_app *c)
{
    struct job_run run;

    check_ok(job_run_now(cx, &c->app, "inbox.drain", NULL, NULL, NULL, &run));
}

static int64_t count(struct ctx *cx, struct core_app *c, const char *sql)
{
    return core_app_sql(cx, c, sql, NO_ARGS);
}

static int64_t facts(struct ctx *cx, struct core_app *c)
{
    return count(cx, c, "select count(*) from team");
}

/* ---- storing ---- */

DB_TEST(an_event_is_on_disk_when_put_returns)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);

    check_ok(put(cx, &c, "k1", "hello"));

    check_int(1,
              count(cx, &c,
                    "select count(*) from inbox_event where state = 'new' and dedupe_key = 'k1'"));
    check_int(1, core_app_sql(cx, &c, "select count(*) from inbox_event where body = $1",
                              ARGS(a_blob("a", S("hello")))));
    close_inbox(&c);
}

DB_TEST(a_repeated_delivery_is_the_same_row_and_is_answered_well)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);

    check_ok(put(cx, &c, "k1", "hello"));
    check_ok(put(cx, &c, "k1", "hello"));
    check_ok(
        inbox_put(cx, &c.app, &(struct inbox_new){S("other"), S("k1"), S(""), S("hello"), NULL}));

    check_int(2, count(cx, &c, "select count(*) from inbox_event"));
    close_inbox(&c);
}

DB_TEST(any_bytes_are_kept_as_they_came)
{
    struct core_app c;
    struct str bytes = {"a\0b\xff\xfe\r\n", 7};
    open_inbox(cx, t, &c, 4096);

    check_ok(inbox_put(cx, &c.app,
                       &(struct inbox_new){
                           S("crm"), S("k"), (struct str){"te\0xt\xff", 6},
                              bytes, NULL
    }));
    check_ok(inbox_put(cx, &c.app, &(struct inbox_new){S("crm"), S("empty"), S(""), S(""), NULL}));

    check_int(1, core_app_sql(cx, &c, "select count(*) from inbox_event where body = $1",
                              ARGS(a_blob("a", bytes))));
    check_int(2, count(cx, &c, "select count(*) from inbox_event"));
    close_inbox(&c);
}

struct sender {
    struct core_app *app;
    int n;
    enum err err;
    pthread_t thread;
};

static void *send_many(void *self)
{
    struct sender *s = self;
    struct arena *a = arena_new(1 << 20);

    for (int i = 0; i < 50 && !s->err; i++) {
        struct ctx cx = {.arena = a, .clock = s->app->app.clock, .tag = "sender"};
        struct str key = arena_fmt(a, "%d-%d", s->n, i % 40);
        s->err = inbox_put(&cx, &s->app->app,
                           &(struct inbox_new){S("crm"), key, S("text/plain"), key, NULL});
    }
    arena_free(&a);
    return NULL;
}

DB_TEST(many_senders_at_once_lose_nothing_and_double_nothing)
{
    struct core_app c;
    struct sender senders[16];
    open_inbox(cx, t, &c, 4096);

    for (int i = 0; i < 16; i++) {
        senders[i] = (struct sender){.app = &c, .n = i};
        check_int(0, pthread_create(&senders[i].thread, NULL, send_many, &senders[i]));
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(senders[i].thread, NULL);
        check_ok(senders[i].err);
    }

    check_int(16 * 40, count(cx, &c, "select count(*) from inbox_event"));
    drain(cx, &c);
    check_int(16 * 40, facts(cx, &c));
    close_inbox(&c);
}

static void *send_one(void *self)
{
    struct sender *s = self;
    struct arena *a = arena_new(1 << 20);
    struct ctx cx = {.arena = a, .clock = s->app->app.clock, .tag = "sender"};

    s->err = inbox_put(
        &cx, &s->app->app,
        &(struct inbox_new){S("crm"), arena_fmt(a, "waits %d", s->n), S(""), S("x"), NULL});
    arena_free(&a);
    return NULL;
}

/* While a test holds the writer's seat, what is put must wait. */
struct held {
    struct tx *tx;
    struct sender senders[2];
};

static void hold(struct ctx *cx, struct temp_db *t, struct core_app *c, struct held *h)
{
    check_ok(tx_begin(cx, t->db, TX_WRITE, &h->tx));
    for (int i = 0; i < 2; i++) {
        h->senders[i] = (struct sender){.app = c, .n = i};
        check_int(0, pthread_create(&h->senders[i].thread, NULL, send_one, &h->senders[i]));
    }
    while (inbox_waiting(c->app.inbox) < 2)
        clock_system.sleep_ms(clock_system.self, 1);
}

static void release(struct held *h)
{
    tx_end(&h->tx);
    for (int i = 0; i < 2; i++) {
        pthread_join(h->senders[i].thread, NULL);
        check_ok(h->senders[i].err);
    }
}

DB_TEST(a_full_queue_refuses_at_once_and_says_when_to_come_again)
{
    struct core_app c;
    struct held h;
    open_inbox(cx, t, &c, 2);
    hold(cx, t, &c, &h);

    check_err(put(cx, &c, "third", "x"), ERR_BUSY);
    check(cx->retry_after_ms > 0);
    release(&h);

    check_ok(put(cx, &c, "third", "x"));
    check_int(3, count(cx, &c, "select count(*) from inbox_event"));
    close_inbox(&c);
}

DB_TEST(when_the_oldest_waits_over_a_second_new_ones_are_refused)
{
    struct core_app c;
    struct held h;
    open_inbox(cx, t, &c, 4096);
    hold(cx, t, &c, &h);

    fake_clock_advance(test_clock(cx), 1001);
    check_err(put(cx, &c, "late", "x"), ERR_BUSY);
    check(cx->retry_after_ms > 0);
    release(&h);

    check_ok(put(cx, &c, "late", "x"));
    check_int(3, count(cx, &c, "select count(*) from inbox_event"));
    close_inbox(&c);
}

DB_TEST(a_disk_that_refuses_is_told_to_the_sender_who_then_keeps_the_event)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);

    for (int nth = 1; nth <= 3; nth++) {
        db_fault_at(nth);
        check_err(put(cx, &c, "k", "x"), ERR_BUSY);
        check(cx->retry_after_ms > 0);
        check(db_fault_has_struck());
        db_fault_at(0);
        check_int(0, count(cx, &c, "select count(*) from inbox_event"));
    }
    check_ok(put(cx, &c, "k", "x"));
    close_inbox(&c);
}

DB_TEST(what_waits_when_the_program_ends_is_still_stored)
{
    struct core_app c;
    struct held h;
    open_inbox(cx, t, &c, 4096);
    hold(cx, t, &c, &h);

    release(&h);
    inbox_stop(&c.app.inbox);

    check_int(2, count(cx, &c, "select count(*) from inbox_event"));
    ctx_forgive(cx);
    check_err(inbox_put(cx, &c.app, &(struct inbox_new){S("crm"), S("k"), S(""), S(""), NULL}),
              ERR_BUSY);
    core_app_close(&c);
}

/* ---- draining ---- */

DB_TEST(events_become_facts_in_the_order_they_came_and_once)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);
    check_ok(put(cx, &c, "1", "a"));
    check_ok(put(cx, &c, "2", "b"));
    check_ok(put(cx, &c, "3", "c"));

    drain(cx, &c);
    drain(cx, &c);

    check_str(S("abc"), str_of(took.order));
    check_int(3, facts(cx, &c));
    check_int(
        3, count(cx, &c,
                 "select count(*) from inbox_event where state = 'done' and done_at is not null"));
    close_inbox(&c);
}

DB_TEST(one_bad_event_leaves_no_trace_and_holds_up_nobody)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);
    check_ok(put(cx, &c, "1", "a"));
    check_ok(put(cx, &c, "2", "!bad"));
    check_ok(put(cx, &c, "3", "?later"));
    check_ok(put(cx, &c, "4", "d"));

    drain(cx, &c);

    check_int(2, facts(cx, &c));
    check_int(2, count(cx, &c, "select count(*) from inbox_event where state = 'done'"));
    check_int(1, count(cx, &c,
                       "select count(*) from inbox_event where state = 'parked' and error = "
                       "'cannot be understood' and attempts = 1"));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from inbox_event where state = 'new' and error = "
                              "'not now' and attempts = 1 and next_at = $1",
                              ARGS(a_int("a", TEST_NOW_MS + 1000))));
    check_int(1, count(cx, &c,
                       "select count(*) from job_run where outcome = 'partial' and seen = 4 and "
                       "written = 2 and failed = 2"));
    close_inbox(&c);
}

DB_TEST(a_failing_event_is_tried_with_growing_pauses_and_parked_after_ten)
{
    struct core_app c;
    int64_t at = 0, before = TEST_NOW_MS, pause = 0;
    open_inbox(cx, t, &c, 4096);
    check_ok(put(cx, &c, "1", "?never"));

    for (int i = 1; i < 10; i++) {
        drain(cx, &c);
        at = count(cx, &c, "select next_at from inbox_event where state = 'new'");
        check(at - before >= pause);
        check(at - before <= 3600 * 1000);
        pause = at - before;
        fake_clock_set(test_clock(cx), at - 1);
        drain(cx, &c);
        check_int(i, count(cx, &c, "select attempts from inbox_event"));
        fake_clock_set(test_clock(cx), at);
        before = at;
    }
    drain(cx, &c);

    check_int(
        1,
        count(cx, &c, "select count(*) from inbox_event where state = 'parked' and attempts = 10"));
    check_int(0, facts(cx, &c));
    check_int(3600 * 1000, pause);
    close_inbox(&c);
}

DB_TEST(events_too_large_for_one_commit_go_in_one_by_one)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);
    for (int i = 0; i < 20; i++)
        check_ok(
            put(cx, &c, arena_fmt(cx->arena, "%d", i).ptr, arena_fmt(cx->arena, "#%d", i).ptr));

    drain(cx, &c);

    check_int(20, facts(cx, &c));
    check_int(20, count(cx, &c, "select count(*) from inbox_event where state = 'done'"));
    close_inbox(&c);
}

DB_TEST(an_event_cut_short_by_the_end_of_the_program_keeps_its_tries)
{
    struct core_app c;
    struct job_run run;
    open_inbox(cx, t, &c, 4096);
    check_ok(scheduler_start(cx, &c.app, 0, &c.app.scheduler));
    check_ok(put(cx, &c, "1", "~"));

    check(job_run_now(cx, &c.app, "inbox.drain", NULL, NULL, NULL, &run) != OK);

    ctx_forgive(cx);
    check_int(
        1, count(cx, &c, "select count(*) from inbox_event where state = 'new' and attempts = 0"));
    check_int(0, facts(cx, &c));
    close_inbox(&c);
}

DB_TEST(events_of_a_source_nobody_knows_are_kept_aside)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);
    check_ok(
        inbox_put(cx, &c.app, &(struct inbox_new){S("stranger"), S("k"), S(""), S("x"), NULL}));

    drain(cx, &c);

    check_int(1, count(cx, &c, "select count(*) from inbox_event where state = 'parked'"));
    close_inbox(&c);
}

/* R14: whatever call fails in between, an event counts exactly once in the end. */
DB_TEST(a_failure_between_any_two_steps_neither_loses_nor_doubles_an_event)
{
    struct core_app c;
    struct job_run run;
    int nth = 0;
    open_inbox(cx, t, &c, 4096);

    do {
        struct str key = arena_fmt(cx->arena, "k%d", nth);
        ctx_forgive(cx);
        check_ok(inbox_put(cx, &c.app, &(struct inbox_new){S("crm"), key, S(""), key, NULL}));
        db_fault_at(++nth);
        if (job_run_now(cx, &c.app, "inbox.drain", NULL, NULL, NULL, &run))
            ctx_forgive(cx);
        fake_clock_advance(test_clock(cx), 2 * 3600 * 1000);
    } while (db_fault_has_struck() && nth < 100);
    db_fault_at(0);
    fake_clock_advance(test_clock(cx), 2 * 3600 * 1000);
    drain(cx, &c);

    check(nth > 8 && nth < 100);
    check_int(nth, facts(cx, &c));
    check_int(nth, count(cx, &c, "select count(*) from inbox_event where state = 'done'"));
    close_inbox(&c);
}

DB_TEST(a_put_wakes_the_drain_and_the_drain_wakes_the_metrics)
{
    struct core_app c;
    open_inbox(cx, t, &c, 4096);
    check_ok(scheduler_start(cx, &c.app, 0, &c.app.scheduler));

    check_ok(put(cx, &c, "1", "a"));
    check_ok(put(cx, &c, "2", "b"));
    check_ok(scheduler_tick(c.app.scheduler, cx));
    check_ok(scheduler_tick(c.app.scheduler, cx));

    check_int(2, atomic_load(&took.accepted));
    check_int(1, atomic_load(&took.metrics));
    inbox_stop(&c.app.inbox);
    core_app_close(&c);
}
