/* graph_who.c: whose token it is, what it may do, and what is said about it. */
#include "sim/graph.h"

#include "base/crypto.h"

const char sim_app_id[] = "312000000000000";

#define EVERYTHING                                                                                 \
    "ads_read,business_management,leads_retrieval,pages_show_list,pages_manage_metadata,"          \
    "pages_read_engagement"

enum { EXPIRED = 463, REVOKED = 458 };

static bool find_of_world(struct graph *g, struct str token, struct graph_token *out)
{
    for (int i = 0; i < WORLD_TOKENS; i++) {
        if (!str_eq(g->w->tokens[i], token))
            continue;
        *out = (struct graph_token){.who = GRAPH_SYSTEM, .index = i, .app_id = str_of(sim_app_id)};
        out->scopes = i ? S("ads_read,business_management") : S(EVERYTHING);
        if (i == WORLD_TOKENS - 1 && sim_switch_of(g->sim, SIM_DEAD_TOKEN))
            out->dead = EXPIRED;
        return true;
    }
    return false;
}

static bool find_page(struct graph *g, struct str token, struct graph_token *out)
{
    for (int i = 0; i < WORLD_PAGES; i++)
        if (str_eq(world_page_token(g->w, g->arena, i), token)) {
            *out = (struct graph_token){.who = GRAPH_PAGE_ITSELF,
                                        .index = -1,
                                        .page = i,
                                        .app_id = str_of(sim_app_id),
                                        .scopes = S(EVERYTHING)};
            return true;
        }
    return false;
}

/* "APP_ID|APP_SECRET" itself. */
static bool find_app(struct graph *g, struct str token, struct graph_token *out)
{
    struct str secret = token, id;
    int64_t number;

    if (!str_cut(&secret, '|', &id) || !str_to_int(id, &number) || !secret.len)
        return false;
    if (g->sim->app_secret.len && !str_eq(secret, g->sim->app_secret))
        return false;
    *out = (struct graph_token){.who = GRAPH_APP, .index = -1, .app_id = id};
    return true;
}

static bool find_person(struct graph *g, struct str token, struct graph_token *out)
{
    struct graph_person p;

    if (!graph_person_find(g->sim, token, &p))
        return false;
    *out = (struct graph_token){
        .who = GRAPH_PERSON, .app_id = p.app_id, .scopes = p.scopes, .expires_ms = p.expires_ms};
    if (p.is_revoked)
        out->dead = REVOKED;
    else if (p.expires_ms && p.expires_ms <= g->at.now_ms)
        out->dead = EXPIRED;
    return true;
}

bool graph_token_find(struct graph *g, struct str token, struct graph_token *out)
{
    return find_of_world(g, token, out) || find_page(g, token, out) || find_app(g, token, out) ||
           find_person(g, token, out);
}

static bool check_proof(struct graph *g)
{
    unsigned char mac[CRYPTO_MAC];
    struct str proof = graph_param(g, "appsecret_proof");

    if (!g->sim->app_secret.len || g->who.who == GRAPH_APP)
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

bool graph_token_check(struct graph *g)
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
    if (!graph_token_find(g, g->token, &g->who))
        return graph_refuse(g, 400, CODE(190, 0),
                            "Invalid OAuth access token - Cannot parse access token");
    if (g->who.dead == EXPIRED)
        return graph_refuse(g, 400, CODE(190, EXPIRED),
                            "Error validating access token: Session has expired on Tuesday, "
                            "03-Feb-26 10:00:00 PST. The current time is later.");
    if (g->who.dead)
        return graph_refuse(g, 400, CODE(190, g->who.dead),
                            "Error validating access token: The user has not authorized "
                            "application %.*s.",
                            STR_FMT(g->who.app_id));
    g->token_index = g->who.index;
    return check_proof(g);
}

bool graph_has_scope(const struct graph *g, const char *wanted)
{
    struct str rest = g->who.scopes, scope;

    while (str_cut(&rest, ',', &scope))
        if (str_eq(scope, str_of(wanted)))
            return true;
    return false;
}

bool graph_scope_check(struct graph *g, const char *scope)
{
    if (graph_has_scope(g, scope))
        return true;
    return graph_refuse(g, 403, CODE(200, 0), "(#200) Requires %s permission to manage the object",
                        scope);
}

/* ---- who am I ---- */

static struct str user_id(const struct graph_token *t)
{
    if (t->who == GRAPH_PERSON)
        return S("10229000000000077");
    return t->index == 1 ? S("122100000000000002") : S("122100000000000001");
}

enum err graph_me(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 128);
    struct str name = g->who.index == 1 ? S("Traf4 System User") : S("Agency System User");

    if (g->who.who == GRAPH_APP) {
        graph_refuse(g, 400, CODE(2500, 0),
                     "An active access token must be used to query information about the current "
                     "user.");
        return OK;
    }
    json_obj(j);
    if (g->who.who == GRAPH_PAGE_ITSELF) {
        graph_text(j, "id", world_page_id(g->arena, g->who.page));
        graph_text(j, "name", world_page_name(g->w, g->arena, g->who.page));
    } else {
        graph_text(j, "id", user_id(&g->who));
        graph_text(j, "name", g->who.who == GRAPH_PERSON ? S("Айгерім Сапарова") : name);
    }
    json_end(j);
    return resp_json(g->rs, j);
}

enum err graph_permissions(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 1024);
    struct str rest = g->who.scopes, scope;

    if (g->rq->method == DELETE) { /* the person takes the app's rights away */
        graph_person_revoke(g->sim, g->token);
        return graph_say_success(g);
    }
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    while (str_cut(&rest, ',', &scope)) {
        json_obj(j);
        graph_text(j, "permission", scope);
        graph_text(j, "status", S("granted"));
        json_end(j);
    }
    json_end(j);
    json_end(j);
    return resp_json(g->rs, j);
}

/* ---- what is this token ---- */

static void write_good(struct graph *g, struct json_out *j, const struct graph_token *t)
{
    static const char *const types[] = {"SYSTEM_USER", "USER", "PAGE", "APP"};
    enum { DATA_DAYS = 90 };
    int64_t data_s = g->at.now_ms / 1000 + DATA_DAYS * 86400;

    graph_text(j, "app_id", t->app_id);
    graph_text(j, "type", str_of(types[t->who]));
    graph_text(j, "application", S("Traffic Dashboard"));
    json_key(j, "data_access_expires_at"), json_int(j, t->who == GRAPH_PERSON ? data_s : 0);
    json_key(j, "expires_at"), json_int(j, t->expires_ms / 1000);
    json_key(j, "is_valid"), json_bool(j, true);
    json_key(j, "scopes");
    json_arr(j);
    struct str rest = t->scopes, scope;
    while (str_cut(&rest, ',', &scope))
        json_str(j, scope);
    json_end(j);
    if (t->who == GRAPH_SYSTEM || t->who == GRAPH_PERSON)
        graph_text(j, "user_id", user_id(t));
}

enum err graph_debug_token(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 512);
    struct graph_token t;
    bool is_known = graph_token_find(g, graph_param(g, "input_token"), &t);

    json_obj(j);
    json_key(j, "data");
    json_obj(j);
    if (is_known && !t.dead) {
        write_good(g, j, &t);
    } else {
        json_key(j, "error");
        json_obj(j);
        json_key(j, "code"), json_int(j, 190);
        graph_text(j, "message",
                   is_known ? S("Error validating access token: Session has expired")
                            : S("Invalid OAuth access token."));
        if (is_known)
            json_key(j, "subcode"), json_int(j, t.dead);
        json_end(j);
        json_key(j, "is_valid"), json_bool(j, false);
        json_key(j, "scopes"), json_raw(j, S("[]"));
    }
    json_end(j);
    json_end(j);
    return resp_json(g->rs, j);
}
