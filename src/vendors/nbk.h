/* nbk.h: the daily rates of the National Bank of Kazakhstan.
 * The one rule: a rate belongs to the day that the feed names, not to the day that was asked for.
 */
#pragma once
#include "base/base.h"
#include "fetch/fetch.h"

enum { NBK_MAX_BYTES = 256 * 1024 };

struct nbk_rate {
    struct str currency; /* "USD" */
    int64_t rate_micros; /* tenge for `quant` units, in micros */
    int64_t quant;       /* 1, 10, 100, 1000; changes over time */
};
struct nbk_rates {
    struct str day;            /* in force on this day; empty when the feed does not say */
    const struct nbk_rate *at; /* none on some weekends and holidays: walk back a day */
    size_t n;
};
/* day: 'YYYY-MM-DD', valid. base_url may end in "?fdate=" or stop before it. The query lies in the
 * arena. */
struct call nbk_call(struct arena *a, const char *base_url, struct str day);
/* Refuses document types, entities and more than NBK_MAX_BYTES; ERR_UPSTREAM when it is not the
 * feed. Items that cannot be read are left out. */
enum err nbk_read(struct ctx *cx, struct str xml, struct nbk_rates *out) MUST_USE;
const struct nbk_rate *nbk_find(const struct nbk_rates *rates, struct str currency); /* or NULL */
