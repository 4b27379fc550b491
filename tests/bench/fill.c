/* fill.c: a database of an agency with as many ad-day rows as wanted, and how long the rollups of
 * it take.
 *
 *     fill DATA_FOLDER ROWS FILL.SQL  makes DATA_FOLDER/trafficd.db and builds every day once
 *     fill DATA_FOLDER RUNS           builds again; prints for "day", "month" and "all" the median,
 * the least and the most milliseconds
 */
#include "base/calendar.h"
#include "db/driver.h"
#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAYS = 365, MOST_RUNS = 99 };

struct bench {
    struct ctx cx;
    struct app app;
    struct str today;
};

static enum err open_all(struct bench *b, const char *folder)
{
    enum err err;
    struct ctx *cx = &b->cx;

    TRY(zone_find(cx, S("Asia/Almaty"), &b->app.zone));
    TRY(db_open(cx, arena_fmt(cx->arena, "sqlite:%s/trafficd.db", folder).ptr, 1, &b->app.db));
    TRY(db_migrate(cx, b->app.db));
    b->today = day_at(cx->arena, b->app.zone, now_ms(cx));
out:
    return err;
}

static const char *read_script(struct ctx *cx, const char *path)
{
    char *text = arena_alloc(cx->arena, 32 << 10, 1);
    FILE *f = fopen(path, "rb");

    if (!f || !fread(text, 1, (32 << 10) - 1, f)) {
        fprintf(stderr, "fill: %s cannot be read\n", path);
        exit(1);
    }
    fclose(f);
    return text;
}

static enum err fill(struct bench *b, int64_t rows, const char *path)
{
    enum err err;
    struct tx *tx = NULL;
    const char *script = read_script(&b->cx, path);
    size_t size = strlen(script) + 256;
    char *sql = arena_alloc(b->cx.arena, size, 1);
    int64_t days;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(sql, size, script, (long long)((rows + DAYS - 1) / DAYS));
#pragma GCC diagnostic pop
    TRY(tx_begin(&b->cx, b->app.db, TX_WRITE, &tx));
    TRY(db_script(tx, sql));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(metrics_rebuild(&b->cx, &b->app, S(""), S(""), &days));
out:
    tx_end(&tx);
    return err;
}

/* ---- building again ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double now_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

/* The median, after the slowest and the fastest were shown. */
static enum err measure(struct bench *b, const char *what, struct str from, int runs)
{
    enum err err = OK;
    double took[MOST_RUNS];
    int64_t days;

    for (int i = 0; i < runs; i++) {
        double began = now_us();
        TRY(metrics_rebuild(&b->cx, &b->app, from, b->today, &days));
        took[i] = (now_us() - began) / 1e3;
    }
    qsort(took, (size_t)runs, sizeof *took, by_size);
    printf("%s %.2f %.2f %.2f\n", what, took[runs / 2], took[0], took[runs - 1]);
out:
    return err;
}

static enum err build_again(struct bench *b, int runs)
{
    enum err err;
    struct arena *a = b->cx.arena;

    TRY(measure(b, "day", b->today, runs > MOST_RUNS / 3 ? MOST_RUNS : runs * 3));
    TRY(measure(b, "month", day_add(a, b->today, -29), runs));
    TRY(measure(b, "all", S(""), runs > 3 ? 3 : runs));
out:
    return err;
}

int main(int argc, char **argv)
{
    struct bench b = {
        .cx = {.arena = arena_new(64 << 20), .clock = &clock_system, .tag = "fill"}
    };
    enum err err;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: fill FOLDER ROWS FILL.SQL | fill FOLDER RUNS\n");
        return 2;
    }
    b.app.clock = b.cx.clock;
    err = open_all(&b, argv[1]);
    int64_t number = strtoll(argv[2], NULL, 10);
    if (!err)
        err = argc == 4 ? fill(&b, number, argv[3])
                        : build_again(&b, number < MOST_RUNS ? (int)number : MOST_RUNS);
    if (err)
        fprintf(stderr, "fill: %s\n", b.cx.why);
    db_close(&b.app.db);
    return err ? 1 : 0;
}
