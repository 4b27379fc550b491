/* control.c: /_fake/...: how tests in other processes ask for faults, the truth and deliveries. */
#include "sim/faults.h"
#include "sim/sim_inside.h"

enum { MOST_BODY = 8 << 20, MOST_DAYS = 1200 };

static enum err say_done(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 32);

    json_obj(j);
    json_key(j, "ok"), json_bool(j, true);
    json_end(j);
    return resp_json(rs, j);
}

static enum err add_fault(struct req *rq, struct resp *rs)
{
    enum err err;

    TRY(faults_add(&rq->cx, sim_of(rq)->faults, rq->body));
    TRY(say_done(rq, rs));
out:
    return err;
}

static enum err show_faults(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 1024);

    json_obj(j);
    json_key(j, "items");
    faults_write(sim_of(rq)->faults, j);
    json_end(j);
    return resp_json(rs, j);
}

static enum err drop_faults(struct req *rq, struct resp *rs)
{
    faults_forget(sim_of(rq)->faults);
    return say_done(rq, rs);
}

static enum err show_journal(struct req *rq, struct resp *rs)
{
    struct json_out *j = json_out_new(&rq->cx, 64 << 10);
    struct str match = S("");

    req_query_str(rq, "match", &match);
    asked_write(sim_of(rq)->journal, match, j);
    return resp_json(rs, j);
}

static enum err drop_journal(struct req *rq, struct resp *rs)
{
    asked_forget(sim_of(rq)->journal);
    return say_done(rq, rs);
}

/* {"restate":1,"dead_token":1}: any of the switches. */
static enum err set_switches(struct req *rq, struct resp *rs)
{
    const struct json_in *root = NULL, *value;
    struct sim *s = sim_of(rq);
    enum sim_switch which;
    struct str name;
    int64_t number;
    enum err err;

    TRY(json_parse(&rq->cx, rq->body, &root));
    struct json_iter it = json_iter(root);
    while ((value = json_next(&it, &name))) {
        if (!sim_switch_named(name, &which) || !json_as_int(value, &number))
            return fail(&rq->cx, ERR_INPUT, "%.*s: no such switch, or no whole number",
                        STR_FMT(name));
        sim_set(s, which, number);
    }
    TRY(say_done(rq, rs));
out:
    return err;
}

/* {"client_id":"...","client_secret":"...","redirect_uri":"http://..."}: at the CRM. */
static enum err set_integration(struct req *rq, struct resp *rs)
{
    static const char *const allowed[] = {"client_id", "client_secret", "redirect_uri", NULL};
    struct sim_integration of = {0};
    const struct json_in *root = NULL;
    enum err err;

    TRY(req_json(rq, allowed, &root));
    json_as_str(json_get(root, "client_id"), &of.client_id);
    json_as_str(json_get(root, "client_secret"), &of.client_secret);
    json_as_str(json_get(root, "redirect_uri"), &of.redirect_uri);
    sim_integration_set(sim_of(rq), &of);
    TRY(say_done(rq, rs));
out:
    return err;
}

/* ---- deliveries ---- */

static enum err show_deliveries(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    struct sim_deliveries d = sim_deliveries(s);
    struct json_out *j = json_out_new(&rq->cx, 16 << 10);

    json_obj(j);
    json_key(j, "posts"), json_int(j, d.posts);
    json_key(j, "events"), json_int(j, d.events);
    json_key(j, "tries"), json_int(j, d.tries);
    json_key(j, "refused"), json_int(j, d.refused);
    json_key(j, "pending"), json_int(j, d.pending);
    json_key(j, "given_up"), json_int(j, d.given_up);
    json_key(j, "is_off"), json_bool(j, d.is_off);
    json_key(j, "log");
    amo_write_log(s->amo, j);
    json_end(j);
    return resp_json(rs, j);
}

/* {"url":"http://...","history":true,"batch":20,"tick":true}: what is there, in this order. */
static enum err deliver(struct req *rq, struct resp *rs)
{
    static const char *const allowed[] = {"url", "history", "batch", "tick", NULL};
    const struct json_in *root = NULL;
    struct sim *s = sim_of(rq);
    struct str url = S("");
    bool has_history = false, has_tick = false;
    int64_t batch = 0;
    enum err err;

    TRY(req_json(rq, allowed, &root));
    json_as_bool(json_get(root, "history"), &has_history);
    json_as_bool(json_get(root, "tick"), &has_tick);
    json_as_int(json_get(root, "batch"), &batch);
    if (batch < 0 || batch > 1000)
        return fail(&rq->cx, ERR_INPUT, "batch: 0 to 1000");
    if (json_as_str(json_get(root, "url"), &url))
        TRY(sim_hook(&rq->cx, s, url));
    if (has_history)
        TRY(sim_deliver_history(&rq->cx, s, (int)batch, NULL));
    if (has_tick)
        TRY(sim_tick(&rq->cx, s));
    TRY(show_deliveries(rq, rs));
out:
    return err;
}

/* ---- who there is ---- */

static void text(struct json_out *j, const char *key, struct str value)
{
    json_key(j, key);
    json_str(j, value);
}

static void day(struct json_out *j, struct arena *a, const char *key, int64_t number)
{
    json_key(j, key);
    if (number == INT64_MIN || number == INT64_MAX)
        json_null(j);
    else
        json_str(j, day_text(a, day_from_number(number)));
}

static struct str team_name(const struct world *w, int team)
{
    return team == WORLD_NOBODY ? S("") : w->teams[team].name;
}

static void write_teams(struct json_out *j, const struct world *w)
{
    json_key(j, "teams");
    json_arr(j);
    for (int i = 0; i < WORLD_TEAMS; i++) {
        const struct world_team *t = &w->teams[i];
        json_obj(j);
        text(j, "name", t->name);
        text(j, "colour", t->colour);
        text(j, "emoji", t->emoji);
        for (int part = 0; part < 2; part++) {
            int first = part ? t->ntags - t->naliases : 0;
            json_key(j, part ? "aliases" : "tags");
            json_arr(j);
            for (int k = first; k < (part ? t->ntags : t->ntags - t->naliases); k++)
                json_str(j, t->tags[k]);
            json_end(j);
        }
        json_end(j);
    }
    json_end(j);
}

static void write_people(struct json_out *j, const struct world *w)
{
    json_key(j, "people");
    json_arr(j);
    for (uint32_t i = 0; i < w->npeople; i++) {
        json_obj(j);
        text(j, "email", w->people[i].email);
        text(j, "full_name", w->people[i].full_name);
        text(j, "role", w->people[i].role);
        text(j, "team", team_name(w, w->people[i].team));
        json_end(j);
    }
    json_end(j);
}

static void write_accounts(struct json_out *j, struct arena *a, const struct world *w)
{
    json_key(j, "accounts");
    json_arr(j);
    for (uint32_t i = 0; i < w->naccounts; i++) {
        const struct world_account *acc = &w->accounts[i];
        json_obj(j);
        text(j, "id", acc->id);
        text(j, "name", acc->name);
        text(j, "currency", acc->currency);
        text(j, "tz", acc->tz);
        json_key(j, "token"), json_int(j, acc->token);
        json_key(j, "ads"), json_int(j, acc->nads);
        json_end(j);
    }
    json_end(j);
    json_key(j, "bindings");
    json_arr(j);
    for (uint32_t i = 0; i < w->nbindings; i++) {
        json_obj(j);
        text(j, "account", w->accounts[w->bindings[i].account].id);
        text(j, "team", team_name(w, w->bindings[i].team));
        day(j, a, "from", w->bindings[i].from);
        day(j, a, "to", w->bindings[i].to);
        json_end(j);
    }
    json_end(j);
}

static void write_pipelines(struct json_out *j, const struct world *w)
{
    json_key(j, "pipelines");
    json_arr(j);
    for (uint32_t i = 0; i < w->npipelines; i++) {
        json_obj(j);
        text(j, "id", w->pipelines[i].id);
        text(j, "name", w->pipelines[i].name);
        text(j, "product", w->pipelines[i].product);
        json_end(j);
    }
    json_end(j);
}

static enum err show_world(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    const struct world *w = s->world;
    struct arena *a = rq->cx.arena;
    struct json_out *j = json_out_new(&rq->cx, 8192);

    json_obj(j);
    text(j, "seed", arena_fmt(a, "%llu", (unsigned long long)w->seed));
    text(j, "digest", arena_fmt(a, "%016llx", (unsigned long long)world_digest(w)));
    day(j, a, "first_day", w->first_day);
    day(j, a, "today", w->today);
    text(j, "tz", w->tz);
    text(j, "graph_url", str_of(s->graph_url));
    text(j, "rates_url", str_of(s->rates_url));
    text(j, "amo_url", str_of(s->amo_url));
    text(j, "amo_www_url", str_of(s->amo_www_url));
    text(j, "amo_token", sim_amo_token(s));
    text(j, "crm_account", w->crm_account);
    text(j, "crm_subdomain", w->crm_subdomain);
    json_key(j, "tokens");
    json_arr(j);
    for (int i = 0; i < WORLD_TOKENS; i++)
        json_str(j, w->tokens[i]);
    json_end(j);
    write_teams(j, w);
    write_people(j, w);
    write_accounts(j, a, w);
    write_pipelines(j, w);
    json_end(j);
    return resp_json(rs, j);
}

/* ---- the truth ---- */

static void money(struct json_out *j, const char *key, int64_t micros)
{
    json_key(j, key);
    json_dec(j, micros, 6);
}

static void count(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}

static void write_sums(struct json_out *j, const struct world_sums *s)
{
    money(j, "spend_kzt", s->spend_kzt);
    money(j, "revenue_kzt", s->revenue_kzt);
    money(j, "paid_kzt", s->paid_kzt);
    money(j, "refunded_kzt", s->refunded_kzt);
    count(j, "sales", s->sales);
    count(j, "leads", s->leads);
    count(j, "impressions", s->impressions);
    count(j, "clicks", s->clicks);
    count(j, "link_clicks", s->link_clicks);
    count(j, "meta_leads", s->meta_leads);
    count(j, "meta_purchases", s->meta_purchases);
}

static bool query_day(struct req *rq, const char *name, int64_t *out)
{
    struct str value;
    struct date date;

    if (!req_query_str(rq, name, &value))
        return true;
    if (!day_parse(value, &date))
        return false;
    *out = day_number(date);
    return true;
}

/* One item per day and team; team "" is nobody's. ?ids=0 counts by tags alone, ?read=1 also what
 * hooks have not told yet. */
static enum err show_truth(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    const struct world *w = s->world;
    struct arena *a = rq->cx.arena;
    struct world_ask ask = {w->first_day, w->today, sim_moment(s), false, false};
    int64_t follows_ids = 1, reads = 0;
    enum err err;

    if (!query_day(rq, "from", &ask.from) || !query_day(rq, "to", &ask.to) || ask.from > ask.to ||
        ask.to - ask.from > MOST_DAYS)
        return fail(&rq->cx, ERR_INPUT, "from, to: days, at most %d", MOST_DAYS);
    req_query_int(rq, "ids", &follows_ids);
    ask.ids_are_nobodys = !follows_ids;
    req_query_int(rq, "read", &reads);
    ask.crm_is_read = reads;
    size_t n = (size_t)(ask.to - ask.from + 1) * (WORLD_TEAMS + 1);
    struct world_sums *sums = arena_alloc(a, n * sizeof *sums, _Alignof(struct world_sums));
    TRY(world_truth(&rq->cx, w, &ask, sums));

    struct json_out *j = json_out_new(&rq->cx, n * 256 + 64);
    json_obj(j);
    json_key(j, "items");
    json_arr(j);
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        day(j, a, "day", ask.from + (int64_t)i / (WORLD_TEAMS + 1));
        text(j, "team", team_name(w, (int)(i % (WORLD_TEAMS + 1))));
        write_sums(j, &sums[i]);
        json_end(j);
    }
    json_end(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}

const struct route control_routes[] = {
    {POST,   "/_fake/fault",       0, RATE_NONE, add_fault,       RT_RAW_BODY, MOST_BODY},
    {GET,    "/_fake/fault",       0, RATE_NONE, show_faults,     0,           0        },
    {DELETE, "/_fake/fault",       0, RATE_NONE, drop_faults,     0,           0        },
    {GET,    "/_fake/journal",     0, RATE_NONE, show_journal,    0,           0        },
    {DELETE, "/_fake/journal",     0, RATE_NONE, drop_journal,    0,           0        },
    {POST,   "/_fake/switch",      0, RATE_NONE, set_switches,    RT_RAW_BODY, 0        },
    {POST,   "/_fake/integration", 0, RATE_NONE, set_integration, 0,           0        },
    {GET,    "/_fake/deliver",     0, RATE_NONE, show_deliveries, 0,           0        },
    {POST,   "/_fake/deliver",     0, RATE_NONE, deliver,         0,           0        },
    {GET,    "/_fake/world",       0, RATE_NONE, show_world,      0,           0        },
    {GET,    "/_fake/truth",       0, RATE_NONE, show_truth,      0,           0        },
};
const size_t control_nroutes = COUNT(control_routes);
