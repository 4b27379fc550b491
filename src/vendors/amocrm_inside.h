/* amocrm_inside.h: what the files about amoCRM share; included by vendors/amocrm*.c only.
 * The one rule: a pair arrives as a path and a value, whether it came as a form or as JSON. */
#pragma once
#include "vendors/amocrm.h"

struct amo_path { /* leads[status][0][id] is leads, status, 0, id */
    struct str at[AMO_MAX_DEPTH];
    size_t n;
};
/* What is kept of a deal as it came; several names for one thing are kept apart until the end. */
enum amo_raw {
    RAW_ID,
    RAW_NAME,
    RAW_STATUS,
    RAW_OLD_STATUS,
    RAW_PIPELINE,
    RAW_OLD_PIPELINE,
    RAW_RESPONSIBLE,
    RAW_OLD_RESPONSIBLE,
    RAW_PRICE,
    RAW_PRICE_MINOR,
    RAW_LAST_MODIFIED,
    RAW_UPDATED_AT,
    RAW_DATE_CREATE,
    RAW_CREATED_AT,
    RAW_CLOSED_AT,
    RAW_DATE_CLOSE,
    RAW_ACCOUNT,
    RAW_COUNT
};

struct amo_custom { /* custom_fields[number] */
    int64_t number, value_number;
    bool has_value;
    struct str id, name, code, value; /* of several values the first */
};
/* The custom fields of one deal, and the admin's list of what some of them are. */
struct amo_customs {
    const struct amo_custom *at;
    size_t n;
    const struct amo_field *map;
    size_t nmap;
};
void amo_tracking_read(const struct amo_customs *c, struct amo_tracking *out);
/* The money in the field called "PREPAID", by the same rules. */
struct maybe_int amo_prepaid_read(const struct amo_customs *c);
/* Decimal text, never negative; unknown otherwise. */
struct maybe_int amo_price_of(struct str text);

struct amo_tag {
    int64_t number;
    struct str name;
};
struct amo_draft {
    enum amo_action action;
    int64_t number; /* the index in the POST; may have gaps */
    struct str raw[RAW_COUNT];
    VEC(struct amo_custom) fields;
    VEC(struct amo_tag) tags;
};
struct amo_drafts {
    struct arena *arena;
    const struct amo_body *body;
    VEC(struct amo_draft *) list;
    struct str account_id, subdomain;
};
struct amo_drafts *amo_drafts_new(struct arena *a, const struct amo_body *body);
/* False when the pair says nothing about a deal. The texts must live in the arena. */
bool amo_drafts_put(struct amo_drafts *d, const struct amo_path *path, struct str value);
void amo_drafts_finish(struct amo_drafts *d, struct amo_hook *out);
