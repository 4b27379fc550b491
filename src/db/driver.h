/* driver.h: what an engine must supply. Included by db/ only. */
#pragma once
#include "db/db.h"

enum step { STEP_ROW, STEP_DONE, STEP_FAIL };
struct conn; /* engine-private */
struct stmt; /* engine-private */
struct cell {
    enum db_type type;
    int64_t i;
    struct str s; /* valid until the next step */
};

struct driver {
    const char *scheme; /* "sqlite" or "postgres" */
    enum err (*open)(struct ctx *cx, const char *url, bool writer, struct conn **out);
    void (*close)(struct conn *c);
    enum err (*begin)(struct ctx *cx, struct conn *c, bool write);
    enum err (*commit)(struct ctx *cx, struct conn *c);
    void (*rollback)(struct conn *c);
    enum err (*script)(struct ctx *cx, struct conn *c, const char *sql); /* migrations */
    enum err (*prepare)(struct ctx *cx, struct conn *c, const struct query *q, struct stmt **out);
    enum err (*start)(struct ctx *cx, struct stmt *s, const struct arg *by_pos, size_t n);
    enum step (*step)(struct ctx *cx, struct stmt *s);
    int (*ncols)(struct stmt *s);
    const char *(*col_name)(struct stmt *s, int col);
    struct cell (*cell)(struct stmt *s, int col);
    int64_t (*changed)(struct stmt *s);
    void (*reset)(struct stmt *s);
    void (*finalize)(struct stmt *s);
    const char *(*version)(struct conn *c);
};
extern const struct driver driver_sqlite;
#ifdef TD_POSTGRES
extern const struct driver driver_postgres;
#endif
