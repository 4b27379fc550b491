/* crm_read.c: what hooks may have missed is read back; what people ask for is read whole. */
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/syncs.sql.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define OVERLAP_MS (10 * MINUTE_MS) /* changes of the last minutes may show late */
#define FIRST_READ_MS (35 * DAY_MS) /* of a connection that never read */
#define WIDE_READ_MS (8 * DAY_MS)
#define RECENT_MS (5 * MINUTE_MS)

/* ---- the record of a read ---- */

static enum err sync_begin(struct crm_link *l, const char *kind, struct crm_window *w)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t now = now_ms(l->cx);

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_syncs_lost,
                ARGS(a_int("crm_account_id", l->crm_account_id), a_int("at", now)), NULL));
    TRY(db_get_int(tx, &q_crm_sync_begin,
                   ARGS(a_int("crm_account_id", l->crm_account_id), a_str("kind", str_of(kind)),
                        a_int("from_at", w->from), a_int("to_at", w->to), a_int("at", now)),
                   &w->sync_id, NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err write_end(struct ctx *cx, struct app *app, int64_t sync_id, struct str error)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_sync_end,
                ARGS(a_int("id", sync_id), a_str("state", error.len ? S("failed") : S("ok")),
                     a_opt("error", error), a_int("at", now_ms(cx))),
                NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* One that was cut short is taken up again by the next run, or noted as lost by it. */
static enum err sync_end(struct crm_link *l, const struct crm_window *w, enum err outcome)
{
    struct ctx note = *l->cx;
    struct str error = {0};

    if (outcome && ctx_expired(l->cx))
        return OK;
    if (outcome) {
        error = crm_reason(l->cx->arena, &l->last);
        if (!error.len)
            error = arena_str(l->cx->arena, str_of(l->cx->why[0] ? l->cx->why : "it failed"));
    }
    ctx_forgive(&note);
    return write_end(&note, l->app, w->sync_id, error);
}

static enum err read_recorded(struct crm_link *l, struct crm_window *w)
{
    enum err err = crm_try(l, crm_window_read, w);
    enum err noted = sync_end(l, w, err);

    return err ? err : noted;
}

/* ---- deals that hooks named without saying what they are ---- */

struct wanted {
    int64_t sync_id;
    struct str ids[AMO_MAX_IDS];
    size_t n;
};

/* Some of the list; when it is empty it is closed, so that the next wish opens a new one. */
static enum err next_wanted(struct crm_link *l, struct wanted *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    bool found;

    *out = (struct wanted){0};
    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &q_crm_wanted_sync, ARGS(a_int("crm_account_id", l->crm_account_id)),
                   &out->sync_id, &found));
    if (!found)
        goto out;
    TRY(db_query(tx, &q_crm_wanted,
                 ARGS(a_int("sync_id", out->sync_id), a_int("most", AMO_MAX_IDS)), &rows));
    while (out->n < AMO_MAX_IDS && rows_next(rows))
        out->ids[out->n++] = col_str(rows, "deal_id");
    TRY(rows_end(&rows));
    if (!out->n)
        TRY(db_exec(tx, &q_crm_sync_end,
                    ARGS(a_int("id", out->sync_id), a_str("state", S("ok")), a_null("error"),
                         a_int("at", now_ms(l->cx))),
                    NULL));
    TRY(tx_commit(tx));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

static bool has_come(const struct crm_window *w, struct str id)
{
    for (size_t i = 0; i < w->came.n; i++)
        if (str_eq(w->came.at[i], id))
            return true;
    return false;
}

/* What neither the list nor the bin has is gone for good. */
static enum err note_gone(struct crm_link *l, const struct crm_window *w, const struct wanted *ids)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < ids->n; i++)
        if (!has_come(w, ids->ids[i]))
            TRY(crm_result_put(
                tx, &(struct crm_result){.sync_id = ids->sync_id,
                                         .deal_id = ids->ids[i],
                                         .outcome = "failed",
                                         .detail = S("the CRM has no such deal any more")}));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err read_wanted(struct crm_link *l, struct job_run *r, bool *had_some)
{
    enum err err;
    struct wanted ids;

    *had_some = false;
    for (;;) {
        TRY(next_wanted(l, &ids));
        if (!ids.n)
            return OK;
        *had_some = true;
        struct crm_window w = {
            .job = r, .sync_id = ids.sync_id, .ids = ids.ids, .nids = ids.n, .with_deleted = true};
        TRY(crm_try(l, crm_window_read, &w));
        TRY(note_gone(l, &w, &ids));
    }
out:
    return err;
}

/* ---- the jobs' work ---- */

static enum err move_read_until(struct crm_link *l, int64_t to)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_read_until, ARGS(a_int("id", l->id), a_int("read_until", to)), NULL));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err crm_read_back(struct crm_link *l, struct job_run *r)
{
    enum err err;
    int64_t now = now_ms(l->cx);
    struct crm_window w = {.job = r, .to = now, .moves_read_until = true};
    bool had_some;

    TRY(read_wanted(l, r, &had_some));
    if (had_some && l->read_until > now - RECENT_MS)
        goto out; /* woken by a hook, not by the timetable */
    w.from = l->read_until ? l->read_until - OVERLAP_MS : now - FIRST_READ_MS;
    TRY(sync_begin(l, "read_back", &w));
    TRY(read_recorded(l, &w));
    TRY(move_read_until(l, w.to));
out:
    return err;
}

/* Once a day more than was told: a lost hook, a change that showed late, the bin. */
enum err crm_read_wide(struct crm_link *l, struct job_run *r)
{
    enum err err;
    struct crm_window w = {.job = r, .to = now_ms(l->cx), .with_deleted = true};

    w.from = w.to - (r->options.days ? r->options.days * DAY_MS : WIDE_READ_MS);
    TRY(sync_begin(l, "read_back", &w));
    TRY(read_recorded(l, &w));
out:
    return err;
}

static enum err next_bulk(struct crm_link *l, int64_t after, struct crm_window *w)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    w->sync_id = 0;
    TRY(tx_begin(l->cx, l->app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_crm_bulk_todo, ARGS(a_int("connection_id", l->id), a_int("after", after)),
                 &rows));
    if (rows_next(rows)) {
        w->sync_id = col_int(rows, "id");
        w->from = col_int(rows, "from_at");
        w->to = col_int(rows, "to_at");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err crm_read_bulk(struct crm_link *l, struct job_run *r)
{
    enum err err;
    struct crm_window w = {.job = r, .with_deleted = true};

    for (;;) {
        TRY(next_bulk(l, w.sync_id, &w));
        if (!w.sync_id)
            break;
        TRY(read_recorded(l, &w));
    }
out:
    return err;
}
