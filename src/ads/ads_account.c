/* ads_account.c: one account of ads.sync: its objects, then its insights,
 * window by window, then the account's own totals. No transaction is open while
 * the network is waited for. */
#include "ads/ads_inside.h"
#include "ads/facts.sql.h"
#include "base/calendar.h"

enum { CHUNK_DAYS = 7 };
/* Six hours, less what a run may take. */
#define WIDE_EVERY_MS (330 * 60 * 1000LL)

/* ---- objects ---- */

struct entity_page {
    struct account_run *ar;
    enum net_level level;
};

static enum err take_entities(struct ctx *cx, const struct net_page *page, void *self)
{
    enum err err;
    struct entity_page *p = self;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, p->ar->run->job->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < page->n; i++)
        TRY(entity_put(tx, &p->ar->maps, p->level, &page->entities[i]));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A list that this token may not see, or that is not there, costs names and
 * budgets only: what was spent is in the insights, with the names of the day
 * (I26). */
static bool is_dispensable(const struct net_reply *last)
{
    return last->class == NET_BUG || last->class == NET_PERMISSION;
}

static enum err sync_objects(struct account_run *ar)
{
    static const char *const lists[] = {
        [NET_CAMPAIGN] = "campaigns", [NET_AD_SET] = "ad sets", [NET_AD] = "ads"};

    for (size_t level = 0; level < COUNT(lists); level++) {
        struct net_objects_ask ask = {ar->account->external_id, ar->account->currency,
                                      (enum net_level)level};
        struct entity_page page = {ar, (enum net_level)level};
        struct net_sink sink = {take_entities, &page};
        enum err err = ar->run->net->objects(&ar->cx, &ar->run->link, &ask, &sink, &ar->last);
        if (err && !is_dispensable(&ar->last))
            return err;
        if (err)
            job_say(ar->run->job, "act_%.*s: no list of %s (%s); going on without it",
                    STR_FMT(ar->account->external_id), lists[level],
                    net_class_slug(ar->last.class));
        ctx_forgive(&ar->cx);
    }
    return OK;
}

/* ---- days ---- */

/* Days before yesterday whose turn it is to be left alone: read within six hours, or so heavy that
 * reports bring them. */
static int64_t settled_days(struct account_run *ar, const struct heavy_days *heavy, int64_t fresh)
{
    int64_t wide = ar->run->job->app->config.restate_days, state;

    for (int64_t i = 2; i < wide; i++)
        fresh += map_get(&heavy->by_day, day_add(ar->maps.arena, ar->today, -i), &state);
    return fresh;
}

/* Every hour today and yesterday; every six hours, whatever hour it is, and while a day is missing,
 * all that may still be restated. */
static int64_t window_days(struct account_run *ar, const struct heavy_days *heavy, int64_t fresh)
{
    const struct job_run *r = ar->run->job;
    int64_t wide = r->app->config.restate_days;

    if (r->options.days)
        return r->options.days;
    return settled_days(ar, heavy, fresh) < wide - 2 ? wide : 2;
}

static enum err load_account(struct account_run *ar, int64_t *fresh_days, struct heavy_days *heavy)
{
    enum err err;
    struct tx *tx = NULL;
    struct app *app = ar->run->job->app;
    struct str from = day_add(ar->maps.arena, ar->today, 1 - app->config.restate_days);

    TRY(tx_begin(&ar->cx, app->db, TX_READ, &tx));
    TRY(entities_load(tx, &ar->maps));
    TRY(heavy_load(tx, ar, heavy));
    TRY(db_get_int(tx, &q_facts_slices_fresh,
                   ARGS(a_int("account_id", ar->account->id), a_str("from_day", from),
                        a_str("yesterday", day_add(ar->maps.arena, ar->today, -1)),
                        a_int("since", now_ms(&ar->cx) - WIDE_EVERY_MS)),
                   fresh_days, NULL));
out:
    tx_end(&tx);
    return err;
}

/* From this day on up to a week, but not over a day that is known to be too much: reports bring
 * those. False when the day itself is one. */
static bool next_window(struct account_run *ar, const struct heavy_days *heavy,
                        struct fact_window *w)
{
    int64_t is_heavy;
    struct str next;

    w->to = w->from;
    if (map_get(&heavy->by_day, w->from, &is_heavy))
        return false;
    for (int i = 1; i < CHUNK_DAYS; i++) {
        next = day_add(ar->maps.arena, w->to, 1);
        if (day_diff(next, ar->today) < 0 || map_get(&heavy->by_day, next, &is_heavy))
            break;
        w->to = next;
    }
    return true;
}

static enum err sync_days(struct account_run *ar, const struct heavy_days *heavy, int64_t days)
{
    enum err err = OK;
    struct arena *arena = ar->maps.arena;
    struct fact_window w = {.account = ar->account, .from = day_add(arena, ar->today, 1 - days)};

    for (; !err && day_diff(w.from, ar->today) >= 0; w.from = day_add(arena, w.to, 1)) {
        if (!next_window(ar, heavy, &w))
            continue;
        err = window_sync(ar, &w);
        if (!err && day_diff(w.to, ar->today) > 0)
            err = account_rest(ar);
    }
    if (err && ar->last.class == NET_SPLIT)
        scheduler_nudge(ar->run->job->app->scheduler, "ads.history");
    return err;
}

enum err account_sync(struct account_run *ar)
{
    enum err err;
    int64_t fresh_days = 0, days;
    struct heavy_days heavy = {0};
    struct fact_window all = {.account = ar->account, .to = ar->today};

    TRY(load_account(ar, &fresh_days, &heavy));
    TRY(sync_objects(ar));
    days = window_days(ar, &heavy, fresh_days);
    TRY(sync_days(ar, &heavy, days));
    all.from = day_add(ar->maps.arena, ar->today, 1 - days);
    if (days > 1) /* today alone is still going on: nothing in it can be compared */
        TRY(totals_sync(ar, &all));
out:
    return err;
}
