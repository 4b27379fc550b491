/* One event, one line. */
#include "base/json.h"
#include "base/log.h"
#include "test.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Standard error goes into a pipe while the test speaks. */
struct capture {
    int saved, pipe[2];
};

static void capture_begin(struct capture *c)
{
    check_int(0, pipe(c->pipe));
    c->saved = dup(STDERR_FILENO);
    dup2(c->pipe[1], STDERR_FILENO);
    close(c->pipe[1]);
}

static struct str capture_end(struct ctx *cx, struct capture *c)
{
    char *text = arena_alloc(cx->arena, 1 << 20, 1);
    size_t n = 0;
    ssize_t got;

    dup2(c->saved, STDERR_FILENO); /* closes the pipe's last writing end */
    close(c->saved);
    while ((got = read(c->pipe[0], text + n, (1 << 20) - n)) > 0)
        n += (size_t)got;
    close(c->pipe[0]);
    return (struct str){text, n};
}

static struct str field(struct ctx *cx, struct str line, const char *key)
{
    const struct json_in *root;
    struct str value = {0};

    check_ok(json_parse(cx, line, &root));
    check(json_as_str(json_get(root, key), &value));
    return value;
}

TEST(event_is_one_line_of_json_with_time_level_and_tag)
{
    struct capture c;

    capture_begin(&c);
    LOG(cx, LOG_WARN, "sync.failed", l_str("account", S("act_1")), l_int("rows", -7));
    struct str text = capture_end(cx, &c);

    check_str(S("{\"at\":\"2026-02-03T05:00:00.000Z\",\"level\":\"warn\",\"event\":\"sync.failed\","
                "\"tag\":\"test\",\"account\":\"act_1\",\"rows\":-7}\n"),
              text);
}

TEST(event_without_fields_or_without_a_ctx_is_logged_too)
{
    struct capture c;

    capture_begin(&c);
    log_event(NULL, LOG_ERROR, "no.ctx", NULL, 0);
    struct str text = capture_end(cx, &c);

    check_str(S("no.ctx"), field(cx, text, "event"));
    check_str(S("error"), field(cx, text, "level"));
}

TEST(events_below_the_level_are_not_written)
{
    struct capture c;

    capture_begin(&c);
    LOG(cx, LOG_DEBUG, "quiet", l_int("n", 1));
    log_set_level(LOG_ERROR);
    LOG(cx, LOG_WARN, "quiet", l_int("n", 1));
    log_set_level(LOG_DEBUG);
    LOG(cx, LOG_DEBUG, "heard", l_int("n", 1));
    log_set_level(LOG_INFO);
    struct str text = capture_end(cx, &c);

    check_str(S("heard"), field(cx, text, "event"));
}

TEST(no_value_can_break_the_line_or_drive_a_terminal)
{
    struct capture c;

    capture_begin(&c);
    LOG(cx, LOG_INFO, "e",
        l_str("v", S("a\n{\"x\":1}\x1b[2J\xc2\x9b"
                     "31m\x7f\\\"\xff ж")));
    struct str text = capture_end(cx, &c);

    check(memchr(text.ptr, '\n', text.len) == text.ptr + text.len - 1);
    check(memchr(text.ptr, 0x1b, text.len) == NULL);
    check(memmem(text.ptr, text.len, "\xc2\x9b", 2) == NULL);
    check_str(S("a\n{\"x\":1}\x1b[2J\xc2\x9b"
                "31m\x7f\\\"\xef\xbf\xbd ж"),
              field(cx, text, "v"));
}

TEST(long_values_are_cut_and_the_line_stays_json)
{
    char *text = arena_alloc(cx->arena, 10000, 1);
    struct log_field many[40];
    struct capture c;

    memset(text, 'x', 10000);
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = l_str("long", (struct str){text, 10000 - i});
    many[0].key = "first";
    capture_begin(&c);
    log_event(cx, LOG_INFO, "long", many, 1);
    log_event(cx, LOG_INFO, "full", many, COUNT(many));
    struct str lines = capture_end(cx, &c), line;

    check(str_cut(&lines, '\n', &line));
    check_int(600, field(cx, line, "first").len);
    check(str_cut(&lines, '\n', &line));
    check(line.len < 4096 && str_ends(line, S("\"}")));
    check(str_starts(line, S("{\"at\":")));
}

static void *speak(void *self)
{
    for (int i = 0; i < 100; i++)
        LOG(self, LOG_INFO, "thread", l_int("i", i),
            l_str("text", S("some text that makes the line long enough to be torn apart")));
    return NULL;
}

TEST(lines_of_several_threads_do_not_mix)
{
    pthread_t threads[2];
    struct ctx own[2] = {*cx, *cx};
    struct capture c;
    struct str line;
    size_t n = 0;

    capture_begin(&c); /* the pipe holds all of it, so no thread waits for a reader */
    for (size_t i = 0; i < COUNT(threads); i++)
        check_int(0, pthread_create(&threads[i], NULL, speak, &own[i]));
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    struct str text = capture_end(cx, &c);

    while (str_cut(&text, '\n', &line)) {
        check_str(S("thread"), field(cx, line, "event"));
        n++;
    }
    check_int(200, n);
}

static void count_trouble(void *self, const struct log_line *l)
{
    check(l->level >= LOG_WARN);
    check_str(S("it.broke"), str_of(l->event));
    *(size_t *)self += l->n;
}

TEST(who_looks_is_told_of_warnings_and_errors_and_of_nothing_else)
{
    struct capture c;
    size_t fields = 0;

    capture_begin(&c);
    log_observe(count_trouble, &fields);
    LOG(cx, LOG_INFO, "all.well", l_int("n", 1));
    LOG(cx, LOG_WARN, "it.broke", l_int("n", 1));
    LOG(cx, LOG_ERROR, "it.broke", l_int("n", 1), l_int("m", 2));
    log_observe(NULL, NULL);
    LOG(cx, LOG_ERROR, "it.broke", l_int("n", 1));
    capture_end(cx, &c);

    check_int(3, (int64_t)fields);
}
