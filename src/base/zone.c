/* zone.c: a zone's history from TZif (RFC 8536), and the rule that goes on after it. */
#include "base/calendar.h"
#include "base/embedded.h"
#include "base/posix_tz.h"

#include <string.h>

enum { HEADER = 44, MAX_TRANSITIONS = 4096, MAX_TYPES = 256, LONGEST_OFFSET_S = 26 * 3600 };

struct zone {
    const int64_t *at;     /* seconds; sorted */
    const int32_t *offset; /* offset[i + 1] holds from at[i] on, offset[0] before all */
    size_t n;
    bool has_rule; /* for the time after the last transition */
    struct posix_tz rule;
};

/* ---- reading TZif ---- */

struct counts {
    uint32_t utc, standard, leaps, transitions, types, letters;
};

static uint32_t word_at(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t long_at(const unsigned char *at)
{
    return (int64_t)((uint64_t)word_at(at) << 32 | word_at(at + 4));
}

static bool read_header(struct str file, size_t at, struct counts *c)
{
    if (at > file.len || file.len - at < HEADER)
        return false;
    const unsigned char *h = (const unsigned char *)file.ptr + at;
    if (memcmp(h, "TZif", 4) != 0 || h[4] < '2')
        return false;
    *c = (struct counts){word_at(h + 20), word_at(h + 24), word_at(h + 28),
                         word_at(h + 32), word_at(h + 36), word_at(h + 40)};
    return c->transitions <= MAX_TRANSITIONS && c->types >= 1 && c->types <= MAX_TYPES &&
           c->letters <= 4096 && c->leaps <= 4096 && c->utc <= MAX_TYPES &&
           c->standard <= MAX_TYPES;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->transitions * (time_size + 1) + c->types * 6 + c->letters +
           c->leaps * (time_size + 4) + c->standard + c->utc;
}

static bool read_transitions(struct arena *a, const unsigned char *block, const struct counts *c,
                             struct zone *z)
{
    const unsigned char *types = block + c->transitions * 8, *infos = types + c->transitions;
    int64_t *at = arena_alloc(a, c->transitions * sizeof *at, _Alignof(int64_t));
    int32_t *offset = arena_alloc(a, (c->transitions + 1) * sizeof *offset, _Alignof(int32_t));

    offset[0] = (int32_t)word_at(infos);
    for (size_t i = 0; i < c->transitions; i++) {
        at[i] = long_at(block + i * 8);
        if (types[i] >= c->types || (i && at[i] <= at[i - 1]))
            return false;
        offset[i + 1] = (int32_t)word_at(infos + (size_t)types[i] * 6);
    }
    for (size_t i = 0; i <= c->transitions; i++)
        if (offset[i] < -LONGEST_OFFSET_S || offset[i] > LONGEST_OFFSET_S)
            return false;
    *z = (struct zone){.at = at, .offset = offset, .n = c->transitions};
    return true;
}

/* The second block holds 64-bit times; the first, for older readers, is skipped. */
static bool read_zone(struct arena *a, struct str file, struct zone *z)
{
    struct counts c;

    if (!read_header(file, 0, &c))
        return false;
    size_t at = HEADER + block_size(&c, 4);
    if (!read_header(file, at, &c))
        return false;
    at += HEADER;
    size_t size = block_size(&c, 8);
    if (file.len - at < size + 2)
        return false;
    if (!read_transitions(a, (const unsigned char *)file.ptr + at, &c, z))
        return false;
    struct str footer = {file.ptr + at + size, file.len - at - size};
    if (footer.ptr[0] != '\n' || footer.ptr[footer.len - 1] != '\n')
        return false;
    footer = (struct str){footer.ptr + 1, footer.len - 2};
    z->has_rule = footer.len > 0;
    return !z->has_rule || posix_tz_parse(footer, &z->rule);
}

enum err zone_find(struct ctx *cx, struct str name, const struct zone **out)
{
    const struct embedded_file *file = embedded_find(&embedded_zoneinfo, name);
    struct zone *z = arena_new_of(cx->arena, struct zone);

    if (!file)
        return fail(cx, ERR_INPUT, "there is no time zone \"%.*s\"", STR_FMT(name));
    if (!read_zone(cx->arena, (struct str){(const char *)file->data, file->len}, z))
        return fail(cx, ERR_INPUT, "the time zone \"%.*s\" cannot be read", STR_FMT(name));
    *out = z;
    return OK;
}

/* ---- asking ---- */

static int64_t floor_s(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* How many transitions are not after the second. */
static size_t passed(const struct zone *z, int64_t s)
{
    size_t low = 0, high = z->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t offset_at(const struct zone *z, int64_t s)
{
    size_t n = passed(z, s);

    return n == z->n && z->has_rule ? posix_tz_offset(&z->rule, s) : z->offset[n];
}

int32_t zone_offset_s(const struct zone *z, int64_t at_ms)
{
    return offset_at(z, floor_s(at_ms));
}

/* First second after s at which the offset may change; INT64_MAX when it stays for ever. */
static int64_t next_change(const struct zone *z, int64_t s)
{
    size_t n = passed(z, s);

    if (n < z->n)
        return z->at[n];
    return z->has_rule ? posix_tz_next(&z->rule, s) : INT64_MAX;
}

int64_t instant_of(const struct zone *z, struct date d, int hour, int minute)
{
    int64_t wanted = day_number(d) * 86400 + hour * 3600 + minute * 60;
    int64_t from = wanted - LONGEST_OFFSET_S; /* before it no offset reaches the wanted time */

    for (;;) {
        int64_t until = next_change(z, from);
        int64_t at = wanted - offset_at(z, from);
        if (at < from) /* skipped: the offset jumped past it at `from` */
            at = from;
        if (at < until)
            return at * 1000;
        from = until;
    }
}
