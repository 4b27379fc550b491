/* job_inside.h: the run history, shared by the timetable and by runs on demand.
 * The one rule: a run begins with a claimed row and always ends by finishing that row. */
#pragma once
#include "base/cron.h"
#include "core/app.h"
#include "core/job.h"

enum { JOB_ARENA_CAP = 64 << 20 };

struct claimed {
    int64_t id, slot_ms, started_ms;
};
struct progress {
    int64_t done, total, started_at; /* started_at 0 = nothing was reported */
    char text[160];
};
struct ending { /* how a run ended; id 0 = none */
    int64_t id, finished_at, seen, written, failed;
    const char *outcome;
    char why[sizeof((struct ctx *)0)->why]; /* empty when it went well */
    struct str log; /* of the run's memory: an end that is written late has none */
};
/* Lost without a failure when the slot is taken or the job may still be running elsewhere. */
enum err job_claim(struct ctx *cx, struct app *app, const struct job *job, struct claimed *c,
                   bool *is_won) MUST_USE;
/* Claims this very moment: a nudge or a run on demand. Slots are instants; a second run in the same
 * millisecond takes the next one. */
enum err job_claim_now(struct ctx *cx, struct app *app, const struct job *job, struct claimed *c,
                       bool *is_won) MUST_USE;
/* Runs the claimed job on this thread and writes how it ended; returns what the job returned. An
 * end that the database does not take is kept at the timetable and written by the next claim. */
enum err job_execute(struct app *app, const struct job *job, const struct claimed *c,
                     struct job_run *r) MUST_USE;
enum err jobs_prune(struct ctx *cx, struct app *app) MUST_USE;
enum err job_last_slot(struct ctx *cx, struct app *app, const char *name, int64_t *slot) MUST_USE;

/* What an admin set for a job, over its row in the table. */
struct job_setting {
    struct str text; /* the schedule in force */
    struct cron cron;
    int64_t paused_at;  /* 0 = not paused */
    int64_t changed_at; /* 0 = never */
};
enum err job_setting_read(struct tx *tx, const struct job *job, struct job_setting *out) MUST_USE;
enum err job_setting_load(struct ctx *cx, struct app *app, const struct job *job,
                          struct job_setting *out) MUST_USE; /* in a transaction of its own */
struct job_change {
    const struct job *job;
    bool sets_cron;
    struct str cron; /* with sets_cron; empty = the job's own */
    bool is_paused;  /* without */
    int64_t by_user; /* 0 = the command line */
};
/* After the commit call scheduler_set. */
enum err job_setting_write(struct tx *tx, const struct job_change *c,
                           const struct job_setting *old) MUST_USE;
/* From now on so, without catching up; a run that goes on is left alone. NULL is fine. */
void scheduler_set(struct scheduler *s, const struct job *job, const struct cron *cron,
                   bool is_paused);

/* A seat at the running timetable, so that a run on demand and a slot never overlap. NULL is fine.
 */
bool scheduler_take(struct scheduler *s, const struct job *job);
void scheduler_release(struct scheduler *s, const struct job *job);
/* What the run says of itself, until it ends. NULL is fine. */
void scheduler_note_progress(struct scheduler *s, const struct job *job, const struct progress *p);
/* False while the job does not run or said nothing yet. */
bool scheduler_progress(struct scheduler *s, const struct job *job, struct progress *out);
/* The end that is still to be written, for who holds the job's seat. NULL without a timetable. */
struct ending *scheduler_owed(struct scheduler *s, const struct job *job);
/* The clock of jobs, which runs ahead once the program ends; the app's own without a timetable. */
const struct clock *scheduler_clock(const struct app *app);
