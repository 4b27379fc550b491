/* The doors of landing pages and other systems: keys, origins, limits, and what becomes of what
 * comes in (I16, S11). */
#include "attribution/attribution.h"
#include "core/webhook_key.h"
#include "leads/leads.h"
#include "slice_app.h"

#include <string.h>

struct door { /* a site with its keys */
    struct slice_app s;
    const char *key, *event_key;
    int64_t site;
};

static const char *text(struct ctx *cx, const struct answer *a, const char *way)
{
    return str_z(cx->arena, answer_text(cx, a, way));
}

static void open_door(struct ctx *cx, struct temp_db *t, struct door *d)
{
    slice_app_open(cx, t, &d->s);
    d->s.app->config.lead_duplicate_days = 30;
    d->s.app->config.public_url = S("https://dash.kz/");
    struct answer a = slice_ask(cx, &d->s, "POST /api/v1/sites", d->s.admin,
                                "{\"name\":\"Page\",\"origin\":\"https://Page.kz/\"}");
    check_int(201, a.status);
    d->key = text(cx, &a, "key");
    d->event_key = text(cx, &a, "event_key");
    d->site = answer_int(cx, &a, "site.id");
}

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON "Content-Type: application/json; charset=utf-8\r\n"
#define FROM_PAGE "Origin: https://page.kz\r\n"

static struct answer post(struct ctx *cx, struct door *d, const char *path, const char *key,
                          const char *headers, const char *body)
{
    const char *target = str_z(cx->arena, arena_fmt(cx->arena, "%s?key=%s", path, key));

    return ask_for(cx, d->s.core.port, "POST", target, headers, str_of(body));
}

static struct answer send(struct ctx *cx, struct door *d, const char *headers, const char *body)
{
    return post(cx, d, "/webhook/lead", d->key, headers, body);
}

static int event(struct ctx *cx, struct door *d, const char *body)
{
    return post(cx, d, "/webhook/event", d->event_key, JSON, body).status;
}

static void drain(struct ctx *cx, struct door *d)
{
    struct job_run r;

    slice_job(cx, &d->s, "inbox.drain", &r);
}

DB_TEST(a_form_of_a_page_becomes_a_lead_with_its_visits)
{
    struct door d;
    open_door(cx, t, &d);

    struct answer a =
        send(cx, &d, FORM FROM_PAGE,
             "Name=Anna&Phone=8+701+222+33+44&utm_source=fb_a&utm_content=9001&fbclid="
             "IwAR0clickclick&page=https://page.kz/x&first_utm_source=fb_z&first_at="
             "1700000000000&ad_id=55&formid=f1");
    check_int(200, a.status);
    check_str(S("{\"ok\":true}"), a.body);
    check_str(S("https://page.kz"), answer_header(&a, "Access-Control-Allow-Origin"));
    check_str(S("Origin"), answer_header(&a, "Vary"));
    check_int(1, sql_int(cx, &d.s, "select count(*) from inbox_event where source = 'lead'"));
    check_int(0, sql_int(cx, &d.s, "select count(*) from lead"));
    drain(cx, &d);

    check_str(S("landing|2026-02-03|fb_a|9001|1|Anna|3344|55|f1|1770094800000"),
              sql_rows(cx, &d.s,
                       "source_kind, day, utm_source, utm_content, site_id, name, phone_tail, "
                       "ad_external_id, form_id, created_at",
                       "from lead"));
    check_str(S("first|1700000000000|fb_z|-|-\nlast|1770094800000|fb_a|fbclid|https://page.kz/x"),
              sql_rows(cx, &d.s, "position, at, utm_source, click_kind, landing",
                       "from touch order by at"));
    check_str(S("click\nphone"), sql_rows(cx, &d.s, "kind", "from identity_key order by kind"));
    check_str(S("done|lead/1|lead"),
              sql_rows(cx, &d.s, "state, parser, outcome", "from inbox_event"));
    check_int(1, sql_int(cx, &d.s, "select count(*) from credit where subject_kind = 'lead'"));
    check_int(1, sql_int(cx, &d.s,
                         "select count(*) from lead l join inbox_event e on e.id = l.inbox_id"));
    slice_app_close(&d.s);
}

DB_TEST(json_is_taken_too_and_the_same_id_twice_is_one_lead)
{
    struct door d;
    open_door(cx, t, &d);

    check_int(200, send(cx, &d, JSON, "{\"lead_id\":\"A1\",\"phone\":\"87012223344\"}").status);
    check_int(200, send(cx, &d, JSON, "{\"phone\":\"87012223344\",\"lead_id\":\"A1\"}").status);
    check_int(200, send(cx, &d, FORM, "phone=87012223344").status);
    check_int(200, send(cx, &d, FORM, "phone=87012223344").status);
    drain(cx, &d);
    check_int(2, sql_int(cx, &d.s, "select count(*) from inbox_event"));
    check_int(2, sql_int(cx, &d.s, "select count(*) from lead"));
    check_int(1, sql_int(cx, &d.s, "select count(*) from lead where duplicate_of is null"));
    slice_app_close(&d.s);
}

DB_TEST(only_the_sites_own_pages_and_keys_open_the_door)
{
    struct door d;
    open_door(cx, t, &d);
    const char *other = str_z(cx->arena, arena_fmt(cx->arena, "2%s", d.key + 1));

    struct answer a = send(cx, &d, FORM "Origin: https://evil.kz\r\n", "phone=87012223344");
    check_int(403, a.status);
    check_str(S(""), answer_header(&a, "Access-Control-Allow-Origin"));
    check_int(403, send(cx, &d, FORM "Origin: null\r\n", "phone=87012223344").status);
    check_int(401, post(cx, &d, "/webhook/lead", "1.wrong", FORM, "phone=1").status);
    check_int(401, post(cx, &d, "/webhook/lead", "", FORM, "phone=1").status);
    check_int(401, post(cx, &d, "/webhook/lead", "1", FORM, "phone=1").status);
    check_int(401, post(cx, &d, "/webhook/lead", other, FORM, "phone=1").status);
    check_int(401, post(cx, &d, "/webhook/lead", d.event_key, FORM, "phone=1").status);
    check_int(401, post(cx, &d, "/webhook/event", d.key, FORM, "phone=1").status);
    check_int(401, ask_for(cx, d.s.core.port, "POST", "/webhook/lead", FORM, S("phone=1")).status);
    check_int(200, slice_status(cx, &d.s, "POST /api/v1/sites/1/archive", d.s.admin, ""));
    check_int(401, send(cx, &d, FORM, "phone=87012223344").status);
    check_int(0, sql_int(cx, &d.s, "select count(*) from inbox_event"));
    slice_app_close(&d.s);
}

DB_TEST(a_browser_may_ask_first)
{
    struct door d;
    open_door(cx, t, &d);
    const char *target = str_z(cx->arena, arena_fmt(cx->arena, "/webhook/lead?key=%s", d.key));
    const char *ask = "Origin: https://page.kz\r\nAccess-Control-Request-Method: POST\r\n"
                      "Access-Control-Request-Headers: content-type\r\n";

    struct answer a = ask_for(cx, d.s.core.port, "OPTIONS", target, ask, S(""));
    check_int(204, a.status);
    check_str(S("https://page.kz"), answer_header(&a, "Access-Control-Allow-Origin"));
    check_str(S("POST"), answer_header(&a, "Access-Control-Allow-Methods"));
    check_str(S("Content-Type"), answer_header(&a, "Access-Control-Allow-Headers"));
    check_str(S(""), answer_header(&a, "Access-Control-Allow-Credentials"));
    check_int(403,
              ask_for(cx, d.s.core.port, "OPTIONS", target,
                      "Origin: https://evil.kz\r\nAccess-Control-Request-Method: POST\r\n", S(""))
                  .status);
    check_int(401,
              ask_for(cx, d.s.core.port, "OPTIONS", "/webhook/lead?key=1.x", ask, S("")).status);
    check_int(405, ask_for(cx, d.s.core.port, "GET", target, "", S("")).status);
    slice_app_close(&d.s);
}

DB_TEST(bots_and_knocks_are_answered_and_forgotten_and_junk_is_parked)
{
    struct door d;
    open_door(cx, t, &d);

    check_int(200, send(cx, &d, FORM, "phone=87012223344&website=http://spam").status);
    check_int(200, send(cx, &d, FORM, "test=test").status);
    check_int(0, sql_int(cx, &d.s, "select count(*) from inbox_event"));
    check_int(200, send(cx, &d, FORM, "utm_source=fb&phone=12").status);
    check_int(200, send(cx, &d, JSON, "{\"phone\":").status);
    check_int(200, send(cx, &d, FORM, "name=Anna").status);
    check_int(400, send(cx, &d, FORM, "").status);
    check_int(415, send(cx, &d, "Content-Type: multipart/form-data; boundary=x\r\n", "x").status);
    drain(cx, &d);
    check_str(S("done\nparked\nparked"),
              sql_rows(cx, &d.s, "state", "from inbox_event order by state"));
    check_int(1, sql_int(cx, &d.s,
                         "select count(*) from inbox_event where error like 'neither a phone%%'"));
    check_int(1, sql_int(cx, &d.s, "select count(*) from lead"));
    check_int(0, sql_int(cx, &d.s, "select count(*) from identity_key"));
    slice_app_close(&d.s);
}

DB_TEST(a_flood_is_stopped_by_size_by_address_and_by_site)
{
    struct door d;
    open_door(cx, t, &d);
    char *big = arena_alloc(cx->arena, 20000, 1);
    int taken = 0;
    struct answer a = {0};

    memset(big, 'x', 17000);
    memcpy(big, "name=", 5);
    check_int(413, send(cx, &d, FORM, big).status);
    for (int i = 0; i < 60; i++) {
        a = send(cx, &d, FORM "X-Forwarded-For: 203.0.113.9\r\n", "name=Anna");
        taken += a.status == 200;
    }
    check_int(30, taken);
    check_int(429, a.status);
    check(answer_header(&a, "Retry-After").len > 0);
    check_int(200, send(cx, &d, FORM "X-Forwarded-For: 203.0.113.10\r\n", "name=Anna").status);
    check_int(200,
              slice_status(cx, &d.s, "PATCH /api/v1/sites/1", d.s.admin, "{\"per_minute\":1}"));
    fake_clock_advance(test_clock(cx), 3600000);
    check_int(200, send(cx, &d, FORM "X-Forwarded-For: 203.0.113.11\r\n", "name=Anna").status);
    check_int(429, send(cx, &d, FORM "X-Forwarded-For: 203.0.113.12\r\n", "name=Anna").status);
    slice_app_close(&d.s);
}

/* ---- stages that others tell ---- */

static struct str stages(struct ctx *cx, struct door *d)
{
    return sql_rows(cx, &d->s, "e.stage, e.day, l.external_id",
                    "from stage_event e left join lead l on l.id = e.lead_id order by e.stage");
}

DB_TEST(a_stage_finds_its_lead_also_when_the_lead_comes_later)
{
    struct door d;
    open_door(cx, t, &d);

    check_int(200,
              event(cx, &d,
                    "{\"stage\":\"registration\",\"phone\":\"+7 701 222 33 44\",\"at\":\"2026-02-"
                    "02 10:00\"}"));
    check_int(200, event(cx, &d, "{\"stage\":\"webinar\",\"lead_id\":\"A1\"}"));
    check_int(200, event(cx, &d, "{\"stage\":\"call\",\"deal_id\":77}"));
    check_int(200, event(cx, &d, "{\"stage\":\"form\",\"leadgen_id\":\"9876543210\"}"));
    drain(cx, &d);
    check_str(S("call|2026-02-03|-\nform|2026-02-03|-\nregistration|2026-02-02|-\n"
                "webinar|2026-02-03|-"),
              stages(cx, &d));
    check_int(4, sql_int(cx, &d.s,
                         "select count(*) from inbox_event where outcome = 'stage of nobody yet'"));

    check_int(200, send(cx, &d, JSON, "{\"lead_id\":\"A1\",\"phone\":\"87012223344\"}").status);
    drain(cx, &d);
    slice_hook(cx, &d.s,
               S("account[id]=1&leads[add][0][id]=77&leads[add][0][last_modified]=1770000000"));
    check_str(S("form|2026-02-03|-\nregistration|2026-02-02|1/A1\nwebinar|2026-02-03|1/A1"),
              sql_rows(cx, &d.s, "e.stage, e.day, l.external_id",
                       "from stage_event e left join lead l on l.id = e.lead_id "
                       "where e.stage <> 'call' order by e.stage"));
    slice_app_close(&d.s);
}

DB_TEST(a_stage_told_again_is_one_stage_and_junk_is_parked)
{
    struct door d;
    open_door(cx, t, &d);

    check_int(200,
              event(cx, &d, "{\"stage\":\"call\",\"phone\":\"87012223344\",\"at\":1770000000}"));
    check_int(200,
              event(cx, &d, "{\"phone\":\"87012223344\",\"stage\":\"call\",\"at\":1770000000}"));
    check_int(200,
              event(cx, &d, "{\"phone\":\"87012223344\",\"stage\":\"call\",\"at\":1770000099}"));
    check_int(200,
              event(cx, &d, "{\"event_id\":\"x\",\"phone\":\"87012223344\",\"stage\":\"sms\"}"));
    check_int(200, event(cx, &d,
                         "{\"event_id\":\"x\",\"phone\":\"87012223344\",\"stage\":\"sms\","
                         "\"name\":\"A\"}"));
    check_int(200, event(cx, &d, "{\"phone\":\"87012223344\"}"));
    check_int(200, event(cx, &d, "{\"stage\":\"call\"}"));
    drain(cx, &d);
    check_int(3, sql_int(cx, &d.s, "select count(*) from stage_event"));
    check_int(2, sql_int(cx, &d.s, "select count(*) from inbox_event where state = 'parked'"));
    slice_app_close(&d.s);
}

/* ---- sites ---- */

DB_TEST(sites_are_a_team_leads_own_and_an_admins_all)
{
    struct door d;
    open_door(cx, t, &d);
    struct slice_app *s = &d.s;

    struct answer a = slice_ask(cx, s, "POST /api/v1/sites", s->lead,
                                "{\"name\":\"Ours\",\"origin\":\"http://localhost:8080\","
                                "\"per_minute\":5}");
    check_int(201, a.status);
    check_int(s->team, answer_int(cx, &a, "site.team_id"));
    check_int(5, answer_int(cx, &a, "site.per_minute"));
    check_holds(S("https://dash.kz/t.js"), a.body);
    check(str_ends(answer_text(cx, &a, "key"), answer_text(cx, &a, "site.key_hint")));
    a = slice_ask(cx, s, "GET /api/v1/sites", s->lead, "");
    check_holds(S("\"name\":\"Ours\""), a.body);
    check(!memmem(a.body.ptr, a.body.len, "\"Page\"", 6));
    check_holds(S("\"name\":\"Page\",\"origin\":\"https://page.kz\",\"team_id\":null"),
                slice_ask(cx, s, "GET /api/v1/sites", s->admin, "").body);
    check_int(404, slice_status(cx, s, "PATCH /api/v1/sites/1", s->lead, "{\"name\":\"x\"}"));
    check_int(404, slice_status(cx, s, "POST /api/v1/sites/1/key", s->lead, ""));
    check_int(404, slice_status(cx, s, "POST /api/v1/sites/1/archive", s->lead, ""));
    check_int(403, slice_status(cx, s, "GET /api/v1/sites", s->worker, ""));
    check_int(422, slice_status(cx, s, "POST /api/v1/sites", s->lead,
                                "{\"name\":\"x\",\"origin\":\"https://x.kz\",\"team_id\":2}"));
    slice_refuses(cx, s, "POST /api/v1/sites", "{\"name\":\"x\",\"origin\":\"x.kz\"}", "origin",
                  "not_an_origin");
    slice_refuses(cx, s, "POST /api/v1/sites", "{\"name\":\"x\",\"origin\":\"https://x.kz/a\"}",
                  "origin", "not_an_origin");
    slice_refuses(cx, s, "POST /api/v1/sites", "{\"origin\":\"https://x.kz\"}", "name", "missing");
    slice_refuses(cx, s, "POST /api/v1/sites",
                  "{\"name\":\"x\",\"origin\":\"https://x.kz\",\"team_id\":99}", "team_id",
                  "unknown_team");
    slice_refuses(cx, s, "PATCH /api/v1/sites/1", "{\"per_minute\":0}", "per_minute",
                  "out_of_range");
    check_int(409, slice_status(cx, s, "POST /api/v1/sites", s->admin,
                                "{\"name\":\"x\",\"origin\":\"https://page.kz\"}"));
    a = slice_ask(cx, s, "PATCH /api/v1/sites/1", s->admin, "{\"name\":\"New\",\"team_id\":1}");
    check_int(200, a.status);
    check_int(1, answer_int(cx, &a, "team_id"));
    slice_app_close(s);
}

DB_TEST(after_a_key_is_renewed_the_one_before_stays_good_and_older_ones_do_not)
{
    struct door d;
    open_door(cx, t, &d);
    const char *first = d.key;

    struct answer a = slice_ask(cx, &d.s, "POST /api/v1/sites/1/key", d.s.admin, "");
    check_int(201, a.status);
    d.key = text(cx, &a, "key");
    check_int(200, send(cx, &d, FORM, "name=Anna").status);
    check_int(200, post(cx, &d, "/webhook/lead", first, FORM, "name=Anna").status);
    check_int(201, slice_status(cx, &d.s, "POST /api/v1/sites/1/key", d.s.admin, ""));
    check_int(401, post(cx, &d, "/webhook/lead", first, FORM, "name=Anna").status);
    check_int(2, sql_int(cx, &d.s, "select count(*) from audit_log where action = 'site.key'"));
    slice_app_close(&d.s);
}

/* ---- chats and files ---- */

static void take(struct ctx *cx, struct door *d, const char *source, const char *body)
{
    struct tx *tx = NULL;
    struct inbox_new n = {.source = str_of(source),
                          .dedupe_key = str_of(body),
                          .content_type = S("application/json"),
                          .body = str_of(body)};
    bool is_new;

    check_ok(tx_begin(cx, d->s.app->db, TX_WRITE, &tx));
    check_ok(inbox_take(tx, d->s.app, &n, NULL, &is_new));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(a_chat_that_an_ad_began_is_a_lead_with_the_ad)
{
    struct door d;
    open_door(cx, t, &d);

    take(
        cx, &d, "whatsapp",
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":[{"
        "\"field\":"
        "\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"phone_number_"
        "id\":\"5\"},\"contacts\":[{\"profile\":{\"name\":\"Anna\"},\"wa_id\":\"77012223344\"}],"
        "\"messages\":[{\"from\":\"77012223344\",\"id\":\"wamid.A\",\"timestamp\":\"1770000000\","
        "\"type\":\"text\",\"text\":{\"body\":\"hi\"},\"referral\":{\"source_url\":\"https://fb.me/"
        "x\",\"source_type\":\"ad\",\"source_id\":\"9001\",\"ctwa_clid\":\"ARAkLkA8rmlFeiCktEJQ\"}}"
        ","
        "{\"from\":\"77012223344\",\"id\":\"wamid.B\",\"timestamp\":\"1770000001\",\"type\":"
        "\"text\","
        "\"text\":{\"body\":\"more\"}}]}}]}]}");

    check_str(S("whatsapp|wamid.A|1770000000000|9001|Anna|3344"),
              sql_rows(cx, &d.s,
                       "source_kind, external_id, created_at, ad_external_id, name, phone_tail",
                       "from lead"));
    check_str(S("click\nphone"), sql_rows(cx, &d.s, "kind", "from identity_key order by kind"));
    check_str(S("ctwa_clid|https://fb.me/x"),
              sql_rows(cx, &d.s, "click_kind, landing", "from touch"));
    slice_app_close(&d.s);
}

static struct inbox_new row(struct ctx *cx, const char *id, const char *phone, const char *at)
{
    struct str names[] = {S("lead_id"),    S("Телефон"),    S("created_at"),
                          S("created_at"), S("utm_source"), S("deal_id")};
    struct str values[] = {str_of(id), str_of(phone), str_of(at), S("never"), S("fb_a"), S("77")};
    struct inbox_new n;

    check_ok(leads_import(cx, &(struct lead_row){names, values, COUNT(names)}, &n));
    return n;
}

DB_TEST(a_row_of_a_file_is_a_lead_of_its_own_time_and_the_later_heard_stands)
{
    struct door d;
    struct tx *tx = NULL;
    struct inbox_result out = {0};
    struct lead_refs touched = {0};
    open_door(cx, t, &d);
    struct inbox_new first = row(cx, "17", "87012223344", "20.01.2026 11:00"),
                     second = row(cx, "17", "87012223344", "21.01.2026 11:00");
    struct inbox_event one = {.id = 1,
                              .content_type = first.content_type,
                              .body = first.body,
                              .received_at = 100},
                       two = {.id = 2,
                              .content_type = second.content_type,
                              .body = second.body,
                              .received_at = 100};

    check_str(S("lead"), first.source);
    check(!str_eq(first.dedupe_key, second.dedupe_key));
    check_str(first.dedupe_key, row(cx, "17", "87012223344", "20.01.2026 11:00").dedupe_key);
    for (int i = 0; i < 2; i++) {
        check_ok(tx_begin(cx, d.s.app->db, TX_WRITE, &tx));
        check_ok(leads_accept_form(tx, d.s.app, &two, &out, &touched));
        check_ok(leads_accept_form(tx, d.s.app, &one, &out, &touched));
        check_ok(tx_commit(tx));
        tx_end(&tx);
    }
    check_str(S("import|0/17|2026-01-21|fb_a|2|3344"),
              sql_rows(cx, &d.s, "source_kind, external_id, day, utm_source, inbox_id, phone_tail",
                       "from lead"));
    check_str(S("deal\nphone"), sql_rows(cx, &d.s, "kind", "from identity_key order by kind"));
    check_err(leads_import(cx,
                           &(struct lead_row){
                               &(struct str){"x", 1},
                                &(struct str){"y", 1},
                                1
    },
                           &first),
              ERR_INPUT);
    ctx_forgive(cx);
    slice_app_close(&d.s);
}

DB_TEST(without_a_ui_there_is_no_script)
{
    struct door d;
    open_door(cx, t, &d);
    struct answer a = ask_for(cx, d.s.core.port, "GET", "/t.js", "", S(""));

    check(a.status == 200 || a.status == 404);
    if (a.status == 200) {
        check_str(S("cross-origin"), answer_header(&a, "Cross-Origin-Resource-Policy"));
        check_int(1, answer_header_count(&a, "Cross-Origin-Resource-Policy"));
        check_str(S("public, max-age=3600"), answer_header(&a, "Cache-Control"));
        check(answer_header(&a, "ETag").len > 0);
    }
    slice_app_close(&d.s);
}
