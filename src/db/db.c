/* db.c: transactions, arguments by name, rows. The same rules on every engine. */
#include "db/pool.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* As large as one value may be on the smaller engine. */
enum { LARGEST_VALUE = 4 << 20 };

/* ---- transactions ---- */

static enum err kill_tx(struct tx *tx, enum err e)
{
    if (!tx->dead)
        tx->dead = e;
    return e;
}

static enum err vfail(struct tx *tx, enum err e, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
static enum err vfail(struct tx *tx, enum err e, const char *fmt, va_list ap)
{
    char why[sizeof tx->cx->why];

    vsnprintf(why, sizeof why, fmt, ap);
    return kill_tx(tx, fail(tx->cx, e, "%s", why));
}

enum err tx_fail(struct tx *tx, enum err e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    enum err err = vfail(tx, e, fmt, ap);
    va_end(ap);
    return err;
}

/* For readers of rows, whose caller hears of it from rows_end. */
static void spoil(struct tx *tx, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void spoil(struct tx *tx, enum err e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfail(tx, e, fmt, ap);
    va_end(ap);
}

/* A connection may have been lost while it lay idle: that costs a second try, not an error. */
static enum err begin_on(struct ctx *cx, struct db *db, struct seat *s, bool write)
{
    bool was_well = cx->err == OK;
    enum err err = db->driver->begin(cx, s->conn, write);

    if (!err || db->driver->alive(s->conn))
        return err;
    if (was_well)
        ctx_forgive(cx);
    err = seat_reopen(cx, db, s);
    return err ? err : db->driver->begin(cx, s->conn, write);
}

enum err tx_begin(struct ctx *cx, struct db *db, enum tx_kind kind, struct tx **out)
{
    struct seat *s = NULL;
    enum err err = seat_take(cx, db, kind == TX_WRITE, &s);

    if (err)
        return err;
    err = begin_on(cx, db, s, kind == TX_WRITE);
    if (err) {
        seat_give_back(db, s);
        return err;
    }
    s->tx = (struct tx){.db = db, .seat = s, .cx = cx};
    *out = &s->tx;
    return OK;
}

/* Says no when the transaction cannot go on. */
static enum err check_tx(struct tx *tx)
{
    if (tx->dead)
        return fail(tx->cx, tx->dead, "the transaction failed earlier");
    if (tx->has_ended)
        return tx_fail(tx, ERR_BUG, "the transaction has ended already");
    if (ctx_expired(tx->cx))
        return tx_fail(tx, ERR_TIMEOUT, "the time for this work is over");
    return OK;
}

enum err tx_commit(struct tx *tx)
{
    const struct driver *driver = tx->db->driver;

    if (tx->dead)
        return fail(tx->cx, tx->dead, "the transaction failed earlier");
    if (tx->has_ended)
        return tx_fail(tx, ERR_BUG, "the transaction has ended already");
    if (tx->nopen)
        return tx_fail(tx, ERR_BUG, "commit while rows are open");
    enum err err = driver->commit(tx->cx, tx->seat->conn);
    if (err)
        return kill_tx(tx, err);
    tx->has_ended = true;
    return OK;
}

static void close_rows(struct rows *r)
{
    if (!r->is_open)
        return;
    r->tx->db->driver->reset(r->of->stmt);
    r->is_open = r->on_row = false;
    r->tx->nopen--;
}

static void close_all_rows(struct seat *s)
{
    for (size_t i = 0; i < SEAT_BUCKETS && s->tx.nopen; i++)
        for (struct prepared *p = s->prepared[i]; p; p = p->next)
            close_rows(&p->rows);
}

void tx_end(struct tx **at)
{
    struct tx *tx = *at;

    if (!tx)
        return;
    *at = NULL;
    struct db *db = tx->db;
    struct seat *s = tx->seat;
    assert(!tx->nopen); /* rows_drop comes before tx_end */
    close_all_rows(s);
    if (!tx->has_ended)
        db->driver->rollback(s->conn);
    *tx = (struct tx){0};
    seat_give_back(db, s);
}

struct ctx *tx_ctx(struct tx *tx)
{
    return tx->cx;
}

/* ---- arguments ---- */

static enum err check_value(struct tx *tx, const struct query *q, const struct arg *a)
{
    if (a->type != DB_TEXT && a->type != DB_BLOB)
        return OK;
    if (a->v.s.len > LARGEST_VALUE)
        return tx_fail(tx, ERR_TOO_LARGE, "query %s: %s is larger than %d MB", q->name, a->name,
                       LARGEST_VALUE >> 20);
    if (a->type == DB_BLOB)
        return OK;
    if (a->v.s.len && memchr(a->v.s.ptr, 0, a->v.s.len))
        return tx_fail(tx, ERR_INPUT, "%s holds a zero byte", a->name);
    if (!str_is_utf8(a->v.s))
        return tx_fail(tx, ERR_INPUT, "%s is not UTF-8 text", a->name);
    return OK;
}

static const struct arg *find_arg(const struct arg *args, size_t n, size_t hint, const char *name)
{
    if (hint < n && strcmp(args[hint].name, name) == 0)
        return &args[hint];
    for (size_t i = 0; i < n; i++)
        if (strcmp(args[i].name, name) == 0)
            return &args[i];
    return NULL;
}

static bool has_param(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->nparams; i++)
        if (strcmp(q->params[i], name) == 0)
            return true;
    return false;
}

/* Why there are more arguments than parameters: one is misspelt or there twice. */
static const char *odd_arg(const struct query *q, const struct arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!has_param(q, args[i].name) || find_arg(args, i, i, args[i].name))
            return args[i].name;
    return "?";
}

static enum err put_in_order(struct tx *tx, struct prepared *p, const struct arg *args, size_t n)
{
    const struct query *q = p->query;

    for (size_t i = 0; i < q->nparams; i++) {
        const struct arg *a = find_arg(args, n, i, q->params[i]);

        if (!a)
            return tx_fail(tx, ERR_BUG, "query %s: no argument for :%s", q->name, q->params[i]);
        enum err err = check_value(tx, q, a);
        if (err)
            return err;
        p->by_pos[i] = *a;
    }
    if (n != q->nparams)
        return tx_fail(tx, ERR_BUG, "query %s: it has no use for the argument '%s'", q->name,
                       odd_arg(q, args, n));
    return OK;
}

/* ---- running ---- */

static enum err start(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                      struct prepared **out)
{
    struct prepared *p = NULL;
    struct db *db = tx->db;
    enum err err = check_tx(tx);

    if (err)
        return err;
    err = seat_prepare(tx->cx, db, tx->seat, q, &p);
    if (err)
        return kill_tx(tx, err);
    if (p->rows.is_open)
        return tx_fail(tx, ERR_BUG, "query %s is still open", q->name);
    err = put_in_order(tx, p, args, n);
    if (err)
        return err;
    err = db->driver->start(tx->cx, p->stmt, p->by_pos, q->nparams);
    if (err) {
        db->driver->reset(p->stmt);
        return kill_tx(tx, err);
    }
    if (db->see)
        db->see(db->see_self, q);
    *out = p;
    return OK;
}

/* The driver noted what went wrong in cx; when cx already held an older failure, that one stands.
 */
static enum err step_failed(struct tx *tx)
{
    return kill_tx(tx, tx->cx->err ? tx->cx->err : ERR_DB);
}

enum err db_exec(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                 int64_t *changed)
{
    const struct driver *driver = tx->db->driver;
    struct prepared *p = NULL;
    enum step step;
    enum err err = start(tx, q, args, n, &p);

    if (err)
        return err;
    while ((step = driver->step(tx->cx, p->stmt)) == STEP_ROW)
        continue;
    if (step == STEP_FAIL)
        err = step_failed(tx);
    else if (changed)
        *changed = driver->changed(p->stmt);
    driver->reset(p->stmt);
    return err;
}

enum err db_query(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                  struct rows **out)
{
    struct prepared *p = NULL;
    enum err err = start(tx, q, args, n, &p);

    if (err)
        return err;
    p->rows = (struct rows){.tx = tx, .of = p, .is_open = true};
    tx->nopen++;
    *out = &p->rows;
    return OK;
}

enum err db_prepare(struct tx *tx, const struct query *q)
{
    struct prepared *p = NULL;
    enum err err = check_tx(tx);

    if (err)
        return err;
    err = seat_prepare(tx->cx, tx->db, tx->seat, q, &p);
    return err ? kill_tx(tx, err) : OK;
}

enum err db_script(struct tx *tx, const char *sql)
{
    enum err err = check_tx(tx);

    if (err)
        return err;
    err = tx->db->driver->script(tx->cx, tx->seat->conn, sql);
    return err ? kill_tx(tx, err) : OK;
}

enum err db_snapshot(struct ctx *cx, struct db *db, const char *name)
{
    struct seat *s = NULL;

    if (!db->driver->snapshot)
        return OK;
    enum err err = seat_take(cx, db, true, &s);
    if (err)
        return err;
    err = db->driver->snapshot(cx, s->conn, name);
    seat_give_back(db, s);
    return err;
}

/* ---- rows ---- */

bool rows_next(struct rows *r)
{
    struct tx *tx = r->tx;

    r->on_row = false;
    if (!r->is_open || tx->dead)
        return false;
    if (arena_over(tx->cx->arena)) {
        spoil(tx, ERR_TOO_LARGE, "query %s: more rows than this work has memory for",
              r->of->query->name);
        return false;
    }
    enum step step = tx->db->driver->step(tx->cx, r->of->stmt);
    if (step == STEP_FAIL)
        (void)step_failed(tx);
    r->on_row = step == STEP_ROW;
    r->next_col = 0;
    return r->on_row;
}

static int find_col(struct rows *r, const char *name)
{
    const struct driver *driver = r->tx->db->driver;
    struct stmt *stmt = r->of->stmt;
    int n = driver->ncols(stmt);

    for (int i = 0; i < n; i++) {
        int col = (r->next_col + i) % n;

        if (strcmp(driver->col_name(stmt, col), name) == 0) {
            r->next_col = col + 1;
            return col;
        }
    }
    return -1;
}

/* The cell under a name; null once anything went wrong. */
static struct cell take_cell(struct rows *r, const char *name)
{
    const struct cell nothing = {.type = DB_NULL};
    struct tx *tx = r->tx;
    const char *query = r->of->query->name;

    if (tx->dead)
        return nothing;
    if (!r->on_row) {
        spoil(tx, ERR_BUG, "query %s: '%s' was asked for without a row", query, name);
        return nothing;
    }
    int col = find_col(r, name);
    if (col < 0) {
        spoil(tx, ERR_BUG, "query %s has no column '%s'", query, name);
        return nothing;
    }
    return tx->db->driver->cell(r->of->stmt, col);
}

int64_t col_int(struct rows *r, const char *name)
{
    struct cell c = take_cell(r, name);

    if (c.type == DB_INT)
        return c.i;
    if (c.type != DB_NULL)
        spoil(r->tx, ERR_BUG, "query %s: '%s' is not an integer; cast(... as bigint)",
              r->of->query->name, name);
    return 0;
}

struct str col_str(struct rows *r, const char *name)
{
    struct cell c = take_cell(r, name);

    if (c.type == DB_TEXT || c.type == DB_BLOB)
        return arena_str(r->tx->cx->arena, c.s);
    if (c.type != DB_NULL)
        spoil(r->tx, ERR_BUG, "query %s: '%s' is not text", r->of->query->name, name);
    return (struct str){0};
}

bool col_is_null(struct rows *r, const char *name)
{
    return take_cell(r, name).type == DB_NULL;
}

enum err rows_end(struct rows **at)
{
    struct rows *r = *at;

    if (!r)
        return OK;
    *at = NULL;
    struct tx *tx = r->tx;
    close_rows(r);
    return tx->dead ? fail(tx->cx, tx->dead, "the transaction failed earlier") : OK;
}

void rows_drop(struct rows **at)
{
    if (*at)
        close_rows(*at);
    *at = NULL;
}

enum err db_get_int(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                    int64_t *out, bool *found)
{
    const struct driver *driver = tx->db->driver;
    struct rows *rows = NULL;
    bool has_row = false;
    enum err err;

    TRY(db_query(tx, q, args, n, &rows));
    while (rows_next(rows)) {
        if (has_row || driver->ncols(rows->of->stmt) != 1)
            TRY(tx_fail(tx, ERR_BUG, "query %s gives more than one value", q->name));
        int64_t value = col_int(rows, driver->col_name(rows->of->stmt, 0));
        if (!tx->dead)
            *out = value;
        has_row = true;
    }
    TRY(rows_end(&rows));
    if (found)
        *found = has_row;
    else if (!has_row)
        err = tx_fail(tx, ERR_NOT_FOUND, "query %s found nothing", q->name);
out:
    rows_drop(&rows);
    return err;
}
