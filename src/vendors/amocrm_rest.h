/* amocrm_rest.h: amoCRM's and Kommo's REST API v4: builds calls, drives them, reads replies.
 * The one rule: one call at a time for one account; its limit of 7 a second is shared by everything
 * that holds the same integration. Of a list's `next` only "there is more" is believed, never its
 * address. */
#pragma once
#include "base/json.h"
#include "fetch/fetch.h"
#include "vendors/amocrm.h"

/* What to do about a reply. AMO_OK and AMO_EMPTY are the good ones. */
enum amo_class {
    AMO_OK,
    AMO_EMPTY,      /* 204: nothing was found; there is no body */
    AMO_RETRY,      /* passing trouble; the bounded tries were used up */
    AMO_SLOW_DOWN,  /* 429, for longer than the bounded tries waited: come again after wait_ms */
    AMO_LESS,       /* 504, no answer in time, or too large: ask for less */
    AMO_BLOCKED,    /* 403 as a page: the account or our address is shut out; nothing for wait_ms */
    AMO_PERMISSION, /* 403 as JSON: the user who gave the token may not do this */
    AMO_UNPAID,     /* 402: the CRM account is not paid for */
    AMO_RECONNECT,  /* the token or the grant is dead: a person must connect again */
    AMO_MOVED,      /* nothing lives at this address: ask where the account is now */
    AMO_BUG         /* we asked wrongly; asking again cannot help */
};
const char *amo_class_slug(enum amo_class c); /* "reconnect": stable, for rows and the UI */

struct amo_api { /* one account; values only, free to copy */
    struct fetcher *fetcher;
    const struct upstream *upstream; /* base_url may hold {subdomain} */
    struct str host;                 /* "example.amocrm.ru", or the subdomain alone */
    struct str token;                /* may be empty for the token endpoint */
};
/* "example.kommo.com", "https://example.amocrm.ru/", "Example" to the host in lower case, or the
 * subdomain when only that was given. False for what is not an address of amoCRM or Kommo: what
 * people type and what `referer` says becomes part of an address. */
bool amo_host_parse(struct arena *a, struct str text, struct str *host);
struct str amo_host_subdomain(struct str host); /* "example" */

struct amo_reply {
    enum amo_class class;
    int status;                 /* HTTP; 0 = no reply arrived */
    struct str message;         /* the vendor's words, cut and made safe to show; may be empty */
    int64_t wait_ms;            /* with AMO_SLOW_DOWN and AMO_BLOCKED; always above 0 then */
    bool has_next;              /* a list goes on */
    const struct json_in *root; /* with AMO_OK, in the caller's arena */
};
/* Reads a reply that arrived, whatever its status; meant for REST, not for the token endpoint. */
void amo_reply_read(struct ctx *cx, const struct reply *r, struct amo_reply *out);

/* ---- calls ---- */
enum { AMO_MAX_QUERY = 10, AMO_PAGE = 250, AMO_MAX_IDS = 50 };
struct amo_call {
    const char *method; /* NULL = GET */
    struct str path;    /* below the host: "/api/v4/leads" */
    struct pair query[AMO_MAX_QUERY];
    size_t nquery;
    const struct str *ids; /* filter[id][0], [1], ...: at most AMO_MAX_IDS */
    size_t nids;
    struct str body;  /* JSON */
    const char *rows; /* of a list: the key inside _embedded */
    int limit;        /* page size; 0 = not a list */
    bool may_miss;    /* 404 as JSON says that there is no such thing: AMO_EMPTY */
};
void amo_call_param(struct amo_call *c, const char *name, struct str value);
struct amo_call amo_call_account(void);
struct amo_call amo_call_pipelines(void);
struct amo_call amo_call_users(void);
struct amo_call amo_call_lead_fields(void);
/* With its contacts and loss reason. AMO_EMPTY when there is no such deal any more. */
struct amo_call amo_call_lead(struct arena *a, struct str id);
/* The ids must outlive the call; at most AMO_MAX_IDS. */
struct amo_call amo_call_contacts(const struct str *ids, size_t n);
struct amo_call amo_call_webhooks(void);
/* Creating again what exists changes its events. One that the CRM switched off is deleted first:
 * whether creating alone switches it on again is not said. */
enum err amo_call_webhook_set(struct ctx *cx, struct str destination,
                              struct amo_call *out) MUST_USE;
enum err amo_call_webhook_delete(struct ctx *cx, struct str destination,
                                 struct amo_call *out) MUST_USE;

struct amo_leads_ask {
    int64_t from_ms, to_ms; /* updated_at, both inclusive, cut to seconds; 0 = open */
    const struct str *ids;  /* these only; at most AMO_MAX_IDS */
    size_t nids;
    bool only_deleted; /* the bin; without it deleted deals do not come */
    int limit;         /* 0 = AMO_PAGE */
};
struct amo_call amo_call_leads(struct arena *a, const struct amo_leads_ask *ask);

/* ---- driving ---- */
/* One call with bounded retries (upstream->retry; a POST is sent once). OK only with AMO_OK and
 * AMO_EMPTY; otherwise ERR_UPSTREAM, ERR_TIMEOUT or ERR_BUSY with *out filled; ERR_INPUT for a
 * host that is no address of an account. */
enum err amo_ask(struct ctx *cx, const struct amo_api *api, const struct amo_call *call,
                 struct amo_reply *out) MUST_USE;

/* Called for each page with its rows (`_embedded.<rows>`), never for none. cx->arena holds this
 * page only and is emptied after the call: copy what must stay. An error ends the walk with it. */
typedef enum err amo_page_fn(struct ctx *cx, const struct json_in *rows, void *self);
struct amo_walk {
    amo_page_fn *page;
    void *self;
    size_t max_pages; /* 0 = 10,000 */
};
/* All pages of a list, by page number. A page that is too heavy is asked again with a smaller
 * limit, down to a tenth. *last describes the last reply (root is NULL, texts are in cx->arena).
 * Rows seen before a failure are not the whole list. */
enum err amo_each_page(struct ctx *cx, const struct amo_api *api, const struct amo_call *call,
                       const struct amo_walk *walk, struct amo_reply *last) MUST_USE;
/* All deals of a window in the order of their updates. Deals that change meanwhile leave the window
 * and move the rest, so the walk goes on from the last second seen rather than by page number: no
 * deal is skipped, but one may come twice. */
enum err amo_each_lead_page(struct ctx *cx, const struct amo_api *api,
                            const struct amo_leads_ask *ask, const struct amo_walk *walk,
                            struct amo_reply *last) MUST_USE;

/* ---- OAuth ---- */
struct amo_oauth {
    struct str client_id, client_secret, redirect_uri;
};
struct amo_grant {
    struct str access, refresh; /* in the caller's arena; store both before the first use */
    int64_t expires_at;         /* of access, UTC ms */
    struct str host;            /* where the account lives now */
    struct amo_reply reply;     /* of the last call; root is NULL */
};
struct amo_old_grant {
    struct str access, refresh; /* access may have expired: only its api_domain is read */
};
/* www_url: "https://www.amocrm.ru". The answer comes to the redirect URI as code, referer, state.
 */
struct str amo_consent_url(struct arena *a, struct str www_url, struct str client_id,
                           struct str state);
/* A code for tokens. Never sent twice: a code works once. AMO_RECONNECT when it was refused. */
enum err amo_grant_by_code(struct ctx *cx, const struct amo_api *api, const struct amo_oauth *oauth,
                           struct str code, struct amo_grant *out) MUST_USE;
/* New tokens for old; the old refresh token is dead afterwards. When the address refuses it (401,
 * 404), asks where the account lives now and tries there; AMO_RECONNECT when that does not help. */
enum err amo_grant_renew(struct ctx *cx, const struct amo_api *api, const struct amo_oauth *oauth,
                         const struct amo_old_grant *old, struct amo_grant *out) MUST_USE;

struct amo_place {
    struct str account_id, subdomain, host;
    struct amo_reply reply; /* root is NULL */
};
/* Where the account lives, while its access token is good. */
enum err amo_place_by_token(struct ctx *cx, const struct amo_api *api, struct str www_url,
                            struct amo_place *out) MUST_USE;
/* The same by the refresh token, at the api_domain that the access token names. */
enum err amo_place_by_refresh(struct ctx *cx, const struct amo_api *api,
                              const struct amo_old_grant *old, struct amo_place *out) MUST_USE;
/* The claim of a JWT's payload, not verified: a hint of where to ask. Empty = none, or no host of
 * amoCRM. */
struct str amo_token_api_domain(struct ctx *cx, struct str access);

/* ---- rows. Texts point into the arena; a missing text is empty; wrong types are ERR_UPSTREAM ----
 */
struct amo_account {
    struct str id, name, subdomain;
    struct str currency; /* "KZT"; empty = not said */
};
enum err amo_account_read(struct ctx *cx, const struct json_in *root,
                          struct amo_account *out) MUST_USE;

struct amo_status {
    struct str id, name;
    int64_t sort;
};
struct amo_pipeline {
    struct str id, name;
    int64_t sort;
    bool is_main, is_archive;
    const struct amo_status *statuses;
    size_t nstatuses;
};
enum err amo_pipeline_read(struct ctx *cx, const struct json_in *row,
                           struct amo_pipeline *out) MUST_USE;

struct amo_user {
    struct str id, name;
};
enum err amo_user_read(struct ctx *cx, const struct json_in *row, struct amo_user *out) MUST_USE;

struct amo_lead_field {
    struct str id, name, code, kind; /* kind: "tracking_data", "text", "select", ... */
};
enum err amo_lead_field_read(struct ctx *cx, const struct json_in *row,
                             struct amo_lead_field *out) MUST_USE;

struct amo_webhook {
    struct str id, destination;
    bool is_disabled;   /* switched off by the CRM after too many bad answers */
    bool covers_deals;  /* every event that amo_call_webhook_set asks for */
    int64_t created_at; /* UTC ms; 0 = not said */
};
enum err amo_webhook_read(struct ctx *cx, const struct json_in *row,
                          struct amo_webhook *out) MUST_USE;

struct amo_deal {
    struct str id, name; /* id: digits, never empty */
    struct str status_id, pipeline_id, responsible_user_id, account_id;
    struct str loss_reason_id, loss_reason;             /* the name only when it was embedded */
    struct maybe_int price_micros;                      /* the CRM account's currency */
    struct maybe_int prepaid_micros;                    /* of the field mapped to "PREPAID" */
    struct maybe_int created_at, updated_at, closed_at; /* UTC ms */
    bool is_deleted;
    struct amo_tracking tracking; /* by code, else by name, else by the admin's map, as for hooks */
    const struct str *tags, *contact_ids; /* the main contact first */
    size_t ntags, ncontact_ids;
};
struct amo_field_map { /* custom fields that an admin named by id */
    const struct amo_field *at;
    size_t n;
};
/* map may be NULL. */
enum err amo_rest_lead_read(struct ctx *cx, const struct json_in *row,
                            const struct amo_field_map *map, struct amo_deal *out) MUST_USE;

struct amo_contact {
    struct str id, name;
    const struct str *phones, *emails; /* as written, without the empty ones */
    size_t nphones, nemails;
};
enum err amo_rest_contact_read(struct ctx *cx, const struct json_in *row,
                               struct amo_contact *out) MUST_USE;

/* A row as JSON text again, to be kept: equal to what came, white space aside. */
enum err amo_row_text(struct ctx *cx, const struct json_in *row, struct str *out) MUST_USE;
