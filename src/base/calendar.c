/* calendar.c: days, weeks and clock faces, without any zone's history (that is zone.c). */
#include "base/calendar.h"

#include <stdio.h>

enum { DAY_S = 86400, DAYS_OF_400_YEARS = 146097, DAYS_BEFORE_1970 = 719468 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years counted from March put the leap day last, so that months have a regular length. */
int64_t day_number(struct date d)
{
    int64_t year = (int64_t)d.year - (d.month <= 2);
    int64_t era = floor_div(year, 400), of_era = year - era * 400;
    int64_t month = (d.month + 9) % 12;
    int64_t of_year = (153 * month + 2) / 5 + d.day - 1;

    return era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           DAYS_BEFORE_1970;
}

struct date day_from_number(int64_t n)
{
    n += DAYS_BEFORE_1970;
    int64_t era = floor_div(n, DAYS_OF_400_YEARS), day = n - era * DAYS_OF_400_YEARS;
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_OF_400_YEARS - 1)) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    return (struct date){
        .year = (int)(year + era * 400 + (month >= 10)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
    };
}

int weekday_of(struct date d)
{
    int64_t n = day_number(d) + 3; /* 1970-01-01 was a Thursday */

    return (int)(n - floor_div(n, 7) * 7) + 1;
}

struct civil civil_at(const struct zone *z, int64_t at_ms)
{
    int64_t local = floor_div(at_ms, 1000) + zone_offset_s(z, at_ms);
    int64_t day = floor_div(local, DAY_S);
    int of_day = (int)(local - day * DAY_S);
    struct date date = day_from_number(day);

    return (struct civil){
        .date = date,
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .weekday = weekday_of(date),
    };
}

static bool digits(const char *at, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *out = *out * 10 + (at[i] - '0');
    }
    return true;
}

bool day_parse(struct str text, struct date *out)
{
    struct date d;

    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
        !digits(text.ptr, 4, &d.year) || !digits(text.ptr + 5, 2, &d.month) ||
        !digits(text.ptr + 8, 2, &d.day))
        return false;
    if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > days_in(d.year, d.month))
        return false;
    *out = d;
    return true;
}

struct str day_text(struct arena *a, struct date d)
{
    return arena_fmt(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

struct str day_at(struct arena *a, const struct zone *z, int64_t at_ms)
{
    return day_text(a, civil_at(z, at_ms).date);
}

/* The day the caller promised to be valid; the first of all days if it is not. */
static struct date promised(struct str day)
{
    struct date d = {1, 1, 1};

    if (!day_parse(day, &d))
        return (struct date){1, 1, 1};
    return d;
}

struct str day_add(struct arena *a, struct str day, int64_t days)
{
    return day_text(a, day_from_number(day_number(promised(day)) + days));
}

int64_t day_diff(struct str from, struct str to)
{
    return day_number(promised(to)) - day_number(promised(from));
}

void rfc3339_put(char out[RFC3339_SIZE], int64_t at_ms)
{
    int64_t seconds = floor_div(at_ms, 1000), day = floor_div(seconds, DAY_S);
    int of_day = (int)(seconds - day * DAY_S), ms = (int)(at_ms - seconds * 1000);
    struct date d = day_from_number(day);

    snprintf(out, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day,
             of_day / 3600, of_day / 60 % 60, of_day % 60, ms);
}

struct str rfc3339(struct arena *a, int64_t at_ms)
{
    char text[RFC3339_SIZE];

    rfc3339_put(text, at_ms);
    return arena_str(a, str_of(text));
}
