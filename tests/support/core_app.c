/* core_app.c: wiring for tests; the product's own is in app/. */
#include "core_app.h"
#include "core/cache.h"
#include "core/gate.h"
#include "core/secrets.h"
#include "core/webhook_key.h"

#include <stdio.h>
#include <string.h>

void core_app_open(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    check(crypto_init());
    *c = (struct core_app){0};
    c->app.clock = cx->clock;
    c->app.random = &random_system;
    c->app.db = t->db;
    c->app.config.listen = S("127.0.0.1:8090");
    c->app.config.data = str_of(t->folder);
    c->app.config.public_url = S("http://dashboard.test");
    c->app.config.rate_limit = 60;
    c->app.config.login_limit = 10;
    check_ok(zone_find(cx, S("Asia/Almaty"), &c->app.zone));
    check_ok(keys_load(cx, &c->app));
    c->app.cache = cache_new(8 << 20);
    c->app.limits = limits_new();
    c->app.hooks = webhook_keys_new();
    c->app.version = "test";
}

void core_app_serve(struct ctx *cx, struct core_app *c, const struct route_set *sets, size_t nsets)
{
    struct server_opts opts = {.listen = "127.0.0.1:0",
                               .threads = 40,
                               .trusted_proxies = "127.0.0.1",
                               .public_url = "http://dashboard.test",
                               .clock = cx->clock,
                               .sets = sets,
                               .nsets = nsets,
                               .gate = &core_gate};

    check_ok(server_start(cx, &c->app, &opts, &c->server));
    c->port = server_port(c->server);
}

void core_app_close(struct core_app *c)
{
    if (c->server)
        server_stop(&c->server);
    scheduler_stop(&c->app.scheduler);
    webhook_keys_free(&c->app.hooks);
    limits_free(&c->app.limits);
    cache_free(&c->app.cache);
}

int64_t core_app_sql(struct ctx *cx, struct core_app *c, const char *sql, const struct arg *args,
                     size_t n)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct str z = arena_str(cx->arena, str_of(sql));
    struct query *q = arena_new_of(cx->arena, struct query);
    struct tx *tx = NULL;
    int64_t out = 0;
    bool found;

    /* Prepared queries are known by their address: one that lives as long as the database. */
    *q = (struct query){
        .name = "by hand", .sql = str_z(cx->arena, z), .params = names, .nparams = (uint8_t)n};
    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(db_get_int(tx, q, args, n, &out, &found));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    return out;
}

int64_t core_app_team(struct ctx *cx, struct core_app *c, const char *name)
{
    return core_app_sql(
        cx, c, "insert into team (name, name_folded, created_at) values ($1, $2, $3) returning id",
        ARGS(a_str("a", str_of(name)), a_str("b", str_fold(cx->arena, str_of(name))),
             a_int("c", now_ms(cx))));
}

int64_t core_app_user(struct ctx *cx, struct core_app *c, const char *email, enum role role,
                      int64_t team_id, const char *password)
{
    struct str phc = S("");

    if (password)
        check_ok(password_hash(cx, str_of(password), &phc));
    return core_app_sql(
        cx, c,
        "insert into app_user (email, full_name, role, team_id, password_hash, created_at) "
        "values ($1, $2, $3, $4, $5, $6) returning id",
        ARGS(a_str("a", str_of(email)), a_str("b", S("Test Person")),
             a_str("c", str_of(role_name(role))), a_id("d", team_id), a_opt("e", phc),
             a_int("f", now_ms(cx))));
}

struct str core_app_token(struct ctx *cx, struct core_app *c, int64_t user_id)
{
    int64_t now = now_ms(cx);
    struct str id = crypto_random_id(cx->arena, &random_system, 16);
    struct token_claims claims = {.user_id = user_id,
                                  .session_id = id,
                                  .issued_at = now / 1000,
                                  .expires_at = now / 1000 + 900};

    core_app_sql(cx, c,
                 "insert into session (id, user_id, created_at, last_used_at, expires_at, "
                 "remote_ip, user_agent) values ($1, $2, $3, $3, $4, 'test', 'test') "
                 "returning user_id",
                 ARGS(a_str("a", id), a_int("b", user_id), a_int("c", now),
                      a_int("d", now + 30 * 86400000LL)));
    return token_make(cx->arena, c->app.session_key, &claims);
}

struct answer core_app_ask(struct ctx *cx, struct core_app *c, const char *call, struct str token,
                           const char *body)
{
    struct str rest = str_of(call), method;
    struct str headers = S("");

    str_cut(&rest, ' ', &method);
    if (token.len)
        headers = arena_fmt(cx->arena, "Authorization: Bearer %.*s\r\n", STR_FMT(token));
    if (body && *body)
        headers = arena_fmt(cx->arena, "%.*sContent-Type: application/json\r\n", STR_FMT(headers));
    return ask_for(cx, c->port, str_z(cx->arena, method), str_z(cx->arena, rest),
                   str_z(cx->arena, headers), str_of(body));
}

static const struct json_in *walk(struct ctx *cx, const struct answer *a, const char *way)
{
    const struct json_in *v = NULL;
    struct str rest = str_of(way), step;
    int64_t at;

    if (json_parse(cx, a->body, &v)) {
        ctx_forgive(cx);
        return NULL;
    }
    while (str_cut(&rest, '.', &step))
        v = str_to_int(step, &at) ? json_at(v, (size_t)at) : json_get(v, str_z(cx->arena, step));
    return v;
}

struct str answer_text(struct ctx *cx, const struct answer *a, const char *way)
{
    struct str out = S("");

    return json_as_str(walk(cx, a, way), &out) ? out : S("");
}

int64_t answer_int(struct ctx *cx, const struct answer *a, const char *way)
{
    int64_t out = 0;

    return json_as_int(walk(cx, a, way), &out) ? out : 0;
}

bool answer_dec(struct ctx *cx, const struct answer *a, const char *way, int64_t *micros)
{
    return json_as_dec(walk(cx, a, way), 6, micros);
}
