/* cors.c: other sites whose scripts may read answers, by exact name (S11). Nothing is reflected, no
 * star is ever said, and cookies never count: such scripts send a token of their own. */
#include "http/private.h"

static bool is_listed(struct str list, struct str origin)
{
    struct str item;

    while (origin.len && str_cut(&list, ',', &item))
        if (str_eq(str_trim(item), origin))
            return true;
    return false;
}

void cors_allow(struct req *rq, struct resp *rs)
{
    struct str list = str_of(rq->conn->server->opts.cors_origins);
    struct str origin = req_header(rq, "Origin");

    if (!list.len || !str_starts(rq->path, S("/api/")))
        return;
    resp_header(rs, "Vary", S("Origin"));
    if (!is_listed(list, origin))
        return;
    resp_header(rs, "Access-Control-Allow-Origin", origin);
    resp_header(rs, "Access-Control-Expose-Headers",
                S("ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
                  "X-Request-Id"));
}

bool cors_preflight(struct req *rq, struct resp *rs)
{
    struct str list = str_of(rq->conn->server->opts.cors_origins);

    if (rq->method != OPTIONS || !req_header(rq, "Access-Control-Request-Method").len ||
        !str_starts(rq->path, S("/api/")) || !is_listed(list, req_header(rq, "Origin")))
        return false;
    resp_header(rs, "Access-Control-Allow-Methods", S("GET, POST, PUT, PATCH, DELETE"));
    resp_header(rs, "Access-Control-Allow-Headers",
                S("Authorization, Content-Type, If-None-Match, X-Trafficd"));
    resp_header(rs, "Access-Control-Max-Age", S("600"));
    resp_status(rs, 204);
    return true;
}
