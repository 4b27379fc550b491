/* json_out.c: JSON by streaming. A misuse is remembered and told once, at the end. */
#include "base/json.h"
#include "base/money.h"
#include "base/text_out.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 64 };
#define LARGEST_EXACT 9007199254740992LL /* 2^53: the last whole number a browser keeps */

struct json_out {
    struct ctx *cx;
    struct text_out text;
    uint64_t is_obj, has_items; /* one bit per level */
    int depth;
    bool has_key, is_done; /* a key waits for its value; the outermost value is complete */
    const char *misuse;
};

struct json_out *json_out_new(struct ctx *cx, size_t cap)
{
    struct json_out *j = arena_new_of(cx->arena, struct json_out);

    j->cx = cx;
    j->text = text_out(cx->arena, cap);
    return j;
}

static void put(struct json_out *j, const char *text, size_t n)
{
    text_put(&j->text, text, n);
}

static uint64_t level(const struct json_out *j)
{
    return 1ull << (j->depth - 1);
}

/* Comma and bookkeeping before a value; false when no value may stand here. */
static bool value_begins(struct json_out *j)
{
    if (j->misuse)
        return false;
    if (j->depth == 0) {
        if (j->is_done)
            j->misuse = "a second outermost value";
        j->is_done = true;
    } else if (j->is_obj & level(j)) {
        if (!j->has_key)
            j->misuse = "a value without a key";
        j->has_key = false;
    } else {
        if (j->has_items & level(j))
            put(j, ",", 1);
        j->has_items |= level(j);
    }
    return !j->misuse;
}

static void open_level(struct json_out *j, bool is_obj)
{
    if (!value_begins(j))
        return;
    if (j->depth == DEEPEST) {
        j->misuse = "nested too deep";
        return;
    }
    j->depth++;
    j->has_items &= ~level(j);
    j->is_obj = is_obj ? j->is_obj | level(j) : j->is_obj & ~level(j);
    put(j, is_obj ? "{" : "[", 1);
}

void json_obj(struct json_out *j)
{
    open_level(j, true);
}

void json_arr(struct json_out *j)
{
    open_level(j, false);
}

void json_end(struct json_out *j)
{
    if (j->misuse)
        return;
    if (j->depth == 0 || j->has_key) {
        j->misuse = j->depth ? "a key without a value" : "an end without a beginning";
        return;
    }
    put(j, j->is_obj & level(j) ? "}" : "]", 1);
    j->depth--;
}

static const char *escape_of(uint32_t point, char room[8])
{
    switch (point) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        snprintf(room, 8, "\\u%04x", (unsigned)(point & 0xffff));
        return room;
    }
}

/* What could end a script element or a JavaScript line never goes out as it is. */
static bool is_plain(uint32_t p)
{
    return p >= 0x20 && p != '"' && p != '\\' && p != '<' && p != '>' && p != '&' && p != 0x2028 &&
           p != 0x2029;
}

static void put_text(struct json_out *j, struct str v)
{
    size_t plain = 0; /* what was looked at and can be copied as it is begins here */
    uint32_t point = 0;
    char room[8];

    put(j, "\"", 1);
    for (size_t i = 0, step; i < v.len; i += step) {
        const char *instead = UTF8_REPLACEMENT;
        step = utf8_step(v.ptr + i, v.len - i, &point);
        if (step && is_plain(point))
            continue;
        if (step)
            instead = escape_of(point, room);
        else
            step = 1;
        put(j, v.ptr + plain, i - plain);
        put(j, instead, strlen(instead));
        plain = i + step;
    }
    if (v.len)
        put(j, v.ptr + plain, v.len - plain);
    put(j, "\"", 1);
}

void json_key(struct json_out *j, const char *key)
{
    if (j->misuse)
        return;
    if (j->depth == 0 || !(j->is_obj & level(j)) || j->has_key) {
        j->misuse = "a key outside an object";
        return;
    }
    if (j->has_items & level(j))
        put(j, ",", 1);
    j->has_items |= level(j);
    put_text(j, str_of(key));
    put(j, ":", 1);
    j->has_key = true;
}

void json_raw(struct json_out *j, struct str json)
{
    if (value_begins(j))
        put(j, json.ptr, json.len);
}

void json_str(struct json_out *j, struct str v)
{
    if (value_begins(j))
        put_text(j, v);
}

void json_int(struct json_out *j, int64_t v)
{
    char text[32];
    bool is_exact = v >= -LARGEST_EXACT && v <= LARGEST_EXACT;
    int n = snprintf(text, sizeof text, is_exact ? "%" PRId64 : "\"%" PRId64 "\"", v);

    json_raw(j, (struct str){text, (size_t)n});
}

void json_dec(struct json_out *j, int64_t units, int scale)
{
    char text[DECIMAL_SIZE];

    if (scale < 0 || scale > DECIMAL_MAX_SCALE) {
        j->misuse = "a scale out of range";
        return;
    }
    json_raw(j, (struct str){text, decimal_put(text, units, scale)});
}

void json_bool(struct json_out *j, bool v)
{
    json_raw(j, v ? S("true") : S("false"));
}

void json_null(struct json_out *j)
{
    json_raw(j, S("null"));
}

enum err json_finish(struct json_out *j, struct str *out)
{
    if (!j->misuse && (j->depth || !j->is_done))
        j->misuse = "an answer that does not end";
    if (j->misuse)
        return fail(j->cx, ERR_BUG, "JSON writer: %s", j->misuse);
    if (arena_over(j->cx->arena))
        return fail(j->cx, ERR_TOO_LARGE, "the answer is larger than one request may use");
    *out = (struct str){j->text.at, j->text.n};
    return OK;
}
