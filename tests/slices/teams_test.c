/* Teams and the ordered rules that say whose tag is whose. */
#include "db_fault.h"
#include "slice_app.h"
#include "teams/teams.h"

static struct str tags_of(struct ctx *cx, struct slice_app *s, int64_t team)
{
    struct str where = arena_fmt(cx->arena,
                                 "from utm_rule where rule_set_id = (select max(id) from rule_set) "
                                 "and team_id = %lld order by position",
                                 (long long)team);

    return sql_rows(cx, s, "kind, value", str_z(cx->arena, where));
}

/* ---- teams ---- */

DB_TEST(teams_answer_as_the_page_expects_them)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer made =
        slice_ask(cx, &s, "POST /api/v1/teams", s.admin,
                  "{\"name\":\"Абылай\",\"colour\":\"#A1b2C3\",\"emoji\":\"🦅\","
                  "\"lead_user_id\":2,\"tags\":[\" Abylai_Insta \"]}");
    struct answer list = slice_ask(cx, &s, "GET /api/v1/teams", s.admin, NULL);
    struct answer one = slice_ask(cx, &s, "GET /api/v1/teams/3", s.admin, NULL);

    check_int(201, made.status);
    check_golden(cx, "team_created", &made);
    check_golden(cx, "teams", &list);
    check_str(made.body, one.body);
    slice_app_close(&s);
}

DB_TEST(people_see_their_own_team_and_no_other)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const struct str own[] = {s.lead, s.worker, s.viewer};

    for (size_t i = 0; i < COUNT(own); i++) {
        struct answer list = slice_ask(cx, &s, "GET /api/v1/teams", own[i], NULL);
        check_str(S("Arystan"), answer_text(cx, &list, "items.0.name"));
        check_str(S(""), answer_text(cx, &list, "items.1.name"));
        check_int(200, slice_status(cx, &s, "GET /api/v1/teams/1", own[i], NULL));
        check_int(404, slice_status(cx, &s, "GET /api/v1/teams/2", own[i], NULL));
    }
    struct answer nothing = slice_ask(cx, &s, "GET /api/v1/teams", s.loner, NULL);
    check_str(S("{\"items\":[],\"next\":null}"), nothing.body);
    slice_app_close(&s);
}

DB_TEST(only_an_admin_changes_teams_and_rules)
{
    static const char *const writes[] = {"POST /api/v1/teams", "PATCH /api/v1/teams/1",
                                         "POST /api/v1/teams/1/archive",
                                         "POST /api/v1/teams/1/restore", "PUT /api/v1/rules"};
    static const char *const reads[] = {"GET /api/v1/teams", "GET /api/v1/teams/1",
                                        "GET /api/v1/rules"};
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct str before = sql_rows(cx, &s, "id, name, archived_at", "from team order by id");

    for (size_t i = 0; i < COUNT(writes); i++) {
        check_int(401, slice_status(cx, &s, writes[i], S(""), "{\"name\":\"Taken over\"}"));
        check_int(403, slice_status(cx, &s, writes[i], s.viewer, "{\"name\":\"Taken over\"}"));
        check_int(403, slice_status(cx, &s, writes[i], s.worker, "{\"name\":\"Taken over\"}"));
        check_int(403, slice_status(cx, &s, writes[i], s.lead, "{\"name\":\"Taken over\"}"));
    }
    for (size_t i = 0; i < COUNT(reads); i++)
        check_int(401, slice_status(cx, &s, reads[i], S(""), NULL));

    check_str(before, sql_rows(cx, &s, "id, name, archived_at", "from team order by id"));
    slice_app_close(&s);
}

DB_TEST(a_team_brings_its_prefix_and_its_suffix_with_it)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer made = slice_ask(cx, &s, "POST /api/v1/teams", s.admin,
                                   "{\"name\":\" Тигр \",\"tags\":[\"Insta_TIGR\"]}");

    check_int(201, made.status);
    check_str(S("Тигр"), answer_text(cx, &made, "name"));
    check_str(S("exact|insta_tigr\nprefix|fb_тигр\nsuffix|тигрfb"),
              tags_of(cx, &s, answer_int(cx, &made, "id")));
    slice_app_close(&s);
}

DB_TEST(explicit_tags_stand_before_the_patterns_of_older_teams)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"One\",\"tags\":[\"a\"]}");
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"Two\",\"tags\":[\"b\"]}");

    check_str(S("1|exact|a\n2|exact|b\n3|prefix|fb_one\n4|suffix|onefb\n5|prefix|fb_two\n"
                "6|suffix|twofb"),
              sql_rows(cx, &s, "position, kind, value",
                       "from utm_rule where rule_set_id = (select max(id) from rule_set) "
                       "order by position"));
    slice_app_close(&s);
}

DB_TEST(a_longer_pattern_is_asked_before_the_shorter_one_it_begins_with)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"Almaty\"}");
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"Almaty-2\"}");
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"New Almaty\"}");

    check_str(S("fb_almaty-2\nfb_almaty\nnew almatyfb\nalmatyfb\nalmaty-2fb\nfb_new almaty"),
              sql_rows(cx, &s, "value",
                       "from utm_rule where rule_set_id = (select max(id) from rule_set) "
                       "order by position"));
    slice_app_close(&s);
}

DB_TEST(a_team_name_is_taken_once_whatever_its_case)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer again =
        slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\" ARYSTAN \"}");
    struct answer renamed =
        slice_ask(cx, &s, "PATCH /api/v1/teams/2", s.admin, "{\"name\":\"aryStan\"}");
    struct answer own =
        slice_ask(cx, &s, "PATCH /api/v1/teams/1", s.admin, "{\"name\":\"ARYSTAN\"}");

    check_int(409, again.status);
    check_int(409, renamed.status);
    check_holds(S("there is a team named"), renamed.body);
    check_int(200, own.status);
    check_int(2, sql_int(cx, &s, "select count(*) from team"));
    check_int(0, sql_int(cx, &s, "select count(*) from rule_set"));
    slice_app_close(&s);
}

DB_TEST(wrong_fields_of_a_team_are_named)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *post = "POST /api/v1/teams", *patch = "PATCH /api/v1/teams/1";

    slice_refuses(cx, &s, post, "{}", "name", "missing");
    slice_refuses(cx, &s, post, "{\"name\":\"  \"}", "name", "missing");
    slice_refuses(cx, &s, post, "{\"name\":7}", "name", "not_text");
    slice_refuses(cx, &s, patch, "{\"name\":null}", "name", "missing");
    slice_refuses(cx, &s, patch, "{\"colour\":\"red\"}", "colour", "not_a_colour");
    slice_refuses(cx, &s, patch, "{\"colour\":\"\"}", "colour", "not_a_colour");
    slice_refuses(cx, &s, patch, "{\"emoji\":\"123456789012345678901234567890123\"}", "emoji",
                  "too_long");
    slice_refuses(cx, &s, patch, "{\"lead_user_id\":\"2\"}", "lead_user_id", "not_an_id");
    slice_refuses(cx, &s, patch, "{\"lead_user_id\":999}", "lead_user_id", "unknown");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"lead_user_id\":999}", "lead_user_id", "unknown");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"tags\":\"a\"}", "tags", "not_a_list");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"tags\":[7]}", "tags", "not_a_tag");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"tags\":[\" \"]}", "tags", "not_a_tag");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"tags\":[\"Facebook\"]}", "tags",
                  "not_a_team_tag");
    slice_refuses(cx, &s, post, "{\"name\":\"X\",\"created_at\":1}", "created_at", "unknown");

    check_int(2, sql_int(cx, &s, "select count(*) from team"));
    slice_app_close(&s);
}

DB_TEST(a_name_and_a_tag_may_be_long_but_not_endless)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    char name[122];
    for (size_t i = 0; i < 121; i++)
        name[i] = 'n';
    name[121] = 0;
    const char *tags = "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\","
                       "\"13\",\"14\",\"15\",\"16\",\"17\",\"18\",\"19\",\"20\"";

    slice_refuses(cx, &s, "POST /api/v1/teams",
                  str_z(cx->arena, arena_fmt(cx->arena, "{\"name\":\"%s\"}", name)), "name",
                  "too_long");
    slice_refuses(
        cx, &s, "POST /api/v1/teams",
        str_z(cx->arena, arena_fmt(cx->arena, "{\"name\":\"X\",\"tags\":[%s,\"21\"]}", tags)),
        "tags", "too_many");
    check_int(201,
              slice_status(cx, &s, "POST /api/v1/teams", s.admin,
                           str_z(cx->arena, arena_fmt(cx->arena, "{\"name\":\"%s\",\"tags\":[%s]}",
                                                      name + 1, tags))));
    slice_app_close(&s);
}

DB_TEST(a_tag_belongs_to_one_team_wherever_it_stands_in_the_rules)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"prefix\",\"value\":\"p\",\"team_id\":1},"
              "{\"kind\":\"alias\",\"value\":\"kenjifb\",\"team_id\":1}]}");

    struct answer alias =
        slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"X\",\"tags\":[\"KenjiFB\"]}");
    struct answer twice = slice_ask(cx, &s, "POST /api/v1/teams", s.admin,
                                    "{\"name\":\"X\",\"tags\":[\"own\",\"OWN\"]}");

    check_int(409, alias.status);
    check_holds(S("kenjifb"), alias.body);
    check_int(409, twice.status);
    check_int(2, sql_int(cx, &s, "select count(*) from team"));
    slice_app_close(&s);
}

DB_TEST(a_patch_changes_what_it_names_and_nothing_else)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "PATCH /api/v1/teams/1", s.admin,
              "{\"colour\":\"#010203\",\"emoji\":\"x\",\"lead_user_id\":2}");

    struct answer name = slice_ask(cx, &s, "PATCH /api/v1/teams/1", s.admin, "{\"name\":\"Lev\"}");
    check_str(S("Lev|lev|#010203|x|2"), sql_rows(cx, &s,
                                                 "name, name_folded, colour, emoji, "
                                                 "lead_user_id",
                                                 "from team where id = 1"));
    check_int(200, name.status);
    slice_ask(cx, &s, "PATCH /api/v1/teams/1", s.admin, "{\"emoji\":\"\",\"lead_user_id\":null}");
    check_str(S("Lev|#010203||-"),
              sql_rows(cx, &s, "name, colour, emoji, lead_user_id", "from team where id = 1"));
    check_int(404, slice_status(cx, &s, "PATCH /api/v1/teams/77", s.admin, "{\"name\":\"Y\"}"));
    check_int(404, slice_status(cx, &s, "PATCH /api/v1/teams/x", s.admin, "{\"name\":\"Y\"}"));
    slice_app_close(&s);
}

DB_TEST(an_archived_team_leaves_the_list_and_comes_back)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer gone = slice_ask(cx, &s, "POST /api/v1/teams/1/archive", s.admin, NULL);
    struct answer list = slice_ask(cx, &s, "GET /api/v1/teams", s.admin, NULL);
    struct answer all = slice_ask(cx, &s, "GET /api/v1/teams?archived=1", s.admin, NULL);
    struct answer back = slice_ask(cx, &s, "POST /api/v1/teams/1/restore", s.admin, NULL);

    check_int(TEST_NOW_MS, answer_int(cx, &gone, "archived_at"));
    check_str(S("Kenesary"), answer_text(cx, &list, "items.0.name"));
    check_str(S(""), answer_text(cx, &list, "items.1.name"));
    check_str(S("Kenesary"), answer_text(cx, &all, "items.0.name"));
    check_str(S("Arystan"), answer_text(cx, &all, "items.1.name"));
    check_int(0, answer_int(cx, &back, "archived_at"));
    check_int(404, slice_status(cx, &s, "POST /api/v1/teams/9/archive", s.admin, NULL));
    slice_refuses(cx, &s, "GET /api/v1/teams?archived=2", NULL, "archived", "not_a_choice");
    slice_app_close(&s);
}

DB_TEST(members_and_accounts_of_a_team_are_counted_as_they_are_now)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into ad_account (platform, external_id, name, currency, tz, status, "
               "first_seen_at) values ('meta', '1', 'A', 'USD', 'Asia/Almaty', 1, 0), "
               "('meta', '2', 'B', 'USD', 'Asia/Almaty', 1, 0);"
               "insert into ad_account_binding (account_id, team_id, valid_from, valid_to, "
               "created_at) values (1, 1, '2026-01-01', null, 0), "
               "(2, 1, '2026-01-01', '2026-01-05', 0);"
               "update app_user set disabled_at = 1 where email = 'viewer@agency.kz'");

    struct answer a = slice_ask(cx, &s, "GET /api/v1/teams/1", s.admin, NULL);

    check_int(2, answer_int(cx, &a, "members"));
    check_int(1, answer_int(cx, &a, "accounts"));
    slice_app_close(&s);
}

DB_TEST(every_change_of_a_team_or_the_rules_is_in_the_audit_log)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"New\"}");
    slice_ask(cx, &s, "PATCH /api/v1/teams/3", s.admin, "{\"emoji\":\"x\"}");
    slice_ask(cx, &s, "POST /api/v1/teams/3/archive", s.admin, NULL);
    slice_ask(cx, &s, "POST /api/v1/teams/3/restore", s.admin, NULL);
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin, "{\"note\":\"n\",\"rules\":[]}");
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"New\"}");

    check_str(S("team.create|3\nteam.update|3\nteam.archive|3\nteam.restore|3\nrules.replace|2"),
              sql_rows(cx, &s, "action, entity_id", "from audit_log order by id"));
    slice_app_close(&s);
}

DB_TEST(each_change_moves_the_data_version)
{
    static const char *const calls[][2] = {
        {"POST /api/v1/teams",           "{\"name\":\"New\"}"           },
        {"PATCH /api/v1/teams/3",        "{\"name\":\"Newer\"}"         },
        {"POST /api/v1/teams/3/archive", NULL                           },
        {"PUT /api/v1/rules",            "{\"note\":\"n\",\"rules\":[]}"},
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(calls); i++) {
        int64_t before = sql_int(cx, &s, "select version from data_version");
        slice_ask(cx, &s, calls[i][0], s.admin, calls[i][1]);
        check(sql_int(cx, &s, "select version from data_version") > before);
    }
    slice_app_close(&s);
}

DB_TEST(a_team_is_found_by_its_name_in_any_case)
{
    struct slice_app s;
    struct tx *tx = NULL;
    int64_t id = 0;
    slice_app_open(cx, t, &s);

    check_ok(tx_begin(cx, s.app->db, TX_READ, &tx));
    check_ok(team_find(tx, S(" ARYstan"), &id));
    check_int(s.team, id);
    check_err(team_find(tx, S("Nobody"), &id), ERR_NOT_FOUND);
    tx_end(&tx);
    slice_app_close(&s);
}

/* ---- rules ---- */

DB_TEST(rules_are_replaced_by_a_new_version_and_the_old_one_stays)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer none = slice_ask(cx, &s, "GET /api/v1/rules", s.admin, NULL);
    struct answer first =
        slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
                  "{\"note\":\"first\",\"base_version\":0,\"rules\":["
                  "{\"kind\":\"exact\",\"value\":\" FB_Arystan \",\"team_id\":1},"
                  "{\"kind\":\"campaign\",\"value\":\"2385\",\"team_id\":2,\"user_id\":5,"
                  "\"valid_from\":\"2026-01-01\",\"valid_to\":\"2026-01-31\"}]}");
    struct answer second = slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
                                     "{\"note\":\"second\",\"base_version\":1,\"rules\":[]}");

    check_str(S("{\"version\":0,\"created_at\":null,\"note\":\"\",\"items\":[]}"), none.body);
    check_int(200, first.status);
    check_golden(cx, "rules", &first);
    check_int(2, answer_int(cx, &second, "version"));
    check_str(S("1|1|exact|fb_arystan\n1|2|campaign|2385"),
              sql_rows(cx, &s, "rule_set_id, position, kind, value",
                       "from utm_rule order by rule_set_id, position"));
    slice_app_close(&s);
}

DB_TEST(rules_edited_from_an_old_version_are_refused)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *put = "PUT /api/v1/rules";

    check_int(200, slice_status(cx, &s, put, s.admin, "{\"note\":\"a\",\"rules\":[]}"));
    check_int(200, slice_status(cx, &s, put, s.admin, "{\"note\":\"b\",\"rules\":[]}"));
    struct answer old =
        slice_ask(cx, &s, put, s.admin, "{\"note\":\"c\",\"base_version\":1,\"rules\":[]}");
    struct answer zero =
        slice_ask(cx, &s, put, s.admin, "{\"note\":\"c\",\"base_version\":0,\"rules\":[]}");

    check_int(409, old.status);
    check_holds(S("version 2"), old.body);
    check_int(409, zero.status);
    check_int(2, sql_int(cx, &s, "select count(*) from rule_set"));
    slice_app_close(&s);
}

DB_TEST(people_see_the_rules_of_their_own_team)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1},"
              "{\"kind\":\"exact\",\"value\":\"secret\",\"team_id\":2}]}");

    struct answer mine = slice_ask(cx, &s, "GET /api/v1/rules", s.worker, NULL);
    struct answer nobodys = slice_ask(cx, &s, "GET /api/v1/rules", s.loner, NULL);

    check_str(S("a"), answer_text(cx, &mine, "items.0.value"));
    check_str(S(""), answer_text(cx, &mine, "items.1.value"));
    check_str(S(""), answer_text(cx, &nobodys, "items.0.value"));
    slice_app_close(&s);
}

static void refuses_rule(struct ctx *cx, struct slice_app *s, const char *rule, const char *why)
{
    struct str body = arena_fmt(cx->arena, "{\"note\":\"n\",\"rules\":[%s]}", rule);

    slice_refuses(cx, s, "PUT /api/v1/rules", str_z(cx->arena, body), "rules", why);
}

DB_TEST(wrong_rules_are_named_and_nothing_is_stored)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *put = "PUT /api/v1/rules";

    slice_refuses(cx, &s, put, "{\"rules\":[]}", "note", "missing");
    slice_refuses(cx, &s, put, "{\"note\":\"n\"}", "rules", "not_a_list");
    slice_refuses(cx, &s, put, "{\"note\":\"n\",\"rules\":[],\"base_version\":-1}", "base_version",
                  "not_a_version");
    slice_refuses(cx, &s, put, "{\"note\":\"n\",\"rules\":[],\"base_version\":\"1\"}",
                  "base_version", "not_a_version");
    refuses_rule(cx, &s, "7", "unknown_kind");
    refuses_rule(cx, &s, "{\"kind\":\"regex\",\"value\":\"a\",\"team_id\":1}", "unknown_kind");
    refuses_rule(cx, &s, "{\"kind\":\"exact\",\"value\":\"Facebook\",\"team_id\":1}",
                 "not_a_team_tag");
    refuses_rule(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\"}", "team_missing");
    refuses_rule(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":99}", "unknown_team");
    refuses_rule(cx, &s, "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1,\"user_id\":99}",
                 "unknown_team");
    refuses_rule(cx, &s,
                 "{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1,\"valid_from\":\"2026-02-02\","
                 "\"valid_to\":\"2026-02-01\"}",
                 "ends_before_it_begins");
    slice_refuses(cx, &s, put,
                  "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"\",\"team_id\":1}]}",
                  "value", "missing");
    slice_refuses(cx, &s, put,
                  "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"a\",\"team_id\":1,"
                  "\"valid_from\":\"2026-02-30\"}]}",
                  "valid_from", "not_a_day");

    check_int(0, sql_int(cx, &s, "select count(*) from rule_set"));
    check_int(0, sql_int(cx, &s, "select count(*) from utm_rule"));
    slice_app_close(&s);
}

DB_TEST(networks_cannot_stand_for_a_team)
{
    check(tag_is_a_network(S("facebook")));
    check(tag_is_a_network(S("fb")));
    check(tag_is_a_network(S("instagram")));
    check(!tag_is_a_network(S("fb_arystan")));
    check(!tag_is_a_network(S("Facebook"))); /* it is given folded text */
    check(!tag_is_a_network(S("")));
}

/* ---- a database that fails ---- */

struct half {
    struct slice_app *s;
    struct str before;
};

static struct str everything(struct ctx *cx, struct slice_app *s)
{
    return arena_fmt(cx->arena, "%.*s/%.*s/%lld/%lld",
                     STR_FMT(sql_rows(cx, s, "name", "from team order by id")),
                     STR_FMT(sql_rows(cx, s, "rule_set_id, value", "from utm_rule order by id")),
                     (long long)sql_int(cx, s, "select count(*) from rule_set"),
                     (long long)sql_int(cx, s, "select version from data_version"));
}

static void nothing_changed(struct ctx *cx, void *self)
{
    struct half *h = self;

    check_str(h->before, everything(cx, h->s));
}

static enum err create_team(struct ctx *cx, void *self)
{
    enum err err;
    struct half *h = self;
    struct tx *tx = NULL;
    struct str tag = S("half_tag");
    int64_t id;

    TRY(tx_begin(cx, h->s->app->db, TX_WRITE, &tx));
    TRY(team_create(tx, &(struct team_new){.name = S("Half"), .tags = &tag, .ntags = 1}, 0, &id));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

DB_TEST(a_team_is_made_whole_or_not_at_all)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct half h = {.s = &s, .before = everything(cx, &s)};

    int failures = db_fault_each(
        cx, &(struct fault_case){.step = create_team, .unchanged = nothing_changed, .self = &h});

    check(failures >= 8);
    check_int(3, sql_int(cx, &s, "select count(*) from utm_rule"));
    slice_app_close(&s);
}

static enum err put_rules(struct ctx *cx, void *self)
{
    enum err err;
    struct half *h = self;
    struct tx *tx = NULL;
    const struct utm_rule rules[] = {
        {.kind = RULE_EXACT, .value = S("a"), .team_id = 1},
        {.kind = RULE_AD,    .value = S("b"), .team_id = 2}
    };
    struct rule_change change = {.rules = rules, .n = COUNT(rules), .note = S("n")};
    int64_t id;

    TRY(tx_begin(cx, h->s->app->db, TX_WRITE, &tx));
    TRY(rules_put(tx, &change, &id));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

DB_TEST(rules_are_replaced_whole_or_not_at_all)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct half h = {.s = &s, .before = everything(cx, &s)};

    int failures = db_fault_each(
        cx, &(struct fault_case){.step = put_rules, .unchanged = nothing_changed, .self = &h});

    check(failures >= 6);
    check_int(2, sql_int(cx, &s, "select count(*) from utm_rule"));
    slice_app_close(&s);
}
