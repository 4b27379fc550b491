/* The two clocks: the machine's, and the one tests hold. */
#include "test.h"

TEST(system_clock_is_past_2025_and_its_monotonic_side_does_not_go_back)
{
    int64_t before = clock_system.mono_ms(clock_system.self);

    clock_system.sleep_ms(clock_system.self, 3);

    check(clock_system.now_ms(clock_system.self) > 1735689600000LL);
    check(clock_system.mono_ms(clock_system.self) >= before + 3);
}

TEST(system_clock_does_not_sleep_for_a_negative_time)
{
    int64_t before = clock_system.mono_ms(clock_system.self);

    clock_system.sleep_ms(clock_system.self, -5000);

    check(clock_system.mono_ms(clock_system.self) - before < 1000);
}

TEST(fake_clock_advances_by_what_is_slept_and_does_not_wait)
{
    int64_t mono = mono_ms(cx);

    cx->clock->sleep_ms(cx->clock->self, 86400000);
    fake_clock_advance(test_clock(cx), 5);

    check_int(TEST_NOW_MS + 86400005, now_ms(cx));
    check_int(mono + 86400005, mono_ms(cx));
    check_int(86400000, fake_clock_slept(test_clock(cx)));
}

TEST(fake_clock_set_back_keeps_its_monotonic_side)
{
    int64_t mono = mono_ms(cx);

    fake_clock_set(test_clock(cx), 1000);

    check_int(1000, now_ms(cx));
    check_int(mono, mono_ms(cx));
}
