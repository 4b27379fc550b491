/* graph_oauth.c: consent in the browser, and codes and tokens made into tokens. */
#include "sim/graph.h"

#include "base/form.h"

enum { SHORT_S = 5400, LONG_S = 5183944 };

/* ---- the dialog: whoever comes is signed in and decides at once ---- */

static struct str asked(struct req *rq, const char *name)
{
    struct str value = S("");

    req_query_str(rq, name, &value);
    return value;
}

/* Without its last n parts. */
static struct str shortened(struct str list, int64_t n)
{
    while (n-- > 0 && list.len) {
        while (list.len && list.ptr[list.len - 1] != ',')
            list.len--;
        list.len -= list.len > 0;
    }
    return list;
}

static enum err send_back(struct req *rq, struct resp *rs, struct str how)
{
    struct arena *a = rq->cx.arena;
    struct str to = asked(rq, "redirect_uri"), rest = to, head;

    str_cut(&rest, '?', &head);
    resp_status(rs, 302);
    resp_header(rs, "Location",
                arena_fmt(a, "%.*s%c%.*s&state=%.*s#_=_", STR_FMT(to), rest.len ? '&' : '?',
                          STR_FMT(how), STR_FMT(url_encode(a, asked(rq, "state")))));
    return resp_body(rs, "text/html", S(""));
}

enum err graph_dialog(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    struct graph_code code = {.app_id = asked(rq, "client_id"),
                              .redirect_uri = asked(rq, "redirect_uri"),
                              .scopes = asked(rq, "scope")};
    int64_t number;

    if (!str_to_int(code.app_id, &number) || !str_starts(code.redirect_uri, S("http"))) {
        resp_status(rs, 400);
        return resp_body(rs, "text/html", S("<html><body>Invalid App ID or URL</body></html>\n"));
    }
    if (sim_switch_of(s, SIM_DENY_CONSENT))
        return send_back(rq, rs,
                         S("error=access_denied&error_code=200&error_description=Permissions+error"
                           "&error_reason=user_denied"));
    code.scopes = shortened(code.scopes, sim_switch_of(s, SIM_WITHHOLD));
    return send_back(rq, rs,
                     arena_fmt(rq->cx.arena, "code=%.*s", STR_FMT(graph_code_put(s, &code))));
}

/* ---- the exchanges ---- */

static enum err say_token(struct graph *g, struct str token, int64_t lives_s)
{
    struct json_out *j = json_out_new(&g->rq->cx, 256);

    json_obj(j);
    graph_text(j, "access_token", token);
    graph_text(j, "token_type", S("bearer"));
    if (lives_s)
        json_key(j, "expires_in"), json_int(j, lives_s);
    json_end(j);
    return resp_json(g->rs, j);
}

static bool check_app(struct graph *g)
{
    int64_t number;

    if (!str_to_int(graph_param(g, "client_id"), &number))
        return graph_refuse(g, 400, CODE(101, 0),
                            "Error validating application. Cannot get application info due to a "
                            "system error.");
    if (g->sim->app_secret.len && !str_eq(graph_param(g, "client_secret"), g->sim->app_secret))
        return graph_refuse(g, 400, CODE(1, 0), "Error validating client secret.");
    return true;
}

static enum err exchange_code(struct graph *g)
{
    struct graph_code code;

    if (!graph_code_take(g->sim, graph_param(g, "code"), &code)) {
        graph_refuse(g, 400, CODE(100, 36007), "This authorization code has been used.");
        return OK;
    }
    if (!str_eq(code.redirect_uri, graph_param(g, "redirect_uri")) ||
        !str_eq(code.app_id, graph_param(g, "client_id"))) {
        graph_refuse(g, 400, CODE(100, 36008),
                     "Error validating verification code. Please make sure your redirect_uri is "
                     "identical to the one you used in the OAuth dialog request");
        return OK;
    }
    return say_token(g, graph_person_put(g->sim, &code, SHORT_S).token, SHORT_S);
}

/* A token that never ends stays what it is; the time of the others is left out now and then. */
static enum err exchange_token(struct graph *g)
{
    struct str token = graph_param(g, "fb_exchange_token");
    struct graph_token t;

    if (!graph_token_find(g, token, &t) || t.dead) {
        graph_refuse(g, 400, CODE(190, t.dead),
                     "Error validating access token: Session has expired or is not valid");
        return OK;
    }
    if (t.who != GRAPH_PERSON)
        return say_token(g, token, 0);
    struct graph_code like = {.app_id = t.app_id, .scopes = t.scopes};
    struct graph_person p = graph_person_put(g->sim, &like, LONG_S);
    return say_token(g, p.token, (p.token.ptr[p.token.len - 1] & 3) ? LONG_S : 0);
}

enum err graph_exchange(struct graph *g)
{
    struct str grant = graph_param(g, "grant_type");

    if (!check_app(g))
        return OK;
    if (str_eq(grant, S("fb_exchange_token")))
        return exchange_token(g);
    if (graph_param(g, "code").len)
        return exchange_code(g);
    graph_refuse(g, 400, CODE(1, 0), "Missing redirect_uri or code parameter.");
    return OK;
}
