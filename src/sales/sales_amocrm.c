/* sales_amocrm.c: one webhook becomes observations of deals. */
#include "base/crypto.h"
#include "crm/crm.h"
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"

struct intake { /* one webhook */
    struct tx *tx;
    struct app *app;
    const struct inbox_event *event;
    struct crm_sender sender; /* looked at last, and found good */
    bool is_sender_known;
    struct deal *deals;
    size_t ndeals, cap;
    size_t nnews; /* observations that nobody told before */
};

static bool action_of(enum amo_action a, enum deal_action *out)
{
    switch (a) {
    case AMO_ADD:
        *out = DEAL_ADD;
        return true;
    case AMO_RESTORE:
        *out = DEAL_RESTORE;
        return true;
    case AMO_UPDATE:
        *out = DEAL_UPDATE;
        return true;
    case AMO_RESPONSIBLE:
        *out = DEAL_RESPONSIBLE;
        return true;
    case AMO_STATUS:
        *out = DEAL_STATUS;
        return true;
    case AMO_DELETE:
        *out = DEAL_DELETE;
        return true;
    case AMO_NOTE:
        return false;
    }
    return false;
}

/* The vendor's key names a second; two changes within it differ in what they say, so that joins. */
static struct str key_of(struct arena *a, const struct amo_event *e)
{
    unsigned char hash[CRYPTO_HASH];
    struct str said =
        arena_fmt(a, "%d|%lld|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", e->price_micros.known,
                  (long long)e->price_micros.v, (long long)e->created_at.v, STR_FMT(e->pipeline_id),
                  STR_FMT(e->name), STR_FMT(e->responsible_user_id), STR_FMT(e->tracking.source),
                  STR_FMT(e->tracking.medium), STR_FMT(e->tracking.campaign),
                  STR_FMT(e->tracking.content), STR_FMT(e->tracking.term));
    struct str key = amo_event_key(a, e);

    hash_blake2b((struct str){0}, said, hash);
    return arena_fmt(a, "%.*s:%.*s", STR_FMT(key),
                     STR_FMT(hex_text(a, (struct str){(const char *)hash, 8})));
}

/* Once CRM accounts are connected, others are not believed. */
static enum err check_sender(struct intake *in, const struct amo_event *e)
{
    enum err err;
    struct crm_sender now = {e->account_id, e->subdomain};

    if (in->is_sender_known && str_eq(now.account_id, in->sender.account_id))
        return OK;
    TRY(crm_sender_check(in->tx, &now));
    in->sender = now;
    in->is_sender_known = true;
out:
    return err;
}

static enum err find_deal(struct intake *in, const struct amo_event *e, struct deal *d)
{
    enum err err;

    TRY(check_sender(in, e));
    TRY(crm_account_seen(
        in->tx,
        &(struct crm_seen){in->sender.account_id, in->sender.subdomain, in->event->received_at},
        d));
    d->deal_id = e->deal_id;
    d->keys.fbclid = e->tracking.fbclid;
out:
    return err;
}

static enum err put_event(struct intake *in, const struct amo_event *e, enum deal_action action,
                          const struct deal *d)
{
    enum err err;
    int64_t heard = in->event->received_at;
    bool is_news;

    TRY(told_put(in->tx, d,
                 &(struct told){.source = "hook",
                                .action = action,
                                .key = key_of(tx_ctx(in->tx)->arena, e),
                                .at = e->updated_at.known ? e->updated_at.v : heard,
                                .learned_at = heard,
                                .inbox_id = in->event->id,
                                .status_id = e->status_id,
                                .pipeline_id = e->pipeline_id,
                                .name = e->name,
                                .responsible_id = e->responsible_user_id,
                                .price_micros = e->price_micros,
                                .created_at = e->created_at,
                                .utm = utm_of_tracking(&e->tracking)},
                 &is_news));
    in->nnews += is_news;
    if (!e->updated_at.known) {
        TRY(crm_want(in->tx, d->crm_account_id, d->deal_id));
        scheduler_nudge(in->app->scheduler, "crm.read_back");
    }
out:
    return err;
}

/* True when the deal is new in this webhook. */
static bool note_deal(struct intake *in, const struct deal *d)
{
    struct {
        struct deal *at;
        size_t n, cap;
    } list = {in->deals, in->ndeals, in->cap};

    for (size_t i = 0; i < list.n; i++)
        if (list.at[i].crm_account_id == d->crm_account_id &&
            str_eq(list.at[i].deal_id, d->deal_id))
            return false;
    *vec_add(tx_ctx(in->tx)->arena, &list) = *d;
    in->deals = list.at;
    in->ndeals = list.n;
    in->cap = list.cap;
    return true;
}

static enum err take_event(struct intake *in, const struct amo_event *e)
{
    enum err err = OK;
    enum deal_action action;
    struct deal d = {0};

    if (!action_of(e->action, &action))
        return OK;
    TRY(find_deal(in, e, &d));
    if (note_deal(in, &d))
        TRY(told_forget(in->tx, &d, in->event->id));
    TRY(put_event(in, e, action, &d));
out:
    return err;
}

/* With the fields that an admin named, when there are any for this account. */
static enum err read_hook(struct intake *in, struct amo_hook *hook)
{
    enum err err;
    struct ctx *cx = tx_ctx(in->tx);
    struct amo_body body = {.content_type = in->event->content_type, .bytes = in->event->body};
    struct amo_field_map map = {0};
    struct deal d = {0};

    TRY(amo_hook_read(cx, &body, hook));
    if (!hook->nevents)
        return OK;
    TRY(find_deal(in, &hook->events[0], &d));
    TRY(crm_fields_map(in->tx, d.crm_account_id, &map));
    if (!map.n)
        return OK;
    body.fields = map.at;
    body.nfields = map.n;
    TRY(amo_hook_read(cx, &body, hook));
out:
    return err;
}

static struct str outcome_of(struct intake *in, const struct sale_refs *touched)
{
    bool has_changed = false;

    if (!in->ndeals)
        return S("nothing to do");
    for (size_t i = 0; i < touched->n; i++)
        has_changed = has_changed || touched->at[i].has_changed;
    if (!in->nnews && !has_changed)
        return S("known already");
    return in->ndeals == 1 ? S("sale") : arena_fmt(tx_ctx(in->tx)->arena, "%zu sales", in->ndeals);
}

enum err sales_accept_amocrm(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out, struct sale_refs *touched)
{
    enum err err;
    struct intake in = {.tx = tx, .app = app, .event = e};
    struct amo_hook hook = {0};
    struct stages stages = {0};

    out->parser = "amocrm/2";
    TRY(read_hook(&in, &hook));
    for (size_t i = 0; i < hook.nevents; i++)
        TRY(take_event(&in, &hook.events[i]));
    if (in.ndeals) {
        out->subject = in.deals[0].deal_id;
        TRY(stages_load(tx, &stages));
    }
    /* Without news there is nothing to fold anew; what is worked off again is news once more. */
    for (size_t i = 0; in.nnews && i < in.ndeals; i++)
        TRY(sale_refold(tx, app, &in.deals[i], &stages, vec_add(tx_ctx(tx)->arena, touched)));
    out->outcome = outcome_of(&in, touched);
out:
    return err;
}
