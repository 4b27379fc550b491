/* amo_rest.h: one call to the CRM's fake REST API, shared by its files.
 * The one rule: a check that fails has answered already and returns false; the caller returns what
 * is in err. */
#pragma once
#include "sim/faults.h"
#include "sim/sim_inside.h"

struct rest_call {
    struct req *rq;
    struct resp *rs;
    struct sim *sim;
    struct rest *rest;
    const struct world *w;
    struct arena *arena;
    int64_t now_ms;
    struct str base; /* "http://127.0.0.1:4711/amo/agency" */
    enum err err;    /* of writing a refusal */
};
/* Notes the request, looks whether a fault waits, then hands over. */
enum err rest_answer(struct req *rq, struct resp *rs, enum err (*handler)(struct rest_call *c));
/* True for the account's own subdomain of today; otherwise 404. */
bool rest_account_is_here(struct rest_call *c);
struct str rest_subdomain(const struct rest_call *c);
/* The pace and the token, for everything below /api/v4. */
bool rest_admit(struct rest_call *c);
/* The vendor's error object; always false. hint may be NULL. */
struct rest_refusal {
    int status;
    const char *title, *detail, *hint;
};
bool rest_refuse(struct rest_call *c, const struct rest_refusal *r);
/* A whole answer; 204 is rest_empty. */
enum err rest_send(struct rest_call *c, struct json_out *j) MUST_USE;
enum err rest_empty(struct rest_call *c) MUST_USE;
void rest_text(struct json_out *j, const char *key, struct str value);
void rest_int(struct json_out *j, const char *key, int64_t value);
void rest_self(struct rest_call *c, struct json_out *j, struct str path); /* "_links":{"self":..} */

/* ---- the query ---- */
enum { REST_MAX_IDS = 250, REST_MAX_STATUSES = 20 };
struct rest_query {
    int64_t limit, page;
    int64_t updated_from, updated_to, created_from, created_to; /* seconds; 0 = open */
    int64_t ids[REST_MAX_IDS];
    size_t nids;
    struct rest_status {
        struct str pipeline, status;
    } statuses[REST_MAX_STATUSES];
    size_t nstatuses;
    bool by_update, by_creation, is_descending; /* order; by id without either */
    bool with_contacts, with_reason, only_deleted;
};
bool rest_query_read(struct rest_call *c, struct rest_query *out);
/* "_page" and "_links" of a list; opens "_embedded":{"<rows>":[ . */
struct rest_page {
    const char *rows;
    struct str path;
    bool has_next;
};
void rest_page_begin(struct rest_call *c, struct json_out *j, const struct rest_query *q,
                     const struct rest_page *p);
void rest_page_end(struct json_out *j); /* closes all of it */

/* ---- grants: amo_rest_oauth.c, amo_rest_state.c ---- */
struct rest_grant {
    struct str access, refresh;
    int64_t expires_ms, idle_ms; /* of access; when an unused refresh token dies */
};
/* A code for the consent page, good for 20 minutes and for once. */
struct str rest_code_new(struct rest_call *c, struct str client_id);
bool rest_code_take(struct rest_call *c, struct str code, struct str client_id);
struct rest_grant rest_grant_new(struct rest_call *c, struct str client_id);
/* client_id empty: only looks whether it is alive. Otherwise it is dead afterwards. */
bool rest_refresh_take(struct rest_call *c, struct str refresh, struct str client_id);
bool rest_access_is_good(struct rest_call *c, struct str token);
struct sim_integration rest_integration(struct rest_call *c);
/* False when too many calls came in this second. */
bool rest_pace(struct rest_call *c, int64_t per_second);

/* ---- webhooks that were registered ---- */
struct rest_hook {
    int64_t id, created_ms;
    struct str destination;
    struct str settings; /* a JSON array */
};
/* Copies, at most max; the newest last. */
size_t rest_hooks(struct rest_call *c, struct rest_hook *out, size_t max);
struct rest_hook rest_hook_put(struct rest_call *c, struct str destination, struct str settings);
bool rest_hook_drop(struct rest_call *c, struct str destination);

/* ---- deals: amo_rest_deals.c ---- */
struct rest_deal { /* a deal as it stands now */
    struct world_deal d;
    int step; /* the last that has happened */
    bool is_deleted;
    int64_t updated_s, closed_s; /* closed_s: 0 while it is open */
};
struct rest_found {
    struct world_ref ref;
    int64_t id, created_s, updated_s;
};
struct rest_index;
struct rest_index *rest_index_new(struct arena *a);
void rest_index_free(struct rest_index **x);
struct rest_index *rest_index_of(struct rest *r);
/* What the query asks for, in its order; in the call's arena. */
size_t rest_deals_find(struct rest_call *c, const struct rest_query *q, struct rest_found **out);
bool rest_deal_at(const struct rest_call *c, const struct world_ref *ref, struct rest_deal *out);
void rest_deal_write(struct rest_call *c, struct json_out *j, const struct rest_deal *d,
                     const struct rest_query *q);

/* ---- handlers ---- */
enum err rest_consent(struct rest_call *c) MUST_USE;
enum err rest_token(struct rest_call *c) MUST_USE;
enum err rest_place_by_refresh(struct rest_call *c) MUST_USE;
enum err rest_place_by_token(struct rest_call *c) MUST_USE;
enum err rest_leads(struct rest_call *c) MUST_USE;
enum err rest_lead(struct rest_call *c) MUST_USE;
enum err rest_pipelines(struct rest_call *c) MUST_USE;
enum err rest_fields(struct rest_call *c) MUST_USE;
enum err rest_users(struct rest_call *c) MUST_USE;
enum err rest_account(struct rest_call *c) MUST_USE;
enum err rest_contacts(struct rest_call *c) MUST_USE;
enum err rest_hooks_list(struct rest_call *c) MUST_USE;
enum err rest_hooks_add(struct rest_call *c) MUST_USE;
enum err rest_hooks_delete(struct rest_call *c) MUST_USE;
