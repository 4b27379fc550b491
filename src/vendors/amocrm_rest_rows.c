/* amocrm_rest_rows.c: values out of amoCRM's rows, and the small ones whole. */
#include "vendors/amocrm_rest_inside.h"

static const int64_t year_2100_s = 4102444800;

static const struct json_in *present(const struct json_in *row, const char *key)
{
    const struct json_in *v = json_get(row, key);

    return json_type(v) == JSON_NULL ? NULL : v;
}

enum err amo_take_text(struct ctx *cx, const struct json_in *row, const char *key, struct str *out)
{
    const struct json_in *v = present(row, key);

    *out = (struct str){0};
    if (v && !json_as_text(v, cx->arena, out))
        return fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is neither text nor a number", key);
    return OK;
}

enum err amo_take_id(struct ctx *cx, const struct json_in *row, const char *key, struct str *out)
{
    enum err err;

    TRY(amo_take_text(cx, row, key, out));
    if (out->len && !str_is_id(*out))
        err = fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is not an id", key);
out:
    return err;
}

enum err amo_need_id(struct ctx *cx, const struct json_in *row, const char *key, struct str *out)
{
    enum err err;

    TRY(amo_take_id(cx, row, key, out));
    if (!out->len)
        err = fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is missing", key);
out:
    return err;
}

enum err amo_take_int(struct ctx *cx, const struct json_in *row, const char *key, int64_t *out)
{
    const struct json_in *v = present(row, key);

    *out = 0;
    if (v && !json_as_int(v, out))
        return fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is not a whole number", key);
    return OK;
}

enum err amo_take_bool(struct ctx *cx, const struct json_in *row, const char *key, bool *out)
{
    const struct json_in *v = present(row, key);

    *out = false;
    if (v && !json_as_bool(v, out))
        return fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is neither true nor false", key);
    return OK;
}

enum err amo_take_time(struct ctx *cx, const struct json_in *row, const char *key,
                       struct maybe_int *out)
{
    enum err err;
    int64_t at_s;

    *out = (struct maybe_int){0};
    TRY(amo_take_int(cx, row, key, &at_s));
    if (at_s > 0 && at_s < year_2100_s)
        *out = (struct maybe_int){true, at_s * 1000};
out:
    return err;
}

enum err amo_take_list(struct ctx *cx, const struct json_in *row, const char *key,
                       const struct json_in **out)
{
    *out = present(row, key);
    if (*out && json_type(*out) != JSON_ARR)
        return fail(cx, ERR_UPSTREAM, "amocrm: \"%s\" is not a list", key);
    return OK;
}

/* ---- small rows ---- */

enum err amo_account_read(struct ctx *cx, const struct json_in *root, struct amo_account *out)
{
    enum err err;

    *out = (struct amo_account){0};
    TRY(amo_need_id(cx, root, "id", &out->id));
    TRY(amo_take_text(cx, root, "name", &out->name));
    TRY(amo_take_text(cx, root, "subdomain", &out->subdomain));
    TRY(amo_take_text(cx, root, "currency", &out->currency));
out:
    return err;
}

static enum err status_read(struct ctx *cx, const struct json_in *row, struct amo_status *out)
{
    enum err err;

    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "name", &out->name));
    TRY(amo_take_int(cx, row, "sort", &out->sort));
out:
    return err;
}

enum err amo_pipeline_read(struct ctx *cx, const struct json_in *row, struct amo_pipeline *out)
{
    enum err err;
    const struct json_in *list;
    VEC(struct amo_status) statuses = {0};

    *out = (struct amo_pipeline){0};
    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "name", &out->name));
    TRY(amo_take_int(cx, row, "sort", &out->sort));
    TRY(amo_take_bool(cx, row, "is_main", &out->is_main));
    TRY(amo_take_bool(cx, row, "is_archive", &out->is_archive));
    TRY(amo_take_list(cx, json_get(row, "_embedded"), "statuses", &list));
    struct json_iter it = json_iter(list);
    for (const struct json_in *item; (item = json_next(&it, NULL));)
        TRY(status_read(cx, item, vec_add(cx->arena, &statuses)));
    out->statuses = statuses.at;
    out->nstatuses = statuses.n;
out:
    return err;
}

enum err amo_user_read(struct ctx *cx, const struct json_in *row, struct amo_user *out)
{
    enum err err;

    *out = (struct amo_user){0};
    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "name", &out->name));
out:
    return err;
}

enum err amo_lead_field_read(struct ctx *cx, const struct json_in *row, struct amo_lead_field *out)
{
    enum err err;

    *out = (struct amo_lead_field){0};
    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "name", &out->name));
    TRY(amo_take_text(cx, row, "code", &out->code));
    TRY(amo_take_text(cx, row, "type", &out->kind));
out:
    return err;
}

enum err amo_row_text(struct ctx *cx, const struct json_in *row, struct str *out)
{
    struct json_out *j = json_out_new(cx, 2048);

    json_copy(j, cx->arena, row);
    return json_finish(j, out);
}
