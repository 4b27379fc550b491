/* json_in.c: JSON by view. yyjson is named here and nowhere else.
 * Numbers stay text until someone asks for them, so no digit is lost on the way. */
#include "base/json.h"
#include "base/money.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

enum { DEEPEST = 64, FEW_KEYS = 32 };

static yyjson_val *val(const struct json_in *v)
{
    return (yyjson_val *)(uintptr_t)v;
}

static const struct json_in *view(const yyjson_val *v)
{
    return (const struct json_in *)v;
}

/* ---- yyjson's memory, from the arena ---- */

static void *from_arena(void *self, size_t size)
{
    struct arena *a = self;

    return arena_over(a) ? NULL : arena_alloc(a, size, _Alignof(max_align_t));
}

static void *more_from_arena(void *self, void *at, size_t old_size, size_t size)
{
    if (size <= old_size)
        return at;
    void *bigger = from_arena(self, size);
    if (bigger && old_size)
        memcpy(bigger, at, old_size);
    return bigger;
}

static void back_to_arena(void *self, void *at)
{
    (void)self;
    (void)at;
}

/* ---- what RFC 8259 leaves open is closed here ---- */

static struct str text_of(yyjson_val *v)
{
    return (struct str){yyjson_get_str(v), yyjson_get_len(v)};
}

/* NUL may stand in JSON but not in the texts of every database: it becomes U+FFFD. */
static void replace_nul(struct arena *a, yyjson_val *v)
{
    struct str old = text_of(v);
    size_t nuls = 0, n = 0;

    for (size_t i = 0; i < old.len; i++)
        nuls += old.ptr[i] == 0;
    if (!nuls)
        return;
    char *text = arena_alloc(a, old.len + 2 * nuls + 1, 1);
    for (size_t i = 0; i < old.len; i++) {
        size_t step = old.ptr[i] ? 1 : 3;
        memcpy(text + n, old.ptr[i] ? &old.ptr[i] : UTF8_REPLACEMENT, step);
        n += step;
    }
    yyjson_set_strn(v, text, n);
}

static int by_key(const void *a, const void *b)
{
    const struct str *x = a, *y = b;

    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return x->len ? memcmp(x->ptr, y->ptr, x->len) : 0;
}

/* Few keys are compared each with each: mostly their lengths differ, and that is soon seen. */
static bool few_have_twins(const struct str *keys, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (keys[k].len == keys[i].len && by_key(&keys[k], &keys[i]) == 0)
                return true;
    return false;
}

static bool key_is_twice(struct arena *a, yyjson_val *obj)
{
    size_t i, n = yyjson_obj_size(obj), seen = 0;
    yyjson_val *key, *value;
    struct str few[FEW_KEYS], *keys = few;

    if (n > FEW_KEYS)
        keys = arena_alloc(a, n * sizeof *keys, _Alignof(struct str));
    yyjson_obj_foreach(obj, i, n, key, value)
    {
        keys[seen++] = text_of(key);
    }
    if (seen <= FEW_KEYS)
        return few_have_twins(keys, seen);
    qsort(keys, seen, sizeof *keys, by_key);
    for (i = 1; i < seen; i++)
        if (by_key(&keys[i - 1], &keys[i]) == 0)
            return true;
    return false;
}

struct check {
    struct arena *arena;
    bool may_hold_nul; /* NUL has one way in: the text spells it out somewhere */
};

static const char *what_is_wrong(const struct check *c, yyjson_val *v, int depth)
{
    size_t i, n;
    yyjson_val *key, *item;
    const char *wrong = NULL;

    if (c->may_hold_nul && yyjson_is_str(v))
        replace_nul(c->arena, v);
    if (!yyjson_is_ctn(v))
        return NULL;
    if (depth == DEEPEST)
        return "nested deeper than 64 levels";
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item)
        {
            if ((wrong = what_is_wrong(c, item, depth + 1)))
                return wrong;
        }
        return NULL;
    }
    yyjson_obj_foreach(v, i, n, key, item)
    {
        if (c->may_hold_nul)
            replace_nul(c->arena, key);
        if ((wrong = what_is_wrong(c, item, depth + 1)))
            return wrong;
    }
    return key_is_twice(c->arena, v) ? "a key is there twice" : NULL;
}

enum err json_parse(struct ctx *cx, struct str text, const struct json_in **root)
{
    yyjson_alc memory = {from_arena, more_from_arena, back_to_arena, cx->arena};
    yyjson_read_err error = {0};

    *root = NULL;
    /* Without YYJSON_READ_INSITU the text is not written to. */
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)(text.len ? text.ptr : ""), text.len,
                                       YYJSON_READ_NUMBER_AS_RAW, &memory, &error);
    if (!doc && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return fail(cx, ERR_TOO_LARGE, "the JSON is larger than one request may use");
    if (!doc)
        return fail(cx, ERR_INPUT, "not JSON: %s at byte %zu", error.msg, error.pos);
    struct check check = {cx->arena, memmem(text.ptr, text.len, "\\u0000", 6) != NULL};
    const char *wrong = what_is_wrong(&check, yyjson_doc_get_root(doc), 0);
    if (wrong)
        return fail(cx, ERR_INPUT, "not acceptable JSON: %s", wrong);
    *root = view(yyjson_doc_get_root(doc));
    return OK;
}

/* ---- looking at values ---- */

enum json_type json_type(const struct json_in *v)
{
    if (!v)
        return JSON_NONE;
    switch (yyjson_get_type(val(v))) {
    case YYJSON_TYPE_NULL:
        return JSON_NULL;
    case YYJSON_TYPE_BOOL:
        return JSON_BOOL;
    case YYJSON_TYPE_RAW:
        return JSON_NUM;
    case YYJSON_TYPE_STR:
        return JSON_STR;
    case YYJSON_TYPE_ARR:
        return JSON_ARR;
    case YYJSON_TYPE_OBJ:
        return JSON_OBJ;
    default:
        return JSON_NONE;
    }
}

const struct json_in *json_get(const struct json_in *v, const char *key)
{
    return view(yyjson_obj_get(val(v), key));
}

const struct json_in *json_at(const struct json_in *v, size_t i)
{
    return view(yyjson_arr_get(val(v), i));
}

size_t json_len(const struct json_in *v)
{
    return v && yyjson_is_ctn(val(v)) ? yyjson_get_len(val(v)) : 0;
}

struct json_iter json_iter(const struct json_in *arr_or_obj)
{
    const struct json_in *v = arr_or_obj;
    size_t left = json_len(v);

    /* The second word says whether a key stands before each value. */
    return (struct json_iter){
        {left ? unsafe_yyjson_get_first(val(v)) : NULL, json_type(v) == JSON_OBJ ? v : NULL},
        left,
    };
}

const struct json_in *json_next(struct json_iter *it, struct str *key)
{
    yyjson_val *at = (yyjson_val *)(uintptr_t)it->at[0];

    if (!it->left)
        return NULL;
    if (key)
        *key = it->at[1] ? text_of(at) : S("");
    if (it->at[1])
        at = unsafe_yyjson_get_next(at);
    it->at[0] = unsafe_yyjson_get_next(at);
    it->left--;
    return view(at);
}

/* ---- taking values ---- */

static struct str digits_of(const struct json_in *v)
{
    return (struct str){yyjson_get_raw(val(v)), yyjson_get_len(val(v))};
}

bool json_as_int(const struct json_in *v, int64_t *out)
{
    switch (json_type(v)) {
    case JSON_NUM:
        return str_to_int(digits_of(v), out);
    case JSON_STR:
        return str_to_int(text_of(val(v)), out);
    case JSON_NONE:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_ARR:
    case JSON_OBJ:
        return false;
    }
    return false;
}

bool json_as_bool(const struct json_in *v, bool *out)
{
    if (json_type(v) != JSON_BOOL)
        return false;
    *out = yyjson_get_bool(val(v));
    return true;
}

bool json_as_str(const struct json_in *v, struct str *out)
{
    if (json_type(v) != JSON_STR)
        return false;
    *out = text_of(val(v));
    return true;
}

bool json_as_text(const struct json_in *v, struct arena *a, struct str *out)
{
    struct str text;
    enum json_type type = json_type(v);

    if (type == JSON_STR)
        text = text_of(val(v));
    else if (type == JSON_NUM)
        text = digits_of(v);
    else
        return false;
    if (type == JSON_NUM)
        for (size_t i = 0; i < text.len; i++)
            if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E')
                return false; /* an id is whole */
    *out = arena_str(a, text);
    return true;
}

bool json_text(const struct json_in *v, struct arena *a, struct str *out)
{
    yyjson_alc memory = {from_arena, more_from_arena, back_to_arena, a};
    size_t n = 0;
    const char *text =
        v ? yyjson_val_write_opts(val(v), YYJSON_WRITE_NOFLAG, &memory, &n, NULL) : NULL;

    *out = (struct str){text, n};
    return text != NULL;
}

bool json_as_dec(const struct json_in *v, int scale, int64_t *out)
{
    enum json_type type = json_type(v);

    if (type == JSON_NUM)
        return decimal_read(digits_of(v), scale, DECIMAL_JSON, out);
    return type == JSON_STR && decimal_read(text_of(val(v)), scale, DECIMAL_EXACT, out);
}

/* ---- writing again ---- */

static void copy_container(struct json_out *j, struct arena *a, const struct json_in *v)
{
    struct json_iter it = json_iter(v);
    const struct json_in *item;
    struct str key = {0};

    while ((item = json_next(&it, &key))) {
        if (json_type(v) == JSON_OBJ)
            json_key(j, str_z(a, key));
        json_copy(j, a, item);
    }
    json_end(j);
}

/* No deeper than json_parse lets anything be. */
void json_copy(struct json_out *j, struct arena *a, const struct json_in *v)
{
    switch (json_type(v)) {
    case JSON_OBJ:
        json_obj(j);
        copy_container(j, a, v);
        return;
    case JSON_ARR:
        json_arr(j);
        copy_container(j, a, v);
        return;
    case JSON_STR:
        json_str(j, text_of(val(v)));
        return;
    case JSON_NUM:
        json_raw(j, digits_of(v));
        return;
    case JSON_BOOL:
        json_bool(j, yyjson_get_bool(val(v)));
        return;
    case JSON_NULL:
    case JSON_NONE:
        break;
    }
    json_null(j);
}
