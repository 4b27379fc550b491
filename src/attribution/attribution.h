/* attribution.h: whose sale and whose lead it is.
 * The one rule: every sale and every lead has exactly one credit; without a team it stands in the
 * visible unattributed bucket, with the reason. */
#pragma once
#include "core/inbox.h"
#include "teams/teams.h"

/* The inbox's doors, one for each source: facts and credits in one transaction. Who shares a person
 * with whom an event touched is decided again with it. */
enum err attribution_accept_amocrm(struct tx *tx, struct app *app, const struct inbox_event *e,
                                   struct inbox_result *out) MUST_USE;
enum err attribution_accept_amocrm_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                                        struct inbox_result *out) MUST_USE;
enum err attribution_accept_lead(struct tx *tx, struct app *app, const struct inbox_event *e,
                                 struct inbox_result *out) MUST_USE;
enum err attribution_accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                                  struct inbox_result *out) MUST_USE;
enum err attribution_accept_whatsapp(struct tx *tx, struct app *app, const struct inbox_event *e,
                                     struct inbox_result *out) MUST_USE;
enum err attribution_accept_leadgen(struct tx *tx, struct app *app, const struct inbox_event *e,
                                    struct inbox_result *out) MUST_USE;
enum err attribution_accept_leadgen_read(struct tx *tx, struct app *app,
                                         const struct inbox_event *e,
                                         struct inbox_result *out) MUST_USE;

/* Decides again all that is known of the lead's person, in the caller's transaction: for who makes
 * facts by another door. */
enum err attribution_decide_again(struct tx *tx, int64_t lead_id) MUST_USE;

struct attribution_move {       /* subjects that would change hands, by old and new team */
    int64_t from_team, to_team; /* 0 = unattributed */
    int64_t sales, leads;
};
struct attribution_ask {
    struct str from, to; /* days of the reporting zone, inclusive; empty = all */
    bool only_stale;     /* only what newer rules or ads may decide otherwise */
    bool dry_run;
};
struct attribution_result {
    int64_t seen, moved;
    struct attribution_move *moves; /* in the arena of cx */
    size_t nmoves, cap;
};
/* Decides again, in short transactions; what moved has its days marked for metrics. */
enum err attribution_run(struct ctx *cx, struct app *app, const struct attribution_ask *ask,
                         struct attribution_result *out) MUST_USE;

extern const struct job attribution_jobs[]; /* attribution.run */
extern const size_t attribution_njobs;
