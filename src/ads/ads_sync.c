/* ads_sync.c: the hourly job over connections and accounts. One account's trouble stays its own. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "core/secrets.h"
#include "core/version.h"

enum { MOST_DAYS = 1150, ARENA_CAP = 256 << 20 };

struct connection {
    int64_t id, secret_id;
    struct str token;
    bool is_shut; /* the stored token cannot be opened */
};

/* What became of the account is a fact too: in its row, and for its connection. */
static enum err put_outcome(struct tx *tx, struct account_run *ar, struct str state,
                            struct str reason)
{
    enum err err;
    int64_t changed = 0;
    struct arg id = a_int("id", ar->account->id);

    TRY(db_exec(tx, &q_ads_account_state, ARGS(id, a_str("state", state), a_opt("error", reason)),
                &changed));
    if (!reason.len)
        TRY(db_exec(tx, &q_ads_account_synced, ARGS(id, a_int("at", now_ms(tx_ctx(tx)))), NULL));
    if (str_eq(state, S("reconnect")))
        TRY(connection_note(tx, ar->run->connection_id, state, reason, &changed));
    if (changed)
        TRY(version_bump(tx));
out:
    return err;
}

static enum err note_outcome(struct account_run *ar, enum err outcome)
{
    enum err err;
    struct tx *tx = NULL;
    struct job_run *job = ar->run->job;
    struct arena *arena = job->cx.arena;
    bool dead = outcome && ar->last.class == META_RECONNECT;
    struct str reason = outcome ? reason_of(arena, &ar->last) : (struct str){0};
    struct str state = outcome ? (dead ? S("reconnect") : S("failed")) : S("ok");

    if (outcome && !reason.len)
        reason = arena_str(arena, str_of(ar->cx.why));
    if (outcome)
        job_say(job, "act_%.*s: %.*s", STR_FMT(ar->account->external_id), STR_FMT(reason));
    TRY(tx_begin(&job->cx, job->app->db, TX_WRITE, &tx));
    TRY(put_outcome(tx, ar, state, reason));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err sync_account(struct run *run, const struct account *account)
{
    enum err err, outcome;
    struct job_run *job = run->job;
    struct account_run ar = {
        .run = run,
        .account = account,
        .maps = {.arena = arena_new(ARENA_CAP),
                 .account_id = account->id,
                 .currency = account->currency},
        .cx = job->cx
    };

    ar.cx.arena = arena_new(ARENA_CAP);
    outcome = account_sync(&ar);
    job->seen++;
    /* When the time is over, or the program ends, the account is not what failed. */
    if (outcome && ctx_expired(&job->cx)) {
        err = fail(&job->cx, outcome, "%s", ar.cx.why);
        goto out;
    }
    job->failed += outcome != OK;
    if (outcome) {
        run->stop_all = ar.last.class == META_WAIT_APP || ar.last.class == META_VERSION_DEAD ||
                        outcome == ERR_BUSY;
        run->stop_connection = ar.last.class == META_RECONNECT;
    }
    err = note_outcome(&ar, outcome);
out:
    arena_free(&ar.cx.arena);
    arena_free(&ar.maps.arena);
    return err;
}

/* ---- connections ---- */

static enum err load_accounts(struct run *run, struct account **list, size_t *n)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct job_run *job = run->job;
    VEC(struct account) found = {0};
    struct str only = job->options.account;

    if (str_starts(only, S("act_")))
        only = (struct str){only.ptr + 4, only.len - 4};
    TRY(tx_begin(&job->cx, job->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_ads_accounts_to_sync,
                 ARGS(a_int("connection_id", run->connection_id), a_opt("account", only)), &rows));
    while (rows_next(rows))
        *vec_add(job->cx.arena, &found) =
            (struct account){col_int(rows, "id"), col_str(rows, "external_id"),
                             col_str(rows, "name"), col_str(rows, "currency"), col_str(rows, "tz")};
    TRY(rows_end(&rows));
    *list = found.at;
    *n = found.n;
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err note_connection(struct run *run, struct str state, struct str reason,
                                const struct account_list *accounts)
{
    enum err err;
    struct tx *tx = NULL;
    struct job_run *job = run->job;
    int64_t changed = 0;

    TRY(tx_begin(&job->cx, job->app->db, TX_WRITE, &tx));
    TRY(connection_note(tx, run->connection_id, state, reason, &changed));
    TRY(accounts_put(tx, run->connection_id, accounts, &changed));
    if (changed)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* One connection that cannot be used is told and costs the others nothing. */
static enum err set_aside(struct run *run, struct str state, struct str reason)
{
    run->job->failed++;
    job_say(run->job, "connection %lld: %.*s", (long long)run->connection_id, STR_FMT(reason));
    return note_connection(run, state, reason, &(struct account_list){0});
}

static enum err sync_connection(struct run *run, const struct connection *c)
{
    enum err err;
    struct job_run *job = run->job;
    struct account_list accounts = {0};
    struct account *list = NULL;
    struct meta_reply last = {0};
    size_t n = 0;

    run->connection_id = c->id;
    run->stop_connection = false;
    if (c->is_shut)
        return set_aside(
            run, S("error"),
            S("the stored token cannot be opened with this secret.key: paste it again"));
    run->meta = meta_of(job->app, c->token);
    err = accounts_fetch(&job->cx, &run->meta, (int)job->app->config.meta_page_size, &accounts,
                         &last);
    if (err && ctx_expired(&job->cx))
        return err;
    if (err) {
        struct str reason = reason_of(job->cx.arena, &last);
        bool dead = last.class == META_RECONNECT;
        if (!reason.len)
            reason = arena_str(job->cx.arena, str_of(job->cx.why));
        ctx_forgive(&job->cx);
        run->stop_all = last.class == META_WAIT_APP || last.class == META_VERSION_DEAD;
        return set_aside(run, dead ? S("reconnect") : S("error"), reason);
    }
    TRY(note_connection(run, S("ok"), (struct str){0}, &accounts));
    TRY(load_accounts(run, &list, &n));
    for (size_t i = 0; i < n && !run->stop_all && !run->stop_connection; i++)
        TRY(sync_account(run, &list[i]));
out:
    return err;
}

struct connection_list {
    struct connection *at;
    size_t n, cap;
};

static enum err load_connections(struct job_run *r, struct connection_list *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_ads_connections, NO_ARGS, &rows));
    while (rows_next(rows)) {
        struct connection c = {.id = col_int(rows, "id"), .secret_id = col_int(rows, "secret_id")};
        if (str_eq(col_str(rows, "state"), S("off")))
            continue;
        *vec_add(r->cx.arena, out) = c;
    }
    TRY(rows_end(&rows));
    for (size_t i = 0; i < out->n; i++) {
        struct connection *c = &out->at[i];
        if (!c->secret_id) {
            c->token = r->app->config.meta_token;
            continue;
        }
        err = secret_open(tx, r->app, c->secret_id, &c->token);
        c->is_shut = err == ERR_BUG; /* another key sealed it, or the row was touched */
        if (c->is_shut)
            ctx_forgive(&r->cx);
        else
            TRY(err);
    }
    err = OK;
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* The token of the settings is for when no other is there: then it makes its connection by itself,
 * the first time it is seen to work. */
static enum err adopt_settings_token(struct job_run *r, struct connection_list *list)
{
    struct str token = r->app->config.meta_token;
    struct connection c = {.token = token};
    enum err err;

    if (!token.len || list->n)
        return OK;
    err = connection_add(&r->cx, r->app, token, 0, &c.id);
    if (err) {
        job_say(r, "the token of the settings was not accepted: %s", r->cx.why);
        ctx_forgive(&r->cx);
        r->failed++;
        return OK;
    }
    *vec_add(r->cx.arena, list) = c;
    return OK;
}

static enum err ads_sync(struct job_run *r)
{
    enum err err;
    struct run run = {.job = r};
    struct connection_list list = {0};

    if (r->options.days < 0 || r->options.days > MOST_DAYS)
        return fail(&r->cx, ERR_INPUT, "--days must be 1 to %d: the platform keeps 37 months",
                    MOST_DAYS);
    TRY(load_connections(r, &list));
    TRY(adopt_settings_token(r, &list));
    if (!list.n && !r->failed)
        job_say(r, "no ad platform is connected yet: paste a token under Accounts, or set "
                   "FACEBOOK_ADS_TOKEN");
    for (size_t i = 0; i < list.n && !run.stop_all; i++)
        if (list.at[i].token.len || list.at[i].is_shut)
            TRY(sync_connection(&run, &list.at[i]));
    if (r->options.account.len && !r->seen && !r->failed)
        return fail(&r->cx, ERR_NOT_FOUND, "no connection has a tracked account %.*s",
                    STR_FMT(r->options.account));
    job_say(r, "ads: %lld accounts, %lld rows changed, %lld failed", (long long)r->seen,
            (long long)r->written, (long long)r->failed);
out:
    scheduler_nudge(r->app->scheduler, "metrics.build");
    return err;
}

const struct job ads_jobs[] = {
    {"ads.sync", "5 * * * *", ads_sync, 3300, CATCHUP_ONCE}
};
const size_t ads_njobs = COUNT(ads_jobs);
