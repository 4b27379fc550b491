/* amo_rest.c: the doors of the CRM's fake REST API: who may come in, how fast, and what every
 * answer has in common. */
#include "sim/amo_rest.h"

#include <string.h>

#include "base/form.h"

enum { MOST_PAGE = 250, FIRST_PAGE = 50 };

/* ---- refusing ---- */

bool rest_refuse(struct rest_call *c, const struct rest_refusal *r)
{
    struct json_out *j = json_out_new(&c->rq->cx, 256);
    struct str text;

    json_obj(j);
    if (r->hint)
        rest_text(j, "hint", str_of(r->hint));
    rest_text(j, "title", str_of(r->title));
    rest_text(j, "type", arena_fmt(c->arena, "https://httpstatus.es/%d", r->status));
    rest_int(j, "status", r->status);
    rest_text(j, "detail", str_of(r->detail));
    json_end(j);
    resp_status(c->rs, r->status);
    c->err = json_finish(j, &text);
    if (!c->err)
        c->err = resp_body(c->rs, "application/problem+json", text);
    return false;
}

struct str rest_subdomain(const struct rest_call *c)
{
    if (!sim_switch_of(c->sim, SIM_CRM_MOVED))
        return c->w->crm_subdomain;
    return arena_fmt(c->arena, "%.*s-new", STR_FMT(c->w->crm_subdomain));
}

bool rest_account_is_here(struct rest_call *c)
{
    if (str_eq(c->rq->path_params[0], rest_subdomain(c)))
        return true;
    resp_status(c->rs, 404);
    c->err = resp_body(c->rs, "text/html",
                       S("<html><head><title>404</title></head><body>Аккаунт не найден"
                         "</body></html>\n"));
    return false;
}

static bool slow_down(struct rest_call *c)
{
    resp_status(c->rs, 429);
    c->err = resp_body(c->rs, "text/html", S("<html><body>429 Too Many Requests</body></html>\n"));
    return false;
}

bool rest_admit(struct rest_call *c)
{
    static const struct str bearer = S("Bearer ");
    struct str token = req_header(c->rq, "Authorization");
    int64_t per_second = sim_switch_of(c->sim, SIM_CRM_PER_SECOND);

    if (!rest_account_is_here(c))
        return false;
    if (per_second > 0 && !rest_pace(c, per_second))
        return slow_down(c);
    token = str_starts(token, bearer) ? (struct str){token.ptr + bearer.len, token.len - bearer.len}
                                      : S("");
    if (rest_access_is_good(c, token))
        return true;
    return rest_refuse(
        c, &(struct rest_refusal){401, "Unauthorized", "Invalid or expired token", NULL});
}

/* ---- answering ---- */

void rest_text(struct json_out *j, const char *key, struct str value)
{
    json_key(j, key);
    json_str(j, value);
}

void rest_int(struct json_out *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_int(j, value);
}

void rest_self(struct rest_call *c, struct json_out *j, struct str path)
{
    json_key(j, "_links");
    json_obj(j);
    json_key(j, "self");
    json_obj(j);
    rest_text(j, "href", arena_fmt(c->arena, "%.*s%.*s", STR_FMT(c->base), STR_FMT(path)));
    json_end(j);
    json_end(j);
}

enum err rest_send(struct rest_call *c, struct json_out *j)
{
    enum err err;
    struct str text;

    TRY(json_finish(j, &text));
    TRY(resp_body(c->rs, "application/hal+json", text));
out:
    return err;
}

enum err rest_empty(struct rest_call *c)
{
    resp_status(c->rs, 204);
    return resp_body(c->rs, "application/hal+json", S(""));
}

/* ---- the query ---- */

static bool number(struct str value, int64_t *out)
{
    return str_to_int(value, out) && *out >= 0;
}

/* "filter[statuses][3][status_id]": the third word says which, the last what. */
static bool read_status(struct rest_query *q, struct str key, struct str value)
{
    struct str rest = {key.ptr + 17, key.len - 17}, index = {0};
    int64_t i;

    if (!str_cut(&rest, ']', &index) || !number(index, &i) || i >= REST_MAX_STATUSES)
        return false;
    if ((size_t)i >= q->nstatuses)
        q->nstatuses = (size_t)i + 1;
    if (str_eq(rest, S("[pipeline_id]")))
        q->statuses[i].pipeline = value;
    else if (str_eq(rest, S("[status_id]")))
        q->statuses[i].status = value;
    else
        return false;
    return true;
}

static bool read_with(struct rest_query *q, struct str value)
{
    struct str word;

    while (str_cut(&value, ',', &word)) {
        q->with_contacts |= str_eq(word, S("contacts"));
        q->with_reason |= str_eq(word, S("loss_reason"));
        q->only_deleted |= str_eq(word, S("only_deleted"));
    }
    return true;
}

static bool read_order(struct rest_query *q, struct str key, struct str value)
{
    q->by_update = str_eq(key, S("order[updated_at]"));
    q->by_creation = str_eq(key, S("order[created_at]"));
    q->is_descending = str_eq(value, S("desc"));
    return (q->by_update || q->by_creation || str_eq(key, S("order[id]"))) &&
           (q->is_descending || str_eq(value, S("asc")));
}

static bool read_pair(struct rest_query *q, struct str key, struct str value)
{
    const struct {
        struct str name;
        int64_t *out;
    } numbers[] = {
        {S("limit"),                    &q->limit       },
        {S("page"),                     &q->page        },
        {S("filter[updated_at][from]"), &q->updated_from},
        {S("filter[updated_at][to]"),   &q->updated_to  },
        {S("filter[created_at][from]"), &q->created_from},
        {S("filter[created_at][to]"),   &q->created_to  },
    };

    for (size_t i = 0; i < COUNT(numbers); i++)
        if (str_eq(key, numbers[i].name))
            return number(value, numbers[i].out);
    if (str_starts(key, S("filter[id]"))) /* filter[id], filter[id][], filter[id][3] */
        return q->nids < REST_MAX_IDS && number(value, &q->ids[q->nids++]);
    if (str_starts(key, S("filter[statuses][")))
        return read_status(q, key, value);
    if (str_eq(key, S("with")))
        return read_with(q, value);
    return !str_starts(key, S("order[")) || read_order(q, key, value);
}

bool rest_query_read(struct rest_call *c, struct rest_query *out)
{
    struct form form = form_start(c->rq->query, 1000);
    struct str key, value;
    bool is_good = true;

    *out = (struct rest_query){.limit = FIRST_PAGE, .page = 1};
    while (is_good && form_next(&form, c->arena, &key, &value))
        is_good = read_pair(out, key, value);
    if (is_good && out->limit >= 1 && out->limit <= MOST_PAGE && out->page >= 1)
        return true;
    return rest_refuse(
        c, &(struct rest_refusal){400, "Bad Request", "Request validation failed", NULL});
}

/* ---- lists ---- */

/* The call again with another page; a filter stands in the address as it was asked. */
static struct str page_url(struct rest_call *c, const struct rest_page *p, int64_t limit,
                           int64_t page)
{
    struct str rest = c->rq->query, pair;
    struct str url = arena_fmt(c->arena, "%.*s%.*s?page=%lld&limit=%lld", STR_FMT(c->base),
                               STR_FMT(p->path), (long long)page, (long long)limit);

    while (str_cut(&rest, '&', &pair))
        if (!str_starts(pair, S("page=")) && !str_starts(pair, S("limit=")))
            url = arena_fmt(c->arena, "%.*s&%.*s", STR_FMT(url), STR_FMT(pair));
    return url;
}

void rest_page_begin(struct rest_call *c, struct json_out *j, const struct rest_query *q,
                     const struct rest_page *p)
{
    json_obj(j);
    rest_int(j, "_page", q->page);
    json_key(j, "_links");
    json_obj(j);
    for (int next = 0; next <= p->has_next; next++) {
        json_key(j, next ? "next" : "self");
        json_obj(j);
        rest_text(j, "href", page_url(c, p, q->limit, q->page + next));
        json_end(j);
    }
    json_end(j);
    json_key(j, "_embedded");
    json_obj(j);
    json_key(j, p->rows);
    json_arr(j);
}

void rest_page_end(struct json_out *j)
{
    json_end(j);
    json_end(j);
    json_end(j);
}

/* ---- doors ---- */

enum err rest_answer(struct req *rq, struct resp *rs, enum err (*handler)(struct rest_call *c))
{
    struct sim *s = sim_of(rq);
    struct rest_call c = {.rq = rq,
                          .rs = rs,
                          .sim = s,
                          .rest = s->rest,
                          .w = s->world,
                          .arena = rq->cx.arena,
                          .now_ms = sim_moment(s).now_ms};

    c.base = arena_fmt(c.arena, "%s/amo/%.*s", s->root_url, STR_FMT(rq->path_params[0]));
    enum err err = handler(&c);
    return err ? err : c.err;
}

/* Behind the token, and bent by faults. */
#define DOOR(name, handler)                                                                        \
    static enum err name##_within(struct rest_call *c)                                             \
    {                                                                                              \
        return rest_admit(c) ? handler(c) : OK;                                                    \
    }                                                                                              \
    static enum err name##_plain(struct req *rq, struct resp *rs)                                  \
    {                                                                                              \
        return rest_answer(rq, rs, name##_within);                                                 \
    }                                                                                              \
    static enum err name(struct req *rq, struct resp *rs)                                          \
    {                                                                                              \
        return faults_around(rq, rs, name##_plain);                                                \
    }
/* In front of it. */
#define OPEN_DOOR(name, handler)                                                                   \
    static enum err name##_plain(struct req *rq, struct resp *rs)                                  \
    {                                                                                              \
        return rest_answer(rq, rs, handler);                                                       \
    }                                                                                              \
    static enum err name(struct req *rq, struct resp *rs)                                          \
    {                                                                                              \
        return faults_around(rq, rs, name##_plain);                                                \
    }

OPEN_DOOR(consent, rest_consent)
OPEN_DOOR(token, rest_token)
OPEN_DOOR(place_by_refresh, rest_place_by_refresh)
OPEN_DOOR(place_by_token, rest_place_by_token)
DOOR(account, rest_account)
DOOR(leads, rest_leads)
DOOR(lead, rest_lead)
DOOR(pipelines, rest_pipelines)
DOOR(fields, rest_fields)
DOOR(users, rest_users)
DOOR(contacts, rest_contacts)
DOOR(hooks_list, rest_hooks_list)
DOOR(hooks_add, rest_hooks_add)
DOOR(hooks_delete, rest_hooks_delete)

#define OAUTH "/amo/{subdomain}/oauth2"
#define API "/amo/{subdomain}/api/v4"
const struct route rest_routes[] = {
    {GET,    "/amo/{subdomain}/oauth",           0, RATE_NONE, consent,          0,           0},
    {POST,   OAUTH "/access_token",              0, RATE_NONE, token,            RT_RAW_BODY, 0},
    {GET,    OAUTH "/account/current/subdomain", 0, RATE_NONE, place_by_refresh, 0,           0},
    {GET,    OAUTH "/account/subdomain",         0, RATE_NONE, place_by_token,   0,           0},
    {GET,    API "/account",                     0, RATE_NONE, account,          0,           0},
    {GET,    API "/leads",                       0, RATE_NONE, leads,            0,           0},
    {GET,    API "/leads/pipelines",             0, RATE_NONE, pipelines,        0,           0},
    {GET,    API "/leads/custom_fields",         0, RATE_NONE, fields,           0,           0},
    {GET,    API "/leads/{id}",                  0, RATE_NONE, lead,             0,           0},
    {GET,    API "/users",                       0, RATE_NONE, users,            0,           0},
    {GET,    API "/contacts",                    0, RATE_NONE, contacts,         0,           0},
    {GET,    API "/webhooks",                    0, RATE_NONE, hooks_list,       0,           0},
    {POST,   API "/webhooks",                    0, RATE_NONE, hooks_add,        RT_RAW_BODY, 0},
    {DELETE, API "/webhooks",                    0, RATE_NONE, hooks_delete,     RT_RAW_BODY, 0},
};
const size_t rest_nroutes = COUNT(rest_routes);
