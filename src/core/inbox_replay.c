/* inbox_replay.c: once more through the door. Facts follow from the set of events, so what was
 * taken before gives the same facts again. */
#include "base/calendar.h"
#include "core/answer.h"
#include "core/inbox_inside.h"
#include "core/inbox_look.sql.h"
#include "core/input.h"

enum { IDS_AT_ONCE = 500 };

static enum err event_json(struct tx *tx, const struct app *app, int64_t id, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 256);

    TRY(db_query(tx, &q_inbox_show, ARGS(a_int("id", id)), &rows));
    if (!rows_next(rows))
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no such event"));
    struct str source = col_str(rows, "source");
    json_obj(j);
    json_key(j, "source"), json_str(j, source);
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_key(j, "replays"), json_int(j, col_int(rows, "replays"));
    json_end(j);
    TRY(rows_end(&rows));
    if (!inbox_source_named(app, source))
        TRY(tx_fail(tx, ERR_CONFLICT, "events of %.*s are kept as they came; nothing works them up",
                    STR_FMT(source)));
    TRY(json_finish(j, out));
out:
    rows_drop(&rows);
    return err;
}

enum err inbox_again_one(struct tx *tx, const struct app *app, int64_t id)
{
    enum err err;
    struct str ignored;

    TRY(event_json(tx, app, id, &ignored));
    TRY(db_exec(tx, &q_inbox_replay_one, ARGS(a_int("id", id), a_int("now", now_ms(tx_ctx(tx)))),
                NULL));
out:
    return err;
}

enum err inbox_replay_one(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t id;
    struct str before, after;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(event_json(tx, rq->app, id, &before));
    TRY(inbox_again_one(tx, rq->app, id));
    TRY(event_json(tx, rq->app, id, &after));
    TRY(audit_change(tx, rq, "inbox.replay", "inbox_event", id, before, after));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "inbox.drain");
    TRY(answer_json(rs, 202, S("{\"count\":1}")));
out:
    tx_end(&tx);
    return err;
}

static void body_day_at(struct req *rq, const struct json_in *body, const char *name, int days_on,
                        int64_t *out)
{
    struct str text = {0};
    struct date date;

    input_day(&rq->cx, body, name, false, &text);
    if (text.len && day_parse(text, &date))
        *out = instant_of(rq->app->zone, day_from_number(day_number(date) + days_on), 0, 0);
}

static enum err read_ask(struct req *rq, struct inbox_again *ask)
{
    static const char *const allowed[] = {"source", "state", "from", "to", NULL};
    enum err err;
    const struct json_in *body;
    struct str state = S("parked");

    *ask = (struct inbox_again){.to_at = INT64_MAX};
    TRY(req_json(rq, allowed, &body));
    if (input_text(&rq->cx, body, "source", 0, 100, &ask->source) &&
        !inbox_source_named(rq->app, ask->source))
        fail_field(&rq->cx, "source", "unknown");
    input_text(&rq->cx, body, "state", 0, 20, &state);
    ask->all = str_eq(state, S("all"));
    if (!ask->all && !str_eq(state, S("parked")))
        fail_field(&rq->cx, "state", "not_a_choice");
    body_day_at(rq, body, "from", 0, &ask->from_at);
    body_day_at(rq, body, "to", 1, &ask->to_at);
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

static bool is_meant(const struct inbox_again *what, const char *source)
{
    return !what->source.len || str_eq(what->source, str_of(source));
}

enum err inbox_again_count(struct ctx *cx, struct app *app, const struct inbox_again *what,
                           int64_t *count)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t n;

    *count = 0;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    for (size_t i = 0; i < app->ninbox_sources; i++) {
        const char *name = app->inbox_sources[i].name;
        if (!is_meant(what, name))
            continue;
        TRY(db_get_int(tx, &q_inbox_replay_count,
                       ARGS(a_str("source", str_of(name)), a_int("all", what->all),
                            a_int("from_at", what->from_at), a_int("to_at", what->to_at)),
                       &n, NULL));
        *count += n;
    }
out:
    tx_end(&tx);
    return err;
}

static enum err mark_some(struct ctx *cx, struct app *app, const struct inbox_again *what,
                          int64_t first_id)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < app->ninbox_sources; i++) {
        const char *name = app->inbox_sources[i].name;
        if (is_meant(what, name))
            TRY(db_exec(tx, &q_inbox_replay_some,
                        ARGS(a_str("source", str_of(name)), a_int("all", what->all),
                             a_int("from_at", what->from_at), a_int("to_at", what->to_at),
                             a_int("first_id", first_id), a_int("end_id", first_id + IDS_AT_ONCE),
                             a_int("now", now_ms(cx))),
                        NULL));
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err read_ids(struct ctx *cx, struct app *app, int64_t *first_id, int64_t *last_id)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    *first_id = *last_id = 0;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_ids, NO_ARGS, &rows));
    while (rows_next(rows)) {
        *first_id = col_int(rows, "first_id");
        *last_id = col_int(rows, "last_id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err inbox_again_mark(struct ctx *cx, struct app *app, const struct inbox_again *what)
{
    enum err err;
    int64_t first_id, last_id;

    TRY(read_ids(cx, app, &first_id, &last_id));
    for (; first_id <= last_id; first_id += IDS_AT_ONCE)
        TRY(mark_some(cx, app, what, first_id));
out:
    return err;
}

static enum err count_json(struct ctx *cx, const struct inbox_again *ask, int64_t count,
                           struct str *out)
{
    struct json_out *j = json_out_new(cx, 128);

    json_obj(j);
    json_key(j, "count"), json_int(j, count);
    if (ask) {
        json_key(j, "source"), json_str(j, ask->source);
        json_key(j, "state"), json_str(j, ask->all ? S("all") : S("parked"));
        json_key(j, "from_at"), json_int(j, ask->from_at);
    }
    json_end(j);
    return json_finish(j, out);
}

enum err inbox_replay_many(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct inbox_again ask;
    int64_t count = 0;
    struct str after, answer;

    TRY(read_ask(rq, &ask));
    TRY(inbox_again_count(&rq->cx, rq->app, &ask, &count));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(count_json(&rq->cx, &ask, count, &after));
    TRY(audit_change(tx, rq, "inbox.replay", "inbox", 0, S(""), after));
    TRY(tx_commit(tx));
    tx_end(&tx);
    if (count)
        TRY(inbox_again_mark(&rq->cx, rq->app, &ask));
    if (count)
        scheduler_nudge(rq->app->scheduler, "inbox.drain");
    TRY(count_json(&rq->cx, NULL, count, &answer));
    TRY(answer_json(rs, 202, answer));
out:
    tx_end(&tx);
    return err;
}
