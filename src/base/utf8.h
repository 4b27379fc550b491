/* utf8.h: one step through UTF-8, shared by the words of base that look inside text.
 * The one rule: a step of 0 means the byte under the hand is not UTF-8. */
#pragma once
#include "base/base.h"

/* Length of the well-formed character at the front (RFC 3629: no overlong forms, no surrogates,
 * nothing past U+10FFFF) and its code point; 0 when there is none. */
static inline size_t utf8_step(const char *text, size_t n, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = n ? (unsigned char)text[0] : 0xff;

    if (first < 0x80) {
        *point = first;
        return 1;
    }
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || n < len)
        return 0;
    uint32_t p = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c & 0xc0) != 0x80)
            return 0;
        p = p << 6 | (c & 0x3f);
    }
    if (p < least[len] || p > 0x10ffff || (p >= 0xd800 && p < 0xe000))
        return 0;
    *point = p;
    return len;
}

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, three bytes */
