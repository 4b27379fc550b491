/* amo_body.c: what a webhook looks like on the wire. Accounts differ in age and settings, so each
 * POST draws a dialect: which brackets are escaped, how a space is written, which time keys and
 * field codes there are, what stands first. */
#include "base/text_out.h"
#include "sim/amo.h"
#include "sim/chance.h"

enum space { SPACE_PLUS, SPACE_ESCAPED, SPACE_RAW };
struct dialect {
    bool has_raw_brackets, has_new_times, has_codes, has_account_first, is_torn;
    enum space space;
};

static struct dialect draw_dialect(const struct world *w, int64_t number)
{
    uint64_t luck = chance(w->seed, CHANCE_POST, (uint64_t)number, 0);
    struct dialect d = {0};

    d.has_raw_brackets = chance_between(&luck, 0, 99) < 15;
    d.has_new_times = chance_between(&luck, 0, 99) < 50;
    d.has_codes = chance_between(&luck, 0, 99) < 85;
    d.has_account_first = chance_between(&luck, 0, 99) < 30;
    d.is_torn = chance_between(&luck, 0, 99) < 2;
    int64_t space = chance_between(&luck, 0, 99);
    d.space = space < 70 ? SPACE_PLUS : space < 92 ? SPACE_ESCAPED : SPACE_RAW;
    return d;
}

struct writer {
    const struct world *w;
    struct arena *arena;
    struct text_out out;
    struct dialect dialect;
    struct str prefix;             /* "leads[status][0]" */
    int counts[WORLD_DELETED + 1]; /* how many of each action there are already */
};

static void put(struct writer *x, struct str s)
{
    text_put(&x->out, s.ptr, s.len);
}

static void put_escaped(struct writer *x, struct str s, bool is_key)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_key && x->dialect.has_raw_brackets && (c == '[' || c == ']'))
            is_plain = true;
        if (is_plain) {
            text_put(&x->out, &s.ptr[i], 1);
        } else if (c == ' ' && x->dialect.space != SPACE_ESCAPED) {
            put(x, x->dialect.space == SPACE_PLUS ? S("+") : S(" "));
        } else {
            char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
            text_put(&x->out, escape, 3);
        }
    }
}

static void pair(struct writer *x, const char *key, struct str value)
{
    if (x->out.n)
        put(x, S("&"));
    put_escaped(x, x->prefix, true);
    put_escaped(x, str_of(key), true);
    put(x, S("="));
    put_escaped(x, value, false);
}

static void pair_int(struct writer *x, const char *key, int64_t v)
{
    pair(x, key, arena_fmt(x->arena, "%lld", (long long)v));
}

static void account(struct writer *x)
{
    const struct world *w = x->w;

    x->prefix = S("account");
    pair(x, "[id]", w->crm_account);
    pair(x, "[subdomain]", w->crm_subdomain);
    pair(x, "[_links][self]",
         arena_fmt(x->arena, "https://%.*s.amocrm.ru", STR_FMT(w->crm_subdomain)));
}

/* ---- custom fields ---- */

static void field(struct writer *x, int *n, int64_t id, const char *name, const char *code)
{
    x->prefix = arena_fmt(x->arena, "%.*s[custom_fields][%d]", STR_FMT(x->prefix), *n);
    pair_int(x, "[id]", id);
    pair(x, "[name]", str_of(name));
    if (code && x->dialect.has_codes)
        pair(x, "[code]", str_of(code));
    (*n)++;
}

static void custom_fields(struct writer *x, const struct world_deal *d)
{
    static const char *const names[] = {"utm_source", "utm_medium", "utm_campaign", "utm_content",
                                        "utm_term"};
    static const char *const codes[] = {"UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT",
                                        "UTM_TERM"};
    struct str deal = x->prefix;
    struct world_tags tags;
    int n = 0;

    world_deal_tags(x->w, x->arena, d, &tags);
    const struct str values[] = {tags.source, tags.medium, tags.campaign, tags.content, tags.term};
    field(x, &n, 66339, "Источник", NULL);
    pair(x, "[values][0][value]", d->ad == UINT32_MAX ? S("Сайт") : S("Реклама"));
    pair_int(x, "[values][0][enum]", d->ad == UINT32_MAX ? 139517 : 139519);
    for (size_t i = 0; i < COUNT(values); i++) {
        x->prefix = deal;
        if (!values[i].len)
            continue;
        field(x, &n, 66341 + 2 * (int64_t)i, names[i], codes[i]);
        pair(x, "[values][0][value]", values[i]);
    }
    x->prefix = deal;
    field(x, &n, 66391, "Дата заявки", NULL);
    pair_int(x, "[values][0]", d->created_ms / 1000); /* dates have no [value] */
    x->prefix = deal;
}

/* ---- deals ---- */

static const char *action_text(enum world_action action)
{
    switch (action) {
    case WORLD_ADDED:
        return "add";
    case WORLD_MOVED:
        return "status";
    case WORLD_UPDATED:
        return "update";
    case WORLD_DELETED:
        break;
    }
    return "delete";
}

static void times(struct writer *x, const struct world_deal *d, const struct world_step *s)
{
    bool is_new = x->dialect.has_new_times;

    pair_int(x, is_new ? "[updated_at]" : "[last_modified]", s->at_ms / 1000);
    pair_int(x, is_new ? "[created_at]" : "[date_create]", d->created_ms / 1000);
}

static void deal(struct writer *x, const struct world_deal *d, const struct world_step *s)
{
    pair_int(x, "[id]", d->id);
    if (s->action != WORLD_DELETED)
        pair(x, "[name]", world_deal_name(x->w, x->arena, d));
    pair(x, "[status_id]", s->status);
    if (s->old_status.len && s->action == WORLD_MOVED)
        pair(x, "[old_status_id]", s->old_status);
    pair(x, "[pipeline_id]", d->pipeline->id);
    if (s->action == WORLD_DELETED)
        return; /* nothing else is told of what is gone */
    if (s->price)
        pair_int(x, "[price]", s->price);
    else
        pair(x, "[price]", s->action == WORLD_ADDED ? S("") : S("0"));
    pair_int(x, "[responsible_user_id]", d->responsible);
    times(x, d, s);
    pair_int(x, "[modified_user_id]", d->responsible);
    pair_int(x, "[created_user_id]", 0);
    pair_int(x, "[account_id]", 32100001);
    pair_int(x, "[tags][0][id]", 80147);
    pair(x, "[tags][0][name]", d->ad == UINT32_MAX ? S("site") : S("tilda"));
    custom_fields(x, d);
}

static void event(struct writer *x, const struct amo_event *e)
{
    struct world_deal d;

    if (!world_deal(x->w, &e->ref, &d))
        return;
    const struct world_step *s = &d.steps[e->step];
    x->prefix =
        arena_fmt(x->arena, "leads[%s][%d]", action_text(s->action), x->counts[s->action]++);
    deal(x, &d, s);
}

struct str amo_body_write(const struct world *w, struct arena *a, const struct amo_post *post)
{
    struct writer x = {.w = w, .arena = a, .dialect = draw_dialect(w, post->number)};

    x.out = text_out(a, post->nevents * 2600 + 256);
    if (x.dialect.has_account_first)
        account(&x);
    for (size_t i = 0; i < post->nevents; i++)
        event(&x, &post->events[i]);
    if (x.dialect.is_torn)
        put(&x, S("&leads[status][0][")); /* seen in the wild */
    if (!x.dialect.has_account_first)
        account(&x);
    return (struct str){x.out.at, x.out.n};
}
