/* The rule that follows a zone's recorded history. */
#include "base/calendar.h"
#include "base/posix_tz.h"
#include "test.h"

static int64_t at(int year, int month, int day, int hour)
{
    return day_number((struct date){year, month, day}) * 86400 + hour * 3600;
}

static struct posix_tz rule(const char *text)
{
    struct posix_tz tz;

    check(posix_tz_parse(str_of(text), &tz));
    return tz;
}

TEST(zone_without_summer_has_one_offset_and_no_change)
{
    struct posix_tz tz = rule("<+05>-5");

    check_int(5 * 3600, posix_tz_offset(&tz, at(2030, 7, 1, 0)));
    check_int(INT64_MAX, posix_tz_next(&tz, at(2030, 7, 1, 0)));
    tz = rule("<-0330>3:30");
    check_int(-(3 * 3600 + 1800), posix_tz_offset(&tz, 0));
    tz = rule("LMT-5:07:48");
    check_int(5 * 3600 + 7 * 60 + 48, posix_tz_offset(&tz, 0));
}

TEST(northern_summer_lies_within_the_year)
{
    struct posix_tz tz = rule("EST5EDT,M3.2.0,M11.1.0");

    check_int(-5 * 3600, posix_tz_offset(&tz, at(2030, 3, 10, 7) - 1));
    check_int(-4 * 3600, posix_tz_offset(&tz, at(2030, 3, 10, 7)));
    check_int(-4 * 3600, posix_tz_offset(&tz, at(2030, 11, 3, 6) - 1));
    check_int(-5 * 3600, posix_tz_offset(&tz, at(2030, 11, 3, 6)));
    check_int(at(2030, 3, 10, 7), posix_tz_next(&tz, at(2030, 1, 1, 0)));
    check_int(at(2030, 11, 3, 6), posix_tz_next(&tz, at(2030, 3, 10, 7)));
    check_int(at(2031, 3, 9, 7), posix_tz_next(&tz, at(2030, 11, 3, 6)));
}

TEST(southern_summer_spans_new_year)
{
    struct posix_tz tz = rule("AEST-10AEDT,M10.1.0,M4.1.0/3");

    check_int(11 * 3600, posix_tz_offset(&tz, at(2030, 1, 1, 0)));
    check_int(10 * 3600, posix_tz_offset(&tz, at(2030, 6, 1, 0)));
    check_int(11 * 3600, posix_tz_offset(&tz, at(2030, 12, 31, 23)));
}

TEST(winter_may_be_the_exception)
{
    struct posix_tz tz = rule("IST-1GMT0,M10.5.0,M3.5.0/1");

    check_int(0, posix_tz_offset(&tz, at(2030, 1, 1, 0)));
    check_int(3600, posix_tz_offset(&tz, at(2030, 7, 1, 0)));
}

TEST(fifth_week_is_the_last_there_is)
{
    struct posix_tz tz = rule("CET-1CEST,M3.5.0,M10.5.0/3");

    check_int(at(2030, 3, 31, 1), posix_tz_next(&tz, at(2030, 1, 1, 0)));
    check_int(at(2032, 3, 28, 1), posix_tz_next(&tz, at(2032, 1, 1, 0)));
}

TEST(hours_may_be_negative_or_past_the_day)
{
    struct posix_tz nuuk = rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    struct posix_tz gaza = rule("EET-2EEST,M3.4.4/50,M10.4.4/50");

    check_int(at(2030, 3, 31, 1), posix_tz_next(&nuuk, at(2030, 1, 1, 0)));
    check_int(at(2030, 3, 30, 0), posix_tz_next(&gaza, at(2030, 1, 1, 0)));
}

TEST(days_of_the_year_count_with_and_without_the_leap_day)
{
    struct posix_tz julian = rule("AAA0BBB,J60/0,J300/0");
    struct posix_tz plain = rule("AAA0BBB,59/0,300/0");

    check_int(at(2031, 3, 1, 0), posix_tz_next(&julian, at(2031, 1, 1, 0)));
    check_int(at(2032, 3, 1, 0), posix_tz_next(&julian, at(2032, 1, 1, 0)));
    check_int(at(2031, 3, 1, 0), posix_tz_next(&plain, at(2031, 1, 1, 0)));
    check_int(at(2032, 2, 29, 0), posix_tz_next(&plain, at(2032, 1, 1, 0)));
}

TEST(summer_all_year_round_never_ends)
{
    struct posix_tz tz = rule("EST5EDT,0/0,J365/25");

    for (int64_t t = at(2030, 12, 30, 0); t < at(2031, 1, 3, 0); t += 1800)
        check_int(-4 * 3600, posix_tz_offset(&tz, t));
}

TEST(broken_rules_are_refused)
{
    static const char *const bad[] = {
        "",
        "5",
        "EST",
        "ES5",
        "EST25",
        "<+05-5",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.1.0,M1.1.0",
        "EST5:60",
        "EST5EDT,M3.6.0,M1.1.0",
        "EST5EDT,M3.1.7,M1.1.0",
        "EST5EDT,J0,J1",
        "EST5EDT,366,1",
        "EST5EDT,M3.2.0,M11.1.0x",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT;M3.2.0,M11.1.0",
        "EST5EDT,M0.1.0,M1.1.0",
    };
    struct posix_tz tz;

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!posix_tz_parse(str_of(bad[i]), &tz));
}
