/* db_fault.h: a database that fails on demand.
 * The one rule: db_fault_at(n) makes the nth call from now on fail (a begin, a statement or a
 * commit), once; the databases that temp_db.h opens obey it. */
#pragma once
#include "db/db.h"

/* Like db_open, but the database obeys db_fault_at. */
enum err db_fault_open(struct ctx *cx, const char *url, int readers, struct db **out) MUST_USE;
void db_fault_at(int nth);      /* 1 = the next call; 0 = none */
bool db_fault_has_struck(void); /* since the last db_fault_at */

/* Runs step with its 1st, 2nd, 3rd ... call failing, until no call is left to fail. Each failure
 * must be reported, and unchanged() must find the database as it was before. Returns the number of
 * failures that were tried. */
struct fault_case {
    enum err (*step)(struct ctx *cx, void *self);
    void (*unchanged)(struct ctx *cx, void *self); /* may be NULL */
    void *self;
};
int db_fault_each(struct ctx *cx, const struct fault_case *c);
