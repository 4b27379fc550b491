/* test.c: runs what TEST() collected, through cmocka. */
#include "test.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct test *tests;
static struct ctx *current; /* of the running test, so that a failure can say what it said */

void test_add(struct test *t)
{
    struct test **end = &tests;

    while (*end)
        end = &(*end)->next;
    *end = t;
}

struct bench {
    struct ctx cx; /* first: a test is given its address */
    struct fake_clock clock;
};

struct fake_clock *test_clock(struct ctx *cx)
{
    return cx->clock->self;
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    if (!b)
        return 1;
    fake_clock_start(&b->clock, TEST_NOW_MS);
    b->cx.arena = arena_new(TEST_ARENA_CAP);
    b->cx.clock = &b->clock.clock;
    b->cx.tag = "test";
    /* cmocka hands the test's own pointer in *state; both travel in a pair. */
    void **pair = calloc(2, sizeof *pair);
    if (!pair)
        return 1;
    pair[0] = *state;
    pair[1] = b;
    *state = pair;
    current = &b->cx;
    return 0;
}

static void run(void **state)
{
    void **pair = *state;
    struct test *t = pair[0];
    struct bench *b = pair[1];

    t->run(&b->cx);
}

static int tear_down(void **state)
{
    void **pair = *state;
    struct bench *b = pair[1];

    current = NULL;
    arena_free(&b->cx.arena);
    free(b);
    free(pair);
    return 0;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    const char *wanted = argc > 1 ? argv[1] : "";

    for (struct test *t = tests; t; t = t->next)
        n += strstr(t->name, wanted) != NULL;
    struct CMUnitTest *list = calloc(n ? n : 1, sizeof *list);
    if (!list || !n) {
        fprintf(stderr, "no test has a name like \"%s\"\n", wanted);
        free(list);
        return 2;
    }
    n = 0;
    for (struct test *t = tests; t; t = t->next)
        if (strstr(t->name, wanted))
            list[n++] = (struct CMUnitTest){t->name, run, set_up, tear_down, t};
    const char *slash = strrchr(argv[0], '/');
    int failed = _cmocka_run_group_tests(slash ? slash + 1 : argv[0], list, n, NULL, NULL);
    free(list);
    return failed ? 1 : 0;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int64_t test_random_between(uint64_t *state, int64_t least, int64_t most)
{
    uint64_t span = (uint64_t)most - (uint64_t)least + 1;
    uint64_t draw = test_random(state);

    return (int64_t)((uint64_t)least + (span ? draw % span : draw));
}

void test_fail(struct test_at at, const char *fmt, ...)
{
    va_list ap;
    char text[2000];

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    print_error("%s\n", text);
    if (current && current->err)
        print_error("cx says: %s: %s\n", err_slug(current->err), current->why);
    _fail(at.file, at.line);
    abort(); /* _fail does not come back */
}

void test_skip(const char *why)
{
    print_message("skipped: %s\n", why);
    _skip(__FILE__, __LINE__);
}

void test_check(struct test_at at, bool holds)
{
    if (!holds)
        test_fail(at, "it does not hold that %s", at.text);
}

void test_check_int(struct test_at at, int64_t want, int64_t got)
{
    if (want != got)
        test_fail(at, "%s is %" PRId64 ", not %" PRId64, at.text, got, want);
}

void test_check_str(struct test_at at, struct str want, struct str got)
{
    if (!str_eq(want, got))
        test_fail(at, "%s is\n\"%.*s\", not\n\"%.*s\"", at.text, STR_FMT(got), STR_FMT(want));
}

void test_check_holds(struct test_at at, struct str part, struct str whole)
{
    if (part.len && (!whole.len || !memmem(whole.ptr, whole.len, part.ptr, part.len)))
        test_fail(at, "%s is\n\"%.*s\", in which \"%.*s\" is missing", at.text, STR_FMT(whole),
                  STR_FMT(part));
}

void test_check_err(struct test_at at, enum err got, enum err want)
{
    if (got != want)
        test_fail(at, "%s is \"%s\", not \"%s\"", at.text, err_slug(got), err_slug(want));
}
