/* pool.h: the seats of a database: one connection that writes, several that read.
 * The one rule: a seat belongs to the thread that took it until it is given back. Private to db/.
 */
#pragma once
#include "db/driver.h"

#include <pthread.h>

enum { SEAT_BUCKETS = 128 };

struct rows { /* the open result of a prepared query */
    struct tx *tx;
    struct prepared *of;
    bool is_open, on_row;
    int next_col; /* columns are mostly read in their order */
};

struct prepared { /* a query as one connection knows it */
    struct prepared *next;
    const struct query *query;
    struct stmt *stmt;
    struct arg *by_pos; /* query->nparams of them */
    struct rows rows;
};

struct tx {
    struct db *db;
    struct seat *seat;
    struct ctx *cx;
    enum err dead; /* the first failure; OK while all is well */
    bool has_ended;
    int nopen; /* rows that are open */
};

struct seat {
    struct conn *conn; /* NULL: not opened yet, or lost */
    bool is_writer, is_taken;
    pthread_t owner; /* while is_taken */
    struct prepared *prepared[SEAT_BUCKETS];
    struct tx tx;
};

struct turn { /* on the stack of who waits for the writer's seat */
    struct turn *next;
    pthread_cond_t has_come;
};

struct db {
    const struct driver *driver;
    char *url, *engine;
    void (*see)(void *self, const struct query *q);
    void *see_self;

    pthread_mutex_t lock; /* guards is_taken and owner of all seats, turns and nfree */
    struct turn *turns;   /* who waits for the writer's seat, in the order they came */
    pthread_cond_t reader_freed;
    int nseats, nfree;
    struct seat **free_readers; /* nfree of them, the one used last on top */
    struct seat seats[];        /* the writer, then the readers */
};

/* Waits for a seat and opens its connection when it has none. */
enum err seat_take(struct ctx *cx, struct db *db, bool write, struct seat **out) MUST_USE;
void seat_give_back(struct db *db, struct seat *s);
/* Closes a lost connection and opens another. */
enum err seat_reopen(struct ctx *cx, struct db *db, struct seat *s) MUST_USE;
enum err seat_prepare(struct ctx *cx, struct db *db, struct seat *s, const struct query *q,
                      struct prepared **out) MUST_USE;
