/* demo_web.h: the demo as those outside see it: an admin's browser, a landing page, a visitor.
 * The one rule: everything goes through the served routes, and none of it is in the journal of
 * calls to vendors. */
#pragma once
#include "base/json.h"
#include "core/app.h"
#include "fetch/fetch.h"

struct demo_web {
    struct fetcher *fetcher; /* owned */
    struct upstream upstream;
    struct str bearer; /* of the admin */
};
/* Signs in as that person; close it with demo_web_close, also after an error. */
enum err demo_web_open(struct ctx *cx, const struct app *app, struct str email,
                       struct demo_web *out) MUST_USE;
void demo_web_close(struct demo_web *w);
struct demo_call {
    const char *method;
    struct str path, body; /* body: JSON, may be empty */
};
/* As the admin; what is not answered with 2xx is an error. *out may be NULL. */
enum err demo_ask(struct ctx *cx, const struct demo_web *w, const struct demo_call *c,
                  const struct json_in **out) MUST_USE;
/* As anybody: a form of a landing page. */
enum err demo_post(struct ctx *cx, const struct demo_web *w, struct str path,
                   struct str body) MUST_USE;
/* As anybody: opens a short link with this User-Agent; ERR_BUG unless it redirects. */
struct demo_click {
    struct str path, agent, referrer;
};
enum err demo_click(struct ctx *cx, const struct demo_web *w, const struct demo_click *c) MUST_USE;
