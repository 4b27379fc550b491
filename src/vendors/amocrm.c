/* amocrm.c: the webhook's two encodings, taken apart into paths and values. */
#include "base/form.h"
#include "base/json.h"
#include "base/money.h"
#include "vendors/amocrm_inside.h"

#include <string.h>

/* Adds a key's parts: "leads[status][0]" adds three. False when the brackets do not match, a cut
 * key for example, or when the path grows too deep. */
static bool path_add(struct amo_path *path, struct str key)
{
    const char *mark = key.len ? memchr(key.ptr, '[', key.len) : NULL;
    size_t head = mark ? (size_t)(mark - key.ptr) : key.len;

    if (!head || path->n == AMO_MAX_DEPTH || memchr(key.ptr, ']', head))
        return false;
    path->at[path->n++] = str_trim((struct str){key.ptr, head});
    key = (struct str){key.ptr + head, key.len - head};
    while (key.len) {
        const char *end = key.ptr[0] == '[' ? memchr(key.ptr, ']', key.len) : NULL;
        if (!end || path->n == AMO_MAX_DEPTH)
            return false;
        struct str part = {key.ptr + 1, (size_t)(end - key.ptr) - 1};
        if (part.len && memchr(part.ptr, '[', part.len))
            return false;
        path->at[path->n++] = part;
        key = (struct str){end + 1, key.len - part.len - 2};
    }
    return true;
}

static void read_form(struct arena *a, struct str raw, struct amo_drafts *drafts,
                      struct amo_hook *out)
{
    struct form form = form_start(raw, AMO_MAX_PAIRS);
    struct str key, value;

    while (form_next(&form, a, &key, &value)) {
        struct amo_path path = {0};
        if (!path_add(&path, key) || !amo_drafts_put(drafts, &path, value))
            out->skipped++;
    }
    out->is_cut_short = form.rest.len > 0;
}

struct json_walk {
    struct arena *arena;
    struct amo_drafts *drafts;
    struct amo_hook *out;
    size_t pairs_left;
};

/* Prices may come as numbers with decimals. */
static bool number_text(const struct json_in *v, struct arena *a, struct str *out)
{
    char text[DECIMAL_SIZE];
    int64_t units;

    if (json_type(v) != JSON_NUM || !json_as_dec(v, MONEY_SCALE, &units))
        return false;
    *out = arena_str(a, (struct str){text, decimal_put(text, units, MONEY_SCALE)});
    return true;
}

/* No deeper than AMO_MAX_DEPTH, which path_add enforces. */
static void walk_json(struct json_walk *w, const struct json_in *v, const struct amo_path *path)
{
    enum json_type type = json_type(v);
    struct json_iter it = json_iter(v);
    struct str key = {0}, text;
    size_t i = 0;

    if (type != JSON_ARR && type != JSON_OBJ) {
        if (type == JSON_NULL)
            return;
        if (!w->pairs_left) {
            w->out->is_cut_short = true;
            return;
        }
        w->pairs_left--;
        bool is_text = json_as_text(v, w->arena, &text) || number_text(v, w->arena, &text);
        if (!is_text || !amo_drafts_put(w->drafts, path, text))
            w->out->skipped++;
        return;
    }
    for (const struct json_in *item; (item = json_next(&it, &key)); i++) {
        struct amo_path below = *path;
        if (type == JSON_ARR)
            key = arena_fmt(w->arena, "%zu", i);
        if (path_add(&below, key))
            walk_json(w, item, &below);
        else
            w->out->skipped++;
    }
}

static bool is_json(const struct amo_body *body)
{
    struct str bytes = str_trim(body->bytes);

    return bytes.len && (bytes.ptr[0] == '{' || bytes.ptr[0] == '[');
}

static bool says_json(struct str content_type)
{
    struct str mime = {0};

    return str_cut(&content_type, ';', &mime) &&
           str_eq_nocase(str_trim(mime), S("application/json"));
}

enum err amo_hook_read(struct ctx *cx, const struct amo_body *body, struct amo_hook *out)
{
    enum err err = OK;
    const struct json_in *root;
    struct amo_drafts *drafts = amo_drafts_new(cx->arena, body);

    *out = (struct amo_hook){0};
    if (is_json(body) || says_json(body->content_type)) {
        TRY(json_parse(cx, body->bytes, &root));
        struct json_walk walk = {cx->arena, drafts, out, AMO_MAX_PAIRS};
        walk_json(&walk, root, &(struct amo_path){0});
    } else {
        read_form(cx->arena, body->bytes, drafts, out);
    }
    amo_drafts_finish(drafts, out);
out:
    return err;
}

struct str amo_event_key(struct arena *a, const struct amo_event *e)
{
    struct str updated =
        e->updated_at.known ? arena_fmt(a, "%lld", (long long)(e->updated_at.v / 1000)) : S("-");
    struct str account = e->account_id.len ? e->account_id : e->subdomain;

    return arena_fmt(a, "%.*s:%.*s:%s:%.*s:%.*s", STR_FMT(account), STR_FMT(e->deal_id),
                     amo_action_slug(e->action), STR_FMT(e->status_id), STR_FMT(updated));
}

bool amo_status_is_won(struct str status_id)
{
    return str_eq(status_id, S("142"));
}

bool amo_status_is_lost(struct str status_id)
{
    return str_eq(status_id, S("143"));
}
