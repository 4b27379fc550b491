/* crm_window.c: deals with their contacts, page by page, into the inbox. A page is on disk before
 * the next one is asked for. */
#include "base/crypto.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/syncs.sql.h"

enum { DEDUPE_BYTES = 16 };

struct page_deal {
    struct amo_deal deal;
    struct str raw;
};
struct page_contact {
    struct str id, raw;
};
struct page { /* one page of deals; its memory goes with it */
    struct ctx *cx;
    struct crm_link *link;
    struct crm_window *window;
    VEC(struct page_deal) deals;
    VEC(struct str) contact_ids;
    VEC(struct page_contact) contacts;
};
struct reading { /* a walk's self */
    struct crm_link *link;
    struct crm_window *window;
    struct amo_reply contacts; /* the last reply about contacts, when it was not good */
};

/* ---- contacts ---- */

static void want_contact(struct page *p, struct str id)
{
    for (size_t i = 0; i < p->contact_ids.n; i++)
        if (str_eq(p->contact_ids.at[i], id))
            return;
    *vec_add(p->cx->arena, &p->contact_ids) = id;
}

static enum err read_deals(struct page *p, const struct json_in *rows)
{
    enum err err = OK;
    struct json_iter it = json_iter(rows);
    const struct json_in *row;

    while ((row = json_next(&it, NULL)) != NULL) {
        struct page_deal *d = vec_add(p->cx->arena, &p->deals);
        TRY(amo_rest_lead_read(p->cx, row, NULL, &d->deal));
        TRY(amo_row_text(p->cx, row, &d->raw));
        for (size_t i = 0; i < d->deal.ncontact_ids; i++)
            want_contact(p, d->deal.contact_ids[i]);
    }
out:
    return err;
}

static enum err take_contacts(struct page *p, const struct json_in *root)
{
    enum err err = OK;
    struct json_iter it = json_iter(json_get(json_get(root, "_embedded"), "contacts"));
    const struct json_in *row;

    while ((row = json_next(&it, NULL)) != NULL) {
        struct amo_contact c;
        struct page_contact *kept = vec_add(p->cx->arena, &p->contacts);
        TRY(amo_rest_contact_read(p->cx, row, &c));
        kept->id = c.id;
        TRY(amo_row_text(p->cx, row, &kept->raw));
    }
out:
    return err;
}

static enum err read_contacts(struct page *p, struct reading *r)
{
    enum err err = OK;

    for (size_t i = 0; i < p->contact_ids.n; i += AMO_MAX_IDS) {
        size_t left = p->contact_ids.n - i;
        struct amo_call call =
            amo_call_contacts(&p->contact_ids.at[i], left < AMO_MAX_IDS ? left : AMO_MAX_IDS);
        struct amo_reply reply = {0};
        err = amo_ask(p->cx, &p->link->api, &call, &reply);
        if (err) {
            r->contacts = reply;
            r->contacts.root = NULL;
            r->contacts.message = (struct str){0};
            return err;
        }
        if (reply.class == AMO_OK)
            TRY(take_contacts(p, reply.root));
    }
out:
    return err;
}

/* ---- into the inbox ---- */

static const struct page_contact *contact_of(const struct page *p, struct str id)
{
    for (size_t i = 0; i < p->contacts.n; i++)
        if (str_eq(p->contacts.at[i].id, id))
            return &p->contacts.at[i];
    return NULL;
}

/* The CRM's own words: `"lead":{...},"contacts":[...]`. */
static enum err words_of(const struct page *p, const struct page_deal *d, struct str *out)
{
    struct json_out *j = json_out_new(p->cx, d->raw.len + 1024);

    json_arr(j);
    for (size_t i = 0; i < d->deal.ncontact_ids; i++) {
        const struct page_contact *c = contact_of(p, d->deal.contact_ids[i]);
        if (c)
            json_raw(j, c->raw);
    }
    json_end(j);
    enum err err = json_finish(j, out);
    if (!err)
        *out = arena_fmt(p->cx->arena, "\"lead\":%.*s,\"contacts\":%.*s", STR_FMT(d->raw),
                         STR_FMT(*out));
    return err;
}

static struct str event_body(const struct page *p, struct str words)
{
    const struct crm_link *l = p->link;

    return arena_fmt(p->cx->arena,
                     "{\"sync\":%lld,\"account\":{\"id\":\"%.*s\",\"subdomain\":\"%.*s\"},%.*s}",
                     (long long)p->window->sync_id, STR_FMT(l->external_id), STR_FMT(l->subdomain),
                     STR_FMT(words));
}

/* The same state of the same deal is one event, whoever asked for it. */
static struct str dedupe_key(const struct page *p, const struct page_deal *d, struct str words)
{
    unsigned char hash[CRYPTO_HASH];
    struct arena *a = p->cx->arena;

    hash_blake2b((struct str){0}, words, hash);
    return arena_fmt(a, "%.*s/%.*s/%lld/%.*s", STR_FMT(p->link->external_id), STR_FMT(d->deal.id),
                     (long long)d->deal.updated_at.v,
                     STR_FMT(hex_text(a, (struct str){(const char *)hash, DEDUPE_BYTES})));
}

/* What a snapshot that came before has become. */
static enum err judge_known(struct tx *tx, int64_t event_id, struct crm_result *out)
{
    enum err err;
    struct rows *rows = NULL;

    out->outcome = "same";
    out->detail = S("this state was read before");
    TRY(db_query(tx, &q_crm_known_event, ARGS(a_int("id", event_id)), &rows));
    if (rows_next(rows) && str_eq(col_str(rows, "state"), S("parked"))) {
        out->outcome = "failed";
        out->detail = arena_fmt(tx_ctx(tx)->arena, "event %lld of the inbox is parked: %.*s",
                                (long long)event_id, STR_FMT(col_str(rows, "error")));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Who asked for the deal by its number has a row for it already. */
static enum err note_seen(struct tx *tx, const struct page *p, const struct crm_result *r,
                          int64_t *nseen)
{
    enum err err;
    int64_t changed = 0;

    if (p->window->nids) {
        *nseen += 1;
        return crm_result_put(tx, r);
    }
    TRY(db_exec(tx, &q_crm_result_first,
                ARGS(a_int("sync_id", r->sync_id), a_str("deal_id", r->deal_id),
                     a_str("outcome", str_of(r->outcome)), a_opt("detail", r->detail),
                     a_int("at", now_ms(p->cx))),
                &changed));
    *nseen += changed;
out:
    return err;
}

static enum err store_deal(struct tx *tx, const struct page *p, const struct page_deal *d,
                           int64_t *nseen)
{
    enum err err;
    struct str words;
    int64_t id;
    bool is_new;
    struct crm_result result = {.sync_id = p->window->sync_id,
                                .deal_id = d->deal.id,
                                .outcome = "waiting",
                                .detail = S("read")};

    TRY(words_of(p, d, &words));
    TRY(inbox_store(tx,
                    &(struct inbox_new){.source = S(CRM_READ_SOURCE),
                                        .dedupe_key = dedupe_key(p, d, words),
                                        .content_type = S("application/json"),
                                        .body = event_body(p, words)},
                    &id, &is_new));
    if (!is_new)
        TRY(judge_known(tx, id, &result));
    TRY(note_seen(tx, p, &result, nseen));
    p->window->job->written += is_new;
out:
    return err;
}

static int64_t newest_of(const struct page *p)
{
    int64_t newest = 0;

    for (size_t i = 0; i < p->deals.n; i++)
        if (p->deals.at[i].deal.updated_at.v > newest)
            newest = p->deals.at[i].deal.updated_at.v;
    return newest;
}

static enum err store_page(struct page *p)
{
    enum err err;
    struct tx *tx = NULL;
    struct crm_window *w = p->window;
    struct app *app = p->link->app;
    int64_t nseen = 0;

    TRY(tx_begin(p->cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < p->deals.n; i++)
        TRY(store_deal(tx, p, &p->deals.at[i], &nseen));
    TRY(db_exec(tx, &q_crm_sync_seen, ARGS(a_int("id", w->sync_id), a_int("n", nseen)), NULL));
    if (w->moves_read_until)
        TRY(db_exec(tx, &q_crm_read_until,
                    ARGS(a_int("id", p->link->id), a_int("read_until", newest_of(p))), NULL));
    TRY(tx_commit(tx));
    w->seen += nseen;
    w->job->seen += nseen;
    scheduler_nudge(app->scheduler, "inbox.drain");
out:
    tx_end(&tx);
    return err;
}

static enum err take_page(struct ctx *cx, const struct json_in *rows, void *self)
{
    enum err err;
    struct reading *r = self;
    struct page p = {.cx = cx, .link = r->link, .window = r->window};

    TRY(read_deals(&p, rows));
    TRY(read_contacts(&p, r));
    TRY(store_page(&p));
    for (size_t i = 0; r->window->nids && i < p.deals.n; i++)
        *vec_add(r->link->cx->arena, &r->window->came) =
            arena_str(r->link->cx->arena, p.deals.at[i].deal.id);
    job_progress(r->window->job, r->window->seen, 0, "%.*s: %lld deals read",
                 STR_FMT(r->link->subdomain), (long long)r->window->seen);
out:
    return err;
}

static enum err walk(struct crm_link *l, struct crm_window *w, bool only_deleted)
{
    struct reading r = {.link = l, .window = w};
    struct amo_walk how = {.page = take_page, .self = &r};
    struct amo_leads_ask ask = {.from_ms = w->from,
                                .to_ms = w->to,
                                .ids = w->ids,
                                .nids = w->nids,
                                .only_deleted = only_deleted};
    enum err err = amo_each_lead_page(l->cx, &l->api, &ask, &how, &l->last);

    if (err && r.contacts.class != AMO_OK)
        l->last = r.contacts;
    return err;
}

static enum err begin_again(struct crm_link *l, struct crm_window *w)
{
    enum err err;
    struct tx *tx = NULL;

    w->seen = 0;
    w->came.n = 0;
    if (w->nids)
        return OK;
    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_sync_restart, ARGS(a_int("id", w->sync_id)), NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err crm_window_read(struct crm_link *l, void *self)
{
    enum err err;
    struct crm_window *w = self;

    TRY(begin_again(l, w));
    TRY(walk(l, w, false));
    if (w->with_deleted) {
        bool moves = w->moves_read_until;
        w->moves_read_until = false; /* the bin has an order of its own */
        err = walk(l, w, true);
        w->moves_read_until = moves;
    }
out:
    return err;
}
