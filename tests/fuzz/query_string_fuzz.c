/* Any bytes as one component of an address: refused, or clean text that encodes back to itself. */
#include "fuzz.h"

#include "base/form.h"

#include <string.h>

static void check_one(struct ctx *cx, struct str raw, bool plus_is_space)
{
    struct str text, again;

    if (!url_decode(cx->arena, raw, plus_is_space, &text))
        return;
    must(str_is_utf8(text));
    must(!text.len || !memchr(text.ptr, 0, text.len));
    must(text.len <= raw.len);
    must(url_decode(cx->arena, url_encode(cx->arena, text), plus_is_space, &again));
    must(str_eq(text, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct str rest = fuzz_text(data, size), pair, key;

    check_one(&cx, rest, false);
    while (str_cut(&rest, '&', &pair)) {
        str_cut(&pair, '=', &key);
        check_one(&cx, pair, true);
    }
    return fuzz_end(&cx);
}
