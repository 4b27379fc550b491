/* inbox_paths.h: which fields a body has, as paths without positions, so that two events of one
 * kind compare. Pure: no database, no clock. The one rule: a field that is null in JSON counts as
 * not there. */
#pragma once
#include "base/base.h"

enum { PATHS_MOST = 400, PATH_LONGEST = 160 };
struct inbox_paths { /* each path once */
    struct str at[PATHS_MOST];
    size_t n;
};
/* Form pairs "leads[add][0][price]" give "leads[price]", JSON {"a":[{"b":1}]} gives "a.b"; fields
 * that vendors list with a code or a name go by that: "leads[custom_fields][UTM_SOURCE]". What is
 * neither form nor JSON has none. Paths live in the arena. */
void inbox_paths_of(struct ctx *cx, struct str body, struct inbox_paths *out);
