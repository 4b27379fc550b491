/* version.c: the data version, one row. */
#include "core/version.h"
#include "core/version.sql.h"

enum err version_read(struct tx *tx, int64_t *out)
{
    return db_get_int(tx, &q_version_read, NO_ARGS, out, NULL);
}

enum err version_bump(struct tx *tx)
{
    return db_exec(tx, &q_version_bump, NO_ARGS, NULL);
}
