/* ads_connect.c: a pasted token becomes a connection with its accounts. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "base/crypto.h"
#include "core/secrets.h"
#include "core/version.h"

struct meta meta_of(const struct app *app, struct str token)
{
    return (struct meta){
        .fetcher = app->fetcher,
        .upstream = &app->meta,
        .auth = {.version = app->config.meta_api_version,
                 .token = token,
                 .app_secret = app->config.meta_app_secret}
    };
}

struct str reason_of(struct arena *a, const struct meta_reply *last)
{
    switch (last->class) {
    case META_OK:
        return S("");
    case META_RECONNECT:
        return arena_fmt(a, "the token no longer works (%lld/%lld): connect again",
                         (long long)last->code, (long long)last->subcode);
    case META_PERMISSION:
        return arena_fmt(a, "the token may not read this (%lld): grant ads_read to its owner",
                         (long long)last->code);
    case META_VERSION_DEAD:
        return S("this API version has ended: raise TRAFFICD_META_API_VERSION");
    case META_WAIT_ACCOUNT:
    case META_WAIT_APP:
        return arena_fmt(a, "the platform asks to wait %lld minutes: the next run goes on",
                         (long long)((last->wait_ms + 59999) / 60000));
    case META_SPLIT:
        return S("one day of this account is too much for one answer");
    case META_RETRY:
        return arena_fmt(a,
                         "the platform did not answer properly (HTTP %d): the next run tries again",
                         last->status);
    case META_BUG:
        return arena_fmt(a, "the platform refused the question (%lld): please report this",
                         (long long)last->code);
    }
    return S("");
}

struct collect_accounts {
    struct arena *arena;
    struct account_list *list;
};

static enum err take_accounts(struct ctx *cx, const struct json_in *data, void *self)
{
    struct collect_accounts *c = self;
    struct json_iter it = json_iter(data);
    const struct json_in *row;

    while ((row = json_next(&it, NULL)) != NULL) {
        struct meta_account a;
        enum err err = meta_account_read(cx, row, &a);
        if (err)
            return err;
        a.id = arena_str(c->arena, a.id);
        a.name = arena_str(c->arena, a.name);
        a.currency = arena_str(c->arena, a.currency);
        a.timezone_name = arena_str(c->arena, a.timezone_name);
        *vec_add(c->arena, c->list) = a;
    }
    return OK;
}

enum err accounts_fetch(struct ctx *cx, const struct meta *m, int page_size,
                        struct account_list *out, struct meta_reply *last)
{
    enum err err;
    struct arena *page = arena_new(64 << 20);
    struct ctx walk_cx = *cx;
    struct collect_accounts collect = {cx->arena, out};
    struct meta_walk walk = {.page = take_accounts, .self = &collect};
    struct meta_call call = meta_call_accounts(page_size);

    walk_cx.arena = page;
    err = meta_each_page(&walk_cx, m, &call, &walk, last);
    last->message = arena_str(cx->arena, last->message);
    last->trace_id = arena_str(cx->arena, last->trace_id);
    last->root = NULL;
    if (err && !cx->err)
        err = fail(cx, err, "%s", walk_cx.why);
    arena_free(&page);
    return err;
}

/* The token goes over the one that this platform user had; the settings' own token is not stored.
 */
static enum err put_token(struct tx *tx, struct app *app, struct str token, struct str external_id,
                          int64_t *secret_id)
{
    enum err err;
    bool found, is_of_settings = str_eq(token, app->config.meta_token);

    *secret_id = 0;
    TRY(db_get_int(tx, &q_ads_connection_secret, ARGS(a_str("external_id", external_id)), secret_id,
                   &found));
    if (is_of_settings && found)
        TRY(secret_erase(tx, *secret_id));
    if (is_of_settings)
        *secret_id = 0;
    else if (found)
        TRY(secret_replace(tx, app, *secret_id, token));
    else
        TRY(secret_put(tx, app, S("meta.token"), token, secret_id));
out:
    return err;
}

struct new_connection {
    struct str token;
    struct meta_user owner;
    struct account_list accounts;
    int64_t by_user;
};

static enum err store(struct ctx *cx, struct app *app, const struct new_connection *c, int64_t *id)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t secret_id, changed = 0;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(put_token(tx, app, c->token, c->owner.id, &secret_id));
    TRY(db_get_int(tx, &q_ads_connection_put,
                   ARGS(a_str("label", c->owner.name.len ? c->owner.name : c->owner.id),
                        a_str("external_id", c->owner.id), a_id("secret_id", secret_id),
                        a_id("created_by", c->by_user), a_int("at", now_ms(cx))),
                   id, NULL));
    TRY(accounts_put(tx, *id, &c->accounts, &changed));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A token that the platform refuses is the sender's fault, not the platform's. */
static enum err refuse(struct ctx *cx, enum err err, const struct meta_reply *last)
{
    if (last->class != META_RECONNECT && last->class != META_PERMISSION)
        return err;
    ctx_forgive(cx);
    fail_field(cx, "token", last->class == META_RECONNECT ? "token_refused" : "no_permission");
    return ctx_fields(cx);
}

/* Whose token it is. A server that knows no /me still has accounts: then the token names itself. */
static enum err find_owner(struct ctx *cx, const struct meta *meta, struct meta_user *owner,
                           struct meta_reply *last)
{
    struct meta_call call = meta_call_me();
    unsigned char hash[CRYPTO_HASH];
    enum err err = meta_get(cx, meta, &call, last);

    if (!err)
        return meta_user_read(cx, last->root, owner);
    if (last->class != META_BUG)
        return err;
    ctx_forgive(cx);
    sha256(meta->auth.token, hash);
    *owner = (struct meta_user){
        .id = arena_fmt(cx->arena, "token-%.*s",
                        STR_FMT(hex_text(cx->arena, (struct str){(const char *)hash, 8}))),
        .name = S("Meta")};
    return OK;
}

enum err connection_add(struct ctx *cx, struct app *app, struct str token, int64_t by_user,
                        int64_t *id)
{
    enum err err;
    struct meta meta = meta_of(app, token);
    struct meta_reply last;
    struct new_connection c = {.token = token, .by_user = by_user};

    err = find_owner(cx, &meta, &c.owner, &last);
    if (err)
        return refuse(cx, err, &last);
    err = accounts_fetch(cx, &meta, (int)app->config.meta_page_size, &c.accounts, &last);
    if (err)
        return refuse(cx, err, &last);
    TRY(store(cx, app, &c, id));
out:
    return err;
}
