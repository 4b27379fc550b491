/* amocrm_own.c: of a webhook that tells of several deals, what it says of one of them. */
#include "base/form.h"
#include "base/json.h"
#include "vendors/amocrm_inside.h"

#include <string.h>

/* ---- forms: the pairs as they came ---- */

static struct str decoded(struct arena *a, struct str raw)
{
    struct str plain;

    return url_decode(a, raw, true, &plain) ? plain : raw;
}

/* "leads[status][0]" of "leads[status][0][id]"; empty when the key is of no deal. */
static struct str group_of(struct str key)
{
    size_t n = 0;

    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] == ']' && ++n == 2)
            return str_starts(key, S("leads[")) ? (struct str){key.ptr, i + 1} : (struct str){0};
    return (struct str){0};
}

struct groups {
    struct str *at;
    size_t n, cap;
};

static bool has_group(const struct groups *g, struct str group)
{
    for (size_t i = 0; i < g->n; i++)
        if (str_eq(g->at[i], group))
            return true;
    return false;
}

static void find_groups(struct arena *a, struct str rest, struct str deal_id, struct groups *out)
{
    struct str pair, key;

    while (str_cut(&rest, '&', &pair)) {
        if (!str_cut(&pair, '=', &key))
            continue;
        key = decoded(a, key);
        struct str group = group_of(key);
        if (group.len && key.len == group.len + 4 && str_ends(key, S("[id]")) &&
            str_eq(decoded(a, pair), deal_id))
            *vec_add(a, out) = group;
    }
}

static struct str form_of_deal(struct arena *a, struct str body, struct str deal_id)
{
    struct groups own = {0};
    char *text = arena_alloc(a, body.len + 1, 1);
    struct str rest = body, pair;
    size_t n = 0;

    find_groups(a, body, deal_id, &own);
    while (str_cut(&rest, '&', &pair)) {
        struct str value = pair, key;
        str_cut(&value, '=', &key);
        key = decoded(a, key);
        if (!str_starts(key, S("account[")) && !has_group(&own, group_of(key)))
            continue;
        if (n)
            text[n++] = '&';
        memcpy(text + n, pair.ptr, pair.len);
        n += pair.len;
    }
    return (struct str){text, n};
}

/* ---- JSON of the same shape ---- */

static void write_own(struct json_out *j, struct arena *a, const struct json_in *deals,
                      struct str deal_id)
{
    struct json_iter it = json_iter(deals);
    const struct json_in *deal;
    struct str id;

    json_arr(j);
    while ((deal = json_next(&it, NULL)) != NULL)
        if (json_as_text(json_get(deal, "id"), a, &id) && str_eq(id, deal_id))
            json_copy(j, a, deal);
    json_end(j);
}

static enum err json_of_deal(struct ctx *cx, struct str body, struct str deal_id, struct str *out)
{
    enum err err;
    const struct json_in *root, *deals;
    struct json_out *j = json_out_new(cx, body.len + 64);
    struct str action;

    TRY(json_parse(cx, body, &root));
    struct json_iter it = json_iter(json_get(root, "leads"));
    json_obj(j);
    json_key(j, "leads"), json_obj(j);
    while ((deals = json_next(&it, &action)) != NULL) {
        json_key(j, str_z(cx->arena, action));
        write_own(j, cx->arena, deals, deal_id);
    }
    json_end(j);
    if (json_get(root, "account"))
        json_key(j, "account"), json_copy(j, cx->arena, json_get(root, "account"));
    json_end(j);
    TRY(json_finish(j, out));
out:
    return err;
}

enum err amo_hook_of_deal(struct ctx *cx, const struct amo_body *body, struct str deal_id,
                          struct str *out)
{
    struct str text = str_trim(body->bytes);

    if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '['))
        return json_of_deal(cx, text, deal_id, out);
    *out = form_of_deal(cx->arena, body->bytes, deal_id);
    return OK;
}
