/* leads_inside.h: what the files of this slice share; nobody else includes it.
 * The one rule: phone numbers and addresses leave leads_keys.c as keyed hashes only. */
#pragma once
#include "leads/leads.h"

/* ---- leads_phone.c, leads_keys.c: pure ---- */

/* E.164 digits without the plus ("77012223344"); empty for what names no line in particular. */
struct str phone_normal(struct arena *a, struct str raw);
/* Trimmed, lower case; empty for what is no address. */
struct str email_normal(struct arena *a, struct str raw);

enum key_kind { KEY_PHONE, KEY_EMAIL, KEY_LEAD_AD, KEY_CLICK, KEY_DEAL, KEY_EXTERNAL };
struct identity_key {
    const char *kind; /* as in the table */
    struct str hash;
};
struct identity_keys {
    struct identity_key *at;
    size_t n, cap;
};
/* What identifies of what was said, hashed; a key twice is one. */
void identity_keys_of(struct arena *a, const struct app *app, const struct lead_keys *said,
                      struct identity_keys *out);

/* ---- leads_person_logic.c: pure ---- */

struct person_lead { /* of one person */
    int64_t id;
    struct str source_kind, external_id, day;
    int64_t created_at;
    int64_t old_duplicate_of; /* as stored */
    int64_t duplicate_of;     /* 0 = it counts */
};
struct person_leads {
    struct person_lead *at;
    size_t n, cap;
};
/* Sorts by (created_at, source_kind, external_id) and says which of them count: a lead of the CRM
 * repeats the newest other lead of at most so many days before it, else the first of the day after
 * it; any other repeats one that counts of the 24 hours before it. What it repeats counts itself.
 */
void person_find_duplicates(struct person_leads *leads, int64_t duplicate_days);
/* The lead that a stage at this time is about: the newest that counts and was there by then, else
 * the oldest that counts; 0 without leads. After person_find_duplicates. */
int64_t person_lead_at(const struct person_leads *leads, int64_t at);

/* ---- leads_person.c ---- */

struct identity_subject {
    const char *kind; /* "lead", "stage" */
    int64_t id;
};
/* Adds the keys to the subject and joins it with whoever shares one; settles who it is with. */
enum err person_join(struct tx *tx, const struct app *app, const struct identity_subject *subject,
                     const struct identity_keys *keys) MUST_USE;
/* Works out anew whose are the subjects of this person and which of its leads count. */
enum err person_settle(struct tx *tx, const struct app *app, int64_t person_id) MUST_USE;

/* ---- leads_read.c: pure ---- */

enum { LEAD_MOST_CONTACTS = 3, LEAD_CLICKS = 5 };
extern const char *const lead_click_kinds[LEAD_CLICKS];
struct lead_visit {
    struct utm utm;
    struct str clicks[LEAD_CLICKS]; /* in the order of lead_click_kinds */
    struct str referrer, landing, at;
};
struct lead_said { /* a form, a JSON object or a row, whatever its fields are called */
    struct str phones[LEAD_MOST_CONTACTS], emails[LEAD_MOST_CONTACTS];
    size_t nphones, nemails;
    struct str name, id, form_id, ad_id, campaign_id;
    struct str leadgen_id, deal_id, event_id, stage, at;
    struct lead_visit first, last;
    bool is_bot;  /* the field that people do not see is filled */
    bool is_test; /* a form builder asks whether we are here */
};
/* ERR_INPUT for what is neither a form nor a JSON object. */
enum err lead_read(struct ctx *cx, struct str content_type, struct str body,
                   struct lead_said *out) MUST_USE;
/* An instant as forms write it: ms or s since 1970, RFC 3339, or local time of the zone. */
bool lead_time(const struct zone *zone, struct str text, int64_t *ms);

/* ---- leads_accept.c ---- */

/* A site's event carries its site in the content type; 0 = none. */
struct str lead_content_type(struct arena *a, struct str said, int64_t site_id);
int64_t lead_site_of(struct str content_type);
/* What makes a site's body the same lead or event: its own id, or all that it says on this day. */
struct str lead_own_key(struct arena *a, int64_t site_id, struct str id, struct str body,
                        struct str day);
/* A phone, an e-mail or a name was said. */
bool lead_is_somebody(struct arena *a, const struct lead_said *said);

/* ---- routes ---- */
struct site {
    int64_t id, per_minute;
    struct str origin;
};
/* ERR_AUTH when there is none, or it is archived. */
enum err site_find(struct ctx *cx, struct app *app, int64_t id, struct site *out) MUST_USE;
handler_fn sites_list, site_create, site_update, site_key_renew, site_archive;
handler_fn lead_hook, lead_preflight, event_hook, script_serve;
struct lead_mark { /* the member by which a vendor's object is known */
    const char *name;
    struct str id;
};
struct lead_bytes {
    struct str source, external_id, content_type, body; /* external_id: of the lead */
};
/* Webhooks may tell of several people, also of another team's: what they say of this lead alone.
 * Empty when they do not name it. */
enum err lead_own_bytes(struct ctx *cx, const struct lead_bytes *b, struct str *out) MUST_USE;

handler_fn leads_list, lead_show, lead_raw, merge_undo, merge_redo;
