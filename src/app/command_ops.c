/* command_ops.c: jobs and the inbox, by command. */
#include "app/commands.h"
#include "base/calendar.h"
#include "core/inbox.h"

struct listing {
    struct cli *cli;
    struct cli_table table;
};

static struct str moment(struct cli *cli, int64_t at_ms, const char *none)
{
    return at_ms ? rfc3339(cli->cx.arena, at_ms) : str_of(none);
}

static struct str number(struct cli *cli, int64_t n)
{
    return arena_fmt(cli->cx.arena, "%lld", (long long)n);
}

/* ---- jobs ---- */

static void add_job(void *self, const struct job_line *j)
{
    struct listing *l = self;
    struct cli *cli = l->cli;

    cli_table_add(cli, &l->table, j->name);
    cli_table_add(cli, &l->table, j->cron);
    cli_table_add(cli, &l->table, moment(cli, j->last_at, "never"));
    cli_table_add(cli, &l->table, j->outcome);
    cli_table_add(cli, &l->table, number(cli, j->seen));
    cli_table_add(cli, &l->table, number(cli, j->written));
    cli_table_add(cli, &l->table, moment(cli, j->next_at, "paused"));
    cli_table_add(cli, &l->table, arena_str(cli->cx.arena, j->error));
}

enum err command_job_list(struct cli *cli)
{
    static const char *const columns[] = {"job",  "schedule", "last", "outcome",
                                          "seen", "written",  "next", "error"};
    struct listing l = {
        .cli = cli, .table = {.columns = columns, .ncolumns = COUNT(columns)}
    };
    enum err err = jobs_each(&cli->cx, cli->app, add_job, &l);

    if (!err)
        cli_table_print(cli, &l.table);
    return err;
}

enum err command_job_run(struct cli *cli)
{
    struct job_run run = {0};
    const struct job *job = job_find(cli->app, cli->args[0]);
    enum err err;

    if (!job)
        return fail(&cli->cx, ERR_NOT_FOUND, "there is no job %.*s: see `trafficd job list`",
                    STR_FMT(cli->args[0]));
    err = command_run_job(cli, job->name, &(struct job_options){0}, &run);
    if (!err && !cli->is_json)
        cli_say(cli, "%s: %lld seen, %lld written, %lld failed", job->name, (long long)run.seen,
                (long long)run.written, (long long)run.failed);
    if (!err && run.failed)
        err = fail(&cli->cx, ERR_UPSTREAM, "%lld parts failed; the lines above say which and why",
                   (long long)run.failed);
    return err;
}

enum err command_job_pause(struct cli *cli)
{
    bool is_paused = !cli_has(cli, "undo");
    enum err err = job_pause(&cli->cx, cli->app, cli->args[0], is_paused);

    if (!err)
        cli_say(cli, "%.*s %s", STR_FMT(cli->args[0]), is_paused ? "is paused" : "runs again");
    return err;
}

/* ---- the inbox ---- */

static void add_event(void *self, const struct inbox_line *e)
{
    struct listing *l = self;
    struct cli *cli = l->cli;

    cli_table_add(cli, &l->table, number(cli, e->id));
    cli_table_add(cli, &l->table, moment(cli, e->received_at, ""));
    cli_table_add(cli, &l->table, e->source);
    cli_table_add(cli, &l->table, e->state);
    cli_table_add(cli, &l->table, e->subject);
    cli_table_add(cli, &l->table, e->error.len ? e->error : e->outcome);
}

enum err command_inbox_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "received", "source", "state", "about", "outcome"};
    struct listing l = {
        .cli = cli, .table = {.columns = columns, .ncolumns = COUNT(columns)}
    };
    struct inbox_filter f = {cli_value(cli, "source"), cli_value(cli, "state")};
    enum err err = inbox_each(&cli->cx, cli->app, &f, add_event, &l);

    if (!err)
        cli_table_print(cli, &l.table);
    return err;
}

enum err command_inbox_replay(struct cli *cli)
{
    enum err err;
    int64_t id = 0, count;
    struct job_run run = {0};

    if (!str_eq(cli->args[0], S("all")) && (!str_to_int(cli->args[0], &id) || id <= 0))
        return fail(&cli->cx, ERR_INPUT, "an event's number or the word all is wanted");
    TRY(inbox_replay(&cli->cx, cli->app, id, &count));
    TRY(command_run_job(cli, "inbox.drain", &(struct job_options){0}, &run));
    cli_say(cli, "%lld events worked off again, %lld could not be", (long long)count,
            (long long)run.failed);
out:
    return err;
}
