/* sales_map_routes.c: products, and what each status of the CRM means for money and for the funnel.
 * A change folds every sale anew, in the background. */
#include "sales/sales_map_routes.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/job.h"
#include "core/version.h"
#include "sales/maps.sql.h"
#include "sales/sales_inside.h"

enum { MOST_ITEMS = 1000, MOST_POSITION = 10000 };

/* ---- statuses ---- */

static void write_status(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"pipeline_id", "pipeline", "status_id", "name", "stage"};

    json_obj(j);
    for (size_t i = 0; i < COUNT(texts); i++)
        json_key(j, texts[i]), json_str(j, col_str(rows, texts[i]));
    json_key(j, "sort"), json_int(j, col_int(rows, "sort"));
    json_opt_str(j, "product", rows, "product");
    json_opt_str(j, "funnel_stage", rows, "funnel_stage");
    json_end(j);
}

enum err sales_status_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_maps_statuses, NO_ARGS, write_status);
}

struct map_item {
    struct str pipeline_id, status_id, stage, product, funnel_stage;
};
struct map_items {
    struct map_item *at;
    size_t n, cap;
};

static bool is_stage(struct str s)
{
    return str_eq(s, S("lead")) || str_eq(s, S("prepaid")) || str_eq(s, S("won")) ||
           str_eq(s, S("lost"));
}

static void read_item(struct ctx *cx, const struct json_in *item, struct map_item *out)
{
    input_text(cx, item, "pipeline_id", 1, 80, &out->pipeline_id);
    input_text(cx, item, "status_id", 0, 40, &out->status_id);
    input_text(cx, item, "stage", 1, 20, &out->stage);
    input_text(cx, item, "product", 0, 80, &out->product);
    input_text(cx, item, "funnel_stage", 0, 40, &out->funnel_stage);
    if (out->stage.len && !is_stage(out->stage))
        fail_field(cx, "stage", "unknown");
    if (!out->status_id.len && out->stage.len && !str_eq(out->stage, S("lead")))
        fail_field(cx, "stage", "not_of_a_pipeline"); /* every deal would be paid at once */
}

static enum err read_items(struct req *rq, struct map_items *out)
{
    enum err err;
    static const char *const allowed[] = {"items", NULL};
    const struct json_in *body, *item;

    TRY(req_json(rq, allowed, &body));
    const struct json_in *items = json_get(body, "items");
    if (json_type(items) != JSON_ARR || json_len(items) > MOST_ITEMS)
        fail_field(&rq->cx, "items", "not_a_list");
    TRY(ctx_fields(&rq->cx));
    struct json_iter it = json_iter(items);
    while ((item = json_next(&it, NULL)) != NULL)
        read_item(&rq->cx, item, vec_add(rq->cx.arena, out));
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

static enum err put_item(struct tx *tx, const struct map_item *m)
{
    enum err err;
    int64_t product_id = 0;
    bool found = true;

    if (m->product.len)
        TRY(db_get_int(tx, &q_maps_product_id, ARGS(a_str("code", m->product)), &product_id,
                       &found));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no product %.*s", STR_FMT(m->product)));
    TRY(db_exec(tx, &q_maps_stage_put,
                ARGS(a_str("pipeline_id", m->pipeline_id), a_str("status_id", m->status_id),
                     a_str("stage", m->stage), a_id("product_id", product_id),
                     a_opt("funnel_stage", m->funnel_stage)),
                NULL));
out:
    return err;
}

enum err sales_stage_map_put(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct map_items items = {0};

    TRY(read_items(rq, &items));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < items.n; i++)
        TRY(put_item(tx, &items.at[i]));
    TRY(audit_change(tx, rq, "crm.stage_map", "stage_map", 0, (struct str){0}, rq->body));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    tx_end(&tx);
    scheduler_nudge(rq->app->scheduler, "sales.refold");
    TRY(sales_status_list(rq, rs));
out:
    tx_end(&tx);
    return err;
}

/* ---- products ---- */

static void write_product(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "code"), json_str(j, col_str(rows, "code"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "price");
    if (col_is_null(rows, "price_micros"))
        json_null(j);
    else
        json_dec(j, col_int(rows, "price_micros"), MONEY_SCALE);
    json_opt_str(j, "currency", rows, "currency");
    json_key(j, "counts_as_sale"), json_bool(j, col_int(rows, "counts_as_sale") != 0);
    json_key(j, "position"), json_int(j, col_int(rows, "position"));
    json_end(j);
}

enum err sales_product_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_maps_products, ARGS(a_null("id")), write_product);
}

static enum err product_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    (void)rq;
    return row_json(tx, &q_maps_products, ARGS(a_int("id", id)), write_product, out);
}

struct product { /* as it was sent; has_*: it was */
    struct str code, name, currency;
    bool has_price, is_free, has_counts, counts_as_sale, has_position;
    int64_t price_micros, position;
};

static bool is_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return s.len > 0;
}

static bool is_currency(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
            return false;
    return s.len == 3;
}

static void read_price(struct ctx *cx, const struct json_in *body, struct product *p)
{
    const struct json_in *price = json_get(body, "price");

    p->has_price = input_has(body, "price");
    p->is_free = json_type(price) == JSON_NULL;
    input_text(cx, body, "currency", 0, 3, &p->currency);
    if (!p->has_price || p->is_free)
        return;
    if (!json_as_dec(price, MONEY_SCALE, &p->price_micros) || p->price_micros < 0)
        fail_field(cx, "price", "not_an_amount");
    if (!is_currency(p->currency))
        fail_field(cx, "currency", p->currency.len ? "not_a_currency" : "missing");
}

static void read_product(struct ctx *cx, const struct json_in *body, struct product *p)
{
    const struct json_in *counts = json_get(body, "counts_as_sale");
    const struct json_in *position = json_get(body, "position");

    read_price(cx, body, p);
    p->has_counts = json_type(counts) != JSON_NONE;
    if (p->has_counts && !json_as_bool(counts, &p->counts_as_sale))
        fail_field(cx, "counts_as_sale", "not_yes_or_no");
    p->has_position = json_type(position) != JSON_NONE;
    if (p->has_position &&
        (!json_as_int(position, &p->position) || p->position < 0 || p->position > MOST_POSITION))
        fail_field(cx, "position", "out_of_range");
}

static struct arg price_arg(const struct product *p)
{
    return p->has_price && !p->is_free ? a_int("price_micros", p->price_micros)
                                       : a_null("price_micros");
}

static struct arg currency_arg(const struct product *p)
{
    return p->has_price && !p->is_free ? a_str("currency", p->currency) : a_null("currency");
}

enum err sales_product_create(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"code",           "name",     "price", "currency",
                                          "counts_as_sale", "position", NULL};
    const struct json_in *body;
    struct tx *tx = NULL;
    struct product p = {.counts_as_sale = true};
    struct str json;
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    if (input_text(&rq->cx, body, "code", 1, 80, &p.code) && !is_code(p.code))
        fail_field(&rq->cx, "code", "not_a_code");
    input_text(&rq->cx, body, "name", 1, 120, &p.name);
    read_product(&rq->cx, body, &p);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_get_int(tx, &q_maps_product_insert,
                   ARGS(a_str("code", p.code), a_str("name", p.name), price_arg(&p),
                        currency_arg(&p), a_int("counts_as_sale", p.counts_as_sale),
                        a_int("position", p.position)),
                   &id, NULL));
    TRY(product_json(tx, rq, id, &json));
    TRY(audit_change(tx, rq, "product.create", "product", id, (struct str){0}, json));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "sales.refold");
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}

static enum err apply_patch(struct tx *tx, int64_t id, const void *what)
{
    const struct product *p = what;

    return db_exec(
        tx, &q_maps_product_update,
        ARGS(a_int("id", id), a_opt("name", p->name), a_int("has_price", p->has_price),
             price_arg(p), currency_arg(p),
             p->has_counts ? a_int("counts_as_sale", p->counts_as_sale) : a_null("counts_as_sale"),
             p->has_position ? a_int("position", p->position) : a_null("position")),
        NULL);
}

enum err sales_product_update(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"name",           "price",    "currency",
                                          "counts_as_sale", "position", NULL};
    const struct json_in *body;
    struct product p = {0};
    struct row_change change = {.entity = "product",
                                .action = "product.update",
                                .json = product_json,
                                .apply = apply_patch,
                                .what = &p,
                                .nudge = "sales.refold"};

    TRY(param_id(rq, 0, &change.id));
    TRY(req_json(rq, allowed, &body));
    input_text_opt(&rq->cx, body, "name", 1, 120, &p.name);
    read_product(&rq->cx, body, &p);
    TRY(ctx_fields(&rq->cx));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}
