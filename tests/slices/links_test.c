/* Short links: made and changed by who may, within their team; templates, hosts, the builder (D44,
 * P43-P45). */
#include "slice_app.h"

#define HOSTS "PUT /api/v1/link-hosts"
#define LINKS "POST /api/v1/links"

static void list_hosts(struct ctx *cx, struct slice_app *s)
{
    check_int(200, slice_status(cx, s, HOSTS, s->admin,
                                "{\"items\":[\"School.kz\",\"wa.me\",\"school.kz\"]}"));
}

static struct answer make(struct ctx *cx, struct slice_app *s, struct str who, const char *more)
{
    return slice_ask(
        cx, s, LINKS, who,
        str_z(cx->arena,
              arena_fmt(cx->arena, "{\"title\":\"One\",\"target\":\"https://school.kz/a\"%s%s}",
                        more[0] ? "," : "", more)));
}

DB_TEST(a_link_is_answered_as_the_page_expects_it)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);

    struct answer made = make(cx, &s, s.worker,
                              "\"code\":\"spring-26\",\"utm_source\":\"fb_arystan\","
                              "\"merge_policy\":\"fill\",\"expires_at\":1770181200000");
    struct answer list = slice_ask(cx, &s, "GET /api/v1/links", s.viewer, NULL);

    check_int(201, made.status);
    check_golden(cx, "link_created", &made);
    check_golden(cx, "links", &list);
    slice_app_close(&s);
}

DB_TEST(a_code_of_64_random_bits_is_drawn_where_none_is_said)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);

    struct answer one = make(cx, &s, s.worker, ""), two = make(cx, &s, s.worker, "");
    struct str code = answer_text(cx, &one, "code");

    check_int(11, code.len);
    check(!str_eq(code, answer_text(cx, &two, "code")));
    check_str(arena_fmt(cx->arena, "http://dashboard.test/s/%.*s", STR_FMT(code)),
              answer_text(cx, &one, "short_url"));
    slice_app_close(&s);
}

DB_TEST(a_code_belongs_to_one_link_even_when_that_is_archived)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);

    struct answer one = make(cx, &s, s.worker, "\"code\":\"mine\"");
    check_int(201, one.status);
    check_int(200, slice_status(cx, &s, "POST /api/v1/links/1/archive", s.worker, NULL));
    struct answer two = make(cx, &s, s.stranger, "\"code\":\"mine\"");
    check_int(409, two.status);
    check_holds(S("the code mine is taken"), two.body);
    slice_app_close(&s);
}

DB_TEST(wrong_fields_of_a_link_are_named)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\",\"target\":\"https://school.kz/\"}", "target",
                  "no_hosts_listed");
    list_hosts(cx, &s);
    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\",\"target\":\"https://evil.com/\"}", "target",
                  "host_not_listed");
    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\",\"target\":\"https://a.school.kz/\"}", "target",
                  "host_not_listed");
    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\",\"target\":\"http://school.kz/\"}", "target",
                  "not_https");
    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\",\"target\":\"https://school.kz@evil.com/\"}",
                  "target", "user_in_address");
    slice_refuses(cx, &s, LINKS, "{\"title\":\"a\"}", "target", "missing");
    slice_refuses(cx, &s, LINKS, "{\"target\":\"https://school.kz/\"}", "title", "missing");
#define WITH(more) "{\"title\":\"a\",\"target\":\"https://school.kz/\"," more "}"
    slice_refuses(cx, &s, LINKS, WITH("\"code\":\"ab\""), "code", "too_short");
    slice_refuses(cx, &s, LINKS, WITH("\"code\":\"Spring\""), "code", "not_a_code");
    slice_refuses(cx, &s, LINKS, WITH("\"code\":\"a/b/c\""), "code", "not_a_code");
    slice_refuses(cx, &s, LINKS, WITH("\"code\":\"123456789012345678901234567890123\""), "code",
                  "too_long");
    slice_refuses(cx, &s, LINKS, WITH("\"merge_policy\":\"mix\""), "merge_policy", "not_a_choice");
    slice_refuses(cx, &s, LINKS, WITH("\"expires_at\":\"soon\""), "expires_at", "not_an_instant");
    slice_refuses(cx, &s, LINKS, WITH("\"expires_at\":1770000000000"), "expires_at", "in_the_past");
    slice_refuses(cx, &s, LINKS, WITH("\"utm_source\":\"a\\u0001b\""), "utm_source",
                  "bad_character");
    slice_refuses(cx, &s, LINKS, WITH("\"utm_term\":7"), "utm_term", "not_text");
    slice_refuses(cx, &s, LINKS, WITH("\"team_id\":99"), "team_id", "unknown");
    slice_refuses(cx, &s, LINKS, WITH("\"template_id\":99"), "template_id", "unknown");
    slice_refuses(cx, &s, LINKS, WITH("\"owner_id\":1"), "owner_id", "unknown");
    check_int(0, sql_int(cx, &s, "select count(*) from short_link"));
    slice_app_close(&s);
}

DB_TEST(another_teams_link_is_not_there)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);
    make(cx, &s, s.worker, "");

    struct answer theirs = slice_ask(cx, &s, "GET /api/v1/links", s.stranger, NULL);
    check_str(S("{\"items\":[],\"next\":null}"), theirs.body);
    check_int(404, slice_status(cx, &s, "PATCH /api/v1/links/1", s.stranger, "{\"title\":\"x\"}"));
    check_int(404, slice_status(cx, &s, "POST /api/v1/links/1/archive", s.stranger, NULL));
    check_int(404, slice_status(cx, &s, "POST /api/v1/links/1/restore", s.stranger, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/links/1/clicks", s.stranger, NULL));
    check_int(200, slice_status(cx, &s, "GET /api/v1/links/1/clicks", s.viewer, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/links/7/clicks", s.admin, NULL));
    check_int(422, make(cx, &s, s.worker, "\"team_id\":2").status);
    check_int(422, make(cx, &s, s.loner, "").status);
    check_int(403, make(cx, &s, s.viewer, "").status);
    check_int(401, slice_status(cx, &s, LINKS, S(""), "{}"));
    slice_app_close(&s);
}

DB_TEST(a_team_lead_changes_what_is_the_teams_and_a_targetologist_what_is_theirs)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);
    make(cx, &s, s.lead, "");
    make(cx, &s, s.worker, "\"utm_source\":\"a\",\"utm_term\":\"b\",\"expires_at\":1770181200000");

    check_int(403, slice_status(cx, &s, "PATCH /api/v1/links/1", s.worker, "{\"title\":\"x\"}"));
    check_int(403, slice_status(cx, &s, "PATCH /api/v1/links/2", s.viewer, "{\"title\":\"x\"}"));
    check_int(200, slice_status(cx, &s, "PATCH /api/v1/links/2", s.lead, "{\"title\":\"x\"}"));
    check_str(S("x|https://school.kz/a|keep|a|b|1770181200000"),
              sql_rows(cx, &s, "title, target, merge_policy, utm_source, utm_term, expires_at",
                       "from short_link where id = 2"));
    struct answer changed = slice_ask(
        cx, &s, "PATCH /api/v1/links/2", s.worker,
        "{\"target\":\"https://wa.me/7701\",\"merge_policy\":\"replace\","
        "\"utm_source\":\"\",\"utm_term\":null,\"utm_content\":\"c\",\"expires_at\":null}");
    check_int(200, changed.status);
    check_str(S("x|https://wa.me/7701|replace|-|c|-|-"),
              sql_rows(cx, &s,
                       "title, target, merge_policy, utm_source, utm_content, utm_term, expires_at",
                       "from short_link where id = 2"));
    slice_refuses(cx, &s, "PATCH /api/v1/links/2", "{\"target\":\"https://evil.com/\"}", "target",
                  "host_not_listed");
    slice_refuses(cx, &s, "PATCH /api/v1/links/2", "{\"code\":\"other\"}", "code", "unknown");
    check_int(5, sql_int(cx, &s,
                         "select count(*) from audit_log where entity in ('short_link', "
                         "'link_host') and action <> 'access'"));
    slice_app_close(&s);
}

DB_TEST(lists_come_in_pages_and_leave_out_what_is_archived)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);
    for (int i = 0; i < 3; i++)
        make(cx, &s, i == 1 ? s.stranger : s.worker, "");
    slice_status(cx, &s, "POST /api/v1/links/1/archive", s.worker, NULL);

    struct answer first = slice_ask(cx, &s, "GET /api/v1/links?limit=1&archived=1", s.admin, NULL);
    struct answer next =
        slice_ask(cx, &s, "GET /api/v1/links?limit=2&archived=1&cursor=3", s.admin, NULL);
    struct answer live = slice_ask(cx, &s, "GET /api/v1/links", s.worker, NULL);
    struct answer team = slice_ask(cx, &s, "GET /api/v1/links?team=2", s.admin, NULL);

    check_int(3, answer_int(cx, &first, "items.0.id"));
    check_str(S("3"), answer_text(cx, &first, "next"));
    check_int(2, answer_int(cx, &next, "items.0.id"));
    check_int(1, answer_int(cx, &next, "items.1.id"));
    check_holds(S("\"next\":null"), next.body);
    check_int(3, answer_int(cx, &live, "items.0.id"));
    check_int(0, answer_int(cx, &live, "items.1.id"));
    check_int(2, answer_int(cx, &team, "items.0.id"));
    check_int(0, answer_int(cx, &team, "items.1.id"));
    slice_refuses(cx, &s, "GET /api/v1/links?cursor=x", NULL, "cursor", "not_an_id");
    slice_app_close(&s);
}

/* ---- hosts ---- */

DB_TEST(hosts_are_the_admins_and_the_settings)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    s.app->config.link_hosts = S("land.kz, bad_host ,LAND2.kz");

    struct answer put =
        slice_ask(cx, &s, HOSTS, s.admin, "{\"items\":[\" B.kz\",\"a.kz\",\"b.kz\"]}");
    check_int(200, put.status);
    check_str(S("{\"items\":[\"a.kz\",\"b.kz\"],\"from_settings\":[\"land.kz\",\"land2.kz\"]}"),
              put.body);
    struct answer got = slice_ask(cx, &s, "GET /api/v1/link-hosts", s.admin, NULL);
    check_str(put.body, got.body);
    check_int(403, slice_status(cx, &s, "GET /api/v1/link-hosts", s.lead, NULL));
    check_int(403, slice_status(cx, &s, HOSTS, s.lead, "{\"items\":[]}"));
    slice_refuses(cx, &s, HOSTS, "{}", "items", "missing");
    slice_refuses(cx, &s, HOSTS, "{\"items\":\"a.kz\"}", "items", "not_a_list");
    slice_refuses(cx, &s, HOSTS, "{\"items\":[\"10.0.0.1\"]}", "items", "not_a_host");
    slice_refuses(cx, &s, HOSTS, "{\"items\":[\"https://a.kz\"]}", "items", "not_a_host");
    check_str(S("a.kz\nb.kz"), sql_rows(cx, &s, "host", "from link_host order by host"));
    slice_app_close(&s);
}

/* ---- templates ---- */

#define TEMPLATES "POST /api/v1/utm-templates"

DB_TEST(a_team_and_everybody_have_one_default_template_each)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *body = "{\"name\":\"A\",\"utm_source\":\"fb_x\",\"is_default\":true}";

    struct answer made = slice_ask(cx, &s, TEMPLATES, s.worker, body);
    check_int(201, made.status);
    check_golden(cx, "utm_template_created", &made);
    check_int(201, slice_status(cx, &s, TEMPLATES, s.lead, body));
    check_int(201, slice_status(cx, &s, TEMPLATES, s.stranger, body));
    check_int(201, slice_status(cx, &s, TEMPLATES, s.admin, body));
    check_str(S("1|1|0\n2|1|1\n3|2|1\n4|-|1"),
              sql_rows(cx, &s, "id, team_id, is_default", "from utm_template order by id"));
    check_int(200, slice_status(cx, &s, "PATCH /api/v1/utm-templates/1", s.worker,
                                "{\"is_default\":true,\"utm_medium\":\"\",\"name\":\"B\"}"));
    check_str(
        S("1|B|fb_x||1\n2|A|fb_x|cpc|0\n3|A|fb_x|cpc|1\n4|A|fb_x|cpc|1"),
        sql_rows(cx, &s, "id, name, source, medium, is_default", "from utm_template order by id"));
    slice_app_close(&s);
}

DB_TEST(everybodys_templates_are_seen_by_all_and_changed_by_an_admin)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, TEMPLATES, s.admin, "{\"name\":\"All\"}");
    slice_ask(cx, &s, TEMPLATES, s.stranger, "{\"name\":\"Theirs\"}");

    struct answer list = slice_ask(cx, &s, "GET /api/v1/utm-templates", s.viewer, NULL);
    check_str(S("All"), answer_text(cx, &list, "items.0.name"));
    check_str(S(""), answer_text(cx, &list, "items.1.name"));
    const char *patch = "PATCH /api/v1/utm-templates/1";
    check_int(403, slice_status(cx, &s, patch, s.worker, "{\"name\":\"x\"}"));
    check_int(404, slice_status(cx, &s, "PATCH /api/v1/utm-templates/2", s.worker, "{}"));
    check_int(403, slice_status(cx, &s, TEMPLATES, s.viewer, "{\"name\":\"x\"}"));
    check_int(200, slice_status(cx, &s, "POST /api/v1/utm-templates/1/archive", s.admin, NULL));
    list = slice_ask(cx, &s, "GET /api/v1/utm-templates", s.viewer, NULL);
    check_str(S("{\"items\":[],\"next\":null}"), list.body);
    list = slice_ask(cx, &s, "GET /api/v1/utm-templates?archived=1", s.viewer, NULL);
    check_int(TEST_NOW_MS, answer_int(cx, &list, "items.0.archived_at"));
    slice_refuses(cx, &s, TEMPLATES, "{\"name\":\"x\",\"team_id\":77}", "team_id", "unknown");
    slice_refuses(cx, &s, TEMPLATES, "{\"name\":\"x\",\"is_default\":1}", "is_default",
                  "not_a_bool");
    slice_refuses(cx, &s, TEMPLATES, "{}", "name", "missing");
    slice_app_close(&s);
}

/* ---- the builder ---- */

#define BUILD "POST /api/v1/links/build"

static struct str built(struct ctx *cx, struct slice_app *s, const char *more)
{
    struct answer a = slice_ask(
        cx, s, BUILD, s->worker,
        str_z(cx->arena, arena_fmt(cx->arena, "{\"target\":\"https://school.kz/\"%s}", more)));

    check_int(200, a.status);
    return answer_text(cx, &a, "url");
}

DB_TEST(an_address_is_built_from_tags_a_template_or_the_default)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);

    check_str(S("https://school.kz/?utm_source=fb_arystan&utm_medium=cpc"
                "&utm_campaign={{campaign.id}}&utm_content={{ad.id}}&utm_term={{adset.id}}"),
              built(cx, &s, ""));
    check_str(S("https://school.kz/?utm_source=fb&utm_term=t"),
              built(cx, &s, ",\"utm_source\":\"fb\",\"utm_term\":\"t\""));
    slice_ask(cx, &s, TEMPLATES, s.admin,
              "{\"name\":\"All\",\"utm_source\":\"all\",\"is_default\":true}");
    check_str(S("https://school.kz/?utm_source=all&utm_medium=cpc"), built(cx, &s, ""));
    slice_ask(cx, &s, TEMPLATES, s.lead,
              "{\"name\":\"Ours\",\"utm_source\":\"ours\",\"is_default\":true}");
    check_str(S("https://school.kz/?utm_source=ours&utm_medium=cpc"), built(cx, &s, ""));
    check_str(S("https://school.kz/?utm_source=all&utm_medium=cpc&utm_term=x"),
              built(cx, &s, ",\"template_id\":1,\"utm_term\":\"x\""));
    slice_ask(cx, &s, TEMPLATES, s.stranger, "{\"name\":\"Theirs\",\"utm_source\":\"no\"}");
    check_int(422, slice_status(cx, &s, BUILD, s.worker,
                                "{\"target\":\"https://school.kz/\",\"template_id\":3}"));
    slice_app_close(&s);
}

DB_TEST(the_builder_warns_of_what_cannot_identify_a_team)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);

    struct answer a = slice_ask(cx, &s, BUILD, s.worker,
                                "{\"target\":\"https://school.kz/\",\"utm_source\":\"facebook\","
                                "\"utm_term\":\"Хello {{ad.nam}}\"}");
    check_holds(S("\"warnings\":[{\"code\":\"look_alike\",\"field\":\"utm_term\"},"
                  "{\"code\":\"spaces\",\"field\":\"utm_term\"},"
                  "{\"code\":\"capitals\",\"field\":\"utm_term\"},"
                  "{\"code\":\"unknown_macro\",\"field\":\"utm_term\"},"
                  "{\"code\":\"not_a_team_tag\",\"field\":\"utm_source\"}]"),
                a.body);
    check_int(403, slice_status(cx, &s, BUILD, s.viewer, "{\"target\":\"https://school.kz/\"}"));
    slice_refuses(cx, &s, BUILD, "{\"target\":\"https://evil.com/\"}", "target", "host_not_listed");
    slice_app_close(&s);
}

DB_TEST(a_link_takes_its_tags_from_a_template)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    list_hosts(cx, &s);
    slice_ask(cx, &s, TEMPLATES, s.lead,
              "{\"name\":\"Ours\",\"utm_source\":\"ours\",\"utm_content\":\"c\"}");

    struct answer made = make(cx, &s, s.worker, "\"template_id\":1,\"utm_content\":\"own\"");
    check_int(201, made.status);
    check_str(
        S("ours|cpc|-|own"),
        sql_rows(cx, &s, "utm_source, utm_medium, utm_campaign, utm_content", "from short_link"));
    slice_app_close(&s);
}
