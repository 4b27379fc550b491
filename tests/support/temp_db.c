/* temp_db.c: databases that live as long as one test. */
#include "temp_db.h"
#include "base/log.h"
#include "db_fault.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READERS = 4 };

static char home[64]; /* one folder for all of this process, gone when it ends */
static pid_t maker;   /* a forked child leaves it alone */
static atomic_int made;
/* A test that fails jumps out with its database open: it stays in sight of the leak checker, whose
 * complaint would hide the failure. */
static struct db *open_now[64];

static void must(bool holds, const char *what)
{
    if (!holds)
        test_fail(TEST_AT("temp_db"), "temp_db: %s", what);
}

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at)
{
    (void)is;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_home(void)
{
    if (maker == getpid())
        remove_folder(home);
}

static void make_home(void)
{
    if (maker)
        return;
    const char *tmp = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/trafficd-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    must(mkdtemp(home) != NULL, "cannot make a temporary folder");
    maker = getpid();
    atexit(remove_home);
    log_set_level(LOG_WARN); /* a line for each migration would hide what tests say */
}

/* ---- PostgreSQL: one database for the process, one schema for each test ---- */

#ifdef TD_POSTGRES
#include <libpq-fe.h>

static char pg_database[64];
static pid_t pg_maker;

static void url_word(char *out, size_t size, const char *text)
{
    size_t n = strlen(out);

    for (; *text && n + 4 < size; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9');
        if (plain)
            out[n++] = *text;
        else
            n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*text);
    }
    out[n] = 0;
}

/* TD_TEST_PG_URL with another database, and with schema as the search path when there is one. */
static void pg_url(char *out, size_t size, const char *database, const char *schema)
{
    PQconninfoOption *all = PQconninfoParse(getenv("TD_TEST_PG_URL"), NULL);
    char options[96];

    must(all != NULL, "TD_TEST_PG_URL is not a PostgreSQL url");
    snprintf(out, size, "postgresql:///%s?connect_timeout=10", database);
    for (PQconninfoOption *o = all; o->keyword; o++) {
        if (!o->val || strcmp(o->keyword, "dbname") == 0)
            continue;
        snprintf(out + strlen(out), size - strlen(out), "&%s=", o->keyword);
        url_word(out, size, o->val);
    }
    PQconninfoFree(all);
    if (!schema)
        return;
    snprintf(options, sizeof options, "-csearch_path=%s", schema);
    snprintf(out + strlen(out), size - strlen(out), "&options=");
    url_word(out, size, options);
}

static void pg_run(const char *url, const char *sql)
{
    PGconn *c = PQconnectdb(url);
    PGresult *r = PQexec(c, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(c));
    must(PQresultStatus(r) == PGRES_COMMAND_OK, "PostgreSQL refused; see above");
    PQclear(r);
    PQfinish(c);
}

static void drop_pg_database(void)
{
    char sql[128];

    if (pg_maker != getpid())
        return;
    snprintf(sql, sizeof sql, "drop database if exists %s with (force)", pg_database);
    pg_run(getenv("TD_TEST_PG_URL"), sql);
}

static void make_pg_schema(struct temp_db *t)
{
    char sql[256], url[512];

    if (!pg_maker) {
        snprintf(pg_database, sizeof pg_database, "trafficd_test_%d", (int)getpid());
        snprintf(sql, sizeof sql,
                 "create database %s template template0 encoding 'UTF8' locale 'C'", pg_database);
        pg_run(getenv("TD_TEST_PG_URL"), sql);
        pg_maker = getpid();
        atexit(drop_pg_database);
    }
    snprintf(t->schema, sizeof t->schema, "test_%d", atomic_load(&made));
    snprintf(sql, sizeof sql, "create schema %s", t->schema);
    pg_url(url, sizeof url, pg_database, NULL);
    pg_run(url, sql);
    pg_url(t->url, sizeof t->url, pg_database, t->schema);
}

static void drop_pg_schema(struct temp_db *t)
{
    char sql[128], url[512];

    snprintf(sql, sizeof sql, "set client_min_messages = warning; drop schema %s cascade",
             t->schema);
    pg_url(url, sizeof url, pg_database, NULL);
    pg_run(url, sql);
}
#endif

bool temp_db_has(enum temp_engine engine)
{
#ifdef TD_POSTGRES
    if (engine == TEMP_POSTGRES)
        return getenv("TD_TEST_PG_URL") != NULL;
#endif
    return engine == TEMP_SQLITE;
}

/* ---- the log of queries ---- */

static void see_query(void *self, const struct query *q)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const struct query *seen[4096];
    static size_t nseen;
    size_t i = 0;
    char line[128];

    pthread_mutex_lock(&lock);
    while (i < nseen && seen[i] != q)
        i++;
    bool is_new = i == nseen && nseen < COUNT(seen);
    if (is_new)
        seen[nseen++] = q;
    pthread_mutex_unlock(&lock);
    if (!is_new)
        return;
    int fd = open(self, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int n = snprintf(line, sizeof line, "%s\n", q->name);
    must(fd >= 0 && write(fd, line, (size_t)n) == n, "cannot write to TD_QUERY_LOG");
    close(fd);
}

void query_log_on(struct db *db)
{
    char *path = getenv("TD_QUERY_LOG");

    if (path && *path)
        db_observe(db, see_query, path);
}

/* ---- the whole ---- */

void temp_db_make(struct temp_db *t, enum temp_engine engine)
{
    make_home();
    *t = (struct temp_db){.engine = engine};
    snprintf(t->folder, sizeof t->folder, "%s/%d", home, atomic_fetch_add(&made, 1) + 1);
    must(mkdir(t->folder, 0700) == 0, "cannot make a folder");
    snprintf(t->url, sizeof t->url, "sqlite:%s/trafficd.db", t->folder);
#ifdef TD_POSTGRES
    if (engine == TEMP_POSTGRES)
        make_pg_schema(t);
#endif
}

static void say_engine_once(const struct temp_db *t)
{
    static bool said[2];

    if (!said[t->engine])
        printf("# engine: %s\n", db_engine(t->db));
    said[t->engine] = true;
}

static void note_open(struct db *was, struct db *is)
{
    for (size_t i = 0; i < COUNT(open_now); i++) {
        if (open_now[i] == was) {
            open_now[i] = is;
            return;
        }
    }
}

void temp_db_forget(struct temp_db *t)
{
    if (t->db)
        note_open(t->db, NULL);
    db_close(&t->db);
}

void temp_db_reopen(struct ctx *cx, struct temp_db *t)
{
    temp_db_forget(t);
    check_ok(db_fault_open(cx, t->url, READERS, &t->db));
    note_open(NULL, t->db);
    query_log_on(t->db);
}

void temp_db_open(struct ctx *cx, struct temp_db *t, enum temp_engine engine)
{
    temp_db_make(t, engine);
    temp_db_reopen(cx, t);
    say_engine_once(t);
    check_ok(db_migrate(cx, t->db));
}

void temp_db_close(struct temp_db *t)
{
    temp_db_forget(t);
#ifdef TD_POSTGRES
    if (t->engine == TEMP_POSTGRES)
        drop_pg_schema(t);
#endif
    remove_folder(t->folder);
}

void temp_db_run(struct ctx *cx, enum temp_engine engine, db_test_fn *run)
{
    struct temp_db t;

    temp_db_open(cx, &t, engine);
    run(cx, &t);
    temp_db_close(&t);
}
