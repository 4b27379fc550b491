/* command_import.c: tables from files. */
#include "app/commands.h"
#include "base/file.h"
#include "base/json.h"
#include "imports/imports.h"

enum { FILE_MOST = 256 << 20 };
#define ARENA_CAP (3LL * FILE_MOST)

static void say_progress(void *self, int64_t done, int64_t total)
{
    cli_say(self, "%lld %% read", (long long)(total ? done * 100 / total : 100));
}

static void say_report(struct cli *cli, const struct import_report *r)
{
    struct json_out *j = json_out_new(&cli->cx, 256);
    struct str text;

    if (!cli->is_json) {
        cli_say(cli,
                "%.*s: %lld rows taken, %lld known or merged, %lld refused; %lld in the table "
                "before, %lld now",
                STR_FMT(r->kind), (long long)r->taken, (long long)r->merged, (long long)r->refused,
                (long long)r->before, (long long)r->after);
        return;
    }
    json_obj(j);
    json_key(j, "id"), json_int(j, r->id);
    json_key(j, "kind"), json_str(j, r->kind);
    json_key(j, "taken"), json_int(j, r->taken);
    json_key(j, "merged"), json_int(j, r->merged);
    json_key(j, "refused"), json_int(j, r->refused);
    json_key(j, "before"), json_int(j, r->before);
    json_key(j, "after"), json_int(j, r->after);
    json_end(j);
    if (json_finish(j, &text) == OK)
        cli_say(cli, "%.*s", STR_FMT(text));
}

enum err command_import(struct cli *cli)
{
    enum err err;
    struct ctx cx = cli->cx;
    struct import_report report = {0};
    struct import_ear ear = {.say = cli->is_json ? NULL : cli_job_line,
                             .progress = cli->is_json ? NULL : say_progress,
                             .self = cli};
    struct import_ask ask = {.kind = cli_value(cli, "kind"),
                             .file_name = cli->args[0],
                             .account = cli_value(cli, "account"),
                             .currency = cli_value(cli, "currency")};

    cx.arena = arena_new(ARENA_CAP);
    err = file_read(&cx, str_z(cx.arena, cli->args[0]), FILE_MOST, &ask.text);
    if (!err)
        err = import_run(&cx, cli->app, &ask, &ear, &report);
    if (err)
        err = fail(&cli->cx, err, "%s", cx.why);
    else
        say_report(cli, &report);
    arena_free(&cx.arena);
    return err;
}
