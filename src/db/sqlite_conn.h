/* sqlite_conn.h: what the parts of the SQLite driver share. Private to db/sqlite*.c.
 * The one rule: SQLite is named in those files and nowhere else. */
#pragma once
#include "db/driver.h"

#include <sqlite3.h>

struct conn {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback;
    struct ctx *cx; /* of the running transaction: whose deadline counts */
    char *path, *folder;
    int lock; /* the writer's hold on the folder; -1 for readers */
    bool is_writer;
};

/* Notes what SQLite says about the last call; what: the query or step that failed. */
enum err sqlite_fail(struct ctx *cx, struct conn *c, const char *what);
enum err sqlite_no_space(struct ctx *cx, const char *path) MUST_USE;
enum err sqlite_open(struct ctx *cx, const char *url, bool writer, struct conn **out);
void sqlite_close(struct conn *c);
enum err sqlite_snapshot(struct ctx *cx, struct conn *c, const char *name);
