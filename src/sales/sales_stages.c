/* sales_stages.c: what a status of a pipeline means for money, and what the pipeline sells. */
#include "sales/sales.sql.h"
#include "sales/sales_inside.h"
#include "vendors/amocrm.h"

static enum deal_stage stage_parse(struct str name)
{
    if (str_eq(name, S("prepaid")))
        return STAGE_PREPAID;
    if (str_eq(name, S("won")))
        return STAGE_WON;
    return str_eq(name, S("lost")) ? STAGE_LOST : STAGE_OPEN;
}

enum err stages_load(struct tx *tx, struct stages *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_sales_stages, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct stage_rule){.pipeline_id = col_str(rows, "pipeline_id"),
                                .status_id = col_str(rows, "status_id"),
                                .stage = stage_parse(col_str(rows, "stage")),
                                .product_id = col_int(rows, "product_id"),
                                .funnel_stage = col_str(rows, "funnel_stage")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum deal_stage stages_read(void *self, struct str pipeline_id, struct str status_id)
{
    const struct stages *s = self;

    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].status_id.len && str_eq(s->at[i].status_id, status_id) &&
            str_eq(s->at[i].pipeline_id, pipeline_id))
            return s->at[i].stage;
    if (amo_status_is_won(status_id))
        return STAGE_WON;
    return amo_status_is_lost(status_id) ? STAGE_LOST : STAGE_OPEN;
}

int64_t stages_product(const struct stages *s, const struct folded_sale *sale)
{
    int64_t found = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct stage_rule *r = &s->at[i];
        if (!r->product_id || !str_eq(r->pipeline_id, sale->pipeline_id))
            continue;
        if (str_eq(r->status_id, sale->status_id))
            return r->product_id;
        if (!r->status_id.len)
            found = r->product_id;
    }
    return found;
}

struct str stages_funnel(const struct stages *s, const struct folded_step *step)
{
    struct str of_pipeline = {0};

    for (size_t i = 0; i < s->n; i++) {
        const struct stage_rule *r = &s->at[i];
        if (!r->funnel_stage.len || !str_eq(r->pipeline_id, step->pipeline_id))
            continue;
        if (str_eq(r->status_id, step->status_id))
            return r->funnel_stage;
        if (!r->status_id.len)
            of_pipeline = r->funnel_stage;
    }
    if (step->stage == STAGE_WON || step->stage == STAGE_PREPAID)
        return step->stage == STAGE_WON ? S("won") : S("prepaid");
    return of_pipeline;
}

enum err sales_map_pipeline(struct tx *tx, struct str pipeline_id, struct str product_code)
{
    enum err err;
    int64_t changed = 0;

    TRY(db_exec(tx, &q_sales_map_pipeline,
                ARGS(a_str("pipeline_id", pipeline_id), a_str("product_code", product_code)),
                &changed));
    if (!changed)
        err = tx_fail(tx, ERR_NOT_FOUND, "no product %.*s", STR_FMT(product_code));
out:
    return err;
}
