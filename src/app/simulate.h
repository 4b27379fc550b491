/* simulate.h: `trafficd sim`: the demo's fake upstreams alone, for developers and tests. */
#pragma once
#include "app/cli.h"
#include <signal.h>

enum err simulate_run(struct cli *cli, const volatile sig_atomic_t *stop) MUST_USE;
