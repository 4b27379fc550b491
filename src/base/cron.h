/* cron.h: "5 * * * *" -> next slot, in a named zone. Five fields; lists, ranges, steps; Sunday is 0
 * or 7. */
#pragma once
#include "base/calendar.h"

struct cron {
    uint64_t minute, hour, day, month, weekday; /* bit sets */
    bool day_star, weekday_star; /* both restricted: either matches (the crontab rule) */
};
enum err cron_parse(struct ctx *cx, struct str text, struct cron *out) MUST_USE;
/* First slot strictly after after_ms, UTC ms. A local time skipped by the clock runs at the next
 * existing minute; a repeated one runs once. 0 when none within five years. */
int64_t cron_next(const struct cron *c, const struct zone *z, int64_t after_ms);
