/* meta_raw.c: the bytes of rows as they came, for those who keep what the platform said.
 * The text was parsed before, so brackets and quotes are known to match. */
#include "vendors/meta_inside.h"

struct scan {
    struct str text;
    size_t at;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char skip_space(struct scan *s)
{
    while (s->at < s->text.len && is_space(s->text.ptr[s->at]))
        s->at++;
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static void skip_string(struct scan *s)
{
    for (s->at++; s->at < s->text.len && s->text.ptr[s->at] != '"'; s->at++)
        s->at += s->text.ptr[s->at] == '\\';
    s->at++;
}

/* The next value's bytes. */
static struct str take_value(struct scan *s)
{
    size_t depth = 0, from;

    skip_space(s);
    from = s->at;
    while (s->at < s->text.len) {
        char c = s->text.ptr[s->at];
        if (c == '"') {
            skip_string(s);
        } else if (!depth && (c == ',' || c == ']' || c == '}')) {
            break;
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            s->at++;
        }
    }
    if (s->at > s->text.len)
        s->at = s->text.len;
    return str_trim((struct str){s->text.ptr + from, s->at - from});
}

struct str meta_raw_rows(struct str body)
{
    struct scan s = {.text = body};
    struct str none = {0};

    if (skip_space(&s) != '{')
        return none;
    for (s.at++; skip_space(&s) == '"'; s.at++) {
        size_t from = s.at;
        skip_string(&s);
        struct str key = {body.ptr + from, s.at - from};
        if (skip_space(&s) != ':')
            return none;
        s.at++;
        struct str value = take_value(&s);
        if (str_eq(key, S("\"data\"")))
            return str_starts(value, S("[")) ? value : none;
        if (skip_space(&s) != ',')
            return none;
    }
    return none;
}

bool meta_raw_next(struct str *rows, struct str *row)
{
    struct scan s = {.text = *rows};
    char c = skip_space(&s);

    *row = (struct str){0};
    if (c == '[' || c == ',')
        s.at++;
    c = skip_space(&s);
    if (!c || c == ']')
        return false;
    *row = take_value(&s);
    *rows = (struct str){s.text.ptr + s.at, s.text.len - s.at};
    return row->len > 0;
}
