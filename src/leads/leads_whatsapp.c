/* leads_whatsapp.c: chats that an ad began. The first message names the ad; later ones do not. */
#include "base/calendar.h"
#include "leads/leads_inside.h"
#include "vendors/meta_leads.h"

static enum err put_touch(struct tx *tx, int64_t lead_id, const struct meta_hook *h, int64_t at)
{
    return lead_touch_put(
        tx, lead_id,
        &(struct lead_touch){.at = at,
                             .click_kind = h->ctwa_clid.len ? S("ctwa_clid") : S(""),
                             .click_id = h->ctwa_clid,
                             .landing = h->source_url});
}

/* A message is told more than once, in batches of its own: what was heard first stands. */
static enum err take_chat(struct tx *tx, struct app *app, const struct inbox_event *e,
                          const struct meta_hook *h, int64_t *id)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    int64_t at = h->at.known ? h->at.v : e->received_at;
    /* Digits with their country: a plus says so. */
    struct str phone = arena_fmt(a, "+%.*s", STR_FMT(h->from));
    struct lead_new lead = {.source_kind = S("whatsapp"),
                            .external_id = h->id,
                            .created_at = at,
                            .day = day_at(a, app->zone, at),
                            .learned_at = e->received_at,
                            .inbox_id = e->id,
                            .name = h->name,
                            .phone_tail = lead_phone_tail(a, phone),
                            .is_whole = true};
    struct lead_known known;

    if (str_eq(h->source_type, S("ad")))
        lead.ad_external_id = h->source_id;
    TRY(lead_find(tx, lead.source_kind, lead.external_id, &known));
    *id = known.id;
    if (!lead_is_older(&known, e)) {
        TRY(lead_put(tx, &lead, id));
        TRY(put_touch(tx, *id, h, at));
    }
    TRY(lead_identify(
        tx, app, *id,
        &(struct lead_keys){.phones = &phone, .nphones = 1, .ctwa_clid = h->ctwa_clid}));
out:
    return err;
}

enum err leads_accept_whatsapp(struct tx *tx, struct app *app, const struct inbox_event *e,
                               struct inbox_result *out, struct lead_refs *touched)
{
    enum err err;
    const struct meta_hook *hooks;
    size_t n;

    out->parser = "whatsapp/1";
    TRY(meta_hooks_read(tx_ctx(tx), e->body, &hooks, &n));
    for (size_t i = 0; i < n; i++) {
        if (hooks[i].kind != META_HOOK_MESSAGE || !hooks[i].has_referral)
            continue;
        TRY(take_chat(tx, app, e, &hooks[i], vec_add(tx_ctx(tx)->arena, touched)));
        out->subject = hooks[i].id;
    }
    out->outcome = touched->n ? S("lead") : S("no chat from an ad");
out:
    return err;
}
