/* audit.h: who did what, to which row, before and after; chained by keyed hashes. */
#pragma once
#include "core/app.h"
#include "core/auth.h"

struct audit_entry {
    const struct user *user; /* NULL = the system or the command line */
    const char *action;      /* "team.create" */
    const char *entity;      /* "team" */
    int64_t entity_id;
    struct str before, after; /* JSON objects without secrets; may be empty */
    struct str request_id;
    struct str actor; /* empty: the user's e-mail, or "system" without a user */
};
enum err audit_write(struct tx *tx, const struct app *app, const struct audit_entry *e) MUST_USE;
/* Walks the whole chain; ERR_CONFLICT names the first row that does not fit. *rows = rows checked.
 */
enum err audit_verify(struct tx *tx, const struct app *app, int64_t *rows) MUST_USE;

/* audit.verify, nightly: walks the chain and logs its length and head, so that a tail that is cut
 * off later shows against the log kept elsewhere. */
extern const struct job audit_jobs[];
extern const size_t audit_njobs;
