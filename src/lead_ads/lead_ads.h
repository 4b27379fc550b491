/* lead_ads.h: leads of the platform's own forms: named by a webhook, fetched with the page's token,
 * polled once a day for what the webhooks lost.
 * The one rule: a leadgen id is one lead, whether a webhook, a poll or both tell of it. */
#pragma once
#include "leads/leads.h"

/* An event of the source "leadgen": a webhook's body. Makes the lead and asks for its answers to be
 * fetched. What was touched is handed back for attribution, in the same transaction. */
enum err lead_ads_accept(struct tx *tx, struct app *app, const struct inbox_event *e,
                         struct inbox_result *out, struct lead_refs *touched) MUST_USE;
/* An event of the source "leadgen.read": one lead as the platform answers it. */
enum err lead_ads_accept_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                              struct inbox_result *out, struct lead_refs *touched) MUST_USE;

extern const struct route lead_ads_routes[];
extern const size_t lead_ads_nroutes;
extern const struct job lead_ads_jobs[]; /* lead_ads.fetch, lead_ads.poll */
extern const size_t lead_ads_njobs;
