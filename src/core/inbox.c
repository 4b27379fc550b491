/* inbox.c: the committing thread. Whoever waits at the same moment shares one commit, so that an
 * answer of 200 means "on disk" and still costs a fraction of a disk flush. */
#include "core/inbox.h"
#include "base/log.h"
#include "core/auth_inside.h"
#include "core/inbox.sql.h"
#include "core/inbox_inside.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

enum {
    BATCH = 64,
    MOST_WAITING = 4096,
    LONGEST_WAIT_MS = 1000,
    RETRY_MS = 2000,
    COMMIT_WAIT_MS = 5000,
    CROWD = 8, /* so many in one commit: more is coming in than one after another */
    CROWD_STAYS_MS = 20,
    LONGEST_TYPE = 200,
    SCRATCH_CAP = 16 << 20
};

struct waiter { /* on the stack of who waits */
    struct waiter *next;
    sem_t is_done; /* not the inbox's lock, or a whole batch would wake up only to wait for it */
    const struct inbox_new *event;
    struct str content_type; /* made safe to store and to show */
    int64_t received_at, since_mono_ms;
    enum err err;
};
struct inbox {
    struct app *app;
    struct arena *own, *scratch; /* itself; one commit's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct waiter *first, **last;
    struct waiter *taken; /* the batch that is being committed */
    size_t n, most;
    int64_t crowded_at_mono_ms; /* when a crowd was committed last */
    bool is_stopping;
};

/* ---- rows ---- */

static bool is_bad(const struct inbox_new *n)
{
    return n->signature && strcmp(n->signature, "bad") == 0;
}

/* *id stays 0 for an event that is there already. What came with a wrong signature waits for a
 * person. */
static enum err insert(struct tx *tx, const struct inbox_new *n, struct str content_type,
                       int64_t received_at, int64_t *id)
{
    bool found = false;

    *id = 0;
    return db_get_int(
        tx, &q_inbox_insert,
        ARGS(a_str("source", n->source), a_str("dedupe_key", n->dedupe_key),
             a_int("received_at", received_at), a_str("content_type", content_type),
             a_blob("body", n->body),
             a_str("signature", str_of(n->signature ? n->signature : "none")),
             a_str("state", is_bad(n) ? S("parked") : S("new")),
             a_opt("error", is_bad(n)
                                ? S("the signature is wrong: is the app secret the platform's?")
                                : (struct str){0})),
        id, &found);
}

static enum err find(struct tx *tx, const struct inbox_new *n, int64_t *id)
{
    return db_get_int(tx, &q_inbox_find,
                      ARGS(a_str("source", n->source), a_str("dedupe_key", n->dedupe_key)), id,
                      NULL);
}

const struct inbox_source *inbox_source_named(const struct app *app, struct str name)
{
    for (size_t i = 0; i < app->ninbox_sources; i++)
        if (str_eq(str_of(app->inbox_sources[i].name), name))
            return &app->inbox_sources[i];
    return NULL;
}

enum err inbox_accept(struct tx *tx, struct app *app, const struct inbox_event *e)
{
    enum err err;
    const struct inbox_source *source = inbox_source_named(app, e->source);
    struct inbox_result r = {0};

    if (!source)
        return tx_fail(tx, ERR_INPUT, "nobody here takes events of %.*s", STR_FMT(e->source));
    TRY(source->accept(tx, app, e, &r));
    TRY(db_exec(tx, &q_inbox_done,
                ARGS(a_int("id", e->id), a_int("now", now_ms(tx_ctx(tx))),
                     a_opt("parser", str_of(r.parser ? r.parser : "")), a_opt("outcome", r.outcome),
                     a_opt("subject", r.subject)),
                NULL));
out:
    return err;
}

enum err inbox_take(struct tx *tx, struct app *app, const struct inbox_new *n, int64_t *id,
                    bool *is_new)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct inbox_event e = {.source = n->source,
                            .content_type = n->content_type,
                            .body = n->body,
                            .received_at = now_ms(cx),
                            .is_signed = n->signature && strcmp(n->signature, "ok") == 0};

    TRY(insert(tx, n, n->content_type, e.received_at, &e.id));
    *is_new = e.id != 0;
    if (e.id)
        TRY(inbox_accept(tx, app, &e));
    else
        TRY(find(tx, n, &e.id));
    if (id)
        *id = e.id;
out:
    return err;
}

enum err inbox_store(struct tx *tx, const struct inbox_new *n, int64_t *id, bool *is_new)
{
    enum err err;

    TRY(insert(tx, n, n->content_type, now_ms(tx_ctx(tx)), id));
    *is_new = *id != 0;
    if (!*id)
        TRY(find(tx, n, id));
out:
    return err;
}

enum err inbox_record(struct tx *tx, const struct inbox_new *n, int64_t *id)
{
    enum err err;
    int64_t now = now_ms(tx_ctx(tx));

    TRY(insert(tx, n, n->content_type, now, id));
    if (!*id)
        return find(tx, n, id);
    TRY(db_exec(tx, &q_inbox_done,
                ARGS(a_int("id", *id), a_int("now", now), a_null("parser"), a_null("outcome"),
                     a_null("subject")),
                NULL));
out:
    return err;
}

/* ---- the thread ---- */

static enum err commit(struct inbox *in, struct ctx *cx, const struct waiter *const *batch,
                       size_t n, int64_t *stored)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t id;

    *stored = 0;
    TRY(tx_begin(cx, in->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < n; i++) {
        const struct waiter *w = batch[i];
        TRY(insert(tx, w->event, w->content_type, w->received_at, &id));
        *stored += id != 0;
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err commit_some(struct inbox *in, struct waiter **batch, size_t n, int64_t *stored)
{
    struct ctx cx = {.arena = in->scratch, .clock = in->app->clock, .tag = "inbox"};

    cx.deadline_ms = mono_ms(&cx) + COMMIT_WAIT_MS;
    enum err err = commit(in, &cx, (const struct waiter *const *)batch, n, stored);
    if (err)
        LOG(&cx, LOG_ERROR, "inbox.refused", l_str("code", str_of(err_slug(err))),
            l_str("why", str_of(cx.why)), l_int("events", (int64_t)n));
    arena_reset(in->scratch);
    return err;
}

/* One event that the database will not take must not keep out those that came beside it. */
static void store(struct inbox *in, struct waiter **batch, size_t n)
{
    int64_t stored = 0, one;
    enum err err = commit_some(in, batch, n, &stored);

    for (size_t i = 0; i < n; i++)
        batch[i]->err = err;
    if (err && err != ERR_BUSY && n > 1) {
        stored = 0;
        for (size_t i = 0; i < n; i++) {
            batch[i]->err = commit_some(in, &batch[i], 1, &one);
            stored += batch[i]->err ? 0 : one;
        }
    } else if (err) {
        stored = 0;
    }
    if (stored)
        scheduler_nudge(in->app->scheduler, "inbox.drain");
}

static size_t take(struct inbox *in, struct waiter **batch)
{
    size_t n = 0;

    while (in->first && n < BATCH) {
        batch[n++] = in->first;
        in->first = in->first->next;
    }
    if (!in->first)
        in->last = &in->first;
    in->taken = n ? batch[0] : NULL;
    return n;
}

static int64_t inbox_mono_ms(const struct inbox *in)
{
    return in->app->clock->mono_ms(in->app->clock->self);
}

static void *keep_committing(void *self)
{
    struct inbox *in = self;
    struct waiter *batch[BATCH];
    size_t n;

    pthread_mutex_lock(&in->lock);
    for (;;) {
        while (!in->first && !in->is_stopping)
            pthread_cond_wait(&in->work, &in->lock);
        n = take(in, batch);
        if (!n)
            break;
        pthread_mutex_unlock(&in->lock);
        store(in, batch, n);
        pthread_mutex_lock(&in->lock);
        in->taken = NULL;
        in->n -= n;
        if (n >= CROWD)
            in->crowded_at_mono_ms = inbox_mono_ms(in);
        pthread_mutex_unlock(&in->lock);
        for (size_t i = 0; i < n; i++)
            sem_post(&batch[i]->is_done); /* from here on it may be gone */
        pthread_mutex_lock(&in->lock);
    }
    pthread_mutex_unlock(&in->lock);
    return NULL;
}

/* ---- who waits ---- */

static const char *refusal(const struct inbox *in, int64_t mono)
{
    const struct waiter *oldest = in->taken ? in->taken : in->first;

    if (in->is_stopping)
        return "the program is ending";
    if (in->n >= in->most)
        return "too many events wait to be stored";
    if (oldest && mono - oldest->since_mono_ms > LONGEST_WAIT_MS)
        return "the disk does not keep up with what comes in";
    return NULL;
}

static const char *wait_for_commit(struct inbox *in, struct waiter *w)
{
    const char *why;

    pthread_mutex_lock(&in->lock);
    why = refusal(in, w->since_mono_ms);
    if (!why) {
        *in->last = w;
        in->last = &w->next;
        in->n++;
        pthread_cond_signal(&in->work);
    }
    pthread_mutex_unlock(&in->lock);
    while (!why && sem_wait(&w->is_done)) /* a signal may interrupt it */
        continue;
    return why;
}

enum err inbox_put(struct ctx *cx, struct app *app, const struct inbox_new *n)
{
    struct waiter w = {.event = n,
                       .content_type = clean_text(cx->arena, n->content_type, LONGEST_TYPE),
                       .received_at = now_ms(cx),
                       .since_mono_ms = mono_ms(cx)};

    if (!app->inbox)
        return fail(cx, ERR_BUSY, "the inbox is not open");
    sem_init(&w.is_done, 0, 0);
    const char *why = wait_for_commit(app->inbox, &w);
    sem_destroy(&w.is_done);
    if (!why && !w.err)
        return OK;
    cx->retry_after_ms = RETRY_MS;
    return fail(cx, ERR_BUSY, "%s", why ? why : "the event could not be stored");
}

/* ---- start and stop ---- */

static void inbox_free(struct inbox **out)
{
    struct inbox *in = *out;
    struct arena *own = in->own;

    *out = NULL;
    pthread_cond_destroy(&in->work);
    pthread_mutex_destroy(&in->lock);
    arena_free(&in->scratch);
    arena_free(&own);
}

enum err inbox_start_sized(struct ctx *cx, struct app *app, size_t most, struct inbox **out)
{
    struct arena *own = arena_new(sizeof(struct inbox) + 4096);
    struct inbox *in = arena_new_of(own, struct inbox);

    *in = (struct inbox){.app = app, .own = own, .scratch = arena_new(SCRATCH_CAP), .most = most};
    in->last = &in->first;
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->work, NULL);
    *out = in; /* before there is a thread that looks for it */
    if (!pthread_create(&in->thread, NULL, keep_committing, in))
        return OK;
    inbox_free(out);
    return fail(cx, ERR_BUSY, "no thread for the inbox");
}

enum err inbox_start(struct ctx *cx, struct app *app, struct inbox **out)
{
    return inbox_start_sized(cx, app, MOST_WAITING, out);
}

size_t inbox_waiting(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    size_t n = in->n;
    pthread_mutex_unlock(&in->lock);
    return n;
}

bool inbox_is_crowded(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    int64_t at = in->crowded_at_mono_ms;
    pthread_mutex_unlock(&in->lock);
    return at && inbox_mono_ms(in) - at < CROWD_STAYS_MS;
}

void inbox_stop(struct inbox **out)
{
    struct inbox *in = *out;

    if (!in)
        return;
    pthread_mutex_lock(&in->lock);
    in->is_stopping = true;
    pthread_cond_signal(&in->work);
    pthread_mutex_unlock(&in->lock);
    pthread_join(in->thread, NULL);
    inbox_free(out);
}
