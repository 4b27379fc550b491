/* ads_reports.c: days that are too much for one answer, as reports that the network prepares. The
 * run's id is a row before anything is waited for, so that a restart goes on asking. A run that is
 * stuck, failed or skipped is started again, three times in all; then campaign by campaign. */
#include "ads/ads_inside.h"
#include "ads/history.sql.h"

enum {
    MOST_TRIES = 3,
    UNSEEN_MS = 2 * 60 * 1000,
    START_MS = 5 * 60 * 1000,
    MOST_MS = 30 * 60 * 1000,
    POLL_MS = 5000,
    WAIT_MS = 60 * 1000, /* how long one day is waited for before the next one has its turn */
    LEAN_LIMIT = 25
};
#define DAY_MS (24 * 3600 * 1000LL)
#define REMEMBERED_MS (3 * DAY_MS) /* how long a day counts as one that needs a report */

struct report {
    int64_t id, tries, updated_at;
    struct str day, state;
    struct net_run run;
};

/* ---- rows ---- */

static struct report report_of(struct account_run *ar, struct rows *rows)
{
    struct arena *a = ar->maps.arena;
    struct report r = {.id = col_int(rows, "id"),
                       .tries = col_int(rows, "tries"),
                       .updated_at = col_int(rows, "updated_at"),
                       .day = arena_str(a, col_str(rows, "from_day")),
                       .state = arena_str(a, col_str(rows, "state"))};

    r.run.id = arena_str(a, col_str(rows, "run_id"));
    r.run.ask = (struct net_rows_ask){
        .account = ar->account->external_id, .level = NET_AD, .from = r.day, .to = r.day};
    return r;
}

struct report_list {
    struct report *at;
    size_t n, cap;
};

static enum err load_reports(struct tx *tx, struct account_run *ar, struct report_list *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_report_rows,
                 ARGS(a_int("account_id", ar->account->id),
                      a_int("since", now_ms(tx_ctx(tx)) - REMEMBERED_MS)),
                 &rows));
    while (rows_next(rows))
        *vec_add(ar->maps.arena, out) = report_of(ar, rows);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err heavy_load(struct tx *tx, struct account_run *ar, struct heavy_days *out)
{
    struct report_list list = {0};
    enum err err = load_reports(tx, ar, &list);

    for (size_t i = 0; !err && i < list.n; i++) {
        const struct report *r = &list.at[i];
        bool is_fresh = r->updated_at > now_ms(&ar->cx) - DAY_MS;
        enum heavy_state state = str_eq(r->state, S("running"))              ? HEAVY_UNDER_WAY
                                 : str_eq(r->state, S("failed")) && is_fresh ? HEAVY_GIVEN_UP
                                                                             : HEAVY_KNOWN;
        map_put(ar->maps.arena, &out->by_day, r->day, state);
    }
    return err;
}

/* One statement in a transaction of its own. */
static enum err change(struct account_run *ar, const struct query *q, const struct arg *args,
                       size_t n)
{
    enum err err;
    struct tx *tx = NULL;
    struct ctx cx = ar->cx;

    ctx_forgive(&cx);
    TRY(tx_begin(&cx, ar->run->job->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, q, args, n, NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    if (err && !ar->cx.err)
        return fail(&ar->cx, err, "%s", cx.why);
    return err;
}

static enum err end_report(struct account_run *ar, const struct report *r, const char *state,
                           struct str error)
{
    return change(ar, &q_report_end,
                  ARGS(a_int("id", r->id), a_str("state", str_of(state)), a_opt("error", error),
                       a_int("at", now_ms(&ar->cx))));
}

/* ---- what comes of a day ---- */

static enum err store_day(struct account_run *ar, struct str day, struct window_rows *rows)
{
    struct fact_window w = {ar->account, day, day};
    enum err err = window_store(ar, &w, rows);

    if (!err)
        err = totals_sync(ar, &w);
    return err;
}

static enum err take_report(struct account_run *ar, struct report *r)
{
    enum err err;
    struct window_rows rows;
    struct net_sink sink = window_sink(&rows);

    window_open(&rows, &ar->maps);
    TRY(ar->run->net->run_rows(&ar->cx, &ar->run->link, &r->run, &sink, &ar->last));
    TRY(store_day(ar, r->day, &rows));
    job_say(ar->run->job, "act_%.*s %.*s: %zu rows of a report", STR_FMT(ar->account->external_id),
            STR_FMT(r->day), rows.rows.n);
    r->state = S("taken");
    TRY(end_report(ar, r, "taken", (struct str){0}));
out:
    window_close(&rows);
    return err;
}

/* One campaign's part of the day; when that is too much too, the fewest fields in small pages. */
static enum err one_campaign(struct account_run *ar, struct str day, struct str campaign,
                             struct window_rows *rows)
{
    struct net_sink sink = window_sink(rows);
    struct net_rows_ask ask = {.account = ar->account->external_id,
                               .level = NET_AD,
                               .from = day,
                               .to = day,
                               .campaign = campaign};
    size_t before = rows->rows.n;
    enum err err = ar->run->net->rows(&ar->cx, &ar->run->link, &ask, &sink, &ar->last);

    if (!err || ar->last.class != NET_SPLIT)
        return err;
    ctx_forgive(&ar->cx);
    rows->rows.n = before;
    ask.is_lean = true;
    ask.limit = LEAN_LIMIT;
    return ar->run->net->rows(&ar->cx, &ar->run->link, &ask, &sink, &ar->last);
}

static enum err by_campaigns(struct account_run *ar, struct report *r)
{
    enum err err = OK;
    struct fact_window w = {ar->account, r->day, r->day};
    struct window_rows rows;
    enum err noted;

    r->state = S("failed");
    window_open(&rows, &ar->maps);
    job_say(ar->run->job, "act_%.*s %.*s: campaign by campaign", STR_FMT(ar->account->external_id),
            STR_FMT(r->day));
    for (size_t i = 0; !err && i < ar->maps.campaigns.cap; i++) {
        struct str campaign = ar->maps.campaigns.slots[i].key;
        if (campaign.ptr && !str_starts(campaign, S(RESIDUAL_PREFIX)))
            err = one_campaign(ar, r->day, campaign, &rows);
    }
    if (!err)
        err = store_day(ar, r->day, &rows);
    if (!err)
        err = end_report(ar, r, "taken", S("campaign by campaign"));
    else if (err == ERR_UPSTREAM && !ctx_expired(&ar->cx)) {
        noted = window_note_failure(ar, &w);
        if (!noted)
            noted = end_report(ar, r, "failed", reason_of(rows.arena, &ar->last));
        /* A day that cannot be had at all is told by its slice, and the account goes on. */
        if (!noted && ar->last.class == NET_SPLIT) {
            ctx_forgive(&ar->cx);
            err = OK;
        }
    }
    window_close(&rows);
    return err;
}

/* ---- runs ---- */

/* Starts one, or another; beyond the third, or when even a report is too much, in parts. */
static enum err start(struct account_run *ar, struct report *r)
{
    enum err err;
    struct arg at = a_int("at", now_ms(&ar->cx)), tries;
    struct tx *tx = NULL;

    r->run.ask = (struct net_rows_ask){
        .account = ar->account->external_id, .level = NET_AD, .from = r->day, .to = r->day};
    if (r->tries >= MOST_TRIES)
        return by_campaigns(ar, r);
    err = ar->run->net->run_start(&ar->cx, &ar->run->link, &r->run, &ar->last);
    if (err && ar->last.class != NET_SPLIT)
        return err;
    if (err) {
        ctx_forgive(&ar->cx);
        r->run.id = S("0");
    }
    r->tries = err ? MOST_TRIES : r->tries + 1;
    r->updated_at = now_ms(&ar->cx);
    r->state = S("running");
    tries = a_int("tries", r->tries);
    if (r->id)
        TRY(change(ar, &q_report_again,
                   ARGS(a_int("id", r->id), a_str("run_id", r->run.id), tries, at)));
    else {
        TRY(tx_begin(&ar->cx, ar->run->job->app->db, TX_WRITE, &tx));
        TRY(db_get_int(tx, &q_report_insert,
                       ARGS(a_int("account_id", ar->account->id), a_str("day", r->day),
                            a_str("run_id", r->run.id), tries, at),
                       &r->id, NULL));
        TRY(tx_commit(tx));
    }
    if (str_eq(r->run.id, S("0")))
        TRY(by_campaigns(ar, r));
out:
    tx_end(&tx);
    return err;
}

static bool is_stuck(const struct account_run *ar, const struct report *r)
{
    int64_t age = now_ms(&ar->cx) - r->updated_at;

    return age > MOST_MS || (age > START_MS && !r->run.percent) ||
           (age > UNSEEN_MS && r->run.is_unseen);
}

/* One look; *goes_on when there is something to wait for. */
static enum err look(struct account_run *ar, struct report *r, bool *goes_on)
{
    enum err err;

    *goes_on = false;
    TRY(ar->run->net->run_poll(&ar->cx, &ar->run->link, &r->run, &ar->last));
    if (r->run.state == NET_RUN_READY)
        return take_report(ar, r);
    if (r->run.state == NET_RUN_WAITING && !is_stuck(ar, r)) {
        *goes_on = true;
        return change(ar, &q_report_percent,
                      ARGS(a_int("id", r->id), a_int("percent", r->run.percent)));
    }
    job_say(ar->run->job, "act_%.*s %.*s: report %.*s came to nothing (%s), try %lld of %d",
            STR_FMT(ar->account->external_id), STR_FMT(r->day), STR_FMT(r->run.id),
            r->run.state == NET_RUN_WAITING  ? "stuck"
            : r->run.state == NET_RUN_FAILED ? "failed"
                                             : "skipped",
            (long long)r->tries, MOST_TRIES);
    if (r->run.state == NET_RUN_FAILED && r->run.class == NET_SPLIT)
        r->tries = MOST_TRIES;
    TRY(start(ar, r));
    *goes_on = str_eq(r->state, S("running"));
out:
    return err;
}

static enum err follow(struct account_run *ar, struct report *r)
{
    enum err err = OK;
    bool goes_on = true;

    for (int64_t waited = 0; !err && goes_on && waited <= WAIT_MS; waited += POLL_MS) {
        err = look(ar, r, &goes_on);
        if (!err && goes_on && ads_is_out_of_time(ar, 2 * POLL_MS))
            break;
        if (!err && goes_on)
            err = fetch_wait(&ar->cx, ar->run->link.fetcher, POLL_MS);
    }
    return err;
}

enum err report_begin(struct account_run *ar, struct str day)
{
    struct report r = {.day = day};
    enum err err = start(ar, &r);

    if (!err && str_eq(r.state, S("running")))
        err = follow(ar, &r);
    return err;
}

enum err reports_resume(struct account_run *ar)
{
    enum err err;
    struct tx *tx = NULL;
    struct report_list list = {0};

    TRY(tx_begin(&ar->cx, ar->run->job->app->db, TX_READ, &tx));
    TRY(load_reports(tx, ar, &list));
    tx_end(&tx);
    for (size_t i = 0; i < list.n; i++) {
        struct report *r = &list.at[i];
        if (!str_eq(r->state, S("running")) || ads_is_out_of_time(ar, WAIT_MS))
            continue;
        if (str_eq(r->run.id, S("0")))
            TRY(by_campaigns(ar, r));
        else
            TRY(follow(ar, r));
    }
    TRY(change(ar, &q_report_sweep,
               ARGS(a_int("account_id", ar->account->id),
                    a_int("before", now_ms(&ar->cx) - 30 * DAY_MS))));
out:
    tx_end(&tx);
    return err;
}
