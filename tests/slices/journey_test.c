/* The list of leads, one lead's journey, and the bytes that brought it: each to its own team. */
#include "attribution/attribution.h"
#include "leads/leads.h"
#include "slice_app.h"

#include <string.h>

#define T0 1768888800000LL /* 2026-01-20, 11:00 in Almaty */

static void take(struct ctx *cx, struct slice_app *s, const char *source, int64_t at,
                 const char *form)
{
    struct tx *tx = NULL;
    struct inbox_new n = {.source = str_of(source),
                          .dedupe_key = str_of(form),
                          .content_type = S("application/x-www-form-urlencoded; site=1"),
                          .body = str_of(form)};
    bool is_new;

    fake_clock_set(test_clock(cx), at);
    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(inbox_take(tx, s->app, &n, NULL, &is_new));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

/* Anna came twice, and her deal with her; Boris is of the other team, Clara of none. */
static void open_app(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    slice_app_open(cx, t, s);
    s->app->config.lead_duplicate_days = 30;
    sql_script(cx, s,
               "insert into landing_site (name, origin, created_at) values "
               "('Spring page', 'https://p.kz', 0)");
    check_int(200, slice_status(
                       cx, s, "PUT /api/v1/rules", s->admin,
                       "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_a\","
                       "\"team_id\":1},{\"kind\":\"exact\",\"value\":\"fb_b\",\"team_id\":2}]}"));
    take(cx, s, "lead", T0,
         "lead_id=A&name=Anna&phone=87012223344&utm_source=fb_a&gclid=G123&first_utm_source=fb_z"
         "&first_at=1768800000000&referrer=https://g.kz/");
    take(cx, s, "lead", T0 + 60000, "lead_id=B&name=Boris&phone=87770001122&utm_source=fb_b");
    take(cx, s, "lead", T0 + 120000, "lead_id=C&name=Clara");
    take(cx, s, "lead", T0 + 3 * 86400000, "lead_id=A2&name=Anna&phone=8 701 222 33 44");
    take(cx, s, "event", T0 + 180000, "stage=webinar&phone=87012223344");
    fake_clock_set(test_clock(cx), TEST_NOW_MS);
}

static const char *const all = "from=2026-01-01&to=2026-01-31";

static struct answer list(struct ctx *cx, struct slice_app *s, struct str who, const char *more)
{
    struct str call = arena_fmt(cx->arena, "GET /api/v1/leads?%s%s", all, more);

    return slice_ask(cx, s, str_z(cx->arena, call), who, "");
}

static bool has(struct str whole, const char *part)
{
    for (size_t i = 0; i + strlen(part) <= whole.len; i++)
        if (!memcmp(whole.ptr + i, part, strlen(part)))
            return true;
    return false;
}

DB_TEST(the_list_shows_who_came_and_whose_they_are)
{
    struct slice_app s;
    open_app(cx, t, &s);

    struct answer a = list(cx, &s, s.admin, "");
    check_int(200, a.status);
    check_holds(
        S("\"source_kind\":\"landing\",\"external_id\":\"1/A2\",\"created_at\":1769148000000,"
          "\"day\":\"2026-01-23\",\"utm_source\":null"),
        a.body);
    check_holds(S("\"name\":\"Anna\",\"phone_tail\":\"3344\",\"team_name\":\"Arystan\",\"reason\":"
                  "\"exact\",\"campaign_name\":null,\"ad_name\":null,\"site\":\"Spring page\","
                  "\"sale_state\":null,\"team_id\":1,\"via_lead_id\":1"),
                a.body);
    check(has(a.body, "Boris") && has(a.body, "Clara"));
    a = list(cx, &s, s.viewer, "");
    check(has(a.body, "Anna") && !has(a.body, "Boris") && !has(a.body, "Clara"));
    a = list(cx, &s, s.stranger, "");
    check(!has(a.body, "Anna") && has(a.body, "Boris"));
    check(!has(list(cx, &s, s.loner, "").body, "Anna"));
    check(has(list(cx, &s, s.admin, "&team=2").body, "Boris"));
    check(!has(list(cx, &s, s.admin, "&team=2").body, "Anna"));
    check(!has(list(cx, &s, s.admin, "&kind=crm").body, "Anna"));
    check_int(422, list(cx, &s, s.admin, "&kind=pigeon").status);
    check_int(422, list(cx, &s, s.admin, "&cursor=7").status);
    check_int(401, list(cx, &s, S(""), "").status);
    slice_app_close(&s);
}

DB_TEST(pages_of_the_list_follow_one_another)
{
    struct slice_app s;
    open_app(cx, t, &s);
    struct str next = {0}, seen = {0};

    for (int i = 0; i < 4; i++) {
        struct str more =
            arena_fmt(cx->arena, "&limit=1%s%.*s", next.len ? "&cursor=" : "", STR_FMT(next));
        struct answer a = list(cx, &s, s.admin, str_z(cx->arena, more));
        check_int(200, a.status);
        next = answer_text(cx, &a, "next");
        check_int(i<3, next.len> 0);
        seen = arena_fmt(cx->arena, "%.*s%s", STR_FMT(seen),
                         has(a.body, "1/A2")    ? "A2 "
                         : has(a.body, "1/C\"") ? "C "
                         : has(a.body, "1/B\"") ? "B "
                                                : "A ");
    }
    check_str(S("A2 C B A "), seen);
    slice_app_close(&s);
}

DB_TEST(a_lead_shows_its_visits_its_stages_and_who_it_is)
{
    struct slice_app s;
    open_app(cx, t, &s);

    struct answer a = slice_ask(cx, &s, "GET /api/v1/leads/1", s.viewer, "");
    check_int(200, a.status);
    check_holds(
        S("\"touches\":[{\"position\":\"first\",\"at\":1768800000000,\"utm_source\":\"fb_z\""),
        a.body);
    check_holds(S("\"click_kind\":\"gclid\",\"click_id\":\"G123\",\"referrer\":\"https://g.kz/\","
                  "\"landing\":null}]"),
                a.body);
    check_holds(
        S("\"stages\":[{\"stage\":\"webinar\",\"at\":1768888980000,\"source\":\"webhook\"}]"),
        a.body);
    check_holds(S("\"same_person\":[4]"), a.body);
    check_holds(S("\"merges\":[{\"id\":1,\"kind\":\"phone\""), a.body);
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/2", s.viewer, ""));
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/3", s.viewer, ""));
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/1", s.stranger, ""));
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/99", s.admin, ""));
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/x", s.admin, ""));
    check_int(200, slice_status(cx, &s, "GET /api/v1/leads/3", s.admin, ""));
    slice_app_close(&s);
}

DB_TEST(the_stages_and_the_state_of_a_deal_show_on_the_lead_that_it_repeats)
{
    struct slice_app s;
    struct tx *tx = NULL;
    struct str phone = S("+7 701 222-33-44");
    const struct lead_stage won = {S("won"), T0 + 86400000, T0, 0};
    open_app(cx, t, &s);

    slice_hook(cx, &s,
               S("account[id]=1&leads[status][0][id]=7&leads[status][0][status_id]=142&"
                 "leads[status][0][price]=100&leads[status][0][last_modified]=1768975200&"
                 "leads[status][0][date_create]=1768975200"));
    int64_t deal = sql_int(cx, &s, "select lead_id from sale");
    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(lead_identify(tx, s.app, deal, &(struct lead_keys){.phones = &phone, .nphones = 1}));
    check_ok(lead_stages_put(tx, s.app, deal, &won, 1));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    struct answer a = slice_ask(cx, &s, "GET /api/v1/leads/1", s.viewer, "");
    check_holds(S("{\"stage\":\"won\",\"at\":1768975200000,\"source\":\"crm\"}"), a.body);
    check_holds(S("\"sale_state\":\"won\""), a.body);
    slice_app_close(&s);
}

DB_TEST(the_bytes_that_brought_a_lead_are_shown_to_its_team_and_that_is_written_down)
{
    struct slice_app s;
    open_app(cx, t, &s);

    struct answer a = slice_ask(cx, &s, "GET /api/v1/leads/1/raw", s.viewer, "");
    check_int(200, a.status);
    check_holds(S("\"source\":\"lead\",\"received_at\":1768888800000,\"content_type\":"
                  "\"application/x-www-form-urlencoded; site=1\",\"signature\":\"none\",\"body\":"
                  "\"lead_id=A\\u0026name=Anna"),
                a.body);
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/1/raw", s.stranger, ""));
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/2/raw", s.viewer, ""));
    check_int(3, sql_int(cx, &s, "select count(*) from audit_log where action = 'access'"));
    sql_script(cx, &s, "update lead set inbox_id = null where id = 1");
    check_int(404, slice_status(cx, &s, "GET /api/v1/leads/1/raw", s.viewer, ""));
    slice_app_close(&s);
}
