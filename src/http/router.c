/* router.c: from a path to a route, segment by segment. All patterns of one length lie together,
 * the most literal first, so the first that fits is the right one. */
#include "http/private.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SEGMENTS = 16, MAX_PARAMS = 4 };

struct segments {
    struct str at[MAX_SEGMENTS];
    size_t n;
};
struct param { /* where a path parameter comes from */
    size_t segment;
    struct str fixed; /* an alias may stand for one value of it */
    bool is_fixed;
};
struct entry {
    struct segments pattern;
    enum method method;
    const struct route *route;
    struct param params[MAX_PARAMS];
    size_t nparams;
};
struct star {
    struct segments from, to;
    unsigned methods; /* 0 = all */
};
struct router {
    VEC(struct entry) entries; /* sorted by compare_entries */
    VEC(struct star) stars;    /* the longest first */
};

static bool is_param(struct str segment)
{
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

/* False when the path has more segments than any route. "/" has none; "/a/" has an empty one. */
static bool split(struct str path, struct segments *out)
{
    out->n = 0;
    if (!path.len || path.ptr[0] != '/')
        return false;
    while (path.len > 1 || out->n) {
        const char *from = path.ptr + 1;
        const char *end = path.len > 1 ? memchr(from, '/', path.len - 1) : NULL;
        size_t len = end ? (size_t)(end - from) : path.len - 1;
        if (out->n == MAX_SEGMENTS)
            return false;
        out->at[out->n++] = (struct str){from, len};
        if (!end)
            break;
        path = (struct str){end, path.len - 1 - len};
    }
    return true;
}

static bool fits(const struct segments *pattern, const struct segments *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_param(pattern->at[i]) ? !path->at[i].len : !str_eq(pattern->at[i], path->at[i]))
            return false;
    }
    return true;
}

/* Literal before parameter at the first difference, then by text, so that equals lie together. */
static int compare_patterns(const struct segments *a, const struct segments *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = 0; i < a->n; i++) {
        struct str x = a->at[i], y = b->at[i];
        if (is_param(x) != is_param(y))
            return is_param(x) ? 1 : -1;
        if (is_param(x))
            continue;
        int by_text = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
        if (by_text || x.len != y.len)
            return by_text ? by_text : (x.len < y.len ? -1 : 1);
    }
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int by_pattern = compare_patterns(&x->pattern, &y->pattern);

    return by_pattern ? by_pattern : (int)x->method - (int)y->method;
}

static int compare_stars(const void *a, const void *b)
{
    const struct star *x = a, *y = b;

    return (x->from.n < y->from.n) - (x->from.n > y->from.n);
}

static void sort_entries(struct router *r)
{
    if (r->entries.n)
        qsort(r->entries.at, r->entries.n, sizeof *r->entries.at, compare_entries);
}

/* ---- building ---- */

static enum err add_route(struct ctx *cx, struct router *r, const struct route *route)
{
    struct entry e = {.method = route->method, .route = route};

    if (!split(str_of(route->path), &e.pattern) || !route->handler)
        return fail(cx, ERR_BUG, "route %s: no path or no handler", route->path);
    for (size_t i = 0; i < e.pattern.n; i++) {
        if (!is_param(e.pattern.at[i]))
            continue;
        if (e.nparams == MAX_PARAMS)
            return fail(cx, ERR_BUG, "route %s: too many parameters", route->path);
        e.params[e.nparams++] = (struct param){.segment = i};
    }
    *vec_add(cx->arena, &r->entries) = e;
    return OK;
}

/* A target says the same as a route, or gives one of its parameters a fixed value. */
static bool leads_to(const struct segments *target, const struct segments *route)
{
    if (target->n != route->n)
        return false;
    for (size_t i = 0; i < route->n; i++) {
        bool free_there = is_param(route->at[i]), free_here = is_param(target->at[i]);
        if (!free_there && (free_here || !str_eq(route->at[i], target->at[i])))
            return false;
    }
    return true;
}

static bool index_of(const struct segments *in, struct str segment, size_t *out)
{
    for (*out = 0; *out < in->n; (*out)++)
        if (str_eq(in->at[*out], segment))
            return true;
    return false;
}

/* The route's entry under the alias's pattern, its parameters found there by name. */
static enum err add_under_alias(struct ctx *cx, struct router *r, const struct route_alias *alias,
                                const struct entry *to)
{
    struct entry e = *to;
    struct segments target;

    if (!split(str_of(alias->path), &e.pattern) || !split(str_of(alias->target), &target))
        return fail(cx, ERR_BUG, "alias %s: bad path", alias->path);
    for (size_t i = 0; i < to->nparams; i++) {
        struct str there = target.at[to->params[i].segment];
        struct param *p = &e.params[i];
        if (!is_param(there))
            *p = (struct param){.fixed = there, .is_fixed = true};
        else if (!index_of(&e.pattern, there, &p->segment))
            return fail(cx, ERR_BUG, "alias %s: no %.*s in it", alias->path, STR_FMT(there));
    }
    *vec_add(cx->arena, &r->entries) = e;
    return OK;
}

/* Entries are sorted and nroutes of them are routes: for each method the most literal is taken. */
static enum err add_alias(struct ctx *cx, struct router *r, const struct route_alias *alias,
                          size_t nroutes)
{
    struct segments target;
    unsigned found = 0;
    enum err err = OK;

    if (!split(str_of(alias->target), &target))
        return fail(cx, ERR_BUG, "alias %s: bad target", alias->path);
    for (size_t i = 0; i < nroutes; i++) {
        struct entry to = r->entries.at[i];
        if ((found & to.method) || (alias->method && !(alias->method & to.method)) ||
            !leads_to(&target, &to.pattern))
            continue;
        found |= to.method;
        TRY(add_under_alias(cx, r, alias, &to));
    }
    if (!found)
        err = fail(cx, ERR_BUG, "alias %s: no route %s", alias->path, alias->target);
out:
    return err;
}

static bool drop_star(struct segments *s)
{
    return s->n && str_eq(s->at[s->n - 1], S("*")) && s->n--;
}

static enum err add_star(struct ctx *cx, struct router *r, const struct route_alias *alias)
{
    struct star s = {.methods = alias->method};

    if (!split(str_of(alias->path), &s.from) || !split(str_of(alias->target), &s.to) ||
        !drop_star(&s.from) || !drop_star(&s.to))
        return fail(cx, ERR_BUG, "alias %s: both sides must end in /*", alias->path);
    *vec_add(cx->arena, &r->stars) = s;
    return OK;
}

static enum err refuse_twins(struct ctx *cx, const struct router *r)
{
    for (size_t i = 1; i < r->entries.n; i++) {
        const struct entry *a = &r->entries.at[i - 1], *b = &r->entries.at[i];
        if (compare_entries(a, b) == 0)
            return fail(cx, ERR_BUG, "two routes answer for %s and %s", a->route->path,
                        b->route->path);
    }
    return OK;
}

enum err router_new(struct ctx *cx, const struct server_opts *o, struct router **out)
{
    struct router *r = arena_new_of(cx->arena, struct router);
    enum err err = OK;

    for (size_t s = 0; s < o->nsets; s++)
        for (size_t i = 0; i < o->sets[s].n; i++)
            TRY(add_route(cx, r, &o->sets[s].routes[i]));
    sort_entries(r);
    size_t nroutes = r->entries.n;
    for (size_t i = 0; i < o->naliases; i++) {
        if (str_ends(str_of(o->aliases[i].path), S("/*")))
            TRY(add_star(cx, r, &o->aliases[i]));
        else
            TRY(add_alias(cx, r, &o->aliases[i], nroutes));
    }
    sort_entries(r);
    if (r->stars.n)
        qsort(r->stars.at, r->stars.n, sizeof *r->stars.at, compare_stars);
    TRY(refuse_twins(cx, r));
    *out = r;
out:
    return err;
}

/* ---- matching ---- */

static const struct entry *find(const struct router *r, unsigned methods,
                                const struct segments *path, unsigned *allowed)
{
    const struct entry *found = NULL;

    for (size_t i = 0; i < r->entries.n; i++) {
        const struct entry *e = &r->entries.at[i];
        if (e->pattern.n != path->n || !fits(&e->pattern, path, path->n))
            continue;
        *allowed |= e->method | (e->method == GET ? HEAD : 0u);
        if (!found && (e->method & methods))
            found = e;
    }
    return found;
}

/* The path as the star's target has it; false when the star does not cover it. */
static bool rewrite(const struct star *s, const struct segments *path, struct segments *out)
{
    size_t rest = path->n - s->from.n;

    if (path->n <= s->from.n || !fits(&s->from, path, s->from.n) || s->to.n + rest > MAX_SEGMENTS)
        return false;
    *out = s->to;
    memcpy(out->at + out->n, path->at + s->from.n, rest * sizeof *path->at);
    out->n += rest;
    return true;
}

static const struct entry *find_starred(const struct router *r, unsigned methods,
                                        struct segments *path, unsigned *allowed)
{
    for (size_t i = 0; i < r->stars.n; i++) {
        const struct star *s = &r->stars.at[i];
        struct segments target;
        unsigned there = 0, mask = s->methods ? s->methods : ~0u;
        mask |= mask & GET ? HEAD : 0u;
        if (!rewrite(s, path, &target))
            continue;
        const struct entry *e = find(r, methods & mask, &target, &there);
        *allowed |= there & mask;
        if (e) {
            *path = target;
            return e;
        }
    }
    return NULL;
}

const struct route *router_match(const struct router *r, enum method m, struct str path,
                                 struct str params[4], unsigned *allowed_methods)
{
    unsigned methods = m == HEAD ? HEAD | GET : m, allowed = 0;
    const struct entry *e = NULL;
    struct segments s;

    if (split(path, &s)) {
        e = find(r, methods, &s, &allowed);
        if (!e)
            e = find_starred(r, methods, &s, &allowed);
    }
    if (allowed_methods)
        *allowed_methods = allowed;
    for (size_t i = 0; e && i < MAX_PARAMS; i++) {
        const struct param *p = &e->params[i];
        params[i] = i >= e->nparams ? S("") : p->is_fixed ? p->fixed : s.at[p->segment];
    }
    return e ? e->route : NULL;
}

bool router_owns(const struct router *r, struct str path)
{
    struct segments s;

    if (!split(path, &s) || !s.n)
        return false;
    for (size_t i = 0; i < r->entries.n; i++)
        if (r->entries.at[i].pattern.n && str_eq(r->entries.at[i].pattern.at[0], s.at[0]))
            return true;
    for (size_t i = 0; i < r->stars.n; i++)
        if (r->stars.at[i].from.n && str_eq(r->stars.at[i].from.at[0], s.at[0]))
            return true;
    return false;
}
