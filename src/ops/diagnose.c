/* diagnose.c: the three questions of document 001, each answered by checks in the order in which
 * causes lead to one another. What a check says is in diagnose.sql: a column "state" and figures.
 */
#include "core/app.h"
#include "core/input.h"
#include "ops/diagnose.sql.h"
#include "ops/ops_inside.h"

#include <string.h>

enum { FIGURES = 5, MOST_CHECKS = 16 };

static const struct check {
    const char *name;
    const struct query *query;
    const char *fix;
    const char *numbers[FIGURES], *texts[FIGURES];
    bool is_of_admins; /* speaks of what only admins see */
} checks[] = {
    {"token_configured",  &q_diagnose_token_configured, "/connections", {"connections"},                                           {0},                         true },
    {"token_valid",
     &q_diagnose_token_valid,
     "/connections",                                                    {"valid", "connections"},
     {"name", "reason"},
     true                                                                                                                                                            },
    {"accounts_tracked",
     &q_diagnose_accounts_tracked,
     "/accounts",                                                       {"accounts", "tracked"},
     {0},
     false                                                                                                                                                           },
    {"accounts_bound",
     &q_diagnose_accounts_bound,
     "/accounts",                                                       {"tracked", "bound"},
     {"name"},
     false                                                                                                                                                           },
    {"campaigns_tracked",
     &q_diagnose_campaigns_tracked,
     "/campaigns",                                                      {"campaigns", "tracked"},
     {0},
     false                                                                                                                                                           },
    {"last_sync",
     &q_diagnose_last_sync,
     "/jobs",                                                           {"last_ok_at", "last_run_at", "paused_at"},
     {"outcome", "error"},
     true                                                                                                                                                            },
    {"accounts_synced",
     &q_diagnose_accounts_synced,
     "/accounts",                                                       {"tracked", "synced"},
     {"name", "reason"},
     false                                                                                                                                                           },
    {"rows_in_window",
     &q_diagnose_rows_in_window,
     "/accounts",                                                       {"facts", "with_spend", "failed_days"},
     {"last_day"},
     false                                                                                                                                                           },
    {"sales_in_window",   &q_diagnose_sales_in_window,  "/sales",       {"sales", "won"},                                          {0},                         false},
    {"leads_in_window",   &q_diagnose_leads_in_window,  "/leads",       {"leads"},                                                 {0},                         false},
    {"crm_heard",
     &q_diagnose_crm_heard,
     "/inbox",                                                          {"last_event_at", "waiting", "parked"},
     {0},
     false                                                                                                                                                           },
    {"rates_present",
     &q_diagnose_rates_present,
     "/rates",                                                          {"unpriced_kzt", "unpriced_usd"},
     {"last_rate_day"},
     false                                                                                                                                                           },
    {"aggregation",
     &q_diagnose_aggregation,
     "/jobs",                                                           {"last_ok_at", "dirty_days", "paused_at"},
     {0},
     false                                                                                                                                                           },
    {"rollup_rows",       &q_diagnose_rollup_rows,      "/jobs",        {"days", "facts"},                                         {0},                         false},
    {"unattributed",
     &q_diagnose_unattributed,
     "/rules",                                                          {"sales", "unattributed", "without_tags", "without_rule"},
     {0},
     true                                                                                                                                                            },
    {"currencies",
     &q_diagnose_currencies,
     "/rates",                                                          {"currencies"},
     {"first", "last", "without_rate"},
     false                                                                                                                                                           },
    {"rates_fresh",       &q_diagnose_rates_fresh,      "/rates",       {0},                                                       {"last_rate_day", "source"}, false},
    {"time_zones",        &q_diagnose_time_zones,       "/accounts",    {"accounts", "elsewhere"},                                 {"zone"},                    false},
    {"spend_adds_up",     &q_diagnose_spend_adds_up,    "/accounts",    {"days", "differ"},                                        {0},                         false},
    {"prepayments",       &q_diagnose_prepayments,      "/sales",       {"sales"},                                                 {"deal"},                    false},
    {"refunds",           &q_diagnose_refunds,          "/sales",       {"refunds"},                                               {"last_day"},                false},
    {"prices",            &q_diagnose_prices,           "/sales",       {"sales"},                                                 {"deal"},                    false},
    {"products",          &q_diagnose_products,         "/crm-maps",    {"sales"},                                                 {"pipeline"},                false},
    {"meta_against_crm",
     &q_diagnose_meta_against_crm,
     "/campaigns",                                                      {"meta_purchases", "crm_sales"},
     {0},
     false                                                                                                                                                           },
    {"rollups_agree",     &q_diagnose_rollups_agree,    "/jobs",        {"facts", "facts_by_team"},                                {0},                         true },
};

static const struct recipe {
    const char *name;
    const char *checks[MOST_CHECKS];
} recipes[] = {
    {"no_facebook_data",
     {"token_configured", "token_valid", "accounts_tracked", "campaigns_tracked", "last_sync",
      "accounts_synced", "rows_in_window", "accounts_bound"}                         },
    {"metrics_are_zero",
     {"rows_in_window", "accounts_bound", "sales_in_window", "leads_in_window", "crm_heard",
      "unattributed", "rates_present", "aggregation", "rollup_rows", "rollups_agree"}},
    {"roas_looks_wrong",
     {"currencies", "rates_fresh", "rates_present", "time_zones", "spend_adds_up", "unattributed",
      "prepayments", "refunds", "prices", "products", "meta_against_crm", "aggregation",
      "rollups_agree"}                                                               },
};

static const struct check *check_named(const char *name)
{
    for (size_t i = 0; i < COUNT(checks); i++)
        if (strcmp(checks[i].name, name) == 0)
            return &checks[i];
    return NULL;
}

static void write_figures(struct json_out *j, const struct check *c, struct rows *rows)
{
    json_key(j, "detail"), json_obj(j);
    for (size_t i = 0; i < FIGURES && c->numbers[i]; i++)
        json_opt_int(j, c->numbers[i], rows, c->numbers[i]);
    for (size_t i = 0; i < FIGURES && c->texts[i]; i++)
        json_opt_str(j, c->texts[i], rows, c->texts[i]);
    json_end(j);
}

struct diagnosis {
    struct tx *tx;
    struct json_out *j;
    struct ops_args args;
    bool is_admin, has_problem;
};

static enum err write_check(struct diagnosis *d, const struct check *c)
{
    enum err err = OK;
    struct rows *rows = NULL;
    struct json_out *j = d->j;
    bool is_told = d->is_admin || !c->is_of_admins;

    json_obj(j);
    json_key(j, "check"), json_str(j, str_of(c->name));
    if (!is_told) {
        json_key(j, "state"), json_str(j, S("skipped"));
        json_key(j, "detail"), json_obj(j), json_end(j);
        json_key(j, "fix"), json_null(j);
        json_end(j);
        return OK;
    }
    TRY(ops_query(d->tx, c->query, &d->args, &rows));
    if (!rows_next(rows))
        TRY(tx_fail(d->tx, ERR_BUG, "the check %s says nothing", c->name));
    struct str state = col_str(rows, "state");
    bool is_fine = str_eq(state, S("ok")) || str_eq(state, S("skipped"));
    d->has_problem = d->has_problem || str_eq(state, S("fail"));
    json_key(j, "state"), json_str(j, state);
    write_figures(j, c, rows);
    json_key(j, "fix");
    if (is_fine)
        json_null(j);
    else
        json_str(j, str_of(c->fix));
    json_end(j);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Of the own team only, unless an admin asks for another or for all. */
static enum err read_team(struct req *rq, int64_t *team)
{
    struct scope scope = user_scope(rq->user);

    query_id(rq, "team", team);
    if (ctx_fields(&rq->cx))
        return ERR_FIELDS;
    if (scope.all)
        return OK;
    if (*team && *team != scope.team_id)
        return fail(&rq->cx, ERR_NOT_FOUND, "no such team");
    *team = scope.team_id ? scope.team_id : -1; /* nobody's: nothing is found */
    return OK;
}

static const struct recipe *recipe_of(struct req *rq)
{
    struct str name = {0};

    req_query_str(rq, "recipe", &name);
    for (size_t i = 0; i < COUNT(recipes); i++)
        if (str_eq(str_of(recipes[i].name), name))
            return &recipes[i];
    fail_field(&rq->cx, "recipe", name.len ? "not_a_choice" : "missing");
    return NULL;
}

enum err ops_diagnostics(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t team = 0;
    struct diagnosis d = {.j = json_out_new(&rq->cx, 4096),
                          .is_admin = rq->user->role == ROLE_ADMIN};

    query_id(rq, "team", &team); /* named first: both may be wrong */
    const struct recipe *recipe = recipe_of(rq);
    TRY(ctx_fields(&rq->cx));
    TRY(read_team(rq, &team));
    ops_args_fill(&d.args, rq);
    d.args.at[d.args.n++] = a_id("team", team);
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &d.tx));
    json_obj(d.j);
    json_key(d.j, "recipe"), json_str(d.j, str_of(recipe->name));
    json_key(d.j, "items"), json_arr(d.j);
    for (size_t i = 0; i < MOST_CHECKS && recipe->checks[i]; i++)
        TRY(write_check(&d, check_named(recipe->checks[i])));
    json_end(d.j);
    json_key(d.j, "verdict"), json_str(d.j, d.has_problem ? S("problem") : S("ok"));
    json_end(d.j);
    TRY(resp_json(rs, d.j));
out:
    tx_end(&d.tx);
    return err;
}
