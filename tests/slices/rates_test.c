/* What a currency cost on a day: the bank's feed, rates by hand, and changing money. */
#include "fake_vendor.h"
#include "rates/rates.h"
#include "slice_app.h"

#include <string.h>

/* ---- changing money ---- */

static const struct fx_rate some[] = {
    {S("BRL"), 90000000,  1,   S("2026-02-02")},
    {S("EUR"), 600000000, 1,   S("2026-02-02")},
    {S("KRW"), 36000000,  100, S("2026-02-02")},
    {S("USD"), 500000000, 1,   S("2026-02-02")},
};
static const struct fx_rates rates = {(struct fx_rate *)some, COUNT(some)};

static int64_t changed(int64_t micros, const char *from, const char *to)
{
    int64_t out = -1;

    check(rates_convert(&rates, micros, str_of(from), str_of(to), &out));
    return out;
}

TEST(money_is_changed_in_both_directions_and_across)
{
    check_int(5000000000, changed(10000000, "USD", "KZT"));
    check_int(10000000, changed(5000000000, "KZT", "USD"));
    check_int(12000000, changed(10000000, "EUR", "USD"));
    check_int(8333333, changed(10000000, "USD", "EUR"));
    check_int(55555556, changed(10000000, "USD", "BRL"));
    check_int(7, changed(7, "GBP", "GBP"));
    check_int(0, changed(0, "USD", "KZT"));
}

TEST(a_rate_for_a_hundred_units_is_a_hundredth_for_one)
{
    check_int(360000, changed(1000000, "KRW", "KZT"));
    check_int(720, changed(1000000, "KRW", "USD"));
    check_int(1388888889, changed(1000000, "USD", "KRW"));
}

TEST(half_a_micro_is_rounded_away_from_zero)
{
    const struct fx_rate half[] = {
        {S("USD"), 1500000, 1, S("2026-02-02")}
    };
    const struct fx_rates t = {(struct fx_rate *)half, 1};
    int64_t out;

    check(rates_convert(&t, 1, S("USD"), S("KZT"), &out));
    check_int(2, out);
    check(rates_convert(&t, -1, S("USD"), S("KZT"), &out));
    check_int(-2, out);
    check(rates_convert(&t, 3, S("KZT"), S("USD"), &out));
    check_int(2, out);
}

TEST(what_has_no_rate_or_does_not_fit_is_not_changed)
{
    int64_t out;

    check(!rates_convert(&rates, 1, S("GBP"), S("KZT"), &out));
    check(!rates_convert(&rates, 1, S("KZT"), S("GBP"), &out));
    check(!rates_convert(&rates, 1, S("USD"), S("GBP"), &out));
    check(!rates_convert(&rates, INT64_MAX, S("USD"), S("KZT"), &out));
    check(!rates_convert(&rates, INT64_MIN, S("USD"), S("KZT"), &out));
}

/* ---- which rate holds on a day ---- */

static void put(struct ctx *cx, struct slice_app *s, const char *source, const char *base,
                const char *day, int64_t kzt)
{
    struct tx *tx = NULL;
    struct fx_rate r = {str_of(base), kzt * 1000000, 1, str_of(day)};

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(rates_put(tx, str_of(source), &r, S("2026-02-03")));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

/* Tenge for one unit on that day; 0 when none holds. */
static int64_t held(struct ctx *cx, struct slice_app *s, const char *base, const char *day)
{
    struct tx *tx = NULL;
    struct fx_rates t;
    int64_t out = 0;

    check_ok(tx_begin(cx, s->app->db, TX_READ, &tx));
    check_ok(rates_on(tx, str_of(day), &t));
    tx_end(&tx);
    return rates_convert(&t, 1000000, str_of(base), S("KZT"), &out) ? out / 1000000 : 0;
}

DB_TEST(the_newest_rate_on_or_before_a_day_holds_for_ten_days)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    put(cx, &s, "nbk", "USD", "2026-01-10", 500);
    put(cx, &s, "nbk", "USD", "2026-01-15", 510);

    check_int(0, held(cx, &s, "USD", "2026-01-09"));
    check_int(500, held(cx, &s, "USD", "2026-01-10"));
    check_int(500, held(cx, &s, "USD", "2026-01-14"));
    check_int(510, held(cx, &s, "USD", "2026-01-15"));
    check_int(510, held(cx, &s, "USD", "2026-01-25"));
    check_int(0, held(cx, &s, "USD", "2026-01-26"));
    slice_app_close(&s);
}

DB_TEST(a_rate_by_hand_beats_the_banks_on_its_day_only)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    put(cx, &s, "manual", "USD", "2026-01-10", 600);
    put(cx, &s, "nbk", "USD", "2026-01-10", 500);
    put(cx, &s, "nbk", "USD", "2026-01-11", 501);
    put(cx, &s, "nbk", "EUR", "2026-01-09", 550);

    check_int(600, held(cx, &s, "USD", "2026-01-10"));
    check_int(501, held(cx, &s, "USD", "2026-01-11"));
    check_int(550, held(cx, &s, "EUR", "2026-01-11"));
    slice_app_close(&s);
}

static struct str dirty(struct ctx *cx, struct slice_app *s)
{
    struct str days = sql_rows(cx, s, "day", "from rollup_dirty order by day");

    sql_script(cx, s, "delete from rollup_dirty");
    return days;
}

DB_TEST(a_new_rate_marks_the_days_it_decides)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    put(cx, &s, "nbk", "USD", "2026-01-30", 500);
    check_str(S("2026-01-30\n2026-01-31\n2026-02-01\n2026-02-02\n2026-02-03\n2026-02-04"),
              dirty(cx, &s)); /* today, and tomorrow for accounts east of us */
    put(cx, &s, "nbk", "USD", "2026-01-28", 499);
    check_str(S("2026-01-28\n2026-01-29"), dirty(cx, &s));
    put(cx, &s, "nbk", "USD", "2026-01-10", 490);
    check_str(S("2026-01-10\n2026-01-11\n2026-01-12\n2026-01-13\n2026-01-14\n2026-01-15\n"
                "2026-01-16\n2026-01-17\n2026-01-18\n2026-01-19\n2026-01-20"),
              dirty(cx, &s));
    put(cx, &s, "nbk", "USD", "2026-03-01", 490);
    check_str(S("2026-03-01"), dirty(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_rate_that_says_nothing_new_marks_nothing)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    put(cx, &s, "nbk", "USD", "2026-01-30", 500);
    dirty(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");

    put(cx, &s, "nbk", "USD", "2026-01-30", 500);
    check_str(S(""), dirty(cx, &s));
    check_int(version, sql_int(cx, &s, "select version from data_version"));
    put(cx, &s, "nbk", "USD", "2026-01-30", 501);
    check(dirty(cx, &s).len > 0);
    check(sql_int(cx, &s, "select version from data_version") > version);
    slice_app_close(&s);
}

/* ---- routes ---- */

DB_TEST(rates_by_hand_are_stored_listed_and_logged)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    put(cx, &s, "nbk", "USD", "2026-02-02", 500);
    put(cx, &s, "nbk", "GBP", "2026-02-02", 650);

    struct answer made = slice_ask(cx, &s, "POST /api/v1/rates", s.admin,
                                   "{\"day\":\"2026-02-02\",\"base\":\"USD\",\"quote\":\"KZT\","
                                   "\"rate\":512.345678}");
    struct answer pound = slice_ask(cx, &s, "POST /api/v1/rates", s.admin,
                                    "{\"day\":\"2026-02-01\",\"base\":\"GBP\",\"quote\":\"KZT\","
                                    "\"rate\":\"651.5\"}");
    struct answer list =
        slice_ask(cx, &s, "GET /api/v1/rates?from=2026-02-01&to=2026-02-03", s.viewer, NULL);

    check_int(201, made.status);
    check_str(S("{\"day\":\"2026-02-02\",\"base\":\"USD\",\"quote\":\"KZT\",\"rate\":512.345678,"
                "\"quant\":1,\"source\":\"manual\",\"rate_day\":\"2026-02-02\"}"),
              made.body);
    check_int(201, pound.status);
    check_golden(cx, "rates", &list);
    check_int(2, sql_int(cx, &s, "select count(*) from audit_log where action = 'rate.put'"));
    check_int(512, held(cx, &s, "USD", "2026-02-02"));
    slice_app_close(&s);
}

DB_TEST(only_an_admin_enters_rates_and_everyone_signed_in_reads_them)
{
    const char *body = "{\"day\":\"2026-02-02\",\"base\":\"USD\",\"quote\":\"KZT\",\"rate\":1}";
    struct slice_app s;
    slice_app_open(cx, t, &s);

    check_int(401, slice_status(cx, &s, "POST /api/v1/rates", S(""), body));
    check_int(403, slice_status(cx, &s, "POST /api/v1/rates", s.lead, body));
    check_int(403, slice_status(cx, &s, "POST /api/v1/rates", s.viewer, body));
    check_int(401, slice_status(cx, &s, "GET /api/v1/rates", S(""), NULL));
    check_int(200, slice_status(cx, &s, "GET /api/v1/rates", s.loner, NULL));
    check_int(0, sql_int(cx, &s, "select count(*) from fx_rate"));
    slice_app_close(&s);
}

DB_TEST(wrong_fields_of_a_rate_are_named)
{
    static const struct {
        const char *day, *base, *quote, *rate, *field, *why;
    } cases[] = {
        {"\"2026-02-30\"", "\"USD\"", "\"KZT\"", "1",        "day",   "not_a_day"     },
        {"null",           "\"USD\"", "\"KZT\"", "1",        "day",   "missing"       },
        {"20260202",       "\"USD\"", "\"KZT\"", "1",        "day",   "not_text"      },
        {"\"2026-02-02\"", "\"usd\"", "\"KZT\"", "1",        "base",  "not_a_currency"},
        {"\"2026-02-02\"", "\"KZT\"", "\"KZT\"", "1",        "base",  "not_a_currency"},
        {"\"2026-02-02\"", "\"US\"",  "\"KZT\"", "1",        "base",  "not_a_currency"},
        {"\"2026-02-02\"", "\"USD\"", "\"USD\"", "1",        "quote", "must_be_kzt"   },
        {"\"2026-02-02\"", "\"USD\"", "\"KZT\"", "0",        "rate",  "out_of_range"  },
        {"\"2026-02-02\"", "\"USD\"", "\"KZT\"", "-5",       "rate",  "out_of_range"  },
        {"\"2026-02-02\"", "\"USD\"", "\"KZT\"", "1e30",     "rate",  "out_of_range"  },
        {"\"2026-02-02\"", "\"USD\"", "\"KZT\"", "1000001",  "rate",  "out_of_range"  },
        {"\"2026-02-02\"", "\"USD\"", "\"KZT\"", "\"five\"", "rate",  "out_of_range"  },
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str body = arena_fmt(cx->arena, "{\"day\":%s,\"base\":%s,\"quote\":%s,\"rate\":%s}",
                                    cases[i].day, cases[i].base, cases[i].quote, cases[i].rate);
        slice_refuses(cx, &s, "POST /api/v1/rates", str_z(cx->arena, body), cases[i].field,
                      cases[i].why);
    }
    slice_refuses(cx, &s, "GET /api/v1/rates?from=2026-02-03&to=2026-02-01", NULL, "to",
                  "before_from");
    slice_refuses(cx, &s, "GET /api/v1/rates?from=2024-01-01&to=2026-02-01", NULL, "to",
                  "range_too_long");
    slice_refuses(cx, &s, "GET /api/v1/rates?period=ever", NULL, "period", "not_a_choice");
    check_int(0, sql_int(cx, &s, "select count(*) from fx_rate"));
    slice_app_close(&s);
}

/* ---- the bank's feed ---- */

struct bank {
    struct fake_vendor *vendor;
    struct fetcher *fetcher;
};

static void bank_open(struct ctx *cx, struct slice_app *s, struct bank *b)
{
    b->vendor = fake_vendor_start();
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &b->fetcher));
    s->app->fetcher = b->fetcher;
    s->app->rates = (struct upstream){
        .name = "nbk",
        .base_url = fake_vendor_url(b->vendor),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 1 << 20,
        .retry = {.max_tries = 2, .base_ms = 10, .cap_ms = 100}
    };
}

static void bank_close(struct slice_app *s, struct bank *b)
{
    s->app->fetcher = NULL;
    fetcher_free(&b->fetcher);
    fake_vendor_stop(&b->vendor);
}

/* One item: "USD 500.5 1". */
static struct str item(struct ctx *cx, const char *words)
{
    struct str rest = str_of(words), currency, rate;

    str_cut(&rest, ' ', &currency);
    str_cut(&rest, ' ', &rate);
    return arena_fmt(cx->arena,
                     "<item><title>%.*s</title><description>%.*s</description>"
                     "<quant>%.*s</quant></item>",
                     STR_FMT(currency), STR_FMT(rate), STR_FMT(rest));
}

/* date: "03.02.2026"; items may be NULL: a day without rates. */
static void says(struct ctx *cx, struct bank *b, const char *date, const char *one, const char *two)
{
    struct str body =
        arena_fmt(cx->arena, "<rates><date>%s</date>%.*s%.*s</rates>", date,
                  STR_FMT(one ? item(cx, one) : S("")), STR_FMT(two ? item(cx, two) : S("")));

    fake_vendor_answers(b->vendor, 200, "Content-Type: text/xml\r\n", body);
}

/* Ten answers, for the window 25 January (a Sunday) to 3 February. */
static void says_usual_days(struct ctx *cx, struct bank *b)
{
    static const char *const days[] = {"25.01.2026", "26.01.2026", "27.01.2026", "28.01.2026",
                                       "29.01.2026", "30.01.2026", "31.01.2026", "01.02.2026",
                                       "02.02.2026", "03.02.2026"};

    for (int i = 0; i < 10; i++) {
        bool is_weekend = i == 0 || i == 6 || i == 7;
        struct str usd = arena_fmt(cx->arena, "USD %d.25 1", 500 + i);
        says(cx, b, days[i], is_weekend ? NULL : str_z(cx->arena, usd),
             is_weekend ? NULL : "KRW 36.5 100");
    }
}

static struct str known(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s, "day, base, source, rate_micros, quant", "from fx_rate order by 1");
}

DB_TEST(the_feed_fills_the_last_ten_days_and_weekends_lean_on_fridays)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    says_usual_days(cx, &b);

    slice_job(cx, &s, "rates.sync", &r);

    check_int(10, r.seen);
    check_int(14, r.written);
    check_int(0, r.failed);
    check_holds(S("GET /?fdate=25.01.2026 "), fake_vendor_request(b.vendor, cx->arena, 0));
    check_holds(S("GET /?fdate=03.02.2026 "), fake_vendor_request(b.vendor, cx->arena, 9));
    check_int(505, held(cx, &s, "USD", "2026-01-30"));
    check_int(505, held(cx, &s, "USD", "2026-02-01"));
    check_int(508, held(cx, &s, "USD", "2026-02-02"));
    check_str(S("2026-02-03|KRW|nbk|36500000|100\n2026-02-03|USD|nbk|509250000|1"),
              sql_rows(cx, &s, "day, base, source, rate_micros, quant",
                       "from fx_rate where day = '2026-02-03' order by base"));
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(a_second_run_asks_only_for_days_without_a_rate_and_changes_nothing)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    says_usual_days(cx, &b);
    slice_job(cx, &s, "rates.sync", &r);
    struct str before = known(cx, &s);
    dirty(cx, &s);
    says(cx, &b, "25.01.2026", NULL, NULL);

    slice_job(cx, &s, "rates.sync", &r);

    check_int(3, r.seen);
    check_int(0, r.written);
    check_str(before, known(cx, &s));
    check_str(S(""), dirty(cx, &s));
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(a_days_option_reaches_further_back)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    struct job_options o = {.days = 3};
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    says(cx, &b, "01.02.2026", NULL, NULL);
    says(cx, &b, "02.02.2026", "USD 500 1", NULL);
    says(cx, &b, "03.02.2026", "USD 501 1", NULL);

    check_ok(job_run_now(cx, s.app, "rates.sync", &o, NULL, NULL, &r));
    check_int(3, r.seen);
    o.days = 1201;
    check_err(job_run_now(cx, s.app, "rates.sync", &o, NULL, NULL, &r), ERR_INPUT);
    ctx_forgive(cx);
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(the_feed_is_asked_for_as_far_back_as_there_is_money)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    sql_script(cx, &s,
               "insert into crm_account (kind, external_id, subdomain, currency, seen_at) "
               "values ('amocrm', '1', '', 'KZT', 0);"
               "insert into sale (crm_account_id, deal_id, state, price_micros, currency, "
               "created_at, modified_at, day, learned_at) "
               "values (1, '1', 'won', 1, 'KZT', 0, 0, '2026-01-14', 0);"
               "insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, "
               "event_key) values (1, 'full', 1, 'KZT', 0, '2026-01-14', 0, 'k')");
    says(cx, &b, "10.01.2026", NULL, NULL);

    slice_job(cx, &s, "rates.sync", &r);
    check_int(25, r.seen);
    check_holds(S("fdate=10.01.2026 "), fake_vendor_request(b.vendor, cx->arena, 0));

    /* Old gaps of a few days are holidays and left alone. */
    put(cx, &s, "nbk", "USD", "2026-01-10", 500);
    put(cx, &s, "nbk", "USD", "2026-01-15", 500);
    put(cx, &s, "nbk", "USD", "2026-01-24", 500);
    slice_job(cx, &s, "rates.sync", &r);
    check_int(18, r.seen);
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(a_rate_that_jumps_by_more_than_a_tenth_needs_a_person)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    put(cx, &s, "nbk", "USD", "2026-01-24", 500);
    put(cx, &s, "nbk", "KRW", "2026-01-24", 36);
    says(cx, &b, "25.01.2026", "USD 551 1", "KRW 3500 100");
    says(cx, &b, "26.01.2026", "USD 550 1", "KRW 9223372036854 1");
    says(cx, &b, "27.01.2026", NULL, NULL);

    slice_job(cx, &s, "rates.sync", &r);

    check_int(2, r.failed);
    check_str(S("2026-01-24|KRW|36000000\n2026-01-24|USD|500000000\n2026-01-25|KRW|3500000000\n"
                "2026-01-26|USD|550000000"),
              sql_rows(cx, &s, "day, base, rate_micros", "from fx_rate order by day, base"));
    check_str(S("partial"), sql_rows(cx, &s, "outcome", "from job_run"));
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(a_feed_for_another_day_is_taken_for_that_day_or_not_at_all)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    says(cx, &b, "23.01.2026", "USD 500 1", NULL); /* Friday's, asked on a Sunday */
    says(cx, &b, "26.01.2062", "USD 500 1", NULL);
    says(cx, &b, "27.01.2016", "USD 300 1", NULL);
    says(cx, &b, "28.01.2026", NULL, "EUR 600 1"); /* without dollars it is not the whole feed */
    says(cx, &b, "29.01.2026", NULL, NULL);

    slice_job(cx, &s, "rates.sync", &r);

    check_str(S("2026-01-23|USD|nbk|500000000|1"), known(cx, &s));
    check_int(2, r.failed);
    bank_close(&s, &b);
    slice_app_close(&s);
}

static void take_reply(const char *name, struct str bytes, void *self)
{
    struct bank *b = self;

    (void)name;
    fake_vendor_answers(b->vendor, 200, "Content-Type: text/xml\r\n", bytes);
}

DB_TEST(no_kept_reply_of_the_bank_does_harm)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    struct job_options o = {.days = 1};
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    s.app->rates.retry.max_tries = 1;
    vendor_reply_each(cx->arena, "nbk", take_reply, &b);

    for (int i = 0; i < 20; i++) {
        fake_clock_advance(test_clock(cx), 1000);
        if (job_run_now(cx, s.app, "rates.sync", &o, NULL, NULL, &r))
            ctx_forgive(cx);
        check_int(0, sql_int(cx, &s,
                             "select count(*) from fx_rate where day > '2026-02-03' or day < "
                             "'2026-01-24'"));
        sql_script(cx, &s, "delete from fx_rate");
    }
    check_int(20, (int64_t)fake_vendor_requests(b.vendor));

    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(a_bank_that_is_down_fails_the_run_and_keeps_what_is_known)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    says(cx, &b, "25.01.2026", "USD 500 1", NULL);
    fake_vendor_answers(b.vendor, 503, "", S("down"));

    check_err(job_run_now(cx, s.app, "rates.sync", NULL, NULL, NULL, &r), ERR_UPSTREAM);
    ctx_forgive(cx);

    check_str(S("2026-01-25|USD|nbk|500000000|1"), known(cx, &s));
    check_str(S("failed"), sql_rows(cx, &s, "outcome", "from job_run"));
    bank_close(&s, &b);
    slice_app_close(&s);
}

/* ---- the bytes that said so ---- */

DB_TEST(the_bytes_of_the_feed_are_kept_once_and_shown)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    struct job_options two = {.days = 2};
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    for (int i = 0; i < 2; i++) {
        says(cx, &b, "02.02.2026", "USD 500 1", "KRW 36.5 100");
        says(cx, &b, "02.02.2026", "USD 500 1", "KRW 36.5 100");
    }

    check_ok(job_run_now(cx, s.app, "rates.sync", &two, NULL, NULL, &r));
    check_ok(job_run_now(cx, s.app, "rates.sync", &two, NULL, NULL, &r));

    check_int(1, sql_int(cx, &s, "select count(*) from inbox_event where source = 'nbk'"));
    check_int(2, sql_int(cx, &s, "select count(*) from fx_rate where inbox_id = 1"));
    struct answer a =
        slice_ask(cx, &s, "GET /api/v1/rates/raw?day=2026-02-02&base=USD", s.admin, NULL);
    check_int(200, a.status);
    check_holds(S("<date>02.02.2026</date>"), answer_text(cx, &a, "body"));
    check_str(S("nbk"), answer_text(cx, &a, "source"));
    check_str(S("text/xml"), answer_text(cx, &a, "content_type"));
    check_int(
        404,
        slice_ask(cx, &s, "GET /api/v1/rates/raw?day=2026-02-01&base=USD", s.admin, NULL).status);
    put(cx, &s, "manual", "EUR", "2026-02-02", 600);
    check_int(
        404,
        slice_ask(cx, &s, "GET /api/v1/rates/raw?day=2026-02-02&base=EUR", s.admin, NULL).status);
    slice_refuses(cx, &s, "GET /api/v1/rates/raw?base=USD", NULL, "day", "missing");
    slice_refuses(cx, &s, "GET /api/v1/rates/raw?day=2026-02-02&base=usd", NULL, "base",
                  "not_a_currency");
    bank_close(&s, &b);
    slice_app_close(&s);
}

/* ---- another source while the bank is silent ---- */

static void is_down(struct bank *b)
{
    fake_vendor_answers(b->vendor, 404, "", S("down"));
}

static void other_says(struct bank *b, const char *json)
{
    fake_vendor_answers(b->vendor, 200, "Content-Type: application/json\r\n", str_of(json));
}

/* One run of which the bank refuses the first day. */
static void run_while_down(struct ctx *cx, struct slice_app *s, struct bank *b)
{
    struct job_run r;

    is_down(b);
    check_err(job_run_now(cx, s->app, "rates.sync", NULL, NULL, NULL, &r), ERR_UPSTREAM);
    ctx_forgive(cx);
}

DB_TEST(another_source_is_asked_only_when_the_bank_is_silent_for_more_than_a_day)
{
    struct slice_app s;
    struct bank b;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    s.app->config.rates_fallback_url = str_of(fake_vendor_url(b.vendor));
    for (int i = 0; i < 7; i++)
        put(cx, &s, "nbk", "USD", arena_fmt(cx->arena, "2026-01-%02d", 25 + i).ptr, 500);
    put(cx, &s, "nbk", "USD", "2026-02-02", 500);
    put(cx, &s, "nbk", "EUR", "2026-02-02", 600);

    run_while_down(cx, &s, &b);
    check_int(0, sql_int(cx, &s, "select count(*) from fx_rate where source = 'fallback'"));
    fake_clock_advance(test_clock(cx), 25 * 3600 * 1000LL);
    is_down(&b);
    other_says(&b, "{\"base\":\"USD\",\"date\":\"2026-02-01\",\"rates\":{\"KZT\":505.5,"
                   "\"EUR\":0.8425,\"BRL\":5.055,\"RUB\":101.1}}");
    other_says(&b, "{\"source\":\"USD\",\"date\":\"2026-02-03\",\"quotes\":{\"USDKZT\":510}}");
    other_says(&b, "{\"base\":\"USD\",\"rates\":{\"KZT\":900}}");
    struct job_run r;
    check_err(job_run_now(cx, s.app, "rates.sync", NULL, NULL, NULL, &r), ERR_UPSTREAM);
    ctx_forgive(cx);

    /* The last answer jumps and is not taken. */
    check_str(S("2026-02-01|BRL|100000000\n2026-02-01|EUR|600000000\n2026-02-01|RUB|5000000\n"
                "2026-02-01|USD|505500000\n2026-02-03|USD|510000000"),
              sql_rows(cx, &s, "day, base, rate_micros",
                       "from fx_rate where source = 'fallback' order by 1"));
    check_int(505, held(cx, &s, "USD", "2026-02-01"));
    check_int(500, held(cx, &s, "USD", "2026-02-02"));
    check_int(2, sql_int(cx, &s,
                         "select count(*) from inbox_event where source = 'rates_fallback' and "
                         "id in (select inbox_id from fx_rate)"));
    check_str(S("failed|failed"), sql_rows(cx, &s, "min(outcome), max(outcome)", "from job_run"));
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(what_another_source_said_goes_when_the_bank_speaks_of_the_day)
{
    struct slice_app s;
    struct bank b;
    struct job_run r;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    put(cx, &s, "fallback", "USD", "2026-02-01", 505);
    put(cx, &s, "fallback", "BRL", "2026-02-02", 99);
    put(cx, &s, "fallback", "USD", "2026-02-03", 507);
    sql_script(cx, &s, "delete from rollup_dirty");
    says_usual_days(cx, &b);

    check_ok(job_run_now(cx, s.app, "rates.sync", NULL, NULL, NULL, &r));

    check_int(0, sql_int(cx, &s, "select count(*) from fx_rate where source = 'fallback'"));
    check_int(505, held(cx, &s, "USD", "2026-02-01"));
    check_int(1, sql_int(cx, &s, "select count(*) from rollup_dirty where day = '2026-02-01'"));
    bank_close(&s, &b);
    slice_app_close(&s);
}

DB_TEST(another_source_that_talks_nonsense_changes_nothing)
{
    static const char *const nonsense[] = {"{}",
                                           "[]",
                                           "hello",
                                           "{\"base\":\"EUR\",\"rates\":{\"KZT\":500}}",
                                           "{\"base\":\"USD\",\"rates\":{\"KZT\":0}}",
                                           "{\"base\":\"USD\",\"rates\":{\"KZT\":\"500\"}}"};
    struct slice_app s;
    struct bank b;
    slice_app_open(cx, t, &s);
    bank_open(cx, &s, &b);
    s.app->config.rates_fallback_url = str_of(fake_vendor_url(b.vendor));
    run_while_down(cx, &s, &b);
    fake_clock_advance(test_clock(cx), 25 * 3600 * 1000LL);

    for (size_t i = 0; i < COUNT(nonsense); i++) {
        struct job_run r;
        is_down(&b);
        other_says(&b, nonsense[i]);
        check_err(job_run_now(cx, s.app, "rates.sync", NULL, NULL, NULL, &r), ERR_UPSTREAM);
        ctx_forgive(cx);
    }

    check_int(0, sql_int(cx, &s, "select count(*) from fx_rate"));
    bank_close(&s, &b);
    slice_app_close(&s);
}
