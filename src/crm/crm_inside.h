/* crm_inside.h: what the files of this slice share; nobody else includes it.
 * The one rule: the network is asked through crm_try, which keeps the tokens good and writes down
 * in the connection's row how it ended. */
#pragma once
#include "core/auth.h"
#include "crm/crm.h"

#define CRM_HOOK_SOURCE "amocrm"

struct crm_link { /* one connection, in use by one job run or request */
    struct ctx *cx;
    struct app *app;
    int64_t id, crm_account_id;
    int64_t client_secret_id, access_id, refresh_id; /* secrets; 0 = none */
    bool is_oauth;
    struct str external_id, subdomain, client_id, redirect_uri, state, reason;
    int64_t expires_at, blocked_until, read_until; /* 0 = none */
    struct amo_api api;
    struct amo_reply last; /* of the last call */
};
struct crm_links {
    struct crm_link *at;
    size_t n, cap;
};
/* Every connection that is not off, or one of them: id 0 = all; none of that id is ERR_NOT_FOUND.
 */
enum err crm_links_load(struct ctx *cx, struct app *app, int64_t id,
                        struct crm_links *out) MUST_USE;

typedef enum err crm_step_fn(struct crm_link *l, void *self);
/* Runs the step with good tokens: renewed before they end, once more when they were refused, and at
 * the new address when the account has moved; a step may therefore run twice. Notes the outcome. */
enum err crm_try(struct crm_link *l, crm_step_fn *step, void *self) MUST_USE;
/* One call, with its reply in l->last. */
enum err crm_ask(struct crm_link *l, const struct amo_call *call) MUST_USE;
struct amo_api crm_api(const struct app *app, struct str host, struct str token);
/* What a person reads of a reply that was not good. */
struct str crm_reason(struct arena *a, const struct amo_reply *r);

struct crm_new { /* a connection that was just shown to work */
    struct amo_account account;
    struct str host, access, refresh; /* refresh empty: a long-lived token */
    struct str client_id, client_secret, redirect_uri;
    int64_t expires_at; /* of access; 0 = not known */
};
enum err crm_connection_store(struct ctx *cx, struct app *app, const struct crm_new *c,
                              int64_t *id) MUST_USE;
/* Keeps what the CRM says of the account; *has_new_currency: sales have to be folded anew. */
enum err crm_account_store(struct tx *tx, const struct amo_account *a, int64_t *id,
                           bool *has_new_currency) MUST_USE;

struct crm_consent { /* who asked for it, with which integration */
    int64_t user_id;
    struct str client_id, client_secret; /* empty: the settings' */
};
/* The address where the CRM's admin agrees, with a state that is good once, for 20 minutes. */
enum err crm_consent_begin(struct ctx *cx, struct app *app, const struct crm_consent *c,
                           struct str *url) MUST_USE;
struct crm_consent_answer { /* what the browser brought back */
    struct str code, state, referer;
};
enum err crm_consent_end(struct ctx *cx, struct app *app, const struct crm_consent_answer *a,
                         int64_t *id) MUST_USE;

/* Reads account, pipelines, users and fields and makes the tables equal to them. */
enum err crm_meta_read(struct crm_link *l, void *none) MUST_USE;

/* Looks whether our webhook is there and on; *self is NULL, or a bool that says to make it so. */
enum err crm_hook_look(struct crm_link *l, void *make) MUST_USE;
/* The key that hooks come with: the settings', or one that is kept sealed to be used again. */
enum err crm_hook_key(struct ctx *cx, struct app *app, struct str *key) MUST_USE;
/* A new key in its place; what came before stays valid until it is retired. */
enum err crm_hook_key_new(struct tx *tx, struct app *app, struct str *key) MUST_USE;
struct str crm_hook_url(struct arena *a, const struct app *app, struct str key);

struct crm_window { /* deals to be read into the inbox */
    struct job_run *job;
    int64_t sync_id;
    int64_t from, to;      /* by their last change, UTC ms */
    const struct str *ids; /* or these only; at most AMO_MAX_IDS */
    size_t nids;
    bool with_deleted;     /* the bin too */
    bool moves_read_until; /* the connection's own reading: what is on disk is done with */
    int64_t seen;          /* deals that came; a second walk counts from nothing */
    VEC(struct str) came;  /* their ids, when ids were asked for */
};
/* A step for crm_try; self is a struct crm_window. */
enum err crm_window_read(struct crm_link *l, void *self) MUST_USE;

/* The jobs' work on one connection. */
enum err crm_read_back(struct crm_link *l, struct job_run *r) MUST_USE;
enum err crm_read_wide(struct crm_link *l, struct job_run *r) MUST_USE;
enum err crm_read_bulk(struct crm_link *l, struct job_run *r) MUST_USE;
