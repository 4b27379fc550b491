/* The arena: memory that is forgotten whole. */
#include "test.h"

#include <string.h>

TEST(arena_gives_zeroed_memory_even_after_a_reset)
{
    struct arena *a = arena_new(1 << 20);

    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 20000; size = size * 2 + 1) {
            unsigned char *at = arena_alloc(a, size, 1);
            for (size_t i = 0; i < size; i++)
                check_int(0, at[i]);
            memset(at, 0xaa, size);
        }
        arena_reset(a);
    }
    arena_free(&a);
    check(a == NULL);
}

TEST(arena_free_accepts_what_was_freed)
{
    struct arena *a = NULL;

    arena_free(&a);

    check(a == NULL);
}

TEST(arena_keeps_the_alignment_asked_for)
{
    for (size_t align = 1; align <= 64; align *= 2) {
        arena_alloc(cx->arena, 3, 1);
        void *at = arena_alloc(cx->arena, align, align);
        check_int(0, (uintptr_t)at % align);
    }
}

TEST(arena_past_its_cap_is_marked_over_and_still_serves)
{
    struct arena *a = arena_new(1000);

    arena_alloc(a, 1000, 1);
    check(!arena_over(a));
    char *more = arena_alloc(a, 5000, 1);
    memset(more, 1, 5000);

    check(arena_over(a));
    arena_reset(a);
    check(!arena_over(a));
    arena_free(&a);
}

TEST(arena_serves_pieces_larger_than_any_block)
{
    char *at = arena_alloc(cx->arena, 5 << 20, 16);

    memset(at, 7, 5 << 20);

    check_int(7, at[(5 << 20) - 1]);
    check(!arena_over(cx->arena));
}

TEST(arena_pieces_do_not_overlap)
{
    uint64_t seed = 1;
    struct {
        unsigned char *at;
        size_t n;
    } pieces[500];

    for (size_t i = 0; i < COUNT(pieces); i++) {
        pieces[i].n = (size_t)test_random_between(&seed, 0, 3000);
        pieces[i].at = arena_alloc(cx->arena, pieces[i].n, (size_t)1 << (i % 5));
        memset(pieces[i].at, (int)(i % 251), pieces[i].n);
    }

    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t k = 0; k < pieces[i].n; k++)
            check_int((int)(i % 251), pieces[i].at[k]);
}

TEST(arena_copy_does_not_depend_on_its_source)
{
    char source[] = "abc";

    struct str copy = arena_str(cx->arena, str_of(source));
    source[0] = 'x';

    check_str(S("abc"), copy);
    check_str(S(""), arena_str(cx->arena, S("")));
}

TEST(arena_format_is_as_long_as_it_must_be)
{
    struct str text = arena_fmt(cx->arena, "%s-%d-%0300d", "a", 7, 5);

    check_int(304, text.len);
    check(str_starts(text, S("a-7-000")));
    check_int(0, text.ptr[text.len]);
}

TEST(vec_grows_and_keeps_what_it_held)
{
    VEC(int64_t) v = {0};

    for (int64_t i = 0; i < 10000; i++)
        *vec_add(cx->arena, &v) = i * i;

    check_int(10000, v.n);
    for (int64_t i = 0; i < 10000; i++)
        check_int(i * i, v.at[i]);
}

TEST(vec_items_are_new_and_zeroed)
{
    struct pair {
        int a, b;
    };
    VEC(struct pair) v = {0};

    for (int i = 0; i < 100; i++) {
        struct pair *p = vec_add(cx->arena, &v);
        check_int(0, p->a | p->b);
        p->a = p->b = -1;
    }
}
