/* job.h: the cron table. A job is a function, a schedule and a promise about overlap. */
#pragma once
#include "base/base.h"
#include "db/db.h"

struct app;
struct job;
struct job_log;                              /* job_log.h */
enum catchup { CATCHUP_SKIP, CATCHUP_ONCE }; /* after downtime: drop missed slots, or run one */

struct job_run {
    struct ctx cx;
    struct app *app;
    const struct job *job; /* NULL when the function was called by hand */
    struct job_log *log;   /* what was said last, for the history; NULL = not kept */
    int64_t slot_ms;       /* the time it was due, not the time it began */
    int64_t started_ms;
    int64_t seen, written; /* reported in the run history */
    int64_t failed;        /* parts that failed while others went on: the run ends "partial" */
    struct job_options {
        int64_t days;       /* `--days N`; 0 = the job's own window */
        struct str account; /* `--account ID`: one only */
    } options;
    void (*say)(void *self, struct str line); /* progress for a human; may be NULL */
    void *say_self;
    int64_t progress_mono_ms; /* when progress was said last */
};
/* One line for people: to who watches this run, and into its history. */
void job_say(struct job_run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* How far the run is, with words on what it does now; total 0 = not known. As cheap as it is to
 * call for every page: kept in memory for GET /api/v1/jobs, said at most once a second. */
void job_progress(struct job_run *r, int64_t done, int64_t total, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

struct job {
    const char *name; /* "ads.sync": also the CLI name, `trafficd sync ads` */
    const char *cron; /* "5 * * * *", in the configured time zone */
    enum err (*run)(struct job_run *r);
    uint16_t timeout_s;
    enum catchup catchup;
};
struct job_set {
    const struct job *jobs;
    size_t n;
};
/* The claim is a row: insert (job, slot) or lose. Two processes never run one slot. */
struct scheduler;
enum err scheduler_start(struct ctx *cx, struct app *app, int workers,
                         struct scheduler **out) MUST_USE;
/* One look at the clock: claims and hands out what is due; the thread calls it, tests do by hand.
 * A scheduler started with 0 workers has no threads: the tick runs what is due itself. */
enum err scheduler_tick(struct scheduler *s, struct ctx *cx) MUST_USE;
/* Runs the job soon, once, however often it is nudged meanwhile; safe from any thread; NULL is
 * fine. A paused job is run once it goes on. */
void scheduler_nudge(struct scheduler *s, const char *job_name);
/* The same by a person's word: also a paused job runs. */
void scheduler_order(struct scheduler *s, const char *job_name);
/* From here on every run, also one on demand, is out of time; the timetable begins no more. */
void scheduler_wind_down(struct scheduler *s); /* NULL is fine */
void scheduler_stop(struct scheduler **s);     /* lets jobs reach a page boundary */
/* Runs one job on this thread now, with its row in the history. Same code as the timetable. */
enum err job_run_now(struct ctx *cx, struct app *app, const char *name, const struct job_options *o,
                     void (*say)(void *self, struct str line), void *say_self,
                     struct job_run *result) MUST_USE;
const struct job *job_find(const struct app *app, struct str name);
/* When the timetable runs the job next, as it is set now; 0 = never, or there is no such job. */
enum err job_next_at(struct tx *tx, const struct app *app, struct str name, int64_t *at) MUST_USE;
bool scheduler_is_running(struct scheduler *s, const char *job_name); /* NULL is fine */

/* ---- for the command line ---- */
struct job_line {
    struct str name, cron;
    int64_t next_at; /* 0 = paused */
    int64_t last_at; /* 0 = never */
    struct str outcome, error;
    int64_t seen, written;
};
typedef void job_line_fn(void *self, const struct job_line *line);
enum err jobs_each(struct ctx *cx, struct app *app, job_line_fn *row, void *self) MUST_USE;
/* ERR_NOT_FOUND when there is no such job. */
enum err job_pause(struct ctx *cx, struct app *app, struct str name, bool is_paused) MUST_USE;

/* Runs that nobody ended are lost: their process died. Only for who has the database alone. */
enum err jobs_mark_lost(struct ctx *cx, struct app *app) MUST_USE;
