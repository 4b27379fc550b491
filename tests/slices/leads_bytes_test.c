/* Of bytes that tell of several people, what they say of one lead: nothing else may show (S06). */
#include "leads/leads_inside.h"
#include "test.h"

static struct str own(struct ctx *cx, const char *source, const char *external_id, const char *body)
{
    struct lead_bytes b = {str_of(source), str_of(external_id), S(""), str_of(body)};
    struct str out;

    check_ok(lead_own_bytes(cx, &b, &out));
    return out;
}

TEST(of_a_crms_webhook_the_own_deal_is_shown)
{
    check_str(S("leads[add][1][id]=8&account[id]=32"),
              own(cx, "amocrm", "32/8",
                  "leads[add][0][id]=7&leads[add][0][name]=A&leads[add][1][id]=8&account[id]=32"));
}

TEST(of_a_lead_ads_webhook_the_own_change_is_shown)
{
    const char *body =
        "{\"object\":\"page\",\"entry\":[{\"id\":\"1\",\"changes\":[{\"field\":\"leadgen\","
        "\"value\":"
        "{\"leadgen_id\":\"70\",\"ad_id\":\"5\"}}]},{\"id\":\"2\",\"changes\":[{\"field\":"
        "\"leadgen\",\"value\":{\"leadgen_id\":71,\"ad_id\":\"6\"}}]}]}";

    check_str(S("{\"leadgen_id\":71,\"ad_id\":\"6\"}"), own(cx, "leadgen", "71", body));
    check_str(S(""), own(cx, "leadgen", "72", body));
    check_str(S("{\"id\":\"wamid.2\",\"from\":\"7702\"}"),
              own(cx, "whatsapp", "wamid.2",
                  "{\"entry\":[{\"id\":\"9\",\"changes\":[{\"value\":{\"messages\":["
                  "{\"id\":\"wamid.1\",\"from\":\"7701\"},{\"id\":\"wamid.2\",\"from\":\"7702\"}]}}"
                  "]}]}"));
}

TEST(what_tells_of_one_lead_is_shown_whole)
{
    static const char *const sources[] = {"lead", "leadgen.read", "amocrm.read", "event"};

    for (size_t i = 0; i < COUNT(sources); i++)
        check_str(S("phone=7701"), own(cx, sources[i], "1", "phone=7701"));
}
