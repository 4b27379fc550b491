/* ads_token.c: what a token is good for, and until when: asked when it comes
 * and every day. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "ads/ads_meta.h"
#include "base/log.h"
#include "core/secrets.h"
#include "core/version.h"
#include "vendors/meta_auth.h"

#define DAY_MS (24 * 3600 * 1000LL)

static struct str join(struct arena *a, const struct meta_token *t)
{
    struct str out = S("");

    for (size_t i = 0; i < t->nscopes; i++)
        out = arena_fmt(a, "%.*s%s%.*s", STR_FMT(out), i ? "," : "", STR_FMT(t->scopes[i]));
    return out;
}

enum err token_ask(struct ctx *cx, struct app *app, struct str token, struct token_facts *out)
{
    struct meta meta = meta_of(app, token);
    struct meta_token t;
    struct meta_reply last;

    *out = (struct token_facts){0};
    if (!app->config.meta_app_id.len || !app->config.meta_app_secret.len)
        return OK;
    if (meta_debug_token(cx, &meta, app->config.meta_app_id, &t, &last)) {
        /* A token of another app cannot be asked about, and that nobody answers
         * harms nothing. */
        if (ctx_expired(cx))
            return cx->err;
        ctx_forgive(cx);
        return OK;
    }
    *out = (struct token_facts){.is_known = true,
                                .is_valid = t.is_valid,
                                .expires_at = t.expires_at,
                                .data_expires_at = t.data_expires_at,
                                .scopes = join(cx->arena, &t)};
    return OK;
}

/* ---- every day ---- */

struct known { /* one connection as it stands */
    int64_t id, secret_id;
    struct str label, token;
    struct maybe_int warned_days;
};

/* 14, 7, 3, 1 and 0 days before the end something is said, once each. */
static struct maybe_int step_of(int64_t left_ms)
{
    static const int64_t steps[] = {0, 1, 3, 7, 14};

    for (size_t i = 0; i < COUNT(steps); i++)
        if (left_ms <= steps[i] * DAY_MS)
            return (struct maybe_int){true, steps[i]};
    return (struct maybe_int){0};
}

/* The sooner of the two clocks. */
static struct maybe_int end_of(const struct token_facts *f)
{
    if (!f->data_expires_at.known)
        return f->expires_at;
    if (!f->expires_at.known || f->data_expires_at.v < f->expires_at.v)
        return f->data_expires_at;
    return f->expires_at;
}

static void warn(struct job_run *r, const struct known *k, int64_t left_ms)
{
    int64_t days = left_ms > 0 ? left_ms / DAY_MS : 0;

    LOG(&r->cx, LOG_WARN, "token_ends", l_int("connection", k->id), l_int("days", days));
    job_say(r, "the token of %.*s ends in %lld days: connect again", STR_FMT(k->label),
            (long long)days);
}

static enum err note(struct job_run *r, const struct known *k, const struct token_facts *f)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t changed = 0, left = end_of(f).v - now_ms(&r->cx);
    struct maybe_int step = end_of(f).known ? step_of(left) : (struct maybe_int){0};

    if (step.known && (!k->warned_days.known || step.v < k->warned_days.v))
        warn(r, k, left);
    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(db_exec(
        tx, &q_ads_connection_token,
        ARGS(a_int("id", k->id),
             f->expires_at.known ? a_int("expires_at", f->expires_at.v) : a_null("expires_at"),
             f->data_expires_at.known ? a_int("data_access_expires_at", f->data_expires_at.v)
                                      : a_null("data_access_expires_at"),
             a_opt("scopes", f->scopes),
             step.known ? a_int("warned_days", step.v) : a_null("warned_days")),
        &changed));
    if (!f->is_valid)
        TRY(connection_note(tx, k->id, S("reconnect"),
                            S("the token no longer works: connect again"), &changed));
    r->written += changed;
    if (changed)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err load(struct job_run *r, struct known **list, size_t *n)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    VEC(struct known) found = {0};

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_ads_connections, NO_ARGS, &rows));
    while (rows_next(rows)) {
        if (str_eq(col_str(rows, "state"), S("off")) ||
            !str_eq(col_str(rows, "platform"), S("meta")))
            continue;
        *vec_add(r->cx.arena, &found) = (struct known){
            .id = col_int(rows, "id"),
            .secret_id = col_int(rows, "secret_id"),
            .label = col_str(rows, "label"),
            .warned_days = {!col_is_null(rows, "warned_days"), col_int(rows, "warned_days")}
        };
    }
    TRY(rows_end(&rows));
    for (size_t i = 0; i < found.n; i++) {
        found.at[i].token = r->app->config.meta_token;
        if (!found.at[i].secret_id)
            continue;
        err = secret_open(tx, r->app, found.at[i].secret_id, &found.at[i].token);
        if (err && err != ERR_BUG)
            goto out;
        if (err) /* sealed with another key: the sync says so */
            ctx_forgive(&r->cx), found.at[i].token = (struct str){0};
    }
    err = OK;
    *list = found.at;
    *n = found.n;
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err tokens_check(struct job_run *r)
{
    enum err err;
    struct known *list = NULL;
    size_t n = 0;

    if (!r->app->config.meta_app_id.len || !r->app->config.meta_app_secret.len) {
        job_say(r, "without TRAFFICD_META_APP_ID and TRAFFICD_META_APP_SECRET "
                   "nobody can be asked "
                   "when a token ends");
        return OK;
    }
    TRY(load(r, &list, &n));
    for (size_t i = 0; i < n; i++) {
        struct token_facts facts;
        if (!list[i].token.len)
            continue;
        r->seen++;
        TRY(token_ask(&r->cx, r->app, list[i].token, &facts));
        if (facts.is_known)
            TRY(note(r, &list[i], &facts));
        else
            r->failed++;
    }
out:
    return err;
}

struct str scopes_missing(struct arena *a, struct str scopes)
{
    struct str rest = scopes, scope;
    VEC(struct str) list = {0};

    while (str_cut(&rest, ',', &scope))
        *vec_add(a, &list) = scope;
    return meta_scopes_missing(a, &(struct meta_token){.scopes = list.at, .nscopes = list.n},
                               (struct str){0});
}
