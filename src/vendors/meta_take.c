/* meta_take.c: values out of Meta's rows, where numbers are strings and zeros are absent. */
#include "base/money.h"
#include "vendors/meta_inside.h"

/* Of a number with more decimals than we keep, as many as needed are read and rounded away. */
static bool round_number(const struct json_in *v, int scale, int64_t *out)
{
    enum { MOST_EXTRA = 12 };
    int64_t power = 10, n;

    for (int extra = 1; extra <= MOST_EXTRA; extra++, power *= 10)
        if (json_as_dec(v, scale + extra, &n))
            return muldiv(n, 1, power, out);
    return false;
}

bool meta_as_dec(const struct json_in *v, int scale, int64_t *out)
{
    struct str text;

    if (json_as_str(v, &text))
        return decimal_parse(text, scale, out);
    return json_as_dec(v, scale, out) || (json_type(v) == JSON_NUM && round_number(v, scale, out));
}

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

struct str meta_take_json(struct ctx *cx, const struct json_in *row, const char *key)
{
    struct str text = {0};

    json_text(present(row, key), cx->arena, &text);
    return text;
}

enum err meta_take_time(struct ctx *cx, const struct json_in *row, const char *key,
                        struct maybe_int *out)
{
    enum err err;
    struct str text;

    *out = (struct maybe_int){0};
    TRY(meta_take_text(cx, row, key, &text));
    out->known = text.len && meta_time_parse(text, &out->v);
out:
    return err;
}

enum err meta_take_seconds(struct ctx *cx, const struct json_in *row, const char *key,
                           struct maybe_int *out)
{
    enum err err;

    TRY(meta_take_dec(cx, row, key, 0, out));
    out->known = out->known && out->v > 0 && muldiv(out->v, 1000, 1, &out->v);
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
    if (!meta_as_dec(v, scale, &out->v))
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
