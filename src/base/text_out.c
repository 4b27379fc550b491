/* text_out.c: text that grows in an arena. */
#include "base/text_out.h"

#include <string.h>

enum { LEAST_CAP = 64 };

struct text_out text_out(struct arena *a, size_t cap)
{
    cap = cap < LEAST_CAP ? LEAST_CAP : cap;
    return (struct text_out){a, arena_alloc(a, cap, 1), 0, cap};
}

void text_put(struct text_out *t, const char *text, size_t n)
{
    if (n > t->cap - t->n) {
        if (arena_over(t->arena))
            return;
        size_t cap = (t->cap > n ? t->cap : n) * 2;
        char *bigger = arena_alloc(t->arena, cap, 1);
        memcpy(bigger, t->at, t->n);
        t->at = bigger;
        t->cap = cap;
    }
    if (n)
        memcpy(t->at + t->n, text, n);
    t->n += n;
}
