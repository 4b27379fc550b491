/* fuzz.h: what every harness begins with.
 * The one rule: a harness states what must hold with must(); anything else that goes wrong is the
 * sanitizers' to find. Inputs that once broke something are kept in corpus/<name>/. */
#pragma once
#include "base/base.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(claim) ((claim) ? (void)0 : fuzz_broken(#claim, __FILE__, __LINE__))
static inline void fuzz_broken(const char *claim, const char *file, int line)
{
    fprintf(stderr, "%s:%d: it does not hold that %s\n", file, line, claim);
    abort();
}

enum { FUZZ_ARENA_CAP = 16 << 20 };
static inline struct ctx fuzz_begin(void)
{
    return (struct ctx){.arena = arena_new(FUZZ_ARENA_CAP), .clock = &clock_system, .tag = "fuzz"};
}
static inline int fuzz_end(struct ctx *cx)
{
    arena_free(&cx->arena);
    return 0;
}
static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
    return (struct str){(const char *)data, size};
}
