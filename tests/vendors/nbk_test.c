/* nbk_test.c: the National Bank's feed, on its good and bad days. */
#include "base/crypto.h"
#include "base/money.h"
#include "fake_vendor.h"
#include "test.h"
#include "vendors/nbk.h"

#include <string.h>

static struct nbk_rates read_kept(struct ctx *cx, const char *name)
{
    struct nbk_rates rates;

    check_ok(nbk_read(cx, vendor_reply(cx->arena, name), &rates));
    return rates;
}

static void check_rate(const struct nbk_rates *rates, const char *currency, int64_t micros,
                       int64_t quant)
{
    const struct nbk_rate *r = nbk_find(rates, str_of(currency));

    check(r != NULL);
    check_int(micros, r->rate_micros);
    check_int(quant, r->quant);
}

TEST(a_day_of_rates_is_read_with_quants_and_any_number_of_decimals)
{
    struct nbk_rates rates = read_kept(cx, "nbk/2026-04-01.xml");

    check_str(S("2026-04-01"), rates.day);
    check_int(12, rates.n);
    check_rate(&rates, "USD", 478770000, 1);
    check_rate(&rates, "EUR", 548620000, 1);
    check_rate(&rates, "AMD", 12720000, 10);
    check_rate(&rates, "KRW", 31290000, 100);
    check_rate(&rates, "IRR", 400000, 1000);
    check_rate(&rates, "JPY", 3000000, 1);
    check_rate(&rates, "UAH", 10900000, 1);
    check(!nbk_find(&rates, S("KZT")));
}

TEST(a_rate_for_a_hundred_units_converts_exactly)
{
    struct nbk_rates rates = read_kept(cx, "nbk/2026-04-01.xml");
    const struct nbk_rate *won = nbk_find(&rates, S("KRW"));
    int64_t tenge;

    check(money_exchange(1000 * MICROS, won->rate_micros, won->quant, &tenge));
    check_int(312900000, tenge);
}

TEST(a_holiday_has_a_day_and_no_rates)
{
    struct nbk_rates rates = read_kept(cx, "nbk/holiday_without_rates.xml");

    check_str(S("2026-01-01"), rates.day);
    check_int(0, rates.n);
    check_int(0, read_kept(cx, "nbk/bare_rates.xml").n);
}

TEST(a_missing_or_impossible_date_is_not_made_up)
{
    check_str(S(""), read_kept(cx, "nbk/no_date.xml").day);
    check_str(S(""), read_kept(cx, "nbk/wrong_dates.xml").day);
    check_str(S("2026-04-01"), read_kept(cx, "nbk/date_inside_an_item.xml").day);
}

TEST(odd_items_are_left_out_and_the_rest_is_kept)
{
    struct nbk_rates rates = read_kept(cx, "nbk/odd_items.xml");

    check_rate(&rates, "EUR", 548620000, 1);
    check_rate(&rates, "USD", 478770000, 1); /* the first of two */
    check_int(3, rates.n);
}

TEST(a_document_type_is_refused)
{
    static const char *const names[] = {"nbk/entities.xml", "nbk/outside_file.xml"};
    struct nbk_rates rates;

    for (size_t i = 0; i < COUNT(names); i++) {
        check_err(nbk_read(cx, vendor_reply(cx->arena, names[i]), &rates), ERR_UPSTREAM);
        check_holds(S("document type"), str_of(cx->why));
        check_int(0, rates.n);
        ctx_forgive(cx);
    }
}

TEST(what_is_not_the_feed_is_refused_whole)
{
    static const char *const names[] = {"nbk/undefined_entity.xml",
                                        "nbk/cut.xml",
                                        "nbk/another_feed.xml",
                                        "nbk/page.html",
                                        "nbk/empty.xml",
                                        "nbk/deep.xml",
                                        "nbk/bad_utf8.xml"};
    struct nbk_rates rates;

    for (size_t i = 0; i < COUNT(names); i++) {
        if (nbk_read(cx, vendor_reply(cx->arena, names[i]), &rates) != ERR_UPSTREAM)
            test_fail(TEST_AT("feed"), "%s was taken", names[i]);
        check_int(0, rates.n);
        ctx_forgive(cx);
    }
}

TEST(a_feed_past_the_cap_is_refused)
{
    size_t n = NBK_MAX_BYTES + 1;
    char *text = arena_alloc(cx->arena, n, 1);
    struct nbk_rates rates;

    memset(text, ' ', n);
    memcpy(text, "<rates/>", 8);
    check_err(nbk_read(cx, (struct str){text, n}, &rates), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_ok(nbk_read(cx, (struct str){text, n - 1}, &rates));
}

static void read_any(const char *name, struct str bytes, void *self)
{
    struct ctx *cx = self;
    struct nbk_rates rates;

    (void)name;
    for (size_t cut = 0; cut <= bytes.len; cut += 1 + bytes.len / 60) {
        if (nbk_read(cx, (struct str){bytes.ptr, cut}, &rates) != OK)
            check_int(0, rates.n);
        ctx_forgive(cx);
    }
}

TEST(every_kept_feed_and_its_beginnings_are_survived)
{
    vendor_reply_each(cx->arena, "nbk", read_any, cx);
}

TEST(the_day_is_asked_for_in_the_banks_own_order)
{
    static const char *const ends[] = {"/rss/get_rates.cfm", "/rss/get_rates.cfm?fdate="};

    for (size_t i = 0; i < COUNT(ends); i++) {
        struct fake_vendor *vendor = fake_vendor_start();
        struct str base = arena_fmt(cx->arena, "%s%s", fake_vendor_url(vendor), ends[i]);
        struct upstream up = {.name = "nbk",
                              .base_url = str_z(cx->arena, base),
                              .connect_ms = 5000,
                              .total_ms = 20000,
                              .max_reply = NBK_MAX_BYTES};
        struct call call = nbk_call(cx->arena, up.base_url, S("2026-04-01"));
        struct fetcher *f;
        struct reply reply;
        struct nbk_rates rates;

        fake_vendor_answers(vendor, 200, "Content-Type: text/xml; charset=UTF-8\r\n",
                            vendor_reply(cx->arena, "nbk/2026-04-01.xml"));
        check_ok(fetcher_new(cx, (struct str){0}, &random_system, &f));
        check_ok(fetch(cx, f, &up, &call, &reply));
        check_ok(nbk_read(cx, reply.body, &rates));
        check_int(12, rates.n);
        check_holds(S("GET /rss/get_rates.cfm?fdate=01.04.2026 HTTP/1.1"),
                    fake_vendor_request(vendor, cx->arena, 0));
        fetcher_free(&f);
        fake_vendor_stop(&vendor);
    }
}
