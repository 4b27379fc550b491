/* chance.h: numbers that look random and follow from their names.
 * The one rule: nothing is drawn in turn; the same (seed, stream, a, b) always gives the same, so
 * any part of the world can be made without making what comes before it. */
#pragma once
#include "base/base.h"

/* What is drawn. Append only: the numbers are part of every world. */
enum stream {
    CHANCE_ID,
    CHANCE_CAMPAIGN,
    CHANCE_ADSET,
    CHANCE_AD,
    CHANCE_NAME,
    CHANCE_PAUSE,
    CHANCE_DAY,
    CHANCE_AD_DAY,
    CHANCE_RESTATE,
    CHANCE_LEAD,
    CHANCE_DEAL,
    CHANCE_STEP,
    CHANCE_RATE,
    CHANCE_POST,
    CHANCE_FORM,
    CHANCE_PERSON,
    CHANCE_HOOK_LOST,
    CHANCE_GRANT
};

uint64_t chance(uint64_t seed, enum stream stream, uint64_t a, uint64_t b);
/* The next of several numbers that belong to one thing: *state is any of the above. */
uint64_t chance_next(uint64_t *state);
/* Even over least..most, both included. */
int64_t chance_between(uint64_t *state, int64_t least, int64_t most);
/* Sum of three even draws: a hill over least..most with its top in the middle. */
int64_t chance_hill(uint64_t *state, int64_t least, int64_t most);
