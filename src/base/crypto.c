/* crypto.c: libsodium is named here and nowhere else. */
#include "base/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Argon2id as OWASP's ASVS asks for one pass: at least 46 MiB. One lane is what sodium does. */
enum { PASSES = 1, MEMORY_KIB = 47104, LONGEST_PASSWORD = 128 };
enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

static const unsigned char *bytes(struct str s)
{
    return (const unsigned char *)(s.len ? s.ptr : "");
}

bool crypto_init(void)
{
    return sodium_init() >= 0;
}

/* ---- chance ---- */

void crypto_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

static void system_fill(void *self, void *out, size_t n)
{
    (void)self;
    crypto_random(out, n);
}

const struct random random_system = {system_fill, NULL};

struct str crypto_random_id(struct arena *a, const struct random *r, size_t n)
{
    char *raw = arena_alloc(a, n, 1);

    r->fill(r->self, raw, n);
    return base64url_text(a, (struct str){raw, n});
}

/* ---- digests ---- */

void hmac_sha256(struct str key, struct str message, unsigned char out[CRYPTO_MAC])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, bytes(key), key.len);
    crypto_auth_hmacsha256_update(&state, bytes(message), message.len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void hash_blake2b(struct str key, struct str message, unsigned char out[CRYPTO_HASH])
{
    assert(key.len <= crypto_generichash_KEYBYTES_MAX);
    crypto_generichash(out, CRYPTO_HASH, bytes(message), message.len, key.len ? bytes(key) : NULL,
                       key.len);
}

void sha256(struct str message, unsigned char out[CRYPTO_HASH])
{
    crypto_hash_sha256(out, bytes(message), message.len);
}

bool crypto_same(struct str a, struct str b)
{
    return a.len == b.len && sodium_memcmp(bytes(a), bytes(b), a.len) == 0;
}

void crypto_subkey(const unsigned char master[CRYPTO_KEY], const char purpose[8],
                   unsigned char out[CRYPTO_KEY])
{
    crypto_kdf_derive_from_key(out, CRYPTO_KEY, 1, purpose, master);
}

/* ---- passwords ---- */

enum err password_hash(struct ctx *cx, struct str password, struct str *phc)
{
    char text[crypto_pwhash_STRBYTES];

    if (password.len < 1 || password.len > LONGEST_PASSWORD)
        return fail(cx, ERR_INPUT, "a password has 1 to %d bytes", LONGEST_PASSWORD);
    if (crypto_pwhash_str_alg(text, password.ptr, password.len, PASSES, (size_t)MEMORY_KIB * 1024,
                              crypto_pwhash_ALG_ARGON2ID13))
        return fail(cx, ERR_BUSY, "no memory to hash a password");
    *phc = arena_str(cx->arena, str_of(text));
    return OK;
}

bool password_matches(struct str phc, struct str password)
{
    char text[crypto_pwhash_STRBYTES] = {0};

    if (phc.len >= sizeof text || password.len < 1 || password.len > LONGEST_PASSWORD)
        return false;
    if (phc.len)
        memcpy(text, phc.ptr, phc.len);
    return crypto_pwhash_str_verify(text, password.ptr, password.len) == 0;
}

static bool take_number(struct str *rest, struct str name, int64_t *out)
{
    struct str part;

    if (!str_starts(*rest, name) || !str_cut(rest, name.ptr[0] == 'p' ? '$' : ',', &part))
        return false;
    return str_to_int((struct str){part.ptr + name.len, part.len - name.len}, out);
}

bool password_is_stale(struct str phc)
{
    struct str prefix = S("$argon2id$v=19$"), rest;
    int64_t memory, passes;

    if (!str_starts(phc, prefix))
        return true;
    rest = (struct str){phc.ptr + prefix.len, phc.len - prefix.len};
    return !take_number(&rest, S("m="), &memory) || !take_number(&rest, S("t="), &passes) ||
           memory < MEMORY_KIB || passes < PASSES;
}

/* ---- sealing ---- */

struct str crypto_seal(struct arena *a, const unsigned char key[CRYPTO_KEY], struct str where,
                       struct str plain)
{
    size_t size = NONCE + plain.len + SEAL;
    unsigned char *out = arena_alloc(a, size, 1);

    crypto_random(out, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, bytes(plain), plain.len,
                                               bytes(where), where.len, NULL, out, key);
    return (struct str){(const char *)out, size};
}

enum err crypto_open(struct ctx *cx, const unsigned char key[CRYPTO_KEY], struct str where,
                     struct str sealed, struct str *plain)
{
    if (sealed.len < NONCE + SEAL)
        return fail(cx, ERR_BUG, "a sealed value is too short");
    size_t size = sealed.len - NONCE - SEAL;
    unsigned char *out = arena_alloc(cx->arena, size, 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, bytes(sealed) + NONCE,
                                                   sealed.len - NONCE, bytes(where), where.len,
                                                   bytes(sealed), key))
        return fail(cx, ERR_BUG, "a sealed value does not open with this key at this place");
    *plain = (struct str){(const char *)out, size};
    return OK;
}

/* ---- bytes as text ---- */

struct str hex_text(struct arena *a, struct str raw)
{
    char *out = arena_alloc(a, raw.len * 2 + 1, 1);

    sodium_bin2hex(out, raw.len * 2 + 1, bytes(raw), raw.len);
    return (struct str){out, raw.len * 2};
}

bool hex_bytes(struct arena *a, struct str text, struct str *out)
{
    unsigned char *raw = arena_alloc(a, text.len / 2, 1);
    size_t n = 0;

    if (text.len % 2 ||
        sodium_hex2bin(raw, text.len / 2, (const char *)bytes(text), text.len, NULL, &n, NULL))
        return false;
    *out = (struct str){(const char *)raw, n};
    return true;
}

struct str base64url_text(struct arena *a, struct str raw)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t size = sodium_base64_encoded_len(raw.len, variant);
    char *out = arena_alloc(a, size, 1);

    sodium_bin2base64(out, size, bytes(raw), raw.len, variant);
    return (struct str){out, size - 1};
}

bool base64url_bytes(struct arena *a, struct str text, struct str *out)
{
    size_t room = text.len / 4 * 3 + 3, n = 0;
    unsigned char *raw = arena_alloc(a, room, 1);

    if (sodium_base642bin(raw, room, (const char *)bytes(text), text.len, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        return false;
    *out = (struct str){(const char *)raw, n};
    return true;
}
