/* crm_connect.c: a pasted token, or the CRM admin's consent, becomes a connection. */
#include "base/crypto.h"
#include "core/secrets.h"
#include "core/version.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"

enum { CONSENT_MS = 20 * 60 * 1000, STATE_BYTES = 24, STATE_MAC = 16 };

/* ---- rows ---- */

enum err crm_account_store(struct tx *tx, const struct amo_account *a, int64_t *id,
                           bool *has_new_currency)
{
    enum err err;
    struct rows *rows = NULL;
    struct str was = {0}, currency = a->currency;

    TRY(db_query(tx, &q_crm_account_currency, ARGS(a_str("external_id", a->id)), &rows));
    if (rows_next(rows))
        was = col_str(rows, "currency");
    TRY(rows_end(&rows));
    if (!currency.len)
        currency = was.len ? was : S("KZT");
    TRY(db_get_int(tx, &q_crm_account_put,
                   ARGS(a_str("external_id", a->id), a_str("subdomain", a->subdomain),
                        a_str("currency", currency), a_int("at", now_ms(tx_ctx(tx)))),
                   id, NULL));
    *has_new_currency = was.len && !str_eq(was, currency);
out:
    rows_drop(&rows);
    return err;
}

struct kept { /* the secrets of the connection that was there before */
    int64_t client_secret_id, access_id, refresh_id;
};

static enum err find_kept(struct tx *tx, int64_t crm_account_id, struct kept *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct kept){0};
    TRY(db_query(tx, &q_crm_connection_of_account, ARGS(a_int("crm_account_id", crm_account_id)),
                 &rows));
    if (rows_next(rows))
        *out = (struct kept){col_int(rows, "client_secret_id"), col_int(rows, "access_id"),
                             col_int(rows, "refresh_id")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Replaces, adds or erases, so that *id is the secret's row, 0 when there is none any more. */
static enum err keep_secret(struct tx *tx, struct app *app, struct str kind, struct str plain,
                            int64_t *id)
{
    int64_t was = *id;

    if (!plain.len) {
        *id = 0;
        return was ? secret_erase(tx, was) : OK;
    }
    return was ? secret_replace(tx, app, was, plain) : secret_put(tx, app, kind, plain, id);
}

static enum err put_connection(struct tx *tx, struct app *app, const struct crm_new *c, int64_t *id)
{
    enum err err;
    int64_t account_id;
    struct kept kept, was;
    bool has_new_currency;

    TRY(crm_account_store(tx, &c->account, &account_id, &has_new_currency));
    TRY(find_kept(tx, account_id, &kept));
    was = kept;
    TRY(keep_secret(tx, app, S("amocrm.access"), c->access, &kept.access_id));
    if (c->refresh.len)
        TRY(keep_secret(tx, app, S("amocrm.refresh"), c->refresh, &kept.refresh_id));
    if (c->client_secret.len)
        TRY(keep_secret(tx, app, S("amocrm.client"), c->client_secret, &kept.client_secret_id));
    TRY(db_get_int(tx, &q_crm_connection_put,
                   ARGS(a_int("crm_account_id", account_id), a_str("host", c->host),
                        a_str("auth", c->refresh.len ? S("oauth") : S("token")),
                        a_opt("client_id", c->client_id),
                        a_id("client_secret_id", c->client_secret.len ? kept.client_secret_id : 0),
                        a_id("access_id", kept.access_id),
                        a_id("refresh_id", c->refresh.len ? kept.refresh_id : 0),
                        a_opt("redirect_uri", c->redirect_uri), a_id("expires_at", c->expires_at),
                        a_int("at", now_ms(tx_ctx(tx)))),
                   id, NULL));
    if (!c->refresh.len && was.refresh_id)
        TRY(secret_erase(tx, was.refresh_id));
    if (!c->client_secret.len && was.client_secret_id)
        TRY(secret_erase(tx, was.client_secret_id));
    if (has_new_currency)
        scheduler_nudge(app->scheduler, "sales.refold");
out:
    return err;
}

enum err crm_connection_store(struct ctx *cx, struct app *app, const struct crm_new *c, int64_t *id)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(put_connection(tx, app, c, id));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* ---- a pasted token ---- */

/* When a token of ours ends, as it says itself; 0 when it does not say. */
static int64_t end_of_token(struct ctx *cx, struct str token)
{
    struct ctx own = *cx;
    const struct json_in *claims = NULL;
    struct str head, payload, text;
    int64_t end_s = 0;

    if (!str_cut(&token, '.', &head) || !str_cut(&token, '.', &payload) ||
        !base64url_bytes(cx->arena, payload, &text) || json_parse(&own, text, &claims) ||
        !json_as_int(json_get(claims, "exp"), &end_s) || end_s < 0 || end_s > 4102444800)
        return 0;
    return end_s * 1000;
}

static enum err refuse(struct ctx *cx, enum err err, const struct amo_reply *last)
{
    const char *field = NULL, *why = NULL;

    if (last->class == AMO_RECONNECT)
        field = "token", why = "token_refused";
    else if (last->class == AMO_PERMISSION)
        field = "token", why = "no_permission";
    else if (last->class == AMO_MOVED)
        field = "host", why = "not_found";
    if (!field)
        return err;
    ctx_forgive(cx);
    fail_field(cx, field, why);
    return ctx_fields(cx);
}

enum err crm_connect_token(struct ctx *cx, struct app *app, struct str host, struct str token,
                           int64_t *id)
{
    enum err err;
    struct amo_api api = crm_api(app, host, token);
    struct amo_call call = amo_call_account();
    struct amo_reply last = {0};
    struct crm_new c = {.host = host, .access = token, .expires_at = end_of_token(cx, token)};

    err = amo_ask(cx, &api, &call, &last);
    if (err)
        return refuse(cx, err, &last);
    TRY(amo_account_read(cx, last.root, &c.account));
    TRY(crm_connection_store(cx, app, &c, id));
out:
    return err;
}

/* ---- consent ---- */

/* A state is "<chance>.<mac>": what was not made here costs no query. */
static struct str sign(struct arena *a, const struct app *app, struct str chance)
{
    unsigned char key[CRYPTO_KEY], mac[CRYPTO_MAC];

    crypto_subkey(app->session_key, "crmstate", key);
    hmac_sha256((struct str){(const char *)key, sizeof key}, chance, mac);
    return base64url_text(a, (struct str){(const char *)mac, STATE_MAC});
}

static struct str hash_of(struct arena *a, struct str state)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b((struct str){0}, state, hash);
    return arena_str(a, (struct str){(const char *)hash, sizeof hash});
}

static struct str place_of(struct arena *a, struct str hash)
{
    return arena_fmt(a, "oauth_state|%.*s|details", STR_FMT(hex_text(a, hash)));
}

/* The integration's id and secret, sealed: they are nobody's to read while the consent is open. */
static struct str seal_details(struct arena *a, const struct app *app, const struct crm_consent *c,
                               struct str hash)
{
    struct str plain = arena_fmt(a, "%.*s\n%.*s", STR_FMT(c->client_id), STR_FMT(c->client_secret));

    return base64url_text(a, crypto_seal(a, app->secret_key, place_of(a, hash), plain));
}

static enum err open_details(struct ctx *cx, struct app *app, struct str details, struct str hash,
                             struct crm_consent *c)
{
    enum err err;
    struct str sealed, plain;

    if (!base64url_bytes(cx->arena, details, &sealed))
        return fail(cx, ERR_BUG, "an oauth_state's details are not what was stored");
    TRY(crypto_open(cx, app->secret_key, place_of(cx->arena, hash), sealed, &plain));
    if (!str_cut(&plain, '\n', &c->client_id))
        c->client_id = (struct str){0};
    c->client_secret = plain;
out:
    return err;
}

enum err crm_consent_begin(struct ctx *cx, struct app *app, const struct crm_consent *c,
                           struct str *url)
{
    enum err err;
    struct tx *tx = NULL;
    struct arena *a = cx->arena;
    struct str chance = crypto_random_id(a, app->random, STATE_BYTES);
    struct str state = arena_fmt(a, "%.*s.%.*s", STR_FMT(chance), STR_FMT(sign(a, app, chance)));
    struct str hash = hash_of(a, state);
    int64_t now = now_ms(cx);

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_oauth_begin,
                ARGS(a_blob("hash", hash), a_int("user_id", c->user_id),
                     a_str("details", seal_details(a, app, c, hash)), a_int("now", now),
                     a_int("expires_at", now + CONSENT_MS)),
                NULL));
    TRY(tx_commit(tx));
    *url = amo_consent_url(a, app->config.amo_www_url,
                           c->client_id.len ? c->client_id : app->config.amo_client_id, state);
out:
    tx_end(&tx);
    return err;
}

/* The state is spent by this, whatever comes after. */
static enum err claim_state(struct ctx *cx, struct app *app, struct str state,
                            struct crm_consent *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct str mac = state, chance, hash = hash_of(cx->arena, state), details = {0};
    bool found;

    if (!str_cut(&mac, '.', &chance) || !crypto_same(mac, sign(cx->arena, app, chance)))
        return fail(cx, ERR_AUTH, "the state was not made here");
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &q_crm_oauth_claim, ARGS(a_blob("hash", hash), a_int("now", now_ms(cx))),
                   &c->user_id, &found));
    if (!found)
        TRY(tx_fail(tx, ERR_AUTH, "the state was used before or is too old"));
    TRY(db_query(tx, &q_crm_oauth_details, ARGS(a_blob("hash", hash)), &rows));
    if (rows_next(rows))
        details = col_str(rows, "details");
    TRY(rows_end(&rows));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(open_details(cx, app, details, hash, c));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err exchange(struct ctx *cx, struct app *app, const struct crm_consent_answer *a,
                         struct crm_new *c)
{
    enum err err;
    struct amo_api api = crm_api(app, c->host, (struct str){0});
    struct amo_oauth oauth = {c->client_id, c->client_secret, c->redirect_uri};
    struct amo_call call = amo_call_account();
    struct amo_grant grant = {0};
    struct amo_reply last = {0};

    if (!oauth.client_id.len)
        oauth.client_id = app->config.amo_client_id;
    if (!oauth.client_secret.len)
        oauth.client_secret = app->config.amo_client_secret;
    TRY(amo_grant_by_code(cx, &api, &oauth, a->code, &grant));
    c->access = grant.access;
    c->refresh = grant.refresh;
    c->expires_at = grant.expires_at;
    if (grant.host.len)
        c->host = grant.host;
    api = crm_api(app, c->host, c->access);
    TRY(amo_ask(cx, &api, &call, &last));
    TRY(amo_account_read(cx, last.root, &c->account));
out:
    return err;
}

enum err crm_consent_end(struct ctx *cx, struct app *app, const struct crm_consent_answer *a,
                         int64_t *id)
{
    enum err err;
    struct crm_consent consent = {0};
    struct crm_new c = {
        .redirect_uri = arena_fmt(cx->arena, "%.*s/crm/callback", STR_FMT(app->config.public_url))};

    TRY(claim_state(cx, app, a->state, &consent));
    if (!a->code.len || !amo_host_parse(cx->arena, a->referer, &c.host))
        return fail(cx, ERR_INPUT, "the CRM sent no code or no address");
    c.client_id = consent.client_id;
    c.client_secret = consent.client_secret;
    TRY(exchange(cx, app, a, &c));
    TRY(crm_connection_store(cx, app, &c, id));
out:
    return err;
}
