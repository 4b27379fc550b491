/* sql_all_prepare.c: every query of the program is understood by every engine, against the real
 * schema, and gives nothing that cannot be read back. Where PostgreSQL cannot tell a parameter's
 * type
 * (`:team is null or ...`), write cast(:team as bigint) is null. */
#include "db/driver.h"
#include "temp_db.h"

#include <stdio.h>

static int refuse(struct ctx *cx, struct temp_db *t, const struct query_set *set,
                  const struct query *q)
{
    struct tx *tx = NULL;
    int n = 0;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    if (db_prepare(tx, q) != OK) {
        printf("%s.sql, query %s: %s\n", set->name, q->name, cx->why);
        ctx_forgive(cx);
        n = 1;
    }
    tx_end(&tx);
    return n;
}

DB_TEST(every_query_is_understood)
{
    int refused = 0;

    check(all_nqueries > 0);
    for (size_t i = 0; i < all_nqueries; i++)
        for (size_t k = 0; k < all_queries[i].n; k++)
            refused += refuse(cx, t, &all_queries[i], all_queries[i].queries[k]);
    check_int(0, refused);
}
