/* Any bytes as access token; and any bytes as the claims of a token with a good signature, which
 * only we could make: refused, or claims that are all right. */
#include "fuzz.h"

#include "core/auth.h"

static const unsigned char key[CRYPTO_KEY] = {7, 1};

/* base64url of {"alg":"HS256","typ":"at+jwt"} */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9"

static struct str signed_token(struct arena *a, struct str claims)
{
    unsigned char mac[CRYPTO_MAC];
    struct str body = base64url_text(a, claims);
    struct str text = arena_fmt(a, HEADER ".%.*s", STR_FMT(body));

    hmac_sha256((struct str){(const char *)key, CRYPTO_KEY}, text, mac);
    struct str end = base64url_text(a, (struct str){(const char *)mac, sizeof mac});
    return arena_fmt(a, "%.*s.%.*s", STR_FMT(text), STR_FMT(end));
}

static void check_token(struct ctx *cx, struct str token)
{
    struct token_claims c, again;

    if (token_read(cx, key, token, &c) != OK) {
        must(cx->err == ERR_AUTH);
        ctx_forgive(cx);
        return;
    }
    must(token.len <= 4096);
    must(c.user_id > 0 && c.session_id.len > 0 && c.session_id.len <= 64);
    must(c.expires_at > now_ms(cx) / 1000 && c.expires_at - c.issued_at <= 900);
    must(token_read(cx, key, token_make(cx->arena, key, &c), &again) == OK);
    must(again.user_id == c.user_id && str_eq(again.session_id, c.session_id));
}

/* A clock that stands, so that a kept token stays in its time. */
static int64_t stand(void *self)
{
    (void)self;
    return 1770094800000LL;
}

static void no_sleep(void *self, int64_t ms)
{
    (void)self;
    (void)ms;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct clock clock = {stand, stand, no_sleep, NULL};
    struct ctx cx = fuzz_begin();
    struct str bytes = fuzz_text(data, size);

    must(crypto_init());
    cx.clock = &clock;
    check_token(&cx, bytes);
    check_token(&cx, signed_token(cx.arena, bytes));
    return fuzz_end(&cx);
}
