/* sales.h: deals of the CRM: what was observed, and what it adds up to.
 * The one rule: a sale is folded anew from all observations of its deal, ordered by when they
 * happened; so duplicates and late arrivals cannot change the end. */
#pragma once
#include "core/inbox.h"
#include "leads/leads.h"

struct sale_ref { /* a sale and its lead, after an event */
    int64_t sale_id, lead_id;
    bool has_changed; /* it is new, or is not what it was before the event */
};
struct sale_refs {
    struct sale_ref *at;
    size_t n, cap;
};
/* Reads one amoCRM webhook into observations and folds the deals it tells of. What was touched is
 * handed back for attribution, in the same transaction. ERR_INPUT for an account that is not one of
 * those connected, once there are any. */
enum err sales_accept_amocrm(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out, struct sale_refs *touched) MUST_USE;
/* The same for a deal that was read by the CRM's API (crm/crm.h says the body). Its contacts'
 * phones and e-mail addresses become keys of the lead. */
enum err sales_accept_amocrm_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                                  struct inbox_result *out, struct sale_refs *touched) MUST_USE;
/* Appends to the sale's activity log: "created", "updated", "attributed". */
struct sale_activity {
    int64_t sale_id;
    const char *action;
    struct str state;
    int64_t team_id, user_id; /* 0 = none */
    struct str metadata;      /* JSON */
};
enum err sale_log(struct tx *tx, const struct sale_activity *a) MUST_USE;

/* Says which product a pipeline of the CRM sells ("express"); ERR_NOT_FOUND for no such product. */
enum err sales_map_pipeline(struct tx *tx, struct str pipeline_id,
                            struct str product_code) MUST_USE;

/* Makes the CRM account that sales are about to be imported for, when nobody knows it yet: until
 * the CRM is asked it counts in this currency. */
enum err sale_account_put(struct tx *tx, struct str account, struct str currency) MUST_USE;

/* A sale as another system's table remembers it. */
struct sale_import {
    struct str account;  /* the CRM account's id at the vendor */
    struct str deal_id;  /* the CRM's, never empty */
    struct str currency; /* of the price; ERR_INPUT when the account counts in another */
    struct str name, product, pipeline_id, responsible_id; /* product: a code, or empty */
    int64_t price_micros;
    const char *state;            /* "open", "prepaid", "won", "lost" */
    int64_t at, created_at;       /* when it got there; of the deal, 0 = not said */
    int64_t inbox_id, learned_at; /* what brought it */
    struct utm utm;
};
enum err sale_import(struct tx *tx, struct app *app, const struct sale_import *s,
                     struct sale_ref *out) MUST_USE;

extern const struct route sales_routes[];
extern const size_t sales_nroutes;
extern const struct job sales_jobs[]; /* sales.refold */
extern const size_t sales_njobs;
