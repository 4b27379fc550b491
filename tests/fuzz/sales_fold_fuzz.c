/* Any bytes as the observations of a deal: they add up to the same from the back as from the front,
 * and the money that came in is what the deal stands at. */
#include "fuzz.h"

#include "sales/sales_fold.h"

#include <string.h>

enum { MOST = 200, BYTES = 6 };

static enum deal_stage stage_of(void *self, struct str pipeline, struct str status)
{
    static const enum deal_stage stages[] = {STAGE_OPEN, STAGE_PREPAID, STAGE_WON, STAGE_LOST};

    (void)self;
    (void)pipeline;
    return status.len ? stages[status.ptr[0] % 4] : STAGE_OPEN;
}
static const struct stage_reader reader = {stage_of, NULL};

static struct observation observation(struct arena *a, const uint8_t *d, int number)
{
    static const char *const statuses[] = {"", "a", "b", "c", "d"};

    return (struct observation){.action = (enum deal_action)(d[0] % (DEAL_RESTORE + 1)),
                                .at = d[1],
                                .learned_at = d[1] + d[2] % 16,
                                .key = arena_fmt(a, "%03d", number),
                                .status_id = str_of(statuses[d[3] % COUNT(statuses)]),
                                .has_price = d[4] & 1,
                                .price_micros = d[4] >> 1,
                                .has_prepaid = d[5] & 1,
                                .is_prepaid = d[5] & 2,
                                .has_no_time = d[5] & 4,
                                .is_read = d[5] & 8,
                                .is_closing = (d[5] & 24) == 24};
}

static void check_money(const struct folded_sale *s)
{
    int64_t sum = 0;

    for (size_t i = 0; i < s->npayments; i++) {
        must(s->payments[i].amount_micros != 0);
        sum += s->payments[i].amount_micros;
        must(sum >= 0);
    }
    if (strcmp(s->state, "won") == 0)
        must(sum == s->price_micros);
    else if (strcmp(s->state, "open") != 0)
        must(sum == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct observation *events = arena_alloc(cx.arena, MOST * sizeof *events, 8);
    struct observation *back = arena_alloc(cx.arena, MOST * sizeof *back, 8);
    struct folded_sale one, two;
    size_t n = 0;

    for (; n < MOST && (n + 1) * BYTES <= size; n++)
        events[n] = observation(cx.arena, data + n * BYTES, (int)n);
    if (n) {
        for (size_t i = 0; i < n; i++)
            back[i] = events[n - 1 - i];
        sale_fold(cx.arena, events, n, &reader, &one);
        sale_fold(cx.arena, back, n, &reader, &two);
        check_money(&one);
        must(strcmp(one.state, two.state) == 0 && one.won_at == two.won_at);
        must(one.price_micros == two.price_micros && one.npayments == two.npayments);
        must(str_eq(one.status_id, two.status_id) && one.modified_at == two.modified_at);
        for (size_t i = 0; i < one.npayments; i++)
            must(one.payments[i].amount_micros == two.payments[i].amount_micros &&
                 one.payments[i].at == two.payments[i].at &&
                 str_eq(one.payments[i].key, two.payments[i].key));
    }
    return fuzz_end(&cx);
}
