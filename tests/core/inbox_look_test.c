/* The flight recorder: what came in is found, seen, handed in once more, and goes when it is old.
 */
#include "core/inbox.h"
#include "core/inbox_routes.h"
#include "core_app.h"

#define DAY_MS (24 * 3600 * 1000LL)

/* A body of "!" cannot be understood; of others the first letter is the subject. */
static enum err accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out)
{
    (void)app;
    *out = (struct inbox_result){"letters/1", S("a letter"),
                                 arena_fmt(tx_ctx(tx)->arena, "deal-%c", e->body.ptr[0])};
    if (e->body.ptr[0] == '!')
        return tx_fail(tx, ERR_INPUT, "cannot be understood");
    return OK;
}

static const struct inbox_source sources[] = {
    {"crm", accept_event},
    {"ads", accept_event},
};
static struct job_set sets[1];

static void open_look(struct ctx *cx, struct temp_db *t, struct core_app *c)
{
    static struct route_set route_sets[1];

    core_app_open(cx, t, c);
    c->app.config.inbox_days = 30;
    c->app.config.rate_limit = 0;
    c->app.inbox_sources = sources;
    c->app.ninbox_sources = COUNT(sources);
    sets[0] = (struct job_set){inbox_jobs, inbox_njobs};
    c->app.job_sets = sets;
    c->app.njob_sets = 1;
    check_ok(inbox_start(cx, &c->app, &c->app.inbox));
    route_sets[0] = (struct route_set){inbox_routes, inbox_nroutes};
    core_app_serve(cx, c, route_sets, 1);
}

static void close_look(struct core_app *c)
{
    inbox_stop(&c->app.inbox);
    core_app_close(c);
}

static void put(struct ctx *cx, struct core_app *c, const char *source, const char *body)
{
    check_ok(inbox_put(cx, &c->app,
                       &(struct inbox_new){.source = str_of(source),
                                           .dedupe_key = hex_text(cx->arena, str_of(body)),
                                           .content_type = S("text/plain"),
                                           .body = str_of(body)}));
}

static void run(struct ctx *cx, struct core_app *c, const char *job)
{
    struct job_run r;

    check_ok(job_run_now(cx, &c->app, job, NULL, NULL, NULL, &r));
}

static struct answer ask(struct ctx *cx, struct core_app *c, const char *call, const char *body)
{
    static const char *const admin = "admin@a.kz";
    int64_t id = core_app_sql(cx, c, "select id from app_user where email = $1",
                              ARGS(a_str("a", str_of(admin))));

    if (!id)
        id = core_app_user(cx, c, admin, ROLE_ADMIN, 0, NULL);
    return core_app_ask(cx, c, call, core_app_token(cx, c, id), body);
}

static int64_t items(struct ctx *cx, const struct answer *a)
{
    const struct json_in *root = NULL;

    check_int(200, a->status);
    check_ok(json_parse(cx, a->body, &root));
    return (int64_t)json_len(json_get(root, "items"));
}

static int64_t found(struct ctx *cx, struct core_app *c, const char *query)
{
    struct answer a = ask(cx, c, arena_fmt(cx->arena, "GET /api/v1/inbox?%s", query).ptr, NULL);

    return items(cx, &a);
}

DB_TEST(what_came_in_is_listed_with_what_became_of_it)
{
    struct core_app c;
    open_look(cx, t, &c);
    put(cx, &c, "crm", "a letter of Anna");
    put(cx, &c, "crm", "!?");
    put(cx, &c, "ads", "b");
    run(cx, &c, "inbox.drain");
    put(cx, &c, "ads", "later");

    struct answer a = ask(cx, &c, "GET /api/v1/inbox", NULL);

    check_int(4, items(cx, &a));
    check_str(S("new"), answer_text(cx, &a, "items.0.state"));
    check_int(TEST_NOW_MS, answer_int(cx, &a, "items.0.next_at"));
    check_str(S("letters/1"), answer_text(cx, &a, "items.1.parser"));
    check_str(S("a letter"), answer_text(cx, &a, "items.1.outcome"));
    check_str(S("deal-b"), answer_text(cx, &a, "items.1.subject"));
    check_str(S("parked"), answer_text(cx, &a, "items.2.state"));
    check_str(S("cannot be understood"), answer_text(cx, &a, "items.2.error"));
    check_int(2, answer_int(cx, &a, "items.2.size"));
    check_int(1, answer_int(cx, &a, "counts.new"));
    check_int(2, answer_int(cx, &a, "counts.done"));
    check_int(1, answer_int(cx, &a, "counts.parked"));
    close_look(&c);
}

DB_TEST(events_are_found_by_source_state_signature_time_subject_and_words)
{
    struct core_app c;
    open_look(cx, t, &c);
    put(cx, &c, "crm", "anna=%D0%90%D0%BD%D0%BD%D0%B0");
    put(cx, &c, "crm", "! Boris");
    fake_clock_advance(test_clock(cx), 3 * DAY_MS);
    put(cx, &c, "ads", "boris again");
    run(cx, &c, "inbox.drain");

    check_int(2, found(cx, &c, "source=crm"));
    check_int(1, found(cx, &c, "state=parked"));
    check_int(0, found(cx, &c, "signature=ok"));
    check_int(3, found(cx, &c, "signature=none"));
    check_int(2, found(cx, &c, "from=2026-02-03&to=2026-02-03"));
    check_int(1, found(cx, &c, "from=2026-02-04"));
    check_int(1, found(cx, &c, "q=deal-b"));
    check_int(0, found(cx, &c, "q=deal-b&source=crm"));
    check_int(2, found(cx, &c, "q=BORIS"));
    check_int(1, found(cx, &c, "q=BORIS&state=done"));
    check_int(1, found(cx, &c, "q=%D0%B0%D0%BD%D0%BD%D0%B0"));
    check_int(0, found(cx, &c, "q=nobody"));
    check_int(422, ask(cx, &c, "GET /api/v1/inbox?state=old", NULL).status);
    check_int(422, ask(cx, &c, "GET /api/v1/inbox?from=yesterday", NULL).status);
    check_int(422, ask(cx, &c, "GET /api/v1/inbox?cursor=7", NULL).status);
    close_look(&c);
}

static int64_t walk(struct ctx *cx, struct core_app *c, const char *query)
{
    struct answer a = ask(cx, c, arena_fmt(cx->arena, "GET /api/v1/inbox?%s", query).ptr, NULL);
    int64_t n = items(cx, &a);

    for (int page = 0; answer_text(cx, &a, "next").len && page < 100; page++) {
        a = ask(cx, c,
                arena_fmt(cx->arena, "GET /api/v1/inbox?%s&cursor=%.*s", query,
                          STR_FMT(answer_text(cx, &a, "next")))
                    .ptr,
                NULL);
        n += items(cx, &a);
    }
    return n;
}

DB_TEST(pages_show_every_event_once_also_while_words_are_looked_for)
{
    struct core_app c;
    open_look(cx, t, &c);
    core_app_sql(cx, &c,
                 "with recursive n (i) as (select 1 union all select i + 1 from n where i < 230) "
                 "insert into inbox_event (source, dedupe_key, received_at, content_type, body, "
                 "next_at, state) select 'crm', cast(i as text), cast($1 as bigint) + i / 3, "
                 "'text/plain', $2, 0, "
                 "'done' from n",
                 ARGS(a_int("a", TEST_NOW_MS), a_blob("b", S("Anna"))));

    check_int(230, walk(cx, &c, "limit=7"));
    check_int(230, walk(cx, &c, "limit=7&q=anna"));
    check_int(0, walk(cx, &c, "q=boris"));
    close_look(&c);
}

DB_TEST(the_bytes_of_an_event_are_seen_as_text_or_else_as_base64)
{
    struct core_app c;
    open_look(cx, t, &c);
    put(cx, &c, "crm", "hello");
    put(cx, &c, "crm", "\xff\xfe\x01>");

    struct answer a = ask(cx, &c, "GET /api/v1/inbox/1", NULL);
    check_str(S("text"), answer_text(cx, &a, "encoding"));
    check_str(S("hello"), answer_text(cx, &a, "body"));
    check_str(S("text/plain"), answer_text(cx, &a, "content_type"));
    a = ask(cx, &c, "GET /api/v1/inbox/2", NULL);
    check_str(S("base64"), answer_text(cx, &a, "encoding"));
    check_str(S("//4BPg=="), answer_text(cx, &a, "body"));
    check_int(404, ask(cx, &c, "GET /api/v1/inbox/99", NULL).status);
    check(core_app_sql(cx, &c, "select count(*) from audit_log", NO_ARGS) >= 2);
    close_look(&c);
}

DB_TEST(an_event_is_handed_in_once_more_and_a_row_of_the_audit_says_so)
{
    struct core_app c;
    open_look(cx, t, &c);
    put(cx, &c, "crm", "hello");
    run(cx, &c, "inbox.drain");

    struct answer a = ask(cx, &c, "POST /api/v1/inbox/1/replay", "{}");
    check_int(202, a.status);
    check_int(1, answer_int(cx, &a, "count"));
    a = ask(cx, &c, "GET /api/v1/inbox/1", NULL);
    check_str(S("new"), answer_text(cx, &a, "state"));
    check_int(1, answer_int(cx, &a, "replays"));
    check_int(0, answer_int(cx, &a, "done_at"));
    run(cx, &c, "inbox.drain");
    a = ask(cx, &c, "GET /api/v1/inbox/1", NULL);
    check_str(S("done"), answer_text(cx, &a, "state"));

    check_int(1,
              core_app_sql(cx, &c, "select count(*) from audit_log where action = 'inbox.replay'",
                           NO_ARGS));
    check_int(404, ask(cx, &c, "POST /api/v1/inbox/99/replay", "{}").status);
    close_look(&c);
}

DB_TEST(many_events_are_handed_in_once_more_at_a_word)
{
    struct core_app c;
    open_look(cx, t, &c);
    put(cx, &c, "crm", "a");
    put(cx, &c, "crm", "!");
    put(cx, &c, "ads", "! too");
    run(cx, &c, "inbox.drain");

    struct answer a = ask(cx, &c, "POST /api/v1/inbox/replay", "{\"source\":\"crm\"}");
    check_int(202, a.status);
    check_int(1, answer_int(cx, &a, "count"));
    a = ask(cx, &c, "POST /api/v1/inbox/replay", "{\"state\":\"all\"}");
    check_int(2, answer_int(cx, &a, "count"));
    run(cx, &c, "inbox.drain");
    a = ask(cx, &c, "POST /api/v1/inbox/replay",
            "{\"state\":\"all\",\"from\":\"2026-02-04\",\"to\":\"2026-02-05\"}");
    check_int(0, answer_int(cx, &a, "count"));
    check_int(422, ask(cx, &c, "POST /api/v1/inbox/replay", "{\"source\":\"nobody\"}").status);
    check_int(422, ask(cx, &c, "POST /api/v1/inbox/replay", "{\"state\":\"old\"}").status);
    close_look(&c);
}

DB_TEST(more_events_than_go_into_one_commit_are_all_handed_in_once_more)
{
    enum { MANY = 2300 };
    struct core_app c;
    struct tx *tx = NULL;
    int64_t id;
    bool is_new;
    open_look(cx, t, &c);
    check_ok(tx_begin(cx, c.app.db, TX_WRITE, &tx));
    for (int i = 0; i < MANY; i++)
        check_ok(inbox_store(tx,
                             &(struct inbox_new){.source = S("crm"),
                                                 .dedupe_key = arena_fmt(cx->arena, "%d", i),
                                                 .content_type = S("text/plain"),
                                                 .body = S("a")},
                             &id, &is_new));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    run(cx, &c, "inbox.drain");

    struct answer a = ask(cx, &c, "POST /api/v1/inbox/replay", "{\"state\":\"all\"}");

    check_int(MANY, answer_int(cx, &a, "count"));
    check_int(MANY,
              core_app_sql(cx, &c, "select count(*) from inbox_event where replays = 1", NO_ARGS));
    close_look(&c);
}

DB_TEST(what_is_only_kept_cannot_be_handed_in)
{
    struct core_app c;
    struct tx *tx = NULL;
    int64_t id;
    open_look(cx, t, &c);
    check_ok(tx_begin(cx, c.app.db, TX_WRITE, &tx));
    check_ok(inbox_record(tx,
                          &(struct inbox_new){.source = S("nbk"),
                                              .dedupe_key = S("1"),
                                              .content_type = S("text/xml"),
                                              .body = S("<rates/>")},
                          &id));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    struct answer a = ask(
        cx, &c, arena_fmt(cx->arena, "POST /api/v1/inbox/%lld/replay", (long long)id).ptr, "{}");

    check_int(409, a.status);
    check_err(inbox_replay(cx, &c.app, id, &id), ERR_CONFLICT); /* nor by command */
    ctx_forgive(cx);
    check_int(1, found(cx, &c, "source=nbk&state=done"));
    close_look(&c);
}

DB_TEST(old_events_that_are_done_go_and_what_is_parked_stays)
{
    struct core_app c;
    open_look(cx, t, &c);
    for (int i = 0; i < 450; i++)
        put(cx, &c, "crm", arena_fmt(cx->arena, "%d", i).ptr);
    put(cx, &c, "crm", "!");
    run(cx, &c, "inbox.drain");
    fake_clock_advance(test_clock(cx), 29 * DAY_MS);
    put(cx, &c, "crm", "young");
    run(cx, &c, "inbox.drain");

    run(cx, &c, "inbox.sweep");
    check_int(452, core_app_sql(cx, &c, "select count(*) from inbox_event", NO_ARGS));
    fake_clock_advance(test_clock(cx), 2 * DAY_MS);
    run(cx, &c, "inbox.sweep");

    check_int(2, core_app_sql(cx, &c, "select count(*) from inbox_event", NO_ARGS));
    check_int(1, core_app_sql(cx, &c, "select count(*) from inbox_event where state = 'parked'",
                              NO_ARGS));
    close_look(&c);
}

DB_TEST(only_an_admin_looks_into_what_came_in)
{
    static const char *const calls[] = {"GET /api/v1/inbox", "GET /api/v1/inbox/1",
                                        "GET /api/v1/inbox/drift", "POST /api/v1/inbox/1/replay",
                                        "POST /api/v1/inbox/replay"};
    struct core_app c;
    open_look(cx, t, &c);
    struct str lead =
        core_app_token(cx, &c, core_app_user(cx, &c, "l@a.kz", ROLE_TEAM_LEAD, 0, NULL));

    for (size_t i = 0; i < COUNT(calls); i++) {
        check_int(401, core_app_ask(cx, &c, calls[i], S(""), NULL).status);
        check_int(403, core_app_ask(cx, &c, calls[i], lead, NULL).status);
    }
    close_look(&c);
}
