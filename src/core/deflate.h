/* deflate.h: bytes kept small at rest (zlib's format).
 * The one rule: the plain size is kept beside the packed bytes; unpacking needs it. */
#pragma once
#include "base/base.h"

/* In the arena of cx; works in it too (some 300 KB a call). */
enum err deflate_bytes(struct ctx *cx, struct str plain, struct str *packed) MUST_USE;
/* ERR_BUG when the bytes do not unpack to exactly plain_size. */
enum err inflate_bytes(struct ctx *cx, struct str packed, size_t plain_size,
                       struct str *plain) MUST_USE;
