/* pool.c: opening and closing a database, and who may use which connection. */
#include "db/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST_WAIT_MS = 30000, BUSY_RETRY_MS = 1000, MOST_READERS = 256 };

void *db_memory(size_t n, size_t size)
{
    void *at = calloc(n, size);

    if (!at) {
        fputs("trafficd: out of memory\n", stderr);
        abort();
    }
    return at;
}

static char *text_dup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(db_memory(1, size), text, size);
}

/* ---- statements ---- */

static struct prepared **bucket_of(struct seat *s, const struct query *q)
{
    return &s->prepared[((uintptr_t)q >> 4) % SEAT_BUCKETS];
}

enum err seat_prepare(struct ctx *cx, struct db *db, struct seat *s, const struct query *q,
                      struct prepared **out)
{
    struct prepared **bucket = bucket_of(s, q);
    struct stmt *stmt = NULL;

    for (struct prepared *p = *bucket; p; p = p->next) {
        if (p->query == q) {
            *out = p;
            return OK;
        }
    }
    enum err err = db->driver->prepare(cx, s->conn, q, &stmt);
    if (err)
        return err;
    struct prepared *p = db_memory(1, sizeof *p);
    *p = (struct prepared){.next = *bucket, .query = q, .stmt = stmt};
    p->by_pos = db_memory(q->nparams + 1u, sizeof *p->by_pos);
    *bucket = p;
    *out = p;
    return OK;
}

static void forget_statements(struct db *db, struct seat *s)
{
    for (size_t i = 0; i < SEAT_BUCKETS; i++) {
        struct prepared *p = s->prepared[i];

        s->prepared[i] = NULL;
        while (p) {
            struct prepared *next = p->next;
            db->driver->finalize(p->stmt);
            free(p->by_pos);
            free(p);
            p = next;
        }
    }
}

/* ---- seats ---- */

static void close_seat(struct db *db, struct seat *s)
{
    if (!s->conn)
        return;
    forget_statements(db, s);
    db->driver->close(s->conn);
    s->conn = NULL;
}

enum err seat_reopen(struct ctx *cx, struct db *db, struct seat *s)
{
    close_seat(db, s);
    return db->driver->open(cx, db->url, s->is_writer, &s->conn);
}

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/* There is one writer, so turns are kept: else a job that writes one thing after another would take
 * the seat again before those who wait have woken up. Under the lock, like what follows. */
static void turn_join(struct db *db, struct turn *turn)
{
    struct turn **end = &db->turns;

    init_cond(&turn->has_come);
    while (*end)
        end = &(*end)->next;
    *end = turn;
}

static void turn_leave(struct db *db, struct turn *turn)
{
    struct turn **at = &db->turns;

    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    pthread_cond_destroy(&turn->has_come);
}

/* A turn waits for the writer's seat, none for a reader's. */
static struct seat *free_seat(struct db *db, const struct turn *turn)
{
    if (!turn)
        return db->nfree ? db->free_readers[--db->nfree] : NULL;
    return db->seats[0].is_taken || db->turns != turn ? NULL : &db->seats[0];
}

static int64_t wait_ms(const struct ctx *cx)
{
    if (!cx->deadline_ms)
        return LONGEST_WAIT_MS;
    int64_t left = cx->deadline_ms - mono_ms(cx);
    return left < 0 ? 0 : left < LONGEST_WAIT_MS ? left : LONGEST_WAIT_MS;
}

/* The wait itself is real time even where a test holds the clock. */
static struct timespec wake_time(int64_t ms)
{
    int64_t at = clock_system.mono_ms(clock_system.self) + ms;

    return (struct timespec){(time_t)(at / 1000), (long)(at % 1000) * 1000000};
}

static struct seat *wait_for_seat(struct ctx *cx, struct db *db, bool write, bool *is_ours)
{
    int64_t ms = wait_ms(cx);
    struct timespec until = wake_time(ms);
    struct turn own = {0}, *turn = write ? &own : NULL;
    struct seat *s;
    int failed = 0;

    pthread_mutex_lock(&db->lock);
    *is_ours = write && db->seats[0].is_taken && pthread_equal(db->seats[0].owner, pthread_self());
    if (turn)
        turn_join(db, turn);
    while (!(s = free_seat(db, turn)) && !*is_ours && ms > 0 && failed != ETIMEDOUT)
        failed =
            pthread_cond_timedwait(turn ? &turn->has_come : &db->reader_freed, &db->lock, &until);
    if (s) {
        s->is_taken = true;
        s->owner = pthread_self();
    }
    if (turn)
        turn_leave(db, turn);
    pthread_mutex_unlock(&db->lock);
    return s;
}

enum err seat_take(struct ctx *cx, struct db *db, bool write, struct seat **out)
{
    bool is_ours = false;
    struct seat *s = wait_for_seat(cx, db, write, &is_ours);

    if (is_ours)
        return fail(cx, ERR_BUG, "this thread already holds the write transaction");
    if (!s) {
        cx->retry_after_ms = BUSY_RETRY_MS;
        return fail(cx, ERR_BUSY, "the database is busy: no %s connection came free in time",
                    write ? "writing" : "reading");
    }
    if (!s->conn || !db->driver->alive(s->conn)) {
        enum err err = seat_reopen(cx, db, s);
        if (err) {
            seat_give_back(db, s);
            return err;
        }
    }
    *out = s;
    return OK;
}

void seat_give_back(struct db *db, struct seat *s)
{
    pthread_mutex_lock(&db->lock);
    s->is_taken = false;
    if (s->is_writer) {
        if (db->turns)
            pthread_cond_signal(&db->turns->has_come);
    } else {
        db->free_readers[db->nfree++] = s;
        pthread_cond_signal(&db->reader_freed);
    }
    pthread_mutex_unlock(&db->lock);
}

/* ---- the whole ---- */

enum err db_driver(struct ctx *cx, const char *url, const struct driver **out)
{
    struct str text = str_of(url);

    if (str_starts(text, S("sqlite:")) && text.len > S("sqlite:").len) {
        *out = &driver_sqlite;
        return OK;
    }
    if (!str_starts(text, S("postgres:")) && !str_starts(text, S("postgresql:")))
        return fail(cx, ERR_INPUT, "the database url must be sqlite:PATH or postgres://...");
#ifdef TD_POSTGRES
    *out = &driver_postgres;
    return OK;
#else
    return fail(cx, ERR_INPUT, "this program was built without PostgreSQL: use a sqlite: url");
#endif
}

static struct db *pool_new(const struct driver *driver, const char *url, int readers)
{
    if (readers < 1)
        readers = 1;
    if (readers > MOST_READERS)
        readers = MOST_READERS;
    struct db *db = db_memory(1, sizeof *db + (size_t)(readers + 1) * sizeof db->seats[0]);

    *db = (struct db){.driver = driver, .url = text_dup(url), .nseats = readers + 1};
    db->free_readers = db_memory((size_t)readers, sizeof *db->free_readers);
    db->seats[0].is_writer = true;
    for (int i = readers; i > 0; i--)
        db->free_readers[db->nfree++] = &db->seats[i];
    pthread_mutex_init(&db->lock, NULL);
    init_cond(&db->reader_freed);
    return db;
}

enum err db_open_with(struct ctx *cx, const struct driver *driver, const char *url, int readers,
                      struct db **out)
{
    struct db *db = pool_new(driver, url, readers);
    /* The readers open when they are first wanted; the writer says now whether all is well. */
    enum err err = driver->open(cx, url, true, &db->seats[0].conn);

    if (err) {
        db_close(&db);
        return err;
    }
    db->engine = text_dup(driver->version(db->seats[0].conn));
    *out = db;
    return OK;
}

enum err db_open(struct ctx *cx, const char *url, int readers, struct db **out)
{
    const struct driver *driver = NULL;
    struct db *db = NULL;
    int64_t version = 0;
    enum err err;

    TRY(db_driver(cx, url, &driver));
    TRY(db_open_with(cx, driver, url, readers, &db));
    TRY(db_check_version(cx, db, &embedded_migrations, &version));
    *out = db;
    db = NULL;
out:
    db_close(&db);
    return err;
}

void db_close(struct db **at)
{
    struct db *db = *at;

    if (!db)
        return;
    *at = NULL;
    /* The writer goes last: an engine tidies up when its last connection closes. */
    for (int i = db->nseats - 1; i >= 0; i--) {
        assert(!db->seats[i].is_taken);
        close_seat(db, &db->seats[i]);
    }
    pthread_cond_destroy(&db->reader_freed);
    pthread_mutex_destroy(&db->lock);
    free(db->free_readers);
    free(db->engine);
    free(db->url);
    free(db);
}

const char *db_engine(const struct db *db)
{
    return db->engine;
}

void db_observe(struct db *db, void (*see)(void *self, const struct query *q), void *self)
{
    db->see = see;
    db->see_self = self;
}
