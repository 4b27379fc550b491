/* rules_routes.c: reading the ordered rules and replacing them by a new version. */
#include "teams/rules_routes.h"
#include "base/calendar.h"
#include "core/answer.h"
#include "core/input.h"
#include "teams/rules.sql.h"
#include "teams/teams.h"

enum { MOST_RULES = 2000 };

static void write_rule(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "position"), json_int(j, col_int(rows, "position"));
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "value"), json_str(j, col_str(rows, "value"));
    json_key(j, "team_id"), json_int(j, col_int(rows, "team_id"));
    json_key(j, "team_name"), json_str(j, col_str(rows, "team_name"));
    json_opt_int(j, "user_id", rows, "user_id");
    json_opt_str(j, "valid_from", rows, "valid_from");
    json_opt_str(j, "valid_to", rows, "valid_to");
    json_end(j);
}

/* A note may name any team, so that it is shown to those who see all of them. */
static enum err write_head(struct tx *tx, struct json_out *j, const struct user *user, int64_t *id)
{
    enum err err;
    struct rows *rows = NULL;
    bool is_shown = user_scope(user).all;

    *id = 0;
    TRY(db_query(tx, &q_rules_head, NO_ARGS, &rows));
    if (rows_next(rows)) {
        *id = col_int(rows, "id");
        json_key(j, "version"), json_int(j, *id);
        json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
        json_key(j, "note"), json_str(j, is_shown ? col_str(rows, "note") : S(""));
    } else {
        json_key(j, "version"), json_int(j, 0);
        json_key(j, "created_at"), json_null(j);
        json_key(j, "note"), json_str(j, S(""));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* The newest rules, of the visible teams only. */
static enum err rules_json(struct tx *tx, const struct user *user, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct json_out *j = json_out_new(tx_ctx(tx), 4096);
    int64_t id;

    json_obj(j);
    TRY(write_head(tx, j, user, &id));
    json_key(j, "items"), json_arr(j);
    TRY(db_query(tx, &q_rules_list, ARGS(a_int("rule_set_id", id), SCOPE_ARGS(user_scope(user))),
                 &rows));
    while (rows_next(rows))
        write_rule(j, rows);
    TRY(rows_end(&rows));
    json_end(j);
    json_end(j);
    TRY(json_finish(j, out));
out:
    rows_drop(&rows);
    return err;
}

enum err rules_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(rules_json(tx, rq->user, &json));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

/* One rule of the body; faults are named "rules". */
static void read_rule(struct ctx *cx, const struct json_in *v, struct utm_rule *r)
{
    struct str kind = {0};

    *r = (struct utm_rule){0};
    if (!json_as_str(json_get(v, "kind"), &kind) || !rule_kind_parse(kind, &r->kind))
        fail_field(cx, "rules", "unknown_kind");
    if (input_text(cx, v, "value", 1, 200, &r->value)) {
        r->value = str_fold(cx->arena, r->value);
        if (tag_is_a_network(r->value))
            fail_field(cx, "rules", "not_a_team_tag");
    }
    input_id(cx, v, "team_id", &r->team_id);
    if (!r->team_id)
        fail_field(cx, "rules", "team_missing");
    input_id(cx, v, "user_id", &r->user_id);
    input_day(cx, v, "valid_from", false, &r->valid_from);
    input_day(cx, v, "valid_to", false, &r->valid_to);
    if (!cx->fields && r->valid_from.len && r->valid_to.len &&
        day_diff(r->valid_from, r->valid_to) < 0)
        fail_field(cx, "rules", "ends_before_it_begins");
}

/* 0 is a version too: the one before there were any rules. */
static void read_base(struct ctx *cx, const struct json_in *body, struct rule_change *c)
{
    const struct json_in *v = json_get(body, "base_version");

    c->has_base = json_type(v) == JSON_NUM;
    if (json_type(v) == JSON_NONE || json_type(v) == JSON_NULL)
        return;
    if (!c->has_base || !json_as_int(v, &c->base) || c->base < 0)
        fail_field(cx, "base_version", "not_a_version");
}

static enum err read_change(struct req *rq, struct rule_change *c)
{
    enum err err;
    static const char *const allowed[] = {"note", "base_version", "rules", NULL};
    const struct json_in *body, *v;
    struct json_iter it;
    VEC(struct utm_rule) rules = {0};

    TRY(req_json(rq, allowed, &body));
    *c = (struct rule_change){.by_user = rq->user->id};
    input_text(&rq->cx, body, "note", 1, 500, &c->note);
    read_base(&rq->cx, body, c);
    if (json_type(json_get(body, "rules")) != JSON_ARR)
        fail_field(&rq->cx, "rules", "not_a_list");
    else if (json_len(json_get(body, "rules")) > MOST_RULES)
        fail_field(&rq->cx, "rules", "too_many");
    TRY(ctx_fields(&rq->cx));
    it = json_iter(json_get(body, "rules"));
    while ((v = json_next(&it, NULL)) != NULL)
        read_rule(&rq->cx, v, vec_add(rq->cx.arena, &rules));
    TRY(ctx_fields(&rq->cx));
    c->rules = rules.at;
    c->n = rules.n;
out:
    return err;
}

enum err rules_replace(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct rule_change change;
    struct str before, after;
    int64_t id;

    TRY(read_change(rq, &change));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(rules_json(tx, rq->user, &before));
    TRY(rules_put(tx, &change, &id));
    TRY(rules_json(tx, rq->user, &after));
    TRY(audit_change(tx, rq, "rules.replace", "rule_set", id, before, after));
    TRY(tx_commit(tx));
    scheduler_nudge(rq->app->scheduler, "attribution.run");
    TRY(answer_json(rs, 200, after));
out:
    tx_end(&tx);
    return err;
}
