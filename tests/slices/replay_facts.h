/* replay_facts.h: all that the inbox comes to, as text that knows no numbers of rows.
 * The one rule: two databases that were told the same give the same text. */
#pragma once
#include "slice_app.h"

#define LEAD_OF(id) "(select x.source_kind || ' ' || x.external_id from lead x where x.id = " id ")"
#define DEAL_OF(id)                                                                                \
    "(select a.external_id || '/' || x.deal_id from sale x join crm_account a on a.id = "          \
    "x.crm_account_id where x.id = " id ")"
#define TOLD_BY(id)                                                                                \
    "(select i.source || ' ' || i.dedupe_key from inbox_event i where i.id = " id ")"
#define UTM_OF(t)                                                                                  \
    t ".utm_source, " t ".utm_medium, " t ".utm_campaign, " t ".utm_content, " t ".utm_term"
/* The first by name of those who are the same person. */
#define PERSON_OF(id)                                                                              \
    "(select min(o.source_kind || ' ' || o.external_id) from lead o join person q on q.id = "      \
    "o.person_id where coalesce(q.root_id, q.id) = (select coalesce(r.root_id, r.id) from person " \
    "r where r.id = " id "))"

static inline void facts_of(struct ctx *cx, struct slice_app *s, struct str *all,
                            const char *columns, const char *from)
{
    struct str lines = sql_rows(cx, s, columns, from);

    *all = arena_fmt(cx->arena, "%.*s== %s\n%.*s\n", STR_FMT(*all), from, STR_FMT(lines));
}

/* From this table, in the order of the whole line. */
#define FACTS(table, columns) facts_of(cx, s, all, columns, "from " table " order by 1")

static inline void sale_facts(struct ctx *cx, struct slice_app *s, struct str *all)
{
    FACTS("sale s", DEAL_OF("s.id") ", s.state, s.price_micros, s.currency, s.day, s.created_at, "
                                    "s.modified_at, s.won_at, s.learned_at, s.name, s.product_id, "
                                    "s.pipeline_id, s.status_id, "
                                    "s.responsible_id, " UTM_OF("s") ", " LEAD_OF("s.lead_id"));
    FACTS("payment p", DEAL_OF("p.sale_id") ", p.kind, p.amount_micros, p.currency, p.at, p.day, "
                                            "p.learned_at, p.event_key");
    FACTS("deal_event e join crm_account a on a.id = e.crm_account_id",
          "a.external_id, e.deal_id, e.event_key, e.action, e.at, e.learned_at, " TOLD_BY(
              "e.inbox_id") ", e.status_id, e.pipeline_id, e.price_micros, e.name, "
                            "e.responsible_id, e.created_at, e.source, e.is_prepaid, " UTM_OF("e"));
    FACTS("credit c",
          "c.subject_kind, case when c.subject_kind = 'sale' then " DEAL_OF(
              "c.subject_id") " else " LEAD_OF("c.subject_id") " end, c.team_id, c.user_id, "
                                                               "c.reason, c.campaign_id, c.ad_id, "
                                                               "(select r.value from utm_rule r "
                                                               "where r.id = c.rule_id), " LEAD_OF(
                                                                   "c.via_lead_id"));
    FACTS("crm_account a", "a.external_id, a.currency");
    FACTS("stage_map m", "m.pipeline_id, m.status_id, m.stage, m.product_id, m.funnel_stage");
}

static inline void lead_facts(struct ctx *cx, struct slice_app *s, struct str *all)
{
    FACTS("lead l",
          "l.source_kind, l.external_id, l.created_at, l.day, l.learned_at, " TOLD_BY(
              "l.inbox_id") ", l.name, l.phone_tail, l.ad_external_id, l.campaign_external_id, "
                            "l.form_id, l.site_id, " UTM_OF("l") ", " LEAD_OF(
                                "l.duplicate_of") ", " PERSON_OF("l.person_id"));
    FACTS("identity_key k",
          "k.kind, k.subject_kind, case when k.subject_kind = 'lead' then " LEAD_OF(
              "k.subject_id") " else (select e.source || ' ' || e.event_key from stage_event e "
                              "where e.id = "
                              "k.subject_id) end, " PERSON_OF("k.person_id"));
    FACTS("stage_event e",
          "e.source, e.event_key, e.stage, e.at, e.day, e.learned_at, " TOLD_BY(
              "e.inbox_id") ", " LEAD_OF("e.lead_id") ", " PERSON_OF("e.person_id"));
    FACTS("touch t", LEAD_OF("t.lead_id") ", t.position, t.at, t.click_kind, t.click_id, "
                                          "t.referrer, t.landing, " UTM_OF("t"));
    FACTS("lead_ad_fetch f", "f.leadgen_id, f.page_id, f.state, " LEAD_OF("f.lead_id"));
    FACTS("lead_page p", "p.external_id, p.last_lead_at");
}

static inline void other_facts(struct ctx *cx, struct slice_app *s, struct str *all)
{
    FACTS("fx_rate r",
          "r.base, r.day, r.source, r.rate_micros, r.quant, r.rate_day, r.learned_at, " TOLD_BY(
              "r.inbox_id"));
    FACTS("inbox_event i", "i.source, i.dedupe_key, i.received_at, i.state, i.error, i.parser");
}

/* What is built of the facts. */
static inline void sum_facts(struct ctx *cx, struct slice_app *s, struct str *all)
{
    FACTS("rollup_day d",
          "d.day, d.team_id, d.user_id, d.account_id, d.campaign_id, d.ad_id, d.product_id, "
          "d.spend_kzt, d.spend_usd, d.revenue_kzt, d.revenue_usd, d.clicks, d.leads, d.sales, "
          "d.unpriced_kzt, d.unpriced_usd");
    FACTS("rollup_team_day d",
          "d.day, d.team_id, d.user_id, d.product_id, d.spend_kzt, d.spend_usd, d.revenue_kzt, "
          "d.revenue_usd, d.leads, d.sales, d.unpriced_usd, d.n_sources");
    FACTS("period_metric m",
          "m.team_id, m.user_id, m.period, m.period_start, m.period_end, m.spend_usd, m.spend_kzt, "
          "m.revenue_kzt, m.leads, m.express_leads, m.challenge3d_prepayments, m.sales");
}

static inline struct str all_facts(struct ctx *cx, struct slice_app *s)
{
    struct str all = S("");

    sale_facts(cx, s, &all);
    lead_facts(cx, s, &all);
    other_facts(cx, s, &all);
    sum_facts(cx, s, &all);
    return all;
}

/* Names the first line that differs: the whole is long. */
static inline void check_same_facts(struct str wanted, struct str got, const char *when)
{
    struct str a, b, section = S("");

    while (str_cut(&wanted, '\n', &a)) {
        if (str_starts(a, S("== ")))
            section = a;
        if (!str_cut(&got, '\n', &b) || !str_eq(a, b))
            test_fail(TEST_AT(when), "%.*s: wanted\n%.*s\ngot\n%.*s", STR_FMT(section), STR_FMT(a),
                      STR_FMT(b));
    }
    check_str(S(""), got);
}
