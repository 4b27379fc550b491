/* sign_in.h: a user who signs in, for the tests of sign-in. */
#pragma once
#include "core/auth.h"
#include "core_app.h"

#define EMAIL "bota@agency.kz"
#define PASSWORD "tulip-bridge-42-olive"
#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static inline void open_with_user(struct ctx *cx, struct temp_db *t, struct core_app *c,
                                  int64_t *id)
{
    static struct route_set sets[1];

    sets[0] = (struct route_set){auth_routes, auth_nroutes};
    core_app_open(cx, t, c);
    core_app_serve(cx, c, sets, 1);
    *id =
        core_app_user(cx, c, EMAIL, ROLE_TARGETOLOGIST, core_app_team(cx, c, "Arystan"), PASSWORD);
}

static inline struct answer login(struct ctx *cx, struct core_app *c, const char *password)
{
    struct str body = arena_fmt(
        cx->arena, "{\"email\":\"" EMAIL "\",\"password\":\"%s\",\"token\":true}", password);

    return core_app_ask(cx, c, "POST /api/v1/auth/login", S(""), str_z(cx->arena, body));
}

static inline struct answer refresh(struct ctx *cx, struct core_app *c, struct str token)
{
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}", STR_FMT(token));

    return core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body));
}

static inline int me(struct ctx *cx, struct core_app *c, struct str access)
{
    return core_app_ask(cx, c, "GET /api/v1/auth/me", access, NULL).status;
}

static inline int64_t count(struct ctx *cx, struct core_app *c, const char *sql)
{
    return core_app_sql(cx, c, sql, NO_ARGS);
}

static inline struct answer login_with(struct ctx *cx, struct core_app *c, const char *headers)
{
    struct str all = arena_fmt(cx->arena, "%sContent-Type: application/json\r\n", headers);

    return ask_for(cx, c->port, "POST", "/api/v1/auth/login", str_z(cx->arena, all),
                   S("{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\"}"));
}

/* The nth Set-Cookie line of an answer. */
static inline struct str set_cookie(const struct answer *a, size_t n)
{
    struct str rest = a->head, line;

    while (str_cut(&rest, '\n', &line))
        if (line.len > 11 && str_eq_nocase((struct str){line.ptr, 11}, S("Set-Cookie:")) &&
            n-- == 0)
            return str_trim((struct str){line.ptr + 11, line.len - 11});
    return S("");
}

static inline struct str cookie_value(struct str line)
{
    struct str name, value = S("");

    str_cut(&line, '=', &name);
    str_cut(&line, ';', &value);
    return value;
}
