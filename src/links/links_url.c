/* links_url.c: taking an address apart, and refusing what could lead somewhere else than it says.
 */
#include "links/links_url.h"
#include "base/form.h"

#include <string.h>

static bool has(struct str s, char c)
{
    return s.len && memchr(s.ptr, c, s.len);
}

static bool has_pair(struct str s, char c)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] == c && s.ptr[i - 1] == c)
            return true;
    return false;
}

static size_t count(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == c;
    return n;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 32 || s.ptr[i] == 127)
            return true;
    return false;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* One part of a host between dots. */
static bool is_label(struct str s)
{
    if (!s.len || s.len > 63 || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return true;
}

/* The last label of a name begins with a letter; "10.1" or "0x7f.1" are numbers to some clients. */
bool link_host_is_name(struct str lower)
{
    struct str rest = lower, label, last = {0};
    size_t n = 0;

    if (lower.len > LINK_HOST_MOST || !lower.len || lower.ptr[lower.len - 1] == '.')
        return false;
    while (str_cut(&rest, '.', &label)) {
        if (!is_label(label))
            return false;
        last = label;
        n++;
    }
    return n >= 2 && last.ptr[0] >= 'a' && last.ptr[0] <= 'z';
}

static struct str lower(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len, 1);

    for (size_t i = 0; i < s.len; i++)
        out[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    return (struct str){out, s.len};
}

/* Letters beyond ASCII are escaped, so that nobody takes them for others. */
static struct str escape_letters(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len * 3, 1);
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x80) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = "0123456789ABCDEF"[c >> 4];
        out[n++] = "0123456789ABCDEF"[c & 15];
    }
    return (struct str){out, n};
}

/* ---- what is refused ---- */

/* Of the text as it was typed, before anything is taken apart. */
static const char *fault_of_text(struct str s)
{
    static const char bad[] = " \"<>^`|";

    if (!s.len)
        return "missing";
    if (s.len > LINK_URL_MOST)
        return "too_long";
    if (!str_is_utf8(s) || has_control(s))
        return "bad_character";
    if (has(s, '\\'))
        return "backslash";
    for (const char *c = bad; *c; c++)
        if (has(s, *c))
            return "bad_character";
    return NULL;
}

static const char *fault_of_host(struct str authority)
{
    if (!authority.len)
        return "no_host";
    if (has(authority, '@'))
        return "user_in_address";
    if (has(authority, ':') && !has(authority, '['))
        return "port_in_address";
    return NULL;
}

/* What a server would read after decoding; an escaped slash is a slash to some. */
static const char *fault_of_path(struct arena *a, struct str path)
{
    struct str plain;

    if (!url_decode(a, path, false, &plain))
        return "bad_escape";
    if (has_control(plain))
        return "bad_character";
    if (has(plain, '\\'))
        return "backslash";
    return has_pair(plain, '/') || (plain.len && plain.ptr[0] == '/') ? "double_slash" : NULL;
}

static const char *fault_of_rest(struct arena *a, const struct link_url *u)
{
    struct str plain;
    const char *fault = fault_of_path(a, u->path);

    if (fault)
        return fault;
    if (has_pair(u->query, '/') || has_pair(u->fragment, '/'))
        return "double_slash";
    if (has(u->path, '@') || has(u->query, '@') || has(u->fragment, '@'))
        return "user_in_address";
    if (count(u->query, '&') >= LINK_MOST_PAIRS)
        return "too_many_parameters";
    if (!url_decode(a, u->query, true, &plain) || !url_decode(a, u->fragment, false, &plain))
        return "bad_escape";
    return NULL;
}

/* ---- apart and together ---- */

static struct str cut_before(struct str *rest, const char *marks)
{
    size_t n = 0;

    while (n < rest->len && !strchr(marks, rest->ptr[n]))
        n++;
    struct str head = {rest->ptr, n};
    *rest = (struct str){rest->ptr + n, rest->len - n};
    return head;
}

static struct str without_mark(struct str s)
{
    return s.len ? (struct str){s.ptr + 1, s.len - 1} : s;
}

const char *link_url_parse(struct arena *a, struct str text, struct link_url *out)
{
    struct str scheme = S("https://"), rest = text, authority;
    const char *fault = fault_of_text(text);

    *out = (struct link_url){0};
    if (fault)
        return fault;
    if (text.len < scheme.len || !str_eq_nocase((struct str){text.ptr, scheme.len}, scheme))
        return "not_https";
    rest = (struct str){text.ptr + scheme.len, text.len - scheme.len};
    authority = cut_before(&rest, "/?#");
    fault = fault_of_host(authority);
    if (fault)
        return fault;
    out->host = lower(a, authority);
    if (!link_host_is_name(out->host))
        return "bad_host";
    out->path = escape_letters(a, without_mark(cut_before(&rest, "?#")));
    out->query = escape_letters(a, without_mark(cut_before(&rest, "#")));
    out->fragment = escape_letters(a, without_mark(rest));
    fault = fault_of_rest(a, out);
    return fault ? fault : link_url_text(a, out).len > LINK_URL_MOST ? "too_long" : NULL;
}

struct str link_url_text(struct arena *a, const struct link_url *u)
{
    return arena_fmt(a, "https://%.*s/%.*s%s%.*s%s%.*s", STR_FMT(u->host), STR_FMT(u->path),
                     u->query.len ? "?" : "", STR_FMT(u->query), u->fragment.len ? "#" : "",
                     STR_FMT(u->fragment));
}
