/* ads_lists.c: ad sets and ads with what stands on them, and which campaigns are watched. */
#include "ads/ads_inside.h"
#include "ads/list_routes.h"
#include "ads/lists.sql.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"

static void write_money(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    json_key(j, key);
    if (col_is_null(rows, col))
        json_null(j);
    else
        json_dec(j, col_int(rows, col), MONEY_SCALE);
}

/* JSON as the platform said it, or null. */
static void write_json(struct json_out *j, const char *key, struct rows *rows, const char *col)
{
    struct str text = col_str(rows, col);

    json_key(j, key);
    if (text.len)
        json_raw(j, text);
    else
        json_null(j);
}

static void write_ad_set(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "campaign_id"), json_int(j, col_int(rows, "campaign_id"));
    json_opt_str(j, "status", rows, "status");
    json_opt_str(j, "effective_status", rows, "effective_status");
    json_opt_str(j, "optimization_goal", rows, "optimization_goal");
    json_opt_str(j, "billing_event", rows, "billing_event");
    write_json(j, "targeting", rows, "targeting");
    write_money(j, "daily_budget", rows, "daily_budget_micros");
    write_money(j, "lifetime_budget", rows, "lifetime_budget_micros");
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_opt_int(j, "start_at", rows, "start_at");
    json_opt_int(j, "stop_at", rows, "stop_at");
    json_key(j, "ads"), json_int(j, col_int(rows, "ads"));
    json_key(j, "seen_at"), json_int(j, col_int(rows, "seen_at"));
    json_end(j);
}

static void write_ad(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "campaign_id"), json_int(j, col_int(rows, "campaign_id"));
    json_key(j, "ad_set_id"), json_int(j, col_int(rows, "ad_set_id"));
    json_opt_str(j, "status", rows, "status");
    json_opt_str(j, "effective_status", rows, "effective_status");
    json_opt_str(j, "url_tags", rows, "url_tags");
    json_opt_str(j, "creative_id", rows, "creative_id");
    write_json(j, "creative", rows, "creative");
    json_opt_str(j, "thumbnail_url", rows, "thumbnail_url");
    json_key(j, "seen_at"), json_int(j, col_int(rows, "seen_at"));
    json_end(j);
}

enum err ad_set_list(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t campaign;

    query_id(rq, "campaign", &campaign);
    if (!campaign && !rq->cx.fields)
        fail_field(&rq->cx, "campaign", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(answer_list(rq, rs, &q_lists_ad_sets,
                    ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("campaign_id", campaign)),
                    write_ad_set));
out:
    return err;
}

enum err ad_list(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t campaign, ad_set;

    query_id(rq, "campaign", &campaign);
    query_id(rq, "ad_set", &ad_set);
    if (!campaign && !ad_set && !rq->cx.fields)
        fail_field(&rq->cx, "ad_set", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(answer_list(rq, rs, &q_lists_ads,
                    ARGS(SCOPE_ARGS(user_scope(rq->user)), a_id("campaign_id", campaign),
                         a_id("ad_set_id", ad_set)),
                    write_ad));
out:
    return err;
}

/* ---- campaigns that are watched ---- */

static void write_campaign(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "is_tracked"), json_bool(j, col_int(rows, "is_tracked"));
    json_end(j);
}

static enum err campaign_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    return row_json(tx, &q_lists_campaign, ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", id)),
                    write_campaign, out);
}

static enum err apply_track(struct tx *tx, int64_t id, const void *is_tracked)
{
    return db_exec(tx, &q_lists_campaign_track,
                   ARGS(a_int("id", id), a_int("is_tracked", *(const bool *)is_tracked)), NULL);
}

enum err campaign_track(struct req *rq, struct resp *rs)
{
    return answer_track(rq, rs,
                        &(struct row_change){.entity = "campaign",
                                             .action = "campaign.track",
                                             .json = campaign_json,
                                             .apply = apply_track});
}

static enum err track_all(struct tx *tx, struct req *rq, const struct json_in *ids, bool is_tracked)
{
    struct json_iter it = json_iter(ids);
    const struct json_in *item;

    while ((item = json_next(&it, NULL))) {
        enum err err;
        struct str before, after;
        int64_t id = 0;
        if (!json_as_int(item, &id))
            return tx_fail(tx, ERR_INPUT, "an id is a number");
        err = campaign_json(tx, rq, id, &before);
        if (!err)
            err = apply_track(tx, id, &is_tracked);
        if (!err)
            err = campaign_json(tx, rq, id, &after);
        if (!err && !str_eq(before, after))
            err = audit_change(tx, rq, "campaign.track", "campaign", id, before, after);
        if (err)
            return err;
    }
    return OK;
}

/* Many at once: all of them, or none. */
enum err campaigns_track(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"ids", "is_tracked", NULL};
    const struct json_in *body, *ids;
    struct tx *tx = NULL;
    bool is_tracked = false;

    TRY(req_json(rq, allowed, &body));
    ids = json_get(body, "ids");
    if (json_type(ids) != JSON_ARR || !json_len(ids))
        fail_field(&rq->cx, "ids", "missing");
    if (!json_as_bool(json_get(body, "is_tracked"), &is_tracked))
        fail_field(&rq->cx, "is_tracked", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(track_all(tx, rq, ids, is_tracked));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}
