/* retry_test.c: when a call is made again, and how long is waited. */
#include "scene.h"

TEST(a_storm_of_500_is_bounded)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 500, "", S("oh"));
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(500, r.status);
    check_str(S("oh"), r.body);
    check_int(4, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(waits_double_and_stay_below_the_cap)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    s.up.retry = (struct retry){.max_tries = 6, .base_ms = 1, .cap_ms = 4};
    fake_vendor_answers(s.vendor, 503, "", S(""));
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(6, r.tries);
    check(fake_clock_slept(test_clock(cx)) <= 1 + 2 + 4 + 4 + 4);
    scene_end(&s);
}

TEST(jitter_spreads_the_waits_of_clients_that_failed_together)
{
    struct scene s;
    struct reply r;
    int64_t waits[8], different = 0, slept = 0;

    scene_start(cx, &s);
    s.up.retry.max_tries = 2;
    fake_vendor_answers(s.vendor, 500, "", S(""));
    for (size_t i = 0; i < COUNT(waits); i++) {
        check_err(get(cx, &s, &r), ERR_UPSTREAM);
        waits[i] = fake_clock_slept(test_clock(cx)) - slept;
        slept += waits[i];
        check(waits[i] >= 0 && waits[i] <= 1000);
        different += i && waits[i] != waits[0];
    }
    check(different > 4);
    scene_end(&s);
}

TEST(retry_after_is_waited_for)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 429, "Retry-After: 7\r\n", S(""));
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    check_ok(get(cx, &s, &r));
    check_int(7000, fake_clock_slept(test_clock(cx)));
    check_int(2, r.tries);
    scene_end(&s);
}

TEST(retry_after_may_be_a_date)
{
    struct scene s;
    struct reply r;

    /* The fake clock says 2026-02-03 05:00:00 UTC. */
    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 503, "Retry-After: Tue, 03 Feb 2026 05:00:12 GMT\r\n", S(""));
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    check_ok(get(cx, &s, &r));
    check_int(12000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(a_retry_after_of_a_year_is_cut_to_the_cap)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 429, "Retry-After: 31536000\r\n", S(""));
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(429, r.status);
    check_int(3 * 30000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(nonsense_in_retry_after_is_ignored)
{
    static const char *const lines[] = {
        "Retry-After: soon\r\n", "Retry-After: -5\r\n", "Retry-After: 99999999999999999999\r\n",
        "Retry-After: Tue, 99 Foo 2026 05:00:12 GMT\r\n", "Retry-After: \r\n"};

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct scene s;
        struct reply r;
        scene_start(cx, &s);
        s.up.retry.max_tries = 1;
        fake_vendor_answers(s.vendor, 503, lines[i], S(""));
        check_err(get(cx, &s, &r), ERR_UPSTREAM);
        check_int(0, r.retry_after_ms);
        ctx_forgive(cx);
        scene_end(&s);
    }
}

TEST(a_client_error_is_not_tried_again)
{
    static const int statuses[] = {400, 401, 403, 404, 409, 422};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct scene s;
        struct reply r;
        scene_start(cx, &s);
        fake_vendor_answers(s.vendor, statuses[i], "", S("no"));
        check_err(get(cx, &s, &r), ERR_UPSTREAM);
        check_int(statuses[i], r.status);
        check_int(1, fake_vendor_requests(s.vendor));
        ctx_forgive(cx);
        scene_end(&s);
    }
}

TEST(a_post_is_sent_twice_only_when_that_is_said_to_be_harmless)
{
    struct scene s;
    struct reply r;
    struct call c = {.method = "POST", .path = S("/in"), .body = S("a=1")};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 503, "", S(""));
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_UPSTREAM);
    check_int(1, fake_vendor_requests(s.vendor));

    ctx_forgive(cx);
    s.up.retry.unsafe_ok = true;
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_UPSTREAM);
    check_int(1 + 4, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

static enum again body_decides(const struct reply *r, void *self, int64_t *wait_ms)
{
    int *asked = self;

    (*asked)++;
    *wait_ms = 3000;
    return str_eq(r->body, S("again")) ? AGAIN_YES : AGAIN_NO;
}

TEST(a_judge_overrules_the_status)
{
    struct scene s;
    struct reply r;
    int asked = 0;
    struct call c = {.path = S("/"), .judge = body_decides, .self = &asked};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("again"));
    fake_vendor_answers(s.vendor, 500, "", S("never"));
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_UPSTREAM);
    check_int(500, r.status);
    check_int(2, fake_vendor_requests(s.vendor));
    check_int(2, asked);
    check_int(3000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(a_200_that_the_judge_never_accepts_is_an_error)
{
    struct scene s;
    struct reply r;
    int asked = 0;
    struct call c = {.path = S("/"), .judge = body_decides, .self = &asked};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("again"));
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_UPSTREAM);
    check_int(200, r.status);
    check_int(4, r.tries);
    scene_end(&s);
}

TEST(our_own_pace_is_kept)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    s.up.per_minute = 60;
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (int i = 0; i < 66; i++) /* five seconds' worth may come at once */
        check_ok(get(cx, &s, &r));
    check_int(60000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}

TEST(an_upstream_may_let_fewer_calls_bunch_up)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    s.up.per_minute = 300;
    s.up.burst_ms = 200;
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (int i = 0; i < 12; i++) /* one more than the pace at once, then five a second */
        check_ok(get(cx, &s, &r));
    check_int(2000, fake_clock_slept(test_clock(cx)));
    scene_end(&s);
}
