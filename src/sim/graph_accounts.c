/* graph_accounts.c: ad accounts, as the fake Graph API shows them. */
#include "sim/graph.h"

static const struct world_account *account_in(const struct graph_line *l)
{
    return l->of;
}

static void put_act_id(const struct graph_line *l)
{
    graph_text(l->j, l->key, arena_fmt(l->g->arena, "act_%.*s", STR_FMT(account_in(l)->id)));
}

static void put_digits(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->id);
}

static void put_account_name(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->name);
}

static void put_account_status(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_int(l->j, account_in(l)->status);
}

static void put_currency(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->currency);
}

static void put_tz(const struct graph_line *l)
{
    graph_text(l->j, l->key, account_in(l)->tz);
}

static void put_tz_id(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_int(l->j, str_eq(account_in(l)->tz, l->g->w->tz) ? 62 : 1);
}

static void put_tz_offset(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_dec(l->j, zone_offset_s(account_in(l)->zone, l->g->at.now_ms) / 36, 2);
}

/* Of its whole life, which began before our history. */
static void put_spent(const struct graph_line *l)
{
    const struct world *w = l->g->w;

    graph_number(l->j, l->key, account_in(l)->daily_minor * (w->today - w->first_day + 200));
}

static void put_balance(const struct graph_line *l)
{
    graph_number(l->j, l->key, account_in(l)->daily_minor / 3);
}

static void put_zero_text(const struct graph_line *l)
{
    graph_text(l->j, l->key, S("0"));
}

static void put_disabled(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_int(l->j, account_in(l)->status == 1 ? 0 : 7); /* closed for good */
}

static void put_business(const struct graph_line *l)
{
    json_key(l->j, l->key);
    json_raw(l->j, account_in(l)->token ? S("{\"id\":\"900100000000002\",\"name\":\"Traf4\"}")
                                        : S("{\"id\":\"900100000000001\",\"name\":\"Agency\"}"));
}

static void put_long_ago(const struct graph_line *l)
{
    graph_text(l->j, l->key, S("2020-04-13T18:04:59-0700"));
}

static const struct graph_column account_columns[] = {
    {"id",                        put_act_id,         0},
    {"account_id",                put_digits,         0},
    {"name",                      put_account_name,   0},
    {"account_status",            put_account_status, 0},
    {"currency",                  put_currency,       0},
    {"timezone_name",             put_tz,             0},
    {"timezone_id",               put_tz_id,          0},
    {"timezone_offset_hours_utc", put_tz_offset,      0},
    {"amount_spent",              put_spent,          0},
    {"balance",                   put_balance,        0},
    {"spend_cap",                 put_zero_text,      0},
    {"disable_reason",            put_disabled,       0},
    {"business",                  put_business,       0},
    {"created_time",              put_long_ago,       0},
};
static const struct graph_table account_table = {"AdAccount", account_columns,
                                                 COUNT(account_columns), "id,account_id", 0};

enum err graph_account_node(struct graph *g, uint32_t account)
{
    struct graph_fields fields;
    struct json_out *j = json_out_new(&g->rq->cx, 512);

    if (!graph_fields_read(g, &account_table, &fields))
        return OK;
    graph_fields_write(g, j, &fields, &g->w->accounts[account]);
    return resp_json(g->rs, j);
}

/* ---- lists ---- */

enum list { DIRECT, OWNED, CLIENT };

/* Of each business's accounts the fifth is a client's. */
static bool is_in(struct graph *g, enum list list, int64_t i)
{
    enum { CLIENTS = 4 };

    if (g->w->accounts[i].token != g->token_index)
        return false;
    if (list == DIRECT)
        return !sim_switch_of(g->sim, SIM_HIDE_DIRECT);
    return (i == CLIENTS) == (list == CLIENT);
}

static enum err list_accounts(struct graph *g, enum list list)
{
    struct graph_fields fields;
    struct graph_page page;
    struct json_out *j = json_out_new(&g->rq->cx, 4096);
    int64_t begin = -1, next = -1, n = 0;

    if (!graph_fields_read(g, &account_table, &fields) || !graph_page_read(g, &page))
        return OK;
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    for (int64_t i = page.from; i < g->w->naccounts && next < 0; i++) {
        if (!is_in(g, list, i))
            continue;
        if (n == page.limit) {
            next = i;
            continue;
        }
        begin = n++ ? begin : i;
        graph_fields_write(g, j, &fields, &g->w->accounts[i]);
    }
    return graph_page_end(g, j, begin, next);
}

enum err graph_accounts(struct graph *g)
{
    return graph_scope_check(g, "ads_read") ? list_accounts(g, DIRECT) : OK;
}

static const char *const business_ids[WORLD_TOKENS] = {"900100000000001", "900100000000002"};

enum err graph_businesses(struct graph *g)
{
    struct json_out *j = json_out_new(&g->rq->cx, 256);

    if (!graph_scope_check(g, "business_management"))
        return OK;
    json_obj(j);
    json_key(j, "data");
    json_arr(j);
    if (g->token_index >= 0) {
        json_obj(j);
        graph_text(j, "id", str_of(business_ids[g->token_index]));
        graph_text(j, "name", g->token_index ? S("Traf4") : S("Agency"));
        json_end(j);
    }
    return graph_page_end(g, j, g->token_index >= 0 ? 0 : -1, -1);
}

bool graph_business(struct graph *g, struct str id, struct str edge, enum err *err)
{
    if (g->token_index < 0 || !str_eq(id, str_of(business_ids[g->token_index])))
        return false;
    if (!graph_scope_check(g, "business_management"))
        return true;
    if (str_eq(edge, S("owned_ad_accounts")))
        *err = list_accounts(g, OWNED);
    else if (str_eq(edge, S("client_ad_accounts")))
        *err = list_accounts(g, CLIENT);
    else
        graph_no_object(g, edge);
    return true;
}
