/* map.h: text to number, in an arena: the look-up table of an import.
 * The one rule: keys are borrowed; they must live as long as the map. */
#pragma once
#include "base/base.h"

struct map_slot {
    struct str key; /* ptr NULL = free */
    int64_t value;
};
struct map {
    struct map_slot *slots;
    size_t n, cap; /* cap is a power of two, or 0 before the first key */
};
void map_put(struct arena *a, struct map *m, struct str key, int64_t value); /* replaces */
bool map_get(const struct map *m, struct str key, int64_t *value);
