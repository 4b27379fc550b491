/* leadgen.c: the platform's webhooks: who left a request in a form, signed with the app's secret.
 */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "fetch/fetch.h"
#include "sim/chance.h"
#include "sim/graph_state.h"

enum { MOST_TRIES = 5, IN_A_POST = 3, ARENA_CAP = 256 << 20, ANSWER_MS = 10000 };
static const int64_t retry_s[MOST_TRIES - 1] = {0, 60, 300, 900};

struct leads {
    struct arena *arena;
    VEC(struct world_form_lead) list;
};

static int by_time(const void *a, const void *b)
{
    const struct world_form_lead *x = a, *y = b;

    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Made after one instant and not after the other. */
static void collect(struct leads *out, struct sim *s, int64_t after_ms, int64_t until_ms)
{
    const struct world *w = s->world;
    int64_t last = day_number(civil_at(w->zone, until_ms).date) + 1, first = w->first_day;
    struct world_form_lead l;

    if (after_ms > 0 && day_number(civil_at(w->zone, after_ms).date) - 2 > first)
        first = day_number(civil_at(w->zone, after_ms).date) - 2;
    for (int64_t day = first; day <= last; day++)
        for (uint32_t ad = 0; ad < w->nads; ad++)
            for (uint32_t k = 0, n = world_nform_leads(w, ad, day); k < n; k++) {
                world_form_lead(w, ad, day, k, &l);
                if (l.created_ms > after_ms && l.created_ms <= until_ms)
                    *vec_add(out->arena, &out->list) = l;
            }
    if (out->list.n)
        qsort(out->list.at, out->list.n, sizeof l, by_time);
}

/* ---- one post ---- */

struct post {
    const struct world_form_lead *leads;
    size_t n;
};

static void put_id(struct json_out *j, const char *key, struct str id, bool is_number)
{
    json_key(j, key);
    if (is_number)
        json_raw(j, id);
    else
        json_str(j, id);
}

static void write_change(struct json_out *j, struct sim *s, struct arena *a,
                         const struct world_form_lead *l)
{
    bool is_number = l->id % 5 == 0; /* texts, or numbers as in the vendor's sample */
    struct str ad = arena_fmt(a, "%lld", (long long)world_id(s->world, WORLD_AD, l->ad));

    json_obj(j);
    json_key(j, "value");
    json_obj(j);
    if (!l->is_organic) {
        put_id(j, "ad_id", ad, is_number);
        put_id(j, "adgroup_id", ad, is_number);
    }
    put_id(j, "form_id", world_form_id(a, l->team), is_number);
    put_id(j, "leadgen_id", arena_fmt(a, "%lld", (long long)l->id), is_number);
    json_key(j, "created_time"), json_int(j, l->created_ms / 1000);
    put_id(j, "page_id", world_page_id(a, l->team), is_number);
    json_end(j);
    json_key(j, "field"), json_str(j, S("leadgen"));
    json_end(j);
}

/* An entry for each run of leads of one page. */
static enum err write_body(struct ctx *cx, struct sim *s, const struct post *p, struct str *out)
{
    struct json_out *j = json_out_new(cx, 1024);

    json_obj(j);
    json_key(j, "object"), json_str(j, S("page"));
    json_key(j, "entry");
    json_arr(j);
    for (size_t i = 0; i < p->n;) {
        int team = p->leads[i].team;
        json_obj(j);
        json_key(j, "id"), json_str(j, world_page_id(cx->arena, team));
        json_key(j, "time"), json_int(j, p->leads[i].created_ms / 1000 + 1);
        json_key(j, "changes");
        json_arr(j);
        for (; i < p->n && p->leads[i].team == team; i++)
            write_change(j, s, cx->arena, &p->leads[i]);
        json_end(j);
        json_end(j);
    }
    json_end(j);
    json_end(j);
    return json_finish(j, out);
}

static bool split_url(struct str url, struct str *base, struct str *path)
{
    const char *slash = url.len > 8 ? memchr(url.ptr + 8, '/', url.len - 8) : NULL;

    if (!slash || !str_starts(url, S("http")))
        return false;
    *base = (struct str){url.ptr, (size_t)(slash - url.ptr)};
    *path = (struct str){slash, url.len - base->len};
    return true;
}

/* *status: 0 when nothing answered in time. */
static enum err send(struct ctx *cx, struct sim *s, struct str url, const struct post *p,
                     int *status)
{
    enum err err;
    unsigned char mac[CRYPTO_MAC];
    struct arena *arena = arena_new(ARENA_CAP);
    struct ctx one = {.arena = arena, .clock = &clock_system, .tag = cx->tag};
    struct str base = S(""), path = S("");
    struct reply reply = {0};
    struct call call = {.method = "POST", .log_path = S("/(hook)")};

    *status = 0;
    split_url(url, &base, &path);
    TRY(write_body(&one, s, p, &call.body));
    hmac_sha256(s->app_secret, call.body, mac);
    struct str hex = hex_text(arena, (struct str){(const char *)mac, sizeof mac});
    struct str signature = arena_fmt(arena, "sha256=%.*s", STR_FMT(hex));
    const struct pair headers[] = {
        {"Content-Type",        S("application/json")  },
        {"User-Agent",          S("facebookexternalua")},
        {"X-Hub-Signature-256", signature              },
    };
    struct upstream up = {.name = "sim-hook",
                          .base_url = str_z(arena, base),
                          .connect_ms = 2000,
                          .total_ms = ANSWER_MS,
                          .max_reply = 1 << 20,
                          .retry = {.max_tries = 1}};
    call.path = path;
    call.headers = headers;
    call.nheaders = COUNT(headers);
    err = fetch(&one, s->leadgen, &up, &call, &reply);
    *status = reply.status;
    if (err == ERR_UPSTREAM || err == ERR_TIMEOUT)
        err = OK;
out:
    if (err)
        err = fail(cx, err, "%s", one.why);
    arena_free(&arena);
    return err;
}

/* ---- many ---- */

static enum err send_until_taken(struct ctx *cx, struct sim *s, struct str url,
                                 const struct post *p, struct sim_leadgen *sum)
{
    enum err err = OK;
    int status = 0;

    for (int tries = 1; tries <= MOST_TRIES; tries++) {
        TRY(send(cx, s, url, p, &status));
        sum->tries++;
        if (status == 200) {
            sum->posts++;
            sum->leads += (int64_t)p->n;
            return OK;
        }
        sum->refused++;
        if (tries < MOST_TRIES)
            TRY(fetch_wait(cx, s->leadgen, retry_s[tries - 1] * 1000 / s->retry_divisor));
    }
    sum->given_up++;
out:
    return err;
}

static enum err send_all(struct ctx *cx, struct sim *s, struct str url, const struct leads *leads,
                         struct sim_leadgen *sum)
{
    enum err err = OK;

    for (size_t i = 0; i < leads->list.n;) {
        uint64_t luck = chance(s->world->seed, CHANCE_POST, (uint64_t)leads->list.at[i].id, 2);
        struct post p = {leads->list.at + i, 1 + (size_t)chance_between(&luck, 0, IN_A_POST - 1)};
        if (p.n > leads->list.n - i)
            p.n = leads->list.n - i;
        for (int copies = chance_between(&luck, 0, 99) < 4 ? 2 : 1; copies > 0; copies--)
            TRY(send_until_taken(cx, s, url, &p, sum));
        i += p.n;
    }
out:
    return err;
}

enum err sim_leadgen(struct ctx *cx, struct sim *s, const struct sim_leadgen_ask *ask,
                     struct sim_leadgen *sum)
{
    enum err err = OK;
    struct sim_leadgen own = {0};
    struct str base, path;
    struct leads leads = {.arena = arena_new(ARENA_CAP)};

    if (!split_url(ask->url, &base, &path)) {
        err = fail(cx, ERR_INPUT, "url: http://address:port/path");
        goto out;
    }
    collect(&leads, s, ask->since_ms, sim_moment(s).now_ms);
    if (ask->most > 0 && leads.list.n > (size_t)ask->most)
        leads.list.n = (size_t)ask->most;
    err = send_all(cx, s, ask->url, &leads, sum ? sum : &own);
out:
    arena_free(&leads.arena);
    return err;
}

enum err sim_leadgen_tick(struct ctx *cx, struct sim *s)
{
    enum err err = OK;
    struct graph_hook hook = graph_hook_of(s);
    int64_t now = sim_moment(s).now_ms, after = graph_told_until(s, 0);
    struct leads leads = {.arena = arena_new(ARENA_CAP)};
    int status;

    if (!after || !hook.url.len) {
        graph_told_until(s, now);
        goto out;
    }
    collect(&leads, s, after, now);
    for (size_t i = 0; i < leads.list.n; i++) {
        const struct world_form_lead *l = &leads.list.at[i];
        if (graph_page_is_set(s, l->team)) {
            TRY(send(cx, s, hook.url, &(struct post){l, 1}, &status));
            if (status != 200)
                goto out;
        }
        graph_told_until(s, l->created_ms);
    }
    graph_told_until(s, now);
out:
    arena_free(&leads.arena);
    return err;
}

/* ---- for other processes ---- */

/* {"url":"http://...","most":50,"since_ms":0} */
static enum err deliver(struct req *rq, struct resp *rs)
{
    static const char *const allowed[] = {"url", "most", "since_ms", NULL};
    enum err err;
    const struct json_in *root = NULL;
    struct sim_leadgen_ask ask = {0};
    struct sim_leadgen sum = {0};
    struct json_out *j = json_out_new(&rq->cx, 128);

    TRY(req_json(rq, allowed, &root));
    json_as_str(json_get(root, "url"), &ask.url);
    json_as_int(json_get(root, "most"), &ask.most);
    json_as_int(json_get(root, "since_ms"), &ask.since_ms);
    TRY(sim_leadgen(&rq->cx, sim_of(rq), &ask, &sum));
    json_obj(j);
    json_key(j, "posts"), json_int(j, sum.posts);
    json_key(j, "leads"), json_int(j, sum.leads);
    json_key(j, "tries"), json_int(j, sum.tries);
    json_key(j, "refused"), json_int(j, sum.refused);
    json_key(j, "given_up"), json_int(j, sum.given_up);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}

static void write_pages(struct json_out *j, struct sim *s, struct arena *a)
{
    json_key(j, "pages");
    json_arr(j);
    for (int i = 0; i < WORLD_PAGES; i++) {
        json_obj(j);
        json_key(j, "id"), json_str(j, world_page_id(a, i));
        json_key(j, "name"), json_str(j, world_page_name(s->world, a, i));
        json_key(j, "form"), json_str(j, world_form_id(a, i));
        json_key(j, "team"), json_str(j, s->world->teams[i].name);
        json_end(j);
    }
    json_end(j);
}

/* Whose leads there are until now, day by day; days and teams without any are left out. */
static enum err tell_forms(struct req *rq, struct resp *rs)
{
    struct sim *s = sim_of(rq);
    const struct world *w = s->world;
    struct arena *a = rq->cx.arena;
    struct world_ask ask = {.from = w->first_day - 2, .to = w->today + 1, .at = sim_moment(s)};
    int64_t n = (ask.to - ask.from + 1) * (WORLD_TEAMS + 1);
    int64_t *counts = arena_alloc(a, (size_t)n * sizeof *counts, _Alignof(int64_t));
    struct json_out *j = json_out_new(&rq->cx, 64 << 10);

    world_form_truth(w, &ask, counts);
    json_obj(j);
    json_key(j, "app_id"), json_str(j, str_of(sim_app_id));
    write_pages(j, s, a);
    json_key(j, "items");
    json_arr(j);
    for (int64_t i = 0; i < n; i++) {
        if (!counts[i])
            continue;
        int team = (int)(i % (WORLD_TEAMS + 1));
        struct date day = day_from_number(ask.from + i / (WORLD_TEAMS + 1));
        json_obj(j);
        json_key(j, "day"), json_str(j, day_text(a, day));
        json_key(j, "team"), json_str(j, team == WORLD_NOBODY ? S("") : w->teams[team].name);
        json_key(j, "leads"), json_int(j, counts[i]);
        json_end(j);
    }
    json_end(j);
    json_end(j);
    return resp_json(rs, j);
}

const struct route leadgen_routes[] = {
    {POST, "/_fake/leadgen", 0, RATE_NONE, deliver,    0, 0},
    {GET,  "/_fake/forms",   0, RATE_NONE, tell_forms, 0, 0},
};
const size_t leadgen_nroutes = COUNT(leadgen_routes);
