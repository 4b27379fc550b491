/* demo_web.c: HTTP to the demo itself. */
#include "app/demo_web.h"
#include "app/demo_agency.h"
#include "base/embedded.h"

extern const struct embedded_file embedded_ca_bundle;

enum { CONNECT_MS = 5000, ANSWER_MS = 60000, MOST_BYTES = 16 << 20, REDIRECT = 302 };

static enum err send_json(struct ctx *cx, const struct demo_web *w, struct call *c,
                          const struct json_in **out)
{
    enum err err;
    const struct pair headers[] = {
        {"Content-Type", S("application/json")}
    };
    struct reply reply = {0};

    c->headers = headers;
    c->nheaders = COUNT(headers);
    err = fetch(cx, w->fetcher, &w->upstream, c, &reply);
    if (err && reply.status) {
        ctx_forgive(cx);
        return fail(cx, ERR_BUG, "the demo's %s %.*s was answered %d: %.*s", c->method,
                    STR_FMT(c->path), reply.status, STR_FMT(reply.body));
    }
    TRY(err);
    if (out)
        TRY(json_parse(cx, reply.body, out));
out:
    return err;
}

enum err demo_ask(struct ctx *cx, const struct demo_web *w, const struct demo_call *c,
                  const struct json_in **out)
{
    struct call call = {.method = c->method, .path = c->path, .body = c->body, .bearer = w->bearer};

    return send_json(cx, w, &call, out);
}

enum err demo_post(struct ctx *cx, const struct demo_web *w, struct str path, struct str body)
{
    struct call call = {.method = "POST", .path = path, .body = body};

    return send_json(cx, w, &call, NULL);
}

enum err demo_click(struct ctx *cx, const struct demo_web *w, const struct demo_click *c)
{
    enum err err;
    const struct pair headers[] = {
        {"User-Agent", c->agent   },
        {"Referer",    c->referrer}
    };
    struct call call = {.path = c->path,
                        .headers = headers,
                        .nheaders = c->referrer.len ? COUNT(headers) : COUNT(headers) - 1};
    struct reply reply = {0};

    err = fetch(cx, w->fetcher, &w->upstream, &call, &reply);
    if (err && !reply.status)
        return err;
    ctx_forgive(cx);
    if (reply.status != REDIRECT)
        return fail(cx, ERR_BUG, "%.*s was answered %d", STR_FMT(c->path), reply.status);
    return OK;
}

static enum err sign_in(struct ctx *cx, struct demo_web *w, struct str email)
{
    enum err err;
    const struct json_in *answer = NULL;
    struct demo_call login = {"POST", S("/api/v1/auth/login"),
                              arena_fmt(cx->arena,
                                        "{\"email\":\"%.*s\",\"password\":\"" DEMO_PASSWORD
                                        "\",\"token\":true}",
                                        STR_FMT(email))};

    TRY(demo_ask(cx, w, &login, &answer));
    if (!json_as_str(json_get(answer, "access_token"), &w->bearer))
        return fail(cx, ERR_BUG, "the demo's admin got no token");
out:
    return err;
}

enum err demo_web_open(struct ctx *cx, const struct app *app, struct str email,
                       struct demo_web *out)
{
    enum err err;
    struct str ca = {(const char *)embedded_ca_bundle.data, embedded_ca_bundle.len};

    *out = (struct demo_web){
        .upstream = {.name = "demo",
                     .base_url = str_z(cx->arena, app->config.public_url),
                     .connect_ms = CONNECT_MS,
                     .total_ms = ANSWER_MS,
                     .max_reply = MOST_BYTES,
                     .quiet_status = REDIRECT,
                     .retry = {.max_tries = 1}}
    };
    TRY(fetcher_new(cx, ca, app->random, &out->fetcher));
    TRY(sign_in(cx, out, email));
out:
    return err;
}

void demo_web_close(struct demo_web *w)
{
    if (w->fetcher)
        fetcher_free(&w->fetcher);
}
