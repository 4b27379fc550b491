/* request.c: what a handler may ask of a request; the body is read here, after the gate. */
#include "http/private.h"

#include <string.h>

struct str req_header(struct req *rq, const char *name)
{
    const struct mg_request_info *info = rq->conn ? rq->conn->info : NULL;

    for (int i = 0; info && i < info->num_headers; i++)
        if (str_eq_nocase(str_of(info->http_headers[i].name), str_of(name)))
            return str_trim(str_of(info->http_headers[i].value));
    return S("");
}

bool req_is_head(struct req *rq)
{
    return rq->conn && rq->conn->is_head;
}

struct str req_cookie(struct req *rq, const char *name)
{
    struct str rest = req_header(rq, "Cookie"), pair, key;

    while (str_cut(&rest, ';', &pair)) {
        pair = str_trim(pair);
        if (!str_cut(&pair, '=', &key) || !str_eq(key, str_of(name)))
            continue;
        if (pair.len >= 2 && pair.ptr[0] == '"' && pair.ptr[pair.len - 1] == '"')
            pair = (struct str){pair.ptr + 1, pair.len - 2};
        return pair;
    }
    return S("");
}

bool req_param_int(struct req *rq, int i, int64_t *out)
{
    struct str text = i >= 0 && i < (int)COUNT(rq->path_params) ? rq->path_params[i] : S("");

    /* Digits only: "+7" and "007" would be second names of the same thing. */
    if (!text.len || text.ptr[0] < '1' || text.ptr[0] > '9')
        return false;
    return str_to_int(text, out);
}

static bool is_listed(const char *const *allowed, struct str key)
{
    for (; *allowed; allowed++)
        if (str_eq(str_of(*allowed), key))
            return true;
    return false;
}

enum err req_json(struct req *rq, const char *const *allowed, const struct json_in **out)
{
    enum err err = OK;
    struct str key;

    TRY(json_parse(&rq->cx, rq->body, out));
    if (json_type(*out) != JSON_OBJ) {
        err = fail(&rq->cx, ERR_INPUT, "the body must be a JSON object");
        goto out;
    }
    struct json_iter it = json_iter(*out);
    while (json_next(&it, &key)) {
        if (is_listed(allowed, key))
            continue;
        struct str shown = key.len > 64 ? S("(long name)") : key;
        fail_field(&rq->cx, str_z(rq->cx.arena, shown), "unknown");
    }
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

/* ---- body ---- */

enum err request_media(struct req *rq)
{
    struct str type = req_header(rq, "Content-Type"), coding = req_header(rq, "Content-Encoding");
    struct str name, parameter;

    if (coding.len && !str_eq_nocase(coding, S("identity")))
        return fail(&rq->cx, ERR_MEDIA, "content coding %.*s", STR_FMT(coding));
    if (rq->route->flags & RT_RAW_BODY)
        return OK;
    if (!str_cut(&type, ';', &name) || !str_eq_nocase(str_trim(name), S("application/json")))
        return fail(&rq->cx, ERR_MEDIA, "not application/json");
    while (str_cut(&type, ';', &parameter)) {
        parameter = str_trim(parameter);
        if (parameter.len && !str_eq_nocase(parameter, S("charset=utf-8")) &&
            !str_eq_nocase(parameter, S("charset=\"utf-8\"")))
            return fail(&rq->cx, ERR_MEDIA, "JSON in another charset");
    }
    return OK;
}

static enum err broken_off(struct req *rq)
{
    rq->conn->must_close = true;
    return fail(&rq->cx, ERR_INPUT, "the body is malformed, or did not arrive in time");
}

static enum err too_large(struct req *rq, size_t cap)
{
    rq->conn->must_close = true;
    return fail(&rq->cx, ERR_TOO_LARGE, "more than %zu bytes of body", cap);
}

/* A client that asks first has not sent anything yet. */
static enum err invite(struct req *rq)
{
    struct str expect = req_header(rq, "Expect");

    if (!expect.len || rq->conn->is_http_1_0)
        return OK;
    if (!str_eq_nocase(expect, S("100-continue")))
        return fail(&rq->cx, ERR_INPUT, "Expect can only be 100-continue");
    if (mg_write(rq->conn->mg, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 25)
        return broken_off(rq);
    return OK;
}

static enum err read_counted(struct req *rq)
{
    size_t want = (size_t)rq->conn->content_length, got = 0;
    char *at = arena_alloc(rq->cx.arena, want, 1);

    while (got < want) {
        int n = mg_read(rq->conn->mg, at + got, want - got);
        if (n <= 0)
            return broken_off(rq);
        got += (size_t)n;
    }
    rq->body = (struct str){at, got};
    return OK;
}

static enum err read_chunked(struct req *rq, size_t cap)
{
    size_t room = cap < 8192 ? cap + 1 : 8192, got = 0;
    char *at = arena_alloc(rq->cx.arena, room, 1);
    int n;

    /* One byte of room beyond the cap tells a body that fits from one that goes on. */
    while ((n = mg_read(rq->conn->mg, at + got, room - got)) > 0) {
        got += (size_t)n;
        if (got > cap)
            return too_large(rq, cap);
        if (got < room)
            continue;
        room = room * 2 > cap + 1 ? cap + 1 : room * 2;
        char *larger = arena_alloc(rq->cx.arena, room, 1);
        memcpy(larger, at, got);
        at = larger;
    }
    if (n < 0)
        return broken_off(rq);
    rq->body = (struct str){at, got};
    return OK;
}

enum err request_body(struct req *rq, size_t cap)
{
    struct http_conn *c = rq->conn;
    enum err err = OK;

    if (!c->has_body)
        return OK;
    if (!c->is_chunked && (uint64_t)c->content_length > cap)
        return too_large(rq, cap);
    TRY(request_media(rq));
    TRY(invite(rq));
    if (c->is_chunked)
        TRY(read_chunked(rq, cap));
    else
        TRY(read_counted(rq));
    c->body_was_read = true;
out:
    return err;
}
