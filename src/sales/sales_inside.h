/* sales_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "sales/sales.h"
#include "sales/sales_fold.h"

/* What pipelines and statuses mean, read once per webhook. */
struct stage_rule {
    struct str pipeline_id, status_id; /* status empty = every status of the pipeline */
    enum deal_stage stage;
    int64_t product_id;
};
struct stages {
    struct stage_rule *at;
    size_t n, cap;
};
enum err stages_load(struct tx *tx, struct stages *out) MUST_USE;
/* 142 is won and 143 lost in every pipeline; other statuses as mapped, else open. */
enum deal_stage stages_read(void *stages, struct str pipeline_id, struct str status_id);
/* The product a pipeline sells; 0 = not mapped. */
int64_t stages_product(const struct stages *s, const struct folded_sale *sale);

struct deal { /* whose observations are folded */
    int64_t crm_account_id;
    struct str crm_external_id, deal_id, currency;
};
/* Folds the deal anew and stores sale, lead and payments; marks the days that it touched. */
enum err sale_refold(struct tx *tx, struct app *app, const struct deal *d,
                     const struct stages *stages, struct sale_ref *out) MUST_USE;
