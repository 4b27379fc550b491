/* attribution_store.c: subjects in, credits out. */
#include "attribution/attribution.sql.h"
#include "attribution/attribution_inside.h"
#include "core/dirty.h"
#include "sales/sales.h"

enum err subjects_read(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                       struct subject_list *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, q, args, n, &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct subject){.id = col_int(rows, "id"),
                             .kind = col_str(rows, "kind"),
                             .day = col_str(rows, "day"),
                             .state = col_str(rows, "state"),
                             .utm = utm_of_row(rows),
                             .team_id = col_int(rows, "team_id"),
                             .user_id = col_int(rows, "user_id"),
                             .campaign_id = col_int(rows, "campaign_id"),
                             .ad_id = col_int(rows, "ad_id"),
                             .rule_set_id = col_int(rows, "rule_set_id"),
                             .rule_id = col_int(rows, "rule_id"),
                             .reason = col_str(rows, "reason")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err find_ad(struct tx *tx, const struct subject *s, struct clues *c, struct verdict *v)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_attribution_find_ad,
                 ARGS(a_str("content", str_trim(s->utm.content)), a_str("day", s->day)), &rows));
    if (rows_next(rows)) {
        v->ad_id = col_int(rows, "ad_id");
        v->ad_set_id = col_int(rows, "ad_set_id");
        v->campaign_id = col_int(rows, "campaign_id");
        c->ad_ext = col_str(rows, "ad_ext");
        c->campaign_ext = col_str(rows, "campaign_ext");
        c->bound_team_id = col_int(rows, "team_id");
        c->bound_user_id = col_int(rows, "user_id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err find_campaign(struct tx *tx, const struct subject *s, struct clues *c,
                              struct verdict *v)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_attribution_find_campaign,
                 ARGS(a_str("campaign", str_trim(s->utm.campaign)), a_str("day", s->day)), &rows));
    if (rows_next(rows)) {
        v->campaign_id = col_int(rows, "campaign_id");
        c->campaign_ext = col_str(rows, "campaign_ext");
        c->bound_team_id = col_int(rows, "team_id");
        c->bound_user_id = col_int(rows, "user_id");
    }
    /* A name that two campaigns share points at neither; an id does. */
    if (v->campaign_id && !str_eq(c->campaign_ext, str_trim(s->utm.campaign)) && rows_next(rows)) {
        v->campaign_id = c->bound_team_id = c->bound_user_id = 0;
        c->campaign_ext = (struct str){0};
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err subject_decide(struct tx *tx, const struct rule_set *rules, const struct subject *s,
                        struct verdict *v)
{
    enum err err = OK;
    struct clues clues = {.utm = s->utm, .day = s->day};

    *v = (struct verdict){0};
    if (s->utm.content.len)
        TRY(find_ad(tx, s, &clues, v));
    if (!v->ad_id && s->utm.campaign.len)
        TRY(find_campaign(tx, s, &clues, v));
    v->decision = attribution_decide(tx_ctx(tx)->arena, rules, &clues);
    v->has_moved = !s->reason.len || v->decision.team_id != s->team_id ||
                   v->decision.user_id != s->user_id || v->campaign_id != s->campaign_id ||
                   v->ad_id != s->ad_id;
out:
    return err;
}

static enum err log_move(struct tx *tx, const struct subject *s, const struct verdict *v,
                         int64_t version)
{
    enum err err;
    struct json_out *j = json_out_new(tx_ctx(tx), 128);
    struct str metadata;

    json_obj(j);
    json_key(j, "reason"), json_str(j, str_of(v->decision.reason));
    json_key(j, "rule_set"), json_int(j, version);
    json_key(j, "from_team"), s->team_id ? json_int(j, s->team_id) : json_null(j);
    json_end(j);
    TRY(json_finish(j, &metadata));
    TRY(sale_log(tx, &(struct sale_activity){.sale_id = s->id,
                                             .action = "attributed",
                                             .state = s->state,
                                             .team_id = v->decision.team_id,
                                             .user_id = v->decision.user_id,
                                             .metadata = metadata}));
out:
    return err;
}

enum err subject_store(struct tx *tx, const struct rule_set *rules, const struct subject *s,
                       const struct verdict *v)
{
    enum err err;
    bool is_sale = str_eq(s->kind, S("sale"));

    if (!v->has_moved && s->rule_set_id == rules->id && s->rule_id == v->decision.rule_id &&
        str_eq(s->reason, str_of(v->decision.reason)))
        return OK;
    TRY(db_exec(tx, &q_attribution_credit_put,
                ARGS(a_str("subject_kind", s->kind), a_int("subject_id", s->id),
                     a_id("team_id", v->decision.team_id), a_id("user_id", v->decision.user_id),
                     a_int("rule_set_id", rules->id), a_id("rule_id", v->decision.rule_id),
                     a_str("reason", str_of(v->decision.reason)),
                     a_id("campaign_id", v->campaign_id), a_id("ad_set_id", v->ad_set_id),
                     a_id("ad_id", v->ad_id), a_int("at", now_ms(tx_ctx(tx)))),
                NULL));
    if (!v->has_moved)
        return OK;
    TRY(dirty_day(tx, s->day));
    if (is_sale) {
        TRY(db_exec(tx, &q_attribution_mark_payment_days, ARGS(a_int("sale_id", s->id)), NULL));
        TRY(log_move(tx, s, v, rules->id));
    }
out:
    return err;
}
