/* Views of text. */
#include "test.h"

TEST(null_c_string_is_the_empty_view)
{
    check_int(0, str_of(NULL).len);
    check_str(S("abc"), str_of("abc"));
}

TEST(equality_looks_at_every_byte_and_at_the_length)
{
    check(str_eq(S("abc"), S("abc")));
    check(!str_eq(S("abc"), S("abd")));
    check(!str_eq(S("abc"), S("ab")));
    check(str_eq((struct str){0}, S("")));
    check(str_eq(S("a\0b"), S("a\0b")));
    check(!str_eq(S("a\0b"), S("a\0c")));
}

TEST(equality_without_case_is_for_ascii_letters_only)
{
    check(str_eq_nocase(S("Content-Type"), S("cONTENT-tYPE")));
    check(!str_eq_nocase(S("@"), S("`")));
    check(!str_eq_nocase(S("А"), S("а")));
}

TEST(prefix_and_suffix)
{
    check(str_starts(S("abc"), S("")));
    check(str_starts(S("abc"), S("abc")));
    check(!str_starts(S("ab"), S("abc")));
    check(str_ends(S("abc"), S("bc")));
    check(str_ends(S("abc"), S("")));
    check(str_ends((struct str){0}, S("")));
    check(!str_ends(S("bc"), S("abc")));
}

TEST(trim_takes_ascii_white_space_off_both_ends)
{
    check_str(S("a b"), str_trim(S(" \t\r\n a b\v\f ")));
    check_str(S(""), str_trim(S(" \n ")));
    check_str(S(""), str_trim((struct str){0}));
}

TEST(cut_gives_the_parts_between_separators_and_then_stops)
{
    struct str rest = S("a,,bc"), part;

    check(str_cut(&rest, ',', &part));
    check_str(S("a"), part);
    check(str_cut(&rest, ',', &part));
    check_str(S(""), part);
    check(str_cut(&rest, ',', &part));
    check_str(S("bc"), part);
    check(!str_cut(&rest, ',', &part));
}

TEST(cut_does_not_invent_a_part_after_a_last_separator)
{
    struct str rest = S("a,"), part;

    check(str_cut(&rest, ',', &part));
    check_str(S("a"), part);
    check(!str_cut(&rest, ',', &part));
}

TEST(whole_numbers_are_read_up_to_the_ends_of_64_bits)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0",                    0        },
        {"-0",                   0        },
        {"+7",                   7        },
        {"007",                  7        },
        {"-12",                  -12      },
        {"9223372036854775807",  INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    int64_t v;

    for (size_t i = 0; i < COUNT(good); i++) {
        check(str_to_int(str_of(good[i].text), &v));
        check_int(good[i].value, v);
    }
}

TEST(what_is_not_wholly_a_number_is_refused)
{
    static const char *const bad[] = {
        "",
        "-",
        "+",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "--1",
        "+-1",
        "12a",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999",
    };
    int64_t v = 42;

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!str_to_int(str_of(bad[i]), &v));
    check_int(42, v);
}

TEST(utf8_of_every_length_is_accepted)
{
    check(str_is_utf8(S("")));
    check(str_is_utf8(S("az\x7f\0")));
    check(str_is_utf8(S("ёәқ")));
    check(str_is_utf8(S("\xe2\x82\xb8\xef\xbf\xbf"))); /* tenge sign, U+FFFF */
    check(str_is_utf8(S("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf")));
    check(str_is_utf8(S("\xed\x9f\xbf\xee\x80\x80"))); /* the neighbours of the surrogates */
}

TEST(broken_utf8_is_refused)
{
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",     "\xc3",     "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf",     "\xe2\x82",     "\xf5\x80", "\xf0\x8f\xbf\xbf",
        "\xfe",         "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\xff",     "a\xc3(b",
    };

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!str_is_utf8(str_of(bad[i])));
}

TEST(folding_lowers_ascii_latin_cyrillic_and_kazakh_letters)
{
    check_str(S("fb_kenesary"), str_fold(cx->arena, S("FB_Kenesary")));
    check_str(S("ãõçáß×"), str_fold(cx->arena, S("ÃÕÇÁß×")));
    check_str(S("йцукенгшщзхъёэюя"), str_fold(cx->arena, S("ЙЦУКЕНГШЩЗХЪЁЭЮЯ")));
    check_str(S("әіңғүұқөһ"), str_fold(cx->arena, S("ӘІҢҒҮҰҚӨҺ")));
    check_str(S("ѐџӏӂӈ"), str_fold(cx->arena, S("ЀЏӀӁӇ")));
}

TEST(folding_twice_is_folding_once_and_keeps_the_length)
{
    for (uint32_t p = 0x80; p < 0x800; p++) {
        char text[2] = {(char)(0xc0 | p >> 6), (char)(0x80 | (p & 0x3f))};
        struct str once = str_fold(cx->arena, (struct str){text, 2});
        check_int(2, once.len);
        check(str_is_utf8(once));
        check_str(once, str_fold(cx->arena, once));
    }
}

TEST(folding_leaves_bytes_that_are_no_text_alone)
{
    check_str(S("a\xff\xc3"), str_fold(cx->arena, S("A\xff\xc3")));
}

TEST(z_copy_ends_in_nul)
{
    char *z = str_z(cx->arena, (struct str){"abcdef", 3});

    check_str(S("abc"), str_of(z));
    check_str(S(""), str_of(str_z(cx->arena, (struct str){0})));
}
