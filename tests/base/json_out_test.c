/* JSON by streaming. */
#include "base/json.h"
#include "test.h"

#include <string.h>

static struct str finished(struct json_out *j)
{
    struct str text = {0};

    check_ok(json_finish(j, &text));
    return text;
}

TEST(object_and_array_are_written_as_they_are_told)
{
    struct json_out *j = json_out_new(cx, 0);

    json_obj(j);
    json_key(j, "items"), json_arr(j);
    json_int(j, 1), json_int(j, -2);
    json_obj(j), json_end(j);
    json_arr(j), json_end(j);
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_key(j, "ok"), json_bool(j, true);
    json_key(j, "no"), json_bool(j, false);
    json_key(j, "name"), json_str(j, S("Алма"));
    json_end(j);

    check_str(S("{\"items\":[1,-2,{},[]],\"next\":null,\"ok\":true,\"no\":false,"
                "\"name\":\"Алма\"}"),
              finished(j));
}

TEST(money_goes_out_exact)
{
    struct json_out *j = json_out_new(cx, 0);

    json_arr(j);
    json_dec(j, 14350000, 6), json_dec(j, -500000, 6), json_dec(j, 0, 6);
    json_dec(j, INT64_MAX, 6);
    json_end(j);

    check_str(S("[14.35,-0.5,0,9223372036854.775807]"), finished(j));
}

TEST(whole_number_past_2_to_the_53_goes_out_as_text)
{
    struct json_out *j = json_out_new(cx, 0);

    json_arr(j);
    json_int(j, 9007199254740992), json_int(j, 9007199254740993);
    json_int(j, -9007199254740992), json_int(j, INT64_MIN);
    json_end(j);

    check_str(S("[9007199254740992,\"9007199254740993\",-9007199254740992,"
                "\"-9223372036854775808\"]"),
              finished(j));
}

TEST(text_that_could_end_a_script_is_escaped)
{
    struct json_out *j = json_out_new(cx, 0);

    json_str(j, S("</script>&\"\\\n\r\t\b\x1f\0x\x7f\xe2\x80\xa8\xe2\x80\xa9"));

    check_str(S("\"\\u003c/script\\u003e\\u0026\\\"\\\\\\n\\r\\t\\u0008\\u001f\\u0000x\x7f"
                "\\u2028\\u2029\""),
              finished(j));
}

TEST(bytes_that_are_no_utf8_become_the_replacement_character)
{
    struct json_out *j = json_out_new(cx, 0);

    json_str(j, S("a\xff\xc3z\xed\xa0\x80"));

    check_str(S("\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""), finished(j));
}

TEST(keys_are_escaped_too)
{
    struct json_out *j = json_out_new(cx, 0);

    json_obj(j), json_key(j, "a\"<"), json_int(j, 1), json_end(j);

    check_str(S("{\"a\\\"\\u003c\":1}"), finished(j));
}

TEST(ready_made_json_is_taken_as_it_is)
{
    struct json_out *j = json_out_new(cx, 0);

    json_arr(j), json_raw(j, S("{\"a\":1}")), json_raw(j, S("2")), json_end(j);

    check_str(S("[{\"a\":1},2]"), finished(j));
}

TEST(answer_larger_than_foretold_is_whole)
{
    struct json_out *j = json_out_new(cx, 10);

    json_arr(j);
    for (int i = 0; i < 5000; i++)
        json_str(j, S("0123456789"));
    json_end(j);

    check_int(5000 * 13 + 1, finished(j).len);
}

TEST(nesting_down_to_64_levels_and_no_further)
{
    struct json_out *j = json_out_new(cx, 0);
    struct str text;

    for (int i = 0; i < 64; i++)
        json_arr(j);
    for (int i = 0; i < 64; i++)
        json_end(j);
    check_int(128, finished(j).len);

    j = json_out_new(cx, 0);
    for (int i = 0; i < 65; i++)
        json_arr(j);
    check_err(json_finish(j, &text), ERR_BUG);
}

typedef void misuse_fn(struct json_out *j);
static void value_without_key(struct json_out *j)
{
    json_obj(j), json_int(j, 1), json_end(j);
}
static void key_without_value(struct json_out *j)
{
    json_obj(j), json_key(j, "a"), json_end(j);
}
static void key_in_array(struct json_out *j)
{
    json_arr(j), json_key(j, "a"), json_int(j, 1), json_end(j);
}
static void key_after_key(struct json_out *j)
{
    json_obj(j), json_key(j, "a"), json_key(j, "b"), json_int(j, 1), json_end(j);
}
static void no_end(struct json_out *j)
{
    json_obj(j);
}
static void nothing(struct json_out *j)
{
    (void)j;
}
static void two_values(struct json_out *j)
{
    json_int(j, 1), json_int(j, 2);
}
static void end_too_many(struct json_out *j)
{
    json_obj(j), json_end(j), json_end(j);
}
static void wild_scale(struct json_out *j)
{
    json_dec(j, 1, 19);
}

TEST(every_misuse_is_told_at_the_end)
{
    static misuse_fn *const misuses[] = {
        value_without_key, key_without_value, key_in_array, key_after_key, no_end,
        nothing,           two_values,        end_too_many, wild_scale,
    };
    struct str text;

    for (size_t i = 0; i < COUNT(misuses); i++) {
        struct json_out *j = json_out_new(cx, 0);
        misuses[i](j);
        check_err(json_finish(j, &text), ERR_BUG);
        ctx_forgive(cx);
    }
}

TEST(answer_past_the_arenas_cap_is_too_large_and_takes_no_more_memory)
{
    struct ctx small = *cx;
    struct str text;

    small.arena = arena_new(10000);
    struct json_out *j = json_out_new(&small, 0);
    json_arr(j);
    for (int i = 0; i < 1000000; i++)
        json_str(j, S("0123456789"));
    json_end(j);

    check_err(json_finish(j, &text), ERR_TOO_LARGE);
    arena_free(&small.arena);
}
