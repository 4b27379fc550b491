/* lead_ads_hooks.c: what the platform calls: the handshake, webhooks, and users who take back what
 * they gave. */
#include "ads/ads.h"
#include "base/form.h"
#include "base/log.h"
#include "core/audit.h"
#include "core/gate.h"
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"
#include "vendors/meta_auth.h"

enum {
    BAD_PER_HOUR = 200,
    HOUR_MS = 3600 * 1000,
    LONGEST_CHALLENGE = 256,
    MOST_PAIRS = 16,
    CODE_BYTES = 12
};

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return s.len > 0 && s.len <= LONGEST_CHALLENGE;
}

enum err leadgen_hello(struct req *rq, struct resp *rs)
{
    struct str mode = {0}, token = {0}, challenge = {0}, wanted = rq->app->config.meta_verify_token;

    req_query_str(rq, "hub.mode", &mode);
    req_query_str(rq, "hub.verify_token", &token);
    req_query_str(rq, "hub.challenge", &challenge);
    if (!wanted.len || !crypto_same(token, wanted) || !str_eq(mode, S("subscribe")))
        return fail(&rq->cx, ERR_FORBIDDEN, "the verify token is not ours");
    if (!is_plain(challenge))
        return fail(&rq->cx, ERR_INPUT, "no challenge to answer");
    return resp_body(rs, "text/plain", challenge);
}

/* ---- webhooks ---- */

static struct str hash_of(struct arena *a, struct str body)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b((struct str){0}, body, hash);
    return hex_text(a, (struct str){(const char *)hash, sizeof hash});
}

static struct str source_of(struct req *rq)
{
    struct ctx own = rq->cx;
    const struct json_in *root;
    struct str object;

    if (!json_parse(&own, rq->body, &root) && json_as_str(json_get(root, "object"), &object) &&
        str_eq(object, S("whatsapp_business_account")))
        return S("whatsapp");
    return S("leadgen");
}

/* Whoever has a wrong secret entered must see that something comes; whoever only knocks must not
 * fill the disk. */
static enum err keep_bad(struct req *rq)
{
    enum err err;
    int64_t wait_ms;
    struct arena *a = rq->cx.arena;
    bool may = limits_take(rq->app->limits, S("badly signed webhooks"), BAD_PER_HOUR, HOUR_MS,
                           mono_ms(&rq->cx), &wait_ms);

    LOG(&rq->cx, LOG_WARN, "meta.hook_badly_signed", l_str("kept", may ? S("yes") : S("no")));
    if (may && rq->body.len)
        TRY(inbox_put(&rq->cx, rq->app,
                      &(struct inbox_new){
                          .source = source_of(rq),
                          .dedupe_key = arena_fmt(a, "bad %.*s", STR_FMT(hash_of(a, rq->body))),
                          .content_type = req_header(rq, "Content-Type"),
                          .body = rq->body,
                          .signature = "bad"}));
    err = fail(&rq->cx, ERR_FORBIDDEN, "the signature is not of our app secret");
out:
    return err;
}

enum err leadgen_take(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str secret = rq->app->config.meta_app_secret;

    if (!secret.len) {
        LOG(&rq->cx, LOG_ERROR, "meta.hook_without_secret",
            l_str("fix", S("set TRAFFICD_META_APP_SECRET, or webhooks cannot be checked")));
        return fail(&rq->cx, ERR_BUSY, "no app secret is configured: webhooks cannot be checked");
    }
    if (!meta_hook_is_signed(secret, req_header(rq, "X-Hub-Signature-256"), rq->body))
        return keep_bad(rq);
    TRY(inbox_put(&rq->cx, rq->app,
                  &(struct inbox_new){.source = source_of(rq),
                                      .dedupe_key = hash_of(rq->cx.arena, rq->body),
                                      .content_type = req_header(rq, "Content-Type"),
                                      .body = rq->body,
                                      .signature = "ok"}));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    return err;
}

/* ---- users who take it back ---- */

static enum err read_signed(struct req *rq, struct meta_signed *out)
{
    struct form f = form_start(rq->body, MOST_PAIRS);
    struct str key, value, text = {0};

    if (!rq->app->config.meta_app_secret.len)
        return fail(&rq->cx, ERR_BUSY, "no app secret is configured: requests cannot be checked");
    while (form_next(&f, rq->cx.arena, &key, &value))
        if (str_eq(key, S("signed_request")))
            text = value;
    return meta_signed_read(&rq->cx, rq->app->config.meta_app_secret, text, out);
}

static enum err audit_taken_back(struct tx *tx, struct req *rq, const char *action,
                                 int64_t connection_id)
{
    return audit_write(tx, rq->app,
                       &(struct audit_entry){.action = action,
                                             .entity = "ad_connection",
                                             .entity_id = connection_id,
                                             .actor = S("Meta"),
                                             .request_id = rq->request_id});
}

/* The connection's token and those of its pages; what was counted stays. */
static enum err take_back(struct tx *tx, struct req *rq, const struct connection_end *e,
                          const char *action)
{
    enum err err;
    int64_t id;

    TRY(connection_forget(tx, e, &id));
    if (id)
        TRY(pages_close(tx, id, e->reason));
    TRY(audit_taken_back(tx, rq, action, id));
out:
    return err;
}

enum err meta_deauthorize(struct req *rq, struct resp *rs)
{
    enum err err;
    struct meta_signed who;
    struct tx *tx = NULL;

    TRY(read_signed(rq, &who));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(take_back(tx, rq,
                  &(struct connection_end){
                      .external_id = who.user_id,
                      .reason = S("the owner removed the app at the platform: connect again")},
                  "connection.deauthorize"));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

static enum err answer_deletion(struct req *rq, struct resp *rs, struct str code)
{
    struct json_out *j = json_out_new(&rq->cx, 256);

    json_obj(j);
    json_key(j, "url");
    json_str(j, arena_fmt(rq->cx.arena, "%.*s/privacy/deletion?code=%.*s",
                          STR_FMT(rq->app->config.public_url), STR_FMT(code)));
    json_key(j, "confirmation_code"), json_str(j, code);
    json_end(j);
    return resp_json(rs, j);
}

enum err meta_deletion(struct req *rq, struct resp *rs)
{
    enum err err;
    struct meta_signed who;
    struct tx *tx = NULL;
    struct str code = crypto_random_id(rq->cx.arena, rq->app->random, CODE_BYTES);

    TRY(read_signed(rq, &who));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(take_back(tx, rq,
                  &(struct connection_end){
                      .external_id = who.user_id,
                      .reason = S("the owner asked the platform for deletion: connect again"),
                      .forget_name = true},
                  "connection.delete_data"));
    TRY(db_exec(
        tx, &q_lead_ads_deletion_put,
        ARGS(a_str("code", code), a_str("external_id", who.user_id), a_int("at", now_ms(&rq->cx))),
        NULL));
    TRY(tx_commit(tx));
    TRY(answer_deletion(rq, rs, code));
out:
    tx_end(&tx);
    return err;
}

static enum err page(struct resp *rs, int status, struct str html)
{
    resp_status(rs, status);
    resp_header(rs, "X-Robots-Tag", S("noindex"));
    return resp_body(rs, "text/html", html);
}

#define PAGE(title, text)                                                                          \
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" title "</title><h1>" title  \
    "</h1><p>" text "</p></html>"
#define NO_REQUEST PAGE("No such request", "There is no deletion request with this code.")
#define DELETED                                                                                    \
    PAGE("Your data was deleted", "Your name and your access token were erased on %.*s (UTC).")

enum err deletion_status(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str code = {0};
    int64_t done_at = 0;
    bool found = false;

    req_query_str(rq, "code", &code);
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_lead_ads_deletion_find, ARGS(a_str("code", code)), &done_at, &found));
    struct str day = found ? rfc3339(rq->cx.arena, done_at) : S("");
    TRY(found ? page(rs, 200, arena_fmt(rq->cx.arena, DELETED, 10, day.ptr))
              : page(rs, 404, S(NO_REQUEST)));
out:
    tx_end(&tx);
    return err;
}
