/* retry.c: fetch(): attempts, the waits between them, and the one line in the log. */
#include "base/log.h"
#include "fetch/inside.h"

#include <string.h>

/* Waits are taken in slices, so that an abort or a deadline ends them soon. */
enum { SLICE_MS = 100 };

enum err fetch_wait(struct ctx *cx, struct fetcher *f, int64_t ms)
{
    if (cx->deadline_ms && ms > 0 && mono_ms(cx) + ms >= cx->deadline_ms)
        return fail(cx, ERR_TIMEOUT, "no time is left to wait");
    while (ms > 0 && !atomic_load(&f->aborted)) {
        int64_t slice = ms < SLICE_MS ? ms : SLICE_MS;
        cx->clock->sleep_ms(cx->clock->self, slice);
        ms -= slice;
    }
    if (atomic_load(&f->aborted))
        return fail(cx, ERR_BUSY, "stopping");
    return OK;
}

static bool is_repeatable(const struct upstream *up, const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};

    for (size_t i = 0; i < COUNT(safe); i++)
        if (!strcmp(method, safe[i]))
            return true;
    return up->retry.unsafe_ok;
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

/* Full jitter: anything from nothing to the doubled base, so that clients that failed together do
 * not come back together. */
static int64_t backoff_ms(const struct fetcher *f, const struct retry *r, int tries)
{
    uint64_t chance = 0, span = r->base_ms;

    for (int i = 1; i < tries && span < r->cap_ms; i++)
        span *= 2;
    if (span > r->cap_ms)
        span = r->cap_ms;
    f->random->fill(f->random->self, &chance, sizeof chance);
    return (int64_t)(chance % (span + 1));
}

/* What the attempt means: is it a success, and if not, may it be repeated and when? */
struct verdict {
    bool is_good, may_repeat;
    int64_t wait_ms; /* 0 = by backoff */
};

static struct verdict judge(const struct call *c, const struct attempt *a)
{
    const struct reply *r = &a->reply;
    struct verdict v = {false, a->may_repeat, 0};
    enum again again = AGAIN_DEFAULT;

    if (a->err)
        return v;
    v.wait_ms = r->retry_after_ms;
    if (c->judge)
        again = c->judge(r, c->self, &v.wait_ms);
    v.may_repeat =
        again == AGAIN_YES || (again == AGAIN_DEFAULT && (r->status == 429 || r->status >= 500));
    v.is_good = is_success(r->status) && !v.may_repeat;
    return v;
}

/* Milliseconds until the next attempt; -1 when there shall be none. */
static int64_t next_wait(struct ctx *cx, const struct fetcher *f, const struct upstream *up,
                         const struct verdict *v, int tries)
{
    int64_t wait = v->wait_ms;

    if (!v->may_repeat || tries >= up->retry.max_tries || atomic_load(&f->aborted))
        return -1;
    if (wait <= 0)
        wait = backoff_ms(f, &up->retry, tries);
    if (wait > up->retry.cap_ms)
        wait = up->retry.cap_ms;
    if (cx->deadline_ms && mono_ms(cx) + wait >= cx->deadline_ms)
        return -1;
    return wait;
}

static enum err result_of(struct ctx *cx, const struct upstream *up, const struct target *to,
                          const struct attempt *a, bool is_good)
{
    if (a->err)
        return fail(cx, a->err, "%s: %s %.*s: %s", up->name, to->method, STR_FMT(to->log_path),
                    a->why);
    if (arena_over(cx->arena))
        return fail(cx, ERR_TOO_LARGE, "%s: the reply is larger than this work may hold", up->name);
    if (is_good)
        return OK;
    return fail(cx, ERR_UPSTREAM, "%s: %s %.*s was answered with status %d", up->name, to->method,
                STR_FMT(to->log_path), a->reply.status);
}

struct told { /* for the log and for who looks */
    const struct upstream *up;
    const struct target *to;
    const struct attempt *a;
    int64_t ms;
};

static void log_call(struct ctx *cx, const struct told *t)
{
    const struct attempt *a = t->a;
    int status = a->reply.status;
    bool is_good = !a->err && (is_success(status) || (status && status == t->up->quiet_status));
    enum log_level level = !is_good ? LOG_WARN : a->reply.tries > 1 ? LOG_INFO : LOG_DEBUG;
    const struct log_field fields[] = {
        l_str("upstream", str_of(t->up->name)),
        l_str("method", str_of(t->to->method)),
        l_str("path", t->to->log_path),
        l_int("status", a->reply.status),
        l_int("bytes", (int64_t)a->reply.body.len),
        l_int("ms", t->ms),
        l_int("tries", a->reply.tries),
        l_str("error", str_of(a->why)),
    };

    log_event(cx, level, "fetch", fields, a->err ? COUNT(fields) : COUNT(fields) - 1);
}

void fetcher_observe(struct fetcher *f, void (*see)(void *self, const struct fetch_seen *s),
                     void *self)
{
    f->see = see;
    f->see_self = self;
}

static void show_call(struct ctx *cx, struct fetcher *f, const struct told *t)
{
    const struct reply *r = &t->a->reply;
    struct str rest = t->to->log_path, path = rest;

    if (!f->see)
        return;
    str_cut(&rest, '?', &path);
    f->see(f->see_self, &(struct fetch_seen){.upstream = t->up->name,
                                             .method = t->to->method,
                                             .path = path,
                                             .at = now_ms(cx),
                                             .ms = t->ms,
                                             .bytes = (int64_t)r->body.len,
                                             .status = r->status,
                                             .tries = r->tries,
                                             .error = t->a->err ? t->a->why : NULL});
}

enum err fetch(struct ctx *cx, struct fetcher *f, const struct upstream *up, const struct call *c,
               struct reply *out)
{
    enum err err;
    struct target to;
    struct attempt a = {0};
    struct verdict v;
    int64_t start = mono_ms(cx), wait;

    *out = (struct reply){0};
    TRY(target_make(cx, up, c, &to));
    for (int tries = 1;; tries++) {
        TRY(throttle_wait(cx, f, up));
        attempt_run(cx, f, up, c, &to, &a);
        a.reply.tries = tries;
        *out = a.reply;
        v = judge(c, &a);
        v.may_repeat = v.may_repeat && is_repeatable(up, to.method);
        wait = next_wait(cx, f, up, &v, tries);
        if (wait < 0)
            break;
        TRY(fetch_wait(cx, f, wait));
    }
    struct told told = {up, &to, &a, mono_ms(cx) - start};
    log_call(cx, &told);
    show_call(cx, f, &told);
    err = result_of(cx, up, &to, &a, v.is_good);
out:
    return err;
}
