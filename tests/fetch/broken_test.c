/* broken_test.c: replies that are broken, endless, or never come. */
#include "scene.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <zlib.h>

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

/* ---- all at once ---- */

static void add_fault(struct scene *s, int64_t kind)
{
    switch (kind) {
    case 0:
        fake_vendor_says(s->vendor, &(struct fake_answer){.bytes = S("HTTP/1.1 2"), .reset = true});
        return;
    case 1:
        says(s, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
        return;
    case 2:
        fake_vendor_answers(s->vendor, 503, "Retry-After: 1\r\n", S("later"));
        return;
    case 3:
        fake_vendor_answers(s->vendor, 429, "", S("slow down"));
        return;
    case 4:
        says(s, "\x15\x03noise\r\n\r\n");
        return;
    case 5:
        says(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        return;
    case 6:
        says(s, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all");
        return;
    default:
        fake_vendor_answers(s->vendor, 200, "", S("the right answer"));
    }
}

TEST(whatever_the_mix_of_faults_only_whole_replies_come_through)
{
    enum { CALLS = 400 };
    struct scene s;
    struct reply r;
    uint64_t seed = 99;
    size_t good = 0;

    scene_start(cx, &s);
    for (int i = 0; i < CALLS * 4; i++)
        add_fault(&s, test_random_between(&seed, 0, 9));
    for (int i = 0; i < CALLS; i++) {
        ctx_forgive(cx);
        if (get(cx, &s, &r) == OK) {
            check_str(S("the right answer"), r.body);
            good++;
        } else {
            check(cx->err == ERR_UPSTREAM && cx->why[0]);
        }
    }
    check(good > CALLS / 2);
    check(fake_vendor_requests(s.vendor) <= CALLS * 4);
    scene_end(&s);
}
