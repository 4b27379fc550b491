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
