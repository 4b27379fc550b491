/* journal.c: a ring of calls and a few groups of troubles, under one lock that is held for a copy
 * and never while the database is waited for. */
#include "core/journal.h"
#include "core/auth_inside.h"
#include "core/journal.sql.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    CALLS = 2048,
    TROUBLES = 128,
    CALL_DAYS = 30,
    TROUBLE_DAYS = 90,
    LONGEST_PATH = 200,
    LONGEST_WORDS = 400,
    PRINT = 16 /* bytes of a hash that tell troubles apart */
};

struct call_seen {
    char upstream[32], method[8], path[LONGEST_PATH + 1], error[100];
    int64_t at, ms, bytes;
    int status, tries;
};
struct trouble {
    char print[2 * PRINT + 1], event[64], words[LONGEST_WORDS + 1];
    enum log_level level;
    int64_t first_at, last_at, n;
};
struct journal {
    struct arena *own;
    pthread_mutex_t writing; /* held by who writes it down */
    pthread_mutex_t lock;    /* guards what follows */
    struct call_seen calls[CALLS];
    uint64_t first, end; /* calls from first up to end are not written yet */
    struct trouble troubles[TROUBLES];
    size_t ntroubles;
};

struct journal *journal_new(void)
{
    struct arena *own = arena_new(sizeof(struct journal) + 4096);
    struct journal *j = arena_new_of(own, struct journal);

    j->own = own;
    pthread_mutex_init(&j->writing, NULL);
    pthread_mutex_init(&j->lock, NULL);
    return j;
}

void journal_free(struct journal **out)
{
    struct journal *j = *out;

    if (!j)
        return;
    struct arena *own = j->own;
    pthread_mutex_destroy(&j->writing);
    pthread_mutex_destroy(&j->lock);
    *out = NULL;
    arena_free(&own);
}

static void put(char *to, size_t size, struct str text)
{
    size_t n = text.len < size - 1 ? text.len : size - 1;

    if (n)
        memcpy(to, text.ptr, n);
    to[n] = 0;
}

void journal_call(void *self, const struct fetch_seen *s)
{
    struct journal *j = self;

    pthread_mutex_lock(&j->lock);
    if (j->end - j->first == CALLS)
        j->first++;
    struct call_seen *c = &j->calls[j->end++ % CALLS];
    *c = (struct call_seen){
        .at = s->at, .ms = s->ms, .bytes = s->bytes, .status = s->status, .tries = s->tries};
    put(c->upstream, sizeof c->upstream, str_of(s->upstream));
    put(c->method, sizeof c->method, str_of(s->method));
    put(c->path, sizeof c->path, s->path);
    put(c->error, sizeof c->error, str_of(s->error));
    pthread_mutex_unlock(&j->lock);
}

/* ---- troubles ---- */

/* "why=the reply of act_1 was cut; code=upstream" */
static void words_of(char *to, size_t size, const struct log_field *fields, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n && used < size; i++) {
        const struct log_field *f = &fields[i];
        const char *gap = i ? "; " : "";
        int len =
            f->is_number
                ? snprintf(to + used, size - used, "%s%s=%lld", gap, f->key, (long long)f->number)
                : snprintf(to + used, size - used, "%s%s=%.*s", gap, f->key, STR_FMT(f->value));
        used += len > 0 ? (size_t)len : 0;
    }
}

/* Two that differ in numbers alone are one trouble. */
static void print_of(char out[2 * PRINT + 1], const char *event, const char *words)
{
    unsigned char hash[CRYPTO_HASH];
    char text[64 + LONGEST_WORDS + 2];
    size_t n = (size_t)snprintf(text, 64, "%s|", event);

    n = n < 63 ? n : 63;
    for (size_t i = 0; words[i]; i++)
        if (words[i] < '0' || words[i] > '9')
            text[n++] = words[i];
    hash_blake2b((struct str){0}, (struct str){text, n}, hash);
    for (size_t i = 0; i < PRINT; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static struct trouble *trouble_with(struct journal *j, const char *print)
{
    for (size_t i = 0; i < j->ntroubles; i++)
        if (strcmp(j->troubles[i].print, print) == 0)
            return &j->troubles[i];
    return NULL;
}

void journal_trouble(void *self, const struct log_line *l)
{
    struct journal *j = self;
    struct trouble t = {.level = l->level, .n = 1};

    t.first_at = t.last_at = l->cx ? now_ms(l->cx) : clock_system.now_ms(clock_system.self);
    words_of(t.words, sizeof t.words, l->fields, l->n);
    put(t.event, sizeof t.event, str_of(l->event));
    print_of(t.print, l->event, t.words);
    pthread_mutex_lock(&j->lock);
    struct trouble *known = trouble_with(j, t.print);
    if (known) {
        t.first_at = known->first_at;
        t.n = known->n + 1;
        *known = t;
    } else if (j->ntroubles < TROUBLES) {
        j->troubles[j->ntroubles++] = t;
    }
    pthread_mutex_unlock(&j->lock);
}

/* ---- writing it down ---- */

struct gathered {
    struct call_seen *calls;
    uint64_t end;
    size_t ncalls;
    struct trouble *troubles;
    size_t ntroubles;
};

static struct gathered copy(struct arena *a, struct journal *j)
{
    struct gathered g = {0};

    pthread_mutex_lock(&j->lock);
    g.end = j->end;
    g.ncalls = (size_t)(j->end - j->first);
    g.ntroubles = j->ntroubles;
    if (g.ncalls)
        g.calls = arena_alloc(a, g.ncalls * sizeof *g.calls, _Alignof(struct call_seen));
    for (size_t i = 0; i < g.ncalls; i++)
        g.calls[i] = j->calls[(j->first + i) % CALLS];
    if (g.ntroubles) {
        g.troubles = arena_alloc(a, g.ntroubles * sizeof *g.troubles, _Alignof(struct trouble));
        memcpy(g.troubles, j->troubles, g.ntroubles * sizeof *g.troubles);
    }
    pthread_mutex_unlock(&j->lock);
    return g;
}

/* What was written goes; what came meanwhile stays. */
static void forget(struct journal *j, const struct gathered *g)
{
    size_t kept = 0;

    pthread_mutex_lock(&j->lock);
    if (j->first < g->end)
        j->first = g->end;
    for (size_t i = 0; i < j->ntroubles; i++) {
        struct trouble *t = &j->troubles[i];
        if (i < g->ntroubles)
            t->n -= g->troubles[i].n; /* they stand where they stood */
        if (t->n > 0)
            j->troubles[kept++] = *t;
    }
    j->ntroubles = kept;
    pthread_mutex_unlock(&j->lock);
}

static enum err write_call(struct tx *tx, const struct call_seen *c)
{
    struct arena *a = tx_ctx(tx)->arena;

    return db_exec(tx, &q_journal_call_put,
                   ARGS(a_int("at", c->at), a_str("vendor", str_of(c->upstream)),
                        a_str("method", str_of(c->method)),
                        a_str("path", clean_text(a, str_of(c->path), LONGEST_PATH)),
                        a_int("status", c->status), a_int("ms", c->ms), a_int("bytes", c->bytes),
                        a_int("tries", c->tries), a_opt("error", str_of(c->error))),
                   NULL);
}

/* A cut in the middle of a letter would not be text. */
static struct str whole_letters(struct arena *a, const char *text)
{
    struct str s = str_of(text);

    for (int i = 0; i < 3 && s.len && !str_is_utf8(s); i++)
        s.len--;
    return clean_text(a, s, LONGEST_WORDS);
}

static enum err write_trouble(struct tx *tx, const struct trouble *t)
{
    struct arena *a = tx_ctx(tx)->arena;

    return db_exec(tx, &q_journal_trouble_put,
                   ARGS(a_str("fingerprint", str_of(t->print)), a_str("event", str_of(t->event)),
                        a_str("level", t->level >= LOG_ERROR ? S("error") : S("warn")),
                        a_str("sample", whole_letters(a, t->words)), a_int("first_at", t->first_at),
                        a_int("last_at", t->last_at), a_int("n", t->n)),
                   NULL);
}

static enum err write_all(struct ctx *cx, struct app *app, const struct gathered *g)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < g->ncalls; i++)
        TRY(write_call(tx, &g->calls[i]));
    for (size_t i = 0; i < g->ntroubles; i++)
        TRY(write_trouble(tx, &g->troubles[i]));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err journal_write(struct ctx *cx, struct app *app)
{
    enum err err = OK;
    struct journal *j = app->journal;

    if (!j || pthread_mutex_trylock(&j->writing))
        return OK;
    struct ctx own = *cx;
    own.arena = arena_new(sizeof *j * 2);
    struct gathered g = copy(own.arena, j);
    if (g.ncalls || g.ntroubles)
        err = write_all(&own, app, &g);
    if (err)
        err = fail(cx, err, "%s", own.why);
    else
        forget(j, &g);
    arena_free(&own.arena);
    pthread_mutex_unlock(&j->writing);
    return err;
}

enum err journal_sweep(struct ctx *cx, struct app *app)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t now = now_ms(cx);

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_journal_calls_forget, ARGS(a_int("before", now - CALL_DAYS * DAY_MS)),
                NULL));
    TRY(db_exec(tx, &q_journal_troubles_forget, ARGS(a_int("before", now - TROUBLE_DAYS * DAY_MS)),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}
