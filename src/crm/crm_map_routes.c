/* crm_map_routes.c: the webhook's keys, which field says what, users, and what was read when. */
#include "crm/crm_map_routes.h"
#include "base/calendar.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"
#include "core/webhook_key.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/syncs.sql.h"

enum { MOST_FIELDS = 500, PAGE = 100, PAGE_MAX = 500 };

/* ---- the webhook's keys ---- */

static void write_key(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "hint"), json_str(j, col_str(rows, "hint"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "retired_at", rows, "retired_at");
    json_end(j);
}

enum err crm_key_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_crm_webhook_keys, NO_ARGS, write_key);
}

enum err crm_key_new(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 512);
    struct str key;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(crm_hook_key_new(tx, rq->app, &key));
    TRY(audit_change(tx, rq, "crm.webhook_key", "webhook_key", 0, (struct str){0},
                     (struct str){0}));
    TRY(tx_commit(tx));
    webhook_keys_forget(rq->app->hooks);
    json_obj(j);
    json_key(j, "url"), json_str(j, crm_hook_url(rq->cx.arena, rq->app, key));
    json_key(j, "hint"), json_str(j, (struct str){key.ptr + key.len - 4, 4});
    json_end(j);
    TRY(resp_json(rs, j));
    resp_status(rs, 201);
out:
    tx_end(&tx);
    return err;
}

enum err crm_key_retire_old(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(webhook_key_retire_old(tx, S(CRM_HOOK_SOURCE)));
    TRY(audit_change(tx, rq, "crm.webhook_keys_retire", "webhook_key", 0, (struct str){0},
                     (struct str){0}));
    TRY(tx_commit(tx));
    webhook_keys_forget(rq->app->hooks);
    scheduler_nudge(rq->app->scheduler, "crm.watch");
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

/* ---- fields and users ---- */

static void write_field(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_opt_str(j, "code", rows, "code");
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_opt_str(j, "utm_code", rows, "utm_code");
    json_end(j);
}

static void write_user(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_end(j);
}

enum err crm_field_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_crm_fields, NO_ARGS, write_field);
}

enum err crm_user_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_crm_users, NO_ARGS, write_user);
}

struct field_change {
    struct str external_id, utm_code;
};
struct field_changes {
    struct field_change *at;
    size_t n, cap;
};

static bool is_utm_code(struct str s)
{
    static const char *const codes[] = {"UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT",
                                        "UTM_TERM",   "FBCLID",     "PREPAID"};

    for (size_t i = 0; i < COUNT(codes); i++)
        if (str_eq(s, str_of(codes[i])))
            return true;
    return !s.len;
}

static enum err read_changes(struct req *rq, struct field_changes *out)
{
    enum err err;
    static const char *const allowed[] = {"items", NULL};
    const struct json_in *body, *item;

    TRY(req_json(rq, allowed, &body));
    const struct json_in *items = json_get(body, "items");
    if (json_type(items) != JSON_ARR || json_len(items) > MOST_FIELDS)
        fail_field(&rq->cx, "items", "not_a_list");
    TRY(ctx_fields(&rq->cx));
    struct json_iter it = json_iter(items);
    while ((item = json_next(&it, NULL)) != NULL) {
        struct field_change *c = vec_add(rq->cx.arena, out);
        input_text(&rq->cx, item, "external_id", 1, 40, &c->external_id);
        input_text(&rq->cx, item, "utm_code", 0, 40, &c->utm_code);
        if (!is_utm_code(c->utm_code))
            fail_field(&rq->cx, "utm_code", "unknown");
    }
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

enum err crm_field_put(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct field_changes changes = {0};

    TRY(read_changes(rq, &changes));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < changes.n; i++) {
        int64_t changed = 0;
        TRY(db_exec(tx, &q_crm_field_map,
                    ARGS(a_str("external_id", changes.at[i].external_id),
                         a_opt("utm_code", changes.at[i].utm_code)),
                    &changed));
        if (!changed)
            TRY(tx_fail(tx, ERR_NOT_FOUND, "the CRM has no field %.*s",
                        STR_FMT(changes.at[i].external_id)));
    }
    TRY(audit_change(tx, rq, "crm.fields", "crm_field", 0, (struct str){0}, rq->body));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    tx_end(&tx);
    TRY(crm_field_list(rq, rs));
out:
    tx_end(&tx);
    return err;
}

/* ---- reads ---- */

static void write_sync(struct json_out *j, struct rows *rows)
{
    static const char *const counts[] = {"same", "missed", "changed", "failed", "waiting"};
    static const char *const cols[] = {"n_same", "n_missed", "n_changed", "n_failed", "n_waiting"};

    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "from_at"), json_int(j, col_int(rows, "from_at"));
    json_key(j, "to_at"), json_int(j, col_int(rows, "to_at"));
    json_key(j, "started_at"), json_int(j, col_int(rows, "started_at"));
    json_opt_int(j, "finished_at", rows, "finished_at");
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_key(j, "seen"), json_int(j, col_int(rows, "n_seen"));
    for (size_t i = 0; i < COUNT(counts); i++)
        json_key(j, counts[i]), json_int(j, col_int(rows, cols[i]));
    json_opt_str(j, "error", rows, "error");
    json_end(j);
}

enum err crm_sync_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_crm_syncs, NO_ARGS, write_sync);
}

/* One read for each connected account; the first one's id is said. */
static enum err begin_bulk(struct req *rq, int64_t from, int64_t to, int64_t *first)
{
    enum err err;
    struct tx *tx = NULL;
    struct crm_links list = {0};
    int64_t id;

    *first = 0;
    TRY(crm_links_load(&rq->cx, rq->app, 0, &list));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    if (!list.n)
        TRY(tx_fail(tx, ERR_CONFLICT, "no CRM is connected: connect one first"));
    for (size_t i = 0; i < list.n; i++) {
        TRY(db_get_int(tx, &q_crm_sync_begin,
                       ARGS(a_int("crm_account_id", list.at[i].crm_account_id),
                            a_str("kind", S("bulk")), a_int("from_at", from), a_int("to_at", to),
                            a_int("at", now_ms(&rq->cx))),
                       &id, NULL));
        *first = *first ? *first : id;
    }
    TRY(audit_change(tx, rq, "crm.bulk", "crm_sync", *first, (struct str){0}, rq->body));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err crm_sync_ask(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"from", "to", NULL};
    const struct json_in *body;
    struct str from = {0}, to = {0};
    struct date first, last;
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    input_day(&rq->cx, body, "from", true, &from);
    input_day(&rq->cx, body, "to", true, &to);
    TRY(ctx_fields(&rq->cx));
    if (day_diff(from, to) < 0)
        fail_field(&rq->cx, "to", "before_from");
    TRY(ctx_fields(&rq->cx));
    if (!day_parse(from, &first) || !day_parse(day_add(rq->cx.arena, to, 1), &last))
        return fail(&rq->cx, ERR_INPUT, "the days are out of range");
    TRY(begin_bulk(rq, instant_of(rq->app->zone, first, 0, 0),
                   instant_of(rq->app->zone, last, 0, 0) - 1000, &id));
    scheduler_nudge(rq->app->scheduler, "crm.bulk");
    TRY(answer_json(rs, 202, arena_fmt(rq->cx.arena, "{\"id\":%lld}", (long long)id)));
out:
    return err;
}

static void write_result(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "deal_id"), json_str(j, col_str(rows, "deal_id"));
    json_key(j, "outcome"), json_str(j, col_str(rows, "outcome"));
    json_opt_str(j, "detail", rows, "detail");
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_opt_int(j, "sale_id", rows, "sale_id");
    json_end(j);
}

struct results_ask {
    int64_t sync_id, limit;
    struct str outcome, cursor;
};

static enum err find_sync(struct tx *tx, int64_t sync_id)
{
    enum err err;
    int64_t id;
    bool found;

    TRY(db_get_int(tx, &q_crm_sync_exists, ARGS(a_int("id", sync_id)), &id, &found));
    if (!found)
        err = tx_fail(tx, ERR_NOT_FOUND, "no read %lld", (long long)sync_id);
out:
    return err;
}

static enum err write_results(struct req *rq, struct json_out *j, const struct results_ask *ask)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct str last = {0};
    int64_t n = 0;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(find_sync(tx, ask->sync_id));
    TRY(db_query(tx, &q_crm_results,
                 ARGS(a_int("sync_id", ask->sync_id), a_opt("outcome", ask->outcome),
                      a_opt("cursor", ask->cursor), a_int("limit", ask->limit + 1)),
                 &rows));
    while (rows_next(rows)) {
        if (++n > ask->limit)
            break;
        write_result(j, rows);
        last = col_str(rows, "deal_id");
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next");
    n > ask->limit ? json_str(j, last) : json_null(j);
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

enum err crm_sync_results(struct req *rq, struct resp *rs)
{
    static const char *const outcomes[] = {"",        "waiting", "same", "missed",
                                           "changed", "failed",  NULL};
    enum err err;
    struct results_ask ask = {.limit = PAGE};
    struct json_out *j = json_out_new(&rq->cx, 8192);
    int64_t deal_id;

    TRY(param_id(rq, 0, &ask.sync_id));
    ask.outcome = str_of(query_choice(rq, "outcome", outcomes));
    query_limit(rq, PAGE_MAX, &ask.limit);
    if (req_query_str(rq, "cursor", &ask.cursor) && !str_to_int(ask.cursor, &deal_id))
        fail_field(&rq->cx, "cursor", "not_a_cursor");
    TRY(ctx_fields(&rq->cx));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    TRY(write_results(rq, j, &ask));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}
