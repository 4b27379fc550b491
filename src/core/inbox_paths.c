/* inbox_paths.c: positions and verbs left out, so that what stays says where a value stands. */
#include "core/inbox_paths.h"
#include "base/form.h"
#include "base/json.h"

#include <string.h>

enum { MOST_PAIRS = 5000, MOST_DEPTH = 12 };

static void add(struct arena *a, struct inbox_paths *p, struct str path)
{
    if (!path.len || path.len > PATH_LONGEST || p->n == PATHS_MOST || memchr(path.ptr, 0, path.len))
        return;
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->at[i], path))
            return;
    p->at[p->n++] = arena_str(a, path);
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

/* What happened to a thing says nothing about its fields. */
static bool is_verb(struct str s)
{
    static const char *const verbs[] = {"add",     "update",      "status", "delete",
                                        "restore", "responsible", "note"};

    for (size_t i = 0; i < COUNT(verbs); i++)
        if (str_eq(s, str_of(verbs[i])))
            return true;
    return false;
}

/* ---- forms: leads[add][0][custom_fields][3][values][0][value] ---- */

/* "a[b][c]" gives "a", "b" and "c". */
static bool next_part(struct str *rest, struct str *part)
{
    size_t n = 0;

    if (rest->len && rest->ptr[0] == '[')
        *rest = (struct str){rest->ptr + 1, rest->len - 1};
    if (!rest->len)
        return false;
    while (n < rest->len && rest->ptr[n] != '[' && rest->ptr[n] != ']')
        n++;
    *part = (struct str){rest->ptr, n};
    if (n < rest->len && rest->ptr[n] == ']')
        n++;
    *rest = (struct str){rest->ptr + n, rest->len - n};
    return true;
}

/* The field that the pair belongs to, when the key is "...custom_fields[3]...". */
static bool custom_of(struct str key, struct str *field, struct str *rest)
{
    static const char *const words[] = {"[custom_fields]", "[custom_fields_values]"};

    for (size_t w = 0; w < COUNT(words); w++) {
        const char *at = memmem(key.ptr, key.len, words[w], strlen(words[w]));
        if (!at)
            continue;
        *rest = (struct str){at + strlen(words[w]),
                             key.len - (size_t)(at - key.ptr) - strlen(words[w])};
        const char *end = memchr(rest->ptr, ']', rest->len);
        if (!end)
            return false;
        *field = (struct str){key.ptr, (size_t)(end + 1 - key.ptr)};
        rest->len -= (size_t)(end + 1 - rest->ptr);
        rest->ptr = end + 1;
        return true;
    }
    return false;
}

struct named { /* a custom field of this body: where it stands and what it is called */
    struct str field, name;
    bool is_code;
};
struct names {
    struct named *at;
    size_t n, cap;
};

static struct named *find_name(struct names *all, struct str field)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->at[i].field, field))
            return &all->at[i];
    return NULL;
}

static void learn_name(struct arena *a, struct names *all, struct str key, struct str value)
{
    struct str field, rest;

    if (!value.len || !custom_of(key, &field, &rest))
        return;
    bool is_code = str_eq(rest, S("[code]"));
    if (!is_code && !str_eq(rest, S("[name]")))
        return;
    struct named *known = find_name(all, field);
    if (!known && all->n < PATHS_MOST) {
        known = vec_add(a, all);
        known->field = field;
    }
    if (known && (is_code || !known->is_code)) {
        known->name = value;
        known->is_code = is_code;
    }
}

static struct str form_path(struct arena *a, struct names *names, struct str key)
{
    struct str field, rest = key, part, path = S(""), inside;
    struct named *named = NULL;

    if (custom_of(key, &field, &inside)) {
        named = find_name(names, field);
        rest = field;
    }
    while (next_part(&rest, &part)) {
        if (is_number(part) || is_verb(part) || !part.len)
            continue;
        path = path.len ? arena_fmt(a, "%.*s[%.*s]", STR_FMT(path), STR_FMT(part)) : part;
    }
    return named ? arena_fmt(a, "%.*s[%.*s]", STR_FMT(path), STR_FMT(named->name)) : path;
}

static void form_paths(struct arena *a, struct str body, struct inbox_paths *out)
{
    struct names names = {0};
    struct str key, value;
    struct form f = form_start(body, MOST_PAIRS);

    while (form_next(&f, a, &key, &value))
        learn_name(a, &names, key, value);
    f = form_start(body, MOST_PAIRS);
    while (form_next(&f, a, &key, &value))
        add(a, out, form_path(a, &names, key));
}

/* ---- JSON ---- */

/* {"code":"EMAIL","values":[...]}: a field that says its own name. */
static bool own_name(const struct json_in *v, struct str *name)
{
    static const char *const words[] = {"field_code", "code", "field_name", "name"};

    if (json_type(json_get(v, "values")) == JSON_NONE &&
        json_type(json_get(v, "value")) == JSON_NONE)
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (json_as_str(json_get(v, words[i]), name) && name->len)
            return true;
    return false;
}

struct walk {
    struct arena *arena;
    struct inbox_paths *out;
};

static void walk_json(struct walk *w, const struct json_in *v, struct str path, int depth)
{
    enum json_type type = json_type(v);
    struct json_iter it = json_iter(v);
    const struct json_in *one;
    struct str key, name;

    if (depth > MOST_DEPTH || type == JSON_NULL)
        return;
    if (type != JSON_OBJ && type != JSON_ARR) {
        add(w->arena, w->out, path);
        return;
    }
    while ((one = json_next(&it, &key))) {
        if (type == JSON_ARR && own_name(one, &name)) {
            add(w->arena, w->out, arena_fmt(w->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(name)));
            continue;
        }
        struct str below = type == JSON_ARR ? path
                           : path.len
                               ? arena_fmt(w->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(key))
                               : key;
        walk_json(w, one, below, depth + 1);
    }
}

void inbox_paths_of(struct ctx *cx, struct str body, struct inbox_paths *out)
{
    struct ctx try = {.arena = cx->arena, .clock = cx->clock};
    const struct json_in *root = NULL;
    struct str text = str_trim(body);

    out->n = 0;
    if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[')) {
        struct walk w = {cx->arena, out};
        if (json_parse(&try, text, &root) == OK)
            walk_json(&w, root, S(""), 0);
    } else if (memchr(text.ptr ? text.ptr : "", '=', text.len)) {
        form_paths(cx->arena, text, out);
    }
}
