/* meta.c: driving calls to Meta: proof, bounded retries, pages. */
#include "vendors/meta.h"

#include "base/crypto.h"
#include "base/form.h"
#include "vendors/meta_inside.h"

#include <string.h>

enum {
    PAGE_ARENA = 64 << 20,
    MAX_PAGES = 10000,
    MAX_CURSOR = 2048,
    POLICY_BLOCK = 368,
    STOP_PERCENT = 95
};

/* ---- one call ---- */

struct judged { /* what the last reply meant; filled while fetch still decides */
    struct ctx *cx;
    int64_t cap_ms;
    bool arrived;
    struct meta_reply reply;
};

static enum again judge(const struct reply *r, void *self, int64_t *wait_ms)
{
    struct judged *j = self;
    int64_t regain = 0;

    meta_reply_read(j->cx, r, &j->reply);
    j->arrived = true;
    regain = j->reply.usage.regain_ms;
    switch (j->reply.class) {
    case META_RETRY:
        return AGAIN_YES;
    case META_WAIT_ACCOUNT:
    case META_WAIT_APP:
        if (j->reply.code == POLICY_BLOCK || regain > j->cap_ms)
            return AGAIN_NO;
        if (regain)
            *wait_ms = regain;
        return AGAIN_YES;
    case META_OK:
    case META_SPLIT:
    case META_RECONNECT:
    case META_PERMISSION:
    case META_VERSION_DEAD:
    case META_BUG:
        return AGAIN_NO;
    }
    return AGAIN_NO;
}

static bool is_version(struct str v)
{
    struct str major = {v.ptr, 0};

    if (v.len < 4 || v.len > 6 || v.ptr[0] != 'v' || v.ptr[v.len - 2] != '.')
        return false;
    major = (struct str){v.ptr + 1, v.len - 3};
    return str_is_id(major) && str_is_id((struct str){v.ptr + v.len - 1, 1});
}

static struct str proof_of(struct arena *a, const struct meta_auth *auth)
{
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256(auth->app_secret, auth->token, mac);
    return hex_text(a, (struct str){(const char *)mac, sizeof mac});
}

/* What a GET says in its query, a POST says in its body. */
static void put_pairs(struct arena *a, const struct meta_call *call, const struct pair *pairs,
                      struct call *c)
{
    struct str body = {0};

    c->method = call->method;
    if (!call->method || strcmp(call->method, "POST") != 0) {
        c->query = pairs;
        return;
    }
    for (size_t i = 0; i < c->nquery; i++)
        body = arena_fmt(a, "%.*s%s%s=%.*s", STR_FMT(body), i ? "&" : "", pairs[i].name,
                         STR_FMT(url_encode(a, pairs[i].value)));
    static const struct pair is_form[] = {
        {"Content-Type", S("application/x-www-form-urlencoded")}
    };
    c->nquery = 0;
    c->headers = is_form;
    c->nheaders = COUNT(is_form);
    c->body = body;
}

static enum err say_failure(struct ctx *cx, enum err err, const struct ctx *aside,
                            const struct meta_reply *r)
{
    if (r->code)
        return fail(cx, ERR_UPSTREAM, "meta: %s, code %lld/%lld: %.*s", meta_class_slug(r->class),
                    (long long)r->code, (long long)r->subcode, STR_FMT(r->message));
    if (err)
        return fail(cx, err, "%s", aside->why);
    return fail(cx, ERR_UPSTREAM, "meta: status %d without an answer that makes sense", r->status);
}

/* A reply that never comes, or is larger than we take, asks for smaller pieces. */
static enum meta_class class_without_reply(const struct ctx *cx, enum err err,
                                           const struct reply *r)
{
    if (r->is_too_large || (err == ERR_TIMEOUT && !ctx_expired(cx)))
        return META_SPLIT;
    return META_RETRY;
}

enum err meta_get(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                  struct meta_reply *out)
{
    enum err err;
    struct pair query[META_MAX_QUERY + 1];
    struct ctx aside = *cx;
    struct judged judged = {.cx = cx, .cap_ms = m->upstream->retry.cap_ms};
    struct call c = {.nquery = call->nquery, .judge = judge, .self = &judged};
    struct reply reply;

    *out = (struct meta_reply){.class = META_BUG};
    if (!is_version(m->auth.version))
        return fail(cx, ERR_INPUT, "meta: the api version must look like v25.0");
    ctx_forgive(&aside);
    memcpy(query, call->query, call->nquery * sizeof *query);
    if (m->auth.app_secret.len)
        query[c.nquery++] = (struct pair){"appsecret_proof", proof_of(cx->arena, &m->auth)};
    c.path = arena_fmt(cx->arena, "/%.*s%.*s", STR_FMT(m->auth.version), STR_FMT(call->path));
    put_pairs(cx->arena, call, query, &c);
    c.bearer = m->auth.token;
    err = fetch(&aside, m->fetcher, m->upstream, &c, &reply);
    *out = judged.reply;
    if (!reply.status) { /* the last attempt brought nothing, whatever came before it */
        *out = (struct meta_reply){.class = class_without_reply(&aside, err, &reply)};
        judged.arrived = false;
    }
    if (!err && judged.arrived && out->class == META_OK)
        return OK;
    return say_failure(cx, err, &aside, out);
}

/* ---- pages ---- */

enum err meta_page_read(struct ctx *cx, const struct json_in *root, struct meta_page *out)
{
    const struct json_in *paging = json_get(root, "paging");
    struct str next;

    *out = (struct meta_page){.data = json_get(root, "data")};
    if (json_type(out->data) != JSON_ARR)
        return fail(cx, ERR_UPSTREAM, "meta: a list came without its rows");
    /* The cursor is there on the last page too; only `next` says that more follows. */
    if (!json_as_str(json_get(paging, "next"), &next) || !next.len)
        return OK;
    if (!json_as_str(json_get(json_get(paging, "cursors"), "after"), &out->after))
        out->after = (struct str){0};
    return OK;
}

/* The place in a list. `mark` is moved to each power of two (Brent), so a cursor that comes round
 * again is met sooner or later whatever the length of the circle. */
struct cursor {
    char at[MAX_CURSOR], mark[MAX_CURSOR];
    size_t nat, nmark, steps, power;
};

static enum err cursor_move(struct ctx *cx, struct cursor *c, struct str after)
{
    if (after.len > MAX_CURSOR)
        return fail(cx, ERR_UPSTREAM, "meta: a cursor of %zu bytes", after.len);
    if ((c->nat == after.len && !memcmp(c->at, after.ptr, after.len)) ||
        (c->nmark == after.len && !memcmp(c->mark, after.ptr, after.len)))
        return fail(cx, ERR_UPSTREAM, "meta: the pages of a list go round in a circle");
    memcpy(c->at, after.ptr, after.len);
    c->nat = after.len;
    if (++c->steps == c->power) {
        memcpy(c->mark, c->at, c->nat);
        c->nmark = c->nat;
        c->power *= 2;
    }
    return OK;
}

struct walker {
    const struct meta *m;
    const struct meta_call *call;
    int limit;
    struct cursor cursor;
};

static enum err get_page(struct ctx *cx, struct walker *w, struct meta_reply *last)
{
    struct meta_call c = *w->call;
    enum err err;

    for (;;) {
        struct meta_call ask = c;
        if (w->limit)
            meta_call_param(&ask, "limit", arena_fmt(cx->arena, "%d", w->limit));
        if (w->cursor.nat)
            meta_call_param(&ask, "after",
                            arena_str(cx->arena, (struct str){w->cursor.at, w->cursor.nat}));
        err = meta_get(cx, w->m, &ask, last);
        bool may_halve =
            last->class == META_SPLIT && w->limit / 2 >= 1 && w->limit / 2 >= w->call->limit / 4;
        if (!err || !may_halve)
            return err;
        w->limit /= 2;
        ctx_forgive(cx);
    }
}

/* Between pages, as the usage headers ask. A full window is waited for only within cap_ms. */
static enum err rest(struct ctx *cx, const struct meta *m, struct meta_reply *last)
{
    int64_t pause = meta_usage_pause_ms(&last->usage), cap = m->upstream->retry.cap_ms;
    bool is_app = last->usage.app_percent >= STOP_PERCENT;

    if (pause > cap && (is_app || last->usage.account_percent >= STOP_PERCENT)) {
        last->class = is_app ? META_WAIT_APP : META_WAIT_ACCOUNT;
        last->wait_ms = pause;
        return fail(cx, ERR_UPSTREAM, "meta: %s is used up, next call in %lld s",
                    is_app ? "the app's quota" : "the account's quota", (long long)(pause / 1000));
    }
    return fetch_wait(cx, m->fetcher, pause < cap ? pause : cap);
}

static enum err walk_pages(struct ctx *cx, struct walker *w, const struct meta_walk *walk,
                           struct meta_reply *last)
{
    enum err err = OK;
    size_t max = walk->max_pages ? walk->max_pages : MAX_PAGES;
    struct meta_page page;

    for (size_t n = 0;; n++) {
        arena_reset(cx->arena);
        if (n == max) {
            err = fail(cx, ERR_UPSTREAM, "meta: a list of more than %zu pages", max);
            break;
        }
        TRY(get_page(cx, w, last));
        TRY(meta_page_read(cx, last->root, &page));
        if (walk->raw)
            TRY(walk->raw(cx, meta_raw_rows(last->body), walk->self));
        TRY(walk->page(cx, page.data, walk->self));
        if (arena_over(cx->arena)) {
            err = fail(cx, ERR_TOO_LARGE, "meta: a page is larger than this work may hold");
            break;
        }
        if (!page.after.len)
            break;
        TRY(cursor_move(cx, &w->cursor, page.after));
        TRY(rest(cx, w->m, last));
    }
out:
    return err;
}

enum err meta_each_page(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                        const struct meta_walk *walk, struct meta_reply *last)
{
    struct walker w = {.m = m, .call = call, .limit = call->limit, .cursor = {.power = 1}};
    struct arena *page = arena_new(PAGE_ARENA);
    struct ctx inner = *cx;
    enum err err;

    inner.arena = page;
    ctx_forgive(&inner);
    *last = (struct meta_reply){.class = META_BUG};
    err = walk_pages(&inner, &w, walk, last);
    last->root = NULL;
    last->body = (struct str){0};
    last->message = arena_str(cx->arena, last->message);
    last->trace_id = arena_str(cx->arena, last->trace_id);
    if (err) {
        err = fail(cx, err, "%s", inner.why);
        cx->retry_after_ms = inner.retry_after_ms;
    }
    arena_free(&page);
    return err;
}
