/* faults.c: the queue of faults, and how an answer is bent by one. */
#include "sim/faults.h"

#include <pthread.h>
#include <string.h>

#include "sim/fault_kinds.h"
#include "sim/sim_inside.h"

enum { MOST_HEADERS = 8, ARENA_CAP = 64 << 20, SLICE_MS = 20 };

struct fault {
    struct str match, kind, body, mime;
    int64_t skip, times, status, delay_ms, cut;
    struct pair_text {
        struct str name, value;
    } headers[MOST_HEADERS];
    size_t nheaders;
};
struct faults {
    pthread_mutex_t lock; /* guards what follows */
    struct arena *arena;  /* of the queue's texts; emptied with it */
    VEC(struct fault) queue;
};

struct faults *faults_new(struct arena *a)
{
    struct faults *f = arena_new_of(a, struct faults);

    pthread_mutex_init(&f->lock, NULL);
    f->arena = arena_new(ARENA_CAP);
    return f;
}

void faults_free(struct faults **f)
{
    if (!*f)
        return;
    arena_free(&(*f)->arena);
    pthread_mutex_destroy(&(*f)->lock);
    *f = NULL;
}

static void empty(struct faults *f)
{
    f->queue.at = NULL;
    f->queue.n = f->queue.cap = 0;
    arena_reset(f->arena);
}

void faults_forget(struct faults *f)
{
    pthread_mutex_lock(&f->lock);
    empty(f);
    pthread_mutex_unlock(&f->lock);
}

/* ---- reading one ---- */

static void read_number(const struct json_in *root, const char *key, int64_t *out)
{
    json_as_int(json_get(root, key), out);
}

/* A body may be given as text or as the JSON it shall be. */
static enum err read_body(struct ctx *cx, const struct json_in *root, struct fault *f)
{
    const struct json_in *body = json_get(root, "body");

    switch (json_type(body)) {
    case JSON_NONE:
        return OK;
    case JSON_STR:
        json_as_str(body, &f->body);
        return OK;
    case JSON_OBJ:
    case JSON_ARR:
        if (!f->mime.len)
            f->mime = S("application/json");
        return fault_body_text(cx, body, &f->body);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUM:
        break;
    }
    return fail(cx, ERR_INPUT, "body: text, an object or an array");
}

static enum err read_headers(struct ctx *cx, const struct json_in *headers, struct fault *f)
{
    struct json_iter it = json_iter(headers);
    const struct json_in *value;
    struct str name, text;

    while ((value = json_next(&it, &name))) {
        if (f->nheaders == MOST_HEADERS || !json_as_str(value, &text))
            return fail(cx, ERR_INPUT, "headers: at most %d, all of them texts", MOST_HEADERS);
        f->headers[f->nheaders++] = (struct pair_text){name, text};
    }
    return OK;
}

static enum err read_fault(struct ctx *cx, struct str json, struct fault *f)
{
    const struct json_in *root = NULL;
    enum err err;

    *f = (struct fault){.times = 1};
    TRY(json_parse(cx, json, &root));
    json_as_str(json_get(root, "match"), &f->match);
    json_as_str(json_get(root, "kind"), &f->kind);
    json_as_str(json_get(root, "mime"), &f->mime);
    read_number(root, "times", &f->times);
    read_number(root, "skip", &f->skip);
    read_number(root, "status", &f->status);
    read_number(root, "delay_ms", &f->delay_ms);
    read_number(root, "cut", &f->cut);
    TRY(read_body(cx, root, f));
    TRY(read_headers(cx, json_get(root, "headers"), f));
    if (f->kind.len && !fault_kind(f->kind))
        err = fail(cx, ERR_INPUT, "there is no fault of the kind '%.*s'", STR_FMT(f->kind));
    else if (f->times < 1 || f->skip < 0 || f->delay_ms < 0 || f->cut < 0 ||
             (f->status && (f->status < 200 || f->status > 599)))
        err = fail(cx, ERR_INPUT, "times, skip, status, delay_ms or cut is out of range");
out:
    return err;
}

static struct fault copy_dup(struct arena *a, const struct fault *f)
{
    struct fault copy = *f;

    copy.match = arena_str(a, f->match);
    copy.kind = arena_str(a, f->kind);
    copy.body = arena_str(a, f->body);
    copy.mime = arena_str(a, f->mime);
    for (size_t i = 0; i < f->nheaders; i++) {
        copy.headers[i].name = arena_str(a, f->headers[i].name);
        copy.headers[i].value = arena_str(a, f->headers[i].value);
    }
    return copy;
}

enum err faults_add(struct ctx *cx, struct faults *f, struct str json)
{
    struct fault fault;
    enum err err;

    TRY(read_fault(cx, json, &fault));
    pthread_mutex_lock(&f->lock);
    *vec_add(f->arena, &f->queue) = copy_dup(f->arena, &fault);
    pthread_mutex_unlock(&f->lock);
out:
    return err;
}

void faults_write(struct faults *f, struct json_out *out)
{
    json_arr(out);
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->queue.n; i++) {
        json_obj(out);
        json_key(out, "match"), json_str(out, f->queue.at[i].match);
        json_key(out, "kind"), json_str(out, f->queue.at[i].kind);
        json_key(out, "times"), json_int(out, f->queue.at[i].times);
        json_end(out);
    }
    pthread_mutex_unlock(&f->lock);
    json_end(out);
}

/* ---- taking one ---- */

/* The copy's texts are of the request's arena. */
static bool take(struct faults *q, struct req *rq, struct fault *out)
{
    struct str target = request_target(rq);
    bool is_found = false;

    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < q->queue.n && !is_found; i++) {
        struct fault *f = &q->queue.at[i];
        if (f->match.len && !memmem(target.ptr, target.len, f->match.ptr, f->match.len))
            continue;
        if (f->skip-- > 0)
            break;
        is_found = true;
        *out = copy_dup(rq->cx.arena, f);
        if (--f->times == 0) {
            memmove(f, f + 1, (q->queue.n - i - 1) * sizeof *f);
            q->queue.n--;
        }
        if (!q->queue.n)
            empty(q);
    }
    pthread_mutex_unlock(&q->lock);
    return is_found;
}

/* ---- bending an answer ---- */

static void wait(struct sim *s, int64_t ms)
{
    /* Real time, also under a clock that a test has stopped: the other side waits for real. */
    const struct clock *c = &clock_system;
    int64_t until = c->mono_ms(c->self) + ms;

    while (c->mono_ms(c->self) < until && !atomic_load(&s->is_stopping))
        c->sleep_ms(c->self, ms < SLICE_MS ? ms : SLICE_MS);
}

struct cut {
    struct ctx *cx;
    struct str rest; /* what still goes out before the connection breaks */
};

static enum err pull_cut(void *self, struct str *chunk)
{
    struct cut *c = self;

    if (!c->rest.len)
        return fail(c->cx, ERR_UPSTREAM, "cut off as asked");
    *chunk = c->rest;
    c->rest = S("");
    return OK;
}

static enum err cut_off(struct req *rq, struct resp *rs, int64_t after)
{
    struct cut *c = arena_new_of(rq->cx.arena, struct cut);

    c->cx = &rq->cx;
    c->rest = resp_body_of(rs);
    if ((int64_t)c->rest.len > after)
        c->rest.len = (size_t)after;
    if (!c->rest.len)
        c->rest = S(" ");
    return resp_stream(rs, str_z(rq->cx.arena, resp_mime_of(rs)), pull_cut, c);
}

static enum err answer_with(struct req *rq, struct resp *rs, const struct fault *f)
{
    const struct fault_kind *kind = f->kind.len ? fault_kind(f->kind) : NULL;
    struct str body = f->body.len || !kind ? f->body : fault_kind_body(rq->cx.arena, kind);
    struct str mime = f->mime;

    if (!mime.len)
        mime = kind && kind->mime ? str_of(kind->mime) : S("application/json");
    resp_status(rs, f->status ? (int)f->status : kind ? kind->status : 200);
    return resp_body(rs, str_z(rq->cx.arena, mime), body);
}

enum err faults_around(struct req *rq, struct resp *rs, handler_fn *handler)
{
    struct sim *s = sim_of(rq);
    const struct fault_kind *kind;
    struct fault f = {0};
    enum err err = OK;

    asked_note(s->journal, rq);
    if (!take(s->faults, rq, &f))
        return handler(rq, rs);
    if (f.delay_ms)
        wait(s, f.delay_ms);
    kind = f.kind.len ? fault_kind(f.kind) : NULL;
    if (f.status || f.body.len || (kind && kind->status))
        TRY(answer_with(rq, rs, &f));
    else
        TRY(handler(rq, rs));
    if (kind && kind->header)
        resp_header(rs, kind->header, str_of(kind->value));
    for (size_t i = 0; i < f.nheaders; i++)
        resp_header(rs, str_z(rq->cx.arena, f.headers[i].name), f.headers[i].value);
    if (f.cut)
        TRY(cut_off(rq, rs, f.cut));
out:
    return err;
}
