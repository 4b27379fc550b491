/* limits.c: rate buckets (GCRA: one instant per key) and the door before password hashing.
 * Memory is fixed: where a set is full the bucket that is nearest to empty of spending makes room.
 */
#include "core/limits.h"

#include <string.h>

enum { LIMITS_CAP = 8 << 20, MOST_HASHING = 2, MOST_HASH_WAITING = 16, HASH_RETRY_MS = 1000 };

struct limits *limits_new(void)
{
    struct arena *a = arena_new(LIMITS_CAP);
    struct limits *l = arena_new_of(a, struct limits);

    l->arena = a;
    l->sets = arena_alloc(a, sizeof *l->sets * LIMIT_SETS, _Alignof(struct bucket));
    crypto_random(l->seed, sizeof l->seed);
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->hash_lock, NULL);
    pthread_cond_init(&l->hash_free, NULL);
    return l;
}

void limits_free(struct limits **l)
{
    if (!*l)
        return;
    struct arena *a = (*l)->arena;
    pthread_cond_destroy(&(*l)->hash_free);
    pthread_mutex_destroy(&(*l)->hash_lock);
    pthread_mutex_destroy(&(*l)->lock);
    *l = NULL;
    arena_free(&a);
}

static uint64_t key_of(const struct limits *l, struct str key)
{
    unsigned char hash[CRYPTO_HASH];
    uint64_t out;

    hash_blake2b((struct str){(const char *)l->seed, sizeof l->seed}, key, hash);
    memcpy(&out, hash, sizeof out);
    return out ? out : 1;
}

/* The key's bucket; without one, the bucket of its set that was full again longest ago. */
static struct bucket *bucket_of(struct limits *l, uint64_t key)
{
    struct bucket *set = l->sets[key % LIMIT_SETS], *oldest = set;

    for (size_t i = 0; i < LIMIT_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (!set[i].key || (oldest->key && set[i].full_at_ms < oldest->full_at_ms))
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key};
    return oldest;
}

/* From one call to the next. More than one in a millisecond is no limit worth counting. */
static int64_t step_of(int64_t count, int64_t period_ms)
{
    return count < period_ms ? period_ms / count : 1;
}

bool limits_take(struct limits *l, struct str key, int64_t count, int64_t period_ms,
                 int64_t now_mono_ms, int64_t *wait_ms)
{
    uint64_t hashed = key_of(l, key);
    int64_t step = step_of(count, period_ms);

    pthread_mutex_lock(&l->lock);
    struct bucket *b = bucket_of(l, hashed);
    int64_t full_at = b->full_at_ms > now_mono_ms ? b->full_at_ms : now_mono_ms;
    int64_t allowed_at = full_at + step - step * count;
    bool is_taken = allowed_at <= now_mono_ms;
    if (is_taken)
        b->full_at_ms = full_at + step;
    pthread_mutex_unlock(&l->lock);
    *wait_ms = is_taken ? 0 : allowed_at - now_mono_ms;
    return is_taken;
}

void limits_give(struct limits *l, struct str key, int64_t count, int64_t period_ms)
{
    uint64_t hashed = key_of(l, key);

    pthread_mutex_lock(&l->lock);
    bucket_of(l, hashed)->full_at_ms -= step_of(count, period_ms);
    pthread_mutex_unlock(&l->lock);
}

int64_t limits_left(struct limits *l, struct str key, int64_t count, int64_t period_ms,
                    int64_t now_mono_ms, int64_t *full_in_ms)
{
    uint64_t hashed = key_of(l, key);
    int64_t step = step_of(count, period_ms);

    pthread_mutex_lock(&l->lock);
    int64_t full_at = bucket_of(l, hashed)->full_at_ms;
    pthread_mutex_unlock(&l->lock);
    *full_in_ms = full_at > now_mono_ms ? full_at - now_mono_ms : 0;
    int64_t spent = (*full_in_ms + step - 1) / step;
    return spent < count ? count - spent : 0;
}

enum err hashing_enter(struct ctx *cx, struct limits *l)
{
    bool is_full;

    pthread_mutex_lock(&l->hash_lock);
    is_full = l->hash_waiting >= MOST_HASH_WAITING;
    if (!is_full) {
        l->hash_waiting++;
        while (l->hashing >= MOST_HASHING)
            pthread_cond_wait(&l->hash_free, &l->hash_lock);
        l->hash_waiting--;
        l->hashing++;
    }
    pthread_mutex_unlock(&l->hash_lock);
    if (!is_full)
        return OK;
    cx->retry_after_ms = HASH_RETRY_MS;
    return fail(cx, ERR_BUSY, "too many sign-ins at once");
}

void hashing_leave(struct limits *l)
{
    pthread_mutex_lock(&l->hash_lock);
    l->hashing--;
    pthread_cond_signal(&l->hash_free);
    pthread_mutex_unlock(&l->hash_lock);
}

struct gate_counts gate_counts(const struct limits *l)
{
    return (struct gate_counts){.requests = atomic_load(&l->requests),
                                .failed = atomic_load(&l->failed),
                                .refused = atomic_load(&l->refused),
                                .cache_hits = atomic_load(&l->cache_hits),
                                .cache_misses = atomic_load(&l->cache_misses)};
}
