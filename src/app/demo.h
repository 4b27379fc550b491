/* demo.h: `trafficd demo`: a seeded agency, fake upstreams in the same process, the real road
 * between. The one rule: what a visitor sees went through sync, webhook, attribution and rollups;
 * nothing is written past them. */
#pragma once
#include "app/cli.h"
#include "sim/sim.h"
#include <signal.h>

enum err demo_run(struct cli *cli, const struct config *config,
                  const volatile sig_atomic_t *stop) MUST_USE;
/* --seed, --today and --days; today is the system's day when it is not given. */
enum err demo_world(struct cli *cli, struct world_options *out) MUST_USE;
