/* The order at the door: admit, identify, authorize, limit, cached, body, handler, after. */
#include "ask.h"
#include "http/http.h"
#include "test.h"

#include <pthread.h>
#include <string.h>

struct record { /* what was called for the last request; stands in for the app */
    pthread_mutex_t lock;
    char steps[200];
    const char *refuse; /* the step that refuses */
    bool has_answer;    /* the cache knows one */
    int status, result;
};

static struct record *record_of(struct req *rq)
{
    return (struct record *)(void *)rq->app;
}

static enum err step(struct req *rq, const char *name)
{
    struct record *r = record_of(rq);

    pthread_mutex_lock(&r->lock);
    strcat(r->steps, name);
    strcat(r->steps, rq->body.len ? "+body " : " ");
    pthread_mutex_unlock(&r->lock);
    if (r->refuse && !strcmp(r->refuse, name))
        return fail(&rq->cx, ERR_FORBIDDEN, "%s", name);
    return OK;
}

static enum err admit(struct req *rq, const struct route *rt)
{
    check(rt == rq->route);
    return step(rq, "admit");
}
static enum err identify(struct req *rq, const struct route *rt)
{
    (void)rt;
    return step(rq, "identify");
}
static enum err authorize(struct req *rq, const struct route *rt)
{
    (void)rt;
    return step(rq, "authorize");
}
static enum err limit(struct req *rq, const struct route *rt)
{
    (void)rt;
    return step(rq, "limit");
}
static bool cached(struct req *rq, const struct route *rt, struct resp *rs)
{
    (void)rt;
    if (step(rq, "cached") || !record_of(rq)->has_answer)
        return false;
    resp_header(rs, "ETag", S("\"kept\""));
    return resp_body(rs, "text/plain", S("kept answer")) == OK;
}
static void after(struct req *rq, const struct route *rt, struct resp *rs, enum err result)
{
    (void)rt;
    (void)step(rq, "after");
    resp_header(rs, "X-After", S("yes"));
    record_of(rq)->status = resp_status_of(rs);
    record_of(rq)->result = (int)result;
}
static enum err handler(struct req *rq, struct resp *rs)
{
    enum err err = OK;

    TRY(step(rq, "handler"));
    resp_header(rs, "ETag", S("\"fresh\""));
    TRY(resp_body(rs, "text/plain", S("fresh answer")));
out:
    return err;
}

static const struct gate gate = {admit, identify, authorize, limit, cached, after};
static const struct route routes[] = {
    {GET,  "/api/read",  1, RATE_READ,  handler, RT_CACHE,    0 },
    {GET,  "/api/live",  1, RATE_READ,  handler, 0,           0 },
    {POST, "/api/write", 1, RATE_WRITE, handler, RT_RAW_BODY, 10},
};
static const struct route_set sets[] = {ROUTES(routes)};
static const struct route_alias aliases[] = {
    {0, "/old/read", "/api/read"}
};

struct scene {
    struct record record;
    struct server *server;
};

static void begin(struct ctx *cx, struct scene *it)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 4,
                            .sets = sets,
                            .nsets = COUNT(sets),
                            .aliases = aliases,
                            .naliases = COUNT(aliases),
                            .gate = &gate};

    *it = (struct scene){.record = {.lock = PTHREAD_MUTEX_INITIALIZER}};
    check_ok(server_start(cx, (struct app *)(void *)&it->record, &o, &it->server));
}

static struct answer ask(struct ctx *cx, struct scene *it, const char *method, const char *target,
                         struct str body)
{
    it->record.steps[0] = 0;
    it->record.status = 0;
    return ask_for(cx, server_port(it->server), method, target, NULL, body);
}

static void check_steps(struct scene *it, const char *want)
{
    check_str(str_of(want), str_trim(str_of(it->record.steps)));
}

TEST(the_body_is_read_after_the_gate_and_before_the_handler)
{
    struct scene it;

    begin(cx, &it);
    struct answer a = ask(cx, &it, "POST", "/api/write", S("payload"));
    check_int(200, a.status);
    check_steps(&it, "admit identify authorize limit handler+body after+body");
    check_str(S("yes"), answer_header(&a, "X-After"));
    server_stop(&it.server);
}

TEST(only_cacheable_routes_ask_the_cache_and_its_answer_spares_the_handler)
{
    struct scene it;

    begin(cx, &it);
    check_str(S("fresh answer"), ask(cx, &it, "GET", "/api/read", S("")).body);
    check_steps(&it, "admit identify authorize limit cached handler after");
    it.record.has_answer = true;
    check_str(S("kept answer"), ask(cx, &it, "GET", "/api/read", S("")).body);
    check_steps(&it, "admit identify authorize limit cached after");
    check_str(S("fresh answer"), ask(cx, &it, "GET", "/api/live", S("")).body);
    check_steps(&it, "admit identify authorize limit handler after");
    server_stop(&it.server);
}

TEST(each_refusal_ends_the_way_there_and_is_seen_by_after)
{
    static const char *const names[] = {"admit", "identify", "authorize", "limit", "handler"};
    static const char *const steps[] = {
        "admit after",
        "admit identify after",
        "admit identify authorize after",
        "admit identify authorize limit after",
        "admit identify authorize limit cached handler after",
    };
    struct scene it;

    begin(cx, &it);
    for (size_t i = 0; i < COUNT(names); i++) {
        it.record.refuse = names[i];
        struct answer a = ask(cx, &it, "GET", "/api/read", S(""));
        check_int(403, a.status);
        check_steps(&it, steps[i]);
        check_int(403, it.record.status);
        check_int(ERR_FORBIDDEN, it.record.result);
        check_str(S("yes"), answer_header(&a, "X-After"));
    }
    server_stop(&it.server);
}

TEST(a_refused_request_is_answered_before_its_body_arrives)
{
    struct scene it;

    begin(cx, &it);
    it.record.refuse = "identify";
    struct ask c = ask_open(cx, NULL, server_port(it.server));
    check(ask_send(&c, S("POST /api/write HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")));
    check_int(403, ask_read(&c, false, ASK_PATIENCE_MS).status);
    ask_close(&c);
    server_stop(&it.server);
}

TEST(a_body_over_the_cap_is_refused_only_to_those_who_may_come_in)
{
    struct scene it;

    begin(cx, &it);
    check_int(413, ask(cx, &it, "POST", "/api/write", S("eleven bytes")).status);
    check_steps(&it, "admit identify authorize limit after");
    it.record.refuse = "authorize";
    check_int(403, ask(cx, &it, "POST", "/api/write", S("eleven bytes")).status);
    server_stop(&it.server);
}

TEST(after_sees_that_a_known_version_was_not_sent_again)
{
    struct scene it;

    begin(cx, &it);
    struct answer a = ask_for(cx, server_port(it.server), "GET", "/api/read",
                              "If-None-Match: \"fresh\"\r\n", S(""));
    check_int(304, a.status);
    check_int(304, it.record.status);
    it.record.has_answer = true;
    a = ask_for(cx, server_port(it.server), "GET", "/api/read", "If-None-Match: \"kept\"\r\n",
                S(""));
    check_int(304, a.status);
    server_stop(&it.server);
}

TEST(an_alias_passes_the_same_gate)
{
    struct scene it;

    begin(cx, &it);
    check_int(200, ask(cx, &it, "GET", "/old/read", S("")).status);
    check_steps(&it, "admit identify authorize limit cached handler after");
    it.record.refuse = "authorize";
    check_int(403, ask(cx, &it, "GET", "/old/read", S("")).status);
    check_int(403, ask(cx, &it, "HEAD", "/old/read", S("")).status);
    server_stop(&it.server);
}

TEST(what_leads_nowhere_does_not_reach_the_gate)
{
    struct scene it;

    begin(cx, &it);
    check_int(404, ask(cx, &it, "GET", "/api/nothing", S("")).status);
    check_steps(&it, "");
    check_int(405, ask(cx, &it, "DELETE", "/api/read", S("")).status);
    check_steps(&it, "");
    check_int(400, ask(cx, &it, "GET", "/api/read?a=1&a=2", S("")).status);
    check_steps(&it, "");
    server_stop(&it.server);
}
