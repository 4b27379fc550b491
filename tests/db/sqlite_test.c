/* sqlite_test.c: the file itself: who may have it, what is refused, what a full disk does. */
#include "child.h"
#include "things.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

QUERY0(journal_mode, "select journal_mode as mode from pragma_journal_mode");
QUERY0(query_only, "select query_only as n from pragma_query_only");
QUERY0(synchronous, "select synchronous as n from pragma_synchronous");
QUERY0(foreign_keys, "select foreign_keys as n from pragma_foreign_keys");

static struct str file_of(struct ctx *cx, struct temp_db *t, const char *name)
{
    return arena_fmt(cx->arena, "%s/%s", t->folder, name);
}

static void write_file(struct str path, const void *data, size_t n)
{
    char name[256];

    snprintf(name, sizeof name, "%.*s", STR_FMT(path));
    FILE *f = fopen(name, "wb");
    check(f != NULL);
    check(fwrite(data, 1, n, f) == n);
    check_int(0, fclose(f));
}

static void refuses(struct ctx *cx, const char *url, enum err want, const char *why)
{
    struct db *db = NULL;

    check_err(db_open(cx, url, 2, &db), want);
    check(db == NULL);
    check_holds(str_of(why), str_of(cx->why));
    ctx_forgive(cx);
}

/* ---- settings ---- */

static int64_t ask(struct ctx *cx, struct temp_db *t, enum tx_kind kind, const struct query *q)
{
    struct tx *tx = NULL;
    int64_t n = -1;

    check_ok(tx_begin(cx, t->db, kind, &tx));
    check_ok(db_get_int(tx, q, NO_ARGS, &n, NULL));
    tx_end(&tx);
    return n;
}

TEST(writer_waits_for_the_disk_and_readers_cannot_write)
{
    struct temp_db t;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    temp_db_open(cx, &t, TEMP_SQLITE);
    check_int(2, ask(cx, &t, TX_WRITE, &synchronous)); /* FULL */
    check_int(1, ask(cx, &t, TX_WRITE, &foreign_keys));
    check_int(0, ask(cx, &t, TX_WRITE, &query_only));
    check_int(1, ask(cx, &t, TX_READ, &query_only));
    check_ok(tx_begin(cx, t.db, TX_READ, &tx));
    check_ok(db_query(tx, &journal_mode, NO_ARGS, &rows));
    check(rows_next(rows));
    check_str(S("wal"), col_str(rows, "mode"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
    check_str(S("SQLite 3."), (struct str){db_engine(t.db), 9});
    temp_db_close(&t);
}

TEST(new_database_is_private_to_its_user)
{
    struct temp_db t;
    struct stat is;

    temp_db_open(cx, &t, TEMP_SQLITE);
    check_int(0, stat(str_z(cx->arena, file_of(cx, &t, "trafficd.db")), &is));
    check_int(0600, is.st_mode & 0777);
    check_int(0, stat(str_z(cx->arena, file_of(cx, &t, "trafficd.db-wal")), &is));
    check_int(0600, is.st_mode & 0777);
    temp_db_close(&t);
}

/* ---- what is no database of ours ---- */

TEST(garbage_in_place_of_a_database_is_refused_and_left_alone)
{
    struct temp_db t;
    char garbage[8192], after[8192];

    memset(garbage, 'x', sizeof garbage);
    temp_db_make(&t, TEMP_SQLITE);
    write_file(file_of(cx, &t, "trafficd.db"), garbage, sizeof garbage);
    refuses(cx, t.url, ERR_DB, "is not a database: move it away or restore a backup");
    FILE *f = fopen(str_z(cx->arena, file_of(cx, &t, "trafficd.db")), "rb");
    check(f != NULL);
    check_int(sizeof garbage, fread(after, 1, sizeof after, f));
    fclose(f);
    check(memcmp(garbage, after, sizeof garbage) == 0);
    temp_db_close(&t);
}

TEST(damaged_page_is_reported_with_what_to_do)
{
    struct temp_db t;
    char garbage[4096];
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    enum err err = OK;

    temp_db_open(cx, &t, TEMP_SQLITE);
    make_things(cx, &t);
    for (int64_t i = 1; i <= 500; i++)
        put_one(cx, &t, i, arena_fmt(cx->arena, "%0200d", (int)i));
    temp_db_forget(&t); /* moves all into the main file */
    memset(garbage, 0xa5, sizeof garbage);
    int fd = open(str_z(cx->arena, file_of(cx, &t, "trafficd.db")), O_WRONLY | O_CLOEXEC);
    struct stat is;
    check_int(0, fstat(fd, &is));
    for (off_t at = is.st_size - 20 * 4096; at < is.st_size; at += 4096)
        check_int(sizeof garbage, pwrite(fd, garbage, sizeof garbage, at));
    close(fd);

    temp_db_reopen(cx, &t);
    check_ok(tx_begin(cx, t.db, TX_READ, &tx));
    err = db_query(tx, &list_all, NO_ARGS, &rows);
    while (!err && rows_next(rows))
        col_str(rows, "name");
    err = err ? err : rows_end(&rows);
    check_err(err, ERR_DB);
    check_holds(S("is damaged: stop the program and restore the last backup"), str_of(cx->why));
    rows_drop(&rows);
    tx_end(&tx);
    temp_db_close(&t);
}

TEST(database_of_another_program_is_refused)
{
    struct temp_db t;
    struct tx *tx = NULL;
    int fd;

    temp_db_open(cx, &t, TEMP_SQLITE);
    check_ok(tx_begin(cx, t.db, TX_READ, &tx));
    tx_end(&tx);
    temp_db_forget(&t);
    fd = open(str_z(cx->arena, file_of(cx, &t, "trafficd.db")), O_WRONLY | O_CLOEXEC);
    check_int(4, pwrite(fd, "GoCn", 4, 68)); /* the application id in the header */
    close(fd);
    refuses(cx, t.url, ERR_DB, "is a database of another program");
    temp_db_close(&t);
}

TEST(folder_that_does_not_exist_is_named)
{
    struct temp_db t;

    temp_db_make(&t, TEMP_SQLITE);
    struct str url = arena_fmt(cx->arena, "sqlite:%s/no/such/trafficd.db", t.folder);
    refuses(cx, str_z(cx->arena, url), ERR_DB, "its folder does not exist");
    url = arena_fmt(cx->arena, "sqlite:%s/sub", t.folder);
    check_int(0, mkdir(str_z(cx->arena, file_of(cx, &t, "sub")), 0700));
    refuses(cx, str_z(cx->arena, url), ERR_DB, "is a folder, not a database file");
    temp_db_close(&t);
}

/* ---- rights ---- */

struct case_of {
    struct ctx *cx;
    struct temp_db *t;
    const char *why;
    int ready; /* the end of a pipe */
};

static int open_as_nobody(void *self)
{
    struct case_of *c = self;
    struct db *db = NULL;

    if (geteuid() == 0)
        CHILD_MUST(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    CHILD_MUST(db_open(c->cx, c->t->url, 2, &db) == ERR_DB);
    fprintf(stderr, "# refused: %s\n", c->cx->why);
    CHILD_MUST(strstr(c->cx->why, "cannot be written (Permission denied)") != NULL);
    CHILD_MUST(db == NULL);
    return 0;
}

/* Nobody may pass through the test's own folders and read what is in them. */
static void let_others_read(struct ctx *cx, struct temp_db *t)
{
    struct str home = str_of(t->folder);

    while (home.len && home.ptr[home.len - 1] != '/')
        home.len--;
    check_int(0, chmod(str_z(cx->arena, home), 0755));
    check_int(0, chmod(t->folder, 0755));
}

TEST(folder_without_the_right_to_write_is_refused)
{
    struct temp_db t;

    temp_db_make(&t, TEMP_SQLITE);
    let_others_read(cx, &t);
    if (geteuid() != 0)
        check_int(0, chmod(t.folder, 0555));
    struct case_of c = {.cx = cx, .t = &t};
    check_int(0, child_run(open_as_nobody, &c));
    check_int(0, chmod(t.folder, 0755));
    temp_db_close(&t);
}

TEST(file_without_the_right_to_write_is_refused)
{
    struct temp_db t;

    temp_db_open(cx, &t, TEMP_SQLITE);
    temp_db_forget(&t);
    let_others_read(cx, &t);
    check_int(0, chmod(t.folder, 0777));
    check_int(0, chmod(str_z(cx->arena, file_of(cx, &t, "trafficd.lock")), 0666));
    check_int(0, chmod(str_z(cx->arena, file_of(cx, &t, "trafficd.db")), 0444));
    struct case_of c = {.cx = cx, .t = &t};
    check_int(0, child_run(open_as_nobody, &c));
    temp_db_close(&t);
}

/* ---- one process at a time ---- */

static int hold_open(void *self)
{
    struct case_of *c = self;
    struct db *db = NULL;
    struct ctx cx = {.arena = arena_new(TEST_ARENA_CAP), .clock = &clock_system};

    CHILD_MUST(db_open(&cx, c->t->url, 2, &db) == OK);
    CHILD_MUST(write(c->ready, "!", 1) == 1);
    for (;;)
        pause();
}

TEST(second_process_is_told_who_holds_the_file)
{
    struct temp_db t;
    int ends[2];
    char byte;

    temp_db_make(&t, TEMP_SQLITE);
    check_int(0, pipe(ends));
    struct case_of c = {.cx = cx, .t = &t, .ready = ends[1]};
    pid_t holder = child_start(hold_open, &c);
    check_int(1, read(ends[0], &byte, 1));
    struct str why = arena_fmt(cx->arena, "process %d works on", (int)holder);
    refuses(cx, t.url, ERR_BUSY, str_z(cx->arena, why));

    check_int(0, kill(holder, SIGKILL));
    check_int(128 + SIGKILL, child_end(holder));
    temp_db_reopen(cx, &t); /* the lock went with its holder */
    refuses(cx, t.url, ERR_BUSY, "works on");
    close(ends[0]);
    close(ends[1]);
    temp_db_close(&t);
}

/* ---- a full disk ---- */

static int mount_small_disk(const char *folder)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=3m") != 0)
        return -1;
    return 0;
}

static int fill(const char *path)
{
    static const char zeros[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    while (write(fd, zeros, sizeof zeros) > 0)
        continue;
    return close(fd);
}

static enum err put_kilobytes(struct ctx *cx, struct db *db, int64_t id, size_t size)
{
    struct tx *tx = NULL;
    struct str body = {arena_alloc(cx->arena, size, 1), size};
    enum err err;

    TRY(tx_begin(cx, db, TX_WRITE, &tx));
    TRY(db_exec(tx, &put,
                ARGS(a_int("id", id), a_null("name"), a_blob("body", body), a_null("parent")),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static int64_t rows_in(struct ctx *cx, struct db *db)
{
    struct tx *tx = NULL;
    int64_t n = -1;

    if (tx_begin(cx, db, TX_READ, &tx) == OK && db_get_int(tx, &count_all, NO_ARGS, &n, NULL) != OK)
        n = -1;
    tx_end(&tx);
    return n;
}

static enum err make_table(struct ctx *cx, struct db *db)
{
    struct tx *tx = NULL;
    enum err err;

    TRY(tx_begin(cx, db, TX_WRITE, &tx));
    TRY(db_script(tx, "create table thing (id INTEGER PRIMARY KEY, name TEXT, body BLOB,"
                      " parent INTEGER) STRICT"));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static int write_until_full(void *self)
{
    struct case_of *c = self;
    struct ctx *cx = c->cx;
    struct db *db = NULL;
    char filler[160];
    int64_t n = 0;
    enum err err = OK;

    if (mount_small_disk(c->t->folder) != 0)
        return CHILD_LACKS;
    snprintf(filler, sizeof filler, "%s/filler", c->t->folder);
    CHILD_MUST(db_open(cx, c->t->url, 2, &db) == OK);
    CHILD_MUST(make_table(cx, db) == OK);
    CHILD_MUST(rows_in(cx, db) == 0);
    CHILD_MUST(put_kilobytes(cx, db, ++n, 4000) == OK);
    CHILD_MUST(fill(filler) == 0);
    while (!err && n < 2000)
        err = put_kilobytes(cx, db, ++n, 4000);
    CHILD_MUST(err == ERR_BUSY);
    fprintf(stderr, "# full: %s\n", cx->why);
    CHILD_MUST(strstr(cx->why, "the disk is full: free space where") != NULL);
    CHILD_MUST(cx->retry_after_ms > 0);
    ctx_forgive(cx);
    CHILD_MUST(rows_in(cx, db) == n - 1); /* what was answered is there, reading goes on */
    CHILD_MUST(unlink(filler) == 0);
    CHILD_MUST(put_kilobytes(cx, db, n, 4000) == OK); /* no restart needed */
    CHILD_MUST(rows_in(cx, db) == n);
    db_close(&db);
    return 0;
}

TEST(full_disk_is_said_and_outlived)
{
    struct temp_db t;

    temp_db_make(&t, TEMP_SQLITE);
    struct case_of c = {.cx = cx, .t = &t};
    int result = child_run(write_until_full, &c);
    temp_db_close(&t);
    if (result == CHILD_LACKS)
        test_skip("this user cannot mount a small disk");
    check_int(0, result);
}

/* The kernel refuses to let files grow: what a failing disk looks like to us. */
static int write_past_a_limit(void *self)
{
    struct case_of *c = self;
    struct ctx *cx = c->cx;
    struct db *db = NULL;
    struct rlimit limit, small;
    int64_t n = 0;
    enum err err = OK;

    CHILD_MUST(db_open(cx, c->t->url, 2, &db) == OK);
    CHILD_MUST(make_table(cx, db) == OK);
    signal(SIGXFSZ, SIG_IGN);
    CHILD_MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    /* The end of the log's 50th page: the next write is refused whole. A write that is cut short
     * means a full disk. */
    small = (struct rlimit){32 + 50 * (24 + 4096), limit.rlim_max};
    CHILD_MUST(setrlimit(RLIMIT_FSIZE, &small) == 0);
    while (!err && n < 200)
        err = put_kilobytes(cx, db, ++n, 4000);
    CHILD_MUST(err == ERR_BUSY);
    CHILD_MUST(strstr(cx->why, "reports an error (disk I/O error): check it") != NULL);
    ctx_forgive(cx);
    CHILD_MUST(rows_in(cx, db) == n - 1);
    CHILD_MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHILD_MUST(put_kilobytes(cx, db, n, 4000) == OK);
    db_close(&db);
    return 0;
}

TEST(disk_that_reports_an_error_is_named_and_outlived)
{
    struct temp_db t;

    temp_db_make(&t, TEMP_SQLITE);
    struct case_of c = {.cx = cx, .t = &t};
    check_int(0, child_run(write_past_a_limit, &c));
    temp_db_close(&t);
}

static int migrate_on_full_disk(void *self)
{
    struct case_of *c = self;
    struct ctx *cx = c->cx;
    struct db *db = NULL;
    char filler[160];
    int64_t version = -1;
    enum err err;

    if (mount_small_disk(c->t->folder) != 0)
        return CHILD_LACKS;
    snprintf(filler, sizeof filler, "%s/filler", c->t->folder);
    CHILD_MUST(fill(filler) == 0);
    err = db_open(cx, c->t->url, 2, &db);
    CHILD_MUST(err == ERR_BUSY && db == NULL);
    CHILD_MUST(strstr(cx->why, "the disk is full") != NULL);
    ctx_forgive(cx);
    CHILD_MUST(unlink(filler) == 0);
    CHILD_MUST(db_open(cx, c->t->url, 2, &db) == OK);
    CHILD_MUST(fill(filler) == 0);
    CHILD_MUST(db_migrate(cx, db) == ERR_BUSY);
    CHILD_MUST(strstr(cx->why, "the disk is full") != NULL);
    ctx_forgive(cx);
    CHILD_MUST(unlink(filler) == 0);
    CHILD_MUST(db_check_version(cx, db, &embedded_migrations, &version) == OK && version == 0);
    CHILD_MUST(db_migrate(cx, db) == OK);
    db_close(&db);
    return 0;
}

TEST(migration_on_a_full_disk_leaves_the_version_before)
{
    struct temp_db t;

    temp_db_make(&t, TEMP_SQLITE);
    struct case_of c = {.cx = cx, .t = &t};
    int result = child_run(migrate_on_full_disk, &c);
    temp_db_close(&t);
    if (result == CHILD_LACKS)
        test_skip("this user cannot mount a small disk");
    check_int(0, result);
}
