/* text_out.h: text that grows in an arena; under the writers of JSON and CSV.
 * The one rule: past the arena's cap nothing more is kept, and arena_over() tells so at the end. */
#pragma once
#include "base/base.h"

struct text_out {
    struct arena *arena;
    char *at;
    size_t n, cap;
};
struct text_out text_out(struct arena *a, size_t cap); /* cap: expected bytes, not a limit */
void text_put(struct text_out *t, const char *text, size_t n);
