/* crm_store.c: what other slices ask and tell: whose hook it is, mapped fields, wanted deals. */
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/syncs.sql.h"

enum err crm_fields_map(struct tx *tx, int64_t crm_account_id, struct amo_field_map *out)
{
    enum err err;
    struct rows *rows = NULL;
    VEC(struct amo_field) list = {0};

    TRY(db_query(tx, &q_crm_fields_mapped, ARGS(a_int("crm_account_id", crm_account_id)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, &list) =
            (struct amo_field){col_str(rows, "external_id"), col_str(rows, "utm_code")};
    TRY(rows_end(&rows));
    *out = (struct amo_field_map){list.at, list.n};
out:
    rows_drop(&rows);
    return err;
}

enum err crm_sender_check(struct tx *tx, struct crm_sender *s)
{
    enum err err;
    struct rows *rows = NULL;
    struct str by_id = {0}, by_subdomain = {0};
    int64_t connected = 0;

    TRY(db_query(tx, &q_crm_sender_known,
                 ARGS(a_str("external_id", s->account_id), a_str("subdomain", s->subdomain)),
                 &rows));
    if (rows_next(rows)) {
        connected = col_int(rows, "n_connected");
        by_id = col_str(rows, "by_id");
        by_subdomain = col_str(rows, "by_subdomain");
    }
    TRY(rows_end(&rows));
    if (!connected || by_id.len)
        goto out;
    if (s->account_id.len || !by_subdomain.len)
        err = tx_fail(tx, ERR_INPUT,
                      "the hook is of CRM account %.*s (%.*s), which is not connected here",
                      STR_FMT(s->account_id.len ? s->account_id : S("without a number")),
                      STR_FMT(s->subdomain.len ? s->subdomain : S("no address")));
    s->account_id = by_subdomain;
out:
    rows_drop(&rows);
    return err;
}

enum err crm_want(struct tx *tx, int64_t crm_account_id, struct str deal_id)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct arg account = a_int("crm_account_id", crm_account_id);
    int64_t id = 0;
    bool found;

    TRY(db_get_int(tx, &q_crm_is_connected, ARGS(account), &id, &found));
    if (!found)
        return OK;
    TRY(db_get_int(tx, &q_crm_wanted_sync, ARGS(account), &id, &found));
    if (!found)
        TRY(db_get_int(tx, &q_crm_sync_begin,
                       ARGS(account, a_str("kind", S("read_back")), a_int("from_at", 0),
                            a_int("to_at", 0), a_int("at", now_ms(cx))),
                       &id, NULL));
    TRY(db_exec(tx, &q_crm_want_put,
                ARGS(a_int("sync_id", id), a_str("deal_id", deal_id), a_int("at", now_ms(cx))),
                NULL));
out:
    return err;
}

enum err crm_result_put(struct tx *tx, const struct crm_result *r)
{
    enum err err;
    int64_t id;
    bool found = false;

    if (!r->sync_id)
        return OK;
    TRY(db_get_int(tx, &q_crm_sync_exists, ARGS(a_int("id", r->sync_id)), &id, &found));
    if (found)
        TRY(db_exec(tx, &q_crm_result_put,
                    ARGS(a_int("sync_id", r->sync_id), a_str("deal_id", r->deal_id),
                         a_str("outcome", str_of(r->outcome)), a_opt("detail", r->detail),
                         a_int("at", now_ms(tx_ctx(tx)))),
                    NULL));
out:
    return err;
}
