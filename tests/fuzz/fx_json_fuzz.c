/* Any reply of the other source of rates: either it is refused, or each rate is positive and of a
 * currency that is asked for, the dollar first. */
#include "fuzz.h"

#include "base/calendar.h"
#include "vendors/fx_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct fx_quotes q;
    struct date day;

    if (fx_json_read(&cx, fuzz_text(data, size), &q) == OK) {
        must(q.n >= 1 && q.n <= COUNT(q.at) && str_eq(q.at[0].currency, S("USD")));
        must(!q.day.len || day_parse(q.day, &day));
        for (size_t i = 0; i < q.n; i++)
            must(q.at[i].kzt_micros > 0);
    }
    return fuzz_end(&cx);
}
