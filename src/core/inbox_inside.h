/* inbox_inside.h: what the files of the inbox share. Included by core/inbox*.c only.
 * The one rule: an event is accepted and marked done in one transaction. */
#pragma once
#include "core/inbox.h"

/* Hands the stored event to its source and marks it done. */
enum err inbox_accept(struct tx *tx, struct app *app, const struct inbox_event *e) MUST_USE;
