/* deflate.c: zlib with the arena's memory. */
#include "core/deflate.h"

#include <string.h>
#include <zlib.h>

static void *take(void *arena, uInt items, uInt size)
{
    return arena_alloc(arena, (size_t)items * size, 16);
}

static void give(void *arena, void *at)
{
    (void)arena, (void)at; /* the arena is freed whole */
}

/* zlib counts in unsigned int and does not write to its input. */
static z_stream stream_of(struct ctx *cx, struct str in)
{
    z_stream z = {.zalloc = take, .zfree = give, .opaque = cx->arena};
    union {
        const char *in;
        unsigned char *out;
    } same = {.in = in.ptr};

    z.next_in = same.out;
    z.avail_in = (uInt)in.len;
    return z;
}

enum { MOST_BYTES = 1 << 30 };

enum err deflate_bytes(struct ctx *cx, struct str plain, struct str *packed)
{
    z_stream z = stream_of(cx, plain);
    unsigned char *out;
    size_t room;

    if (plain.len > MOST_BYTES || deflateInit(&z, Z_DEFAULT_COMPRESSION) != Z_OK)
        return fail(cx, ERR_TOO_LARGE, "%zu bytes cannot be packed", plain.len);
    room = deflateBound(&z, (uLong)plain.len);
    out = arena_alloc(cx->arena, room, 1);
    z.next_out = out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        return fail(cx, ERR_BUG, "%zu bytes did not pack", plain.len);
    *packed = (struct str){(const char *)out, room - z.avail_out};
    deflateEnd(&z);
    return OK;
}

enum err inflate_bytes(struct ctx *cx, struct str packed, size_t plain_size, struct str *plain)
{
    z_stream z = stream_of(cx, packed);
    unsigned char *out;
    int end;

    if (plain_size > MOST_BYTES || packed.len > MOST_BYTES || inflateInit(&z) != Z_OK)
        return fail(cx, ERR_TOO_LARGE, "%zu bytes cannot be unpacked", plain_size);
    out = arena_alloc(cx->arena, plain_size + 1, 1); /* one more: what is too long shows */
    z.next_out = out;
    z.avail_out = (uInt)plain_size + 1;
    end = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (end != Z_STREAM_END || z.avail_out != 1)
        return fail(cx, ERR_BUG, "packed bytes do not unpack to %zu", plain_size);
    *plain = (struct str){(const char *)out, plain_size};
    return OK;
}
