/* cli_run.c: one command on an open app: from the command line or through the server's socket. */
#include "app/control.h"

static void complain(struct cli *cli, enum err err)
{
    struct str text;

    for (struct field_error *f = cli->cx.fields; f; f = f->next) {
        text =
            arena_fmt(cli->cx.arena, "trafficd: %.*s: %.*s\n", STR_FMT(f->field), STR_FMT(f->why));
        cli->out.write(cli->out.self, true, text);
    }
    text = arena_fmt(cli->cx.arena, "trafficd: %s\n", cli->cx.why[0] ? cli->cx.why : err_slug(err));
    cli->out.write(cli->out.self, true, text);
}

int cli_run(struct app *app, const struct ctx *cx, const struct cli_call *call)
{
    struct cli cli = {
        .cx = {.arena = cx->arena, .clock = cx->clock, .tag = "command"},
        .app = app,
        .password = call->password,
        .out = call->out
    };
    struct cli_flags flags = {0};
    enum err err = cli_parse(&cli, &call->words, &flags);

    if (!err && !cli.command->run)
        err = fail(&cli.cx, ERR_INPUT, "%s cannot run inside a server", cli.command->name);
    if (!err)
        err = cli.command->run(&cli);
    if (!err)
        return 0;
    complain(&cli, err);
    return err == ERR_INPUT || err == ERR_FIELDS ? 2 : 1;
}
