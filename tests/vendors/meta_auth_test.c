/* meta_auth_test.c: consent, exchanges, what a token is, and what Meta signs. */
#include "vendors/meta_auth.h"

#include "meta_scene.h"

#define PROOF "04b7e75728e14a60ccc36273bc088203ac5110d7f970f93b31ca470ff1a5fa6e"

TEST(the_consent_names_app_return_state_and_scopes)
{
    struct meta_consent c = {.www_base = S("https://www.facebook.com"),
                             .version = S("v25.0"),
                             .app_id = S("312000000000000"),
                             .redirect_uri = S("https://host/facebook/callback?a=1"),
                             .state = S("s t&ate")};

    check_str(S("https://www.facebook.com/v25.0/dialog/oauth?client_id=312000000000000"
                "&redirect_uri=https%3A%2F%2Fhost%2Ffacebook%2Fcallback%3Fa%3D1&state=s%20t%26ate"
                "&response_type=code&scope=ads_read%2Cbusiness_management%2Cleads_retrieval"
                "%2Cpages_show_list%2Cpages_manage_metadata%2Cpages_read_engagement"),
              meta_consent_url(cx->arena, &c));
    c.scopes = S("ads_read");
    check(str_ends(meta_consent_url(cx->arena, &c), S("&scope=ads_read")));
    check_int(6, meta_nscopes());
}

TEST(a_code_is_exchanged_without_any_token)
{
    struct scene s;
    struct meta_grant grant;
    struct meta_code code = {S("312"), S("https://host/cb"), S("AQcode")};

    scene_start(cx, &s);
    says(&s, 200, "{\"access_token\":\"EAAB1\",\"token_type\":\"bearer\",\"expires_in\":5183944}");
    check_ok(meta_exchange_code(cx, &s.meta, &code, &grant, &s.last));
    check_str(S("EAAB1"), grant.token);
    check_int(5183944, grant.expires_in_s.v);
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(
        S("GET /graph/v25.0/oauth/access_token?client_id=312&redirect_uri=https%3A%2F%2Fhost"
          "%2Fcb&client_secret=testsecret&code=AQcode HTTP/1.1"),
        sent);
    check(!holds(sent, "Authorization") && !holds(sent, "appsecret_proof"));
    scene_end(&s);
}

TEST(a_used_code_is_refused_and_the_secret_is_not_repeated)
{
    struct scene s;
    struct meta_grant grant;
    struct meta_code code = {S("312"), S("https://host/cb"), S("AQcode")};

    scene_start(cx, &s);
    says(&s, 400,
         "{\"error\":{\"message\":\"This authorization code has been used.\",\"type\":"
         "\"OAuthException\",\"code\":100,\"error_subcode\":36009}}");
    check_err(meta_exchange_code(cx, &s.meta, &code, &grant, &s.last), ERR_UPSTREAM);
    check_int(META_BUG, s.last.class);
    check_int(36009, s.last.subcode);
    check(!holds(str_of(cx->why), "testsecret") && !holds(str_of(cx->why), "AQcode"));
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_short_token_becomes_a_long_one_whose_end_may_be_left_out)
{
    struct scene s;
    struct meta_grant grant;

    scene_start(cx, &s);
    says(&s, 200, "{\"access_token\":\"EAAlong\",\"token_type\":\"bearer\"}");
    says(&s, 200, "{\"token_type\":\"bearer\"}");
    check_ok(meta_exchange_long(cx, &s.meta, S("312"), &grant, &s.last));
    check_str(S("EAAlong"), grant.token);
    check(!grant.expires_in_s.known);
    check_holds(S("?grant_type=fb_exchange_token&client_id=312&client_secret=testsecret"
                  "&fb_exchange_token=EAAtesttoken HTTP"),
                line_of(cx, &s, 0));
    check_err(meta_exchange_long(cx, &s.meta, S("312"), &grant, &s.last), ERR_UPSTREAM);
    scene_end(&s);
}

/* ---- debug_token ---- */

TEST(a_token_is_asked_about_as_the_app_itself)
{
    struct scene s;
    struct meta_token t;

    scene_start(cx, &s);
    says(&s, 200,
         "{\"data\":{\"app_id\":\"312000000000000\",\"type\":\"USER\",\"application\":\"T\","
         "\"data_access_expires_at\":1701177861,\"expires_at\":1693407600,\"is_valid\":true,"
         "\"scopes\":[\"public_profile\",\"ads_read\"],\"user_id\":\"680000000000000\"}}");
    check_ok(meta_debug_token(cx, &s.meta, S("312000000000000"), &t, &s.last));
    check(t.is_valid);
    check_str(S("USER"), t.type);
    check_str(S("312000000000000"), t.app_id);
    check_str(S("680000000000000"), t.user_id);
    check_int(1693407600000, t.expires_at.v);
    check_int(1701177861000, t.data_expires_at.v);
    check(meta_token_has(&t, S("ads_read")) && !meta_token_has(&t, S("ads")));
    check_str(S("business_management,leads_retrieval,pages_show_list,pages_manage_metadata,"
                "pages_read_engagement"),
              meta_scopes_missing(cx->arena, &t, S("")));
    check_str(S(""), meta_scopes_missing(cx->arena, &t, S("ads_read, public_profile")));
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("Authorization: Bearer 312000000000000|testsecret\r\n"), sent);
    check_holds(S("/debug_token?input_token=EAAtesttoken HTTP"), sent);
    scene_end(&s);
}

TEST(a_system_users_token_never_ends)
{
    struct meta_token t;

    check_ok(meta_token_read(
        cx,
        parsed(cx, "{\"data\":{\"app_id\":\"1\",\"type\":\"SYSTEM_USER\",\"expires_at\":0,"
                   "\"data_access_expires_at\":0,\"is_valid\":true,\"scopes\":[\"ads_read\"],"
                   "\"user_id\":100}}"),
        &t));
    check(t.is_valid && !t.expires_at.known && !t.data_expires_at.known);
    check_str(S("100"), t.user_id);
}

TEST(a_dead_token_is_told_inside_a_good_answer)
{
    struct meta_token t;

    check_ok(meta_token_read(
        cx,
        parsed(cx, "{\"data\":{\"error\":{\"code\":190,\"message\":\"The session has been "
                   "invalidated because the user logged out.\",\"subcode\":467},\"is_valid\":false,"
                   "\"scopes\":[]}}"),
        &t));
    check(!t.is_valid);
    check_int(190, t.code);
    check_int(467, t.subcode);
    check_holds(S("logged out"), t.why);
    check_int(0, t.nscopes);
}

TEST(an_answer_that_does_not_say_whether_the_token_is_valid_is_refused)
{
    static const char *const wrong[] = {"{}",
                                        "{\"data\":[]}",
                                        "{\"data\":{}}",
                                        "{\"data\":{\"is_valid\":1}}",
                                        "{\"data\":{\"is_valid\":true,\"scopes\":[1]}}",
                                        "{\"data\":{\"is_valid\":true,\"expires_at\":\"soon\"}}"};
    struct meta_token t;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(meta_token_read(cx, parsed(cx, wrong[i]), &t), ERR_UPSTREAM);
        ctx_forgive(cx);
    }
}

/* ---- signatures ---- */

#define LEADGEN                                                                                    \
    "{\"object\":\"page\",\"entry\":[{\"id\":\"102858741624226\",\"time\":1640876343,\"changes\":" \
    "[{\"value\":{\"ad_id\":\"23849651968300182\",\"form_id\":\"82595106832717\",\"leadgen_id\":"  \
    "\"769224190664558\",\"created_time\":1640876342,\"page_id\":\"102858741624226\","             \
    "\"adgroup_id\":\"23849651968300182\"},\"field\":\"leadgen\"}]}]}"

TEST(a_webhook_is_signed_over_its_raw_bytes)
{
    struct str good = S("sha256=e37a3fc6608a4f3526981e6d0d3a017d8fd5a720e2c6b4d1d868278c14a35001");
    struct str escaped =
        S("sha256=6bb5d367e753d1add4ec27aed0784dd0038d296846d17fc7c76c8d0179e447f6");

    check_int(285, sizeof LEADGEN - 1);
    check(meta_hook_is_signed(S("testsecret"), good, S(LEADGEN)));
    check(meta_hook_is_signed(S("testsecret"), escaped, S("{\"name\":\"\\u0410\"}")));
    check(!meta_hook_is_signed(S("testsecret"), escaped, S("{\"name\":\"А\"}")));
    check(!meta_hook_is_signed(S("testsecret"), good, S(LEADGEN " ")));
    check(!meta_hook_is_signed(S("other"), good, S(LEADGEN)));
    check(!meta_hook_is_signed(S(""), good, S(LEADGEN)));
    check(!meta_hook_is_signed(S("testsecret"), S(""), S(LEADGEN)));
    check(!meta_hook_is_signed(S("testsecret"), S("sha256="), S(LEADGEN)));
    check(!meta_hook_is_signed(S("testsecret"), (struct str){good.ptr + 7, 64}, S(LEADGEN)));
    check(!meta_hook_is_signed(S("testsecret"), (struct str){good.ptr, good.len - 1}, S(LEADGEN)));
}

TEST(an_empty_secret_signs_nothing)
{
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256(S(""), S("{}"), mac);
    struct str hex = hex_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    check(!meta_hook_is_signed(S(""), arena_fmt(cx->arena, "sha256=%.*s", STR_FMT(hex)), S("{}")));
}

#define SIGNED                                                                                     \
    "yui545Gj7WJDj5M9EswSiHaD2QNNQMiMLFzTZEKcq8Q."                                                 \
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"

static const int64_t signed_at = 1700000000000, day_ms = 86400000;

TEST(a_signed_request_tells_whose_data_it_is_about)
{
    struct meta_signed out;

    fake_clock_set(test_clock(cx), signed_at + day_ms);
    check_ok(meta_signed_read(cx, S("testsecret"), S(SIGNED), &out));
    check_str(S("218471"), out.user_id);
    check_int(signed_at, out.issued_at);
    check_err(meta_signed_read(cx, S("other"), S(SIGNED), &out), ERR_FORBIDDEN);
    ctx_forgive(cx);
    check_err(meta_signed_read(cx, S(""), S(SIGNED), &out), ERR_FORBIDDEN);
}

TEST(a_signed_request_is_good_for_a_day)
{
    struct meta_signed out;

    fake_clock_set(test_clock(cx), signed_at + day_ms + 1);
    check_err(meta_signed_read(cx, S("testsecret"), S(SIGNED), &out), ERR_INPUT);
    check_holds(S("older than a day"), str_of(cx->why));
}

static struct str signed_of(struct ctx *cx, const char *payload)
{
    unsigned char mac[CRYPTO_MAC];
    struct str text = base64url_text(cx->arena, str_of(payload));

    hmac_sha256(S("testsecret"), text, mac);
    struct str sig = base64url_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    return arena_fmt(cx->arena, "%.*s.%.*s", STR_FMT(sig), STR_FMT(text));
}

TEST(a_signed_request_of_another_algorithm_or_without_its_user_is_refused)
{
    static const char *const wrong[] = {
        "{\"algorithm\":\"HMAC-SHA1\",\"issued_at\":1700000000,\"user_id\":\"1\"}",
        "{\"algorithm\":\"none\",\"issued_at\":1700000000,\"user_id\":\"1\"}",
        "{\"issued_at\":1700000000,\"user_id\":\"1\"}",
        "{\"algorithm\":\"HMAC-SHA256\",\"user_id\":\"1\"}",
        "{\"algorithm\":\"HMAC-SHA256\",\"issued_at\":1700000000}",
        "{\"algorithm\":\"HMAC-SHA256\",\"issued_at\":[],\"user_id\":\"1\"}",
        "[]",
        "not json",
    };
    struct meta_signed out;

    fake_clock_set(test_clock(cx), signed_at);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(meta_signed_read(cx, S("testsecret"), signed_of(cx, wrong[i]), &out), ERR_INPUT);
        ctx_forgive(cx);
    }
    check_ok(meta_signed_read(cx, S("testsecret"),
                              signed_of(cx, "{\"algorithm\":\"HMAC-SHA256\",\"issued_at\":"
                                            "1700000000,\"user_id\":7}"),
                              &out));
    check_str(S("7"), out.user_id);
}

TEST(half_a_signed_request_is_malformed_and_a_changed_one_is_forged)
{
    struct meta_signed out;

    check_err(meta_signed_read(cx, S("testsecret"), S("abc"), &out), ERR_INPUT);
    ctx_forgive(cx);
    check_err(meta_signed_read(cx, S("testsecret"), S("abc."), &out), ERR_INPUT);
    ctx_forgive(cx);
    check_err(meta_signed_read(cx, S("testsecret"), S(".abc"), &out), ERR_INPUT);
    ctx_forgive(cx);
    check_err(meta_signed_read(cx, S("testsecret"), S("!.abc"), &out), ERR_FORBIDDEN);
    ctx_forgive(cx);
    check_err(meta_signed_read(cx, S("testsecret"), S(SIGNED "A"), &out), ERR_FORBIDDEN);
}
