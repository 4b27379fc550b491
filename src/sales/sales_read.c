/* sales_read.c: a deal that was read by the CRM's API: the whole of it, with its people. */
#include "base/crypto.h"
#include "base/money.h"
#include "crm/crm.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

enum { MOST_CONTACTS = 50 };

struct reading { /* one event of source CRM_READ_SOURCE */
    struct tx *tx;
    struct app *app;
    const struct inbox_event *event;
    int64_t sync_id;
    struct str subdomain, account_id;
    struct amo_deal lead;
    struct deal deal;
    struct refolded folded;
};

static struct str text_of(struct arena *a, const struct json_in *v)
{
    struct str s = {0};

    return json_as_text(v, a, &s) ? s : (struct str){0};
}

/* ---- its people ---- */

struct people {
    VEC(struct str) phones, emails;
    struct str name;
};

static enum err take_contact(struct ctx *cx, const struct json_in *row, struct people *p)
{
    enum err err;
    struct amo_contact c;

    TRY(amo_rest_contact_read(cx, row, &c));
    if (!p->name.len)
        p->name = c.name;
    for (size_t i = 0; i < c.nphones; i++)
        *vec_add(cx->arena, &p->phones) = c.phones[i];
    for (size_t i = 0; i < c.nemails; i++)
        *vec_add(cx->arena, &p->emails) = c.emails[i];
out:
    return err;
}

/* The main contact comes first and lends its name. */
static enum err take_people(struct reading *r, const struct json_in *contacts)
{
    enum err err = OK;
    struct ctx *cx = tx_ctx(r->tx);
    struct json_iter it = json_iter(contacts);
    const struct json_in *row;
    struct people p = {0};

    for (int n = 0; n < MOST_CONTACTS && (row = json_next(&it, NULL)) != NULL; n++)
        TRY(take_contact(cx, row, &p));
    r->deal.told_by = r->event;
    r->deal.name = p.name;
    r->deal.phone_tail = p.phones.n ? lead_phone_tail(cx->arena, p.phones.at[0]) : (struct str){0};
    r->deal.keys = (struct lead_keys){.phones = p.phones.at,
                                      .nphones = p.phones.n,
                                      .emails = p.emails.at,
                                      .nemails = p.emails.n,
                                      .fbclid = r->lead.tracking.fbclid};
out:
    return err;
}

/* ---- the deal ---- */

static enum err read_body(struct reading *r)
{
    enum err err;
    struct ctx *cx = tx_ctx(r->tx);
    const struct json_in *root = NULL;
    struct amo_field_map map = {0};

    TRY(json_parse(cx, r->event->body, &root));
    if (!json_as_int(json_get(root, "sync"), &r->sync_id))
        r->sync_id = 0;
    const struct json_in *account = json_get(root, "account");
    r->account_id = text_of(cx->arena, json_get(account, "id"));
    r->subdomain = text_of(cx->arena, json_get(account, "subdomain"));
    if (!r->account_id.len)
        return tx_fail(r->tx, ERR_INPUT, "it does not say of which CRM account the deal is");
    TRY(crm_account_seen(
        r->tx, &(struct crm_seen){r->account_id, r->subdomain, r->event->received_at}, &r->deal));
    TRY(crm_fields_map(r->tx, r->deal.crm_account_id, &map));
    err = amo_rest_lead_read(cx, json_get(root, "lead"), &map, &r->lead);
    if (err == ERR_UPSTREAM) /* it will not be another one by trying again */
        return tx_fail(r->tx, ERR_INPUT, "the deal cannot be read: %s", cx->why);
    TRY(err);
    r->deal.deal_id = r->lead.id;
    TRY(take_people(r, json_get(root, "contacts")));
out:
    return err;
}

static struct str key_of(struct reading *r, const char *end)
{
    unsigned char hash[CRYPTO_HASH];
    const struct amo_deal *d = &r->lead;
    struct arena *a = tx_ctx(r->tx)->arena;
    struct str said = arena_fmt(
        a, "%.*s|%.*s|%d|%lld|%d|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%d", STR_FMT(d->status_id),
        STR_FMT(d->pipeline_id), d->price_micros.known, (long long)d->price_micros.v,
        d->prepaid_micros.known, (long long)d->prepaid_micros.v, STR_FMT(d->name),
        STR_FMT(d->responsible_user_id), STR_FMT(d->tracking.source), STR_FMT(d->tracking.medium),
        STR_FMT(d->tracking.campaign), STR_FMT(d->tracking.content), STR_FMT(d->tracking.term),
        d->is_deleted);

    hash_blake2b((struct str){0}, said, hash);
    return arena_fmt(a, "%.*s:%.*s:read:%lld:%.*s%s", STR_FMT(r->account_id), STR_FMT(d->id),
                     (long long)(d->updated_at.v / 1000),
                     STR_FMT(hex_text(a, (struct str){(const char *)hash, 8})), end);
}

static struct told told_of(struct reading *r)
{
    const struct amo_deal *d = &r->lead;
    int64_t heard = r->event->received_at;

    return (struct told){.source = "read",
                         .action = d->is_deleted ? DEAL_DELETE : DEAL_READ,
                         .key = key_of(r, ""),
                         .at = d->updated_at.known ? d->updated_at.v : heard,
                         .learned_at = heard,
                         .inbox_id = r->event->id,
                         .status_id = d->status_id,
                         .pipeline_id = d->pipeline_id,
                         .name = d->name,
                         .responsible_id = d->responsible_user_id,
                         .price_micros = d->price_micros,
                         .created_at = d->created_at,
                         .prepaid_micros = d->prepaid_micros,
                         .utm = utm_of_tracking(&d->tracking)};
}

/* A deal that was closed and touched later says of both moments: the sale is of the day on which it
 * was closed. */
static enum err put_told(struct reading *r)
{
    enum err err;
    struct told now = told_of(r), closing = now;
    const struct amo_deal *d = &r->lead;
    bool is_closed = amo_status_is_won(d->status_id) || amo_status_is_lost(d->status_id);
    bool is_news;

    TRY(told_forget(r->tx, &r->deal, r->event->id));
    TRY(told_put(r->tx, &r->deal, &now, &is_news));
    if (d->is_deleted || !is_closed || !d->closed_at.known || d->closed_at.v >= now.at)
        goto out;
    closing.key = key_of(r, ":closed");
    closing.at = d->closed_at.v;
    TRY(told_put(r->tx, &r->deal, &closing, &is_news));
out:
    return err;
}

/* ---- what was found ---- */

static struct str money(struct arena *a, const struct reading *r, int64_t micros)
{
    return arena_fmt(a, "%lld %.*s", (long long)(micros / MICROS), STR_FMT(r->deal.currency));
}

static struct str sentence(struct reading *r, bool was_told)
{
    struct arena *a = tx_ctx(r->tx)->arena;
    const struct refolded *f = &r->folded;
    struct str was = str_of(was_told ? "" : "no webhook told of it: ");

    if (!f->is_known)
        return arena_fmt(a, "%.*snew here, %s, %.*s", STR_FMT(was), f->now.state,
                         STR_FMT(money(a, r, f->now.price_micros)));
    if (!str_eq(f->old_state, str_of(f->now.state)))
        return arena_fmt(a, "%.*s%.*s became %s, %.*s", STR_FMT(was), STR_FMT(f->old_state),
                         f->now.state, STR_FMT(money(a, r, f->now.price_micros)));
    if (f->old_price != f->now.price_micros)
        return arena_fmt(a, "%.*sprice %.*s became %.*s", STR_FMT(was),
                         STR_FMT(money(a, r, f->old_price)),
                         STR_FMT(money(a, r, f->now.price_micros)));
    if (!str_eq(f->old_status_id, f->now.status_id))
        return arena_fmt(a, "%.*sstatus %.*s became %.*s", STR_FMT(was), STR_FMT(f->old_status_id),
                         STR_FMT(f->now.status_id));
    return arena_fmt(a, "%.*sname, tags or dates differ", STR_FMT(was));
}

static enum err put_result(struct reading *r, struct inbox_result *out)
{
    enum err err;
    int64_t told = 0;
    struct crm_result result = {.sync_id = r->sync_id, .deal_id = r->deal.deal_id};

    TRY(db_get_int(r->tx, &q_sales_hook_told,
                   ARGS(a_int("crm_account_id", r->deal.crm_account_id),
                        a_str("deal_id", r->deal.deal_id), a_str("status_id", r->lead.status_id),
                        a_int("is_deleted", r->lead.is_deleted)),
                   &told, NULL));
    result.outcome = !r->folded.ref.has_changed ? "same" : told ? "changed" : "missed";
    result.detail =
        r->folded.ref.has_changed ? sentence(r, told > 0) : S("all of it was known already");
    TRY(crm_result_put(r->tx, &result));
    out->outcome = str_of(result.outcome);
out:
    return err;
}

enum err sales_accept_amocrm_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                                  struct inbox_result *out, struct sale_refs *touched)
{
    enum err err;
    struct reading r = {.tx = tx, .app = app, .event = e};
    struct stages stages = {0};

    out->parser = "amocrm.read/1";
    TRY(read_body(&r));
    out->subject = r.deal.deal_id;
    TRY(put_told(&r));
    TRY(stages_load(tx, &stages));
    TRY(deal_refold(tx, app, &r.deal, &stages, &r.folded));
    *vec_add(tx_ctx(tx)->arena, touched) = r.folded.ref;
    TRY(put_result(&r, out));
out:
    return err;
}
