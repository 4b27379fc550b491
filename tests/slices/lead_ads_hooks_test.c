/* What Meta calls: handshake, signed webhooks, deauthorize and deletion (A52). */
#include "lead_ads.h"

/* The platform's own sample, 285 bytes, and what signs it with the secret "testsecret". */
#define SAMPLE                                                                                     \
    "{\"object\":\"page\",\"entry\":[{\"id\":\"102858741624226\",\"time\":1640876343,\"changes\":" \
    "[{\"value\":{\"ad_id\":\"23849651968300182\",\"form_id\":\"82595106832717\",\"leadgen_id\":"  \
    "\"769224190664558\",\"created_time\":1640876342,\"page_id\":\"102858741624226\","             \
    "\"adgroup_id\":\"23849651968300182\"},\"field\":\"leadgen\"}]}]}"
#define SAMPLE_SIGNATURE "sha256=e37a3fc6608a4f3526981e6d0d3a017d8fd5a720e2c6b4d1d868278c14a35001"

static struct str inbox(struct forms *f)
{
    return sql_rows(f->cx, &f->s, "source, state, signature", "from inbox_event order by id");
}

DB_TEST(the_handshake_answers_the_challenge_to_who_knows_the_token)
{
    struct forms f;
    forms_open(cx, t, &f);
    const char *good = HOOK "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
                            "verify-token-of-the-tests";

    struct answer a = ask_for(cx, f.s.core.port, "GET", good, "", S(""));
    check_int(200, a.status);
    check_str(S("1158201444"), a.body);
    check_holds(S("text/plain"), answer_header(&a, "Content-Type"));
    static const char *const wrong[] = {
        HOOK, HOOK "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=other",
        HOOK "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        HOOK "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-token-of-the-tests"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        check_int(403, ask_for(cx, f.s.core.port, "GET", wrong[i], "", S("")).status);
    const char *script = HOOK "?hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token="
                              "verify-token-of-the-tests";
    check_int(400, ask_for(cx, f.s.core.port, "GET", script, "", S("")).status);
    f.s.app->config.meta_verify_token = S("");
    check_int(403, ask_for(cx, f.s.core.port, "GET", good, "", S("")).status);
    forms_close(&f);
}

DB_TEST(a_signed_webhook_is_on_disk_before_it_is_answered)
{
    struct forms f;
    forms_open(cx, t, &f);

    check_int(200, forms_post(&f, HOOK, S(SAMPLE), S(SAMPLE_SIGNATURE)).status);
    check_int(200, forms_post(&f, HOOK, S(SAMPLE), S(SAMPLE_SIGNATURE)).status);
    check_str(S("leadgen|new|ok"), inbox(&f));
    check_int(sizeof SAMPLE - 1, sql_int(cx, &f.s, "select length(body) from inbox_event"));
    forms_close(&f);
}

DB_TEST(a_badly_signed_webhook_is_refused_and_kept_for_the_eye)
{
    struct forms f;
    forms_open(cx, t, &f);

    check_int(403, forms_post(&f, HOOK, S(SAMPLE), S("sha256=00")).status);
    check_int(403, forms_post(&f, HOOK, S(SAMPLE), S("")).status);
    check_str(S("leadgen|parked|bad"), inbox(&f));
    /* The same bytes with the right signature are another event. */
    check_int(200, forms_post(&f, HOOK, S(SAMPLE), S(SAMPLE_SIGNATURE)).status);
    check_str(S("leadgen|parked|bad\nleadgen|new|ok"), inbox(&f));
    check_int(0, sql_int(cx, &f.s, "select count(*) from lead"));
    forms_close(&f);
}

DB_TEST(whoever_only_knocks_does_not_fill_the_disk)
{
    struct forms f;
    forms_open(cx, t, &f);

    for (int i = 0; i < 210; i++)
        check_int(403, forms_post(&f, HOOK, arena_fmt(cx->arena, "{\"n\":%d}", i), S("x")).status);
    check_int(200, sql_int(cx, &f.s, "select count(*) from inbox_event"));
    fake_clock_advance(test_clock(cx), 3600 * 1000);
    check_int(403, forms_post(&f, HOOK, S("{}"), S("x")).status);
    check_int(201, sql_int(cx, &f.s, "select count(*) from inbox_event"));
    forms_close(&f);
}

DB_TEST(without_an_app_secret_nothing_can_be_taken)
{
    struct forms f;
    forms_open(cx, t, &f);
    f.s.app->config.meta_app_secret = S("");

    check_int(503, forms_post(&f, HOOK, S(SAMPLE), S(SAMPLE_SIGNATURE)).status);
    check_int(
        503,
        forms_post(&f, "/webhook/facebook/deauthorize", S("signed_request=a.b"), S("")).status);
    check_str(S(""), inbox(&f));
    forms_close(&f);
}

DB_TEST(messages_of_whatsapp_have_a_source_of_their_own)
{
    struct forms f;
    struct str body = S("{\"object\":\"whatsapp_business_account\",\"entry\":[]}");
    forms_open(cx, t, &f);

    check_int(200, forms_post(&f, HOOK, body, forms_sign(cx, body)).status);
    check_str(S("whatsapp|new|ok"), inbox(&f));
    forms_close(&f);
}

/* ---- users who take it back ---- */

static struct str signed_request(struct ctx *cx, struct str secret, int64_t issued_s)
{
    unsigned char mac[CRYPTO_MAC];
    struct str payload = base64url_text(
        cx->arena, arena_fmt(cx->arena,
                             "{\"algorithm\":\"HMAC-SHA256\",\"issued_at\":%lld,\"user_id\":"
                             "\"218471\"}",
                             (long long)issued_s));

    hmac_sha256(secret, payload, mac);
    struct str sig = base64url_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    return arena_fmt(cx->arena, "signed_request=%.*s.%.*s", STR_FMT(sig), STR_FMT(payload));
}

static int take_back(struct forms *f, const char *path, struct str form)
{
    return ask_for(f->cx, f->s.core.port, "POST", path,
                   "Content-Type: application/x-www-form-urlencoded\r\n", form)
        .status;
}

DB_TEST(who_removes_the_app_takes_the_tokens_back)
{
    struct forms f;
    const char *path = "/webhook/facebook/deauthorize";
    forms_open(cx, t, &f);
    forms_open_page(&f);
    check_int(2, sql_int(cx, &f.s, "select count(*) from secret"));

    check_int(403, take_back(&f, path, signed_request(cx, S("other"), TEST_NOW_MS / 1000)));
    check_int(400,
              take_back(&f, path, signed_request(cx, S("testsecret"), TEST_NOW_MS / 1000 - 90000)));
    check_int(400, take_back(&f, path, S("a=b")));
    check_int(2, sql_int(cx, &f.s, "select count(*) from secret"));
    check_int(200, take_back(&f, path, signed_request(cx, S("testsecret"), TEST_NOW_MS / 1000)));

    check_str(S("Aigerim|218471|reconnect|-"),
              sql_rows(cx, &f.s, "label, external_id, state, secret_id", "from ad_connection"));
    check_int(0, sql_int(cx, &f.s, "select count(*) from secret"));
    check_str(S(PAGE_ID "|failed|-"),
              sql_rows(cx, &f.s, "external_id, state, secret_id", "from lead_page"));
    check_str(S("Meta"), sql_rows(cx, &f.s, "actor",
                                  "from audit_log where action = 'connection.deauthorize'"));
    forms_close(&f);
}

DB_TEST(a_deletion_erases_the_name_too_and_can_be_looked_up)
{
    struct forms f;
    const char *path = "/webhook/facebook/deletion";
    forms_open(cx, t, &f);
    forms_connect(&f);

    check_int(403, take_back(&f, path, signed_request(cx, S("other"), TEST_NOW_MS / 1000)));
    struct answer a = ask_for(cx, f.s.core.port, "POST", path,
                              "Content-Type: application/x-www-form-urlencoded\r\n",
                              signed_request(cx, S("testsecret"), TEST_NOW_MS / 1000));
    check_int(200, a.status);
    struct str code = answer_text(cx, &a, "confirmation_code");
    check(code.len >= 12);
    check_str(
        arena_fmt(cx->arena, "http://dashboard.test/privacy/deletion?code=%.*s", STR_FMT(code)),
        answer_text(cx, &a, "url"));
    check_str(S("218471|reconnect|-"),
              sql_rows(cx, &f.s, "label, state, secret_id", "from ad_connection"));
    check_int(0, sql_int(cx, &f.s, "select count(*) from secret"));

    struct str there = arena_fmt(cx->arena, "/privacy/deletion?code=%.*s", STR_FMT(code));
    struct answer page =
        ask_for(cx, f.s.core.port, "GET", str_z(cx->arena, there), "", (struct str){0});
    check_int(200, page.status);
    check_holds(S("erased on 2026-02-03"), page.body);
    check_holds(S("text/html"), answer_header(&page, "Content-Type"));
    check_int(404, ask_for(cx, f.s.core.port, "GET", "/privacy/deletion?code=x", "", S("")).status);
    check_int(404, ask_for(cx, f.s.core.port, "GET", "/privacy/deletion", "", S("")).status);
    forms_close(&f);
}

DB_TEST(a_deletion_for_somebody_unknown_is_answered_the_same_way)
{
    struct forms f;
    forms_open(cx, t, &f);

    check_int(200, take_back(&f, "/webhook/facebook/deletion",
                             signed_request(cx, S("testsecret"), TEST_NOW_MS / 1000)));
    check_int(1, sql_int(cx, &f.s, "select count(*) from deletion_request"));
    forms_close(&f);
}

DB_TEST(what_to_enter_at_the_platform_is_said_to_an_admin)
{
    struct forms f;
    const char *call = "GET /api/v1/lead-pages/webhook";
    forms_open(cx, t, &f);

    struct answer a = slice_ask(cx, &f.s, call, f.s.admin, NULL);
    check_str(S("{\"url\":\"http://dashboard.test/webhook/facebook/leadgen\","
                "\"verify_token_hint\":\"ests\",\"is_ready\":false,"
                "\"missing\":[\"app_id\",\"https\"]}"),
              a.body);
    f.s.app->config.public_url = S("https://dashboard.kz");
    f.s.app->config.meta_app_id = S("1");
    a = slice_ask(cx, &f.s, call, f.s.admin, NULL);
    check_holds(S("\"is_ready\":true,\"missing\":[]"), a.body);
    check_int(403, slice_status(cx, &f.s, call, f.s.lead, NULL));
    check_int(403, slice_status(cx, &f.s, "GET /api/v1/lead-pages", f.s.lead, NULL));
    check_int(403, slice_status(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.lead, NULL));
    check_int(403, slice_status(cx, &f.s, "POST /api/v1/lead-pages/1/subscribe", f.s.lead, NULL));
    forms_close(&f);
}
