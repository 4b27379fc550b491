/* cache.h: whole answers, keyed by route, normalised query, scope and data version.
 * The one rule: who may see what is part of the key. */
#pragma once
#include "http/http.h"

struct cache; /* owns its mutex; bounded in bytes, least recently used goes first */
struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache **c);
/* True when *body holds a copy in the arena. */
bool cache_get(struct cache *c, struct arena *a, struct str key, struct str *body,
               struct str *etag);
void cache_put(struct cache *c, struct str key, struct str body, struct str etag);
