/* What observations add up to, without a database: hooks with and without a time, reads, deletions,
 * in any order. */
#include "sales/sales_fold.h"
#include "test.h"

#include <string.h>

enum { MOST = 14, ORDERS = 30, HISTORIES = 400 };
#define S1 1000LL
#define HOUR (3600 * S1)

static enum deal_stage stage_of(void *self, struct str pipeline, struct str status)
{
    (void)self;
    (void)pipeline;
    return str_eq(status, S("142"))   ? STAGE_WON
           : str_eq(status, S("143")) ? STAGE_LOST
           : str_eq(status, S("77"))  ? STAGE_PREPAID
                                      : STAGE_OPEN;
}
static const struct stage_reader reader = {stage_of, NULL};

/* "state price won_at: kind amount at, ..." */
static struct str folded(struct ctx *cx, const struct observation *events, size_t n)
{
    struct observation *copy =
        arena_alloc(cx->arena, n * sizeof *copy, _Alignof(struct observation));
    struct folded_sale s;
    struct str out;

    memcpy(copy, events, n * sizeof *copy);
    sale_fold(cx->arena, copy, n, &reader, &s);
    out = arena_fmt(cx->arena, "%s %lld %lld:", s.state, (long long)s.price_micros,
                    (long long)s.won_at);
    for (size_t i = 0; i < s.npayments; i++)
        out = arena_fmt(cx->arena, "%.*s %s %lld@%lld", STR_FMT(out), s.payments[i].kind,
                        (long long)s.payments[i].amount_micros, (long long)s.payments[i].at);
    return out;
}

static struct observation hook(enum deal_action action, int64_t at, const char *status)
{
    static char names[26] = "abcdefghijklmnopqrstuvwxyz";

    return (struct observation){
        .action = action,
        .at = at,
        .learned_at = at + 2 * S1,
        .key = (struct str){&names[at % 26], 1},
        .status_id = str_of(status ? status : "")
    };
}

static struct observation with_price(struct observation o, int64_t price)
{
    o.has_price = true;
    o.price_micros = price;
    return o;
}

static struct observation timeless(struct observation o)
{
    o.has_no_time = true;
    o.learned_at = o.at;
    return o;
}

static struct observation read_of(int64_t at, int64_t learned_at, const char *status, int64_t price)
{
    struct observation o = with_price(hook(DEAL_READ, at, status), price);

    o.learned_at = learned_at;
    o.is_read = true;
    return o;
}

#define FOLDED(...)                                                                                \
    folded(cx, (const struct observation[]){__VA_ARGS__},                                          \
           COUNT(((const struct observation[]){__VA_ARGS__})))

TEST(a_read_that_no_hook_told_wins_the_deal)
{
    check_str(S("won 500 3600000: full 500@3600000"), FOLDED(read_of(HOUR, 2 * HOUR, "142", 500)));
}

TEST(a_read_of_what_is_known_moves_no_money)
{
    check_str(S("won 500 3600000: full 500@3600000"),
              FOLDED(with_price(hook(DEAL_STATUS, HOUR, "142"), 500),
                     read_of(HOUR, 2 * HOUR, "142", 500), read_of(5 * HOUR, 6 * HOUR, "142", 500)));
}

TEST(a_deal_that_was_edited_after_it_was_won_is_of_the_day_of_its_closing)
{
    struct observation closing = read_of(HOUR, 9 * HOUR, "142", 500);
    closing.is_closing = true;

    check_str(S("won 500 3600000: full 500@3600000"),
              FOLDED(read_of(8 * HOUR, 9 * HOUR, "142", 500), closing));
    /* A hook knew the price of that day. */
    check_str(S("won 500 3600000: full 400@3600000 correction 100@28800000"),
              FOLDED(read_of(8 * HOUR, 9 * HOUR, "142", 500), closing,
                     with_price(hook(DEAL_STATUS, HOUR, "142"), 400)));
}

TEST(a_late_hook_without_a_time_does_not_turn_a_deal_back)
{
    struct observation late = timeless(hook(DEAL_STATUS, 5 * HOUR, "10"));

    check_str(S("open 500 0:"), FOLDED(late, with_price(hook(DEAL_ADD, HOUR, "9"), 500)));
    /* The deal was won at the second hour, and nothing changed until it was read. */
    check_str(S("won 500 7200000: full 500@7200000"),
              FOLDED(late, read_of(2 * HOUR, 6 * HOUR, "142", 500)));
    /* What was heard after the read is news. */
    check_str(S("open 500 0: full 500@7200000 refund -500@18000000"),
              FOLDED(late, read_of(2 * HOUR, 4 * HOUR, "142", 500)));
}

TEST(a_deletion_without_a_time_stands_until_a_read_says_otherwise)
{
    struct observation gone = timeless(hook(DEAL_DELETE, 5 * HOUR, "142"));
    struct observation won = with_price(hook(DEAL_STATUS, HOUR, "142"), 500);

    check_str(S("deleted 500 0: full 500@3600000 refund -500@18000000"), FOLDED(won, gone));
    /* Restored at the sixth hour: the read sees it alive. */
    check_str(S("won 500 21600000: full 500@3600000 refund -500@18000000 full 500@21600000"),
              FOLDED(won, gone, read_of(6 * HOUR, 7 * HOUR, "142", 500)));
    check_str(S("deleted 500 0: full 500@3600000 refund -500@18000000"),
              FOLDED(won, gone, timeless(hook(DEAL_UPDATE, 8 * HOUR, "142"))));
}

TEST(money_in_advance_may_be_a_mark_on_the_deal)
{
    struct observation paid = with_price(hook(DEAL_UPDATE, HOUR, "10"), 500);
    struct observation back = hook(DEAL_UPDATE, 3 * HOUR, "10");
    paid.has_prepaid = back.has_prepaid = paid.is_prepaid = true;

    check_str(S("open 500 0: prepayment 500@3600000"), FOLDED(paid));
    check_str(S("won 800 7200000: prepayment 500@3600000 full 300@7200000"),
              FOLDED(paid, with_price(hook(DEAL_STATUS, 2 * HOUR, "142"), 800)));
    check_str(S("open 500 0: prepayment 500@3600000 refund -500@10800000"), FOLDED(paid, back));
}

/* ---- any order ---- */

static struct observation random_observation(struct ctx *cx, uint64_t *seed, int number)
{
    static const char *const statuses[] = {"", "10", "77", "142", "143"};
    int64_t at = test_random_between(seed, 1, 12) * HOUR;
    struct observation o = {.at = at,
                            .learned_at = at + test_random_between(seed, 0, 6) * HOUR,
                            .key = arena_fmt(cx->arena, "%02d", number),
                            .status_id = str_of(statuses[test_random_between(seed, 0, 4)])};

    o.action = (enum deal_action)test_random_between(seed, DEAL_ADD, DEAL_RESTORE);
    if (test_random_between(seed, 0, 1))
        o = with_price(o, test_random_between(seed, 0, 3) * 100);
    if (test_random_between(seed, 0, 4) == 0) {
        o.has_prepaid = true;
        o.is_prepaid = test_random_between(seed, 0, 1);
    }
    if (o.action == DEAL_READ || (o.action == DEAL_DELETE && test_random_between(seed, 0, 1))) {
        o.is_read = true;
        o.is_closing = o.action == DEAL_READ && test_random_between(seed, 0, 3) == 0;
    } else if (test_random_between(seed, 0, 2) == 0) {
        o = timeless(o);
    }
    return o;
}

static void shuffle(uint64_t *seed, struct observation *events, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)test_random_between(seed, 0, (int64_t)i - 1);
        struct observation keep = events[i - 1];
        events[i - 1] = events[k];
        events[k] = keep;
    }
}

TEST(hooks_reads_deletions_and_restorations_end_the_same_in_any_order)
{
    uint64_t seed = 20261122;

    for (int history = 0; history < HISTORIES; history++) {
        struct observation events[MOST];
        size_t n = (size_t)test_random_between(&seed, 1, MOST);
        for (size_t i = 0; i < n; i++)
            events[i] = random_observation(cx, &seed, (int)i);
        struct str want = folded(cx, events, n);
        for (int order = 0; order < ORDERS; order++) {
            shuffle(&seed, events, n);
            check_str(want, folded(cx, events, n));
        }
    }
}

TEST(money_that_came_in_is_what_the_deal_stands_at)
{
    uint64_t seed = 7;

    for (int history = 0; history < HISTORIES * 5; history++) {
        struct observation events[MOST];
        struct folded_sale s;
        size_t n = (size_t)test_random_between(&seed, 1, MOST);
        int64_t sum = 0, last = 0;
        for (size_t i = 0; i < n; i++)
            events[i] = random_observation(cx, &seed, (int)i);
        sale_fold(cx->arena, events, n, &reader, &s);
        for (size_t i = 0; i < s.npayments; i++) {
            sum += s.payments[i].amount_micros;
            check(sum >= 0);
            check(s.payments[i].at >= last);
            check(s.payments[i].amount_micros != 0);
            last = s.payments[i].at;
        }
        if (strcmp(s.state, "won") == 0)
            check_int(s.price_micros, sum);
        else if (strcmp(s.state, "open") != 0)
            check_int(0, sum);
        check((strcmp(s.state, "won") == 0) == (s.won_at != 0));
    }
}
