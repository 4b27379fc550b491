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
};
struct inbox_source { /* a slice's door for what vendors send */
    const char *name; /* "amocrm" */
    /* Turns the event into facts inside tx; the same event twice gives the same facts. A failure is
     * noted on the event and tried again with growing pauses; ERR_INPUT parks it at once. */
    enum err (*accept)(struct tx *tx, struct app *app, const struct inbox_event *e);
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
/* Returns once the event is on disk (a duplicate is OK too). ERR_BUSY when the queue is full, the
 * oldest waited over a second, or the disk refuses: the sender must keep it. */
enum err inbox_put(struct ctx *cx, struct app *app, struct str source, struct str dedupe_key,
                   struct str content_type, struct str body) MUST_USE;

extern const struct job inbox_jobs[]; /* inbox.drain: every minute, and nudged by inbox_put */
extern const size_t inbox_njobs;
