/* inbox_inside.h: what the files of the inbox share. Included by core/inbox*.c only.
 * The one rule: an event is accepted and marked done in one transaction. */
#pragma once
#include "core/inbox.h"

/* Whether the text, folded before, stands in the body: as sent, or percent- or \\u-encoded. */
bool inbox_text_holds(struct arena *a, struct str body, struct str folded);
/* Jobs: inbox.sweep and inbox.drift. */
enum err inbox_sweep(struct job_run *r) MUST_USE;
enum err inbox_drift(struct job_run *r) MUST_USE;
handler_fn inbox_drift_list, inbox_replay_one, inbox_replay_many;

struct inbox_again {   /* which events are to be worked off again */
    struct str source; /* empty = of every source that can */
    bool all;          /* those that are done too, not only what is parked */
    int64_t from_at, to_at;
};
/* How many there are: all of them are looked at, so not while the writer is held. */
enum err inbox_again_count(struct ctx *cx, struct app *app, const struct inbox_again *what,
                           int64_t *count) MUST_USE;
/* Makes them new in many short transactions: who waits for the writer gets it in between. What
 * comes in meanwhile is left as it is. */
enum err inbox_again_mark(struct ctx *cx, struct app *app, const struct inbox_again *what) MUST_USE;

/* Hands the stored event to its source and marks it done. */
enum err inbox_accept(struct tx *tx, struct app *app, const struct inbox_event *e) MUST_USE;

/* The event is new again. ERR_NOT_FOUND for none, ERR_CONFLICT for one that is only kept. */
enum err inbox_again_one(struct tx *tx, const struct app *app, int64_t id) MUST_USE;
/* NULL when nobody takes events of that name: they are only kept. */
const struct inbox_source *inbox_source_named(const struct app *app, struct str name);
