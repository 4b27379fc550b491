/* links_build.c: reading tags and targets from a body, and the builder of tagged addresses. */
#include "core/answer.h"
#include "core/input.h"
#include "links/links.sql.h"
#include "links/links_inside.h"
#include "links/templates.sql.h"
#include "teams/teams.h"

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 32 || s.ptr[i] == 127)
            return true;
    return false;
}

void input_tags(struct ctx *cx, const struct json_in *body, struct tags_input *out)
{
    *out = (struct tags_input){0};
    for (size_t i = 0; i < LINK_NTAGS; i++) {
        const char *field = link_tag_names[i];
        out->has[i] = input_has(body, field);
        if (input_text_opt(cx, body, field, 0, LINK_TAG_MOST, &out->tags.at[i]) &&
            has_control(out->tags.at[i]))
            fail_field(cx, field, "bad_character");
    }
}

bool input_target(struct ctx *cx, const struct json_in *body, const struct link_hosts *hosts,
                  struct link_url *out)
{
    struct str text;
    const char *fault;

    if (!input_text(cx, body, "target", 1, LINK_URL_MOST, &text))
        return false;
    fault = link_url_parse(cx->arena, text, out);
    if (!fault && !hosts->n)
        fault = "no_hosts_listed";
    if (!fault && !link_hosts_hold(hosts, out->host))
        fault = "host_not_listed";
    if (fault)
        fail_field(cx, "target", fault);
    return !fault;
}

enum err link_team_check(struct tx *tx, struct req *rq, int64_t *team_id)
{
    enum err err = OK;
    int64_t n = 0;

    if (rq->user->role != ROLE_ADMIN) {
        if (*team_id && *team_id != rq->user->team_id)
            fail_field(&rq->cx, "team_id", "not_yours");
        *team_id = rq->user->team_id;
        if (!*team_id)
            fail_field(&rq->cx, "team_id", "missing");
    } else if (*team_id) {
        TRY(db_get_int(tx, &q_links_team, ARGS(a_int("id", *team_id)), &n, NULL));
        if (!n)
            fail_field(&rq->cx, "team_id", "unknown");
    }
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

/* ---- templates ---- */

static void fill_from(struct tags_input *in, const struct link_tags *from)
{
    for (size_t i = 0; i < LINK_NTAGS; i++)
        if (!in->has[i])
            in->tags.at[i] = from->at[i];
}

static struct link_tags tags_of_row(struct rows *rows)
{
    return (struct link_tags){
        {col_str(rows, "source"), col_str(rows, "medium"), col_str(rows, "campaign"),
         col_str(rows, "content"), col_str(rows, "term")}
    };
}

static enum err template_find(struct tx *tx, struct req *rq, const struct template_ask *ask,
                              struct link_tags *out, bool *found)
{
    enum err err;
    struct rows *rows = NULL;

    if (ask->id)
        TRY(db_query(
            tx, &q_templates_list,
            ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", ask->id), a_int("archived", 0)),
            &rows));
    else
        TRY(db_query(tx, &q_templates_default, ARGS(a_id("team", ask->team_id)), &rows));
    *found = rows_next(rows);
    if (*found)
        *out = tags_of_row(rows);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* P43 to P45 where nobody chose a default. "facebook" would not say whose the visitor is, so the
 * team's own tag takes its place where there is a team. */
static enum err built_in(struct tx *tx, int64_t team_id, struct link_tags *out)
{
    enum err err = OK;
    struct arena *a = tx_ctx(tx)->arena;
    struct rows *rows = NULL;
    struct str name = {0};

    if (team_id) {
        TRY(db_query(tx, &q_links_team_name, ARGS(a_int("id", team_id)), &rows));
        while (rows_next(rows))
            name = col_str(rows, "name");
        TRY(rows_end(&rows));
    }
    *out = (struct link_tags){
        {S("facebook"), S("cpc"), S("{{campaign.id}}"), S("{{ad.id}}"), S("{{adset.id}}")}
    };
    if (name.len)
        out->at[TAG_SOURCE] = arena_fmt(a, "fb_%.*s", STR_FMT(str_fold(a, name)));
out:
    rows_drop(&rows);
    return err;
}

enum err template_fill(struct tx *tx, struct req *rq, const struct template_ask *ask,
                       struct tags_input *in)
{
    enum err err;
    struct link_tags from;
    bool found;

    TRY(template_find(tx, rq, ask, &from, &found));
    if (!found && ask->id) {
        fail_field(&rq->cx, "template_id", "unknown");
        TRY(ctx_fields(&rq->cx));
    }
    if (!found)
        TRY(built_in(tx, ask->team_id, &from));
    fill_from(in, &from);
out:
    return err;
}

/* ---- the builder ---- */

static void write_warnings(struct json_out *j, struct arena *a, const struct link_tags *tags)
{
    struct link_warning warnings[LINK_MOST_WARNINGS];
    size_t n = link_tag_warnings(tags, warnings);

    json_key(j, "warnings"), json_arr(j);
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_key(j, "code"), json_str(j, str_of(warnings[i].code));
        json_key(j, "field"), json_str(j, str_of(warnings[i].field));
        json_end(j);
    }
    if (tag_is_a_network(str_fold(a, tags->at[TAG_SOURCE]))) {
        json_obj(j);
        json_key(j, "code"), json_str(j, S("not_a_team_tag"));
        json_key(j, "field"), json_str(j, S("utm_source"));
        json_end(j);
    }
    json_end(j);
}

static bool has_any(const struct tags_input *in)
{
    bool any = false;

    for (size_t i = 0; i < LINK_NTAGS; i++)
        any = any || in->has[i];
    return any;
}

static enum err write_built(struct req *rq, struct resp *rs, const struct link_url *url,
                            const struct link_tags *tags)
{
    struct arena *a = rq->cx.arena;
    struct json_out *j = json_out_new(&rq->cx, 1024);
    struct link_visit nothing = {0};

    json_obj(j);
    json_key(j, "url"), json_str(j, link_url_tagged(a, url, tags, &nothing));
    for (size_t i = 0; i < LINK_NTAGS; i++) {
        json_key(j, link_tag_names[i]);
        if (tags->at[i].len)
            json_str(j, tags->at[i]);
        else
            json_null(j);
    }
    write_warnings(j, a, tags);
    json_end(j);
    return resp_json(rs, j);
}

/* With tags in the body only those are put on; without any, the template's or the default's. */
enum err link_build(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"target",       "template_id", "utm_source", "utm_medium",
                                          "utm_campaign", "utm_content", "utm_term",   NULL};
    const struct json_in *body;
    struct tx *tx = NULL;
    struct link_hosts hosts = {0};
    struct link_url url;
    struct tags_input in;
    struct template_ask ask = {.team_id = rq->user->team_id};

    TRY(req_json(rq, allowed, &body));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(link_hosts_load(tx, rq->app, &hosts));
    input_target(&rq->cx, body, &hosts, &url);
    input_tags(&rq->cx, body, &in);
    input_id(&rq->cx, body, "template_id", &ask.id);
    TRY(ctx_fields(&rq->cx));
    if (ask.id || !has_any(&in))
        TRY(template_fill(tx, rq, &ask, &in));
    TRY(write_built(rq, rs, &url, &in.tags));
out:
    tx_end(&tx);
    return err;
}
