/* JSON by view. */
#include "base/json.h"
#include "test.h"

#include <string.h>

static const struct json_in *parsed(struct ctx *cx, const char *text)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(cx, str_of(text), &root));
    return root;
}

TEST(values_of_every_type_are_found_by_key)
{
    const struct json_in *v =
        parsed(cx, "{\"s\":\"x\",\"n\":1,\"t\":true,\"z\":null,\"a\":[1,2],\"o\":{\"k\":0}}");
    bool is_true = false;
    struct str text;

    check_int(JSON_OBJ, json_type(v));
    check_int(6, json_len(v));
    check_int(JSON_STR, json_type(json_get(v, "s")));
    check_int(JSON_NUM, json_type(json_get(v, "n")));
    check_int(JSON_NULL, json_type(json_get(v, "z")));
    check_int(JSON_ARR, json_type(json_get(v, "a")));
    check_int(2, json_len(json_get(v, "a")));
    check_int(JSON_NUM, json_type(json_get(json_get(v, "o"), "k")));
    check(json_as_bool(json_get(v, "t"), &is_true) && is_true);
    check(json_as_str(json_get(v, "s"), &text));
    check_str(S("x"), text);
}

TEST(what_is_not_there_is_none_all_the_way_down)
{
    const struct json_in *v = parsed(cx, "[1]");
    int64_t n;
    bool b;
    struct str s;

    check(json_get(v, "a") == NULL);
    check(json_get(json_get(NULL, "a"), "b") == NULL);
    check(json_at(v, 1) == NULL);
    check(json_at(NULL, 0) == NULL);
    check_int(JSON_NONE, json_type(NULL));
    check_int(0, json_len(NULL));
    check_int(0, json_len(json_at(v, 0)));
    check(!json_as_int(NULL, &n) && !json_as_bool(NULL, &b) && !json_as_str(NULL, &s));
    check(!json_as_text(NULL, cx->arena, &s) && !json_as_dec(NULL, 6, &n));
}

TEST(whole_numbers_of_64_bits_stay_exact)
{
    const struct json_in *v = parsed(
        cx, "[9223372036854775807,-9223372036854775808,9007199254740993,\"120210000000000123\","
            "9223372036854775808,1.0,1e3,\"x\",\"\",true,null]");
    int64_t n = 0;

    check(json_as_int(json_at(v, 0), &n) && n == INT64_MAX);
    check(json_as_int(json_at(v, 1), &n) && n == INT64_MIN);
    check(json_as_int(json_at(v, 2), &n) && n == 9007199254740993);
    check(json_as_int(json_at(v, 3), &n) && n == 120210000000000123);
    for (size_t i = 4; i < json_len(v); i++)
        check(!json_as_int(json_at(v, i), &n));
}

TEST(money_is_read_exactly_from_numbers_and_from_text)
{
    const struct json_in *v = parsed(
        cx, "[14.35,\"14.35\",0.1,1.5e2,1e-6,\"1e2\",0.0000001,123456789012345678901,\"\",[]]");
    int64_t n = 0;

    check(json_as_dec(json_at(v, 0), 6, &n) && n == 14350000);
    check(json_as_dec(json_at(v, 1), 6, &n) && n == 14350000);
    check(json_as_dec(json_at(v, 2), 6, &n) && n == 100000);
    check(json_as_dec(json_at(v, 3), 6, &n) && n == 150000000);
    check(json_as_dec(json_at(v, 4), 6, &n) && n == 1);
    for (size_t i = 5; i < json_len(v); i++)
        check(!json_as_dec(json_at(v, i), 6, &n));
}

TEST(ids_come_as_text_or_as_whole_number)
{
    const struct json_in *v = parsed(cx, "[\"act_1\",120210000000000123,1.5,1e3,true,null]");
    struct str text;

    check(json_as_text(json_at(v, 0), cx->arena, &text));
    check_str(S("act_1"), text);
    check(json_as_text(json_at(v, 1), cx->arena, &text));
    check_str(S("120210000000000123"), text);
    for (size_t i = 2; i < json_len(v); i++)
        check(!json_as_text(json_at(v, i), cx->arena, &text));
}

TEST(number_is_not_text_and_text_is_not_a_claim)
{
    const struct json_in *v = parsed(cx, "[1,\"true\",0]");
    struct str s;
    bool b;

    check(!json_as_str(json_at(v, 0), &s));
    check(!json_as_bool(json_at(v, 1), &b));
    check(!json_as_bool(json_at(v, 2), &b));
}

TEST(iteration_gives_items_and_pairs_in_order)
{
    const struct json_in *v = parsed(cx, "{\"a\":[1,[2,3],{\"x\":4}],\"b\":{},\"c\":5}"), *item;
    struct json_iter it = json_iter(v);
    struct str key;
    int64_t n = 0, sum = 0;

    check(json_next(&it, &key) == json_get(v, "a"));
    check_str(S("a"), key);
    check(json_next(&it, &key) == json_get(v, "b"));
    check_str(S("b"), key);
    check(json_as_int(json_next(&it, NULL), &n) && n == 5);
    check(json_next(&it, &key) == NULL);

    it = json_iter(json_get(v, "a"));
    while ((item = json_next(&it, &key))) {
        sum += json_as_int(item, &n) ? n : 100;
        check_int(0, key.len);
    }
    check_int(201, sum);
}

TEST(nothing_is_iterated_in_an_empty_or_a_plain_value)
{
    const struct json_in *v = parsed(cx, "[[],{},1,\"abc\"]");

    for (size_t i = 0; i < json_len(v); i++) {
        struct json_iter it = json_iter(json_at(v, i));
        check(json_next(&it, NULL) == NULL);
    }
    struct json_iter none = json_iter(NULL);
    check(json_next(&none, NULL) == NULL);
}

TEST(escapes_are_undone)
{
    const struct json_in *v =
        parsed(cx, "[\"\\u0416\\n\\t\\\"\\\\\\/\\u00e9\",\"\\ud83d\\ude00\",\"a\\u0000b\"]");
    struct str s;

    check(json_as_str(json_at(v, 0), &s));
    check_str(S("Ж\n\t\"\\/é"), s);
    check(json_as_str(json_at(v, 1), &s));
    check_str(S("\xf0\x9f\x98\x80"), s);
}

TEST(nul_inside_text_becomes_the_replacement_character)
{
    const struct json_in *v = parsed(cx, "{\"k\\u0000\":\"a\\u0000\\u0000b\"}");
    struct str s;

    check(json_as_str(json_get(v, "k\xef\xbf\xbd"), &s));
    check_str(S("a\xef\xbf\xbd\xef\xbf\xbd"
                "b"),
              s);
}

TEST(what_the_standard_refuses_is_refused)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "{a:1}",
        "'a'",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[NaN]",
        "[Infinity]",
        "nul",
        "[1]x",
        "[1][2]",
        "\"a",
        "\"\n\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\u12\"",
        "// c\n1",
        "[1]/**/",
        "\xef\xbb\xbf[1]",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "<html></html>",
        "[\"\t\"]",
        "{\"a\" 1}",
        "[-]",
        "0x1",
    };
    const struct json_in *v;

    for (size_t i = 0; i < COUNT(bad); i++) {
        check_err(json_parse(cx, str_of(bad[i]), &v), ERR_INPUT);
        check(v == NULL);
        ctx_forgive(cx);
    }
    check_err(json_parse(cx, (struct str){0}, &v), ERR_INPUT);
    ctx_forgive(cx);
    check_err(json_parse(cx, S("[1]\0"), &v), ERR_INPUT);
}

TEST(refusal_says_where_in_the_text)
{
    const struct json_in *v;

    check_err(json_parse(cx, S("{\"a\":tru}"), &v), ERR_INPUT);

    check_holds(S("not JSON"), str_of(cx->why));
    check_holds(S("byte 5"), str_of(cx->why));
}

TEST(key_that_is_there_twice_is_refused)
{
    static const char *const bad[] = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[{\"b\":{\"x\":1,\"y\":2,\"x\":3}}]",
        "{\"\":1,\"\":2}",
    };
    const struct json_in *v;

    for (size_t i = 0; i < COUNT(bad); i++) {
        check_err(json_parse(cx, str_of(bad[i]), &v), ERR_INPUT);
        check_holds(S("twice"), str_of(cx->why));
        ctx_forgive(cx);
    }
    parsed(cx, "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}],\"A\":1}");
}

TEST(key_that_is_there_twice_is_found_among_many)
{
    struct json_out *j = json_out_new(cx, 0);
    const struct json_in *v;
    struct str text;

    json_obj(j);
    for (int i = 0; i < 3000; i++) {
        json_key(j, arena_fmt(cx->arena, "key%d", i).ptr);
        json_int(j, i);
    }
    json_key(j, "key1500"), json_int(j, 0);
    json_end(j);
    check_ok(json_finish(j, &text));

    check_err(json_parse(cx, text, &v), ERR_INPUT);
}

static struct str nested(struct arena *a, size_t depth)
{
    char *text = arena_alloc(a, depth * 2, 1);

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return (struct str){text, depth * 2};
}

TEST(nesting_deeper_than_64_levels_is_refused)
{
    const struct json_in *v;

    check_ok(json_parse(cx, nested(cx->arena, 64), &v));
    check_err(json_parse(cx, nested(cx->arena, 65), &v), ERR_INPUT);
    ctx_forgive(cx);
    check_err(json_parse(cx, nested(cx->arena, 100000), &v), ERR_INPUT);
}

TEST(text_larger_than_the_arena_allows_is_too_large)
{
    struct ctx small = *cx;
    const struct json_in *v;

    small.arena = arena_new(1000);
    check_err(json_parse(&small, arena_fmt(cx->arena, "[%0100000d]", 1), &v), ERR_TOO_LARGE);

    arena_free(&small.arena);
}

TEST(text_is_not_written_to_and_need_not_end_in_nul)
{
    char source[] = "[\"a\\nb\"]garbage";
    const struct json_in *v;
    struct str s;

    check_ok(json_parse(cx, (struct str){source, 8}, &v));
    check_str(S("[\"a\\nb\"]garbage"), str_of(source));
    memset(source, 'x', sizeof source - 1);

    check(json_as_str(json_at(v, 0), &s));
    check_str(S("a\nb"), s);
}

TEST(what_was_written_is_read_back)
{
    struct json_out *j = json_out_new(cx, 0);
    const struct json_in *v;
    struct str text, s;
    int64_t n;

    json_obj(j);
    json_key(j, "id"), json_int(j, INT64_MAX);
    json_key(j, "spend"), json_dec(j, 14350000, 6);
    json_key(j, "name"), json_str(j, S("<Тест \"1\"> \xe2\x80\xa8"));
    json_end(j);
    check_ok(json_finish(j, &text));
    check_ok(json_parse(cx, text, &v));

    check(json_as_int(json_get(v, "id"), &n) && n == INT64_MAX);
    check(json_as_dec(json_get(v, "spend"), 6, &n) && n == 14350000);
    check(json_as_str(json_get(v, "name"), &s));
    check_str(S("<Тест \"1\"> \xe2\x80\xa8"), s);
}

TEST(a_parsed_value_is_written_again_digit_by_digit)
{
    struct str text = S("{\"a\":[1,-0.50,1e30,123456789012345678901234567890],\"b\":null,"
                        "\"c\":{\"d\":true,\"e\":\"\xd0\xb0 \\\"\\u003c\"},\"f\":[],\"g\":{}}");
    const struct json_in *root = NULL;
    struct json_out *j = json_out_new(cx, 64);
    struct str again;

    check_ok(json_parse(cx, text, &root));
    json_copy(j, cx->arena, root);
    check_ok(json_finish(j, &again));
    check_str(text, again);
}
