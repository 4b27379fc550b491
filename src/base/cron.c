/* cron.c: timetables in local time. */
#include "base/cron.h"

enum { YEARS_AHEAD = 5 };

struct field {
    const char *name;
    int least, most;
};

static bool take_number(struct str *s, int *out)
{
    size_t n = 0;

    for (*out = 0; n < s->len && n < 3 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
        *out = *out * 10 + (s->ptr[n] - '0');
    *s = (struct str){s->ptr + n, s->len - n};
    return n > 0;
}

static bool take(struct str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = (struct str){s->ptr + 1, s->len - 1};
    return true;
}

/* One member of a list: "*", "7", "1-5", each with an optional "/step". A step after a single
 * number runs from it to the field's end. */
static bool parse_member(struct str text, const struct field *f, uint64_t *bits)
{
    int from = f->least, to = f->most, step = 1;

    if (!take(&text, '*')) {
        if (!take_number(&text, &from))
            return false;
        if (take(&text, '-')) {
            if (!take_number(&text, &to))
                return false;
        } else if (!text.len) {
            to = from;
        }
    }
    if (take(&text, '/') && (!take_number(&text, &step) || step < 1))
        return false;
    if (text.len || from < f->least || to > f->most || from > to)
        return false;
    for (int i = from; i <= to; i += step)
        *bits |= 1ull << i;
    return true;
}

static bool parse_field(struct str text, const struct field *f, uint64_t *bits)
{
    struct str member;
    bool is_good = text.len > 0 && text.ptr[text.len - 1] != ',';

    *bits = 0;
    while (is_good && str_cut(&text, ',', &member))
        is_good = parse_member(member, f, bits);
    return is_good;
}

enum err cron_parse(struct ctx *cx, struct str text, struct cron *out)
{
    static const struct field fields[] = {
        {"minute",  0, 59},
        {"hour",    0, 23},
        {"day",     1, 31},
        {"month",   1, 12},
        {"weekday", 0, 7 },
    };
    struct cron c = {0};
    uint64_t *const bits[] = {&c.minute, &c.hour, &c.day, &c.month, &c.weekday};
    struct str rest = str_trim(text), part;
    size_t n = 0;

    while (str_cut(&rest, ' ', &part)) {
        if (!part.len)
            continue;
        if (n == COUNT(fields))
            return fail(cx, ERR_INPUT, "timetable \"%.*s\": more than five fields", STR_FMT(text));
        if (!parse_field(part, &fields[n], bits[n]))
            return fail(cx, ERR_INPUT, "timetable \"%.*s\": %s \"%.*s\" is not within %d-%d",
                        STR_FMT(text), fields[n].name, STR_FMT(part), fields[n].least,
                        fields[n].most);
        if (n == 2)
            c.day_star = part.ptr[0] == '*';
        if (n == 4)
            c.weekday_star = part.ptr[0] == '*';
        n++;
    }
    if (n < COUNT(fields))
        return fail(cx, ERR_INPUT, "timetable \"%.*s\": fewer than five fields", STR_FMT(text));
    if (c.weekday & 1ull << 7)
        c.weekday |= 1;
    *out = c;
    return OK;
}

static bool has(uint64_t bits, int i)
{
    return bits >> i & 1;
}

static bool day_matches(const struct cron *c, struct date d)
{
    bool day = has(c->day, d.day), weekday = has(c->weekday, weekday_of(d) % 7);

    if (!has(c->month, d.month))
        return false;
    return c->day_star || c->weekday_star ? day && weekday : day || weekday;
}

/* The day's first slot after after_ms; 0 when there is none. from: minutes of the day that need
 * no look, since their instants have passed. */
static int64_t next_of_day(const struct cron *c, const struct zone *z, struct date d, int from,
                           int64_t after_ms)
{
    for (int hour = from / 60; hour < 24; hour++) {
        if (!has(c->hour, hour))
            continue;
        for (int minute = hour == from / 60 ? from % 60 : 0; minute < 60; minute++) {
            if (!has(c->minute, minute))
                continue;
            int64_t at = instant_of(z, d, hour, minute);
            if (at > after_ms)
                return at;
        }
    }
    return 0;
}

int64_t cron_next(const struct cron *c, const struct zone *z, int64_t after_ms)
{
    struct civil now = civil_at(z, after_ms);
    int64_t first = day_number(now.date), days = YEARS_AHEAD * 366;

    for (int64_t n = first; n <= first + days; n++) {
        struct date d = day_from_number(n);
        if (!day_matches(c, d))
            continue;
        int64_t at = next_of_day(c, z, d, n == first ? now.hour * 60 + now.minute : 0, after_ms);
        if (at)
            return at;
    }
    return 0;
}
