/* error.c: how a failure is told to a client: one sentence per code, nothing internal. */
#include "http/private.h"

static const char *sentence(enum err e)
{
    switch (e) {
    case OK:
        return "";
    case ERR_INPUT:
        return "The request could not be understood.";
    case ERR_AUTH:
        return "Sign in first.";
    case ERR_FORBIDDEN:
        return "This is not allowed for you.";
    case ERR_NOT_FOUND:
        return "There is nothing at this address.";
    case ERR_METHOD:
        return "This address does not take this method.";
    case ERR_CONFLICT:
        return "This conflicts with what is there already.";
    case ERR_TOO_LARGE:
        return "This is too large.";
    case ERR_MEDIA:
        return "The body must be JSON, sent as application/json in UTF-8.";
    case ERR_FIELDS:
        return "Some fields are wrong.";
    case ERR_RATE:
        return "Too many requests. Wait a little.";
    case ERR_BUG:
    case ERR_DB:
        return "Something went wrong on the server.";
    case ERR_UPSTREAM:
        return "A service this depends on did not answer as expected.";
    case ERR_BUSY:
        return "The server is busy. Try again in a moment.";
    case ERR_TIMEOUT:
        return "This took too long.";
    }
    return "";
}

/* What the ctx says is meant for the operator, but for what the client itself did wrong. */
static struct str message(const struct ctx *cx, enum err e)
{
    bool may_know = e == ERR_INPUT || e == ERR_CONFLICT || e == ERR_METHOD;

    return may_know && cx->err == e && cx->why[0] ? str_of(cx->why) : str_of(sentence(e));
}

static void put_fields(struct json_out *j, const struct ctx *cx)
{
    json_key(j, "fields");
    json_arr(j);
    for (const struct field_error *f = cx->fields; f; f = f->next) {
        bool is_first = true;
        for (const struct field_error *g = cx->fields; g != f; g = g->next)
            is_first = is_first && !str_eq(g->field, f->field);
        if (!is_first)
            continue;
        json_obj(j);
        json_key(j, "field"), json_str(j, f->field);
        json_key(j, "code"), json_str(j, f->why);
        json_end(j);
    }
    json_end(j);
}

static struct str body(struct req *rq, enum err e)
{
    struct json_out *j = json_out_new(&rq->cx, 256);
    struct str text = S("");

    json_obj(j);
    json_key(j, "error");
    json_obj(j);
    json_key(j, "code");
    json_str(j, str_of(err_slug(e)));
    json_key(j, "message");
    json_str(j, message(&rq->cx, e));
    if (e == ERR_FIELDS)
        put_fields(j, &rq->cx);
    json_key(j, "request_id");
    json_str(j, rq->request_id);
    json_end(j);
    json_end(j);
    return json_finish(j, &text) ? S("") : text;
}

/* Of what a handler had prepared only what is meant for failures too is kept: cookies, Allow,
 * limits. */
static void drop_headers(struct resp *rs)
{
    size_t kept = 0;

    for (size_t i = 0; i < rs->nheaders; i++) {
        struct str name = rs->headers[i].name;
        if (!str_eq_nocase(name, S("ETag")) && !str_eq_nocase(name, S("Cache-Control")) &&
            !str_eq_nocase(name, S("Location")) && !str_eq_nocase(name, S("Content-Encoding")) &&
            !str_eq_nocase(name, S("Content-Disposition")))
            rs->headers[kept++] = rs->headers[i];
    }
    rs->nheaders = kept;
}

void error_answer(struct resp *rs, enum err e, int status)
{
    struct req *rq = rs->rq;

    rs->status = status ? status : err_status(e);
    rs->pull = NULL;
    rs->mime = S("application/json");
    drop_headers(rs);
    if (rq->cx.retry_after_ms > 0)
        resp_header(
            rs, "Retry-After",
            arena_fmt(rq->cx.arena, "%lld", (long long)((rq->cx.retry_after_ms + 999) / 1000)));
    rs->body = body(rq, e);
}
