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

struct graph_slice { /* NULL: the key is left out */
    const char *publisher, *position, *device, *platform;
    int permille;
};
struct graph_breakdown {
    const char *names; /* as asked for */
    const struct graph_slice *slices;
    size_t n;
    bool is_exact; /* conversions of the parts make up the whole's */
};
/* *out: NULL when none is asked for. */
bool graph_breakdown_read(struct graph *g, const struct graph_breakdown **out);
struct world_delivery graph_breakdown_part(const struct graph_breakdown *by,
                                           const struct world_delivery *d, size_t i);
void graph_breakdown_write(struct json_out *j, const struct graph_slice *slice);

struct graph_row {
    struct graph_scope of;
    int64_t from, to;                 /* days */
    const struct graph_breakdown *by; /* NULL: the whole */
    size_t slice;
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
