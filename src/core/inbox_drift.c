/* inbox_drift.c: notices that a vendor stopped sending a field. Counts per source, field and day
 * which events had it; what half of a week's events had and the newest have no more is drift. */
#include "base/calendar.h"
#include "core/answer.h"
#include "core/inbox_drift.sql.h"
#include "core/inbox_inside.h"
#include "core/inbox_paths.h"

enum {
    PAGE = 50,
    PAGE_CAP = 96 << 20,
    SETTLE_MS = 3600 * 1000, /* so long the drain may still be at an event */
    MOST_FIELDS = 2000,      /* of a source on a day */
    FEWEST = 20,             /* events that say something */
    LOOK_BACK_DAYS = 14,
    WEEK = 7
};
#define DAY_MS (24 * 3600 * 1000LL)

struct tally { /* one field of one source on one day */
    struct str source, field, day;
    int64_t n, first_at, last_at;
};
struct tallies {
    struct tally *at;
    size_t n, cap;
};
struct look {
    struct job_run *job;
    struct ctx *cx; /* its arena holds one page */
    struct tallies all;
    int64_t after; /* id up to which events were looked at */
    bool is_over;
};

static void count_field(struct look *l, const struct tally *t)
{
    for (size_t i = 0; i < l->all.n; i++) {
        struct tally *one = &l->all.at[i];
        if (!str_eq(one->field, t->field) || !str_eq(one->source, t->source) ||
            !str_eq(one->day, t->day))
            continue;
        one->n++;
        one->first_at = t->first_at < one->first_at ? t->first_at : one->first_at;
        one->last_at = t->last_at > one->last_at ? t->last_at : one->last_at;
        return;
    }
    *vec_add(l->cx->arena, &l->all) = *t;
}

static void count_event(struct look *l, struct rows *rows)
{
    struct inbox_paths *paths = arena_new_of(l->cx->arena, struct inbox_paths);
    int64_t at = col_int(rows, "received_at");
    struct tally t = {.source = col_str(rows, "source"),
                      .field = S(""),
                      .day = day_at(l->cx->arena, l->job->app->zone, at),
                      .n = 1,
                      .first_at = at,
                      .last_at = at};

    inbox_paths_of(l->cx, col_str(rows, "body"), paths);
    count_field(l, &t);
    for (size_t i = 0; i < paths->n; i++) {
        t.field = paths->at[i];
        count_field(l, &t);
    }
}

/* ---- one page: read, count, write with the place in one commit ---- */

static enum err read_page(struct look *l, struct tx *tx)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t n = 0, settled = now_ms(l->cx) - SETTLE_MS;

    TRY(db_get_int(tx, &q_inbox_drift_place, NO_ARGS, &l->after, &(bool){false}));
    TRY(db_query(tx, &q_inbox_drift_page, ARGS(a_int("after", l->after), a_int("most", PAGE)),
                 &rows));
    while (rows_next(rows)) {
        struct str state = col_str(rows, "state");
        /* Its turn comes: an event that still waits is counted once it is worked up. */
        if (str_eq(state, S("new")) && col_int(rows, "received_at") > settled)
            break;
        n++;
        l->after = col_int(rows, "id");
        if (str_eq(state, S("done")))
            count_event(l, rows);
    }
    TRY(rows_end(&rows));
    l->job->seen += n;
    l->is_over = n < PAGE;
out:
    rows_drop(&rows);
    return err;
}

static enum err write_page(struct look *l, struct tx *tx)
{
    enum err err = OK;

    for (size_t i = 0; i < l->all.n; i++) {
        const struct tally *t = &l->all.at[i];
        TRY(db_exec(tx, &q_inbox_field_add,
                    ARGS(a_str("source", t->source), a_str("field", t->field), a_str("day", t->day),
                         a_int("n", t->n), a_int("last_at", t->last_at),
                         a_int("most", MOST_FIELDS)),
                    NULL));
        if (t->field.len)
            TRY(db_exec(tx, &q_inbox_drift_back,
                        ARGS(a_str("source", t->source), a_str("field", t->field),
                             a_int("at", t->first_at)),
                        NULL));
    }
    TRY(db_exec(tx, &q_inbox_drift_place_put,
                ARGS(a_int("id", l->after), a_int("now", now_ms(l->cx))), NULL));
out:
    return err;
}

static enum err take_page(struct look *l)
{
    enum err err;
    struct tx *tx = NULL;

    l->all = (struct tallies){0};
    TRY(tx_begin(l->cx, l->job->app->db, TX_WRITE, &tx));
    TRY(read_page(l, tx));
    TRY(write_page(l, tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* ---- what vanished ---- */

struct share {
    int64_t n_field, n_all, n_day;
};

static enum err read_share(struct tx *tx, const struct tally *t, struct str day, struct share *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct share){0};
    TRY(db_query(tx, &q_inbox_drift_share,
                 ARGS(a_str("source", t->source), a_str("field", t->field),
                      a_str("from_day", day_add(tx_ctx(tx)->arena, day, 1 - WEEK)),
                      a_str("to_day", day)),
                 &rows));
    if (rows_next(rows))
        *out = (struct share){col_int(rows, "n_field"), col_int(rows, "n_all"),
                              col_int(rows, "n_day")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Those after the last that had it do not count. */
static enum err share_before(struct tx *tx, const struct zone *z, const struct tally *t,
                             struct share *out)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct str day = day_at(a, z, t->last_at);
    struct date next;
    int64_t after = 0;

    TRY(read_share(tx, t, day, out));
    /* Most fields are seldom, which the tallies say without a look at the events. */
    if (out->n_field * 2 < out->n_all - out->n_day)
        goto out;
    day_parse(day_add(a, day, 1), &next);
    TRY(db_get_int(tx, &q_inbox_drift_after,
                   ARGS(a_str("source", t->source), a_int("last_at", t->last_at),
                        a_int("day_end", instant_of(z, next, 0, 0))),
                   &after, NULL));
    out->n_all -= after;
    if (out->n_all < out->n_field)
        out->n_all = out->n_field;
out:
    return err;
}

static enum err judge(struct look *l, struct tx *tx, const struct tally *t)
{
    enum err err;
    int64_t changed;
    struct share share;

    TRY(share_before(tx, l->job->app->zone, t, &share));
    if (share.n_all < FEWEST || share.n_field * 2 < share.n_all)
        goto out;
    TRY(db_exec(tx, &q_inbox_drift_put,
                ARGS(a_str("source", t->source), a_str("field", t->field),
                     a_int("last_seen_at", t->last_at), a_int("now", now_ms(l->cx))),
                &changed));
    if (changed)
        job_say(l->job, "%.*s sends %.*s no more", STR_FMT(t->source), STR_FMT(t->field));
    l->job->written += changed;
out:
    return err;
}

/* Only what the newest events of its source all lack can have vanished. */
static enum err judge_list(struct look *l, struct tx *tx, const struct tallies *all)
{
    enum err err = OK;
    int64_t edge = 0, since = now_ms(l->cx) - LOOK_BACK_DAYS * DAY_MS;

    for (size_t i = 0; i < all->n; i++) {
        const struct tally *t = &all->at[i];
        bool found = true;
        if (!i || !str_eq(t->source, all->at[i - 1].source)) {
            edge = 0;
            TRY(db_get_int(
                tx, &q_inbox_drift_edge,
                ARGS(a_str("source", t->source), a_int("since", since), a_int("skip", FEWEST - 1)),
                &edge, &found));
        }
        if (t->last_at < edge)
            TRY(judge(l, tx, t));
    }
out:
    return err;
}

static enum err judge_all(struct look *l)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct tallies all = {0};
    struct arena *a = l->cx->arena;
    struct str today = day_at(a, l->job->app->zone, now_ms(l->cx));

    TRY(tx_begin(l->cx, l->job->app->db, TX_WRITE, &tx));
    TRY(db_query(tx, &q_inbox_drift_candidates,
                 ARGS(a_str("since", day_add(a, today, -LOOK_BACK_DAYS))), &rows));
    while (rows_next(rows))
        *vec_add(a, &all) = (struct tally){.source = col_str(rows, "source"),
                                           .field = col_str(rows, "field"),
                                           .last_at = col_int(rows, "last_at")};
    TRY(rows_end(&rows));
    TRY(judge_list(l, tx, &all));
    TRY(db_exec(tx, &q_inbox_field_forget,
                ARGS(a_str("before", day_add(a, today, -l->job->app->config.inbox_days))), NULL));
    TRY(tx_commit(tx));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err inbox_drift(struct job_run *r)
{
    enum err err;
    struct ctx own = r->cx;
    struct look l = {.job = r, .cx = &own};

    own.arena = arena_new(PAGE_CAP);
    do {
        arena_reset(own.arena);
        err = take_page(&l);
        job_progress(r, r->seen, 0, "events looked at");
    } while (!err && !l.is_over && !ctx_expired(&own));
    if (!err && l.is_over)
        err = judge_all(&l);
    if (err)
        err = fail(&r->cx, err, "%s", own.why);
    arena_free(&own.arena);
    return err;
}

/* ---- for the eye ---- */

static enum err write_drift(struct tx *tx, struct req *rq, struct json_out *j,
                            const struct tally *t, const int64_t at[2])
{
    enum err err;
    struct share share;

    TRY(share_before(tx, rq->app->zone, t, &share));
    json_obj(j);
    json_key(j, "source"), json_str(j, t->source);
    json_key(j, "field"), json_str(j, t->field);
    json_key(j, "last_seen_at"), json_int(j, t->last_at);
    json_key(j, "noticed_at"), json_int(j, at[0]);
    json_key(j, "back_at");
    if (at[1])
        json_int(j, at[1]);
    else
        json_null(j);
    json_key(j, "share_before");
    json_int(j, share.n_all ? (share.n_field * 100 + share.n_all / 2) / share.n_all : 0);
    json_end(j);
out:
    return err;
}

enum err inbox_drift_list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(&rq->cx, 4096);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_drift_list, NO_ARGS, &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows)) {
        struct tally t = {.source = col_str(rows, "source"),
                          .field = col_str(rows, "field"),
                          .last_at = col_int(rows, "last_seen_at")};
        int64_t at[2] = {col_int(rows, "noticed_at"), col_int(rows, "back_at")};
        TRY(write_drift(tx, rq, j, &t, at));
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}
