/* command_work.c: commands that make the program work now: fetch, rebuild, decide, check. */
#include "ads/ads.h"
#include "app/commands.h"
#include "attribution/attribution.h"
#include "core/audit.h"
#include "core/webhook_key.h"
#include "metrics/metrics.h"

enum { FOLLOW_MS = 120 * 1000, FOLLOW_STEP_MS = 50 };

static void say_result(struct cli *cli, const struct job_run *r)
{
    struct json_out *j = json_out_new(&cli->cx, 256);
    struct str text;

    if (!cli->is_json)
        return;
    json_obj(j);
    json_key(j, "seen"), json_int(j, r->seen);
    json_key(j, "written"), json_int(j, r->written);
    json_key(j, "failed"), json_int(j, r->failed);
    json_end(j);
    if (json_finish(j, &text) == OK)
        cli_say(cli, "%.*s", STR_FMT(text));
}

/* The timetable may have begun the same job by itself: then this run waits and follows that one. */
enum err command_run_job(struct cli *cli, const char *name, const struct job_options *o,
                         struct job_run *r)
{
    enum err err;
    const struct clock *clock = cli->cx.clock;
    void (*say)(void *self, struct str line) = cli->is_json ? NULL : cli_job_line;
    int64_t begun = mono_ms(&cli->cx), waited = 0;

    while ((err = job_run_now(&cli->cx, cli->app, name, o, say, cli, r)) == ERR_CONFLICT &&
           waited < FOLLOW_MS) {
        if (!waited && say)
            cli_say(cli, "%s is running already; waiting for it to end", name);
        ctx_forgive(&cli->cx);
        clock->sleep_ms(clock->self, FOLLOW_STEP_MS);
        waited = mono_ms(&cli->cx) - begun;
    }
    return err;
}

/* The jobs that have something to do after this one. */
static enum err run_after(struct cli *cli, const char *name)
{
    struct job_run run = {0};

    return command_run_job(cli, name, &(struct job_options){0}, &run);
}

enum err command_sync(struct cli *cli)
{
    enum err err;
    struct job_options options = {.account = cli_value(cli, "account")};
    struct job_run sync = {0};
    const char *job = str_eq(cli->args[0], S("ads"))   ? "ads.sync"
                      : str_eq(cli->args[0], S("crm")) ? "crm.read_back"
                                                       : "rates.sync";

    TRY(cli_number(cli, "days", &options.days));
    TRY(command_run_job(cli, job, &options, &sync));
    if (str_eq(cli->args[0], S("crm")))
        TRY(run_after(cli, "inbox.drain"));
    TRY(run_after(cli, "attribution.run"));
    TRY(run_after(cli, "metrics.build"));
    say_result(cli, &sync);
    if (sync.failed)
        err = fail(&cli->cx, ERR_UPSTREAM, "%lld parts failed; the lines above say which and why",
                   (long long)sync.failed);
out:
    return err;
}

enum err command_aggregate(struct cli *cli)
{
    enum err err;
    int64_t days, started = mono_ms(&cli->cx);

    TRY(metrics_rebuild(&cli->cx, cli->app, cli_value(cli, "from"), cli_value(cli, "to"), &days));
    cli_say(cli, "%lld days built again in %lld ms", (long long)days,
            (long long)(mono_ms(&cli->cx) - started));
out:
    return err;
}

static void say_moves(struct cli *cli, const struct attribution_result *r)
{
    static const char *const columns[] = {"from_team", "to_team", "sales", "leads"};
    struct cli_table table = {.columns = columns, .ncolumns = COUNT(columns)};
    struct arena *a = cli->cx.arena;

    for (size_t i = 0; i < r->nmoves; i++) {
        const struct attribution_move *m = &r->moves[i];
        cli_table_add(cli, &table, arena_fmt(a, "%lld", (long long)m->from_team));
        cli_table_add(cli, &table, arena_fmt(a, "%lld", (long long)m->to_team));
        cli_table_add(cli, &table, arena_fmt(a, "%lld", (long long)m->sales));
        cli_table_add(cli, &table, arena_fmt(a, "%lld", (long long)m->leads));
    }
    if (r->nmoves || cli->is_json)
        cli_table_print(cli, &table);
}

enum err command_attribute(struct cli *cli)
{
    enum err err;
    struct attribution_ask ask = {.from = cli_value(cli, "from"),
                                  .to = cli_value(cli, "to"),
                                  .dry_run = cli_has(cli, "dry-run")};
    struct attribution_result result;

    TRY(attribution_run(&cli->cx, cli->app, &ask, &result));
    say_moves(cli, &result);
    if (!cli->is_json)
        cli_say(cli, "%lld looked at, %lld %s", (long long)result.seen, (long long)result.moved,
                ask.dry_run ? "would move" : "moved");
    if (!ask.dry_run)
        TRY(run_after(cli, "metrics.build"));
out:
    return err;
}

enum err command_verify(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t rows = 0;

    TRY(metrics_verify(&cli->cx, cli->app, cli_job_line, cli));
    TRY(tx_begin(&cli->cx, cli->app->db, TX_READ, &tx));
    TRY(audit_verify(tx, cli->app, &rows));
    cli_say(cli, "audit chain: %lld rows fit together", (long long)rows);
out:
    tx_end(&tx);
    return err;
}

enum err command_webhook(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    struct str key;

    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(webhook_key_create(tx, cli->app, S("amocrm"), &key));
    TRY(tx_commit(tx));
    webhook_keys_forget(cli->app->hooks);
    cli_say(cli, "%.*s/webhook/amocrm/traffic/%.*s", STR_FMT(cli->app->config.public_url),
            STR_FMT(key));
out:
    tx_end(&tx);
    return err;
}
