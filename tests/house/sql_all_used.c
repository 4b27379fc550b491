/* sql_all_used.c: every query of the program is run by some test. Runs after all tests that open a
 * database; they note what they ran in the file that TD_QUERY_LOG names (support/temp_db.h). */
#include "db/db.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str read_log(struct ctx *cx, const char *path)
{
    size_t size = 1 << 20;
    char *text = arena_alloc(cx->arena, size, 1);
    FILE *f = path ? fopen(path, "r") : NULL;

    if (!f)
        test_fail(TEST_AT("log"), "TD_QUERY_LOG names no file: run the other tests first");
    size_t n = fread(text, 1, size, f);
    fclose(f);
    check(n < size);
    return (struct str){text, n};
}

static bool holds_line(struct str log, const char *name)
{
    struct str line;

    while (str_cut(&log, '\n', &line))
        if (str_eq(line, str_of(name)))
            return true;
    return false;
}

TEST(every_query_is_run_by_some_test)
{
    struct str log = read_log(cx, getenv("TD_QUERY_LOG"));
    int unused = 0;

    for (size_t i = 0; i < all_nqueries; i++) {
        for (size_t k = 0; k < all_queries[i].n; k++) {
            const char *name = all_queries[i].queries[k]->name;

            if (holds_line(log, name))
                continue;
            printf("%s.sql, query %s: no test runs it\n", all_queries[i].name, name);
            unused++;
        }
    }
    check_int(0, unused);
}
