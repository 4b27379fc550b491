/* ads_days.c: how well an account's days are known; an ad's day with all that was said of it, down
 * to the platform's own row. */
#include "ads/ads_inside.h"
#include "ads/list_routes.h"
#include "ads/lists.sql.h"
#include "base/calendar.h"
#include "base/crypto.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"

/* ---- days of an account ---- */

struct period {
    struct str from, to; /* to empty = still */
};
struct day_line {
    struct str state, error;
    struct maybe_int rows, synced_at, ads, account, residual;
};
struct account_lines {
    struct range range;
    struct str currency, today;
    VEC(struct period) periods;
    bool sees_all;
    struct day_line *lines; /* one per day of the range */
};

static struct maybe_int maybe(struct rows *rows, const char *col)
{
    return (struct maybe_int){!col_is_null(rows, col), col_int(rows, col)};
}

static void write_micros(struct json_out *j, const char *key, struct maybe_int v)
{
    json_key(j, key);
    if (v.known)
        json_dec(j, v.v, MONEY_SCALE);
    else
        json_null(j);
}

static void write_number(struct json_out *j, const char *key, struct maybe_int v)
{
    json_key(j, key);
    if (v.known)
        json_int(j, v.v);
    else
        json_null(j);
}

static enum err find_account(struct tx *tx, struct req *rq, int64_t id, struct account_lines *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct scope scope = user_scope(rq->user);
    bool found;

    TRY(db_query(tx, &q_lists_account, ARGS(SCOPE_ARGS(scope), a_int("id", id)), &rows));
    if ((found = rows_next(rows)))
        out->currency = col_str(rows, "currency");
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no account %lld", (long long)id));
    out->sees_all = scope.all;
    TRY(db_query(tx, &q_lists_account_periods,
                 ARGS(a_int("id", id), a_int("scope_team", scope.team_id)), &rows));
    while (rows_next(rows))
        *vec_add(rq->cx.arena, &out->periods) =
            (struct period){col_str(rows, "valid_from"), col_str(rows, "valid_to")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err load_lines(struct tx *tx, int64_t id, struct account_lines *out)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct rows *rows = NULL;
    struct account account = {.id = id};
    int64_t days = day_diff(out->range.from, out->range.to) + 1;

    out->lines = arena_alloc(a, (size_t)days * sizeof *out->lines, _Alignof(struct day_line));
    TRY(db_query(tx, &q_lists_account_external, ARGS(a_int("id", id)), &rows));
    if (rows_next(rows))
        account.external_id = col_str(rows, "external_id");
    TRY(rows_end(&rows));
    TRY(db_query(tx, &q_lists_account_days,
                 ARGS(a_int("id", id), a_str("from_day", out->range.from),
                      a_str("to_day", out->range.to), a_str("residual", residual_id(a, &account))),
                 &rows));
    while (rows_next(rows))
        out->lines[day_diff(out->range.from, col_str(rows, "day"))] =
            (struct day_line){.state = col_str(rows, "state"),
                              .error = col_str(rows, "error"),
                              .rows = maybe(rows, "n_rows"),
                              .synced_at = maybe(rows, "synced_at"),
                              .ads = maybe(rows, "ads_spend_micros"),
                              .account = maybe(rows, "account_spend_micros"),
                              .residual = maybe(rows, "residual_micros")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static bool is_visible(const struct account_lines *l, struct str day)
{
    for (size_t i = 0; i < l->periods.n; i++) {
        const struct period *p = &l->periods.at[i];
        if (day_diff(p->from, day) >= 0 && (!p->to.len || day_diff(day, p->to) >= 0))
            return true;
    }
    return l->sees_all;
}

static void write_line(struct json_out *j, const struct account_lines *l, struct str day,
                       const struct day_line *line)
{
    json_obj(j);
    json_key(j, "day"), json_str(j, day);
    json_key(j, "state"), json_str(j, line->state.len ? line->state : S("missing"));
    write_number(j, "rows", line->rows);
    write_number(j, "synced_at", line->synced_at);
    json_key(j, "error");
    if (line->error.len)
        json_str(j, line->error);
    else
        json_null(j);
    write_micros(j, "ads_spend", line->ads);
    write_micros(j, "account_spend", line->account);
    write_micros(j, "residual", line->residual);
    json_key(j, "currency"), json_str(j, l->currency);
    json_end(j);
}

enum err account_days(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct account_lines l = {0};
    struct json_out *j = json_out_new(&rq->cx, 4096);
    int64_t id;

    TRY(param_id(rq, 0, &id));
    query_range(rq, &l.range);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_account(tx, rq, id, &l));
    TRY(load_lines(tx, id, &l));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    for (int64_t i = 0; i <= day_diff(l.range.from, l.range.to); i++) {
        struct str day = day_add(rq->cx.arena, l.range.from, i);
        if (is_visible(&l, day))
            write_line(j, &l, day, &l.lines[i]);
    }
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* ---- an account read again ---- */

static enum err mark_again(struct req *rq, int64_t id, int64_t days)
{
    enum err err;
    struct tx *tx = NULL;
    struct account_lines l = {0};
    struct str today = day_at(rq->cx.arena, rq->app->zone, now_ms(&rq->cx));
    bool is_deep = days > rq->app->config.restate_days;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(find_account(tx, rq, id, &l));
    TRY(db_exec(tx, &q_lists_history_again, ARGS(a_int("id", id), a_int("is_deep", is_deep)),
                NULL));
    if (days)
        TRY(db_exec(tx, &q_lists_days_again,
                    ARGS(a_int("id", id), a_str("from_day", day_add(rq->cx.arena, today, -days))),
                    NULL));
    TRY(audit_change(tx, rq, "account.sync", "ad_account", id, (struct str){0}, (struct str){0}));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* A pause that the platform asked for ends; with days, those are read again. */
enum err account_sync_now(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"days", NULL};
    const struct json_in *body;
    int64_t id, days = 0;

    TRY(param_id(rq, 0, &id));
    TRY(req_json(rq, allowed, &body));
    if (input_has(body, "days") &&
        (!json_as_int(json_get(body, "days"), &days) || days < 1 || days > 1150))
        fail_field(&rq->cx, "days", "out_of_range");
    TRY(ctx_fields(&rq->cx));
    TRY(mark_again(rq, id, days));
    scheduler_nudge(rq->app->scheduler, "ads.sync");
    if (days)
        scheduler_nudge(rq->app->scheduler, "ads.history");
    TRY(answer_json(rs, 202, S("{\"ok\":true}")));
out:
    return err;
}

/* ---- an ad's day ---- */

struct ad_at { /* an ad on a day, as far as the user may see it */
    int64_t id, account_id;
    struct str day, external_id, currency, json;
};

static void write_head(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "account_id"), json_int(j, col_int(rows, "account_id"));
    json_key(j, "campaign_id"), json_int(j, col_int(rows, "campaign_id"));
    json_key(j, "campaign_name"), json_str(j, col_str(rows, "campaign_name"));
    json_key(j, "ad_set_id"), json_int(j, col_int(rows, "ad_set_id"));
    json_key(j, "ad_set_name"), json_str(j, col_str(rows, "ad_set_name"));
    json_end(j);
}

static enum err find_ad(struct tx *tx, struct req *rq, struct ad_at *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(&rq->cx, 512);
    struct date day;
    bool found;

    TRY(param_id(rq, 0, &out->id));
    out->day = rq->path_params[1];
    if (!day_parse(out->day, &day))
        return fail(&rq->cx, ERR_NOT_FOUND, "no such day");
    TRY(db_query(
        tx, &q_day_ad,
        ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", out->id), a_str("day", out->day)),
        &rows));
    found = rows_next(rows);
    if (found) {
        out->account_id = col_int(rows, "account_id");
        out->external_id = col_str(rows, "external_id");
        out->currency = col_str(rows, "currency");
        write_head(j, rows);
    }
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no ad %lld of theirs on that day", (long long)out->id));
    TRY(json_finish(j, &out->json));
out:
    rows_drop(&rows);
    return err;
}

static void write_version(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "version"), json_int(j, col_int(rows, "version"));
    json_key(j, "spend"), json_dec(j, col_int(rows, "spend_micros"), MONEY_SCALE);
    json_key(j, "impressions"), json_int(j, col_int(rows, "impressions"));
    json_key(j, "clicks"), json_int(j, col_int(rows, "clicks"));
    json_key(j, "link_clicks"), json_int(j, col_int(rows, "link_clicks"));
    json_opt_int(j, "reach", rows, "reach");
    json_key(j, "leads"), json_int(j, col_int(rows, "leads"));
    json_key(j, "purchases"), json_int(j, col_int(rows, "purchases"));
    json_key(j, "purchase_value"), json_dec(j, col_int(rows, "purchase_micros"), MONEY_SCALE);
    json_key(j, "learned_at"), json_int(j, col_int(rows, "learned_at"));
    json_opt_int(j, "replaced_at", rows, "replaced_at");
    json_key(j, "has_raw"), json_bool(j, !col_is_null(rows, "raw_id"));
    json_end(j);
}

enum err ad_day(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct ad_at ad = {0};
    struct json_out *j = json_out_new(&rq->cx, 2048);

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_ad(tx, rq, &ad));
    json_obj(j);
    json_key(j, "ad"), json_raw(j, ad.json);
    json_key(j, "day"), json_str(j, ad.day);
    json_key(j, "currency"), json_str(j, ad.currency);
    json_key(j, "versions"), json_arr(j);
    TRY(db_query(tx, &q_day_versions,
                 ARGS(a_int("account_id", ad.account_id), a_str("day", ad.day), a_int("id", ad.id)),
                 &rows));
    while (rows_next(rows))
        write_version(j, rows);
    TRY(rows_end(&rows));
    json_end(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* version 0: what stands now, or stood last. */
static enum err raw_id_of(struct tx *tx, const struct ad_at *ad, int64_t version, int64_t *raw_id)
{
    enum err err;
    struct rows *rows = NULL;

    *raw_id = 0;
    TRY(db_query(
        tx, &q_day_versions,
        ARGS(a_int("account_id", ad->account_id), a_str("day", ad->day), a_int("id", ad->id)),
        &rows));
    while (rows_next(rows)) {
        bool is_it = !version || version == col_int(rows, "version");
        if (is_it && !*raw_id)
            *raw_id = col_int(rows, "raw_id");
        if (is_it)
            version = -1;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err ad_day_raw(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct ad_at ad = {0};
    struct raw_row row;
    struct json_out *j = json_out_new(&rq->cx, 2048);
    int64_t version = 0, raw_id;
    struct str text;

    if (req_query_str(rq, "version", &text) && (!str_to_int(text, &version) || version < 1))
        fail_field(&rq->cx, "version", "out_of_range");
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_ad(tx, rq, &ad));
    TRY(raw_id_of(tx, &ad, version, &raw_id));
    row = (struct raw_row){.day = ad.day, .ad = ad.external_id};
    if (str_starts(row.ad, S(RESIDUAL_PREFIX)))
        row.ad = (struct str){0}; /* it comes of the account's own row */
    TRY(raw_find(tx, raw_id, &row));
    if (!row.row.len)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "the platform's own words were not kept"));
    json_obj(j);
    json_key(j, "received_at"), json_int(j, row.received_at);
    json_key(j, "sha256"), json_str(j, hex_text(rq->cx.arena, row.sha256));
    json_key(j, "row"), json_raw(j, row.row);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}
