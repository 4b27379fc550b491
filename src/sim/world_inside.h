/* world_inside.h: what the files of the world share with one another and with nobody else. */
#pragma once
#include "sim/chance.h"
#include "sim/world.h"

/* How a team does: money is in tenge, shares are per mille. */
struct world_luck {
    int64_t lead_cost;                /* on the first day */
    int64_t lead_cost_drift;          /* what is added until the last day, per mille of it */
    int64_t flagman_share;            /* of the leads; the others ask for Express */
    int64_t flagman_won, express_won; /* of those */
};
extern const struct world_luck world_lucks[WORLD_TEAMS + 1]; /* the last: the agency's own doors */

enum { WORLD_EXPRESS, WORLD_FLAGMAN }; /* of world.pipelines */
/* A tenge in minor units of an account currency, for what is estimated, never for truth: tenge for
 * 100 minor units. */
int64_t world_rough_rate(struct str currency);

int world_second_of_day(uint64_t *state); /* people wake late and shop in the evening */
int world_share_of_day(int64_t second);   /* of 10,000, that lies before this second */
uint32_t world_nleads(const struct world *w, uint32_t ad, int64_t day);
/* world_deal, when midnight of ref->day in the zone of its source is known. */
bool world_deal_from(const struct world *w, const struct world_ref *ref, int64_t starts_ms,
                     struct world_deal *out);
/* When the lead of that name wrote in. */
int64_t world_lead_at(const struct world *w, const struct world_ref *ref, int64_t starts_ms);
