/* webhook_key.c: valid hashes in memory, read again when somebody says so, when they are old, or
 * when a key is unknown and the list is not brand new. */
#include "core/webhook_key.h"
#include "core/webhook_key.sql.h"

#include <pthread.h>
#include <string.h>

enum {
    MOST_KEYS = 512, /* each landing page has up to four */
    LONGEST_SOURCE = 32,
    LONGEST_KEY = 256,
    KEY_BYTES = 24,
    KEPT_MS = 10 * 1000, /* another process may have changed the keys */
    HINT = 4
};

struct known_key {
    char source[LONGEST_SOURCE];
    size_t source_len;
    unsigned char hash[CRYPTO_HASH];
};
struct key_list {
    struct known_key at[MOST_KEYS];
    size_t n;
};
struct webhook_keys {
    struct arena *arena;
    pthread_mutex_t lock; /* guards what follows */
    struct key_list list;
    int64_t read_mono_ms;
    uint64_t generation; /* moves when the list is to be forgotten */
    bool is_read;
};

struct webhook_keys *webhook_keys_new(void)
{
    struct arena *a = arena_new(sizeof(struct webhook_keys) + 4096);
    struct webhook_keys *k = arena_new_of(a, struct webhook_keys);

    k->arena = a;
    pthread_mutex_init(&k->lock, NULL);
    return k;
}

void webhook_keys_free(struct webhook_keys **k)
{
    if (!*k)
        return;
    struct arena *a = (*k)->arena;
    pthread_mutex_destroy(&(*k)->lock);
    *k = NULL;
    arena_free(&a);
}

void webhook_keys_forget(struct webhook_keys *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->is_read = false;
    k->generation++;
    pthread_mutex_unlock(&k->lock);
}

static void add_key(struct key_list *list, struct str source, struct str hash)
{
    if (list->n == MOST_KEYS || source.len > LONGEST_SOURCE || hash.len != CRYPTO_HASH)
        return;
    struct known_key *key = &list->at[list->n++];
    memcpy(key->source, source.ptr, source.len);
    key->source_len = source.len;
    memcpy(key->hash, hash.ptr, CRYPTO_HASH);
}

static enum err read_keys(struct ctx *cx, struct app *app, struct key_list *list)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    list->n = 0;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_webhook_keys_valid, NO_ARGS, &rows));
    while (rows_next(rows))
        add_key(list, col_str(rows, "source"), col_str(rows, "hash"));
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* Looks at every key, whichever fits: the time says nothing about where it was found. */
static bool is_in(const struct key_list *list, struct str source, struct str hash)
{
    bool is_found = false;

    for (size_t i = 0; i < list->n; i++) {
        const struct known_key *key = &list->at[i];
        bool same = crypto_same((struct str){(const char *)key->hash, CRYPTO_HASH}, hash);
        is_found |= same && str_eq((struct str){key->source, key->source_len}, source);
    }
    return is_found;
}

/* Asks the list in memory; *age_ms is how old it is, -1 without one. */
static bool is_known(struct webhook_keys *k, struct str source, struct str hash, int64_t mono,
                     int64_t *age_ms)
{
    bool is_found = false;

    pthread_mutex_lock(&k->lock);
    *age_ms = k->is_read ? mono - k->read_mono_ms : -1;
    if (k->is_read && *age_ms < KEPT_MS)
        is_found = is_in(&k->list, source, hash);
    pthread_mutex_unlock(&k->lock);
    return is_found;
}

static uint64_t generation_of(struct webhook_keys *k)
{
    pthread_mutex_lock(&k->lock);
    uint64_t generation = k->generation;
    pthread_mutex_unlock(&k->lock);
    return generation;
}

static void remember(struct webhook_keys *k, const struct key_list *list, uint64_t generation,
                     int64_t mono)
{
    pthread_mutex_lock(&k->lock);
    if (k->generation == generation) {
        k->list = *list;
        k->read_mono_ms = mono;
        k->is_read = true;
    }
    pthread_mutex_unlock(&k->lock);
}

static enum err find(struct ctx *cx, struct app *app, struct str source, struct str hash,
                     bool *is_found)
{
    enum err err = OK;
    struct webhook_keys *k = app->hooks;
    struct key_list *list = arena_new_of(cx->arena, struct key_list);
    int64_t mono = mono_ms(cx), age = -1;
    uint64_t generation = k ? generation_of(k) : 0;

    *is_found = k && is_known(k, source, hash, mono, &age);
    /* Guesses must not become queries: a list of this second is believed. */
    if (*is_found || (age >= 0 && age < 1000))
        return OK;
    TRY(read_keys(cx, app, list));
    *is_found = is_in(list, source, hash);
    if (k)
        remember(k, list, generation, mono);
out:
    return err;
}

enum err webhook_key_check(struct ctx *cx, struct app *app, struct str source, struct str setting,
                           struct str presented)
{
    enum err err;
    unsigned char hash[CRYPTO_HASH], own[CRYPTO_HASH];
    bool is_found;

    if (!presented.len || presented.len > LONGEST_KEY)
        return fail(cx, ERR_AUTH, "no key was sent");
    hash_blake2b(S(""), presented, hash);
    hash_blake2b(S(""), setting, own);
    struct str given = {(const char *)hash, sizeof hash};
    bool is_setting = crypto_same(given, (struct str){(const char *)own, sizeof own});
    if (setting.len && is_setting)
        return OK;
    TRY(find(cx, app, source, given, &is_found));
    if (!is_found)
        err = fail(cx, ERR_AUTH, "the key is not valid");
out:
    return err;
}

static enum err retire(struct tx *tx, struct str source, int64_t keep)
{
    return db_exec(
        tx, &q_webhook_keys_retire,
        ARGS(a_str("source", source), a_int("now", now_ms(tx_ctx(tx))), a_int("keep", keep)), NULL);
}

enum err webhook_key_create(struct tx *tx, const struct app *app, struct str source,
                            struct str *plain)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    unsigned char hash[CRYPTO_HASH];

    TRY(retire(tx, source, 1));
    *plain = crypto_random_id(a, app->random, KEY_BYTES);
    hash_blake2b(S(""), *plain, hash);
    TRY(db_exec(tx, &q_webhook_key_insert,
                ARGS(a_str("source", source),
                     a_blob("hash", (struct str){(const char *)hash, sizeof hash}),
                     a_str("hint", (struct str){plain->ptr + plain->len - HINT, HINT}),
                     a_int("now", now_ms(tx_ctx(tx)))),
                NULL));
out:
    return err;
}

enum err webhook_key_retire_old(struct tx *tx, struct str source)
{
    return retire(tx, source, 1);
}

enum err webhook_key_exists(struct tx *tx, struct str source, bool *out)
{
    enum err err;
    int64_t n = 0;

    TRY(db_get_int(tx, &q_webhook_key_count, ARGS(a_str("source", source)), &n, NULL));
    *out = n > 0;
out:
    return err;
}
