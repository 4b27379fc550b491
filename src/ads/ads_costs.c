/* ads_costs.c: costs of networks that are not read by a connector, out of a file: the same facts,
 * with versions and the row that brought them. */
#include "ads/ads_inside.h"
#include "ads/costs.sql.h"
#include "ads/costs_read.h"
#include "base/money.h"
#include "core/version.h"

struct costs { /* one file */
    struct tx *tx;
    struct app *app;
    const struct cost_import *in;
    struct arena *arena;
    struct csv_row *head;
    VEC(struct entity_maps *) accounts;
    struct map by_account; /* "platform|account" to its place */
    struct map seen;       /* "platform|account|campaign|ad set|ad|day" to its line */
    int64_t written;
};

/* ---- whose ---- */

struct owner {
    int64_t team_id; /* on the day; 0 = nobody's */
    struct str first_from;
    int64_t first_team;
};

static enum err find_owner(struct costs *c, int64_t account_id, struct str day, struct owner *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct owner){0};
    TRY(db_query(c->tx, &q_costs_owner, ARGS(a_int("account_id", account_id), a_str("day", day)),
                 &rows));
    while (rows_next(rows))
        *out = (struct owner){col_int(rows, "team_id"), col_str(rows, "first_from"),
                              col_int(rows, "first_team")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err find_team(struct costs *c, const struct cost_row *row, int64_t *team,
                          const char **why)
{
    enum err err;
    bool found = true;

    *team = c->in->team_id;
    if (!row->team.len)
        return OK;
    TRY(db_get_int(c->tx, &q_costs_team, ARGS(a_str("name", row->team)), team, &found));
    if (!found)
        *why = "there is no such team";
    else if (c->in->team_id && *team != c->in->team_id)
        *why = "the team is another one";
out:
    return err;
}

/* An account of a file is of the team that the row or the sender names; what is decided already
 * stays. */
static enum err bind_account(struct costs *c, const struct entity_maps *maps,
                             const struct cost_row *row, int64_t team, const char **why)
{
    enum err err;
    struct owner owner;
    int64_t account_id = maps->account_id, id;

    TRY(find_owner(c, account_id, row->day, &owner));
    if (owner.team_id && team && owner.team_id != team)
        *why = "on that day the account is another team's";
    if (*why || !team || owner.team_id)
        return OK;
    if (!owner.first_from.len)
        TRY(binding_create(c->tx,
                           &(struct binding_new){
                               .account_id = account_id, .team_id = team, .valid_from = row->day},
                           &id));
    else if (owner.first_team == team && !str_eq(owner.first_from, row->day))
        TRY(db_exec(c->tx, &q_costs_binding_earlier,
                    ARGS(a_int("account_id", account_id), a_str("day", row->day),
                         a_str("first_from", owner.first_from)),
                    NULL));
    else
        *why = "on that day the account is nobody's: bind it first";
out:
    return err;
}

/* ---- which account ---- */

static enum err find_account(struct costs *c, const struct cost_row *row, int64_t *id,
                             const char **why)
{
    enum err err;
    struct rows *rows = NULL;
    struct arg key[] = {a_str("platform", row->platform), a_str("external_id", row->account)};

    *id = 0;
    TRY(db_query(c->tx, &q_costs_account, key, COUNT(key), &rows));
    while (rows_next(rows)) {
        *id = col_int(rows, "id");
        if (!col_is_null(rows, "connection_id"))
            *why = "this account is read from the network itself";
        else if (!str_eq(col_str(rows, "currency"), row->currency))
            *why = "the account has another currency";
    }
    TRY(rows_end(&rows));
    if (!*id)
        TRY(db_get_int(c->tx, &q_costs_account_insert,
                       ARGS(key[0], key[1], a_str("currency", row->currency),
                            a_str("tz", c->app->config.tz), a_int("at", now_ms(tx_ctx(c->tx)))),
                       id, NULL));
out:
    rows_drop(&rows);
    return err;
}

static enum err maps_of(struct costs *c, const struct cost_row *row, struct entity_maps **out,
                        const char **why)
{
    enum err err;
    struct str key =
        arena_fmt(c->arena, "%.*s|%.*s", STR_FMT(row->platform), STR_FMT(row->account));
    struct entity_maps *m;
    int64_t i, id;

    if (map_get(&c->by_account, key, &i)) {
        *out = c->accounts.at[i];
        if (!str_eq((*out)->currency, row->currency))
            *why = "the account has another currency";
        return OK;
    }
    TRY(find_account(c, row, &id, why));
    if (*why)
        return OK;
    m = arena_new_of(c->arena, struct entity_maps);
    *m = (struct entity_maps){
        .arena = c->arena, .account_id = id, .currency = arena_str(c->arena, row->currency)};
    TRY(entities_load(c->tx, m));
    map_put(c->arena, &c->by_account, key, (int64_t)c->accounts.n);
    *vec_add(c->arena, &c->accounts) = m;
    *out = m;
out:
    return err;
}

/* ---- one row ---- */

/* The row as {"column":"value"}, so that the number can be opened down to it. */
static enum err keep_row(struct costs *c, const struct csv_row *line, struct raw_page *out)
{
    enum err err;
    struct ctx *cx = tx_ctx(c->tx);
    struct json_out *j = json_out_new(cx, 256);
    struct net_page page = {.n = 1};

    json_arr(j);
    json_obj(j);
    for (size_t i = 0; i < line->n && i < c->head->n; i++)
        json_key(j, str_z(cx->arena, c->head->at[i])), json_str(j, line->at[i]);
    json_end(j);
    json_end(j);
    TRY(json_finish(j, &page.raw));
    TRY(raw_pack(cx, cx->arena, &page, out));
out:
    return err;
}

static struct net_row net_row_of(struct arena *a, const struct cost_row *r)
{
    struct str campaign = r->campaign.len ? r->campaign : S("All campaigns");
    struct str ad_set = r->ad_set.len ? r->ad_set : campaign, ad = r->ad.len ? r->ad : ad_set;

    return (struct net_row){
        .day = r->day,
        .campaign_id = campaign,
        .campaign_name = campaign,
        .adset_id = arena_fmt(a, "%.*s|%.*s", STR_FMT(campaign), STR_FMT(r->ad_set)),
        .adset_name = ad_set,
        .ad_id =
            arena_fmt(a, "%.*s|%.*s|%.*s", STR_FMT(campaign), STR_FMT(r->ad_set), STR_FMT(r->ad)),
        .ad_name = ad,
        .spend_micros = r->spend_micros,
        .impressions = r->impressions,
        .clicks = r->clicks,
        .link_clicks = r->clicks,
        .leads = r->leads};
}

/* As rows have it: one name for each network, and Meta's ids without their prefix. */
static void settle_names(struct costs *c, struct cost_row *row)
{
    row->platform = str_fold(c->arena, str_trim(row->platform));
    if (str_eq(row->platform, S("facebook")) || str_eq(row->platform, S("fb")))
        row->platform = S("meta");
    if (str_eq(row->platform, S("meta")) && str_starts(row->account, S("act_")))
        row->account = (struct str){row->account.ptr + 4, row->account.len - 4};
}

static const char *complete(struct costs *c, struct cost_row *row)
{
    if (!row->platform.len)
        row->platform = c->in->platform;
    if (!row->account.len)
        row->account = c->in->account.len ? c->in->account : row->platform;
    if (!row->currency.len)
        row->currency = c->in->currency;
    settle_names(c, row);
    if (!row->platform.len)
        return "it is not said of which platform";
    if (!currency_is_valid(row->currency))
        return "it is not said in which currency";
    return NULL;
}

/* Nothing is twice in one file: which of the two would count? */
static bool is_repeated(struct costs *c, const struct cost_row *r, size_t line)
{
    int64_t before;
    struct str key = arena_fmt(c->arena, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", STR_FMT(r->platform),
                               STR_FMT(r->account), STR_FMT(r->campaign), STR_FMT(r->ad_set),
                               STR_FMT(r->ad), STR_FMT(r->day));

    if (map_get(&c->seen, key, &before))
        return true;
    map_put(c->arena, &c->seen, key, (int64_t)line);
    return false;
}

static enum err put_row(struct costs *c, const struct csv_row *line, struct cost_row *row,
                        const char **why)
{
    enum err err;
    struct entity_maps *maps = NULL;
    struct raw_page page;
    struct account account = {.external_id = row->account};
    struct fact_row fact = {.row = net_row_of(c->arena, row), .page = &page};
    struct fact_rows rows = {&fact, 1, 1};
    int64_t team;

    TRY(find_team(c, row, &team, why));
    if (*why)
        return OK;
    TRY(maps_of(c, row, &maps, why));
    if (*why)
        return OK;
    TRY(bind_account(c, maps, row, team, why));
    if (*why)
        return OK;
    account.id = maps->account_id;
    TRY(keep_row(c, line, &page));
    TRY(facts_apply(c->tx,
                    &(struct fact_apply){
                        .maps = maps,
                        .window = {&account, row->day, row->day},
                        .part = FACTS_GIVEN,
                        .rows = &rows
    },
                    &c->written));
out:
    return err;
}

static enum err take_row(struct costs *c, const struct cost_columns *columns,
                         const struct csv_row *line, const char **outcome, const char **why)
{
    enum err err = OK;
    struct cost_row row;
    int64_t before = c->written;

    *why = cost_row_read(c->arena, columns, line, &row);
    if (!*why)
        *why = complete(c, &row);
    if (!*why && is_repeated(c, &row, line->line))
        *why = "the same day of the same ad stands above";
    if (!*why)
        err = put_row(c, line, &row, why);
    *outcome = *why ? "refused" : c->written > before ? "taken" : "merged";
    return err;
}

/* ---- the file ---- */

static struct csv_row *copy_head(struct arena *a, const struct csv_row *row)
{
    struct csv_row *head = arena_new_of(a, struct csv_row);

    *head = *row;
    head->at = arena_alloc(a, row->n * sizeof *head->at, _Alignof(struct str));
    for (size_t i = 0; i < row->n; i++)
        head->at[i] = arena_str(a, row->at[i]);
    return head;
}

static enum err note_synced(struct costs *c)
{
    for (size_t i = 0; i < c->accounts.n; i++) {
        enum err err = db_exec(
            c->tx, &q_costs_synced,
            ARGS(a_int("id", c->accounts.at[i]->account_id), a_int("at", now_ms(tx_ctx(c->tx)))),
            NULL);
        if (err)
            return err;
    }
    return OK;
}

enum err costs_import(struct tx *tx, struct app *app, const struct cost_import *in,
                      const struct cost_ear *ear, struct cost_report *out)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct costs c = {.tx = tx, .app = app, .in = in, .arena = cx->arena};
    struct csv_in *csv = csv_open(cx, in->text);
    struct cost_columns columns;
    struct csv_row line;

    *out = (struct cost_report){0};
    if (!csv_next(csv, &line) || !cost_columns_read(cx->arena, &line, &columns)) {
        TRY(csv_error(csv));
        return fail(cx, ERR_INPUT, "the first line must name columns, date and spend among them");
    }
    c.head = copy_head(cx->arena, &line);
    while (csv_next(csv, &line)) {
        const char *outcome, *why;
        TRY(take_row(&c, &columns, &line, &outcome, &why));
        out->taken += str_eq(str_of(outcome), S("taken"));
        out->merged += str_eq(str_of(outcome), S("merged"));
        out->refused += why != NULL;
        if (ear)
            TRY(ear->row(ear->self, (int64_t)line.line, outcome, str_of(why)));
    }
    TRY(csv_error(csv));
    TRY(note_synced(&c));
    if (out->taken)
        TRY(version_bump(tx));
out:
    return err;
}
