/* amocrm_rest_deal.c: a deal and a contact out of the REST API, in the words that hooks have too.
 */
#include "base/money.h"
#include "vendors/amocrm_inside.h"
#include "vendors/amocrm_rest_inside.h"

/* ---- custom fields ---- */

/* Text, a number or nothing: selects and links are texts, dates are numbers. */
static struct str value_text(struct arena *a, const struct json_in *v)
{
    char digits[DECIMAL_SIZE];
    struct str text = {0};
    int64_t units;

    if (json_as_text(v, a, &text))
        return str_trim(text);
    if (json_type(v) == JSON_NUM && json_as_dec(v, MONEY_SCALE, &units))
        return arena_str(a, (struct str){digits, decimal_put(digits, units, MONEY_SCALE)});
    return (struct str){0};
}

/* Of several values the first. */
static enum err field_read(struct ctx *cx, const struct json_in *row, struct amo_custom *out)
{
    enum err err;
    const struct json_in *values;

    TRY(amo_take_text(cx, row, "field_id", &out->id));
    TRY(amo_take_text(cx, row, "field_name", &out->name));
    TRY(amo_take_text(cx, row, "field_code", &out->code));
    TRY(amo_take_list(cx, row, "values", &values));
    out->name = str_trim(out->name);
    out->code = str_trim(out->code);
    out->value = value_text(cx->arena, json_get(json_at(values, 0), "value"));
    out->has_value = out->value.len > 0;
out:
    return err;
}

static enum err tracking_read(struct ctx *cx, const struct json_in *row,
                              const struct amo_field_map *map, struct amo_deal *out)
{
    enum err err;
    const struct json_in *list, *item;
    VEC(struct amo_custom) fields = {0};

    TRY(amo_take_list(cx, row, "custom_fields_values", &list));
    struct json_iter it = json_iter(list);
    while ((item = json_next(&it, NULL))) {
        struct amo_custom *f = vec_add(cx->arena, &fields);
        f->number = (int64_t)fields.n - 1;
        TRY(field_read(cx, item, f));
    }
    struct amo_customs customs = {fields.at, fields.n, map ? map->at : NULL, map ? map->n : 0};
    amo_tracking_read(&customs, &out->tracking);
    out->prepaid_micros = amo_prepaid_read(&customs);
out:
    return err;
}

/* ---- what is embedded ---- */

static enum err tags_read(struct ctx *cx, const struct json_in *embedded, struct amo_deal *out)
{
    enum err err;
    const struct json_in *list, *item;
    struct str name;
    VEC(struct str) names = {0};

    TRY(amo_take_list(cx, embedded, "tags", &list));
    struct json_iter it = json_iter(list);
    while ((item = json_next(&it, NULL))) {
        TRY(amo_take_text(cx, item, "name", &name));
        if (name.len)
            *vec_add(cx->arena, &names) = str_trim(name);
    }
    out->tags = names.at;
    out->ntags = names.n;
out:
    return err;
}

static enum err contacts_read(struct ctx *cx, const struct json_in *embedded, struct amo_deal *out)
{
    enum err err;
    const struct json_in *list, *item;
    bool is_main;
    VEC(struct str) ids = {0};

    TRY(amo_take_list(cx, embedded, "contacts", &list));
    struct json_iter it = json_iter(list);
    while ((item = json_next(&it, NULL))) {
        struct str *id = vec_add(cx->arena, &ids);
        TRY(amo_need_id(cx, item, "id", id));
        TRY(amo_take_bool(cx, item, "is_main", &is_main));
        if (is_main) {
            struct str first = ids.at[0];
            ids.at[0] = *id;
            *id = first;
        }
    }
    out->contact_ids = ids.at;
    out->ncontact_ids = ids.n;
out:
    return err;
}

static enum err embedded_read(struct ctx *cx, const struct json_in *row, struct amo_deal *out)
{
    enum err err;
    const struct json_in *embedded = json_get(row, "_embedded"), *reasons;

    TRY(tags_read(cx, embedded, out));
    TRY(contacts_read(cx, embedded, out));
    TRY(amo_take_list(cx, embedded, "loss_reason", &reasons));
    TRY(amo_take_text(cx, json_at(reasons, 0), "name", &out->loss_reason));
out:
    return err;
}

/* ---- a deal ---- */

/* An amount that makes no sense is unknown, as in hooks; it does not lose the deal. */
static struct maybe_int price_in(struct arena *a, const struct json_in *row, const char *key)
{
    return amo_price_of(value_text(a, json_get(row, key)));
}

static enum err ids_read(struct ctx *cx, const struct json_in *row, struct amo_deal *out)
{
    enum err err;

    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_id(cx, row, "status_id", &out->status_id));
    TRY(amo_take_id(cx, row, "pipeline_id", &out->pipeline_id));
    TRY(amo_take_id(cx, row, "responsible_user_id", &out->responsible_user_id));
    TRY(amo_take_id(cx, row, "account_id", &out->account_id));
    TRY(amo_take_id(cx, row, "loss_reason_id", &out->loss_reason_id));
out:
    return err;
}

enum err amo_rest_lead_read(struct ctx *cx, const struct json_in *row,
                            const struct amo_field_map *map, struct amo_deal *out)
{
    enum err err;

    *out = (struct amo_deal){0};
    TRY(ids_read(cx, row, out));
    TRY(amo_take_text(cx, row, "name", &out->name));
    TRY(amo_take_time(cx, row, "created_at", &out->created_at));
    TRY(amo_take_time(cx, row, "updated_at", &out->updated_at));
    TRY(amo_take_time(cx, row, "closed_at", &out->closed_at));
    TRY(amo_take_bool(cx, row, "is_deleted", &out->is_deleted));
    out->price_micros = price_in(cx->arena, row, "price_with_minor_units");
    if (!out->price_micros.known)
        out->price_micros = price_in(cx->arena, row, "price");
    TRY(tracking_read(cx, row, map, out));
    TRY(embedded_read(cx, row, out));
out:
    return err;
}

/* ---- a contact ---- */

struct texts {
    VEC(struct str) list;
};

static enum err values_read(struct ctx *cx, const struct json_in *field, struct texts *out)
{
    enum err err;
    const struct json_in *values, *item;

    TRY(amo_take_list(cx, field, "values", &values));
    struct json_iter it = json_iter(values);
    while ((item = json_next(&it, NULL))) {
        struct str text = value_text(cx->arena, json_get(item, "value"));
        if (text.len)
            *vec_add(cx->arena, &out->list) = text;
    }
out:
    return err;
}

enum err amo_rest_contact_read(struct ctx *cx, const struct json_in *row, struct amo_contact *out)
{
    enum err err;
    const struct json_in *list, *item;
    struct texts phones = {0}, emails = {0};
    struct str code;

    *out = (struct amo_contact){0};
    TRY(amo_need_id(cx, row, "id", &out->id));
    TRY(amo_take_text(cx, row, "name", &out->name));
    TRY(amo_take_list(cx, row, "custom_fields_values", &list));
    struct json_iter it = json_iter(list);
    while ((item = json_next(&it, NULL))) {
        TRY(amo_take_text(cx, item, "field_code", &code));
        if (str_eq_nocase(code, S("PHONE")))
            TRY(values_read(cx, item, &phones));
        else if (str_eq_nocase(code, S("EMAIL")))
            TRY(values_read(cx, item, &emails));
    }
    *out = (struct amo_contact){out->id,        out->name,     phones.list.at,
                                emails.list.at, phones.list.n, emails.list.n};
out:
    return err;
}
