/* attribution_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "attribution/attribution.h"
#include "attribution/attribution_logic.h"

struct subject { /* a sale or a lead with the credit it has now */
    int64_t id;
    struct str kind; /* "sale", "lead" */
    struct str day, state;
    struct utm utm;
    struct str ad_ext, campaign_ext; /* that it came with; empty = none */
    struct str responsible_id;
    int64_t lead_id, person_id; /* itself or its own lead, and whose it is; 0 = nobody known */
    int64_t latest_at;          /* up to when another lead of the person may lend it tags */
    int64_t created_at;
    int64_t via_lead_id; /* that lent it tags when it was decided; 0 = none */
    int64_t team_id, user_id, campaign_id, ad_id; /* of the credit; 0 = none */
    int64_t rule_set_id, rule_id;                 /* that decided it */
    struct str reason;                            /* empty = never decided */
};
struct subject_list {
    struct subject *at;
    size_t n, cap;
};
enum err subjects_read(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                       struct subject_list *out) MUST_USE;

struct verdict {
    struct decision decision;
    int64_t campaign_id, ad_set_id, ad_id;
    int64_t via_lead_id;
    bool has_moved; /* differs from the credit that the subject has */
};
enum err subject_decide(struct tx *tx, const struct rule_set *rules, const struct subject *s,
                        struct verdict *out) MUST_USE;
/* Stores the credit unless it stands already; when it moved, its days are rebuilt and the sale's
 * log says so. */
enum err subject_store(struct tx *tx, const struct rule_set *rules, const struct subject *s,
                       const struct verdict *v) MUST_USE;

/* The newest rules; a database without any gets an empty first set, so that a credit can name it.
 */
enum err attribution_rules(struct tx *tx, struct rule_set *out) MUST_USE;
