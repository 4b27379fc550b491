/* test.h: a thin layer over cmocka in which a test reads as a sentence.
 * The one rule: TEST(what_must_hold) { ... } is given a fresh `cx` with an arena and a fake clock;
 * whatever else it needs it takes and gives back itself.
 *
 *     TEST(leap_day_follows_the_28th_of_february)
 *     {
 *         check_str(S("2024-02-29"), day_add(cx->arena, S("2024-02-28"), 1));
 *     }
 *
 * Every program of tests runs all its tests, or those whose name holds its first argument. */
#pragma once
#include "base/base.h"
#include "fake_clock.h"

/* 2026-02-03 10:00 in Almaty, a Tuesday: what the fake clock says when a test begins. */
#define TEST_NOW_MS 1770094800000LL
enum { TEST_ARENA_CAP = 64 << 20 };

typedef void test_fn(struct ctx *cx);
struct test {
    const char *name;
    test_fn *run;
    struct test *next;
};
void test_add(struct test *t);

#define TEST(sentence)                                                                             \
    static void sentence(struct ctx *cx);                                                          \
    __attribute__((constructor)) static void sentence##_is_a_test(void)                            \
    {                                                                                              \
        static struct test t = {#sentence, sentence, NULL};                                        \
        test_add(&t);                                                                              \
    }                                                                                              \
    static void sentence(struct ctx *cx __attribute__((unused)))

struct fake_clock *test_clock(struct ctx *cx); /* the clock behind cx */

/* Chance that is the same in every run: splitmix64 over a seed the test names. */
uint64_t test_random(uint64_t *state);
int64_t test_random_between(uint64_t *state, int64_t least, int64_t most);

/* ---- checks: the first that fails ends its test ---- */
struct test_at {
    const char *file;
    int line;
    const char *text;
};
#define TEST_AT(text) ((struct test_at){__FILE__, __LINE__, (text)})

void test_fail(struct test_at at, const char *fmt, ...) PRINTF_LIKE(2, 3) __attribute__((noreturn));
void test_check(struct test_at at, bool holds);
void test_check_int(struct test_at at, int64_t want, int64_t got);
void test_check_str(struct test_at at, struct str want, struct str got);
void test_check_holds(struct test_at at, struct str part, struct str whole);
void test_check_err(struct test_at at, enum err got, enum err want);
void test_skip(const char *why); /* ends the test as skipped; only for what the machine lacks */

/* The last argument may be a compound literal, commas and all. check_err takes the step first. */
#define check(...) test_check(TEST_AT(#__VA_ARGS__), (__VA_ARGS__))
#define check_int(want, ...)                                                                       \
    test_check_int(TEST_AT(#__VA_ARGS__), (int64_t)(want), (int64_t)(__VA_ARGS__))
#define check_str(want, ...) test_check_str(TEST_AT(#__VA_ARGS__), (want), (__VA_ARGS__))
#define check_holds(part, ...) test_check_holds(TEST_AT(#__VA_ARGS__), (part), (__VA_ARGS__))
#define check_err(got, want) test_check_err(TEST_AT(#got), (got), (want))
#define check_ok(...) test_check_err(TEST_AT(#__VA_ARGS__), (__VA_ARGS__), OK)
