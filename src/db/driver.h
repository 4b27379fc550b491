/* driver.h: what an engine must supply, and the doors that only migrations and tests use.
 * The one rule: included by db/ and tests/, never by a slice. */
#pragma once
#include "base/embedded.h"
#include "db/db.h"

enum step { STEP_ROW, STEP_DONE, STEP_FAIL };
struct conn; /* engine-private */
struct stmt; /* engine-private */
struct cell {
    enum db_type type;
    int64_t i;
    struct str s; /* valid until the next step */
};

/* Every function that fails notes the reason in cx. One connection is used by one thread at a time.
 */
struct driver {
    const char *scheme; /* "sqlite" or "postgres" */
    enum err (*open)(struct ctx *cx, const char *url, bool writer, struct conn **out);
    void (*close)(struct conn *c);
    bool (*alive)(struct conn *c); /* false: lost; close it and open another */
    enum err (*begin)(struct ctx *cx, struct conn *c, bool write);
    enum err (*commit)(struct ctx *cx, struct conn *c);
    void (*rollback)(struct conn *c);
    enum err (*script)(struct ctx *cx, struct conn *c, const char *sql); /* migrations */
    /* Copies the database to a file beside it, and proves the copy; NULL: the engine has its own
     * tools. */
    enum err (*snapshot)(struct ctx *cx, struct conn *c, const char *name);
    enum err (*prepare)(struct ctx *cx, struct conn *c, const struct query *q, struct stmt **out);
    enum err (*start)(struct ctx *cx, struct stmt *s, const struct arg *by_pos, size_t n);
    enum step (*step)(struct ctx *cx, struct stmt *s);
    int (*ncols)(struct stmt *s);
    const char *(*col_name)(struct stmt *s, int col); /* valid until finalize */
    struct cell (*cell)(struct stmt *s, int col);
    int64_t (*changed)(struct stmt *s);
    void (*reset)(struct stmt *s);
    void (*finalize)(struct stmt *s);
    const char *(*version)(struct conn *c);
};
extern const struct driver driver_sqlite;
#ifdef TD_POSTGRES
extern const struct driver driver_postgres;
/* The narrow dialect of schema.sql and the migrations in PostgreSQL's words. */
struct str postgres_ddl(struct arena *a, struct str sql);
#endif

/* Zeroed, never NULL: out of memory aborts. */
void *db_memory(size_t n, size_t size);
/* The driver that a url names; ERR_INPUT when the build has none for it. */
enum err db_driver(struct ctx *cx, const char *url, const struct driver **out) MUST_USE;
/* db_open through a given driver, whatever the database's version: tests wrap a driver that fails
 * on demand. */
enum err db_open_with(struct ctx *cx, const struct driver *driver, const char *url, int readers,
                      struct db **out) MUST_USE;
/* Prepares without running: does the engine understand the query? */
enum err db_prepare(struct tx *tx, const struct query *q) MUST_USE;
/* Several statements as they stand, in the narrow dialect of schema.sql. */
enum err db_script(struct tx *tx, const char *sql) MUST_USE;
/* A copy named `name` beside the database file; does nothing on an engine that has no files. */
enum err db_snapshot(struct ctx *cx, struct db *db, const char *name) MUST_USE;

/* migrate.c: the files are NNNN_name.sql, and NNNN_name.pg.sql beside it where PostgreSQL differs.
 */
extern const struct embedded_folder embedded_migrations;
extern const struct embedded_file embedded_schema; /* schema.sql: what they all add up to */
enum err db_migrate_with(struct ctx *cx, struct db *db,
                         const struct embedded_folder *files) MUST_USE;
/* ERR_DB when the database is of a newer version than the files know, or was made from others. */
enum err db_check_version(struct ctx *cx, struct db *db, const struct embedded_folder *files,
                          int64_t *version) MUST_USE;
