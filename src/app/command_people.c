/* command_people.c: users, teams and whose the ad accounts are. */
#include "ads/ads.h"
#include "app/commands.h"
#include "base/calendar.h"
#include "core/audit.h"
#include "metrics/metrics.h"
#include "teams/teams.h"
#include "users/users.h"

static enum err note(struct tx *tx, struct cli *cli, const char *action, const char *entity,
                     int64_t id)
{
    return audit_write(
        tx, cli->app,
        &(struct audit_entry){
            .action = action, .entity = entity, .entity_id = id, .request_id = S("command line")});
}

/* ---- users ---- */

static enum err read_user(struct cli *cli, struct user_new *u)
{
    enum err err;

    *u = (struct user_new){.email = cli_value(cli, "email"),
                           .full_name = cli_value(cli, "name").len ? cli_value(cli, "name")
                                                                   : cli_value(cli, "email")};
    if (!role_parse(cli_value(cli, "role"), &u->role))
        return fail(&cli->cx, ERR_BUG, "a role that the parser let through");
    TRY(user_password_hash(&cli->cx, cli->app, cli->password, u, &u->password_hash));
out:
    return err;
}

enum err command_user_add(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    struct user_new u;
    struct str link = {0};
    int64_t id;

    TRY(read_user(cli, &u));
    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    if (cli_has(cli, "team"))
        TRY(team_find(tx, cli_value(cli, "team"), &u.team_id));
    TRY(user_create(tx, &u, &id));
    if (!u.password_hash.len)
        TRY(auth_invite_link(tx, cli->app, id, &link));
    TRY(note(tx, cli, "user.create", "app_user", id));
    TRY(tx_commit(tx));
    cli_say(cli, "user %.*s added as %s", STR_FMT(u.email), role_name(u.role));
    if (link.len)
        cli_say(cli, "invitation, valid for 7 days: %.*s", STR_FMT(link));
out:
    tx_end(&tx);
    return err;
}

struct listing {
    struct cli *cli;
    struct cli_table table;
};

static void list_user(void *self, const struct user_row *u)
{
    struct listing *l = self;

    cli_table_add(l->cli, &l->table, u->email);
    cli_table_add(l->cli, &l->table, u->full_name);
    cli_table_add(l->cli, &l->table, u->role);
    cli_table_add(l->cli, &l->table, u->team_name);
    cli_table_add(l->cli, &l->table, u->is_disabled ? S("disabled") : S("active"));
}

enum err command_user_list(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    static const char *const columns[] = {"email", "name", "role", "team", "state"};
    struct listing l = {
        cli, {.columns = columns, .ncolumns = COUNT(columns)}
    };

    TRY(tx_begin(&cli->cx, cli->app->db, TX_READ, &tx));
    TRY(users_each(tx, list_user, &l));
    cli_table_print(cli, &l.table);
out:
    tx_end(&tx);
    return err;
}

enum err command_user_passwd(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    struct str hash;
    int64_t id;

    if (!cli->password.len)
        return fail(&cli->cx, ERR_INPUT, "no password was given on stdin");
    TRY(user_password_hash(&cli->cx, cli->app, cli->password,
                           &(struct user_new){.email = cli->args[0]}, &hash));
    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(user_find(tx, cli->args[0], &id));
    TRY(user_set_password(tx, id, hash));
    TRY(note(tx, cli, "user.password", "app_user", id));
    TRY(tx_commit(tx));
    cli_say(cli, "password of %.*s changed; their sessions have ended", STR_FMT(cli->args[0]));
out:
    tx_end(&tx);
    return err;
}

enum err command_user_disable(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    bool disabled = !cli_has(cli, "undo");
    int64_t id;

    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(user_find(tx, cli->args[0], &id));
    TRY(user_set_disabled(tx, id, disabled));
    TRY(note(tx, cli, disabled ? "user.disable" : "user.enable", "app_user", id));
    TRY(tx_commit(tx));
    cli_say(cli, "%.*s %s", STR_FMT(cli->args[0]), disabled ? "is shut out" : "may sign in again");
out:
    tx_end(&tx);
    return err;
}

/* ---- teams ---- */

enum err command_team_add(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    VEC(struct str) tags = {0};
    struct team_new t = {.name = str_trim(cli->args[0])};
    int64_t id;

    for (int i = 0; i < cli->nvalues; i++)
        *vec_add(cli->cx.arena, &tags) = cli->values[i].value;
    t.tags = tags.at;
    t.ntags = tags.n;
    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(team_create(tx, &t, 0, &id));
    TRY(note(tx, cli, "team.create", "team", id));
    TRY(tx_commit(tx));
    scheduler_nudge(cli->app->scheduler, "attribution.run");
    cli_say(cli, "team %.*s added", STR_FMT(t.name));
out:
    tx_end(&tx);
    return err;
}

static void list_team(void *self, const struct team_row *t)
{
    struct listing *l = self;

    cli_table_add(l->cli, &l->table, t->name);
    cli_table_add(l->cli, &l->table, t->tags);
    cli_table_add(l->cli, &l->table, t->is_archived ? S("archived") : S("active"));
}

enum err command_team_list(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    static const char *const columns[] = {"team", "tags", "state"};
    struct listing l = {
        cli, {.columns = columns, .ncolumns = COUNT(columns)}
    };

    TRY(tx_begin(&cli->cx, cli->app->db, TX_READ, &tx));
    TRY(teams_each(tx, list_team, &l));
    cli_table_print(cli, &l.table);
out:
    tx_end(&tx);
    return err;
}

enum err command_team_archive(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    bool archived = !cli_has(cli, "undo");
    int64_t id;

    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(team_find(tx, cli->args[0], &id));
    TRY(team_archive(tx, id, archived));
    TRY(note(tx, cli, archived ? "team.archive" : "team.restore", "team", id));
    TRY(tx_commit(tx));
    cli_say(cli, "team %.*s is %s", STR_FMT(cli->args[0]), archived ? "archived" : "back");
out:
    tx_end(&tx);
    return err;
}

/* ---- accounts ---- */

static void list_account(void *self, const struct account_row *a)
{
    struct listing *l = self;

    cli_table_add(l->cli, &l->table, a->external_id);
    cli_table_add(l->cli, &l->table, a->name);
    cli_table_add(l->cli, &l->table, a->currency);
    cli_table_add(l->cli, &l->table, a->tz);
    cli_table_add(l->cli, &l->table, a->team_name);
    cli_table_add(l->cli, &l->table, a->sync_state);
    cli_table_add(l->cli, &l->table, a->sync_error);
}

enum err command_account_list(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    static const char *const columns[] = {"account", "name",  "currency", "zone",
                                          "team",    "state", "problem"};
    struct listing l = {
        cli, {.columns = columns, .ncolumns = COUNT(columns)}
    };

    TRY(tx_begin(&cli->cx, cli->app->db, TX_READ, &tx));
    TRY(accounts_each(tx, day_at(cli->cx.arena, cli->app->zone, now_ms(&cli->cx)), list_account,
                      &l));
    cli_table_print(cli, &l.table);
out:
    tx_end(&tx);
    return err;
}

static enum err read_binding(struct cli *cli, struct binding_new *b)
{
    b->valid_from = cli_has(cli, "from") ? cli_value(cli, "from") : S("2000-01-01");
    b->valid_to = cli_value(cli, "to");
    if (b->valid_to.len && day_diff(b->valid_from, b->valid_to) < 0)
        return fail(&cli->cx, ERR_INPUT, "--to is before --from");
    return OK;
}

enum err command_account_bind(struct cli *cli)
{
    enum err err;
    struct tx *tx = NULL;
    struct binding_new b = {0};
    int64_t id, days;

    TRY(read_binding(cli, &b));
    TRY(tx_begin(&cli->cx, cli->app->db, TX_WRITE, &tx));
    TRY(account_find(tx, cli->args[0], &b.account_id));
    TRY(team_find(tx, cli_value(cli, "team"), &b.team_id));
    TRY(binding_create(tx, &b, &id));
    TRY(note(tx, cli, "account.bind", "ad_account", b.account_id));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(metrics_build(&cli->cx, cli->app, &days));
    cli_say(cli, "account %.*s belongs to %.*s from %.*s on", STR_FMT(cli->args[0]),
            STR_FMT(cli_value(cli, "team")), STR_FMT(b.valid_from));
out:
    tx_end(&tx);
    return err;
}
