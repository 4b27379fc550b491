/* meta_hooks.c: bodies of webhooks: several entries, each with several changes. */
#include "vendors/meta_inside.h"
#include "vendors/meta_leads.h"

struct found {
    VEC(struct meta_hook) list;
};

/* What is of the wrong type is taken as left out: one odd change must not cost the others. */
static struct str text_in(struct ctx *cx, const struct json_in *v, const char *key)
{
    struct str text = {0};

    if (!json_as_text(json_get(v, key), cx->arena, &text))
        text = (struct str){0};
    return text;
}

static struct maybe_int seconds_in(const struct json_in *v, const char *key)
{
    struct maybe_int at = {0};

    at.known = json_as_int(json_get(v, key), &at.v) && at.v > 0 && at.v < INT64_MAX / 1000;
    at.v = at.known ? at.v * 1000 : 0;
    return at;
}

static void add_lead(struct ctx *cx, struct found *f, const struct json_in *value)
{
    struct meta_hook *h = vec_add(cx->arena, &f->list);

    *h = (struct meta_hook){.field = S("leadgen"),
                            .id = text_in(cx, value, "leadgen_id"),
                            .at = seconds_in(value, "created_time"),
                            .page_id = text_in(cx, value, "page_id"),
                            .form_id = text_in(cx, value, "form_id"),
                            .ad_id = text_in(cx, value, "ad_id")};
    if (!h->ad_id.len)
        h->ad_id = text_in(cx, value, "adgroup_id"); /* an ad's old name */
    h->kind = str_is_id(h->id) ? META_HOOK_LEAD : META_HOOK_OTHER;
}

/* ---- WhatsApp ---- */

static struct str name_of(struct ctx *cx, const struct json_in *value, struct str from)
{
    struct json_iter it = json_iter(json_get(value, "contacts"));

    for (const struct json_in *c; (c = json_next(&it, NULL));)
        if (str_eq(text_in(cx, c, "wa_id"), from))
            return text_in(cx, json_get(c, "profile"), "name");
    return (struct str){0};
}

static void take_referral(struct ctx *cx, const struct json_in *referral, struct meta_hook *h)
{
    if (json_type(referral) != JSON_OBJ)
        return;
    h->has_referral = true;
    h->source_type = text_in(cx, referral, "source_type");
    h->source_id = text_in(cx, referral, "source_id");
    h->source_url = text_in(cx, referral, "source_url");
    h->headline = text_in(cx, referral, "headline");
    h->ctwa_clid = text_in(cx, referral, "ctwa_clid");
    if (str_eq(h->source_type, S("ad")))
        h->ad_id = h->source_id;
}

static void add_messages(struct ctx *cx, struct found *f, const struct json_in *value)
{
    struct json_iter it = json_iter(json_get(value, "messages"));
    size_t before = f->list.n;

    for (const struct json_in *m; (m = json_next(&it, NULL));) {
        struct meta_hook *h = vec_add(cx->arena, &f->list);
        *h = (struct meta_hook){.field = S("messages"),
                                .id = text_in(cx, m, "id"),
                                .at = seconds_in(m, "timestamp"),
                                .from = text_in(cx, m, "from"),
                                .number_id =
                                    text_in(cx, json_get(value, "metadata"), "phone_number_id"),
                                .text = text_in(cx, json_get(m, "text"), "body")};
        h->name = name_of(cx, value, h->from);
        take_referral(cx, json_get(m, "referral"), h);
        h->kind = h->id.len && h->from.len ? META_HOOK_MESSAGE : META_HOOK_OTHER;
    }
    if (f->list.n == before) /* delivery reports and the like */
        *vec_add(cx->arena, &f->list) =
            (struct meta_hook){.kind = META_HOOK_OTHER, .field = S("messages")};
}

/* ---- the envelope ---- */

static void add_change(struct ctx *cx, struct found *f, const struct json_in *change)
{
    struct str field = text_in(cx, change, "field");
    const struct json_in *value = json_get(change, "value");

    if (str_eq(field, S("leadgen")))
        add_lead(cx, f, value);
    else if (str_eq(field, S("messages")))
        add_messages(cx, f, value);
    else
        *vec_add(cx->arena, &f->list) = (struct meta_hook){.kind = META_HOOK_OTHER, .field = field};
}

enum err meta_hooks_read(struct ctx *cx, struct str body, const struct meta_hook **out, size_t *n)
{
    enum err err;
    const struct json_in *root = NULL, *entry, *change;
    struct found found = {0};

    *out = NULL;
    *n = 0;
    TRY(json_parse(cx, body, &root));
    if (json_type(json_get(root, "entry")) != JSON_ARR)
        return fail(cx, ERR_INPUT, "not a webhook's body: it has no entries");
    struct json_iter entries = json_iter(json_get(root, "entry"));
    while ((entry = json_next(&entries, NULL))) {
        struct json_iter changes = json_iter(json_get(entry, "changes"));
        while ((change = json_next(&changes, NULL)))
            add_change(cx, &found, change);
    }
    *out = found.list.at;
    *n = found.list.n;
out:
    return err;
}
