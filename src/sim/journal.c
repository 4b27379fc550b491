/* journal.c: every request to a fake upstream, as it came, so that a test can say what was sent. */
#include <pthread.h>
#include <string.h>

#include "base/form.h"
#include "sim/sim_inside.h"

enum { KEPT = 2000, MOST_BODY = 64 << 10, MOST_PAIRS = 256, ARENA_CAP = 256 << 20 };

static const char *const headers[] = {
    "Host",       "User-Agent",      "Authorization", "Content-Type", "Content-Length", "Accept",
    "Connection", "Accept-Encoding", "Cookie",        "X-Request-Id", "Referer",
};

struct entry {
    const char *method;
    int64_t at_ms;
    struct str path, query, body;
    struct str headers[COUNT(headers)];
};
/* Two halves take turns: when one is full, the other is forgotten and filled. */
struct half {
    struct arena *arena;
    struct entry *at;
    size_t n;
};
struct asked {
    pthread_mutex_t lock; /* guards what follows */
    struct half halves[2];
    int current;
    int64_t dropped;
};

struct asked *asked_new(struct arena *a)
{
    struct asked *j = arena_new_of(a, struct asked);

    pthread_mutex_init(&j->lock, NULL);
    for (int i = 0; i < 2; i++) {
        j->halves[i].arena = arena_new(ARENA_CAP);
        j->halves[i].at = arena_alloc(a, KEPT / 2 * sizeof(struct entry), _Alignof(struct entry));
    }
    return j;
}

void asked_free(struct asked **j)
{
    if (!*j)
        return;
    for (int i = 0; i < 2; i++)
        arena_free(&(*j)->halves[i].arena);
    pthread_mutex_destroy(&(*j)->lock);
    *j = NULL;
}

static const char *method_text(enum method m)
{
    switch (m) {
    case GET:
        return "GET";
    case POST:
        return "POST";
    case PUT:
        return "PUT";
    case PATCH:
        return "PATCH";
    case DELETE:
        return "DELETE";
    case OPTIONS:
        return "OPTIONS";
    case HEAD:
        return "HEAD";
    }
    return "?";
}

void asked_note(struct asked *j, struct req *rq)
{
    struct str body = rq->body;

    if (body.len > MOST_BODY)
        body.len = MOST_BODY;
    pthread_mutex_lock(&j->lock);
    struct half *h = &j->halves[j->current];
    if (h->n == KEPT / 2) {
        j->current = !j->current;
        h = &j->halves[j->current];
        j->dropped += (int64_t)h->n;
        h->n = 0;
        arena_reset(h->arena);
    }
    struct entry *e = &h->at[h->n++];
    *e = (struct entry){.method = method_text(rq->method), .at_ms = now_ms(&rq->cx)};
    e->path = arena_str(h->arena, rq->path);
    e->query = arena_str(h->arena, rq->query);
    e->body = arena_str(h->arena, body);
    for (size_t i = 0; i < COUNT(headers); i++)
        e->headers[i] = arena_str(h->arena, req_header(rq, headers[i]));
    pthread_mutex_unlock(&j->lock);
}

void asked_forget(struct asked *j)
{
    pthread_mutex_lock(&j->lock);
    for (int i = 0; i < 2; i++) {
        j->halves[i].n = 0;
        arena_reset(j->halves[i].arena);
    }
    j->current = 0;
    j->dropped = 0;
    pthread_mutex_unlock(&j->lock);
}

struct str request_target(struct req *rq)
{
    return rq->query.len
               ? arena_fmt(rq->cx.arena, "%.*s?%.*s", STR_FMT(rq->path), STR_FMT(rq->query))
               : rq->path;
}

static void write_query(struct arena *a, struct str query, struct json_out *out)
{
    struct form f = form_start(query, MOST_PAIRS);
    struct str key, value;

    json_key(out, "query");
    json_obj(out);
    while (form_next(&f, a, &key, &value)) {
        json_key(out, str_z(a, key));
        json_str(out, value);
    }
    json_end(out);
}

static bool is_wanted(struct arena *a, const struct entry *e, struct str match)
{
    struct str target = arena_fmt(a, "%.*s?%.*s", STR_FMT(e->path), STR_FMT(e->query));

    return !match.len || memmem(target.ptr, target.len, match.ptr, match.len);
}

static void write_entry(struct arena *a, const struct entry *e, struct json_out *out)
{
    json_obj(out);
    json_key(out, "method"), json_str(out, str_of(e->method));
    json_key(out, "at_ms"), json_int(out, e->at_ms);
    json_key(out, "path"), json_str(out, e->path);
    json_key(out, "raw_query"), json_str(out, e->query);
    write_query(a, e->query, out);
    json_key(out, "headers");
    json_obj(out);
    for (size_t i = 0; i < COUNT(headers); i++)
        if (e->headers[i].len)
            json_key(out, headers[i]), json_str(out, e->headers[i]);
    json_end(out);
    json_key(out, "body"), json_str(out, e->body);
    json_end(out);
}

void asked_write(struct asked *j, struct str match, struct json_out *out)
{
    struct arena *a = arena_new(ARENA_CAP);

    json_obj(out);
    json_key(out, "items");
    json_arr(out);
    pthread_mutex_lock(&j->lock);
    for (int turn = 1; turn <= 2; turn++) {
        const struct half *h = &j->halves[(j->current + turn) % 2]; /* the older one first */
        for (size_t i = 0; i < h->n; i++)
            if (is_wanted(a, &h->at[i], match))
                write_entry(a, &h->at[i], out);
    }
    int64_t dropped = j->dropped;
    pthread_mutex_unlock(&j->lock);
    json_end(out);
    json_key(out, "dropped"), json_int(out, dropped);
    json_end(out);
    arena_free(&a);
}
