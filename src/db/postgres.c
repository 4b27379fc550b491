/* postgres.c: the same database on PostgreSQL, through libpq. Built with TD_POSTGRES. */
#include "base/log.h"
#include "db/driver.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 1000, LEAST_VERSION = 120000, DIGITS = 32 };

/* The result types we read, by PostgreSQL's own numbers. */
enum oid {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
};

struct conn {
    PGconn *pg;
    unsigned next_name;
    char version[48];
};

struct stmt {
    struct conn *conn;
    const struct query *query;
    char name[16];
    PGresult *shape;  /* column names and types, parameter types */
    PGresult *result; /* of the run that is open */
    int row;
    const char **values; /* nparams of each */
    int *lengths, *formats;
    char (*digits)[DIGITS]; /* numbers as text */
};

/* ---- errors ---- */

/* The first line of what PostgreSQL or libpq says. */
static struct str first_line(const char *text)
{
    struct str rest = str_of(text), line = {0};

    str_cut(&rest, '\n', &line);
    return line;
}

static enum err lost(struct ctx *cx, struct conn *c)
{
    cx->retry_after_ms = RETRY_MS;
    return fail(cx, ERR_BUSY, "PostgreSQL cannot be reached: %.*s",
                STR_FMT(first_line(PQerrorMessage(c->pg))));
}

static enum err busy(struct ctx *cx, const char *why)
{
    cx->retry_after_ms = RETRY_MS;
    return fail(cx, ERR_BUSY, "%s", why);
}

static enum err conflict(struct ctx *cx, const char *why, struct str detail)
{
    LOG(cx, LOG_DEBUG, "db.conflict", l_str("detail", detail));
    return fail(cx, ERR_CONFLICT, "%s", why);
}

/* The rest, by the class that the first two characters of a code name. */
static enum err class_fail(struct ctx *cx, const char *what, struct str state, struct str said)
{
    /* Out of means, in use, shutting down, failing disk: all of it may pass. */
    if (str_starts(state, S("53")) || str_starts(state, S("55")) || str_starts(state, S("57P")) ||
        str_starts(state, S("58"))) {
        cx->retry_after_ms = RETRY_MS;
        return fail(cx, ERR_BUSY, "PostgreSQL is busy: %.*s", STR_FMT(said));
    }
    if (str_starts(state, S("54")))
        return fail(cx, ERR_TOO_LARGE, "query %s: %.*s", what, STR_FMT(said));
    if (str_starts(state, S("XX")))
        return fail(cx, ERR_DB, "PostgreSQL reports damage: %.*s", STR_FMT(said));
    return fail(cx, ERR_BUG, "query %s: %.*s (%.*s)", what, STR_FMT(said), STR_FMT(state));
}

static enum err pg_fail(struct ctx *cx, struct conn *c, const PGresult *r, const char *what)
{
    struct str state = str_of(PQresultErrorField(r, PG_DIAG_SQLSTATE));
    struct str said = str_of(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));

    if (PQstatus(c->pg) == CONNECTION_BAD || !state.len)
        return lost(cx, c);
    if (str_eq(state, S("23505")))
        return conflict(cx, "this exists already", said);
    if (str_eq(state, S("23503")))
        return conflict(cx, "something refers to it, or what it refers to is not there", said);
    if (str_eq(state, S("53100")))
        return busy(cx, "the disk of PostgreSQL is full: free space on it");
    if (str_eq(state, S("40001")) || str_eq(state, S("40P01")))
        return busy(cx, "two transactions were in each other's way: try again");
    if (str_eq(state, S("57014")))
        return fail(cx, ERR_TIMEOUT, "query %s took too long", what);
    if (str_eq(state, S("25006")))
        return fail(cx, ERR_BUG, "query %s writes in a read transaction", what);
    return class_fail(cx, what, state, said);
}

/* Takes the result; OK when the command went through. */
static enum err done(struct ctx *cx, struct conn *c, PGresult *r, const char *what)
{
    ExecStatusType status = PQresultStatus(r);
    enum err err = OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        err = pg_fail(cx, c, r, what);
    PQclear(r);
    return err;
}

/* ---- the connection ---- */

static void quiet(void *self, const char *message)
{
    (void)self;
    (void)message;
}

/* Text must compare as on SQLite: byte by byte. */
static enum err check_database(struct ctx *cx, struct conn *c)
{
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    enum err err = OK;

    if (PQserverVersion(c->pg) < LEAST_VERSION)
        return fail(cx, ERR_DB, "%s is too old: 12 is the oldest that will do", c->version);
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return fail(cx, ERR_DB, "the database must have the encoding UTF8, not %s",
                    encoding ? encoding : "none");
    PGresult *r = PQexec(c->pg, "select datcollate from pg_catalog.pg_database"
                                " where datname = current_database()");
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1) {
        err = pg_fail(cx, c, r, "check");
    } else {
        struct str collate = str_of(PQgetvalue(r, 0, 0));
        if (!str_eq(collate, S("C")) && !str_eq(collate, S("POSIX")) &&
            !str_starts(collate, S("C.")))
            err = fail(cx, ERR_DB, "the database must be made with locale 'C', not '%.*s'",
                       STR_FMT(collate));
    }
    PQclear(r);
    return err;
}

static void pg_close(struct conn *c)
{
    PQfinish(c->pg);
    free(c);
}

static enum err pg_open(struct ctx *cx, const char *url, bool writer, struct conn **out)
{
    /* What stands before the url may be changed by it, what stands after may not. */
    const char *const names[] = {"connect_timeout",
                                 "keepalives_idle",
                                 "tcp_user_timeout",
                                 "application_name",
                                 "dbname",
                                 "client_encoding",
                                 NULL};
    const char *const values[] = {"5", "30", "30000", "trafficd", url, "UTF8", NULL};
    struct conn *c = db_memory(1, sizeof *c);
    enum err err;

    c->pg = PQconnectdbParams(names, values, 1);
    if (PQstatus(c->pg) != CONNECTION_OK)
        TRY(lost(cx, c));
    PQsetNoticeProcessor(c->pg, quiet, NULL);
    struct str number = {0}, rest = str_of(PQparameterStatus(c->pg, "server_version"));
    str_cut(&rest, ' ', &number);
    snprintf(c->version, sizeof c->version, "PostgreSQL %.*s", STR_FMT(number));
    TRY(done(cx, c,
             PQexec(c->pg, "set standard_conforming_strings = on; set lock_timeout = 5000;"
                           " set jit = off; set client_min_messages = warning"),
             "set"));
    if (writer)
        TRY(check_database(cx, c));
    *out = c;
    c = NULL;
out:
    if (c)
        pg_close(c);
    return err;
}

static bool alive(struct conn *c)
{
    return PQstatus(c->pg) == CONNECTION_OK;
}

static const char *version(struct conn *c)
{
    return c->version;
}

/* ---- transactions ---- */

static enum err begin(struct ctx *cx, struct conn *c, bool write)
{
    char sql[160];
    /* A read sees one moment, as on SQLite; writers of this process already stand in line. */
    const char *start = write ? "begin isolation level read committed read write"
                              : "begin isolation level repeatable read read only";
    int64_t left = cx->deadline_ms ? cx->deadline_ms - mono_ms(cx) : 0;

    if (cx->deadline_ms && left < 1)
        left = 1;
    if (left > INT32_MAX)
        left = 0;
    snprintf(sql, sizeof sql, "%s; set local statement_timeout = %" PRId64, start, left);
    return done(cx, c, PQexec(c->pg, sql), "begin");
}

static enum err commit(struct ctx *cx, struct conn *c)
{
    return done(cx, c, PQexec(c->pg, "set local statement_timeout = 0; commit"), "commit");
}

static void rollback(struct conn *c)
{
    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        PQclear(PQexec(c->pg, "rollback"));
}

static enum err script(struct ctx *cx, struct conn *c, const char *sql)
{
    struct str text = postgres_ddl(cx->arena, str_of(sql));

    return done(cx, c, PQexec(c->pg, str_z(cx->arena, text)), "script");
}

/* ---- statements ---- */

static void finalize(struct stmt *s)
{
    PQclear(s->result);
    PQclear(s->shape);
    free(s->values);
    free(s->lengths);
    free(s->formats);
    free(s->digits);
    free(s);
}

static enum db_type type_of(Oid type)
{
    switch (type) {
    case OID_BOOL:
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return DB_INT;
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
        return DB_TEXT;
    case OID_BYTEA:
        return DB_BLOB;
    default: /* numeric and float: nothing computes with them */
        return DB_REAL;
    }
}

static enum err describe(struct ctx *cx, struct stmt *s)
{
    struct conn *c = s->conn;
    const struct query *q = s->query;
    enum err err;

    snprintf(s->name, sizeof s->name, "q%u", c->next_name++);
    TRY(done(cx, c, PQprepare(c->pg, s->name, q->pg_sql ? q->pg_sql : q->sql, 0, NULL), q->name));
    s->shape = PQdescribePrepared(c->pg, s->name);
    if (PQresultStatus(s->shape) != PGRES_COMMAND_OK)
        TRY(pg_fail(cx, c, s->shape, q->name));
    if (PQnparams(s->shape) != q->nparams)
        err = fail(cx, ERR_BUG, "query %s: its text has %d parameters, not %d", q->name,
                   PQnparams(s->shape), q->nparams);
    /* sum() of a bigint is numeric here and an integer on SQLite: found now, not with the first
     * row that has one. */
    for (int i = 0; !err && i < PQnfields(s->shape); i++)
        if (type_of(PQftype(s->shape, i)) == DB_REAL)
            err = fail(cx, ERR_BUG, "query %s: '%s' is not an integer; cast(... as bigint)",
                       q->name, PQfname(s->shape, i));
out:
    return err;
}

static enum err prepare(struct ctx *cx, struct conn *c, const struct query *q, struct stmt **out)
{
    size_t n = q->nparams + 1u;
    struct stmt *s = db_memory(1, sizeof *s);

    *s = (struct stmt){.conn = c, .query = q};
    s->values = db_memory(n, sizeof *s->values);
    s->lengths = db_memory(n, sizeof *s->lengths);
    s->formats = db_memory(n, sizeof *s->formats);
    s->digits = db_memory(n, sizeof *s->digits);
    enum err err = describe(cx, s);
    if (err)
        finalize(s);
    else
        *out = s;
    return err;
}

/* Text and bytes go as they are; numbers as text, which fits whatever type stands there. */
static enum err bind_one(struct ctx *cx, struct stmt *s, int at, const struct arg *a)
{
    bool takes_bytes = PQparamtype(s->shape, at) == OID_BYTEA;
    char *digits = s->digits[at];

    s->formats[at] = 0;
    s->values[at] = digits;
    switch (a->type) {
    case DB_NULL:
        s->values[at] = NULL;
        return OK;
    case DB_INT:
        s->lengths[at] = snprintf(digits, DIGITS, "%" PRId64, a->v.i);
        break;
    case DB_REAL:
        s->lengths[at] = snprintf(digits, DIGITS, "%.17g", a->v.r);
        break;
    case DB_TEXT:
    case DB_BLOB:
        s->values[at] = a->v.s.ptr ? a->v.s.ptr : "";
        s->lengths[at] = (int)a->v.s.len;
        s->formats[at] = 1;
        break;
    }
    if (takes_bytes != (a->type == DB_BLOB))
        return fail(cx, ERR_BUG, "query %s: :%s is %s", s->query->name, a->name,
                    takes_bytes ? "bytes, but something else was given"
                                : "not bytes, but bytes were given");
    return OK;
}

static enum err start(struct ctx *cx, struct stmt *s, const struct arg *by_pos, size_t n)
{
    struct conn *c = s->conn;

    for (size_t i = 0; i < n; i++) {
        enum err err = bind_one(cx, s, (int)i, &by_pos[i]);
        if (err)
            return err;
    }
    s->row = -1;
    s->result = PQexecPrepared(c->pg, s->name, (int)n, s->values, s->lengths, s->formats, 1);
    ExecStatusType status = PQresultStatus(s->result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return OK;
    return pg_fail(cx, c, s->result, s->query->name);
}

static enum step step(struct ctx *cx, struct stmt *s)
{
    (void)cx; /* all rows came with the start */
    return ++s->row < PQntuples(s->result) ? STEP_ROW : STEP_DONE;
}

static int ncols(struct stmt *s)
{
    return PQnfields(s->shape);
}

static const char *col_name(struct stmt *s, int col)
{
    return PQfname(s->shape, col);
}

/* A big-endian two's complement number of 1, 2, 4 or 8 bytes. */
static int64_t number(const unsigned char *at, int len)
{
    uint64_t n = at[0] & 0x80 && len > 1 ? UINT64_MAX : 0;

    for (int i = 0; i < len; i++)
        n = n << 8 | at[i];
    return (int64_t)n;
}

static struct cell cell(struct stmt *s, int col)
{
    const char *at = PQgetvalue(s->result, s->row, col);
    int len = PQgetlength(s->result, s->row, col);

    if (PQgetisnull(s->result, s->row, col))
        return (struct cell){.type = DB_NULL};
    struct cell c = {.type = type_of(PQftype(s->result, col))};
    if (c.type == DB_INT)
        c.i = number((const unsigned char *)at, len);
    else
        c.s = (struct str){at, (size_t)len};
    return c;
}

static int64_t changed(struct stmt *s)
{
    int64_t n = 0;
    bool is_select = str_starts(str_of(PQcmdStatus(s->result)), S("SELECT"));

    return !is_select && str_to_int(str_of(PQcmdTuples(s->result)), &n) ? n : 0;
}

static void reset(struct stmt *s)
{
    PQclear(s->result);
    s->result = NULL;
}

const struct driver driver_postgres = {
    .scheme = "postgres",
    .open = pg_open,
    .close = pg_close,
    .alive = alive,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .script = script,
    .snapshot = NULL,
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
