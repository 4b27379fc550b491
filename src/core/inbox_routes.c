/* inbox_routes.c: the flight recorder: every event that came in, what it said and what became of
 * it. */
#include "core/inbox_routes.h"
#include "base/calendar.h"
#include "core/answer.h"
#include "core/inbox_inside.h"
#include "core/inbox_look.sql.h"
#include "core/input.h"

#include <string.h>

enum {
    PAGE = 50,
    PAGE_MAX = 500,
    SHORTEST_WORDS = 2,
    LONGEST_WORDS = 200,
    BODIES = 50,        /* looked into at once */
    MOST_LOOKED = 5000, /* for one answer: the next page goes on where it ended */
    LOOK_CAP = 128 << 20
};

struct inbox_ask {
    struct str source, state, signature, words;
    int64_t from_at, to_at, limit, cursor_at, cursor_id;
};

/* A day of the query as an instant: its begin, or the begin of the next. */
static void query_day_at(struct req *rq, const char *name, int days_on, int64_t *out)
{
    struct str text;
    struct date date;

    if (!req_query_str(rq, name, &text))
        return;
    if (!day_parse(text, &date))
        fail_field(&rq->cx, name, "not_a_day");
    else
        *out = instant_of(rq->app->zone, day_from_number(day_number(date) + days_on), 0, 0);
}

static bool is_source_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') ||
              s.ptr[i] == '.' || s.ptr[i] == '_'))
            return false;
    return s.len > 0;
}

static enum err read_ask(struct req *rq, struct inbox_ask *ask)
{
    static const char *const states[] = {"", "new", "done", "parked", NULL};
    static const char *const signatures[] = {"", "none", "ok", "bad", NULL};
    struct str cursor, at;

    *ask = (struct inbox_ask){.limit = PAGE, .to_at = INT64_MAX};
    ask->state = str_of(query_choice(rq, "state", states));
    ask->signature = str_of(query_choice(rq, "signature", signatures));
    if (req_query_str(rq, "source", &ask->source) && !is_source_name(ask->source))
        fail_field(&rq->cx, "source", "unknown");
    if (req_query_str(rq, "q", &ask->words) &&
        (ask->words.len < SHORTEST_WORDS || ask->words.len > LONGEST_WORDS))
        fail_field(&rq->cx, "q", ask->words.len > LONGEST_WORDS ? "too_long" : "too_short");
    query_day_at(rq, "from", 0, &ask->from_at);
    query_day_at(rq, "to", 1, &ask->to_at);
    query_limit(rq, PAGE_MAX, &ask->limit);
    if (req_query_str(rq, "cursor", &cursor) &&
        (!str_cut(&cursor, '.', &at) || !str_to_int(at, &ask->cursor_at) ||
         !str_to_int(cursor, &ask->cursor_id)))
        fail_field(&rq->cx, "cursor", "not_a_cursor");
    return ctx_fields(&rq->cx);
}

static void write_event_fields(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"source", "state", "signature"};
    static const char *const maybe[] = {"parser", "outcome", "subject", "error"};

    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    for (size_t i = 0; i < COUNT(texts); i++)
        json_key(j, texts[i]), json_str(j, col_str(rows, texts[i]));
    for (size_t i = 0; i < COUNT(maybe); i++)
        json_opt_str(j, maybe[i], rows, maybe[i]);
    json_key(j, "received_at"), json_int(j, col_int(rows, "received_at"));
    json_key(j, "attempts"), json_int(j, col_int(rows, "attempts"));
    json_key(j, "next_at");
    if (str_eq(col_str(rows, "state"), S("new")))
        json_int(j, col_int(rows, "next_at"));
    else
        json_null(j);
    json_key(j, "replays"), json_int(j, col_int(rows, "replays"));
    json_key(j, "size"), json_int(j, col_int(rows, "size"));
    json_opt_int(j, "done_at", rows, "done_at");
}

static void write_event(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    write_event_fields(j, rows);
    json_end(j);
}

struct found { /* the page so far, and where it stands */
    int64_t n, looked, last_at, last_id;
    bool goes_on;
};

static enum err list_rows(struct tx *tx, struct json_out *j, const struct inbox_ask *ask,
                          struct found *f)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_inbox_list,
                 ARGS(a_opt("source", ask->source), a_opt("state", ask->state),
                      a_opt("signature", ask->signature), a_opt("subject", ask->words),
                      a_int("from_at", ask->from_at), a_int("to_at", ask->to_at),
                      a_id("cursor_at", ask->cursor_at), a_int("cursor_id", ask->cursor_id),
                      a_int("limit", ask->limit + 1)),
                 &rows));
    while (rows_next(rows)) {
        f->goes_on = f->n == ask->limit;
        if (f->goes_on)
            break;
        f->n++;
        write_event(j, rows);
        f->last_at = col_int(rows, "received_at");
        f->last_id = col_int(rows, "id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Some more events with their bodies, in memory of their own; those with the words are written. */
static enum err look_into(struct req *rq, struct ctx *cx, struct json_out *j,
                          const struct inbox_ask *ask, struct found *f)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t seen = 0;

    TRY(tx_begin(cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_list_bodies,
                 ARGS(a_opt("source", ask->source), a_opt("state", ask->state),
                      a_opt("signature", ask->signature), a_int("from_at", ask->from_at),
                      a_int("to_at", ask->to_at), a_id("cursor_at", f->last_at),
                      a_int("cursor_id", f->last_id), a_int("limit", BODIES)),
                 &rows));
    while (f->n < ask->limit && rows_next(rows)) {
        seen++;
        f->last_at = col_int(rows, "received_at");
        f->last_id = col_int(rows, "id");
        if (inbox_text_holds(cx->arena, col_str(rows, "body"), ask->words)) {
            write_event(j, rows);
            f->n++;
        }
    }
    f->goes_on = f->n == ask->limit || seen == BODIES;
    f->looked += seen;
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static enum err list_words(struct req *rq, struct json_out *j, const struct inbox_ask *ask,
                           struct found *f)
{
    enum err err = OK;
    struct ctx own = rq->cx;

    own.arena = arena_new(LOOK_CAP);
    f->last_at = ask->cursor_at;
    f->last_id = ask->cursor_id;
    do {
        err = look_into(rq, &own, j, ask, f);
        arena_reset(own.arena);
    } while (!err && f->goes_on && f->n < ask->limit && f->looked < MOST_LOOKED);
    if (err)
        err = fail(&rq->cx, err, "%s", own.why);
    arena_free(&own.arena);
    return err;
}

static enum err write_counts(struct tx *tx, struct json_out *j)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_inbox_counts, NO_ARGS, &rows));
    json_key(j, "counts"), json_obj(j);
    if (rows_next(rows)) {
        json_key(j, "new"), json_int(j, col_int(rows, "n_new"));
        json_key(j, "done"), json_int(j, col_int(rows, "n_done"));
        json_key(j, "parked"), json_int(j, col_int(rows, "n_parked"));
    }
    json_end(j);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err is_subject(struct req *rq, struct str words, bool *out)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t n = 0;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_inbox_has_subject, ARGS(a_str("subject", words)), &n, NULL));
    *out = n > 0;
out:
    tx_end(&tx);
    return err;
}

/* Words that are the subject of some event mean it; others are looked for inside the bodies. */
static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct inbox_ask ask;
    struct found f = {0};
    bool by_row = true;
    struct json_out *j = json_out_new(&rq->cx, 16384);

    TRY(read_ask(rq, &ask));
    if (ask.words.len)
        TRY(is_subject(rq, ask.words, &by_row));
    ask.words = by_row ? ask.words : str_fold(rq->cx.arena, ask.words);
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    if (!by_row)
        TRY(list_words(rq, j, &ask, &f));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    if (by_row)
        TRY(list_rows(tx, j, &ask, &f));
    json_end(j);
    json_key(j, "next");
    if (f.goes_on)
        json_str(j,
                 arena_fmt(rq->cx.arena, "%lld.%lld", (long long)f.last_at, (long long)f.last_id));
    else
        json_null(j);
    TRY(write_counts(tx, j));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* ---- one event with its bytes ---- */

/* The alphabet that everyone reads, with its padding. */
static struct str base64_text(struct arena *a, struct str bytes)
{
    struct str text = base64url_text(a, bytes);
    size_t len = (text.len + 3) / 4 * 4;
    char *out = arena_alloc(a, len + 1, 1);

    for (size_t i = 0; i < len; i++)
        out[i] = i >= text.len        ? '='
                 : text.ptr[i] == '-' ? '+'
                 : text.ptr[i] == '_' ? '/'
                                      : text.ptr[i];
    return (struct str){out, len};
}

static void write_body(struct ctx *cx, struct json_out *j, struct str body)
{
    bool is_text = str_is_utf8(body) && !(body.len && memchr(body.ptr, 0, body.len));

    json_key(j, "encoding"), json_str(j, is_text ? S("text") : S("base64"));
    json_key(j, "body"), json_str(j, is_text ? body : base64_text(cx->arena, body));
}

static enum err show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int64_t id;
    struct json_out *j = json_out_new(&rq->cx, 8192);

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_show, ARGS(a_int("id", id)), &rows));
    if (!rows_next(rows))
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no such event"));
    json_obj(j);
    write_event_fields(j, rows);
    json_key(j, "content_type"), json_str(j, col_str(rows, "content_type"));
    write_body(&rq->cx, j, col_str(rows, "body"));
    json_end(j);
    TRY(rows_end(&rows));
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

const struct route inbox_routes[] = {
    {GET,  "/api/v1/inbox",             ROLE_ADMIN, RATE_READ,  list,              0,        0   },
    {GET,  "/api/v1/inbox/drift",       ROLE_ADMIN, RATE_READ,  inbox_drift_list,  0,        0   },
    {GET,  "/api/v1/inbox/{id}",        ROLE_ADMIN, RATE_READ,  show,              RT_AUDIT, 0   },
    {POST, "/api/v1/inbox/{id}/replay", ROLE_ADMIN, RATE_WRITE, inbox_replay_one,  0,        4096},
    {POST, "/api/v1/inbox/replay",      ROLE_ADMIN, RATE_WRITE, inbox_replay_many, 0,        4096},
};
const size_t inbox_nroutes = COUNT(inbox_routes);
