/* Credit over what is known of a person: borrowed tags, ads that a lead came with, the deal's
 * responsible user, and what the counted leads of a day are. */
#include "attribution/attribution.h"
#include "attribution/attribution_logic.h"
#include "base/calendar.h"
#include "leads/leads.h"
#include "slice_app.h"

#include <string.h>

#define DAY_S 86400
#define JAN20_S 1768888800LL /* 11:00 in Almaty */

/* ---- the rules alone ---- */

static struct decision decide(struct ctx *cx, const struct utm_rule *rules, size_t n,
                              struct clues c)
{
    struct rule_set set = {.id = 1, .rules = (struct utm_rule *)rules, .n = n};

    c.day = S("2026-01-20");
    return attribution_decide(cx->arena, &set, &c);
}

TEST(the_deals_user_decides_where_neither_tag_nor_ad_does)
{
    const struct utm_rule rules[] = {
        {.id = 1, .kind = RULE_RESPONSIBLE, .value = S("77"), .team_id = 1,               .user_id = 5},
        {.id = 2,       .kind = RULE_EXACT,                         .value = S("fb_a"),                 .team_id = 2},
        {.id = 3,       .kind = RULE_AD,                         .value = S("9001"),                    .team_id = 3   },
    };
    struct clues c = {.responsible_id = S("77")};

    check_int(1, decide(cx, rules, 3, c).team_id);
    check_int(5, decide(cx, rules, 3, c).user_id);
    check_str(S("responsible"), str_of(decide(cx, rules, 3, c).reason));
    c.bound_team_id = 4;
    check_str(S("binding"), str_of(decide(cx, rules, 3, c).reason));
    c.ad_ext = S("9001");
    check_int(3, decide(cx, rules, 3, c).team_id);
    c.utm.source = S("fb_a");
    check_int(2, decide(cx, rules, 3, c).team_id);
    c = (struct clues){.responsible_id = S("78")};
    check_str(S("no_tag"), str_of(decide(cx, rules, 3, c).reason));
    check_str(S("no_tag"),
              str_of(decide(cx, rules, 0, (struct clues){.responsible_id = S("77")}).reason));
}

/* ---- with a database ---- */

static void put_rules(struct ctx *cx, struct slice_app *s, const char *rules)
{
    struct str body = arena_fmt(cx->arena, "{\"note\":\"n\",\"rules\":[%s]}", rules);

    check_int(200, slice_status(cx, s, "PUT /api/v1/rules", s->admin, str_z(cx->arena, body)));
}

static void open_app(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    slice_app_open(cx, t, s);
    s->app->config.lead_duplicate_days = 30;
    sql_script(
        cx, s,
        "insert into landing_site (name, origin, created_at) values ('P', 'https://p.kz', 0);"
        "insert into ad_account (platform, external_id, name, currency, tz, status, "
        "first_seen_at) values ('meta', '11', 'One', 'USD', 'Asia/Almaty', 1, 0);"
        "insert into campaign (account_id, external_id, name, seen_at) values "
        "(1, '101', 'Spring', 0);"
        "insert into ad_set (account_id, campaign_id, external_id, name, seen_at) values "
        "(1, 1, '111', 'S', 0);"
        "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, seen_at) "
        "values (1, 1, 1, '9001', 'Ad', 0)");
    put_rules(cx, s,
              "{\"kind\":\"exact\",\"value\":\"fb_a\",\"team_id\":1},"
              "{\"kind\":\"exact\",\"value\":\"fb_b\",\"team_id\":2}");
}

struct said { /* a form at so many days after the 20th */
    int day;
    const char *form;
};

static void take(struct ctx *cx, struct slice_app *s, const struct said *f)
{
    struct tx *tx = NULL;
    struct inbox_result out = {0};
    struct inbox_event e = {.source = S("lead"),
                            .content_type = S("application/x-www-form-urlencoded; site=1"),
                            .body = str_of(f->form),
                            .received_at = (JAN20_S + (int64_t)f->day * DAY_S) * 1000};

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(attribution_accept_lead(tx, s->app, &e, &out));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static void sell(struct ctx *cx, struct slice_app *s, int deal, int day, const char *more)
{
    slice_hook(cx, s,
               arena_fmt(cx->arena,
                         "account[id]=1&leads[status][0][id]=%d&leads[status][0][status_id]=142&"
                         "leads[status][0][price]=100&leads[status][0][last_modified]=%lld&"
                         "leads[status][0][date_create]=%lld%s",
                         deal, JAN20_S + (long long)day * DAY_S, JAN20_S + (long long)day * DAY_S,
                         more));
}

/* What the CRM knows of the deal's contact. */
static void know(struct ctx *cx, struct slice_app *s, int deal, const char *phone)
{
    struct tx *tx = NULL;
    struct str raw = str_of(phone);
    int64_t lead = sql_int(cx, s, "select lead_id from sale where deal_id = '%d'", deal);

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(lead_identify(tx, s->app, lead, &(struct lead_keys){.phones = &raw, .nphones = 1}));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static void run(struct ctx *cx, struct slice_app *s, int64_t moved)
{
    struct attribution_result r;

    check_ok(attribution_run(cx, s->app, &(struct attribution_ask){.only_stale = true}, &r));
    check_int(moved, r.moved);
}

static struct str credits(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(
        cx, s,
        "l.source_kind, l.external_id, c.team_id, c.reason, c.campaign_id, "
        "v.external_id, d.external_id",
        "from lead l left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id "
        "left join lead v on v.id = c.via_lead_id "
        "left join lead d on d.id = l.duplicate_of order by l.created_at, l.external_id");
}

DB_TEST(a_lead_and_a_sale_without_tags_take_those_of_the_persons_newest_lead_before)
{
    struct slice_app s;
    open_app(cx, t, &s);

    take(cx, &s, &(struct said){0, "lead_id=A&phone=87012223344&utm_source=fb_b"});
    take(cx, &s, &(struct said){5, "lead_id=B&phone=87012223344&utm_source=fb_a"});
    take(cx, &s, &(struct said){9, "lead_id=C&phone=87012223344"});
    take(cx, &s, &(struct said){12, "lead_id=D&phone=87012223344&utm_source=fb_b"});
    check_str(S("landing|1/A|2|exact|-|-|-\n"
                "landing|1/B|1|exact|-|-|-\n"
                "landing|1/C|1|exact|-|1/B|-\n"
                "landing|1/D|2|exact|-|-|-"),
              credits(cx, &s));

    sell(cx, &s, 7, 10, "");
    check_str(S("-|no_tag|-"), sql_rows(cx, &s, "team_id, reason, via_lead_id",
                                        "from credit where subject_kind = 'sale'"));
    sql_script(cx, &s, "delete from rollup_dirty");
    know(cx, &s, 7, "8 701 222 33 44");
    check_str(S("2026-01-29\n2026-01-30"),
              sql_rows(cx, &s, "day", "from rollup_dirty order by day"));
    run(cx, &s, 2);
    run(cx, &s, 0);
    check_str(S("1|exact|1/B"), sql_rows(cx, &s, "c.team_id, c.reason, l.external_id",
                                         "from credit c join lead l on l.id = c.via_lead_id "
                                         "where c.subject_kind = 'sale'"));
    check_str(S("1/C"), sql_rows(cx, &s, "d.external_id",
                                 "from lead l join lead d on d.id = l.duplicate_of "
                                 "where l.source_kind = 'crm'"));
    slice_app_close(&s);
}

DB_TEST(a_merge_taken_back_gives_the_borrowed_tags_back)
{
    struct slice_app s;
    open_app(cx, t, &s);
    take(cx, &s, &(struct said){0, "lead_id=A&phone=87012223344&utm_source=fb_a"});
    take(cx, &s, &(struct said){5, "lead_id=B&phone=87012223344"});
    check_holds(S("1/B|1|exact|-|1/A"), credits(cx, &s));

    check_int(200, slice_status(cx, &s, "POST /api/v1/person-merges/1/undo", s.admin, ""));
    run(cx, &s, 1);
    check_holds(S("1/B|-|no_tag|-|-"), credits(cx, &s));
    check_int(200, slice_status(cx, &s, "POST /api/v1/person-merges/1/redo", s.admin, ""));
    run(cx, &s, 1);
    check_holds(S("1/B|1|exact|-|1/A"), credits(cx, &s));
    slice_app_close(&s);
}

DB_TEST(the_order_in_which_forms_are_worked_off_changes_nothing)
{
    struct slice_app s;
    uint64_t seed = 99;
    struct str first = {0};
    struct said forms[] = {
        {0,  "lead_id=A&phone=87012223344&utm_source=fb_b"             },
        {5,  "lead_id=B&phone=87012223344&utm_source=fb_a&email=x@y.kz"},
        {9,  "lead_id=C&email=X@y.kz"                                  },
        {9,  "lead_id=D&email=z@y.kz"                                  },
        {12, "lead_id=E&email=z@y.kz&phone=8 702 000 11 22"            },
        {3,  "lead_id=F&phone=87020001122&ad_id=9001"                  },
        {14, "lead_id=G&phone=87020001122"                             },
        {14, "lead_id=H&phone=87020001122&utm_medium=cpc"              },
    };
    open_app(cx, t, &s);

    for (int round = 0; round < 12; round++) {
        for (size_t i = 0; i < COUNT(forms); i++)
            take(cx, &s, &forms[i]);
        take(cx, &s, &forms[test_random_between(&seed, 0, COUNT(forms) - 1)]);
        struct str now = credits(cx, &s);
        first = first.len ? first : now;
        check_str(first, now);
        run(cx, &s, 0);
        sql_script(cx, &s,
                   "delete from credit; delete from touch; delete from identity_key;"
                   "delete from person_merge; update lead set person_id = null;"
                   "update person set root_id = null; delete from person; delete from lead");
        for (size_t i = COUNT(forms) - 1; i > 0; i--) {
            size_t k = (size_t)test_random_between(&seed, 0, (int64_t)i);
            struct said keep = forms[i];
            forms[i] = forms[k];
            forms[k] = keep;
        }
    }
    check_holds(S("1/D|-|no_tag|1|1/F|-"), first);
    check_holds(S("1/C|1|exact|-|1/B|-"), first);
    slice_app_close(&s);
}

DB_TEST(the_ad_that_a_lead_came_with_is_surer_than_its_tags)
{
    struct slice_app s;
    open_app(cx, t, &s);

    take(cx, &s, &(struct said){0, "lead_id=A&name=A&ad_id=9001&utm_content=5&utm_campaign=x"});
    take(cx, &s, &(struct said){0, "lead_id=B&name=B&campaign_id=101"});
    take(cx, &s, &(struct said){0, "lead_id=C&name=C&ad_id=unknown"});
    check_str(S("landing|1/A|-|no_tag|1|-|-\nlanding|1/B|-|no_tag|1|-|-\n"
                "landing|1/C|-|no_tag|-|-|-"),
              credits(cx, &s));
    put_rules(cx, &s,
              "{\"kind\":\"ad\",\"value\":\"unknown\",\"team_id\":2},"
              "{\"kind\":\"campaign\",\"value\":\"101\",\"team_id\":1}");
    run(cx, &s, 3);
    check_str(S("landing|1/A|1|campaign|1|-|-\nlanding|1/B|1|campaign|1|-|-\n"
                "landing|1/C|2|ad|-|-|-"),
              credits(cx, &s));
    slice_app_close(&s);
}

DB_TEST(the_responsible_user_yields_to_an_account_bound_later)
{
    struct slice_app s;
    open_app(cx, t, &s);
    const char *tag =
        "&leads[status][0][responsible_user_id]=77&leads[status][0][custom_fields][0]"
        "[code]=UTM_CONTENT&leads[status][0][custom_fields][0][values][0][value]=9001";

    sell(cx, &s, 1, 0, tag);
    check_str(S("-|no_tag\n-|no_tag"), sql_rows(cx, &s, "team_id, reason", "from credit"));
    put_rules(cx, &s, "{\"kind\":\"responsible\",\"value\":\"77\",\"team_id\":2}");
    run(cx, &s, 2);
    check_str(S("2|responsible|1\n2|responsible|1"),
              sql_rows(cx, &s, "team_id, reason, campaign_id", "from credit"));
    sql_script(cx, &s,
               "insert into ad_account_binding (account_id, team_id, valid_from, created_at) "
               "values (1, 1, '2026-01-01', 0)");
    run(cx, &s, 2);
    run(cx, &s, 0);
    check_str(S("1|binding\n1|binding"), sql_rows(cx, &s, "team_id, reason", "from credit"));
    slice_app_close(&s);
}

DB_TEST(a_deal_after_a_form_is_one_lead_of_the_deals_product_and_its_sale_counts)
{
    struct slice_app s;
    struct job_run r;
    open_app(cx, t, &s);
    sql_script(
        cx, &s,
        "update product set price_micros = 100000000, currency = 'KZT' where code = 'express'");
    take(cx, &s, &(struct said){0, "lead_id=A&phone=87012223344&utm_source=fb_a"});
    slice_job(cx, &s, "metrics.build", &r);
    check_str(S("2026-01-20|1|0|1|0"), sql_rows(cx, &s, "day, team_id, product_id, leads, sales",
                                                "from rollup_day where leads > 0"));

    sell(cx, &s, 7, 2, "");
    know(cx, &s, 7, "87012223344");
    run(cx, &s, 2);
    slice_job(cx, &s, "metrics.build", &r);
    check_str(S("2026-01-20|1|express|1|0\n2026-01-22|1|express|0|1"),
              sql_rows(cx, &s, "d.day, d.team_id, p.code, d.leads, d.sales",
                       "from rollup_day d join product p on p.id = d.product_id order by d.day"));
    check_int(1, sql_int(cx, &s, "select cast(sum(leads) as bigint) from rollup_day"));
    slice_app_close(&s);
}

DB_TEST(the_product_of_a_lead_follows_its_deal)
{
    struct slice_app s;
    struct job_run r;
    open_app(cx, t, &s);
    sql_script(
        cx, &s,
        "update product set price_micros = 100000000, currency = 'KZT' where code = 'express';"
        "update product set price_micros = 200000000, currency = 'KZT' where code = 'flagman'");
    take(cx, &s, &(struct said){0, "lead_id=A&phone=87012223344&utm_source=fb_a"});
    sell(cx, &s, 7, 2, "");
    know(cx, &s, 7, "87012223344");
    run(cx, &s, 2);
    slice_job(cx, &s, "metrics.build", &r);

    slice_hook(cx, &s,
               arena_fmt(cx->arena,
                         "account[id]=1&leads[update][0][id]=7&leads[update][0][status_id]=142&"
                         "leads[update][0][price]=200&leads[update][0][last_modified]=%lld",
                         JAN20_S + 3LL * DAY_S));
    slice_job(cx, &s, "metrics.build", &r);
    check_str(
        S("2026-01-20|flagman"),
        sql_rows(cx, &s, "d.day, p.code",
                 "from rollup_day d join product p on p.id = d.product_id where d.leads = 1"));
    slice_app_close(&s);
}
