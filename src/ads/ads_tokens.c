/* ads_tokens.c: tokens of connections for slices above: to read with, and to forget. */
#include "ads/ads.h"
#include "ads/tokens.sql.h"
#include "core/secrets.h"
#include "core/version.h"

enum err connection_ids(struct tx *tx, struct connection_list *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_tokens_live, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) = col_int(rows, "id");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err connection_token(struct tx *tx, const struct app *app, int64_t id, struct str *token)
{
    enum err err;
    struct rows *rows = NULL;
    int64_t secret_id = 0;
    bool found, is_off = true;

    *token = (struct str){0};
    TRY(db_query(tx, &q_tokens_of, ARGS(a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found) {
        secret_id = col_int(rows, "secret_id");
        is_off = str_eq(col_str(rows, "state"), S("off")) ||
                 str_eq(col_str(rows, "state"), S("reconnect"));
    }
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no connection %lld", (long long)id));
    if (is_off)
        return OK;
    if (secret_id)
        TRY(secret_open(tx, app, secret_id, token));
    else
        *token = app->config.meta_token;
out:
    rows_drop(&rows);
    return err;
}

static enum err find_owned(struct tx *tx, struct str external_id, int64_t *id, int64_t *secret_id)
{
    enum err err;
    struct rows *rows = NULL;

    *id = *secret_id = 0;
    TRY(db_query(tx, &q_tokens_of_owner, ARGS(a_str("external_id", external_id)), &rows));
    while (rows_next(rows)) {
        *id = col_int(rows, "id");
        *secret_id = col_int(rows, "secret_id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err connection_forget(struct tx *tx, const struct connection_end *e, int64_t *id)
{
    enum err err;
    int64_t secret_id;

    TRY(find_owned(tx, e->external_id, id, &secret_id));
    if (!*id)
        return OK;
    TRY(db_exec(tx, &q_tokens_forget,
                ARGS(a_int("id", *id), a_str("reason", e->reason),
                     a_int("forget_name", e->forget_name), a_int("at", now_ms(tx_ctx(tx)))),
                NULL));
    if (secret_id)
        TRY(secret_erase(tx, secret_id));
    TRY(version_bump(tx));
out:
    return err;
}
