/* auth_token.c: access tokens, JWT (RFC 7519) in the one form we write ourselves.
 * The header is compared as bytes, so that no other algorithm, type or key can be asked for. */
#include "base/json.h"
#include "core/auth.h"

#include <string.h>

/* base64url of {"alg":"HS256","typ":"at+jwt"} */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9"
enum {
    LONGEST_TOKEN = 4096,
    LONGEST_LIFE_S = 15 * 60,
    CLOCK_SLACK_S = 60, /* our own clock may have been set back a little since the token was made */
    NCLAIMS = 8
};

static struct str sign(struct arena *a, const unsigned char key[CRYPTO_KEY], struct str message)
{
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256((struct str){(const char *)key, CRYPTO_KEY}, message, mac);
    return base64url_text(a, (struct str){(const char *)mac, sizeof mac});
}

struct str token_make(struct arena *a, const unsigned char key[CRYPTO_KEY],
                      const struct token_claims *c)
{
    struct str id = c->token_id.len ? c->token_id : crypto_random_id(a, &random_system, 16);
    struct str payload =
        arena_fmt(a,
                  "{\"iss\":\"trafficd\",\"aud\":\"trafficd\",\"sub\":\"%lld\",\"sid\":\"%.*s\","
                  "\"jti\":\"%.*s\","
                  "\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld}",
                  (long long)c->user_id, STR_FMT(c->session_id), STR_FMT(id),
                  (long long)c->issued_at, (long long)c->issued_at, (long long)c->expires_at);
    struct str body = base64url_text(a, payload);
    struct str signed_part = arena_fmt(a, HEADER ".%.*s", STR_FMT(body));
    struct str mac = sign(a, key, signed_part);

    return arena_fmt(a, "%.*s.%.*s", STR_FMT(signed_part), STR_FMT(mac));
}

/* Splits off header and signature; false unless the token has our shape and our signature. */
static bool is_genuine(struct arena *a, const unsigned char key[CRYPTO_KEY], struct str token,
                       struct str *payload)
{
    static const struct str header = {HEADER ".", sizeof HEADER};

    if (token.len > LONGEST_TOKEN || !str_starts(token, header))
        return false;
    const char *start = token.ptr + header.len;
    const char *dot = memchr(start, '.', token.len - header.len);
    if (!dot)
        return false;
    struct str signed_part = {token.ptr, (size_t)(dot - token.ptr)};
    struct str mac = {dot + 1, token.len - signed_part.len - 1};
    *payload = (struct str){start, (size_t)(dot - start)};
    return crypto_same(sign(a, key, signed_part), mac);
}

static bool claim_is(const struct json_in *claims, const char *name, struct str want)
{
    struct str got;

    return json_as_str(json_get(claims, name), &got) && str_eq(got, want);
}

static bool claim_time(const struct json_in *claims, const char *name, int64_t *out)
{
    const struct json_in *v = json_get(claims, name);

    return json_type(v) == JSON_NUM && json_as_int(v, out) && *out > 0;
}

static bool is_id_text(struct str s)
{
    if (!s.len || s.len > 64)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool claim_subject(const struct json_in *claims, int64_t *user_id)
{
    struct str sub;

    return json_as_str(json_get(claims, "sub"), &sub) && sub.len && sub.ptr[0] >= '1' &&
           sub.ptr[0] <= '9' && str_to_int(sub, user_id);
}

static bool read_claims(const struct json_in *claims, int64_t now_s, struct token_claims *out)
{
    int64_t not_before;

    return json_len(claims) == NCLAIMS && claim_is(claims, "iss", S("trafficd")) &&
           claim_is(claims, "aud", S("trafficd")) && claim_subject(claims, &out->user_id) &&
           json_as_str(json_get(claims, "sid"), &out->session_id) && is_id_text(out->session_id) &&
           json_as_str(json_get(claims, "jti"), &out->token_id) && is_id_text(out->token_id) &&
           claim_time(claims, "iat", &out->issued_at) && claim_time(claims, "nbf", &not_before) &&
           claim_time(claims, "exp", &out->expires_at) && out->issued_at <= now_s + CLOCK_SLACK_S &&
           not_before <= now_s + CLOCK_SLACK_S && out->expires_at > out->issued_at &&
           out->expires_at - out->issued_at <= LONGEST_LIFE_S && out->expires_at > now_s;
}

enum err token_read(struct ctx *cx, const unsigned char key[CRYPTO_KEY], struct str token,
                    struct token_claims *out)
{
    struct str payload, text;
    const struct json_in *claims = NULL;

    *out = (struct token_claims){0};
    if (!is_genuine(cx->arena, key, token, &payload) || !base64url_bytes(cx->arena, payload, &text))
        return fail(cx, ERR_AUTH, "the access token is not one of ours");
    if (json_parse(cx, text, &claims)) {
        ctx_forgive(cx);
        return fail(cx, ERR_AUTH, "the access token holds no claims");
    }
    if (json_type(claims) != JSON_OBJ || !read_claims(claims, now_ms(cx) / 1000, out))
        return fail(cx, ERR_AUTH, "the access token has expired or its claims are wrong");
    return OK;
}
