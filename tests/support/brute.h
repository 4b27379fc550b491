/* brute.h: facts drawn by chance, the same in every run, and what they come to by brute
 * force. The one rule: the sums are made from the tables of facts alone, by other code than the
 * product's; a difference is a fault of one of the two. */
#pragma once
#include "slice_app.h"

enum { BRUTE_DAYS = 24 }; /* 2026-01-08 to 2026-01-31 */

/* Four accounts in three currencies, bindings that change on the way, rates with gaps, sales,
 * payments, refunds, leads and credits; every day is marked dirty. */
void brute_make(struct ctx *cx, struct slice_app *s, uint64_t seed);

enum { SUM_SPEND = 0, SUM_REVENUE = 3, SUM_META = 6, SUM_UNPRICED = 16, SUMS = 20 };
struct brute_row { /* one row of rollup_day */
    struct str day;
    int64_t team, user, account, campaign, ad_set, ad, product;
    /* in the order of the table: money three times KZT, USD, BRL; impressions, clicks, link_clicks,
     * meta_leads, meta_purchases, leads, sales; unpriced three times; n_sources */
    int64_t sum[SUMS];
};
struct brute_rows {
    struct brute_row *at;
    size_t n, cap;
};
/* All rows, sorted as the table's key is. */
struct brute_rows brute_expected(struct ctx *cx, struct slice_app *s);
/* As sql_rows writes them. */
struct str brute_text(struct ctx *cx, const struct brute_rows *rows);
/* What the table holds, in the same words. */
struct str brute_rollups(struct ctx *cx, struct slice_app *s);
/* The small table, day by team, user and product. */
struct str brute_team_rollups(struct ctx *cx, struct slice_app *s);
