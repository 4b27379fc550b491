/* lead_ads_poll.c: once a day every form is asked for its leads since the last time: what webhooks
 * lost is found, and how much it was is said. */
#include "base/log.h"
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"

enum { LIMIT = 100, OVERLAP_MS = 3600 * 1000, KEPT_DAYS = 90, LIST_CAP = 64 << 20 };
#define DAY_MS (24 * 3600 * 1000LL)

struct poll {
    struct job_run *job;
    struct arena *arena; /* of the page in hand */
    const struct lead_page *page;
    struct meta meta;
    VEC(struct str) forms;
    struct str raw;      /* of the list's page in hand */
    int64_t seen, found; /* found: no webhook told of them */
};

/* ---- forms ---- */

static enum err take_forms(struct ctx *cx, const struct json_in *data, void *self)
{
    enum err err = OK;
    struct poll *p = self;
    struct json_iter it = json_iter(data);
    struct meta_form form;

    for (const struct json_in *row; (row = json_next(&it, NULL));) {
        TRY(meta_form_read(cx, row, &form));
        *vec_add(p->arena, &p->forms) = arena_str(p->arena, form.id);
    }
out:
    return err;
}

/* ---- leads ---- */

static enum err is_known(struct tx *tx, struct str leadgen_id, bool *out)
{
    int64_t n = 0;
    enum err err =
        db_get_int(tx, &q_lead_ads_known, ARGS(a_str("external_id", leadgen_id)), &n, NULL);

    *out = n > 0;
    return err;
}

static enum err store_one(struct tx *tx, struct poll *p, const struct json_in *row, struct str raw)
{
    enum err err;
    struct meta_lead lead;
    int64_t id;
    bool has_told, is_new;

    TRY(meta_lead_read(tx_ctx(tx), row, &lead));
    TRY(is_known(tx, lead.id, &has_told));
    TRY(inbox_store(tx,
                    &(struct inbox_new){.source = S("leadgen.read"),
                                        .dedupe_key = lead.id,
                                        .content_type = S("application/json"),
                                        .body = raw},
                    &id, &is_new));
    p->seen++;
    if (has_told || !is_new)
        return OK;
    p->found++;
    if (lead.created_at.known)
        TRY(db_exec(
            tx, &q_lead_ads_page_seen,
            ARGS(a_str("external_id", p->page->external_id), a_int("at", lead.created_at.v)),
            NULL));
out:
    return err;
}

static enum err take_raw(struct ctx *cx, struct str rows, void *self)
{
    (void)cx;
    ((struct poll *)self)->raw = rows;
    return OK;
}

static enum err take_leads(struct ctx *cx, const struct json_in *data, void *self)
{
    enum err err;
    struct poll *p = self;
    struct json_iter it = json_iter(data);
    struct tx *tx = NULL;
    struct str raw;

    TRY(tx_begin(cx, p->job->app->db, TX_WRITE, &tx));
    for (const struct json_in *row; (row = json_next(&it, NULL));)
        if (meta_raw_next(&p->raw, &raw))
            TRY(store_one(tx, p, row, raw));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* ---- one page ---- */

static enum err walk(struct ctx *cx, struct poll *p, const struct meta_call *call,
                     const struct meta_walk *how)
{
    enum err err;
    struct ctx own = *cx;
    struct arena *list = arena_new(LIST_CAP);
    struct meta_reply last = {0};
    struct str why;

    own.arena = list;
    err = meta_each_page(&own, &p->meta, call, how, &last);
    if (err) {
        why = last.class == META_OK ? str_of(own.why) : lead_reason(list, &last);
        err = fail(cx, err, "%.*s", STR_FMT(why));
    }
    arena_free(&list);
    return err;
}

static enum err poll_forms(struct ctx *cx, struct poll *p, int64_t since)
{
    enum err err;
    struct meta_call forms = meta_call_page_forms(cx->arena, p->page->external_id, LIMIT);

    TRY(walk(cx, p, &forms, &(struct meta_walk){.page = take_forms, .self = p}));
    for (size_t i = 0; i < p->forms.n; i++) {
        struct meta_call leads = meta_call_form_leads(cx->arena, p->forms.at[i], since, LIMIT);
        TRY(walk(cx, p, &leads,
                 &(struct meta_walk){.page = take_leads, .self = p, .raw = take_raw}));
    }
out:
    return err;
}

static int64_t since_when(const struct lead_page *page, int64_t now)
{
    int64_t oldest = now - KEPT_DAYS * DAY_MS, since = page->checked_at - OVERLAP_MS;

    return since > oldest ? since : oldest;
}

static void say_found(struct poll *p)
{
    if (!p->found)
        return;
    job_say(p->job, "page %.*s: %lld leads that no webhook told of", STR_FMT(p->page->name),
            (long long)p->found);
    LOG(&p->job->cx, LOG_WARN, "lead_ads.webhooks_lost", l_str("page", p->page->external_id),
        l_int("leads", p->found));
}

/* A page that cannot be polled is noted and does not keep the others away. */
static enum err poll_page(struct ctx *cx, struct job_run *r, const struct lead_page *page)
{
    enum err err;
    struct poll p = {.job = r, .arena = cx->arena, .page = page};
    int64_t began = now_ms(cx);
    struct ctx asking = *cx;

    TRY(page_open(cx, r->app, page, &p.meta));
    if (!p.meta.auth.token.len)
        return OK;
    err = poll_forms(&asking, &p, since_when(page, began));
    r->seen += p.seen;
    r->written += p.found;
    say_found(&p);
    if (err && (err == ERR_BUSY || ctx_expired(cx)))
        return fail(cx, err, "%s", asking.why);
    if (err) {
        r->failed++;
        job_say(r, "page %.*s: %s", STR_FMT(page->name), asking.why);
        TRY(page_note(cx, r->app, page->id,
                      &(struct page_note){.state = "failed", .reason = str_of(asking.why)}));
        return OK;
    }
    TRY(page_note(cx, r->app, page->id, &(struct page_note){.state = "ok", .checked_at = began}));
out:
    return err;
}

static enum err load(struct job_run *r, struct lead_pages *pages)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(pages_load(tx, pages));
out:
    tx_end(&tx);
    return err;
}

enum err lead_ads_poll(struct job_run *r)
{
    enum err err;
    struct lead_pages pages = {0};
    struct pages_found found;
    struct arena *own = arena_new(LIST_CAP);
    struct ctx one = r->cx;

    TRY(pages_refresh(&r->cx, r->app, &found));
    r->failed += found.failed;
    TRY(load(r, &pages));
    for (size_t i = 0; i < pages.n && !ctx_expired(&r->cx); i++) {
        one = r->cx;
        one.arena = own;
        TRY(poll_page(&one, r, &pages.at[i]));
        arena_reset(own);
    }
out:
    if (err && !r->cx.err)
        err = fail(&r->cx, err, "%s", one.why);
    if (r->seen)
        scheduler_nudge(r->app->scheduler, "inbox.drain");
    arena_free(&own);
    return err;
}
