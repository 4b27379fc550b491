/* fetch_test.c: calls as they go out, and what is written down about them. */
#include "base/log.h"
#include "scene.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <zlib.h>

#define JSON_HEAD "Content-Type: Application/JSON; charset=utf-8\r\n"

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
    s.random = random_system; /* the seeded one is for one thread */
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

/* ---- who looks ---- */

struct seen_calls {
    struct fetch_seen last;
    char path[64];
    int n;
};

static void see_call(void *self, const struct fetch_seen *s)
{
    struct seen_calls *seen = self;

    seen->last = *s;
    snprintf(seen->path, sizeof seen->path, "%.*s", STR_FMT(s->path));
    seen->n++;
}

TEST(who_looks_is_told_of_every_call_without_its_query_and_its_token)
{
    struct scene s;
    struct reply r;
    struct seen_calls seen = {0};
    struct call c = {.path = S("/v1/it?after=secret"), .bearer = S("tok-en")};

    scene_start(cx, &s);
    fetcher_observe(s.fetcher, see_call, &seen);
    fake_vendor_answers(s.vendor, 500, "", S("no"));
    fake_vendor_answers(s.vendor, 404, "", S("none"));
    check_err(fetch(cx, s.fetcher, &s.up, &c, &r), ERR_UPSTREAM);

    check_int(1, seen.n);
    check_str(S("/v1/it"), str_of(seen.path));
    check_str(S("GET"), str_of(seen.last.method));
    check_str(S("vendor"), str_of(seen.last.upstream));
    check_int(404, seen.last.status);
    check_int(2, seen.last.tries);
    check_int(4, seen.last.bytes);
    check(seen.last.error == NULL);

    ctx_forgive(cx);
    check(get_from(cx, &s, "http://127.0.0.1:1", S("/x")) != OK);
    check_int(0, seen.last.status);
    check(seen.last.error != NULL);
    fetcher_observe(s.fetcher, NULL, NULL);
    check(get_from(cx, &s, "http://127.0.0.1:1", S("/x")) != OK);
    check_int(2, seen.n);
    scene_end(&s);
}
