/* cache.c: a hash table with a list by last use. One allocation per entry: head, key, etag, body.
 */
#include "core/cache.h"
#include "base/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096, SHARE = 8 }; /* one answer takes at most an eighth of the room */

struct entry {
    struct entry *next_in_slot;
    struct entry *newer, *older; /* by last use */
    uint64_t hash;
    size_t size;
    struct str key, body, etag; /* behind this struct */
};
struct cache {
    pthread_mutex_t lock; /* guards all that follows */
    size_t most, used;
    unsigned char seed[CRYPTO_KEY];
    struct entry *newest, *oldest;
    struct entry *slots[SLOTS];
};

static void *must(void *p)
{
    if (!p)
        abort(); /* allocation cannot fail in this house */
    return p;
}

struct cache *cache_new(size_t max_bytes)
{
    struct cache *c = must(calloc(1, sizeof *c));

    pthread_mutex_init(&c->lock, NULL);
    c->most = max_bytes;
    crypto_random(c->seed, sizeof c->seed);
    return c;
}

void cache_free(struct cache **c)
{
    if (!*c)
        return;
    for (struct entry *e = (*c)->newest, *older; e; e = older) {
        older = e->older;
        free(e);
    }
    pthread_mutex_destroy(&(*c)->lock);
    free(*c);
    *c = NULL;
}

static uint64_t hash_of(const struct cache *c, struct str key)
{
    unsigned char hash[CRYPTO_HASH];
    uint64_t out;

    hash_blake2b((struct str){(const char *)c->seed, sizeof c->seed}, key, hash);
    memcpy(&out, hash, sizeof out);
    return out;
}

static void list_remove(struct cache *c, struct entry *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void list_add(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static struct entry **slot_of(struct cache *c, uint64_t hash, struct str key)
{
    struct entry **at = &c->slots[hash % SLOTS];

    while (*at && ((*at)->hash != hash || !str_eq((*at)->key, key)))
        at = &(*at)->next_in_slot;
    return at;
}

static void drop(struct cache *c, struct entry **at)
{
    struct entry *e = *at;

    *at = e->next_in_slot;
    list_remove(c, e);
    c->used -= e->size;
    free(e);
}

bool cache_get(struct cache *c, struct arena *a, struct str key, struct str *body, struct str *etag)
{
    uint64_t hash = hash_of(c, key);

    pthread_mutex_lock(&c->lock);
    struct entry *e = *slot_of(c, hash, key);
    if (e) {
        *body = arena_str(a, e->body);
        *etag = arena_str(a, e->etag);
        list_remove(c, e);
        list_add(c, e);
    }
    pthread_mutex_unlock(&c->lock);
    return e != NULL;
}

static struct str append(char **at, struct str s)
{
    struct str copy = {*at, s.len};

    if (s.len)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static struct entry *entry_new(uint64_t hash, struct str key, struct str body, struct str etag)
{
    size_t size = sizeof(struct entry) + key.len + body.len + etag.len;
    struct entry *e = must(malloc(size));
    char *at = (char *)(e + 1);

    *e = (struct entry){.hash = hash, .size = size};
    e->key = append(&at, key);
    e->etag = append(&at, etag);
    e->body = append(&at, body);
    return e;
}

void cache_put(struct cache *c, struct str key, struct str body, struct str etag)
{
    if (key.len + body.len + etag.len > c->most / SHARE)
        return;
    struct entry *e = entry_new(hash_of(c, key), key, body, etag);

    pthread_mutex_lock(&c->lock);
    struct entry **at = slot_of(c, e->hash, key);
    if (*at)
        drop(c, at);
    while (c->oldest && c->used + e->size > c->most)
        drop(c, slot_of(c, c->oldest->hash, c->oldest->key));
    at = &c->slots[e->hash % SLOTS];
    e->next_in_slot = *at;
    *at = e;
    list_add(c, e);
    c->used += e->size;
    pthread_mutex_unlock(&c->lock);
}
