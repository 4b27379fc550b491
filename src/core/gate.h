/* gate.h: the order at the door: address limit, identity, role, user limit, cache; then the body.
 */
#pragma once
#include "core/auth.h"

extern const struct gate core_gate;

struct limits; /* rate buckets in memory (GCRA); owns its mutex */
struct limits *limits_new(void);
void limits_free(struct limits **l);
/* Spends one from the bucket of `key`; on refusal sets *wait_ms. count per period_ms. */
bool limits_take(struct limits *l, struct str key, int64_t count, int64_t period_ms,
                 int64_t now_mono_ms, int64_t *wait_ms);
/* Puts one back: an answer from the cache, a password that was right. */
void limits_give(struct limits *l, struct str key, int64_t count, int64_t period_ms);
/* How many could be taken now, and when the bucket is full again. */
int64_t limits_left(struct limits *l, struct str key, int64_t count, int64_t period_ms,
                    int64_t now_mono_ms, int64_t *full_in_ms);
/* "PREFIX 192.0.2.7": an address's bucket; whoever has one IPv6 address has its whole /64. */
struct str limit_address_key(struct arena *a, const char *prefix, struct str remote_ip);

/* Two password hashes at once, 16 waiting, ERR_BUSY beyond: 46 MiB and 20 ms each. */
enum err hashing_enter(struct ctx *cx, struct limits *l) MUST_USE;
void hashing_leave(struct limits *l);

struct gate_counts { /* since the start */
    int64_t requests, failed, refused, cache_hits, cache_misses;
};
struct gate_counts gate_counts(const struct limits *l);
