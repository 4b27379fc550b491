/* fetch_test.c: real libcurl against a server that misbehaves. */
#include "base/crypto.h"
#include "base/log.h"
#include "fake_vendor.h"
#include "fetch/fetch.h"
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <zlib.h>

static void fill_seeded(void *self, void *out, size_t n)
{
    uint64_t draw = test_random(self);

    memcpy(out, &draw, n < sizeof draw ? n : sizeof draw);
}

struct scene {
    struct fake_vendor *vendor;
    struct fetcher *fetcher;
    struct upstream up;
    uint64_t seed;
    struct random random;
};

static void scene_start(struct ctx *cx, struct scene *s)
{
    *s = (struct scene){.seed = 7};
    s->random = (struct random){fill_seeded, &s->seed};
    s->vendor = fake_vendor_start();
    s->up = (struct upstream){
        .name = "vendor",
        .base_url = fake_vendor_url(s->vendor),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 4, .base_ms = 1000, .cap_ms = 30000}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &s->random, &s->fetcher));
}

static void scene_end(struct scene *s)
{
    fetcher_free(&s->fetcher);
    fake_vendor_stop(&s->vendor);
}

static enum err get(struct ctx *cx, struct scene *s, struct reply *r)
{
    struct call c = {.path = S("/thing")};

    return fetch(cx, s->fetcher, &s->up, &c, r);
}

static void says(struct scene *s, const char *bytes)
{
    fake_vendor_says(s->vendor, &(struct fake_answer){.bytes = str_of(bytes)});
}

#define JSON_HEAD "Content-Type: Application/JSON; charset=utf-8\r\n"

/* ---- what a call looks like ---- */

TEST(a_reply_is_handed_over_with_status_type_and_headers)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, JSON_HEAD "X-App-Usage: {\"call_count\":1}\r\n",
                        S("{\"a\":1}"));

    check_ok(get(cx, &s, &r));

    check_int(200, r.status);
    check_str(S("{\"a\":1}"), r.body);
    check_str(S("application/json"), r.mime);
    check_str(S("{\"call_count\":1}"), reply_header(&r, "x-app-usage"));
    check_str(S(""), reply_header(&r, "x-missing"));
    check_int(1, r.tries);
    scene_end(&s);
}

TEST(query_and_bearer_and_headers_are_sent_encoded)
{
    struct scene s;
    struct reply r;
    const struct pair query[] = {
        {"fields",     S("a,b")                },
        {"time_range", S("{\"since\":\"x y\"}")}
    };
    const struct pair headers[] = {
        {"X-One", S("first")}
    };
    struct call c = {.path = S("/v1/it"),
                     .query = query,
                     .nquery = 2,
                     .headers = headers,
                     .nheaders = 1,
                     .bearer = S("tok-en")};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 204, "", S(""));
    check_ok(fetch(cx, s.fetcher, &s.up, &c, &r));

    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("GET /v1/it?fields=a%2Cb&time_range=%7B%22since%22%3A%22x%20y%22%7D HTTP/1.1"),
                sent);
    check_holds(S("\r\nX-One: first\r\n"), sent);
    check_holds(S("\r\nAuthorization: Bearer tok-en\r\n"), sent);
    check_int(0, r.body.len);
    scene_end(&s);
}

TEST(a_post_carries_its_body)
{
    struct scene s;
    struct reply r;
    struct call c = {.method = "POST", .path = S("/in"), .body = S("a=1&b=2")};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 201, "", S("made"));
    check_ok(fetch(cx, s.fetcher, &s.up, &c, &r));

    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("POST /in HTTP/1.1"), sent);
    check(str_ends(sent, S("\r\n\r\na=1&b=2")));
    scene_end(&s);
}

TEST(one_connection_serves_many_calls)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (int i = 0; i < 20; i++)
        check_ok(get(cx, &s, &r));

    check_int(20, fake_vendor_requests(s.vendor));
    check_int(1, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(a_line_end_in_a_header_is_refused_before_anything_is_sent)
{
    struct scene s;
    struct reply r;
    struct call c = {.path = S("/"), .bearer = S("tok\r\nX-Admin: yes")};

    scene_start(cx, &s);
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_BUG);
    check_int(0, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(compressed_replies_are_unpacked)
{
    struct scene s;
    struct reply r;
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    unsigned char wire[512];
    z_stream z = {.next_in = (unsigned char *)(uintptr_t) "hello hello hello",
                  .avail_in = 17,
                  .next_out = wire + sizeof head - 1,
                  .avail_out = sizeof wire - sizeof head};

    memcpy(wire, head, sizeof head - 1);
    check(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    check(deflate(&z, Z_FINISH) == Z_STREAM_END);
    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){
                                   .bytes = {(char *)wire, sizeof head - 1 + z.total_out}
    });
    deflateEnd(&z);

    check_ok(get(cx, &s, &r));
    check_str(S("hello hello hello"), r.body);
    scene_end(&s);
}

/* ---- broken replies ---- */

TEST(nobody_listening_is_tried_again_and_then_reported)
{
    struct scene s;
    struct reply r;
    int held = socket(AF_INET, SOCK_STREAM, 0); /* bound but not listening: refuses */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;

    scene_start(cx, &s);
    check(!bind(held, (struct sockaddr *)&at, n) && !getsockname(held, (struct sockaddr *)&at, &n));
    s.up.base_url =
        str_z(cx->arena, arena_fmt(cx->arena, "http://127.0.0.1:%d", ntohs(at.sin_port)));

    check_err(get(cx, &s, &r), ERR_UPSTREAM);

    check_int(0, r.status);
    check_int(4, r.tries);
    close(held);
    scene_end(&s);
}

TEST(a_reset_connection_is_tried_again_until_it_works)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = S(""), .reset = true});
    fake_vendor_says(
        s.vendor, &(struct fake_answer){.bytes = S("HTTP/1.1 200 OK\r\nContent-"), .reset = true});
    fake_vendor_answers(s.vendor, 200, "", S("at last"));

    check_ok(get(cx, &s, &r));

    check_str(S("at last"), r.body);
    check_int(3, r.tries);
    scene_end(&s);
}

TEST(half_a_body_is_no_reply)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    says(&s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":[");
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(0, r.status);
    check_int(0, r.body.len);
    check_int(4, r.tries);
    scene_end(&s);
}

TEST(half_a_chunk_is_no_reply)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    says(&s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"data\":[");
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(0, r.status);
    scene_end(&s);
}

TEST(bytes_past_the_stated_length_do_not_reach_the_next_call)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){
                                   .bytes = S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/"
                                              "1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
                                   .keep = true});
    fake_vendor_answers(s.vendor, 200, "", S("good"));
    check_ok(get(cx, &s, &r));
    check_str(S("ok"), r.body);
    check_ok(get(cx, &s, &r));
    check_str(S("good"), r.body);
    scene_end(&s);
}

TEST(noise_that_is_not_http_is_no_reply)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    says(&s, "\x16\x03\x01 what is this\r\n\r\n");
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(0, r.status);
    scene_end(&s);
}

TEST(a_body_over_the_cap_is_dropped_and_not_asked_for_again)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor,
                     &(struct fake_answer){.bytes = S("HTTP/1.1 200 OK\r\n\r\n"), .repeat = 64});
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check(r.is_too_large);
    check_int(0, r.body.len);
    check_int(1, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_length_over_the_cap_is_refused_unread)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    says(&s, "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n{");
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check(r.is_too_large);
    check_int(1, r.tries);
    scene_end(&s);
}

static struct str gzip_bomb(struct arena *a, size_t mib)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
    static unsigned char zeros[1 << 16];
    size_t room = mib * 2048 + 4096;
    char *out = arena_alloc(a, room, 1);
    z_stream z = {0};

    memcpy(out, head, sizeof head - 1);
    check(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_out = (unsigned char *)out + sizeof head - 1;
    z.avail_out = (unsigned)(room - sizeof head);
    for (size_t i = 0; i < mib * 16; i++) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        check(deflate(&z, i + 1 == mib * 16 ? Z_FINISH : Z_NO_FLUSH) != Z_STREAM_ERROR);
    }
    size_t n = sizeof head - 1 + z.total_out;
    deflateEnd(&z);
    return (struct str){out, n};
}

TEST(a_gzip_bomb_is_stopped_at_the_cap)
{
    struct scene s;
    struct reply r;
    struct rusage before, after;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = gzip_bomb(cx->arena, 256)});
    getrusage(RUSAGE_SELF, &before);
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    getrusage(RUSAGE_SELF, &after);
    check(r.is_too_large);
    check_int(1, r.tries);
    check(after.ru_maxrss - before.ru_maxrss < 32 * 1024);
    scene_end(&s);
}

TEST(endless_headers_are_cut_off)
{
    struct scene s;
    struct reply r;
    char *head = arena_alloc(cx->arena, 200000, 1);
    size_t n = (size_t)snprintf(head, 200000, "HTTP/1.1 200 OK\r\n");

    for (int i = 0; n < 190000; i++)
        n += (size_t)snprintf(head + n, 200000 - n, "X-%d: %0200d\r\n", i, i);
    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){
                                   .bytes = {head, n}
    });
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(0, r.status);
    scene_end(&s);
}

TEST(a_redirect_is_handed_over_and_not_followed)
{
    struct scene s;
    struct reply r;
    struct fake_vendor *inner = fake_vendor_start();
    struct str to = arena_fmt(cx->arena, "Location: %s/secret\r\n", fake_vendor_url(inner));

    scene_start(cx, &s);
    fake_vendor_answers(inner, 200, "", S("the own network"));
    fake_vendor_answers(s.vendor, 302, to.ptr, S(""));
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(302, r.status);
    check_int(0, fake_vendor_requests(inner));
    check_int(1, fake_vendor_requests(s.vendor));
    fake_vendor_stop(&inner);
    scene_end(&s);
}

TEST(html_under_200_is_handed_over_with_its_type)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "Content-Type: text/html\r\n", S("<html>no</html>"));
    check_ok(get(cx, &s, &r));
    check_str(S("text/html"), r.mime);
    scene_end(&s);
}

TEST(plain_text_where_tls_is_expected_is_an_upstream_error)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    says(&s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.up.base_url =
        str_z(cx->arena, arena_fmt(cx->arena, "https://127.0.0.1:%d", fake_vendor_port(s.vendor)));
    s.up.total_ms = 500; /* the fake waits for the end of a head that a handshake never has */
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(0, r.status);
    scene_end(&s);
}

/* ---- time ---- */

TEST(a_reply_that_does_not_come_is_a_timeout)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    s.up.total_ms = 150;
    s.up.retry.max_tries = 2;
    fake_vendor_says(
        s.vendor, &(struct fake_answer){.bytes = S("HTTP/1.1 200 OK\r\n\r\n"), .delay_ms = 600000});
    check_err(get(cx, &s, &r), ERR_TIMEOUT);
    check_int(0, r.status);
    check_int(2, fake_vendor_requests(s.vendor));
    scene_end(&s);
}

TEST(a_body_that_drips_is_given_up)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    s.up.total_ms = 2000;
    s.up.retry.max_tries = 1;
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = S("HTTP/1.1 200 OK\r\n\r\n"
                                                                "one byte at a time is no way to "
                                                                "answer anybody at all, ever"),
                                                     .drip = 1,
                                                     .drip_ms = 100});
    check_err(get(cx, &s, &r), ERR_TIMEOUT);
    scene_end(&s);
}

TEST(a_deadline_ends_a_call_and_its_retries)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 500, "Retry-After: 1\r\n", S(""));
    cx->deadline_ms = mono_ms(cx) + 500; /* the first wait would be longer */
    check_err(get(cx, &s, &r), ERR_UPSTREAM);
    check_int(500, r.status);
    check_int(1, fake_vendor_requests(s.vendor));
    check_int(0, fake_clock_slept(test_clock(cx)));

    ctx_forgive(cx);
    fake_clock_advance(test_clock(cx), 1000);
    check_err(get(cx, &s, &r), ERR_TIMEOUT);
    scene_end(&s);
}

struct background {
    struct scene *s;
    struct ctx cx;
    struct reply r;
    enum err err;
};

static void *run_background(void *self)
{
    struct background *b = self;

    b->err = get(&b->cx, b->s, &b->r);
    return NULL;
}

TEST(an_abort_ends_a_transfer_under_way)
{
    struct scene s;
    pthread_t thread;

    scene_start(cx, &s);
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = S("x"), .delay_ms = 600000});
    struct background b = {.s = &s, .cx = *cx};
    check(!pthread_create(&thread, NULL, run_background, &b));
    fake_vendor_wait(s.vendor, 1);
    fetcher_abort(s.fetcher);
    pthread_join(thread, NULL);
    check_err(b.err, ERR_BUSY);
    scene_end(&s);
}

struct sleeper { /* a clock on which sleeping aborts the fetcher */
    struct fetcher *fetcher;
    int64_t slept;
};
static int64_t stands_still(void *self)
{
    (void)self;
    return TEST_NOW_MS;
}
static void sleep_aborts(void *self, int64_t ms)
{
    struct sleeper *w = self;

    w->slept += ms;
    fetcher_abort(w->fetcher);
}

TEST(an_abort_ends_a_wait_between_tries)
{
    struct scene s;
    struct reply r;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 503, "Retry-After: 20\r\n", S(""));
    struct sleeper sleeper = {s.fetcher, 0};
    struct clock clock = {stands_still, stands_still, sleep_aborts, &sleeper};
    cx->clock = &clock;
    check_err(get(cx, &s, &r), ERR_BUSY);
    check_int(1, fake_vendor_requests(s.vendor));
    check(sleeper.slept <= 1000);
    scene_end(&s);
}

/* ---- trying again ---- */

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

/* ---- where a call may go ---- */

static enum err get_from(struct ctx *cx, struct scene *s, const char *base, struct str path)
{
    struct reply r;
    struct call c = {.path = path};

    ctx_forgive(cx);
    s->up.base_url = base;
    s->up.retry.max_tries = 1;
    return fetch(cx, s->fetcher, &s->up, &c, &r);
}

TEST(a_name_that_leads_to_loopback_is_not_connected_to)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("inside"));
    struct str base = arena_fmt(cx->arena, "https://localhost:%d", fake_vendor_port(s.vendor));
    check_err(get_from(cx, &s, str_z(cx->arena, base), S("/")), ERR_UPSTREAM);
    check_holds(S("private address"), str_of(cx->why));
    check_int(0, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(plain_http_is_only_for_private_addresses_in_numbers)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("inside"));
    struct str base = arena_fmt(cx->arena, "http://localhost:%d", fake_vendor_port(s.vendor));
    check_err(get_from(cx, &s, str_z(cx->arena, base), S("/")), ERR_INPUT);
    check_err(get_from(cx, &s, "http://graph.facebook.com", S("/")), ERR_INPUT);
    check_err(get_from(cx, &s, "http://8.8.8.8", S("/")), ERR_INPUT);
    check_int(0, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(loopback_in_other_spellings_is_the_same_loopback)
{
    static const char *const spellings[] = {"2130706433", "0x7f000001", "0177.0.0.1", "127.1"};
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (size_t i = 0; i < COUNT(spellings); i++) {
        struct str base =
            arena_fmt(cx->arena, "http://%s:%d", spellings[i], fake_vendor_port(s.vendor));
        check_ok(get_from(cx, &s, str_z(cx->arena, base), S("/")));
    }
    scene_end(&s);
}

TEST(other_schemes_and_passwords_in_the_base_address_are_refused)
{
    static const char *const bases[] = {"file:///etc/passwd",
                                        "gopher://127.0.0.1",
                                        "ftp://1.1.1.1",
                                        "https://user:pass@graph.facebook.com",
                                        "smtp://127.0.0.1",
                                        "",
                                        "graph",
                                        "https://",
                                        "https://a b/",
                                        "https://h/#frag"};
    struct scene s;

    scene_start(cx, &s);
    for (size_t i = 0; i < COUNT(bases); i++)
        check_err(get_from(cx, &s, bases[i], S("/x")), ERR_INPUT);
    scene_end(&s);
}

TEST(a_path_cannot_lead_to_another_host)
{
    static const char *const paths[] = {"@127.0.0.2/", ".evil.example/",  ":81/", "#x", "/a\r\nb",
                                        "/a b",        "\\@evil.example/"};
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (size_t i = 0; i < COUNT(paths); i++)
        check_err(get_from(cx, &s, "https://127.0.0.1", str_of(paths[i])), ERR_BUG);
    check_int(0, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(slashes_between_base_and_path_do_not_double)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    struct str base = arena_fmt(cx->arena, "%s/graph/", fake_vendor_url(s.vendor));
    check_ok(get_from(cx, &s, str_z(cx->arena, base), S("/me")));
    check_holds(S("GET /graph/me HTTP/1.1"), fake_vendor_request(s.vendor, cx->arena, 0));
    scene_end(&s);
}

/* ---- what is written down ---- */

struct captured { /* standard error, for as long as a test looks at it */
    int pipe[2], saved;
};

static void capture(struct captured *c)
{
    check(!pipe(c->pipe));
    c->saved = dup(STDERR_FILENO);
    dup2(c->pipe[1], STDERR_FILENO);
    log_set_level(LOG_DEBUG);
}

static struct str captured_text(struct arena *a, struct captured *c)
{
    char *text = arena_alloc(a, 65536, 1);

    log_set_level(LOG_INFO);
    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    close(c->pipe[1]);
    ssize_t n = read(c->pipe[0], text, 65535);
    close(c->pipe[0]);
    return (struct str){text, n < 0 ? 0 : (size_t)n};
}

static bool has(struct str text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

TEST(no_secret_reaches_the_log_or_the_error)
{
    struct scene s;
    struct reply r;
    struct captured log;
    const struct pair query[] = {
        {"access_token", S("QUERYSECRET")}
    };
    const struct pair headers[] = {
        {"X-Key", S("HEADERSECRET")}
    };
    struct call c = {.method = "POST",
                     .path = S("/botPATHSECRET/send?x=INPATHSECRET"),
                     .log_path = S("/bot/send"),
                     .query = query,
                     .nquery = 1,
                     .headers = headers,
                     .nheaders = 1,
                     .body = S("password=BODYSECRET"),
                     .bearer = S("BEARERSECRET")};

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 500, "X-Echo: REPLYHEADSECRET\r\n", S("REPLYSECRET"));
    fake_vendor_says(s.vendor, &(struct fake_answer){.bytes = S("BROKENSECRET"), .reset = true});
    capture(&log);
    enum err first = fetch(cx, s.fetcher, &s.up, &c, &r);
    struct str why = arena_str(cx->arena, str_of(cx->why));
    ctx_forgive(cx);
    enum err second = fetch(cx, s.fetcher, &s.up, &c, &r);
    struct str text = captured_text(cx->arena, &log);

    check_err(first, ERR_UPSTREAM);
    check_err(second, ERR_UPSTREAM);
    check(!has(text, "SECRET"));
    check(!has(why, "SECRET") && !has(str_of(cx->why), "SECRET"));
    check_holds(
        S("\"upstream\":\"vendor\",\"method\":\"POST\",\"path\":\"/bot/send\",\"status\":500,"
          "\"bytes\":11,"),
        text);
    check_holds(S("\"tries\":1"), text);
    scene_end(&s);
}

TEST(a_path_is_logged_without_its_query)
{
    struct scene s;
    struct captured log;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    capture(&log);
    enum err err = get_from(cx, &s, fake_vendor_url(s.vendor), S("/a?token=SECRET"));
    struct str text = captured_text(cx->arena, &log);
    check_ok(err);
    check_holds(S("\"path\":\"/a\""), text);
    check(!has(text, "SECRET"));
    scene_end(&s);
}

/* ---- many at once ---- */

static void *run_many(void *self)
{
    struct background *b = self;

    for (int i = 0; i < 25 && !b->err; i++)
        b->err = get(&b->cx, b->s, &b->r);
    return NULL;
}

TEST(threads_share_one_fetcher)
{
    enum { THREADS = 8 };
    struct scene s;
    pthread_t threads[THREADS];
    struct background work[THREADS];

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (size_t i = 0; i < THREADS; i++) {
        work[i] = (struct background){.s = &s, .cx = *cx};
        work[i].cx.arena = arena_new(1 << 20);
        check(!pthread_create(&threads[i], NULL, run_many, &work[i]));
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        arena_free(&work[i].cx.arena);
        check_ok(work[i].err);
    }
    check_int(THREADS * 25, fake_vendor_requests(s.vendor));
    check(fake_vendor_connections(s.vendor) <= THREADS);
    scene_end(&s);
}
