/* tables.h: lists of lists: every slice's routes, jobs and inbox doors, each on one screen. */
#pragma once
#include "core/inbox.h"
#include "core/job.h"
#include "http/http.h"

struct route_sets {
    const struct route_set *at;
    size_t n;
};
struct job_sets {
    const struct job_set *at;
    size_t n;
};
struct route_sets tables_routes(struct arena *a);
struct job_sets tables_jobs(struct arena *a);

extern const struct route_alias table_aliases[]; /* the documents' addresses */
extern const size_t table_naliases;
extern const struct inbox_source table_inbox[];
extern const size_t table_ninbox;
