/* input.c: fields in, faults by name. */
#include "core/input.h"

enum { MOST_RANGE_DAYS = 400 };

bool input_has(const struct json_in *body, const char *field)
{
    return json_type(json_get(body, field)) != JSON_NONE;
}

bool input_text(struct ctx *cx, const struct json_in *body, const char *field, size_t least,
                size_t most, struct str *out)
{
    const struct json_in *v = json_get(body, field);
    enum json_type type = json_type(v);

    if (type == JSON_NONE || type == JSON_NULL) {
        if (least)
            fail_field(cx, field, "missing");
        return false;
    }
    if (!json_as_str(v, out)) {
        fail_field(cx, field, "not_text");
        return false;
    }
    *out = str_trim(*out);
    if (out->len < least) {
        fail_field(cx, field, out->len ? "too_short" : "missing");
        return false;
    }
    if (out->len > most) {
        fail_field(cx, field, "too_long");
        return false;
    }
    return true;
}

bool input_text_opt(struct ctx *cx, const struct json_in *body, const char *field, size_t least,
                    size_t most, struct str *out)
{
    return input_has(body, field) && input_text(cx, body, field, least, most, out);
}

void input_id(struct ctx *cx, const struct json_in *body, const char *field, int64_t *out)
{
    const struct json_in *v = json_get(body, field);
    enum json_type type = json_type(v);

    *out = 0;
    if (type == JSON_NONE || type == JSON_NULL)
        return;
    if (type != JSON_NUM || !json_as_int(v, out) || *out <= 0)
        fail_field(cx, field, "not_an_id");
}

void input_day(struct ctx *cx, const struct json_in *body, const char *field, bool required,
               struct str *out)
{
    struct date date;

    *out = (struct str){0};
    if (!input_text(cx, body, field, required ? 1 : 0, 10, out))
        return;
    if (!day_parse(*out, &date))
        fail_field(cx, field, "not_a_day");
}

static bool preset_range(struct req *rq, struct str preset, struct range *out)
{
    struct arena *arena = rq->cx.arena;
    struct str today = day_at(arena, rq->app->zone, now_ms(&rq->cx));

    out->preset = preset;
    out->to = today;
    out->from = today;
    if (str_eq(preset, S("today")))
        return true;
    if (str_eq(preset, S("yesterday"))) {
        out->from = out->to = day_add(arena, today, -1);
        return true;
    }
    if (str_eq(preset, S("7d")) || str_eq(preset, S("30d"))) {
        out->from = day_add(arena, today, str_eq(preset, S("7d")) ? -6 : -29);
        return true;
    }
    if (str_eq(preset, S("month"))) {
        out->from = arena_fmt(arena, "%.8s01", today.ptr);
        return true;
    }
    return false;
}

void query_range(struct req *rq, struct range *out)
{
    struct str preset = S("30d");
    struct date date;
    bool has_from, has_to;

    *out = (struct range){0};
    has_from = req_query_str(rq, "from", &out->from);
    has_to = req_query_str(rq, "to", &out->to);
    if (!has_from && !has_to) {
        req_query_str(rq, "period", &preset);
        if (!preset_range(rq, preset, out))
            fail_field(&rq->cx, "period", "not_a_choice");
        return;
    }
    if (!has_from || !day_parse(out->from, &date))
        fail_field(&rq->cx, "from", has_from ? "not_a_day" : "missing");
    else if (!has_to || !day_parse(out->to, &date))
        fail_field(&rq->cx, "to", has_to ? "not_a_day" : "missing");
    else if (day_diff(out->from, out->to) < 0)
        fail_field(&rq->cx, "to", "before_from");
    else if (day_diff(out->from, out->to) >= MOST_RANGE_DAYS)
        fail_field(&rq->cx, "to", "range_too_long");
}

void query_id(struct req *rq, const char *name, int64_t *out)
{
    struct str text;

    *out = 0;
    if (req_query_str(rq, name, &text) && (!str_to_int(text, out) || *out <= 0))
        fail_field(&rq->cx, name, "not_an_id");
}

void query_limit(struct req *rq, int64_t most, int64_t *out)
{
    struct str text;

    if (req_query_str(rq, "limit", &text) && (!str_to_int(text, out) || *out < 1 || *out > most))
        fail_field(&rq->cx, "limit", "out_of_range");
}

const char *query_choice(struct req *rq, const char *name, const char *const *choices)
{
    struct str text;

    if (!req_query_str(rq, name, &text))
        return choices[0];
    for (size_t i = 0; choices[i]; i++)
        if (str_eq(text, str_of(choices[i])))
            return choices[i];
    fail_field(&rq->cx, name, "not_a_choice");
    return choices[0];
}
