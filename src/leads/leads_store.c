/* leads_store.c: rows in, rows out. */
#include "core/dirty.h"
#include "leads/leads.h"
#include "leads/leads.sql.h"

struct utm utm_of_row(struct rows *rows)
{
    return (struct utm){col_str(rows, "utm_source"), col_str(rows, "utm_medium"),
                        col_str(rows, "utm_campaign"), col_str(rows, "utm_content"),
                        col_str(rows, "utm_term")};
}

/* A lead that moves to another day leaves the old one wrong. */
static enum err mark_old_day(struct tx *tx, const struct lead_new *l)
{
    enum err err;
    struct rows *rows = NULL;
    struct str day = {0};

    TRY(db_query(tx, &q_leads_find,
                 ARGS(a_str("source_kind", l->source_kind), a_str("external_id", l->external_id)),
                 &rows));
    if (rows_next(rows))
        day = col_str(rows, "day");
    TRY(rows_end(&rows));
    if (day.len && !str_eq(day, l->day))
        TRY(dirty_day(tx, day));
out:
    rows_drop(&rows);
    return err;
}

enum err lead_put(struct tx *tx, const struct lead_new *l, int64_t *id)
{
    enum err err;

    TRY(mark_old_day(tx, l));
    TRY(db_get_int(tx, &q_leads_put,
                   ARGS(a_str("source_kind", l->source_kind), a_str("external_id", l->external_id),
                        a_int("created_at", l->created_at), a_str("day", l->day),
                        a_int("learned_at", l->learned_at), UTM_ARGS(l->utm)),
                   id, NULL));
    TRY(dirty_day(tx, l->day));
out:
    return err;
}
