/* Deals of the CRM: what a deal goes through becomes a sale, its lead and its payments. */
#include "deals.h"
#include "sales/sales.h"

#include <string.h>

/* ---- what a deal goes through ---- */

DB_TEST(a_deal_that_is_won_lost_and_reopened_tells_its_money_day_by_day)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    int64_t day = 86400;

    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 7,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "5",
                         .price = "1000",
                         .source = "fb_x",
                         .name = "Aigul",
                         .created_s = JAN20});
    check_str(S("7|open|1000|2026-01-20|-"), sale(cx, &s));
    check_str(S(""), payments(cx, &s));
    check_str(S("2026-01-20"), dirty(cx, &s));

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + day,
                         .status = "142",
                         .pipeline = "5",
                         .price = "1000"});
    check_str(S("7|won|1000|2026-01-21|1768975200000"), sale(cx, &s));
    check_str(S("full|1000|2026-01-21"), payments(cx, &s));
    check_str(S("2026-01-20\n2026-01-21"), dirty(cx, &s));

    tell(cx, &s,
         &(struct event){.action = "update", .deal = 7, .at_s = JAN20 + 2 * day, .price = "1200"});
    check_str(S("full|1000|2026-01-21\ncorrection|200|2026-01-22"), payments(cx, &s));
    check_str(S("7|won|1200|2026-01-21|1768975200000"), sale(cx, &s));

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 3 * day,
                         .status = "143",
                         .pipeline = "5",
                         .price = "1200"});
    check_str(S("7|lost|1200|2026-01-20|-"), sale(cx, &s));
    check_str(S("full|1000|2026-01-21\ncorrection|200|2026-01-22\nrefund|-1200|2026-01-23"),
              payments(cx, &s));

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 4 * day,
                         .status = "10",
                         .pipeline = "5"});
    check_str(S("7|open|1200|2026-01-20|-"), sale(cx, &s));

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 5 * day,
                         .status = "142",
                         .pipeline = "5",
                         .price = "900"});
    check_str(S("7|won|900|2026-01-25|1769320800000"), sale(cx, &s));
    check_str(S("full|1000|2026-01-21\ncorrection|200|2026-01-22\nrefund|-1200|2026-01-23\n"
                "full|900|2026-01-25"),
              payments(cx, &s));
    check_int(900000000, sql_int(cx, &s, "select cast(sum(amount_micros) as bigint) from payment"));
    slice_app_close(&s);
}

DB_TEST(a_price_that_comes_after_the_win_is_its_full_payment)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s,
         &(struct event){
             .action = "status", .deal = 7, .at_s = JAN20, .status = "142", .pipeline = "5"});
    check_str(S("7|won|0|2026-01-20|1768888800000"), sale(cx, &s));
    check_str(S(""), payments(cx, &s));
    tell(cx, &s,
         &(struct event){.action = "update", .deal = 7, .at_s = JAN20 + 86400, .price = "5000"});
    check_str(S("7|won|5000|2026-01-20|1768888800000"), sale(cx, &s));
    check_str(S("full|5000|2026-01-21"), payments(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_price_going_down_while_won_is_a_negative_correction)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20,
                         .status = "142",
                         .pipeline = "5",
                         .price = "5000"});
    tell(cx, &s,
         &(struct event){.action = "update",
                         .deal = 7,
                         .at_s = JAN20 + 86400,
                         .status = "142",
                         .pipeline = "5",
                         .price = "0"});
    tell(cx, &s,
         &(struct event){.action = "update",
                         .deal = 7,
                         .at_s = JAN20 + 2 * 86400,
                         .status = "142",
                         .pipeline = "5",
                         .price = "400"});

    check_str(S("full|5000|2026-01-20\ncorrection|-5000|2026-01-21\nfull|400|2026-01-22"),
              payments(cx, &s));
    slice_app_close(&s);
}

DB_TEST(money_paid_in_advance_is_a_prepayment_and_one_sale_in_the_end)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into stage_map (pipeline_id, status_id, stage, product_id) values "
               "('5', '', 'lead', 2), ('5', '77', 'prepaid', null), ('5', '78', 'lost', null)");

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20,
                         .status = "77",
                         .pipeline = "5",
                         .price = "5000"});
    check_str(S("7|open|5000|2026-01-20|-"), sale(cx, &s));
    tell(cx, &s,
         &(struct event){.action = "update",
                         .deal = 7,
                         .at_s = JAN20 + 3600,
                         .status = "77",
                         .pipeline = "5",
                         .price = "6000"});
    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 86400,
                         .status = "142",
                         .pipeline = "5",
                         .price = "20000"});
    check_str(S("prepayment|5000|2026-01-20\ncorrection|1000|2026-01-20\nfull|14000|2026-01-21"),
              payments(cx, &s));
    check_str(S("7|won|20000|2026-01-21|1768975200000"), sale(cx, &s));
    check_int(2, sql_int(cx, &s, "select product_id from sale"));
    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 2 * 86400,
                         .status = "78",
                         .pipeline = "5"});
    check_str(S("7|lost|20000|2026-01-20|-"), sale(cx, &s));
    check_int(0, sql_int(cx, &s, "select cast(sum(amount_micros) as bigint) from payment"));
    slice_app_close(&s);
}

DB_TEST(a_deleted_deal_gives_its_money_back_and_a_restored_one_brings_it_again)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20,
                         .status = "142",
                         .pipeline = "5",
                         .price = "5000"});
    fake_clock_set(test_clock(cx), (JAN20 + 86400) * 1000);
    tell(cx, &s,
         &(struct event){.action = "delete",
                         .deal = 7,
                         .at_s = 0,
                         .status = "142",
                         .pipeline = "5"}); /* amoCRM gives no time */
    check_str(S("7|deleted|5000|2026-01-20|-"), sale(cx, &s));
    tell(cx, &s,
         &(struct event){.action = "update", .deal = 7, .at_s = JAN20 + 86500, .price = "5000"});
    check_str(S("7|deleted|5000|2026-01-20|-"), sale(cx, &s));
    fake_clock_set(test_clock(cx), (JAN20 + 2 * 86400) * 1000);
    tell(cx, &s,
         &(struct event){
             .action = "restore", .deal = 7, .at_s = 0, .status = "142", .pipeline = "5"});

    check_str(S("7|won|5000|2026-01-22|1769061600000"), sale(cx, &s));
    check_str(S("full|5000|2026-01-20\nrefund|-5000|2026-01-21\nfull|5000|2026-01-22"),
              payments(cx, &s));
    slice_app_close(&s);
}

DB_TEST(one_post_may_tell_of_several_deals)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const struct event events[] = {
        {.action = "status",
         .deal = 1,
         .at_s = JAN20,
         .status = "142",
         .pipeline = "5",
         .price = "100",
         .source = "a"},
        {.action = "status",
         .deal = 2,
         .at_s = JAN20,
         .status = "143",
         .pipeline = "5",
         .price = "200",
         .source = "b"},
        {.action = "add",
         .deal = 3,
         .at_s = JAN20,
         .status = "10",
         .pipeline = "5",
         .price = "300",
         .source = "c"},
    };

    slice_hook(cx, &s, body_of(cx, 1, events, COUNT(events)));

    check_str(S("1|won|a\n2|lost|b\n3|open|c"),
              sql_rows(cx, &s, "deal_id, state, utm_source", "from sale order by deal_id"));
    check_int(3, sql_int(cx, &s, "select count(*) from lead"));
    check_int(6, sql_int(cx, &s, "select count(*) from credit"));
    slice_app_close(&s);
}

DB_TEST(the_same_deal_number_in_two_accounts_is_two_deals)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const struct event won = {.action = "status",
                              .deal = 7,
                              .at_s = JAN20,
                              .status = "142",
                              .pipeline = "5",
                              .price = "100"};
    const struct event lost = {.action = "status",
                               .deal = 7,
                               .at_s = JAN20,
                               .status = "143",
                               .pipeline = "5",
                               .price = "200"};

    slice_hook(cx, &s, body_of(cx, 1, &won, 1));
    slice_hook(cx, &s, body_of(cx, 2, &lost, 1));

    check_str(S("7|won|100|2026-01-20|1768888800000\n7|lost|200|2026-01-20|-"), sale(cx, &s));
    check_str(S("1/7\n2/7"), sql_rows(cx, &s, "external_id", "from lead order by 1"));
    slice_app_close(&s);
}

DB_TEST(days_of_the_crm_follow_the_zones_real_history)
{
    static const struct {
        int64_t at_s;
        const char *day;
    } cases[] = {
        {1708453800, "2024-02-21"}, /* 18:30 UTC was half past midnight while Almaty was UTC+6 */
        {1709227800, "2024-02-29"}, /* 17:30 UTC on the last evening */
        {1709231400, "2024-02-29"}, /* an hour later it was half past eleven once more */
        {1709235000, "2024-03-01"},
        {1710095400, "2024-03-10"}, /* and 18:30 UTC is half past eleven since */
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(cases); i++) {
        tell(cx, &s,
             &(struct event){.action = "status",
                             .deal = (int)i + 1,
                             .at_s = cases[i].at_s,
                             .status = "142",
                             .pipeline = "5",
                             .price = "100",
                             .created_s = cases[i].at_s});
        struct str rest = arena_fmt(cx->arena,
                                    "from sale s join payment p on p.sale_id = s.id join lead l "
                                    "on l.id = s.lead_id where s.deal_id = '%zu'",
                                    i + 1);
        check_str(arena_fmt(cx->arena, "%s|%s|%s", cases[i].day, cases[i].day, cases[i].day),
                  sql_rows(cx, &s, "s.day, p.day, l.day", str_z(cx->arena, rest)));
    }
    slice_app_close(&s);
}

DB_TEST(a_product_is_known_by_its_pipeline_or_by_its_price)
{
    struct slice_app s;
    struct tx *tx = NULL;
    slice_app_open(cx, t, &s);
    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(sales_map_pipeline(tx, S("5"), S("intensive1d")));
    check_err(sales_map_pipeline(tx, S("5"), S("nothing")), ERR_NOT_FOUND);
    tx_end(&tx);
    ctx_forgive(cx);
    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(sales_map_pipeline(tx, S("5"), S("intensive1d")));
    check_ok(sales_map_pipeline(tx, S("5"), S("challenge3d")));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 1,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "5",
                         .price = "490000"});
    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 2,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "6",
                         .price = "490000"});
    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 3,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "6",
                         .price = "5000"});
    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 4,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "6",
                         .price = "5001"});

    check_str(S("1|challenge3d\n2|flagman\n3|express\n4|-"),
              sql_rows(cx, &s, "s.deal_id, p.code",
                       "from sale s left join product p on p.id = s.product_id "
                       "order by s.deal_id"));
    slice_app_close(&s);
}

DB_TEST(an_absurd_price_is_not_believed)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 1,
                         .at_s = JAN20,
                         .status = "142",
                         .pipeline = "5",
                         .price = "10000000000"});
    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 2,
                         .at_s = JAN20,
                         .status = "142",
                         .pipeline = "5",
                         .price = "10000000001"});
    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 3,
                         .at_s = JAN20,
                         .status = "142",
                         .pipeline = "5",
                         .price = "9000000000000"});

    check_str(
        S("1|won|10000000000\n2|won|0\n3|won|0"),
        sql_rows(cx, &s, "deal_id, state, price_micros / 1000000", "from sale order by deal_id"));
    slice_app_close(&s);
}

DB_TEST(the_log_of_a_sale_says_what_became_of_it)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s,
         &(struct event){.action = "add",
                         .deal = 7,
                         .at_s = JAN20,
                         .status = "10",
                         .pipeline = "5",
                         .price = "1000",
                         .source = "fb_x"});
    tell(cx, &s,
         &(struct event){.action = "update", .deal = 7, .at_s = JAN20 + 1, .name = "Renamed"});
    tell(cx, &s,
         &(struct event){.action = "status",
                         .deal = 7,
                         .at_s = JAN20 + 2,
                         .status = "142",
                         .pipeline = "5",
                         .price = "1000"});

    check_str(S("created|open|{\"old_state\":null,\"status_id\":\"10\",\"price\":1000}\n"
                "attributed|open|{\"reason\":\"no_rule\",\"rule_set\":1,\"from_team\":null}\n"
                "updated|won|{\"old_state\":\"open\",\"status_id\":\"142\",\"price\":1000}"),
              sql_rows(cx, &s, "action, state, metadata", "from sale_activity order by id"));
    slice_app_close(&s);
}

/* ---- the list ---- */

static void many_sales(struct ctx *cx, struct slice_app *s)
{
    slice_ask(cx, s, "PUT /api/v1/rules", s->admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"mine\",\"team_id\":1},"
              "{\"kind\":\"exact\",\"value\":\"theirs\",\"team_id\":2}]}");
    static const char *const sources[] = {"mine", "theirs", NULL};
    for (int i = 0; i < 12; i++)
        tell(cx, s,
             &(struct event){.action = "status",
                             .deal = i + 1,
                             .at_s = JAN20 + i / 4 * 86400,
                             .status = i % 2 ? "142" : "143",
                             .pipeline = "5",
                             .price = "100",
                             .source = sources[i % 3],
                             .created_s = JAN20});
}

/* "12 10 8 ..." of all pages. */
static struct str walk(struct ctx *cx, struct slice_app *s, const char *query, struct str token)
{
    struct str out = S(""), cursor = S("");

    for (int page = 0; page < 20; page++) {
        struct str call =
            arena_fmt(cx->arena, "GET /api/v1/sales?from=2026-01-01&to=2026-02-03%s%s%.*s", query,
                      cursor.len ? "&cursor=" : "", STR_FMT(cursor));
        struct answer a = slice_ask(cx, s, str_z(cx->arena, call), token, NULL);
        check_int(200, a.status);
        for (int i = 0; i < 500; i++) {
            char way[40];
            snprintf(way, sizeof way, "items.%d.deal_id", i);
            struct str deal = answer_text(cx, &a, way);
            if (!deal.len)
                break;
            out =
                arena_fmt(cx->arena, "%.*s%s%.*s", STR_FMT(out), out.len ? " " : "", STR_FMT(deal));
        }
        cursor = answer_text(cx, &a, "next");
        if (!cursor.len)
            return out;
    }
    return S("endless");
}

DB_TEST(the_list_goes_page_by_page_and_loses_nothing)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    many_sales(cx, &s);

    /* Won on the 22nd, 21st and 20th; what was lost stands on the day it was created. */
    struct str all = S("12 10 8 6 11 9 7 5 4 3 2 1");
    check_str(all, walk(cx, &s, "", s.admin));
    check_str(all, walk(cx, &s, "&limit=1", s.admin));
    check_str(all, walk(cx, &s, "&limit=5", s.admin));
    check_str(all, walk(cx, &s, "&limit=12", s.admin));
    check_str(S("12 10 8 6 4 2"), walk(cx, &s, "&state=won&limit=4", s.admin));
    check_str(S("10 7 4 1"), walk(cx, &s, "&team=1", s.admin));
    slice_app_close(&s);
}

DB_TEST(people_see_the_sales_of_their_own_team)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    many_sales(cx, &s);

    check_str(S("10 7 4 1"), walk(cx, &s, "", s.worker));
    check_str(S("10 7 4 1"), walk(cx, &s, "&limit=1", s.viewer));
    check_str(S("8 11 5 2"), walk(cx, &s, "", s.stranger));
    check_str(S(""), walk(cx, &s, "&team=2", s.worker));
    check_str(S(""), walk(cx, &s, "", s.loner));
    check_int(401, slice_status(cx, &s, "GET /api/v1/sales", S(""), NULL));
    slice_app_close(&s);
}

DB_TEST(a_wrong_question_about_sales_is_named)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_refuses(cx, &s, "GET /api/v1/sales?from=2026-13-01&to=2026-01-01", NULL, "from",
                  "not_a_day");
    slice_refuses(cx, &s, "GET /api/v1/sales?from=2026-01-01", NULL, "to", "missing");
    slice_refuses(cx, &s, "GET /api/v1/sales?state=gone", NULL, "state", "not_a_choice");
    slice_refuses(cx, &s, "GET /api/v1/sales?limit=0", NULL, "limit", "out_of_range");
    slice_refuses(cx, &s, "GET /api/v1/sales?limit=501", NULL, "limit", "out_of_range");
    slice_refuses(cx, &s, "GET /api/v1/sales?limit=x", NULL, "limit", "out_of_range");
    slice_refuses(cx, &s, "GET /api/v1/sales?team=-1", NULL, "team", "not_an_id");
    slice_refuses(cx, &s, "GET /api/v1/sales?cursor=2026-01-01", NULL, "cursor", "not_a_cursor");
    slice_refuses(cx, &s, "GET /api/v1/sales?cursor=x.1", NULL, "cursor", "not_a_cursor");
    slice_app_close(&s);
}

DB_TEST(a_lead_that_only_webhooks_told_of_opens_to_the_first_of_them)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *hook =
        "leads[add][0][id]=77&leads[add][0][status_id]=10&leads[add][0][pipeline_id]=5"
        "&leads[add][0][last_modified]=1768900000&account[id]=32100001";

    check_ok(inbox_put(cx, s.app,
                       &(struct inbox_new){.source = S("amocrm"),
                                           .dedupe_key = S("k1"),
                                           .content_type = S("application/x-www-form-urlencoded"),
                                           .body = str_of(hook)}));
    slice_job(cx, &s, "inbox.drain", &(struct job_run){0});
    int64_t lead = sql_int(cx, &s, "select id from lead where external_id like '%%/77'");
    struct answer a =
        slice_ask(cx, &s, arena_fmt(cx->arena, "GET /api/v1/leads/%lld/raw", (long long)lead).ptr,
                  s.admin, NULL);

    check_int(200, a.status);
    check_holds(S("leads[add][0][id]=77"), a.body);
    slice_app_close(&s);
}
