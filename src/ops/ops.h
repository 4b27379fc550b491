/* ops.h: what who runs the program asks: is it alive, where do its numbers come from, and why are
 * they wrong. Reads the tables of every slice. */
#pragma once
#include "core/job.h"
#include "http/http.h"

extern const struct route ops_routes[];
extern const size_t ops_nroutes;
extern const struct job ops_jobs[]; /* ops.journal: writes down what core/journal.h gathered */
extern const size_t ops_njobs;
