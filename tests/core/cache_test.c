/* The answer cache alone: bounded, least recently used first; and the rate buckets. */
#include "core/cache.h"
#include "core/gate.h"
#include "core/roles.h"
#include "test.h"

#include <pthread.h>

static struct str body_of(struct ctx *cx, struct cache *c, const char *key)
{
    struct str body = S("(none)"), etag;

    cache_get(c, cx->arena, str_of(key), &body, &etag);
    return body;
}

TEST(cache_gives_back_a_copy_under_exactly_its_key)
{
    struct cache *c = cache_new(1 << 20);

    cache_put(c, S("key"), S("body"), S("\"tag\""));

    check_str(S("body"), body_of(cx, c, "key"));
    check_str(S("(none)"), body_of(cx, c, "key2"));
    check_str(S("(none)"), body_of(cx, c, "ke"));
    cache_free(&c);
}

TEST(a_second_put_replaces_the_first)
{
    struct cache *c = cache_new(1 << 20);

    cache_put(c, S("key"), S("old"), S("1"));
    cache_put(c, S("key"), S("new"), S("2"));

    check_str(S("new"), body_of(cx, c, "key"));
    cache_free(&c);
}

TEST(what_was_used_longest_ago_makes_room)
{
    struct cache *c = cache_new(10000);
    struct str kilobyte = arena_fmt(cx->arena, "%01000d", 0);

    for (int i = 0; i < 6; i++)
        cache_put(c, arena_fmt(cx->arena, "k%d", i), kilobyte, S(""));
    check_str(kilobyte, body_of(cx, c, "k0"));
    for (int i = 6; i < 13; i++)
        cache_put(c, arena_fmt(cx->arena, "k%d", i), kilobyte, S(""));

    check_str(kilobyte, body_of(cx, c, "k0"));
    check_str(S("(none)"), body_of(cx, c, "k1"));
    check_str(kilobyte, body_of(cx, c, "k12"));
    cache_free(&c);
}

TEST(an_answer_too_large_for_the_cache_pushes_nothing_out)
{
    struct cache *c = cache_new(8000);

    cache_put(c, S("small"), S("1"), S(""));
    cache_put(c, S("large"), arena_fmt(cx->arena, "%05000d", 0), S(""));

    check_str(S("1"), body_of(cx, c, "small"));
    check_str(S("(none)"), body_of(cx, c, "large"));
    cache_free(&c);
}

static void *use_cache(void *self)
{
    struct cache *c = self;
    struct arena *a = arena_new(8 << 20);
    struct str body, etag;

    for (int i = 0; i < 3000; i++) {
        struct str key = arena_fmt(a, "k%d", i % 97);
        cache_put(c, key, key, key);
        if (cache_get(c, a, key, &body, &etag) && !str_eq(body, key))
            return self;
    }
    arena_free(&a);
    return NULL;
}

TEST(cache_may_be_used_by_many_threads)
{
    struct cache *c = cache_new(8000);
    pthread_t threads[4];
    void *wrong;

    for (size_t i = 0; i < COUNT(threads); i++)
        check_int(0, pthread_create(&threads[i], NULL, use_cache, c));
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], &wrong);
        check(!wrong);
    }
    cache_free(&c);
}

/* ---- buckets ---- */

static int take_many(struct limits *l, const char *key, int tries, int64_t now)
{
    int taken = 0;
    int64_t wait;

    for (int i = 0; i < tries; i++)
        taken += limits_take(l, str_of(key), 60, 120000, now, &wait);
    return taken;
}

TEST(sixty_go_through_at_once_and_the_next_waits_two_seconds)
{
    struct limits *l = limits_new();
    int64_t wait = 0;

    check_int(60, take_many(l, "a", 60, 5000));
    check(!limits_take(l, S("a"), 60, 120000, 5000, &wait));
    check_int(2000, wait);

    check(!limits_take(l, S("a"), 60, 120000, 6999, &wait));
    check(limits_take(l, S("a"), 60, 120000, 7000, &wait));
    check(!limits_take(l, S("a"), 60, 120000, 7000, &wait));
    limits_free(&l);
}

TEST(a_refusal_costs_nothing)
{
    struct limits *l = limits_new();

    take_many(l, "a", 1000, 0);

    check_int(1, take_many(l, "a", 5, 2000));
    limits_free(&l);
}

TEST(buckets_of_different_keys_are_apart)
{
    struct limits *l = limits_new();

    check_int(60, take_many(l, "a", 100, 0));
    check_int(60, take_many(l, "b", 100, 0));
    limits_free(&l);
}

TEST(what_is_given_back_can_be_taken_again)
{
    struct limits *l = limits_new();
    int64_t full_in;

    take_many(l, "a", 60, 0);
    limits_give(l, S("a"), 60, 120000);

    check_int(1, limits_left(l, S("a"), 60, 120000, 0, &full_in));
    check_int(118000, full_in);
    check_int(1, take_many(l, "a", 5, 0));
    limits_free(&l);
}

TEST(giving_back_never_makes_a_bucket_larger)
{
    struct limits *l = limits_new();

    for (int i = 0; i < 10; i++)
        limits_give(l, S("a"), 60, 120000);

    check_int(60, take_many(l, "a", 100, 0));
    limits_free(&l);
}

TEST(a_flood_of_keys_does_not_free_a_spent_one)
{
    struct limits *l = limits_new();

    take_many(l, "spent", 60, 1000);
    for (int i = 0; i < 20000; i++)
        take_many(l, str_z(cx->arena, arena_fmt(cx->arena, "other %d", i)), 1, 1000);

    check_int(0, take_many(l, "spent", 1, 1000));
    limits_free(&l);
}

TEST(a_limit_wider_than_a_call_a_millisecond_still_counts)
{
    struct limits *l = limits_new();
    int64_t wait, full_in;

    for (int i = 0; i < 1000; i++)
        check(limits_take(l, S("a"), 1000000000, 120000, 0, &wait));
    check(limits_left(l, S("a"), 1000000000, 120000, 0, &full_in) > 0);
    limits_give(l, S("a"), 1000000000, 120000);
    limits_free(&l);
}

/* ---- roles ---- */

TEST(roles_go_by_the_names_of_the_database)
{
    static const char *const names[] = {"viewer", "targetologist", "team_lead", "admin"};
    enum role r;

    for (size_t i = 0; i < COUNT(names); i++) {
        check(role_parse(str_of(names[i]), &r));
        check_int(i + 1, r);
        check_str(str_of(names[i]), str_of(role_name(r)));
    }
    check(!role_parse(S("public"), &r));
    check(!role_parse(S("Admin"), &r));
    check(!role_parse(S(""), &r));
}
