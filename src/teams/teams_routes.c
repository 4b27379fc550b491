/* teams_routes.c: what the browser may ask about teams. */
#include "core/answer.h"
#include "core/input.h"
#include "teams/rules_routes.h"
#include "teams/teams.sql.h"
#include "teams/teams_inside.h"

enum { MOST_TAGS = 20, NAME_MAX_BYTES = 120 };

static void write_team(struct json_out *j, struct rows *rows, const struct team_tags *tags)
{
    int64_t id = col_int(rows, "id");

    json_obj(j);
    json_key(j, "id"), json_int(j, id);
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "colour"), json_str(j, col_str(rows, "colour"));
    json_key(j, "emoji"), json_str(j, col_str(rows, "emoji"));
    json_opt_int(j, "lead_user_id", rows, "lead_user_id");
    json_opt_str(j, "lead_name", rows, "lead_name");
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "archived_at", rows, "archived_at");
    json_key(j, "members"), json_int(j, col_int(rows, "members"));
    json_key(j, "accounts"), json_int(j, col_int(rows, "accounts"));
    json_key(j, "tags"), json_arr(j);
    for (size_t i = 0; i < tags->n; i++)
        if (tags->at[i].team_id == id)
            json_str(j, tags->at[i].value);
    json_end(j);
    json_end(j);
}

static enum err list(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    struct team_tags tags = {0};
    struct json_out *j = json_out_new(&rq->cx, 4096);
    static const char *const yes_no[] = {"0", "1", NULL};
    bool archived = query_choice(rq, "archived", yes_no)[0] == '1';

    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(team_tags_load(tx, &tags));
    TRY(db_query(tx, &q_teams_list,
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("archived", archived)), &rows));
    json_obj(j);
    json_key(j, "items"), json_arr(j);
    while (rows_next(rows))
        write_team(j, rows, &tags);
    TRY(rows_end(&rows));
    json_end(j);
    json_key(j, "next"), json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* The team as JSON; ERR_NOT_FOUND also when it is not the user's to see. */
static enum err team_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct team_tags tags = {0};
    struct json_out *j = json_out_new(tx_ctx(tx), 512);
    bool found;

    TRY(team_tags_load(tx, &tags));
    TRY(db_query(tx, &q_teams_one, ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        write_team(j, rows, &tags);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no team %lld", (long long)id));
    TRY(json_finish(j, out));
out:
    rows_drop(&rows);
    return err;
}

static enum err show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(team_json(tx, rq, id, &json));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

static bool is_colour(struct str s)
{
    if (s.len != 7 || s.ptr[0] != '#')
        return false;
    for (size_t i = 1; i < 7; i++) {
        char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return true;
}

static void read_look(struct ctx *cx, const struct json_in *body, struct team_new *t)
{
    if (input_text_opt(cx, body, "colour", 0, 7, &t->colour) && !is_colour(t->colour))
        fail_field(cx, "colour", "not_a_colour");
    input_text_opt(cx, body, "emoji", 0, 32, &t->emoji);
    input_id(cx, body, "lead_user_id", &t->lead_user_id);
}

static void read_tags(struct ctx *cx, const struct json_in *body, struct team_new *t)
{
    const struct json_in *list = json_get(body, "tags");
    struct json_iter it = json_iter(list);
    const struct json_in *v;
    VEC(struct str) tags = {0};

    if (json_type(list) != JSON_NONE && json_type(list) != JSON_ARR)
        fail_field(cx, "tags", "not_a_list");
    while ((v = json_next(&it, NULL)) != NULL) {
        struct str tag;
        if (!json_as_str(v, &tag) || !str_trim(tag).len || tag.len > NAME_MAX_BYTES)
            fail_field(cx, "tags", "not_a_tag");
        else if (tags.n == MOST_TAGS)
            fail_field(cx, "tags", "too_many");
        else
            *vec_add(cx->arena, &tags) = tag;
    }
    t->tags = tags.at;
    t->ntags = tags.n;
}

static enum err create(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"name", "colour", "emoji", "lead_user_id", "tags", NULL};
    const struct json_in *body;
    struct tx *tx = NULL;
    struct team_new t = {0};
    struct str json;
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "name", 1, NAME_MAX_BYTES, &t.name);
    read_look(&rq->cx, body, &t);
    read_tags(&rq->cx, body, &t);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(team_create(tx, &t, rq->user->id, &id));
    TRY(team_json(tx, rq, id, &json));
    TRY(audit_change(tx, rq, "team.create", "team", id, (struct str){0}, json));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "attribution.run");
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}

struct team_patch {
    struct team_new team;
    bool has_emoji, has_lead;
};

static enum err apply_patch(struct tx *tx, int64_t id, const void *what)
{
    enum err err = OK;
    const struct team_patch *p = what;
    const struct team_new *t = &p->team;

    if (t->name.len)
        TRY(team_name_check(tx, t->name, id));
    TRY(team_lead_check(tx, t->lead_user_id));
    TRY(db_exec(tx, &q_teams_update,
                ARGS(a_int("id", id), a_opt("name", t->name),
                     a_opt("name_folded", str_fold(tx_ctx(tx)->arena, t->name)),
                     a_opt("colour", t->colour),
                     p->has_emoji ? a_str("emoji", t->emoji) : a_null("emoji"),
                     a_int("lead_given", p->has_lead), a_id("lead_user_id", t->lead_user_id)),
                NULL));
out:
    return err;
}

static enum err update(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"name", "colour", "emoji", "lead_user_id", NULL};
    const struct json_in *body;
    struct team_patch patch = {0};
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(req_json(rq, allowed, &body));
    input_text_opt(&rq->cx, body, "name", 1, NAME_MAX_BYTES, &patch.team.name);
    read_look(&rq->cx, body, &patch.team);
    patch.has_emoji = input_has(body, "emoji");
    patch.has_lead = input_has(body, "lead_user_id");
    TRY(ctx_fields(&rq->cx));
    TRY(answer_change(rq, rs,
                      &(struct row_change){.id = id,
                                           .entity = "team",
                                           .action = "team.update",
                                           .json = team_json,
                                           .apply = apply_patch,
                                           .what = &patch}));
out:
    return err;
}

static enum err apply_archived(struct tx *tx, int64_t id, const void *archived)
{
    return team_archive(tx, id, *(const bool *)archived);
}

static enum err set_archived(struct req *rq, struct resp *rs, bool archived)
{
    enum err err;
    struct row_change change = {.entity = "team",
                                .action = archived ? "team.archive" : "team.restore",
                                .json = team_json,
                                .apply = apply_archived,
                                .what = &archived};

    TRY(param_id(rq, 0, &change.id));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}

static enum err archive(struct req *rq, struct resp *rs)
{
    return set_archived(rq, rs, true);
}

static enum err restore(struct req *rq, struct resp *rs)
{
    return set_archived(rq, rs, false);
}

const struct route teams_routes[] = {
    {GET,   "/api/v1/teams",              ROLE_VIEWER, RATE_READ,  list,          0, 0},
    {POST,  "/api/v1/teams",              ROLE_ADMIN,  RATE_WRITE, create,        0, 0},
    {GET,   "/api/v1/teams/{id}",         ROLE_VIEWER, RATE_READ,  show,          0, 0},
    {PATCH, "/api/v1/teams/{id}",         ROLE_ADMIN,  RATE_WRITE, update,        0, 0},
    {POST,  "/api/v1/teams/{id}/archive", ROLE_ADMIN,  RATE_WRITE, archive,       0, 0},
    {POST,  "/api/v1/teams/{id}/restore", ROLE_ADMIN,  RATE_WRITE, restore,       0, 0},
    {GET,   "/api/v1/rules",              ROLE_VIEWER, RATE_READ,  rules_show,    0, 0},
    {PUT,   "/api/v1/rules",              ROLE_ADMIN,  RATE_WRITE, rules_replace, 0, 0},
};
const size_t teams_nroutes = COUNT(teams_routes);
