/* Rates of the other source: both shapes, crosses through the dollar, nonsense. */
#include "test.h"
#include "vendors/fx_json.h"

static int64_t rate_of(const struct fx_quotes *q, const char *currency)
{
    for (size_t i = 0; i < q->n; i++)
        if (str_eq(q->at[i].currency, str_of(currency)))
            return q->at[i].kzt_micros;
    return 0;
}

TEST(a_call_names_the_day_and_what_is_wanted)
{
    struct call c = fx_json_call(cx->arena, S("2026-04-01"));

    check_str(S("/2026-04-01"), c.path);
    check_int(4, (int64_t)c.nquery);
    check_str(S("KZT,EUR,RUB,BRL"), c.query[1].value);
}

TEST(rates_of_a_dollar_become_tenge_for_one_unit)
{
    struct fx_quotes q;

    check_ok(fx_json_read(cx,
                          S("{\"success\":true,\"base\":\"USD\",\"date\":\"2026-04-01\",\"rates\":{"
                            "\"KZT\":478.77,\"EUR\":0.5,\"RUB\":80,\"BRL\":4.7877}}"),
                          &q));

    check_str(S("2026-04-01"), q.day);
    check_int(478770000, rate_of(&q, "USD"));
    check_int(957540000, rate_of(&q, "EUR"));
    check_int(5984625, rate_of(&q, "RUB"));
    check_int(100000000, rate_of(&q, "BRL"));
}

TEST(quotes_are_read_too_and_what_is_missing_is_left_out)
{
    struct fx_quotes q;

    check_ok(fx_json_read(cx,
                          S("{\"source\":\"USD\",\"quotes\":{\"USDKZT\":478.770000123,\"USDEUR\":0,"
                            "\"USDBRL\":\"5\"}}"),
                          &q));

    check_str(S(""), q.day);
    check_int(1, (int64_t)q.n);
    check_int(478770000, rate_of(&q, "USD"));
}

TEST(what_does_not_say_what_a_dollar_costs_is_refused)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "null",
        "{\"base\":\"EUR\",\"rates\":{\"KZT\":500}}",
        "{\"rates\":{\"KZT\":500}}",
        "{\"base\":\"USD\",\"rates\":{\"EUR\":1}}",
        "{\"base\":\"USD\",\"rates\":{\"KZT\":-500}}",
        "{\"base\":\"USD\",\"rates\":{\"KZT\":1e30}}",
        "{\"base\":\"USD\",\"rates\":[500]}",
        "{\"result\":\"error\",\"error-type\":\"unsupported-code\"}"};
    struct fx_quotes q;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(fx_json_read(cx, str_of(wrong[i]), &q), ERR_UPSTREAM);
        ctx_forgive(cx);
    }
}
