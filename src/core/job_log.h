/* job_log.h: the last lines that a run said, as its history keeps them.
 * The one rule: it lives in the run's arena and belongs to the run's own thread. */
#pragma once
#include "base/calendar.h"
#include "core/job.h"

enum { JOB_LOG_SIZE = 16 << 10 };
struct job_log *job_log_new(struct arena *a);
/* Adds "HH:MM:SS text", in the reporting zone; the oldest lines give way. NULL is fine. */
void job_log_add(struct job_log *l, const struct zone *z, int64_t at_ms, struct str text);
struct str job_log_text(const struct job_log *l); /* lines apart by LF; NULL gives the empty text */
