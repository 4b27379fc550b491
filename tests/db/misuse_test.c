/* misuse_test.c: our own mistakes are found on both engines, in the same words. */
#include "things.h"

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

DB_TEST(reading_rows_wrongly_is_a_bug_that_ends_the_loop)
{
    make_things(cx, t);
    put_one(cx, t, 1, S("a"));
    put_one(cx, t, 2, S("b"));
    reading_is_a_bug(cx, t, &list_all, read_misspelt, "no column 'idd'");
    reading_is_a_bug(cx, t, &list_all, read_before_a_row, "without a row");
    reading_is_a_bug(cx, t, &list_all, read_text_as_number, "'name' is not an integer");
    reading_is_a_bug(cx, t, &list_all, read_number_as_text, "'id' is not text");
}

DB_TEST(fraction_is_not_taken_for_a_number)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    make_things(cx, t);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    enum err err = db_query(tx, &fractions, NO_ARGS, &rows);
    if (!err) { /* an engine may know only when it sees the value */
        check(rows_next(rows));
        check_int(0, col_int(rows, "half"));
        err = rows_end(&rows);
    }
    check_err(err, ERR_BUG);
    check_holds(S("'half' is not an integer"), str_of(cx->why));
    rows_drop(&rows);
    tx_end(&tx);
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
