/* ads_run.c: one run over connections and their accounts, whatever is done with
 * each. One account's trouble stays its own. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "core/secrets.h"
#include "core/version.h"

enum { ARENA_CAP = 256 << 20, LEAST_PAUSE_MS = 60 * 1000, MOST_PAUSE_MS = 60 * 60 * 1000 };

struct opened {
    int64_t id, secret_id;
    struct str platform, token;
    bool is_shut; /* the stored token cannot be opened */
};

/* ---- what became of an account ---- */

/* However long the platform asks to wait, within an hour somebody looks again.
 */
static int64_t pause_until(struct ctx *cx, const struct net_reply *last)
{
    int64_t ms = last->wait_ms;

    if (last->class != NET_WAIT_ACCOUNT && last->class != NET_WAIT_APP)
        return 0;
    ms = ms < LEAST_PAUSE_MS ? LEAST_PAUSE_MS : ms > MOST_PAUSE_MS ? MOST_PAUSE_MS : ms;
    return now_ms(cx) + ms;
}

static enum err put_usage(struct tx *tx, struct account_run *ar)
{
    int64_t until = pause_until(tx_ctx(tx), &ar->last);

    if (ar->last.class == NET_WAIT_APP)
        return db_exec(
            tx, &q_ads_accounts_pause,
            ARGS(a_int("connection_id", ar->run->connection_id), a_int("paused_until", until)),
            NULL);
    return db_exec(tx, &q_ads_account_usage,
                   ARGS(a_int("id", ar->account->id),
                        a_int("usage_percent", ar->last.account_percent),
                        a_id("paused_until", until)),
                   NULL);
}

/* What became of the account is a fact too: in its row, and for its connection.
 */
static enum err put_outcome(struct tx *tx, struct account_run *ar, struct str state,
                            struct str reason)
{
    enum err err;
    int64_t changed = 0;
    bool is_dead = str_eq(state, S("reconnect"));
    struct arg id = a_int("id", ar->account->id);

    TRY(put_usage(tx, ar));
    if (ar->run->what->is_sync || is_dead)
        TRY(db_exec(tx, &q_ads_account_state,
                    ARGS(id, a_str("state", state), a_opt("error", reason)), &changed));
    if (ar->run->what->is_sync && !reason.len)
        TRY(db_exec(tx, &q_ads_account_synced, ARGS(id, a_int("at", now_ms(tx_ctx(tx)))), NULL));
    if (is_dead)
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
    bool dead = outcome && ar->last.class == NET_RECONNECT;
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

/* ---- one account ---- */

/* The day that it is where the account is. */
static enum err find_today(struct account_run *ar)
{
    struct ctx cx = ar->cx;

    cx.arena = ar->maps.arena;
    if (zone_find(&cx, ar->account->tz, &ar->zone))
        return fail(&ar->cx, ERR_UPSTREAM, "the account's time zone %.*s is unknown",
                    STR_FMT(ar->account->tz));
    ar->today = day_at(ar->maps.arena, ar->zone, now_ms(&ar->cx));
    return OK;
}

static void stop_after(struct run *run, const struct account_run *ar, enum err outcome)
{
    run->stop_all =
        ar->last.class == NET_WAIT_APP || ar->last.class == NET_VERSION_DEAD || outcome == ERR_BUSY;
    run->stop_connection = ar->last.class == NET_RECONNECT;
}

static enum err run_account(struct run *run, const struct account *account)
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
    outcome = find_today(&ar);
    if (!outcome)
        outcome = run->what->work(&ar);
    job->seen++;
    /* When the time is over, or the program ends, the account is not what failed.
     */
    if (outcome && ctx_expired(&job->cx)) {
        err = fail(&job->cx, outcome, "%s", ar.cx.why);
        goto out;
    }
    job->failed += outcome != OK;
    if (outcome)
        stop_after(run, &ar, outcome);
    err = note_outcome(&ar, outcome);
out:
    arena_free(&ar.cx.arena);
    arena_free(&ar.maps.arena);
    return err;
}

/* Between the calls of one account, as its usage asks. */
enum err account_rest(struct account_run *ar)
{
    int64_t pause = net_pause_ms(&ar->last), cap = ar->run->link.upstream->retry.cap_ms;

    if (!pause)
        return OK;
    if (net_is_full(&ar->last) && pause > cap) {
        bool is_app = ar->last.app_percent > ar->last.account_percent;
        ar->last.class = is_app ? NET_WAIT_APP : NET_WAIT_ACCOUNT;
        ar->last.wait_ms = pause;
        return fail(&ar->cx, ERR_UPSTREAM, "the platform's window is full, next call in %lld s",
                    (long long)(pause / 1000));
    }
    return fetch_wait(&ar->cx, ar->run->link.fetcher, pause < cap ? pause : cap);
}

bool ads_is_out_of_time(const struct account_run *ar, int64_t needed_ms)
{
    return ar->cx.deadline_ms && mono_ms(&ar->cx) + needed_ms > ar->cx.deadline_ms;
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
        *vec_add(job->cx.arena, &found) = (struct account){
            col_int(rows, "id"),       col_str(rows, "external_id"), col_str(rows, "name"),
            col_str(rows, "currency"), col_str(rows, "tz"),          col_int(rows, "paused_until")};
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
    struct accounts_of of = {run->connection_id, str_of(run->net->platform), accounts};
    int64_t changed = 0;

    TRY(tx_begin(&job->cx, job->app->db, TX_WRITE, &tx));
    TRY(connection_note(tx, run->connection_id, state, reason, &changed));
    TRY(accounts_put(tx, &of, &changed));
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

/* Reads which accounts there are; *go_on tells whether they can be worked on.
 */
static enum err list_accounts(struct run *run, bool *go_on)
{
    struct job_run *job = run->job;
    struct account_list accounts = {0};
    struct net_reply last = {0};
    enum err err = accounts_fetch(&job->cx, run->net, &run->link, &accounts, &last);

    *go_on = !err;
    if (!err)
        return note_connection(run, S("ok"), (struct str){0}, &accounts);
    if (ctx_expired(&job->cx))
        return err;
    struct str reason = reason_of(job->cx.arena, &last);
    bool dead = last.class == NET_RECONNECT;
    if (!reason.len)
        reason = arena_str(job->cx.arena, str_of(job->cx.why));
    ctx_forgive(&job->cx);
    run->stop_all = last.class == NET_WAIT_APP || last.class == NET_VERSION_DEAD;
    return set_aside(run, dead ? S("reconnect") : S("error"), reason);
}

/* A pause that the platform asked for is kept, unless someone wants this one
 * account now. */
static bool is_paused(struct run *run, const struct account *account)
{
    int64_t left = account->paused_until - now_ms(&run->job->cx);

    if (left <= 0 || run->job->options.account.len)
        return false;
    job_say(run->job, "act_%.*s: the platform asked to wait, %lld minutes are left",
            STR_FMT(account->external_id), (long long)((left + 59999) / 60000));
    return true;
}

static enum err run_connection(struct run *run, const struct opened *c)
{
    enum err err = OK;
    struct account *list = NULL;
    size_t n = 0;
    bool go_on = true;

    run->net = connector_find(c->platform);
    if (!run->net)
        return OK;
    run->connection_id = c->id;
    run->stop_connection = false;
    if (c->is_shut)
        return run->what->is_sync ? set_aside(run, S("error"),
                                              S("the stored token cannot be opened "
                                                "with this secret.key: paste it "
                                                "again"))
                                  : OK;
    run->link = link_of(run->job->app, c->token);
    if (run->what->is_sync)
        TRY(list_accounts(run, &go_on));
    if (!go_on)
        return OK;
    TRY(load_accounts(run, &list, &n));
    for (size_t i = 0; i < n && !run->stop_all && !run->stop_connection; i++)
        if (!is_paused(run, &list[i]))
            TRY(run_account(run, &list[i]));
out:
    return err;
}

struct opened_list {
    struct opened *at;
    size_t n, cap;
};

static enum err open_tokens(struct tx *tx, struct job_run *r, struct opened_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct opened *c = &list->at[i];
        enum err err = OK;
        if (c->secret_id)
            err = secret_open(tx, r->app, c->secret_id, &c->token);
        else
            c->token = r->app->config.meta_token;
        c->is_shut = err == ERR_BUG; /* another key sealed it, or the row was touched */
        if (c->is_shut)
            ctx_forgive(&r->cx);
        else if (err)
            return err;
    }
    return OK;
}

static enum err load_connections(struct job_run *r, struct opened_list *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_ads_connections, NO_ARGS, &rows));
    while (rows_next(rows)) {
        struct opened c = {.id = col_int(rows, "id"),
                           .secret_id = col_int(rows, "secret_id"),
                           .platform = col_str(rows, "platform")};
        if (str_eq(col_str(rows, "state"), S("off")))
            continue;
        *vec_add(r->cx.arena, out) = c;
    }
    TRY(rows_end(&rows));
    TRY(open_tokens(tx, r, out));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* The token of the settings is for when no other is there: then it makes its
 * connection by itself, the first time it is seen to work. */
static enum err adopt_settings_token(struct job_run *r, struct opened_list *list)
{
    struct str token = r->app->config.meta_token;
    struct opened c = {.platform = S("meta"), .token = token};
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

enum err accounts_run(struct job_run *r, const struct account_job *what)
{
    enum err err;
    struct run run = {.job = r, .what = what};
    struct opened_list list = {0};

    TRY(load_connections(r, &list));
    if (what->is_sync)
        TRY(adopt_settings_token(r, &list));
    if (!list.n && !r->failed)
        job_say(r, "no ad platform is connected yet: paste a token under Accounts, or set "
                   "FACEBOOK_ADS_TOKEN");
    for (size_t i = 0; i < list.n && !run.stop_all; i++)
        if (list.at[i].token.len || list.at[i].is_shut)
            TRY(run_connection(&run, &list.at[i]));
    if (r->options.account.len && !r->seen && !r->failed)
        return fail(&r->cx, ERR_NOT_FOUND, "no connection has a tracked account %.*s",
                    STR_FMT(r->options.account));
out:
    return err;
}
