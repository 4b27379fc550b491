/* graph_parts.c: what every list of the fake Graph API has: fields, filters, pages, texts. */
#include "sim/graph.h"

#include <string.h>

#include "base/crypto.h"
#include "base/form.h"

/* ---- fields ---- */

/* "a,b{c,d},e" gives "a", then "b{c,d}". */
static bool next_field(struct str *rest, struct str *field)
{
    size_t depth = 0, n = 0;

    if (!rest->len)
        return false;
    while (n < rest->len && (depth || rest->ptr[n] != ',')) {
        depth += rest->ptr[n] == '{';
        depth -= rest->ptr[n] == '}' && depth;
        n++;
    }
    *field = str_trim((struct str){rest->ptr, n});
    *rest = (struct str){rest->ptr + n, rest->len - n};
    if (rest->len)
        *rest = (struct str){rest->ptr + 1, rest->len - 1};
    return true;
}

static const struct graph_column *column_of(const struct graph_table *t, struct str name)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct graph_column *c = &t->columns[i];
        if (str_eq(str_of(c->name), name) && (!c->kinds || c->kinds & t->kind))
            return c;
    }
    return NULL;
}

/* Of what has an id the id is told, whether it was asked for or not. */
static void add_id(const struct graph_table *t, struct graph_fields *out)
{
    const struct graph_column *id = column_of(t, S("id"));

    for (size_t i = 0; i < out->n; i++)
        if (out->at[i] == id)
            return;
    if (id && out->n < GRAPH_MAX_FIELDS) {
        out->at[out->n] = id;
        out->sub[out->n++] = S("");
    }
}

bool graph_fields_read(struct graph *g, const struct graph_table *t, struct graph_fields *out)
{
    struct str rest = graph_param(g, "fields"), field, name;

    out->n = 0;
    if (!rest.len)
        rest = str_of(t->preset);
    while (next_field(&rest, &field)) {
        struct str sub = field;
        if (!str_cut(&sub, '{', &name))
            continue;
        const struct graph_column *c = column_of(t, name);
        if (!c)
            return graph_refuse(g, 400, CODE(100, 0),
                                "(#100) Tried accessing nonexisting field (%.*s) on node type (%s)",
                                STR_FMT(name), t->node);
        if (out->n == GRAPH_MAX_FIELDS)
            return graph_refuse(g, 400, CODE(100, 0), "(#100) Too many fields");
        if (sub.len)
            sub.len--; /* the closing brace */
        out->at[out->n] = c;
        out->sub[out->n++] = sub;
    }
    add_id(t, out);
    return true;
}

void graph_fields_write(struct graph *g, struct json_out *j, const struct graph_fields *f,
                        const void *of)
{
    struct graph_line line = {.g = g, .j = j, .of = of};

    json_obj(j);
    for (size_t i = 0; i < f->n; i++) {
        line.key = f->at[i]->name;
        line.sub = f->sub[i];
        f->at[i]->write(&line);
    }
    json_end(j);
}

/* ---- filters ---- */

static bool read_list(struct graph *g, const struct json_in *value, struct str *out, size_t *n)
{
    struct json_iter it = json_iter(value);
    const struct json_in *item = value;

    if (json_type(value) != JSON_ARR) {
        *n = json_as_text(value, g->arena, &out[0]);
        return *n == 1;
    }
    while ((item = json_next(&it, NULL)))
        if (*n == GRAPH_MAX_IN || !json_as_text(item, g->arena, &out[(*n)++]))
            return false;
    return true;
}

static enum world_kind kind_of(struct str prefix)
{
    if (str_eq(prefix, S("campaign")))
        return WORLD_CAMPAIGN;
    if (str_eq(prefix, S("adset")))
        return WORLD_ADSET;
    return str_eq(prefix, S("ad")) ? WORLD_AD : 0;
}

static bool read_filter(struct graph *g, const struct json_in *filter, struct graph_filter *f)
{
    struct str field = S(""), operator= S(""), prefix;
    const struct json_in *value = json_get(filter, "value");
    int64_t number = 0;

    json_as_str(json_get(filter, "field"), &field);
    json_as_str(json_get(filter, "operator"), &operator);
    struct str last = field;
    bool has_prefix = field.len && memchr(field.ptr, '.', field.len);
    enum world_kind kind = has_prefix && str_cut(&last, '.', &prefix) ? kind_of(prefix) : 0;
    bool is_in = str_eq(operator, S("IN")) || str_eq(operator, S("EQUAL"));
    bool is_above = str_eq(operator, S("GREATER_THAN"));

    if (str_eq(last, S("effective_status")) && is_in) {
        f->has_statuses = true;
        f->status_of = kind;
        return read_list(g, value, f->statuses, &f->nstatuses);
    }
    if (str_eq(last, S("id")) && is_in) {
        f->has_ids = true;
        f->id_of = kind;
        return read_list(g, value, f->ids, &f->nids);
    }
    if (str_eq(last, S("updated_time")) && is_above && json_as_int(value, &number)) {
        f->updated_after = number;
        return true;
    }
    return str_eq(last, S("spend")) && is_above && json_as_dec(value, 2, &f->spend_above);
}

static bool read_effective_status(struct graph *g, struct graph_filter *out)
{
    const struct json_in *root = NULL;
    struct str text = graph_param(g, "effective_status");

    if (!text.len)
        return true;
    out->has_statuses = true;
    return !json_parse(&g->rq->cx, text, &root) && json_type(root) == JSON_ARR &&
           read_list(g, root, out->statuses, &out->nstatuses);
}

bool graph_filter_read(struct graph *g, struct graph_filter *out)
{
    const struct json_in *root = NULL, *item;
    struct str text = graph_param(g, "filtering");

    *out = (struct graph_filter){.spend_above = -1, .updated_after = -1};
    bool is_good = read_effective_status(g, out);
    if (is_good && text.len) {
        is_good = !json_parse(&g->rq->cx, text, &root) && json_type(root) == JSON_ARR;
        struct json_iter it = json_iter(root);
        while (is_good && (item = json_next(&it, NULL)))
            is_good = read_filter(g, item, out);
    }
    ctx_forgive(&g->rq->cx); /* the answer to bad JSON is Meta's, not ours */
    return is_good || graph_refuse(g, 400, CODE(100, 0), "(#100) Invalid filtering parameter");
}

bool graph_filter_status(const struct graph_filter *f, const char *status)
{
    struct str s = str_of(status);

    if (!f->has_statuses)
        return !str_eq(s, S("ARCHIVED")) && !str_eq(s, S("DELETED"));
    for (size_t i = 0; i < f->nstatuses; i++)
        if (str_eq(f->statuses[i], s))
            return true;
    return false;
}

bool graph_filter_id(const struct graph_filter *f, struct arena *a, int64_t id)
{
    if (!f->has_ids)
        return true;
    struct str text = arena_fmt(a, "%lld", (long long)id);
    for (size_t i = 0; i < f->nids; i++)
        if (str_eq(f->ids[i], text))
            return true;
    return false;
}

/* ---- pages ---- */

/* Like Meta's: base64 of a position and two odd letters where padding would be. */
static struct str cursor_text(struct arena *a, int64_t position)
{
    struct str digits = arena_fmt(a, "%lld", (long long)position);
    struct str text = base64url_text(a, digits);

    return arena_fmt(a, "%.*sZD", STR_FMT(text));
}

static bool cursor_read(struct arena *a, struct str text, int64_t *position)
{
    struct str digits;

    if (!str_ends(text, S("ZD")))
        return false;
    text.len -= 2;
    return base64url_bytes(a, text, &digits) && str_to_int(digits, position) && *position >= 0;
}

bool graph_page_read(struct graph *g, struct graph_page *out)
{
    struct str limit = graph_param(g, "limit"), after = graph_param(g, "after");

    *out = (struct graph_page){.limit = GRAPH_PAGE};
    if (limit.len && (!str_to_int(limit, &out->limit) || out->limit < 1))
        return graph_refuse(g, 400, CODE(100, 0), "(#100) Param limit must be a positive integer");
    if (out->limit > GRAPH_MAX_PAGE)
        out->limit = GRAPH_MAX_PAGE;
    if (after.len && !cursor_read(g->arena, after, &out->from))
        return graph_refuse(g, 400, CODE(100, 0), "(#100) Invalid cursors values");
    return true;
}

/* The call again with the token in it, as Meta does, whichever way the token came. */
static struct str next_url(struct graph *g, struct str after)
{
    struct str rest = g->rq->query, pair;
    struct str url = arena_fmt(g->arena, "%s%.*s?access_token=%.*s", g->sim->root_url,
                               STR_FMT(g->rq->path), STR_FMT(url_encode(g->arena, g->token)));

    while (str_cut(&rest, '&', &pair))
        if (!str_starts(pair, S("access_token=")) && !str_starts(pair, S("after=")))
            url = arena_fmt(g->arena, "%.*s&%.*s", STR_FMT(url), STR_FMT(pair));
    return arena_fmt(g->arena, "%.*s&after=%.*s", STR_FMT(url), STR_FMT(after));
}

enum err graph_page_end(struct graph *g, struct json_out *j, int64_t begin, int64_t next)
{
    json_end(j);      /* data */
    if (begin >= 0) { /* an empty list has no paging at all */
        struct str after = cursor_text(g->arena, next >= 0 ? next : INT64_MAX / 2);
        json_key(j, "paging");
        json_obj(j);
        json_key(j, "cursors");
        json_obj(j);
        graph_text(j, "before", cursor_text(g->arena, begin));
        graph_text(j, "after", after);
        json_end(j);
        if (next >= 0)
            graph_text(j, "next", next_url(g, after));
        json_end(j);
    }
    json_end(j);
    return resp_json(g->rs, j);
}

/* ---- values ---- */

void graph_text(struct json_out *j, const char *key, struct str value)
{
    json_key(j, key);
    json_str(j, value);
}

void graph_decimal(struct json_out *j, const char *key, int64_t units, int scale)
{
    char text[40];
    size_t n = sizeof text;
    uint64_t rest = (uint64_t)units; /* what is shown is never negative */
    bool is_cut = true;

    for (int i = 0; i < scale; i++, rest /= 10) {
        is_cut = is_cut && rest % 10 == 0;
        if (!is_cut)
            text[--n] = (char)('0' + rest % 10);
    }
    if (!is_cut)
        text[--n] = '.';
    do {
        text[--n] = (char)('0' + rest % 10);
    } while (rest /= 10);
    graph_text(j, key, (struct str){text + n, sizeof text - n});
}

void graph_number(struct json_out *j, const char *key, int64_t v)
{
    graph_decimal(j, key, v, 0);
}
