/* imports_people.c: teams, users and rules from a file: decisions, not facts. */
#include "base/calendar.h"
#include "imports/imports.sql.h"
#include "imports/imports_inside.h"
#include "teams/teams.h"
#include "users/users.h"

/* 0 when there is none. */
static enum err team_named(struct tx *tx, struct str name, int64_t *id)
{
    bool found;

    *id = 0;
    return db_get_int(tx, &q_imports_team_id,
                      ARGS(a_str("name_folded", str_fold(tx_ctx(tx)->arena, name))), id, &found);
}

static struct import_verdict refuse(const char *why)
{
    return (struct import_verdict){ROW_REFUSED, str_of(why)};
}

static enum err import_team(struct tx *tx, const struct import_job *job, const struct import_row *r,
                            struct import_verdict *out)
{
    enum err err;
    struct team_new team = {.name = row_text(r, "name|team|team_name"),
                            .colour = row_text(r, "colour|color"),
                            .emoji = row_text(r, "emoji")};
    struct str tag = row_text(r, "utm_source");
    int64_t id;

    if (!team.name.len) {
        *out = refuse("name: it is empty");
        return OK;
    }
    TRY(team_named(tx, team.name, &id));
    if (id) {
        *out = (struct import_verdict){ROW_MERGED, S("a team of this name is there")};
        return OK;
    }
    team.tags = &tag;
    team.ntags = tag.len ? 1 : 0;
    TRY(team_create(tx, &team, job->ask->by_user, &id));
    *out = (struct import_verdict){ROW_TAKEN, {0}};
out:
    return err;
}

static enum err import_user(struct tx *tx, const struct import_row *r, struct import_verdict *out)
{
    enum err err;
    struct user_new user = {.email = str_fold(r->cx->arena, row_text(r, "email")),
                            .full_name = row_text(r, "full_name|name"),
                            .role = ROLE_TARGETOLOGIST};
    struct str role = str_fold(r->cx->arena, row_text(r, "role"));
    int64_t id;
    bool found;

    if (!email_is_valid(user.email) || !user.full_name.len) {
        *out = refuse("email and full_name are wanted");
        return OK;
    }
    if (role.len && !role_parse(role, &user.role)) {
        *out = refuse("role: viewer, targetologist, team_lead or admin is wanted");
        return OK;
    }
    TRY(team_named(tx, row_text(r, "team|team_name"), &user.team_id));
    if (user.role != ROLE_ADMIN && !user.team_id) {
        *out = refuse("team: there is no team of this name");
        return OK;
    }
    TRY(db_get_int(tx, &q_imports_user_id, ARGS(a_str("email", user.email)), &id, &found));
    if (found) {
        *out = (struct import_verdict){ROW_MERGED, S("a user with this e-mail is there")};
        return OK;
    }
    TRY(user_create(tx, &user, &id));
    *out = (struct import_verdict){ROW_TAKEN, S("needs an invitation")};
out:
    return err;
}

enum err import_people(struct tx *tx, const struct import_job *job, const struct import_row *r,
                       struct import_verdict *out)
{
    return job->kind->target == IMPORT_TEAMS ? import_team(tx, job, r, out)
                                             : import_user(tx, r, out);
}

/* ---- rules ---- */

struct import_rules { /* in the arena of the run */
    VEC(struct utm_rule) list;
    size_t nold;
};

static enum err load_rules(struct tx *tx, struct arena *keep, struct import_rules **out)
{
    enum err err;
    struct rule_set newest;
    struct import_rules *rules = arena_new_of(keep, struct import_rules);

    TRY(rules_newest(tx, &newest));
    for (size_t i = 0; i < newest.n; i++) {
        struct utm_rule *rule = vec_add(keep, &rules->list);
        *rule = newest.rules[i];
        rule->value = arena_str(keep, rule->value);
        rule->valid_from = arena_str(keep, rule->valid_from);
        rule->valid_to = arena_str(keep, rule->valid_to);
    }
    rules->nold = newest.n;
    *out = rules;
out:
    return err;
}

static bool is_there(const struct import_rules *rules, const struct utm_rule *rule)
{
    for (size_t i = 0; i < rules->list.n; i++)
        if (rules->list.at[i].kind == rule->kind && str_eq(rules->list.at[i].value, rule->value))
            return true;
    return false;
}

static const char *rule_fault(const struct utm_rule *rule)
{
    struct date day;

    if (!rule->value.len)
        return "value: the tag is empty";
    if (!rule->team_id)
        return "team: there is no team of this name";
    if (rule->kind < RULE_CAMPAIGN && tag_is_a_network(rule->value))
        return "value: it names a network, so it cannot identify a team";
    if ((rule->valid_from.len && !day_parse(rule->valid_from, &day)) ||
        (rule->valid_to.len && !day_parse(rule->valid_to, &day)))
        return "valid_from, valid_to: days like 2026-01-31 are wanted";
    return NULL;
}

enum err import_rule_add(struct tx *tx, struct import_rules_run *run, const struct import_row *r,
                         struct import_verdict *out)
{
    enum err err = OK;
    struct str kind = str_fold(r->cx->arena, row_text(r, "kind"));
    struct utm_rule rule = {.kind = RULE_EXACT,
                            .value = str_fold(r->cx->arena, row_text(r, "value|utm_source")),
                            .valid_from = row_text(r, "valid_from"),
                            .valid_to = row_text(r, "valid_to")};
    const char *fault;

    if (!run->rules)
        TRY(load_rules(tx, run->arena, &run->rules));
    if (kind.len && !rule_kind_parse(kind, &rule.kind)) {
        *out = refuse("kind: exact, alias, prefix, suffix, campaign, ad or responsible is wanted");
        return OK;
    }
    TRY(team_named(tx, row_text(r, "team|team_name"), &rule.team_id));
    fault = rule_fault(&rule);
    if (fault) {
        *out = refuse(fault);
        return OK;
    }
    if (is_there(run->rules, &rule)) {
        *out = (struct import_verdict){ROW_MERGED, S("this rule is there")};
        return OK;
    }
    rule.value = arena_str(run->arena, rule.value);
    rule.valid_from = arena_str(run->arena, rule.valid_from);
    rule.valid_to = arena_str(run->arena, rule.valid_to);
    *vec_add(run->arena, &run->rules->list) = rule;
    *out = (struct import_verdict){ROW_TAKEN, {0}};
out:
    return err;
}

enum err import_rules_put(struct tx *tx, const struct import_job *job,
                          const struct import_rules_run *run)
{
    int64_t id;

    if (!run->rules || run->rules->list.n == run->rules->nold)
        return OK;
    return rules_put(tx,
                     &(struct rule_change){.rules = run->rules->list.at,
                                           .n = run->rules->list.n,
                                           .note = S("from a file"),
                                           .by_user = job->ask->by_user},
                     &id);
}
