/* arena.c: memory that is forgotten whole. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
/* Poisoned gaps between the pieces let the sanitizer see a step past an end. */
enum { GAP = 16 };
#define POISON(at, n) ASAN_POISON_MEMORY_REGION((at), (n))
#define UNPOISON(at, n) ASAN_UNPOISON_MEMORY_REGION((at), (n))
#else
enum { GAP = 0 };
#define POISON(at, n) ((void)(at), (void)(n))
#define UNPOISON(at, n) ((void)(at), (void)(n))
#endif

enum { FIRST_BLOCK = 8 << 10, LARGEST_BLOCK = 1 << 20, LEAST_ALIGN = GAP ? 8 : 1 };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct block *first, *current;
    size_t used, cap;
    bool over;
};

static void *memory(size_t size)
{
    void *at = malloc(size);

    if (!at) {
        fputs("trafficd: out of memory\n", stderr);
        abort();
    }
    return at;
}

struct arena *arena_new(size_t cap)
{
    struct arena *a = memory(sizeof *a);

    *a = (struct arena){.cap = cap};
    return a;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        UNPOISON(b->data, b->size);
        free(b);
        b = next;
    }
}

void arena_free(struct arena **a)
{
    if (!*a)
        return;
    free_blocks((*a)->first);
    free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    if (a->over && a->first) { /* one page that ran away must not hold its memory for ever */
        free_blocks(a->first->next);
        a->first->next = NULL;
    }
    for (struct block *b = a->first; b; b = b->next) {
        b->used = 0;
        POISON(b->data, b->size);
    }
    a->current = a->first;
    a->used = 0;
    a->over = false;
}

static void add_block(struct arena *a, size_t least)
{
    size_t size = FIRST_BLOCK;

    if (a->current)
        size = a->current->size < LARGEST_BLOCK / 2 ? a->current->size * 2 : LARGEST_BLOCK;
    if (size < least)
        size = least;
    struct block *b = memory(sizeof *b + size);
    *b = (struct block){.size = size};
    POISON(b->data, b->size);
    if (a->current) {
        b->next = a->current->next;
        a->current->next = b;
    } else {
        a->first = b;
    }
    a->current = b;
}

static char *take(struct block *b, size_t size, size_t align)
{
    uintptr_t base = (uintptr_t)b->data;
    size_t at = (size_t)((base + b->used + align - 1) / align * align - base);

    if (at > b->size || b->size - at < size + GAP)
        return NULL;
    b->used = at + size + GAP;
    UNPOISON(b->data + at, size);
    return b->data + at;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
    char *at = NULL;

    if (align < LEAST_ALIGN)
        align = LEAST_ALIGN;
    if (size > SIZE_MAX / 2 - align) {
        fputs("trafficd: an impossible amount of memory was asked for\n", stderr);
        abort();
    }
    a->used += size;
    if (a->used > a->cap)
        a->over = true;
    while (a->current && !(at = take(a->current, size, align)) && a->current->next)
        a->current = a->current->next;
    if (!at) {
        add_block(a, size + align + GAP);
        at = take(a->current, size, align);
    }
    memset(at, 0, size);
    return at;
}

bool arena_over(const struct arena *a)
{
    return a->over;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *at = arena_alloc(a, s.len, 1);

    if (s.len)
        memcpy(at, s.ptr, s.len);
    return (struct str){at, s.len};
}

struct str arena_vfmt(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        return S("");
    char *at = arena_alloc(a, (size_t)n + 1, 1);
    vsnprintf(at, (size_t)n + 1, fmt, ap);
    return (struct str){at, (size_t)n};
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct str text = arena_vfmt(a, fmt, ap);
    va_end(ap);
    return text;
}

void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t item)
{
    size_t more = *cap ? *cap * 2 : 8;

    if (more > SIZE_MAX / 4 / item)
        more = SIZE_MAX / 4 / item; /* arena_alloc refuses what is still too much */
    char *bigger = arena_alloc(a, more * item, _Alignof(max_align_t));
    if (n)
        memcpy(bigger, at, n * item);
    *cap = more;
    return bigger;
}
