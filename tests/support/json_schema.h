/* json_schema.h: is a value what a schema says? As much of JSON Schema as our OpenAPI document
 * uses. The one rule: a keyword that is not known here is a fault too, so that nothing is checked
 * in name only. */
#pragma once
#include "base/json.h"

/* NULL when it fits; else one line: where, and what does not. $ref is looked up in `root`. */
const char *schema_fault(struct ctx *cx, const struct json_in *root, const struct json_in *schema,
                         const struct json_in *value);
/* What "#/components/schemas/Team" names; NULL when there is no such thing. */
const struct json_in *schema_ref(struct ctx *cx, const struct json_in *root, struct str ref);
/* The object itself, or what its $ref leads to. */
const struct json_in *schema_follow(struct ctx *cx, const struct json_in *root,
                                    const struct json_in *v);
