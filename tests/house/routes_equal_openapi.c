/* routes_equal_openapi.c: the table of routes and the document that describes it say the same, in
 * both directions: each route and alias is described, and nothing else is. */
#include "app/tables.h"
#include "base/embedded.h"
#include "core/roles.h"
#include "json_schema.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded_file embedded_openapi;

static const char *const methods[] = {"get", "post", "put", "patch", "delete", "options"};
static const enum method method_bits[] = {GET, POST, PUT, PATCH, DELETE, OPTIONS};

static const struct json_in *document(struct ctx *cx)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(cx, (struct str){(const char *)embedded_openapi.data, embedded_openapi.len},
                        &root));
    return root;
}

static struct str text_of(const struct json_in *v)
{
    struct str s = {0};

    return json_as_str(v, &s) ? s : (struct str){0};
}

static const char *method_name(enum method m)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (method_bits[i] == m)
            return methods[i];
    return "?";
}

static const struct json_in *operation(const struct json_in *root, const char *path, enum method m)
{
    return json_get(json_get(json_get(root, "paths"), path), method_name(m));
}

/* ---- what one operation must say about its route ---- */

static bool has_path_parameter(struct ctx *cx, const struct json_in *root, const struct json_in *op,
                               struct str name)
{
    struct json_iter it = json_iter(json_get(op, "parameters"));
    const struct json_in *p;
    bool is_required = false;

    while ((p = json_next(&it, NULL))) {
        p = schema_follow(cx, root, p);
        if (str_eq(text_of(json_get(p, "in")), S("path")) &&
            str_eq(text_of(json_get(p, "name")), name))
            return json_as_bool(json_get(p, "required"), &is_required) && is_required;
    }
    return false;
}

static int refuse(const char *path, enum method m, const char *what)
{
    printf("%s %s: %s\n", method_name(m), path, what);
    return 1;
}

/* Returns how many faults it told. */
static int check_described(struct ctx *cx, const struct json_in *root, const struct route *rt,
                           const char *path)
{
    const struct json_in *op = operation(root, path, rt->method);
    struct str rest = str_of(path), step;
    bool is_open = json_type(json_get(op, "security")) == JSON_ARR;
    int faults = 0;

    if (!op)
        return refuse(path, rt->method, "is not in src/ops/openapi.json");
    if (is_open != (rt->role == ROLE_PUBLIC))
        faults += refuse(path, rt->method, "\"security\":[] and the role do not fit");
    if (rt->role != ROLE_PUBLIC &&
        !str_eq(text_of(json_get(op, "x-role")), str_of(role_name((enum role)rt->role))))
        faults += refuse(path, rt->method, "x-role is another than the route's");
    while (str_cut(&rest, '/', &step))
        if (str_starts(step, S("{")) &&
            !has_path_parameter(cx, root, op, (struct str){step.ptr + 1, step.len - 2}))
            faults += refuse(path, rt->method, "a parameter of the path is not described");
    return faults;
}

TEST(every_route_is_described)
{
    const struct json_in *root = document(cx);
    struct route_sets sets = tables_routes(cx->arena);
    int faults = 0;
    size_t n = 0;

    for (size_t s = 0; s < sets.n; s++)
        for (size_t i = 0; i < sets.at[s].n; i++, n++)
            faults += check_described(cx, root, &sets.at[s].routes[i], sets.at[s].routes[i].path);

    check(n > 40);
    check_int(0, faults);
}

/* ---- aliases ---- */

/* "/api/v1/jobs/{name}/run" has a place for "/api/v1/jobs/ads.sync/run". */
static bool has_place_for(const char *route, const char *path)
{
    struct str rest = str_of(route), wanted = str_of(path), a, b;

    while (str_cut(&rest, '/', &a))
        if (!str_cut(&wanted, '/', &b) || (!str_eq(a, b) && !str_starts(a, S("{"))))
            return false;
    return !wanted.len;
}

/* The one of this very address before one that has a place for it. */
static const struct route *find_route(struct ctx *cx, const char *path, enum method m)
{
    struct route_sets sets = tables_routes(cx->arena);
    const struct route *found = NULL;

    for (size_t s = 0; s < sets.n; s++)
        for (size_t i = 0; i < sets.at[s].n; i++) {
            const struct route *rt = &sets.at[s].routes[i];
            if (rt->method == m && !strcmp(rt->path, path))
                return rt;
            if (rt->method == m && has_place_for(rt->path, path))
                found = rt;
        }
    return found;
}

static bool is_prefix_described(const struct json_in *root, const struct route_alias *a)
{
    struct json_iter it = json_iter(json_get(root, "x-alias-prefixes"));
    const struct json_in *one;

    while ((one = json_next(&it, NULL)))
        if (str_eq(text_of(json_get(one, "path")), str_of(a->path)) &&
            str_eq(text_of(json_get(one, "target")), str_of(a->target)))
            return true;
    return false;
}

/* An alias answers as its target does; so its description is the target's. */
static bool is_same_answer(const struct json_in *a, const struct json_in *b)
{
    struct json_iter it = json_iter(json_get(a, "responses"));
    const struct json_in *one;
    struct str status;

    if (json_len(json_get(a, "responses")) != json_len(json_get(b, "responses")))
        return false;
    while ((one = json_next(&it, &status))) {
        char key[16];
        snprintf(key, sizeof key, "%.*s", STR_FMT(status));
        if (!str_eq(text_of(json_get(one, "$ref")),
                    text_of(json_get(json_get(json_get(b, "responses"), key), "$ref"))))
            return false;
    }
    return str_eq(text_of(json_get(json_get(a, "requestBody"), "$ref")),
                  text_of(json_get(json_get(b, "requestBody"), "$ref")));
}

TEST(every_alias_is_described_as_what_it_stands_for)
{
    const struct json_in *root = document(cx);
    int faults = 0;

    for (size_t i = 0; i < table_naliases; i++) {
        const struct route_alias *a = &table_aliases[i];
        if (!a->method || str_ends(str_of(a->path), S("*"))) {
            if (!is_prefix_described(root, a))
                faults += refuse(a->path, a->method, "is not in x-alias-prefixes");
            continue;
        }
        const struct route *rt = find_route(cx, a->target, a->method);
        const struct json_in *op = operation(root, a->path, a->method);
        if (!rt) {
            faults += refuse(a->path, a->method, "stands for a route that is not there");
            continue;
        }
        faults += check_described(cx, root, rt, a->path);
        if (!str_eq(text_of(json_get(op, "x-alias-of")), str_of(a->target)) ||
            !is_same_answer(op, operation(root, rt->path, a->method)))
            faults += refuse(a->path, a->method, "is described otherwise than its target");
    }
    check(table_naliases > 0);
    check_int(0, faults);
}

/* ---- the other direction ---- */

static bool is_route_or_alias(struct ctx *cx, const char *path, enum method m)
{
    if (find_route(cx, path, m))
        return true;
    for (size_t i = 0; i < table_naliases; i++)
        if (!strcmp(table_aliases[i].path, path) &&
            (!table_aliases[i].method || table_aliases[i].method == m))
            return true;
    return false;
}

TEST(nothing_is_described_that_is_not_there)
{
    const struct json_in *root = document(cx), *item;
    struct json_iter it = json_iter(json_get(root, "paths"));
    struct str path;
    int faults = 0;

    while ((item = json_next(&it, &path))) {
        size_t known = 0;
        for (size_t i = 0; i < COUNT(methods); i++) {
            if (!json_get(item, methods[i]))
                continue;
            known++;
            if (!is_route_or_alias(cx, str_z(cx->arena, path), method_bits[i]))
                faults += refuse(str_z(cx->arena, path), method_bits[i], "is not a route");
        }
        check_int(json_len(item), known);
    }
    struct json_iter prefixes = json_iter(json_get(root, "x-alias-prefixes"));
    while ((item = json_next(&prefixes, NULL))) {
        bool is_there = false;
        for (size_t i = 0; i < table_naliases; i++)
            is_there =
                is_there || str_eq(str_of(table_aliases[i].path), text_of(json_get(item, "path")));
        faults += !is_there;
    }
    check_int(0, faults);
}

/* ---- the document itself ---- */

struct refs {
    struct ctx *cx;
    const struct json_in *root;
    struct str used[2000];
    size_t n;
    int broken;
};

static void collect(struct refs *r, const struct json_in *v)
{
    struct json_iter it = json_iter(v);
    const struct json_in *one;
    struct str key, ref;

    if (json_type(v) != JSON_OBJ && json_type(v) != JSON_ARR)
        return;
    while ((one = json_next(&it, &key))) {
        if (json_type(v) == JSON_OBJ && str_eq(key, S("$ref")) && json_as_str(one, &ref)) {
            check(r->n < COUNT(r->used));
            r->used[r->n++] = ref;
            if (!schema_ref(r->cx, r->root, ref)) {
                printf("%.*s leads nowhere\n", STR_FMT(ref));
                r->broken++;
            }
        }
        collect(r, one);
    }
}

static bool is_used(const struct refs *r, struct str ref)
{
    for (size_t i = 0; i < r->n; i++)
        if (str_eq(r->used[i], ref))
            return true;
    return false;
}

TEST(every_reference_leads_somewhere_and_every_part_is_used)
{
    static const char *const kinds[] = {"parameters", "requestBodies", "responses", "schemas"};
    struct refs *r = arena_new_of(cx->arena, struct refs);
    int unused = 0;

    r->cx = cx;
    r->root = document(cx);
    collect(r, r->root);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct json_iter it = json_iter(json_get(json_get(r->root, "components"), kinds[i]));
        struct str name;
        while (json_next(&it, &name)) {
            struct str ref = arena_fmt(cx->arena, "#/components/%s/%.*s", kinds[i], STR_FMT(name));
            if (is_used(r, ref))
                continue;
            printf("%.*s is used by nothing\n", STR_FMT(ref));
            unused++;
        }
    }
    check(r->n > 100);
    check_int(0, r->broken);
    check_int(0, unused);
}

TEST(every_operation_has_a_name_of_its_own_a_summary_and_answers)
{
    const struct json_in *root = document(cx), *item;
    struct json_iter it = json_iter(json_get(root, "paths"));
    struct str path, ids[200];
    size_t n = 0;

    while ((item = json_next(&it, &path))) {
        for (size_t i = 0; i < COUNT(methods); i++) {
            const struct json_in *op = json_get(item, methods[i]);
            if (!op)
                continue;
            struct str id = text_of(json_get(op, "operationId"));
            for (size_t k = 0; k < n; k++)
                check(!str_eq(ids[k], id));
            check(id.len && n < COUNT(ids));
            ids[n++] = id;
            check(text_of(json_get(op, "summary")).len > 0);
            check(json_get(json_get(op, "responses"), "default") != NULL);
            check(json_len(json_get(op, "responses")) >= 2);
        }
    }
    check(n > 40);
}

/* The examples that people copy are right. */
TEST(every_example_fits_its_schema)
{
    const struct json_in *root = document(cx), *body;
    struct json_iter it = json_iter(json_get(json_get(root, "components"), "requestBodies"));
    struct str name;
    int n = 0;

    while ((body = json_next(&it, &name))) {
        const struct json_in *json = json_get(json_get(body, "content"), "application/json");
        const struct json_in *example = json_get(json, "example");
        const char *fault =
            example ? schema_fault(cx, root, json_get(json, "schema"), example) : NULL;
        if (fault)
            test_fail(TEST_AT("example"), "%.*s: %s", STR_FMT(name), fault);
        n += example != NULL;
    }
    check(n > 10);
}
