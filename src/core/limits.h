/* limits.h: what the gate keeps in memory. Included by core's gate and login only.
 * The one rule: the hashing door has its own lock, since people wait there for a long time. */
#pragma once
#include "core/gate.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LIMIT_WAYS = 8, LIMIT_SETS = 4096, RATE_PERIOD_MS = 120 * 1000 };

struct bucket {
    uint64_t key;       /* 0 = free */
    int64_t full_at_ms; /* monotonic; GCRA's "theoretical arrival time" */
};
struct limits {
    struct arena *arena;
    unsigned char seed[CRYPTO_KEY]; /* so that nobody can aim for somebody else's bucket */
    pthread_mutex_t lock;           /* guards sets */
    struct bucket (*sets)[LIMIT_WAYS];

    pthread_mutex_t hash_lock; /* guards the next three */
    pthread_cond_t hash_free;
    int hashing, hash_waiting;

    _Atomic int64_t requests, failed, refused, cache_hits, cache_misses;
};

struct str limit_user_key(struct req *rq); /* of the signed-in user's bucket */

/* ---- gate_cached.c ---- */
bool gate_cached(struct req *rq, const struct route *rt, struct resp *rs);
void gate_keep(struct req *rq, const struct route *rt,
               struct resp *rs); /* the answer, if it may be */
