/* graph_row.h: one row of insights.
 * The one rule: all numbers are texts, and what is zero or does not apply has no key. */
#pragma once
#include "sim/graph.h"

struct graph_row_format {
    struct graph_fields fields;
    unsigned windows; /* attribution windows that were asked for, as bits */
};
/* Refuses unknown fields, and breakdowns among them. */
bool graph_row_format_read(struct graph *g, struct graph_row_format *out);

struct graph_row {
    struct graph_scope of;
    int64_t from, to; /* days */
    int platform;     /* -1: no breakdown; 0 instagram, 1 facebook */
    unsigned windows; /* as in the format */
    struct world_delivery sum;
};
void graph_row_write(struct graph *g, struct json_out *j, const struct graph_row_format *f,
                     const struct graph_row *row);

struct graph_ads {
    uint32_t first, n;
};
struct graph_ads graph_ads_of(const struct world *w, const struct graph_scope *scope);
/* The campaign, ad set or ad that scope is or lies in; false when it is above. */
bool graph_object_above(const struct world *w, const struct graph_scope *scope,
                        enum world_kind kind, uint32_t *index);
