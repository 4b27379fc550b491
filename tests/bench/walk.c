/* walk.c: the floor of a sync: the same pages fetched and read into structs, and nothing done with
 * them.
 *
 *     walk PORT PAGE_SIZE  ->  <rows of insights> <milliseconds> <of them processor time here>
 */
#include "pages.h"

#include "base/calendar.h"
#include "base/crypto.h"
#include "vendors/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WINDOW_DAYS = 7 }; /* as ads.sync asks */

struct walk {
    struct ctx cx;
    struct meta meta;
    int limit;
    int64_t rows;
};

static enum err skip_rows(struct ctx *cx, const struct json_in *data, void *self)
{
    (void)cx, (void)data, (void)self;
    return OK;
}

static enum err read_entities(struct ctx *cx, const struct json_in *data, void *self)
{
    struct json_iter it = json_iter(data);
    struct meta_entity e;

    (void)self;
    for (const struct json_in *row; (row = json_next(&it, NULL)) != NULL;)
        if (meta_entity_read(cx, row, S("USD"), &e))
            return cx->err;
    return OK;
}

static enum err read_insights(struct ctx *cx, const struct json_in *data, void *self)
{
    struct walk *w = self;
    struct json_iter it = json_iter(data);
    struct meta_insight row;

    for (const struct json_in *value; (value = json_next(&it, NULL)) != NULL; w->rows++)
        if (meta_insight_read(cx, value, &row))
            return cx->err;
    return OK;
}

static enum err walk_list(struct walk *w, struct meta_call call, meta_page_fn *page)
{
    struct meta_walk walk = {.page = page, .self = w};
    struct meta_reply last;

    return meta_each_page(&w->cx, &w->meta, &call, &walk, &last);
}

static enum err walk_all(struct walk *w)
{
    enum err err;
    struct arena *a = w->cx.arena;
    const struct zone *zone;
    struct str account = S(PAGES_ACCOUNT), today, from;

    TRY(zone_find(&w->cx, S(PAGES_ZONE), &zone));
    today = day_at(a, zone, now_ms(&w->cx));
    TRY(walk_list(w, meta_call_accounts(w->limit), skip_rows));
    TRY(walk_list(w, meta_call_campaigns(a, account, w->limit), read_entities));
    TRY(walk_list(w, meta_call_adsets(a, account, w->limit), read_entities));
    TRY(walk_list(w, meta_call_ads(a, account, w->limit), read_entities));
    from = day_add(a, today, 1 - PAGES_DAYS);
    for (int i = 0; i < PAGES_DAYS / WINDOW_DAYS; i++, from = day_add(a, from, WINDOW_DAYS)) {
        struct meta_insights_ask ask = {.account = account,
                                        .level = META_LEVEL_AD,
                                        .since = from,
                                        .until = day_add(a, from, WINDOW_DAYS - 1),
                                        .limit = w->limit};
        TRY(walk_list(w, meta_call_insights(a, &ask), read_insights));
    }
out:
    return err;
}

int main(int argc, char **argv)
{
    struct walk w = {
        .cx = {.arena = arena_new(64 << 20), .clock = &clock_system, .tag = "walk"}
    };
    struct upstream up = {
        .name = "meta",
        .connect_ms = 5000,
        .total_ms = 30000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 1, .base_ms = 1, .cap_ms = 1}
    };

    if (argc != 3) {
        fprintf(stderr, "usage: walk PORT PAGE_SIZE\n");
        return 2;
    }
    up.base_url = arena_fmt(w.cx.arena, "http://127.0.0.1:%s", argv[1]).ptr;
    w.limit = atoi(argv[2]);
    w.meta = (struct meta){
        .upstream = &up, .auth = {.version = S("v25.0"), .token = S("bench-token")}
    };
    enum err err = fetcher_new(&w.cx, S(""), &random_system, &w.meta.fetcher);
    int64_t began = mono_ms(&w.cx);
    clock_t cpu = clock();
    if (!err)
        err = walk_all(&w);
    if (err) {
        fprintf(stderr, "walk: %s\n", w.cx.why);
        return 1;
    }
    printf("%lld %lld %.0f\n", (long long)w.rows, (long long)(mono_ms(&w.cx) - began),
           (double)(clock() - cpu) * 1e3 / CLOCKS_PER_SEC);
    return 0;
}
