/* meta_leads_test.c: pages and their subscription, leads, and the bodies of webhooks. */
#include "vendors/meta_leads.h"

#include "meta_scene.h"

TEST(a_page_speaks_with_its_own_token_and_its_proof)
{
    struct scene s;
    unsigned char mac[CRYPTO_MAC];

    scene_start(cx, &s);
    says(&s, 200, "{\"success\":true}");
    struct meta page = meta_for_page(&s.meta, S("EAApagetoken"));
    check_ok(meta_page_subscribe(cx, &page, S("102858741624226"), &s.last));
    hmac_sha256(S("testsecret"), S("EAApagetoken"), mac);
    struct str proof = hex_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("POST /graph/v25.0/102858741624226/subscribed_apps HTTP/1.1\r\n"), sent);
    check_holds(S("Authorization: Bearer EAApagetoken\r\n"), sent);
    check_holds(S("Content-Type: application/x-www-form-urlencoded\r\n"), sent);
    check(str_ends(sent,
                   arena_fmt(cx->arena, "\r\n\r\nsubscribed_fields=leadgen&appsecret_proof=%.*s",
                             STR_FMT(proof))));
    scene_end(&s);
}

TEST(a_subscription_that_is_not_confirmed_is_an_error)
{
    struct scene s;

    scene_start(cx, &s);
    says(&s, 200, "{\"success\":false}");
    says(&s, 200, "{}");
    says(&s, 200, "{\"success\":true}");
    says(&s, 400,
         "{\"error\":{\"message\":\"(#210) A page access token is required\",\"code\":210}}");
    check_err(meta_page_subscribe(cx, &s.meta, S("1"), &s.last), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_err(meta_page_unsubscribe(cx, &s.meta, S("1"), &s.last), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_ok(meta_page_unsubscribe(cx, &s.meta, S("1"), &s.last));
    check_holds(S("DELETE /graph/v25.0/1/subscribed_apps?appsecret_proof="), line_of(cx, &s, 2));
    check_err(meta_page_subscribe(cx, &s.meta, S("1"), &s.last), ERR_UPSTREAM);
    check_int(META_PERMISSION, s.last.class);
    scene_end(&s);
}

TEST(a_page_is_subscribed_when_our_app_gets_its_leadgen)
{
    struct scene s;
    bool yes = false;
    struct meta_subscription_ask ask = {S("1"), S("312")};

    scene_start(cx, &s);
    says(&s, 200, "{\"data\":[{\"id\":\"7\",\"subscribed_fields\":[\"leadgen\"]}]}");
    says(&s, 200, "{\"data\":[{\"id\":\"312\",\"subscribed_fields\":[\"feed\"]}]}");
    says(&s, 200, "{\"data\":[{\"id\":\"312\",\"subscribed_fields\":[\"feed\",\"leadgen\"]}]}");
    check_ok(meta_page_is_subscribed(cx, &s.meta, &ask, &yes, &s.last));
    check(!yes);
    check_ok(meta_page_is_subscribed(cx, &s.meta, &ask, &yes, &s.last));
    check(!yes);
    check_ok(meta_page_is_subscribed(cx, &s.meta, &ask, &yes, &s.last));
    check(yes);
    scene_end(&s);
}

TEST(the_apps_webhook_is_set_as_the_app_itself)
{
    struct scene s;
    struct meta_app_hook hook = {S("312"), S("https://host/webhook/facebook/leadgen"), S("v t")};

    scene_start(cx, &s);
    says(&s, 200, "{\"success\":true}");
    check_ok(meta_app_subscribe(cx, &s.meta, &hook, &s.last));
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("POST /graph/v25.0/312/subscriptions HTTP"), sent);
    check_holds(S("Authorization: Bearer 312|testsecret\r\n"), sent);
    check(str_ends(sent, S("\r\n\r\nobject=page&fields=leadgen&callback_url=https%3A%2F%2Fhost%2F"
                           "webhook%2Ffacebook%2Fleadgen&verify_token=v%20t")));
    scene_end(&s);
}

TEST(pages_are_read_with_the_token_they_may_lack)
{
    struct meta_fb_page p;

    check_ok(meta_fb_page_read(
        cx, parsed(cx, "{\"access_token\":\"EAApage\",\"id\":\"102\",\"name\":\"Курсы\"}"), &p));
    check_str(S("102"), p.id);
    check_str(S("EAApage"), p.token);
    check_ok(meta_fb_page_read(cx, parsed(cx, "{\"id\":103,\"tasks\":[]}"), &p));
    check_str(S("103"), p.id);
    check_str(S(""), p.token);
    check_err(meta_fb_page_read(cx, parsed(cx, "{\"name\":\"x\"}"), &p), ERR_UPSTREAM);
}

/* ---- leads ---- */

TEST(a_lead_is_read_with_its_ad_and_answers)
{
    struct meta_lead l;

    check_ok(meta_lead_read(
        cx,
        parsed(cx,
               "{\"id\":\"769224190664558\",\"created_time\":\"2026-02-03T05:00:00+0000\","
               "\"ad_id\":\"23849651968300182\",\"ad_name\":\"video 3\",\"adset_id\":"
               "\"23845000000000011\",\"campaign_id\":\"23845000000000001\",\"campaign_name\":"
               "\"KZ | Leads | Team A\",\"form_id\":\"82595106832717\",\"is_organic\":false,"
               "\"platform\":\"ig\",\"field_data\":[{\"name\":\"full_name\",\"values\":[\"Test "
               "Person\"]},{\"name\":\"phone_number\",\"values\":[\"+77010000000\"]},{\"name\":"
               "\"email\",\"values\":[\"test@example.com\"]},{\"name\":\"ваш_город\",\"values\":"
               "[\"Алматы\",\"Астана\"]}]}"),
        &l));
    check_str(S("769224190664558"), l.id);
    check_int(1770094800000, l.created_at.v);
    check_str(S("23849651968300182"), l.ad_id);
    check_str(S("KZ | Leads | Team A"), l.campaign_name);
    check_str(S("82595106832717"), l.form_id);
    check_str(S("ig"), l.platform);
    check(!l.is_organic);
    check_str(S("Test Person"), l.full_name);
    check_str(S("+77010000000"), l.phone);
    check_str(S("test@example.com"), l.email);
    check_int(4, l.nanswers);
    check_str(S("ваш_город"), l.answers[3].name);
    check_str(S("Алматы, Астана"), l.answers[3].value);
}

TEST(a_form_in_the_forms_own_language_still_tells_name_and_phone)
{
    struct meta_lead l;

    check_ok(meta_lead_read(
        cx,
        parsed(cx, "{\"id\":1,\"is_organic\":true,\"field_data\":[{\"name\":\"ФИО\",\"values\":"
                   "[\" Әсел \"]},{\"name\":\"Номер_телефона\",\"values\":[77010000000]},{\"name\":"
                   "\"email\",\"values\":[null]}]}"),
        &l));
    check_str(S("1"), l.id);
    check(l.is_organic && !l.created_at.known);
    check_str(S("Әсел"), l.full_name);
    check_str(S("77010000000"), l.phone);
    check_str(S(""), l.email);
    check_str(S(""), l.ad_id);
    check_ok(meta_lead_read(
        cx,
        parsed(cx, "{\"id\":2,\"field_data\":[{\"name\":\"last_name\",\"values\":[\"Ким\"]},"
                   "{\"name\":\"first_name\",\"values\":[\"Ли\"]}]}"),
        &l));
    check_str(S("Ли Ким"), l.full_name);
}

TEST(a_question_written_by_hand_is_known_by_the_word_in_it)
{
    struct meta_lead l;

    check_ok(meta_lead_read(
        cx,
        parsed(cx, "{\"id\":3,\"field_data\":[{\"name\":\"ваш_телефон_(WhatsApp)?\",\"values\":"
                   "[\"8 701 000 00 00\"]},{\"name\":\"Электронная почта:\",\"values\":[\"a@b.kz\"]"
                   "},{\"name\":\"имя_ребенка\",\"values\":[\"Али\"]}]}"),
        &l));
    check_str(S("8 701 000 00 00"), l.phone);
    check_str(S("a@b.kz"), l.email);
    check_str(S(""), l.full_name);
}

TEST(a_lead_without_id_or_with_odd_answers_is_refused)
{
    static const char *const wrong[] = {
        "{}", "[]", "{\"id\":\"x\"}",
        "{\"id\":1,\"field_data\":[{\"name\":\"a\",\"values\":[{}]}]}",
        "{\"id\":1,\"field_data\":[{\"name\":{},\"values\":[]}]}"};
    struct meta_lead l;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(meta_lead_read(cx, parsed(cx, wrong[i]), &l), ERR_UPSTREAM);
        ctx_forgive(cx);
    }
}

TEST(leads_of_a_form_are_asked_for_since_a_second)
{
    struct scene s;
    struct meta_call call = meta_call_form_leads(cx->arena, S("82595"), 1700000000999, 50);

    scene_start(cx, &s);
    says(&s, 200, "{\"data\":[]}");
    check_ok(meta_get(cx, &s.meta, &call, &s.last));
    check_holds(S("/82595/leads?fields=id%2Ccreated_time%2Cad_id"), line_of(cx, &s, 0));
    check_holds(S("&filtering=%5B%7B%22field%22%3A%22time_created%22%2C%22operator%22%3A%22GREATER_"
                  "THAN%22%2C%22value%22%3A1700000000%7D%5D"),
                line_of(cx, &s, 0));
    check_int(50, call.limit);
    check_str(S("/7"), meta_call_lead(cx->arena, S("7")).path);
    check_str(S("/7/leadgen_forms"), meta_call_page_forms(cx->arena, S("7"), 9).path);
    check_str(S("/me/accounts"), meta_call_pages(9).path);
    scene_end(&s);
}

/* ---- webhooks ---- */

TEST(a_webhook_tells_each_lead_of_each_entry)
{
    const struct meta_hook *h;
    size_t n;

    check_ok(meta_hooks_read(
        cx,
        S("{\"object\":\"page\",\"entry\":[{\"id\":\"102\",\"time\":1640876343,\"changes\":[{"
          "\"value\":{\"ad_id\":\"238\",\"form_id\":\"825\",\"leadgen_id\":\"769\",\"created_"
          "time\":"
          "1640876342,\"page_id\":\"102\",\"adgroup_id\":\"238\"},\"field\":\"leadgen\"},{"
          "\"value\":{"
          "\"form_id\":825,\"leadgen_id\":770,\"created_time\":1640876343,\"page_id\":102},"
          "\"field\":\"leadgen\"}]},{\"id\":\"103\",\"changes\":[{\"field\":\"feed\",\"value\":{}},"
          "{"
          "\"field\":\"leadgen\",\"value\":{\"adgroup_id\":9,\"leadgen_id\":771,\"page_id\":103}}]"
          "}]}"),
        &h, &n));
    check_int(4, n);
    check_int(META_HOOK_LEAD, h[0].kind);
    check_str(S("769"), h[0].id);
    check_str(S("102"), h[0].page_id);
    check_str(S("825"), h[0].form_id);
    check_str(S("238"), h[0].ad_id);
    check_int(1640876342000, h[0].at.v);
    check_str(S("770"), h[1].id);
    check_str(S("825"), h[1].form_id);
    check_str(S(""), h[1].ad_id); /* organic, or a test */
    check_int(META_HOOK_OTHER, h[2].kind);
    check_str(S("feed"), h[2].field);
    check_str(S("9"), h[3].ad_id);
    check(!h[3].at.known);
}

TEST(a_chat_that_an_ad_began_tells_which)
{
    const struct meta_hook *h;
    size_t n;

    check_ok(meta_hooks_read(
        cx,
        S("{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"5\",\"changes\":[{"
          "\"field\":\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{"
          "\"display_phone_number\":\"77010000001\",\"phone_number_id\":\"106\"},\"contacts\":[{"
          "\"profile\":{\"name\":\"Әсел\"},\"wa_id\":\"77017654321\"}],\"messages\":[{\"referral\":"
          "{"
          "\"source_url\":\"https://fb.me/3\",\"source_type\":\"ad\",\"source_id\":"
          "\"23849651968300182\",\"headline\":\"Курс\",\"ctwa_clid\":\"ARA1\"},\"from\":"
          "\"77017654321\",\"id\":\"wamid.A\",\"timestamp\":\"1770094800\",\"type\":\"text\","
          "\"text\":"
          "{\"body\":\"Сәлем\"}},{\"from\":\"77017654322\",\"id\":\"wamid.B\",\"timestamp\":"
          "1770094801,\"type\":\"image\"}]}},{\"field\":\"messages\",\"value\":{\"statuses\":[{"
          "\"id\":\"wamid.C\"}]}}]}]}"),
        &h, &n));
    check_int(3, n);
    check_int(META_HOOK_MESSAGE, h[0].kind);
    check_str(S("wamid.A"), h[0].id);
    check_str(S("77017654321"), h[0].from);
    check_str(S("Әсел"), h[0].name);
    check_str(S("106"), h[0].number_id);
    check_str(S("Сәлем"), h[0].text);
    check_int(1770094800000, h[0].at.v);
    check(h[0].has_referral);
    check_str(S("ad"), h[0].source_type);
    check_str(S("23849651968300182"), h[0].ad_id);
    check_str(S("ARA1"), h[0].ctwa_clid);
    check_str(S("https://fb.me/3"), h[0].source_url);
    check_str(S("Курс"), h[0].headline);
    check_int(META_HOOK_MESSAGE, h[1].kind);
    check(!h[1].has_referral);
    check_str(S(""), h[1].name);
    check_int(META_HOOK_OTHER, h[2].kind);
}

TEST(one_odd_change_does_not_cost_the_others)
{
    const struct meta_hook *h;
    size_t n;

    check_ok(meta_hooks_read(cx,
                             S("{\"entry\":[7,{\"changes\":\"x\"},{\"changes\":[null,{\"field\":"
                               "\"leadgen\",\"value\":[]},"
                               "{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"x1\"}},{"
                               "\"field\":\"leadgen\",\"value\":"
                               "{\"leadgen_id\":5,\"created_time\":\"soon\",\"ad_id\":{}}}]}]}"),
                             &h, &n));
    check_int(4, n);
    check_int(META_HOOK_OTHER, h[1].kind);
    check_int(META_HOOK_OTHER, h[2].kind);
    check_int(META_HOOK_LEAD, h[3].kind);
    check_str(S("5"), h[3].id);
    check(!h[3].at.known);
    static const char *const wrong[] = {"", "{}", "[]", "{\"entry\":{}}", "{\"entry\":[}"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(meta_hooks_read(cx, str_of(wrong[i]), &h, &n), ERR_INPUT);
        check_int(0, n);
        ctx_forgive(cx);
    }
}
