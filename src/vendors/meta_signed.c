/* meta_signed.c: what Meta signs with the app's secret: webhook bodies and signed requests. */
#include "base/crypto.h"
#include "vendors/meta_auth.h"
#include "vendors/meta_inside.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

bool meta_hook_is_signed(struct str app_secret, struct str header, struct str body)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char mac[CRYPTO_MAC];
    char hex[CRYPTO_MAC * 2];

    if (!app_secret.len || !str_starts(header, S("sha256=")))
        return false;
    hmac_sha256(app_secret, body, mac);
    for (size_t i = 0; i < CRYPTO_MAC; i++) {
        hex[2 * i] = digits[mac[i] >> 4];
        hex[2 * i + 1] = digits[mac[i] & 15];
    }
    return crypto_same((struct str){hex, sizeof hex}, (struct str){header.ptr + 7, header.len - 7});
}

/* The signature covers the payload's text as it was sent. */
static bool is_ours(struct arena *a, struct str app_secret, struct str sig, struct str payload)
{
    unsigned char mac[CRYPTO_MAC];
    struct str given;

    if (!app_secret.len || !base64url_bytes(a, sig, &given))
        return false;
    hmac_sha256(app_secret, payload, mac);
    return crypto_same((struct str){(const char *)mac, sizeof mac}, given);
}

static enum err read_payload(struct ctx *cx, struct str json, struct meta_signed *out)
{
    enum err err;
    const struct json_in *root = NULL;
    struct str algorithm;
    struct maybe_int issued;
    int64_t age;

    TRY(json_parse(cx, json, &root));
    if (meta_take_text(cx, root, "algorithm", &algorithm) ||
        meta_take_text(cx, root, "user_id", &out->user_id) ||
        meta_take_seconds(cx, root, "issued_at", &issued)) {
        ctx_forgive(cx);
        return fail(cx, ERR_INPUT, "the signed request's payload is malformed");
    }
    if (!str_eq_nocase(algorithm, S("HMAC-SHA256")))
        return fail(cx, ERR_INPUT, "the signed request is of another algorithm");
    if (!out->user_id.len || !issued.known)
        return fail(cx, ERR_INPUT, "the signed request lacks its user or its time");
    out->issued_at = issued.v;
    age = now_ms(cx) - issued.v;
    if (age > DAY_MS || age < -DAY_MS)
        err = fail(cx, ERR_INPUT, "the signed request is older than a day");
out:
    return err;
}

enum err meta_signed_read(struct ctx *cx, struct str app_secret, struct str text,
                          struct meta_signed *out)
{
    struct str payload = text, sig, json;

    *out = (struct meta_signed){0};
    if (!str_cut(&payload, '.', &sig) || !sig.len || !payload.len)
        return fail(cx, ERR_INPUT, "the signed request has not two parts");
    if (!is_ours(cx->arena, app_secret, sig, payload))
        return fail(cx, ERR_FORBIDDEN, "the signed request is not signed with our secret");
    if (!base64url_bytes(cx->arena, payload, &json))
        return fail(cx, ERR_INPUT, "the signed request's payload is not base64url");
    return read_payload(cx, json, out);
}
