/* lead_ads_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "core/answer.h"
#include "lead_ads/lead_ads.h"
#include "vendors/meta_leads.h"

struct lead_page {                        /* a page whose leads can be asked for */
    int64_t id, connection_id, secret_id; /* 0 = none */
    int64_t checked_at;                   /* until when its leads were polled; 0 = never */
    struct str external_id, name;
};
struct lead_pages {
    struct lead_page *at;
    size_t n, cap;
};
enum err pages_load(struct tx *tx, struct lead_pages *out) MUST_USE;
enum err page_load(struct tx *tx, int64_t id, struct lead_page *out) MUST_USE; /* ERR_NOT_FOUND */
/* The page's own way in; an empty token when there is none. */
enum err page_open(struct ctx *cx, struct app *app, const struct lead_page *p,
                   struct meta *out) MUST_USE;
/* How a page is: state "ok" or "failed"; checked_at 0 leaves what is there. */
struct page_note {
    const char *state;
    struct str reason;
    int64_t checked_at;
};
enum err page_note(struct ctx *cx, struct app *app, int64_t id,
                   const struct page_note *note) MUST_USE;
/* Asks every connection for its pages; *n = pages that gave a token. What one connection refuses
 * does not keep the others away: *failed counts them. */
struct pages_found {
    int64_t n, failed;
};
enum err pages_refresh(struct ctx *cx, struct app *app, struct pages_found *out) MUST_USE;
/* The pages' tokens that came with a connection are erased. */
enum err pages_close(struct tx *tx, int64_t connection_id, struct str reason) MUST_USE;

struct meta lead_meta(const struct app *app, struct str token);
/* What a reply means, for the page's owner; held by the arena. */
struct str lead_reason(struct arena *a, const struct meta_reply *last);
/* Waits as the usage headers ask, when that is short; *wait_ms is what is still to be waited. */
enum err lead_breathe(struct ctx *cx, const struct app *app, const struct meta_reply *last,
                      int64_t *wait_ms) MUST_USE;

enum err lead_ads_fetch(struct job_run *r) MUST_USE;
enum err lead_ads_poll(struct job_run *r) MUST_USE;

handler_fn leadgen_hello, leadgen_take, meta_deauthorize, meta_deletion, deletion_status;
