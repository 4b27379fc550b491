/* Any body as a form: pairs are clean text, within the cap, and survive being encoded again. */
#include "fuzz.h"

#include "base/form.h"

#include <string.h>

static void check_clean(struct str s)
{
    must(str_is_utf8(s));
    must(!s.len || !memchr(s.ptr, 0, s.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct form f = form_start(fuzz_text(data, size), 500);
    struct str key, value, key_again, value_again;
    size_t n = 0;

    while (form_next(&f, cx.arena, &key, &value)) {
        check_clean(key);
        check_clean(value);
        struct str pair = arena_fmt(cx.arena, "%.*s=%.*s", STR_FMT(url_encode(cx.arena, key)),
                                    STR_FMT(url_encode(cx.arena, value)));
        struct form again = form_start(pair, 1);
        must(form_next(&again, cx.arena, &key_again, &value_again));
        must(str_eq(key, key_again) && str_eq(value, value_again));
        n++;
    }
    must(n <= 500);
    return fuzz_end(&cx);
}
