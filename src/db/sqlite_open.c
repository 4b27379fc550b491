/* sqlite_open.c: one SQLite connection, opened, set up and proved; and the copy of a whole file. */
#include "db/sqlite_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_TIMEOUT_MS = 5000, /* only a program outside can make us wait */
    OPS_PER_LOOK = 10000,   /* how often a statement looks at its deadline: under a millisecond */
    APPLICATION_ID = 0x54524644, /* "TRFD" at its place in the file's header */
};

struct setting {
    const char *sql;
    const char *want; /* the answer without which we do not go on; NULL: any */
};

/* FULL: a commit that was answered survives a power cut. 4000 pages between checkpoints and a log
 * that is kept: an overwritten log syncs twice as fast as one that grows. */
static const struct setting writer_settings[] = {
    {"pragma journal_mode = wal",            "wal"},
    {"pragma synchronous = full",            NULL },
    {"pragma synchronous",                   "2"  },
    {"pragma foreign_keys = on",             NULL },
    {"pragma foreign_keys",                  "1"  },
    {"pragma cell_size_check = on",          NULL },
    {"pragma temp_store = memory",           NULL },
    {"pragma cache_size = -16384",           NULL },
    {"pragma mmap_size = 0",                 NULL },
    {"pragma journal_size_limit = 67108864", NULL },
    {"pragma wal_autocheckpoint = 4000",     NULL },
};
static const struct setting reader_settings[] = {
    {"pragma cell_size_check = on",  NULL},
    {"pragma temp_store = memory",   NULL},
    {"pragma cache_size = -2048",    NULL},
    {"pragma mmap_size = 268435456", NULL},
    {"pragma query_only = on",       NULL},
    {"pragma query_only",            "1" },
};

static const struct {
    int which, most;
} limits[] = {
    {SQLITE_LIMIT_LENGTH,              4 << 20 },
    {SQLITE_LIMIT_SQL_LENGTH,          64 << 10},
    {SQLITE_LIMIT_COLUMN,              100     },
    {SQLITE_LIMIT_EXPR_DEPTH,          100     },
    {SQLITE_LIMIT_VDBE_OP,             25000   },
    {SQLITE_LIMIT_ATTACHED,            1       },
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100     },
    {SQLITE_LIMIT_VARIABLE_NUMBER,     255     },
    {SQLITE_LIMIT_TRIGGER_DEPTH,       10      },
    {SQLITE_LIMIT_WORKER_THREADS,      0       },
};

static char *text_of(struct str a, struct str b)
{
    char *text = db_memory(a.len + b.len + 1, 1);

    if (a.len)
        memcpy(text, a.ptr, a.len);
    if (b.len)
        memcpy(text + a.len, b.ptr, b.len);
    return text;
}

/* ---- the file ---- */

static enum err open_failed(struct ctx *cx, const char *path, int cause)
{
    switch (cause) {
    case ENOSPC:
    case EDQUOT:
        return sqlite_no_space(cx, path);
    case EACCES:
    case EPERM:
    case EROFS:
        return fail(cx, ERR_DB, "%s cannot be written (%s): give this user the right to", path,
                    strerror(cause));
    case ENOENT:
        return fail(cx, ERR_DB, "%s cannot be made: its folder does not exist", path);
    case EISDIR:
        return fail(cx, ERR_DB, "%s is a folder, not a database file", path);
    default:
        return fail(cx, ERR_DB, "%s cannot be opened: %s", path, strerror(cause));
    }
}

static void write_pid(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());

    /* For the eye and for the message below only, so a full disk does not matter here. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0)
        errno = 0;
}

static int64_t read_pid(int fd)
{
    char text[24];
    ssize_t n = pread(fd, text, sizeof text, 0);
    int64_t pid = 0;

    return n > 0 && str_to_int(str_trim((struct str){text, (size_t)n}), &pid) ? pid : 0;
}

/* Two programs on one file would each trust their own memory of it. The kernel lets go of the lock
 * when the process ends, however it ends. */
static enum err lock_folder(struct ctx *cx, struct conn *c)
{
    char *path = text_of(str_of(c->folder), S("/trafficd.lock"));
    enum err err = OK;

    c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->lock < 0)
        err = open_failed(cx, path, errno);
    else if (flock(c->lock, LOCK_EX | LOCK_NB) != 0)
        err = fail(cx, ERR_BUSY,
                   "process %" PRId64 " works on %s: stop it first, or choose another folder",
                   read_pid(c->lock), c->folder);
    else
        write_pid(c->lock);
    free(path);
    return err;
}

/* Made by us before SQLite sees it: private to this user, and with the system's own reason when it
 * cannot be. */
static enum err touch_file(struct ctx *cx, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return open_failed(cx, path, errno);
    close(fd);
    return OK;
}

/* ---- the connection ---- */

/* The first column of the first row as text; "" without a row. */
static enum err ask(struct ctx *cx, struct conn *c, const char *sql, char answer[16])
{
    sqlite3_stmt *st = NULL;
    enum err err = OK;

    answer[0] = 0;
    int code = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(st);
    if (code == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(st, 0);
        snprintf(answer, 16, "%s", text ? (const char *)text : "");
    } else if (code != SQLITE_DONE) {
        err = sqlite_fail(cx, c, sql);
    }
    sqlite3_finalize(st);
    return err;
}

static enum err apply(struct ctx *cx, struct conn *c, const struct setting *s)
{
    char answer[16];
    enum err err = ask(cx, c, s->sql, answer);

    if (!err && s->want && strcmp(answer, s->want) != 0)
        err =
            fail(cx, ERR_DB, "%s does not take '%s': it must lie on a local disk", c->path, s->sql);
    return err;
}

/* A file that another program made is left alone; an empty one becomes ours. */
static enum err check_owner(struct ctx *cx, struct conn *c)
{
    char id[16], schema[16], want[16], sql[64];
    enum err err;

    snprintf(want, sizeof want, "%d", APPLICATION_ID);
    snprintf(sql, sizeof sql, "pragma application_id = %d", APPLICATION_ID);
    TRY(ask(cx, c, "pragma application_id", id));
    TRY(ask(cx, c, "pragma schema_version", schema));
    if (strcmp(id, want) == 0)
        goto out;
    if (strcmp(id, "0") != 0 || strcmp(schema, "0") != 0)
        TRY(fail(cx, ERR_DB, "%s is a database of another program: choose another file", c->path));
    TRY(ask(cx, c, sql, id));
out:
    return err;
}

static int look_at_deadline(void *self)
{
    const struct conn *c = self;

    return c->cx && ctx_expired(c->cx);
}

static void set_limits(struct conn *c)
{
    for (size_t i = 0; i < COUNT(limits); i++)
        sqlite3_limit(c->db, limits[i].which, limits[i].most);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_progress_handler(c->db, OPS_PER_LOOK, look_at_deadline, c);
}

static enum err prepare_all(struct ctx *cx, struct conn *c)
{
    const struct {
        const char *sql;
        sqlite3_stmt **at;
    } all[] = {
        {c->is_writer ? "begin immediate" : "begin", &c->begin   },
        {"commit",                                   &c->commit  },
        {"rollback",                                 &c->rollback},
    };

    for (size_t i = 0; i < COUNT(all); i++)
        if (sqlite3_prepare_v3(c->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].at, NULL) !=
            SQLITE_OK)
            return sqlite_fail(cx, c, all[i].sql);
    return OK;
}

static enum err set_up(struct ctx *cx, struct conn *c)
{
    const struct setting *settings = c->is_writer ? writer_settings : reader_settings;
    size_t n = c->is_writer ? COUNT(writer_settings) : COUNT(reader_settings);
    enum err err;

    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    set_limits(c);
    if (c->is_writer)
        TRY(check_owner(cx, c));
    for (size_t i = 0; i < n; i++)
        TRY(apply(cx, c, &settings[i]));
    TRY(prepare_all(cx, c));
out:
    return err;
}

static struct conn *conn_new(const char *url, bool writer)
{
    struct conn *c = db_memory(1, sizeof *c);
    struct str path = str_of(url);
    size_t cut;

    if (str_starts(path, S("sqlite:")))
        path = (struct str){path.ptr + 7, path.len - 7};
    for (cut = path.len; cut > 0 && path.ptr[cut - 1] != '/'; cut--)
        continue;
    *c = (struct conn){.lock = -1, .is_writer = writer};
    c->path = text_of(path, S(""));
    c->folder = cut ? text_of((struct str){path.ptr, cut > 1 ? cut - 1 : 1}, S(""))
                    : text_of(S("."), S(""));
    return c;
}

enum err sqlite_open(struct ctx *cx, const char *url, bool writer, struct conn **out)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      SQLITE_OPEN_PRIVATECACHE;
    struct conn *c = conn_new(url, writer);
    enum err err;

    if (writer) {
        TRY(lock_folder(cx, c));
        TRY(touch_file(cx, c->path));
    }
    if (sqlite3_open_v2(c->path, &c->db, flags, NULL) != SQLITE_OK)
        TRY(sqlite_fail(cx, c, "open"));
    TRY(set_up(cx, c));
    *out = c;
    c = NULL;
out:
    if (c)
        sqlite_close(c);
    return err;
}

void sqlite_close(struct conn *c)
{
    sqlite3_finalize(c->begin);
    sqlite3_finalize(c->commit);
    sqlite3_finalize(c->rollback);
    sqlite3_close(c->db);
    if (c->lock >= 0)
        close(c->lock);
    free(c->path);
    free(c->folder);
    free(c);
}

/* ---- the copy ---- */

static enum err copy_to(struct ctx *cx, struct conn *c, const char *path)
{
    sqlite3_stmt *st = NULL;
    enum err err = OK;

    if (sqlite3_prepare_v2(c->db, "vacuum into ?1", -1, &st, NULL) != SQLITE_OK ||
        sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(st) != SQLITE_DONE)
        err = sqlite_fail(cx, c, "vacuum into");
    sqlite3_finalize(st);
    return err;
}

/* A copy that was never read is a hope. */
static enum err prove_copy(struct ctx *cx, const char *path)
{
    struct conn copy = {.lock = -1, .path = text_of(str_of(path), S(""))};
    char answer[16] = "";
    enum err err;

    if (sqlite3_open_v2(path, &copy.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        TRY(sqlite_fail(cx, &copy, "open"));
    TRY(ask(cx, &copy, "pragma quick_check(1)", answer));
    if (strcmp(answer, "ok") != 0)
        TRY(fail(cx, ERR_DB, "the copy %s is damaged: check the disk", path));
out:
    sqlite3_close(copy.db);
    free(copy.path);
    return err;
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    close(fd);
    return failed;
}

enum err sqlite_snapshot(struct ctx *cx, struct conn *c, const char *name)
{
    char *prefix = text_of(str_of(c->folder), S("/"));
    char *path = text_of(str_of(prefix), str_of(name));
    char *part = text_of(str_of(path), S(".part"));
    enum err err;

    unlink(part); /* of a run that was cut short */
    TRY(copy_to(cx, c, part));
    TRY(prove_copy(cx, part));
    if (sync_path(part) != 0 || rename(part, path) != 0 || sync_path(c->folder) != 0)
        TRY(open_failed(cx, path, errno));
out:
    if (err)
        unlink(part);
    free(part);
    free(path);
    free(prefix);
    return err;
}
