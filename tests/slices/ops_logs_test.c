/* Figures, lists, calls and troubles for who runs the program. */
#include "brute.h"
#include "core/journal.h"
#include "slice_app.h"

static void open_with_journal(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    slice_app_open(cx, t, s);
    s->app->journal = journal_new();
}

static void close_with_journal(struct slice_app *s)
{
    struct journal *j = s->app->journal;

    slice_app_close(s);
    journal_free(&j);
}

static void call(struct slice_app *s, const char *vendor, int status)
{
    journal_call(s->app->journal, &(struct fetch_seen){.upstream = vendor,
                                                       .method = "GET",
                                                       .path = S("/x"),
                                                       .at = TEST_NOW_MS,
                                                       .status = status,
                                                       .tries = 1});
}

DB_TEST(calls_are_written_at_the_end_of_any_run_and_read_page_by_page)
{
    struct slice_app s;
    struct job_run r;
    open_with_journal(cx, t, &s);
    for (int i = 0; i < 5; i++)
        call(&s, i % 2 ? "amocrm" : "meta", i ? 200 : 500);

    slice_job(cx, &s, "inbox.drain", &r);

    struct answer a = slice_ask(cx, &s, "GET /api/v1/integration-log?limit=2", s.admin, NULL);
    check_int(200, a.status);
    check_int(5, answer_int(cx, &a, "items.0.id"));
    a = slice_ask(cx, &s,
                  arena_fmt(cx->arena, "GET /api/v1/integration-log?limit=3&cursor=%.*s",
                            STR_FMT(answer_text(cx, &a, "next")))
                      .ptr,
                  s.admin, NULL);
    check_int(1, answer_int(cx, &a, "items.2.id"));
    check_holds(S("\"next\":null"), a.body);
    a = slice_ask(cx, &s, "GET /api/v1/integration-log?vendor=amocrm", s.admin, NULL);
    check_str(S("amocrm"), answer_text(cx, &a, "items.1.vendor"));
    check_str(S(""), answer_text(cx, &a, "items.2.vendor"));
    a = slice_ask(cx, &s, "GET /api/v1/integration-log?state=failed", s.admin, NULL);
    check_int(500, answer_int(cx, &a, "items.0.status"));
    check_int(0, answer_int(cx, &a, "items.1.status"));
    slice_refuses(cx, &s, "GET /api/v1/integration-log?vendor=A%20B", NULL, "vendor", "unknown");
    slice_refuses(cx, &s, "GET /api/v1/integration-log?cursor=x", NULL, "cursor", "not_a_cursor");
    close_with_journal(&s);
}

DB_TEST(troubles_are_listed_in_groups_and_the_job_forgets_old_ones)
{
    struct slice_app s;
    struct job_run r;
    open_with_journal(cx, t, &s);
    struct log_field why = l_str("why", S("status 400"));
    for (int i = 0; i < 2; i++)
        journal_trouble(s.app->journal, &(struct log_line){cx, LOG_WARN, "sync.failed", &why, 1});

    slice_job(cx, &s, "ops.journal", &r);

    struct answer a = slice_ask(cx, &s, "GET /api/v1/errors", s.admin, NULL);
    check_int(200, a.status);
    check_str(S("sync.failed"), answer_text(cx, &a, "items.0.event"));
    check_str(S("why=status 400"), answer_text(cx, &a, "items.0.sample"));
    check_int(2, answer_int(cx, &a, "items.0.n"));
    fake_clock_advance(test_clock(cx), 100LL * 24 * 3600 * 1000);
    slice_job(cx, &s, "ops.journal", &r);
    check_int(0, sql_int(cx, &s, "select count(*) from error_event"));
    close_with_journal(&s);
}

DB_TEST(figures_and_lists_of_a_whole_agency_are_told)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    brute_make(cx, &s, 4);
    fake_clock_set(test_clock(cx), 1769850000000);
    slice_job(cx, &s, "metrics.build", &r);
    /* Tokens end within minutes and the clock went back: a new one for this moment. */
    struct str admin = core_app_token(cx, &s.core, sql_int(cx, &s, "select min(id) from app_user"));

    struct answer a = slice_ask(cx, &s, "GET /api/v1/stats", admin, NULL);
    check_int(200, a.status);
    check_int(6, answer_int(cx, &a, "users"));
    check(answer_int(cx, &a, "facts") > 0);
    check(answer_int(cx, &a, "database_bytes") > 100000);
    check_int(0, answer_int(cx, &a, "inbox.parked"));
    check_holds(S("\"metrics.build\":{\"runs\":1,\"ok\":1,\"failed\":0"), a.body);

    a = slice_ask(cx, &s, "GET /api/v1/monitoring", admin, NULL);
    check_int(200, a.status);
    check_str(S("metrics.build"), answer_text(cx, &a, "last_syncs.0.sync_type"));
    check(answer_text(cx, &a, "last_aggregations.0.period").len > 0);
    check(answer_int(cx, &a, "raw_rows.0.ad_count") > 0);
    slice_app_close(&s);
}

DB_TEST(only_an_admin_reads_figures_and_logs)
{
    static const char *const calls[] = {"GET /api/v1/stats", "GET /api/v1/monitoring",
                                        "GET /api/v1/integration-log", "GET /api/v1/errors"};
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(calls); i++) {
        check_int(200, slice_status(cx, &s, calls[i], s.admin, NULL));
        check_int(403, slice_status(cx, &s, calls[i], s.lead, NULL));
        check_int(401, slice_status(cx, &s, calls[i], S(""), NULL));
    }
    slice_app_close(&s);
}
