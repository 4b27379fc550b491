/* metrics_ask.c: range, comparison, currency, granularity, filters. */
#include "metrics/metrics_ask.h"
#include "base/calendar.h"

static struct str year_before(struct arena *a, struct str day)
{
    struct date d;

    if (!day_parse(day, &d))
        return day;
    d.year--;
    if (d.month == 2 && d.day == 29)
        d.day = 28;
    return day_text(a, d);
}

static void set_comparison(struct arena *a, struct ask *ask)
{
    int64_t days = day_diff(ask->range.from, ask->range.to) + 1;

    if (ask->compare[0] == 'n')
        return;
    if (ask->compare[0] == 'y') {
        ask->before.from = year_before(a, ask->range.from);
        ask->before.to = year_before(a, ask->range.to);
        return;
    }
    ask->before.from = day_add(a, ask->range.from, -days);
    ask->before.to = day_add(a, ask->range.from, -1);
}

static bool is_one_of(struct str text, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++)
        if (str_eq(text, str_of(choices[i])))
            return true;
    return false;
}

enum err metrics_ask_read(struct req *rq, struct ask *out)
{
    enum err err;
    static const char *const compares[] = {"previous", "year", "none", NULL};
    static const char *const all_currencies[] = {"KZT", "USD", "BRL", NULL};
    static const char *const granularities[] = {"day", "week", "month", NULL};
    struct str asked;
    const char *g;

    *out = (struct ask){.scope = user_scope(rq->user)};
    query_range(rq, &out->range);
    out->compare = query_choice(rq, "compare", compares);
    out->currency = str_of(query_choice(rq, "currency", all_currencies));
    if (!req_query_str(rq, "currency", &asked) &&
        is_one_of(rq->app->config.currency, all_currencies))
        out->currency = rq->app->config.currency;
    g = query_choice(rq, "granularity", granularities);
    out->granularity = g[0] == 'd' ? BY_DAY : g[0] == 'w' ? BY_WEEK : BY_MONTH;
    query_id(rq, "team", &out->team);
    query_id(rq, "account", &out->account);
    query_id(rq, "campaign", &out->campaign);
    query_id(rq, "ad_set", &out->ad_set);
    TRY(ctx_fields(&rq->cx));
    set_comparison(rq->cx.arena, out);
out:
    return err;
}

static void write_day(struct json_out *j, const char *key, struct str day)
{
    json_key(j, key);
    if (day.len)
        json_str(j, day);
    else
        json_null(j);
}

void metrics_ask_write_period(struct json_out *j, const struct ask *a)
{
    json_obj(j);
    write_day(j, "from", a->range.from);
    write_day(j, "to", a->range.to);
    write_day(j, "compare_from", a->before.from);
    write_day(j, "compare_to", a->before.to);
    write_day(j, "preset", a->range.preset);
    json_end(j);
}

struct str bucket_of(struct arena *a, enum granularity g, struct str day)
{
    struct date d;

    if (g == BY_DAY || !day_parse(day, &d))
        return day;
    if (g == BY_WEEK)
        return day_add(a, day, 1 - weekday_of(d));
    d.day = 1;
    return day_text(a, d);
}
