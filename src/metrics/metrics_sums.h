/* metrics_sums.h: sums and the ratios made of them. Pure.
 * The one rule: a ratio without a denominator is null with its reason, never 0. */
#pragma once
#include "base/json.h"

struct rows;
struct sums { /* money in micros of the display currency */
    int64_t spend, revenue, meta_value;
    int64_t impressions, clicks, link_clicks, meta_leads, meta_purchases, leads, sales;
    int64_t unpriced; /* facts left out of the money because a rate is missing */
};
struct sums sums_of_row(struct rows *rows);
void sums_add(struct sums *total, const struct sums *s);
/* ROI in percent, micros; false when there is no spend. */
bool sums_roi(const struct sums *s, int64_t *micros);
/* The Metrics object. is_synced: some ad account was synced; else missing spend says not_synced. */
void sums_write(struct json_out *j, const struct sums *s, bool is_synced);

/* The value a column sorts by, micros or a count; false when it is null. name: "spend", "roas" ...
 */
bool sums_value(const struct sums *s, struct str name, int64_t *out);
bool sums_has(struct str name); /* there is a column of that name */
