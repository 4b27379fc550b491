/* templates_routes.c: sets of tags kept for the next link: a team's, or everybody's. */
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"
#include "links/links.sql.h"
#include "links/links_inside.h"
#include "links/templates.sql.h"

enum { NAME_MOST = 120 };

static const char *const parts[LINK_NTAGS] = {"source", "medium", "campaign", "content", "term"};

static void write_template(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    for (size_t i = 0; i < LINK_NTAGS; i++)
        json_key(j, link_tag_names[i]), json_str(j, col_str(rows, parts[i]));
    json_key(j, "is_default"), json_bool(j, col_int(rows, "is_default") != 0);
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "archived_at", rows, "archived_at");
    json_end(j);
}

enum err templates_list(struct req *rq, struct resp *rs)
{
    static const char *const yes_no[] = {"0", "1", NULL};
    bool archived = query_choice(rq, "archived", yes_no)[0] == '1';
    enum err err = ctx_fields(&rq->cx);

    if (err)
        return err;
    return answer_list(
        rq, rs, &q_templates_list,
        ARGS(SCOPE_ARGS(user_scope(rq->user)), a_null("id"), a_int("archived", archived)),
        write_template);
}

/* The template as JSON; ERR_NOT_FOUND when it is not the user's to see, ERR_FORBIDDEN when it is
 * and is not theirs to change: everybody's is the admin's. */
static enum err find_own(struct tx *tx, struct req *rq, int64_t id, struct str *json)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 512);
    bool found, is_of_all = false;

    TRY(db_query(tx, &q_templates_list,
                 ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", id), a_int("archived", 1)),
                 &rows));
    found = rows_next(rows);
    if (found) {
        is_of_all = col_is_null(rows, "team_id");
        write_template(j, rows);
    }
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no template %lld", (long long)id));
    if (is_of_all && rq->user->role != ROLE_ADMIN)
        TRY(tx_fail(tx, ERR_FORBIDDEN, "the template is everybody's"));
    TRY(json_finish(j, json));
out:
    rows_drop(&rows);
    return err;
}

struct template_input {
    struct str name;
    int64_t team_id;
    struct tags_input tags;
    bool has_default, is_default;
};

static void read_rest(struct ctx *cx, const struct json_in *body, struct template_input *in)
{
    const struct json_in *v = json_get(body, "is_default");

    input_tags(cx, body, &in->tags);
    in->has_default = json_type(v) != JSON_NONE;
    if (in->has_default && !json_as_bool(v, &in->is_default))
        fail_field(cx, "is_default", "not_a_bool");
}

/* A template that becomes the default takes the place of the one before. */
static enum err only_default(struct tx *tx, const struct template_input *in, int64_t id)
{
    return in->is_default ? db_exec(tx, &q_templates_only_default, ARGS(a_int("id", id)), NULL)
                          : OK;
}

static enum err insert(struct tx *tx, struct req *rq, struct template_input *in, int64_t *id)
{
    enum err err;
    const struct str *tag = in->tags.tags.at;

    TRY(link_team_check(tx, rq, &in->team_id));
    TRY(db_get_int(tx, &q_templates_insert,
                   ARGS(a_str("name", in->name), a_id("team_id", in->team_id),
                        a_str("source", tag[TAG_SOURCE]), a_str("medium", tag[TAG_MEDIUM]),
                        a_str("campaign", tag[TAG_CAMPAIGN]), a_str("content", tag[TAG_CONTENT]),
                        a_str("term", tag[TAG_TERM]), a_int("is_default", in->is_default),
                        a_id("created_by", rq->user->id), a_int("created_at", now_ms(&rq->cx))),
                   id, NULL));
    TRY(only_default(tx, in, *id));
out:
    return err;
}

/* What is left out of a new template is as P43 and P44 have it: facebook, cpc. */
static void preset(struct tags_input *t)
{
    if (!t->has[TAG_MEDIUM])
        t->tags.at[TAG_MEDIUM] = S("cpc");
    for (size_t i = 0; i < LINK_NTAGS; i++)
        if (!t->tags.at[i].ptr)
            t->tags.at[i] = S("");
}

enum err template_create(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"name",       "team_id",      "utm_source",
                                          "utm_medium", "utm_campaign", "utm_content",
                                          "utm_term",   "is_default",   NULL};
    const struct json_in *body;
    struct template_input in = {0};
    struct tx *tx = NULL;
    struct str json;
    int64_t id;

    TRY(req_json(rq, allowed, &body));
    input_text(&rq->cx, body, "name", 1, NAME_MOST, &in.name);
    input_id(&rq->cx, body, "team_id", &in.team_id);
    read_rest(&rq->cx, body, &in);
    TRY(ctx_fields(&rq->cx));
    preset(&in.tags);
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(insert(tx, rq, &in, &id));
    TRY(find_own(tx, rq, id, &json));
    TRY(audit_change(tx, rq, "utm_template.create", "utm_template", id, (struct str){0}, json));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 201, json));
out:
    tx_end(&tx);
    return err;
}

static struct arg part_arg(const struct tags_input *t, enum link_tag i)
{
    return t->has[i] ? a_str(parts[i], t->tags.at[i].ptr ? t->tags.at[i] : S(""))
                     : a_null(parts[i]);
}

static enum err apply_patch(struct tx *tx, int64_t id, const void *what)
{
    enum err err;
    const struct template_input *in = what;
    const struct tags_input *t = &in->tags;

    TRY(db_exec(tx, &q_templates_update,
                ARGS(a_int("id", id), a_opt("name", in->name), part_arg(t, TAG_SOURCE),
                     part_arg(t, TAG_MEDIUM), part_arg(t, TAG_CAMPAIGN), part_arg(t, TAG_CONTENT),
                     part_arg(t, TAG_TERM),
                     in->has_default ? a_int("is_default", in->is_default) : a_null("is_default")),
                NULL));
    TRY(only_default(tx, in, id));
out:
    return err;
}

enum err template_update(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"name",        "utm_source", "utm_medium", "utm_campaign",
                                          "utm_content", "utm_term",   "is_default", NULL};
    const struct json_in *body;
    struct template_input in = {0};
    struct row_change change = {.entity = "utm_template",
                                .action = "utm_template.update",
                                .json = find_own,
                                .apply = apply_patch,
                                .what = &in};

    TRY(param_id(rq, 0, &change.id));
    TRY(req_json(rq, allowed, &body));
    input_text_opt(&rq->cx, body, "name", 1, NAME_MOST, &in.name);
    read_rest(&rq->cx, body, &in);
    TRY(ctx_fields(&rq->cx));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}

static enum err apply_archive(struct tx *tx, int64_t id, const void *now)
{
    return db_exec(tx, &q_templates_archive,
                   ARGS(a_int("id", id), a_int("archived_at", *(const int64_t *)now)), NULL);
}

enum err template_archive(struct req *rq, struct resp *rs)
{
    enum err err;
    int64_t now = now_ms(&rq->cx);
    struct row_change change = {.entity = "utm_template",
                                .action = "utm_template.archive",
                                .json = find_own,
                                .apply = apply_archive,
                                .what = &now};

    TRY(param_id(rq, 0, &change.id));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}
