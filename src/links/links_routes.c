/* links_routes.c: short links as the dashboard works with them. */
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"
#include "links/links.sql.h"
#include "links/links_inside.h"

#include <stdio.h>

enum { PAGE = 50, PAGE_MAX = 500, TITLE_MOST = 200, CODE_LEAST = 3, CODE_MOST = 32, DRAWS = 4 };

/* ---- JSON ---- */

static void write_count(struct json_out *j, const char *key, struct rows *rows)
{
    json_key(j, key), json_int(j, col_int(rows, key));
}

static void write_link(struct json_out *j, struct rows *rows, const struct app *app)
{
    struct str base = app->config.public_url, code = col_str(rows, "code");
    char url[600];

    snprintf(url, sizeof url, "%.*s/s/%.*s", STR_FMT(base), STR_FMT(code));
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "code"), json_str(j, code);
    json_key(j, "short_url"), json_str(j, str_of(url));
    json_key(j, "title"), json_str(j, col_str(rows, "title"));
    json_key(j, "target"), json_str(j, col_str(rows, "target"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    json_opt_int(j, "owner_id", rows, "owner_id");
    json_opt_str(j, "owner_name", rows, "owner_name");
    json_key(j, "merge_policy"), json_str(j, col_str(rows, "merge_policy"));
    for (size_t i = 0; i < LINK_NTAGS; i++)
        json_opt_str(j, link_tag_names[i], rows, link_tag_names[i]);
    json_opt_int(j, "expires_at", rows, "expires_at");
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "archived_at", rows, "archived_at");
    json_key(j, "clicks"), json_obj(j);
    write_count(j, "human", rows);
    write_count(j, "bot", rows);
    write_count(j, "preview", rows);
    json_end(j);
    write_count(j, "visitors", rows);
    json_opt_int(j, "last_click_at", rows, "last_click_at");
    json_end(j);
}

struct list_ask {
    int64_t id, team, before, limit;
    bool archived;
};

static enum err open_list(struct tx *tx, struct req *rq, const struct list_ask *ask,
                          struct rows **rows)
{
    return db_query(tx, &q_links_list,
                    ARGS(SCOPE_ARGS(user_scope(rq->user)), a_id("team", ask->team),
                         a_id("id", ask->id), a_id("before", ask->before),
                         a_int("archived", ask->archived), a_int("most", ask->limit + 1)),
                    rows);
}

/* The link as JSON; ERR_NOT_FOUND also when it is another team's. *owner may be NULL. */
enum err link_find(struct tx *tx, struct req *rq, int64_t id, struct str *json, int64_t *owner)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 1024);
    bool found;

    TRY(open_list(tx, rq, &(struct list_ask){.id = id, .limit = 1, .archived = true}, &rows));
    found = rows_next(rows);
    if (found && owner)
        *owner = col_int(rows, "owner_id");
    if (found)
        write_link(j, rows, rq->app);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no link %lld", (long long)id));
    TRY(json_finish(j, json));
out:
    rows_drop(&rows);
    return err;
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(&rq->cx, 16384);
    static const char *const yes_no[] = {"0", "1", NULL};
    struct list_ask ask = {.limit = PAGE};
    int64_t n = 0, last = 0;

    query_id(rq, "team", &ask.team);
    query_id(rq, "cursor", &ask.before);
    query_limit(rq, PAGE_MAX, &ask.limit);
    ask.archived = query_choice(rq, "archived", yes_no)[0] == '1';
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(open_list(tx, rq, &ask, &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows) && ++n <= ask.limit) {
        write_link(j, rows, rq->app);
        last = col_int(rows, "id");
    }
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next");
    if (n > ask.limit)
        json_str(j, arena_fmt(rq->cx.arena, "%lld", (long long)last));
    else
        json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* ---- input ---- */

struct link_input {
    struct str title, code, target; /* target empty = not given */
    struct tags_input tags;
    struct str merge; /* empty = not given */
    bool has_expiry;
    int64_t expires_at, team_id, template_id; /* 0 = none */
};

static bool is_own_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static void read_expiry(struct ctx *cx, const struct json_in *body, struct link_input *in)
{
    const struct json_in *v = json_get(body, "expires_at");

    in->has_expiry = json_type(v) != JSON_NONE;
    if (!in->has_expiry || json_type(v) == JSON_NULL)
        return;
    if (json_type(v) != JSON_NUM || !json_as_int(v, &in->expires_at))
        fail_field(cx, "expires_at", "not_an_instant");
    else if (in->expires_at <= now_ms(cx))
        fail_field(cx, "expires_at", "in_the_past");
}

static void read_rest(struct ctx *cx, const struct json_in *body, const struct link_hosts *hosts,
                      struct link_input *in)
{
    enum link_merge merge;
    struct link_url url;

    if (input_text_opt(cx, body, "merge_policy", 1, 10, &in->merge) &&
        !link_merge_parse(in->merge, &merge))
        fail_field(cx, "merge_policy", "not_a_choice");
    input_tags(cx, body, &in->tags);
    read_expiry(cx, body, in);
    if (input_has(body, "target") && input_target(cx, body, hosts, &url))
        in->target = link_url_text(cx->arena, &url);
}

/* ---- creating ---- */

/* 64 random bits in base 62. */
static struct str draw_code(struct req *rq)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t bits = 0;
    char text[11];

    rq->app->random->fill(rq->app->random->self, &bits, sizeof bits);
    for (size_t i = 0; i < sizeof text; i++, bits /= 62)
        text[i] = digits[bits % 62];
    return arena_str(rq->cx.arena, (struct str){text, sizeof text});
}

static enum err insert_once(struct tx *tx, struct req *rq, const struct link_input *in, int64_t *id,
                            bool *found)
{
    const struct str *tag = in->tags.tags.at;

    return db_get_int(
        tx, &q_links_insert,
        ARGS(a_str("code", in->code), a_str("title", in->title), a_str("target", in->target),
             a_id("team_id", in->team_id), a_id("owner_id", rq->user->id),
             a_str("merge_policy", in->merge.len ? in->merge : S("keep")),
             a_opt("utm_source", tag[TAG_SOURCE]), a_opt("utm_medium", tag[TAG_MEDIUM]),
             a_opt("utm_campaign", tag[TAG_CAMPAIGN]), a_opt("utm_content", tag[TAG_CONTENT]),
             a_opt("utm_term", tag[TAG_TERM]), a_id("expires_at", in->expires_at),
             a_int("created_at", now_ms(&rq->cx))),
        id, found);
}

static enum err insert(struct tx *tx, struct req *rq, struct link_input *in, int64_t *id)
{
    enum err err = OK;
    bool is_drawn = !in->code.len, found = false;

    for (int i = 0; i < DRAWS && !found; i++) {
        if (is_drawn)
            in->code = draw_code(rq);
        TRY(insert_once(tx, rq, in, id, &found));
        if (!found && !is_drawn)
            TRY(tx_fail(tx, ERR_CONFLICT, "the code %.*s is taken", STR_FMT(in->code)));
    }
    if (!found)
        TRY(tx_fail(tx, ERR_BUG, "%d random codes were all taken", DRAWS));
out:
    return err;
}

static enum err read_new(struct tx *tx, struct req *rq, const struct json_in *body,
                         struct link_input *in)
{
    enum err err;
    struct ctx *cx = &rq->cx;
    struct link_hosts hosts = {0};

    TRY(link_hosts_load(tx, rq->app, &hosts));
    input_text(cx, body, "title", 1, TITLE_MOST, &in->title);
    if (input_text_opt(cx, body, "code", CODE_LEAST, CODE_MOST, &in->code) &&
        !is_own_code(in->code))
        fail_field(cx, "code", "not_a_code");
    input_id(cx, body, "team_id", &in->team_id);
    input_id(cx, body, "template_id", &in->template_id);
    if (!input_has(body, "target"))
        fail_field(cx, "target", "missing");
    read_rest(cx, body, &hosts, in);
    TRY(ctx_fields(cx));
    TRY(link_team_check(tx, rq, &in->team_id));
    if (in->template_id)
        TRY(template_fill(tx, rq, &(struct template_ask){in->template_id, in->team_id}, &in->tags));
out:
    return err;
}

static enum err create(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {
        "title",       "target",   "utm_source",  "utm_medium",   "utm_campaign",
        "utm_content", "utm_term", "template_id", "merge_policy", "expires_at",
        "code",        "team_id",  NULL};
    const struct json_in *body;
    struct tx *tx = NULL;
    struct link_input in = {0};
    struct str json;
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(read_new(tx, rq, body, &in));
    TRY(insert(tx, rq, &in, &id));
    TRY(link_find(tx, rq, id, &json, NULL));
    TRY(audit_change(tx, rq, "link.create", "short_link", id, (struct str){0}, json));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    links_reload(rq->app->links, &rq->cx);
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}

/* ---- changing ---- */

struct link_change {
    const char *action;
    enum err (*apply)(struct tx *tx, struct req *rq, int64_t id, const struct json_in *body);
    const struct json_in *body; /* NULL = none */
};

/* A targetologist changes what is theirs, a team lead what is the team's. */
static enum err change(struct req *rq, struct resp *rs, const struct link_change *c)
{
    enum err err;
    struct tx *tx = NULL;
    struct str before, after;
    int64_t id, owner = 0;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(link_find(tx, rq, id, &before, &owner));
    if (rq->user->role < ROLE_TEAM_LEAD && owner != rq->user->id)
        TRY(tx_fail(tx, ERR_FORBIDDEN, "the link is somebody else's"));
    TRY(c->apply(tx, rq, id, c->body));
    TRY(link_find(tx, rq, id, &after, NULL));
    TRY(audit_change(tx, rq, c->action, "short_link", id, before, after));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    links_reload(rq->app->links, &rq->cx);
    TRY(answer_json(rs, 200, after));
out:
    tx_end(&tx);
    return err;
}

static enum err apply_patch(struct tx *tx, struct req *rq, int64_t id, const struct json_in *body)
{
    enum err err;
    struct link_hosts hosts = {0};
    struct link_input in = {0};
    const struct tags_input *t = &in.tags;

    TRY(link_hosts_load(tx, rq->app, &hosts));
    input_text_opt(&rq->cx, body, "title", 1, TITLE_MOST, &in.title);
    read_rest(&rq->cx, body, &hosts, &in);
    TRY(ctx_fields(&rq->cx));
    TRY(db_exec(
        tx, &q_links_update,
        ARGS(a_int("id", id), a_opt("title", in.title), a_opt("target", in.target),
             a_opt("merge_policy", in.merge), a_int("has_source", t->has[TAG_SOURCE]),
             a_int("has_medium", t->has[TAG_MEDIUM]), a_int("has_campaign", t->has[TAG_CAMPAIGN]),
             a_int("has_content", t->has[TAG_CONTENT]), a_int("has_term", t->has[TAG_TERM]),
             a_opt("utm_source", t->tags.at[TAG_SOURCE]),
             a_opt("utm_medium", t->tags.at[TAG_MEDIUM]),
             a_opt("utm_campaign", t->tags.at[TAG_CAMPAIGN]),
             a_opt("utm_content", t->tags.at[TAG_CONTENT]), a_opt("utm_term", t->tags.at[TAG_TERM]),
             a_int("has_expiry", in.has_expiry), a_id("expires_at", in.expires_at)),
        NULL));
out:
    return err;
}

static enum err update(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {
        "title",       "target",   "utm_source",   "utm_medium", "utm_campaign",
        "utm_content", "utm_term", "merge_policy", "expires_at", NULL};
    struct link_change what = {.action = "link.update", .apply = apply_patch};

    TRY(req_json(rq, allowed, &what.body));
    TRY(change(rq, rs, &what));
out:
    return err;
}

static enum err apply_archive(struct tx *tx, struct req *rq, int64_t id, const struct json_in *body)
{
    (void)body;
    return db_exec(tx, &q_links_archive,
                   ARGS(a_int("id", id), a_int("archived_at", now_ms(&rq->cx))), NULL);
}

static enum err archive(struct req *rq, struct resp *rs)
{
    return change(rq, rs, &(struct link_change){.action = "link.archive", .apply = apply_archive});
}

static enum err apply_restore(struct tx *tx, struct req *rq, int64_t id, const struct json_in *body)
{
    (void)body;
    (void)rq;
    return db_exec(tx, &q_links_archive, ARGS(a_int("id", id), a_null("archived_at")), NULL);
}

static enum err restore(struct req *rq, struct resp *rs)
{
    return change(rq, rs, &(struct link_change){.action = "link.restore", .apply = apply_restore});
}

enum { OPEN = RT_PUBLIC | RT_NO_ORIGIN };

const struct route links_routes[] = {
    {GET,   "/s/{code}",                          ROLE_PUBLIC,        RATE_READ,  link_redirect,      OPEN, 0},
    {GET,   "/api/v1/links",                      ROLE_VIEWER,        RATE_READ,  list,               0,    0},
    {POST,  "/api/v1/links",                      ROLE_TARGETOLOGIST, RATE_WRITE, create,             0,    0},
    {POST,  "/api/v1/links/build",                ROLE_TARGETOLOGIST, RATE_WRITE, link_build,         0,    0},
    {PATCH, "/api/v1/links/{id}",                 ROLE_TARGETOLOGIST, RATE_WRITE, update,             0,    0},
    {POST,  "/api/v1/links/{id}/archive",         ROLE_TARGETOLOGIST, RATE_WRITE, archive,            0,    0},
    {POST,  "/api/v1/links/{id}/restore",         ROLE_TARGETOLOGIST, RATE_WRITE, restore,            0,    0},
    {GET,   "/api/v1/links/{id}/clicks",          ROLE_VIEWER,        RATE_READ,  link_clicks_show,   0,    0},
    {GET,   "/api/v1/utm-templates",              ROLE_VIEWER,        RATE_READ,  templates_list,     0,    0},
    {POST,  "/api/v1/utm-templates",              ROLE_TARGETOLOGIST, RATE_WRITE, template_create,    0,    0},
    {PATCH, "/api/v1/utm-templates/{id}",         ROLE_TARGETOLOGIST, RATE_WRITE, template_update,    0,    0},
    {POST,  "/api/v1/utm-templates/{id}/archive", ROLE_TARGETOLOGIST, RATE_WRITE, template_archive,
     0,                                                                                                     0},
    {GET,   "/api/v1/link-hosts",                 ROLE_ADMIN,         RATE_READ,  link_hosts_show,    0,    0},
    {PUT,   "/api/v1/link-hosts",                 ROLE_ADMIN,         RATE_WRITE, link_hosts_replace, 0,    0},
};
const size_t links_nroutes = COUNT(links_routes);
