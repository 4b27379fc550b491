/* db.h: the thin driver. The rest of the house never names an engine.
 * The one rule: say TX_READ or TX_WRITE up front, keep it short, and never wait on the network
 * inside. */
#pragma once
#include "base/base.h"

struct db; /* a pool: one writer, N readers; safe to use from any thread */
struct tx; /* one unit of work, on one thread */
struct rows;

struct query { /* one "-- name:" block of a .sql file, made at build time */
    const char *name;
    const char *sql;           /* params already rewritten to $1..$n */
    const char *pg_sql;        /* the PostgreSQL text where it must differ; NULL = the same */
    const char *const *params; /* names, in $ order */
    uint8_t nparams;
};

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };
struct arg {
    const char *name;
    enum db_type type;
    union {
        int64_t i;
        double r;
        struct str s;
    } v;
};
static inline struct arg a_int(const char *n, int64_t v)
{
    return (struct arg){n, DB_INT, {.i = v}};
}
static inline struct arg a_str(const char *n, struct str v)
{
    return (struct arg){n, DB_TEXT, {.s = v}};
}
static inline struct arg a_blob(const char *n, struct str v)
{
    return (struct arg){n, DB_BLOB, {.s = v}};
}
static inline struct arg a_null(const char *n)
{
    return (struct arg){n, DB_NULL, {.i = 0}};
}
/* An empty view is stored as null: "" and "not said" are the same thing to us. */
static inline struct arg a_opt(const char *n, struct str v)
{
    return v.len ? a_str(n, v) : a_null(n);
}
/* An id of 0 is stored as null. */
static inline struct arg a_id(const char *n, int64_t v)
{
    return v ? a_int(n, v) : a_null(n);
}
#define ARGS(...) (const struct arg[]){__VA_ARGS__}, COUNT(((const struct arg[]){__VA_ARGS__}))
#define NO_ARGS NULL, 0

/* url: "sqlite:/path/file.db" or "postgres://..." (the latter only in builds with TD_POSTGRES). A
 * read-only, damaged, locked or newer database is refused with one plain sentence in cx->why. */
enum err db_open(struct ctx *cx, const char *url, int readers, struct db **out) MUST_USE;
void db_close(struct db **db);              /* all transactions must have ended */
const char *db_engine(const struct db *db); /* "SQLite 3.40.1", "PostgreSQL 15.18": for the log */
/* Calls see(self, query) for every query run: tests prove with it that each query is used. */
void db_observe(struct db *db, void (*see)(void *self, const struct query *q), void *self);

enum tx_kind { TX_READ, TX_WRITE }; /* a read is never promoted */
/* A read sees one moment of the database until it ends; a write waits for the writer's seat.
 * Waiting ends with ERR_BUSY at cx's deadline, or after 30 s without one. A thread may hold one
 * write. */
enum err tx_begin(struct ctx *cx, struct db *db, enum tx_kind kind, struct tx **out) MUST_USE;
enum err tx_commit(struct tx *tx) MUST_USE; /* all rows must have ended */
void tx_end(struct tx **tx);                /* rolls back unless committed; NULL is fine */
enum err tx_fail(struct tx *tx, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_USE;
struct ctx *tx_ctx(struct tx *tx); /* the ctx given to tx_begin: arena and clock for the stores */

/* Arguments go by name; a missing or misspelt one is ERR_BUG. A broken unique or foreign key is
 * ERR_CONFLICT, a full disk or a busy engine ERR_BUSY, a deadline that passed ERR_TIMEOUT, text
 * that is not UTF-8 or holds a zero byte ERR_INPUT. After any failure the transaction is dead on
 * both engines: every later call gives the same error. What arguments point at must live until
 * rows_end; one query can be open only once in a transaction. */
enum err db_exec(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                 int64_t *changed) MUST_USE; /* changed may be NULL */
enum err db_query(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                  struct rows **out) MUST_USE;
bool rows_next(struct rows *r); /* false at the end or after any failure */
int64_t col_int(struct rows *r,
                const char *name); /* a misspelt name is a sticky ERR_BUG; null is 0 */
struct str col_str(struct rows *r, const char *name); /* text or blob, copied into the arena */
bool col_is_null(struct rows *r, const char *name);
enum err rows_end(struct rows **r) MUST_USE; /* reports what the loop hid; NULL is fine */
void rows_drop(struct rows **r);             /* for the out: label; keeps the first error */
/* One row, one integer: for counts, ids from "returning" and existence. No row leaves *out alone
 * and sets *found to false; found may be NULL, then no row is ERR_NOT_FOUND. */
enum err db_get_int(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                    int64_t *out, bool *found) MUST_USE;

/* migrate.c */
struct query_set {
    const char *name; /* "rates/rates" */
    const struct query *const *queries;
    size_t n;
};
extern const struct query_set all_queries[]; /* generated: every query of the program */
extern const size_t all_nqueries;

/* Brings the database to this program's version, one transaction per step; refuses a newer one. */
enum err db_migrate(struct ctx *cx, struct db *db) MUST_USE;
