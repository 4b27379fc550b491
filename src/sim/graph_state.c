/* graph_state.c: the fake Graph API's memory, behind one lock. */
#include "sim/graph_state.h"

#include <pthread.h>

#include "sim/chance.h"

enum { ARENA_CAP = 64 << 20 };
static const int64_t first_run = 6023920149000000;

struct kept_code {
    struct graph_code code;
    bool is_used;
};
struct graph_state {
    pthread_mutex_t lock;
    struct arena *arena;
    uint64_t serial;
    int64_t told_until_ms;
    VEC(struct kept_code) codes;
    VEC(struct graph_person) persons;
    VEC(struct graph_run) runs;
    bool is_subscribed[WORLD_PAGES];
    struct graph_hook hook;
};

struct graph_state *graph_state_new(struct arena *a)
{
    struct graph_state *s = arena_new_of(a, struct graph_state);

    pthread_mutex_init(&s->lock, NULL);
    s->arena = arena_new(ARENA_CAP);
    return s;
}

void graph_state_free(struct graph_state **s)
{
    if (!*s)
        return;
    arena_free(&(*s)->arena);
    pthread_mutex_destroy(&(*s)->lock);
    *s = NULL;
}

static struct graph_state *enter(struct sim *s)
{
    pthread_mutex_lock(&s->graph->lock);
    return s->graph;
}

static void leave(struct graph_state *g)
{
    pthread_mutex_unlock(&g->lock);
}

/* A word nobody had before. */
static struct str word(const struct sim *s, struct graph_state *g, const char *prefix)
{
    uint64_t serial = ++g->serial;

    return arena_fmt(g->arena, "%s%llu%016llx", prefix, (unsigned long long)serial,
                     (unsigned long long)chance(s->world->seed, CHANCE_ID, 8000, serial));
}

struct str graph_code_put(struct sim *s, const struct graph_code *code)
{
    struct graph_state *g = enter(s);
    struct kept_code *kept = vec_add(g->arena, &g->codes);

    kept->code = (struct graph_code){word(s, g, "AQ"), arena_str(g->arena, code->app_id),
                                     arena_str(g->arena, code->redirect_uri),
                                     arena_str(g->arena, code->scopes)};
    struct str text = kept->code.code;
    leave(g);
    return text;
}

bool graph_code_take(struct sim *s, struct str code, struct graph_code *out)
{
    struct graph_state *g = enter(s);
    bool is_found = false;

    for (size_t i = 0; i < g->codes.n; i++) {
        struct kept_code *kept = &g->codes.at[i];
        if (kept->is_used || !str_eq(kept->code.code, code))
            continue;
        kept->is_used = is_found = true;
        *out = kept->code;
    }
    leave(g);
    return is_found;
}

struct graph_person graph_person_put(struct sim *s, const struct graph_code *code, int64_t lives_s)
{
    struct graph_state *g = enter(s);
    struct graph_person *p = vec_add(g->arena, &g->persons);

    *p = (struct graph_person){.token = word(s, g, "EAAUser"),
                               .app_id = arena_str(g->arena, code->app_id),
                               .scopes = arena_str(g->arena, code->scopes)};
    p->expires_ms = lives_s ? sim_moment(s).now_ms + lives_s * 1000 : 0;
    struct graph_person copy = *p;
    leave(g);
    return copy;
}

bool graph_person_find(struct sim *s, struct str token, struct graph_person *out)
{
    struct graph_state *g = enter(s);
    bool is_found = false;

    for (size_t i = 0; i < g->persons.n && !is_found; i++)
        if (str_eq(g->persons.at[i].token, token)) {
            *out = g->persons.at[i];
            is_found = true;
        }
    leave(g);
    return is_found;
}

void graph_person_revoke(struct sim *s, struct str token)
{
    struct graph_state *g = enter(s);

    for (size_t i = 0; i < g->persons.n; i++)
        if (str_eq(g->persons.at[i].token, token))
            g->persons.at[i].is_revoked = true;
    leave(g);
}

struct graph_run graph_run_put(struct sim *s, const struct graph_run *run)
{
    struct graph_state *g = enter(s);
    struct graph_run *kept = vec_add(g->arena, &g->runs);

    *kept = (struct graph_run){.id = first_run + (int64_t)g->runs.n,
                               .started_ms = sim_moment(s).now_ms,
                               .node = arena_str(g->arena, run->node),
                               .form = arena_str(g->arena, run->form),
                               .token_index = run->token_index,
                               .fate = (enum sim_report)sim_switch_of(s, SIM_REPORT_FATE)};
    struct graph_run copy = *kept;
    leave(g);
    return copy;
}

bool graph_run_find(struct sim *s, struct str id, bool is_poll, struct graph_run *out)
{
    struct graph_state *g = enter(s);
    int64_t number = 0;
    bool is_found =
        str_to_int(id, &number) && number > first_run && number <= first_run + (int64_t)g->runs.n;

    if (is_found) {
        struct graph_run *run = &g->runs.at[number - first_run - 1];
        run->polls += is_poll;
        *out = *run;
    }
    leave(g);
    return is_found;
}

void graph_page_set(struct sim *s, int page, bool is_subscribed)
{
    struct graph_state *g = enter(s);

    g->is_subscribed[page] = is_subscribed;
    leave(g);
}

bool graph_page_is_set(struct sim *s, int page)
{
    struct graph_state *g = enter(s);
    bool is_set = g->is_subscribed[page];

    leave(g);
    return is_set;
}

void graph_hook_set(struct sim *s, const struct graph_hook *hook)
{
    struct graph_state *g = enter(s);

    g->hook =
        (struct graph_hook){arena_str(g->arena, hook->app_id), arena_str(g->arena, hook->url)};
    leave(g);
}

struct graph_hook graph_hook_of(struct sim *s)
{
    struct graph_state *g = enter(s);
    struct graph_hook hook = g->hook;

    leave(g);
    return hook;
}

int64_t graph_told_until(struct sim *s, int64_t to)
{
    struct graph_state *g = enter(s);

    if (to > g->told_until_ms)
        g->told_until_ms = to;
    int64_t until = g->told_until_ms;
    leave(g);
    return until;
}
