/* core_app.h: the product's spine for a test: an app over a temporary database, its HTTP server
 * with the real gate, and people who can sign in. The one rule: core_app_open first, core_app_close
 * last; what needs the network comes between. */
#pragma once
#include "ask.h"
#include "core/app.h"
#include "core/auth.h"
#include "http/http.h"
#include "temp_db.h"
#include "test.h"

struct core_app {
    struct app app;
    struct server *server;
    int port;
};
/* Keys, zone, limits and cache are there; no server, inbox or timetable yet. */
void core_app_open(struct ctx *cx, struct temp_db *t, struct core_app *c);
/* Serves the routes behind core_gate; 127.0.0.1 is a trusted proxy, so X-Forwarded-For counts. */
void core_app_serve(struct ctx *cx, struct core_app *c, const struct route_set *sets, size_t nsets);
void core_app_close(struct core_app *c);

/* A user; without a password the row has none. team_id 0 = none. */
int64_t core_app_user(struct ctx *cx, struct core_app *c, const char *email, enum role role,
                      int64_t team_id, const char *password);
int64_t core_app_team(struct ctx *cx, struct core_app *c, const char *name);
/* A session made without a password, and an access token for it. */
struct str core_app_token(struct ctx *cx, struct core_app *c, int64_t user_id);
/* One request with a Bearer token (empty: none) and a JSON body (empty: none). */
struct answer core_app_ask(struct ctx *cx, struct core_app *c, const char *call, struct str token,
                           const char *body); /* call: "GET /api/v1/teams" */
/* SQL by hand, as a test may; one integer comes back, 0 for none. Names are :a :b :c. */
int64_t core_app_sql(struct ctx *cx, struct core_app *c, const char *sql, const struct arg *args,
                     size_t n);
/* The text of a field on the way "user.email" in a JSON answer; empty when it is not there. */
struct str answer_text(struct ctx *cx, const struct answer *a, const char *way);
int64_t answer_int(struct ctx *cx, const struct answer *a, const char *way); /* 0: not there */
/* A decimal number in millionths; false for null and when it is not there. */
bool answer_dec(struct ctx *cx, const struct answer *a, const char *way, int64_t *micros);
