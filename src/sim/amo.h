/* amo.h: the CRM that tells of deals by webhook.
 * The one rule: a POST is a list of (deal, step) with a number; its bytes follow from these, so a
 * retry sends the same bytes again. */
#pragma once
#include "sim/sim_inside.h"

struct amo_event {
    int64_t told_ms;
    struct world_ref ref;
    int64_t deal_id;
    int step;
};
struct amo_post {
    int64_t number;
    const struct amo_event *events;
    size_t nevents;
};
struct amo_told { /* what there is to tell of a stretch of time */
    struct arena *arena;
    int64_t after_ms, until_ms; /* after_ms 0: from the beginning */
    int64_t lose_one_in;        /* 0 = nothing is lost */
    VEC(struct amo_event) events;
};
/* Fills events, in the order in which they are told. */
void amo_collect(struct amo_told *t, const struct world *w);
/* In the dialect that the post's number draws. */
struct str amo_body_write(const struct world *w, struct arena *a, const struct amo_post *post);
