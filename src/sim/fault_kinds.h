/* fault_kinds.h: the faults that have names: what Meta is known to answer, and what networks do.
 * The one rule: numbers are the vendor's, texts are only like the vendor's. */
#pragma once
#include "base/json.h"

struct fault_kind {
    const char *name;
    int status; /* 0: the real answer, with the header below */
    int code, subcode;
    bool is_transient;
    const char *text; /* of an error object; with code 0 the whole body */
    const char *mime; /* NULL = application/json */
    const char *header, *value;
};
const struct fault_kind *fault_kind(struct str name); /* NULL for none */
struct str fault_kind_body(struct arena *a, const struct fault_kind *k);
/* A parsed value as JSON text again. */
enum err fault_body_text(struct ctx *cx, const struct json_in *value, struct str *out) MUST_USE;
extern const struct fault_kind fault_kinds[];
extern const size_t fault_nkinds;
extern const struct fault_kind amo_fault_kinds[]; /* the CRM's: amo_faults.c */
extern const size_t amo_fault_nkinds;
