/* amo.c: sending what there is to tell, and what happens when nobody listens. */
#include "sim/amo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "sim/chance.h"

enum {
    MOST_TRIES = 5,
    LOG_SIZE = 256,
    LIVE_ANSWER_MS = 2000,
    HISTORY_ANSWER_MS = 30000,
    OFF_AFTER = 100, /* refusals within two hours, the last answer being one */
    ARENA_CAP = 1 << 30
};
static const int64_t retry_s[MOST_TRIES - 1] = {300, 900, 900, 3600}, off_window_s = 7200;

struct pending { /* waits for its next try */
    struct amo_post post;
    int tries;
    int64_t next_ms;
};
struct logged {
    int64_t at_ms, number;
    int status, tries;
    size_t nevents;
};
struct amo {
    struct sim *sim;
    struct fetcher *fetcher;
    pthread_mutex_t lock; /* guards what follows; is_busy guards the sending itself */
    bool is_busy;
    struct arena *hook_arena, *post_arena;
    struct str base, path; /* of the hook; empty: none */
    int64_t told_until_ms, number;
    VEC(struct pending) pending;
    struct sim_deliveries sum;
    struct logged log[LOG_SIZE];
    int64_t nlogged, refusals_since_ms, refusals;
};

enum err amo_new(struct ctx *cx, struct sim *s, struct amo **out)
{
    struct amo *a = arena_new_of(s->arena, struct amo);
    enum err err;

    a->sim = s;
    TRY(fetcher_new(cx, S(""), &random_system, &a->fetcher));
    pthread_mutex_init(&a->lock, NULL);
    a->hook_arena = arena_new(1 << 20);
    a->post_arena = arena_new(ARENA_CAP);
    *out = a;
out:
    return err;
}

void amo_abort(struct amo *a)
{
    fetcher_abort(a->fetcher);
}

void amo_free(struct amo **a)
{
    if (!*a)
        return;
    fetcher_free(&(*a)->fetcher);
    arena_free(&(*a)->hook_arena);
    arena_free(&(*a)->post_arena);
    pthread_mutex_destroy(&(*a)->lock);
    *a = NULL;
}

/* "http://127.0.0.1:8090/webhook/..." into its origin and the rest. */
static bool split_url(struct str url, struct str *base, struct str *path)
{
    size_t at = str_starts(url, S("http://")) ? 7 : str_starts(url, S("https://")) ? 8 : 0;
    const char *slash = at && url.len > at ? memchr(url.ptr + at, '/', url.len - at) : NULL;

    if (!slash)
        return false;
    *base = (struct str){url.ptr, (size_t)(slash - url.ptr)};
    *path = (struct str){slash, url.len - base->len};
    return true;
}

enum err sim_hook(struct ctx *cx, struct sim *s, struct str url)
{
    struct amo *a = s->amo;
    struct str base, path;

    if (!split_url(url, &base, &path))
        return fail(cx, ERR_INPUT, "url: http://address:port/path");
    pthread_mutex_lock(&a->lock);
    a->base = arena_str(a->hook_arena, base);
    a->path = arena_str(a->hook_arena, path);
    a->refusals = 0;
    a->sum.is_off = false;
    pthread_mutex_unlock(&a->lock);
    return OK;
}

struct str amo_hook_url(struct amo *a, struct arena *arena, bool *is_off)
{
    pthread_mutex_lock(&a->lock);
    struct str url = arena_fmt(arena, "%.*s%.*s", STR_FMT(a->base), STR_FMT(a->path));
    *is_off = a->sum.is_off;
    pthread_mutex_unlock(&a->lock);
    return url;
}

void amo_hook_drop(struct amo *a)
{
    pthread_mutex_lock(&a->lock);
    a->base = a->path = S("");
    pthread_mutex_unlock(&a->lock);
}

struct sim_deliveries sim_deliveries(struct sim *s)
{
    pthread_mutex_lock(&s->amo->lock);
    struct sim_deliveries sum = s->amo->sum;
    sum.pending = (int64_t)s->amo->pending.n;
    pthread_mutex_unlock(&s->amo->lock);
    return sum;
}

void amo_write_log(struct amo *a, struct json_out *out)
{
    json_arr(out);
    pthread_mutex_lock(&a->lock);
    for (int64_t i = a->nlogged > LOG_SIZE ? a->nlogged - LOG_SIZE : 0; i < a->nlogged; i++) {
        const struct logged *l = &a->log[i % LOG_SIZE];
        json_obj(out);
        json_key(out, "at_ms"), json_int(out, l->at_ms);
        json_key(out, "number"), json_int(out, l->number);
        json_key(out, "status"), json_int(out, l->status);
        json_key(out, "try"), json_int(out, l->tries);
        json_key(out, "events"), json_int(out, (int64_t)l->nevents);
        json_end(out);
    }
    pthread_mutex_unlock(&a->lock);
    json_end(out);
}

/* ---- sending ---- */

struct hook { /* a copy, so that nothing is held while sending */
    const char *base;
    struct str path;
    int answer_ms;
};

static bool is_success(int status)
{
    return status >= 100 && status < 300;
}

static void note_try(struct amo *a, const struct amo_post *post, int status, int tries)
{
    int64_t now = sim_moment(a->sim).now_ms;
    int64_t window = off_window_s * 1000 / a->sim->retry_divisor;

    pthread_mutex_lock(&a->lock);
    a->log[a->nlogged++ % LOG_SIZE] =
        (struct logged){now, post->number, status, tries, post->nevents};
    a->sum.tries++;
    if (is_success(status)) {
        a->sum.posts++;
        a->sum.events += (int64_t)post->nevents;
    } else {
        a->sum.refused++;
        if (now - a->refusals_since_ms > window) {
            a->refusals_since_ms = now;
            a->refusals = 0;
        }
        a->sum.is_off = ++a->refusals > OFF_AFTER;
    }
    pthread_mutex_unlock(&a->lock);
}

/* One try. *status: 0 when nothing answered in time. */
static enum err send(struct ctx *cx, struct amo *a, const struct hook *h,
                     const struct amo_post *post, int *status)
{
    const struct pair headers[] = {
        {"Content-Type", S("application/x-www-form-urlencoded")},
        {"User-Agent",   S("amoCRM-WebHook-client/1.0")        },
        {"Connection",   S("close")                            },
    };
    struct upstream up = {.name = "sim-crm",
                          .base_url = h->base,
                          .connect_ms = LIVE_ANSWER_MS,
                          .total_ms = h->answer_ms,
                          .max_reply = 1 << 20,
                          .retry = {.max_tries = 1}};
    struct arena *arena = arena_new(ARENA_CAP);
    struct ctx one = {.arena = arena, .clock = &clock_system, .tag = cx->tag};
    struct call call = {.method = "POST",
                        .path = h->path,
                        .log_path = S("/(hook)"),
                        .headers = headers,
                        .nheaders = COUNT(headers)};
    struct reply reply = {0};

    call.body = amo_body_write(a->sim->world, arena, post);
    enum err err = fetch(&one, a->fetcher, &up, &call, &reply);
    *status = reply.status;
    if (err == ERR_BUSY && !reply.status)
        err = fail(cx, ERR_BUSY, "the simulator is stopping");
    else if (err == ERR_INPUT || err == ERR_BUG)
        err = fail(cx, err, "%s", one.why);
    else
        err = OK;
    arena_free(&arena);
    return err;
}

static int64_t retry_ms(const struct amo *a, int tries)
{
    return retry_s[tries - 1] * 1000 / a->sim->retry_divisor;
}

/* False when there is no hook, or somebody is sending already. */
static bool begin(struct amo *a, struct arena *arena, struct hook *h)
{
    pthread_mutex_lock(&a->lock);
    bool may = !a->is_busy && a->path.len && !a->sum.is_off;
    if (may) {
        a->is_busy = true;
        h->base = str_z(arena, a->base);
        h->path = arena_str(arena, a->path);
    }
    pthread_mutex_unlock(&a->lock);
    return may;
}

static void finish(struct amo *a, int64_t told_until_ms)
{
    pthread_mutex_lock(&a->lock);
    a->is_busy = false;
    if (told_until_ms > a->told_until_ms)
        a->told_until_ms = told_until_ms;
    pthread_mutex_unlock(&a->lock);
}

static uint64_t luck_of_post(const struct amo *a, int64_t number)
{
    return chance(a->sim->world->seed, CHANCE_POST, (uint64_t)number, 1);
}

/* ---- history ---- */

/* Until it is taken, or the tries are used up; now and then the same bytes come twice. */
static enum err send_until_taken(struct ctx *cx, struct amo *a, const struct hook *h,
                                 const struct amo_post *post)
{
    int64_t copies = luck_of_post(a, post->number) % 100 < 2 ? 2 : 1;
    int status = 0;
    enum err err;

    while (copies-- > 0)
        for (int tries = 1;; tries++) {
            TRY(send(cx, a, h, post, &status));
            note_try(a, post, status, tries);
            if (is_success(status))
                break;
            if (tries == MOST_TRIES)
                return fail(cx, ERR_UPSTREAM, "the hook answered %d, five times", status);
            TRY(fetch_wait(cx, a->fetcher, retry_ms(a, tries)));
        }
out:
    return err;
}

enum err sim_deliver_history(struct ctx *cx, struct sim *s, int batch, struct sim_deliveries *sum)
{
    struct amo *a = s->amo;
    struct amo_told t = {.arena = arena_new(ARENA_CAP),
                         .until_ms = sim_moment(s).now_ms,
                         .lose_one_in = sim_switch_of(s, SIM_LOSE_HOOKS)};
    struct hook h = {.answer_ms = HISTORY_ANSWER_MS};
    enum err err = OK;
    bool has_begun = begin(a, t.arena, &h);

    if (!has_begun) {
        err = fail(cx, ERR_CONFLICT, "no hook is set, or it is off, or being used");
        goto out;
    }
    amo_collect(&t, s->world);
    size_t step = batch > 0 ? (size_t)batch : 20;
    for (size_t i = 0; i < t.events.n; i += step) {
        struct amo_post post = {++a->number, t.events.at + i, t.events.n - i};
        if (post.nevents > step)
            post.nevents = step;
        TRY(send_until_taken(cx, a, &h, &post));
    }
out:
    if (has_begun)
        finish(a, err ? 0 : t.until_ms);
    if (sum)
        *sum = sim_deliveries(s);
    arena_free(&t.arena);
    return err;
}

/* ---- live ---- */

/* The post's events move to where they outlive the tick. */
static void put_aside(struct amo *a, const struct amo_post *post, int tries)
{
    struct amo_event *events =
        arena_alloc(a->post_arena, post->nevents * sizeof *events, _Alignof(struct amo_event));

    memcpy(events, post->events, post->nevents * sizeof *events);
    pthread_mutex_lock(&a->lock);
    *vec_add(a->post_arena, &a->pending) = (struct pending){
        {post->number, events, post->nevents},
        tries,
        sim_moment(a->sim).now_ms + retry_ms(a, tries)
    };
    pthread_mutex_unlock(&a->lock);
}

static enum err send_new(struct ctx *cx, struct amo *a, const struct hook *h, struct amo_told *t)
{
    enum err err = OK;
    int status;

    for (size_t i = 0; i < t->events.n;) {
        struct amo_post post = {++a->number, t->events.at + i, 1};
        if (luck_of_post(a, post.number) % 100 >= 80 && i + 1 < t->events.n)
            post.nevents = 2;
        i += post.nevents;
        TRY(send(cx, a, h, &post, &status));
        note_try(a, &post, status, 1);
        if (!is_success(status))
            put_aside(a, &post, 1);
    }
out:
    return err;
}

/* Only the sender itself changes the list, and there is one at a time. */
static enum err send_due(struct ctx *cx, struct amo *a, const struct hook *h)
{
    int64_t now = sim_moment(a->sim).now_ms;
    enum err err = OK;
    int status;

    for (size_t i = 0; i < a->pending.n;) {
        struct pending p = a->pending.at[i];
        if (p.next_ms > now) {
            i++;
            continue;
        }
        TRY(send(cx, a, h, &p.post, &status));
        note_try(a, &p.post, status, ++p.tries);
        bool is_last = p.tries == MOST_TRIES, is_done = is_success(status) || is_last;
        pthread_mutex_lock(&a->lock);
        a->sum.given_up += is_last && !is_success(status);
        if (is_done) {
            a->pending.at[i] = a->pending.at[--a->pending.n];
        } else {
            p.next_ms = now + retry_ms(a, p.tries);
            a->pending.at[i++] = p;
        }
        pthread_mutex_unlock(&a->lock);
    }
    pthread_mutex_lock(&a->lock);
    if (!a->pending.n) {
        a->pending.at = NULL;
        a->pending.cap = 0;
        arena_reset(a->post_arena);
    }
    pthread_mutex_unlock(&a->lock);
out:
    return err;
}

enum err sim_tick(struct ctx *cx, struct sim *s)
{
    struct amo *a = s->amo;
    struct amo_told t = {.arena = arena_new(ARENA_CAP),
                         .until_ms = sim_moment(s).now_ms,
                         .lose_one_in = sim_switch_of(s, SIM_LOSE_HOOKS)};
    struct hook h = {.answer_ms = LIVE_ANSWER_MS};
    enum err err = OK;
    bool has_begun = begin(a, t.arena, &h);

    if (has_begun) {
        TRY(send_due(cx, a, &h));
        t.after_ms = a->told_until_ms ? a->told_until_ms : t.until_ms;
        amo_collect(&t, s->world);
        TRY(send_new(cx, a, &h, &t));
    }
out:
    if (has_begun)
        finish(a, t.until_ms);
    arena_free(&t.arena);
    return err;
}
