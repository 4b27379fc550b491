/* crm_routes.c: connections to the CRM: the ways in, their state, their end. */
#include "base/calendar.h"
#include "core/answer.h"
#include "core/input.h"
#include "core/secrets.h"
#include "core/version.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"
#include "crm/crm_map_routes.h"

static void write_connection(struct json_out *j, struct rows *rows)
{
    static const char *const times[] = {"expires_at", "hook_checked_at", "read_until",
                                        "blocked_until", "last_hook_at"};
    static const char *const texts[] = {"external_id", "subdomain", "host",      "auth",
                                        "state",       "currency",  "hook_state"};

    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "account_id"), json_int(j, col_int(rows, "crm_account_id"));
    for (size_t i = 0; i < COUNT(texts); i++)
        json_key(j, texts[i]), json_str(j, col_str(rows, texts[i]));
    json_opt_str(j, "reason", rows, "reason");
    for (size_t i = 0; i < COUNT(times); i++)
        json_opt_int(j, times[i], rows, times[i]);
    json_key(j, "checked_at"), json_int(j, col_int(rows, "checked_at"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_end(j);
}

static enum err connection_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_crm_connections, ARGS(a_null("id")), write_connection);
}

/* The connection as it is now, with an audit row about what was done to it. */
static enum err answer_connection(struct req *rq, struct resp *rs, int64_t id, const char *action)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(row_json(tx, &q_crm_connections, ARGS(a_int("id", id)), write_connection, &json));
    TRY(audit_change(tx, rq, action, "crm_connection", id, (struct str){0}, json));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

/* A connection that is new has much to read. */
static void begin_to_read(struct app *app)
{
    static const char *const jobs[] = {"crm.meta", "crm.watch", "crm.read_back"};

    for (size_t i = 0; i < COUNT(jobs); i++)
        scheduler_nudge(app->scheduler, jobs[i]);
}

static void check_printable(struct ctx *cx, const char *field, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            fail_field(cx, field, "not_a_token");
            return;
        }
}

static enum err connection_paste(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"subdomain", "host", "token", NULL};
    const struct json_in *body;
    struct str token = {0}, text = {0}, host = {0};
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "token", 10, 4000, &token);
    check_printable(&rq->cx, "token", token);
    if (!input_text(&rq->cx, body, "host", 0, 200, &text) || !text.len)
        input_text(&rq->cx, body, "subdomain", 0, 200, &text);
    if (!amo_host_parse(rq->cx.arena, text, &host))
        fail_field(&rq->cx, "host", text.len ? "not_an_address" : "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(crm_connect_token(&rq->cx, rq->app, host, token, &id));
    begin_to_read(rq->app);
    TRY(answer_connection(rq, rs, id, "crm.connect"));
    resp_status(rs, 201);
out:
    return err;
}

static enum err connection_consent(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"client_id", "client_secret", NULL};
    const struct json_in *body;
    struct crm_consent c = {.user_id = rq->user->id};
    struct json_out *j = json_out_new(&rq->cx, 512);
    struct str url;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "client_id", 0, 100, &c.client_id);
    input_text(&rq->cx, body, "client_secret", 0, 500, &c.client_secret);
    check_printable(&rq->cx, "client_id", c.client_id);
    check_printable(&rq->cx, "client_secret", c.client_secret);
    if (c.client_id.len && !c.client_secret.len)
        fail_field(&rq->cx, "client_secret", "missing");
    if (!c.client_id.len && (c.client_secret.len || !rq->app->config.amo_client_id.len))
        fail_field(&rq->cx, "client_id", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(crm_consent_begin(&rq->cx, rq->app, &c, &url));
    json_obj(j);
    json_key(j, "url"), json_str(j, url);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}

/* The browser comes back from the CRM: whatever came of it is told by the page of connections. */
static void go_to_page(struct req *rq, struct resp *rs, const char *what, struct str value)
{
    resp_status(rs, 303);
    resp_header(rs, "Location",
                arena_fmt(rq->cx.arena, "%.*s/connections?%s=%.*s",
                          STR_FMT(rq->app->config.public_url), what, STR_FMT(value)));
}

static const char *failure_code(enum err err)
{
    if (err == ERR_AUTH)
        return "state";
    return err == ERR_INPUT ? "answer" : err == ERR_UPSTREAM ? "refused" : "failed";
}

static enum err connection_callback(struct req *rq, struct resp *rs)
{
    enum err err;
    struct crm_consent_answer a = {0};
    struct str refusal = {0};
    int64_t id;

    req_query_str(rq, "state", &a.state);
    req_query_str(rq, "code", &a.code);
    req_query_str(rq, "referer", &a.referer);
    req_query_str(rq, "error", &refusal);
    err = crm_consent_end(&rq->cx, rq->app, &a, &id);
    if (err == ERR_BUG || err == ERR_DB)
        return err;
    if (err) {
        const char *code = refusal.len && err == ERR_INPUT ? "denied" : failure_code(err);
        ctx_forgive(&rq->cx);
        go_to_page(rq, rs, "crm_error", str_of(code));
    } else {
        begin_to_read(rq->app);
        go_to_page(rq, rs, "crm_connected", arena_fmt(rq->cx.arena, "%lld", (long long)id));
    }
    return resp_body(rs, "text/plain", S(""));
}

static enum err find_link(struct req *rq, struct crm_link *l)
{
    enum err err;
    struct crm_links list = {0};
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(crm_links_load(&rq->cx, rq->app, id, &list));
    *l = list.at[0];
out:
    return err;
}

/* What the CRM says to it is the answer, also when it refuses. */
static enum err try_and_tell(struct req *rq, struct crm_link *l, crm_step_fn *step, void *self)
{
    enum err err = crm_try(l, step, self);

    if (err && (l->last.class != AMO_OK || err == ERR_INPUT)) {
        ctx_forgive(&rq->cx);
        err = OK;
    }
    return err;
}

static enum err connection_check(struct req *rq, struct resp *rs)
{
    enum err err;
    struct crm_link l;

    TRY(find_link(rq, &l));
    TRY(try_and_tell(rq, &l, crm_meta_read, NULL));
    if (l.last.class == AMO_OK || l.last.class == AMO_EMPTY)
        TRY(try_and_tell(rq, &l, crm_hook_look, NULL));
    TRY(answer_connection(rq, rs, l.id, "crm.check"));
out:
    return err;
}

static enum err connection_hook(struct req *rq, struct resp *rs)
{
    enum err err;
    struct crm_link l;
    bool is_wanted = true;

    TRY(find_link(rq, &l));
    TRY(try_and_tell(rq, &l, crm_hook_look, &is_wanted));
    TRY(answer_connection(rq, rs, l.id, "crm.hook"));
out:
    return err;
}

static enum err erase_secrets(struct tx *tx, const struct crm_link *l)
{
    const int64_t ids[] = {l->access_id, l->refresh_id, l->client_secret_id};
    enum err err = OK;

    for (size_t i = 0; i < COUNT(ids); i++)
        if (ids[i])
            TRY(secret_erase(tx, ids[i]));
out:
    return err;
}

/* The tokens are erased; the account, its deals and what was read stay. */
static enum err connection_remove(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct crm_link l;

    TRY(find_link(rq, &l));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_connection_off, ARGS(a_int("id", l.id), a_int("at", now_ms(&rq->cx))),
                NULL));
    TRY(erase_secrets(tx, &l));
    TRY(audit_change(tx, rq, "crm.disconnect", "crm_connection", l.id, (struct str){0},
                     (struct str){0}));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, S("{\"ok\":true}")));
out:
    tx_end(&tx);
    return err;
}

const struct route crm_routes[] = {
    {GET,    "/api/v1/crm/connections",             ROLE_ADMIN,  RATE_READ,  connection_list,     0,                        0},
    {POST,   "/api/v1/crm/connections",             ROLE_ADMIN,  RATE_WRITE, connection_paste,    0,                        0},
    {POST,   "/api/v1/crm/connections/oauth",       ROLE_ADMIN,  RATE_WRITE, connection_consent,  0,                        0},
    {GET,    "/crm/callback",                       ROLE_PUBLIC, RATE_LOGIN, connection_callback, RT_PUBLIC | RT_NO_ORIGIN,
     0                                                                                                                       },
    {POST,   "/api/v1/crm/connections/{id}/check",  ROLE_ADMIN,  RATE_WRITE, connection_check,    0,                        0},
    {POST,   "/api/v1/crm/connections/{id}/hook",   ROLE_ADMIN,  RATE_WRITE, connection_hook,     0,                        0},
    {DELETE, "/api/v1/crm/connections/{id}",        ROLE_ADMIN,  RATE_WRITE, connection_remove,   0,                        0},
    {POST,   "/api/v1/crm/webhook-key",             ROLE_ADMIN,  RATE_WRITE, crm_key_new,         0,                        0},
    {GET,    "/api/v1/crm/webhook-keys",            ROLE_ADMIN,  RATE_READ,  crm_key_list,        0,                        0},
    {POST,   "/api/v1/crm/webhook-keys/retire-old", ROLE_ADMIN,  RATE_WRITE, crm_key_retire_old,  0,                        0},
    {GET,    "/api/v1/crm/fields",                  ROLE_ADMIN,  RATE_READ,  crm_field_list,      0,                        0},
    {PUT,    "/api/v1/crm/fields",                  ROLE_ADMIN,  RATE_WRITE, crm_field_put,       0,                        0},
    {GET,    "/api/v1/crm/users",                   ROLE_ADMIN,  RATE_READ,  crm_user_list,       0,                        0},
    {GET,    "/api/v1/crm/syncs",                   ROLE_ADMIN,  RATE_READ,  crm_sync_list,       0,                        0},
    {POST,   "/api/v1/crm/syncs",                   ROLE_ADMIN,  RATE_WRITE, crm_sync_ask,        0,                        0},
    {GET,    "/api/v1/crm/syncs/{id}/results",      ROLE_ADMIN,  RATE_READ,  crm_sync_results,    0,                        0},
};
const size_t crm_nroutes = COUNT(crm_routes);
