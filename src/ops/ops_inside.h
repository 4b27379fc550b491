/* ops_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "core/answer.h"

/* What every query of this slice may ask for by name: the moment, days of the reporting zone, and
 * what the user may see. */
struct ops_args {
    struct arg at[24];
    size_t n;
};
void ops_args_fill(struct ops_args *a, struct req *rq);
/* Runs the query with those of the arguments that it names. */
enum err ops_query(struct tx *tx, const struct query *q, const struct ops_args *a,
                   struct rows **out) MUST_USE;

extern handler_fn ops_sources, ops_diagnostics, ops_stats, ops_monitoring, ops_calls, ops_errors;
