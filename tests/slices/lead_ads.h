/* lead_ads.h: Lead Ads over the whole product and a platform that says what a test wrote down.
 * The one rule: forms_open first, forms_close last. */
#pragma once
#include "base/crypto.h"
#include "core/inbox.h"
#include "core/secrets.h"
#include "fake_vendor.h"
#include "slice_app.h"

#define PAGE_ID "102858741624226"
#define LEAD_ID "769224190664558"
#define HOOK "/webhook/facebook/leadgen"
#define LEAD_BODY                                                                                  \
    "{\"id\":\"" LEAD_ID "\",\"created_time\":\"2026-02-03T04:00:00+0000\","                       \
    "\"ad_id\":\"23849651968300182\",\"adset_id\":\"23845000000000011\","                          \
    "\"campaign_id\":\"23845000000000001\",\"form_id\":\"82595106832717\",\"is_organic\":false,"   \
    "\"platform\":\"ig\",\"field_data\":["                                                         \
    "{\"name\":\"full_name\",\"values\":[\"Test Person\"]},"                                       \
    "{\"name\":\"phone_number\",\"values\":[\"+77010000007\"]},"                                   \
    "{\"name\":\"email\",\"values\":[\"test@example.com\"]}]}"

struct forms {
    struct ctx *cx;
    struct slice_app s;
    struct fake_vendor *graph;
};

static inline void forms_open(struct ctx *cx, struct temp_db *t, struct forms *f)
{
    *f = (struct forms){.cx = cx, .graph = fake_vendor_start()};
    slice_app_open(cx, t, &f->s);
    struct app *app = f->s.app;
    app->config.meta_app_secret = S("testsecret");
    app->config.meta_verify_token = S("verify-token-of-the-tests");
    app->config.meta_api_version = S("v25.0");
    app->meta = (struct upstream){
        .name = "meta",
        .base_url = fake_vendor_url(f->graph),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 1, .base_ms = 100, .cap_ms = 1000}
    };
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &app->fetcher));
}

static inline void forms_close(struct forms *f)
{
    slice_app_close(&f->s);
    fetcher_free(&f->s.app->fetcher);
    fake_vendor_stop(&f->graph);
}

static inline struct answer forms_post(struct forms *f, const char *path, struct str body,
                                       struct str signature)
{
    struct str headers =
        arena_fmt(f->cx->arena, "Content-Type: application/json\r\nX-Hub-Signature-256: %.*s\r\n",
                  STR_FMT(signature));

    return ask_for(f->cx, f->s.core.port, "POST", path, str_z(f->cx->arena, headers), body);
}

static inline struct str forms_sign(struct ctx *cx, struct str body)
{
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256(S("testsecret"), body, mac);
    return arena_fmt(cx->arena, "sha256=%.*s",
                     STR_FMT(hex_text(cx->arena, (struct str){(const char *)mac, sizeof mac})));
}

/* A webhook of one lead; created_s 0 leaves its time out. */
static inline struct str forms_hook(struct ctx *cx, const char *lead, int64_t created_s)
{
    return arena_fmt(cx->arena,
                     "{\"object\":\"page\",\"entry\":[{\"id\":\"" PAGE_ID "\",\"time\":%lld,"
                     "\"changes\":[{\"value\":{\"ad_id\":\"23849651968300182\",\"form_id\":"
                     "\"82595106832717\",\"leadgen_id\":\"%s\",\"created_time\":%lld,\"page_id\":"
                     "\"" PAGE_ID "\"},\"field\":\"leadgen\"}]}]}",
                     (long long)created_s, lead, (long long)created_s);
}

static inline void forms_tell(struct forms *f, const char *lead)
{
    struct str body = forms_hook(f->cx, lead, TEST_NOW_MS / 1000 - 3600);

    check_int(200, forms_post(f, HOOK, body, forms_sign(f->cx, body)).status);
}

/* A connection of the platform's user 218471 with a token. */
static inline void forms_connect(struct forms *f)
{
    struct tx *tx = NULL;
    int64_t secret;

    check_ok(tx_begin(f->cx, f->s.app->db, TX_WRITE, &tx));
    check_ok(secret_put(tx, f->s.app, S("meta.token"), S("USERTOKENUSERTOKEN"), &secret));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    sql_script(f->cx, &f->s,
               "insert into ad_connection (platform, label, external_id, secret_id, state, "
               "created_at, checked_at) values ('meta', 'Aigerim', '218471', %lld, 'ok', 1, 1)",
               (long long)secret);
}

static inline void forms_says(struct forms *f, const char *json)
{
    fake_vendor_answers(f->graph, 200, "Content-Type: application/json\r\n", str_of(json));
}

/* The connection and its one page, as a refresh finds it. */
static inline void forms_open_page(struct forms *f)
{
    forms_connect(f);
    forms_says(f, "{\"data\":[{\"id\":\"" PAGE_ID "\",\"name\":\"School\",\"access_token\":"
                  "\"PAGETOKENPAGETOKEN\"}]}");
    check_int(200, slice_status(f->cx, &f->s, "POST /api/v1/lead-pages/refresh", f->s.admin, NULL));
}

static inline struct str forms_job(struct forms *f, const char *name)
{
    struct job_run run;

    slice_job(f->cx, &f->s, name, &run);
    return arena_fmt(f->cx->arena, "%lld/%lld/%lld", (long long)run.seen, (long long)run.written,
                     (long long)run.failed);
}

static inline struct str forms_lead(struct forms *f)
{
    return sql_rows(f->cx, &f->s,
                    "external_id, name, phone_tail, created_at, day, ad_external_id, "
                    "campaign_external_id, form_id",
                    "from lead order by external_id");
}

static inline struct str forms_tasks(struct forms *f)
{
    return sql_rows(f->cx, &f->s, "leadgen_id, state, tries",
                    "from lead_ad_fetch order by leadgen_id");
}
