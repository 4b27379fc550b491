/* ads_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "ads/ads.h"
#include "base/map.h"
#include "vendors/connector.h"

struct account { /* one account of a run, in the run's arena */
    int64_t id;
    struct str external_id, name, currency, tz;
    int64_t paused_until; /* 0 = not */
};

/* What is known of an account's objects: external id to our id. Lives in its
 * own arena. */
struct entity_maps {
    struct arena *arena;
    int64_t account_id;
    struct str currency;
    struct map campaigns, ad_sets, ads;
};
enum err entities_load(struct tx *tx, struct entity_maps *m) MUST_USE;
/* Inserts or updates; an ad set or ad whose parent is unknown is skipped: its
 * parent was taken away between two pages, and the next run sees both. */
enum err entity_put(struct tx *tx, struct entity_maps *m, enum net_level level,
                    const struct net_entity *e) MUST_USE;
/* The ad of an insights row, made from the row's own names when no list showed
 * it (deleted ads). */
enum err entity_of_row(struct tx *tx, struct entity_maps *m, const struct net_row *row,
                       int64_t *ad_id) MUST_USE;

/* ---- pages as they came ---- */
struct raw_page { /* one answer's rows, packed */
    struct str packed, sha256;
    int64_t size, n_rows;
    int64_t id; /* 0 = not stored: nothing in it was new yet */
};
/* Packs the rows of a page into the arena of `into`; cx->arena is worked in. */
enum err raw_pack(struct ctx *cx, struct arena *into, const struct net_page *page,
                  struct raw_page *out) MUST_USE;
/* Stores the page the first time one of its rows is new; *id names it. */
struct raw_of {
    int64_t account_id;
    const char *kind; /* "insights", "totals", "breakdown", "file" */
};
enum err raw_keep(struct tx *tx, const struct raw_of *of, struct raw_page *page,
                  int64_t *id) MUST_USE;
/* The one row of a stored page that speaks of an ad's day; empty when it is not
 * in it. */
struct raw_row {
    struct str ad, day, row, sha256; /* ad empty: the account's own row */
    int64_t received_at;
};
enum err raw_find(struct tx *tx, int64_t raw_id, struct raw_row *out) MUST_USE;

/* ---- facts ---- */
struct fact_row { /* what the network says of an ad's day, and on which page */
    struct net_row row;
    struct raw_page *page; /* NULL = not kept */
};
struct fact_rows { /* what the network says about a window of days */
    struct fact_row *at;
    size_t n, cap;
};
struct fact_window {
    const struct account *account;
    struct str from, to; /* days of the account's zone, both inclusive */
};
enum fact_part {
    FACTS_OF_ADS,      /* everything but the residual */
    FACTS_OF_RESIDUAL, /* the pseudo-ad "not in any ad" alone */
    FACTS_GIVEN        /* rows of one day out of a file: nothing else vanishes */
};
struct fact_apply {
    struct entity_maps *maps;
    struct fact_window window;
    enum fact_part part;
    const struct fact_rows *rows;
};
/* Makes the facts of the window equal to rows: changed and vanished ones become
 * versions first. Marks the days that changed. *written counts inserted,
 * changed and vanished rows. */
enum err facts_apply(struct tx *tx, const struct fact_apply *what, int64_t *written) MUST_USE;
/* The days stay as they are known; that they could not be asked for is noted.
 */
enum err facts_note_failure(struct tx *tx, const struct fact_window *w, struct str error) MUST_USE;

#define RESIDUAL_PREFIX "residual:"
/* "residual:<account>": the external id of the pseudo-ad, its ad set and its
 * campaign. */
struct str residual_id(struct arena *a, const struct account *account);

/* ---- accounts and connections ---- */
struct net_link link_of(const struct app *app, struct str token);
/* All accounts a token opens, in the arena of cx. */
struct account_list {
    struct net_account *at;
    size_t n, cap;
};
struct accounts_of {
    int64_t connection_id;
    struct str platform;
    const struct account_list *list;
};
/* Adds to *changed how many rows are new or say something new. */
enum err accounts_put(struct tx *tx, const struct accounts_of *a, int64_t *changed) MUST_USE;
/* How a connection is; a dead token is noted at its accounts too. Adds to
 * *changed. */
enum err connection_note(struct tx *tx, int64_t id, struct str state, struct str reason,
                         int64_t *changed) MUST_USE;
enum err accounts_fetch(struct ctx *cx, const struct connector *net, const struct net_link *l,
                        struct account_list *out, struct net_reply *last) MUST_USE;
/* What the platform says of a token, as rows keep it. */
struct token_facts {
    bool is_known; /* false: there is no app secret to ask with, or nobody
                      answered */
    bool is_valid;
    struct maybe_int expires_at, data_expires_at; /* UTC ms; unknown = never */
    struct str scopes;                            /* comma-joined */
};
enum err token_ask(struct ctx *cx, struct app *app, struct str token,
                   struct token_facts *out) MUST_USE;
/* Those that the product asks for and these (comma-joined) lack; comma-joined.
 */
struct str scopes_missing(struct arena *a, struct str scopes);
enum err tokens_check(struct job_run *r) MUST_USE; /* the job ads.tokens */
/* A token to be stored, and how it came. */
struct connection_new {
    struct str token;
    const char *auth; /* "token", "oauth", "settings" */
    int64_t by_user;
    bool is_check;               /* the token is stored already: what was known of it stays when
                                    nobody answers */
    struct maybe_int expires_at; /* as the platform said it when it gave the token */
};
enum err connection_make(struct ctx *cx, struct app *app, const struct connection_new *c,
                         int64_t *id) MUST_USE;
/* What to tell the owner, in words; held by the arena. */
struct str reason_of(struct arena *a, const struct net_reply *last);

/* ---- one run over connections and accounts ---- */
struct run {
    struct job_run *job;
    const struct account_job *what;
    const struct connector *net; /* of the connection in hand */
    struct net_link link;
    int64_t connection_id;
    bool stop_all;        /* the whole network must wait, or the API version is dead */
    bool stop_connection; /* the token is dead */
};
struct account_run {
    struct run *run;
    const struct account *account;
    struct entity_maps maps;
    struct ctx cx; /* the account's own: a failure here is not the run's */
    struct net_reply last;
    const struct zone *zone;
    struct str today; /* the day that it is where the account is */
};
/* What a job does with one account, without an open transaction. On failure
 * ar->last says what to do. */
struct account_job {
    enum err (*work)(struct account_run *ar);
    /* The costs themselves: the list of accounts is read first, and what became
     * of an account stands in its row. Other jobs only note a dead token and a
     * pause. */
    bool is_sync;
};
enum err accounts_run(struct job_run *r, const struct account_job *what) MUST_USE;
/* What a polite client waits before the next call; a full window ends the
 * account's turn. */
enum err account_rest(struct account_run *ar) MUST_USE;
bool ads_is_out_of_time(const struct account_run *ar, int64_t needed_ms);

/* ---- windows of insights ---- */
struct window_rows { /* of one window, with its own arena */
    struct arena *arena;
    const struct entity_maps *maps; /* NULL: names are kept for every row */
    struct fact_rows rows;
};
void window_open(struct window_rows *w, const struct entity_maps *maps);
void window_close(struct window_rows *w);
struct net_sink window_sink(struct window_rows *w);
/* Asks for ads' days and makes the facts equal to the answer, in halves when it
 * is too much. Days that could not be had are noted as failed. */
enum err window_try(struct account_run *ar,
                    const struct fact_window *w) MUST_USE; /* at once or not at all */
enum err window_sync(struct account_run *ar, const struct fact_window *w) MUST_USE;
enum err window_store(struct account_run *ar, const struct fact_window *w,
                      struct window_rows *rows) MUST_USE;
enum err window_note_failure(struct account_run *ar, const struct fact_window *w) MUST_USE;
/* The account's own totals of the days, compared with the ads; the difference
 * becomes the residual. Days that differ too much are read once more. */
enum err totals_sync(struct account_run *ar, const struct fact_window *w) MUST_USE;

/* ---- days that are too much for one answer ---- */
enum heavy_state {
    HEAVY_KNOWN = 1, /* needed a report lately: ads.sync leaves it to ads.history */
    HEAVY_UNDER_WAY,
    HEAVY_GIVEN_UP /* for a day */
};
struct heavy_days {
    struct map by_day; /* day to enum heavy_state */
};
enum err heavy_load(struct tx *tx, struct account_run *ar, struct heavy_days *out) MUST_USE;
/* Looks after the reports that were begun, in this run or before a restart. */
enum err reports_resume(struct account_run *ar) MUST_USE;
/* Has a report made of one day; takes it when it is ready in time, otherwise a later run does. */
enum err report_begin(struct account_run *ar, struct str day) MUST_USE;
enum err history_run(struct job_run *r) MUST_USE; /* the job ads.history */

/* Objects and insights of one account, window by window. */
enum err account_sync(struct account_run *ar) MUST_USE;
