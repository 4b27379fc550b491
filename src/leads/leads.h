/* leads.h: people who may buy, from whichever door they came.
 * The one rule: (source_kind, external_id) is one lead, however often it is told; who put it calls
 * lead_identify next, so that its person is known by every key that was ever said. */
#pragma once
#include "core/inbox.h"
#include "db/db.h"
#include "http/http.h"

struct utm { /* as they came; empty = not said */
    struct str source, medium, campaign, content, term;
};
struct lead_new {
    struct str source_kind; /* "crm", "lead_ad", "landing", "whatsapp", "import" */
    struct str external_id;
    int64_t created_at;
    struct str day; /* of created_at, reporting zone */
    int64_t learned_at;
    struct utm utm;
    int64_t inbox_id, site_id; /* 0 = none */
    struct str ad_external_id, campaign_external_id, form_id;
    struct str name, phone_tail; /* for the eye: as said, and lead_phone_tail() */
    bool is_whole;               /* what is not said of all this is not so */
};
/* Inserts, or makes an existing lead equal to what is known now; marks the days it touches. Unless
 * it is the whole, a name, phone tail, site, ad, campaign or form that is not said leaves what is
 * there; so does an inbox event. Who puts a lead sees to it that the order in which events are
 * worked off decides nothing (lead_find). */
enum err lead_put(struct tx *tx, const struct lead_new *l, int64_t *id) MUST_USE;
struct lead_known {
    int64_t id; /* 0 = there is no such lead */
    int64_t created_at, learned_at, inbox_id;
    struct utm utm;
};
/* What is stored, when that was heard, and by which event. */
enum err lead_find(struct tx *tx, struct str source_kind, struct str external_id,
                   struct lead_known *out) MUST_USE;
/* The stored lead was heard of before this event. */
bool lead_is_older(const struct lead_known *l, const struct inbox_event *e);
/* An ad and a form where none is known yet. */
enum err lead_fill(struct tx *tx, int64_t id, struct str ad_external_id,
                   struct str form_id) MUST_USE;
/* Its deal is another than before (the product): marks its day, and that of the lead it repeats. */
enum err lead_deal_changed(struct tx *tx, int64_t lead_id) MUST_USE;

/* ---- who it is ---- */

struct lead_keys { /* raw texts, as they came; what cannot identify anybody is passed over */
    const struct str *phones;
    size_t nphones;
    const struct str *emails;
    size_t nemails;
    const struct str *external; /* ids of other systems with a scope of their own: "site 3/abc" */
    size_t nexternal;
    struct str leadgen_id, deal_id; /* Meta's and the CRM's; of a lead's own kind they are known */
    struct str fbclid, ctwa_clid;
};
/* Adds what the lead is known by (normalised, hashed with a key of app, never stored plain) and
 * joins it with whoever shares a key. Keys only ever join, so the order of telling changes nothing:
 * persons and duplicates are worked out anew from the whole set, and days that changed are marked.
 */
enum err lead_identify(struct tx *tx, struct app *app, int64_t lead_id,
                       const struct lead_keys *keys) MUST_USE;
/* The last four digits, for showing; empty for what is no phone. */
struct str lead_phone_tail(struct arena *a, struct str raw);

/* ---- what it went through ---- */

struct lead_touch { /* how it came: its first and its last visit */
    bool is_first;
    int64_t at;
    struct utm utm;
    struct str click_kind, click_id; /* "fbclid" and its value */
    struct str referrer, landing;    /* addresses */
};
enum err lead_touch_put(struct tx *tx, int64_t lead_id, const struct lead_touch *t) MUST_USE;

struct lead_stage {
    struct str stage; /* "lead", "prepaid", "won" ... */
    int64_t at, learned_at;
    int64_t inbox_id; /* 0 = none */
};
/* Makes the lead's stages that follow from the CRM equal to these; others stay. */
enum err lead_stages_put(struct tx *tx, struct app *app, int64_t lead_id,
                         const struct lead_stage *stages, size_t n) MUST_USE;

/* ---- doors ---- */

struct lead_refs { /* leads that an event touched, for attribution */
    int64_t *at;
    size_t n, cap;
};
/* Source "lead": a landing page's form or JSON, or a row of a file. */
enum err leads_accept_form(struct tx *tx, struct app *app, const struct inbox_event *e,
                           struct inbox_result *out, struct lead_refs *touched) MUST_USE;
/* Source "event": a stage that somebody else's system tells; its lead may come later. */
enum err leads_accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                            struct inbox_result *out, struct lead_refs *touched) MUST_USE;
/* Source "whatsapp": a Meta webhook's body; chats that began from an ad become leads. */
enum err leads_accept_whatsapp(struct tx *tx, struct app *app, const struct inbox_event *e,
                               struct inbox_result *out, struct lead_refs *touched) MUST_USE;

struct lead_row { /* of a file, by the names in its head */
    const struct str *names, *values;
    size_t n;
};
/* The row as an event of source "lead" for inbox_take, of kind "import" and without a site; the
 * same row twice is the same event. ERR_INPUT when it says neither phone, e-mail nor name. */
enum err leads_import(struct ctx *cx, const struct lead_row *row, struct inbox_new *out) MUST_USE;

/* Columns utm_source ... utm_term of a row. */
struct utm utm_of_row(struct rows *rows);
#define UTM_ARGS(u)                                                                                \
    a_opt("utm_source", (u).source), a_opt("utm_medium", (u).medium),                              \
        a_opt("utm_campaign", (u).campaign), a_opt("utm_content", (u).content),                    \
        a_opt("utm_term", (u).term)

extern const struct route leads_routes[];
extern const size_t leads_nroutes;
