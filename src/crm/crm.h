/* crm.h: connections to amoCRM and Kommo: tokens, what is read there, and whether hooks still come.
 * The one rule: nothing here becomes a sale. What is read goes into the inbox as an event of source
 * CRM_READ_SOURCE, {"sync":7,"account":{"id","subdomain"},"lead":{...},"contacts":[...]} with lead
 * and contacts as the CRM says them; read_until moves only past what is there on disk. */
#pragma once
#include "core/inbox.h"
#include "vendors/amocrm_rest.h"

#define CRM_READ_SOURCE "amocrm.read"

/* Asks whose token it is and stores the connection. A refused token or address is ERR_FIELDS. */
enum err crm_connect_token(struct ctx *cx, struct app *app, struct str host, struct str token,
                           int64_t *id) MUST_USE;

/* Fields that an admin named by their ids, for amo_body and amo_rest_lead_read. */
enum err crm_fields_map(struct tx *tx, int64_t crm_account_id, struct amo_field_map *out) MUST_USE;

struct crm_sender { /* whose hook it is, as it says itself */
    struct str account_id, subdomain;
};
/* ERR_INPUT, with a plain sentence, when CRM accounts are connected and the sender is none of them.
 * Fills in the account's id when the hook named only the subdomain of a connected one. */
enum err crm_sender_check(struct tx *tx, struct crm_sender *s) MUST_USE;

/* The deal is to be read from the CRM soon; nothing when its account is not connected. Nudge
 * crm.read_back after the commit. */
enum err crm_want(struct tx *tx, int64_t crm_account_id, struct str deal_id) MUST_USE;

/* What a read found: "same" (known already), "missed" (no hook ever told it), "changed" or
 * "failed", with one sentence. sync_id 0 is fine: nobody asked. */
struct crm_result {
    int64_t sync_id;
    struct str deal_id, detail;
    const char *outcome;
};
enum err crm_result_put(struct tx *tx, const struct crm_result *r) MUST_USE;

extern const struct route crm_routes[];
extern const size_t crm_nroutes;
extern const struct job
    crm_jobs[]; /* crm.read_back, crm.read_wide, crm.bulk, crm.meta, crm.watch */
extern const size_t crm_njobs;
