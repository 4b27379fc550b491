/* json_schema.c: walks a value and its schema side by side. */
#include "json_schema.h"

#include <regex.h>
#include <string.h>

struct walk {
    struct ctx *cx;
    const struct json_in *root;
};

static struct str text_of(const struct json_in *v)
{
    struct str s = {0};

    return json_as_str(v, &s) ? s : (struct str){0};
}

const struct json_in *schema_ref(struct ctx *cx, const struct json_in *root, struct str ref)
{
    const struct json_in *v = root;
    struct str step;

    if (!str_cut(&ref, '/', &step) || !str_eq(step, S("#")))
        return NULL;
    while (str_cut(&ref, '/', &step))
        v = json_get(v, str_z(cx->arena, step));
    return v;
}

const struct json_in *schema_follow(struct ctx *cx, const struct json_in *root,
                                    const struct json_in *v)
{
    for (int i = 0; i < 8; i++) {
        struct str ref = text_of(json_get(v, "$ref"));
        if (!ref.len)
            return v;
        v = schema_ref(cx, root, ref);
    }
    return NULL;
}

static const char *say(struct walk *w, struct str where, const char *what)
{
    return arena_fmt(w->cx->arena, "%.*s: %s", STR_FMT(where), what).ptr;
}

static const char *check_words(struct walk *w, const struct json_in *schema, struct str where)
{
    static const char *const known[] = {
        "$ref",        "anyOf",     "type",      "enum",    "properties", "required",
        "items",       "pattern",   "minLength", "minimum", "maximum",    "additionalProperties",
        "description", "maxLength", "maxItems",  "default"};
    struct json_iter it = json_iter(schema);
    struct str key;

    while (json_next(&it, &key)) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT(known); i++)
            is_known = is_known || str_eq(key, str_of(known[i]));
        if (!is_known)
            return say(w, where, arena_fmt(w->cx->arena, "keyword %.*s", STR_FMT(key)).ptr);
    }
    return NULL;
}

static bool is_type(const struct json_in *v, struct str name)
{
    int64_t n;
    static const struct {
        const char *name;
        enum json_type type;
    } types[] = {
        {"object",  JSON_OBJ },
        {"array",   JSON_ARR },
        {"string",  JSON_STR },
        {"number",  JSON_NUM },
        {"boolean", JSON_BOOL},
        {"null",    JSON_NULL},
    };

    if (str_eq(name, S("integer")))
        return json_type(v) == JSON_NUM && json_as_int(v, &n);
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq(name, str_of(types[i].name)))
            return json_type(v) == types[i].type;
    return false;
}

static bool fits_type(const struct json_in *type, const struct json_in *v)
{
    struct json_iter it = json_iter(type);
    const struct json_in *one;

    if (json_type(type) == JSON_STR)
        return is_type(v, text_of(type));
    while ((one = json_next(&it, NULL)))
        if (is_type(v, text_of(one)))
            return true;
    return json_type(type) == JSON_NONE;
}

static bool fits_enum(const struct json_in *list, const struct json_in *v)
{
    struct json_iter it = json_iter(list);
    const struct json_in *one;

    if (!list)
        return true;
    while ((one = json_next(&it, NULL))) {
        if (json_type(one) == JSON_NULL && json_type(v) == JSON_NULL)
            return true;
        if (json_type(one) == JSON_STR && json_type(v) == JSON_STR &&
            str_eq(text_of(one), text_of(v)))
            return true;
    }
    return false;
}

static bool fits_limits(struct walk *w, const struct json_in *schema, const struct json_in *v)
{
    int64_t least, most, n;
    struct str pattern = text_of(json_get(schema, "pattern"));

    if (json_as_int(json_get(schema, "minLength"), &least) && (int64_t)text_of(v).len < least)
        return false;
    if (json_as_int(json_get(schema, "maxLength"), &most) && (int64_t)text_of(v).len > most)
        return false;
    if (json_as_int(json_get(schema, "maxItems"), &most) && (int64_t)json_len(v) > most)
        return false;
    if (json_as_int(v, &n) && ((json_as_int(json_get(schema, "minimum"), &least) && n < least) ||
                               (json_as_int(json_get(schema, "maximum"), &most) && n > most)))
        return false;
    if (pattern.len && json_type(v) == JSON_STR) {
        regex_t regex;
        if (regcomp(&regex, str_z(w->cx->arena, pattern), REG_EXTENDED | REG_NOSUB))
            return false;
        bool is_match = !regexec(&regex, str_z(w->cx->arena, text_of(v)), 0, NULL, 0);
        regfree(&regex);
        return is_match;
    }
    return true;
}

static const char *check(struct walk *w, const struct json_in *schema, const struct json_in *v,
                         struct str where);

static const char *check_object(struct walk *w, const struct json_in *schema,
                                const struct json_in *v, struct str where)
{
    struct arena *a = w->cx->arena;
    const struct json_in *properties = json_get(schema, "properties"), *one;
    struct json_iter it = json_iter(json_get(schema, "required"));
    struct str key;
    bool may_have_more = true;

    while ((one = json_next(&it, NULL)))
        if (!json_get(v, str_z(a, text_of(one))))
            return say(w, where, arena_fmt(a, "%.*s is missing", STR_FMT(text_of(one))).ptr);
    json_as_bool(json_get(schema, "additionalProperties"), &may_have_more);
    it = json_iter(v);
    while ((one = json_next(&it, &key))) {
        const struct json_in *of = json_get(properties, str_z(a, key));
        struct str there = arena_fmt(a, "%.*s.%.*s", STR_FMT(where), STR_FMT(key));
        if (!of && !may_have_more)
            return say(w, there, "is not in the schema");
        const char *fault = of ? check(w, of, one, there) : NULL;
        if (fault)
            return fault;
    }
    return NULL;
}

static const char *check_list(struct walk *w, const struct json_in *schema, const struct json_in *v,
                              struct str where)
{
    struct json_iter it = json_iter(v);
    const struct json_in *one;
    const char *fault = NULL;

    for (int i = 0; !fault && (one = json_next(&it, NULL)); i++)
        fault = check(w, json_get(schema, "items"), one,
                      arena_fmt(w->cx->arena, "%.*s[%d]", STR_FMT(where), i));
    return fault;
}

static const char *check_any(struct walk *w, const struct json_in *list, const struct json_in *v,
                             struct str where)
{
    struct json_iter it = json_iter(list);
    const struct json_in *one;
    const char *fault = NULL, *first = NULL;

    while ((one = json_next(&it, NULL))) {
        fault = check(w, one, v, where);
        if (!fault)
            return NULL;
        first = first ? first : fault;
    }
    return first;
}

static const char *check(struct walk *w, const struct json_in *schema, const struct json_in *v,
                         struct str where)
{
    const char *fault;

    schema = schema_follow(w->cx, w->root, schema);
    if (!schema)
        return say(w, where, "its schema is not there");
    fault = check_words(w, schema, where);
    if (fault)
        return fault;
    if (json_get(schema, "anyOf"))
        return check_any(w, json_get(schema, "anyOf"), v, where);
    if (!fits_type(json_get(schema, "type"), v))
        return say(w, where, "is of another type");
    if (!fits_enum(json_get(schema, "enum"), v))
        return say(
            w, where,
            arena_fmt(w->cx->arena, "\"%.*s\" is none of the choices", STR_FMT(text_of(v))).ptr);
    if (!fits_limits(w, schema, v))
        return say(w, where, "is too short, too long, out of range or of another form");
    if (json_type(v) == JSON_OBJ)
        return check_object(w, schema, v, where);
    return json_type(v) == JSON_ARR ? check_list(w, schema, v, where) : NULL;
}

const char *schema_fault(struct ctx *cx, const struct json_in *root, const struct json_in *schema,
                         const struct json_in *value)
{
    struct walk w = {cx, root};

    return check(&w, schema, value, S("$"));
}
