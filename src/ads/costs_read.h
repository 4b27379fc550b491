/* costs_read.h: one row of a file of costs, understood. Pure: no database. */
#pragma once
#include "base/csv.h"

enum cost_column {
    COST_PLATFORM,
    COST_ACCOUNT,
    COST_CAMPAIGN,
    COST_AD_SET,
    COST_AD,
    COST_DAY,
    COST_SPEND,
    COST_IMPRESSIONS,
    COST_CLICKS,
    COST_LEADS,
    COST_CURRENCY,
    COST_TEAM,
    COST_COLUMNS
};
struct cost_columns {
    int at[COST_COLUMNS]; /* -1 = not in this file */
};
/* False unless there are a day and a spend. */
bool cost_columns_read(struct arena *a, const struct csv_row *head, struct cost_columns *out);

struct cost_row {
    struct str platform, account, campaign, ad_set, ad, day, currency, team;
    int64_t spend_micros, impressions, clicks, leads;
};
/* NULL when understood; otherwise what is wrong, for the person who made the file. */
const char *cost_row_read(struct arena *a, const struct cost_columns *columns,
                          const struct csv_row *row, struct cost_row *out);
/* "1 234,56", "1,234.56", "1234.5"; false for anything else and for what could be read in two ways
 * ("1,234"). */
bool cost_amount_read(struct arena *a, struct str text, int64_t *micros);
/* '2026-02-03', '03.02.2026', '03/02/2026', '2026/02/03': day before month. */
bool cost_day_read(struct arena *a, struct str text, struct str *day);
