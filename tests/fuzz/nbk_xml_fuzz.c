/* Any bytes as the bank's feed: refused whole, or rates that can be computed with. */
#include "fuzz.h"

#include "base/calendar.h"
#include "base/money.h"
#include "vendors/nbk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct nbk_rates rates;
    struct date day;

    if (nbk_read(&cx, fuzz_text(data, size), &rates) == OK) {
        must(!rates.day.len || day_parse(rates.day, &day));
        for (size_t i = 0; i < rates.n; i++) {
            must(currency_is_valid(rates.at[i].currency));
            must(rates.at[i].rate_micros > 0 && rates.at[i].quant > 0);
        }
    } else {
        must(cx.err == ERR_UPSTREAM && rates.n == 0);
    }
    return fuzz_end(&cx);
}
