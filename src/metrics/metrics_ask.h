/* metrics_ask.h: what a read of numbers asks for, taken from the query once. */
#pragma once
#include "core/input.h"
#include "db/db.h"

enum granularity { BY_DAY, BY_WEEK, BY_MONTH };
struct ask {
    struct range range, before; /* before.from empty: no comparison */
    const char *compare;        /* "previous", "year", "none" */
    struct str currency;        /* "KZT", "USD", "BRL" */
    enum granularity granularity;
    struct scope scope;
    int64_t team, account, campaign, ad_set; /* filters; 0 = none */
};
enum err metrics_ask_read(struct req *rq, struct ask *out) MUST_USE;
void metrics_ask_write_period(struct json_out *j, const struct ask *a);
/* First day of the ISO week or month that a day falls into; the day itself for BY_DAY. */
struct str bucket_of(struct arena *a, enum granularity g, struct str day);

/* Arguments of the team rollup's reads, and of the finest rollup's. */
#define TEAM_READ_ARGS(a, r)                                                                       \
    a_str("currency", (a)->currency), a_str("from_day", (r)->from), a_str("to_day", (r)->to),      \
        SCOPE_ARGS((a)->scope), a_id("team", (a)->team)
#define FINE_READ_ARGS(a, r)                                                                       \
    TEAM_READ_ARGS(a, r), a_id("account", (a)->account), a_id("campaign", (a)->campaign),          \
        a_id("ad_set", (a)->ad_set)
