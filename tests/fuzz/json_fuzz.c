/* Any bytes as JSON: refused, or a document that is written and read again to the same. */
#include "fuzz.h"

#include "base/json.h"

static void copy(struct json_out *j, const struct json_in *v)
{
    struct json_iter it = json_iter(v);
    const struct json_in *item;
    struct str text = {0}, key;
    struct arena *scratch = NULL;
    bool is_true = false;

    switch (json_type(v)) {
    case JSON_NONE:
    case JSON_NULL:
        json_null(j);
        break;
    case JSON_BOOL:
        must(json_as_bool(v, &is_true));
        json_bool(j, is_true);
        break;
    case JSON_NUM: { /* numbers are compared by what can be asked of them */
        int64_t whole = 0, micros = 0;
        bool is_whole = json_as_int(v, &whole), is_money = json_as_dec(v, 6, &micros);
        must(!is_whole || !is_money || micros / 1000000 == whole);
        json_int(j, is_whole ? whole : micros);
        break;
    }
    case JSON_STR:
        must(json_as_str(v, &text));
        must(str_is_utf8(text));
        json_str(j, text);
        break;
    case JSON_ARR:
        json_arr(j);
        while ((item = json_next(&it, NULL)))
            copy(j, item);
        json_end(j);
        break;
    case JSON_OBJ:
        scratch = arena_new(FUZZ_ARENA_CAP);
        json_obj(j);
        while ((item = json_next(&it, &key))) {
            char *name = str_z(scratch, key);
            must(json_get(v, name) == item);
            json_key(j, name);
            copy(j, item);
        }
        json_end(j);
        arena_free(&scratch);
        break;
    }
}

static enum err written(struct ctx *cx, const struct json_in *root, struct str *text)
{
    struct json_out *j = json_out_new(cx, 256);

    copy(j, root);
    return json_finish(j, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    const struct json_in *root, *again;
    struct str once, twice;

    if (json_parse(&cx, fuzz_text(data, size), &root) == OK && written(&cx, root, &once) == OK) {
        must(json_parse(&cx, once, &again) == OK);
        must(written(&cx, again, &twice) == OK);
        must(str_eq(once, twice));
    }
    must(cx.err == OK || cx.err == ERR_INPUT || cx.err == ERR_TOO_LARGE);
    return fuzz_end(&cx);
}
