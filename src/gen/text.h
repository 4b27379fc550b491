/* text.h: words of the host program: growing text, whole files, C literals.
 * The one rule: whatever goes wrong ends the program with one line that names file and line. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buf { /* ends in NUL, which n does not count; free() its `at` */
    char *at;
    size_t n, cap;
};
__attribute__((noreturn, format(printf, 3, 4))) void die(const char *path, int line,
                                                         const char *fmt, ...);
void *grow(void *at, size_t size);
void put(struct buf *b, const void *data, size_t n);
void puts_to(struct buf *b, const char *text);
__attribute__((format(printf, 2, 3))) void putf(struct buf *b, const char *fmt, ...);
struct buf read_file(const char *path);
void write_file(const char *path, struct buf *b); /* and empties b */
bool is_word(char c, bool first);                 /* may it stand in a C name? */
/* Text as C string literals: compiles far faster than a list of numbers. A line ends after each
 * newline of text, and binary data is cut at a fixed width. */
void put_literal(struct buf *b, const char *data, size_t n, bool is_text);

/* The commands of embed_sql.c; 0 done, 2 wrong usage. */
int embed_sql(int argc, char **argv);
int embed_registry(int argc, char **argv);
