/* pool_test.c: who gets a connection, who waits, and for how long. */
#include "db/pool.h"
#include "things.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

QUERY(raise, "update thing set parent = $2 where id = $1", "id", "parent");
QUERY(depth, "select coalesce(parent, 0) as parent from thing where id = $1", "id");

struct worker {
    struct ctx cx;
    struct db *db;
    pthread_t thread;
    enum err err;
    enum tx_kind kind;
    int rounds;
};

static void start_worker(struct worker *w, struct ctx *cx, struct db *db, void *(*run)(void *))
{
    w->cx = *cx;
    w->cx.arena = arena_new(TEST_ARENA_CAP);
    w->db = db;
    check_int(0, pthread_create(&w->thread, NULL, run, w));
}

static void end_worker(struct worker *w)
{
    pthread_join(w->thread, NULL);
    arena_free(&w->cx.arena);
}

/* ---- one writer at a time ---- */

static enum err count_up_once(struct worker *w)
{
    struct tx *tx = NULL;
    int64_t n = 0;
    enum err err;

    TRY(tx_begin(&w->cx, w->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &depth, ARGS(a_int("id", 1)), &n, NULL));
    TRY(db_exec(tx, &raise, ARGS(a_int("id", 1), a_int("parent", n + 1)), NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static void *count_up(void *self)
{
    struct worker *w = self;

    for (int i = 0; i < w->rounds && !w->err; i++)
        w->err = count_up_once(w);
    return NULL;
}

/* ---- in the order they came ---- */

static struct {
    _Atomic int n;
    int who[8];
} order;

static void *write_and_sign(void *self)
{
    struct worker *w = self;
    struct tx *tx = NULL;

    w->err = tx_begin(&w->cx, w->db, TX_WRITE, &tx);
    if (!w->err)
        order.who[atomic_fetch_add(&order.n, 1)] = w->rounds;
    tx_end(&tx);
    return NULL;
}

static void wait_for_queue(struct db *db, int most)
{
    int n;

    do {
        n = 0;
        pthread_mutex_lock(&db->lock);
        for (struct turn *turn = db->turns; turn; turn = turn->next)
            n++;
        pthread_mutex_unlock(&db->lock);
        sched_yield();
    } while (n < most);
}

/* Who has just written comes last, however quick it is. */
DB_TEST(the_writers_seat_goes_to_who_waited_longest)
{
    enum { WORKERS = 4 };
    struct worker workers[WORKERS] = {0};
    struct tx *tx = NULL;

    atomic_store(&order.n, 0);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    for (int i = 0; i < WORKERS; i++) {
        workers[i].rounds = i;
        start_worker(&workers[i], cx, t->db, write_and_sign);
        wait_for_queue(t->db, i + 1);
    }

    tx_end(&tx);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));

    check_int(WORKERS, atomic_load(&order.n));
    for (int i = 0; i < WORKERS; i++)
        check_int(i, order.who[i]);
    tx_end(&tx);
    for (int i = 0; i < WORKERS; i++)
        end_worker(&workers[i]);
}

DB_TEST(who_gives_up_waiting_leaves_the_queue_to_the_others)
{
    struct worker patient = {0}, hasty = {0};
    struct ctx in_time = *cx;
    struct tx *tx = NULL;

    atomic_store(&order.n, 0);
    in_time.deadline_ms = mono_ms(cx) + 20;
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    start_worker(&hasty, &in_time, t->db, write_and_sign);
    start_worker(&patient, cx, t->db, write_and_sign);
    end_worker(&hasty);
    wait_for_queue(t->db, 1);
    tx_end(&tx);
    end_worker(&patient);

    check_err(hasty.err, ERR_BUSY);
    check_ok(patient.err);
    check_int(1, atomic_load(&order.n));
}

DB_TEST(writers_take_turns_and_lose_nothing)
{
    enum { WORKERS = 4, ROUNDS = 25 };
    struct worker workers[WORKERS] = {0};
    struct tx *tx = NULL;
    int64_t n = 0;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    for (int64_t i = 1; i <= WORKERS * ROUNDS; i++) /* parents that the counter may point at */
        check_ok(put_thing(tx, i, arena_fmt(cx->arena, "%d", (int)i)));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    for (int i = 0; i < WORKERS; i++) {
        workers[i].rounds = ROUNDS;
        start_worker(&workers[i], cx, t->db, count_up);
    }
    for (int i = 0; i < WORKERS; i++) {
        end_worker(&workers[i]);
        check_ok(workers[i].err);
    }
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_get_int(tx, &depth, ARGS(a_int("id", 1)), &n, NULL));
    tx_end(&tx);
    check_int(WORKERS * ROUNDS, n);
}

DB_TEST(second_write_of_one_thread_is_a_bug_not_a_deadlock)
{
    struct tx *tx = NULL, *second = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(tx_begin(cx, t->db, TX_WRITE, &second), ERR_BUG);
    check(second == NULL);
    tx_end(&second);
    tx_end(&tx);
}

/* ---- waiting ---- */

static void *begin_once(void *self)
{
    struct worker *w = self;
    struct tx *tx = NULL;

    w->err = tx_begin(&w->cx, w->db, w->kind, &tx);
    tx_end(&tx);
    return NULL;
}

static void waits_until_its_deadline(struct ctx *cx, struct db *db, enum tx_kind kind)
{
    struct worker w = {.kind = kind};
    struct ctx hurried = *cx;

    hurried.deadline_ms = mono_ms(cx) + 30;
    start_worker(&w, &hurried, db, begin_once);
    end_worker(&w);
    check_err(w.err, ERR_BUSY);
    check_holds(S("the database is busy"), str_of(w.cx.why));
    check(w.cx.retry_after_ms > 0);
}

DB_TEST(waiting_ends_at_the_deadline)
{
    struct tx *tx = NULL, *readers[4] = {0};

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    waits_until_its_deadline(cx, t->db, TX_WRITE);
    tx_end(&tx);
    for (size_t i = 0; i < COUNT(readers); i++)
        check_ok(tx_begin(cx, t->db, TX_READ, &readers[i]));
    waits_until_its_deadline(cx, t->db, TX_READ);
    for (size_t i = 0; i < COUNT(readers); i++)
        tx_end(&readers[i]);
}

DB_TEST(deadline_in_the_past_does_not_wait_at_all)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    struct worker w = {.kind = TX_WRITE};
    struct ctx late = *cx;
    late.deadline_ms = mono_ms(cx) - 5;
    start_worker(&w, &late, t->db, begin_once);
    end_worker(&w);
    check_err(w.err, ERR_BUSY);
    tx_end(&tx);
}

static void next_in_line_gets_it(struct ctx *cx, struct db *db, enum tx_kind kind, int seats)
{
    struct worker waiting[3] = {{.kind = kind}, {.kind = kind}, {.kind = kind}};
    struct tx *held[4] = {0};

    for (int i = 0; i < seats; i++)
        check_ok(tx_begin(cx, db, kind, &held[i]));
    for (size_t i = 0; i < COUNT(waiting); i++)
        start_worker(&waiting[i], cx, db, begin_once);
    for (int i = 0; i < seats; i++)
        tx_end(&held[i]);
    for (size_t i = 0; i < COUNT(waiting); i++) {
        end_worker(&waiting[i]);
        check_ok(waiting[i].err);
    }
}

DB_TEST(connection_given_back_goes_to_those_who_wait)
{
    next_in_line_gets_it(cx, t->db, TX_WRITE, 1);
    next_in_line_gets_it(cx, t->db, TX_READ, 4);
}

DB_TEST(readers_go_on_while_a_writer_works)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    check_int(0, count(cx, t));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_int(1, count(cx, t));
}

TEST(url_of_an_unknown_kind_is_refused_in_plain_words)
{
    const char *const urls[] = {"", "mysql://x", "/var/lib/trafficd.db", "sqlite", "sqlite:"};

    for (size_t i = 0; i < COUNT(urls); i++) {
        struct db *db = NULL;

        check_err(db_open(cx, urls[i], 2, &db), ERR_INPUT);
        check(db == NULL);
        check_holds(S("sqlite:"), str_of(cx->why));
        ctx_forgive(cx);
    }
}
