/* text.c: files and growing text for the host program. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 8192, LINE_WIDTH = 96 };

void die(const char *path, int line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, line ? "%s:%d: " : "%s: ", path, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

void *grow(void *at, size_t size)
{
    void *bigger = realloc(at, size);

    if (!bigger)
        die("embed", 0, "out of memory");
    return bigger;
}

void put(struct buf *b, const void *data, size_t n)
{
    if (b->n + n + 1 > b->cap) {
        b->cap = (b->n + n + 1) * 2;
        b->at = grow(b->at, b->cap);
    }
    if (n)
        memcpy(b->at + b->n, data, n);
    b->n += n;
    b->at[b->n] = 0;
}

void puts_to(struct buf *b, const char *text)
{
    put(b, text, strlen(text));
}

void putf(struct buf *b, const char *fmt, ...)
{
    char text[LONGEST_NAME];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        die("embed", 0, "a name is too long");
    put(b, text, (size_t)n);
}

struct buf read_file(const char *path)
{
    struct buf b = {0};
    char part[16384];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f)
        die(path, 0, "cannot open: %s", strerror(errno));
    put(&b, "", 0);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        put(&b, part, n);
    if (ferror(f))
        die(path, 0, "cannot read: %s", strerror(errno));
    fclose(f);
    return b;
}

/* Written beside and renamed, so that an interrupted build leaves no half file behind. */
void write_file(const char *path, struct buf *b)
{
    struct buf beside = {0};

    putf(&beside, "%s.part", path);
    FILE *f = fopen(beside.at, "wb");
    if (!f)
        die(beside.at, 0, "cannot create: %s", strerror(errno));
    if ((b->n && fwrite(b->at, 1, b->n, f) != b->n) || fclose(f) || rename(beside.at, path))
        die(path, 0, "cannot write: %s", strerror(errno));
    free(beside.at);
    free(b->at);
    *b = (struct buf){0};
}

bool is_word(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

void put_literal(struct buf *b, const char *data, size_t n, bool is_text)
{
    size_t column = 0;

    puts_to(b, "    \"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        bool digit_next = i + 1 < n && data[i + 1] >= '0' && data[i + 1] <= '9';
        size_t before = b->n;

        if (c == '\n')
            puts_to(b, "\\n");
        else if (c == '"' || c == '\\' || c == '?')
            putf(b, "\\%c", c);
        else if (c >= ' ' && c < 127)
            put(b, &data[i], 1);
        else
            putf(b, digit_next ? "\\%03o" : "\\%o", c);
        column += b->n - before;
        if (i + 1 < n && ((is_text && c == '\n') || column >= LINE_WIDTH)) {
            puts_to(b, "\"\n    \"");
            column = 0;
        }
    }
    puts_to(b, "\"");
}
