/* map.c: open addressing over a power of two, FNV-1a, at most three quarters full. */
#include "base/map.h"

static size_t hash(struct str key)
{
    uint64_t h = 14695981039346656037ULL;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.ptr[i]) * 1099511628211ULL;
    return (size_t)(h ^ (h >> 32));
}

static struct map_slot *slot_of(const struct map *m, struct str key)
{
    size_t i = hash(key) & (m->cap - 1);

    while (m->slots[i].key.ptr && !str_eq(m->slots[i].key, key))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static void grow(struct arena *a, struct map *m)
{
    struct map bigger = {.cap = m->cap ? m->cap * 2 : 64, .n = m->n};

    bigger.slots = arena_alloc(a, bigger.cap * sizeof *bigger.slots, _Alignof(struct map_slot));
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key.ptr)
            *slot_of(&bigger, m->slots[i].key) = m->slots[i];
    *m = bigger;
}

void map_put(struct arena *a, struct map *m, struct str key, int64_t value)
{
    struct map_slot *slot;

    if (!key.ptr)
        key.ptr = "";
    if (m->n + 1 > m->cap / 4 * 3)
        grow(a, m);
    slot = slot_of(m, key);
    m->n += !slot->key.ptr;
    *slot = (struct map_slot){key, value};
}

bool map_get(const struct map *m, struct str key, int64_t *value)
{
    const struct map_slot *slot;

    if (!m->cap)
        return false;
    slot = slot_of(m, key);
    if (!slot->key.ptr)
        return false;
    *value = slot->value;
    return true;
}
