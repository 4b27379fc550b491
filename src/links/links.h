/* links.h: short links, what they add to an address, and who clicked.
 * The one rule: a redirect asks nothing of the database: codes lie in memory, and clicks wait there
 * for a thread of their own. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

/* The codes in memory and the clicks that wait; owns its locks and its thread. */
struct links_live;
enum err links_start(struct ctx *cx, struct app *app, struct links_live **out) MUST_USE;
/* Reads the codes anew, so that a change acts at once; NULL is fine. */
void links_reload(struct links_live *l, struct ctx *cx);
void links_stop(struct links_live **l); /* what waits is still stored; NULL is fine */

struct links_counts {        /* since the start */
    int64_t stored, dropped; /* dropped: more came than could wait */
    int64_t waiting;
};
struct links_counts links_counts(struct links_live *l); /* NULL is fine: zeros */

extern const struct route links_routes[];
extern const size_t links_nroutes;
extern const struct job links_jobs[]; /* links.sweep */
extern const size_t links_njobs;
