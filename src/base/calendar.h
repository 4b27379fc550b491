/* calendar.h: days and weeks in a named zone, with the zone's real history (tzdata, embedded).
 * The one rule: an instant is UTC ms, a day is 'YYYY-MM-DD' text in a named zone; never mix them.
 */
#pragma once
#include "base/base.h"

struct zone; /* parsed TZif; immutable, may be shared by threads */
/* Finds a zone ("Asia/Almaty") among the embedded ones; ERR_INPUT when there is none. The zone is
 * held by the arena. */
enum err zone_find(struct ctx *cx, struct str name, const struct zone **out) MUST_USE;
int32_t zone_offset_s(const struct zone *z,
                      int64_t at_ms); /* seconds east of UTC at that instant */

struct date {
    int year, month, day; /* 1..12, 1..31, proleptic Gregorian */
};
struct civil {
    struct date date;
    int hour, minute, second, weekday; /* weekday: 1 = Monday .. 7 = Sunday (ISO 8601) */
};
struct civil civil_at(const struct zone *z, int64_t at_ms);
/* First instant whose local time is not before the given one (gaps move forward; of a repeated
 * hour the first). */
int64_t instant_of(const struct zone *z, struct date d, int hour, int minute);
struct str day_at(struct arena *a, const struct zone *z, int64_t at_ms); /* 'YYYY-MM-DD' */
bool day_parse(struct str text, struct date *out); /* strict 'YYYY-MM-DD', real dates only */
struct str day_text(struct arena *a, struct date d);
int64_t day_number(struct date d); /* days since 1970-01-01 */
struct date day_from_number(int64_t n);
struct str day_add(struct arena *a, struct str day, int64_t days); /* day must be valid */
int64_t day_diff(struct str from, struct str to);                  /* to - from, both valid */
int weekday_of(struct date d);                                     /* 1 = Monday */
struct str rfc3339(struct arena *a, int64_t at_ms); /* UTC, "2026-02-03T05:00:00.000Z" */
enum { RFC3339_SIZE = 32 };
void rfc3339_put(char out[RFC3339_SIZE], int64_t at_ms); /* the same where there is no arena */
