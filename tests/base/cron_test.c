/* Timetables. */
#include "base/cron.h"
#include "test.h"

#define MINUTE_MS 60000LL
#define DAY_MS 86400000LL

static const struct zone *zone_named(struct ctx *cx, const char *name)
{
    const struct zone *z = NULL;

    check_ok(zone_find(cx, str_of(name), &z));
    return z;
}

static struct cron cron(struct ctx *cx, const char *text)
{
    struct cron c;

    check_ok(cron_parse(cx, str_of(text), &c));
    return c;
}

static int64_t utc(struct ctx *cx, const char *day, int hour, int minute)
{
    struct date d;

    check(day_parse(str_of(day), &d));
    return instant_of(zone_named(cx, "UTC"), d, hour, minute);
}

/* The next slots after an instant, in UTC. */
static struct str slots(struct ctx *cx, const char *text, const char *zone, int64_t after, int n)
{
    struct cron c = cron(cx, text);
    struct str all = S("");

    for (int i = 0; i < n; i++) {
        after = cron_next(&c, zone_named(cx, zone), after);
        struct str one = after ? rfc3339(cx->arena, after) : S("never----------x");
        all = arena_fmt(cx->arena, "%.*s%s%.16s", STR_FMT(all), i ? " " : "", one.ptr);
    }
    return all;
}

TEST(slot_is_strictly_after_the_instant)
{
    int64_t at = utc(cx, "2026-02-03", 5, 5);

    check_str(S("2026-02-03T05:05"), slots(cx, "5 * * * *", "UTC", at - 1, 1));
    check_str(S("2026-02-03T06:05"), slots(cx, "5 * * * *", "UTC", at, 1));
    check_str(S("2026-02-03T06:05"), slots(cx, "5 * * * *", "UTC", at + 1, 1));
}

TEST(lists_ranges_and_steps)
{
    int64_t at = utc(cx, "2026-02-03", 0, 0);

    check_str(S("2026-02-03T00:15 2026-02-03T00:30 2026-02-03T00:45 2026-02-03T01:00"),
              slots(cx, "*/15 * * * *", "UTC", at, 4));
    check_str(S("2026-02-03T08:10 2026-02-03T09:10 2026-02-03T18:10 2026-02-04T08:10"),
              slots(cx, "10 8-9,18 * * *", "UTC", at, 4));
    check_str(S("2026-02-03T00:05 2026-02-03T00:25 2026-02-03T00:45 2026-02-03T01:05"),
              slots(cx, "5/20 * * * *", "UTC", at, 4));
    check_str(S("2026-02-03T00:10 2026-02-03T00:13 2026-02-03T01:10"),
              slots(cx, "10-15/3 * * * *", "UTC", at, 3));
}

TEST(slots_are_in_local_time)
{
    check_str(S("2026-02-03T03:10 2026-02-10T03:10"),
              slots(cx, "10 8 * * 2", "Asia/Almaty", utc(cx, "2026-02-02", 20, 0), 2));
}

TEST(sunday_is_0_or_7)
{
    int64_t at = utc(cx, "2026-02-03", 0, 0);

    check_str(S("2026-02-08T00:00"), slots(cx, "0 0 * * 0", "UTC", at, 1));
    check_str(S("2026-02-08T00:00"), slots(cx, "0 0 * * 7", "UTC", at, 1));
    check_str(S("2026-02-06T00:00 2026-02-07T00:00 2026-02-08T00:00 2026-02-13T00:00"),
              slots(cx, "0 0 * * 5-7", "UTC", at, 4));
}

TEST(restricted_day_and_weekday_match_either)
{
    check_str(S("2026-02-09T00:00 2026-02-13T00:00 2026-02-16T00:00"),
              slots(cx, "0 0 13 * 1", "UTC", utc(cx, "2026-02-03", 0, 0), 3));
}

TEST(day_with_a_starred_weekday_must_match_both)
{
    check_str(S("2026-02-13T00:00 2026-03-13T00:00"),
              slots(cx, "0 0 13 * *", "UTC", utc(cx, "2026-02-03", 0, 0), 2));
    /* a step counts as a star: every second day, but only on a Monday */
    check_str(S("2026-02-09T00:00 2026-02-23T00:00"),
              slots(cx, "0 0 */2 * 1", "UTC", utc(cx, "2026-02-03", 0, 0), 2));
}

TEST(leap_day_comes_every_fourth_year_and_the_30th_of_february_never)
{
    check_str(S("2028-02-29T12:00"),
              slots(cx, "0 12 29 2 *", "UTC", utc(cx, "2026-02-03", 0, 0), 1));
    check_str(S("never----------x"),
              slots(cx, "0 12 30 2 *", "UTC", utc(cx, "2026-02-03", 0, 0), 1));
}

TEST(skipped_time_runs_at_the_next_existing_minute)
{
    int64_t at = utc(cx, "2026-03-08", 6, 0);

    check_str(S("2026-03-08T07:00 2026-03-09T06:30"),
              slots(cx, "30 2 * * *", "America/New_York", at, 2));
    /* every ten minutes: the six skipped slots and 03:00 are one */
    check_str(S("2026-03-08T06:50 2026-03-08T07:00 2026-03-08T07:10"),
              slots(cx, "*/10 * * * *", "America/New_York", utc(cx, "2026-03-08", 6, 40), 3));
}

TEST(repeated_time_runs_once)
{
    check_str(S("2026-11-01T05:30 2026-11-02T06:30"),
              slots(cx, "30 1 * * *", "America/New_York", utc(cx, "2026-11-01", 0, 0), 2));
    check_str(S("2026-11-01T05:50 2026-11-01T07:00"),
              slots(cx, "*/10 * * * *", "America/New_York", utc(cx, "2026-11-01", 5, 45), 2));
    check_str(S("2024-02-29T17:05 2024-02-29T19:05"),
              slots(cx, "5 * * * *", "Asia/Almaty", utc(cx, "2024-02-29", 17, 0), 2));
}

TEST(search_from_within_a_repeated_hour_goes_on_after_it)
{
    check_str(S("2026-11-01T07:15"),
              slots(cx, "15 * * * *", "America/New_York", utc(cx, "2026-11-01", 6, 0), 1));
}

/* Minute by minute: the first instant whose local minute matches and was not there before. */
static int64_t walk(const struct cron *c, const struct zone *z, int64_t after)
{
    for (int64_t at = after - after % MINUTE_MS + MINUTE_MS;; at += MINUTE_MS) {
        struct civil now = civil_at(z, at);
        bool day = c->day >> now.date.day & 1, weekday = c->weekday >> now.weekday % 7 & 1;
        bool either = c->day_star || c->weekday_star ? day && weekday : day || weekday;
        if ((c->minute >> now.minute & 1) && (c->hour >> now.hour & 1) &&
            (c->month >> now.date.month & 1) && either &&
            instant_of(z, now.date, now.hour, now.minute) == at)
            return at;
    }
}

TEST(slots_agree_with_a_walk_minute_by_minute)
{
    static const char *const tables[] = {"5 * * * *",     "*/7 3-5 * * *", "0 0 1,15 * *",
                                         "30 23 * * 1-5", "59 23 31 * 0",  "0 */6 */3 * *"};
    static const char *const zones[] = {"UTC", "Asia/Almaty", "Asia/Kolkata"};
    uint64_t seed = 5;

    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t z = 0; z < COUNT(zones); z++) {
            const struct zone *zone = zone_named(cx, zones[z]);
            struct cron c = cron(cx, tables[t]);
            for (int i = 0; i < 6; i++) {
                int64_t after =
                    utc(cx, "2025-01-01", 0, 0) + test_random_between(&seed, 0, 700 * DAY_MS);
                check_int(walk(&c, zone, after), cron_next(&c, zone, after));
            }
        }
}

TEST(what_is_not_a_timetable_is_refused_by_field)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"",                    "fewer than five"},
        {"* * * *",             "fewer than five"},
        {"* * * * * *",         "more than five" },
        {"60 * * * *",          "minute \"60\""  },
        {"* 24 * * *",          "hour \"24\""    },
        {"* * 0 * *",           "day \"0\""      },
        {"* * 32 * *",          "day \"32\""     },
        {"* * * 13 *",          "month \"13\""   },
        {"* * * * 8",           "weekday \"8\""  },
        {"5-1 * * * *",         "minute"         },
        {"*/0 * * * *",         "minute"         },
        {"1, * * * *",          "minute"         },
        {",1 * * * *",          "minute"         },
        {"1,,2 * * * *",        "minute"         },
        {"a * * * *",           "minute"         },
        {"-1 * * * *",          "minute"         },
        {"1- * * * *",          "minute"         },
        {"**  * * * *",         "minute"         },
        {"1/ * * * *",          "minute"         },
        {"99999999999 * * * *", "minute"         },
        {"@hourly",             "minute"         },
    };
    struct cron c;

    for (size_t i = 0; i < COUNT(bad); i++) {
        check_err(cron_parse(cx, str_of(bad[i].text), &c), ERR_INPUT);
        check_holds(str_of(bad[i].says), str_of(cx->why));
        ctx_forgive(cx);
    }
}

TEST(fields_may_stand_apart_by_several_spaces)
{
    cron(cx, "  5   *  * *  * ");
}
