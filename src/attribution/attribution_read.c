/* attribution_read.c: the inbox's door for deals that we read from the CRM ourselves. */
#include "attribution/attribution_inside.h"
#include "sales/sales.h"

enum err attribution_accept_amocrm_read(struct tx *tx, struct app *app, const struct inbox_event *e,
                                        struct inbox_result *out)
{
    enum err err;
    struct sale_refs touched = {0};

    TRY(sales_accept_amocrm_read(tx, app, e, out, &touched));
    TRY(attribution_decide_sales(tx, &touched));
out:
    return err;
}
