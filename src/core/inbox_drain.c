/* inbox_drain.c: from what was sent to facts. The facts and the mark "done" are one transaction, so
 * that an event counts exactly once whatever dies in between. */
#include "base/log.h"
#include "core/auth_inside.h"
#include "core/inbox.h"
#include "core/inbox.sql.h"
#include "core/inbox_inside.h"

enum {
    PAGE = 32,
    MOST_ATTEMPTS = 10,
    FIRST_PAUSE_MS = 1000,
    LONGEST_PAUSE_MS = 3600 * 1000,
    PAGE_CAP = 64 << 20,
    LONGEST_REASON = 500,
    PASS_STEP_MS = 5,
    LONGEST_PASS_MS = 50
};

struct page {
    struct inbox_event at[PAGE];
    size_t n;
};

static int by_id_then_swap(struct page *p, size_t i)
{
    struct inbox_event keep = p->at[i];

    if (p->at[i - 1].id <= keep.id)
        return 0;
    p->at[i] = p->at[i - 1];
    p->at[i - 1] = keep;
    return 1;
}

/* In the order in which they came in. */
static void sort_by_id(struct page *p)
{
    for (size_t i = 1; i < p->n; i++)
        for (size_t k = i; k > 0 && by_id_then_swap(p, k); k--)
            ;
}

static enum err read_page(struct ctx *cx, struct app *app, struct page *p)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    p->n = 0;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_due, ARGS(a_int("now", now_ms(cx)), a_int("most", PAGE)), &rows));
    while (p->n < PAGE && rows_next(rows))
        p->at[p->n++] =
            (struct inbox_event){.id = col_int(rows, "id"),
                                 .source = col_str(rows, "source"),
                                 .content_type = col_str(rows, "content_type"),
                                 .body = col_str(rows, "body"),
                                 .received_at = col_int(rows, "received_at"),
                                 .attempts = col_int(rows, "attempts"),
                                 .is_signed = str_eq(col_str(rows, "signature"), S("ok"))};
    TRY(rows_end(&rows));
    sort_by_id(p);
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err accept_all(struct ctx *cx, struct app *app, const struct inbox_event *e, size_t n)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < n; i++)
        TRY(inbox_accept(tx, app, &e[i]));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static int64_t pause_after(int64_t attempts)
{
    int64_t pause = FIRST_PAUSE_MS;

    while (attempts-- > 0 && pause < LONGEST_PAUSE_MS)
        pause *= 3;
    return pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
}

/* What cannot be understood will not be understood later either; it is kept for the eye. */
static bool is_hopeless(const struct inbox_event *e, enum err why)
{
    return why == ERR_INPUT || why == ERR_FIELDS || e->attempts + 1 >= MOST_ATTEMPTS;
}

static enum err note_failure(struct ctx *cx, struct app *app, const struct inbox_event *e,
                             enum err why, const char *reason)
{
    enum err err;
    struct tx *tx = NULL;
    bool is_parked = is_hopeless(e, why);

    LOG(cx, LOG_WARN, is_parked ? "inbox.parked" : "inbox.failed", l_int("event", e->id),
        l_str("code", str_of(err_slug(why))), l_str("why", str_of(reason)));
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(
        tx, &q_inbox_failed,
        ARGS(a_int("id", e->id), a_str("state", is_parked ? S("parked") : S("new")),
             a_int("next_at", now_ms(cx) + pause_after(e->attempts)),
             a_str("error", clean_text(cx->arena, str_of(reason[0] ? reason : err_slug(why)),
                                       LONGEST_REASON))),
        NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err drain_one(struct job_run *r, struct ctx *cx, const struct inbox_event *e)
{
    struct ctx note = *cx;
    enum err err = accept_all(cx, r->app, e, 1);

    if (!err) {
        r->written++;
        return OK;
    }
    /* A full disk, a busy writer or the end of the program is not the event's fault: it keeps its
     * tries. */
    if (err == ERR_BUSY || ctx_expired(cx))
        return err;
    r->failed++;
    return note_failure(&note, r->app, e, err, cx->why);
}

/* Each in memory of its own, or large ones that came together would be too large one by one too. */
static enum err drain_each(struct job_run *r, struct ctx *cx, const struct page *p)
{
    enum err err = OK;
    struct arena *own = arena_new(PAGE_CAP);

    for (size_t i = 0; i < p->n && !err; i++) {
        struct ctx one = *cx;
        one.arena = own;
        err = drain_one(r, &one, &p->at[i]);
        if (err)
            err = fail(cx, err, "%s", one.why);
        arena_reset(own);
    }
    arena_free(&own);
    return err;
}

/* A page goes in as one commit; if anything in it fails, each event gets a commit of its own. */
static enum err drain_page(struct job_run *r, struct ctx *cx, const struct page *p)
{
    struct ctx whole = *cx;

    if (accept_all(&whole, r->app, p->at, p->n))
        return drain_each(r, cx, p);
    r->written += (int64_t)p->n;
    return OK;
}

/* There is one writer. In a flood senders get it first, for they wait and give up; the pages in
 * between keep the work going. */
static void let_senders_pass(const struct job_run *r)
{
    const struct clock *clock = r->app->clock;

    for (int ms = 0; ms < LONGEST_PASS_MS && r->app->inbox && inbox_is_crowded(r->app->inbox);
         ms += PASS_STEP_MS)
        clock->sleep_ms(clock->self, PASS_STEP_MS);
}

static enum err drain_pages(struct job_run *r, struct arena *a)
{
    enum err err;
    struct page page;
    struct ctx cx;

    do {
        cx = r->cx;
        cx.arena = a;
        arena_reset(a);
        let_senders_pass(r);
        err = read_page(&cx, r->app, &page);
        if (!err && page.n) {
            r->seen += (int64_t)page.n;
            err = drain_page(r, &cx, &page);
        }
    } while (!err && page.n && !ctx_expired(&r->cx));
    if (err)
        err = fail(&r->cx, err, "%s", cx.why);
    return err;
}

static enum err drain(struct job_run *r)
{
    struct arena *a = arena_new(PAGE_CAP);
    enum err err = drain_pages(r, a);

    arena_free(&a);
    if (r->written)
        scheduler_nudge(r->app->scheduler, "metrics.build");
    return err;
}

const struct job inbox_jobs[] = {
    {"inbox.drain", "* * * * *",  drain,       600,  CATCHUP_ONCE},
    {"inbox.sweep", "40 3 * * *", inbox_sweep, 3600, CATCHUP_ONCE},
    {"inbox.drift", "25 * * * *", inbox_drift, 1800, CATCHUP_ONCE},
};
const size_t inbox_njobs = COUNT(inbox_jobs);
