/* posix_tz.h: the rule "EST5EDT,M3.2.0,M11.1.0" by which a zone goes on after its last recorded
 * change. The one rule: offsets here are seconds east of UTC, the text counts them westwards. */
#pragma once
#include "base/base.h"

enum tz_rule_kind { TZ_JULIAN, TZ_JULIAN_LEAP, TZ_MONTH };
struct tz_rule { /* when, in each year, one of the two times begins */
    enum tz_rule_kind kind;
    int month, week, day; /* TZ_MONTH: day 0 = Sunday; else only day: 1..365 or 0..365 */
    int32_t time_s;       /* local time before the change; may be negative or past a day */
};
struct posix_tz {
    int32_t standard_s, summer_s;
    bool has_summer;
    struct tz_rule summer_begins, summer_ends;
};
bool posix_tz_parse(struct str text, struct posix_tz *out);
int32_t posix_tz_offset(const struct posix_tz *tz, int64_t at_s);
/* First change strictly after at_s; INT64_MAX when the rule has none. */
int64_t posix_tz_next(const struct posix_tz *tz, int64_t at_s);
