/* amo_rest_state.c: what the CRM remembers from call to call: codes, grants, hooks, its pace. */
#include <pthread.h>
#include <string.h>

#include "base/crypto.h"
#include "sim/amo_rest.h"
#include "sim/chance.h"

enum { ARENA_CAP = 64 << 20, PACE_SLOTS = 128 };
static const int64_t code_ms = 20 * 60000, access_s = 86400, idle_ms = 90LL * 86400000;

struct code {
    struct str text, client_id;
    int64_t until_ms;
    bool is_used;
};
struct given {
    struct rest_grant grant;
    struct str client_id;
    bool is_refreshed;
};
struct rest {
    pthread_mutex_t lock; /* guards what follows; the index has its own */
    struct arena *arena;  /* of the texts */
    uint64_t seed, number;
    struct str long_lived;
    struct sim_integration integration;
    VEC(struct code) codes;
    VEC(struct given) grants;
    VEC(struct rest_hook) hooks;
    int64_t calls_ms[PACE_SLOTS], ncalls;
    struct rest_index *index;
};

static struct str random_hex(struct rest *r, int words)
{
    struct str text = S("");

    for (int i = 0; i < words; i++)
        text = arena_fmt(r->arena, "%.*s%016llx", STR_FMT(text),
                         (unsigned long long)chance(r->seed, CHANCE_GRANT, ++r->number, 0));
    return text;
}

/* Looks like the vendor's: a JWT that tells where the account can be asked for. */
static struct str jwt(struct rest *r, const struct world *w, int64_t until_s)
{
    struct str id = random_hex(r, 2);
    struct str claims =
        arena_fmt(r->arena,
                  "{\"aud\":\"integration\",\"jti\":\"%.*s\",\"exp\":%lld,\"account_id\":%.*s,"
                  "\"base_domain\":\"amocrm.ru\",\"scopes\":[\"crm\"],"
                  "\"api_domain\":\"api-a.amocrm.ru\"}",
                  STR_FMT(id), (long long)until_s, STR_FMT(w->crm_account));
    struct str head = base64url_text(r->arena, S("{\"typ\":\"JWT\",\"alg\":\"RS256\"}"));
    struct str body = base64url_text(r->arena, claims), seal = random_hex(r, 4);

    return arena_fmt(r->arena, "%.*s.%.*s.%.*s", STR_FMT(head), STR_FMT(body), STR_FMT(seal));
}

struct rest *rest_new(struct sim *s)
{
    struct rest *r = arena_new_of(s->arena, struct rest);

    pthread_mutex_init(&r->lock, NULL);
    r->arena = arena_new(ARENA_CAP);
    r->seed = s->world->seed;
    r->long_lived = jwt(r, s->world, 2000000000);
    r->index = rest_index_new(s->arena);
    return r;
}

void rest_free(struct rest **r)
{
    if (!*r)
        return;
    rest_index_free(&(*r)->index);
    arena_free(&(*r)->arena);
    pthread_mutex_destroy(&(*r)->lock);
    *r = NULL;
}

struct rest_index *rest_index_of(struct rest *r)
{
    return r->index;
}

struct str sim_amo_token(const struct sim *s)
{
    return s->rest->long_lived;
}

/* ---- the integration ---- */

void sim_integration_set(struct sim *s, const struct sim_integration *of)
{
    struct rest *r = s->rest;

    pthread_mutex_lock(&r->lock);
    r->integration.client_id = arena_str(r->arena, of->client_id);
    r->integration.client_secret = arena_str(r->arena, of->client_secret);
    r->integration.redirect_uri = arena_str(r->arena, of->redirect_uri);
    pthread_mutex_unlock(&r->lock);
}

struct sim_integration rest_integration(struct rest_call *c)
{
    pthread_mutex_lock(&c->rest->lock);
    struct sim_integration of = c->rest->integration; /* texts stay until the end */
    pthread_mutex_unlock(&c->rest->lock);
    return of;
}

/* ---- grants ---- */

struct str rest_code_new(struct rest_call *c, struct str client_id)
{
    struct rest *r = c->rest;

    pthread_mutex_lock(&r->lock);
    struct str hex = random_hex(r, 6);
    struct code code = {arena_fmt(r->arena, "def502%.*s", STR_FMT(hex)),
                        arena_str(r->arena, client_id), c->now_ms + code_ms, false};
    *vec_add(r->arena, &r->codes) = code;
    pthread_mutex_unlock(&r->lock);
    return code.text;
}

bool rest_code_take(struct rest_call *c, struct str code, struct str client_id)
{
    struct rest *r = c->rest;
    bool is_good = false;

    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->codes.n; i++) {
        struct code *at = &r->codes.at[i];
        if (!str_eq(at->text, code) || !str_eq(at->client_id, client_id))
            continue;
        is_good = !at->is_used && c->now_ms < at->until_ms;
        at->is_used = true;
    }
    pthread_mutex_unlock(&r->lock);
    return is_good;
}

struct rest_grant rest_grant_new(struct rest_call *c, struct str client_id)
{
    struct rest *r = c->rest;
    struct given given;

    pthread_mutex_lock(&r->lock);
    struct str hex = random_hex(r, 8);
    given = (struct given){
        .grant = {.refresh = arena_fmt(r->arena, "def502%.*s", STR_FMT(hex)),
                  .expires_ms = c->now_ms + access_s * 1000,
                  .idle_ms = c->now_ms + idle_ms},
        .client_id = arena_str(r->arena, client_id)
    };
    given.grant.access = jwt(r, c->w, given.grant.expires_ms / 1000);
    *vec_add(r->arena, &r->grants) = given;
    pthread_mutex_unlock(&r->lock);
    return given.grant;
}

bool rest_refresh_take(struct rest_call *c, struct str refresh, struct str client_id)
{
    struct rest *r = c->rest;
    bool is_good = false;

    if (sim_switch_of(c->sim, SIM_DEAD_CRM_TOKEN) > 1)
        return false;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->grants.n && !is_good; i++) {
        struct given *g = &r->grants.at[i];
        is_good = str_eq(g->grant.refresh, refresh) && !g->is_refreshed &&
                  c->now_ms < g->grant.idle_ms &&
                  (!client_id.len || str_eq(g->client_id, client_id));
        g->is_refreshed = g->is_refreshed || (is_good && client_id.len);
    }
    pthread_mutex_unlock(&r->lock);
    return is_good;
}

bool rest_access_is_good(struct rest_call *c, struct str token)
{
    struct rest *r = c->rest;

    if (sim_switch_of(c->sim, SIM_DEAD_CRM_TOKEN) > 0)
        return false;
    pthread_mutex_lock(&r->lock);
    bool is_good = str_eq(token, r->long_lived);
    for (size_t i = 0; i < r->grants.n && !is_good; i++)
        is_good = str_eq(r->grants.at[i].grant.access, token) &&
                  c->now_ms < r->grants.at[i].grant.expires_ms;
    pthread_mutex_unlock(&r->lock);
    return is_good;
}

/* ---- pace ---- */

bool rest_pace(struct rest_call *c, int64_t per_second)
{
    struct rest *r = c->rest;
    int64_t seen = 0;

    pthread_mutex_lock(&r->lock);
    for (int64_t i = 0; i < PACE_SLOTS && i < r->ncalls; i++)
        seen += r->calls_ms[i] > c->now_ms - 1000 && r->calls_ms[i] <= c->now_ms;
    r->calls_ms[r->ncalls++ % PACE_SLOTS] = c->now_ms;
    pthread_mutex_unlock(&r->lock);
    return seen < per_second;
}

/* ---- hooks ---- */

size_t rest_hooks(struct rest_call *c, struct rest_hook *out, size_t max)
{
    struct rest *r = c->rest;
    size_t n = 0;

    pthread_mutex_lock(&r->lock);
    for (; n < r->hooks.n && n < max; n++)
        out[n] = r->hooks.at[n];
    pthread_mutex_unlock(&r->lock);
    return n;
}

static struct rest_hook *hook_at(struct rest *r, struct str destination)
{
    for (size_t i = 0; i < r->hooks.n; i++)
        if (str_eq(r->hooks.at[i].destination, destination))
            return &r->hooks.at[i];
    return NULL;
}

struct rest_hook rest_hook_put(struct rest_call *c, struct str destination, struct str settings)
{
    struct rest *r = c->rest;

    pthread_mutex_lock(&r->lock);
    struct rest_hook *hook = hook_at(r, destination);
    if (!hook) {
        hook = vec_add(r->arena, &r->hooks);
        *hook = (struct rest_hook){.id = 839656 + (int64_t)++r->number,
                                   .created_ms = c->now_ms,
                                   .destination = arena_str(r->arena, destination)};
    }
    hook->settings = arena_str(r->arena, settings);
    struct rest_hook copy = *hook;
    pthread_mutex_unlock(&r->lock);
    return copy;
}

bool rest_hook_drop(struct rest_call *c, struct str destination)
{
    struct rest *r = c->rest;

    pthread_mutex_lock(&r->lock);
    struct rest_hook *hook = hook_at(r, destination);
    if (hook) {
        size_t after = r->hooks.n - (size_t)(hook - r->hooks.at) - 1;
        memmove(hook, hook + 1, after * sizeof *hook);
        r->hooks.n--;
    }
    pthread_mutex_unlock(&r->lock);
    return hook != NULL;
}
