/* sales_routes.c: the CRM's door, and the list of sales. */
#include "base/calendar.h"
#include "base/crypto.h"
#include "base/money.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/webhook_key.h"
#include "sales/sales.h"
#include "sales/sales.sql.h"
#include "sales/sales_map_routes.h"

#include <string.h>

enum { HOOK_MAX = 1 << 20, PAGE = 50, PAGE_MAX = 500, RETRIES_MS = 6 * 3600 * 1000 };

/* The same bytes are the same event. What names no moment may be told again on another day, in the
 * same bytes: after the hours in which the CRM tries again it is another event. */
static struct str dedupe_key(struct req *rq)
{
    static const char *const times[] = {"last_modified", "updated_at", NULL};
    unsigned char hash[CRYPTO_HASH];
    struct arena *a = rq->cx.arena;
    bool has_time = false;

    for (int i = 0; times[i]; i++)
        has_time = has_time || memmem(rq->body.ptr, rq->body.len, times[i], strlen(times[i]));
    hash_blake2b((struct str){0}, rq->body, hash);
    struct str hex = hex_text(a, (struct str){(const char *)hash, sizeof hash});
    return has_time
               ? hex
               : arena_fmt(a, "%.*s.%lld", STR_FMT(hex), (long long)(now_ms(&rq->cx) / RETRIES_MS));
}

/* On disk before it is answered: what it says is worked out later. */
static enum err take_hook(struct req *rq, struct resp *rs, struct str key)
{
    enum err err;

    TRY(webhook_key_check(&rq->cx, rq->app, S("amocrm"), rq->app->config.amo_webhook_secret, key));
    if (!rq->body.len)
        return fail(&rq->cx, ERR_INPUT, "the webhook has no body");
    TRY(inbox_put(&rq->cx, rq->app,
                  &(struct inbox_new){.source = S("amocrm"),
                                      .dedupe_key = dedupe_key(rq),
                                      .content_type = req_header(rq, "Content-Type"),
                                      .body = rq->body}));
    TRY(resp_body(rs, "application/json", S("{\"ok\":true}")));
out:
    return err;
}

static enum err hook_by_path(struct req *rq, struct resp *rs)
{
    return take_hook(rq, rs, rq->path_params[0]);
}

static enum err hook_by_query(struct req *rq, struct resp *rs)
{
    struct str key = {0};

    req_query_str(rq, "key", &key);
    return take_hook(rq, rs, key);
}

void sale_fields(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"product",       "utm_source", "utm_medium", "utm_campaign",
                                        "utm_content",   "utm_term",   "team_name",  "reason",
                                        "campaign_name", "ad_name",    "name"};

    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "deal_id"), json_str(j, col_str(rows, "deal_id"));
    json_key(j, "state"), json_str(j, col_str(rows, "state"));
    json_key(j, "price"), json_dec(j, col_int(rows, "price_micros"), MONEY_SCALE);
    json_key(j, "currency"), json_str(j, col_str(rows, "currency"));
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "won_at", rows, "won_at");
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_int(j, "via_lead_id", rows, "via_lead_id");
    for (size_t i = 0; i < COUNT(texts); i++)
        json_opt_str(j, texts[i], rows, texts[i]);
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const states[] = {"", "open", "won", "lost", "deleted", NULL};
    struct range range;
    struct day_page page;
    int64_t team = 0;
    struct str state;

    query_range(rq, &range);
    query_id(rq, "team", &team);
    state = str_of(query_choice(rq, "state", states));
    query_day_page(rq, PAGE, PAGE_MAX, &page);
    TRY(ctx_fields(&rq->cx));
    struct arg args[] = {SCOPE_ARGS(user_scope(rq->user)),
                         a_str("from_day", range.from),
                         a_str("to_day", range.to),
                         a_id("team", team),
                         a_opt("state", state),
                         DAY_PAGE_ARGS(page)};
    TRY(answer_day_list(rq, rs,
                        &(struct day_list){&q_sales_list, args, COUNT(args), sale_fields, &page}));
out:
    return err;
}

const struct route sales_routes[] = {
    {POST,  "/webhook/amocrm/traffic/{secret}",        ROLE_PUBLIC, RATE_HOOK,  hook_by_path,
     RT_PUBLIC | RT_RAW_BODY | RT_NO_ORIGIN,                                                                    HOOK_MAX },
    {POST,  "/webhook/amocrm/traffic",                 ROLE_PUBLIC, RATE_HOOK,  hook_by_query,
     RT_PUBLIC | RT_RAW_BODY | RT_NO_ORIGIN,                                                                    HOOK_MAX },
    {GET,   "/api/v1/sales",                           ROLE_VIEWER, RATE_READ,  list,                 RT_CACHE, 0        },
    {GET,   "/api/v1/sales/{id}",                      ROLE_VIEWER, RATE_READ,  sales_show,           0,        0        },
    {GET,   "/api/v1/sales/{id}/raw/{observation_id}", ROLE_VIEWER, RATE_READ,  sales_raw,            0,        0        },
    {GET,   "/api/v1/crm/statuses",                    ROLE_ADMIN,  RATE_READ,  sales_status_list,    0,        0        },
    {PUT,   "/api/v1/crm/stage-map",                   ROLE_ADMIN,  RATE_WRITE, sales_stage_map_put,  0,        256 << 10},
    {GET,   "/api/v1/products",                        ROLE_ADMIN,  RATE_READ,  sales_product_list,   0,        0        },
    {POST,  "/api/v1/products",                        ROLE_ADMIN,  RATE_WRITE, sales_product_create, 0,        0        },
    {PATCH, "/api/v1/products/{id}",                   ROLE_ADMIN,  RATE_WRITE, sales_product_update, 0,        0        },
};
const size_t sales_nroutes = COUNT(sales_routes);
