/* Days, weeks and the clocks of real places. */
#include "base/calendar.h"
#include "base/embedded.h"
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR_MS 3600000LL
#define DAY_MS 86400000LL

static const struct zone *zone_named(struct ctx *cx, const char *name)
{
    const struct zone *z = NULL;

    check_ok(zone_find(cx, str_of(name), &z));
    return z;
}

/* "2024-02-29 23:30:05 4" */
static struct str civil_text(struct ctx *cx, const struct zone *z, int64_t at_ms)
{
    struct civil c = civil_at(z, at_ms);

    return arena_fmt(cx->arena, "%04d-%02d-%02d %02d:%02d:%02d %d", c.date.year, c.date.month,
                     c.date.day, c.hour, c.minute, c.second, c.weekday);
}

static int64_t utc(struct ctx *cx, int year, int month, int day, int hour, int minute)
{
    return instant_of(zone_named(cx, "UTC"), (struct date){year, month, day}, hour, minute);
}

/* ---- days ---- */

TEST(days_are_numbered_from_1970)
{
    check_int(0, day_number((struct date){1970, 1, 1}));
    check_int(-1, day_number((struct date){1969, 12, 31}));
    check_int(19782, day_number((struct date){2024, 2, 29}));
    check_int(-719162, day_number((struct date){1, 1, 1}));
    check_int(2932896, day_number((struct date){9999, 12, 31}));
}

TEST(numbers_and_days_agree_for_eight_centuries)
{
    struct date before = day_from_number(-150000);

    for (int64_t n = -149999; n < 150000; n++) {
        struct date d = day_from_number(n);
        check_int(n, day_number(d));
        bool is_next_day =
            d.year == before.year && d.month == before.month && d.day == before.day + 1;
        bool is_new_month = d.day == 1 && ((d.year == before.year && d.month == before.month + 1) ||
                                           (d.year == before.year + 1 && d.month == 1));
        check(is_next_day || is_new_month);
        check_int(weekday_of(before) % 7 + 1, weekday_of(d));
        before = d;
    }
}

TEST(weekdays_count_from_monday)
{
    check_int(2, weekday_of((struct date){2026, 2, 3}));
    check_int(4, weekday_of((struct date){1970, 1, 1}));
    check_int(7, weekday_of((struct date){2024, 3, 31}));
    check_int(4, weekday_of((struct date){2024, 2, 29}));
}

TEST(only_real_days_in_the_one_form_are_read)
{
    static const char *const bad[] = {
        "",           "2024-2-29",  "2024-02-30", "2023-02-29", "1900-02-29",  "2024-13-01",
        "2024-00-10", "2024-01-00", "2024-04-31", "2024/01/01", "2024-01-01 ", " 2024-01-01",
        "20240101",   "24-01-01",   "0000-01-01", "-024-01-01", "2024-01-0a",  "2024-01-01T00",
        "+024-01-01", "2024- 1-01",
    };
    struct date d;

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!day_parse(str_of(bad[i]), &d));
    check(day_parse(S("2000-02-29"), &d));
    check_int(29, d.day);
    check(day_parse(S("0001-01-01"), &d) && day_parse(S("9999-12-31"), &d));
    check_str(S("9999-12-31"), day_text(cx->arena, d));
}

TEST(days_are_added_and_subtracted_across_years)
{
    check_str(S("2024-02-29"), day_add(cx->arena, S("2024-02-28"), 1));
    check_str(S("2024-03-01"), day_add(cx->arena, S("2024-02-28"), 2));
    check_str(S("2023-12-31"), day_add(cx->arena, S("2024-01-01"), -1));
    check_str(S("2025-01-01"), day_add(cx->arena, S("2024-01-01"), 366));
    check_int(366, day_diff(S("2024-01-01"), S("2025-01-01")));
    check_int(-1, day_diff(S("2024-03-01"), S("2024-02-29")));
}

TEST(instants_are_written_in_utc_with_milliseconds)
{
    check_str(S("2026-02-03T05:00:00.000Z"), rfc3339(cx->arena, TEST_NOW_MS));
    check_str(S("1970-01-01T00:00:00.000Z"), rfc3339(cx->arena, 0));
    check_str(S("1969-12-31T23:59:59.999Z"), rfc3339(cx->arena, -1));
    check_str(S("2024-02-29T23:59:59.001Z"), rfc3339(cx->arena, 1709251199001));
}

/* ---- zones ---- */

TEST(unknown_zone_is_refused_by_name)
{
    const struct zone *z;

    check_err(zone_find(cx, S("Asia/Atlantis"), &z), ERR_INPUT);
    check_holds(S("Asia/Atlantis"), str_of(cx->why));
    ctx_forgive(cx);
    check_err(zone_find(cx, S(""), &z), ERR_INPUT);
    ctx_forgive(cx);
    check_err(zone_find(cx, S("../../etc/passwd"), &z), ERR_INPUT);
}

TEST(every_embedded_zone_can_be_read)
{
    check(embedded_zoneinfo.n > 400);
    for (size_t i = 0; i < embedded_zoneinfo.n; i++)
        if (strncmp((const char *)embedded_zoneinfo.files[i].data, "TZif", 4) == 0)
            zone_named(cx, embedded_zoneinfo.files[i].name);
}

TEST(almaty_went_from_utc_6_to_utc_5_on_the_first_of_march_2024)
{
    const struct zone *z = zone_named(cx, "Asia/Almaty");
    int64_t change = utc(cx, 2024, 2, 29, 18, 0);

    check_int(6 * 3600, zone_offset_s(z, change - 1));
    check_int(5 * 3600, zone_offset_s(z, change));
    check_int(5 * 3600, zone_offset_s(z, TEST_NOW_MS));
    check_str(S("2024-02-29 23:59:59 4"), civil_text(cx, z, change - 1));
    check_str(S("2024-02-29 23:00:00 4"), civil_text(cx, z, change));
}

TEST(almaty_day_of_2024_02_29_has_25_hours)
{
    const struct zone *z = zone_named(cx, "Asia/Almaty");
    int64_t begins = instant_of(z, (struct date){2024, 2, 29}, 0, 0);
    int64_t ends = instant_of(z, (struct date){2024, 3, 1}, 0, 0);

    check_int(25 * HOUR_MS, ends - begins);
    check_int(24 * HOUR_MS, begins - instant_of(z, (struct date){2024, 2, 28}, 0, 0));
    check_str(S("2024-02-29"), day_at(cx->arena, z, begins));
    check_str(S("2024-02-29"), day_at(cx->arena, z, ends - 1));
    check_str(S("2024-03-01"), day_at(cx->arena, z, ends));
}

TEST(of_a_repeated_hour_the_first_is_meant)
{
    const struct zone *almaty = zone_named(cx, "Asia/Almaty");
    const struct zone *york = zone_named(cx, "America/New_York");

    check_int(utc(cx, 2024, 2, 29, 17, 30), instant_of(almaty, (struct date){2024, 2, 29}, 23, 30));
    check_int(utc(cx, 2026, 11, 1, 5, 30), instant_of(york, (struct date){2026, 11, 1}, 1, 30));
    check_int(utc(cx, 2026, 11, 1, 7, 0), instant_of(york, (struct date){2026, 11, 1}, 2, 0));
}

TEST(skipped_hour_moves_forward_to_its_end)
{
    const struct zone *z = zone_named(cx, "America/New_York");
    int64_t jump = utc(cx, 2026, 3, 8, 7, 0);

    check_int(jump, instant_of(z, (struct date){2026, 3, 8}, 2, 0));
    check_int(jump, instant_of(z, (struct date){2026, 3, 8}, 2, 59));
    check_int(jump, instant_of(z, (struct date){2026, 3, 8}, 3, 0));
    check_int(jump + 60000, instant_of(z, (struct date){2026, 3, 8}, 3, 1));
    check_int(23 * HOUR_MS, instant_of(z, (struct date){2026, 3, 9}, 0, 0) -
                                instant_of(z, (struct date){2026, 3, 8}, 0, 0));
}

TEST(skipped_day_moves_forward_to_the_next)
{
    const struct zone *z = zone_named(cx, "Pacific/Apia"); /* had no 2011-12-30 */
    int64_t next = instant_of(z, (struct date){2011, 12, 31}, 0, 0);

    check_int(next, instant_of(z, (struct date){2011, 12, 30}, 0, 0));
    check_int(next, instant_of(z, (struct date){2011, 12, 30}, 12, 0));
    check_str(S("2011-12-29"), day_at(cx->arena, z, next - 1));
}

TEST(day_that_begins_with_a_gap_begins_at_its_first_minute)
{
    const struct zone *z = zone_named(cx, "America/Santiago"); /* clocks go at midnight */
    int64_t begins = instant_of(z, (struct date){2025, 9, 7}, 0, 0);

    check_str(S("2025-09-07 01:00:00 7"), civil_text(cx, z, begins));
    check_str(S("2025-09-06 23:59:59 6"), civil_text(cx, z, begins - 1));
}

TEST(rule_goes_on_after_the_recorded_history)
{
    const struct zone *york = zone_named(cx, "America/New_York");
    const struct zone *dublin = zone_named(cx, "Europe/Dublin"); /* its winter is the exception */

    check_int(-4 * 3600, zone_offset_s(york, utc(cx, 2199, 7, 1, 0, 0)));
    check_int(-5 * 3600, zone_offset_s(york, utc(cx, 2199, 1, 1, 0, 0)));
    check_int(3600, zone_offset_s(dublin, utc(cx, 2150, 7, 1, 0, 0)));
    check_int(0, zone_offset_s(dublin, utc(cx, 2150, 12, 31, 0, 0)));
    check_int(5 * 3600, zone_offset_s(zone_named(cx, "Asia/Almaty"), utc(cx, 2199, 7, 1, 0, 0)));
}

TEST(instants_long_before_any_record_have_an_offset_too)
{
    check_int(0, zone_offset_s(zone_named(cx, "UTC"), INT64_MIN));
    check_int(18468, zone_offset_s(zone_named(cx, "Asia/Almaty"), -1000LL * DAY_MS * 365));
}

/* ---- the C library as oracle ---- */

static const char *const oracle_zones[] = {
    "Asia/Almaty",        "Asia/Qyzylorda",      "Asia/Aqtobe",         "Asia/Tashkent",
    "Europe/Moscow",      "Europe/London",       "Europe/Dublin",       "Europe/Lisbon",
    "Europe/Berlin",      "Europe/Kyiv",         "Europe/Istanbul",     "Europe/Chisinau",
    "America/New_York",   "America/Chicago",     "America/Denver",      "America/Los_Angeles",
    "America/Sao_Paulo",  "America/Santiago",    "America/Asuncion",    "America/Havana",
    "America/St_Johns",   "America/Nuuk",        "America/Mexico_City", "America/Caracas",
    "Africa/Casablanca",  "Africa/Cairo",        "Africa/El_Aaiun",     "Africa/Johannesburg",
    "Asia/Tehran",        "Asia/Gaza",           "Asia/Kolkata",        "Asia/Kathmandu",
    "Asia/Jerusalem",     "Asia/Beirut",         "Asia/Pyongyang",      "Asia/Shanghai",
    "Australia/Sydney",   "Australia/Lord_Howe", "Pacific/Apia",        "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Norfolk",     "Antarctica/Troll",    "Pacific/Easter",
};

enum { ORACLE_NAME = 32 };

/* The C library reads the very file that is embedded, so that only the reading is compared. It
 * knows a file by its inode, so the file before must stay until the next is read. */
static void use_oracle(const char *zone, char before[ORACLE_NAME])
{
    const struct embedded_file *file = embedded_find(&embedded_zoneinfo, str_of(zone));
    char name[ORACLE_NAME] = ":/tmp/trafficd-zone-XXXXXX";

    check(file != NULL);
    int fd = mkstemp(name + 1);
    check(fd >= 0);
    check_int(file->len, write(fd, file->data, file->len));
    close(fd);
    check_int(0, setenv("TZ", name, 1));
    tzset();
    if (*before)
        unlink(before + 1);
    memcpy(before, name, sizeof name);
}

static void compare_with_oracle(struct ctx *cx, const char *name, const struct zone *z,
                                int64_t at_ms)
{
    struct tm tm;
    time_t at = (time_t)(at_ms / 1000 - (at_ms % 1000 < 0));

    check(localtime_r(&at, &tm) != NULL);
    struct civil c = civil_at(z, at_ms);
    bool is_same = c.date.year == tm.tm_year + 1900 && c.date.month == tm.tm_mon + 1 &&
                   c.date.day == tm.tm_mday && c.hour == tm.tm_hour && c.minute == tm.tm_min &&
                   c.second == tm.tm_sec && c.weekday % 7 == tm.tm_wday;
    if (!is_same)
        test_fail(TEST_AT(""), "%s at %" PRId64 ": %s, the C library says %d:%02d", name, at_ms,
                  civil_text(cx, z, at_ms).ptr, tm.tm_hour, tm.tm_min);
    check_int(tm.tm_gmtoff, zone_offset_s(z, at_ms));
}

TEST(forty_zones_agree_with_the_c_library)
{
    uint64_t seed = 3;
    static const int years[] = {1995, 2024, 2026, 2045, 2090};
    char file[ORACLE_NAME] = "";

    for (size_t i = 0; i < COUNT(oracle_zones); i++) {
        const struct zone *z = zone_named(cx, oracle_zones[i]);
        use_oracle(oracle_zones[i], file);
        for (size_t y = 0; y < COUNT(years); y++) {
            int64_t from = day_number((struct date){years[y], 1, 1}) * DAY_MS;
            for (int64_t at = from; at < from + 366 * DAY_MS; at += 6 * HOUR_MS)
                compare_with_oracle(cx, oracle_zones[i], z, at);
        }
        for (int n = 0; n < 1000; n++)
            compare_with_oracle(cx, oracle_zones[i], z,
                                test_random_between(&seed, -2000000000000, 4000000000000));
    }
    unlink(file + 1);
}

/* The definition itself, tried minute by minute around every change of the clocks. */
TEST(instant_of_is_the_first_whose_local_time_is_not_before)
{
    for (size_t i = 0; i < COUNT(oracle_zones); i += 3) {
        const struct zone *z = zone_named(cx, oracle_zones[i]);
        int64_t from = utc(cx, 2023, 1, 1, 0, 0);
        for (int64_t at = from; at < from + 900 * DAY_MS; at += HOUR_MS) {
            if (zone_offset_s(z, at) == zone_offset_s(z, at + HOUR_MS))
                continue;
            for (int64_t m = at - 2 * HOUR_MS; m < at + 3 * HOUR_MS; m += 7 * 60000) {
                struct civil c = civil_at(z, m);
                int64_t got = instant_of(z, c.date, c.hour, c.minute);
                struct civil back = civil_at(z, got), before = civil_at(z, got - 60000);
                check(got <= m);
                check_int(c.hour * 60 + c.minute, back.hour * 60 + back.minute);
                check(day_number(before.date) * 1440 + before.hour * 60 + before.minute <
                      day_number(c.date) * 1440 + c.hour * 60 + c.minute);
            }
        }
    }
}
