/* amocrm_rest.c: driving calls to amoCRM: ids, bounded tries, pages. */
#include "vendors/amocrm_rest_inside.h"

#include <string.h>

enum { PAGE_ARENA = 64 << 20, MAX_PAGES = 10000, SMALLEST_PART = 10 };

enum err amo_ask(struct ctx *cx, const struct amo_api *api, const struct amo_call *call,
                 struct amo_reply *out)
{
    enum err err;
    struct pair query[AMO_MAX_QUERY + AMO_MAX_IDS];
    const struct pair json = {"Content-Type", S("application/json")};
    struct upstream up;
    struct amo_sent sent = {
        .api = api,
        .up = &up,
        .is_list = call->limit > 0,
        .may_miss = call->may_miss,
        .call = {.method = call->method,
                 .path = call->path,
                 .query = query,
                 .nquery = call->nquery,
                 .body = call->body,
                 .bearer = api->token}
    };

    *out = (struct amo_reply){.class = AMO_BUG};
    TRY(amo_upstream(cx, api, &up));
    memcpy(query, call->query, call->nquery * sizeof *query);
    for (size_t i = 0; i < call->nids; i++)
        query[sent.call.nquery++] = (struct pair){
            str_z(cx->arena, arena_fmt(cx->arena, "filter[id][%zu]", i)), call->ids[i]};
    if (call->body.len) {
        sent.call.headers = &json;
        sent.call.nheaders = 1;
    }
    TRY(amo_send(cx, &sent, out));
out:
    return err;
}

/* ---- pages ---- */

struct walker {
    const struct amo_api *api;
    const struct amo_call *call; /* NULL: deals, by their updates */
    struct amo_leads_ask ask;    /* from_ms moves on */
    int limit, first_limit, page;
    const struct json_in *rows;
};

/* A smaller page that still ends where a larger one ended, so that page numbers can go on. */
static bool make_smaller(struct walker *w)
{
    int part = w->limit % 2 == 0 ? 2 : w->limit % 5 == 0 ? 5 : 0;

    if (!part || w->limit / part < 1 || w->limit / part * SMALLEST_PART < w->first_limit)
        return false;
    w->page = (w->page - 1) * part + 1;
    w->limit /= part;
    return true;
}

static enum err get_page(struct ctx *cx, struct walker *w, struct amo_reply *last)
{
    enum err err;

    for (;;) {
        struct amo_call c = w->call ? *w->call : amo_call_leads(cx->arena, &w->ask);
        if (w->limit) {
            amo_call_param(&c, "limit", arena_fmt(cx->arena, "%d", w->limit));
            amo_call_param(&c, "page", arena_fmt(cx->arena, "%d", w->page));
        }
        err = amo_ask(cx, w->api, &c, last);
        if (!err || last->class != AMO_LESS || !make_smaller(w))
            break;
        ctx_forgive(cx);
    }
    if (err || last->class == AMO_EMPTY)
        return err;
    w->rows = json_get(json_get(last->root, "_embedded"), w->call ? w->call->rows : "leads");
    if (json_type(w->rows) != JSON_ARR)
        return fail(cx, ERR_UPSTREAM, "amocrm: a list came without its rows");
    if (!json_len(w->rows) && last->has_next)
        return fail(cx, ERR_UPSTREAM, "amocrm: a page without rows says that more follow");
    return OK;
}

/* The last second of the page, when its rows come in the order asked for; else 0. */
static int64_t last_update_s(const struct json_in *rows)
{
    struct json_iter it = json_iter(rows);
    int64_t last = 0, at;

    for (const struct json_in *row; (row = json_next(&it, NULL)); last = at)
        if (!json_as_int(json_get(row, "updated_at"), &at) || at < last)
            return 0;
    return last;
}

static void move_on(struct walker *w, int64_t last_s)
{
    if (w->call || last_s * 1000 <= w->ask.from_ms / 1000 * 1000) {
        w->page++;
        return;
    }
    w->ask.from_ms = last_s * 1000;
    w->page = 1;
}

static enum err walk_pages(struct ctx *cx, struct walker *w, const struct amo_walk *walk,
                           struct amo_reply *last)
{
    enum err err = OK;
    size_t max = walk->max_pages ? walk->max_pages : MAX_PAGES;

    for (size_t n = 0;; n++) {
        arena_reset(cx->arena);
        if (n == max) {
            err = fail(cx, ERR_UPSTREAM, "amocrm: a list of more than %zu pages", max);
            break;
        }
        TRY(get_page(cx, w, last));
        if (last->class == AMO_EMPTY || !json_len(w->rows))
            break;
        TRY(walk->page(cx, w->rows, walk->self));
        if (arena_over(cx->arena)) {
            err = fail(cx, ERR_TOO_LARGE, "amocrm: a page is larger than this work may hold");
            break;
        }
        if (!last->has_next || !w->limit)
            break;
        move_on(w, last_update_s(w->rows));
    }
out:
    return err;
}

static enum err walk_aside(struct ctx *cx, struct walker *w, const struct amo_walk *walk,
                           struct amo_reply *last)
{
    struct arena *page = arena_new(PAGE_ARENA);
    struct ctx inner = *cx;
    enum err err;

    inner.arena = page;
    ctx_forgive(&inner);
    *last = (struct amo_reply){.class = AMO_BUG};
    err = walk_pages(&inner, w, walk, last);
    last->root = NULL;
    last->message = arena_str(cx->arena, last->message);
    if (err) {
        err = fail(cx, err, "%s", inner.why);
        cx->retry_after_ms = inner.retry_after_ms;
    }
    arena_free(&page);
    return err;
}

enum err amo_each_page(struct ctx *cx, const struct amo_api *api, const struct amo_call *call,
                       const struct amo_walk *walk, struct amo_reply *last)
{
    struct walker w = {
        .api = api, .call = call, .limit = call->limit, .first_limit = call->limit, .page = 1};

    return walk_aside(cx, &w, walk, last);
}

enum err amo_each_lead_page(struct ctx *cx, const struct amo_api *api,
                            const struct amo_leads_ask *ask, const struct amo_walk *walk,
                            struct amo_reply *last)
{
    struct walker w = {.api = api, .ask = *ask, .page = 1};

    w.limit = w.first_limit = amo_call_leads(cx->arena, ask).limit;
    return walk_aside(cx, &w, walk, last);
}
