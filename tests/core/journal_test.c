/* What was asked of vendors and what went wrong, gathered and written down. */
#include "core/journal.h"
#include "core_app.h"
#include "db_fault.h"

#define DAY_MS (24 * 3600 * 1000LL)

static void open_journal(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    core_app_open(cx, t, c);
    c->app.journal = journal_new();
}

static void close_journal(struct core_app *c)
{
    journal_free(&c->app.journal);
    core_app_close(c);
}

static void call(struct core_app *c, const char *path, int status)
{
    journal_call(c->app.journal, &(struct fetch_seen){.upstream = "meta",
                                                      .method = "GET",
                                                      .path = str_of(path),
                                                      .at = TEST_NOW_MS,
                                                      .ms = 12,
                                                      .bytes = 34,
                                                      .status = status,
                                                      .tries = 1,
                                                      .error = status ? NULL : "no connection"});
}

static void trouble(struct ctx *cx, struct core_app *c, const char *event, const char *why)
{
    struct log_field fields[] = {l_str("why", str_of(why)), l_int("try", 7)};

    journal_trouble(c->app.journal, &(struct log_line){cx, LOG_WARN, event, fields, COUNT(fields)});
}

static int64_t count(struct ctx *cx, struct core_app *c, const char *sql)
{
    return core_app_sql(cx, c, sql, NO_ARGS);
}

DB_TEST(calls_are_written_once_with_what_they_came_to)
{
    struct core_app c;
    open_journal(cx, t, &c);

    call(&c, "/v25.0/act_1/insights", 200);
    call(&c, "/v25.0/me", 0);
    check_ok(journal_write(cx, &c.app));
    check_ok(journal_write(cx, &c.app));

    check_int(2, count(cx, &c, "select count(*) from integration_log"));
    check_int(1, count(cx, &c,
                       "select count(*) from integration_log where path = "
                       "'/v25.0/act_1/insights' and vendor = 'meta' and status = 200 and ms = 12 "
                       "and bytes = 34 and tries = 1 and error is null"));
    check_int(1, count(cx, &c,
                       "select count(*) from integration_log where status = 0 and error = "
                       "'no connection'"));
    close_journal(&c);
}

DB_TEST(of_a_flood_of_calls_the_newest_are_kept)
{
    struct core_app c;
    open_journal(cx, t, &c);

    for (int i = 0; i < 5000; i++)
        call(&c, i == 4999 ? "/last" : "/other", 200);
    check_ok(journal_write(cx, &c.app));

    check_int(2048, count(cx, &c, "select count(*) from integration_log"));
    check_int(1, count(cx, &c, "select count(*) from integration_log where path = '/last'"));
    close_journal(&c);
}

DB_TEST(troubles_that_differ_in_numbers_alone_are_one)
{
    struct core_app c;
    open_journal(cx, t, &c);

    trouble(cx, &c, "sync.failed", "act_17: status 400");
    fake_clock_advance(test_clock(cx), 1000);
    trouble(cx, &c, "sync.failed", "act_9: status 500");
    trouble(cx, &c, "sync.failed", "no such account");
    check_ok(journal_write(cx, &c.app));
    fake_clock_advance(test_clock(cx), 1000);
    trouble(cx, &c, "sync.failed", "act_5: status 404");
    check_ok(journal_write(cx, &c.app));

    check_int(2, count(cx, &c, "select count(*) from error_event"));
    check_int(1, core_app_sql(cx, &c,
                              "select count(*) from error_event where n = 3 and first_at = $1 and "
                              "last_at = $1 + 2000 and level = 'warn' and sample = "
                              "'why=act_5: status 404; try=7' and event = 'sync.failed'",
                              ARGS(a_int("a", TEST_NOW_MS))));
    close_journal(&c);
}

DB_TEST(what_could_not_be_written_is_kept_for_the_next_time)
{
    struct core_app c;
    open_journal(cx, t, &c);
    call(&c, "/a", 200);
    trouble(cx, &c, "x", "y");

    for (int nth = 1; nth <= 4; nth++) {
        db_fault_at(nth);
        check(journal_write(cx, &c.app) != OK);
        db_fault_at(0);
        ctx_forgive(cx);
    }
    check_ok(journal_write(cx, &c.app));

    check_int(1, count(cx, &c, "select count(*) from integration_log"));
    check_int(1, count(cx, &c, "select n from error_event"));
    close_journal(&c);
}

DB_TEST(text_that_is_cut_stays_text)
{
    struct core_app c;
    open_journal(cx, t, &c);
    struct str why = S("");

    for (int i = 0; i < 300; i++)
        why = arena_fmt(cx->arena, "%.*s\xd0\x96", STR_FMT(why));
    trouble(cx, &c, "x", why.ptr);
    call(&c, arena_fmt(cx->arena, "/%s", why.ptr).ptr, 200);
    check_ok(journal_write(cx, &c.app));

    check_int(1, count(cx, &c, "select count(*) from error_event"));
    close_journal(&c);
}

DB_TEST(old_calls_and_troubles_are_forgotten)
{
    struct core_app c;
    open_journal(cx, t, &c);
    call(&c, "/a", 200);
    trouble(cx, &c, "x", "y");
    check_ok(journal_write(cx, &c.app));

    fake_clock_advance(test_clock(cx), 31 * DAY_MS);
    check_ok(journal_sweep(cx, &c.app));
    check_int(0, count(cx, &c, "select count(*) from integration_log"));
    check_int(1, count(cx, &c, "select count(*) from error_event"));
    fake_clock_advance(test_clock(cx), 60 * DAY_MS);
    check_ok(journal_sweep(cx, &c.app));
    check_int(0, count(cx, &c, "select count(*) from error_event"));
    close_journal(&c);
}

DB_TEST(without_a_journal_there_is_nothing_to_write)
{
    struct core_app c;
    core_app_open(cx, t, &c);

    check_ok(journal_write(cx, &c.app));
    core_app_close(&c);
}
