/* tx_test.c: transactions and their failures, on every engine. */
#include "db_fault.h"
#include "things.h"

DB_TEST(broken_keys_are_conflicts_and_say_so_alike)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    put_one(cx, t, 1, S("a"));

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(put_thing(tx, 2, S("a")), ERR_CONFLICT); /* unique */
    check_str(S("this exists already"), str_of(cx->why));
    tx_end(&tx);
    ctx_forgive(cx);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(put_thing(tx, 1, S("b")), ERR_CONFLICT); /* primary key */
    tx_end(&tx);
    ctx_forgive(cx);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(db_exec(tx, &put,
                      ARGS(a_int("id", 2), a_null("name"), a_null("body"), a_int("parent", 77)),
                      NULL),
              ERR_CONFLICT); /* foreign key */
    check_str(S("something refers to it, or what it refers to is not there"), str_of(cx->why));
    tx_end(&tx);
    ctx_forgive(cx);
    check_int(1, count(cx, t));
}

DB_TEST(row_that_others_refer_to_is_not_deleted)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    put_one(cx, t, 1, S("a"));
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_exec(
        tx, &put, ARGS(a_int("id", 2), a_null("name"), a_null("body"), a_int("parent", 1)), NULL));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(db_exec(tx, &drop, ARGS(a_int("id", 1)), NULL), ERR_CONFLICT);
    tx_end(&tx);
    check_int(2, count(cx, t));
}

DB_TEST(after_a_failure_the_transaction_is_dead_and_leaves_nothing)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t n = 0;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    check_err(put_thing(tx, 1, S("b")), ERR_CONFLICT);
    check_err(put_thing(tx, 2, S("c")), ERR_CONFLICT);
    check_err(db_query(tx, &list_all, NO_ARGS, &rows), ERR_CONFLICT);
    check_err(db_get_int(tx, &count_all, NO_ARGS, &n, NULL), ERR_CONFLICT);
    ctx_forgive(cx);
    check_err(tx_commit(tx), ERR_CONFLICT);
    check_err(cx->err, ERR_CONFLICT);
    tx_end(&tx);
    check(tx == NULL);
    check_int(0, count(cx, t));
}

DB_TEST(tx_fail_kills_the_transaction_in_the_callers_words)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check(tx_ctx(tx) == cx);
    check_ok(put_thing(tx, 1, S("a")));
    check_err(tx_fail(tx, ERR_NOT_FOUND, "no team %d", 7), ERR_NOT_FOUND);
    check_str(S("no team 7"), str_of(cx->why));
    check_err(tx_commit(tx), ERR_NOT_FOUND);
    tx_end(&tx);
    check_int(0, count(cx, t));
}

DB_TEST(transaction_without_commit_leaves_nothing)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    check_int(1, count_in(tx));
    tx_end(&tx);
    check_int(0, count(cx, t));
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    check_ok(tx_commit(tx));
    check_err(put_thing(tx, 2, S("b")), ERR_BUG); /* too late */
    tx_end(&tx);
    check_int(1, count(cx, t));
}

DB_TEST(read_transaction_cannot_write)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_err(put_thing(tx, 1, S("a")), ERR_BUG);
    check_holds(S("writes in a read transaction"), str_of(cx->why));
    tx_end(&tx);
    check_int(0, count(cx, t));
}

DB_TEST(reader_sees_one_moment_while_others_write)
{
    struct tx *old = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_READ, &old));
    check_int(0, count_in(old));
    put_one(cx, t, 1, S("a"));
    check_int(0, count_in(old));
    check_int(1, count(cx, t));
    check_ok(tx_commit(old));
    tx_end(&old);
    check_int(1, count(cx, t));
}

DB_TEST(sixty_four_rows_go_in_one_commit)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    for (int64_t i = 1; i <= 64; i++)
        check_ok(put_thing(tx, i, arena_fmt(cx->arena, "thing %d", (int)i)));
    check_int(0, count(cx, t));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_int(64, count(cx, t));
}

DB_TEST(deadline_stops_a_long_query)
{
    struct ctx real = *cx;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    real.clock = &clock_system;
    int64_t began = mono_ms(&real);
    real.deadline_ms = began + 150;
    check_ok(tx_begin(&real, t->db, TX_READ, &tx));
    enum err err = db_query(tx, &endless, NO_ARGS, &rows);
    if (!err) { /* an engine may begin to work with the first row */
        check(!rows_next(rows));
        err = rows_end(&rows);
    }
    check_err(err, ERR_TIMEOUT);
    check_holds(S("endless took too long"), str_of(real.why));
    rows_drop(&rows);
    tx_end(&tx);
    check(mono_ms(&real) - began < 5000);

    check_ok(tx_begin(cx, t->db, TX_READ, &tx)); /* the connection is as good as new */
    check_ok(db_prepare(tx, &endless));
    tx_end(&tx);
}

DB_TEST(statement_after_the_deadline_is_not_begun)
{
    struct tx *tx = NULL;

    make_things(cx, t);
    cx->deadline_ms = mono_ms(cx) + 1000;
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    fake_clock_advance(test_clock(cx), 1001);
    check_err(put_thing(tx, 2, S("b")), ERR_TIMEOUT);
    tx_end(&tx);
    ctx_forgive(cx);
    cx->deadline_ms = 0;
    check_int(0, count(cx, t));
}

DB_TEST(more_rows_than_the_arena_may_hold_are_too_large)
{
    struct ctx small = *cx;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int n = 0;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    for (int64_t i = 1; i <= 100; i++)
        check_ok(put_thing(tx, i, arena_fmt(cx->arena, "%0100d", (int)i)));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    small.arena = arena_new(2000);
    check_ok(tx_begin(&small, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    while (rows_next(rows)) {
        col_str(rows, "name");
        n++;
    }
    check_err(rows_end(&rows), ERR_TOO_LARGE);
    check(n < 30);
    tx_end(&tx);
    arena_free(&small.arena);
}

/* ---- the observer and the fault ---- */

static void see(void *self, const struct query *q)
{
    int *seen = self;

    *seen += q == &count_all;
}

DB_TEST(observer_sees_each_query_that_runs)
{
    int seen = 0;

    make_things(cx, t);
    db_observe(t->db, see, &seen);
    count(cx, t);
    count(cx, t);
    check_int(2, seen);
    db_observe(t->db, NULL, NULL);
    count(cx, t);
    check_int(2, seen);
}

static enum err rename_and_add(struct ctx *cx, void *self)
{
    struct temp_db *t = self;
    struct tx *tx = NULL;
    enum err err;

    TRY(tx_begin(cx, t->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &rename_all, ARGS(a_str("name", S("renamed"))), NULL));
    TRY(put_thing(tx, 2, S("b")));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static void still_one(struct ctx *cx, void *self)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct temp_db *t = self;

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    check(rows_next(rows));
    check_str(S("a"), col_str(rows, "name"));
    check(!rows_next(rows));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

DB_TEST(failing_any_one_call_changes_nothing)
{
    make_things(cx, t);
    put_one(cx, t, 1, S("a"));
    struct fault_case c = {rename_and_add, still_one, t};
    check_int(4, db_fault_each(cx, &c)); /* begin, two statements, commit */
    check_int(2, count(cx, t));
}
