/* agency.c: the simulator as an ad platform of the wanted size: agency SCALE DAYS.
 *
 * Prints its port and the token that sees its accounts, stops on SIGTERM. Unlike pages.c each
 * answer is worked out when it is asked for, and the past can be restated through /_fake/switch.
 */
#include "base/log.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA = 512 << 20 };

int main(int argc, char **argv)
{
    struct ctx cx = {.arena = arena_new(ARENA), .clock = &clock_system, .tag = "agency"};
    struct sim_options o = {.world = {.seed = 42}};
    struct sim *sim = NULL;
    sigset_t signals;
    int got;

    if (argc != 3) {
        fprintf(stderr, "usage: agency SCALE DAYS\n");
        return 2;
    }
    o.world.scale = atoi(argv[1]);
    o.world.history_days = atoi(argv[2]);
    log_set_level(LOG_WARN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (sim_start(&cx, &o, &sim)) {
        fprintf(stderr, "agency: %s\n", cx.why);
        return 1;
    }
    printf("(port %d, agency) %.*s\n", sim_port(sim), STR_FMT(sim_world(sim)->tokens[0]));
    fflush(stdout);
    sigwait(&signals, &got);
    sim_stop(&sim);
    return 0;
}
