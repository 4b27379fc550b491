/* amo_rest_oauth.c: the consent page, the token endpoint, and where an account lives. */
#include "base/form.h"
#include "sim/amo_rest.h"

/* ---- consent ---- */

/* The person says yes at once. */
enum err rest_consent(struct rest_call *c)
{
    struct str client_id = S(""), state = S("");
    struct sim_integration of = rest_integration(c);

    req_query_str(c->rq, "client_id", &client_id);
    req_query_str(c->rq, "state", &state);
    if (!str_eq(c->rq->path_params[0], S("www")) || !client_id.len ||
        !str_eq(client_id, of.client_id)) {
        resp_status(c->rs, 404);
        return resp_body(c->rs, "text/html",
                         S("<html><body>Интеграция не найдена</body></html>\n"));
    }
    struct str code = rest_code_new(c, client_id), id = url_encode(c->arena, client_id);
    struct str nonce = url_encode(c->arena, state), sub = rest_subdomain(c);
    resp_status(c->rs, 302);
    resp_header(c->rs, "Location",
                arena_fmt(c->arena,
                          "%.*s?code=%.*s&state=%.*s&referer=%.*s.amocrm.ru&platform=1"
                          "&client_id=%.*s",
                          STR_FMT(of.redirect_uri), STR_FMT(code), STR_FMT(nonce), STR_FMT(sub),
                          STR_FMT(id)));
    return resp_body(c->rs, "text/html", S(""));
}

/* ---- tokens ---- */

struct token_ask {
    struct str client_id, client_secret, grant_type, code, refresh_token, redirect_uri;
};

static bool refuse_grant(struct rest_call *c, int status, const char *hint)
{
    return rest_refuse(
        c, &(struct rest_refusal){status, status == 401 ? "Unauthorized" : "Bad Request",
                                  status == 401 ? "The refresh token is invalid."
                                                : "The provided authorization grant is "
                                                  "invalid, expired or revoked",
                                  hint});
}

static bool read_ask(struct rest_call *c, struct token_ask *out)
{
    const struct json_in *root = NULL;
    const struct {
        const char *key;
        struct str *to;
    } texts[] = {
        {"client_id",     &out->client_id    },
        {"client_secret", &out->client_secret},
        {"grant_type",    &out->grant_type   },
        {"code",          &out->code         },
        {"refresh_token", &out->refresh_token},
        {"redirect_uri",  &out->redirect_uri },
    };

    *out = (struct token_ask){0};
    if (!json_parse(&c->rq->cx, c->rq->body, &root))
        for (size_t i = 0; i < COUNT(texts); i++)
            json_as_str(json_get(root, texts[i].key), texts[i].to);
    ctx_forgive(&c->rq->cx); /* the answer to bad JSON is the vendor's, not ours */
    if (out->client_id.len && out->client_secret.len && out->redirect_uri.len)
        return true;
    return refuse_grant(c, 400, "Check the `client_id` parameter");
}

static bool check_client(struct rest_call *c, const struct token_ask *ask)
{
    struct sim_integration of = rest_integration(c);

    if (!of.client_id.len)
        return true;
    if (!str_eq(ask->client_id, of.client_id) || !str_eq(ask->client_secret, of.client_secret))
        return refuse_grant(c, 401, "Client authentication failed");
    if (!str_eq(ask->redirect_uri, of.redirect_uri))
        return refuse_grant(c, 400, "Check the `redirect_uri` parameter");
    return true;
}

static bool check_grant(struct rest_call *c, const struct token_ask *ask)
{
    if (str_eq(ask->grant_type, S("authorization_code")))
        return rest_code_take(c, ask->code, ask->client_id) ||
               refuse_grant(c, 400, "Authorization code has expired");
    if (str_eq(ask->grant_type, S("refresh_token")))
        return rest_refresh_take(c, ask->refresh_token, ask->client_id) ||
               refuse_grant(c, 401, "Token has been revoked");
    return refuse_grant(c, 400, "Check that all required parameters have been provided");
}

enum err rest_token(struct rest_call *c)
{
    struct token_ask ask;

    if (!rest_account_is_here(c) || !read_ask(c, &ask) || !check_client(c, &ask) ||
        !check_grant(c, &ask))
        return OK;
    struct rest_grant grant = rest_grant_new(c, ask.client_id);
    struct json_out *j = json_out_new(&c->rq->cx, 1024);
    json_obj(j);
    rest_text(j, "token_type", S("Bearer"));
    rest_int(j, "expires_in", (grant.expires_ms - c->now_ms) / 1000);
    rest_int(j, "server_time", c->now_ms / 1000);
    rest_text(j, "access_token", grant.access);
    rest_text(j, "refresh_token", grant.refresh);
    json_end(j);
    return resp_json(c->rs, j);
}

/* ---- where the account lives ---- */

static enum err say_place(struct rest_call *c)
{
    struct json_out *j = json_out_new(&c->rq->cx, 256);
    struct str sub = rest_subdomain(c);
    int64_t id = 0;

    str_to_int(c->w->crm_account, &id);
    json_obj(j);
    rest_int(j, "id", id);
    rest_text(j, "subdomain", sub);
    rest_text(j, "domain", arena_fmt(c->arena, "%.*s.amocrm.ru", STR_FMT(sub)));
    rest_text(j, "top_level_domain", S("ru"));
    json_end(j);
    return resp_json(c->rs, j);
}

enum err rest_place_by_refresh(struct rest_call *c)
{
    struct str refresh = req_header(c->rq, "X-Refresh-Token");

    if (str_starts(c->rq->path_params[0], S("api-")) && rest_refresh_take(c, refresh, S("")))
        return say_place(c);
    refuse_grant(c, 401, "Token has been revoked");
    return OK;
}

enum err rest_place_by_token(struct rest_call *c)
{
    static const struct str bearer = S("Bearer ");
    struct str token = req_header(c->rq, "Authorization");

    if (str_eq(c->rq->path_params[0], S("www")) && str_starts(token, bearer) &&
        rest_access_is_good(c, (struct str){token.ptr + bearer.len, token.len - bearer.len}))
        return say_place(c);
    rest_refuse(c, &(struct rest_refusal){401, "Unauthorized", "Invalid or expired token", NULL});
    return OK;
}
