/* What statuses mean, what is sold, and one sale with all that is known of it. */
#include "core/inbox.h"
#include "core/job.h"
#include "deals.h"

static void win(struct ctx *cx, struct slice_app *s, int deal, const char *status)
{
    tell(cx, s,
         &(struct event){.action = "status",
                         .deal = deal,
                         .at_s = JAN20 + deal,
                         .status = status,
                         .pipeline = "5",
                         .price = "1000"});
}

static void refold(struct ctx *cx, struct slice_app *s, int64_t seen, int64_t written)
{
    struct job_run r;

    slice_job(cx, s, "sales.refold", &r);
    check_int(seen, r.seen);
    check_int(written, r.written);
}

DB_TEST(a_status_that_gets_a_meaning_folds_history_anew)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    win(cx, &s, 1, "77");
    win(cx, &s, 2, "142");
    check_str(S("1|open|-\n2|won|-"),
              sql_rows(cx, &s, "deal_id, state, product_id", "from sale order by deal_id"));
    dirty(cx, &s);

    struct answer a = slice_ask(
        cx, &s, "PUT /api/v1/crm/stage-map", s.admin,
        "{\"items\":[{\"pipeline_id\":\"5\",\"status_id\":\"\",\"stage\":\"lead\",\"product\":"
        "\"express\",\"funnel_stage\":\"request\"},{\"pipeline_id\":\"5\",\"status_id\":\"77\","
        "\"stage\":\"prepaid\",\"product\":null,\"funnel_stage\":\"deposit\"}]}");
    check_int(200, a.status);
    check_holds(
        S("{\"pipeline_id\":\"5\",\"pipeline\":\"\",\"status_id\":\"77\",\"name\":\"\","
          "\"stage\":\"prepaid\",\"sort\":0,\"product\":null,\"funnel_stage\":\"deposit\"}"),
        a.body);
    refold(cx, &s, 2, 2);

    check_str(S("prepayment|1000|2026-01-20\nfull|1000|2026-01-20"), payments(cx, &s));
    check_str(S("1|open|express\n2|won|express"),
              sql_rows(cx, &s, "s.deal_id, s.state, p.code",
                       "from sale s join product p on p.id = s.product_id order by s.deal_id"));
    check_str(S("2026-01-20"), dirty(cx, &s));
    check_str(S("deposit\nwon"),
              sql_rows(cx, &s, "stage", "from stage_event where source = 'crm' order by at"));
    refold(cx, &s, 2, 0);
    check_str(S(""), dirty(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_stage_map_that_makes_no_sense_is_refused)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *call = "PUT /api/v1/crm/stage-map";

    slice_refuses(cx, &s, call, "{\"items\":[{\"pipeline_id\":\"5\",\"stage\":\"sold\"}]}", "stage",
                  "unknown");
    slice_refuses(cx, &s, call, "{\"items\":[{\"pipeline_id\":\"5\",\"stage\":\"won\"}]}", "stage",
                  "not_of_a_pipeline");
    slice_refuses(cx, &s, call, "{\"items\":[{\"stage\":\"lead\"}]}", "pipeline_id", "missing");
    slice_refuses(cx, &s, call, "{}", "items", "not_a_list");
    check_int(404, slice_status(cx, &s, call, s.admin,
                                "{\"items\":[{\"pipeline_id\":\"5\",\"stage\":\"lead\",\"product\":"
                                "\"nothing\"}]}"));
    check_int(403, slice_status(cx, &s, call, s.lead, "{\"items\":[]}"));
    check_int(0, sql_int(cx, &s, "select count(*) from stage_map"));
    slice_app_close(&s);
}

DB_TEST(statuses_of_the_crm_are_shown_with_their_meaning)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into crm_account (kind, external_id, subdomain, currency, seen_at) values "
               "('amocrm', '1', 'a', 'KZT', 1); insert into crm_status (crm_account_id, "
               "pipeline_id, status_id, pipeline, name, sort, seen_at) values "
               "(1, '5', '10', 'Main', 'New', 11, 1), (1, '5', '142', 'Main', 'Won', 12, 1), "
               "(1, '5', '143', 'Main', 'Lost', 13, 1)");

    struct answer a = slice_ask(cx, &s, "GET /api/v1/crm/statuses", s.admin, NULL);

    static const struct {
        const char *status, *name, *stage;
    } want[] = {
        {"",    "",     "lead"},
        {"10",  "New",  "lead"},
        {"142", "Won",  "won" },
        {"143", "Lost", "lost"}
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        struct str way = arena_fmt(cx->arena, "items.%zu.", i);
        check_str(str_of(want[i].status),
                  answer_text(cx, &a, arena_fmt(cx->arena, "%sstatus_id", way.ptr).ptr));
        check_str(str_of(want[i].name),
                  answer_text(cx, &a, arena_fmt(cx->arena, "%sname", way.ptr).ptr));
        check_str(str_of(want[i].stage),
                  answer_text(cx, &a, arena_fmt(cx->arena, "%sstage", way.ptr).ptr));
    }
    slice_app_close(&s);
}

/* ---- products ---- */

DB_TEST(products_are_made_and_changed)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct answer a = slice_ask(cx, &s, "POST /api/v1/products", s.admin,
                                "{\"code\":\"marathon\",\"name\":\"Marathon\",\"price\":1000,"
                                "\"currency\":\"KZT\",\"position\":9}");
    check_int(201, a.status);
    int64_t id = answer_int(cx, &a, "id");
    win(cx, &s, 1, "142");
    check_int(id, sql_int(cx, &s, "select product_id from sale"));
    struct str patch = arena_fmt(cx->arena, "PATCH /api/v1/products/%lld", (long long)id);
    a = slice_ask(cx, &s, patch.ptr, s.admin, "{\"price\":null,\"counts_as_sale\":false}");
    check_int(200, a.status);
    check_holds(S("\"name\":\"Marathon\",\"price\":null,\"currency\":null,\"counts_as_sale\":false,"
                  "\"position\":9"),
                a.body);
    refold(cx, &s, 1, 1);
    check_int(0, sql_int(cx, &s, "select count(product_id) from sale"));
    a = slice_ask(cx, &s, patch.ptr, s.admin,
                  "{\"name\":\"Run\",\"price\":12.5,\"currency\":\"USD\"}");
    check_holds(S("\"name\":\"Run\",\"price\":12.5,\"currency\":\"USD\""), a.body);
    check_holds(S("\"code\":\"marathon\""),
                slice_ask(cx, &s, "GET /api/v1/products", s.admin, NULL).body);

    check_int(409, slice_status(cx, &s, "POST /api/v1/products", s.admin,
                                "{\"code\":\"marathon\",\"name\":\"Again\"}"));
    slice_refuses(cx, &s, "POST /api/v1/products", "{\"code\":\"A b\",\"name\":\"x\"}", "code",
                  "not_a_code");
    slice_refuses(cx, &s, "POST /api/v1/products", "{\"code\":\"c\",\"name\":\"x\",\"price\":-1}",
                  "price", "not_an_amount");
    slice_refuses(cx, &s, "POST /api/v1/products", "{\"code\":\"c\",\"name\":\"x\",\"price\":1}",
                  "currency", "missing");
    slice_refuses(cx, &s, "POST /api/v1/products",
                  "{\"code\":\"c\",\"name\":\"x\",\"position\":-1}", "position", "out_of_range");
    check_int(404, slice_status(cx, &s, "PATCH /api/v1/products/999", s.admin, "{\"name\":\"x\"}"));
    check_int(403, slice_status(cx, &s, "GET /api/v1/products", s.lead, NULL));
    slice_app_close(&s);
}

/* ---- one sale ---- */

#define DOOR "/webhook/amocrm/traffic/hook-key-of-the-tests"

DB_TEST(a_sale_is_shown_with_its_money_its_observations_and_the_bytes_of_each)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_x\",\"team_id\":1}]}");
    struct event e = {.action = "status",
                      .deal = 7,
                      .at_s = JAN20,
                      .status = "142",
                      .pipeline = "5",
                      .price = "1000",
                      .source = "fb_x"};
    struct str body = body_of(cx, 1, &e, 1);
    check_int(200, ask_for(cx, s.core.port, "POST", DOOR,
                           "Content-Type: application/x-www-form-urlencoded\r\n", body)
                       .status);
    slice_job(cx, &s, "inbox.drain", &r);
    sql_script(cx, &s,
               "insert into crm_status (crm_account_id, pipeline_id, status_id, pipeline, name, "
               "sort, seen_at) values (1, '5', '142', 'Main', 'Sold', 1, 1)");

    struct answer a = slice_ask(cx, &s, "GET /api/v1/sales/1", s.viewer, NULL);
    check_int(200, a.status);
    check_str(S("won"), answer_text(cx, &a, "state"));
    check_str(S("full"), answer_text(cx, &a, "payments.0.kind"));
    check_str(S("Sold"), answer_text(cx, &a, "observations.0.status"));
    check_str(S("hook"), answer_text(cx, &a, "observations.0.source"));
    check_str(S("created"), answer_text(cx, &a, "activity.0.action"));
    check_str(S("142"), answer_text(cx, &a, "activity.0.details.status_id"));
    int64_t observation = answer_int(cx, &a, "observations.0.id");

    struct str raw = arena_fmt(cx->arena, "GET /api/v1/sales/1/raw/%lld", (long long)observation);
    a = slice_ask(cx, &s, raw.ptr, s.viewer, NULL);
    check_int(200, a.status);
    check_str(body, answer_text(cx, &a, "body"));
    check_str(S("amocrm"), answer_text(cx, &a, "source"));
    check_str(S("none"), answer_text(cx, &a, "signature"));

    check_int(404, slice_status(cx, &s, "GET /api/v1/sales/1", s.stranger, NULL));
    check_int(404, slice_status(cx, &s, raw.ptr, s.stranger, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/sales/1", s.loner, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/sales/2", s.admin, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/sales/1/raw/99", s.admin, NULL));
    check_int(404, slice_status(cx, &s, "GET /api/v1/sales/x", s.admin, NULL));
    slice_app_close(&s);
}

/* ---- the door ---- */

static int events_after(struct ctx *cx, struct slice_app *s, const char *body, int64_t pause_ms)
{
    fake_clock_advance(test_clock(cx), pause_ms);
    check_int(200, ask_for(cx, s->core.port, "POST", DOOR, "", str_of(body)).status);
    return (int)sql_int(cx, s, "select count(*) from inbox_event");
}

DB_TEST(the_same_bytes_are_one_event_but_without_a_time_only_for_some_hours)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const char *timed = "leads[delete][0][id]=7&leads[delete][0][last_modified]=1768888800";
    const char *timeless = "leads[delete][0][id]=7";
    const int64_t day = 86400000;

    check_int(1, events_after(cx, &s, timed, 0));
    check_int(1, events_after(cx, &s, timed, 30 * day));
    check_int(2, events_after(cx, &s, timeless, 0));
    check_int(2, events_after(cx, &s, timeless, 1000));
    check_int(3, events_after(cx, &s, timeless, day));
    slice_app_close(&s);
}
