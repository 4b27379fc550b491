/* csv.c: tables as text. */
#include "base/csv.h"
#include "base/money.h"
#include "base/text_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 1000 };

/* ---- in ---- */

struct csv_in {
    struct ctx *cx;
    struct str rest;
    char separator;
    size_t line;
    VEC(struct str) fields; /* of the row at hand; the room is used again by the next */
    enum err err;
};

/* The sign that stands most often outside quotes in the first line. */
static char find_separator(struct str text)
{
    static const char signs[] = {',', ';', '\t'};
    size_t counts[sizeof signs] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len && (quoted || text.ptr[i] != '\n'); i++) {
        quoted ^= text.ptr[i] == '"';
        for (size_t k = 0; k < sizeof signs; k++)
            counts[k] += !quoted && text.ptr[i] == signs[k];
    }
    for (size_t k = 1; k < sizeof signs; k++)
        if (counts[k] > counts[best])
            best = k;
    return signs[best];
}

struct csv_in *csv_open(struct ctx *cx, struct str text)
{
    struct csv_in *in = arena_new_of(cx->arena, struct csv_in);
    struct str mark = S("\xef\xbb\xbf");

    if (str_starts(text, mark))
        text = (struct str){text.ptr + mark.len, text.len - mark.len};
    in->cx = cx;
    in->rest = text;
    in->separator = find_separator(text);
    in->line = 1;
    return in;
}

static void skip(struct csv_in *in, size_t n)
{
    in->rest = (struct str){in->rest.ptr + n, in->rest.len - n};
}

/* Length of the line end at the front; 0 when there is none. */
static size_t line_end(struct str s)
{
    if (s.len && s.ptr[0] == '\n')
        return 1;
    return s.len > 1 && s.ptr[0] == '\r' && s.ptr[1] == '\n' ? 2 : 0;
}

static struct str plain_field(struct csv_in *in)
{
    struct str s = in->rest;
    size_t n = 0;

    while (n < s.len && s.ptr[n] != in->separator && !line_end((struct str){s.ptr + n, s.len - n}))
        n++;
    skip(in, n);
    return (struct str){s.ptr, n};
}

/* "a ""b""" without its quotes; doubled ones are undone in the arena. */
static bool quoted_field(struct csv_in *in, struct str *out)
{
    struct str s = in->rest;
    size_t n = 1, doubled = 0;

    for (;; n++) {
        if (n >= s.len)
            return false;
        in->line += s.ptr[n] == '\n';
        if (s.ptr[n] != '"')
            continue;
        if (n + 1 >= s.len || s.ptr[n + 1] != '"')
            break;
        n++;
        doubled++;
    }
    skip(in, n + 1);
    *out = (struct str){s.ptr + 1, n - 1};
    if (doubled) {
        char *text = arena_alloc(in->cx->arena, n - 1 - doubled, 1);
        size_t k = 0;
        for (size_t i = 1; i < n; i++) {
            text[k++] = s.ptr[i];
            i += s.ptr[i] == '"';
        }
        *out = (struct str){text, k};
    }
    return !in->rest.len || in->rest.ptr[0] == in->separator || line_end(in->rest);
}

static bool refuse(struct csv_in *in, size_t line, const char *why)
{
    in->err = fail(in->cx, ERR_INPUT, "line %zu: %s", line, why);
    return false;
}

static bool take_field(struct csv_in *in, size_t line)
{
    struct str field;

    if (in->rest.len && in->rest.ptr[0] == '"') {
        if (!quoted_field(in, &field))
            return refuse(in, line, "a quote is not closed, or text follows it");
    } else {
        field = plain_field(in);
    }
    if (in->fields.n == MOST_COLUMNS)
        return refuse(in, line, "more than 1000 columns");
    if (!str_is_utf8(field) || (field.len && memchr(field.ptr, 0, field.len)))
        return refuse(in, line, "the text is not UTF-8");
    *vec_add(in->cx->arena, &in->fields) = field;
    return true;
}

bool csv_next(struct csv_in *in, struct csv_row *row)
{
    size_t end;

    while (!in->err && (end = line_end(in->rest))) { /* blank lines are no rows */
        skip(in, end);
        in->line++;
    }
    if (in->err || !in->rest.len)
        return false;
    size_t line = in->line;
    in->fields.n = 0;
    for (;;) {
        if (!take_field(in, line))
            return false;
        if (!in->rest.len || in->rest.ptr[0] != in->separator)
            break;
        skip(in, 1);
    }
    end = line_end(in->rest);
    skip(in, end);
    in->line += end > 0;
    *row = (struct csv_row){in->fields.at, in->fields.n, line};
    return true;
}

enum err csv_error(struct csv_in *in)
{
    return in->err;
}

/* ---- out ---- */

struct csv_out {
    struct text_out text;
    bool in_row;
};

struct csv_out *csv_out_new(struct ctx *cx, size_t cap)
{
    struct csv_out *c = arena_new_of(cx->arena, struct csv_out);

    c->text = text_out(cx->arena, cap);
    return c;
}

static void put(struct csv_out *c, struct str s)
{
    text_put(&c->text, s.ptr, s.len);
}

static void begin_field(struct csv_out *c)
{
    if (c->in_row)
        put(c, S(","));
    c->in_row = true;
}

/* Every sign that some spreadsheet takes for a separator calls for quotes. */
static bool needs_quotes(struct str v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] && strchr(",;\t\"\r\n", v.ptr[i]))
            return true;
    return v.len && (v.ptr[0] == ' ' || v.ptr[v.len - 1] == ' ');
}

void csv_str(struct csv_out *c, struct str v)
{
    bool is_formula = v.len && v.ptr[0] && strchr("=+-@\t\r\n", v.ptr[0]);
    bool is_quoted = needs_quotes(v);
    struct str part;

    begin_field(c);
    put(c, is_quoted ? S("\"") : S(""));
    put(c, is_formula ? S("'") : S(""));
    while (str_cut(&v, '"', &part)) {
        put(c, part);
        if (part.ptr + part.len < v.ptr) /* a quote was cut off here */
            put(c, S("\"\""));
    }
    put(c, is_quoted ? S("\"") : S(""));
}

void csv_int(struct csv_out *c, int64_t v)
{
    char text[24];

    begin_field(c);
    text_put(&c->text, text, (size_t)snprintf(text, sizeof text, "%" PRId64, v));
}

void csv_dec(struct csv_out *c, int64_t units, int scale)
{
    char text[DECIMAL_SIZE];

    begin_field(c);
    text_put(&c->text, text, decimal_put(text, units, scale));
}

void csv_end_row(struct csv_out *c)
{
    put(c, S("\r\n"));
    c->in_row = false;
}

struct str csv_text(struct csv_out *c)
{
    return (struct str){c->text.at, c->text.n};
}
