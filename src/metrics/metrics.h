/* metrics.h: what everything comes to. Reads come from rollups, never from raw rows.
 * The one rule: a rollup can be forgotten and built again from the facts, to the same bytes. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

/* Rebuilds every day marked dirty, newest first, in short transactions. *days = days rebuilt. */
enum err metrics_build(struct ctx *cx, struct app *app, int64_t *days) MUST_USE;
/* Marks every day from..to (empty = all) that has facts, then builds: `trafficd aggregate`. */
enum err metrics_rebuild(struct ctx *cx, struct app *app, struct str from, struct str to,
                         int64_t *days) MUST_USE;

/* Proves the stored numbers: every day's rollups are equal to what the facts give now, every sale
 * and lead has exactly one credit, payments add up to their sales. Says one line per check;
 * ERR_CONFLICT names the first that fails. */
enum err metrics_verify(struct ctx *cx, struct app *app, void (*say)(void *self, struct str line),
                        void *self) MUST_USE;

extern const struct route metrics_routes[];
extern const size_t metrics_nroutes;
extern const struct job metrics_jobs[]; /* metrics.build */
extern const size_t metrics_njobs;
