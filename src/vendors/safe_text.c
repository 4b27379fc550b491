/* safe_text.c: what must not be repeated. */
#include "vendors/safe_text.h"

#include <string.h>

static bool is_token_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           strchr("_-|%+=", c) != NULL;
}

struct str vendor_safe_text(struct arena *a, struct str raw)
{
    enum { LONGEST_WORD = 20, LONGEST = 160 };
    struct str out = {0};
    char *text = arena_alloc(a, raw.len * 2 + 8, 1);

    out.ptr = text;
    for (size_t i = 0, end; i < raw.len && out.len < LONGEST; i = end) {
        for (end = i; end < raw.len && raw.ptr[end] && is_token_byte(raw.ptr[end]);)
            end++;
        if (end - i > LONGEST_WORD) {
            memcpy(text + out.len, "***", 3);
            out.len += 3;
            continue;
        }
        if (end == i)
            end++;
        memcpy(text + out.len, raw.ptr + i, end - i);
        out.len += end - i;
    }
    while (out.len && !str_is_utf8(out)) /* cut inside a letter */
        out.len--;
    return out;
}
