/* simulate.c: options of the simulator from the command line. */
#include "app/simulate.h"
#include "app/demo.h"
#include "sim/sim.h"

enum err simulate_run(struct cli *cli, const volatile sig_atomic_t *stop)
{
    enum err err;
    struct sim_options o = {0};
    struct str hook = cli_value(cli, "hook");

    TRY(demo_world(cli, &o.world));
    if (cli_has(cli, "listen-sim"))
        o.listen = str_z(cli->cx.arena, cli_value(cli, "listen-sim"));
    o.app_secret = cli_value(cli, "app-secret");
    TRY(sim_serve(&cli->cx, &o, hook.len ? str_z(cli->cx.arena, hook) : NULL, stop));
out:
    return err;
}
