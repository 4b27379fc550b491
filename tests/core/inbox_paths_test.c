/* Paths of fields, whatever their positions; words inside bodies, however encoded. */
#include "core/inbox_inside.h"
#include "core/inbox_paths.h"
#include "test.h"

#include <string.h>

static bool has(struct ctx *cx, const char *body, const char *path)
{
    struct inbox_paths p;

    inbox_paths_of(cx, str_of(body), &p);
    for (size_t i = 0; i < p.n; i++)
        if (str_eq(p.at[i], str_of(path)))
            return true;
    return false;
}

static size_t count(struct ctx *cx, const char *body)
{
    struct inbox_paths p;

    inbox_paths_of(cx, str_of(body), &p);
    return p.n;
}

TEST(pairs_of_a_form_are_paths_without_positions_and_verbs)
{
    const char *body =
        "leads[add][0][id]=1&leads[add][1][id]=2&leads%5Bstatus%5D%5B0%5D%5Bprice%5D=5"
        "&account[subdomain]=x";

    check(has(cx, body, "leads[id]"));
    check(has(cx, body, "leads[price]"));
    check(has(cx, body, "account[subdomain]"));
    check_int(3, (int64_t)count(cx, body));
}

TEST(custom_fields_go_by_their_code_or_else_their_name)
{
    const char *body =
        "leads[add][0][custom_fields][0][id]=77&leads[add][0][custom_fields][0][name]=Source&"
        "leads[add][0][custom_fields][0][code]=UTM_SOURCE&"
        "leads[add][0][custom_fields][0][values][0][value]=fb&"
        "leads[add][0][custom_fields][4][name]=Colour&"
        "leads[add][0][custom_fields][4][values][0]=red";

    check(has(cx, body, "leads[custom_fields][UTM_SOURCE]"));
    check(has(cx, body, "leads[custom_fields][Colour]"));
    check_int(2, (int64_t)count(cx, body));
}

TEST(values_of_json_are_paths_and_null_is_not_there)
{
    const char *body = "{\"lead\":{\"id\":1,\"gone\":null,\"tags\":[{\"id\":1},{\"id\":2}],"
                       "\"custom_fields_values\":[{\"field_code\":\"UTM_TERM\",\"values\":[]}]},"
                       "\"field_data\":[{\"name\":\"email\",\"values\":[\"a@b.c\"]}]}";

    check(has(cx, body, "lead.id"));
    check(has(cx, body, "lead.tags.id"));
    check(has(cx, body, "lead.custom_fields_values.UTM_TERM"));
    check(has(cx, body, "field_data.email"));
    check_int(4, (int64_t)count(cx, body));
}

TEST(what_is_neither_form_nor_json_has_no_fields)
{
    check_int(0, (int64_t)count(cx, ""));
    check_int(0, (int64_t)count(cx, "hello"));
    check_int(0, (int64_t)count(cx, "{\"a\":"));
    check(has(cx, "{\"\\u0000\":1}", "\xef\xbf\xbd"));
}

TEST(a_body_of_thousands_of_fields_is_bounded)
{
    struct inbox_paths p;
    struct str body = S("");

    for (int i = 0; i < 1000; i++)
        body = arena_fmt(cx->arena, "%.*sf%dx=1&", STR_FMT(body), i);
    inbox_paths_of(cx, body, &p);
    check_int(PATHS_MOST, (int64_t)p.n);
}

TEST(words_are_found_however_they_were_encoded)
{
    struct arena *a = cx->arena;
    struct str words = str_fold(a, S("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd \xd0\x9f"));

    check(inbox_text_holds(a, S("name=\xd0\x98\xd0\x92\xd0\x90\xd0\x9d \xd0\x9f."), words));
    check(inbox_text_holds(a, S("name=%D0%98%D0%B2%d0%b0%D0%BD+%D0%9F&x=%zz%"), words));
    check(inbox_text_holds(a, S("{\"n\":\"\\u0418\\u0432\\u0430\\u043d \\u041f\"}"), words));
    check(!inbox_text_holds(a, S("name=%D0%98%D0%B2"), words));
    check(!inbox_text_holds(a, S("{\"n\":\"\\u0418"), words));
    check(!inbox_text_holds(a, S(""), words));
}
