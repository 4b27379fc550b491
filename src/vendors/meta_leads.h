/* meta_leads.h: Lead Ads: pages and their subscription, leads, and the webhooks' bodies.
 * The one rule: calls about a page's leads are made with that page's own token (meta_for_page). */
#pragma once
#include "vendors/meta.h"

/* ---- pages ---- */
struct meta_call meta_call_pages(int limit); /* /me/accounts */
struct meta_fb_page {
    struct str id, name;
    struct str token; /* empty when this person may not have it */
};
enum err meta_fb_page_read(struct ctx *cx, const struct json_in *row,
                           struct meta_fb_page *out) MUST_USE;
struct meta meta_for_page(const struct meta *m, struct str page_token);

/* leadgen webhooks of this page to our app, on and off. m: meta_for_page. */
enum err meta_page_subscribe(struct ctx *cx, const struct meta *m, struct str page,
                             struct meta_reply *last) MUST_USE;
enum err meta_page_unsubscribe(struct ctx *cx, const struct meta *m, struct str page,
                               struct meta_reply *last) MUST_USE;
/* Whether app_id gets this page's leadgen. */
struct meta_subscription_ask {
    struct str page, app_id;
};
enum err meta_page_is_subscribed(struct ctx *cx, const struct meta *m,
                                 const struct meta_subscription_ask *ask, bool *out,
                                 struct meta_reply *last) MUST_USE;
/* Where the app's webhooks go: once per app, made as the app itself (m->auth.app_secret). */
struct meta_app_hook {
    struct str app_id, callback_url, verify_token;
};
enum err meta_app_subscribe(struct ctx *cx, const struct meta *m, const struct meta_app_hook *hook,
                            struct meta_reply *last) MUST_USE;

/* ---- leads ---- */
struct meta_call meta_call_lead(struct arena *a, struct str leadgen_id);
struct meta_call meta_call_page_forms(struct arena *a, struct str page, int limit);
/* Leads of a form (or of an ad) made after since, UTC ms; they can be had for 90 days. */
struct meta_call meta_call_form_leads(struct arena *a, struct str form, int64_t since, int limit);
struct meta_form {
    struct str id, name, status;
};
enum err meta_form_read(struct ctx *cx, const struct json_in *row, struct meta_form *out) MUST_USE;

struct meta_answer {
    struct str name;  /* the question's; custom ones are in the form's language */
    struct str value; /* several are joined by ", " */
};
struct meta_lead {
    struct str id, form_id, platform; /* platform: "fb", "ig" */
    struct str ad_id, ad_name, adset_id, adset_name, campaign_id, campaign_name; /* may be empty */
    struct maybe_int created_at;                                                 /* UTC ms */
    bool is_organic;
    struct str full_name, phone, email; /* out of the answers; empty when not asked */
    const struct meta_answer *answers;
    size_t nanswers;
};
enum err meta_lead_read(struct ctx *cx, const struct json_in *row, struct meta_lead *out) MUST_USE;

/* ---- webhook bodies ---- */
enum meta_hook_kind {
    META_HOOK_LEAD,    /* a lead was made: fetch it by id */
    META_HOOK_MESSAGE, /* someone wrote to a WhatsApp number */
    META_HOOK_OTHER    /* of no concern: field says what */
};
struct meta_hook {
    enum meta_hook_kind kind;
    struct str field; /* "leadgen", "messages", ... */
    struct str id;    /* the lead's, or the message's ("wamid...."): what to tell twins apart by */
    struct maybe_int at;                /* UTC ms */
    struct str page_id, form_id, ad_id; /* leads; ad_id is empty for organic and test ones */
    struct str from, name, number_id;   /* messages: digits of the writer, his name, our number */
    struct str text;                    /* messages of type text */
    bool has_referral;                  /* the chat began from an ad */
    struct str source_type, source_id;  /* "ad" and its id, "post", ... */
    struct str source_url, headline, ctwa_clid;
};
/* All changes of all entries, in order. Signature first: meta_hook_is_signed. ERR_INPUT when the
 * body is not a webhook's; a change that lacks its id is META_HOOK_OTHER. */
enum err meta_hooks_read(struct ctx *cx, struct str body, const struct meta_hook **out,
                         size_t *n) MUST_USE;
