/* meta_insights.c: one row of insights. */
#include "base/calendar.h"
#include "base/money.h"
#include "vendors/meta_inside.h"

/* The same conversion comes under several names; adding them up would count it twice. The first
 * name that is there wins. */
static const char *const purchase_names[] = {"omni_purchase", "purchase",
                                             "offsite_conversion.fb_pixel_purchase", NULL};
static const char *const lead_names[] = {"lead", "onsite_conversion.lead_grouped",
                                         "leadgen_grouped", "offsite_conversion.fb_pixel_lead",
                                         NULL};

static const struct json_in *find_action(const struct json_in *list, struct str name)
{
    struct json_iter it = json_iter(list);
    struct str type;

    for (const struct json_in *item; (item = json_next(&it, NULL));)
        if (json_as_str(json_get(item, "action_type"), &type) && str_eq(type, name))
            return item;
    return NULL;
}

static const struct json_in *first_action(const struct json_in *list, const char *const *names,
                                          struct str *found)
{
    for (; *names; names++) {
        const struct json_in *item = find_action(list, str_of(*names));
        if (item) {
            *found = str_of(*names);
            return item;
        }
    }
    return NULL;
}

/* actions and action_values: absent, or an array of objects. */
static enum err take_list(struct ctx *cx, const struct json_in *row, const char *key,
                          const struct json_in **out)
{
    enum json_type type = json_type(json_get(row, key));

    *out = type == JSON_ARR ? json_get(row, key) : NULL;
    if (type != JSON_ARR && type != JSON_NONE && type != JSON_NULL)
        return fail(cx, ERR_UPSTREAM, "meta: \"%s\" is not a list", key);
    return OK;
}

static enum err take_actions(struct ctx *cx, const struct json_in *row, struct meta_insight *out)
{
    enum err err;
    const struct json_in *actions, *values, *item;
    struct str value_name = {0};

    TRY(take_list(cx, row, "actions", &actions));
    TRY(take_list(cx, row, "action_values", &values));
    item = first_action(actions, lead_names, &out->lead_action);
    TRY(meta_take_count(cx, item, "value", 0, &out->leads));
    item = first_action(actions, purchase_names, &out->purchase_action);
    TRY(meta_take_count(cx, item, "value", 0, &out->purchases));
    /* Money of the same name as the count, so that the two belong together. */
    item = find_action(values, out->purchase_action);
    if (!item)
        item = first_action(values, purchase_names, &value_name);
    TRY(meta_take_count(cx, item, "value", MONEY_SCALE, &out->purchase_value_micros));
out:
    return err;
}

static enum err take_names(struct ctx *cx, const struct json_in *row, struct meta_insight *out)
{
    enum err err;

    TRY(meta_take_text(cx, row, "account_id", &out->account_id));
    TRY(meta_take_text(cx, row, "account_currency", &out->account_currency));
    TRY(meta_take_text(cx, row, "campaign_id", &out->campaign_id));
    TRY(meta_take_text(cx, row, "campaign_name", &out->campaign_name));
    TRY(meta_take_text(cx, row, "adset_id", &out->adset_id));
    TRY(meta_take_text(cx, row, "adset_name", &out->adset_name));
    TRY(meta_take_text(cx, row, "ad_id", &out->ad_id));
    TRY(meta_take_text(cx, row, "ad_name", &out->ad_name));
    TRY(meta_take_text(cx, row, "objective", &out->objective));
out:
    return err;
}

static enum err take_days(struct ctx *cx, const struct json_in *row,
                          const struct meta_insights_ask *ask, struct meta_insight *out)
{
    enum err err;
    struct date day;

    TRY(meta_take_text(cx, row, "date_start", &out->day));
    TRY(meta_take_text(cx, row, "date_stop", &out->last_day));
    if (!out->last_day.len)
        out->last_day = out->day;
    if (!day_parse(out->day, &day) || !day_parse(out->last_day, &day))
        err = fail(cx, ERR_UPSTREAM, "meta: \"date_start\" or \"date_stop\" is not a day");
    else if (!ask->whole_range && !str_eq(out->day, out->last_day))
        err = fail(cx, ERR_UPSTREAM, "meta: a row spans more than one day");
out:
    return err;
}

/* Placements and devices are open sets; a part that is left out is told apart from all others. */
static enum err take_breakdown(struct ctx *cx, const struct json_in *row, enum meta_breakdown by,
                               struct str *out)
{
    static const char *const parts[][3] = {
        [META_WHOLE] = {NULL                },
        [META_PLACEMENT] = {"publisher_platform", "platform_position", "impression_device"},
        [META_DEVICE] = {"device_platform"},
    };
    enum err err = OK;

    *out = S("");
    for (size_t i = 0; i < COUNT(parts[by]) && parts[by][i]; i++) {
        struct str part;
        TRY(meta_take_text(cx, row, parts[by][i], &part));
        if (!part.len)
            part = S("unknown");
        *out = arena_fmt(cx->arena, "%.*s%s%.*s", STR_FMT(*out), i ? "/" : "", STR_FMT(part));
    }
out:
    return err;
}

enum err meta_insight_read_as(struct ctx *cx, const struct json_in *row,
                              const struct meta_insights_ask *ask, struct meta_insight *out)
{
    enum err err;

    *out = (struct meta_insight){0};
    if (json_type(row) != JSON_OBJ)
        return fail(cx, ERR_UPSTREAM, "meta: a row of insights is not an object");
    TRY(take_names(cx, row, out));
    TRY(take_days(cx, row, ask, out));
    TRY(take_breakdown(cx, row, ask->breakdown, &out->breakdown));
    TRY(meta_take_count(cx, row, "spend", MONEY_SCALE, &out->spend_micros));
    TRY(meta_take_count(cx, row, "impressions", 0, &out->impressions));
    TRY(meta_take_count(cx, row, "clicks", 0, &out->clicks));
    TRY(meta_take_count(cx, row, "inline_link_clicks", 0, &out->link_clicks));
    TRY(meta_take_dec(cx, row, "reach", 0, &out->reach));
    TRY(take_actions(cx, row, out));
out:
    return err;
}

enum err meta_insight_read(struct ctx *cx, const struct json_in *row, struct meta_insight *out)
{
    return meta_insight_read_as(cx, row, &(struct meta_insights_ask){0}, out);
}
