/* posix_tz.c: the rule that follows a zone's recorded history. */
#include "base/posix_tz.h"
#include "base/calendar.h"

enum { DAY_S = 86400 };

/* ---- reading ---- */

static bool take(struct str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = (struct str){s->ptr + 1, s->len - 1};
    return true;
}

static bool take_number(struct str *s, int most, int *out)
{
    size_t n = 0;

    for (*out = 0; n < s->len && n < 4 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
        *out = *out * 10 + (s->ptr[n] - '0');
    *s = (struct str){s->ptr + n, s->len - n};
    return n > 0 && *out <= most;
}

/* "EST" or "<+05>". */
static bool take_name(struct str *s)
{
    bool quoted = take(s, '<');
    size_t n = 0;

    while (n < s->len) {
        char c = s->ptr[n];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_sign = c == '+' || c == '-' || (c >= '0' && c <= '9');
        if (!is_letter && !(quoted && is_sign))
            break;
        n++;
    }
    *s = (struct str){s->ptr + n, s->len - n};
    return n >= 3 && (!quoted || take(s, '>'));
}

/* [+-]hours[:minutes[:seconds]] */
static bool take_time(struct str *s, int most_hours, int32_t *out)
{
    bool is_negative = take(s, '-');
    int hours, minutes = 0, seconds = 0;

    if (!is_negative)
        take(s, '+');
    if (!take_number(s, most_hours, &hours))
        return false;
    if (take(s, ':')) {
        if (!take_number(s, 59, &minutes))
            return false;
        if (take(s, ':') && !take_number(s, 59, &seconds))
            return false;
    }
    *out = hours * 3600 + minutes * 60 + seconds;
    if (is_negative)
        *out = -*out;
    return true;
}

static bool take_rule(struct str *s, struct tz_rule *out)
{
    *out = (struct tz_rule){.time_s = 2 * 3600};
    if (!take(s, ','))
        return false;
    if (take(s, 'M')) {
        out->kind = TZ_MONTH;
        if (!take_number(s, 12, &out->month) || out->month < 1 || !take(s, '.') ||
            !take_number(s, 5, &out->week) || out->week < 1 || !take(s, '.') ||
            !take_number(s, 6, &out->day))
            return false;
    } else {
        out->kind = take(s, 'J') ? TZ_JULIAN : TZ_JULIAN_LEAP;
        if (!take_number(s, 365, &out->day) || (out->kind == TZ_JULIAN && out->day < 1))
            return false;
    }
    return !take(s, '/') || take_time(s, 167, &out->time_s);
}

bool posix_tz_parse(struct str text, struct posix_tz *out)
{
    int32_t west;

    *out = (struct posix_tz){0};
    if (!take_name(&text) || !take_time(&text, 24, &west))
        return false;
    out->standard_s = -west;
    if (!text.len)
        return true;
    out->has_summer = true;
    out->summer_s = out->standard_s + 3600;
    if (!take_name(&text))
        return false;
    if (text.len && text.ptr[0] != ',') {
        if (!take_time(&text, 24, &west))
            return false;
        out->summer_s = -west;
    }
    return take_rule(&text, &out->summer_begins) && take_rule(&text, &out->summer_ends) &&
           !text.len;
}

/* ---- asking ---- */

/* The day's number since 1970 on which the rule falls in that year. */
static int64_t rule_day(const struct tz_rule *r, int year)
{
    int64_t january = day_number((struct date){year, 1, 1});

    if (r->kind == TZ_JULIAN_LEAP)
        return january + r->day;
    if (r->kind == TZ_JULIAN) { /* the 29th of February is not counted */
        bool is_leap = day_number((struct date){year, 3, 1}) - january == 60;
        return january + r->day - 1 + (is_leap && r->day >= 60);
    }
    struct date first = {year, r->month, 1};
    struct date next = {r->month == 12 ? year + 1 : year, r->month % 12 + 1, 1};
    int64_t day = day_number(first) + (r->day - weekday_of(first) % 7 + 7) % 7 + 7 * (r->week - 1);
    while (day >= day_number(next)) /* week 5 is the last there is */
        day -= 7;
    return day;
}

static int64_t begins_at(const struct posix_tz *tz, int year)
{
    return rule_day(&tz->summer_begins, year) * DAY_S + tz->summer_begins.time_s - tz->standard_s;
}

static int64_t ends_at(const struct posix_tz *tz, int year)
{
    return rule_day(&tz->summer_ends, year) * DAY_S + tz->summer_ends.time_s - tz->summer_s;
}

static int year_at(int64_t at_s)
{
    return day_from_number(at_s / DAY_S - (at_s % DAY_S < 0)).year;
}

/* A change may lie up to a week outside its year, so the neighbours are looked at too. Where one
 * summer ends as the next begins, it is summer all year round. */
int32_t posix_tz_offset(const struct posix_tz *tz, int64_t at_s)
{
    int64_t last = INT64_MIN;
    bool is_summer = false;

    if (!tz->has_summer)
        return tz->standard_s;
    int year = year_at(at_s);
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t begins = begins_at(tz, y), ends = ends_at(tz, y);
        if (ends <= at_s && ends > last) {
            last = ends;
            is_summer = false;
        }
        if (begins <= at_s && begins >= last) {
            last = begins;
            is_summer = true;
        }
    }
    return is_summer ? tz->summer_s : tz->standard_s;
}

int64_t posix_tz_next(const struct posix_tz *tz, int64_t at_s)
{
    int64_t next = INT64_MAX;

    if (!tz->has_summer)
        return next;
    int year = year_at(at_s);
    for (int y = year - 1; y <= year + 2; y++) {
        int64_t begins = begins_at(tz, y), ends = ends_at(tz, y);
        if (begins > at_s && begins < next)
            next = begins;
        if (ends > at_s && ends < next)
            next = ends;
    }
    return next;
}
