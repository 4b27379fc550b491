/* Any bytes as a signed request: refused, unless they are signed with our secret; and any bytes as
 * the payload of one that is: read or refused. */
#include "fuzz.h"

#include "base/crypto.h"
#include "vendors/meta_auth.h"

static void read_as_sent(struct ctx *cx, struct str text)
{
    struct meta_signed out;

    if (meta_signed_read(cx, S("testsecret"), text, &out) == OK)
        must(out.user_id.len > 0 && out.issued_at > 0);
    else
        must((cx->err == ERR_INPUT || cx->err == ERR_FORBIDDEN) && cx->why[0]);
    ctx_forgive(cx);
    must(meta_signed_read(cx, S(""), text, &out) != OK);
    ctx_forgive(cx);
    must(!meta_hook_is_signed(S("testsecret"), text, text));
}

static void read_as_payload(struct ctx *cx, struct str json)
{
    unsigned char mac[CRYPTO_MAC];
    struct str payload = base64url_text(cx->arena, json);
    struct meta_signed out;

    hmac_sha256(S("testsecret"), payload, mac);
    struct str sig = base64url_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    struct str text = arena_fmt(cx->arena, "%.*s.%.*s", STR_FMT(sig), STR_FMT(payload));
    if (meta_signed_read(cx, S("testsecret"), text, &out) == OK)
        must(out.user_id.len > 0 && str_is_utf8(out.user_id));
    else
        must(cx->err == ERR_INPUT && cx->why[0]);
    ctx_forgive(cx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();

    read_as_sent(&cx, fuzz_text(data, size));
    read_as_payload(&cx, fuzz_text(data, size));
    return fuzz_end(&cx);
}
