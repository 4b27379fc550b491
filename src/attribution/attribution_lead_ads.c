/* attribution_lead_ads.c: the inbox's doors for the platform's own lead forms. */
#include "attribution/attribution_inside.h"
#include "lead_ads/lead_ads.h"

enum err attribution_accept_leadgen(struct tx *tx, struct app *app, const struct inbox_event *e,
                                    struct inbox_result *out)
{
    return attribution_accept_leads(lead_ads_accept, tx, app, e, out);
}

enum err attribution_accept_leadgen_read(struct tx *tx, struct app *app,
                                         const struct inbox_event *e, struct inbox_result *out)
{
    return attribution_accept_leads(lead_ads_accept_read, tx, app, e, out);
}
