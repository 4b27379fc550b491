/* attribution_accept.c: the inbox's doors. The slices below make the facts of an event; whoever it
 * touched, and all that is known of the same person, is decided in the same transaction. */
#include "attribution/attribution.sql.h"
#include "attribution/attribution_inside.h"
#include "lead_ads/lead_ads.h"
#include "sales/sales.h"

/* Of a person with more than that the newest are decided here, the rest by attribution.run. */
enum { MOST_OF_PERSON = 100 };

enum err attribution_rules(struct tx *tx, struct rule_set *rules)
{
    enum err err;

    TRY(rules_newest(tx, rules));
    if (!rules->id)
        TRY(rules_put(tx, &(struct rule_change){.note = S("no rules yet")}, &rules->id));
out:
    return err;
}

static enum err decide_all(struct tx *tx, const struct rule_set *rules, const struct query *q,
                           int64_t lead_id)
{
    enum err err;
    struct subject_list list = {0};
    struct verdict v;

    TRY(subjects_read(tx, q, ARGS(a_int("lead_id", lead_id), a_int("limit", MOST_OF_PERSON)),
                      &list));
    for (size_t i = 0; i < list.n; i++) {
        TRY(subject_decide(tx, rules, &list.at[i], &v));
        TRY(subject_store(tx, rules, &list.at[i], &v));
    }
out:
    return err;
}

static enum err decide(struct tx *tx, const struct lead_refs *touched)
{
    enum err err = OK;
    struct rule_set rules;

    if (touched->n)
        TRY(attribution_rules(tx, &rules));
    for (size_t i = 0; i < touched->n; i++) {
        TRY(decide_all(tx, &rules, &q_attribution_leads_of_person, touched->at[i]));
        TRY(decide_all(tx, &rules, &q_attribution_sales_of_person, touched->at[i]));
    }
out:
    return err;
}

enum err attribution_decide_again(struct tx *tx, int64_t lead_id)
{
    return decide(tx, &(struct lead_refs){.at = &lead_id, .n = 1});
}

static enum err decide_sales(struct tx *tx, const struct sale_refs *touched)
{
    struct lead_refs leads = {0};

    for (size_t i = 0; i < touched->n; i++)
        *vec_add(tx_ctx(tx)->arena, &leads) = touched->at[i].lead_id;
    return decide(tx, &leads);
}

enum err attribution_accept_amocrm(struct tx *tx, struct app *app, const struct inbox_event *e,
                                   struct inbox_result *out)
{
    enum err err;
    struct sale_refs touched = {0};

    TRY(sales_accept_amocrm(tx, app, e, out, &touched));
    TRY(decide_sales(tx, &touched));
out:
    return err;
}

enum err attribution_accept_amocrm_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                                        struct inbox_result *out)
{
    enum err err;
    struct sale_refs touched = {0};

    TRY(sales_accept_amocrm_read(tx, app, e, out, &touched));
    TRY(decide_sales(tx, &touched));
out:
    return err;
}

typedef enum err accept_leads_fn(struct tx *tx, struct app *app, const struct inbox_event *e,
                                 struct inbox_result *out, struct lead_refs *touched);

static enum err accept_leads(accept_leads_fn *accept, struct tx *tx, struct app *app,
                             const struct inbox_event *e, struct inbox_result *out)
{
    enum err err;
    struct lead_refs touched = {0};

    TRY(accept(tx, app, e, out, &touched));
    TRY(decide(tx, &touched));
out:
    return err;
}

enum err attribution_accept_lead(struct tx *tx, struct app *app, const struct inbox_event *e,
                                 struct inbox_result *out)
{
    return accept_leads(leads_accept_form, tx, app, e, out);
}

enum err attribution_accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                                  struct inbox_result *out)
{
    return accept_leads(leads_accept_event, tx, app, e, out);
}

enum err attribution_accept_whatsapp(struct tx *tx, struct app *app, const struct inbox_event *e,
                                     struct inbox_result *out)
{
    return accept_leads(leads_accept_whatsapp, tx, app, e, out);
}

enum err attribution_accept_leadgen(struct tx *tx, struct app *app, const struct inbox_event *e,
                                    struct inbox_result *out)
{
    return accept_leads(lead_ads_accept, tx, app, e, out);
}

enum err attribution_accept_leadgen_read(struct tx *tx, struct app *app,
                                         const struct inbox_event *e, struct inbox_result *out)
{
    return accept_leads(lead_ads_accept_read, tx, app, e, out);
}
