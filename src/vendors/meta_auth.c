/* meta_auth.c: consent, the two exchanges, what a token is. */
#include "vendors/meta_auth.h"

#include "base/form.h"
#include "vendors/meta_inside.h"

const char *const meta_scopes[] = {
    "ads_read",        "business_management",   "leads_retrieval",
    "pages_show_list", "pages_manage_metadata", "pages_read_engagement"};

size_t meta_nscopes(void)
{
    return COUNT(meta_scopes);
}

static struct str all_scopes(struct arena *a)
{
    struct str list = S("");

    for (size_t i = 0; i < COUNT(meta_scopes); i++)
        list = arena_fmt(a, "%.*s%s%s", STR_FMT(list), i ? "," : "", meta_scopes[i]);
    return list;
}

struct str meta_consent_url(struct arena *a, const struct meta_consent *c)
{
    struct str scopes = c->scopes.len ? c->scopes : all_scopes(a);

    return arena_fmt(a,
                     "%.*s/%.*s/dialog/oauth?client_id=%.*s&redirect_uri=%.*s&state=%.*s"
                     "&response_type=code&scope=%.*s",
                     STR_FMT(c->www_base), STR_FMT(c->version), STR_FMT(url_encode(a, c->app_id)),
                     STR_FMT(url_encode(a, c->redirect_uri)), STR_FMT(url_encode(a, c->state)),
                     STR_FMT(url_encode(a, scopes)));
}

/* ---- the exchanges ---- */

/* Neither a bearer nor a proof: the app's secret among the parameters speaks for itself. */
static enum err exchange(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                         struct meta_grant *out, struct meta_reply *last)
{
    enum err err;
    struct meta bare = *m;

    *out = (struct meta_grant){0};
    bare.auth.token = (struct str){0};
    bare.auth.app_secret = (struct str){0};
    TRY(meta_get(cx, &bare, call, last));
    TRY(meta_take_text(cx, last->root, "access_token", &out->token));
    TRY(meta_take_dec(cx, last->root, "expires_in", 0, &out->expires_in_s));
    if (!out->token.len)
        err = fail(cx, ERR_UPSTREAM, "meta: the exchange brought no token");
    if (out->expires_in_s.v <= 0)
        out->expires_in_s.known = false;
out:
    return err;
}

enum err meta_exchange_code(struct ctx *cx, const struct meta *m, const struct meta_code *code,
                            struct meta_grant *out, struct meta_reply *last)
{
    struct meta_call call = {.path = S("/oauth/access_token")};

    meta_call_param(&call, "client_id", code->app_id);
    meta_call_param(&call, "redirect_uri", code->redirect_uri);
    meta_call_param(&call, "client_secret", m->auth.app_secret);
    meta_call_param(&call, "code", code->code);
    return exchange(cx, m, &call, out, last);
}

enum err meta_exchange_long(struct ctx *cx, const struct meta *m, struct str app_id,
                            struct meta_grant *out, struct meta_reply *last)
{
    struct meta_call call = {.path = S("/oauth/access_token")};

    meta_call_param(&call, "grant_type", S("fb_exchange_token"));
    meta_call_param(&call, "client_id", app_id);
    meta_call_param(&call, "client_secret", m->auth.app_secret);
    meta_call_param(&call, "fb_exchange_token", m->auth.token);
    return exchange(cx, m, &call, out, last);
}

/* ---- what a token is ---- */

static enum err take_scopes(struct ctx *cx, const struct json_in *data, struct meta_token *out)
{
    VEC(struct str) scopes = {0};
    struct json_iter it = json_iter(json_get(data, "scopes"));
    struct str scope;

    for (const struct json_in *v; (v = json_next(&it, NULL));) {
        if (!json_as_str(v, &scope))
            return fail(cx, ERR_UPSTREAM, "meta: a scope is not text");
        *vec_add(cx->arena, &scopes) = scope;
    }
    out->scopes = scopes.at;
    out->nscopes = scopes.n;
    return OK;
}

static void take_error(struct ctx *cx, const struct json_in *error, struct meta_token *out)
{
    struct str text;

    if (!json_as_int(json_get(error, "code"), &out->code))
        out->code = 0;
    if (!json_as_int(json_get(error, "subcode"), &out->subcode))
        out->subcode = 0;
    if (json_as_str(json_get(error, "message"), &text))
        out->why = vendor_safe_text(cx->arena, text);
}

enum err meta_token_read(struct ctx *cx, const struct json_in *root, struct meta_token *out)
{
    enum err err;
    const struct json_in *data = json_get(root, "data");

    *out = (struct meta_token){0};
    if (json_type(data) != JSON_OBJ || !json_as_bool(json_get(data, "is_valid"), &out->is_valid))
        return fail(cx, ERR_UPSTREAM, "meta: it was not said whether the token is valid");
    TRY(meta_take_text(cx, data, "type", &out->type));
    TRY(meta_take_text(cx, data, "app_id", &out->app_id));
    TRY(meta_take_text(cx, data, "user_id", &out->user_id));
    TRY(meta_take_seconds(cx, data, "expires_at", &out->expires_at));
    TRY(meta_take_seconds(cx, data, "data_access_expires_at", &out->data_expires_at));
    TRY(take_scopes(cx, data, out));
    take_error(cx, json_get(data, "error"), out);
out:
    return err;
}

struct meta meta_as_app(struct ctx *cx, const struct meta *m, struct str app_id)
{
    struct meta app = *m;

    app.auth.token =
        arena_fmt(cx->arena, "%.*s|%.*s", STR_FMT(app_id), STR_FMT(m->auth.app_secret));
    app.auth.app_secret = (struct str){0};
    return app;
}

enum err meta_debug_token(struct ctx *cx, const struct meta *m, struct str app_id,
                          struct meta_token *out, struct meta_reply *last)
{
    enum err err;
    struct meta app = meta_as_app(cx, m, app_id);
    struct meta_call call = {.path = S("/debug_token")};

    *out = (struct meta_token){0};
    meta_call_param(&call, "input_token", m->auth.token);
    TRY(meta_get(cx, &app, &call, last));
    TRY(meta_token_read(cx, last->root, out));
out:
    return err;
}

bool meta_token_has(const struct meta_token *t, struct str scope)
{
    for (size_t i = 0; i < t->nscopes; i++)
        if (str_eq(t->scopes[i], scope))
            return true;
    return false;
}

struct str meta_scopes_missing(struct arena *a, const struct meta_token *t, struct str wanted)
{
    struct str rest = wanted.len ? wanted : all_scopes(a), scope, missing = S("");

    while (str_cut(&rest, ',', &scope)) {
        scope = str_trim(scope);
        if (scope.len && !meta_token_has(t, scope))
            missing = arena_fmt(a, "%.*s%s%.*s", STR_FMT(missing), missing.len ? "," : "",
                                STR_FMT(scope));
    }
    return missing;
}
