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
                             .ad_ext = col_str(rows, "ad_external_id"),
                             .campaign_ext = col_str(rows, "campaign_external_id"),
                             .responsible_id = col_str(rows, "responsible_id"),
                             .lead_id = col_int(rows, "lead_id"),
                             .person_id = col_int(rows, "person_id"),
                             .created_at = col_int(rows, "created_at"),
                             .latest_at = col_int(rows, "latest_at"),
                             .via_lead_id = col_int(rows, "via_lead_id"),
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

static bool has_tags(const struct subject *s)
{
    const struct utm *u = &s->utm;

    return u->source.len || u->medium.len || u->campaign.len || u->content.len || u->term.len ||
           s->ad_ext.len || s->campaign_ext.len;
}

/* Who came back without a tag is still who an ad brought before. */
static enum err borrow_tags(struct tx *tx, struct subject *s, int64_t *via_lead_id)
{
    enum err err = OK;
    struct rows *rows = NULL;

    if (!s->person_id || has_tags(s))
        return OK;
    TRY(db_query(tx, &q_attribution_find_tags,
                 ARGS(a_int("person_id", s->person_id), a_int("lead_id", s->lead_id),
                      a_int("created_at", s->created_at), a_int("latest_at", s->latest_at)),
                 &rows));
    if (rows_next(rows)) {
        *via_lead_id = col_int(rows, "id");
        s->utm = utm_of_row(rows);
        s->ad_ext = col_str(rows, "ad_external_id");
        s->campaign_ext = col_str(rows, "campaign_external_id");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err find_ad(struct tx *tx, struct str id, struct clues *c, struct verdict *v)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_attribution_find_ad,
                 ARGS(a_str("content", str_trim(id)), a_str("day", c->day)), &rows));
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

static enum err find_campaign(struct tx *tx, struct str said, struct clues *c, struct verdict *v)
{
    enum err err;
    struct rows *rows = NULL;
    struct str found;

    TRY(db_query(tx, &q_attribution_find_campaign,
                 ARGS(a_str("campaign", str_trim(said)), a_str("day", c->day)), &rows));
    if (rows_next(rows)) {
        v->campaign_id = col_int(rows, "campaign_id");
        found = col_str(rows, "campaign_ext");
        c->bound_team_id = col_int(rows, "team_id");
        c->bound_user_id = col_int(rows, "user_id");
        /* A name that two campaigns share points at neither; an id does. */
        if (!str_eq(found, str_trim(said)) && rows_next(rows))
            v->campaign_id = c->bound_team_id = c->bound_user_id = 0;
        else
            c->campaign_ext = found;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* What came with it is surer than what the tags say. */
static enum err find_sources(struct tx *tx, const struct subject *s, struct clues *c,
                             struct verdict *v)
{
    enum err err = OK;

    if (s->ad_ext.len)
        TRY(find_ad(tx, s->ad_ext, c, v));
    if (!v->ad_id && s->utm.content.len)
        TRY(find_ad(tx, s->utm.content, c, v));
    if (!v->campaign_id && s->campaign_ext.len)
        TRY(find_campaign(tx, s->campaign_ext, c, v));
    if (!v->campaign_id && s->utm.campaign.len)
        TRY(find_campaign(tx, s->utm.campaign, c, v));
out:
    return err;
}

enum err subject_decide(struct tx *tx, const struct rule_set *rules, const struct subject *s,
                        struct verdict *v)
{
    enum err err = OK;
    struct subject tagged = *s;

    *v = (struct verdict){0};
    TRY(borrow_tags(tx, &tagged, &v->via_lead_id));
    struct clues clues = {.utm = tagged.utm,
                          .responsible_id = s->responsible_id,
                          .day = s->day,
                          .ad_ext = tagged.ad_ext,
                          .campaign_ext = tagged.campaign_ext};
    TRY(find_sources(tx, &tagged, &clues, v));
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
        s->via_lead_id == v->via_lead_id && str_eq(s->reason, str_of(v->decision.reason)))
        return OK;
    TRY(db_exec(tx, &q_attribution_credit_put,
                ARGS(a_str("subject_kind", s->kind), a_int("subject_id", s->id),
                     a_id("team_id", v->decision.team_id), a_id("user_id", v->decision.user_id),
                     a_int("rule_set_id", rules->id), a_id("rule_id", v->decision.rule_id),
                     a_str("reason", str_of(v->decision.reason)),
                     a_id("campaign_id", v->campaign_id), a_id("ad_set_id", v->ad_set_id),
                     a_id("ad_id", v->ad_id), a_id("via_lead_id", v->via_lead_id),
                     a_int("at", now_ms(tx_ctx(tx)))),
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
