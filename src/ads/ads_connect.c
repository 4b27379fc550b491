/* ads_connect.c: a pasted token becomes a connection with its accounts. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "ads/ads_meta.h"
#include "base/crypto.h"
#include "core/secrets.h"
#include "core/version.h"

struct net_link link_of(const struct app *app, struct str token)
{
    return (struct net_link){.fetcher = app->fetcher,
                             .upstream = &app->meta,
                             .version = app->config.meta_api_version,
                             .token = token,
                             .app_secret = app->config.meta_app_secret,
                             .page_size = (int)app->config.meta_page_size};
}

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

struct str reason_of(struct arena *a, const struct net_reply *last)
{
    switch (last->class) {
    case NET_OK:
        return S("");
    case NET_RECONNECT:
        return arena_fmt(a, "the token no longer works (%lld/%lld): connect again",
                         (long long)last->code, (long long)last->subcode);
    case NET_PERMISSION:
        return arena_fmt(a, "the token may not read this (%lld): grant ads_read to its owner",
                         (long long)last->code);
    case NET_VERSION_DEAD:
        return S("this API version has ended: raise TRAFFICD_META_API_VERSION");
    case NET_WAIT_ACCOUNT:
    case NET_WAIT_APP:
        return arena_fmt(a, "the platform asks to wait %lld minutes: the next run goes on",
                         (long long)((last->wait_ms + 59999) / 60000));
    case NET_SPLIT:
        return S("one day of this account is too much for one answer");
    case NET_RETRY:
        return arena_fmt(a,
                         "the platform did not answer properly (HTTP %d): the next "
                         "run tries again",
                         last->status);
    case NET_BUG:
        return arena_fmt(a, "the platform refused the question (%lld): please report this",
                         (long long)last->code);
    }
    return S("");
}

struct collect_accounts {
    struct arena *arena;
    struct account_list *list;
    struct map at; /* account id to its place in the list */
};

static struct net_account account_copy(struct arena *arena, const struct net_account *a)
{
    struct net_account copy = *a;

    copy.id = arena_str(arena, a->id);
    copy.name = arena_str(arena, a->name);
    copy.currency = arena_str(arena, a->currency);
    copy.tz = arena_str(arena, a->tz);
    copy.role = arena_str(arena, a->role);
    copy.business = arena_str(arena, a->business);
    return copy;
}

/* One account may come in several lists; the last one says best what it is to
 * the token's owner. */
static enum err take_accounts(struct ctx *cx, const struct net_page *page, void *self)
{
    struct collect_accounts *c = self;

    (void)cx;
    for (size_t i = 0; i < page->n; i++) {
        struct net_account a = account_copy(c->arena, &page->accounts[i]);
        int64_t at;
        if (map_get(&c->at, a.id, &at)) {
            c->list->at[at].role = a.role;
            if (a.business.len)
                c->list->at[at].business = a.business;
            continue;
        }
        map_put(c->arena, &c->at, a.id, (int64_t)c->list->n);
        *vec_add(c->arena, c->list) = a;
    }
    return OK;
}

enum err accounts_fetch(struct ctx *cx, const struct connector *net, const struct net_link *l,
                        struct account_list *out, struct net_reply *last)
{
    enum err err;
    struct arena *page = arena_new(64 << 20);
    struct ctx walk_cx = *cx;
    struct collect_accounts collect = {.arena = cx->arena, .list = out};
    struct net_sink sink = {.page = take_accounts, .self = &collect};

    walk_cx.arena = page;
    err = net->accounts(&walk_cx, l, &sink, last);
    last->message = arena_str(cx->arena, last->message);
    if (err && !cx->err)
        err = fail(cx, err, "%s", walk_cx.why);
    arena_free(&page);
    return err;
}

/* The token goes over the one that this platform user had; the settings' own
 * token is not stored.
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

struct found { /* what the platform says of a new token */
    const struct connection_new *new;
    struct meta_user owner;
    struct account_list accounts;
    struct token_facts facts;
};

static struct arg a_time(const char *name, struct maybe_int v)
{
    return v.known ? a_int(name, v.v) : a_null(name);
}

static enum err store(struct ctx *cx, struct app *app, const struct found *f, int64_t *id)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t secret_id, changed = 0;
    struct maybe_int expires = f->facts.is_known ? f->facts.expires_at : f->new->expires_at;
    struct accounts_of of = {.platform = S("meta"), .list = &f->accounts};
    bool of_settings = str_eq(f->new->token, app->config.meta_token);

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(put_token(tx, app, f->new->token, f->owner.id, &secret_id));
    TRY(db_get_int(tx, &q_ads_connection_put,
                   ARGS(a_str("label", f->owner.name.len ? f->owner.name : f->owner.id),
                        a_str("external_id", f->owner.id), a_id("secret_id", secret_id),
                        a_str("auth", of_settings ? S("settings") : str_of(f->new->auth)),
                        a_time("expires_at", expires),
                        a_time("data_access_expires_at", f->facts.data_expires_at),
                        a_opt("scopes", f->facts.scopes),
                        a_int("keeps", f->new->is_check && !f->facts.is_known),
                        a_id("created_by", f->new->by_user), a_int("at", now_ms(cx))),
                   id, NULL));
    of.connection_id = *id;
    TRY(accounts_put(tx, &of, &changed));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A token that the platform refuses is the sender's fault, not the platform's.
 */
static enum err refuse(struct ctx *cx, enum err err, enum net_class class)
{
    if (class != NET_RECONNECT && class != NET_PERMISSION)
        return err;
    ctx_forgive(cx);
    fail_field(cx, "token", class == NET_RECONNECT ? "token_refused" : "no_permission");
    return ctx_fields(cx);
}

/* Whose token it is. A server that knows no /me still has accounts: then the
 * token names itself. */
static enum err find_owner(struct ctx *cx, struct app *app, struct str token,
                           struct meta_user *owner)
{
    struct meta meta = meta_of(app, token);
    struct meta_call call = meta_call_me();
    struct meta_reply last;
    unsigned char hash[CRYPTO_HASH];
    enum err err = meta_get(cx, &meta, &call, &last);

    if (!err)
        return meta_user_read(cx, last.root, owner);
    if (last.class == META_RECONNECT || last.class == META_PERMISSION)
        return refuse(cx, err, last.class == META_RECONNECT ? NET_RECONNECT : NET_PERMISSION);
    if (last.class != META_BUG)
        return err;
    ctx_forgive(cx);
    sha256(token, hash);
    *owner = (struct meta_user){
        .id = arena_fmt(cx->arena, "token-%.*s",
                        STR_FMT(hex_text(cx->arena, (struct str){(const char *)hash, 8}))),
        .name = S("Meta")};
    return OK;
}

enum err connection_make(struct ctx *cx, struct app *app, const struct connection_new *c,
                         int64_t *id)
{
    enum err err;
    struct net_link link = link_of(app, c->token);
    struct net_reply last;
    struct found f = {.new = c};

    TRY(find_owner(cx, app, c->token, &f.owner));
    err = accounts_fetch(cx, &meta_connector, &link, &f.accounts, &last);
    if (err)
        return refuse(cx, err, last.class);
    TRY(token_ask(cx, app, c->token, &f.facts));
    if (f.facts.is_known && !f.facts.is_valid)
        return refuse(cx, ERR_UPSTREAM, NET_RECONNECT);
    TRY(store(cx, app, &f, id));
out:
    return err;
}

enum err connection_add(struct ctx *cx, struct app *app, struct str token, int64_t by_user,
                        int64_t *id)
{
    return connection_make(
        cx, app, &(struct connection_new){.token = token, .auth = "token", .by_user = by_user}, id);
}
