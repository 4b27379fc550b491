/* tables.c: the whole program's routes, jobs and doors at a glance. */
#include "app/tables.h"
#include "ads/ads.h"
#include "attribution/attribution.h"
#include "core/audit.h"
#include "core/auth.h"
#include "core/inbox_routes.h"
#include "core/job_routes.h"
#include "crm/crm.h"
#include "imports/imports.h"
#include "lead_ads/lead_ads.h"
#include "leads/leads.h"
#include "links/links.h"
#include "metrics/metrics.h"
#include "ops/ops.h"
#include "rates/rates.h"
#include "sales/sales.h"
#include "teams/teams.h"
#include "users/users.h"
#include <string.h>

struct route_sets tables_routes(struct arena *a)
{
    const struct route_set sets[] = {
        {auth_routes,     auth_nroutes    },
        {job_routes,      job_nroutes     },
        {inbox_routes,    inbox_nroutes   },
        {rates_routes,    rates_nroutes   },
        {teams_routes,    teams_nroutes   },
        {users_routes,    users_nroutes   },
        {links_routes,    links_nroutes   },
        {leads_routes,    leads_nroutes   },
        {ads_routes,      ads_nroutes     },
        {lead_ads_routes, lead_ads_nroutes},
        {crm_routes,      crm_nroutes     },
        {sales_routes,    sales_nroutes   },
        {imports_routes,  imports_nroutes },
        {metrics_routes,  metrics_nroutes },
        {ops_routes,      ops_nroutes     },
    };
    struct route_set *copy = arena_alloc(a, sizeof sets, _Alignof(struct route_set));

    memcpy(copy, sets, sizeof sets);
    return (struct route_sets){copy, COUNT(sets)};
}

struct job_sets tables_jobs(struct arena *a)
{
    const struct job_set sets[] = {
        {auth_jobs,        auth_njobs       },
        {inbox_jobs,       inbox_njobs      },
        {rates_jobs,       rates_njobs      },
        {links_jobs,       links_njobs      },
        {ads_jobs,         ads_njobs        },
        {lead_ads_jobs,    lead_ads_njobs   },
        {crm_jobs,         crm_njobs        },
        {sales_jobs,       sales_njobs      },
        {attribution_jobs, attribution_njobs},
        {metrics_jobs,     metrics_njobs    },
        {ops_jobs,         ops_njobs        },
    };
    struct job_set *copy = arena_alloc(a, sizeof sets, _Alignof(struct job_set));

    memcpy(copy, sets, sizeof sets);
    return (struct job_sets){copy, COUNT(sets)};
}

/* The addresses that the documents name (A01 ...); the same handlers answer. */
const struct route_alias table_aliases[] = {
    {POST, "/api/traffic-auth/login",                        "/api/v1/auth/login"            }, /* A01 */
    {POST, "/api/traffic-auth/register",                     "/api/v1/users"                 }, /* A02 */
    {GET,  "/api/traffic-dashboard/sales",                   "/api/v1/sales"                 }, /* A03 */
    {GET,  "/api/traffic-dashboard/metrics",                 "/api/v1/metrics"               }, /* A04 */
    {POST, "/api/traffic-dashboard/aggregate",               "/api/v1/jobs/metrics.build/run"}, /* A09 */
    {POST, "/api/traffic-dashboard/aggregate/today",         "/api/v1/jobs/metrics.build/run"}, /* A10 */
    {POST, "/api/traffic-dashboard/aggregate/last-30-days",
     "/api/v1/jobs/metrics.build/run"                                                        }, /* A11 */
    {GET,  "/api/traffic-facebook/campaigns",                "/api/v1/campaigns"             }, /* A05 */
    {POST, "/api/traffic-admin/facebook/oauth-url",          "/api/v1/connections/oauth"     }, /* A37 */
    {POST, "/api/traffic-admin/facebook/disconnect",         "/api/v1/connections/disconnect"}, /* A39 */
    {GET,  "/api/traffic-admin/facebook/ad-accounts",        "/api/v1/accounts"              }, /* A40 */
    {POST, "/api/traffic-admin/facebook/ad-accounts/select", "/api/v1/accounts/select"       }, /* A41 */
    {POST, "/api/traffic-admin/facebook/sync-stats",         "/api/v1/jobs/ads.sync/run"     }, /* A42 */
    {GET,  "/api/traffic-admin/facebook/campaign-stats",     "/api/v1/campaigns"             }, /* A43 */
    {0,    "/api/traffic/*",                                 "/api/v1/*"                     }, /* A07 */
    {GET,  "/api/insights/summary",                          "/api/v1/overview"              }, /* A46 */
};
const size_t table_naliases = COUNT(table_aliases);

const struct inbox_source table_inbox[] = {
    {"amocrm",       attribution_accept_amocrm      },
    {"amocrm.read",  attribution_accept_amocrm_read },
    {"whatsapp",     attribution_accept_whatsapp    },
    {"leadgen",      attribution_accept_leadgen     },
    {"leadgen.read", attribution_accept_leadgen_read},
    {"lead",         attribution_accept_lead        },
    {"event",        attribution_accept_event       },
    {"import.sale",  imports_accept_sale            },
    {"import.rate",  imports_accept_rate            },
};
const size_t table_ninbox = COUNT(table_inbox);
