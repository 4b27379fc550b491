/* leads_bytes.c: of bytes that tell of several people, what they say of one lead. */
#include "base/json.h"
#include "leads/leads_inside.h"
#include "vendors/amocrm.h"

enum { DEEPEST = 12 };

/* The first object whose member of this name is the id. */
static const struct json_in *find_object(struct arena *a, const struct json_in *v,
                                         const struct lead_mark *mark, int depth)
{
    struct json_iter it = json_iter(v);
    const struct json_in *item, *found;
    struct str id;

    if ((json_type(v) != JSON_OBJ && json_type(v) != JSON_ARR) || depth > DEEPEST)
        return NULL;
    if (json_type(v) == JSON_OBJ && json_as_text(json_get(v, mark->name), a, &id) &&
        str_eq(id, mark->id))
        return v;
    while ((item = json_next(&it, NULL)) != NULL) {
        found = find_object(a, item, mark, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

static enum err object_of(struct ctx *cx, struct str body, const struct lead_mark *mark,
                          struct str *out)
{
    enum err err;
    const struct json_in *root, *own;
    struct json_out *j = json_out_new(cx, 512);

    *out = (struct str){0};
    TRY(json_parse(cx, body, &root));
    own = find_object(cx->arena, root, mark, 0);
    if (!own)
        goto out;
    json_copy(j, cx->arena, own);
    TRY(json_finish(j, out));
out:
    return err;
}

enum err lead_own_bytes(struct ctx *cx, const struct lead_bytes *b, struct str *out)
{
    struct amo_body hook = {.content_type = b->content_type, .bytes = b->body};
    struct str deal = b->external_id, account;

    if (str_eq(b->source, S("amocrm")) && str_cut(&deal, '/', &account))
        return amo_hook_of_deal(cx, &hook, deal, out);
    if (str_eq(b->source, S("leadgen")))
        return object_of(cx, b->body, &(struct lead_mark){"leadgen_id", b->external_id}, out);
    if (str_eq(b->source, S("whatsapp")))
        return object_of(cx, b->body, &(struct lead_mark){"id", b->external_id}, out);
    *out = b->body;
    return OK;
}
