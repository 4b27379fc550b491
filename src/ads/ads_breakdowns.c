/* ads_breakdowns.c: every six hours the last days by placement and by device, and the reach of the
 * ranges that people look at. */
#include "ads/ads_parts.h"
#include "base/calendar.h"

enum { PART_DAYS = 7 };

static const struct {
    enum net_split split;
    const char *kind;
} splits[] = {
    {NET_PLACEMENT, "placement"},
    {NET_DEVICE,    "device"   },
};

struct part_window {
    struct account_run *ar;
    struct fact_window w;
    enum net_split split;
    const char *kind;
};

static enum err store(const struct part_window *p, struct window_rows *rows, struct str error)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = p->ar->cx;
    struct part_apply what = {&p->ar->maps, p->w, p->kind, &rows->rows};

    ctx_forgive(&cx);
    cx.arena = rows->arena;
    TRY(tx_begin(&cx, p->ar->run->job->app->db, TX_WRITE, &tx));
    if (error.len)
        TRY(parts_note_failure(tx, &what, error));
    else
        TRY(parts_apply(tx, &what, &p->ar->run->job->written));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err && !p->ar->cx.err)
        return fail(&p->ar->cx, err, "%s", cx.why);
    return err;
}

static enum err sync_once(const struct part_window *p)
{
    enum err err;
    struct account_run *ar = p->ar;
    struct window_rows rows;
    struct net_sink sink = window_sink(&rows);
    struct net_rows_ask ask = {.account = ar->account->external_id,
                               .level = NET_AD,
                               .split = p->split,
                               .from = p->w.from,
                               .to = p->w.to};

    window_open(&rows, &ar->maps);
    err = ar->run->net->rows(&ar->cx, &ar->run->link, &ask, &sink, &ar->last);
    if (!err)
        err = store(p, &rows, (struct str){0});
    else if (err == ERR_UPSTREAM && (ar->last.class != NET_SPLIT || str_eq(p->w.from, p->w.to))) {
        struct str reason = reason_of(rows.arena, &ar->last);
        enum err noted = store(p, &rows, reason.len ? reason : str_of(ar->cx.why));
        err = noted ? noted : err;
    }
    window_close(&rows);
    return err;
}

/* Too much for one answer: in halves, until one day is left. */
static enum err sync_parts(const struct part_window *p)
{
    enum err err = sync_once(p);
    int64_t days = day_diff(p->w.from, p->w.to);
    struct part_window first = *p, second = *p;

    if (!err || p->ar->last.class != NET_SPLIT || !days)
        return err;
    ctx_forgive(&p->ar->cx);
    first.w.to = day_add(p->ar->maps.arena, p->w.from, days / 2);
    second.w.from = day_add(p->ar->maps.arena, first.w.to, 1);
    err = sync_parts(&first);
    return err ? err : sync_parts(&second);
}

static enum err load_maps(struct account_run *ar)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&ar->cx, ar->run->job->app->db, TX_READ, &tx));
    TRY(entities_load(tx, &ar->maps));
out:
    tx_end(&tx);
    return err;
}

/* What a network does not split in a way is not asked for again in this run, and harms nothing. */
static bool is_dispensable(const struct net_reply *last)
{
    return last->class == NET_BUG || last->class == NET_PERMISSION || last->class == NET_SPLIT;
}

static enum err account_parts(struct account_run *ar)
{
    enum err err;
    struct job_run *job = ar->run->job;
    int64_t days = job->options.days ? job->options.days : PART_DAYS;

    TRY(load_maps(ar));
    for (size_t i = 0; i < COUNT(splits); i++) {
        struct part_window p = {
            ar,
            {ar->account, day_add(ar->maps.arena, ar->today, 1 - days), ar->today},
            splits[i].split,
            splits[i].kind
        };
        err = sync_parts(&p);
        if (err && !is_dispensable(&ar->last))
            return err;
        if (err) {
            job_say(job, "act_%.*s: no days by %s (%s)", STR_FMT(ar->account->external_id),
                    splits[i].kind, net_class_slug(ar->last.class));
            ctx_forgive(&ar->cx);
        }
        TRY(account_rest(ar));
    }
    TRY(reach_sync(ar));
out:
    return err;
}

enum err breakdowns_run(struct job_run *r)
{
    enum err err = accounts_run(r, &(struct account_job){.work = account_parts});

    if (!err)
        job_say(r, "breakdowns: %lld accounts, %lld rows changed, %lld failed", (long long)r->seen,
                (long long)r->written, (long long)r->failed);
    return err;
}
