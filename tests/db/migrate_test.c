/* migrate_test.c: forward only, one step at a time, and never half a step. */
#include "child.h"
#include "things.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_OF(name, text)                                                                        \
    {                                                                                              \
        (name), (const unsigned char *)(text), sizeof(text) - 1                                    \
    }
#define FIRST                                                                                      \
    "create table schema_migration (version INTEGER PRIMARY KEY, name TEXT not null,"              \
    " checksum TEXT not null, applied_at INTEGER not null) STRICT;\n"                              \
    "create table thing (id INTEGER PRIMARY KEY, name TEXT unique, body BLOB, parent INTEGER)"     \
    " STRICT;\n"                                                                                   \
    "insert into thing (id, name) values (1, 'one'), (2, 'two');\n"
#define SECOND                                                                                     \
    "create table extra (id INTEGER PRIMARY KEY, note TEXT not null) STRICT; -- it's new\n"        \
    "insert into extra (id, note) values (40, 'a;b');\n"                                           \
    "update thing set name = 'second' where id = 2;\n"
#define THIRD "create index thing_parent on thing (parent);\n"

static const struct embedded_file three[] = {
    FILE_OF("0001_first.sql", FIRST),
    FILE_OF("0002_second.sql", SECOND),
    FILE_OF("0003_third.sql", THIRD),
};
static const struct embedded_folder to_one = {three, 1}, to_two = {three, 2}, to_three = {three, 3};

QUERY(put_extra, "insert into extra (note) values ($1) returning id", "note");
QUERY(name_of, "select name from thing where id = $1", "id");
QUERY0(set_newer, "insert into schema_migration (version, name, checksum, applied_at)"
                  " values (99, '0099_future', 'x', 1)");
QUERY0(spoil_checksum, "update schema_migration set checksum = 'other' where version = 1");
QUERY0(forget_first, "delete from schema_migration where version = 1");
QUERY0(steps, "select version, name, applied_at from schema_migration order by version");

/* A database of its own that knows nothing yet. */
static void start_empty(struct ctx *cx, struct temp_db *t, enum temp_engine engine)
{
    temp_db_close(t);
    temp_db_make(t, engine);
    temp_db_reopen(cx, t);
}

static void run_one(struct ctx *cx, struct temp_db *t, const struct query *q)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_exec(tx, q, NO_ARGS, NULL));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static int64_t version_of(struct ctx *cx, struct db *db)
{
    int64_t version = -1;

    check_ok(db_check_version(cx, db, &to_three, &version));
    return version;
}

static bool has_file(struct temp_db *t, const char *name)
{
    char path[256];
    struct stat is;

    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    return stat(path, &is) == 0;
}

DB_TEST(migrations_run_in_order_and_only_once)
{
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    start_empty(cx, t, t->engine);
    check_int(0, version_of(cx, t->db));
    check_ok(db_migrate_with(cx, t->db, &to_two));
    check_int(2, version_of(cx, t->db));
    check_ok(db_migrate_with(cx, t->db, &to_two));
    check_ok(db_migrate_with(cx, t->db, &to_three));
    check_int(3, version_of(cx, t->db));

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &steps, NO_ARGS, &rows));
    for (int64_t i = 1; i <= 3; i++) {
        const char *const names[] = {"0001_first", "0002_second", "0003_third"};

        check(rows_next(rows));
        check_int(i, col_int(rows, "version"));
        check_str(str_of(names[i - 1]), col_str(rows, "name"));
        check_int(TEST_NOW_MS, col_int(rows, "applied_at"));
    }
    check(!rows_next(rows));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

DB_TEST(ids_that_a_migration_brings_are_not_given_again)
{
    struct tx *tx = NULL;
    int64_t id = 0;

    start_empty(cx, t, t->engine);
    check_ok(db_migrate_with(cx, t->db, &to_two));
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_get_int(tx, &put_extra, ARGS(a_str("note", S("mine"))), &id, NULL));
    tx_end(&tx);
    check_int(41, id);
}

DB_TEST(programs_own_migrations_run_and_can_be_repeated)
{
    int64_t version = 0;

    check_ok(db_migrate(cx, t->db));
    check_ok(db_check_version(cx, t->db, &embedded_migrations, &version));
    check(version >= 1);
    temp_db_reopen(cx, t);
    check_ok(db_migrate(cx, t->db));
}

DB_TEST(newer_database_is_refused_by_open_and_by_migrate)
{
    struct db *db = NULL;

    run_one(cx, t, &set_newer);
    check_err(db_migrate(cx, t->db), ERR_DB);
    check_holds(S("version 99, made by a newer trafficd"), str_of(cx->why));
    ctx_forgive(cx);
    temp_db_forget(t);
    check_err(db_open(cx, t->url, 2, &db), ERR_DB);
    check(db == NULL);
    check_holds(S("run the newer one, or restore a backup"), str_of(cx->why));
}

DB_TEST(database_that_took_other_steps_is_refused)
{
    start_empty(cx, t, t->engine);
    check_ok(db_migrate_with(cx, t->db, &to_two));
    run_one(cx, t, &spoil_checksum);
    check_err(db_migrate_with(cx, t->db, &to_three), ERR_DB);
    check_holds(S("the database took another 0001_first than this program has"), str_of(cx->why));
    ctx_forgive(cx);
    run_one(cx, t, &forget_first);
    check_err(db_migrate_with(cx, t->db, &to_three), ERR_DB);
    check_holds(S("lacks version 1"), str_of(cx->why));
}

DB_TEST(broken_step_leaves_the_version_before_it)
{
    static const struct embedded_file files[] = {
        FILE_OF("0001_first.sql", FIRST),
        FILE_OF("0002_broken.sql", "create table extra (id INTEGER PRIMARY KEY) STRICT;\n"
                                   "update thing set name = 'lost' where id = 1;\n"
                                   "insert into nothing (id) values (1);\n"),
    };
    const struct embedded_folder broken = {files, 2};
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    start_empty(cx, t, t->engine);
    check_err(db_migrate_with(cx, t->db, &broken), ERR_BUG);
    check_holds(S("nothing"), str_of(cx->why));
    ctx_forgive(cx);
    check_int(1, version_of(cx, t->db));
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &name_of, ARGS(a_int("id", 1)), &rows));
    check(rows_next(rows));
    check_str(S("one"), col_str(rows, "name"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
    check_ok(db_migrate_with(cx, t->db, &to_three)); /* the table is free for the right step */
}

DB_TEST(gap_between_files_is_a_bug_of_ours)
{
    static const struct embedded_file files[] = {FILE_OF("0001_first.sql", FIRST),
                                                 FILE_OF("0003_third.sql", THIRD)};
    const struct embedded_folder gap = {files, 2};

    start_empty(cx, t, t->engine);
    check_err(db_migrate_with(cx, t->db, &gap), ERR_BUG);
    check_holds(S("0003_third.sql"), str_of(cx->why));
}

DB_TEST(engine_takes_its_own_file_where_there_is_one)
{
    static const struct embedded_file files[] = {
        FILE_OF("0001_first.pg.sql",
                FIRST "insert into thing (id, name) values (3, 'PostgreSQL'::text);"),
        FILE_OF("0001_first.sql", FIRST "insert into thing (id, name) values (3, 'SQLite');"),
        FILE_OF("0002_second.sql", SECOND),
    };
    const struct embedded_folder both = {files, 3};
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    start_empty(cx, t, t->engine);
    check_ok(db_migrate_with(cx, t->db, &both));
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &name_of, ARGS(a_int("id", 3)), &rows));
    check(rows_next(rows));
    check_str(t->engine == TEMP_POSTGRES ? S("PostgreSQL") : S("SQLite"), col_str(rows, "name"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

/* ---- the copy before a step ---- */

TEST(copy_of_the_database_is_made_before_a_step)
{
    struct temp_db t;
    char from[256], to[256];

    temp_db_make(&t, TEMP_SQLITE);
    temp_db_reopen(cx, &t);
    check_ok(db_migrate_with(cx, t.db, &to_one));
    check(!has_file(&t, "pre-migrate-v0.db")); /* an empty database needs none */
    check_ok(db_migrate_with(cx, t.db, &to_three));
    check(has_file(&t, "pre-migrate-v1.db"));
    check(!has_file(&t, "pre-migrate-v1.db.part"));
    check_int(3, version_of(cx, t.db));

    temp_db_forget(&t); /* going back: the copy takes the database's place */
    snprintf(from, sizeof from, "%s/pre-migrate-v1.db", t.folder);
    snprintf(to, sizeof to, "%s/trafficd.db", t.folder);
    check_int(0, rename(from, to));
    temp_db_reopen(cx, &t);
    check_int(1, version_of(cx, t.db));
    check_int(2, count(cx, &t));
    temp_db_close(&t);
}

/* ---- death at any moment ---- */

static const struct driver *real;
static atomic_int calls_to_live;

static void live_or_die(void)
{
    if (atomic_fetch_sub(&calls_to_live, 1) == 1)
        raise(SIGKILL);
}

static enum err mortal_begin(struct ctx *cx, struct conn *c, bool write)
{
    live_or_die();
    return real->begin(cx, c, write);
}

static enum err mortal_start(struct ctx *cx, struct stmt *s, const struct arg *by_pos, size_t n)
{
    live_or_die();
    return real->start(cx, s, by_pos, n);
}

static enum err mortal_commit(struct ctx *cx, struct conn *c)
{
    live_or_die();
    enum err err = real->commit(cx, c);
    live_or_die();
    return err;
}

/* One line of the script at a time, with death between any two. */
static enum err mortal_script(struct ctx *cx, struct conn *c, const char *sql)
{
    struct str rest = str_of(sql), line;
    enum err err = OK;

    while (!err && str_cut(&rest, '\n', &line)) {
        err = real->script(cx, c, str_z(cx->arena, line));
        live_or_die();
    }
    return err;
}

static enum err mortal_snapshot(struct ctx *cx, struct conn *c, const char *name)
{
    live_or_die();
    enum err err = real->snapshot(cx, c, name);
    live_or_die();
    return err;
}

struct death {
    struct ctx *cx;
    const char *url;
};

static int migrate_until_death(void *self)
{
    struct death *d = self;
    struct driver mortal = *real;
    struct db *db = NULL;

    mortal.begin = mortal_begin;
    mortal.start = mortal_start;
    mortal.commit = mortal_commit;
    mortal.script = mortal_script;
    if (real->snapshot)
        mortal.snapshot = mortal_snapshot;
    CHILD_MUST(db_open_with(d->cx, &mortal, d->url, 2, &db) == OK);
    CHILD_MUST(db_migrate_with(d->cx, db, &to_two) == OK);
    CHILD_MUST(db_migrate_with(d->cx, db, &to_three) == OK);
    db_close(&db);
    return 0;
}

/* What a version looks like: the second step is there whole or not at all. */
static void is_whole(struct ctx *cx, struct temp_db *t)
{
    int64_t version = version_of(cx, t->db);
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    check(version >= 0 && version <= 3);
    if (version == 0)
        return;
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, &name_of, ARGS(a_int("id", 2)), &rows));
    check(rows_next(rows));
    check_str(version == 1 ? S("two") : S("second"), col_str(rows, "name"));
    check_ok(rows_end(&rows));
    tx_end(&tx);
}

DB_TEST(process_killed_at_any_moment_leaves_a_whole_version)
{
    int deaths = 0, result;

    check_ok(db_driver(cx, t->url, &real));
    do {
        enum temp_engine engine = t->engine;

        temp_db_close(t);
        temp_db_make(t, engine);
        struct death d = {cx, t->url};
        atomic_store(&calls_to_live, ++deaths);
        result = child_run(migrate_until_death, &d);
        check(result == 0 || result == 128 + SIGKILL);
        temp_db_reopen(cx, t);
        is_whole(cx, t);
        check_ok(db_migrate_with(cx, t->db, &to_three)); /* the next start finishes the work */
        check_int(3, version_of(cx, t->db));
    } while (result != 0);
    check(deaths > 20);
}
