/* form.c: pairs of a form body or a query string. */
#include "base/form.h"
#include "base/utf8.h"

#include <string.h>

struct form form_start(struct str raw, size_t max_pairs)
{
    return (struct form){raw, max_pairs};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte at the front of s and how many characters spell it; false on a bad escape, which is
 * then the percent sign itself. */
static bool decode_byte(struct str s, bool plus_is_space, char *byte, size_t *used)
{
    *used = 1;
    *byte = s.ptr[0];
    if (plus_is_space && *byte == '+')
        *byte = ' ';
    if (*byte != '%')
        return true;
    int high = s.len > 2 ? hex_digit(s.ptr[1]) : -1, low = s.len > 2 ? hex_digit(s.ptr[2]) : -1;
    if (high < 0 || low < 0)
        return false;
    *used = 3;
    *byte = (char)(high << 4 | low);
    return true;
}

static struct str decode(struct arena *a, struct str raw, bool plus_is_space, bool *is_good)
{
    char *out = arena_alloc(a, raw.len, 1);
    size_t n = 0, used;

    for (size_t i = 0; i < raw.len; i += used) {
        struct str rest = {raw.ptr + i, raw.len - i};
        if (!decode_byte(rest, plus_is_space, &out[n++], &used))
            *is_good = false;
    }
    return (struct str){out, n};
}

/* The same text with U+FFFD for each byte that is NUL or no UTF-8. */
static struct str repair(struct arena *a, struct str s)
{
    uint32_t point;
    size_t n = 0, step;

    if (str_is_utf8(s) && (!s.len || !memchr(s.ptr, 0, s.len)))
        return s;
    char *out = arena_alloc(a, s.len * 3, 1);
    for (size_t i = 0; i < s.len; i += step ? step : 1) {
        step = utf8_step(s.ptr + i, s.len - i, &point);
        bool is_good = step && point;
        memcpy(out + n, is_good ? s.ptr + i : UTF8_REPLACEMENT, is_good ? step : 3);
        n += is_good ? step : 3;
    }
    return (struct str){out, n};
}

bool form_next(struct form *f, struct arena *a, struct str *key, struct str *value)
{
    struct str pair = {0}, name = {0};
    bool ignored = true;

    do {
        if (!f->pairs_left || !str_cut(&f->rest, '&', &pair))
            return false;
    } while (!pair.len);
    f->pairs_left--;
    str_cut(&pair, '=', &name); /* what is left of the pair is the value */
    *key = repair(a, decode(a, name, true, &ignored));
    *value = repair(a, decode(a, pair, true, &ignored));
    return true;
}

bool url_decode(struct arena *a, struct str raw, bool plus_is_space, struct str *out)
{
    bool is_good = true;
    struct str text = decode(a, raw, plus_is_space, &is_good);

    if (!is_good || !str_is_utf8(text) || (text.len && memchr(text.ptr, 0, text.len)))
        return false;
    *out = text;
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct str url_encode(struct arena *a, struct str plain)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < plain.len; i++)
        n += is_unreserved(plain.ptr[i]) ? 1 : 3;
    char *out = arena_alloc(a, n, 1);
    n = 0;
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        if (is_unreserved(plain.ptr[i])) {
            out[n++] = plain.ptr[i];
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    return (struct str){out, n};
}
