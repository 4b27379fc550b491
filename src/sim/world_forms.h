/* world_forms.h: Lead Ads: who left a request in a form on the platform itself.
 * The one rule: these people are a stream of their own; none of them is a deal of world.h, and the
 * sums of world_truth do not count them. */
#pragma once
#include "sim/world.h"

enum { WORLD_PAGES = WORLD_TEAMS, WORLD_MAX_FORM_LEADS = 4 };

struct world_form_lead {
    int64_t id; /* 15 digits */
    uint32_t ad;
    int64_t day; /* in the ad account's zone */
    int team;    /* whose ad it is; also the number of its page and form */
    int64_t created_ms;
    bool is_organic; /* came to the page by itself: its ad is not told */
};
uint32_t world_nform_leads(const struct world *w, uint32_t ad, int64_t day);
/* k below world_nform_leads. */
void world_form_lead(const struct world *w, uint32_t ad, int64_t day, uint32_t k,
                     struct world_form_lead *out);
bool world_form_lead_find(const struct world *w, int64_t id, struct world_form_lead *out);

/* A page and its one form per team. */
struct str world_page_id(struct arena *a, int page);
struct str world_page_name(const struct world *w, struct arena *a, int page);
struct str world_page_token(const struct world *w, struct arena *a, int page);
struct str world_form_id(struct arena *a, int page);

struct world_form_answers {
    struct str full_name, phone, email, city; /* email: empty for some */
};
void world_form_answers(const struct world *w, struct arena *a, const struct world_form_lead *l,
                        struct world_form_answers *out);

/* How many were left until now: out as of world_truth, one number per day of the agency's zone and
 * team; what no ad brought is nobody's. */
void world_form_truth(const struct world *w, const struct world_ask *ask, int64_t *out);
