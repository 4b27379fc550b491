/* amocrm_rest_calls.c: what we ask amoCRM for. */
#include "base/form.h"
#include "vendors/amocrm_rest_inside.h"

#include <assert.h>

/* What a deal can go through; also what is compared when a hook is checked. */
static const char *const hook_events[] = {"add_lead",    "update_lead",  "delete_lead",
                                          "status_lead", "restore_lead", "responsible_lead"};

void amo_call_param(struct amo_call *c, const char *name, struct str value)
{
    assert(c->nquery < AMO_MAX_QUERY);
    c->query[c->nquery++] = (struct pair){name, value};
}

struct amo_call amo_call_account(void)
{
    return (struct amo_call){.path = S("/api/v4/account")};
}

struct amo_call amo_call_pipelines(void)
{
    return (struct amo_call){.path = S("/api/v4/leads/pipelines"), .rows = "pipelines"};
}

struct amo_call amo_call_users(void)
{
    return (struct amo_call){.path = S("/api/v4/users"), .rows = "users", .limit = AMO_PAGE};
}

struct amo_call amo_call_lead_fields(void)
{
    return (struct amo_call){
        .path = S("/api/v4/leads/custom_fields"), .rows = "custom_fields", .limit = AMO_PAGE};
}

struct amo_call amo_call_lead(struct arena *a, struct str id)
{
    struct amo_call c = {.may_miss = true};

    c.path = arena_fmt(a, "/api/v4/leads/%.*s", STR_FMT(url_encode(a, id)));
    amo_call_param(&c, "with", S("contacts,loss_reason"));
    return c;
}

struct amo_call amo_call_contacts(const struct str *ids, size_t n)
{
    assert(n <= AMO_MAX_IDS);
    return (struct amo_call){.path = S("/api/v4/contacts"),
                             .rows = "contacts",
                             .limit = AMO_PAGE,
                             .ids = ids,
                             .nids = n};
}

struct amo_call amo_call_leads(struct arena *a, const struct amo_leads_ask *ask)
{
    struct amo_call c = {.path = S("/api/v4/leads"),
                         .rows = "leads",
                         .limit = ask->limit > 0 && ask->limit < AMO_PAGE ? ask->limit : AMO_PAGE,
                         .ids = ask->ids,
                         .nids = ask->nids};

    assert(ask->nids <= AMO_MAX_IDS);
    amo_call_param(&c, "with",
                   ask->only_deleted ? S("contacts,loss_reason,only_deleted")
                                     : S("contacts,loss_reason"));
    if (ask->from_ms > 0)
        amo_call_param(&c, "filter[updated_at][from]",
                       arena_fmt(a, "%lld", (long long)(ask->from_ms / 1000)));
    if (ask->to_ms > 0)
        amo_call_param(&c, "filter[updated_at][to]",
                       arena_fmt(a, "%lld", (long long)(ask->to_ms / 1000)));
    amo_call_param(&c, "order[updated_at]", S("asc"));
    return c;
}

/* ---- our own hook ---- */

struct amo_call amo_call_webhooks(void)
{
    return (struct amo_call){.path = S("/api/v4/webhooks"), .rows = "webhooks"};
}

enum err amo_call_webhook_set(struct ctx *cx, struct str destination, struct amo_call *out)
{
    struct json_out *j = json_out_new(cx, 256);

    *out = (struct amo_call){.method = "POST", .path = S("/api/v4/webhooks")};
    json_obj(j);
    json_key(j, "destination"), json_str(j, destination);
    json_key(j, "settings");
    json_arr(j);
    for (size_t i = 0; i < COUNT(hook_events); i++)
        json_str(j, str_of(hook_events[i]));
    json_end(j);
    json_end(j);
    return json_finish(j, &out->body);
}

enum err amo_call_webhook_delete(struct ctx *cx, struct str destination, struct amo_call *out)
{
    struct json_out *j = json_out_new(cx, 256);

    *out = (struct amo_call){.method = "DELETE", .path = S("/api/v4/webhooks"), .may_miss = true};
    json_obj(j);
    json_key(j, "destination"), json_str(j, destination);
    json_end(j);
    return json_finish(j, &out->body);
}

static bool covers(const struct json_in *settings, struct str event)
{
    struct json_iter it = json_iter(settings);
    struct str text;

    for (const struct json_in *item; (item = json_next(&it, NULL));)
        if (json_as_str(item, &text) && str_eq(text, event))
            return true;
    return false;
}

enum err amo_webhook_read(struct ctx *cx, const struct json_in *row, struct amo_webhook *out)
{
    enum err err;
    const struct json_in *settings;
    struct maybe_int created;

    *out = (struct amo_webhook){.covers_deals = true};
    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "destination", &out->destination));
    TRY(amo_take_bool(cx, row, "disabled", &out->is_disabled));
    TRY(amo_take_time(cx, row, "created_at", &created));
    TRY(amo_take_list(cx, row, "settings", &settings));
    out->created_at = created.known ? created.v : 0;
    for (size_t i = 0; i < COUNT(hook_events); i++)
        out->covers_deals = out->covers_deals && covers(settings, str_of(hook_events[i]));
out:
    return err;
}
