/* crypto.h: the few primitives the product uses, all from libsodium.
 * The one rule: compare secrets only with crypto_same. */
#pragma once
#include "base/base.h"

enum { CRYPTO_KEY = 32, CRYPTO_MAC = 32, CRYPTO_HASH = 32 };

bool crypto_init(void); /* once, before threads */
void crypto_random(void *out, size_t n);
struct random { /* chance as a value, so that a test can fix it */
    void (*fill)(void *self, void *out, size_t n);
    void *self;
};
extern const struct random random_system;
struct str crypto_random_id(struct arena *a, const struct random *r, size_t bytes); /* base64url */

void hmac_sha256(struct str key, struct str message, unsigned char out[CRYPTO_MAC]);
void hash_blake2b(struct str key, struct str message,
                  unsigned char out[CRYPTO_HASH]); /* key may be empty */
void sha256(struct str message, unsigned char out[CRYPTO_HASH]);
bool crypto_same(struct str a, struct str b); /* constant time for equal lengths */
/* A 32-byte subkey for one purpose (8 characters, e.g. "sessions") of the master key. */
void crypto_subkey(const unsigned char master[CRYPTO_KEY], const char purpose[8],
                   unsigned char out[CRYPTO_KEY]);

/* Argon2id m=46 MiB t=1 p=1, PHC string; slow by design. Password: 1..128 bytes. */
enum err password_hash(struct ctx *cx, struct str password, struct str *phc) MUST_USE;
bool password_matches(struct str phc, struct str password);
bool password_is_stale(struct str phc); /* weaker than today's parameters: hash again */

/* XChaCha20-Poly1305; output nonce || box. `where` (table|row|column) is authenticated too, so a
 * sealed value cannot be moved to another row. */
struct str crypto_seal(struct arena *a, const unsigned char key[CRYPTO_KEY], struct str where,
                       struct str plain);
enum err crypto_open(struct ctx *cx, const unsigned char key[CRYPTO_KEY], struct str where,
                     struct str sealed, struct str *plain) MUST_USE;

struct str hex_text(struct arena *a, struct str bytes); /* lower case */
bool hex_bytes(struct arena *a, struct str text, struct str *out);
struct str base64url_text(struct arena *a, struct str bytes); /* no padding */
/* Canonical only: no padding, no stray bits in the last character. */
bool base64url_bytes(struct arena *a, struct str text, struct str *out);
