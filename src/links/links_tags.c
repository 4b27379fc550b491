/* links_tags.c: tags on an address: the link's own, the visitor's, and what looks wrong in them. */
#include "base/form.h"
#include "base/utf8.h"
#include "links/links_url.h"

#include <string.h>

enum { MOST_PAIRS = LINK_MOST_PAIRS + 24, MOST_INCOMING = 500 };

const char *const link_tag_names[LINK_NTAGS] = {"utm_source", "utm_medium", "utm_campaign",
                                                "utm_content", "utm_term"};

/* Ids of a click, as the networks add them. */
static const char *const click_ids[] = {"fbclid", "gclid",   "gbraid", "wbraid", "yclid",
                                        "ttclid", "msclkid", "vkclid", "twclid", "ctwa_clid"};

/* What the ad platform puts its own words for. */
static const char *const macros[] = {"ad.id",      "ad.name",         "adset.id",
                                     "adset.name", "campaign.id",     "campaign.name",
                                     "placement",  "site_source_name"};

static const char *const merges[] = {"keep", "fill", "replace"};

const char *link_merge_name(enum link_merge m)
{
    return merges[m];
}

bool link_merge_parse(struct str name, enum link_merge *out)
{
    for (size_t i = 0; i < COUNT(merges); i++)
        if (str_eq(name, str_of(merges[i]))) {
            *out = (enum link_merge)i;
            return true;
        }
    return false;
}

/* ---- macros ---- */

/* Length of the "{{name}}" at the front; 0 when there is none. *name is what is inside. */
static size_t macro_at(struct str s, struct str *name)
{
    size_t n = 2;

    if (s.len < 5 || s.ptr[0] != '{' || s.ptr[1] != '{')
        return 0;
    while (n < s.len &&
           ((s.ptr[n] >= 'a' && s.ptr[n] <= 'z') || s.ptr[n] == '.' || s.ptr[n] == '_'))
        n++;
    if (n == 2 || n + 2 > s.len || s.ptr[n] != '}' || s.ptr[n + 1] != '}')
        return 0;
    *name = (struct str){s.ptr + 2, n - 2};
    return n + 2;
}

/* url_encode, but for macros: the platform looks for them as they are written. */
static struct str encode(struct arena *a, struct str value)
{
    struct str out = {0}, name;
    size_t from = 0;

    for (size_t i = 0; i <= value.len;) {
        struct str rest = {value.ptr + i, value.len - i};
        size_t macro = macro_at(rest, &name);
        if (!macro && rest.len) {
            i++;
            continue;
        }
        struct str plain = url_encode(a, (struct str){value.ptr + from, i - from});
        out = arena_fmt(a, "%.*s%.*s%.*s", STR_FMT(out), STR_FMT(plain), (int)macro, rest.ptr);
        i += macro ? macro : 1;
        from = i;
    }
    return out;
}

/* ---- pairs of a query ---- */

struct pair_of { /* of what was in the address the raw text is kept */
    struct str key, value, raw;
};
struct pairs {
    struct pair_of at[MOST_PAIRS];
    size_t n;
};

static struct pair_of *pair_find(struct pairs *p, struct str key)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->at[i].key, key))
            return &p->at[i];
    return NULL;
}

static void pair_set(struct pairs *p, struct str key, struct str value)
{
    struct pair_of *there = pair_find(p, key);
    struct pair_of one = {.key = key, .value = value};
    size_t kept = 0;

    if (!there) {
        if (p->n < MOST_PAIRS)
            p->at[p->n++] = one;
        return;
    }
    *there = one;
    for (size_t i = 0; i < p->n; i++)
        if (&p->at[i] == there || !str_eq(p->at[i].key, key))
            p->at[kept++] = p->at[i];
    p->n = kept;
}

static void read_pairs(struct arena *a, struct str query, struct pairs *out)
{
    struct str raw, rest, key;

    out->n = 0;
    while (out->n < MOST_PAIRS && str_cut(&query, '&', &raw)) {
        struct pair_of *one = &out->at[out->n];
        *one = (struct pair_of){.raw = raw};
        rest = raw;
        if (!raw.len)
            continue;
        str_cut(&rest, '=', &key);
        if (!url_decode(a, key, true, &one->key))
            one->key = key;
        if (!url_decode(a, rest, true, &one->value))
            one->value = rest;
        out->n++;
    }
}

static struct str join_pairs(struct arena *a, const struct pairs *p)
{
    struct str out = {0};

    for (size_t i = 0; i < p->n; i++) {
        const struct pair_of *one = &p->at[i];
        struct str text = one->raw.len ? one->raw
                                       : arena_fmt(a, "%.*s=%.*s", STR_FMT(one->key),
                                                   STR_FMT(encode(a, one->value)));
        out = arena_fmt(a, "%.*s%s%.*s", STR_FMT(out), out.len ? "&" : "", STR_FMT(text));
    }
    return out;
}

/* ---- merging ---- */

static bool is_click_id(struct str key)
{
    for (size_t i = 0; i < COUNT(click_ids); i++)
        if (str_eq(key, str_of(click_ids[i])))
            return true;
    return false;
}

static bool is_utm(struct str key)
{
    if (!str_starts(key, S("utm_")) || key.len < 6 || key.len > 32)
        return false;
    for (size_t i = 4; i < key.len; i++)
        if ((key.ptr[i] < 'a' || key.ptr[i] > 'z') && key.ptr[i] != '_')
            return false;
    return true;
}

static bool wins(struct pairs *p, struct str key, enum link_merge merge)
{
    const struct pair_of *there = pair_find(p, key);

    return merge == MERGE_REPLACE || (merge == MERGE_FILL && (!there || !there->value.len));
}

static void take_incoming(struct arena *a, struct pairs *p, const struct link_visit *visit)
{
    struct form f = form_start(visit->query, MOST_PAIRS);
    struct str key, value;

    while (form_next(&f, a, &key, &value)) {
        if (!value.len || value.len > MOST_INCOMING)
            continue;
        if (is_click_id(key) || (is_utm(key) && wins(p, key, visit->merge)))
            pair_set(p, key, value);
    }
}

struct str link_url_tagged(struct arena *a, const struct link_url *u, const struct link_tags *own,
                           const struct link_visit *visit)
{
    struct link_url out = *u;
    struct pairs *p = arena_new_of(a, struct pairs);

    read_pairs(a, u->query, p);
    for (size_t i = 0; i < LINK_NTAGS; i++)
        if (own->at[i].len)
            pair_set(p, str_of(link_tag_names[i]), own->at[i]);
    take_incoming(a, p, visit);
    out.query = join_pairs(a, p);
    return link_url_text(a, &out);
}

/* ---- warnings ---- */

struct letters { /* what kinds of characters a tag is made of, macros left out */
    bool latin, cyrillic, capital, space, bad_macro;
};

static struct letters letters_of(struct str s)
{
    struct letters l = {0};
    struct str name;
    uint32_t c;

    for (size_t i = 0, step; i < s.len; i += step) {
        struct str rest = {s.ptr + i, s.len - i};
        step = macro_at(rest, &name);
        if (step) {
            bool is_known = false;
            for (size_t k = 0; k < COUNT(macros); k++)
                is_known = is_known || str_eq(name, str_of(macros[k]));
            l.bad_macro = l.bad_macro || !is_known;
            continue;
        }
        step = utf8_step(rest.ptr, rest.len, &c);
        if (!step) {
            step = 1;
            continue;
        }
        l.latin = l.latin || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        l.cyrillic = l.cyrillic || (c >= 0x400 && c < 0x530);
        l.capital = l.capital || (c >= 'A' && c <= 'Z') || (c >= 0x400 && c < 0x430);
        l.space = l.space || c == ' ' || c == 0xa0;
        l.bad_macro = l.bad_macro || c == '{' || c == '}';
    }
    return l;
}

size_t link_tag_warnings(const struct link_tags *t, struct link_warning out[LINK_MOST_WARNINGS])
{
    size_t n = 0;

    for (size_t i = 0; i < LINK_NTAGS; i++) {
        const char *field = link_tag_names[i];
        struct letters l = letters_of(t->at[i]);
        if (!t->at[i].len && i == TAG_SOURCE)
            out[n++] = (struct link_warning){"missing", field};
        if (l.latin && l.cyrillic)
            out[n++] = (struct link_warning){"look_alike", field};
        if (l.space)
            out[n++] = (struct link_warning){"spaces", field};
        if (l.capital)
            out[n++] = (struct link_warning){"capitals", field};
        if (l.bad_macro)
            out[n++] = (struct link_warning){"unknown_macro", field};
    }
    return n;
}
