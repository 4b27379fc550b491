/* Pairs of a form or a query string. */
#include "base/form.h"
#include "test.h"

static struct str all_pairs(struct ctx *cx, struct str raw, size_t most)
{
    struct form f = form_start(raw, most);
    struct str key, value, text = S("");

    while (form_next(&f, cx->arena, &key, &value))
        text = arena_fmt(cx->arena, "%.*s[%.*s|%.*s]", STR_FMT(text), STR_FMT(key), STR_FMT(value));
    return text;
}

TEST(pairs_come_decoded_and_in_order)
{
    check_str(S("[a|1][b|x y][c|ж&=]"), all_pairs(cx, S("a=1&b=x+y&c=%D0%B6%26%3D"), 10));
}

TEST(amocrm_keys_keep_their_brackets)
{
    check_str(S("[leads[status][0][id]|25399013]"),
              all_pairs(cx, S("leads%5Bstatus%5D%5B0%5D%5Bid%5D=25399013"), 10));
    check_str(S("[leads[add][0][name]|a+b]"), all_pairs(cx, S("leads[add][0][name]=a%2Bb"), 10));
}

TEST(key_without_a_value_and_value_without_a_key)
{
    check_str(S("[a|][b|][|c][|]"), all_pairs(cx, S("a&b=&=c&="), 10));
    check_str(S("[a|b=c]"), all_pairs(cx, S("a=b=c"), 10));
}

TEST(empty_pairs_are_skipped)
{
    check_str(S("[a|1][b|2]"), all_pairs(cx, S("&&a=1&&&b=2&"), 2));
    check_str(S(""), all_pairs(cx, S("&&&"), 10));
    check_str(S(""), all_pairs(cx, (struct str){0}, 10));
}

TEST(flood_of_pairs_ends_at_the_cap)
{
    struct form f = form_start(S("a=1&b=2&c=3"), 2);
    struct str key, value;

    check(form_next(&f, cx->arena, &key, &value));
    check(form_next(&f, cx->arena, &key, &value));
    check(!form_next(&f, cx->arena, &key, &value));
    check_int(0, f.pairs_left);
    check_str(S("c=3"), f.rest);
}

TEST(malformed_escapes_are_kept_as_they_are)
{
    check_str(S("[a|%][b|%4][c|%zz][d|100%]"), all_pairs(cx, S("a=%&b=%4&c=%zz&d=100%"), 10));
    check_str(S("[a|%%41]"), all_pairs(cx, S("a=%%2541"), 10));
}

TEST(nul_and_broken_utf8_become_the_replacement_character)
{
    check_str(S("[a|x\xef\xbf\xbdy]"), all_pairs(cx, S("a=x%00y"), 10));
    check_str(S("[a|\xef\xbf\xbd\xef\xbf\xbd][\xef\xbf\xbd|1]"),
              all_pairs(cx, S("a=%ff%C3&%00=1"), 10));
    check_str(S("[a|\xef\xbf\xbd]"), all_pairs(cx, S("a=\xff"), 10));
}

TEST(decoding_happens_once)
{
    check_str(S("[a|%41]"), all_pairs(cx, S("a=%2541"), 10));
}

TEST(strict_decoding_refuses_what_is_not_clean)
{
    struct str text;

    check(url_decode(cx->arena, S("a%20b+c"), false, &text));
    check_str(S("a b+c"), text);
    check(url_decode(cx->arena, S("a%20b+c"), true, &text));
    check_str(S("a b c"), text);
    check(!url_decode(cx->arena, S("%"), true, &text));
    check(!url_decode(cx->arena, S("%4"), true, &text));
    check(!url_decode(cx->arena, S("%g0"), true, &text));
    check(!url_decode(cx->arena, S("a%00"), true, &text));
    check(!url_decode(cx->arena, S("%c3%28"), true, &text));
    check(url_decode(cx->arena, S(""), true, &text));
    check_str(S(""), text);
}

TEST(encoding_keeps_only_the_unreserved)
{
    check_str(S("AZaz09-._~%20%2F%3F%26%3D%2B%25%D0%B6"),
              url_encode(cx->arena, S("AZaz09-._~ /?&=+%ж")));
}

TEST(what_is_encoded_comes_back)
{
    struct str key, value;

    for (char c = 1; c < 127; c++) {
        struct str encoded = url_encode(cx->arena, (struct str){&c, 1});
        struct form f = form_start(arena_fmt(cx->arena, "k=%.*s", STR_FMT(encoded)), 1);
        check(form_next(&f, cx->arena, &key, &value));
        check_str(((struct str){&c, 1}), value);
    }
    struct str text = S("Қазақ тілі & русский, 100% + \xf0\x9f\x98\x80");
    check(url_decode(cx->arena, url_encode(cx->arena, text), true, &value));
    check_str(text, value);
}
