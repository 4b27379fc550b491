/* graph.c: the door of the fake Graph API: version, token, proof, and where a path leads. */
#include "sim/graph.h"

#include <stdio.h>

#include "base/crypto.h"
#include "base/form.h"
#include "sim/faults.h"

bool graph_refuse(struct graph *g, int status, const int code[2], const char *fmt, ...)
{
    struct json_out *j = json_out_new(&g->rq->cx, 256);
    va_list ap;

    va_start(ap, fmt);
    struct str message = arena_vfmt(g->arena, fmt, ap);
    va_end(ap);
    resp_status(g->rs, status);
    json_obj(j);
    json_key(j, "error");
    json_obj(j);
    json_key(j, "message"), json_str(j, message);
    json_key(j, "type"),
        json_str(j, code[1] == 33 ? S("GraphMethodException") : S("OAuthException"));
    json_key(j, "code"), json_int(j, code[0]);
    if (code[1])
        json_key(j, "error_subcode"), json_int(j, code[1]);
    json_key(j, "fbtrace_id"),
        json_str(j, arena_fmt(g->arena, "A%.*s", STR_FMT(g->rq->request_id)));
    json_end(j);
    json_end(j);
    g->err = resp_json(g->rs, j);
    return false;
}

struct str graph_param(struct graph *g, const char *name)
{
    struct str value = S("");

    req_query_str(g->rq, name, &value);
    return value;
}

/* ---- version ---- */

/* When the Marketing API of a version ended; what is not listed lives. */
static const struct {
    const char *version;
    struct date end;
} ended[] = {
    {"v20.0", {2025, 5, 6} },
    {"v21.0", {2025, 9, 9} },
    {"v22.0", {2026, 2, 19}},
    {"v23.0", {2026, 6, 9} },
    {"v24.0", {2026, 10, 6}},
};

static bool check_version(struct graph *g)
{
    int64_t today = day_number(civil_at(g->w->zone, g->at.now_ms).date), number = 0;
    struct str v = g->version;
    bool is_form = v.len >= 4 && v.ptr[0] == 'v' && v.ptr[v.len - 2] == '.' &&
                   str_to_int((struct str){v.ptr + 1, v.len - 3}, &number);

    if (!is_form)
        return graph_refuse(g, 400, CODE(2500, 0), "Unknown path components: /%.*s", STR_FMT(v));
    bool is_dead = number < 20;
    for (size_t i = 0; i < COUNT(ended); i++)
        is_dead |= str_eq(str_of(ended[i].version), v) && day_number(ended[i].end) <= today;
    if (is_dead)
        return graph_refuse(g, 400, CODE(2635, 0),
                            "(#2635) You are calling a deprecated version of the Ads API. Please "
                            "upgrade to the latest version: v26.0.");
    return true;
}

/* ---- token ---- */

static bool check_proof(struct graph *g)
{
    unsigned char mac[CRYPTO_MAC];
    struct str proof = graph_param(g, "appsecret_proof");

    if (!g->sim->app_secret.len)
        return true;
    if (!proof.len)
        return graph_refuse(g, 400, CODE(100, 0),
                            "API calls from the server require an appsecret_proof argument");
    hmac_sha256(g->sim->app_secret, g->token, mac);
    if (!crypto_same(proof, hex_text(g->arena, (struct str){(const char *)mac, sizeof mac})))
        return graph_refuse(g, 400, CODE(100, 0),
                            "Invalid appsecret_proof provided in the API argument");
    return true;
}

static int token_index(const struct world *w, struct str token)
{
    for (int i = 0; i < WORLD_TOKENS; i++)
        if (str_eq(w->tokens[i], token))
            return i;
    return -1;
}

static bool is_dead(struct graph *g, int index)
{
    return index == WORLD_TOKENS - 1 && sim_switch_of(g->sim, SIM_DEAD_TOKEN);
}

static bool check_token(struct graph *g)
{
    struct str header = req_header(g->rq, "Authorization"), scheme;

    if (str_cut(&header, ' ', &scheme) && str_eq_nocase(scheme, S("Bearer")))
        g->token = str_trim(header);
    else
        g->token = graph_param(g, "access_token");
    if (!g->token.len)
        return graph_refuse(g, 400, CODE(2500, 0),
                            "An active access token must be used to query information about the "
                            "current user.");
    g->token_index = token_index(g->w, g->token);
    if (g->token_index < 0)
        return graph_refuse(g, 400, CODE(190, 0),
                            "Invalid OAuth access token - Cannot parse access token");
    if (is_dead(g, g->token_index))
        return graph_refuse(g, 400, CODE(190, 463),
                            "Error validating access token: Session has expired on Tuesday, "
                            "03-Feb-26 10:00:00 PST. The current time is later.");
    return check_proof(g);
}

/* ---- the usage headers, on every answer ---- */

static void add_usage(struct graph *g)
{
    int p = (int)sim_switch_of(g->sim, SIM_USAGE_PERCENT);
    struct arena *a = g->arena;

    resp_header(g->rs, "x-app-usage",
                arena_fmt(a, "{\"call_count\":%d,\"total_time\":%d,\"total_cputime\":%d}", p / 2,
                          p / 3, p / 4));
    resp_header(g->rs, "facebook-api-version", g->version);
    if (g->account == UINT32_MAX)
        return;
    resp_header(g->rs, "x-business-use-case-usage",
                arena_fmt(a,
                          "{\"%.*s\":[{\"type\":\"ads_insights\",\"call_count\":%d,"
                          "\"total_cputime\":%d,\"total_time\":%d,"
                          "\"estimated_time_to_regain_access\":%d,"
                          "\"ads_api_access_tier\":\"standard_access\"}]}",
                          STR_FMT(g->w->accounts[g->account].id), p, p / 2, p / 2,
                          p >= 100 ? 5 : 0));
    resp_header(g->rs, "x-ad-account-usage",
                arena_fmt(a,
                          "{\"acc_id_util_pct\":%d.67,\"reset_time_duration\":100,"
                          "\"ads_api_access_tier\":\"standard_access\"}",
                          p));
    resp_header(g->rs, "x-fb-ads-insights-throttle",
                arena_fmt(a,
                          "{\"app_id_util_pct\":%d,\"acc_id_util_pct\":%d,"
                          "\"ads_api_access_tier\":\"standard_access\"}",
                          p / 2, p));
}

/* ---- where a path leads ---- */

static enum err me(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 128);

    json_obj(j);
    graph_text(j, "id", g->token_index ? S("122100000000000002") : S("122100000000000001"));
    graph_text(j, "name", g->token_index ? S("Traf4 System User") : S("Agency System User"));
    json_end(j);
    return resp_json(g->rs, j);
}

static enum err debug_token(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 256);
    int index = token_index(g->w, graph_param(g, "input_token"));
    bool is_valid = index >= 0 && !is_dead(g, index);

    json_obj(j);
    json_key(j, "data");
    json_obj(j);
    if (!is_valid) {
        json_key(j, "error");
        json_raw(j, S("{\"code\":190,\"message\":\"Error validating access token: Session has "
                      "expired\",\"subcode\":463}"));
    } else {
        graph_text(j, "app_id", S("312000000000000"));
        graph_text(j, "type", S("SYSTEM_USER"));
        graph_text(j, "application", S("Traffic Dashboard"));
        json_key(j, "data_access_expires_at"), json_int(j, 0);
        json_key(j, "expires_at"), json_int(j, 0);
        graph_text(j, "user_id", index ? S("122100000000000002") : S("122100000000000001"));
    }
    json_key(j, "is_valid"), json_bool(j, is_valid);
    json_key(j, "scopes"),
        json_raw(j, is_valid ? S("[\"ads_read\",\"business_management\"]") : S("[]"));
    json_end(j);
    json_end(j);
    return resp_json(g->rs, j);
}

static bool no_object(struct graph *g, struct str id)
{
    return graph_refuse(g, 400, CODE(100, 33),
                        "Unsupported get request. Object with ID '%.*s' does not exist, cannot be "
                        "loaded due to missing permissions, or does not support this operation",
                        STR_FMT(id));
}

bool graph_account(struct graph *g, struct str id, uint32_t *account)
{
    struct str digits = {id.ptr + 4, id.len - 4};

    for (uint32_t i = 0; i < g->w->naccounts; i++) {
        if (!str_eq(g->w->accounts[i].id, digits))
            continue;
        if (g->w->accounts[i].token != g->token_index)
            return graph_refuse(g, 403, CODE(200, 0),
                                "(#200) Ad account owner has NOT grant ads_management or ads_read "
                                "permission");
        *account = g->account = i;
        return true;
    }
    return no_object(g, id);
}

static enum err account_edge(struct graph *g, struct str id, struct str edge)
{
    uint32_t account;

    if (!graph_account(g, id, &account))
        return OK;
    if (!edge.len)
        return graph_account_node(g, account);
    if (str_eq(edge, S("campaigns")))
        return graph_entities(g, account, WORLD_CAMPAIGN);
    if (str_eq(edge, S("adsets")))
        return graph_entities(g, account, WORLD_ADSET);
    if (str_eq(edge, S("ads")))
        return graph_entities(g, account, WORLD_AD);
    if (str_eq(edge, S("insights")))
        return graph_insights(g, &(struct graph_scope){.account = account});
    no_object(g, edge);
    return OK;
}

static uint32_t account_of(const struct world *w, enum world_kind kind, uint32_t index)
{
    switch (kind) {
    case WORLD_CAMPAIGN:
        return w->campaigns[index].account;
    case WORLD_ADSET:
        return w->campaigns[w->adsets[index].campaign].account;
    case WORLD_AD:
        break;
    }
    return w->ads[index].account;
}

static enum err node_edge(struct graph *g, struct str id, struct str edge)
{
    struct graph_scope scope = {0};
    int64_t number;

    if (!str_to_int(id, &number) || !world_find(g->w, number, &scope.kind, &scope.index)) {
        no_object(g, id);
        return OK;
    }
    scope.account = account_of(g->w, scope.kind, scope.index);
    if (!graph_account(g,
                       arena_fmt(g->arena, "act_%.*s", STR_FMT(g->w->accounts[scope.account].id)),
                       &scope.account))
        return OK;
    if (!edge.len)
        return graph_entity_node(g, scope.kind, scope.index);
    if (str_eq(edge, S("insights")))
        return graph_insights(g, &scope);
    no_object(g, edge);
    return OK;
}

static enum err route_call(struct graph *g)
{
    struct str id = g->rq->path_params[1], edge = g->rq->path_params[2];

    if (str_eq(id, S("me")) && !edge.len)
        return me(g);
    if (str_eq(id, S("me")) && str_eq(edge, S("adaccounts")))
        return graph_accounts(g);
    if (str_eq(id, S("debug_token")) && !edge.len)
        return debug_token(g);
    if (str_starts(id, S("act_")))
        return account_edge(g, id, edge);
    return node_edge(g, id, edge);
}

static enum err answer(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    struct graph g = {.rq = rq,
                      .rs = rs,
                      .sim = s,
                      .w = s->world,
                      .arena = rq->cx.arena,
                      .at = sim_moment(s),
                      .version = rq->path_params[0],
                      .account = UINT32_MAX};
    enum err err = OK;

    if (check_version(&g) && check_token(&g))
        err = route_call(&g);
    add_usage(&g);
    return err ? err : g.err;
}

static enum err door(struct req *rq, struct resp *rs)
{
    return faults_around(rq, rs, answer);
}

const struct route graph_routes[] = {
    {GET, "/graph/{version}",             0, RATE_NONE, door, 0, 0},
    {GET, "/graph/{version}/{id}",        0, RATE_NONE, door, 0, 0},
    {GET, "/graph/{version}/{id}/{edge}", 0, RATE_NONE, door, 0, 0},
};
const size_t graph_nroutes = COUNT(graph_routes);
