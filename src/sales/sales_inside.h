/* sales_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "sales/sales.h"
#include "sales/sales_fold.h"
#include "vendors/amocrm.h"

/* What a deal's price is in before the CRM was asked. */
#define FIRST_CURRENCY "KZT"

/* What pipelines and statuses mean, read once per webhook. */
struct stage_rule {
    struct str pipeline_id, status_id; /* status empty = every status of the pipeline */
    enum deal_stage stage;
    int64_t product_id;
    struct str funnel_stage; /* may be empty */
};
struct stages {
    struct stage_rule *at;
    size_t n, cap;
};
enum err stages_load(struct tx *tx, struct stages *out) MUST_USE;
/* 142 is won and 143 lost in every pipeline; other statuses as mapped, else open. */
enum deal_stage stages_read(void *stages, struct str pipeline_id, struct str status_id);
/* The product a pipeline sells; 0 = not mapped. */
int64_t stages_product(const struct stages *s, const struct folded_sale *sale);

/* What the funnel calls a step of the deal; empty = nothing. */
struct str stages_funnel(const struct stages *s, const struct folded_step *step);

struct deal { /* whose observations are folded */
    int64_t crm_account_id;
    struct str crm_external_id, deal_id, currency;
    struct lead_keys keys;             /* what its person was said to be known by just now */
    struct str name, phone_tail;       /* of that person; may be empty */
    const struct inbox_event *told_by; /* that said the name and the phone; may be NULL */
};
/* Folds the deal anew and stores sale, lead and payments; marks the days that it touched. Writes
 * nothing when all of it is there already. */
enum err sale_refold(struct tx *tx, struct app *app, const struct deal *d,
                     const struct stages *stages, struct sale_ref *out) MUST_USE;

struct refolded { /* the same, with what it was and is */
    struct sale_ref ref;
    bool is_known; /* there was a sale before */
    struct str old_state, old_status_id;
    int64_t old_price;
    struct folded_sale now;
};
enum err deal_refold(struct tx *tx, struct app *app, const struct deal *d,
                     const struct stages *stages, struct refolded *out) MUST_USE;

struct told {           /* one observation, to be kept */
    const char *source; /* "hook", "read", "import" */
    enum deal_action action;
    struct str key;
    int64_t at, learned_at, inbox_id;
    struct str status_id, pipeline_id, name, responsible_id;
    struct maybe_int price_micros, created_at, prepaid_micros;
    struct utm utm;
};
/* *is_news: nobody has told us this before. */
enum err told_put(struct tx *tx, const struct deal *d, const struct told *t,
                  bool *is_news) MUST_USE;
/* What this event told before, when it is worked off once more. */
enum err told_forget(struct tx *tx, const struct deal *d, int64_t inbox_id) MUST_USE;
struct crm_seen { /* whose deals an event is about */
    struct str account_id, subdomain;
    int64_t at;
};
/* The account's row, made when it is new; fills the deal's account and currency. */
enum err crm_account_seen(struct tx *tx, const struct crm_seen *c, struct deal *d) MUST_USE;
struct utm utm_of_tracking(const struct amo_tracking *t);
