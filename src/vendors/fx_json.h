/* fx_json.h: rates in JSON, as several free services give them; asked when the National Bank does
 * not answer. Both shapes are read: {"base":"USD","rates":{"KZT":500}} and
 * {"source":"USD","quotes":{"USDKZT":500}}.
 * The one rule: they speak of one dollar; what comes out are tenge for one unit. */
#pragma once
#include "base/base.h"
#include "fetch/fetch.h"

struct fx_quote {
    struct str currency;
    int64_t kzt_micros; /* for one unit */
};
struct fx_quotes {
    struct str day; /* as the reply says; empty when it does not */
    struct fx_quote at[4];
    size_t n;
};
/* day: 'YYYY-MM-DD', valid. What it points at lies in the arena. */
struct call fx_json_call(struct arena *a, struct str day);
/* USD, EUR, RUB and BRL, as far as they are there; ERR_UPSTREAM when the tenge is not. */
enum err fx_json_read(struct ctx *cx, struct str body, struct fx_quotes *out) MUST_USE;
