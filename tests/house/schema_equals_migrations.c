/* schema_equals_migrations.c: the migrations, one after the other, give what schema.sql says. */
#include "db/driver.h"
#include "temp_db.h"

#include <stdio.h>
#include <string.h>

/* One line for each thing in the database, in the engine's own words. */
static const struct query things = {
    .name = "things",
    .sql = "select type || ' ' || name || ': ' || coalesce(sql, '') as line from sqlite_schema"
           " where name not like 'sqlite_%' order by type, name",
    .pg_sql =
        "select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' '"
        "       || is_nullable || ' ' || is_identity || ' ' || coalesce(column_default, '') as line"
        "  from information_schema.columns where table_schema = current_schema()"
        " union all "
        "select 'index ' || indexdef from pg_indexes where schemaname = current_schema()"
        " union all "
        "select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)"
        "  from pg_constraint where connamespace = current_schema()::regnamespace"
        " union all "
        "select 'view ' || viewname || ' ' || definition from pg_views"
        " where schemaname = current_schema()"
        " order by line",
};
static const struct query tables = {
    .name = "tables",
    .sql = "select name as line from sqlite_schema where type = 'table'"
           " and name not like 'sqlite_%' and name <> 'schema_migration' order by name",
    .pg_sql = "select tablename as line from pg_tables where schemaname = current_schema()"
              " and tablename <> 'schema_migration' order by tablename",
};

struct lines {
    struct str *at;
    size_t n, cap;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static size_t comment_len(struct str s)
{
    const char *end = memchr(s.ptr, '\n', s.len);

    if (!str_starts(s, S("--")))
        return 0;
    return end ? (size_t)(end - s.ptr) : s.len;
}

/* Without comments, quotes around names, the test's own schema name, and white space: what an
 * `alter table` leaves behind looks like what schema.sql says from the start. */
static struct str plain(struct arena *a, struct str s, struct str schema)
{
    char *out = arena_alloc(a, s.len + 1, 1);
    size_t n = 0;

    while (s.len) {
        size_t skip = comment_len(s);

        if (!skip && schema.len && str_starts(s, schema))
            skip = schema.len;
        if (!skip && (is_space(s.ptr[0]) || s.ptr[0] == '"'))
            skip = 1;
        if (!skip)
            out[n++] = s.ptr[0];
        skip = skip ? skip : 1;
        s = (struct str){s.ptr + skip, s.len - skip};
    }
    return (struct str){out, n};
}

static struct lines read_lines(struct ctx *cx, struct temp_db *t, const struct query *q)
{
    struct lines lines = {0};
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct str schema = {0};

    if (t->engine == TEMP_POSTGRES)
        schema = arena_fmt(cx->arena, "%s.", t->schema);
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_query(tx, q, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(cx->arena, &lines) = plain(cx->arena, col_str(rows, "line"), schema);
    check_ok(rows_end(&rows));
    tx_end(&tx);
    return lines;
}

static int64_t count_rows(struct ctx *cx, struct temp_db *t, struct str table)
{
    struct query q = {.name = "count_rows"};
    struct tx *tx = NULL;
    int64_t n = 0;

    q.sql =
        str_z(cx->arena, arena_fmt(cx->arena, "select count(*) as n from %.*s", STR_FMT(table)));
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(db_get_int(tx, memcpy(arena_new_of(cx->arena, struct query), &q, sizeof q), NO_ARGS,
                        &n, NULL));
    tx_end(&tx);
    return n;
}

static bool has_line(struct lines in, struct str line)
{
    for (size_t i = 0; i < in.n; i++)
        if (str_eq(in.at[i], line))
            return true;
    return false;
}

static int say_missing(struct lines from, struct lines in, const char *where)
{
    int missing = 0;

    for (size_t i = 0; i < from.n; i++) {
        if (has_line(in, from.at[i]))
            continue;
        printf("only %s: %.*s\n", where, STR_FMT(from.at[i]));
        missing++;
    }
    return missing;
}

static void run_schema(struct ctx *cx, struct temp_db *t)
{
    struct str sql = {(const char *)embedded_schema.data, embedded_schema.len};
    struct tx *tx = NULL;

    temp_db_reopen(cx, t);
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_script(tx, str_z(cx->arena, sql)));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(migrations_give_what_schema_sql_says)
{
    struct temp_db plan;
    int differences;

    temp_db_make(&plan, t->engine);
    run_schema(cx, &plan);
    struct lines made = read_lines(cx, t, &things), planned = read_lines(cx, &plan, &things);
    struct lines names = read_lines(cx, &plan, &tables);
    check(planned.n > 50);
    differences = say_missing(planned, made, "in schema.sql");
    differences += say_missing(made, planned, "in src/db/migrations");
    check_int(0, differences);
    for (size_t i = 0; i < names.n; i++)
        check_int(count_rows(cx, &plan, names.at[i]), count_rows(cx, t, names.at[i]));
    temp_db_close(&plan);
}
