/* Any bytes as method, path and query: what the door lets pass has one meaning and finds at most
 * one route, whose parameters decode. */
#include "fuzz.h"

#include "base/form.h"
#include "http/private.h"

#include <string.h>

static enum err handler(struct req *rq, struct resp *rs)
{
    (void)rq;
    (void)rs;
    return OK;
}

static const struct route routes[] = {
    {GET,   "/",                                0, RATE_NONE, handler, 0, 0},
    {GET,   "/api/v1/teams",                    0, RATE_NONE, handler, 0, 0},
    {POST,  "/api/v1/teams",                    0, RATE_NONE, handler, 0, 0},
    {GET,   "/api/v1/teams/{id}",               0, RATE_NONE, handler, 0, 0},
    {PATCH, "/api/v1/teams/{id}",               0, RATE_NONE, handler, 0, 0},
    {GET,   "/api/v1/teams/best",               0, RATE_NONE, handler, 0, 0},
    {GET,   "/api/v1/{kind}/{id}/days/{day}",   0, RATE_NONE, handler, 0, 0},
    {POST,  "/webhook/amocrm/traffic/{secret}", 0, RATE_NONE, handler, 0, 0},
};
static const struct route_set sets[] = {ROUTES(routes)};
static const struct route_alias aliases[] = {
    {0,   "/api/teams",          "/api/v1/teams"     },
    {0,   "/api/team/{id}/show", "/api/v1/teams/{id}"},
    {GET, "/api/old/*",          "/api/v1/*"         },
};

/* What "decode, then look" would see must be what was looked at. */
static void check_path(struct ctx *cx, struct str path)
{
    struct str plain;

    if (!url_decode(cx->arena, path, false, &plain))
        return;
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        must(c >= 32 && c != 127 && c != '\\');
    }
    must(plain.ptr[0] == '/');
    must(!memmem(plain.ptr, plain.len, "//", 2));
    struct str both_ends = arena_fmt(cx->arena, "%.*s/", STR_FMT(plain));
    must(!memmem(both_ends.ptr, both_ends.len, "/../", 4));
    must(!memmem(both_ends.ptr, both_ends.len, "/./", 3));
}

static void check_match(struct ctx *cx, const struct router *r, enum method m, struct str path)
{
    struct str params[4] = {{0}}, plain;
    unsigned allowed = 0;
    const struct route *rt = router_match(r, m, path, params, &allowed);

    must(!rt || (allowed & m));
    must(!rt || rt->method == m || (m == HEAD && rt->method == GET));
    must(!rt || !path.len || path.len == 1 || router_owns(r, path));
    for (size_t i = 0; rt && i < 4; i++) {
        must(!params[i].len || !memchr(params[i].ptr, '/', params[i].len));
        if (params[i].len && url_decode(cx->arena, params[i], false, &plain))
            must(!memchr(plain.ptr, '/', plain.len));
    }
}

static void check_query(struct ctx *cx, struct str query)
{
    struct req rq = {.cx = *cx, .query = query};
    struct str rest = query, pair, raw, key, value;

    while (str_cut(&rest, '&', &pair)) {
        if (!str_cut(&pair, '=', &raw))
            continue;
        must(url_decode(cx->arena, raw, true, &key));
        must(req_query_str(&rq, str_z(cx->arena, key), &value));
        must(str_is_utf8(value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct server_opts o = {.sets = sets, .nsets = 1, .aliases = aliases, .naliases = 3};
    struct router *r = NULL;
    struct str rest = fuzz_text(data, size), path;

    must(!router_new(&cx, &o, &r));
    if (size > 1 && str_cut(&rest, '?', &path)) {
        enum method m = (enum method)(1u << (data[0] % 7));
        path = (struct str){path.ptr + 1, path.len ? path.len - 1 : 0};
        if (!path_fault(path)) {
            check_path(&cx, path);
            check_match(&cx, r, m, path);
        }
        if (!query_fault(cx.arena, rest))
            check_query(&cx, rest);
    }
    return fuzz_end(&cx);
}
