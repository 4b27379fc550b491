/* inbox_text.c: looking for words inside what was sent, however it was encoded. */
#include "base/json.h"
#include "core/inbox_inside.h"

#include <string.h>

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool holds(struct arena *a, struct str text, struct str folded)
{
    struct str low = str_fold(a, text);

    return memmem(low.ptr, low.len, folded.ptr, folded.len) != NULL;
}

/* As a form writes it; what is no escape stays. */
static struct str without_percents(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        int high = s.ptr[i] == '%' && i + 2 < s.len ? hex(s.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex(s.ptr[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = s.ptr[i] == '+' ? ' ' : s.ptr[i];
        }
    }
    return (struct str){out, n};
}

/* JSON may hide letters behind \\u; written again they are letters. */
static bool holds_parsed(struct arena *a, struct str body, struct str folded)
{
    struct ctx cx = {.arena = a};
    const struct json_in *root;
    struct str text;

    return json_parse(&cx, body, &root) == OK && json_text(root, a, &text) &&
           holds(a, text, folded);
}

bool inbox_text_holds(struct arena *a, struct str body, struct str folded)
{
    if (!body.len || !folded.len)
        return !folded.len;
    if (holds(a, body, folded))
        return true;
    if (memchr(body.ptr, '%', body.len) && holds(a, without_percents(a, body), folded))
        return true;
    return memmem(body.ptr, body.len, "\\u", 2) && holds_parsed(a, body, folded);
}
