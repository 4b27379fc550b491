/* meta_take.c: values out of Meta's rows, where numbers are strings and zeros are absent. */
#include "vendors/meta_inside.h"

static const struct json_in *present(const struct json_in *row, const char *key)
{
    const struct json_in *v = json_get(row, key);

    return json_type(v) == JSON_NULL ? NULL : v;
}

enum err meta_take_text(struct ctx *cx, const struct json_in *row, const char *key, struct str *out)
{
    const struct json_in *v = present(row, key);

    *out = (struct str){0};
    if (v && !json_as_text(v, cx->arena, out))
        return fail(cx, ERR_UPSTREAM, "meta: \"%s\" is neither text nor a number", key);
    return OK;
}

enum err meta_take_id(struct ctx *cx, const struct json_in *row, const char *key, struct str *out)
{
    enum err err;

    TRY(meta_take_text(cx, row, key, out));
    if (!str_is_id(*out))
        err = fail(cx, ERR_UPSTREAM, "meta: \"%s\" is not an id", key);
out:
    return err;
}

enum err meta_take_dec(struct ctx *cx, const struct json_in *row, const char *key, int scale,
                       struct maybe_int *out)
{
    const struct json_in *v = present(row, key);

    *out = (struct maybe_int){0};
    if (!v)
        return OK;
    if (!json_as_dec(v, scale, &out->v))
        return fail(cx, ERR_UPSTREAM, "meta: \"%s\" is not a number", key);
    out->known = true;
    return OK;
}

enum err meta_take_count(struct ctx *cx, const struct json_in *row, const char *key, int scale,
                         int64_t *out)
{
    enum err err;
    struct maybe_int n;

    TRY(meta_take_dec(cx, row, key, scale, &n));
    *out = n.known ? n.v : 0;
    if (*out < 0)
        err = fail(cx, ERR_UPSTREAM, "meta: \"%s\" is below zero", key);
out:
    return err;
}
