/* graph_pages.c: pages, who is told of their leads, and where the app's webhooks go. */
#include "sim/graph.h"

#include "base/form.h"
#include "fetch/fetch.h"

/* The person sees every page, and may have the tokens of all but the last. */
static void write_page(struct graph *g, struct json_out *j, int page)
{
    json_obj(j);
    if (page < WORLD_PAGES) {
        graph_text(j, "access_token", world_page_token(g->w, g->arena, page));
        graph_text(j, "id", world_page_id(g->arena, page));
        graph_text(j, "name", world_page_name(g->w, g->arena, page));
    } else {
        graph_text(j, "id", world_page_id(g->arena, page));
        graph_text(j, "name", S("Чужая страница"));
    }
    graph_text(j, "category", S("Education"));
    json_key(j, "tasks");
    json_raw(j, page < WORLD_PAGES ? S("[\"ADVERTISE\",\"MANAGE\"]") : S("[]"));
    json_end(j);
}

/* Without the permission the list is empty, and nobody is told why. */
enum err graph_pages(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 2048);
    struct graph_page page;
    int64_t begin = -1, next = -1, n = 0, end = 0;

    if (!graph_page_read(g, &page))
        return OK;
    if (g->token_index == 0 && graph_has_scope(g, "pages_show_list"))
        end = WORLD_PAGES + 1;
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    for (int64_t i = page.from; i < end && next < 0; i++) {
        if (n == page.limit) {
            next = i;
            continue;
        }
        begin = n++ ? begin : i;
        write_page(g, j, (int)i);
    }
    return graph_page_end(g, j, begin, next);
}

/* ---- one page ---- */

static bool is_page_itself(struct graph *g, int page)
{
    if (g->who.who == GRAPH_PAGE_ITSELF && g->who.page == page)
        return true;
    return graph_refuse(g, 400, CODE(210, 0),
                        "(#210) A page access token is required to request this resource.");
}

static enum err list_subscribed(struct graph *g, int page)
{
    struct json_out *j = json_out_new(&g->rq->cx, 256);
    bool is_set = graph_page_is_set(g->sim, page);

    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    if (is_set) {
        json_obj(j);
        graph_text(j, "name", S("Traffic Dashboard"));
        graph_text(j, "id", str_of(sim_app_id));
        json_key(j, "subscribed_fields"), json_raw(j, S("[\"leadgen\"]"));
        json_end(j);
    }
    json_end(j);
    json_end(j);
    return resp_json(g->rs, j);
}

static enum err subscribed_apps(struct graph *g, int page)
{
    struct str fields = graph_param(g, "subscribed_fields");

    if (!is_page_itself(g, page))
        return OK;
    if (g->rq->method == GET)
        return list_subscribed(g, page);
    if (g->rq->method == POST && !str_starts(fields, S("leadgen")) &&
        !str_starts(fields, S("[\"leadgen"))) {
        graph_refuse(g, 400, CODE(100, 0), "(#100) The parameter subscribed_fields is required.");
        return OK;
    }
    graph_page_set(g->sim, page, g->rq->method == POST);
    return graph_say_success(g);
}

static enum err list_forms(struct graph *g, int page)
{
    struct json_out *j = json_out_new(&g->rq->cx, 512);

    if (!is_page_itself(g, page))
        return OK;
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    json_obj(j);
    graph_text(j, "id", world_form_id(g->arena, page));
    graph_text(j, "name", S("Заявка на курс"));
    graph_text(j, "status", S("ACTIVE"));
    json_end(j);
    return graph_page_end(g, j, 0, -1);
}

bool graph_page_node(struct graph *g, struct str id, struct str edge, enum err *err)
{
    for (int i = 0; i < WORLD_PAGES; i++) {
        if (!str_eq(id, world_page_id(g->arena, i)))
            continue;
        if (str_eq(edge, S("subscribed_apps")))
            *err = subscribed_apps(g, i);
        else if (str_eq(edge, S("leadgen_forms")))
            *err = list_forms(g, i);
        else
            graph_no_object(g, edge);
        return true;
    }
    return false;
}

/* ---- the app's webhooks ---- */

/* As Meta does, the address must answer a challenge before it is taken. */
static bool answers(struct graph *g, struct str url)
{
    struct str challenge = arena_fmt(g->arena, "%lld", (long long)g->at.now_ms % 10000000000);
    struct str base = url, path = url, head;
    struct arena *arena = arena_new(1 << 20);
    struct ctx one = {.arena = arena, .clock = &clock_system, .tag = g->rq->cx.tag};
    const struct pair query[] = {
        {"hub.mode",       S("subscribe")},
        {                  "hub.challenge",       challenge              },
        { "hub.verify_token", graph_param(g,               "verify_token")}
    };
    struct reply reply = {0};

    for (int i = 0; i < 3 && str_cut(&path, '/', &head); i++)
        ;
    base.len -= path.len + 1;
    struct upstream up = {.name = "sim-hook",
                          .base_url = str_z(g->arena, base),
                          .connect_ms = 2000,
                          .total_ms = 5000,
                          .max_reply = 1 << 16,
                          .retry = {.max_tries = 1}};
    struct call call = {.path = arena_fmt(arena, "/%.*s", STR_FMT(path)),
                        .log_path = S("/(hook)"),
                        .query = query,
                        .nquery = COUNT(query)};
    bool is_good = path.len && !fetch(&one, g->sim->leadgen, &up, &call, &reply) &&
                   reply.status == 200 && str_eq(reply.body, challenge);
    arena_free(&arena);
    return is_good;
}

static enum err list_hooks(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 512);
    struct graph_hook hook = graph_hook_of(g->sim);

    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    if (hook.url.len) {
        json_obj(j);
        graph_text(j, "object", S("page"));
        graph_text(j, "callback_url", hook.url);
        json_key(j, "active"), json_bool(j, true);
        json_key(j, "fields"), json_raw(j, S("[{\"name\":\"leadgen\",\"version\":\"v25.0\"}]"));
        json_end(j);
    }
    json_end(j);
    json_end(j);
    return resp_json(g->rs, j);
}

enum err graph_app_subscriptions(struct graph *g)
{
    struct graph_hook hook = {g->rq->path_params[1], graph_param(g, "callback_url")};

    if (g->who.who != GRAPH_APP || !str_eq(g->who.app_id, hook.app_id)) {
        graph_refuse(g, 400, CODE(15, 0),
                     "(#15) This method must be called with an app access_token.");
        return OK;
    }
    if (g->rq->method == GET)
        return list_hooks(g);
    if (g->rq->method == DELETE)
        hook.url = S("");
    else if (!str_eq(graph_param(g, "object"), S("page")) || !str_starts(hook.url, S("http")) ||
             !answers(g, hook.url)) {
        graph_refuse(g, 400, CODE(2200, 0),
                     "(#2200) Callback verification failed with the following errors: HTTP Status "
                     "Code or challenge did not match");
        return OK;
    }
    graph_hook_set(g->sim, &hook);
    return graph_say_success(g);
}
