/* nbk.c: the fake feed of the National Bank of Kazakhstan. */
#include "base/money.h"
#include "base/text_out.h"
#include "sim/faults.h"
#include "sim/sim_inside.h"

static void put(struct text_out *t, struct str s)
{
    text_put(t, s.ptr, s.len);
}

/* Whole numbers have no decimals, and none ends in zero. */
static struct str amount(struct arena *a, int64_t hundredths)
{
    const char *sign = hundredths < 0 ? "-" : "";
    long long v = hundredths < 0 ? -hundredths : hundredths;

    if (v % 100 == 0)
        return arena_fmt(a, "%s%lld", sign, v / 100);
    return v % 10 == 0 ? arena_fmt(a, "%s%lld.%lld", sign, v / 100, v / 10 % 10)
                       : arena_fmt(a, "%s%lld.%02lld", sign, v / 100, v % 100);
}

static void put_item(struct text_out *t, const struct world *w, const struct world_currency *c,
                     int64_t day)
{
    int64_t rate, before, change = 0;
    struct arena *a = t->arena;

    if (!world_rate(w, c->code, day, &rate))
        return;
    for (int64_t back = 1; back < 10; back++)
        if (world_rate(w, c->code, day - back, &before)) {
            change = rate - before;
            break;
        }
    struct str value = amount(a, rate), moved = amount(a, change);
    put(t, arena_fmt(a,
                     "    <item>\n        <fullname>%.*s</fullname>\n        <title>%.*s</title>\n"
                     "        <description>%.*s</description>\n        <quant>%d</quant>\n"
                     "        <index>%s</index>\n        <change>%s%.*s</change>\n    </item>\n",
                     STR_FMT(c->full_name), STR_FMT(c->code), STR_FMT(value), c->quant,
                     change < 0   ? "DOWN"
                     : change > 0 ? "UP"
                                  : "",
                     change > 0 ? "+" : "", STR_FMT(moved)));
}

/* "01.04.2026" */
static bool parse_day(struct str text, int64_t *day)
{
    struct str d, m, y = text;
    struct date date;
    char iso[12];

    if (!str_cut(&y, '.', &d) || !str_cut(&y, '.', &m) || d.len != 2 || m.len != 2 || y.len != 4)
        return false;
    for (int i = 0; i < 4; i++)
        iso[i] = y.ptr[i];
    iso[4] = iso[7] = '-';
    iso[5] = m.ptr[0], iso[6] = m.ptr[1];
    iso[8] = d.ptr[0], iso[9] = d.ptr[1];
    if (!day_parse((struct str){iso, 10}, &date))
        return false;
    *day = day_number(date);
    return true;
}

/* The day whose rates are told: the last that has some, when weekends repeat it. */
static int64_t told_day(const struct sim *s, int64_t day)
{
    int64_t rate;

    for (int64_t back = 0; back < 10 && sim_switch_of(s, SIM_REPEAT_RATES); back++)
        if (world_rate(s->world, S("USD"), day - back, &rate))
            return day - back;
    return day;
}

static enum err answer(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    const struct world *w = s->world;
    struct arena *a = rq->cx.arena;
    struct text_out t = text_out(a, 8192);
    int64_t today = day_number(civil_at(w->zone, sim_moment(s).now_ms).date), day = today;
    struct str asked;

    if (req_query_str(rq, "fdate", &asked) && !parse_day(asked, &day))
        day = today; /* the bank answers nonsense with today's */
    bool is_future = day > today;
    day = told_day(s, day);
    struct date d = day_from_number(day);
    put(&t, S("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rates>\n"
              "    <generator>Alternate RSS Builder</generator>\n"
              "    <title>Official exchange rates of National Bank of Republic Kazakhstan</title>\n"
              "    <link>www.nationalbank.kz</link>\n"
              "    <description>Official exchange rates of National Bank of Republic "
              "Kazakhstan</description>\n"
              "    <copyright>www.nationalbank.kz</copyright>\n"));
    put(&t, arena_fmt(a, "    <date>%02d.%02d.%04d</date>\n", d.day, d.month, d.year));
    for (size_t i = 0; i < world_ncurrencies && !is_future; i++)
        put_item(&t, w, &world_currencies[i], day);
    put(&t, S("</rates>\n"));
    resp_header(rs, "Cache-Control", S("no-cache"));
    resp_header(rs, "Set-Cookie", S("TS01=0a1b2c; Path=/"));
    return resp_body(rs, "text/xml; charset=UTF-8", (struct str){t.at, t.n});
}

static enum err door(struct req *rq, struct resp *rs)
{
    return faults_around(rq, rs, answer);
}

const struct route nbk_routes[] = {
    {GET, "/nbk/rss/get_rates.cfm", 0, RATE_NONE, door, 0, 0},
};
const size_t nbk_nroutes = COUNT(nbk_routes);
