/* journal.h: what was asked of vendors and what went wrong, gathered in memory, written now and
 * then. The one rule: it is bounded: when nobody writes it down the oldest calls give way. */
#pragma once
#include "base/log.h"
#include "core/app.h"

struct journal *journal_new(void);
void journal_free(struct journal **j); /* NULL is fine */
/* For fetcher_observe and log_observe; self is the journal. */
void journal_call(void *self, const struct fetch_seen *s);
void journal_trouble(void *self, const struct log_line *l);
/* Writes what was gathered, in one transaction; nothing to do when there is none, no journal, or
 * another thread is at it. What could not be written is kept for the next time. */
enum err journal_write(struct ctx *cx, struct app *app) MUST_USE;
/* Forgets calls of 30 and troubles of 90 days ago. */
enum err journal_sweep(struct ctx *cx, struct app *app) MUST_USE;
