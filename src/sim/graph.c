/* graph.c: the door of the fake Graph API: version, token, proof, and where a path leads. */
#include "sim/graph.h"

#include <stdio.h>

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

static bool form_value(struct graph *g, const char *name, struct str *out)
{
    struct form f = form_start(g->form, GRAPH_MAX_PARAMS);
    struct str key, value;

    while (form_next(&f, g->arena, &key, &value))
        if (str_eq(key, str_of(name))) {
            *out = value;
            return true;
        }
    return false;
}

struct str graph_param(struct graph *g, const char *name)
{
    struct str value = S(""), n = str_of(name);
    bool is_of_page = str_eq(n, S("limit")) || str_eq(n, S("after"));

    if (!req_query_str(g->rq, name, &value) && !(g->is_report && is_of_page))
        form_value(g, name, &value);
    return value;
}

static struct str json_as_form(struct graph *g)
{
    const struct json_in *root = NULL, *value;
    struct str form = S(""), key, text;

    if (json_parse(&g->rq->cx, g->rq->body, &root))
        ctx_forgive(&g->rq->cx); /* the answer to bad JSON is Meta's, not ours */
    struct json_iter it = json_iter(root);
    while ((value = json_next(&it, &key))) {
        if (!json_as_str(value, &text) && !json_text(value, g->arena, &text))
            continue;
        form = arena_fmt(g->arena, "%.*s%s%.*s=%.*s", STR_FMT(form), form.len ? "&" : "",
                         STR_FMT(url_encode(g->arena, key)), STR_FMT(url_encode(g->arena, text)));
    }
    return form;
}

struct str graph_form_of(struct graph *g)
{
    struct str mime = req_header(g->rq, "Content-Type");

    return str_starts(mime, S("application/json")) ? json_as_form(g) : g->rq->body;
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
    bool is_dead = number < 20 || number <= sim_switch_of(g->sim, SIM_VERSION_ENDED);
    for (size_t i = 0; i < COUNT(ended); i++)
        is_dead |= str_eq(str_of(ended[i].version), v) && day_number(ended[i].end) <= today;
    if (is_dead)
        return graph_refuse(g, 400, CODE(2635, 0),
                            "(#2635) You are calling a deprecated version of the Ads API. Please "
                            "upgrade to the latest version: v26.0.");
    return true;
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

bool graph_no_object(struct graph *g, struct str id)
{
    return graph_refuse(g, 400, CODE(100, 33),
                        "Unsupported get request. Object with ID '%.*s' does not exist, cannot be "
                        "loaded due to missing permissions, or does not support this operation",
                        STR_FMT(id));
}

enum err graph_say_success(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 32);

    json_obj(j);
    json_key(j, "success"), json_bool(j, true);
    json_end(j);
    return resp_json(g->rs, j);
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
    return graph_no_object(g, id);
}

static enum err insights_edge(struct graph *g, const struct graph_scope *scope)
{
    return g->rq->method == POST ? graph_report_start(g, scope) : graph_insights(g, scope);
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
        return insights_edge(g, &(struct graph_scope){.account = account});
    graph_no_object(g, edge);
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

static enum err object_edge(struct graph *g, struct str id, struct str edge)
{
    struct graph_scope scope = {0};
    int64_t number;

    if (!str_to_int(id, &number) || !world_find(g->w, number, &scope.kind, &scope.index)) {
        graph_no_object(g, id);
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
        return insights_edge(g, &scope);
    if (str_eq(edge, S("leads")) && scope.kind == WORLD_AD)
        return graph_leads(g, &(struct graph_lead_scope){-1, scope.index});
    graph_no_object(g, edge);
    return OK;
}

static enum err me_edge(struct graph *g, struct str edge)
{
    if (!edge.len)
        return graph_me(g);
    if (str_eq(edge, S("adaccounts")))
        return graph_accounts(g);
    if (str_eq(edge, S("businesses")))
        return graph_businesses(g);
    if (str_eq(edge, S("accounts")))
        return graph_pages(g);
    if (str_eq(edge, S("permissions")))
        return graph_permissions(g);
    graph_no_object(g, edge);
    return OK;
}

static enum err route_call(struct graph *g)
{
    struct str id = g->rq->path_params[1], edge = g->rq->path_params[2];
    enum err err = OK;

    if (str_eq(id, S("me")))
        return me_edge(g, edge);
    if (str_eq(id, S("debug_token")) && !edge.len)
        return graph_debug_token(g);
    if (str_eq(edge, S("subscriptions")))
        return graph_app_subscriptions(g);
    if (str_starts(id, S("act_")))
        return account_edge(g, id, edge);
    if (graph_report(g, id, edge, &err) || graph_business(g, id, edge, &err) ||
        graph_page_node(g, id, edge, &err) || graph_lead_node(g, id, edge, &err))
        return err;
    return object_edge(g, id, edge);
}

static bool is_exchange(struct req *rq)
{
    return str_eq(rq->path_params[1], S("oauth")) && str_eq(rq->path_params[2], S("access_token"));
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
                      .token_index = -1,
                      .account = UINT32_MAX};
    enum err err = OK;

    if (rq->method == POST)
        g.form = graph_form_of(&g);
    if (check_version(&g)) {
        if (is_exchange(rq))
            err = graph_exchange(&g);
        else if (graph_token_check(&g))
            err = route_call(&g);
    }
    add_usage(&g);
    return err ? err : g.err;
}

static enum err door(struct req *rq, struct resp *rs)
{
    return faults_around(rq, rs, answer);
}

static enum err dialog_door(struct req *rq, struct resp *rs)
{
    return faults_around(rq, rs, graph_dialog);
}

enum { MOST_BODY = 1 << 20 };
const struct route graph_routes[] = {
    {GET,    "/graph/{version}",             0, RATE_NONE, door,        0,           0        },
    {GET,    "/graph/{version}/{id}",        0, RATE_NONE, door,        0,           0        },
    {GET,    "/graph/{version}/{id}/{edge}", 0, RATE_NONE, door,        0,           0        },
    {POST,   "/graph/{version}/{id}/{edge}", 0, RATE_NONE, door,        RT_RAW_BODY, MOST_BODY},
    {DELETE, "/graph/{version}/{id}/{edge}", 0, RATE_NONE, door,        RT_RAW_BODY, MOST_BODY},
    {GET,    "/www/{version}/dialog/oauth",  0, RATE_NONE, dialog_door, 0,           0        },
};
const size_t graph_nroutes = COUNT(graph_routes);
