/* path.c: what a raw path and a raw query may look like. Looked at before anything is decoded, so
 * that there is no second meaning to decode. */
#include "base/form.h"
#include "http/private.h"

#include <string.h>

enum { MOST_PAIRS = 64 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte a %xx escape at the start of s stands for, or -1. */
static int escaped_byte(struct str s)
{
    int high = s.len >= 3 ? hex_digit(s.ptr[1]) : -1;
    int low = high >= 0 ? hex_digit(s.ptr[2]) : -1;

    return low < 0 ? -1 : high * 16 + low;
}

static bool is_path_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-._~!$&'()*+,;=:@", c));
}

/* "." and "..", plain or escaped. */
static bool is_dots(struct str segment)
{
    size_t dots = 0;

    while (segment.len) {
        size_t step = segment.ptr[0] == '.' ? 1 : 0;
        if (!step && segment.ptr[0] == '%' && escaped_byte(segment) == '.')
            step = 3;
        if (!step)
            return false;
        dots++;
        segment = (struct str){segment.ptr + step, segment.len - step};
    }
    return dots == 1 || dots == 2;
}

static const char *escape_fault(struct str at)
{
    int byte = escaped_byte(at);

    if (byte < 0)
        return "the path has a broken % escape";
    if (byte < 32 || byte == 127 || byte == '/' || byte == '\\')
        return "the path has an escape that is not allowed";
    return NULL;
}

const char *path_fault(struct str path)
{
    struct str rest = path, segment;
    const char *fault;

    if (!path.len || path.ptr[0] != '/')
        return "the path does not begin with a slash";
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c == '%' && (fault = escape_fault((struct str){path.ptr + i, path.len - i})))
            return fault;
        if (c != '%' && !is_path_byte(c))
            return "the path has a character that is not allowed";
        if (c == '/' && i + 1 < path.len && path.ptr[i + 1] == '/')
            return "the path has two slashes in a row";
    }
    while (str_cut(&rest, '/', &segment))
        if (is_dots(segment))
            return "the path has a dot segment";
    return NULL;
}

const char *query_fault(struct arena *a, struct str query)
{
    struct str keys[MOST_PAIRS], pair, raw, value;
    size_t n = 0;

    while (str_cut(&query, '&', &pair)) {
        if (!str_cut(&pair, '=', &raw))
            continue;
        if (n == MOST_PAIRS)
            return "the query has too many parameters";
        if (!url_decode(a, raw, true, &keys[n]) || !url_decode(a, pair, true, &value))
            return "the query is not properly escaped";
        for (size_t i = 0; i < n; i++)
            if (str_eq(keys[i], keys[n]))
                return "the query has a parameter twice";
        n++;
    }
    return NULL;
}

bool req_query_str(struct req *rq, const char *name, struct str *out)
{
    struct str rest = rq->query, pair, raw, key;

    while (str_cut(&rest, '&', &pair)) {
        if (!str_cut(&pair, '=', &raw) || !url_decode(rq->cx.arena, raw, true, &key))
            continue;
        if (str_eq(key, str_of(name)))
            return url_decode(rq->cx.arena, pair, true, out);
    }
    return false;
}

bool req_query_int(struct req *rq, const char *name, int64_t *out)
{
    struct str text;

    return req_query_str(rq, name, &text) && str_to_int(text, out);
}
