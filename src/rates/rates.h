/* rates.h: what a currency cost in tenge on a day, and how money changes from one to another.
 * The one rule: every fact is converted at the rate of its own day. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

enum { RATE_MAX_AGE_DAYS = 10 }; /* the longest run of holidays that an older rate may bridge */

struct fx_rate {
    struct str base;    /* "USD" */
    int64_t kzt_micros; /* tenge for `quant` units */
    int64_t quant;
    struct str day; /* the day it was set for */
};
struct fx_rates { /* the rates that hold on one day */
    struct fx_rate *at;
    size_t n;
};
/* The best rate of each currency on or before the day: the newest day, there a manual one first. */
enum err rates_on(struct tx *tx, struct str day, struct fx_rates *out) MUST_USE;
/* Changes micros of one currency into another; false when a rate is missing or it does not fit. */
bool rates_convert(const struct fx_rates *t, int64_t micros, struct str from, struct str to,
                   int64_t *out);

/* Stores a rate and marks every day that it now decides. source: "manual", "nbk", "fallback". */
enum err rates_put(struct tx *tx, struct str source, const struct fx_rate *r,
                   struct str reporting_today) MUST_USE;
struct rate_told { /* by whom, when, and in which bytes (0 = none) */
    struct str source;
    int64_t learned_at, inbox_id;
};
/* The same for what was heard at a moment of its own: of several about one day the one heard last
 * stands, in whatever order they are told. */
enum err rates_put_told(struct tx *tx, const struct rate_told *by, const struct fx_rate *r,
                        struct str reporting_today) MUST_USE;

extern const struct route rates_routes[];
extern const size_t rates_nroutes;
extern const struct job rates_jobs[]; /* rates.sync */
extern const size_t rates_njobs;
