/* sqlite.c: statements and transactions on SQLite, and what its errors mean to us. */
#include "base/log.h"
#include "db/sqlite_conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { BUSY_RETRY_MS = 1000, DISK_RETRY_MS = 10000, LEAST_SPACE = 64 << 10 };

struct stmt {
    struct conn *conn;
    sqlite3_stmt *at;
    const struct query *query;
    char **names; /* of the columns */
    int ncols;
    int where[]; /* SQLite's own number of $1, $2 ...; 0 = not in this text */
};

/* ---- errors ---- */

enum err sqlite_no_space(struct ctx *cx, const char *path)
{
    cx->retry_after_ms = DISK_RETRY_MS;
    return fail(cx, ERR_BUSY, "the disk is full: free space where %s lies", path);
}

static enum err constraint_fail(struct ctx *cx, struct conn *c, const char *what, int code)
{
    struct str detail = str_of(sqlite3_errmsg(c->db));

    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        LOG(cx, LOG_DEBUG, "db.conflict", l_str("detail", detail));
        return fail(cx, ERR_CONFLICT, "this exists already");
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_TRIGGER: /* how `on delete restrict` speaks */
        LOG(cx, LOG_DEBUG, "db.conflict", l_str("detail", detail));
        return fail(cx, ERR_CONFLICT, "something refers to it, or what it refers to is not there");
    default:
        return fail(cx, ERR_BUG, "query %s: %.*s", what, STR_FMT(detail));
    }
}

/* SQLite does not keep the system's reason when it is a commit that fails. */
static bool has_space(const char *path)
{
    struct statvfs is;

    return statvfs(path, &is) != 0 || is.f_bavail * is.f_frsize >= LEAST_SPACE;
}

static enum err disk_fail(struct ctx *cx, struct conn *c)
{
    int cause = sqlite3_system_errno(c->db), code = sqlite3_extended_errcode(c->db) & 0xff;

    if (code == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT || !has_space(c->path))
        return sqlite_no_space(cx, c->path);
    cx->retry_after_ms = DISK_RETRY_MS;
    return fail(cx, ERR_BUSY, "the disk under %s reports an error (%s): check it", c->path,
                cause ? strerror(cause) : sqlite3_errmsg(c->db));
}

static enum err readonly_fail(struct ctx *cx, struct conn *c, const char *what)
{
    if (!c->is_writer)
        return fail(cx, ERR_BUG, "query %s writes in a read transaction", what);
    return fail(cx, ERR_DB, "%s cannot be written any more: check the file and its disk", c->path);
}

enum err sqlite_fail(struct ctx *cx, struct conn *c, const char *what)
{
    int code = sqlite3_extended_errcode(c->db);

    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return constraint_fail(cx, c, what, code);
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return disk_fail(cx, c);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        cx->retry_after_ms = BUSY_RETRY_MS;
        return fail(cx, ERR_BUSY, "another program holds %s: close it", c->path);
    case SQLITE_INTERRUPT:
        return fail(cx, ERR_TIMEOUT, "query %s took too long", what);
    case SQLITE_READONLY:
        return readonly_fail(cx, c, what);
    case SQLITE_CORRUPT:
        return fail(cx, ERR_DB, "%s is damaged: stop the program and restore the last backup",
                    c->path);
    case SQLITE_NOTADB:
        return fail(cx, ERR_DB, "%s is not a database: move it away or restore a backup", c->path);
    case SQLITE_CANTOPEN:
        return fail(cx, ERR_DB, "%s cannot be opened: check that it and its folder can be written",
                    c->path);
    case SQLITE_NOMEM:
        return fail(cx, ERR_BUSY, "query %s: out of memory", what);
    case SQLITE_TOOBIG:
        return fail(cx, ERR_TOO_LARGE, "query %s: a row is too large to be stored", what);
    default: /* wrong SQL and wrong calls */
        return fail(cx, ERR_BUG, "query %s: %s", what, sqlite3_errmsg(c->db));
    }
}

/* ---- transactions ---- */

static enum err run(struct ctx *cx, struct conn *c, sqlite3_stmt *st, const char *what)
{
    int code = sqlite3_step(st);
    enum err err = code == SQLITE_DONE ? OK : sqlite_fail(cx, c, what);

    sqlite3_reset(st);
    return err;
}

static enum err begin(struct ctx *cx, struct conn *c, bool write)
{
    (void)write; /* the connection knows: its begin is immediate or its session query_only */
    enum err err = run(cx, c, c->begin, "begin");

    if (!err)
        c->cx = cx;
    return err;
}

static enum err commit(struct ctx *cx, struct conn *c)
{
    c->cx = NULL; /* a commit is not interrupted */
    return run(cx, c, c->commit, "commit");
}

static void rollback(struct conn *c)
{
    c->cx = NULL;
    if (sqlite3_get_autocommit(c->db)) /* some failures have rolled back already */
        return;
    sqlite3_step(c->rollback);
    sqlite3_reset(c->rollback);
}

/* A migration may change what a table checks, which SQLite allows only in the text of its schema.
 */
static void guard_schema(struct conn *c, bool is_guarded)
{
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, is_guarded, NULL);
}

static enum err run_script(struct ctx *cx, struct conn *c, const char *sql)
{
    enum err err = OK;

    while (!err && *sql) {
        sqlite3_stmt *st = NULL;

        if (sqlite3_prepare_v2(c->db, sql, -1, &st, &sql) != SQLITE_OK)
            return sqlite_fail(cx, c, "script");
        if (!st) /* only white space or a comment was left */
            continue;
        int code;
        while ((code = sqlite3_step(st)) == SQLITE_ROW)
            continue;
        if (code != SQLITE_DONE)
            err = sqlite_fail(cx, c, "script");
        sqlite3_finalize(st);
    }
    return err;
}

static enum err script(struct ctx *cx, struct conn *c, const char *sql)
{
    enum err err;

    guard_schema(c, false);
    err = run_script(cx, c, sql);
    guard_schema(c, true);
    return err;
}

/* ---- statements ---- */

static void finalize(struct stmt *s)
{
    sqlite3_finalize(s->at);
    for (int i = 0; i < s->ncols; i++)
        free(s->names[i]);
    free(s->names);
    free(s);
}

/* SQLite numbers $1, $2 by first appearance, so each is looked up by its name. */
static void find_params(struct stmt *s)
{
    for (int i = 0; i < s->query->nparams; i++) {
        char name[8];

        snprintf(name, sizeof name, "$%d", i + 1);
        s->where[i] = sqlite3_bind_parameter_index(s->at, name);
    }
}

static enum err prepare(struct ctx *cx, struct conn *c, const struct query *q, struct stmt **out)
{
    sqlite3_stmt *at = NULL;

    if (sqlite3_prepare_v3(c->db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &at, NULL) != SQLITE_OK)
        return sqlite_fail(cx, c, q->name);
    if (!at)
        return fail(cx, ERR_BUG, "query %s is empty", q->name);
    struct stmt *s = db_memory(1, sizeof *s + q->nparams * sizeof s->where[0]);
    *s = (struct stmt){.conn = c, .at = at, .query = q, .ncols = sqlite3_column_count(at)};
    s->names = db_memory((size_t)s->ncols + 1, sizeof *s->names);
    for (int i = 0; i < s->ncols; i++) {
        const char *name = sqlite3_column_name(at, i);
        size_t size = strlen(name) + 1;
        s->names[i] = memcpy(db_memory(1, size), name, size);
    }
    find_params(s);
    *out = s;
    return OK;
}

static int bind_one(sqlite3_stmt *st, int at, const struct arg *a)
{
    const char *ptr = a->v.s.ptr ? a->v.s.ptr : ""; /* SQLite takes NULL for null */

    switch (a->type) {
    case DB_NULL:
        return sqlite3_bind_null(st, at);
    case DB_INT:
        return sqlite3_bind_int64(st, at, a->v.i);
    case DB_REAL:
        return sqlite3_bind_double(st, at, a->v.r);
    case DB_TEXT:
        return sqlite3_bind_text64(st, at, ptr, a->v.s.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(st, at, ptr, a->v.s.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static enum err start(struct ctx *cx, struct stmt *s, const struct arg *by_pos, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s->where[i] && bind_one(s->at, s->where[i], &by_pos[i]) != SQLITE_OK)
            return sqlite_fail(cx, s->conn, s->query->name);
    return OK;
}

static enum step step(struct ctx *cx, struct stmt *s)
{
    switch (sqlite3_step(s->at)) {
    case SQLITE_ROW:
        return STEP_ROW;
    case SQLITE_DONE:
        return STEP_DONE;
    default:
        (void)sqlite_fail(cx, s->conn, s->query->name);
        return STEP_FAIL;
    }
}

static int ncols(struct stmt *s)
{
    return s->ncols;
}

static const char *col_name(struct stmt *s, int col)
{
    return s->names[col];
}

static struct cell cell(struct stmt *s, int col)
{
    struct cell c = {.type = DB_NULL};

    switch (sqlite3_column_type(s->at, col)) {
    case SQLITE_INTEGER:
        c.type = DB_INT;
        c.i = sqlite3_column_int64(s->at, col);
        break;
    case SQLITE_FLOAT:
        c.type = DB_REAL;
        break;
    case SQLITE_TEXT:
        c.type = DB_TEXT;
        c.s.ptr = (const char *)sqlite3_column_text(s->at, col);
        c.s.len = (size_t)sqlite3_column_bytes(s->at, col);
        break;
    case SQLITE_BLOB:
        c.type = DB_BLOB;
        c.s.ptr = sqlite3_column_blob(s->at, col);
        c.s.len = (size_t)sqlite3_column_bytes(s->at, col);
        break;
    default:
        break;
    }
    return c;
}

static int64_t changed(struct stmt *s)
{
    return sqlite3_stmt_readonly(s->at) ? 0 : sqlite3_changes64(s->conn->db);
}

static void reset(struct stmt *s)
{
    sqlite3_reset(s->at);
    sqlite3_clear_bindings(s->at); /* they point at the caller's memory */
}

static bool alive(struct conn *c)
{
    (void)c; /* a file cannot hang up */
    return true;
}

static const char *version(struct conn *c)
{
    (void)c;
    return "SQLite " SQLITE_VERSION;
}

const struct driver driver_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .alive = alive,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .script = script,
    .snapshot = sqlite_snapshot,
    .prepare = prepare,
    .start = start,
    .step = step,
    .ncols = ncols,
    .col_name = col_name,
    .cell = cell,
    .changed = changed,
    .reset = reset,
    .finalize = finalize,
    .version = version,
};
