/* fx_json.c: crosses through the dollar, exactly. */
#include "vendors/fx_json.h"

#include "base/calendar.h"
#include "base/json.h"
#include "base/money.h"

enum { SCALE = 9 };
#define ONE 1000000000LL /* at that scale */

static const struct pair query[] = {
    {"base",       S("USD")            },
    {"symbols",    S("KZT,EUR,RUB,BRL")},
    {"source",     S("USD")            },
    {"currencies", S("KZT,EUR,RUB,BRL")},
};

struct call fx_json_call(struct arena *a, struct str day)
{
    return (struct call){
        .path = arena_fmt(a, "/%.*s", STR_FMT(day)), .query = query, .nquery = COUNT(query)};
}

/* How much of the currency one dollar is, at SCALE; false when it is not said. */
static bool per_dollar(struct ctx *cx, const struct json_in *root, const char *currency,
                       int64_t *out)
{
    const struct json_in *v = json_get(json_get(root, "rates"), currency);
    struct str text;

    if (json_type(v) == JSON_NONE)
        v = json_get(json_get(root, "quotes"), arena_fmt(cx->arena, "USD%s", currency).ptr);
    return json_type(v) == JSON_NUM && json_text(v, cx->arena, &text) &&
           decimal_read(text, SCALE, DECIMAL_ROUNDED, out) && *out > 0;
}

static bool is_of_dollars(const struct json_in *root)
{
    static const char *const words[] = {"base", "base_code", "source"};
    struct str base;

    for (size_t i = 0; i < COUNT(words); i++)
        if (json_as_str(json_get(root, words[i]), &base))
            return str_eq(base, S("USD"));
    return false;
}

enum err fx_json_read(struct ctx *cx, struct str body, struct fx_quotes *out)
{
    static const char *const others[] = {"EUR", "RUB", "BRL"};
    struct ctx own = {.arena = cx->arena, .clock = cx->clock};
    const struct json_in *root;
    struct date date;
    int64_t kzt, one, micros;

    *out = (struct fx_quotes){0};
    if (json_parse(&own, body, &root) || !is_of_dollars(root) ||
        !per_dollar(cx, root, "KZT", &kzt) || !muldiv(kzt, MICROS, ONE, &micros) || micros <= 0)
        return fail(cx, ERR_UPSTREAM, "the other source of rates does not say what a dollar costs");
    if (json_as_str(json_get(root, "date"), &out->day) && !day_parse(out->day, &date))
        out->day = S("");
    out->at[out->n++] = (struct fx_quote){S("USD"), micros};
    for (size_t i = 0; i < COUNT(others); i++)
        if (per_dollar(cx, root, others[i], &one) && muldiv(kzt, MICROS, one, &micros) &&
            micros > 0)
            out->at[out->n++] = (struct fx_quote){str_of(others[i]), micros};
    return OK;
}
