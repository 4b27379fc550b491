/* Of a webhook that tells of several deals, what it says of one of them: nothing else may show. */
#include "test.h"
#include "vendors/amocrm.h"

static struct str part_of(struct ctx *cx, const char *body, const char *deal_id)
{
    struct amo_body b = {.bytes = str_of(body)};
    struct str out;

    check_ok(amo_hook_of_deal(cx, &b, str_of(deal_id), &out));
    return out;
}

TEST(of_a_form_the_pairs_of_the_one_deal_and_the_account_stay_as_they_came)
{
    const char *body = "leads[status][0][id]=7&leads%5Bstatus%5D%5B0%5D%5Bname%5D=A+b&"
                       "leads[status][1][id]=8&leads[status][1][price]=500&"
                       "leads[add][1][price]=9&leads[add][1][id]=7&contacts[add][0][id]=7&"
                       "contacts[add][0][name]=C&account[id]=32";

    check_str(S("leads[status][0][id]=7&leads%5Bstatus%5D%5B0%5D%5Bname%5D=A+b&"
                "leads[add][1][price]=9&leads[add][1][id]=7&account[id]=32"),
              part_of(cx, body, "7"));
    check_str(S("leads[status][1][id]=8&leads[status][1][price]=500&account[id]=32"),
              part_of(cx, body, "8"));
    check_str(S("account[id]=32"), part_of(cx, body, "70"));
}

TEST(an_id_deeper_in_a_deal_is_not_the_deals)
{
    check_str(S(""), part_of(cx,
                             "leads[status][0][id]=8&leads[status][0][tags][0][id]=7&"
                             "leads[status][0][custom_fields][7][id]=7&leads[status][0]=7",
                             "7"));
}

TEST(broken_forms_give_nothing_of_others)
{
    check_str(S(""), part_of(cx, "", "7"));
    check_str(S(""), part_of(cx, "&&=&leads[&leads[a]=7&leads[a][b=7&%zz=7&id=7", "7"));
    check_str(S("leads[add][0][id]=7"),
              part_of(cx, "leads[add][0][id]=7&leads[add][0id]=8&leads[add][00][id]=8", "7"));
}

TEST(of_json_the_same)
{
    const char *body = "{\"leads\":{\"status\":[{\"id\":\"7\",\"name\":\"A\"},{\"id\":8}],"
                       "\"add\":{\"0\":{\"id\":7}}},\"contacts\":[{\"id\":7}],"
                       "\"account\":{\"id\":\"32\"}}";
    struct amo_body broken = {.bytes = S("{\"leads\":")};
    struct str out;

    check_str(S("{\"leads\":{\"status\":[{\"id\":\"7\",\"name\":\"A\"}],\"add\":[{\"id\":7}]},"
                "\"account\":{\"id\":\"32\"}}"),
              part_of(cx, body, "7"));
    check_err(amo_hook_of_deal(cx, &broken, S("7"), &out), ERR_INPUT);
}
