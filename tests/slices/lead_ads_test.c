/* Lead Ads: one lead for each leadgen id, its answers fetched within bounds, and what webhooks lost
 * found by the poll. */
#include "lead_ads.h"

#define WHOLE                                                                                      \
    LEAD_ID "|Test Person|0007|1770091200000|2026-02-03|23849651968300182|23845000000000001|"      \
            "82595106832717"

static struct str pages(struct forms *f)
{
    return sql_rows(f->cx, &f->s, "external_id, name, state, is_subscribed, last_lead_at",
                    "from lead_page order by id");
}

/* ---- webhooks into leads ---- */

DB_TEST(a_webhook_is_one_lead_however_often_it_comes)
{
    struct forms f;
    forms_open(cx, t, &f);

    forms_tell(&f, LEAD_ID);
    forms_job(&f, "inbox.drain");
    struct str again = forms_hook(cx, LEAD_ID, TEST_NOW_MS / 1000 - 3600);
    again = arena_fmt(cx->arena, "%.*s ", STR_FMT(again)); /* other bytes, the same lead */
    check_int(200, forms_post(&f, HOOK, again, forms_sign(cx, again)).status);
    forms_job(&f, "inbox.drain");

    check_int(2, sql_int(cx, &f.s, "select count(*) from inbox_event where state = 'done'"));
    check_str(S(LEAD_ID "|-|-|1770091200000|2026-02-03|23849651968300182|-|82595106832717"),
              forms_lead(&f));
    check_str(S(LEAD_ID "|waiting|0"), forms_tasks(&f));
    check_str(S(PAGE_ID "|" PAGE_ID "|new|0|1770091200000"), pages(&f));
    check_str(S("lead_ad|leadgen/1|lead|" LEAD_ID),
              sql_rows(cx, &f.s, "l.source_kind, e.parser, e.outcome, e.subject",
                       "from lead l join inbox_event e on e.id = l.inbox_id"));
    check_int(1, sql_int(cx, &f.s, "select count(*) from credit"));
    forms_close(&f);
}

DB_TEST(one_webhook_may_tell_of_many_leads_and_of_other_things)
{
    struct forms f;
    struct str body = S(
        "{\"object\":\"page\",\"entry\":[{\"id\":\"1\",\"time\":1,\"changes\":["
        "{\"field\":\"feed\",\"value\":{}},"
        "{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":11,\"page_id\":7,\"form_id\":5}},"
        "{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"12\",\"page_id\":\"8\"}}]},"
        "{\"id\":\"2\",\"changes\":[{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"13\"}}]}]}");
    struct str nothing = S("{\"object\":\"page\",\"entry\":[]}"), odd = S("{\"object\":\"page\"}");
    forms_open(cx, t, &f);

    check_int(200, forms_post(&f, HOOK, body, forms_sign(cx, body)).status);
    check_int(200, forms_post(&f, HOOK, nothing, forms_sign(cx, nothing)).status);
    check_int(200, forms_post(&f, HOOK, odd, forms_sign(cx, odd)).status);
    forms_job(&f, "inbox.drain");

    check_str(S("11|waiting|0\n12|waiting|0\n13|waiting|0"), forms_tasks(&f));
    check_str(S("done|3 leads\ndone|nothing to do\nparked|-"),
              sql_rows(cx, &f.s, "state, outcome", "from inbox_event order by id"));
    forms_close(&f);
}

/* ---- answers ---- */

DB_TEST(the_answers_of_a_lead_are_fetched_with_the_pages_token)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, LEAD_ID);
    forms_job(&f, "inbox.drain");

    forms_says(&f, LEAD_BODY);
    check_str(S("1/1/0"), forms_job(&f, "lead_ads.fetch"));
    struct str asked = fake_vendor_request(f.graph, cx->arena, 1);
    check_holds(S("GET /v25.0/" LEAD_ID "?"), asked);
    check_holds(S("Bearer PAGETOKENPAGETOKEN"), asked);
    check_str(S(LEAD_ID "|done|1"), forms_tasks(&f));
    forms_job(&f, "inbox.drain");

    check_str(S(WHOLE), forms_lead(&f));
    check_str(S("leadgen.read|done|leadgen.read/1|lead|" LEAD_ID),
              sql_rows(cx, &f.s, "source, state, parser, outcome, subject",
                       "from inbox_event where source = 'leadgen.read'"));
    check_str(S("lead_ad|" LEAD_ID "|ig"), sql_rows(cx, &f.s, "click_kind, click_id, referrer",
                                                    "from touch where position = 'first'"));
    check_int(3, sql_int(cx, &f.s, "select count(*) from identity_key"));
    check_str(S(PAGE_ID "|School|ok|0|1770091200000"), pages(&f));
    check_str(S("0/0/0"), forms_job(&f, "lead_ads.fetch"));
    forms_close(&f);
}

static void accept(struct forms *f, const char *source, struct str body)
{
    struct tx *tx = NULL;
    bool is_new;

    check_ok(tx_begin(f->cx, f->s.app->db, TX_WRITE, &tx));
    check_ok(inbox_take(tx, f->s.app,
                        &(struct inbox_new){.source = str_of(source),
                                            .dedupe_key = str_of(source),
                                            .content_type = S("application/json"),
                                            .body = body,
                                            .signature = "ok"},
                        NULL, &is_new));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

DB_TEST(answers_may_come_before_the_webhook)
{
    struct forms f;
    forms_open(cx, t, &f);

    accept(&f, "leadgen.read", S(LEAD_BODY));
    fake_clock_advance(test_clock(cx), 60000);
    accept(&f, "leadgen", forms_hook(cx, LEAD_ID, 0));

    check_str(S(WHOLE), forms_lead(&f));
    check_str(S(LEAD_ID "|done|0"), forms_tasks(&f));
    check_str(S("leadgen.read"), sql_rows(cx, &f.s, "e.source",
                                          "from lead l join inbox_event e on e.id = l.inbox_id"));
    forms_close(&f);
}

DB_TEST(an_answer_that_is_none_is_parked)
{
    struct forms f;
    struct str odd[] = {S("{\"id\":\"x\"}"), S("[]"), S("{")};
    forms_open(cx, t, &f);
    struct tx *tx = NULL;

    for (size_t i = 0; i < COUNT(odd); i++) {
        int64_t id;
        bool is_new;
        check_ok(tx_begin(cx, f.s.app->db, TX_WRITE, &tx));
        check_ok(inbox_store(
            tx,
            &(struct inbox_new){.source = S("leadgen.read"), .dedupe_key = odd[i], .body = odd[i]},
            &id, &is_new));
        check_ok(tx_commit(tx));
        tx_end(&tx);
    }
    forms_job(&f, "inbox.drain");
    check_str(S("parked\nparked\nparked"), sql_rows(cx, &f.s, "state", "from inbox_event"));
    check_int(0, sql_int(cx, &f.s, "select count(*) from lead"));
    forms_close(&f);
}

/* ---- trouble ---- */

static void says(struct forms *f, int status, const char *headers, const char *json)
{
    struct str all = arena_fmt(f->cx->arena, "Content-Type: application/json\r\n%s", headers);

    fake_vendor_answers(f->graph, status, str_z(f->cx->arena, all), str_of(json));
}

DB_TEST(passing_trouble_is_tried_again_and_not_for_ever)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, LEAD_ID);
    forms_job(&f, "inbox.drain");
    says(&f, 500, "", "{\"error\":{\"message\":\"x\",\"code\":2,\"is_transient\":true}}");

    check_str(S("1/0/1"), forms_job(&f, "lead_ads.fetch"));
    check_str(S(LEAD_ID "|waiting|1"), forms_tasks(&f));
    check_str(S("0/0/0"), forms_job(&f, "lead_ads.fetch")); /* not yet */
    for (int i = 2; i <= 8; i++) {
        fake_clock_advance(test_clock(cx), 6 * 3600 * 1000);
        forms_job(&f, "lead_ads.fetch");
    }
    check_str(S(LEAD_ID "|failed|8"), forms_tasks(&f));
    check_str(S("the platform did not answer properly (HTTP 500)"),
              sql_rows(cx, &f.s, "error", "from lead_ad_fetch"));
    fake_clock_advance(test_clock(cx), 24 * 3600 * 1000);
    check_str(S("0/0/0"), forms_job(&f, "lead_ads.fetch"));

    /* A person who refreshes the pages has put something right. */
    forms_says(&f, "{\"data\":[]}");
    f.s.admin = core_app_token(cx, &f.s.core, 1); /* days have passed */
    check_int(200, slice_status(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.admin, NULL));
    check_str(S(LEAD_ID "|waiting|0"), forms_tasks(&f));
    forms_close(&f);
}

DB_TEST(a_dead_token_costs_no_tries_and_is_told_to_the_pages_owner)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, LEAD_ID);
    forms_tell(&f, "99");
    forms_job(&f, "inbox.drain");
    size_t before = fake_vendor_requests(f.graph);
    says(&f, 400, "", "{\"error\":{\"message\":\"x\",\"code\":190,\"error_subcode\":463}}");

    check_str(S("2/0/0"), forms_job(&f, "lead_ads.fetch"));
    check_int(before + 1, fake_vendor_requests(f.graph)); /* the page's others are not asked for */
    check_str(S(LEAD_ID "|waiting|0\n99|waiting|0"), forms_tasks(&f));
    struct answer a = slice_ask(cx, &f.s, "GET /api/v1/lead-pages", f.s.admin, NULL);
    check_str(S("failed"), answer_text(cx, &a, "items.0.state"));
    check_holds(S("connect again"), answer_text(cx, &a, "items.0.reason"));
    check_int(2, answer_int(cx, &a, "items.0.waiting"));

    fake_clock_advance(test_clock(cx), 3600 * 1000);
    forms_says(&f, LEAD_BODY);
    forms_job(&f, "lead_ads.fetch");
    check_holds(S("|done|"), forms_tasks(&f));
    forms_close(&f);
}

DB_TEST(a_lead_without_a_page_that_can_be_opened_waits_90_days)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_tell(&f, LEAD_ID);
    forms_job(&f, "inbox.drain");

    check_str(S("1/0/0"), forms_job(&f, "lead_ads.fetch"));
    check_str(S(LEAD_ID "|waiting|0"), forms_tasks(&f));
    fake_clock_advance(test_clock(cx), 91LL * 24 * 3600 * 1000);
    forms_job(&f, "lead_ads.fetch");
    check_str(S(LEAD_ID "|failed|0"), forms_tasks(&f));
    check_holds(S("no connection opens"), sql_rows(cx, &f.s, "error", "from lead_ad_fetch"));
    check_int(0, fake_vendor_requests(f.graph));
    forms_close(&f);
}

DB_TEST(a_full_window_is_left_alone_until_it_opens)
{
    struct forms f;
    const char *full = "x-business-use-case-usage: {\"" PAGE_ID "\":[{\"type\":\"leadgen\","
                       "\"call_count\":100,\"total_cputime\":1,\"total_time\":1,"
                       "\"estimated_time_to_regain_access\":20}]}\r\n";
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, LEAD_ID);
    forms_tell(&f, "99");
    forms_job(&f, "inbox.drain");
    size_t before = fake_vendor_requests(f.graph);
    says(&f, 400, full, "{\"error\":{\"message\":\"x\",\"code\":80005}}");

    forms_job(&f, "lead_ads.fetch");
    check_int(before + 1, fake_vendor_requests(f.graph));
    fake_clock_advance(test_clock(cx), 19 * 60 * 1000);
    check_str(S("0/0/0"), forms_job(&f, "lead_ads.fetch"));
    fake_clock_advance(test_clock(cx), 60 * 1000);
    says(&f, 200, full, LEAD_BODY);
    forms_job(&f, "lead_ads.fetch");
    check_int(before + 2, fake_vendor_requests(f.graph)); /* good, and full again */
    forms_close(&f);
}

/* ---- pages ---- */

DB_TEST(pages_come_with_their_connection_and_go_with_it)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_connect(&f);
    forms_says(&f, "{\"data\":[{\"id\":\"1\",\"name\":\"One\",\"access_token\":\"TOKENOFPAGEONE\"},"
                   "{\"id\":\"2\",\"name\":\"Two\"}]}");
    struct answer a = slice_ask(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.admin, NULL);
    check_int(200, a.status);
    check_golden(cx, "lead_pages", &a);
    check(!str_eq(S(""), sql_rows(cx, &f.s, "secret_id", "from lead_page where id = 1")));

    forms_says(&f,
               "{\"data\":[{\"id\":\"2\",\"name\":\"Two\",\"access_token\":\"TOKENOFPAGETWO\"}]}");
    slice_ask(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.admin, NULL);
    check_str(S("1|failed|0\n2|failed|1"),
              sql_rows(cx, &f.s,
                       "external_id, state, case when secret_id is null then 0 else 1 end",
                       "from lead_page order by id"));
    check_int(2, sql_int(cx, &f.s, "select count(*) from secret"));
    forms_close(&f);
}

DB_TEST(webhooks_of_a_page_are_switched_on_and_off)
{
    struct forms f;
    const char *on = "POST /api/v1/lead-pages/1/subscribe";
    forms_open(cx, t, &f);
    forms_open_page(&f);

    forms_says(&f, "{\"success\":true}");
    struct answer a = slice_ask(cx, &f.s, on, f.s.admin, NULL);
    check_int(200, a.status);
    check_holds(S("\"is_subscribed\":true"), a.body);
    check_holds(S("/" PAGE_ID "/subscribed_apps"), fake_vendor_request(f.graph, cx->arena, 1));
    a = slice_ask(cx, &f.s, "POST /api/v1/lead-pages/1/unsubscribe", f.s.admin, NULL);
    check_holds(S("\"is_subscribed\":false"), a.body);
    check_holds(S("DELETE "), fake_vendor_request(f.graph, cx->arena, 2));

    says(&f, 403, "", "{\"error\":{\"message\":\"x\",\"code\":200}}");
    a = slice_ask(cx, &f.s, on, f.s.admin, NULL);
    check_int(409, a.status);
    check_holds(S("grant leads_retrieval"), a.body);
    check_int(404, slice_status(cx, &f.s, "POST /api/v1/lead-pages/9/subscribe", f.s.admin, NULL));
    sql_script(cx, &f.s, "update ad_connection set state = 'off', secret_id = null");
    check_int(409, slice_status(cx, &f.s, on, f.s.admin, NULL));
    forms_close(&f);
}

DB_TEST(whether_the_app_gets_a_pages_webhooks_is_asked)
{
    struct forms f;
    forms_open(cx, t, &f);
    f.s.app->config.meta_app_id = S("312");
    forms_connect(&f);
    forms_says(&f, "{\"data\":[{\"id\":\"" PAGE_ID "\",\"name\":\"School\",\"access_token\":"
                   "\"PAGETOKENPAGETOKEN\"}]}");
    forms_says(&f, "{\"data\":[{\"id\":\"312\",\"subscribed_fields\":[\"leadgen\"]}]}");

    slice_ask(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.admin, NULL);
    check_str(S(PAGE_ID "|School|new|1|-"), pages(&f));
    forms_close(&f);
}

DB_TEST(a_pages_token_outlives_an_expired_connection_and_not_an_ended_one)
{
    struct forms f;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, LEAD_ID);
    forms_tell(&f, "99");
    forms_job(&f, "inbox.drain");
    sql_script(cx, &f.s,
               "update lead_ad_fetch set next_at = next_at + 1000 where leadgen_id = '99'");
    sql_script(cx, &f.s, "update ad_connection set state = 'reconnect'");
    forms_says(&f, LEAD_BODY);
    check_str(S("1/1/0"), forms_job(&f, "lead_ads.fetch"));

    sql_script(cx, &f.s, "update ad_connection set state = 'off'");
    fake_clock_advance(test_clock(cx), 1000);
    check_str(S("1/0/0"), forms_job(&f, "lead_ads.fetch"));
    check_str(S(LEAD_ID "|done|1\n99|waiting|0"), forms_tasks(&f));
    check_int(200, slice_status(cx, &f.s, "POST /api/v1/lead-pages/refresh", f.s.admin, NULL));
    check_str(S("failed|its connection was ended|-"),
              sql_rows(cx, &f.s, "state, reason, secret_id", "from lead_page"));
    check_int(0, sql_int(cx, &f.s, "select count(*) from secret where kind = 'meta.page'"));
    forms_close(&f);
}

/* ---- the poll ---- */

DB_TEST(what_webhooks_lost_is_found_and_said)
{
    struct forms f;
    struct job_run run;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    forms_tell(&f, "99");
    forms_job(&f, "inbox.drain");
    forms_says(&f, "{\"data\":[{\"id\":\"" PAGE_ID "\",\"name\":\"School\",\"access_token\":"
                   "\"PAGETOKENPAGETOKEN\"}]}");
    forms_says(&f, "{\"data\":[{\"id\":\"5\",\"name\":\"F\",\"status\":\"ACTIVE\"}]}");
    forms_says(&f, "{\"data\":[" LEAD_BODY ",{\"id\":\"99\",\"created_time\":"
                   "\"2026-02-03T04:30:00+0000\",\"form_id\":\"5\",\"field_data\":[]}]}");

    slice_job(cx, &f.s, "lead_ads.poll", &run);
    check_int(2, run.seen);
    check_int(1, run.written);
    check_holds(S("/5/leads?"), fake_vendor_request(f.graph, cx->arena, 3));
    forms_job(&f, "inbox.drain");
    check_holds(S(WHOLE), forms_lead(&f));
    check_str(S(LEAD_ID "|done|0\n99|done|0"), forms_tasks(&f));
    check_str(S(PAGE_ID "|School|ok|0|1770091200000"), pages(&f));
    check_str(S(LEAD_BODY), sql_rows(cx, &f.s,
                                     t->engine == TEMP_POSTGRES ? "convert_from(body, 'UTF8')"
                                                                : "cast(body as text)",
                                     "from inbox_event where dedupe_key = '" LEAD_ID "'"));
    forms_close(&f);
}

DB_TEST(a_page_that_cannot_be_polled_is_asked_for_the_same_time_again)
{
    struct forms f;
    struct job_run run;
    forms_open(cx, t, &f);
    forms_open_page(&f);
    says(&f, 200, "",
         "{\"data\":[{\"id\":\"" PAGE_ID "\",\"name\":\"School\",\"access_token\":"
         "\"PAGETOKENPAGETOKEN\"}]}");
    says(&f, 403, "", "{\"error\":{\"message\":\"x\",\"code\":10}}");

    slice_job(cx, &f.s, "lead_ads.poll", &run);
    check_int(1, run.failed);
    check_str(S("failed|0"), sql_rows(cx, &f.s, "state, checked_at", "from lead_page"));
    check_holds(S("Lead Access Manager"), sql_rows(cx, &f.s, "reason", "from lead_page"));
    forms_close(&f);
}
