/* attribution_logic.h: which rule decides. Pure: no db, no clock. */
#pragma once
#include "leads/leads.h"
#include "teams/teams.h"

struct clues { /* what is known of a sale or lead */
    struct utm utm;
    struct str responsible_id;            /* the CRM's user of its deal; empty = none */
    struct str day;                       /* when it happened, reporting zone */
    struct str campaign_ext, ad_ext;      /* the platform's ids that it came with, or that its tags
                                             resolve to; empty = none */
    int64_t bound_team_id, bound_user_id; /* whose ad account that was on the day; 0 = nobody's */
};
struct decision {
    int64_t team_id, user_id, rule_id; /* 0 = none */
    const char *reason; /* a rule's kind, "binding", "no_tag", "not_a_team_tag" or "no_rule" */
};
struct decision attribution_decide(struct arena *a, const struct rule_set *rules,
                                   const struct clues *c);
