/* ops_routes.c: health, and the description of the API. */
#include "base/embedded.h"
#include "core/app.h"
#include "core/deflate.h"
#include "core/roles.h"
#include "ops/ops.h"
#include "ops/ops.sql.h"
#include "ops/ops_inside.h"

extern const struct embedded_packed packed_openapi;

/* Alive means: the database answers too. Says nothing else to a stranger. */
static enum err health(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 64);
    int64_t one;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_ops_ping, NO_ARGS, &one, NULL));
    json_obj(j);
    json_key(j, "status"), json_str(j, S("ok"));
    json_key(j, "version"), json_str(j, str_of(rq->app->version));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

static enum err openapi(struct req *rq, struct resp *rs)
{
    enum err err;
    const struct embedded_packed *p = &packed_openapi;
    struct str text;

    TRY(inflate_bytes(&rq->cx, (struct str){(const char *)p->data, p->len}, p->plain_len, &text));
    TRY(resp_body(rs, "application/json", text));
out:
    return err;
}

const struct route ops_routes[] = {
    {GET, "/health",                 ROLE_PUBLIC,        RATE_NONE, health,          RT_PUBLIC, 0},
    {GET, "/api/openapi.json",       ROLE_PUBLIC,        RATE_NONE, openapi,         RT_PUBLIC, 0},
    {GET, "/api/v1/sources",         ROLE_TARGETOLOGIST, RATE_READ, ops_sources,     0,         0},
    {GET, "/api/v1/diagnostics",     ROLE_TARGETOLOGIST, RATE_READ, ops_diagnostics, 0,         0},
    {GET, "/api/v1/stats",           ROLE_ADMIN,         RATE_READ, ops_stats,       0,         0},
    {GET, "/api/v1/monitoring",      ROLE_ADMIN,         RATE_READ, ops_monitoring,  0,         0},
    {GET, "/api/v1/integration-log", ROLE_ADMIN,         RATE_READ, ops_calls,       0,         0},
    {GET, "/api/v1/errors",          ROLE_ADMIN,         RATE_READ, ops_errors,      0,         0},
};
const size_t ops_nroutes = COUNT(ops_routes);
