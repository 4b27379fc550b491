/* ads_store.c: accounts and whose they are. */
#include "ads/ads.sql.h"
#include "ads/ads_inside.h"
#include "base/calendar.h"
#include "core/auth.h"
#include "core/version.h"

static struct arg a_maybe(const char *name, struct maybe_int v)
{
    return v.known ? a_int(name, v.v) : a_null(name);
}

enum err accounts_put(struct tx *tx, const struct accounts_of *of, int64_t *changed)
{
    for (size_t i = 0; i < of->list->n; i++) {
        const struct net_account *a = &of->list->at[i];
        int64_t rows = 0;
        enum err err = db_exec(
            tx, &q_ads_account_put,
            ARGS(a_str("platform", of->platform), a_str("external_id", a->id),
                 a_int("connection_id", of->connection_id),
                 a_str("name", a->name.len ? a->name : a->id), a_str("currency", a->currency),
                 a_str("tz", a->tz), a_int("status", a->status),
                 a_int("amount_spent_micros",
                       a->amount_spent_micros.known ? a->amount_spent_micros.v : 0),
                 a_opt("role", a->role), a_opt("business", a->business),
                 a_maybe("balance_micros", a->balance_micros),
                 a_maybe("spend_cap_micros", a->spend_cap_micros),
                 a_maybe("disable_reason", a->disable_reason), a_int("at", now_ms(tx_ctx(tx)))),
            &rows);
        if (err)
            return err;
        *changed += rows;
    }
    return OK;
}

enum err connection_note(struct tx *tx, int64_t id, struct str state, struct str reason,
                         int64_t *changed)
{
    enum err err;
    int64_t rows = 0;

    TRY(db_exec(tx, &q_ads_connection_state,
                ARGS(a_int("id", id), a_str("state", state), a_opt("reason", reason)), &rows));
    *changed += rows;
    if (str_eq(state, S("reconnect"))) {
        TRY(db_exec(tx, &q_ads_accounts_reconnect,
                    ARGS(a_int("connection_id", id), a_opt("error", reason)), &rows));
        *changed += rows;
    }
    TRY(db_exec(tx, &q_ads_connection_checked,
                ARGS(a_int("id", id), a_int("at", now_ms(tx_ctx(tx)))), NULL));
out:
    return err;
}

enum err account_find(struct tx *tx, struct str external_id, int64_t *id)
{
    enum err err;
    bool found;

    if (str_starts(external_id, S("act_")))
        external_id = (struct str){external_id.ptr + 4, external_id.len - 4};
    TRY(db_get_int(tx, &q_ads_account_find, ARGS(a_str("external_id", external_id)), id, &found));
    if (!found)
        err = tx_fail(tx, ERR_NOT_FOUND,
                      "no ad account %.*s was seen yet; run `trafficd sync ads` first",
                      STR_FMT(external_id));
out:
    return err;
}

enum err accounts_each(struct tx *tx, struct str today,
                       void (*row)(void *self, const struct account_row *a), void *self)
{
    enum err err;
    struct rows *rows = NULL;
    struct scope all = {.all = true};

    TRY(db_query(tx, &q_ads_accounts_list,
                 ARGS(SCOPE_ARGS(all), a_null("id"), a_str("today", today),
                      a_int("now", now_ms(tx_ctx(tx)))),
                 &rows));
    while (rows_next(rows))
        row(self, &(struct account_row){.external_id = col_str(rows, "external_id"),
                                        .name = col_str(rows, "name"),
                                        .currency = col_str(rows, "currency"),
                                        .tz = col_str(rows, "tz"),
                                        .team_name = col_str(rows, "team_name"),
                                        .sync_state = col_str(rows, "sync_state"),
                                        .sync_error = col_str(rows, "sync_error")});
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err check_whose(struct tx *tx, const struct binding_new *b)
{
    enum err err;
    struct rows *rows = NULL;
    bool has_team = false, has_user = false;

    TRY(db_query(tx, &q_ads_binding_whose,
                 ARGS(a_int("team_id", b->team_id), a_int("user_id", b->user_id)), &rows));
    while (rows_next(rows)) {
        has_team = col_int(rows, "teams");
        has_user = !b->user_id || col_int(rows, "users");
    }
    TRY(rows_end(&rows));
    if (!has_team)
        fail_field(tx_ctx(tx), "team_id", "not_found");
    if (!has_user)
        fail_field(tx_ctx(tx), "user_id", "not_found");
    if (ctx_fields(tx_ctx(tx)))
        err = tx_fail(tx, ERR_FIELDS, "the account cannot be theirs");
out:
    rows_drop(&rows);
    return err;
}

enum err binding_create(struct tx *tx, const struct binding_new *b, int64_t *id)
{
    enum err err;
    struct arena *arena = tx_ctx(tx)->arena;
    int64_t overlapping;

    TRY(check_whose(tx, b));
    TRY(db_exec(tx, &q_ads_binding_close_open,
                ARGS(a_int("account_id", b->account_id), a_str("valid_from", b->valid_from),
                     a_str("day_before", day_add(arena, b->valid_from, -1))),
                NULL));
    TRY(db_get_int(tx, &q_ads_binding_overlap,
                   ARGS(a_int("account_id", b->account_id), a_str("valid_from", b->valid_from),
                        a_opt("valid_to", b->valid_to)),
                   &overlapping, NULL));
    if (overlapping)
        TRY(tx_fail(tx, ERR_CONFLICT, "the account belongs to a team already in that period"));
    TRY(db_get_int(tx, &q_ads_binding_insert,
                   ARGS(a_int("account_id", b->account_id), a_int("team_id", b->team_id),
                        a_id("user_id", b->user_id), a_str("valid_from", b->valid_from),
                        a_opt("valid_to", b->valid_to), a_int("at", now_ms(tx_ctx(tx)))),
                   id, NULL));
    TRY(db_exec(tx, &q_ads_mark_days,
                ARGS(a_int("account_id", b->account_id), a_str("from_day", b->valid_from)), NULL));
    TRY(version_bump(tx));
out:
    return err;
}
