/* db_test.c: what db.h promises, on every engine. */
#include "db/driver.h"
#include "db_fault.h"
#include "query.h"
#include "temp_db.h"

#include <string.h>

QUERY(put, "insert into thing (id, name, body, parent) values ($1, $2, $3, $4)", "id", "name",
      "body", "parent");
QUERY(put_twisted, "insert into thing (name, id) values ($2, $1)", "id", "name");
QUERY(rename_all, "update thing set name = $1", "name");
QUERY(put_returning, "insert into thing (name) values ($1) returning id", "name");
QUERY(find, "select id, name, body, parent from thing where id = $1", "id");
QUERY(drop, "delete from thing where id = $1", "id");
QUERY0(count_all, "select count(*) as n from thing");
QUERY0(list_all, "select id, name, body, parent from thing order by id");
QUERY0(list_ids, "select id from thing order by id");
QUERY0(wrong_words, "selec 1");
QUERY0(sum_raw, "select sum(id) as n, 1.5 as half from thing");
QUERY0(endless, "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n"
                " where i < 100000000000) select count(*) as n from n");

static void make_things(struct ctx *cx, struct temp_db *t)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_script(tx, "create table thing (\n"
                           "    id     INTEGER PRIMARY KEY, -- 'INTEGER' stays in a comment\n"
                           "    name   TEXT unique check (name <> 'INTEGER'),\n"
                           "    body   BLOB,\n"
                           "    parent INTEGER references thing (id) on delete restrict\n"
                           ") STRICT;\n"
                           "create index thing_parent on thing (parent);\n"));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static enum err put_thing(struct tx *tx, int64_t id, struct str name)
{
    return db_exec(tx, &put,
                   ARGS(a_int("id", id), a_str("name", name), a_null("body"), a_null("parent")),
                   NULL);
}

static void put_one(struct ctx *cx, struct temp_db *t, int64_t id, struct str name)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, id, name));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static int64_t count_in(struct tx *tx)
{
    int64_t n = -1;

    check_ok(db_get_int(tx, &count_all, NO_ARGS, &n, NULL));
    return n;
}

static int64_t count(struct ctx *cx, struct temp_db *t)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    int64_t n = count_in(tx);
    tx_end(&tx);
    return n;
}

/* ---- what goes in comes out ---- */

DB_TEST(names_bind_in_any_order)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t changed = -1;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_exec(tx, &put_twisted, ARGS(a_str("name", S("a")), a_int("id", 1)), &changed));
    check_int(1, changed);
    check_ok(db_exec(tx, &put_twisted, ARGS(a_int("id", 2), a_str("name", S("b"))), NULL));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    check(rows_next(rows));
    check_str(S("a"), col_str(rows, "name"));
    check_int(1, col_int(rows, "id"));
    check(rows_next(rows));
    check_int(2, col_int(rows, "id"));
    check_str(S("b"), col_str(rows, "name"));
    check(!rows_next(rows));
    check_ok(rows_end(&rows));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_int(2, count(cx, t));
}

DB_TEST(whole_64_bit_numbers_come_back_exactly)
{
    const int64_t numbers[] = {1,         -1,        (1LL << 53) + 1,   (1LL << 54) - 1,
                               INT64_MAX, INT64_MIN, 120330000000000001};

    make_things(cx, t);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct tx *tx = NULL;
        struct rows *rows = NULL;

        put_one(cx, t, numbers[i], arena_fmt(cx->arena, "%zu", i));
        check_ok(tx_begin(cx, t->db, TX_READ, &tx));
        check_ok(db_query(tx, &find, ARGS(a_int("id", numbers[i])), &rows));
        check(rows_next(rows));
        check_int(numbers[i], col_int(rows, "id"));
        check_ok(rows_end(&rows));
        tx_end(&tx);
    }
}

static void bytes_come_back(struct ctx *cx, struct temp_db *t, int64_t id, struct str bytes)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_exec(tx, &put,
                     ARGS(a_int("id", id), a_null("name"), a_blob("body", bytes), a_null("parent")),
                     NULL));
    check_ok(db_query(tx, &find, ARGS(a_int("id", id)), &rows));
    check(rows_next(rows));
    check(!col_is_null(rows, "body"));
    check_str(bytes, col_str(rows, "body"));
    check_ok(rows_end(&rows));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(bytes_with_zeros_come_back_as_they_were)
{
    char all[256];

    make_things(cx, t);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    bytes_come_back(cx, t, 1, (struct str){all, sizeof all});
    bytes_come_back(cx, t, 2, S("\\x41 and \\000 stay as written"));
    bytes_come_back(cx, t, 3, S("\0\0\0"));
    bytes_come_back(cx, t, 4, (struct str){NULL, 0}); /* empty is not null */
}

DB_TEST(null_differs_from_empty_and_from_zero)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_exec(tx, &put,
                     ARGS(a_int("id", 1), a_str("name", S("")), a_null("body"), a_id("parent", 0)),
                     NULL));
    check_ok(db_exec(tx, &put,
                     ARGS(a_int("id", 2), a_opt("name", S("")), a_null("body"), a_id("parent", 1)),
                     NULL));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    check(rows_next(rows));
    check(!col_is_null(rows, "name"));
    check(col_is_null(rows, "parent"));
    check_int(0, col_int(rows, "parent"));
    check(rows_next(rows));
    check(col_is_null(rows, "name"));
    check_str(S(""), col_str(rows, "name"));
    check_int(1, col_int(rows, "parent"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

DB_TEST(text_of_every_alphabet_comes_back)
{
    struct str text = S("Құрмет \xf0\x9f\x8e\xaf 'quoted' \"twice\" \\ $1 :name -- ; 'x");
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    make_things(cx, t);
    put_one(cx, t, 1, text);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &find, ARGS(a_int("id", 1)), &rows));
    check(rows_next(rows));
    check_str(text, col_str(rows, "name"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

DB_TEST(text_that_one_engine_would_refuse_is_refused_by_both)
{
    const struct str wrong[] = {S("a\0b"), S("\xff\xfe"), S("cut \xd0")};

    make_things(cx, t);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct tx *tx = NULL;

        check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
        check_err(put_thing(tx, 1, wrong[i]), ERR_INPUT);
        check_holds(S("name"), str_of(cx->why));
        tx_end(&tx);
        ctx_forgive(cx);
    }
    check_int(0, count(cx, t));
}

DB_TEST(value_larger_than_4_mb_is_too_large)
{
    size_t size = (4u << 20) + 1;
    struct str big = {arena_alloc(cx->arena, size, 1), size};
    struct tx *tx = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(db_exec(tx, &put,
                      ARGS(a_int("id", 1), a_null("name"), a_blob("body", big), a_null("parent")),
                      NULL),
              ERR_TOO_LARGE);
    tx_end(&tx);
}

DB_TEST(id_that_the_engine_chose_is_returned)
{
    struct tx *tx = NULL;
    int64_t first = 0, second = 0;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_get_int(tx, &put_returning, ARGS(a_str("name", S("a"))), &first, NULL));
    check_ok(db_get_int(tx, &put_returning, ARGS(a_str("name", S("b"))), &second, NULL));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_int(1, first);
    check_int(2, second);
    check_int(2, count(cx, t));
}

DB_TEST(changed_counts_the_rows_of_this_statement)
{
    struct tx *tx = NULL;
    int64_t changed = -1;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, 1, S("a")));
    check_ok(db_exec(tx, &drop, ARGS(a_int("id", 9)), &changed));
    check_int(0, changed);
    check_ok(db_exec(tx, &drop, ARGS(a_int("id", 1)), &changed));
    check_int(1, changed);
    check_ok(db_exec(tx, &count_all, NO_ARGS, &changed));
    check_int(0, changed);
    tx_end(&tx);
}

/* ---- our own mistakes ---- */

static void exec_is_a_bug(struct ctx *cx, struct temp_db *t, const struct query *q,
                          const struct arg *args, size_t n, const char *why)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_err(db_exec(tx, q, args, n, NULL), ERR_BUG);
    check_holds(str_of(why), str_of(cx->why));
    tx_end(&tx);
    ctx_forgive(cx);
}

DB_TEST(wrong_arguments_and_wrong_sql_are_bugs_of_ours)
{
    make_things(cx, t);
    exec_is_a_bug(cx, t, &put_twisted, ARGS(a_int("id", 1)), "no argument for :name");
    exec_is_a_bug(cx, t, &put_twisted, ARGS(a_int("id", 1), a_str("nam", S("x"))),
                  "no argument for :name");
    exec_is_a_bug(cx, t, &put_twisted,
                  ARGS(a_int("id", 1), a_str("name", S("x")), a_int("size", 3)), "'size'");
    exec_is_a_bug(cx, t, &put_twisted, ARGS(a_int("id", 1), a_str("name", S("x")), a_int("id", 3)),
                  "'id'");
    exec_is_a_bug(cx, t, &put_twisted, NO_ARGS, "no argument for :id");
    exec_is_a_bug(cx, t, &wrong_words, NO_ARGS, "wrong_words");
    exec_is_a_bug(cx, t, &put_twisted, ARGS(a_int("id", 1), a_str("name", S("INTEGER"))),
                  "put_twisted");
    exec_is_a_bug(cx, t, &put,
                  ARGS(a_int("id", 1), a_null("name"), a_str("body", S("text")), a_null("parent")),
                  "put");
    exec_is_a_bug(cx, t, &put,
                  ARGS(a_int("id", 1), a_blob("name", S("blob")), a_null("body"), a_null("parent")),
                  "put");
    check_int(0, count(cx, t));
}

static void reading_is_a_bug(struct ctx *cx, struct temp_db *t, const struct query *q,
                             void (*read)(struct rows *r), const char *why)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, q, NO_ARGS, &rows));
    read(rows);
    check(!rows_next(rows));
    check_int(0, col_int(rows, "id"));
    check_err(rows_end(&rows), ERR_BUG);
    check_holds(str_of(why), str_of(cx->why));
    check(rows == NULL);
    check_err(tx_commit(tx), ERR_BUG);
    tx_end(&tx);
    ctx_forgive(cx);
}

static void read_misspelt(struct rows *r)
{
    check(rows_next(r));
    check_int(0, col_int(r, "idd"));
}

static void read_before_a_row(struct rows *r)
{
    check_int(0, col_int(r, "id"));
}

static void read_text_as_number(struct rows *r)
{
    check(rows_next(r));
    check_int(0, col_int(r, "name"));
}

static void read_number_as_text(struct rows *r)
{
    check(rows_next(r));
    check_str(S(""), col_str(r, "id"));
}

static void read_fraction_as_number(struct rows *r)
{
    check(rows_next(r));
    check_int(0, col_int(r, "half"));
}

DB_TEST(reading_rows_wrongly_is_a_bug_that_ends_the_loop)
{
    make_things(cx, t);
    put_one(cx, t, 1, S("a"));
    put_one(cx, t, 2, S("b"));
    reading_is_a_bug(cx, t, &list_all, read_misspelt, "no column 'idd'");
    reading_is_a_bug(cx, t, &list_all, read_before_a_row, "without a row");
    reading_is_a_bug(cx, t, &list_all, read_text_as_number, "'name' is not an integer");
    reading_is_a_bug(cx, t, &list_all, read_number_as_text, "'id' is not text");
    reading_is_a_bug(cx, t, &sum_raw, read_fraction_as_number, "'half' is not an integer");
}

DB_TEST(commit_with_open_rows_is_refused)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    check_err(tx_commit(tx), ERR_BUG);
    rows_drop(&rows);
    tx_end(&tx);
}

DB_TEST(query_inside_a_loop_over_another_works)
{
    struct tx *tx = NULL;
    struct rows *outer = NULL, *inner = NULL;
    int n = 0;

    make_things(cx, t);
    put_one(cx, t, 1, S("a"));
    put_one(cx, t, 2, S("b"));
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &list_ids, NO_ARGS, &outer));
    while (rows_next(outer)) {
        check_ok(db_query(tx, &find, ARGS(a_int("id", col_int(outer, "id"))), &inner));
        check(rows_next(inner));
        check_str(n++ ? S("b") : S("a"), col_str(inner, "name"));
        check_ok(rows_end(&inner));
    }
    check_ok(rows_end(&outer));
    check_int(2, n);
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(same_query_cannot_be_open_twice)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL, *again = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &list_all, NO_ARGS, &rows));
    check_err(db_query(tx, &list_all, NO_ARGS, &again), ERR_BUG);
    check_holds(S("list_all is still open"), str_of(cx->why));
    check(again == NULL);
    rows_drop(&again);
    rows_drop(&rows);
    tx_end(&tx);
}

DB_TEST(one_value_is_found_or_not_found_but_never_guessed)
{
    struct tx *tx = NULL;
    int64_t n = 7;
    bool found = true;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_get_int(tx, &list_ids, NO_ARGS, &n, &found));
    check(!found);
    check_int(7, n);
    check_ok(put_thing(tx, 5, S("a")));
    check_ok(db_get_int(tx, &list_ids, NO_ARGS, &n, &found));
    check(found);
    check_int(5, n);
    check_ok(put_thing(tx, 6, S("b")));
    check_err(db_get_int(tx, &list_ids, NO_ARGS, &n, &found), ERR_BUG);
    tx_end(&tx);
    ctx_forgive(cx);

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_err(db_get_int(tx, &list_ids, NO_ARGS, &n, NULL), ERR_NOT_FOUND);
    tx_end(&tx);
}

/* ---- failures that are not ours ---- */

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
