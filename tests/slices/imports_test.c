/* Tables of former databases: row by row, once, with a report (J25, C27, D25). */
#include "imports/imports.h"
#include "slice_app.h"

#include <string.h>

static struct import_report import_file(struct ctx *cx, struct slice_app *s, const char *file,
                                        const char *text)
{
    struct import_report report;
    struct import_ask ask = {.file_name = str_of(file), .text = str_of(text)};

    enum err err = import_run(cx, s->app, &ask, NULL, &report);

    if (err)
        test_fail(TEST_AT("import"), "%s: %s", err_slug(err), cx->why);
    return report;
}

static void check_report(const struct import_report *r, int64_t taken, int64_t merged,
                         int64_t refused)
{
    check_int(taken, r->taken);
    check_int(merged, r->merged);
    check_int(refused, r->refused);
}

static void know_crm(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "insert into crm_account (kind, external_id, subdomain, currency, seen_at)"
               " values ('amocrm', '32100001', 'agency', 'KZT', 1)");
}

static const char sales_csv[] =
    "\xef\xbb\xbfid,lead_id,sale_amount,sale_currency,utm_source,sale_date,created_at\r\n"
    "1,10701093,22500,KZT,fb_arystan,2026-01-20,2026-01-19T10:00:00+05:00\r\n"
    "2,10701094,\"490 000,50\",KZT,kenjifb,2026-01-21 23:30:00,\r\n"
    "3,,5000,KZT,fb_x,2026-01-21,\r\n"
    "4,10701095,five,KZT,fb_x,2026-01-21,\r\n";

DB_TEST(a_table_of_sales_becomes_sales_with_payments_and_says_what_it_refused)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    know_crm(cx, &s);
    struct import_report r = import_file(cx, &s, "/home/me/traffic_sales_rows.csv", sales_csv);

    check_report(&r, 2, 0, 2);
    check_str(S("traffic_sales"), r.kind);
    check_int(0, r.before);
    check_int(2, r.after);
    check_str(S("10701093|won|22500000000|2026-01-20|fb_arystan\n"
                "10701094|won|490000500000|2026-01-21|kenjifb"),
              sql_rows(cx, &s, "deal_id, state, price_micros, day, utm_source",
                       "from sale order by deal_id"));
    check_str(S("full|22500000000|2026-01-20\nfull|490000500000|2026-01-21"),
              sql_rows(cx, &s, "kind, amount_micros, day", "from payment order by day"));
    check_str(S("2|taken|-\n3|taken|-\n4|refused|lead_id: the CRM's number of the deal is missing\n"
                "5|refused|sale_amount|amount|price|total_amount|сумма: \"five\" is not an amount"),
              sql_rows(cx, &s, "line, outcome, detail", "from import_row order by line"));
    check_int(2, sql_int(cx, &s, "select count(*) from credit where subject_kind = 'sale'"));
    slice_app_close(&s);
}

DB_TEST(the_same_file_twice_changes_nothing_and_each_row_opens_to_its_bytes)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    know_crm(cx, &s);
    import_file(cx, &s, "traffic_sales.csv", sales_csv);
    struct str before = sql_rows(cx, &s, "deal_id, state, price_micros, day, learned_at",
                                 "from sale order by deal_id");
    struct import_report again = import_file(cx, &s, "traffic_sales.csv", sales_csv);

    check_report(&again, 0, 2, 2);
    check_int(again.before, again.after);
    check_str(before, sql_rows(cx, &s, "deal_id, state, price_micros, day, learned_at",
                               "from sale order by deal_id"));
    check_int(2, sql_int(cx, &s,
                         "select count(*) from deal_event d join inbox_event i on i.id = d.inbox_id"
                         " where i.source = 'import.sale' and i.state = 'done'"));
    slice_app_close(&s);
}

DB_TEST(a_row_of_a_deal_that_a_webhook_told_of_is_the_same_sale)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_hook(cx, &s,
               S("leads[status][0][id]=10701093&leads[status][0][status_id]=142&"
                 "leads[status][0][pipeline_id]=5&leads[status][0][price]=22500&"
                 "leads[status][0][last_modified]=1768900000&account[id]=32100001&"
                 "account[subdomain]=agency"));
    struct import_report r = import_file(cx, &s, "sales.csv", sales_csv);

    check_report(&r, 1, 1, 2);
    check_int(1, sql_int(cx, &s, "select count(*) from sale where deal_id = '10701093'"));
    check_int(22500000000,
              sql_int(cx, &s,
                      "select cast(sum(p.amount_micros) as bigint) from payment p"
                      " join sale x on x.id = p.sale_id where x.deal_id = '10701093'"));
    slice_app_close(&s);
}

DB_TEST(a_prepaid_challenge_and_its_cancelled_twin_count_as_what_they_are)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    know_crm(cx, &s);
    import_file(cx, &s, "challenge3d_sales.csv",
                "lead_id;amount;prepaid;status;sale_date\n"
                "1;5000;true;;2026-01-20\n"
                "2;60000;;paid;2026-01-20\n"
                "3;60000;;refunded;2026-01-20\n");
    check_str(S("1|open|Challenge 3D\n2|won|Challenge 3D\n3|lost|Challenge 3D"),
              sql_rows(cx, &s, "s.deal_id, s.state, p.name",
                       "from sale s join product p on p.id = s.product_id order by s.deal_id"));
    check_str(S("1|prepayment|5000000000\n2|full|60000000000"),
              sql_rows(cx, &s, "s.deal_id, y.kind, y.amount_micros",
                       "from payment y join sale s on s.id = y.sale_id order by s.deal_id"));
    slice_app_close(&s);
}

DB_TEST(sales_without_a_crm_account_to_be_of_are_refused_as_a_whole)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct import_report report;
    struct import_ask ask = {.file_name = S("sales.csv"), .text = str_of(sales_csv)};

    check_err(import_run(cx, s.app, &ask, NULL, &report), ERR_INPUT);
    check_holds(S("account="), str_of(cx->why));
    ctx_forgive(cx);
    ask.account = S("777");
    check_ok(import_run(cx, s.app, &ask, NULL, &report));
    check_report(&report, 2, 0, 2);
    check_int(2, sql_int(cx, &s,
                         "select count(*) from sale s join crm_account a on a.id = s.crm_account_id"
                         " where a.external_id = '777'"));
    slice_app_close(&s);
}

DB_TEST(former_teams_users_and_tags_come_in_once)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct import_report teams = import_file(cx, &s, "traffic_teams.csv",
                                             "id,name,utm_source\n1,Muha,muha_kz\n2,Arystan,\n");
    struct import_report users =
        import_file(cx, &s, "traffic_users.csv",
                    "email,full_name,role,team\nA@agency.example,Aida,targetologist,Muha\n"
                    "b@agency.example,Bek,boss,Muha\nc@agency.example,Can,viewer,Nobody\nadmin@"
                    "agency.kz,X,admin,\n");
    struct import_report rules =
        import_file(cx, &s, "traffic_user_utm_sources.csv",
                    "utm_source,team,kind\nMUHA2,Muha,alias\nfacebook,Muha,exact\nmuha_kz,Muha,\n");

    check_report(&teams, 1, 1, 0);
    check_report(&users, 1, 1, 2);
    check_report(&rules, 1, 1, 1);
    check_str(S("a@agency.example|targetologist|Muha|-"),
              sql_rows(cx, &s, "u.email, u.role, t.name, u.password_hash",
                       "from app_user u join team t on t.id = u.team_id where t.name = 'Muha'"));
    check_int(1, sql_int(cx, &s,
                         "select count(*) from utm_rule where value = 'muha2' and kind = 'alias'"
                         " and rule_set_id = (select max(id) from rule_set)"));
    slice_app_close(&s);
}

DB_TEST(former_exchange_rates_are_rates_set_by_hand)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct import_report r =
        import_file(cx, &s, "exchange_rates.csv",
                    "from_currency,to_currency,rate,rate_date\nUSD,KZT,510.25,2026-01-20\n"
                    "KZT,USD,0.002,2026-01-20\nUSD,KZT,0,2026-01-21\n");

    check_report(&r, 1, 0, 2);
    check_str(S("USD|2026-01-20|510250000|manual"),
              sql_rows(cx, &s, "base, day, rate_micros, source", "from fx_rate"));
    slice_app_close(&s);
}

DB_TEST(leads_of_the_landing_database_come_in_with_their_tags)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *csv = "id,full_name,phone,email,utm_source,created_at\n"
                      "a1,Aigul,+7 701 123 45 67,,fb_arystan,2026-01-20 10:00:00\n"
                      "a2,Bek,,bek@example.com,kenjifb,2026-01-21 10:00:00\n"
                      "a3,,,,kenjifb,2026-01-21 10:00:00\n";
    struct import_report r = import_file(cx, &s, "landing_leads.csv", csv);
    struct import_report again = import_file(cx, &s, "landing_leads.csv", csv);

    check_report(&r, 2, 0, 1);
    check_report(&again, 0, 2, 1);
    check_str(S("import|fb_arystan|2026-01-20\nimport|kenjifb|2026-01-21"),
              sql_rows(cx, &s, "source_kind, utm_source, day", "from lead order by day"));
    check_int(2, sql_int(cx, &s, "select count(*) from credit where subject_kind = 'lead'"));
    slice_app_close(&s);
}

DB_TEST(costs_of_another_network_are_facts_with_a_report)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *csv = "date,platform,account,campaign,spend,currency,impressions,clicks\n"
                      "2026-01-20,google,g-1,Search,12.50,USD,1000,40\n"
                      "2026-01-20,google,g-1,Search,twelve,USD,1000,40\n";
    struct import_report r = import_file(cx, &s, "costs.csv", csv);
    struct import_report again = import_file(cx, &s, "costs.csv", csv);

    check_report(&r, 1, 0, 1);
    check_report(&again, 0, 1, 1);
    check_int(again.before, again.after);
    check_int(12500000, sql_int(cx, &s, "select spend_micros from ad_fact"));
    check_str(S("google"), sql_rows(cx, &s, "platform", "from ad_account"));
    check_int(2, sql_int(cx, &s, "select count(*) from import_row where outcome = 'refused'"));
    slice_app_close(&s);
}

DB_TEST(a_file_that_is_nothing_we_know_is_refused_with_the_list_of_what_we_do)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct answer a = slice_ask(cx, &s, "POST /api/v1/imports?file=x.csv", s.admin, "a,b\n1,2\n");

    check_int(400, a.status);
    check_holds(S("landing_leads"), a.body);
    check_int(400, slice_status(cx, &s, "POST /api/v1/imports", s.admin, "\n"));
    check_int(403, slice_status(cx, &s, "POST /api/v1/imports", s.lead, "name\nX\n"));
    slice_app_close(&s);
}

DB_TEST(a_report_is_kept_and_its_rows_can_be_paged)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct answer made = slice_ask(cx, &s, "POST /api/v1/imports?kind=teams&file=t.csv", s.admin,
                                   "name\nMuha\nTraf4\n\"\"\nArystan\n");

    check_int(201, made.status);
    check_holds(S("\"taken\":2,\"merged\":1"), made.body);
    struct answer list = slice_ask(cx, &s, "GET /api/v1/imports", s.admin, NULL);
    check_int(200, list.status);
    check_holds(S("\"file\":\"t.csv\""), list.body);
    struct answer rows =
        slice_ask(cx, &s, "GET /api/v1/imports/1/rows?outcome=taken&limit=1", s.admin, NULL);
    check_int(200, rows.status);
    check_holds(
        S("{\"items\":[{\"line\":2,\"outcome\":\"taken\",\"detail\":null}],\"next\":\"2\"}"),
        rows.body);
    check_int(404, slice_status(cx, &s, "GET /api/v1/imports/99/rows", s.admin, NULL));
    slice_app_close(&s);
}
