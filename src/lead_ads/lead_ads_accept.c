/* lead_ads_accept.c: what webhooks and answers say, into leads. */
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"

static struct str day_of(struct tx *tx, struct app *app, int64_t at)
{
    return day_at(tx_ctx(tx)->arena, app->zone, at);
}

static enum err ask_for_answers(struct tx *tx, const struct meta_hook *h, int64_t lead_id,
                                int64_t at)
{
    enum err err = OK;

    if (h->page_id.len)
        TRY(db_exec(tx, &q_lead_ads_page_seen,
                    ARGS(a_str("external_id", h->page_id), a_int("at", at)), NULL));
    TRY(db_exec(tx, &q_lead_ads_fetch_put,
                ARGS(a_str("leadgen_id", h->id), a_str("page_id", h->page_id),
                     a_int("lead_id", lead_id), a_int("at", now_ms(tx_ctx(tx)))),
                NULL));
out:
    return err;
}

/* A webhook is told more than once, in batches of its own: what was heard first stands. */
static enum err put_hook(struct tx *tx, struct app *app, const struct inbox_event *e,
                         const struct meta_hook *h, int64_t *id)
{
    enum err err;
    int64_t at = h->at.known ? h->at.v : e->received_at;
    struct lead_new lead = {.source_kind = S("lead_ad"),
                            .external_id = h->id,
                            .created_at = at,
                            .day = day_of(tx, app, at),
                            .learned_at = e->received_at,
                            .inbox_id = e->id,
                            .ad_external_id = h->ad_id,
                            .form_id = h->form_id,
                            .is_whole = true};
    struct lead_known known;
    int64_t answered;

    TRY(lead_find(tx, lead.source_kind, h->id, &known));
    TRY(db_get_int(tx, &q_lead_ads_answered, ARGS(a_str("leadgen_id", h->id)), &answered, NULL));
    *id = known.id;
    /* The answers know better, whenever they came. */
    if (answered)
        TRY(lead_fill(tx, known.id, h->ad_id, h->form_id));
    else if (!lead_is_older(&known, e))
        TRY(lead_put(tx, &lead, id));
    TRY(ask_for_answers(tx, h, *id, at));
out:
    return err;
}

static enum err take_hook(struct tx *tx, struct app *app, const struct inbox_event *e,
                          const struct meta_hook *h, int64_t *id)
{
    enum err err;
    struct lead_keys keys = {0};

    TRY(put_hook(tx, app, e, h, id));
    TRY(lead_identify(tx, app, *id, &keys));
out:
    return err;
}

enum err lead_ads_accept(struct tx *tx, struct app *app, const struct inbox_event *e,
                         struct inbox_result *out, struct lead_refs *touched)
{
    enum err err;
    const struct meta_hook *hooks;
    struct arena *a = tx_ctx(tx)->arena;
    size_t n, leads = 0;
    int64_t id;

    out->parser = "leadgen/1";
    TRY(meta_hooks_read(tx_ctx(tx), e->body, &hooks, &n));
    for (size_t i = 0; i < n; i++) {
        if (hooks[i].kind != META_HOOK_LEAD)
            continue;
        TRY(take_hook(tx, app, e, &hooks[i], &id));
        *vec_add(a, touched) = id;
        out->subject = hooks[i].id;
        leads++;
    }
    out->outcome = !leads       ? S("nothing to do")
                   : leads == 1 ? S("lead")
                                : arena_fmt(a, "%zu leads", leads);
    if (leads)
        scheduler_nudge(app->scheduler, "lead_ads.fetch");
out:
    return err;
}

/* ---- the answers ---- */

static enum err put_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                         const struct meta_lead *l, int64_t *id)
{
    enum err err;
    int64_t at = l->created_at.known ? l->created_at.v : e->received_at;
    struct lead_new lead = {.source_kind = S("lead_ad"),
                            .external_id = l->id,
                            .created_at = at,
                            .day = day_of(tx, app, at),
                            .learned_at = e->received_at,
                            .inbox_id = e->id,
                            .ad_external_id = l->ad_id,
                            .campaign_external_id = l->campaign_id,
                            .form_id = l->form_id,
                            .name = l->full_name,
                            .phone_tail = lead_phone_tail(tx_ctx(tx)->arena, l->phone)};

    TRY(lead_put(tx, &lead, id));
    TRY(lead_touch_put(
        tx, *id,
        &(struct lead_touch){.is_first = true,
                             .at = at,
                             .click_kind = l->is_organic ? S("lead_ad_organic") : S("lead_ad"),
                             .click_id = l->id,
                             .referrer = l->platform}));
out:
    return err;
}

/* Asked twice, the first answer stands, as with what webhooks say. */
static enum err put_answers(struct tx *tx, struct app *app, const struct inbox_event *e,
                            const struct meta_lead *l, int64_t *id)
{
    enum err err;
    struct lead_known known;
    struct lead_keys keys = {.phones = &l->phone,
                             .nphones = l->phone.len ? 1 : 0,
                             .emails = &l->email,
                             .nemails = l->email.len ? 1 : 0};
    int64_t answered;

    TRY(lead_find(tx, S("lead_ad"), l->id, &known));
    TRY(db_get_int(tx, &q_lead_ads_answered, ARGS(a_str("leadgen_id", l->id)), &answered, NULL));
    *id = known.id;
    if (!answered || !lead_is_older(&known, e))
        TRY(put_read(tx, app, e, l, id));
    TRY(lead_identify(tx, app, *id, &keys));
out:
    return err;
}

enum err lead_ads_accept_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                              struct inbox_result *out, struct lead_refs *touched)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    const struct json_in *root;
    struct meta_lead lead;
    int64_t id;

    out->parser = "leadgen.read/1";
    TRY(json_parse(tx_ctx(tx), e->body, &root));
    if (meta_lead_read(tx_ctx(tx), root, &lead)) {
        /* The vendor's fault stays the same at every try. */
        struct str why = arena_str(a, str_of(tx_ctx(tx)->why));
        ctx_forgive(tx_ctx(tx));
        TRY(tx_fail(tx, ERR_INPUT, "%.*s", STR_FMT(why)));
    }
    TRY(put_answers(tx, app, e, &lead, &id));
    TRY(db_exec(
        tx, &q_lead_ads_fetch_known,
        ARGS(a_str("leadgen_id", lead.id), a_int("lead_id", id), a_int("at", now_ms(tx_ctx(tx)))),
        NULL));
    *vec_add(a, touched) = id;
    out->subject = lead.id;
    out->outcome = lead.is_organic ? S("organic lead") : S("lead");
out:
    return err;
}
