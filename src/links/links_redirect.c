/* links_redirect.c: GET /s/{code}. Nothing here asks the database. */
#include "links/links_inside.h"

enum { LONGEST_AGENT = 300 };

static enum err small_page(struct resp *rs, int status, struct str html)
{
    resp_status(rs, status);
    resp_header(rs, "X-Robots-Tag", S("noindex"));
    return resp_body(rs, "text/html", html);
}

static enum err unknown_page(struct resp *rs)
{
    return small_page(rs, 404,
                      S("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                        "<title>No such link</title><h1>No such link</h1>"
                        "<p>Check the address: this short link does not exist.</p></html>"));
}

static enum err ended_page(struct resp *rs)
{
    return small_page(rs, 410,
                      S("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                        "<title>This link has ended</title><h1>This link has ended</h1>"
                        "<p>It leads nowhere any more.</p></html>"));
}

/* Cut where a character ends; what is not text says nothing. */
static struct str agent_of(struct req *rq)
{
    struct str s = req_header(rq, "User-Agent");

    if (s.len > LONGEST_AGENT) {
        s.len = LONGEST_AGENT;
        while (s.len && ((unsigned char)s.ptr[s.len] & 0xc0) == 0x80)
            s.len--;
    }
    return str_is_utf8(s) ? s : S("");
}

/* A look that nobody took: only the head was asked for, or the browser asks ahead of its owner. */
static bool is_look_ahead(struct req *rq)
{
    return req_is_head(rq) || str_starts(req_header(rq, "Sec-Purpose"), S("prefetch")) ||
           str_eq(req_header(rq, "Purpose"), S("prefetch")) ||
           str_eq(req_header(rq, "X-Moz"), S("prefetch"));
}

static void note_click(struct req *rq, int64_t link_id)
{
    struct arena *a = rq->cx.arena;
    struct click c = {.link_id = link_id,
                      .at = now_ms(&rq->cx),
                      .prefix = click_prefix(a, rq->remote_ip),
                      .agent = agent_of(rq),
                      .host = click_host(a, req_header(rq, "Referer"))};

    c.class = click_class_of(c.agent);
    if (is_look_ahead(rq))
        c.class = CLICK_PREVIEW;
    links_click(rq->app->links, &c);
}

enum err link_redirect(struct req *rq, struct resp *rs)
{
    struct link_ask ask = {
        .code = rq->path_params[0], .query = rq->query, .now_ms = now_ms(&rq->cx)};

    if (!rq->app->links)
        return fail(&rq->cx, ERR_BUSY, "short links are not being served");
    struct link_answer answer = link_cache_answer(links_codes(rq->app->links), rq->cx.arena, &ask);
    if (answer.state == LINK_UNKNOWN)
        return unknown_page(rs);
    if (answer.state == LINK_ENDED)
        return ended_page(rs);
    note_click(rq, answer.id);
    resp_status(rs, 302);
    resp_header(rs, "Location", answer.location);
    resp_header(rs, "Cache-Control", S("no-store"));
    /* The landing page may learn which site its visitor came from, not which page of it. */
    resp_header(rs, "Referrer-Policy", S("strict-origin-when-cross-origin"));
    return resp_body(rs, "text/plain", S(""));
}
