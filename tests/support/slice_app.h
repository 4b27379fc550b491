/* slice_app.h: the whole product behind its door, for tests of the slices: every route, the inbox,
 * the jobs, people of each role, and SQL by hand.
 * The one rule: slice_app_open first, slice_app_close last. The answers that web/ is written
 * against are kept in tests/golden and compared byte for byte. */
#pragma once
#include "core_app.h"

struct slice_app {
    struct core_app core;
    struct app *app;                        /* &core.app */
    int64_t team;                           /* Arystan; the other one is Kenesary */
    int64_t other_team;                     /* both made without rules */
    struct str admin, lead, worker, viewer; /* access tokens; the last three are of Arystan */
    struct str stranger;                    /* a targetologist of Kenesary */
    struct str loner;                       /* a targetologist without a team */
    int64_t worker_id, stranger_id;
};
void slice_app_open(struct ctx *cx, struct temp_db *t, struct slice_app *s);
void slice_app_close(struct slice_app *s);

/* "GET /api/v1/teams", a token (empty: none), a JSON body (empty: none). */
struct answer slice_ask(struct ctx *cx, struct slice_app *s, const char *call, struct str token,
                        const char *body);
/* The same, only the status. */
int slice_status(struct ctx *cx, struct slice_app *s, const char *call, struct str token,
                 const char *body);
/* Is refused with 422, and this field is wrong in this way ("missing"). */
void slice_refuses(struct ctx *cx, struct slice_app *s, const char *call, const char *body,
                   const char *field, const char *why);
/* One run of a job, which must succeed. */
void slice_job(struct ctx *cx, struct slice_app *s, const char *name, struct job_run *result);
/* A webhook straight into the inbox's door, past the network; must be taken. */
void slice_hook(struct ctx *cx, struct slice_app *s, struct str body);

/* SQL by hand, in one transaction; several statements may follow one another. */
void sql_script(struct ctx *cx, struct slice_app *s, const char *fmt, ...) PRINTF_LIKE(3, 4);
int64_t sql_int(struct ctx *cx, struct slice_app *s, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The rows of "select <columns> <rest>" as lines "1|two|-": columns are split at commas outside
 * brackets, null is "-". */
struct str sql_rows(struct ctx *cx, struct slice_app *s, const char *columns, const char *rest);

/* The answer's body equals tests/golden/NAME.json. TD_GOLDEN_WRITE=1 writes the file. */
void check_golden(struct ctx *cx, const char *name, const struct answer *a);
