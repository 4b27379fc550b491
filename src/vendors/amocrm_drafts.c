/* amocrm_drafts.c: pairs gathered by deal. Keys come in any order, so nothing is concluded before
 * all of them were seen. */
#include "vendors/amocrm_inside.h"

static const char *const raw_keys[RAW_COUNT] = {
    [RAW_ID] = "id",
    [RAW_NAME] = "name",
    [RAW_STATUS] = "status_id",
    [RAW_OLD_STATUS] = "old_status_id",
    [RAW_PIPELINE] = "pipeline_id",
    [RAW_OLD_PIPELINE] = "old_pipeline_id",
    [RAW_RESPONSIBLE] = "responsible_user_id",
    [RAW_OLD_RESPONSIBLE] = "old_responsible_user_id",
    [RAW_PRICE] = "price",
    [RAW_PRICE_MINOR] = "price_with_minor_units",
    [RAW_LAST_MODIFIED] = "last_modified",
    [RAW_UPDATED_AT] = "updated_at",
    [RAW_DATE_CREATE] = "date_create",
    [RAW_CREATED_AT] = "created_at",
    [RAW_CLOSED_AT] = "closed_at",
    [RAW_DATE_CLOSE] = "date_close",
    [RAW_ACCOUNT] = "account_id",
};

static const char *const action_slugs[] = {
    [AMO_ADD] = "add",       [AMO_RESTORE] = "restore",
    [AMO_UPDATE] = "update", [AMO_RESPONSIBLE] = "responsible",
    [AMO_NOTE] = "note",     [AMO_STATUS] = "status",
    [AMO_DELETE] = "delete",
};

const char *amo_action_slug(enum amo_action action)
{
    return action_slugs[action];
}

struct amo_drafts *amo_drafts_new(struct arena *a, const struct amo_body *body)
{
    struct amo_drafts *d = arena_new_of(a, struct amo_drafts);

    d->arena = a;
    d->body = body;
    return d;
}

static bool number_of(struct str text, int64_t *out)
{
    return str_is_id(text) && text.len <= 9 && str_to_int(text, out);
}

static struct amo_draft *draft_of(struct amo_drafts *d, enum amo_action action, int64_t number)
{
    /* From the back: keys of one deal usually come together. */
    for (size_t i = d->list.n; i-- > 0;)
        if (d->list.at[i]->action == action && d->list.at[i]->number == number)
            return d->list.at[i];
    struct amo_draft *fresh = arena_new_of(d->arena, struct amo_draft);
    fresh->action = action;
    fresh->number = number;
    *vec_add(d->arena, &d->list) = fresh;
    return fresh;
}

static struct amo_custom *field_of(struct arena *a, struct amo_draft *draft, int64_t number)
{
    for (size_t i = draft->fields.n; i-- > 0;)
        if (draft->fields.at[i].number == number)
            return &draft->fields.at[i];
    struct amo_custom *fresh = vec_add(a, &draft->fields);
    fresh->number = number;
    return fresh;
}

/* values[n][value]=x is usual; dates come as values[n]=x. */
static bool put_field_value(struct amo_custom *f, const struct amo_path *path, struct str value)
{
    int64_t number;

    if (path->n < 7 || !number_of(path->at[6], &number))
        return false;
    if (path->n == 8 && !str_eq(path->at[7], S("value")))
        return false;
    if (f->has_value && number > f->value_number)
        return true;
    f->has_value = true;
    f->value_number = number;
    f->value = str_trim(value);
    return true;
}

static bool put_field(struct arena *a, struct amo_draft *draft, const struct amo_path *path,
                      struct str value)
{
    int64_t number;

    if (path->n < 6 || !number_of(path->at[4], &number))
        return false;
    struct amo_custom *f = field_of(a, draft, number);
    struct str key = path->at[5];
    if (str_eq(key, S("values")))
        return put_field_value(f, path, value);
    if (path->n != 6)
        return false;
    if (str_eq(key, S("id")) || str_eq(key, S("field_id")))
        f->id = str_trim(value);
    else if (str_eq(key, S("name")) || str_eq(key, S("field_name")))
        f->name = str_trim(value);
    else if (str_eq(key, S("code")) || str_eq(key, S("field_code")))
        f->code = str_trim(value);
    else
        return false;
    return true;
}

static bool put_tag(struct arena *a, struct amo_draft *draft, const struct amo_path *path,
                    struct str value)
{
    int64_t number;

    if (path->n != 6 || !str_eq(path->at[5], S("name")) || !number_of(path->at[4], &number))
        return false;
    value = str_trim(value);
    for (size_t i = 0; i < draft->tags.n; i++) {
        if (draft->tags.at[i].number == number) {
            draft->tags.at[i].name = value;
            return true;
        }
    }
    *vec_add(a, &draft->tags) = (struct amo_tag){number, value};
    return true;
}

static bool put_lead(struct amo_drafts *d, const struct amo_path *path, struct str value)
{
    int64_t number;
    size_t action = 0;

    if (path->n < 4 || !number_of(path->at[2], &number))
        return false;
    while (action < COUNT(action_slugs) && !str_eq(path->at[1], str_of(action_slugs[action])))
        action++;
    if (action == COUNT(action_slugs))
        return false;
    struct amo_draft *draft = draft_of(d, (enum amo_action)action, number);
    if (str_eq(path->at[3], S("custom_fields")) || str_eq(path->at[3], S("custom_fields_values")))
        return put_field(d->arena, draft, path, value);
    if (str_eq(path->at[3], S("tags")))
        return put_tag(d->arena, draft, path, value);
    for (size_t i = 0; path->n == 4 && i < RAW_COUNT; i++) {
        if (str_eq(path->at[3], str_of(raw_keys[i]))) {
            draft->raw[i] = str_trim(value);
            return true;
        }
    }
    return false;
}

/* A subdomain becomes part of an address one day. */
static bool is_subdomain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i)))
            return false;
    }
    return s.len > 0 && s.len <= 63;
}

static bool put_account(struct amo_drafts *d, const struct amo_path *path, struct str value)
{
    value = str_trim(value);
    if (path->n == 2 && str_eq(path->at[1], S("id")) && str_is_id(value))
        d->account_id = value;
    else if (path->n == 2 && str_eq(path->at[1], S("subdomain")) && is_subdomain(value))
        d->subdomain = value;
    else
        return false;
    return true;
}

bool amo_drafts_put(struct amo_drafts *d, const struct amo_path *path, struct str value)
{
    if (!path->n)
        return false;
    if (str_eq(path->at[0], S("leads")))
        return put_lead(d, path, value);
    return str_eq(path->at[0], S("account")) && put_account(d, path, value);
}
