/* inbox.h: webhooks at rest. Store first, answer, work later.
 * The one rule: it is there before the first job runs and goes after the last, since jobs look at
 * it; nothing is put before the timetable, which it wakes, has started. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

struct inbox_event {
    int64_t id;
    struct str source, content_type, body;
    int64_t received_at;
    int64_t attempts;
    bool is_signed; /* its signature was right when it came */
};
struct inbox_result { /* what became of an event; for the eye and for search, so all may stay empty
                       */
    const char *parser; /* who understood it, with the version of its words: "amocrm/2" */
    struct str outcome; /* "sale", "lead", "nothing to do": short, in English */
    struct str subject; /* what it is about: a deal's or a lead's id at the vendor */
};
struct inbox_source { /* a slice's door for what vendors send */
    const char *name; /* "amocrm" */
    /* Turns the event into facts inside tx; the same event twice gives the same facts. A failure is
     * noted on the event and tried again with growing pauses; ERR_INPUT parks it at once. */
    enum err (*accept)(struct tx *tx, struct app *app, const struct inbox_event *e,
                       struct inbox_result *out);
};

struct inbox; /* the committing thread: waiting events share one commit */
enum err inbox_start(struct ctx *cx, struct app *app, struct inbox **out) MUST_USE;
/* The same with another bound on how many events may wait (4096). */
enum err inbox_start_sized(struct ctx *cx, struct app *app, size_t most,
                           struct inbox **out) MUST_USE;
size_t inbox_waiting(struct inbox *i); /* events not yet on disk */
/* So many come in at once that who works on stored ones should let them pass. */
bool inbox_is_crowded(struct inbox *i);
void inbox_stop(struct inbox **i); /* what waits is still committed; NULL is fine */
struct inbox_new {
    struct str source, dedupe_key; /* the same pair is the same event */
    struct str content_type, body;
    const char *signature; /* "ok" or "bad" where the vendor signs; NULL = "none" */
};
/* Returns once the event is on disk (a duplicate is OK too). ERR_BUSY when the queue is full, the
 * oldest waited over a second, or the disk refuses: the sender must keep it. An event with a bad
 * signature is kept parked: a replay after the secret is put right takes it. */
enum err inbox_put(struct ctx *cx, struct app *app, const struct inbox_new *n) MUST_USE;
/* Stores and accepts in the caller's transaction: for what we fetched or read from a file
 * ourselves. A duplicate is not accepted again: *is_new says. *id may be NULL. What the source
 * refuses fails the transaction, as any failure does. */
enum err inbox_take(struct tx *tx, struct app *app, const struct inbox_new *n, int64_t *id,
                    bool *is_new) MUST_USE;
/* Stores in the caller's transaction, for the next inbox.drain (nudge it after the commit): for
 * what we fetch page by page. *id names the event that is there, *is_new says whether it was not
 * before.
 */
enum err inbox_store(struct tx *tx, const struct inbox_new *n, int64_t *id, bool *is_new) MUST_USE;
/* Keeps raw bytes that are worked up already, as done; *id names them in a fact's inbox_id. */
enum err inbox_record(struct tx *tx, const struct inbox_new *n, int64_t *id) MUST_USE;

/* inbox.drain: every minute, and nudged by inbox_put; inbox.sweep: done events past inbox_days;
 * inbox.drift: fields that vendors stopped sending. */
extern const struct job inbox_jobs[];
extern const size_t inbox_njobs;

/* ---- for the command line ---- */
struct inbox_filter {
    struct str source, state; /* empty = any */
};
struct inbox_line {
    int64_t id, received_at;
    struct str source, state, subject, outcome, error;
};
typedef void inbox_line_fn(void *self, const struct inbox_line *line);
/* The newest fifty, newest first. */
enum err inbox_each(struct ctx *cx, struct app *app, const struct inbox_filter *f,
                    inbox_line_fn *row, void *self) MUST_USE;
/* Makes one event, or with id 0 every parked one, new again; who calls runs inbox.drain next. */
enum err inbox_replay(struct ctx *cx, struct app *app, int64_t id, int64_t *count) MUST_USE;
