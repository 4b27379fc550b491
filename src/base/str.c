/* str.c: views of text. */
#include "base/base.h"
#include "base/utf8.h"

#include <string.h>

struct str str_of(const char *z)
{
    return z ? (struct str){z, strlen(z)} : S("");
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.ptr, prefix.len}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 ||
            str_eq((struct str){s.ptr + (s.len - suffix.len), suffix.len}, suffix));
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_cut(struct str *rest, char at, struct str *head)
{
    if (rest->len == 0)
        return false;
    const char *found = memchr(rest->ptr, at, rest->len);
    size_t n = found ? (size_t)(found - rest->ptr) : rest->len;
    *head = (struct str){rest->ptr, n};
    size_t used = found ? n + 1 : n;
    *rest = (struct str){rest->ptr + used, rest->len - used};
    return true;
}

bool str_to_int(struct str s, int64_t *out)
{
    bool is_negative = s.len && s.ptr[0] == '-';
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    int64_t v = 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) { /* collected below zero, where there is room for the least number */
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        int digit = s.ptr[i] - '0';
        if (v < (INT64_MIN + digit) / 10)
            return false;
        v = v * 10 - digit;
    }
    if (!is_negative && v == INT64_MIN)
        return false;
    *out = is_negative ? v : -v;
    return true;
}

bool str_is_utf8(struct str s)
{
    uint32_t point;

    for (size_t i = 0, step; i < s.len; i += step) {
        step = utf8_step(s.ptr + i, s.len - i, &point);
        if (!step)
            return false;
    }
    return true;
}

/* Every letter here keeps its length in UTF-8 when folded. */
static uint32_t fold_point(uint32_t p)
{
    if (p >= 0xc0 && p <= 0xde && p != 0xd7)
        return p + 0x20; /* Latin-1 */
    if (p >= 0x410 && p <= 0x42f)
        return p + 0x20; /* Cyrillic */
    if (p >= 0x400 && p <= 0x40f)
        return p + 0x50; /* with a diacritic, and the Kazakh I */
    if (p == 0x4c0)
        return 0x4cf;
    if (p >= 0x4c1 && p <= 0x4ce)
        return p & 1 ? p + 1 : p;
    if ((p >= 0x460 && p <= 0x481) || (p >= 0x48a && p <= 0x52f))
        return p | 1; /* pairs of capital and small, the Kazakh letters among them */
    return p;
}

struct str str_fold(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len, 1);
    uint32_t point;

    for (size_t i = 0; i < s.len;) {
        size_t step = utf8_step(s.ptr + i, s.len - i, &point);
        if (step == 2) {
            point = fold_point(point);
            out[i] = (char)(0xc0 | point >> 6);
            out[i + 1] = (char)(0x80 | (point & 0x3f));
        } else {
            step = step ? step : 1;
            memcpy(out + i, s.ptr + i, step);
            out[i] = ascii_lower(out[i]);
        }
        i += step;
    }
    return (struct str){out, s.len};
}

char *str_z(struct arena *a, struct str s)
{
    char *z = arena_alloc(a, s.len + 1, 1);

    if (s.len)
        memcpy(z, s.ptr, s.len);
    return z;
}
