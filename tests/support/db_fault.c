/* db_fault.c: wraps a driver so that one call fails. */
#include "db_fault.h"
#include "db/driver.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_int calls_left; /* until the failing one; 0 = none fails */
static atomic_bool has_struck;

static bool strikes(void)
{
    int left = atomic_load(&calls_left);

    while (left > 0 && !atomic_compare_exchange_weak(&calls_left, &left, left - 1))
        continue;
    if (left != 1)
        return false;
    atomic_store(&has_struck, true);
    return true;
}

#define WRAP(engine)                                                                               \
    static struct driver faulty_##engine;                                                          \
    static enum err begin_##engine(struct ctx *cx, struct conn *c, bool write)                     \
    {                                                                                              \
        if (strikes())                                                                             \
            return fail(cx, ERR_DB, "the test made this begin fail");                              \
        return driver_##engine.begin(cx, c, write);                                                \
    }                                                                                              \
    static enum err commit_##engine(struct ctx *cx, struct conn *c)                                \
    {                                                                                              \
        if (strikes())                                                                             \
            return fail(cx, ERR_DB, "the test made this commit fail");                             \
        return driver_##engine.commit(cx, c);                                                      \
    }                                                                                              \
    static enum err start_##engine(struct ctx *cx, struct stmt *s, const struct arg *by_pos,       \
                                   size_t n)                                                       \
    {                                                                                              \
        if (strikes())                                                                             \
            return fail(cx, ERR_DB, "the test made this statement fail");                          \
        return driver_##engine.start(cx, s, by_pos, n);                                            \
    }                                                                                              \
    static void make_##engine(void)                                                                \
    {                                                                                              \
        faulty_##engine = driver_##engine;                                                         \
        faulty_##engine.begin = begin_##engine;                                                    \
        faulty_##engine.commit = commit_##engine;                                                  \
        faulty_##engine.start = start_##engine;                                                    \
    }

WRAP(sqlite)
#ifdef TD_POSTGRES
WRAP(postgres)
#endif

static void make_all(void)
{
    make_sqlite();
#ifdef TD_POSTGRES
    make_postgres();
#endif
}

enum err db_fault_open(struct ctx *cx, const char *url, int readers, struct db **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct driver *driver = NULL;
    enum err err = db_driver(cx, url, &driver);

    if (err)
        return err;
    pthread_once(&once, make_all);
#ifdef TD_POSTGRES
    if (driver == &driver_postgres)
        return db_open_with(cx, &faulty_postgres, url, readers, out);
#endif
    return db_open_with(cx, &faulty_sqlite, url, readers, out);
}

void db_fault_at(int nth)
{
    atomic_store(&has_struck, false);
    atomic_store(&calls_left, nth);
}

bool db_fault_has_struck(void)
{
    return atomic_load(&has_struck);
}

int db_fault_each(struct ctx *cx, const struct fault_case *c)
{
    for (int nth = 1;; nth++) {
        db_fault_at(nth);
        enum err err = c->step(cx, c->self);
        bool struck = db_fault_has_struck();

        db_fault_at(0);
        if (!struck) {
            check_ok(err);
            return nth - 1;
        }
        check(err != OK);
        ctx_forgive(cx);
        if (c->unchanged)
            c->unchanged(cx, c->self);
    }
}
