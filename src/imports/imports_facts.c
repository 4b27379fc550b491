/* imports_facts.c: rows that are facts: as events for the inbox, and through its doors. */
#include "attribution/attribution.h"
#include "base/calendar.h"
#include "base/crypto.h"
#include "base/map.h"
#include "base/money.h"
#include "imports/imports_inside.h"
#include "rates/rates.h"
#include "sales/sales.h"

/* ---- the row as it is put away ---- */

/* What the run knows and the row does not: a replay has nothing but the row. */
static void stamp(const struct import_job *job, struct json_out *j)
{
    json_key(j, "_table"), json_str(j, str_of(job->kind->name));
    if (job->kind->target != IMPORT_SALES)
        return;
    json_key(j, "_account"), json_str(j, job->account);
    json_key(j, "_currency"), json_str(j, job->currency);
    if (job->kind->product)
        json_key(j, "_product"), json_str(j, str_of(job->kind->product));
}

bool import_json(const struct import_job *job, struct ctx *cx, const struct import_line *line,
                 struct str *out)
{
    struct json_out *j = json_out_new(cx, 512);
    struct map seen = {0};
    int64_t ignored;

    json_obj(j);
    for (size_t i = 0; i < line->n; i++) {
        struct str name = line->names[i];
        if (!name.len || name.ptr[0] == '_' || !line->values[i].len ||
            map_get(&seen, name, &ignored))
            continue;
        map_put(cx->arena, &seen, name, 1);
        json_key(j, str_z(cx->arena, name)), json_str(j, line->values[i]);
    }
    stamp(job, j);
    json_end(j);
    return json_finish(j, out) == OK;
}

/* ---- sales ---- */

/* How former tables call what a deal came to. */
static const char *state_of(const struct import_row *r)
{
    static const struct {
        const char *word, *state;
    } words[] = {
        {"lost",       "lost"   },
        {"cancelled",  "lost"   },
        {"canceled",   "lost"   },
        {"refunded",   "lost"   },
        {"refund",     "lost"   },
        {"deleted",    "lost"   },
        {"143",        "lost"   },
        {"prepaid",    "prepaid"},
        {"prepayment", "prepaid"},
        {"open",       "open"   },
        {"new",        "open"   },
    };
    struct str said = str_fold(r->cx->arena, row_text(r, "status|state|payment_status|status_id"));

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(said, str_of(words[i].word)))
            return words[i].state;
    return row_is_true(r, "prepaid|is_prepaid|is_prepayment") ? "prepaid" : "won";
}

static bool say_wrong(const struct import_row *r, const char *why)
{
    return fail(r->cx, ERR_INPUT, "%s", why) == OK;
}

static bool read_sale(const struct import_row *r, const struct zone *zone, struct sale_import *s)
{
    *s = (struct sale_import){
        .account = row_text(r, "_account"),
        .deal_id = row_text(r, IMPORT_DEAL_ID),
        .name = row_text(r, "name|deal_name|title"),
        .currency = row_text(r, "sale_currency|currency|валюта"),
        .state = state_of(r),
        .product = row_text(r, "_product|product_code"),
        .pipeline_id = row_text(r, "pipeline_id"),
        .responsible_id = row_text(r, "responsible_user_id|responsible_id"),
        .utm = {row_text(r, "utm_source"), row_text(r, "utm_medium"), row_text(r, "utm_campaign"),
                row_text(r, "utm_content"), row_text(r, "utm_term")}
    };
    if (!s->currency.len)
        s->currency = row_text(r, "_currency");
    if (!s->deal_id.len)
        return say_wrong(r, "lead_id: the CRM's number of the deal is missing");
    if (!currency_is_valid(s->currency))
        return say_wrong(r, "sale_currency: three capital letters are wanted");
    if (!row_money(r, "sale_amount|amount|price|total_amount|сумма", &s->price_micros) ||
        !row_instant(r, zone, "sale_date|paid_at|date|created_at|дата", &s->at) ||
        !row_instant(r, zone, "created_at|sale_date|date", &s->created_at))
        return false;
    if (s->price_micros < 0)
        return say_wrong(r,
                         "sale_amount: it is below zero; a refund is a sale with status refunded");
    return s->at ? true : say_wrong(r, "sale_date: the day of the sale is missing");
}

enum err imports_accept_sale(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out)
{
    enum err err;
    struct import_row row = {.cx = tx_ctx(tx)};
    struct sale_import sale;
    struct sale_ref ref;

    TRY(json_parse(row.cx, e->body, &row.values));
    if (!read_sale(&row, app->zone, &sale))
        return tx_fail(tx, ERR_INPUT, "%s", row.cx->why);
    sale.inbox_id = e->id;
    sale.learned_at = e->received_at;
    TRY(sale_import(tx, app, &sale, &ref));
    TRY(attribution_decide_again(tx, ref.lead_id));
    *out = (struct inbox_result){"import/1", S("sale"), sale.deal_id};
out:
    return err;
}

/* ---- rates ---- */

static bool read_rate(const struct import_row *r, struct fx_rate *rate)
{
    struct str quote = row_text(r, "to_currency|quote");
    struct str day = row_text(r, "rate_date|day|date");
    struct date ignored;

    *rate = (struct fx_rate){.base = row_text(r, "from_currency|base|currency"), .quant = 1};
    if (!currency_is_valid(rate->base) || str_eq(rate->base, S("KZT")))
        return say_wrong(r, "from_currency: three capital letters are wanted, not KZT");
    if (quote.len && !str_eq(quote, S("KZT")))
        return say_wrong(r, "to_currency: rates are kept in KZT");
    if (day.len > 10)
        day.len = 10;
    if (!day_parse(day, &ignored))
        return say_wrong(r, "rate_date: a day like 2026-01-31 is wanted");
    rate->day = day;
    if (!row_money(r, "rate|value", &rate->kzt_micros))
        return false;
    return rate->kzt_micros > 0 ? true : say_wrong(r, "rate: it must be above zero");
}

enum err imports_accept_rate(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out)
{
    enum err err;
    struct import_row row = {.cx = tx_ctx(tx)};
    struct fx_rate rate;

    TRY(json_parse(row.cx, e->body, &row.values));
    if (!read_rate(&row, &rate))
        return tx_fail(tx, ERR_INPUT, "%s", row.cx->why);
    TRY(rates_put_told(tx, &(struct rate_told){S("manual"), e->received_at, e->id}, &rate,
                       day_at(row.cx->arena, app->zone, now_ms(row.cx))));
    *out = (struct inbox_result){"import/1", S("rate"), rate.base};
out:
    return err;
}

/* ---- events ---- */

static bool checked(const struct import_job *job, const struct import_row *r)
{
    struct sale_import sale;
    struct fx_rate rate;

    return job->kind->target == IMPORT_SALES ? read_sale(r, job->app->zone, &sale)
                                             : read_rate(r, &rate);
}

bool import_event(const struct import_job *job, struct ctx *cx, const struct import_line *line,
                  struct inbox_new *out)
{
    unsigned char hash[CRYPTO_HASH];
    struct import_row row = {.cx = cx};
    struct str json;

    if (job->kind->target == IMPORT_LEADS)
        return leads_import(cx, &(struct lead_row){line->names, line->values, line->n}, out) == OK;
    if (!import_json(job, cx, line, &json) || json_parse(cx, json, &row.values) ||
        !checked(job, &row))
        return false;
    hash_blake2b((struct str){0}, json, hash);
    *out = (struct inbox_new){
        .source = job->kind->target == IMPORT_SALES ? S("import.sale") : S("import.rate"),
        .dedupe_key = hex_text(cx->arena, (struct str){(const char *)hash, sizeof hash}),
        .content_type = S("application/json"),
        .body = json};
    return true;
}
