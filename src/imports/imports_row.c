/* imports_row.c: values of a row, however a former database wrote them. */
#include "base/calendar.h"
#include "base/money.h"
#include "imports/imports_inside.h"

struct str row_text(const struct import_row *r, const char *names)
{
    struct str rest = str_of(names), name, value;

    while (rest.len) {
        if (!str_cut(&rest, '|', &name)) {
            name = rest;
            rest.len = 0;
        }
        if (json_as_text(json_get(r->values, str_z(r->cx->arena, name)), r->cx->arena, &value) &&
            str_trim(value).len)
            return str_trim(value);
    }
    return (struct str){0};
}

static bool wrong(const struct import_row *r, const char *names, struct str value,
                  const char *wanted)
{
    enum err err = fail(r->cx, ERR_INPUT, "%s: \"%.*s\" is not %s", names, STR_FMT(value), wanted);

    return err == OK;
}

/* "22 500,50" is what people's tables say. */
bool row_money(const struct import_row *r, const char *names, int64_t *micros)
{
    struct str text = row_text(r, names);
    char *clean = arena_alloc(r->cx->arena, text.len + 1, 1);
    size_t n = 0;
    bool has_point = false;

    *micros = 0;
    for (size_t i = 0; i < text.len; i++)
        has_point = has_point || text.ptr[i] == '.';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' || c == '\xc2' || c == '\xa0' || (c == ',' && has_point))
            continue;
        clean[n++] = c == ',' ? '.' : c;
    }
    if (!text.len || money_parse((struct str){clean, n}, micros))
        return true;
    return wrong(r, names, text, "an amount");
}

static bool two_digits(struct str s, size_t at, int most, int *out)
{
    if (s.len < at + 2 || s.ptr[at] < '0' || s.ptr[at] > '9' || s.ptr[at + 1] < '0' ||
        s.ptr[at + 1] > '9')
        return false;
    *out = (s.ptr[at] - '0') * 10 + (s.ptr[at + 1] - '0');
    return *out <= most;
}

struct clock_time {
    int hour, minute, second;
    bool has_offset;
    int64_t offset_ms;
};

/* " 12:30:05.123+05:00", "T12:30Z": what stands after the day. */
static bool read_clock(struct str s, struct clock_time *out)
{
    size_t i = 6;
    int hours, minutes = 0;

    *out = (struct clock_time){0};
    if (s.len < 6 || (s.ptr[0] != 'T' && s.ptr[0] != ' ') || s.ptr[3] != ':' ||
        !two_digits(s, 1, 23, &out->hour) || !two_digits(s, 4, 59, &out->minute))
        return false;
    if (s.len > i && s.ptr[i] == ':') {
        if (!two_digits(s, i + 1, 60, &out->second))
            return false;
        i += 3;
    }
    if (s.len > i && s.ptr[i] == '.')
        for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';)
            i++;
    if (i == s.len)
        return true;
    out->has_offset = true;
    if (s.ptr[i] == 'Z')
        return i + 1 == s.len;
    if ((s.ptr[i] != '+' && s.ptr[i] != '-') || !two_digits(s, i + 1, 14, &hours))
        return false;
    if (s.len > i + 3 && !two_digits(s, s.ptr[i + 3] == ':' ? i + 4 : i + 3, 59, &minutes))
        return false;
    out->offset_ms = (hours * 60 + minutes) * 60000LL * (s.ptr[i] == '-' ? -1 : 1);
    return true;
}

static bool read_instant(const struct zone *zone, struct str text, int64_t *at_ms)
{
    struct date date;
    struct clock_time t;

    if (str_to_int(text, at_ms) && *at_ms > 0) {
        *at_ms *= *at_ms < 100000000000 ? 1000 : 1; /* seconds, or already ms */
        return *at_ms < 4102444800000;
    }
    if (text.len < 10 || !day_parse((struct str){text.ptr, 10}, &date))
        return false;
    if (text.len == 10) {
        *at_ms = instant_of(zone, date, 12, 0);
        return true;
    }
    if (!read_clock((struct str){text.ptr + 10, text.len - 10}, &t))
        return false;
    if (t.has_offset)
        *at_ms = day_number(date) * 86400000 + (t.hour * 60 + t.minute) * 60000LL - t.offset_ms;
    else
        *at_ms = instant_of(zone, date, t.hour, t.minute);
    *at_ms += t.second * 1000LL;
    return true;
}

bool row_instant(const struct import_row *r, const struct zone *zone, const char *names,
                 int64_t *at_ms)
{
    struct str text = row_text(r, names);

    *at_ms = 0;
    if (!text.len || read_instant(zone, text, at_ms))
        return true;
    return wrong(r, names, text, "a moment");
}

bool row_is_true(const struct import_row *r, const char *names)
{
    static const char *const words[] = {"1", "true", "t", "yes", "да", "иә", "sim"};
    struct str text = str_fold(r->cx->arena, row_text(r, names));

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(text, str_of(words[i])))
            return true;
    return false;
}
