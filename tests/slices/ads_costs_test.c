/* Costs of other networks out of files: the same facts, with versions; whose they are; and how
 * people write amounts, days and columns. */
#include "ads/costs_read.h"
#include "slice_app.h"

#include <string.h>

/* ---- amounts, days, columns ---- */

TEST(amounts_are_read_as_people_write_them)
{
    static const struct {
        const char *text;
        int64_t micros;
    } good[] = {
        {"14.35",          14350000     },
        {"14,35",          14350000     },
        {"1 234,56",       1234560000   },
        {"1\xC2\xA0"
         "234,5", 1234500000   },
        {"1\xE2\x80\xAF"
         "234",   1234000000   },
        {"1,234.56",       1234560000   },
        {"1.234,56",       1234560000   },
        {"1,234,567",      1234567000000},
        {"1.234.567",      1234567000000},
        {"0",              0            },
        {"1.234",          1234000      },
        {" 22500 ",        22500000000  },
    };
    static const char *const bad[] = {"", "abc", "1,234", "12,3,4x", "$5", "1e5", "--"};
    int64_t micros;

    for (size_t i = 0; i < COUNT(good); i++) {
        if (!cost_amount_read(cx->arena, str_of(good[i].text), &micros) || micros != good[i].micros)
            test_fail(TEST_AT("amount"), "%s", good[i].text);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (cost_amount_read(cx->arena, str_of(bad[i]), &micros))
            test_fail(TEST_AT("amount"), "%s was taken", bad[i]);
}

TEST(days_are_read_as_people_write_them)
{
    static const char *const good[] = {"2026-02-03", "03.02.2026", "03/02/2026", "2026/02/03",
                                       "2026-02-03 00:00:00"};
    static const char *const bad[] = {"",           "2026-02-30", "31.02.2026",
                                      "02/30/2026", "tomorrow",   "2026-2-3"};
    struct str day;

    for (size_t i = 0; i < COUNT(good); i++) {
        check(cost_day_read(cx->arena, str_of(good[i]), &day));
        check_str(S("2026-02-03"), day);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        check(!cost_day_read(cx->arena, str_of(bad[i]), &day));
}

/* ---- files ---- */

static struct answer upload(struct ctx *cx, struct slice_app *s, struct str token,
                            const char *query, const char *csv)
{
    struct str path = arena_fmt(cx->arena, "/api/v1/costs/import?%s", query);
    struct str headers = arena_fmt(
        cx->arena, "Content-Type: text/csv\r\nAuthorization: Bearer %.*s\r\n", STR_FMT(token));

    return ask_for(cx, s->core.port, "POST", path.ptr, headers.ptr, str_of(csv));
}

#define RU                                                                                         \
    "Дата;Кабинет;Кампания;Расход;Показы;Клики\n"              \
    "01.02.2026;K-1;Бренд;1 234,50;1000;50\n"                                                 \
    "02.02.2026;K-1;Бренд;10;100;5\n"                                                         \
    "02.02.2026;K-1;Поиск;5,25;80;4\n"

#define EN "Date,Campaign,Cost,Impressions,Clicks\n2026-02-01,Brand,12.5,900,30\n"
#define PT "Data,Campanha,Gasto,Impressões,Cliques\n01/02/2026,Marca,\"12,5\",900,30\n"

#define SPEND "select cast(coalesce(sum(spend_micros), 0) as bigint) from ad_fact"

DB_TEST(a_file_of_costs_becomes_facts_and_the_same_file_again_changes_nothing)
{
    struct slice_app s;
    struct answer a;
    int64_t version;
    slice_app_open(cx, t, &s);

    a = upload(cx, &s, s.admin, "platform=google&currency=USD", RU);
    check_int(201, a.status);
    check_holds(S("\"taken\":3,\"merged\":0,\"refused\":0,\"before\":0,\"after\":3"), a.body);
    check_int(1249750000, sql_int(cx, &s, SPEND));
    check_int(1, sql_int(cx, &s,
                         "select count(*) from ad_account where platform = 'google' and "
                         "external_id = 'K-1' and currency = 'USD' and role = 'file'"));
    check_int(2, sql_int(cx, &s, "select count(*) from campaign where name in ('Бренд', 'Поиск')"));
    check_int(2, sql_int(cx, &s, "select count(*) from rollup_dirty"));
    version = sql_int(cx, &s, "select version from data_version where id = 1");

    a = upload(cx, &s, s.admin, "platform=google&currency=USD", RU);

    check_holds(S("\"taken\":0,\"merged\":3,\"refused\":0"), a.body);
    check_int(0, sql_int(cx, &s, "select count(*) from ad_fact_version"));
    check_int(version, sql_int(cx, &s, "select version from data_version where id = 1"));
    check_int(2, sql_int(cx, &s,
                         "select count(*) from import_run where kind = 'costs' and "
                         "finished_at is not null"));
    check_int(6, sql_int(cx, &s, "select count(*) from import_row"));
    slice_app_close(&s);
}

DB_TEST(another_number_for_the_same_day_becomes_a_version)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    upload(cx, &s, s.admin, "platform=google&currency=USD", EN);

    struct answer a = upload(cx, &s, s.admin, "platform=google&currency=USD",
                             "day,campaign,spend,clicks,impressions\n2026-02-01,Brand,13,30,900\n");

    check_holds(S("\"taken\":1"), a.body);
    check_int(13000000, sql_int(cx, &s, SPEND));
    check_int(12500000, sql_int(cx, &s, "select spend_micros from ad_fact_version"));
    slice_app_close(&s);
}

DB_TEST(columns_are_known_in_three_languages)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    check_holds(S("\"taken\":1"), upload(cx, &s, s.admin, "platform=tiktok&currency=USD", EN).body);
    check_holds(S("\"taken\":1"),
                upload(cx, &s, s.admin, "platform=tiktok&currency=BRL&account=br", PT).body);

    check_int(25000000, sql_int(cx, &s, SPEND));
    check_int(2, sql_int(cx, &s, "select count(*) from ad_account where platform = 'tiktok'"));
    slice_app_close(&s);
}

DB_TEST(rows_that_make_no_sense_are_refused_one_by_one_with_a_reason)
{
    struct slice_app s;
    struct answer a;
    slice_app_open(cx, t, &s);

    a = upload(cx, &s, s.admin, "platform=google",
               "date,campaign,spend,currency,platform,clicks,team\n"
               "2026-02-01,A,1.5,USD,,3,\n"
               "2026-13-01,B,1,USD,,3,\n"
               "2026-02-01,C,\"1,234\",USD,,3,\n"
               "2026-02-01,D,-4,USD,,3,\n"
               "2026-02-01,E,4,,,3,\n"
               "2026-02-01,A,1.5,USD,,3,\n"
               "2026-02-01,G,1,USD,,x,\n"
               "2026-02-01,H,1,KZT,,1,\n"
               "2026-02-01,I,1,USD,,1,Nobody\n");

    check_int(201, a.status);
    check_holds(S("\"taken\":1,\"merged\":0,\"refused\":8"), a.body);
    check_holds(S("{\"line\":3,\"outcome\":\"refused\",\"detail\":\"the date is not understood\"}"),
                a.body);
    check_holds(S("the spend is not understood"), a.body);
    check_holds(S("below zero"), a.body);
    check_holds(S("in which currency"), a.body);
    check_holds(S("stands above"), a.body);
    check_holds(S("a count is not understood"), a.body);
    check_holds(S("another currency"), a.body);
    check_holds(S("no such team"), a.body);
    check_int(400, upload(cx, &s, s.admin, "platform=google", "a,b\n1,2\n").status);
    check_int(400, upload(cx, &s, s.admin, "platform=google", "").status);
    slice_app_close(&s);
}

DB_TEST(an_account_that_is_read_from_the_network_takes_no_file)
{
    struct slice_app s;
    const char *csv = "date,account,campaign,spend\n2026-02-01,act_55,A,1.5\n";
    slice_app_open(cx, t, &s);

    check_holds(S("\"taken\":1"),
                upload(cx, &s, s.admin, "platform=Facebook&currency=USD", csv).body);
    check_int(1, sql_int(cx, &s,
                         "select count(*) from ad_account where platform = 'meta' and "
                         "external_id = '55'"));
    sql_script(cx, &s,
               "insert into ad_connection (id, platform, label, external_id, state, created_at, "
               "checked_at) values (7, 'meta', 'x', 'x', 'ok', 1, 1);"
               "update ad_account set connection_id = 7");

    check_holds(S("read from the network itself"),
                upload(cx, &s, s.admin, "platform=meta&currency=USD", csv).body);
    slice_app_close(&s);
}

#define OWNER                                                                                      \
    "select b.team_id from ad_account_binding b join ad_account a on a.id = b.account_id where "   \
    "a.platform = 'google' and b.valid_to is null"

DB_TEST(who_leads_a_team_brings_costs_of_the_own_team_alone)
{
    struct slice_app s;
    struct answer a;
    slice_app_open(cx, t, &s);

    a = upload(cx, &s, s.lead, "platform=google&currency=USD", RU);
    check_holds(S("\"taken\":3"), a.body);
    check_int(s.team, sql_int(cx, &s, OWNER));
    check_int(1, sql_int(cx, &s,
                         "select count(*) from ad_account_binding where valid_from = "
                         "'2026-02-01'"));
    a = upload(cx, &s, s.lead, "platform=google&currency=USD",
               "date,account,campaign,spend,team\n2026-02-05,K-9,X,1,Kenesary\n");
    check_holds(S("the team is another one"), a.body);
    check_int(1, sql_int(cx, &s, "select count(*) from ad_account"));
    sql_script(cx, &s, "update ad_account_binding set team_id = %lld", (long long)s.other_team);
    a = upload(cx, &s, s.lead, "platform=google&currency=USD",
               "date,account,campaign,spend\n2026-02-05,K-1,Бренд,1\n");
    check_holds(S("another team's"), a.body);
    check_int(403, upload(cx, &s, s.worker, "platform=google", RU).status);
    slice_app_close(&s);
}

DB_TEST(a_team_in_a_row_makes_the_account_its_own_and_earlier_days_follow)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    upload(cx, &s, s.admin, "platform=google&currency=USD",
           "date,account,campaign,spend,team\n2026-02-05,K-1,X,1,kenesary\n"
           "2026-02-01,K-1,X,1,Kenesary\n");

    check_int(s.other_team, sql_int(cx, &s, OWNER));
    check_int(1, sql_int(cx, &s,
                         "select count(*) from ad_account_binding where valid_from = "
                         "'2026-02-01'"));
    slice_app_close(&s);
}

DB_TEST(a_cost_opens_down_to_its_row_in_the_file)
{
    struct slice_app s;
    struct answer a;
    slice_app_open(cx, t, &s);
    upload(cx, &s, s.admin, "platform=google&currency=USD", RU);

    a = slice_ask(cx, &s,
                  arena_fmt(cx->arena, "GET /api/v1/ads/%lld/days/2026-02-01/raw",
                            (long long)sql_int(cx, &s,
                                               "select ad_id from ad_fact where day = "
                                               "'2026-02-01'"))
                      .ptr,
                  s.admin, "");

    check_int(200, a.status);
    check_holds(S("\"Кампания\":\"Бренд\",\"Расход\":\"1 234,50\""), a.body);
    slice_app_close(&s);
}

/* ---- lists ---- */

DB_TEST(campaigns_are_watched_by_their_own_team)
{
    struct slice_app s;
    int64_t id;
    const char *call;
    slice_app_open(cx, t, &s);
    upload(cx, &s, s.lead, "platform=google&currency=USD", RU);
    id = sql_int(cx, &s, "select min(id) from campaign");
    call = arena_fmt(cx->arena, "PATCH /api/v1/campaigns/%lld", (long long)id).ptr;

    check_int(200, slice_status(cx, &s, call, s.worker, "{\"is_tracked\":false}"));
    check_int(1, sql_int(cx, &s, "select count(*) from campaign where is_tracked = 0"));
    check_int(404, slice_status(cx, &s, call, s.stranger, "{\"is_tracked\":true}"));
    check_int(403, slice_status(cx, &s, call, s.viewer, "{\"is_tracked\":true}"));
    check_int(422, slice_status(cx, &s, call, s.worker, "{}"));
    check_int(200,
              slice_status(
                  cx, &s, "POST /api/v1/campaigns/track", s.worker,
                  arena_fmt(cx->arena, "{\"ids\":[%lld],\"is_tracked\":true}", (long long)id).ptr));
    check_int(0, sql_int(cx, &s, "select count(*) from campaign where is_tracked = 0"));
    check_int(
        404,
        slice_status(
            cx, &s, "POST /api/v1/campaigns/track", s.worker,
            arena_fmt(cx->arena, "{\"ids\":[%lld,99],\"is_tracked\":false}", (long long)id).ptr));
    check_int(0, sql_int(cx, &s, "select count(*) from campaign where is_tracked = 0"));
    slice_app_close(&s);
}

DB_TEST(ad_sets_and_ads_are_listed_below_their_campaign)
{
    struct slice_app s;
    struct answer a;
    int64_t id;
    slice_app_open(cx, t, &s);
    upload(cx, &s, s.lead, "platform=google&currency=USD",
           "date,campaign,ad group,ad,spend\n2026-02-01,C,G,A,1\n2026-02-01,C,G,B,2\n");
    sql_script(cx, &s,
               "update ad_set set targeting = '{\"geo\":[\"KZ\"]}', daily_budget_micros = "
               "5000000");
    id = sql_int(cx, &s, "select id from campaign");

    a = slice_ask(cx, &s,
                  arena_fmt(cx->arena, "GET /api/v1/ad-sets?campaign=%lld", (long long)id).ptr,
                  s.viewer, "");
    check_holds(S("\"name\":\"G\""), a.body);
    check_holds(S("\"targeting\":{\"geo\":[\"KZ\"]},\"daily_budget\":5,"), a.body);
    check_holds(S("\"ads\":2"), a.body);
    a = slice_ask(cx, &s, arena_fmt(cx->arena, "GET /api/v1/ads?campaign=%lld", (long long)id).ptr,
                  s.viewer, "");
    check_holds(S("\"name\":\"A\""), a.body);
    check_holds(S("\"name\":\"B\""), a.body);
    a = slice_ask(cx, &s, arena_fmt(cx->arena, "GET /api/v1/ads?campaign=%lld", (long long)id).ptr,
                  s.stranger, "");
    check_holds(S("\"items\":[]"), a.body);
    check_int(422, slice_status(cx, &s, "GET /api/v1/ads", s.viewer, ""));
    check_int(422, slice_status(cx, &s, "GET /api/v1/ad-sets", s.viewer, ""));
    slice_app_close(&s);
}
