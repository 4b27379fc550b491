/* chance.c: mixing by the finaliser of splitmix64, whose bits are even enough for a made-up agency.
 */
#include "sim/chance.h"

static const uint64_t golden = 0x9e3779b97f4a7c15u;

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t chance(uint64_t seed, enum stream stream, uint64_t a, uint64_t b)
{
    uint64_t z = mix(seed + golden * ((uint64_t)stream + 1));

    z = mix(z + golden * (a + 1));
    return mix(z + golden * (b + 1));
}

uint64_t chance_next(uint64_t *state)
{
    *state += golden;
    return mix(*state);
}

int64_t chance_between(uint64_t *state, int64_t least, int64_t most)
{
    uint64_t span = (uint64_t)(most - least) + 1;

    /* The high half times the span: as even as it needs to be, and cheaper than a division. */
    return least + (int64_t)(((chance_next(state) >> 32) * span) >> 32);
}

int64_t chance_hill(uint64_t *state, int64_t least, int64_t most)
{
    int64_t third = (most - least) / 3;
    int64_t sum = chance_between(state, 0, third) + chance_between(state, 0, third);

    return least + sum + chance_between(state, 0, most - least - 2 * third);
}
