/* ads.h: ad accounts, whose they are, and what their ads cost day by day.
 * The one rule: a fact is what the platform says now; what it said before is
 * kept as a version. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

/* Whose spend it is, from a day on. An open binding before it ends the day
 * before; ERR_CONFLICT when another one begins later inside the period,
 * ERR_FIELDS when team or user are not there. Days are days of the account's
 * zone. */
struct binding_new {
    int64_t account_id, team_id;
    int64_t user_id;                 /* 0 = nobody in particular */
    struct str valid_from, valid_to; /* inclusive; valid_to empty = still */
};
enum err binding_create(struct tx *tx, const struct binding_new *b, int64_t *id) MUST_USE;
/* external_id with or without "act_"; ERR_NOT_FOUND when it was never seen. */
enum err account_find(struct tx *tx, struct str external_id, int64_t *id) MUST_USE;

struct account_row {
    struct str external_id, name, currency, tz, team_name, sync_state, sync_error;
};
enum err accounts_each(struct tx *tx, struct str today,
                       void (*row)(void *self, const struct account_row *a), void *self) MUST_USE;

/* Checks a token with the platform, stores it sealed and takes over the
 * accounts it opens. Calls out: never inside a transaction. */
enum err connection_add(struct ctx *cx, struct app *app, struct str token, int64_t by_user,
                        int64_t *id) MUST_USE;

/* How many account days do not add up: the ads' facts, the residual among them,
 * against the total that the account told (N05). 0 is right. */
enum err ads_verify(struct tx *tx, int64_t *differ) MUST_USE;

/* Connections that may be used now, by id; and the token of one, opened: empty when it has none.
 * ERR_NOT_FOUND for no such connection. */
struct connection_list {
    int64_t *at;
    size_t n, cap;
};
enum err connection_ids(struct tx *tx, struct connection_list *out) MUST_USE;
enum err connection_token(struct tx *tx, const struct app *app, int64_t id,
                          struct str *token) MUST_USE;
/* The platform's user took it back: the token is erased, the connection waits to be made again. *id
 * is the connection's, 0 when that user had none. */
struct connection_end {
    struct str external_id, reason; /* the user's id there; words for the owner */
    bool forget_name;               /* the user's name is erased too */
};
enum err connection_forget(struct tx *tx, const struct connection_end *e, int64_t *id) MUST_USE;

/* Costs of other networks out of a file. Columns are known by their names in English, Russian and
 * Portuguese: date, spend, and platform, account, campaign, ad set, ad, impressions, clicks, leads,
 * currency, team. A row is a day of a campaign (or ad); the same again changes nothing, another
 * number becomes a version. */
struct cost_import {
    struct str text;                        /* the CSV, held by the caller */
    struct str platform, account, currency; /* of rows that do not say theirs; may be empty */
    int64_t team_id; /* whose accounts new ones become, and the only team whose rows are taken; 0 =
                      * those that rows name */
};
struct cost_report {
    int64_t taken, merged,
        refused; /* new or changed; known already; not understood or not theirs */
};
struct cost_ear { /* told about every row; outcome: "taken", "merged", "refused"; detail may be
                     empty */
    enum err (*row)(void *self, int64_t line, const char *outcome, struct str detail);
    void *self;
};
/* ERR_INPUT when the file as a whole makes no sense; single rows are refused one by one. */
enum err costs_import(struct tx *tx, struct app *app, const struct cost_import *in,
                      const struct cost_ear *ear, struct cost_report *out) MUST_USE;

extern const struct route ads_routes[];
extern const size_t ads_nroutes;
extern const struct job ads_jobs[]; /* ads.sync, ads.breakdowns, ads.history, ads.tokens */
extern const size_t ads_njobs;
