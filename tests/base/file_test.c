/* A whole file as text. */
#include "base/file.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");

    check(f != NULL && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

TEST(a_file_is_read_to_its_last_byte)
{
    char path[] = "/tmp/td-file-XXXXXX";
    static char large[200000];
    struct str text;

    close(mkstemp(path));
    memset(large, 'x', sizeof large);
    write_file(path, large, sizeof large);
    check_ok(file_read(cx, path, sizeof large, &text));
    check_int((int64_t)sizeof large, (int64_t)text.len);
    write_file(path, "", 0);
    check_ok(file_read(cx, path, 10, &text));
    check_int(0, (int64_t)text.len);
    unlink(path);
}

TEST(a_file_that_is_too_long_or_not_there_is_refused_by_name)
{
    char path[] = "/tmp/td-file-XXXXXX";
    struct str text;

    close(mkstemp(path));
    write_file(path, "twelve bytes", 12);
    check_err(file_read(cx, path, 11, &text), ERR_INPUT);
    check(strstr(cx->why, path) != NULL);
    ctx_forgive(cx);
    unlink(path);
    check_err(file_read(cx, path, 11, &text), ERR_INPUT);
    check(strstr(cx->why, "cannot open") != NULL);
    ctx_forgive(cx);
}
