/* meta_reports.h: insights made in the background: start a run, ask how it is, read its pages.
 * The one rule: rows are read only after META_REPORT_DONE; keep the run's id (it lives 30 days), so
 * that a restart goes on asking instead of starting another. */
#pragma once
#include "vendors/meta.h"

/* *run: digits, in cx->arena. */
enum err meta_report_start(struct ctx *cx, const struct meta *m,
                           const struct meta_insights_ask *ask, struct str *run,
                           struct meta_reply *last) MUST_USE;

enum meta_report_state {
    META_REPORT_UNSEEN,  /* not known yet: for some seconds after the start that is normal */
    META_REPORT_WAITING, /* not begun */
    META_REPORT_RUNNING,
    META_REPORT_DONE,
    META_REPORT_FAILED, /* class says what to do: META_SPLIT, META_RETRY (start again), ... */
    META_REPORT_EXPIRED /* skipped by the vendor: start again */
};
const char *meta_report_slug(enum meta_report_state s); /* "running": stable, for rows and logs */
struct meta_report {
    enum meta_report_state state;
    int percent;
    enum meta_class class; /* with META_REPORT_FAILED */
    int64_t code, subcode; /* since v25; 0 = not said */
    struct str message;    /* safe to show */
};
enum err meta_report_read(struct ctx *cx, const struct json_in *root,
                          struct meta_report *out) MUST_USE;
/* One question. "No such object" is META_REPORT_UNSEEN and OK: the caller counts how often. */
enum err meta_report_poll(struct ctx *cx, const struct meta *m, struct str run,
                          struct meta_report *out, struct meta_reply *last) MUST_USE;
/* How long to wait before question number n (from 0): seconds at first, half a minute later. */
int64_t meta_report_pause_ms(int n);
enum {
    META_REPORT_UNSEEN_MOST = 5,               /* questions; then the run is lost */
    META_REPORT_START_MOST_MS = 5 * 60 * 1000, /* still waiting, or at 0 %: give up */
    META_REPORT_MOST_MS = 30 * 60 * 1000
};
/* The pages of a finished run: for meta_each_page; rows as of meta_call_insights. */
struct meta_call meta_call_report_rows(struct arena *a, struct str run, int limit);
