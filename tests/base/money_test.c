/* Money: exact, rounded half away from zero, never silently too large. */
#include "base/money.h"
#include "test.h"

__extension__ typedef __int128 wide_int;

static bool oracle_muldiv(int64_t a, int64_t b, int64_t c, int64_t *out)
{
    if (c == 0)
        return false;
    wide_int n = (wide_int)a * b, d = c;
    if (d < 0) {
        n = -n;
        d = -d;
    }
    wide_int q = n < 0 ? -((-n + d / 2) / d) : (n + d / 2) / d;
    if (q > INT64_MAX || q < INT64_MIN)
        return false;
    *out = (int64_t)q;
    return true;
}

/* Numbers of every size, and the edges more often than chance would give them. */
static int64_t any_int(uint64_t *seed)
{
    static const int64_t edges[] = {0, 1, -1, 2, 3, INT64_MAX, INT64_MIN, INT64_MIN + 1, MICROS};

    if (test_random(seed) % 8 == 0)
        return edges[test_random(seed) % COUNT(edges)];
    return (int64_t)test_random(seed) >> (test_random(seed) % 64);
}

TEST(muldiv_agrees_with_128_bit_arithmetic)
{
    uint64_t seed = 20260203;

    for (int i = 0; i < 300000; i++) {
        int64_t a = any_int(&seed), b = any_int(&seed), c = any_int(&seed), got = 0, want = 0;
        bool fits = oracle_muldiv(a, b, c, &want);
        check_int(fits, muldiv(a, b, c, &got));
        if (fits)
            check_int(want, got);
    }
}

TEST(muldiv_rounds_half_away_from_zero)
{
    int64_t v;

    check(muldiv(5, 1, 2, &v) && v == 3);
    check(muldiv(-5, 1, 2, &v) && v == -3);
    check(muldiv(5, -1, 2, &v) && v == -3);
    check(muldiv(5, 1, -2, &v) && v == -3);
    check(muldiv(7, 1, 3, &v) && v == 2);
    check(muldiv(INT64_MIN, INT64_MIN, INT64_MIN, &v) && v == INT64_MIN);
    check(!muldiv(INT64_MIN, -1, 1, &v));
    check(!muldiv(1, 1, 0, &v));
    check(!muldiv(0, 0, 0, &v));
}

TEST(spend_in_dollars_becomes_tenge_at_the_days_rate)
{
    int64_t kzt;

    /* 12.34 USD at 523.41 KZT for one dollar */
    check(money_exchange(12340000, 523410000, 1, &kzt));
    check_int(6458879400, kzt);
    /* 1,000 RUB at 605.50 KZT for a hundred */
    check(money_exchange(1000 * MICROS, 605500000, 100, &kzt));
    check_int(6055 * MICROS, kzt);
    check(money_exchange(-1, 500000, 1, &kzt));
    check_int(-1, kzt);
}

TEST(exchange_refuses_a_quant_below_one_and_overflow)
{
    int64_t v;

    check(!money_exchange(1, 1, 0, &v));
    check(!money_exchange(1, 1, -1, &v));
    check(!money_exchange(1, 1, INT64_MAX, &v));
    check(!money_exchange(INT64_MAX, 2 * MICROS, 1, &v));
    check(money_exchange(INT64_MAX, MICROS, 1, &v) && v == INT64_MAX);
}

TEST(ratio_without_a_denominator_is_not_a_number)
{
    int64_t v;

    check(!ratio_micros(5, 0, &v));
    check(ratio_micros(0, 5, &v) && v == 0);
    check(ratio_micros(1, 3, &v) && v == 333333);
    check(ratio_micros(2, 3, &v) && v == 666667);
    check(ratio_micros(-2, 3, &v) && v == -666667);
    check(!ratio_micros(INT64_MAX, 1, &v));
}

TEST(sum_that_does_not_fit_leaves_the_total_as_it_was)
{
    int64_t total = INT64_MAX - 5;

    check(money_add(&total, 5));
    check(!money_add(&total, 1));
    check_int(INT64_MAX, total);
    total = INT64_MIN + 1;
    check(money_add(&total, -1));
    check(!money_add(&total, -1));
    check_int(INT64_MIN, total);
    check(money_add(&total, INT64_MAX));
    check_int(-1, total);
}

TEST(money_is_read_to_the_sixth_digit_and_rounded_after_it)
{
    static const struct {
        const char *text;
        int64_t micros;
    } good[] = {
        {"14.35",                  14350000   },
        {"-0.5",                   -500000    },
        {"22500",                  22500000000},
        {"0",                      0          },
        {"-0",                     0          },
        {"000.10",                 100000     },
        {"1.0000000000",           1000000    },
        {"0.0000005",              1          },
        {"-0.0000005",             -1         },
        {"0.00000049",             0          },
        {"0.9999995",              1000000    },
        {"9223372036854.775807",   INT64_MAX  },
        {"-9223372036854.775808",  INT64_MIN  },
        {"9223372036854.7758074",  INT64_MAX  },
        {"-9223372036854.7758084", INT64_MIN  },
    };
    int64_t v;

    for (size_t i = 0; i < COUNT(good); i++) {
        check(money_parse(str_of(good[i].text), &v));
        check_int(good[i].micros, v);
    }
}

TEST(what_is_not_decimal_text_is_refused)
{
    static const char *const bad[] = {
        "",
        "-",
        ".",
        "1.",
        ".5",
        "+1",
        "1,5",
        "1 000",
        "1e3",
        "--1",
        "0x10",
        "NaN",
        "1.2.3",
        " 1",
        "1 ",
        "inf",
        "1.-5",
        "١",
        "1.5USD",
        "-.5",
        "9223372036854.775808",
        "-9223372036854.775809",
        "9223372036854.7758075",
        "99999999999999999999999999",
    };
    int64_t v = 7;

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!money_parse(str_of(bad[i]), &v));
    check(!money_parse(S("1\0"), &v));
    check_int(7, v);
}

TEST(exact_reading_refuses_digits_that_do_not_fit)
{
    int64_t v;

    check(decimal_read(S("1.50"), 1, DECIMAL_EXACT, &v) && v == 15);
    check(!decimal_read(S("1.55"), 1, DECIMAL_EXACT, &v));
    check(!decimal_read(S("15e-1"), 1, DECIMAL_EXACT, &v));
}

TEST(json_numbers_may_carry_a_power_of_ten)
{
    static const struct {
        const char *text;
        int64_t micros;
        bool fits;
    } cases[] = {
        {"1.5e3",                     1500000000, true },
        {"1E+2",                      100000000,  true },
        {"25e-1",                     2500000,    true },
        {"1e-6",                      1,          true },
        {"1e-7",                      0,          false},
        {"0e999999999999999999999",   0,          true },
        {"0.000e-999999999999999999", 0,          true },
        {"1e13",                      0,          false},
        {"1e999999999999999999999",   0,          false},
        {"1e-99999999999999999999",   0,          false},
        {"-123456e-5",                -1234560,   true },
        {"1e",                        0,          false},
        {"1e+",                       0,          false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t v = 0;
        check_int(cases[i].fits, decimal_read(str_of(cases[i].text), 6, DECIMAL_JSON, &v));
        check_int(cases[i].micros, v);
    }
}

TEST(scale_out_of_range_is_refused)
{
    int64_t v;

    check(!decimal_parse(S("1"), -1, &v));
    check(!decimal_parse(S("1"), 19, &v));
    check(decimal_parse(S("1"), 18, &v) && v == 1000000000000000000);
}

TEST(decimal_text_cuts_trailing_zeros_only_behind_the_point)
{
    static const struct {
        int64_t units;
        int scale;
        const char *text;
    } cases[] = {
        {14350000,  6,  "14.35"                },
        {-500000,   6,  "-0.5"                 },
        {0,         6,  "0"                    },
        {1000000,   6,  "1"                    },
        {120,       0,  "120"                  },
        {1,         6,  "0.000001"             },
        {-1,        18, "-0.000000000000000001"},
        {INT64_MAX, 6,  "9223372036854.775807" },
        {INT64_MIN, 6,  "-9223372036854.775808"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MIN, 0,  "-9223372036854775808" },
    };
    char text[DECIMAL_SIZE];

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = decimal_put(text, cases[i].units, cases[i].scale);
        check_str(str_of(cases[i].text), (struct str){text, n});
    }
}

TEST(every_amount_survives_being_written_and_read)
{
    uint64_t seed = 7;
    char text[DECIMAL_SIZE];

    for (int i = 0; i < 50000; i++) {
        int64_t want = any_int(&seed), got = 0;
        int scale = (int)(test_random(&seed) % 19);
        size_t n = decimal_put(text, want, scale);
        check(decimal_read((struct str){text, n}, scale, DECIMAL_EXACT, &got));
        check_int(want, got);
    }
}

TEST(currency_is_three_capital_letters)
{
    check(currency_is_valid(S("KZT")));
    check(!currency_is_valid(S("kzt")));
    check(!currency_is_valid(S("KZ")));
    check(!currency_is_valid(S("KZTT")));
    check(!currency_is_valid(S("K1T")));
    check(!currency_is_valid(S("")));
}
