/* A field that a vendor stops sending is noticed, with the moment it was seen last. */
#include "core/inbox.h"
#include "core/inbox_routes.h"
#include "core_app.h"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

static enum err accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out)
{
    (void)app;
    (void)out;
    return e->body.ptr[0] == '!' ? tx_fail(tx, ERR_INPUT, "no") : OK;
}

static const struct inbox_source sources[] = {
    {"crm", accept_event}
};
static struct job_set sets[1];

struct drift {
    struct core_app c;
    int n; /* events so far: each body is new */
};

static void open_drift(struct ctx *cx, struct temp_db *t, struct drift *d)
{
    static struct route_set route_sets[1];

    *d = (struct drift){0};
    core_app_open(cx, t, &d->c);
    d->c.app.config.inbox_days = 730;
    d->c.app.inbox_sources = sources;
    d->c.app.ninbox_sources = 1;
    sets[0] = (struct job_set){inbox_jobs, inbox_njobs};
    d->c.app.job_sets = sets;
    d->c.app.njob_sets = 1;
    check_ok(inbox_start(cx, &d->c.app, &d->c.app.inbox));
    route_sets[0] = (struct route_set){inbox_routes, inbox_nroutes};
    core_app_serve(cx, &d->c, route_sets, 1);
}

static void close_drift(struct drift *d)
{
    inbox_stop(&d->c.app.inbox);
    core_app_close(&d->c);
}

static void run(struct ctx *cx, struct drift *d, const char *job)
{
    struct job_run r;

    check_ok(job_run_now(cx, &d->c.app, job, NULL, NULL, NULL, &r));
}

static void send(struct ctx *cx, struct drift *d, int n, const char *form)
{
    for (int i = 0; i < n; i++) {
        struct str body = arena_fmt(cx->arena, "id=%d%s", d->n++, form);
        check_ok(inbox_put(cx, &d->c.app,
                           &(struct inbox_new){.source = S("crm"),
                                               .dedupe_key = body,
                                               .content_type = S("text/plain"),
                                               .body = body}));
    }
    run(cx, d, "inbox.drain");
}

static struct answer look(struct ctx *cx, struct drift *d)
{
    int64_t id = core_app_sql(cx, &d->c, "select min(id) from app_user", NO_ARGS);

    if (!id)
        id = core_app_user(cx, &d->c, "a@a.kz", ROLE_ADMIN, 0, NULL);
    return core_app_ask(cx, &d->c, "GET /api/v1/inbox/drift", core_app_token(cx, &d->c, id), NULL);
}

static int64_t drifts(struct ctx *cx, struct drift *d)
{
    return core_app_sql(cx, &d->c, "select count(*) from inbox_drift", NO_ARGS);
}

DB_TEST(a_field_that_vanishes_is_noticed_with_the_moment_it_was_seen_last)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 30, "&utm=fb");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 1, "&utm=fb");
    run(cx, &d, "inbox.drift");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 19, "");
    run(cx, &d, "inbox.drift");
    check_int(0, drifts(cx, &d));
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 100, "");
    run(cx, &d, "inbox.drift");
    run(cx, &d, "inbox.drift");

    struct answer a = look(cx, &d);

    check_int(200, a.status);
    check_int(1, drifts(cx, &d));
    check_str(S("crm"), answer_text(cx, &a, "items.0.source"));
    check_str(S("utm"), answer_text(cx, &a, "items.0.field"));
    check_int(TEST_NOW_MS + HOUR_MS, answer_int(cx, &a, "items.0.last_seen_at"));
    check_int(TEST_NOW_MS + 3 * HOUR_MS, answer_int(cx, &a, "items.0.noticed_at"));
    check_int(100, answer_int(cx, &a, "items.0.share_before"));
    check_holds(S("\"back_at\":null"), a.body);
    close_drift(&d);
}

DB_TEST(a_field_that_comes_back_closes_its_drift_and_may_vanish_again)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 30, "&utm=fb");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 25, "");
    run(cx, &d, "inbox.drift");
    check_int(1, drifts(cx, &d));
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 1, "&utm=fb");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 40, "&utm=fb");
    run(cx, &d, "inbox.drift");

    struct answer a = look(cx, &d);
    check_int(TEST_NOW_MS + 2 * HOUR_MS, answer_int(cx, &a, "items.0.back_at"));
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 25, "");
    run(cx, &d, "inbox.drift");
    check_int(2, drifts(cx, &d));
    close_drift(&d);
}

DB_TEST(a_field_that_few_events_had_may_stay_away)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 40, "");
    send(cx, &d, 15, "&note=x");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 60, "");

    run(cx, &d, "inbox.drift");

    check_int(0, drifts(cx, &d));
    close_drift(&d);
}

DB_TEST(few_events_prove_nothing)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 19, "&utm=fb");
    fake_clock_advance(test_clock(cx), HOUR_MS);
    send(cx, &d, 60, "");

    run(cx, &d, "inbox.drift");

    check_int(0, drifts(cx, &d));
    close_drift(&d);
}

DB_TEST(each_event_counts_once_however_often_it_is_handed_in)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 120, "&utm=fb");
    run(cx, &d, "inbox.drift");
    core_app_sql(cx, &d.c, "update inbox_event set state = 'new' where id <= 60", NO_ARGS);
    run(cx, &d, "inbox.drain");
    run(cx, &d, "inbox.drift");

    check_int(120, core_app_sql(cx, &d.c,
                                "select n_events from inbox_field where source = 'crm' and "
                                "field = ''",
                                NO_ARGS));
    check_int(120, core_app_sql(cx, &d.c,
                                "select n_events from inbox_field where source = 'crm' and "
                                "field = 'utm'",
                                NO_ARGS));
    close_drift(&d);
}

DB_TEST(what_waits_is_looked_at_later_and_what_is_parked_never)
{
    struct drift d;
    open_drift(cx, t, &d);
    send(cx, &d, 3, "");
    core_app_sql(cx, &d.c, "update inbox_event set state = 'new' where id = 2", NO_ARGS);
    core_app_sql(cx, &d.c, "update inbox_event set state = 'parked' where id = 1", NO_ARGS);

    run(cx, &d, "inbox.drift");
    check_int(0, core_app_sql(cx, &d.c, "select count(*) from inbox_field where source = 'crm'",
                              NO_ARGS));
    core_app_sql(cx, &d.c, "update inbox_event set state = 'done' where id = 2", NO_ARGS);
    run(cx, &d, "inbox.drift");
    check_int(2, core_app_sql(cx, &d.c,
                              "select n_events from inbox_field where source = 'crm' and "
                              "field = ''",
                              NO_ARGS));

    /* Counts as old as the events themselves are kept go with them. */
    fake_clock_advance(test_clock(cx), 800 * DAY_MS);
    run(cx, &d, "inbox.drift");
    check_int(0, core_app_sql(cx, &d.c, "select count(*) from inbox_field where source = 'crm'",
                              NO_ARGS));
    close_drift(&d);
}
