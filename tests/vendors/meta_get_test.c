/* meta_get_test.c: Meta's calls over a real connection to a server that plays Meta. */
#include "base/crypto.h"
#include "fake_vendor.h"
#include "test.h"
#include "vendors/meta.h"

#include <string.h>

struct scene {
    struct fake_vendor *vendor;
    struct upstream up;
    struct meta meta;
    size_t pages, rows;
    enum err page_err;
};

static void scene_start(struct ctx *cx, struct scene *s)
{
    *s = (struct scene){.vendor = fake_vendor_start()};
    s->up = (struct upstream){
        .name = "meta",
        .base_url = str_z(cx->arena, arena_fmt(cx->arena, "%s/graph", fake_vendor_url(s->vendor))),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 5, .base_ms = 1000, .cap_ms = 60000}
    };
    s->meta = (struct meta){
        .upstream = &s->up,
        .auth = {.version = S("v25.0"), .token = S("EAAtesttoken")},
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &s->meta.fetcher));
}

static void scene_end(struct scene *s)
{
    fetcher_free(&s->meta.fetcher);
    fake_vendor_stop(&s->vendor);
}

static void answers(struct ctx *cx, struct scene *s, int status, const char *name)
{
    fake_vendor_answers(s->vendor, status, "Content-Type: application/json\r\n",
                        vendor_reply(cx->arena, name));
}

static enum err get_me(struct ctx *cx, struct scene *s, struct meta_reply *r)
{
    struct meta_call call = meta_call_me();

    return meta_get(cx, &s->meta, &call, r);
}

static enum err count_rows(struct ctx *cx, const struct json_in *data, void *self)
{
    struct scene *s = self;
    struct json_iter it = json_iter(data);
    struct meta_insight insight;
    enum err err = OK;

    s->pages++;
    for (const struct json_in *row; (row = json_next(&it, NULL)); s->rows++)
        TRY(meta_insight_read(cx, row, &insight));
    if (s->page_err)
        err = fail(cx, s->page_err, "the page was not liked");
out:
    return err;
}

static enum err walk(struct ctx *cx, struct scene *s, int limit, struct meta_reply *last)
{
    struct meta_insights_ask ask = {.account = S("act_212551616838260"),
                                    .since = S("2026-02-03"),
                                    .until = S("2026-02-04"),
                                    .limit = limit};
    struct meta_call call = meta_call_insights(cx->arena, &ask);
    struct meta_walk w = {.page = count_rows, .self = s};

    return meta_each_page(cx, &s->meta, &call, &w, last);
}

TEST(the_token_goes_into_the_header_and_never_into_the_address)
{
    struct scene s;
    struct meta_reply r;
    struct meta_user user;

    scene_start(cx, &s);
    s.meta.auth.app_secret = S("testsecret");
    answers(cx, &s, 200, "meta/me.json");
    check_ok(get_me(cx, &s, &r));
    check_ok(meta_user_read(cx, r.root, &user));
    check_str(S("122100000000000001"), user.id);

    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0), line;
    check_holds(S("GET /graph/v25.0/me?fields=id%2Cname&appsecret_proof="
                  "04b7e75728e14a60ccc36273bc088203ac5110d7f970f93b31ca470ff1a5fa6e HTTP/1.1"),
                sent);
    check_holds(S("Authorization: Bearer EAAtesttoken\r\n"), sent);
    check(str_cut(&sent, '\n', &line));
    check(!memmem(line.ptr, line.len, "EAA", 3));
    scene_end(&s);
}

TEST(insights_are_asked_by_ad_and_day_in_pages)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 200, "meta/insights_page1.json");
    answers(cx, &s, 200, "meta/insights_page2.json");
    check_ok(walk(cx, &s, 100, &last));

    check_int(2, s.pages);
    check_int(3, s.rows);
    check_int(2, fake_vendor_requests(s.vendor));
    struct str first = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("/graph/v25.0/act_212551616838260/insights?level=ad&fields=account_id%2C"),
                first);
    check_holds(S("&time_increment=1&time_range=%7B%22since%22%3A%222026-02-03%22%2C%22until%22%3A"
                  "%222026-02-04%22%7D&limit=100 HTTP/1.1"),
                first);
    check(!memmem(first.ptr, first.len, "publisher_platform", 18));
    check_holds(S("&limit=100&after=MjQZD HTTP/1.1"), fake_vendor_request(s.vendor, cx->arena, 1));
    scene_end(&s);
}

TEST(an_empty_list_is_one_call)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 200, "meta/insights_empty_with_cursors.json");
    check_ok(walk(cx, &s, 100, &last));
    check_int(1, s.pages);
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_list_whose_next_is_itself_ends_in_an_error)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 200, "meta/list_next_is_self.json");
    check_err(walk(cx, &s, 100, &last), ERR_UPSTREAM);
    check_holds(S("circle"), str_of(cx->why));
    check_int(2, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_list_that_goes_round_in_a_longer_circle_ends_too)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    for (int i = 0; i < 60; i++) {
        struct str body = arena_fmt(cx->arena,
                                    "{\"data\":[],\"paging\":{\"cursors\":{\"after\":\"c%d\"},"
                                    "\"next\":\"x\"}}",
                                    i < 5 ? i : 5 + i % 7);
        fake_vendor_answers(s.vendor, 200, "", body);
    }
    check_err(walk(cx, &s, 100, &last), ERR_UPSTREAM);
    check_holds(S("circle"), str_of(cx->why));
    check(fake_vendor_requests(s.vendor) < 40);
    scene_end(&s);
}

TEST(a_list_without_end_stops_at_the_page_cap)
{
    struct scene s;
    struct meta_reply last;
    struct meta_call call = meta_call_accounts(100);
    struct meta_walk w = {.page = count_rows, .self = &s, .max_pages = 3};

    scene_start(cx, &s);
    for (int i = 0; i < 5; i++)
        fake_vendor_answers(s.vendor, 200, "",
                            arena_fmt(cx->arena,
                                      "{\"data\":[],\"paging\":{\"cursors\":{\"after\":\"c%d\"},"
                                      "\"next\":\"x\"}}",
                                      i));
    check_err(meta_each_page(cx, &s.meta, &call, &w, &last), ERR_UPSTREAM);
    check_int(3, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_page_that_its_reader_refuses_ends_the_walk)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    s.page_err = ERR_CONFLICT;
    answers(cx, &s, 200, "meta/insights_page1.json");
    check_err(walk(cx, &s, 100, &last), ERR_CONFLICT);
    check_str(S("the page was not liked"), str_of(cx->why));
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_wrong_row_on_a_later_page_fails_the_whole_list)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 200, "meta/insights_page1.json");
    answers(cx, &s, 200, "meta/wrong_insight_spend_is_a_word.json");
    check_err(walk(cx, &s, 100, &last), ERR_UPSTREAM);
    check_holds(S("spend"), str_of(cx->why));
    scene_end(&s);
}

TEST(too_much_data_is_asked_again_in_smaller_pages)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 500, "meta/error_reduce.json");
    answers(cx, &s, 400, "meta/error_too_many_rows.json");
    answers(cx, &s, 200, "meta/insights_page2.json");
    check_ok(walk(cx, &s, 100, &last));
    check_int(1, s.rows);
    check_holds(S("&limit=50 "), fake_vendor_request(s.vendor, cx->arena, 1));
    check_holds(S("&limit=25 "), fake_vendor_request(s.vendor, cx->arena, 2));
    scene_end(&s);
}

TEST(too_much_data_in_the_smallest_pages_is_the_callers_to_split)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    answers(cx, &s, 400, "meta/error_too_many_rows.json");
    check_err(walk(cx, &s, 100, &last), ERR_UPSTREAM);
    check_int(META_SPLIT, last.class);
    check_int(3, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_reply_over_the_cap_is_split_too)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    s.up.max_reply = 300;
    answers(cx, &s, 200, "meta/insights_page1.json");
    check_err(walk(cx, &s, 4, &last), ERR_UPSTREAM);
    check_int(META_SPLIT, last.class);
    check_int(3, fake_vendor_requests(s.vendor)); /* pages of 4, 2 and 1 */
    scene_end(&s);
}

TEST(a_dead_token_is_reported_at_once_and_not_tried_again)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 400, "meta/error_token_expired.json");
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_RECONNECT, r.class);
    check_int(190, r.code);
    check_int(463, r.subcode);
    check_str(S("AXyz0123456789abcdefghi"), r.trace_id);
    check_holds(S("reconnect, code 190/463"), str_of(cx->why));
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_dead_token_inside_a_200_is_the_same_dead_token)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 200, "meta/error_token_expired.json");
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_RECONNECT, r.class);
    check_int(200, r.status);
    scene_end(&s);
}

TEST(no_token_is_repeated_in_what_an_operator_reads)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 400, "meta/error_token_echoed.json");
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check(!strstr(cx->why, "EAAB"));
    check(!memmem(r.message.ptr, r.message.len, "EAAB", 4));
    scene_end(&s);
}

TEST(passing_trouble_is_tried_again_and_forgotten)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 400, "meta/error_transient.json");
    answers(cx, &s, 200, "meta/error_unknown.json");
    fake_vendor_answers(s.vendor, 502, "Content-Type: text/html\r\n",
                        vendor_reply(cx->arena, "meta/bad_gateway.html"));
    answers(cx, &s, 200, "meta/cut.json");
    answers(cx, &s, 200, "meta/me.json");
    check_ok(get_me(cx, &s, &r));
    check_err(cx->err, OK);
    check_int(META_OK, r.class);
    check_int(0, r.code);
    check_int(5, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(trouble_that_does_not_pass_is_bounded)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 502, "Content-Type: text/html\r\n",
                        vendor_reply(cx->arena, "meta/bad_gateway.html"));
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_RETRY, r.class);
    check_int(502, r.status);
    check_int(5, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(html_under_200_is_passing_trouble)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "Content-Type: text/html\r\n",
                        vendor_reply(cx->arena, "meta/bad_gateway.html"));
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_RETRY, r.class);
    check(!r.root);
    scene_end(&s);
}

#define REGAIN(minutes)                                                                            \
    "X-Business-Use-Case-Usage: {\"1\":[{\"call_count\":100,"                                      \
    "\"estimated_time_to_regain_access\":" minutes "}]}\r\n"

TEST(a_short_wait_that_the_headers_name_is_waited)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 400, REGAIN("1"),
                        vendor_reply(cx->arena, "meta/error_business_limit.json"));
    answers(cx, &s, 200, "meta/me.json");
    check_ok(get_me(cx, &s, &r));
    check_int(60000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(a_long_wait_is_reported_and_not_waited)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 400, REGAIN("19"),
                        vendor_reply(cx->arena, "meta/error_business_limit.json"));
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_WAIT_ACCOUNT, r.class);
    check_int(19 * 60000, r.wait_ms);
    check_int(100, r.usage.account_percent);
    check_int(0, fake_clock_slept(test_clock(cx)));
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_limit_without_headers_is_tried_a_few_times_and_then_reported)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 403, "meta/error_app_limit.json");
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_WAIT_APP, r.class);
    check(r.wait_ms > 0);
    check_int(5, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_policy_block_is_not_tried_again)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    answers(cx, &s, 400, "meta/error_policy.json");
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check(r.wait_ms >= 3600000);
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(between_pages_a_nearly_full_window_slows_down)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "X-App-Usage: {\"call_count\":80}\r\n",
                        vendor_reply(cx->arena, "meta/insights_page1.json"));
    answers(cx, &s, 200, "meta/insights_page2.json");
    check_ok(walk(cx, &s, 100, &last));
    check_int(2750, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(between_pages_a_full_window_ends_the_walk_when_the_wait_is_long)
{
    struct scene s;
    struct meta_reply last;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, REGAIN("30"),
                        vendor_reply(cx->arena, "meta/insights_page1.json"));
    check_err(walk(cx, &s, 100, &last), ERR_UPSTREAM);
    check_int(META_WAIT_ACCOUNT, last.class);
    check_int(30 * 60000, last.wait_ms);
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_dying_version_is_noticed)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "X-Ad-Api-Version-Warning: soon\r\n",
                        vendor_reply(cx->arena, "meta/me.json"));
    answers(cx, &s, 400, "meta/error_version.json");
    check_ok(get_me(cx, &s, &r));
    check(r.version_is_ending);
    check_err(get_me(cx, &s, &r), ERR_UPSTREAM);
    check_int(META_VERSION_DEAD, r.class);
    scene_end(&s);
}

TEST(a_version_that_is_none_is_refused_before_calling)
{
    static const char *const wrong[] = {"",        "25.0",    "v25",   "v25.00", "v.0",
                                        "v1234.0", "v25.0/x", "v2 .0", "latest"};
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        s.meta.auth.version = str_of(wrong[i]);
        check_err(get_me(cx, &s, &r), ERR_INPUT);
        ctx_forgive(cx);
    }
    check_int(0, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(silence_asks_for_smaller_pieces_and_an_abort_ends_all)
{
    struct scene s;
    struct meta_reply r;

    scene_start(cx, &s);
    s.up.total_ms = 100;
    s.up.retry.max_tries = 1;
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = S("x"), .delay_ms = 600000});
    check_err(get_me(cx, &s, &r), ERR_TIMEOUT);
    check_int(META_SPLIT, r.class);
    check_int(0, r.status);

    ctx_forgive(cx);
    fetcher_abort(s.meta.fetcher);
    check_err(get_me(cx, &s, &r), ERR_BUSY);
    scene_end(&s);
}

TEST(an_account_id_cannot_leave_its_place_in_the_path)
{
    struct meta_insights_ask ask = {
        .account = S("act_1/../2?x="), .since = S("2026-02-03"), .until = S("2026-02-03")};

    check_str(S("/act_1%2F..%2F2%3Fx%3D/insights"), meta_call_insights(cx->arena, &ask).path);
    check_str(S("/act_7/ads"), meta_call_ads(cx->arena, S("7"), 50).path);
}

TEST(deleted_and_archived_objects_are_asked_for)
{
    struct meta_call calls[] = {meta_call_campaigns(cx->arena, S("act_1"), 100),
                                meta_call_adsets(cx->arena, S("act_1"), 100),
                                meta_call_ads(cx->arena, S("act_1"), 100)};

    for (size_t i = 0; i < COUNT(calls); i++) {
        check_str(S("effective_status"), str_of(calls[i].query[1].name));
        check_holds(S("\"DELETED\",\"ARCHIVED\""), calls[i].query[1].value);
    }
}
