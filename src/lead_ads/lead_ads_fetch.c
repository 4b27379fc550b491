/* lead_ads_fetch.c: the answers of leads that webhooks named: asked for one by one, within what the
 * platform allows, and put into the inbox as they came. */
#include "base/log.h"
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"

enum {
    PER_RUN = 200,
    MOST_TRIES = 8,
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    KEPT_DAYS = 90, /* so long the platform can be asked for a lead */
    TASK_CAP = 16 << 20,
    LONGEST_REASON = 300
};
#define DAY_MS (24LL * HOUR_MS)

struct task {
    struct str leadgen_id, page_id;
    int64_t tries, created_at;
    int64_t page, secret_id; /* 0 = no page of that id is known, or it has no token */
};
struct blocked { /* a page that is left alone for the rest of the run */
    int64_t page, until;
};
struct fetching {
    struct job_run *job;
    VEC(struct task) tasks;
    VEC(struct blocked) blocked;
    int64_t all_until; /* the whole app waits; 0 = not */
};
struct outcome {
    const char *state; /* "waiting", "done", "failed" */
    int64_t tries, next_at;
    struct str error;
};

static enum err load_tasks(struct fetching *f)
{
    enum err err;
    struct job_run *r = f->job;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_lead_ads_fetch_due,
                 ARGS(a_int("now", now_ms(&r->cx)), a_int("most", PER_RUN)), &rows));
    while (rows_next(rows))
        *vec_add(r->cx.arena, &f->tasks) = (struct task){.leadgen_id = col_str(rows, "leadgen_id"),
                                                         .page_id = col_str(rows, "page_id"),
                                                         .tries = col_int(rows, "tries"),
                                                         .created_at = col_int(rows, "created_at"),
                                                         .page = col_int(rows, "page"),
                                                         .secret_id = col_int(rows, "secret_id")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err set_task(struct tx *tx, const struct task *t, const struct outcome *o)
{
    return db_exec(tx, &q_lead_ads_fetch_set,
                   ARGS(a_str("leadgen_id", t->leadgen_id), a_str("state", str_of(o->state)),
                        a_int("tries", o->tries), a_int("next_at", o->next_at),
                        a_opt("error", o->error)),
                   NULL);
}

static enum err note(struct ctx *cx, struct app *app, const struct task *t, const struct outcome *o)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(set_task(tx, t, o));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* The raw answer and "done" are one transaction: it is fetched once and never half. */
static enum err keep(struct ctx *cx, struct app *app, const struct task *t, struct str body)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t id;
    bool is_new;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(inbox_store(tx,
                    &(struct inbox_new){.source = S("leadgen.read"),
                                        .dedupe_key = t->leadgen_id,
                                        .content_type = S("application/json"),
                                        .body = body},
                    &id, &is_new));
    TRY(set_task(tx, t, &(struct outcome){.state = "done", .tries = t->tries + 1}));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static int64_t blocked_until(const struct fetching *f, int64_t page)
{
    if (f->all_until)
        return f->all_until;
    for (size_t i = 0; i < f->blocked.n; i++)
        if (f->blocked.at[i].page == page)
            return f->blocked.at[i].until;
    return 0;
}

static void block(struct fetching *f, int64_t page, int64_t until)
{
    *vec_add(f->job->cx.arena, &f->blocked) = (struct blocked){page, until};
}

static int64_t backoff_ms(int64_t tries)
{
    int64_t pause = MINUTE_MS;

    while (tries-- > 0 && pause < 6 * HOUR_MS)
        pause *= 3;
    return pause < 6 * HOUR_MS ? pause : 6 * HOUR_MS;
}

/* What waits for a person is tried as long as the platform keeps the lead; what may pass by itself
 * a few times. */
static enum err put_off(struct ctx *cx, struct fetching *f, const struct task *t, int64_t until,
                        struct str why)
{
    struct outcome o = {.state = "waiting", .tries = t->tries, .next_at = until, .error = why};

    if (now_ms(cx) - t->created_at > KEPT_DAYS * DAY_MS) {
        o.state = "failed";
        f->job->failed++;
    }
    return note(cx, f->job->app, t, &o);
}

static enum err try_again(struct ctx *cx, struct fetching *f, const struct task *t, struct str why)
{
    struct outcome o = {.state = t->tries + 1 >= MOST_TRIES ? "failed" : "waiting",
                        .tries = t->tries + 1,
                        .next_at = now_ms(cx) + backoff_ms(t->tries),
                        .error = why};

    f->job->failed++;
    return note(cx, f->job->app, t, &o);
}

static enum err refused(struct ctx *cx, struct fetching *f, const struct task *t,
                        const struct meta_reply *last)
{
    enum err err = OK;
    struct app *app = f->job->app;
    struct str why = lead_reason(cx->arena, last);
    struct page_note bad = {.state = "failed", .reason = why};
    int64_t now = now_ms(cx);

    job_say(f->job, "lead %.*s: %.*s", STR_FMT(t->leadgen_id), STR_FMT(why));
    switch (last->class) {
    case META_WAIT_APP:
    case META_VERSION_DEAD:
        f->all_until = now + (last->wait_ms > 0 ? last->wait_ms : HOUR_MS);
        return put_off(cx, f, t, f->all_until, why);
    case META_WAIT_ACCOUNT:
        block(f, t->page, now + last->wait_ms);
        return put_off(cx, f, t, now + last->wait_ms, why);
    case META_RECONNECT:
        block(f, t->page, now + HOUR_MS);
        TRY(page_note(cx, app, t->page, &bad));
        return put_off(cx, f, t, now + HOUR_MS, why);
    case META_PERMISSION:
        TRY(page_note(cx, app, t->page, &bad));
        return try_again(cx, f, t, why);
    case META_OK:
    case META_SPLIT:
    case META_RETRY:
    case META_BUG:
        return try_again(cx, f, t, why);
    }
out:
    return err;
}

/* After a good answer: what the usage headers ask for, before the next one. */
static enum err took(struct ctx *cx, struct fetching *f, const struct task *t,
                     const struct meta_reply *last)
{
    enum err err;
    struct app *app = f->job->app;
    int64_t wait_ms;

    TRY(keep(cx, app, t, last->body));
    TRY(page_note(cx, app, t->page, &(struct page_note){.state = "ok"}));
    f->job->written++;
    TRY(lead_breathe(cx, app, last, &wait_ms));
    if (wait_ms)
        block(f, t->page, now_ms(cx) + wait_ms);
out:
    return err;
}

static enum err fetch_one(struct ctx *cx, struct fetching *f, const struct task *t)
{
    enum err err;
    struct app *app = f->job->app;
    struct lead_page page;
    struct meta meta = {0};
    struct meta_reply last = {0};
    struct tx *tx = NULL;
    int64_t until = blocked_until(f, t->page);
    struct str no_token = S("no connection opens the lead's page: connect one that may");

    if (until)
        return put_off(cx, f, t, until, S("the page waits"));
    if (!t->page || !t->secret_id)
        return put_off(cx, f, t, now_ms(cx) + HOUR_MS, no_token);
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(page_load(tx, t->page, &page));
    tx_end(&tx);
    TRY(page_open(cx, app, &page, &meta));
    if (!meta.auth.token.len)
        return put_off(cx, f, t, now_ms(cx) + HOUR_MS, no_token);
    struct meta_call call = meta_call_lead(cx->arena, t->leadgen_id);
    struct ctx asking = *cx;
    err = meta_get(&asking, &meta, &call, &last);
    if (err && (err == ERR_BUSY || ctx_expired(cx)))
        return fail(cx, err, "%s", asking.why); /* the program ends: nothing is the lead's fault */
    return err ? refused(cx, f, t, &last) : took(cx, f, t, &last);
out:
    tx_end(&tx);
    return err;
}

enum err lead_ads_fetch(struct job_run *r)
{
    enum err err;
    struct fetching f = {.job = r};
    struct arena *own = arena_new(TASK_CAP);
    struct ctx one = r->cx;

    TRY(load_tasks(&f));
    for (size_t i = 0; i < f.tasks.n && !ctx_expired(&r->cx); i++) {
        one = r->cx;
        one.arena = own;
        r->seen++;
        TRY(fetch_one(&one, &f, &f.tasks.at[i]));
        arena_reset(own);
    }
out:
    if (err && !r->cx.err)
        err = fail(&r->cx, err, "%s", one.why);
    if (r->written)
        scheduler_nudge(r->app->scheduler, "inbox.drain");
    arena_free(&own);
    return err;
}
