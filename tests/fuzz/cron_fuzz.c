/* Any text as timetable: refused, or slots that lie ahead and match the timetable's fields. */
#include "fuzz.h"

#include "base/cron.h"

static const struct zone *zone_of(struct ctx *cx, uint8_t choice)
{
    static const char *const names[] = {"UTC",          "Asia/Almaty",         "America/New_York",
                                        "Africa/Cairo", "Australia/Lord_Howe", "America/Santiago"};
    const struct zone *z = NULL;

    must(zone_find(cx, str_of(names[choice % COUNT(names)]), &z) == OK);
    return z;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct cron c;

    if (size >= 3) { /* two bytes choose place and time, the rest is the timetable */
        const struct zone *z = zone_of(&cx, data[0]);
        int64_t at = 1704067200000 + (int64_t)data[1] * 86400000 * 5 + data[0] * 7919000;
        if (cron_parse(&cx, fuzz_text(data + 2, size - 2), &c) == OK) {
            for (int i = 0; i < 4; i++) {
                int64_t next = cron_next(&c, z, at);
                if (!next)
                    break;
                struct civil now = civil_at(z, next);
                bool is_jump = zone_offset_s(z, next - 1) != zone_offset_s(z, next);
                must(next > at && next % 1000 == 0);
                must(is_jump || ((c.minute >> now.minute & 1) && (c.hour >> now.hour & 1)));
                at = next;
            }
        }
    }
    return fuzz_end(&cx);
}
