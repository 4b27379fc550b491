/* ads_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "ads/ads.h"
#include "base/map.h"
#include "vendors/meta.h"

struct account { /* one account of a run, in the run's arena */
    int64_t id;
    struct str external_id, name, currency, tz;
};

/* What is known of an account's objects: external id to our id. Lives in its own arena. */
struct entity_maps {
    struct arena *arena;
    int64_t account_id;
    struct str currency;
    struct map campaigns, ad_sets, ads;
};
enum err entities_load(struct tx *tx, struct entity_maps *m) MUST_USE;
enum entity_level { ENTITY_CAMPAIGN, ENTITY_AD_SET, ENTITY_AD };
/* Inserts or updates; an ad set or ad whose parent is unknown is skipped: its parent was taken away
 * between two pages, and the next run sees both. */
enum err entity_put(struct tx *tx, struct entity_maps *m, enum entity_level level,
                    const struct meta_entity *e) MUST_USE;
/* The ad of an insights row, made from the row's own names when no list showed it (deleted ads). */
enum err entity_of_insight(struct tx *tx, struct entity_maps *m, const struct meta_insight *row,
                           int64_t *ad_id) MUST_USE;

struct insight_rows { /* what the platform says about a window of days */
    struct meta_insight *at;
    size_t n, cap;
};
struct fact_window {
    const struct account *account;
    struct str from, to; /* days of the account's zone, both inclusive */
};
/* Makes the facts of the window equal to rows: changed and vanished ones become versions first.
 * Marks the days that changed. *written counts inserted, changed and vanished rows. */
enum err facts_apply(struct tx *tx, struct entity_maps *m, const struct fact_window *w,
                     const struct insight_rows *rows, int64_t *written) MUST_USE;
/* The days stay as they are known; that they could not be asked for is noted. */
enum err facts_note_failure(struct tx *tx, const struct fact_window *w, struct str error) MUST_USE;

struct meta meta_of(const struct app *app, struct str token);
/* All accounts a token opens, in the arena of cx. */
struct account_list {
    struct meta_account *at;
    size_t n, cap;
};
/* Adds to *changed how many rows are new or say something new. */
enum err accounts_put(struct tx *tx, int64_t connection_id, const struct account_list *list,
                      int64_t *changed) MUST_USE;
/* How a connection is; a dead token is noted at its accounts too. Adds to *changed. */
enum err connection_note(struct tx *tx, int64_t id, struct str state, struct str reason,
                         int64_t *changed) MUST_USE;
enum err accounts_fetch(struct ctx *cx, const struct meta *m, int page_size,
                        struct account_list *out, struct meta_reply *last) MUST_USE;
/* What to tell the owner, in words; held by the arena. */
struct str reason_of(struct arena *a, const struct meta_reply *last);

/* ---- one run of ads.sync ---- */
struct run {
    struct job_run *job;
    struct meta meta; /* of the connection in hand */
    int64_t connection_id;
    bool stop_all;        /* the whole app must wait, or the API version is dead */
    bool stop_connection; /* the token is dead */
};
struct account_run {
    struct run *run;
    const struct account *account;
    struct entity_maps maps;
    struct ctx cx; /* the account's own: a failure here is not the run's */
    struct meta_reply last;
};
/* Objects and insights of one account, window by window. On failure ar->last says what to do. */
enum err account_sync(struct account_run *ar) MUST_USE;
