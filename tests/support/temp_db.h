/* temp_db.h: a fresh, migrated database of its own for each test, on every engine at hand.
 * The one rule: DB_TEST(what_must_hold) { ... } is given `cx` and `t`, uses t->db, and runs once on
 * SQLite (a file in a temporary folder) and once on PostgreSQL (a schema of its own) when the build
 * has it and TD_TEST_PG_URL names a server.
 *
 *     DB_TEST(team_name_is_taken_once)
 *     {
 *         ...tx_begin(cx, t->db, TX_WRITE, &tx)...
 *     }
 *
 * The databases are opened through db_fault.h, and each query that runs is noted in the file that
 * TD_QUERY_LOG names (tests/house/sql_all_used.c). */
#pragma once
#include "db/db.h"
#include "test.h"

enum temp_engine { TEMP_SQLITE, TEMP_POSTGRES };

struct temp_db {
    struct db *db;
    enum temp_engine engine;
    char folder[128]; /* of the file; also on PostgreSQL a folder of the test's own */
    char url[512];    /* to open it once more */
    char schema[64];  /* on PostgreSQL */
};

bool temp_db_has(enum temp_engine engine); /* is the engine at hand? */
/* An empty database, not migrated and not opened: url and folder are set. */
void temp_db_make(struct temp_db *t, enum temp_engine engine);
void temp_db_open(struct ctx *cx, struct temp_db *t, enum temp_engine engine); /* and migrated */
void temp_db_reopen(struct ctx *cx, struct temp_db *t); /* closes first when it is open */
void temp_db_forget(struct temp_db *t);                 /* closes it and keeps the data */
void temp_db_close(struct temp_db *t);                  /* closes it and removes the data */
/* For a database that a test opened by another way, e.g. through app/wire.c. */
void query_log_on(struct db *db);

typedef void db_test_fn(struct ctx *cx, struct temp_db *t);
void temp_db_run(struct ctx *cx, enum temp_engine engine, db_test_fn *run);

#define DB_TEST(sentence)                                                                          \
    static db_test_fn sentence;                                                                    \
    static void sentence##_on_sqlite(struct ctx *cx)                                               \
    {                                                                                              \
        temp_db_run(cx, TEMP_SQLITE, sentence);                                                    \
    }                                                                                              \
    static void sentence##_on_postgresql(struct ctx *cx)                                           \
    {                                                                                              \
        temp_db_run(cx, TEMP_POSTGRES, sentence);                                                  \
    }                                                                                              \
    __attribute__((constructor)) static void sentence##_is_a_test(void)                            \
    {                                                                                              \
        static struct test on_sqlite = {#sentence " [SQLite]", sentence##_on_sqlite, NULL};        \
        static struct test on_pg = {#sentence " [PostgreSQL]", sentence##_on_postgresql, NULL};    \
        test_add(&on_sqlite);                                                                      \
        if (temp_db_has(TEMP_POSTGRES))                                                            \
            test_add(&on_pg);                                                                      \
    }                                                                                              \
    static void sentence(struct ctx *cx __attribute__((unused)),                                   \
                         struct temp_db *t __attribute__((unused)))
