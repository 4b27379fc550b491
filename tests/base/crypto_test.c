/* The primitives, against published vectors. */
#include "base/crypto.h"
#include "test.h"

#include <string.h>

static struct str unhex(struct ctx *cx, const char *text)
{
    struct str raw = {0};

    check(hex_bytes(cx->arena, str_of(text), &raw));
    return raw;
}

static struct str digest(struct ctx *cx, const unsigned char raw[32])
{
    return hex_text(cx->arena, (struct str){(const char *)raw, 32});
}

static struct str repeated(struct ctx *cx, char c, size_t n)
{
    char *text = arena_alloc(cx->arena, n, 1);

    memset(text, c, n);
    return (struct str){text, n};
}

TEST(hmac_sha256_agrees_with_rfc_4231)
{
    unsigned char out[CRYPTO_MAC];

    check(crypto_init());
    hmac_sha256(repeated(cx, 0x0b, 20), S("Hi There"), out);
    check_str(S("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
              digest(cx, out));
    hmac_sha256(S("Jefe"), S("what do ya want for nothing?"), out);
    check_str(S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
              digest(cx, out));
    hmac_sha256(repeated(cx, (char)0xaa, 20), repeated(cx, (char)0xdd, 50), out);
    check_str(S("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
              digest(cx, out));
    hmac_sha256(repeated(cx, (char)0xaa, 131),
                S("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    check_str(S("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
              digest(cx, out));
}

TEST(proof_of_the_app_secret_is_what_meta_expects)
{
    unsigned char out[CRYPTO_MAC];

    hmac_sha256(S("testsecret"), S("EAAtesttoken"), out);

    check_str(S("04b7e75728e14a60ccc36273bc088203ac5110d7f970f93b31ca470ff1a5fa6e"),
              digest(cx, out));
}

TEST(sha256_agrees_with_the_standard)
{
    unsigned char out[CRYPTO_HASH];

    sha256(S("abc"), out);
    check_str(S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
              digest(cx, out));
    sha256((struct str){0}, out);
    check_str(S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
              digest(cx, out));
}

TEST(blake2b_of_32_bytes_with_and_without_a_key)
{
    unsigned char out[CRYPTO_HASH], other[CRYPTO_HASH];

    hash_blake2b(S(""), S("abc"), out);
    check_str(S("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
              digest(cx, out));
    hash_blake2b(S("a key of some length"), S("abc"), other);
    check(memcmp(out, other, sizeof out) != 0);
}

TEST(secrets_compare_by_value)
{
    check(crypto_same(S("abc"), S("abc")));
    check(!crypto_same(S("abc"), S("abd")));
    check(!crypto_same(S("abc"), S("abcd")));
    check(crypto_same((struct str){0}, S("")));
}

TEST(subkeys_differ_by_purpose_and_by_master)
{
    unsigned char master[CRYPTO_KEY] = {1}, a[CRYPTO_KEY], b[CRYPTO_KEY], again[CRYPTO_KEY];

    crypto_subkey(master, "sessions", a);
    crypto_subkey(master, "secrets ", b);
    crypto_subkey(master, "sessions", again);
    check(memcmp(a, b, sizeof a) != 0);
    check(memcmp(a, again, sizeof a) == 0);
    master[31] = 1;
    crypto_subkey(master, "sessions", again);
    check(memcmp(a, again, sizeof a) != 0);
}

TEST(password_is_known_again_and_another_is_not)
{
    struct str phc, second;

    check_ok(password_hash(cx, S("correct horse"), &phc));
    check_ok(password_hash(cx, S("correct horse"), &second));

    check(str_starts(phc, S("$argon2id$v=19$m=47104,t=1,p=1$")));
    check(!str_eq(phc, second));
    check(password_matches(phc, S("correct horse")));
    check(!password_matches(phc, S("correct horsf")));
    check(!password_matches(phc, S("")));
    check(!password_matches(S(""), S("correct horse")));
    check(!password_matches(S("$argon2id$v=19$nonsense"), S("correct horse")));
    check(!password_is_stale(phc));
}

TEST(password_of_no_byte_or_of_more_than_128_is_refused)
{
    struct str phc;

    check_err(password_hash(cx, S(""), &phc), ERR_INPUT);
    ctx_forgive(cx);
    check_err(password_hash(cx, repeated(cx, 'a', 129), &phc), ERR_INPUT);
    ctx_forgive(cx);
    check_ok(password_hash(cx, repeated(cx, 'a', 128), &phc));
    check(password_matches(phc, repeated(cx, 'a', 128)));
    check(!password_matches(phc, repeated(cx, 'a', 129)));
}

TEST(hash_of_weaker_parameters_is_stale_and_of_stronger_is_not)
{
    check(password_is_stale(S("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")));
    check(!password_is_stale(S("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA")));
    check(password_is_stale(S("$argon2i$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA")));
    check(password_is_stale(S("$2y$10$abc")));
    check(password_is_stale(S("$argon2id$v=19$m=x")));
    check(password_is_stale(S("")));
}

TEST(sealed_value_opens_with_its_key_at_its_place)
{
    unsigned char key[CRYPTO_KEY] = {7};
    struct str plain;

    struct str sealed = crypto_seal(cx->arena, key, S("connection|1|token"), S("EAAB"));
    check_int(24 + 4 + 16, sealed.len);
    check_ok(crypto_open(cx, key, S("connection|1|token"), sealed, &plain));
    check_str(S("EAAB"), plain);

    sealed = crypto_seal(cx->arena, key, S("w"), S(""));
    check_ok(crypto_open(cx, key, S("w"), sealed, &plain));
    check_str(S(""), plain);
}

TEST(sealed_value_does_not_open_elsewhere_or_changed)
{
    unsigned char key[CRYPTO_KEY] = {7}, other[CRYPTO_KEY] = {8};
    struct str plain, sealed = crypto_seal(cx->arena, key, S("connection|1|token"), S("EAAB"));

    check_err(crypto_open(cx, key, S("connection|2|token"), sealed, &plain), ERR_BUG);
    ctx_forgive(cx);
    check_err(crypto_open(cx, other, S("connection|1|token"), sealed, &plain), ERR_BUG);
    for (size_t i = 0; i < sealed.len; i++) {
        struct str changed = arena_str(cx->arena, sealed);
        ((char *)(uintptr_t)changed.ptr)[i] ^= 1;
        ctx_forgive(cx);
        check_err(crypto_open(cx, key, S("connection|1|token"), changed, &plain), ERR_BUG);
    }
    for (size_t n = 0; n < sealed.len; n++) {
        ctx_forgive(cx);
        struct str part = {sealed.ptr, n};
        check_err(crypto_open(cx, key, S("connection|1|token"), part, &plain), ERR_BUG);
    }
}

TEST(same_value_sealed_twice_looks_different)
{
    unsigned char key[CRYPTO_KEY] = {7};

    check(!str_eq(crypto_seal(cx->arena, key, S("w"), S("x")),
                  crypto_seal(cx->arena, key, S("w"), S("x"))));
}

TEST(hex_is_lower_case_out_and_either_in)
{
    struct str raw;

    check_str(S("00ff10"), hex_text(cx->arena, S("\x00\xff\x10")));
    check_str(S(""), hex_text(cx->arena, S("")));
    check_str(S("\x00\xff\x10"), unhex(cx, "00FF10"));
    check(!hex_bytes(cx->arena, S("0"), &raw));
    check(!hex_bytes(cx->arena, S("0g"), &raw));
    check(!hex_bytes(cx->arena, S("00 0"), &raw));
    check(hex_bytes(cx->arena, S(""), &raw));
}

TEST(base64url_agrees_with_rfc_4648)
{
    static const char *const pairs[][2] = {
        {"",             ""        },
        {"f",            "Zg"      },
        {"fo",           "Zm8"     },
        {"foo",          "Zm9v"    },
        {"foob",         "Zm9vYg"  },
        {"fooba",        "Zm9vYmE" },
        {"foobar",       "Zm9vYmFy"},
        {"\xfb\xef\xff", "--__"    },
    };
    struct str raw;

    for (size_t i = 0; i < COUNT(pairs); i++) {
        check_str(str_of(pairs[i][1]), base64url_text(cx->arena, str_of(pairs[i][0])));
        check(base64url_bytes(cx->arena, str_of(pairs[i][1]), &raw));
        check_str(str_of(pairs[i][0]), raw);
    }
}

TEST(base64url_that_is_not_canonical_is_refused)
{
    static const char *const bad[] = {
        "Zg==", "Zm8=", "Zh", "Zm9", "Z", "Zm9vY", "+/+/", "Zm 9v", "Zm9v\n", "Zm9v=", "Zé9v",
    };
    struct str raw;

    for (size_t i = 0; i < COUNT(bad); i++)
        check(!base64url_bytes(cx->arena, str_of(bad[i]), &raw));
    check(!base64url_bytes(cx->arena, S("Zm9v\0"), &raw));
}

TEST(every_string_of_two_characters_has_at_most_one_reading)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct str raw;
    int good = 0;

    for (size_t i = 0; i < 64; i++)
        for (size_t k = 0; k < 64; k++) {
            char text[2] = {letters[i], letters[k]};
            good += base64url_bytes(cx->arena, (struct str){text, 2}, &raw);
        }
    check_int(256, good);
}

static void fill_with_count(void *self, void *out, size_t n)
{
    unsigned char *next = self, *at = out;

    for (size_t i = 0; i < n; i++)
        at[i] = (*next)++;
}

TEST(random_id_comes_from_the_chance_it_is_given)
{
    unsigned char next = 0;
    struct random fixed = {fill_with_count, &next};

    check_str(S("AAECAwQFBgc"), crypto_random_id(cx->arena, &fixed, 8));
    check_int(43, crypto_random_id(cx->arena, &random_system, 32).len);
    check(!str_eq(crypto_random_id(cx->arena, &random_system, 32),
                  crypto_random_id(cx->arena, &random_system, 32)));
}
