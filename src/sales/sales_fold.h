/* sales_fold.h: what the observations of a deal add up to. Pure: no db, no clock.
 * The one rule: the result depends on the set of observations only, not on their order. */
#pragma once
#include "base/base.h"
#include "leads/leads.h"

enum deal_action {
    DEAL_ADD,
    DEAL_UPDATE,
    DEAL_RESPONSIBLE,
    DEAL_STATUS,
    DEAL_READ, /* not an event but the whole deal, as it was asked for */
    DEAL_DELETE,
    DEAL_RESTORE
}; /* in the order in which events of one instant are taken */
const char *deal_action_name(enum deal_action a);
bool deal_action_parse(struct str name, enum deal_action *out);

enum deal_stage { STAGE_OPEN, STAGE_PREPAID, STAGE_WON, STAGE_LOST };

struct observation {
    enum deal_action action;
    struct str key;
    int64_t at, learned_at;
    struct str status_id, pipeline_id, name, responsible_id;
    bool has_price;
    int64_t price_micros;
    int64_t created_at; /* of the deal; 0 = not said */
    bool has_prepaid, is_prepaid;
    bool has_no_time; /* a hook without one: `at` is when it was heard of */
    bool is_read;     /* from the CRM's API, so that it holds all that was so when it was learned */
    bool is_closing;  /* what a read says of the day on which the deal was closed */
    int64_t inbox_id; /* 0 = none */
    struct utm utm;
    int64_t when; /* the fold's own: the time that it counts with */
    bool is_early;
};

struct folded_payment {
    const char *kind; /* "prepayment", "full", "correction", "refund" */
    int64_t amount_micros, at, learned_at;
    struct str key;
};
struct folded_step { /* a status that the deal came to */
    struct str pipeline_id, status_id;
    enum deal_stage stage;
    int64_t at, learned_at, inbox_id;
};
struct folded_sale {
    const char *state; /* "open", "won", "lost", "deleted" */
    struct str status_id, pipeline_id, name, responsible_id;
    int64_t price_micros, created_at, modified_at, learned_at;
    int64_t inbox_id; /* that was heard of first; 0 = none */
    int64_t won_at;   /* 0 = not won now */
    struct utm utm;
    bool is_prepaid, is_deleted;
    struct folded_payment *payments;
    size_t npayments, cap;
    VEC(struct folded_step) steps;
};
/* Says what a status means; the slice reads it from stage_map. */
struct stage_reader {
    enum deal_stage (*stage)(void *self, struct str pipeline_id, struct str status_id);
    void *self;
};
/* Sorts events in place. n > 0. */
void sale_fold(struct arena *a, struct observation *events, size_t n,
               const struct stage_reader *stages, struct folded_sale *out);
