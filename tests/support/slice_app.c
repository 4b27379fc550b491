/* slice_app.c: wiring for tests of the slices; the product's own is in app/. */
#include "slice_app.h"
#include "app/tables.h"
#include "attribution/attribution.h"
#include "core/inbox.h"
#include "db/driver.h"
#include "links/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The product's own tables: what is in the program is in these tests. */
static void wire(struct ctx *cx, struct slice_app *s)
{
    struct job_sets jobs = tables_jobs(cx->arena);
    struct route_sets routes = tables_routes(cx->arena);

    s->app->job_sets = jobs.at;
    s->app->njob_sets = jobs.n;
    s->app->inbox_sources = table_inbox;
    s->app->ninbox_sources = table_ninbox;
    check_ok(inbox_start(cx, s->app, &s->app->inbox));
    check_ok(links_start(cx, s->app, &s->app->links));
    core_app_serve(cx, &s->core, routes.at, routes.n);
}

static struct str person(struct ctx *cx, struct slice_app *s, const char *email, enum role role,
                         int64_t team, int64_t *id)
{
    *id = core_app_user(cx, &s->core, email, role, team, NULL);
    return core_app_token(cx, &s->core, *id);
}

void slice_app_open(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    int64_t ignored;

    *s = (struct slice_app){0};
    s->app = &s->core.app;
    core_app_open(cx, t, &s->core);
    s->app->config.currency = S("KZT");
    s->app->config.tz = S("Asia/Almaty");
    s->app->config.amo_webhook_secret = S("hook-key-of-the-tests");
    s->app->config.rate_limit = 100000; /* the limit has its own tests */
    wire(cx, s);
    s->team = core_app_team(cx, &s->core, "Arystan");
    s->other_team = core_app_team(cx, &s->core, "Kenesary");
    s->admin = person(cx, s, "admin@agency.kz", ROLE_ADMIN, 0, &ignored);
    s->lead = person(cx, s, "lead@agency.kz", ROLE_TEAM_LEAD, s->team, &ignored);
    s->worker = person(cx, s, "worker@agency.kz", ROLE_TARGETOLOGIST, s->team, &s->worker_id);
    s->viewer = person(cx, s, "viewer@agency.kz", ROLE_VIEWER, s->team, &ignored);
    s->stranger =
        person(cx, s, "stranger@agency.kz", ROLE_TARGETOLOGIST, s->other_team, &s->stranger_id);
    s->loner = person(cx, s, "loner@agency.kz", ROLE_TARGETOLOGIST, 0, &ignored);
}

void slice_app_close(struct slice_app *s)
{
    if (s->core.server)
        server_stop(&s->core.server);
    links_stop(&s->app->links);
    inbox_stop(&s->app->inbox);
    core_app_close(&s->core);
}

struct answer slice_ask(struct ctx *cx, struct slice_app *s, const char *call, struct str token,
                        const char *body)
{
    return core_app_ask(cx, &s->core, call, token, body);
}

int slice_status(struct ctx *cx, struct slice_app *s, const char *call, struct str token,
                 const char *body)
{
    return slice_ask(cx, s, call, token, body).status;
}

void slice_refuses(struct ctx *cx, struct slice_app *s, const char *call, const char *body,
                   const char *field, const char *why)
{
    struct answer a = slice_ask(cx, s, call, s->admin, body);
    struct str fault = arena_fmt(cx->arena, "{\"field\":\"%s\",\"code\":\"%s\"}", field, why);

    check_int(422, a.status);
    check_holds(fault, a.body);
}

void slice_job(struct ctx *cx, struct slice_app *s, const char *name, struct job_run *result)
{
    check_ok(job_run_now(cx, s->app, name, NULL, NULL, NULL, result));
}

void slice_hook(struct ctx *cx, struct slice_app *s, struct str body)
{
    struct inbox_event e = {.source = S("amocrm"),
                            .content_type = S("application/x-www-form-urlencoded"),
                            .body = body,
                            .received_at = now_ms(cx)};
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(attribution_accept_amocrm(tx, s->app, &e, &(struct inbox_result){0}));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

/* ---- SQL by hand ---- */

static struct str format(struct ctx *cx, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
static struct str format(struct ctx *cx, const char *fmt, va_list ap)
{
    return arena_vfmt(cx->arena, fmt, ap);
}

void sql_script(struct ctx *cx, struct slice_app *s, const char *fmt, ...)
{
    struct tx *tx = NULL;
    va_list ap;

    va_start(ap, fmt);
    const char *sql = str_z(cx->arena, format(cx, fmt, ap));
    va_end(ap);
    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(db_script(tx, sql));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

/* Prepared queries are known by their address: one that lives as long as the database. */
static struct query *query_of(struct ctx *cx, struct str sql)
{
    struct query *q = arena_new_of(cx->arena, struct query);

    *q = (struct query){.name = "by hand", .sql = str_z(cx->arena, sql)};
    return q;
}

int64_t sql_int(struct ctx *cx, struct slice_app *s, const char *fmt, ...)
{
    struct tx *tx = NULL;
    int64_t out = 0;
    bool found;
    va_list ap;

    va_start(ap, fmt);
    struct query *q = query_of(cx, format(cx, fmt, ap));
    va_end(ap);
    check_ok(tx_begin(cx, s->app->db, TX_READ, &tx));
    check_ok(db_get_int(tx, q, NO_ARGS, &out, &found));
    tx_end(&tx);
    return out;
}

/* "a, f(b, c)" to the one text expression of both. */
static struct str line_of(struct ctx *cx, struct str columns)
{
    struct str out = S(""), column;
    int depth = 0;
    size_t from = 0;

    for (size_t i = 0; i <= columns.len; i++) {
        char c = i < columns.len ? columns.ptr[i] : ',';
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c != ',' || depth)
            continue;
        column = str_trim((struct str){columns.ptr + from, i - from});
        out = arena_fmt(cx->arena, "%.*s%scoalesce(cast(%.*s as text), '-')", STR_FMT(out),
                        out.len ? " || '|' || " : "", STR_FMT(column));
        from = i + 1;
    }
    return out;
}

struct str sql_rows(struct ctx *cx, struct slice_app *s, const char *columns, const char *rest)
{
    struct str line = line_of(cx, str_of(columns));
    struct query *q =
        query_of(cx, arena_fmt(cx->arena, "select %.*s as line %s", STR_FMT(line), rest));
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    VEC(struct str) lines = {0};
    size_t size = 1, n = 0;

    check_ok(tx_begin(cx, s->app->db, TX_READ, &tx));
    check_ok(db_query(tx, q, NO_ARGS, &rows));
    while (rows_next(rows)) {
        struct str one = col_str(rows, "line");
        *vec_add(cx->arena, &lines) = one;
        size += one.len + 1;
    }
    check_ok(rows_end(&rows));
    tx_end(&tx);
    char *out = arena_alloc(cx->arena, size, 1);
    for (size_t i = 0; i < lines.n; i++) {
        if (i)
            out[n++] = '\n';
        memcpy(out + n, lines.at[i].ptr, lines.at[i].len);
        n += lines.at[i].len;
    }
    return (struct str){out, n};
}

/* ---- golden answers ---- */

void check_golden(struct ctx *cx, const char *name, const struct answer *a)
{
    struct str path = arena_fmt(cx->arena, "%s/golden/%s.json", TEST_FOLDER, name);
    bool writes = getenv("TD_GOLDEN_WRITE") != NULL;
    FILE *f = fopen(str_z(cx->arena, path), writes ? "w" : "r");
    size_t cap = 1 << 20, n;

    if (!f)
        test_fail(TEST_AT(name), "cannot open %.*s", STR_FMT(path));
    if (writes) {
        fwrite(a->body.ptr, 1, a->body.len, f);
        fclose(f);
        return;
    }
    char *kept = arena_alloc(cx->arena, cap, 1);
    n = fread(kept, 1, cap, f);
    fclose(f);
    check_str(((struct str){kept, n}), a->body);
}
