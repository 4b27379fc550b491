/* Whose sale and whose lead it is: the ordered rules, what ads tell, and deciding again. */
#include "attribution/attribution.h"
#include "attribution/attribution_logic.h"
#include "db_fault.h"
#include "sales/sales.h"
#include "slice_app.h"

#include <stdio.h>

/* ---- the rules alone ---- */

static struct decision decide_with(struct ctx *cx, const struct utm_rule *rules, size_t n,
                                   struct clues c)
{
    struct rule_set set = {.id = 1, .rules = (struct utm_rule *)rules, .n = n};

    c.day = c.day.len ? c.day : S("2026-01-20");
    return attribution_decide(cx->arena, &set, &c);
}

/* The team that one rule gives to a source; 0 for none. */
static int64_t team_by(struct ctx *cx, enum rule_kind kind, const char *value, const char *source)
{
    struct utm_rule r = {.kind = kind, .value = str_of(value), .team_id = 1};

    return decide_with(cx, &r, 1, (struct clues){.utm.source = str_of(source)}).team_id;
}

TEST(the_first_rule_that_fits_decides)
{
    const struct utm_rule rules[] = {
        {.id = 1, .kind = RULE_EXACT, .value = S("fb_a"), .team_id = 1             },
        {.id = 2, .kind = RULE_ALIAS, .value = S("anna"), .team_id = 2,              .user_id = 9},
        {.id = 3,       .kind = RULE_PREFIX,                   .value = S("fb_a"),            .team_id = 3},
        {.id = 4,       .kind = RULE_SUFFIX,                   .value = S("bfb"),            .team_id = 4 },
        {.id = 5,       .kind = RULE_CAMPAIGN,                   .value = S("c1"),          .team_id = 5},
        {.id = 6,       .kind = RULE_AD,                   .value = S("a1"),                .team_id = 6       },
        {.id = 7,       .kind = RULE_EXACT,                   .value = S("fb_a"),             .team_id = 7},
    };
    static const struct {
        const char *source, *campaign, *content;
        int64_t team, rule;
        const char *reason;
    } cases[] = {
        {"fb_a",      "c1", "a1", 1, 1, "exact"         },
        {"anna",      "c1", "a1", 2, 2, "alias"         },
        {"fb_a-2",    "c1", "a1", 3, 3, "prefix"        },
        {"bfb",       "c1", "a1", 4, 4, "suffix"        },
        {"x",         "c1", "a1", 5, 5, "campaign"      },
        {"",          "c2", "a1", 6, 6, "ad"            },
        {"x",         "",   "",   0, 0, "no_rule"       },
        {"",          "c2", "",   0, 0, "no_tag"        },
        {"   ",       "",   "",   0, 0, "no_tag"        },
        {"instagram", "",   "",   0, 0, "not_a_team_tag"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decision d = decide_with(cx, rules, COUNT(rules),
                                        (struct clues){
                                            .utm = {.source = str_of(cases[i].source),
                                                    .campaign = str_of(cases[i].campaign),
                                                    .content = str_of(cases[i].content)}
        });
        check_int(cases[i].team, d.team_id);
        check_int(cases[i].rule, d.rule_id);
        check_str(str_of(cases[i].reason), str_of(d.reason));
    }
    check_int(9, decide_with(cx, rules, 2, (struct clues){.utm.source = S("anna")}).user_id);
}

TEST(a_pattern_ends_where_a_word_ends)
{
    static const struct {
        const char *prefix, *source;
        bool fits;
    } before[] = {
        {"fb_ar",             "fb_ar",               true },
        {"fb_ar",             "fb_ar_2",             true },
        {"fb_ar",             "fb_ar-spring",        true },
        {"fb_ar",             "fb_ar spring",        true },
        {"fb_ar",             "fb_ar.x",             true },
        {"fb_ar",             "fb_arystan",          false},
        {"fb_ar",             "fb_ar2",              false},
        {"fb_ar",             "fb_arы",             false},
        {"fb_ar",             "xfb_ar",              false},
        {"fb_ar",             "fb_a",                false},
        {"fb_арыстан", "fb_арыстан_2", true },
        {"fb_арыстан", "fb_арыстаны", false},
    };
    static const struct {
        const char *suffix, *source;
        bool fits;
    } after[] = {
        {"arfb", "arfb",    true },
        {"arfb", "x_arfb",  true },
        {"arfb", "2-arfb",  true },
        {"arfb", "kadarfb", false},
        {"arfb", "ыarfb",  false},
        {"arfb", "arfb2",   false},
    };

    for (size_t i = 0; i < COUNT(before); i++)
        check_int(before[i].fits, team_by(cx, RULE_PREFIX, before[i].prefix, before[i].source));
    for (size_t i = 0; i < COUNT(after); i++)
        check_int(after[i].fits, team_by(cx, RULE_SUFFIX, after[i].suffix, after[i].source));
}

TEST(case_and_space_around_a_tag_mean_nothing)
{
    check_int(1, team_by(cx, RULE_EXACT, "fb_арыстан", "  FB_АРЫСТАН "));
    check_int(1, team_by(cx, RULE_EXACT, "fb_әлия", "FB_ӘЛИЯ"));
    check_int(1, team_by(cx, RULE_PREFIX, "fb_arystan", "Fb_Arystan-Spring"));
    check_int(1, team_by(cx, RULE_SUFFIX, "arystanfb", "ARYSTANFB"));
    check_int(0, team_by(cx, RULE_EXACT, "fb_arystan", "fb arystan"));
}

TEST(a_rule_holds_from_its_first_day_to_its_last)
{
    const struct utm_rule rules[] = {
        {.kind = RULE_EXACT, .value = S("a"), .team_id = 1,      .valid_to = S("2026-01-10")},
        {.kind = RULE_EXACT,
         .value = S("a"),
         .team_id = 2,
         .valid_from = S("2026-01-12"),
         .valid_to = S("2026-01-12")},
        {.kind = RULE_EXACT,                  .value = S("a"),                .team_id = 3, .valid_from = S("2026-01-13")},
    };
    static const struct {
        const char *day;
        int64_t team;
    } cases[] = {
        {"2025-01-01", 1},
        {"2026-01-10", 1},
        {"2026-01-11", 0},
        {"2026-01-12", 2},
        {"2026-01-13", 3},
        {"2030-01-01", 3},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct clues c = {.utm.source = S("a"), .day = str_of(cases[i].day)};
        check_int(cases[i].team, decide_with(cx, rules, COUNT(rules), c).team_id);
    }
}

TEST(a_rule_beats_the_accounts_owner_and_the_owner_beats_nobody)
{
    struct utm_rule r = {.kind = RULE_EXACT, .value = S("a"), .team_id = 1};
    struct clues c = {.bound_team_id = 2, .bound_user_id = 5};

    c.utm.source = S("a");
    check_int(1, decide_with(cx, &r, 1, c).team_id);
    c.utm.source = S("facebook");
    check_int(2, decide_with(cx, &r, 1, c).team_id);
    check_int(5, decide_with(cx, &r, 1, c).user_id);
    check_str(S("binding"), str_of(decide_with(cx, &r, 1, c).reason));
}

/* ---- with a database ---- */

static void put_rules(struct ctx *cx, struct slice_app *s, const char *rules)
{
    struct str body = arena_fmt(cx->arena, "{\"note\":\"n\",\"rules\":[%s]}", rules);

    check_int(200, slice_status(cx, s, "PUT /api/v1/rules", s->admin, str_z(cx->arena, body)));
}

/* A won deal on a day at noon, and its lead: "source", "campaign", "content" as in the URL. */
static void sell(struct ctx *cx, struct slice_app *s, int deal, const char *day, const char *source,
                 const char *campaign, const char *content)
{
    struct date d;
    check(day_parse(str_of(day), &d));
    long long at = (long long)day_number(d) * 86400 + 7 * 3600;
    struct str body = arena_fmt(
        cx->arena,
        "account[id]=1&leads[status][0][id]=%d&leads[status][0][status_id]=142&"
        "leads[status][0][price]=100&leads[status][0][last_modified]=%lld&"
        "leads[status][0][date_create]=%lld&leads[status][0][custom_fields][0][code]=UTM_SOURCE&"
        "leads[status][0][custom_fields][0][values][0][value]=%s&"
        "leads[status][0][custom_fields][1][code]=UTM_CAMPAIGN&"
        "leads[status][0][custom_fields][1][values][0][value]=%s&"
        "leads[status][0][custom_fields][2][code]=UTM_CONTENT&"
        "leads[status][0][custom_fields][2][values][0][value]=%s",
        deal, at, at, source, campaign, content);

    slice_hook(cx, s, body);
}

/* Two accounts: the first is Arystan's until the 15th and Kenesary's after; the second nobody's. */
static void make_ads(struct ctx *cx, struct slice_app *s)
{
    sql_script(
        cx, s,
        "insert into ad_account (platform, external_id, name, currency, tz, status, first_seen_at) "
        "values ('meta', '11', 'One', 'USD', 'Asia/Almaty', 1, 0), "
        "('meta', '22', 'Two', 'USD', 'Asia/Almaty', 1, 0);"
        "insert into ad_account_binding (account_id, team_id, user_id, valid_from, valid_to, "
        "created_at) values (1, 1, %lld, '2026-01-01', '2026-01-15', 0), "
        "(1, 2, null, '2026-01-16', null, 0);"
        "insert into campaign (account_id, external_id, name, seen_at) values "
        "(1, '101', 'Spring', 0), (1, '102', 'Twin', 0), (2, '201', 'Twin', 0), "
        "(2, '202', 'Lonely', 0), (2, '102', '101', 0);"
        "insert into ad_set (account_id, campaign_id, external_id, name, seen_at) values "
        "(1, 1, '111', 'S', 0), (2, 4, '222', 'S', 0);"
        "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, seen_at) values "
        "(1, 1, 1, '9001', 'Ad', 0), (2, 4, 2, '9002', 'Ad', 0)",
        (long long)s->worker_id);
}

/* "team|user|reason|campaign|ad" of a deal's sale; its lead must have the same. */
static struct str credit(struct ctx *cx, struct slice_app *s, int deal)
{
    struct str rest[2];
    const char *kinds[] = {"c.subject_kind = 'sale' and c.subject_id = s.id",
                           "c.subject_kind = 'lead' and c.subject_id = s.lead_id"};

    for (int i = 0; i < 2; i++) {
        struct str from = arena_fmt(
            cx->arena, "from credit c join sale s on %s where s.deal_id = '%d'", kinds[i], deal);
        rest[i] = sql_rows(cx, s, "c.team_id, c.user_id, c.reason, c.campaign_id, c.ad_id",
                           str_z(cx->arena, from));
    }
    check_str(rest[0], rest[1]);
    return rest[0];
}

DB_TEST(without_a_rule_the_ad_accounts_owner_on_the_day_has_the_sale)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    make_ads(cx, &s);

    sell(cx, &s, 1, "2026-01-15", "facebook", "", "9001");
    sell(cx, &s, 2, "2026-01-16", "facebook", "", "%209001+");
    sell(cx, &s, 3, "2025-12-31", "facebook", "", "9001");
    sell(cx, &s, 4, "2026-01-16", "", "102x", "9002");
    sell(cx, &s, 5, "2026-01-16", "", "Spring", "no ad of ours");

    struct str first = arena_fmt(cx->arena, "1|%lld|binding|1|1", (long long)s.worker_id);
    check_str(first, credit(cx, &s, 1));
    check_str(S("2|-|binding|1|1"), credit(cx, &s, 2));
    check_str(S("-|-|not_a_team_tag|1|1"), credit(cx, &s, 3));
    check_str(S("-|-|no_tag|4|2"), credit(cx, &s, 4));
    check_str(S("2|-|binding|1|-"), credit(cx, &s, 5));
    slice_app_close(&s);
}

DB_TEST(a_campaign_is_known_by_its_id_or_by_a_name_of_its_own)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    make_ads(cx, &s);

    sell(cx, &s, 1, "2026-01-16", "x", "101", "");
    sell(cx, &s, 2, "2026-01-16", "x", "Spring", "");
    sell(cx, &s, 3, "2026-01-16", "x", "Twin", "");
    sell(cx, &s, 4, "2026-01-16", "x", "201", "");
    sell(cx, &s, 5, "2026-01-16", "x", "Lonely", "");
    sell(cx, &s, 6, "2026-01-16", "x", "Nothing", "");

    check_str(S("2|-|binding|1|-"), credit(cx, &s, 1)); /* the id, though another is named so */
    check_str(S("2|-|binding|1|-"), credit(cx, &s, 2));
    check_str(S("-|-|no_rule|-|-"), credit(cx, &s, 3)); /* two are named so */
    check_str(S("-|-|no_rule|3|-"), credit(cx, &s, 4));
    check_str(S("-|-|no_rule|4|-"), credit(cx, &s, 5));
    check_str(S("-|-|no_rule|-|-"), credit(cx, &s, 6));
    slice_app_close(&s);
}

DB_TEST(rules_for_campaigns_and_ads_fit_what_the_tags_resolve_to)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    make_ads(cx, &s);
    put_rules(cx, &s,
              "{\"kind\":\"ad\",\"value\":\"9002\",\"team_id\":2},"
              "{\"kind\":\"campaign\",\"value\":\"202\",\"team_id\":1},"
              "{\"kind\":\"campaign\",\"value\":\"777\",\"team_id\":1}");

    sell(cx, &s, 1, "2026-01-16", "facebook", "", "9002");
    sell(cx, &s, 2, "2026-01-16", "facebook", "Lonely", "");
    sell(cx, &s, 3, "2026-01-16", "facebook", "777", "");

    check_str(S("2|-|ad|4|2"), credit(cx, &s, 1));
    check_str(S("1|-|campaign|4|-"), credit(cx, &s, 2));
    check_str(S("1|-|campaign|-|-"), credit(cx, &s, 3));
    slice_app_close(&s);
}

DB_TEST(facebook_alone_names_no_team_and_kenjifb_needs_an_alias)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct attribution_result r;
    struct attribution_ask stale = {.only_stale = true};
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"Tigr\"}");

    sell(cx, &s, 1, "2026-01-16", "facebook", "", "");
    sell(cx, &s, 2, "2026-01-16", "kenjifb", "", "");
    sell(cx, &s, 3, "2026-01-16", "tigrfb", "", "");
    check_str(S("-|-|not_a_team_tag|-|-"), credit(cx, &s, 1));
    check_str(S("-|-|no_rule|-|-"), credit(cx, &s, 2));
    check_str(S("3|-|suffix|-|-"), credit(cx, &s, 3));

    check_int(422, slice_status(cx, &s, "PUT /api/v1/rules", s.admin,
                                "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":"
                                "\" Facebook\",\"team_id\":1}]}"));
    put_rules(cx, &s, "{\"kind\":\"alias\",\"value\":\"KenjiFB\",\"team_id\":2}");
    check_ok(attribution_run(cx, s.app, &stale, &r));
    check_str(S("2|-|alias|-|-"), credit(cx, &s, 2));
    slice_app_close(&s);
}

DB_TEST(a_later_tag_in_the_same_team_renews_the_reason)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    put_rules(cx, &s,
              "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1},"
              "{\"kind\":\"alias\",\"value\":\"b\",\"team_id\":1}");

    sell(cx, &s, 1, "2026-01-16", "a", "", "");
    check_str(S("1|-|exact|-|-"), credit(cx, &s, 1));
    sell(cx, &s, 1, "2026-01-17", "b", "", "");
    check_str(S("1|-|alias|-|-"), credit(cx, &s, 1));
    slice_app_close(&s);
}

/* ---- deciding again ---- */

static struct str dirty(struct ctx *cx, struct slice_app *s)
{
    struct str days = sql_rows(cx, s, "day", "from rollup_dirty order by day");

    sql_script(cx, s, "delete from rollup_dirty");
    return days;
}

static struct str credits(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s,
                    "subject_kind, subject_id, team_id, user_id, reason, rule_set_id, campaign_id, "
                    "ad_id, numerator, denominator",
                    "from credit order by subject_kind, subject_id");
}

DB_TEST(new_rules_move_history_and_only_what_moved_is_rebuilt)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");
    sell(cx, &s, 1, "2025-06-01", "a", "", "");
    sell(cx, &s, 2, "2026-01-02", "b", "", "");
    sell(cx, &s, 3, "2026-01-03", "c", "", "");
    dirty(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");

    put_rules(cx, &s,
              "{\"kind\":\"exact\",\"value\":\"b\",\"team_id\":2},"
              "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");
    slice_job(cx, &s, "attribution.run", &r);

    check_int(6, r.seen);
    check_int(2, r.written);
    check_str(S("2026-01-02"), dirty(cx, &s));
    check_str(S("1|-|exact|-|-"), credit(cx, &s, 1));
    check_str(S("2|-|exact|-|-"), credit(cx, &s, 2));
    check_str(S("-|-|no_rule|-|-"), credit(cx, &s, 3));
    check_int(0, sql_int(cx, &s, "select count(*) from credit where rule_set_id <> 2"));
    check(sql_int(cx, &s, "select version from data_version") > version);
    check_str(S("attributed|2|{\"reason\":\"exact\",\"rule_set\":2,\"from_team\":null}"),
              sql_rows(cx, &s, "action, team_id, metadata",
                       "from sale_activity where sale_id = 2 and id = (select max(id) from "
                       "sale_activity)"));
    slice_app_close(&s);
}

DB_TEST(a_move_marks_the_days_of_the_sale_and_of_its_money)
{
    struct slice_app s;
    struct attribution_result r;
    struct attribution_ask all = {0};
    slice_app_open(cx, t, &s);
    sell(cx, &s, 1, "2026-01-02", "a", "", "");
    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=1&leads[status][0][status_id]=143&"
                 "leads[status][0][last_modified]=1768888800"));
    dirty(cx, &s);

    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");
    check_ok(attribution_run(cx, s.app, &all, &r));

    check_str(S("2026-01-02\n2026-01-20"), dirty(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_second_run_finds_nothing_to_do)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    make_ads(cx, &s);
    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");
    sell(cx, &s, 1, "2026-01-02", "a", "", "");
    sell(cx, &s, 2, "2026-01-20", "facebook", "Twin", "");
    sell(cx, &s, 3, "2026-01-20", "facebook", "", "9001");
    slice_job(cx, &s, "attribution.run", &r);
    struct str before = credits(cx, &s);
    dirty(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");

    fake_clock_advance(test_clock(cx), 600000);
    slice_job(cx, &s, "attribution.run", &r);

    check_int(2, r.seen); /* the ambiguous name might become known */
    check_int(0, r.written);
    check_str(before, credits(cx, &s));
    check_str(S(""), dirty(cx, &s));
    check_int(version, sql_int(cx, &s, "select version from data_version"));
    slice_app_close(&s);
}

DB_TEST(a_dry_run_tells_the_moves_and_changes_nothing)
{
    struct slice_app s;
    struct attribution_result r;
    struct attribution_ask dry = {.dry_run = true};
    slice_app_open(cx, t, &s);
    check_ok(attribution_run(cx, s.app, &dry, &r));
    check_int(0, sql_int(cx, &s, "select count(*) from rule_set"));

    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");
    sell(cx, &s, 1, "2026-01-01", "a", "", "");
    sell(cx, &s, 2, "2026-01-02", "a", "", "");
    sell(cx, &s, 3, "2026-01-03", "b", "", "");
    put_rules(cx, &s,
              "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":2},"
              "{\"kind\":\"exact\",\"value\":\"b\",\"team_id\":2}");
    struct str before = credits(cx, &s);
    dirty(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");

    check_ok(attribution_run(cx, s.app, &dry, &r));
    check_int(6, r.seen);
    check_int(6, r.moved);
    check_int(2, (int64_t)r.nmoves);
    check_int(1, r.moves[0].from_team);
    check_int(2, r.moves[0].to_team);
    check_int(2, r.moves[0].sales);
    check_int(2, r.moves[0].leads);
    check_int(0, r.moves[1].from_team);
    check_int(1, r.moves[1].sales);
    check_str(before, credits(cx, &s));
    check_str(S(""), dirty(cx, &s));
    check_int(version, sql_int(cx, &s, "select version from data_version"));

    struct attribution_ask part = {.from = S("2026-01-02"), .to = S("2026-01-02")};
    check_ok(attribution_run(cx, s.app, &part, &r));
    check_int(2, r.moved);
    check_str(S("2026-01-02"), dirty(cx, &s));
    check_str(S("1|-|exact|-|-"), credit(cx, &s, 1));
    check_str(S("2|-|exact|-|-"), credit(cx, &s, 2));
    slice_app_close(&s);
}

DB_TEST(an_ad_that_is_known_only_later_is_found_by_the_next_run)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    sell(cx, &s, 1, "2026-01-20", "facebook", "", "9001");
    sell(cx, &s, 2, "2025-12-20", "facebook", "", "9001");
    check_str(S("-|-|not_a_team_tag|-|-"), credit(cx, &s, 1));

    make_ads(cx, &s);
    slice_job(cx, &s, "attribution.run", &r);

    check_str(S("2|-|binding|1|1"), credit(cx, &s, 1));
    check_str(S("-|-|not_a_team_tag|-|-"), credit(cx, &s, 2)); /* older than forty days */
    slice_app_close(&s);
}

DB_TEST(a_binding_that_changes_takes_its_sales_along)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    make_ads(cx, &s);
    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"ruled\",\"team_id\":1}");
    sell(cx, &s, 1, "2025-06-20", "", "", "9002"); /* nobody's, long ago */
    sell(cx, &s, 2, "2026-01-20", "", "", "9001");
    sell(cx, &s, 3, "2026-01-20", "ruled", "", "9001");
    slice_job(cx, &s, "attribution.run", &r);

    sql_script(cx, &s,
               "insert into ad_account_binding (account_id, team_id, valid_from, created_at) "
               "values (2, 1, '2025-01-01', 0);"
               "update ad_account_binding set user_id = %lld where account_id = 1 and team_id = 2",
               (long long)s.stranger_id);
    slice_job(cx, &s, "attribution.run", &r);
    check_int(4, r.written);
    check_str(S("1|-|binding|4|2"), credit(cx, &s, 1));
    check_str(arena_fmt(cx->arena, "2|%lld|binding|1|1", (long long)s.stranger_id),
              credit(cx, &s, 2));
    check_str(S("1|-|exact|1|1"), credit(cx, &s, 3));

    sql_script(cx, &s, "delete from ad_account_binding");
    slice_job(cx, &s, "attribution.run", &r);
    check_int(4, r.written);
    check_str(S("-|-|no_tag|4|2"), credit(cx, &s, 1));
    check_str(S("1|-|exact|1|1"), credit(cx, &s, 3));
    slice_job(cx, &s, "attribution.run", &r);
    check_int(0, r.seen);
    slice_app_close(&s);
}

DB_TEST(every_sale_and_every_lead_has_one_credit_that_is_whole)
{
    struct slice_app s;
    struct attribution_result r;
    struct attribution_ask all = {0};
    slice_app_open(cx, t, &s);
    /* More than one batch, made without the road that credits them. */
    sql_script(cx, &s,
               "insert into crm_account (kind, external_id, subdomain, currency, seen_at) values "
               "('amocrm', '1', '', 'KZT', 0)");
    for (int block = 0; block < 11; block++) {
        struct str sales = S(""), leads = S("");
        for (int i = 0; i < 100; i++) {
            int n = block * 100 + i;
            sales = arena_fmt(cx->arena,
                              "%.*s%s(1, '%d', 'won', 1, 'KZT', 0, 0, '2026-01-%02d', "
                              "0, '%s')",
                              STR_FMT(sales), i ? "," : "", n, n % 28 + 1, n % 3 ? "a" : "b");
            leads = arena_fmt(cx->arena, "%.*s%s('crm', '%d', 0, '2026-01-01', 0)", STR_FMT(leads),
                              i ? "," : "", n);
        }
        sql_script(cx, &s,
                   "insert into sale (crm_account_id, deal_id, state, price_micros, currency, "
                   "created_at, modified_at, day, learned_at, utm_source) values %.*s;"
                   "insert into lead (source_kind, external_id, created_at, day, learned_at) "
                   "values %.*s",
                   STR_FMT(sales), STR_FMT(leads));
    }
    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1}");

    check_ok(attribution_run(cx, s.app, &all, &r));

    check_int(2200, r.seen);
    check_int(2200, r.moved);
    check_int(1100, sql_int(cx, &s, "select count(*) from credit where subject_kind = 'sale'"));
    check_int(1100, sql_int(cx, &s, "select count(*) from credit where subject_kind = 'lead'"));
    check_int(0, sql_int(cx, &s, "select count(*) from credit where numerator <> denominator"));
    check_int(733, sql_int(cx, &s, "select count(*) from credit where team_id = 1"));
    check_ok(attribution_run(cx, s.app, &all, &r));
    check_int(0, r.moved);
    slice_app_close(&s);
}

/* ---- a database that fails ---- */

static enum err run_all(struct ctx *cx, void *self)
{
    struct slice_app *s = self;
    struct attribution_ask all = {0};
    struct attribution_result r;

    return attribution_run(cx, s->app, &all, &r);
}

DB_TEST(a_run_that_failed_anywhere_is_made_good_by_the_next)
{
    struct slice_app s, *self = &s;
    slice_app_open(cx, t, &s);
    sell(cx, &s, 1, "2026-01-01", "a", "", "");
    sell(cx, &s, 2, "2026-01-02", "b", "", "");
    put_rules(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":2}");
    dirty(cx, &s);

    check(db_fault_each(cx, &(struct fault_case){.step = run_all, .self = self}) >= 12);

    check_str(S("2|-|exact|-|-"), credit(cx, &s, 1));
    check_str(S("-|-|no_rule|-|-"), credit(cx, &s, 2));
    check_str(S("2026-01-01"), dirty(cx, &s));
    check_int(1, sql_int(cx, &s,
                         "select count(*) from sale_activity where action = 'attributed' and "
                         "team_id = 2"));
    slice_app_close(&s);
}
