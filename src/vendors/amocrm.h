/* amocrm.h: reads the webhooks of amoCRM and Kommo into events about deals.
 * The one rule: nothing in a hook is trusted to be there; what is missing is empty or unknown, and
 * a pair that makes no sense is skipped without losing the rest. */
#pragma once
#include "base/base.h"
#include "vendors/maybe.h"

enum { AMO_MAX_PAIRS = 5000, AMO_MAX_DEPTH = 8 };

/* In the order in which one POST's events are handed out. */
enum amo_action {
    AMO_ADD,
    AMO_RESTORE,
    AMO_UPDATE,
    AMO_RESPONSIBLE,
    AMO_NOTE,
    AMO_STATUS,
    AMO_DELETE
};
const char *amo_action_slug(enum amo_action action); /* "status": the word on the wire */

struct amo_tracking {
    struct str source, medium, campaign, content, term; /* utm_* */
    struct str referrer, fbclid, gclid, yclid, roistat, from;
};
struct amo_event {
    enum amo_action action;
    struct str deal_id; /* digits, never empty */
    struct str name;
    struct str status_id, old_status_id, pipeline_id, old_pipeline_id;
    struct str responsible_user_id, old_responsible_user_id;
    struct maybe_int price_micros;                      /* the CRM account's currency */
    struct maybe_int prepaid_micros;                    /* of the field known as "PREPAID" */
    struct maybe_int created_at, updated_at, closed_at; /* UTC ms */
    struct str account_id, subdomain;
    struct amo_tracking tracking;
    const struct str *tags;
    size_t ntags;
};
struct amo_hook {
    const struct amo_event *events; /* by action, then by index; the order of keys plays no role */
    size_t nevents;
    struct str account_id, subdomain;
    size_t skipped;    /* pairs that made no sense or tell of something other than deals */
    bool is_cut_short; /* the pair cap was reached; the rest was not read */
};

/* A custom field that an admin named by its id: accounts may call utm_source anything. */
struct amo_field {
    struct str field_id;
    struct str code; /* "UTM_SOURCE" */
};
struct amo_body {
    struct str content_type; /* may be empty: JSON is known by its first character */
    struct str bytes;
    const struct amo_field *fields; /* may be NULL */
    size_t nfields;
};
/* Form encoding, or JSON of the same shape. ERR_INPUT only for JSON that cannot be parsed; a form
 * always gives something, perhaps no events. */
enum err amo_hook_read(struct ctx *cx, const struct amo_body *body, struct amo_hook *out) MUST_USE;

/* What a webhook says of this deal alone, in the bytes' own encoding: it may tell of others' too.
 * ERR_INPUT for JSON that cannot be parsed. */
enum err amo_hook_of_deal(struct ctx *cx, const struct amo_body *body, struct str deal_id,
                          struct str *out) MUST_USE;

/* account:deal:action:status:updated second. The same for a delivery that is repeated. A hook
 * without a time cannot be told from a later one of the same status; its key ends in "-". */
struct str amo_event_key(struct arena *a, const struct amo_event *e);

/* In every pipeline of every account. */
bool amo_status_is_won(struct str status_id);  /* 142 */
bool amo_status_is_lost(struct str status_id); /* 143 */
