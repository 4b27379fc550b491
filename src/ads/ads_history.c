/* ads_history.c: what was before: month by month backwards until the platform keeps no more or a
 * year is empty, and days that a sync could not get. Bounded in time: the next run goes on. */
#include "ads/ads_inside.h"
#include "ads/history.sql.h"
#include "base/calendar.h"

enum { EMPTY_MONTHS = 12, NEEDED_MS = 90 * 1000, MOST_STEPS = 400 };
#define HOUR_MS (3600 * 1000LL)
#define STALE_MS (6 * HOUR_MS) /* how old a day that needs reports may be while it may change */

struct history { /* one account's */
    struct account_run *ar;
    struct heavy_days heavy;
    struct str from, limit; /* known from here on; as far back as the platform keeps */
    bool is_done, is_known; /* the whole past is there; the sync has worked once */
};

static struct tx *begin(struct account_run *ar, enum tx_kind kind, enum err *err)
{
    struct tx *tx = NULL;

    *err = tx_begin(&ar->cx, ar->run->job->app->db, kind, &tx);
    return tx;
}

/* ---- where it stands ---- */

/* The same day so many months ago, and a day more: the edge itself may be gone in another zone. */
static struct str limit_of(struct account_run *ar)
{
    struct date d;
    int64_t months = ar->run->job->app->config.history_months, at;

    if (!day_parse(ar->today, &d))
        return ar->today;
    at = d.year * 12 + d.month - 1 - months;
    d = (struct date){(int)(at / 12), (int)(at % 12) + 1, d.day < 28 ? d.day : 28};
    return day_add(ar->maps.arena, day_text(ar->maps.arena, d), 1);
}

static enum err load(struct history *h)
{
    enum err err;
    struct account_run *ar = h->ar;
    struct rows *rows = NULL;
    struct tx *tx = begin(ar, TX_READ, &err);

    TRY(err);
    TRY(entities_load(tx, &ar->maps));
    TRY(heavy_load(tx, ar, &h->heavy));
    TRY(db_query(tx, &q_history_state, ARGS(a_int("id", ar->account->id)), &rows));
    while (rows_next(rows)) {
        h->from = arena_str(ar->maps.arena, col_str(rows, "history_from"));
        h->is_done = !col_is_null(rows, "history_done_at");
        h->is_known = str_eq(col_str(rows, "sync_state"), S("ok")) ||
                      str_eq(col_str(rows, "sync_state"), S("failed"));
    }
    TRY(rows_end(&rows));
    h->limit = limit_of(ar);
    if (!h->from.len)
        h->from = day_add(ar->maps.arena, ar->today, 1 - ar->run->job->app->config.restate_days);
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err save(struct history *h)
{
    enum err err;
    struct tx *tx = begin(h->ar, TX_WRITE, &err);

    TRY(err);
    TRY(db_exec(tx, &q_history_set,
                ARGS(a_int("id", h->ar->account->id), a_str("history_from", h->from),
                     h->is_done ? a_int("done_at", now_ms(&h->ar->cx)) : a_null("done_at")),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* ---- days that are missing ---- */

struct day_list {
    struct str *at;
    size_t n, cap;
};

/* Days of the range that are to be asked for: not known, failed, or known only by a report that is
 * old. Those with a report under way are left alone. */
static enum err missing_days(struct history *h, struct str from, struct str to,
                             struct day_list *out)
{
    enum err err;
    struct account_run *ar = h->ar;
    struct arena *a = ar->maps.arena;
    struct rows *rows = NULL;
    struct map fresh = {0};
    struct tx *tx = begin(ar, TX_READ, &err);
    int64_t any, is_heavy;

    TRY(err);
    TRY(db_query(
        tx, &q_history_days,
        ARGS(a_int("account_id", ar->account->id), a_str("from_day", from), a_str("to_day", to)),
        &rows));
    while (rows_next(rows)) {
        struct str day = arena_str(a, col_str(rows, "day"));
        bool is_old = col_int(rows, "synced_at") < now_ms(&ar->cx) - STALE_MS;
        bool may_change = day_diff(day, ar->today) < ar->run->job->app->config.restate_days;
        if (!str_eq(col_str(rows, "state"), S("ok")))
            continue;
        if (map_get(&h->heavy.by_day, day, &is_heavy) && is_old && may_change)
            continue;
        map_put(a, &fresh, day, 1);
    }
    TRY(rows_end(&rows));
    for (int64_t i = 0; i <= day_diff(from, to); i++) {
        struct str day = day_add(a, from, i);
        if (!map_get(&fresh, day, &any))
            *vec_add(a, out) = day;
    }
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* All at once, or in halves; one day that is too much becomes a report. */
static enum err fill_window(struct history *h, const struct fact_window *w)
{
    enum err err, noted;
    struct account_run *ar = h->ar;
    int64_t days = day_diff(w->from, w->to), heavy = 0;
    struct fact_window first = *w, second = *w;

    if (map_get(&h->heavy.by_day, w->from, &heavy))
        return heavy == HEAVY_KNOWN ? report_begin(ar, w->from) : OK;
    err = window_try(ar, w);
    if (!err)
        return OK;
    if (ar->last.class != NET_SPLIT || (!days && !ar->run->net->run_start)) {
        noted = err == ERR_UPSTREAM ? window_note_failure(ar, w) : OK;
        return noted ? noted : err;
    }
    ctx_forgive(&ar->cx);
    if (!days) {
        map_put(ar->maps.arena, &h->heavy.by_day, w->from, HEAVY_UNDER_WAY);
        return report_begin(ar, w->from);
    }
    first.to = day_add(ar->maps.arena, w->from, days / 2);
    second.from = day_add(ar->maps.arena, first.to, 1);
    err = fill_window(h, &first);
    return err ? err : fill_window(h, &second);
}

/* Days in a row go together, but for those that need reports. */
static enum err fill(struct history *h, const struct day_list *days)
{
    enum err err = OK;
    int64_t any;

    for (size_t i = 0, end; !err && i < days->n; i = end) {
        struct fact_window w = {h->ar->account, days->at[i], days->at[i]};
        end = i + 1;
        if (!map_get(&h->heavy.by_day, w.from, &any))
            while (end < days->n && day_diff(w.to, days->at[end]) == 1 &&
                   !map_get(&h->heavy.by_day, days->at[end], &any))
                w.to = days->at[end++];
        if (ads_is_out_of_time(h->ar, NEEDED_MS))
            return OK;
        err = fill_window(h, &w);
        if (!err)
            err = account_rest(h->ar);
    }
    return err;
}

/* ---- months ---- */

static enum err has_facts(struct history *h, struct str from, struct str to, bool *out)
{
    enum err err;
    int64_t n = 0;
    struct tx *tx = begin(h->ar, TX_READ, &err);

    TRY(err);
    TRY(db_get_int(
        tx, &q_history_has_facts,
        ARGS(a_int("account_id", h->ar->account->id), a_str("from_day", from), a_str("to_day", to)),
        &n, NULL));
    *out = n > 0;
out:
    tx_end(&tx);
    return err;
}

/* The month before what is known. *moved: it is there now, but for days that stay failed. */
static enum err one_month(struct history *h, bool *moved)
{
    enum err err;
    struct account_run *ar = h->ar;
    struct arena *a = ar->maps.arena;
    struct str to = day_add(a, h->from, -1), from = arena_fmt(a, "%.8s01", to.ptr);
    struct day_list missing = {0};

    *moved = false;
    if (day_diff(from, h->limit) > 0)
        from = h->limit;
    TRY(missing_days(h, from, to, &missing));
    TRY(fill(h, &missing));
    missing.n = 0;
    TRY(missing_days(h, from, to, &missing));
    for (size_t i = 0; i < missing.n; i++) {
        int64_t is_heavy;
        if (!map_get(&h->heavy.by_day, missing.at[i], &is_heavy))
            return OK; /* out of time: the next run goes on here */
    }
    TRY(totals_sync(ar, &(struct fact_window){ar->account, from, to}));
    h->from = from;
    *moved = true;
    TRY(save(h));
out:
    return err;
}

/* A year without a row is before the account's first. */
static enum err is_at_end(struct history *h, bool *out)
{
    enum err err = OK;
    struct arena *a = h->ar->maps.arena;
    struct date d;
    bool any = true;
    int64_t at;

    *out = day_diff(h->limit, h->from) <= 0;
    if (*out || !day_parse(h->from, &d))
        return OK;
    at = d.year * 12 + d.month - 1 + EMPTY_MONTHS;
    d = (struct date){(int)(at / 12), (int)(at % 12) + 1, 1};
    if (day_diff(day_text(a, d), h->ar->today) < 0)
        return OK;
    err = has_facts(h, h->from, day_text(a, d), &any);
    *out = !any;
    return err;
}

static void say_progress(struct history *h)
{
    int64_t all = h->ar->run->job->app->config.history_months;
    int64_t done = day_diff(h->from, h->ar->today) / 30;

    job_progress(h->ar->run->job, done > all ? all : done, all, "act_%.*s back to %.*s",
                 STR_FMT(h->ar->account->external_id), STR_FMT(h->from));
}

static enum err go_back(struct history *h)
{
    enum err err = OK;
    bool moved = true;

    for (int i = 0; !h->is_done && moved && i < MOST_STEPS; i++) {
        TRY(is_at_end(h, &h->is_done));
        if (h->is_done) {
            job_say(h->ar->run->job, "act_%.*s: the past is complete from %.*s on",
                    STR_FMT(h->ar->account->external_id), STR_FMT(h->from));
            TRY(save(h));
            break;
        }
        if (ads_is_out_of_time(h->ar, NEEDED_MS))
            break;
        TRY(one_month(h, &moved));
        say_progress(h);
    }
out:
    return err;
}

static enum err account_history(struct account_run *ar)
{
    enum err err;
    struct history h = {.ar = ar};
    struct str recent =
        day_add(ar->maps.arena, ar->today, 1 - ar->run->job->app->config.restate_days);
    struct day_list missing = {0};

    TRY(load(&h));
    if (!h.is_known) /* the first sync comes first */
        return OK;
    TRY(reports_resume(ar));
    TRY(missing_days(&h, recent, ar->today, &missing));
    TRY(fill(&h, &missing));
    TRY(go_back(&h));
out:
    return err;
}

enum err history_run(struct job_run *r)
{
    enum err err = accounts_run(r, &(struct account_job){.work = account_history});

    if (!err && r->written)
        job_say(r, "history: %lld accounts, %lld rows changed, %lld failed", (long long)r->seen,
                (long long)r->written, (long long)r->failed);
    if (r->written)
        scheduler_nudge(r->app->scheduler, "metrics.build");
    return err;
}
