/* dirty.c: the list of days that metrics has to rebuild. */
#include "core/dirty.h"
#include "base/calendar.h"
#include "core/dirty.sql.h"

enum { MOST_DAYS = 1500 };

enum err dirty_day(struct tx *tx, struct str day)
{
    return db_exec(tx, &q_dirty_mark, ARGS(a_str("day", day)), NULL);
}

enum err dirty_days(struct tx *tx, struct str from, struct str to)
{
    struct arena *arena = tx_ctx(tx)->arena;
    int64_t days = day_diff(from, to);

    if (days >= MOST_DAYS)
        return tx_fail(tx, ERR_INPUT, "a range of more than %d days", MOST_DAYS);
    for (int64_t i = 0; i <= days; i++) {
        enum err err = dirty_day(tx, day_add(arena, from, i));
        if (err)
            return err;
    }
    return OK;
}
