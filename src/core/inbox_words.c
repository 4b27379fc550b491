/* inbox_words.c: the inbox for the command line. */
#include "core/audit.h"
#include "core/inbox_inside.h"
#include "core/inbox_look.sql.h"

enum { NEWEST = 50 };

enum err inbox_each(struct ctx *cx, struct app *app, const struct inbox_filter *f,
                    inbox_line_fn *row, void *self)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_inbox_list,
                 ARGS(a_opt("source", f->source), a_opt("state", f->state), a_null("signature"),
                      a_null("subject"), a_int("from_at", 0), a_int("to_at", INT64_MAX),
                      a_null("cursor_at"), a_int("cursor_id", 0), a_int("limit", NEWEST)),
                 &rows));
    while (rows_next(rows))
        row(self, &(struct inbox_line){col_int(rows, "id"), col_int(rows, "received_at"),
                                       col_str(rows, "source"), col_str(rows, "state"),
                                       col_str(rows, "subject"), col_str(rows, "outcome"),
                                       col_str(rows, "error")});
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err inbox_replay(struct ctx *cx, struct app *app, int64_t id, int64_t *count)
{
    enum err err;
    struct tx *tx = NULL;
    const struct inbox_again parked = {.to_at = INT64_MAX};

    *count = 1;
    if (!id)
        TRY(inbox_again_count(cx, app, &parked, count));
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    if (id)
        TRY(inbox_again_one(tx, app, id));
    TRY(audit_write(
        tx, app,
        &(struct audit_entry){.action = "inbox.replay",
                              .entity = "inbox_event",
                              .entity_id = id,
                              .after = arena_fmt(cx->arena, "{\"count\":%lld}", (long long)*count),
                              .actor = S("command line")}));
    TRY(tx_commit(tx));
    tx_end(&tx);
    if (!id)
        TRY(inbox_again_mark(cx, app, &parked));
out:
    tx_end(&tx);
    return err;
}
