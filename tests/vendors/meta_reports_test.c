/* meta_reports_test.c: insights in the background. */
#include "vendors/meta_reports.h"

#include "meta_scene.h"

static const struct meta_insights_ask days = {
    .account = S("1"), .since = S("2026-02-01"), .until = S("2026-02-03"), .limit = 100};

TEST(a_report_is_started_with_the_same_words_as_insights)
{
    struct scene s;
    struct str run;

    scene_start(cx, &s);
    says(&s, 200, "{\"report_run_id\":6023920149050}");
    says(&s, 200, "{\"report_run_id\":\"6023920149051\"}");
    says(&s, 200, "{}");
    check_ok(meta_report_start(cx, &s.meta, &days, &run, &s.last));
    check_str(S("6023920149050"), run);
    struct str sent = fake_vendor_request(s.vendor, cx->arena, 0);
    check_holds(S("POST /graph/v25.0/act_1/insights HTTP/1.1\r\n"), sent);
    check_holds(S("\r\n\r\nlevel=ad&fields=account_id%2C"), sent);
    check_holds(S("&time_increment=1&time_range=%7B%22since%22%3A%222026-02-01%22"), sent);
    check_holds(S("&appsecret_proof="), sent);
    check_ok(meta_report_start(cx, &s.meta, &days, &run, &s.last));
    check_str(S("6023920149051"), run);
    check_err(meta_report_start(cx, &s.meta, &days, &run, &s.last), ERR_UPSTREAM);
    scene_end(&s);
}

static struct meta_report read_run(struct ctx *cx, const char *json)
{
    struct meta_report r;

    check_ok(meta_report_read(cx, parsed(cx, json), &r));
    return r;
}

TEST(a_run_is_done_only_when_it_says_so_at_a_hundred_percent)
{
    static const struct {
        const char *json;
        enum meta_report_state state;
    } table[] = {
        {"{\"async_status\":\"Job Not Started\",\"async_percent_completion\":0}",
         META_REPORT_WAITING                                                                          },
        {"{\"async_status\":\"Job Started\",\"async_percent_completion\":0}",      META_REPORT_RUNNING},
        {"{\"async_status\":\"Job Running\",\"async_percent_completion\":\"35\"}",
         META_REPORT_RUNNING                                                                          },
        {"{\"async_status\":\"Job Running\",\"async_percent_completion\":100}",
         META_REPORT_RUNNING                                                                          },
        {"{\"async_status\":\"Job Completed\",\"async_percent_completion\":99}",
         META_REPORT_RUNNING                                                                          },
        {"{\"async_status\":\"Job Completed\",\"async_percent_completion\":100}",  META_REPORT_DONE   },
        {"{\"async_status\":\"Job Skipped\",\"async_percent_completion\":0}",      META_REPORT_EXPIRED},
        {"{\"async_status\":\"Job Failed\",\"async_percent_completion\":0}",       META_REPORT_FAILED },
        {"{\"async_status\":\"Job Thinking\",\"async_percent_completion\":100}",
         META_REPORT_RUNNING                                                                          },
    };

    for (size_t i = 0; i < COUNT(table); i++)
        check_int(table[i].state, read_run(cx, table[i].json).state);
    check_int(35, read_run(cx, table[2].json).percent);
    check_str(S("running"), str_of(meta_report_slug(META_REPORT_RUNNING)));
}

TEST(a_failed_run_says_what_to_do)
{
    struct meta_report r = read_run(
        cx,
        "{\"id\":\"6023920149050\",\"async_status\":\"Job Failed\",\"async_percent_completion\":"
        "35,\"error_code\":2,\"error_message\":\"Service temporarily unavailable\","
        "\"error_subcode\":1504044}");

    check_int(META_RETRY, r.class);
    check_int(2, r.code);
    check_int(1504044, r.subcode);
    check_str(S("Service temporarily unavailable"), r.message);
    check_int(META_SPLIT, read_run(cx, "{\"async_status\":\"Job Failed\",\"error_code\":100,"
                                       "\"error_subcode\":1487534}")
                              .class);
    check_int(META_SPLIT,
              read_run(cx, "{\"async_status\":\"Job Failed\",\"error_message\":\"Please "
                           "reduce the amount of data\"}")
                  .class);
    check_int(META_RETRY, read_run(cx, "{\"async_status\":\"Job Failed\"}").class);
}

TEST(an_answer_without_a_status_is_no_run)
{
    struct meta_report r;

    check_err(meta_report_read(cx, parsed(cx, "{\"id\":1}"), &r), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_err(meta_report_read(cx, parsed(cx, "{\"async_status\":[]}"), &r), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_err(meta_report_read(cx, parsed(cx, "[]"), &r), ERR_UPSTREAM);
}

TEST(a_run_that_is_not_known_yet_is_no_failure)
{
    struct scene s;
    struct meta_report r;

    scene_start(cx, &s);
    says(&s, 400,
         "{\"error\":{\"message\":\"Unsupported get request. Object with ID '6023920149050' does "
         "not exist\",\"type\":\"GraphMethodException\",\"code\":100,\"error_subcode\":33}}");
    says(&s, 200, "{\"async_status\":\"Job Completed\",\"async_percent_completion\":100}");
    says(&s, 400, "{\"error\":{\"message\":\"x\",\"code\":190,\"error_subcode\":463}}");
    check_ok(meta_report_poll(cx, &s.meta, S("6023920149050"), &r, &s.last));
    check_int(META_REPORT_UNSEEN, r.state);
    check_ok(meta_report_poll(cx, &s.meta, S("6023920149050"), &r, &s.last));
    check_int(META_REPORT_DONE, r.state);
    check_holds(S("GET /graph/v25.0/6023920149050?appsecret_proof="), line_of(cx, &s, 1));
    check_err(meta_report_poll(cx, &s.meta, S("6023920149050"), &r, &s.last), ERR_UPSTREAM);
    check_int(META_RECONNECT, s.last.class);
    check_str(S("/6023920149050/insights"),
              meta_call_report_rows(cx->arena, S("6023920149050"), 7).path);
    scene_end(&s);
}

TEST(questions_come_seldomer_with_time)
{
    check_int(2000, meta_report_pause_ms(0));
    check_int(4000, meta_report_pause_ms(1));
    check_int(16000, meta_report_pause_ms(3));
    check_int(30000, meta_report_pause_ms(4));
    check_int(30000, meta_report_pause_ms(400));
}
