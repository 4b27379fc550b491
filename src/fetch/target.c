/* target.c: the address of one call, proven to stay with the upstream's own host. */
#include "base/form.h"
#include "fetch/inside.h"

#include <string.h>

struct place { /* what must be the same in the setting and in the finished address */
    char *scheme, *host, *port;
};

static void place_free(struct place *p)
{
    curl_free(p->scheme);
    curl_free(p->host);
    curl_free(p->port);
    *p = (struct place){0};
}

static bool place_of(const char *url, struct place *out)
{
    char *user = NULL, *fragment = NULL;
    CURLU *u = curl_url();
    bool is_good = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
                   !curl_url_get(u, CURLUPART_SCHEME, &out->scheme, 0) &&
                   !curl_url_get(u, CURLUPART_HOST, &out->host, 0) &&
                   !curl_url_get(u, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT) &&
                   curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
                   curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_NO_FRAGMENT;

    curl_free(user);
    curl_free(fragment);
    curl_url_cleanup(u);
    return is_good;
}

static bool place_eq(const struct place *a, const struct place *b)
{
    return !strcmp(a->scheme, b->scheme) && !strcmp(a->host, b->host) && !strcmp(a->port, b->port);
}

static struct str query_text(struct arena *a, const struct call *c)
{
    struct str text = {0};

    for (size_t i = 0; i < c->nquery; i++) {
        struct str name = url_encode(a, str_of(c->query[i].name));
        struct str value = url_encode(a, c->query[i].value);
        text = arena_fmt(a, "%.*s%s%.*s=%.*s", STR_FMT(text), i ? "&" : "", STR_FMT(name),
                         STR_FMT(value));
    }
    return text;
}

static struct str url_text(struct arena *a, const struct upstream *up, const struct call *c)
{
    struct str base = str_of(up->base_url), path = c->path, query = query_text(a, c);
    const char *joint = "";

    if (str_ends(base, S("/")) && str_starts(path, S("/")))
        base.len--;
    if (query.len)
        joint = (base.len && memchr(base.ptr, '?', base.len)) ||
                        (path.len && memchr(path.ptr, '?', path.len))
                    ? "&"
                    : "?";
    return arena_fmt(a, "%.*s%.*s%s%.*s", STR_FMT(base), STR_FMT(path), joint, STR_FMT(query));
}

/* A path without its query; a query is never shown. */
static struct str path_to_show(const struct call *c)
{
    struct str path = c->log_path.len ? c->log_path : c->path;
    const char *mark = path.len ? memchr(path.ptr, '?', path.len) : NULL;

    if (mark)
        path.len = (size_t)(mark - path.ptr);
    return path.len ? path : S("/");
}

static enum err place_check(struct ctx *cx, const struct upstream *up, const struct place *base,
                            struct target *out)
{
    out->is_https = !strcmp(base->scheme, "https");
    if (!out->is_https && strcmp(base->scheme, "http") != 0)
        return fail(cx, ERR_INPUT, "%s: the base address must begin with https://", up->name);
    /* Plain http shows the token to everyone on the way: only the own network may see it. A name
     * behind https that leads into the own network was not meant to. */
    out->reach = !out->is_https                           ? REACH_PRIVATE
                 : address_is_private_literal(base->host) ? REACH_ANY
                                                          : REACH_PUBLIC;
    return OK;
}

enum err target_make(struct ctx *cx, const struct upstream *up, const struct call *c,
                     struct target *out)
{
    enum err err = OK;
    struct place base = {0}, full = {0};
    struct str url = url_text(cx->arena, up, c);

    *out = (struct target){.method = c->method ? c->method : "GET", .log_path = path_to_show(c)};
    if (!place_of(up->base_url, &base)) {
        err = fail(cx, ERR_INPUT, "%s: the base address is not a plain https address", up->name);
        goto out;
    }
    TRY(place_check(cx, up, &base, out));
    /* A path like "@elsewhere/" would change the host of "https://host". */
    if (memchr(url.ptr, 0, url.len) || !place_of(str_z(cx->arena, url), &full) ||
        !place_eq(&base, &full)) {
        err = fail(cx, ERR_BUG, "%s: the path of a call does not fit the base address", up->name);
        goto out;
    }
    out->url = str_z(cx->arena, url);
out:
    place_free(&base);
    place_free(&full);
    return err;
}
