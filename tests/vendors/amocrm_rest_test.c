/* amocrm_rest_test.c: calls to amoCRM over a real connection to a server that plays it, fault by
 * fault. */
#include "base/crypto.h"
#include "fake_vendor.h"
#include "test.h"
#include "vendors/amocrm_rest.h"

#include <string.h>

enum { CAP_MS = 120000 };
struct scene {
    struct fake_vendor *vendor;
    struct upstream up;
    struct amo_api api;
    size_t pages, rows;
    VEC(struct str) ids;
    struct arena *arena;
};

static void scene_start(struct ctx *cx, struct scene *s)
{
    *s = (struct scene){.vendor = fake_vendor_start(), .arena = cx->arena};
    s->up = (struct upstream){
        .name = "amocrm",
        .base_url = str_z(cx->arena,
                          arena_fmt(cx->arena, "%s/amo/{subdomain}", fake_vendor_url(s->vendor))),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 5, .base_ms = 5000, .cap_ms = CAP_MS}
    };
    s->api = (struct amo_api){
        .upstream = &s->up, .host = S("example.amocrm.ru"), .token = S("testtoken")};
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &s->api.fetcher));
}

static void scene_end(struct scene *s)
{
    fetcher_free(&s->api.fetcher);
    fake_vendor_stop(&s->vendor);
}

static void says(struct scene *s, int status, const char *body)
{
    fake_vendor_answers(s->vendor, status, "", str_of(body));
}

static enum err ask_account(struct ctx *cx, struct scene *s, struct amo_reply *r)
{
    struct amo_call call = amo_call_account();

    return amo_ask(cx, &s->api, &call, r);
}

static struct str first_line(struct ctx *cx, struct scene *s, size_t i)
{
    struct str sent = fake_vendor_request(s->vendor, cx->arena, i), line = {0};

    str_cut(&sent, '\r', &line);
    return line;
}

#define PROBLEM                                                                                    \
    "{\"title\":\"Forbidden\",\"status\":403,\"detail\":\"no rights for "                          \
    "def50200aabbccddeeff001122"                                                                   \
    "\"}"

/* ---- one call ---- */

TEST(the_token_goes_into_the_header_and_the_subdomain_into_the_address)
{
    struct scene s;
    struct amo_reply r;
    struct amo_account account;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "Content-Type: application/hal+json\r\n",
                        vendor_reply(cx->arena, "amocrm_rest/account.json"));
    check_ok(ask_account(cx, &s, &r));
    check_int(AMO_OK, r.class);
    check_ok(amo_account_read(cx, r.root, &account));
    check_str(S("KZT"), account.currency);
    check_str(S("GET /amo/example/api/v4/account HTTP/1.1"), first_line(cx, &s, 0));
    check_holds(S("Authorization: Bearer testtoken\r\n"),
                fake_vendor_request(s.vendor, cx->arena, 0));
    scene_end(&s);
}

TEST(every_refusal_has_its_class)
{
    static const struct {
        int status;
        const char *body;
        enum amo_class class;
        size_t requests;
    } cases[] = {
        {400, "{\"title\":\"Bad Request\",\"detail\":\"x\"}", AMO_BUG,        1},
        {401, "{\"title\":\"Unauthorized\"}",                 AMO_RECONNECT,  1},
        {401, "<html>",                                       AMO_RECONNECT,  1},
        {402, "{\"title\":\"Payment Required\"}",             AMO_UNPAID,     1},
        {403, PROBLEM,                                        AMO_PERMISSION, 1},
        {403, "<html>403 Forbidden</html>",                   AMO_BLOCKED,    1},
        {403, "",                                             AMO_BLOCKED,    1},
        {404, "<html>",                                       AMO_MOVED,      1},
        {302, "",                                             AMO_MOVED,      1},
        {429, "<html>",                                       AMO_SLOW_DOWN,  5},
        {500, "",                                             AMO_RETRY,      5},
        {502, "<html>",                                       AMO_RETRY,      5},
        {504, "<html>",                                       AMO_LESS,       5},
        {200, "<html>",                                       AMO_RETRY,      5},
        {200, "[]",                                           AMO_RETRY,      5},
        {400, "{\"error_code\":110}",                         AMO_RECONNECT,  1},
        {400, "{\"response\":{\"error_code\":\"101\"}}",      AMO_MOVED,      1},
        {403, "{\"response\":{\"error_code\":113}}",          AMO_BLOCKED,    1},
        {418, "{}",                                           AMO_BUG,        1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scene s;
        struct amo_reply r;

        scene_start(cx, &s);
        says(&s, cases[i].status, cases[i].body);
        check_err(ask_account(cx, &s, &r), ERR_UPSTREAM);
        check_str(str_of(amo_class_slug(cases[i].class)), str_of(amo_class_slug(r.class)));
        check_int(cases[i].status, r.status);
        check_int((int64_t)cases[i].requests, (int64_t)fake_vendor_requests(s.vendor));
        check(!r.root);
        scene_end(&s);
        ctx_forgive(cx);
    }
}

TEST(nothing_found_is_an_answer_without_a_body)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    says(&s, 204, "");
    check_ok(ask_account(cx, &s, &r));
    check_int(AMO_EMPTY, r.class);
    check(!r.root && !r.has_next);
    scene_end(&s);
}

TEST(a_block_stops_us_for_a_quarter_of_an_hour)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    says(&s, 403, "<html>");
    check_err(ask_account(cx, &s, &r), ERR_UPSTREAM);
    check_int(15 * 60000, r.wait_ms);
    check_int(0, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(too_many_calls_wait_one_two_four_and_eight_seconds)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    says(&s, 429, "Too Many Requests");
    check_err(ask_account(cx, &s, &r), ERR_UPSTREAM);
    check_int(15000, fake_clock_slept(test_clock(cx)));
    check_int(60000, r.wait_ms);
    scene_end(&s);
}

TEST(trouble_over_there_is_given_time)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    says(&s, 502, "<html>");
    fake_vendor_answers(s.vendor, 200, "", vendor_reply(cx->arena, "amocrm_rest/account.json"));
    check_ok(ask_account(cx, &s, &r));
    check_int(20000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(the_vendors_words_are_shown_without_secrets)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    says(&s, 403, PROBLEM);
    check_err(ask_account(cx, &s, &r), ERR_UPSTREAM);
    check_str(S("no rights for ***"), r.message);
    check_holds(S("amocrm: permission, status 403: no rights"), str_of(cx->why));
    ctx_forgive(cx);
    scene_end(&s);

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 400, "", vendor_reply(cx->arena, "amocrm_rest/validation.json"));
    check_err(ask_account(cx, &s, &r), ERR_UPSTREAM);
    check_str(S("custom_fields_values.0.field_id: The value you selected is not a valid choice."),
              r.message);
    scene_end(&s);
}

TEST(a_deal_that_is_gone_is_not_an_account_that_is_gone)
{
    struct scene s;
    struct amo_reply r;
    struct amo_call call;

    scene_start(cx, &s);
    call = amo_call_lead(cx->arena, S("7"));
    says(&s, 404, "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"Entity not found\"}");
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_int(AMO_EMPTY, r.class);
    check_str(S("GET /amo/example/api/v4/leads/7?with=contacts%2Closs_reason HTTP/1.1"),
              first_line(cx, &s, 0));
    scene_end(&s);

    scene_start(cx, &s);
    says(&s, 404, "<html>");
    check_err(amo_ask(cx, &s.api, &call, &r), ERR_UPSTREAM);
    check_int(AMO_MOVED, r.class);
    scene_end(&s);
}

TEST(a_host_that_is_no_account_is_never_called)
{
    static const struct str hosts[] = {S("evil.example"), S(""), S("a/b"), S("..amocrm.ru")};
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        s.api.host = hosts[i];
        check_err(ask_account(cx, &s, &r), ERR_INPUT);
        ctx_forgive(cx);
    }
    check_int(0, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(our_pace_is_five_calls_a_second_and_no_more_at_once)
{
    struct scene s;
    struct amo_reply r;

    scene_start(cx, &s);
    s.up.per_minute = 300;
    fake_vendor_answers(s.vendor, 200, "", vendor_reply(cx->arena, "amocrm_rest/account.json"));
    for (int i = 0; i < 12; i++)
        check_ok(ask_account(cx, &s, &r));
    check_int(2000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(the_accounts_own_hook_is_made_and_taken_away)
{
    struct scene s;
    struct amo_reply r;
    struct amo_call call;

    scene_start(cx, &s);
    says(&s, 201, "{\"id\":839656,\"destination\":\"https://host/x\",\"disabled\":false}");
    check_ok(amo_call_webhook_set(cx, S("https://host/x"), &call));
    check_ok(amo_ask(cx, &s.api, &call, &r));
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_str(S("POST /amo/example/api/v4/webhooks HTTP/1.1"), first_line(cx, &s, 0));
    check_holds(S("Content-Type: application/json\r\n"), sent);
    check_holds(S("{\"destination\":\"https://host/x\",\"settings\":[\"add_lead\","), sent);
    scene_end(&s);

    scene_start(cx, &s);
    says(&s, 204, "");
    check_ok(amo_call_webhook_delete(cx, S("https://host/x"), &call));
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_int(AMO_EMPTY, r.class);
    check_str(S("DELETE /amo/example/api/v4/webhooks HTTP/1.1"), first_line(cx, &s, 0));
    check_holds(S("{\"destination\":\"https://host/x\"}"),
                fake_vendor_request(s.vendor, cx->arena, 0));
    scene_end(&s);
}

/* ---- lists ---- */

static enum err keep_ids(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct scene *s = self;
    struct json_iter it = json_iter(rows);
    struct str id;

    s->pages++;
    for (const struct json_in *row; (row = json_next(&it, NULL)); s->rows++) {
        check(json_as_text(json_get(row, "id"), cx->arena, &id));
        *vec_add(s->arena, &s->ids) = arena_str(s->arena, id);
    }
    return OK;
}

static enum err walk_leads(struct ctx *cx, struct scene *s, int limit, struct amo_reply *last)
{
    struct amo_leads_ask ask = {.from_ms = 1700000000000, .to_ms = 1700086400000, .limit = limit};
    struct amo_walk w = {.page = keep_ids, .self = s};

    return amo_each_lead_page(cx, &s->api, &ask, &w, last);
}

static struct str lead_page(struct arena *a, const char *rows, bool has_next)
{
    return arena_fmt(a, "{\"_page\":1,\"_links\":{%s},\"_embedded\":{\"leads\":[%s]}}",
                     has_next ? "\"next\":{\"href\":\"http://evil.example/next\"}" : "", rows);
}

TEST(a_window_of_deals_is_asked_in_the_order_of_updates)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena, "{\"id\":1,\"updated_at\":1700000001}", false));
    check_ok(walk_leads(cx, &s, 250, &last));
    check_int(1, s.rows);
    check_str(S("GET /amo/example/api/v4/leads?with=contacts%2Closs_reason"
                "&filter%5Bupdated_at%5D%5Bfrom%5D=1700000000"
                "&filter%5Bupdated_at%5D%5Bto%5D=1700086400&order%5Bupdated_at%5D=asc"
                "&limit=250&page=1 HTTP/1.1"),
              first_line(cx, &s, 0));
    scene_end(&s);
}

TEST(an_empty_window_has_no_pages)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    says(&s, 204, "");
    check_ok(walk_leads(cx, &s, 250, &last));
    check_int(0, s.pages);
    check_int(AMO_EMPTY, last.class);
    scene_end(&s);
}

TEST(the_walk_goes_on_from_the_last_second_and_never_follows_next)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena,
                                  "{\"id\":1,\"updated_at\":1700000001},"
                                  "{\"id\":2,\"updated_at\":1700000005}",
                                  true));
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena,
                                  "{\"id\":2,\"updated_at\":1700000005},"
                                  "{\"id\":3,\"updated_at\":1700000005}",
                                  true));
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena, "{\"id\":4,\"updated_at\":1700000006}", false));
    check_ok(walk_leads(cx, &s, 2, &last));
    check_int(3, s.pages);
    check_int(5, s.rows);
    check_holds(S("from%5D=1700000005&"), first_line(cx, &s, 1));
    check_holds(S("&page=1 "), first_line(cx, &s, 1));
    /* A whole page within one second: only the page number leads on. */
    check_holds(S("from%5D=1700000005&"), first_line(cx, &s, 2));
    check_holds(S("&page=2 "), first_line(cx, &s, 2));
    scene_end(&s);
}

TEST(rows_out_of_order_are_walked_by_page_number)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena,
                                  "{\"id\":1,\"updated_at\":1700000009},"
                                  "{\"id\":2,\"updated_at\":1700000005}",
                                  true));
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena, "{\"id\":3,\"updated_at\":1700000002}", false));
    check_ok(walk_leads(cx, &s, 2, &last));
    check_holds(S("from%5D=1700000000&"), first_line(cx, &s, 1));
    check_holds(S("&page=2 "), first_line(cx, &s, 1));
    check_int(3, s.rows);
    scene_end(&s);
}

TEST(a_page_that_is_too_heavy_is_asked_for_in_smaller_ones_that_meet_its_edges)
{
    struct scene s;
    struct amo_reply last;
    struct amo_call call = amo_call_users();
    struct amo_walk w = {.page = keep_ids, .self = &s};

    scene_start(cx, &s);
    says(&s, 200,
         "{\"_links\":{\"next\":{\"href\":\"x\"}},\"_embedded\":{\"users\":[{\"id\":1}]}}");
    says(&s, 504, "<html>");
    says(&s, 504, "<html>");
    says(&s, 200, "{\"_links\":{},\"_embedded\":{\"users\":[{\"id\":2}]}}");
    check_ok(amo_each_page(cx, &s.api, &call, &w, &last));
    check_int(2, s.rows);
    check_holds(S("limit=250&page=1 "), first_line(cx, &s, 0));
    check_holds(S("limit=250&page=2 "), first_line(cx, &s, 1));
    check_holds(S("limit=125&page=3 "), first_line(cx, &s, 2));
    check_holds(S("limit=25&page=11 "), first_line(cx, &s, 3));
    check_int(0, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(a_list_that_is_always_too_heavy_is_given_up)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    says(&s, 504, "<html>");
    check_err(walk_leads(cx, &s, 250, &last), ERR_UPSTREAM);
    check_int(AMO_LESS, last.class);
    check_int(3, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_reply_larger_than_we_take_asks_for_less)
{
    struct scene s;
    struct amo_reply last;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor,
                     &(struct fake_answer){.bytes = S("HTTP/1.1 200 OK\r\n\r\n"), .repeat = 2});
    fake_vendor_answers(s.vendor, 200, "",
                        lead_page(cx->arena, "{\"id\":1,\"updated_at\":1700000001}", false));
    check_ok(walk_leads(cx, &s, 250, &last));
    check_holds(S("limit=125&page=1 "), first_line(cx, &s, 1));
    scene_end(&s);
}

TEST(a_list_without_rows_or_without_end_is_refused)
{
    static const char *const wrong[] = {
        "{\"_embedded\":{}}",
        "{\"_embedded\":{\"leads\":{}}}",
        "{}",
        "{\"_links\":{\"next\":{\"href\":\"x\"}},\"_embedded\":{\"leads\":[]}}",
    };
    struct amo_reply last;
    struct scene s;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        scene_start(cx, &s);
        says(&s, 200, wrong[i]);
        check_err(walk_leads(cx, &s, 250, &last), ERR_UPSTREAM);
        scene_end(&s);
        ctx_forgive(cx);
    }
    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", lead_page(cx->arena, "{\"id\":1}", true));
    struct amo_walk w = {.page = keep_ids, .self = &s, .max_pages = 3};
    check_err(amo_each_lead_page(cx, &s.api, &(struct amo_leads_ask){0}, &w, &last), ERR_UPSTREAM);
    check_int(3, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(contacts_are_asked_for_by_their_ids)
{
    static const struct str ids[] = {S("3"), S("7")};
    struct amo_call call = amo_call_contacts(ids, 2);
    struct amo_walk w = {.page = keep_ids};
    struct amo_reply last;
    struct scene s;

    scene_start(cx, &s);
    w.self = &s;
    says(&s, 200, "{\"_embedded\":{\"contacts\":[{\"id\":3},{\"id\":7}]}}");
    check_ok(amo_each_page(cx, &s.api, &call, &w, &last));
    check_int(2, s.rows);
    check_holds(S("filter%5Bid%5D%5B0%5D=3&filter%5Bid%5D%5B1%5D=7"), first_line(cx, &s, 0));
    scene_end(&s);
}

TEST(deleted_deals_are_asked_for_in_so_many_words)
{
    struct amo_leads_ask ask = {.only_deleted = true};
    struct amo_walk w = {.page = keep_ids};
    struct amo_reply last;
    struct scene s;

    scene_start(cx, &s);
    w.self = &s;
    says(&s, 204, "");
    check_ok(amo_each_lead_page(cx, &s.api, &ask, &w, &last));
    check_holds(S("with=contacts%2Closs_reason%2Conly_deleted&order"), first_line(cx, &s, 0));
    scene_end(&s);
}

/* ---- tokens ---- */

static const struct amo_oauth oauth = {S("client"), S("secret"),
                                       S("https://our.host/crm/callback")};
#define ACCESS "e30.eyJhcGlfZG9tYWluIjoiYXBpLWEuYW1vY3JtLnJ1In0.c2VhbA"
static const struct amo_old_grant old_grant = {S(ACCESS), S("old-refresh")};
#define TOKENS(name)                                                                               \
    "{\"token_type\":\"Bearer\",\"expires_in\":86400,\"access_token\":\"" name                     \
    "\",\"refresh_token\":\"def-" name "\"}"

TEST(a_code_is_exchanged_for_tokens)
{
    struct scene s;
    struct amo_grant g;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", vendor_reply(cx->arena, "amocrm_rest/tokens.json"));
    check_ok(amo_grant_by_code(cx, &s.api, &oauth, S("def502code"), &g));
    check_str(S("def50200aabbccddeeff"), g.refresh);
    check_int(TEST_NOW_MS + 86400000, g.expires_at);
    check_str(S("example.amocrm.ru"), g.host);
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_str(S("POST /amo/example/oauth2/access_token HTTP/1.1"), first_line(cx, &s, 0));
    check_holds(S("{\"client_id\":\"client\",\"client_secret\":\"secret\",\"grant_type\":"
                  "\"authorization_code\",\"code\":\"def502code\",\"redirect_uri\":"
                  "\"https://our.host/crm/callback\"}"),
                sent);
    check(!memmem(sent.ptr, sent.len, "Authorization", 13));
    scene_end(&s);
}

TEST(a_grant_that_is_refused_asks_for_a_person_and_is_not_tried_twice)
{
    struct scene s;
    struct amo_grant g;

    scene_start(cx, &s);
    says(&s, 400, "{\"hint\":\"Authorization code has expired\",\"title\":\"t\",\"status\":400}");
    check_err(amo_grant_by_code(cx, &s.api, &oauth, S("c"), &g), ERR_UPSTREAM);
    check_int(AMO_RECONNECT, g.reply.class);
    check_str(S("Authorization code has expired"), g.reply.message);
    check_int(1, fake_vendor_requests(s.vendor));
    ctx_forgive(cx);
    scene_end(&s);

    scene_start(cx, &s);
    says(&s, 503, "");
    check_err(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g), ERR_UPSTREAM);
    check_int(AMO_RETRY, g.reply.class);
    check_int(1, fake_vendor_requests(s.vendor)); /* the token may be dead by now: not again */
    scene_end(&s);
}

TEST(an_answer_without_tokens_is_no_grant)
{
    static const char *const wrong[] = {
        "{}",
        "{\"access_token\":\"a\",\"expires_in\":86400}",
        "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":0}",
        "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":\"soon\"}",
        "{\"access_token\":[],\"refresh_token\":\"r\",\"expires_in\":86400}",
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct scene s;
        struct amo_grant g;

        scene_start(cx, &s);
        says(&s, 200, wrong[i]);
        check_err(amo_grant_by_code(cx, &s.api, &oauth, S("c"), &g), ERR_UPSTREAM);
        check_int(AMO_RETRY, g.reply.class);
        ctx_forgive(cx);
        scene_end(&s);
    }
}

TEST(an_account_that_moved_is_found_and_its_grant_renewed_there)
{
    struct scene s;
    struct amo_grant g;

    scene_start(cx, &s);
    says(&s, 404, "<html>");
    says(&s, 200, "{\"id\":7,\"subdomain\":\"renamed\",\"domain\":\"renamed.amocrm.ru\"}");
    says(&s, 200, TOKENS("fresh"));
    check_ok(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g));
    check_str(S("fresh"), g.access);
    check_str(S("renamed.amocrm.ru"), g.host);
    check_str(S("GET /amo/api-a/oauth2/account/current/subdomain HTTP/1.1"), first_line(cx, &s, 1));
    check_holds(S("X-Refresh-Token: old-refresh\r\n"), fake_vendor_request(s.vendor, cx->arena, 1));
    check_str(S("POST /amo/renamed/oauth2/access_token HTTP/1.1"), first_line(cx, &s, 2));
    scene_end(&s);
}

TEST(a_grant_that_is_dead_where_it_should_live_asks_for_a_person)
{
    static const char *const places[] = {
        "{\"id\":7,\"subdomain\":\"example\",\"domain\":\"example.amocrm.ru\"}",
        "{\"id\":7,\"subdomain\":\"example\"}",
    };
    struct scene s;
    struct amo_grant g;

    for (size_t i = 0; i < COUNT(places); i++) {
        scene_start(cx, &s);
        says(&s, 401, "{\"hint\":\"Token has been revoked\"}");
        says(&s, 200, places[i]);
        check_err(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g), ERR_UPSTREAM);
        check_int(AMO_RECONNECT, g.reply.class);
        check_int(2, fake_vendor_requests(s.vendor));
        ctx_forgive(cx);
        scene_end(&s);
    }
    scene_start(cx, &s); /* neither place knows it */
    says(&s, 401, "{\"hint\":\"Token has been revoked\"}");
    check_err(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g), ERR_UPSTREAM);
    check_int(AMO_RECONNECT, g.reply.class);
    check_int(2, fake_vendor_requests(s.vendor));
    ctx_forgive(cx);
    scene_end(&s);
}

TEST(a_passing_trouble_while_looking_for_an_account_does_not_end_the_connection)
{
    struct scene s;
    struct amo_grant g;

    scene_start(cx, &s);
    says(&s, 404, "<html>");
    says(&s, 503, "");
    check_err(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g), ERR_UPSTREAM);
    check_int(AMO_RETRY, g.reply.class);
    scene_end(&s);
}

TEST(an_account_is_never_looked_for_outside_the_vendors_domains)
{
    struct scene s;
    struct amo_grant g;

    scene_start(cx, &s);
    says(&s, 404, "<html>");
    says(&s, 200, "{\"id\":7,\"subdomain\":\"x\",\"domain\":\"x.evil.example\"}");
    check_err(amo_grant_renew(cx, &s.api, &oauth, &old_grant, &g), ERR_UPSTREAM);
    check_int(2, fake_vendor_requests(s.vendor));
    ctx_forgive(cx);
    scene_end(&s);

    struct amo_old_grant evil = {S("e30.eyJhcGlfZG9tYWluIjoiZXZpbC5leGFtcGxlIn0.c2VhbA"), S("r")};
    scene_start(cx, &s);
    says(&s, 404, "<html>");
    check_err(amo_grant_renew(cx, &s.api, &oauth, &evil, &g), ERR_UPSTREAM);
    check_int(AMO_RECONNECT, g.reply.class);
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(while_the_token_is_good_the_vendors_own_site_tells_the_address)
{
    struct scene s;
    struct amo_place p;

    scene_start(cx, &s);
    says(&s, 200, "{\"id\":7,\"subdomain\":\"renamed\",\"domain\":\"renamed.amocrm.ru\"}");
    struct str www = arena_fmt(cx->arena, "%s/amo/www", fake_vendor_url(s.vendor));
    check_ok(amo_place_by_token(cx, &s.api, www, &p));
    check_str(S("7"), p.account_id);
    check_str(S("renamed"), p.subdomain);
    check_str(S("renamed.amocrm.ru"), p.host);
    check_str(S("GET /amo/www/oauth2/account/subdomain HTTP/1.1"), first_line(cx, &s, 0));
    scene_end(&s);
}

TEST(consent_is_asked_for_with_a_state)
{
    check_str(S("https://www.amocrm.ru/oauth?client_id=a%20b&state=x%26y"),
              amo_consent_url(cx->arena, S("https://www.amocrm.ru"), S("a b"), S("x&y")));
}
