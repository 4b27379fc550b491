/* amocrm_rest_oauth.c: getting tokens, renewing them, and finding an account that has moved. */
#include "base/crypto.h"
#include "base/form.h"
#include "vendors/amocrm_rest_inside.h"

enum { MAX_JWT = 16 << 10, TOKEN_MS = 15000 };
static const int64_t longest_life_s = 10LL * 366 * 86400;

struct str amo_consent_url(struct arena *a, struct str www_url, struct str client_id,
                           struct str state)
{
    struct str id = url_encode(a, client_id), nonce = url_encode(a, state);

    return arena_fmt(a, "%.*s/oauth?client_id=%.*s&state=%.*s", STR_FMT(www_url), STR_FMT(id),
                     STR_FMT(nonce));
}

/* ---- the token endpoint ---- */

static enum err write_body(struct ctx *cx, const struct amo_oauth *o, bool is_code, struct str what,
                           struct str *out)
{
    struct json_out *j = json_out_new(cx, 1024);

    json_obj(j);
    json_key(j, "client_id"), json_str(j, o->client_id);
    json_key(j, "client_secret"), json_str(j, o->client_secret);
    json_key(j, "grant_type");
    json_str(j, is_code ? S("authorization_code") : S("refresh_token"));
    json_key(j, is_code ? "code" : "refresh_token"), json_str(j, what);
    json_key(j, "redirect_uri"), json_str(j, o->redirect_uri);
    json_end(j);
    return json_finish(j, out);
}

static enum err read_tokens(struct ctx *cx, struct amo_grant *out)
{
    enum err err;
    const struct json_in *root = out->reply.root;
    int64_t life_s;

    TRY(amo_take_text(cx, root, "access_token", &out->access));
    TRY(amo_take_text(cx, root, "refresh_token", &out->refresh));
    TRY(amo_take_int(cx, root, "expires_in", &life_s));
    if (!out->access.len || !out->refresh.len || life_s < 1 || life_s > longest_life_s)
        err = fail(cx, ERR_UPSTREAM, "amocrm: the answer brought no tokens");
    out->expires_at = now_ms(cx) + life_s * 1000;
out:
    return err;
}

static enum err post_token(struct ctx *cx, const struct amo_api *api, struct str body,
                           struct amo_grant *out)
{
    const struct pair json = {"Content-Type", S("application/json")};
    struct upstream up;
    struct amo_sent sent = {
        .api = api,
        .up = &up,
        .is_token_call = true,
        .call = {.method = "POST",
                 .path = S("/oauth2/access_token"),
                 .headers = &json,
                 .nheaders = 1,
                 .body = body}
    };
    enum err err;

    *out = (struct amo_grant){.host = api->host, .reply = {.class = AMO_BUG}};
    TRY(amo_upstream(cx, api, &up));
    up.total_ms = up.total_ms > TOKEN_MS ? TOKEN_MS : up.total_ms;
    TRY(amo_send(cx, &sent, &out->reply));
    err = read_tokens(cx, out);
    if (err)
        out->reply.class = AMO_RETRY;
    out->reply.root = NULL;
out:
    return err;
}

enum err amo_grant_by_code(struct ctx *cx, const struct amo_api *api, const struct amo_oauth *oauth,
                           struct str code, struct amo_grant *out)
{
    enum err err;
    struct str body;

    TRY(write_body(cx, oauth, true, code, &body));
    err = post_token(cx, api, body, out);
    if (out->reply.class == AMO_MOVED) /* a new code comes from where the account is now */
        out->reply.class = AMO_RECONNECT;
out:
    return err;
}

/* ---- where an account lives ---- */

static enum err read_place(struct ctx *cx, const struct amo_api *api, struct amo_place *out)
{
    enum err err;
    const struct json_in *root = out->reply.root;
    struct str domain;

    TRY(amo_take_id(cx, root, "id", &out->account_id));
    TRY(amo_take_text(cx, root, "subdomain", &out->subdomain));
    TRY(amo_take_text(cx, root, "domain", &domain));
    if (!domain.len && amo_is_vendor_host(api->host)) {
        struct str label = amo_host_subdomain(api->host);
        domain = arena_fmt(cx->arena, "%.*s%.*s", STR_FMT(out->subdomain),
                           (int)(api->host.len - label.len), api->host.ptr + label.len);
    }
    if (!amo_host_parse(cx->arena, domain, &out->host))
        err = fail(cx, ERR_UPSTREAM, "amocrm: the answer names no address of an account");
    if (!err && !out->subdomain.len)
        out->subdomain = amo_host_subdomain(out->host);
out:
    return err;
}

static enum err get_place(struct ctx *cx, const struct amo_sent *sent, struct amo_place *out)
{
    enum err err;

    *out = (struct amo_place){.reply = {.class = AMO_BUG}};
    TRY(amo_send(cx, sent, &out->reply));
    err = read_place(cx, sent->api, out);
    if (err)
        out->reply.class = AMO_RETRY;
    out->reply.root = NULL;
out:
    return err;
}

enum err amo_place_by_token(struct ctx *cx, const struct amo_api *api, struct str www_url,
                            struct amo_place *out)
{
    struct upstream up = *api->upstream;
    struct amo_sent sent = {
        .api = api,
        .up = &up,
        .call = {.path = S("/oauth2/account/subdomain"), .bearer = api->token}
    };

    if (str_ends(api->host, S(".kommo.com")) && str_ends(www_url, S(".amocrm.ru")))
        www_url = S("https://www.kommo.com");
    up.base_url = str_z(cx->arena, www_url);
    return get_place(cx, &sent, out);
}

struct str amo_token_api_domain(struct ctx *cx, struct str access)
{
    struct ctx aside = *cx;
    const struct json_in *root = NULL;
    struct str head = {0}, claims = {0}, text = {0}, host = {0};

    ctx_forgive(&aside);
    if (access.len > MAX_JWT || !str_cut(&access, '.', &head) || !str_cut(&access, '.', &claims) ||
        !base64url_bytes(cx->arena, claims, &text) || json_parse(&aside, text, &root) ||
        !json_as_str(json_get(root, "api_domain"), &text) ||
        !amo_host_parse(cx->arena, text, &host) || !amo_is_vendor_host(host))
        return (struct str){0};
    return host;
}

enum err amo_place_by_refresh(struct ctx *cx, const struct amo_api *api,
                              const struct amo_old_grant *old, struct amo_place *out)
{
    const struct pair header = {"X-Refresh-Token", old->refresh};
    struct amo_api there = *api;
    struct upstream up;
    struct amo_sent sent = {
        .api = &there,
        .up = &up,
        .is_token_call = true,
        .call = {
                 .path = S("/oauth2/account/current/subdomain"), .headers = &header, .nheaders = 1}
    };
    enum err err;

    *out = (struct amo_place){.reply = {.class = AMO_RECONNECT}};
    there.host = amo_token_api_domain(cx, old->access);
    if (!there.host.len)
        return fail(cx, ERR_UPSTREAM,
                    "amocrm: the token does not say where its account can be "
                    "asked for");
    TRY(amo_upstream(cx, &there, &up));
    there.host = api->host; /* whose domain is meant when the answer leaves it out */
    err = get_place(cx, &sent, out);
    if (out->reply.class == AMO_MOVED)
        out->reply.class = AMO_RECONNECT;
out:
    return err;
}

enum err amo_grant_renew(struct ctx *cx, const struct amo_api *api, const struct amo_oauth *oauth,
                         const struct amo_old_grant *old, struct amo_grant *out)
{
    enum err err;
    struct str body;
    struct amo_place place;
    struct amo_api there = *api;

    TRY(write_body(cx, oauth, false, old->refresh, &body));
    err = post_token(cx, api, body, out);
    if (!err || out->reply.class != AMO_MOVED)
        goto out;
    ctx_forgive(cx);
    err = amo_place_by_refresh(cx, api, old, &place);
    out->reply = place.reply;
    if (err)
        goto out;
    if (str_eq(amo_host_subdomain(place.host), amo_host_subdomain(api->host))) {
        out->reply.class = AMO_RECONNECT; /* the address was right: it is the token that is dead */
        err = fail(cx, ERR_UPSTREAM, "amocrm: the grant was refused: a person must connect again");
        goto out;
    }
    there.host = place.host;
    err = post_token(cx, &there, body, out);
    if (out->reply.class == AMO_MOVED)
        out->reply.class = AMO_RECONNECT;
out:
    return err;
}
