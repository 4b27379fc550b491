/* ads_account.c: one account of a run: its objects, then its insights, window by window. No
 * transaction is open while the network is waited for. */
#include "ads/ads_inside.h"
#include "ads/facts.sql.h"
#include "base/calendar.h"

enum { CHUNK_DAYS = 7, WIDE_EVERY_HOURS = 6, ARENA_CAP = 256 << 20 };

/* ---- objects ---- */

struct entity_page {
    struct account_run *ar;
    enum entity_level level;
};

static enum err take_entities(struct ctx *cx, const struct json_in *data, void *self)
{
    enum err err;
    struct entity_page *p = self;
    struct tx *tx = NULL;
    struct json_iter it = json_iter(data);
    const struct json_in *row;

    TRY(tx_begin(cx, p->ar->run->job->app->db, TX_WRITE, &tx));
    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_entity e;
        TRY(meta_entity_read(cx, row, p->ar->maps.currency, &e));
        TRY(entity_put(tx, &p->ar->maps, p->level, &e));
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A list that this token may not see, or that is not there, costs names and budgets only: what was
 * spent is in the insights, with the names of the day (I26). */
static bool is_dispensable(const struct meta_reply *last)
{
    return last->class == META_BUG || last->class == META_PERMISSION;
}

static enum err sync_entities(struct account_run *ar)
{
    static const char *const lists[] = {
        [ENTITY_CAMPAIGN] = "campaigns", [ENTITY_AD_SET] = "ad sets", [ENTITY_AD] = "ads"};
    enum err err;
    struct arena *arena = ar->maps.arena;
    int limit = (int)ar->run->job->app->config.meta_page_size;
    struct meta_call calls[] = {
        [ENTITY_CAMPAIGN] = meta_call_campaigns(arena, ar->account->external_id, limit),
        [ENTITY_AD_SET] = meta_call_adsets(arena, ar->account->external_id, limit),
        [ENTITY_AD] = meta_call_ads(arena, ar->account->external_id, limit),
    };

    for (size_t level = 0; level < COUNT(calls); level++) {
        struct entity_page page = {ar, (enum entity_level)level};
        struct meta_walk walk = {.page = take_entities, .self = &page};
        err = meta_each_page(&ar->cx, &ar->run->meta, &calls[level], &walk, &ar->last);
        if (err && !is_dispensable(&ar->last))
            return err;
        if (err)
            job_say(ar->run->job, "act_%.*s: no list of %s (%s); going on without it",
                    STR_FMT(ar->account->external_id), lists[level],
                    meta_class_slug(ar->last.class));
        ctx_forgive(&ar->cx);
    }
    return OK;
}

/* ---- insights ---- */

struct insight_page {
    struct arena *arena; /* of the whole window */
    const struct entity_maps *maps;
    struct insight_rows rows;
};

/* Pages are forgotten one by one; a row keeps only what the store needs. */
static struct meta_insight keep(struct insight_page *p, const struct meta_insight *row)
{
    struct meta_insight kept = *row;
    int64_t known;

    kept.ad_id = arena_str(p->arena, row->ad_id);
    kept.day = arena_str(p->arena, row->day);
    if (map_get(&p->maps->ads, row->ad_id, &known))
        return kept;
    kept.campaign_id = arena_str(p->arena, row->campaign_id);
    kept.campaign_name = arena_str(p->arena, row->campaign_name);
    kept.adset_id = arena_str(p->arena, row->adset_id);
    kept.adset_name = arena_str(p->arena, row->adset_name);
    kept.ad_name = arena_str(p->arena, row->ad_name);
    return kept;
}

static enum err take_insights(struct ctx *cx, const struct json_in *data, void *self)
{
    struct insight_page *p = self;
    struct json_iter it = json_iter(data);
    const struct json_in *value;

    while ((value = json_next(&it, NULL)) != NULL) {
        struct meta_insight row;
        enum err err = meta_insight_read(cx, value, &row);
        if (err)
            return err;
        *vec_add(p->arena, &p->rows) = keep(p, &row);
    }
    if (arena_over(p->arena))
        return fail(cx, ERR_TOO_LARGE, "a window of insights is larger than this work may hold");
    return OK;
}

static enum err store_window(struct account_run *ar, const struct fact_window *w,
                             const struct insight_rows *rows, struct arena *arena)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = ar->cx;

    cx.arena = arena;
    TRY(tx_begin(&cx, ar->run->job->app->db, TX_WRITE, &tx));
    TRY(facts_apply(tx, &ar->maps, w, rows, &ar->run->job->written));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err && !ar->cx.err)
        return fail(&ar->cx, err, "%s", cx.why);
    return err;
}

static enum err sync_window(struct account_run *ar, const struct fact_window *w)
{
    enum err err;
    struct insight_page page = {.arena = arena_new(ARENA_CAP), .maps = &ar->maps};
    struct meta_walk walk = {.page = take_insights, .self = &page};
    struct meta_insights_ask ask = {.account = ar->account->external_id,
                                    .level = META_LEVEL_AD,
                                    .since = w->from,
                                    .until = w->to,
                                    .limit = (int)ar->run->job->app->config.meta_page_size};
    struct meta_call call = meta_call_insights(page.arena, &ask);

    TRY(meta_each_page(&ar->cx, &ar->run->meta, &call, &walk, &ar->last));
    TRY(store_window(ar, w, &page.rows, page.arena));
    job_say(ar->run->job, "act_%.*s %.*s..%.*s: %zu rows", STR_FMT(ar->account->external_id),
            STR_FMT(w->from), STR_FMT(w->to), page.rows.n);
out:
    arena_free(&page.arena);
    return err;
}

static enum err note_failure(struct account_run *ar, const struct fact_window *w)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = ar->cx;
    struct str reason = reason_of(ar->maps.arena, &ar->last);

    ctx_forgive(&cx);
    if (!reason.len)
        reason = arena_str(ar->maps.arena, str_of(ar->cx.why));
    TRY(tx_begin(&cx, ar->run->job->app->db, TX_WRITE, &tx));
    TRY(facts_note_failure(tx, w, reason));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* Too much for one answer: the window is halved until one day is left. */
static enum err sync_window_in_parts(struct account_run *ar, const struct fact_window *w)
{
    enum err err = sync_window(ar, w), noted;
    int64_t days = day_diff(w->from, w->to);
    struct fact_window first = *w, second = *w;

    if (!err)
        return OK;
    if (ar->last.class != META_SPLIT || days == 0) {
        noted = err == ERR_UPSTREAM ? note_failure(ar, w) : OK;
        return noted ? noted : err;
    }
    ctx_forgive(&ar->cx);
    first.to = day_add(ar->maps.arena, w->from, days / 2);
    second.from = day_add(ar->maps.arena, first.to, 1);
    err = sync_window_in_parts(ar, &first);
    return err ? err : sync_window_in_parts(ar, &second);
}

/* ---- one account ---- */

/* Every hour today and yesterday; every six hours, and while a day is missing, all that may still
 * be restated. */
static int64_t window_days(const struct job_run *r, int64_t known_days)
{
    int64_t wide = r->app->config.restate_days;

    if (r->options.days)
        return r->options.days;
    if (known_days < wide - 1 || civil_at(r->app->zone, r->slot_ms).hour % WIDE_EVERY_HOURS == 0)
        return wide;
    return 2;
}

static enum err load_account(struct account_run *ar, struct str today, int64_t *known_days)
{
    enum err err;
    struct tx *tx = NULL;
    struct app *app = ar->run->job->app;
    struct str from = day_add(ar->maps.arena, today, 1 - app->config.restate_days);

    TRY(tx_begin(&ar->cx, app->db, TX_READ, &tx));
    TRY(entities_load(tx, &ar->maps));
    TRY(db_get_int(
        tx, &q_facts_slices_known,
        ARGS(a_int("account_id", ar->account->id), a_str("from_day", from), a_str("today", today)),
        known_days, NULL));
out:
    tx_end(&tx);
    return err;
}

/* The day that it is where the account is. */
static enum err find_today(struct account_run *ar, struct str *today)
{
    const struct zone *zone;
    struct ctx cx = ar->cx;

    cx.arena = ar->maps.arena;
    if (zone_find(&cx, ar->account->tz, &zone))
        return fail(&ar->cx, ERR_UPSTREAM, "the account's time zone %.*s is unknown",
                    STR_FMT(ar->account->tz));
    *today = day_at(ar->maps.arena, zone, now_ms(&ar->cx));
    return OK;
}

static enum err sync_days(struct account_run *ar, struct str today, int64_t days)
{
    enum err err = OK;
    struct arena *arena = ar->maps.arena;
    struct str from = day_add(arena, today, 1 - days);

    while (!err && day_diff(from, today) >= 0) {
        struct fact_window w = {ar->account, from, day_add(arena, from, CHUNK_DAYS - 1)};
        if (day_diff(w.to, today) < 0)
            w.to = today;
        err = sync_window_in_parts(ar, &w);
        from = day_add(arena, w.to, 1);
    }
    return err;
}

enum err account_sync(struct account_run *ar)
{
    enum err err;
    struct str today;
    int64_t known_days = 0;

    TRY(find_today(ar, &today));
    TRY(load_account(ar, today, &known_days));
    TRY(sync_entities(ar));
    TRY(sync_days(ar, today, window_days(ar->run->job, known_days)));
out:
    return err;
}
