/* file.c: reading what a person names. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 64 << 10 };

/* In steps, since a pipe has no size to ask for. */
static enum err read_all(struct ctx *cx, FILE *f, const char *path, size_t most, struct str *out)
{
    VEC(char) text = {0};
    size_t n = 0, got;

    do {
        while (text.cap < n + STEP)
            text.at = vec_grow(cx->arena, text.at, n, &text.cap, 1);
        got = fread(text.at + n, 1, text.cap - n, f);
        n += got;
    } while (got && n <= most);
    if (ferror(f))
        return fail(cx, ERR_INPUT, "%s: cannot read", path);
    if (n > most)
        return fail(cx, ERR_INPUT, "%s: larger than %zu KiB", path, most >> 10);
    *out = (struct str){text.at, n};
    return OK;
}

enum err file_read(struct ctx *cx, const char *path, size_t most, struct str *out)
{
    FILE *f = fopen(path, "rb");
    enum err err;

    if (!f)
        return fail(cx, ERR_INPUT, "%s: cannot open: %s", path, strerror(errno));
    err = read_all(cx, f, path, most, out);
    fclose(f);
    return err;
}
