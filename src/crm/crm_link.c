/* crm_link.c: a connection in use: its tokens stay good, and its row says how it is. */
#include "core/secrets.h"
#include "core/version.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"

enum {
    RENEW_EARLY_MS = 5 * 60 * 1000,
    RENEW_MOST_MS = 120 * 1000, /* a renewal that takes longer has died */
    RENEW_LOOK_MS = 500,
    STORE_TRIES = 5,
    STORE_PAUSE_MS = 1000,
    STORE_MOST_MS = 30 * 1000
};

struct amo_api crm_api(const struct app *app, struct str host, struct str token)
{
    return (struct amo_api){app->fetcher, &app->amocrm, host, token};
}

/* ---- rows ---- */

static void read_link(struct rows *rows, struct crm_link *l)
{
    l->id = col_int(rows, "id");
    l->crm_account_id = col_int(rows, "crm_account_id");
    l->client_secret_id = col_int(rows, "client_secret_id");
    l->access_id = col_int(rows, "access_id");
    l->refresh_id = col_int(rows, "refresh_id");
    l->is_oauth = str_eq(col_str(rows, "auth"), S("oauth"));
    l->external_id = col_str(rows, "external_id");
    l->subdomain = col_str(rows, "subdomain");
    l->client_id = col_str(rows, "client_id");
    l->redirect_uri = col_str(rows, "redirect_uri");
    l->state = col_str(rows, "state");
    l->reason = col_str(rows, "reason");
    l->expires_at = col_int(rows, "expires_at");
    l->blocked_until = col_int(rows, "blocked_until");
    l->read_until = col_int(rows, "read_until");
    l->api = crm_api(l->app, col_str(rows, "host"), (struct str){0});
}

static enum err read_links(struct tx *tx, struct app *app, int64_t id, struct crm_links *out)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_crm_connections, ARGS(a_id("id", id)), &rows));
    while (rows_next(rows)) {
        if (str_eq(col_str(rows, "state"), S("off")))
            continue;
        struct crm_link *l = vec_add(cx->arena, out);
        *l = (struct crm_link){.cx = cx, .app = app};
        read_link(rows, l);
    }
    TRY(rows_end(&rows));
    if (id && !out->n)
        err = tx_fail(tx, ERR_NOT_FOUND, "no CRM connection %lld", (long long)id);
out:
    rows_drop(&rows);
    return err;
}

enum err crm_links_load(struct ctx *cx, struct app *app, int64_t id, struct crm_links *out)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(read_links(tx, app, id, out));
out:
    tx_end(&tx);
    return err;
}

/* ---- tokens ---- */

struct tokens {
    struct str access, refresh, client_secret;
};

static enum err open_secret(struct tx *tx, struct app *app, int64_t id, struct str *out)
{
    return id ? secret_open(tx, app, id, out) : OK;
}

/* The row as it is now, with what is sealed in it. */
static enum err read_tokens(struct crm_link *l, struct tokens *t)
{
    enum err err;
    struct tx *tx = NULL;
    struct crm_links list = {0};

    *t = (struct tokens){0};
    TRY(tx_begin(l->cx, l->app->db, TX_READ, &tx));
    TRY(read_links(tx, l->app, l->id, &list));
    list.at->last = l->last;
    *l = *list.at;
    TRY(open_secret(tx, l->app, l->access_id, &t->access));
    TRY(open_secret(tx, l->app, l->refresh_id, &t->refresh));
    TRY(open_secret(tx, l->app, l->client_secret_id, &t->client_secret));
    l->api.token = t->access;
    if (!t->client_secret.len)
        t->client_secret = l->app->config.amo_client_secret;
out:
    tx_end(&tx);
    return err;
}

static enum err reload(struct crm_link *l, struct tokens *t)
{
    enum err err = read_tokens(l, t);

    if (err != ERR_BUG)
        return err;
    ctx_forgive(l->cx);
    return fail(l->cx, ERR_INPUT,
                "the stored token cannot be opened with this secret.key: connect again");
}

static enum err write_claim(struct crm_link *l, const struct query *q, bool *is_mine)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t changed = 0, now = now_ms(l->cx);

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    if (q == &q_crm_renewal_claim)
        TRY(db_exec(
            tx, q, ARGS(a_int("id", l->id), a_int("now", now), a_int("until", now + RENEW_MOST_MS)),
            &changed));
    else
        TRY(db_exec(tx, q, ARGS(a_int("id", l->id)), &changed));
    TRY(tx_commit(tx));
    *is_mine = changed > 0;
out:
    tx_end(&tx);
    return err;
}

static enum err store_grant_once(struct crm_link *l, const struct amo_grant *g)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(secret_replace(tx, l->app, l->access_id, g->access));
    TRY(secret_replace(tx, l->app, l->refresh_id, g->refresh));
    TRY(db_exec(
        tx, &q_crm_renewal_done,
        ARGS(a_int("id", l->id), a_str("host", g->host), a_int("expires_at", g->expires_at)),
        NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* The old tokens are dead by now: the new ones are on disk before they are used. A database that
 * refuses is asked more than once, also when the run's own time is over. */
static enum err store_grant(struct crm_link *l, const struct amo_grant *g)
{
    struct ctx *own = l->cx, patient = *own;
    enum err err;

    patient.deadline_ms = mono_ms(own) + STORE_MOST_MS;
    l->cx = &patient;
    err = store_grant_once(l, g);
    for (int i = 1; err && i < STORE_TRIES; i++) {
        ctx_forgive(&patient);
        if (fetch_wait(&patient, l->app->fetcher, STORE_PAUSE_MS))
            ctx_forgive(&patient);
        err = store_grant_once(l, g);
    }
    l->cx = own;
    if (err)
        return fail(own, err, "the new tokens could not be stored: %s", patient.why);
    l->api.token = g->access;
    l->api.host = g->host;
    l->expires_at = g->expires_at;
    return OK;
}

static enum err renew_as_owner(struct crm_link *l, const struct tokens *t)
{
    enum err err, noted;
    struct amo_grant grant = {0};
    struct amo_oauth oauth = {l->client_id.len ? l->client_id : l->app->config.amo_client_id,
                              t->client_secret, l->redirect_uri};
    struct amo_old_grant old = {t->access, t->refresh};
    struct ctx note = *l->cx;
    bool ignored;

    err = amo_grant_renew(l->cx, &l->api, &oauth, &old, &grant);
    l->last = grant.reply;
    if (!err)
        err = store_grant(l, &grant);
    if (!err)
        return OK;
    struct ctx *own = l->cx;
    l->cx = &note;
    noted = write_claim(l, &q_crm_renewal_failed, &ignored);
    l->cx = own;
    return noted && !err ? noted : err;
}

/* Only one renews, for the old refresh token works once; the others wait for what it stores. */
static enum err renew(struct crm_link *l)
{
    enum err err = OK;
    int64_t was = l->expires_at, waited = 0;
    struct tokens t;
    bool is_mine = false;

    for (;;) {
        TRY(write_claim(l, &q_crm_renewal_claim, &is_mine));
        TRY(reload(l, &t));
        if (l->expires_at != was || is_mine)
            break;
        if (waited > RENEW_MOST_MS)
            return fail(l->cx, ERR_BUSY, "the tokens are being renewed elsewhere");
        TRY(fetch_wait(l->cx, l->app->fetcher, RENEW_LOOK_MS));
        waited += RENEW_LOOK_MS;
    }
    if (!is_mine)
        return OK;
    if (l->expires_at != was)
        TRY(write_claim(l, &q_crm_renewal_failed, &is_mine));
    else
        TRY(renew_as_owner(l, &t));
out:
    return err;
}

static enum err open_link(struct crm_link *l)
{
    enum err err;
    struct tokens t;

    TRY(reload(l, &t));
    if (l->blocked_until > now_ms(l->cx)) {
        l->last =
            (struct amo_reply){.class = AMO_BLOCKED, .wait_ms = l->blocked_until - now_ms(l->cx)};
        return fail(l->cx, ERR_BUSY, "the CRM asked for a pause");
    }
    if (!t.access.len) {
        l->last = (struct amo_reply){.class = AMO_RECONNECT};
        return fail(l->cx, ERR_UPSTREAM, "there is no token");
    }
    if (l->is_oauth && l->expires_at - RENEW_EARLY_MS <= now_ms(l->cx))
        TRY(renew(l));
out:
    return err;
}

/* Where the account lives now, asked of the CRM's own address. */
static enum err follow(struct crm_link *l)
{
    enum err err;
    struct tx *tx = NULL;
    struct amo_place place = {0};

    err = amo_place_by_token(l->cx, &l->api, l->app->config.amo_www_url, &place);
    if (err) {
        l->last = place.reply;
        return err;
    }
    if (!str_eq(place.account_id, l->external_id) || str_eq(place.host, l->api.host))
        return fail(l->cx, ERR_UPSTREAM, "the account is not at its address any more");
    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_connection_host, ARGS(a_int("id", l->id), a_str("host", place.host)),
                NULL));
    TRY(tx_commit(tx));
    l->api.host = place.host;
out:
    tx_end(&tx);
    return err;
}

/* ---- how it ended ---- */

struct str crm_reason(struct arena *a, const struct amo_reply *r)
{
    long long minutes = (long long)((r->wait_ms + 59999) / 60000);

    switch (r->class) {
    case AMO_OK:
    case AMO_EMPTY:
        return S("");
    case AMO_RECONNECT:
        return S("the CRM refuses the token: connect again");
    case AMO_MOVED:
        return S("there is no such account at this address any more: connect again");
    case AMO_PERMISSION:
        return S("the user who gave the token may not read this: connect as an administrator");
    case AMO_UNPAID:
        return S("the CRM account is not paid for");
    case AMO_BLOCKED:
        return arena_fmt(a, "the CRM has shut us out: the next try is in %lld minutes", minutes);
    case AMO_SLOW_DOWN:
        return arena_fmt(a, "the CRM asks for a pause: the next try is in %lld minutes", minutes);
    case AMO_LESS:
        return S("the CRM did not finish its answer: the next run asks for less at once");
    case AMO_RETRY:
        return arena_fmt(a, "the CRM did not answer properly (HTTP %d): the next run tries again",
                         r->status);
    case AMO_BUG:
        return arena_fmt(a, "the CRM refused the question (HTTP %d): please report this",
                         r->status);
    }
    return S("");
}

static enum err write_note(struct crm_link *l, struct str state, struct str reason)
{
    enum err err;
    struct tx *tx = NULL;
    bool is_pause = l->last.class == AMO_BLOCKED || l->last.class == AMO_SLOW_DOWN;
    int64_t until = state.len && is_pause ? now_ms(l->cx) + l->last.wait_ms : 0;

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_connection_note,
                ARGS(a_int("id", l->id), a_str("state", state), a_opt("reason", reason),
                     a_id("blocked_until", until), a_int("at", now_ms(l->cx))),
                NULL));
    if (!str_eq(state, l->state) || !str_eq(reason, l->reason))
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A run that was cut short blames nobody; what went wrong on our side is said as it is. */
static enum err note_outcome(struct crm_link *l, enum err outcome)
{
    enum err err;
    struct ctx note = *l->cx, *own = l->cx;
    bool is_dead = l->last.class == AMO_RECONNECT || l->last.class == AMO_MOVED;
    struct str reason = outcome ? crm_reason(own->arena, &l->last) : (struct str){0};

    if (outcome && (ctx_expired(own) || outcome == ERR_DB))
        return OK;
    if (outcome && !reason.len)
        reason = arena_str(own->arena, str_of(own->why));
    ctx_forgive(&note);
    l->cx = &note;
    err = write_note(l, !outcome ? S("ok") : is_dead ? S("reconnect") : S("error"), reason);
    l->cx = own;
    return err;
}

static bool is_curable(const struct crm_link *l)
{
    return (l->last.class == AMO_RECONNECT && l->is_oauth) || l->last.class == AMO_MOVED;
}

enum err crm_try(struct crm_link *l, crm_step_fn *step, void *self)
{
    enum err err, noted;

    l->last = (struct amo_reply){0};
    err = open_link(l);
    if (!err) {
        err = step(l, self);
        if (err && is_curable(l) && !ctx_expired(l->cx)) {
            ctx_forgive(l->cx);
            err = l->last.class == AMO_MOVED ? follow(l) : renew(l);
            if (!err) {
                l->last = (struct amo_reply){0};
                err = step(l, self);
            }
        }
    }
    if (err == ERR_BUSY && l->blocked_until > now_ms(l->cx))
        return err; /* it was not even asked: the row says why already */
    noted = note_outcome(l, err);
    return err ? err : noted;
}

enum err crm_ask(struct crm_link *l, const struct amo_call *call)
{
    return amo_ask(l->cx, &l->api, call, &l->last);
}
