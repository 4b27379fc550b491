/* values_test.c: what goes into a database comes out of it, on every engine. */
#include "things.h"

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
