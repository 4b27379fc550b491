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

/* Hands the stored event to its source and marks it done. */
enum err inbox_accept(struct tx *tx, struct app *app, const struct inbox_event *e) MUST_USE;
