/* Access tokens: one form, everything else is refused (RFC 8725). */
#include "core/auth.h"
#include "test.h"

#include <string.h>

static const unsigned char key[CRYPTO_KEY] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static int64_t now_s(struct ctx *cx)
{
    return now_ms(cx) / 1000;
}

static struct token_claims good_claims(struct ctx *cx)
{
    return (struct token_claims){.user_id = 7,
                                 .session_id = S("session-1"),
                                 .issued_at = now_s(cx),
                                 .expires_at = now_s(cx) + 900,
                                 .token_id = S("id-1")};
}

static struct str good_token(struct ctx *cx)
{
    struct token_claims c = good_claims(cx);

    return token_make(cx->arena, key, &c);
}

/* A token with any header and payload, signed by whatever key. */
static struct str forged(struct ctx *cx, const char *header, struct str payload,
                         const unsigned char with[CRYPTO_KEY])
{
    unsigned char mac[CRYPTO_MAC];
    struct str h = base64url_text(cx->arena, str_of(header));
    struct str p = base64url_text(cx->arena, payload);
    struct str text = arena_fmt(cx->arena, "%.*s.%.*s", STR_FMT(h), STR_FMT(p));

    hmac_sha256((struct str){(const char *)with, CRYPTO_KEY}, text, mac);
    struct str s = base64url_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    return arena_fmt(cx->arena, "%.*s.%.*s", STR_FMT(text), STR_FMT(s));
}

#define OUR_HEADER "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"

static void check_refused(struct ctx *cx, struct str token)
{
    struct token_claims c;

    check_err(token_read(cx, key, token, &c), ERR_AUTH);
    ctx_forgive(cx);
}

static struct str payload_at(struct ctx *cx, const char *extra, int64_t iat, int64_t exp)
{
    return arena_fmt(
        cx->arena,
        "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"7\",\"sid\":\"s\",\"jti\":\"j\","
        "\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld%s}",
        (long long)iat, (long long)iat, (long long)exp, extra);
}

TEST(token_gives_back_what_was_put_in)
{
    struct token_claims c;

    check_ok(token_read(cx, key, good_token(cx), &c));

    check_int(7, c.user_id);
    check_str(S("session-1"), c.session_id);
    check_str(S("id-1"), c.token_id);
    check_int(now_s(cx) + 900, c.expires_at);
}

TEST(hmac_agrees_with_the_example_of_rfc_7515)
{
    static const char k[] =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgU"
        "uTwjAzZr1Z9CAow";
    struct str text =
        S("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMD"
          "A4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    struct str secret;
    unsigned char mac[CRYPTO_MAC];

    check(base64url_bytes(cx->arena, str_of(k), &secret));
    hmac_sha256(secret, text, mac);

    check_str(S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              base64url_text(cx->arena, (struct str){(const char *)mac, sizeof mac}));
}

TEST(a_token_signed_as_we_sign_but_built_by_hand_is_read)
{
    struct token_claims c;
    struct str payload = payload_at(cx, "", now_s(cx), now_s(cx) + 60);

    check_ok(token_read(cx, key, forged(cx, OUR_HEADER, payload, key), &c));
}

TEST(token_is_good_until_its_last_second_and_not_in_the_next)
{
    struct str token = good_token(cx);
    struct token_claims c;

    fake_clock_advance(test_clock(cx), 899 * 1000);
    check_ok(token_read(cx, key, token, &c));

    fake_clock_advance(test_clock(cx), 1000);
    check_refused(cx, token);
}

TEST(token_signed_with_another_key_is_refused)
{
    static const unsigned char other[CRYPTO_KEY] = {9};
    struct str payload = payload_at(cx, "", now_s(cx), now_s(cx) + 60);

    check_refused(cx, forged(cx, OUR_HEADER, payload, other));
}

TEST(every_other_header_is_refused_however_it_is_signed)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"None\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"nOnE\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS384\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"hs256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\"}",
        "{\"typ\":\"at+jwt\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"../../dev/null\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jku\":\"http://evil/keys\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"x5u\":\"http://evil/cert\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"alg\":\"none\"}",
        "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"typ\":\"at+jwt\"}",
        "",
    };
    struct str payload = payload_at(cx, "", now_s(cx), now_s(cx) + 60);

    for (size_t i = 0; i < COUNT(headers); i++)
        check_refused(cx, forged(cx, headers[i], payload, key));
}

TEST(claims_that_are_not_exactly_ours_are_refused)
{
    int64_t now = now_s(cx);
    const struct str payloads[] = {
        payload_at(cx, ",\"role\":\"admin\"", now, now + 60),
        payload_at(cx, ",\"sub\":\"1\"", now, now + 60),
        payload_at(cx, "", now, now + 901),
        payload_at(cx, "", now + 120, now + 180),
        payload_at(cx, "", now - 120, now - 60),
        payload_at(cx, "", now, now - 1),
        payload_at(cx, ".5", now, now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"other\",\"aud\":\"trafficd\",\"sub\":\"7\",\"sid\":\"s\",\"jti\":"
                  "\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":[\"trafficd\"],\"sub\":\"7\",\"sid\":\"s\","
                  "\"jti\":\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"07\",\"sid\":\"s\",\"jti\":"
                  "\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":7,\"sid\":\"s\",\"jti\":"
                  "\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"-7\",\"sid\":\"s\",\"jti\":"
                  "\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"7\",\"sid\":\"' or "
                  "1\",\"jti\":\"j\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        arena_fmt(cx->arena,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"7\",\"sid\":\"s\",\"jti\":"
                  "\"j\",\"iat\":\"%lld\",\"nbf\":%lld,\"exp\":%lld}",
                  (long long)now, (long long)now, (long long)now + 60),
        S("{}"),
        S("[]"),
        S("7"),
        S("null"),
        S(""),
        S("{\"iss\""),
        S("\xff\xfe"),
    };

    for (size_t i = 0; i < COUNT(payloads); i++)
        check_refused(cx, forged(cx, OUR_HEADER, payloads[i], key));
}

TEST(a_token_with_any_character_changed_is_refused)
{
    struct str good = good_token(cx);

    for (size_t i = 0; i < good.len; i++) {
        char *bad = str_z(cx->arena, good);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        check_refused(cx, str_of(bad));
    }
}

TEST(a_token_cut_or_lengthened_anywhere_is_refused)
{
    struct str good = good_token(cx);

    for (size_t n = 0; n < good.len; n++)
        check_refused(cx, (struct str){good.ptr, n});
    check_refused(cx, arena_fmt(cx->arena, "%.*s=", STR_FMT(good)));
    check_refused(cx, arena_fmt(cx->arena, "%.*s.", STR_FMT(good)));
    check_refused(cx, arena_fmt(cx->arena, " %.*s", STR_FMT(good)));
    check_refused(cx, arena_fmt(cx->arena, "%.*s.%.*s", STR_FMT(good), STR_FMT(good)));
}

/* The last character of a 32-byte signature has two spare bits. */
TEST(a_signature_written_in_a_second_way_is_refused)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct str good = good_token(cx);
    char *other = str_z(cx->arena, good);
    size_t last = (size_t)(strchr(letters, good.ptr[good.len - 1]) - letters);

    for (size_t bits = 1; bits < 4; bits++) {
        other[good.len - 1] = letters[(last & ~(size_t)3) | ((last + bits) & 3)];
        check_refused(cx, str_of(other));
    }
}

TEST(an_empty_signature_is_refused)
{
    struct str good = good_token(cx);
    size_t n = good.len;

    while (good.ptr[n - 1] != '.')
        n--;
    check_refused(cx, (struct str){good.ptr, n});
}

TEST(a_token_of_more_than_four_kilobytes_is_refused_unread)
{
    struct str pad = arena_fmt(cx->arena, ",\"x\":\"%05000d\"", 0);

    check_refused(cx,
                  forged(cx, OUR_HEADER,
                         payload_at(cx, str_z(cx->arena, pad), now_s(cx), now_s(cx) + 60), key));
}

TEST(two_tokens_made_without_an_id_differ)
{
    struct token_claims c = good_claims(cx);

    c.token_id = S("");
    struct str a = token_make(cx->arena, key, &c), b = token_make(cx->arena, key, &c);

    check(!str_eq(a, b));
}
