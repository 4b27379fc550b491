/* meta_auth.h: how a person connects Meta: consent, tokens and what they may do, signed requests.
 * The one rule: app secrets and tokens passed here are never logged and never kept. */
#pragma once
#include "vendors/meta.h"

/* What the product asks for: ads and businesses for the costs, pages and leads for Lead Ads. */
extern const char *const meta_scopes[];
size_t meta_nscopes(void);

struct meta_consent {
    struct str www_base; /* "https://www.facebook.com" */
    struct str version;  /* "v25.0" */
    struct str app_id, redirect_uri, state;
    struct str scopes; /* comma-joined; empty = meta_scopes */
};
/* Where to send the browser. It comes back to redirect_uri?code&state, or ?error&state. */
struct str meta_consent_url(struct arena *a, const struct meta_consent *consent);

struct meta_grant {
    struct str token;
    struct maybe_int expires_in_s; /* left out at times: meta_debug_token knows */
};
struct meta_code {
    struct str app_id, redirect_uri, code; /* redirect_uri byte for byte as in the consent */
};
/* Code to a short-lived token. m->auth: version and app_secret; the token is not used. */
enum err meta_exchange_code(struct ctx *cx, const struct meta *m, const struct meta_code *code,
                            struct meta_grant *out, struct meta_reply *last) MUST_USE;
/* m->auth.token, still living, to one of about 60 days. */
enum err meta_exchange_long(struct ctx *cx, const struct meta *m, struct str app_id,
                            struct meta_grant *out, struct meta_reply *last) MUST_USE;

struct meta_token { /* what a token is, by debug_token */
    bool is_valid;
    struct str type;                  /* "USER", "SYSTEM_USER", "PAGE", "APP" */
    struct str app_id, user_id;       /* empty when not said */
    struct maybe_int expires_at;      /* UTC ms; unknown = never */
    struct maybe_int data_expires_at; /* UTC ms; the 90 days' clock of the user's data */
    const struct str *scopes;
    size_t nscopes;
    int64_t code, subcode; /* of the error inside; 0 = none */
    struct str why;        /* its words, safe to show */
};
enum err meta_token_read(struct ctx *cx, const struct json_in *root,
                         struct meta_token *out) MUST_USE;
/* Asks about m->auth.token as the app itself (app_id and m->auth.app_secret). OK also for a dead
 * token: look at is_valid. */
enum err meta_debug_token(struct ctx *cx, const struct meta *m, struct str app_id,
                          struct meta_token *out, struct meta_reply *last) MUST_USE;
bool meta_token_has(const struct meta_token *t, struct str scope);
/* Those of wanted (comma-joined; empty = meta_scopes) that the token lacks, comma-joined. */
struct str meta_scopes_missing(struct arena *a, const struct meta_token *t, struct str wanted);

/* X-Hub-Signature-256 over the body's raw bytes, in constant time; false without a secret. */
bool meta_hook_is_signed(struct str app_secret, struct str header, struct str body);

struct meta_signed { /* deauthorize and data deletion */
    struct str user_id;
    int64_t issued_at; /* UTC ms */
};
/* text: the form's signed_request. ERR_FORBIDDEN when it is not signed with our secret, ERR_INPUT
 * when it is malformed, of another algorithm, or issued more than a day away from now. */
enum err meta_signed_read(struct ctx *cx, struct str app_secret, struct str text,
                          struct meta_signed *out) MUST_USE;
