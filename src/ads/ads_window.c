/* ads_window.c: a window of days of one account: asked for, kept with its
 * bytes, made facts. */
#include "ads/ads_inside.h"
#include "base/calendar.h"

enum { ARENA_CAP = 256 << 20 };

void window_open(struct window_rows *w, const struct entity_maps *maps)
{
    *w = (struct window_rows){.arena = arena_new(ARENA_CAP), .maps = maps};
}

void window_close(struct window_rows *w)
{
    arena_free(&w->arena);
}

/* Pages are forgotten one by one; a row keeps only what the store needs. */
static struct net_row keep(struct window_rows *w, const struct net_row *row)
{
    struct net_row kept = *row;
    int64_t known;

    kept.ad_id = arena_str(w->arena, row->ad_id);
    kept.day = arena_str(w->arena, row->day);
    kept.value = arena_str(w->arena, row->value);
    if (w->maps && map_get(&w->maps->ads, row->ad_id, &known))
        return kept;
    kept.campaign_id = arena_str(w->arena, row->campaign_id);
    kept.campaign_name = arena_str(w->arena, row->campaign_name);
    kept.adset_id = arena_str(w->arena, row->adset_id);
    kept.adset_name = arena_str(w->arena, row->adset_name);
    kept.ad_name = arena_str(w->arena, row->ad_name);
    return kept;
}

static enum err take_rows(struct ctx *cx, const struct net_page *page, void *self)
{
    struct window_rows *w = self;
    struct raw_page *raw = NULL;
    enum err err;

    if (page->n) {
        raw = arena_new_of(w->arena, struct raw_page);
        err = raw_pack(cx, w->arena, page, raw);
        if (err)
            return err;
    }
    for (size_t i = 0; i < page->n; i++)
        *vec_add(w->arena, &w->rows) = (struct fact_row){keep(w, &page->rows[i]), raw};
    if (arena_over(w->arena))
        return fail(cx, ERR_TOO_LARGE, "a window of insights is larger than this work may hold");
    return OK;
}

struct net_sink window_sink(struct window_rows *w)
{
    return (struct net_sink){take_rows, w};
}

enum err window_store(struct account_run *ar, const struct fact_window *w, struct window_rows *rows)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = ar->cx;
    struct fact_apply what = {
        .maps = &ar->maps, .window = *w, .part = FACTS_OF_ADS, .rows = &rows->rows};

    cx.arena = rows->arena;
    TRY(tx_begin(&cx, ar->run->job->app->db, TX_WRITE, &tx));
    TRY(facts_apply(tx, &what, &ar->run->job->written));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err && !ar->cx.err)
        return fail(&ar->cx, err, "%s", cx.why);
    return err;
}

enum err window_try(struct account_run *ar, const struct fact_window *w)
{
    enum err err;
    struct window_rows rows;
    struct net_sink sink = window_sink(&rows);
    struct net_rows_ask ask = {
        .account = ar->account->external_id, .level = NET_AD, .from = w->from, .to = w->to};

    window_open(&rows, &ar->maps);
    TRY(ar->run->net->rows(&ar->cx, &ar->run->link, &ask, &sink, &ar->last));
    TRY(window_store(ar, w, &rows));
    job_say(ar->run->job, "act_%.*s %.*s..%.*s: %zu rows", STR_FMT(ar->account->external_id),
            STR_FMT(w->from), STR_FMT(w->to), rows.rows.n);
out:
    window_close(&rows);
    return err;
}

enum err window_note_failure(struct account_run *ar, const struct fact_window *w)
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
enum err window_sync(struct account_run *ar, const struct fact_window *w)
{
    enum err err = window_try(ar, w), noted;
    int64_t days = day_diff(w->from, w->to);
    struct fact_window first = *w, second = *w;
    bool is_too_much = ar->last.class == NET_SPLIT || err == ERR_TOO_LARGE;

    if (!err)
        return OK;
    if (!is_too_much || days == 0) {
        noted = err == ERR_UPSTREAM || is_too_much ? window_note_failure(ar, w) : OK;
        return noted ? noted : err;
    }
    ctx_forgive(&ar->cx);
    first.to = day_add(ar->maps.arena, w->from, days / 2);
    second.from = day_add(ar->maps.arena, first.to, 1);
    err = window_sync(ar, &first);
    return err ? err : window_sync(ar, &second);
}
