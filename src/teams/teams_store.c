/* teams_store.c: rows in, rows out. */
#include "core/auth.h"
#include "core/version.h"
#include "teams/teams.sql.h"
#include "teams/teams_inside.h"
#include <string.h>

enum err team_find(struct tx *tx, struct str name, int64_t *id)
{
    struct str folded = str_fold(tx_ctx(tx)->arena, str_trim(name));
    enum err err;
    bool found;

    TRY(db_get_int(tx, &q_teams_find, ARGS(a_str("name_folded", folded)), id, &found));
    if (!found)
        err = tx_fail(tx, ERR_NOT_FOUND, "there is no team named %.*s", STR_FMT(name));
out:
    return err;
}

static enum err insert_team(struct tx *tx, const struct team_new *t, struct str folded, int64_t *id)
{
    return db_get_int(tx, &q_teams_insert,
                      ARGS(a_str("name", t->name), a_str("name_folded", folded),
                           a_id("lead_user_id", t->lead_user_id),
                           a_str("colour", t->colour.len ? t->colour : S("#5b9bff")),
                           a_str("emoji", t->emoji), a_int("created_at", now_ms(tx_ctx(tx)))),
                      id, NULL);
}

static bool is_tag_rule(const struct utm_rule *r)
{
    return r->kind == RULE_EXACT || r->kind == RULE_ALIAS;
}

static bool has_tag(const struct rule_set *set, struct str tag)
{
    for (size_t i = 0; i < set->n; i++)
        if (is_tag_rule(&set->rules[i]) && str_eq(set->rules[i].value, tag))
            return true;
    return false;
}

static void insert_rule(struct rule_set *set, size_t at, struct utm_rule rule)
{
    for (size_t i = set->n++; i > at; i--)
        set->rules[i] = set->rules[i - 1];
    set->rules[at] = rule;
}

/* A pattern goes before the first shorter one that would take its tags away: "fb_almaty-2" before
 * "fb_almaty". */
static void insert_pattern(struct rule_set *set, struct utm_rule rule)
{
    size_t at = 0;

    while (at < set->n &&
           !(set->rules[at].kind == rule.kind &&
             (rule.kind == RULE_PREFIX ? str_starts(rule.value, set->rules[at].value)
                                       : str_ends(rule.value, set->rules[at].value))))
        at++;
    insert_rule(set, at, rule);
}

/* Exact tags go before every pattern, so that an explicit tag always wins over a guess. */
static enum err insert_tags(struct tx *tx, struct rule_set *set, const struct team_new *t,
                            int64_t id)
{
    enum err err = OK;
    size_t at = 0;

    while (at < set->n && is_tag_rule(&set->rules[at]))
        at++;
    for (size_t i = 0; i < t->ntags; i++) {
        struct str tag = str_fold(tx_ctx(tx)->arena, str_trim(t->tags[i]));
        if (!tag.len || tag_is_a_network(tag)) {
            fail_field(tx_ctx(tx), "tags", "not_a_team_tag");
            TRY(tx_fail(tx, ERR_FIELDS, "a tag cannot identify a team"));
        }
        if (has_tag(set, tag))
            TRY(tx_fail(tx, ERR_CONFLICT, "the tag %.*s belongs to a team already", STR_FMT(tag)));
        insert_rule(set, at++, (struct utm_rule){.kind = RULE_EXACT, .value = tag, .team_id = id});
    }
out:
    return err;
}

/* The old rules with the team's own ones put where they belong. */
static enum err add_default_rules(struct tx *tx, const struct team_new *t, int64_t id,
                                  int64_t by_user)
{
    enum err err;
    struct arena *arena = tx_ctx(tx)->arena;
    struct rule_set old, new;
    struct str folded = str_fold(arena, t->name);
    int64_t set_id;

    TRY(rules_newest(tx, &old));
    new = (struct rule_set){.n = old.n};
    new.rules =
        arena_alloc(arena, (old.n + t->ntags + 2) * sizeof *new.rules, _Alignof(struct utm_rule));
    if (old.n)
        memcpy(new.rules, old.rules, old.n * sizeof *new.rules);
    TRY(insert_tags(tx, &new, t, id));
    insert_pattern(&new, (struct utm_rule){.kind = RULE_PREFIX,
                                           .value = arena_fmt(arena, "fb_%.*s", STR_FMT(folded)),
                                           .team_id = id});
    insert_pattern(&new, (struct utm_rule){.kind = RULE_SUFFIX,
                                           .value = arena_fmt(arena, "%.*sfb", STR_FMT(folded)),
                                           .team_id = id});
    TRY(rules_put(tx,
                  &(struct rule_change){.rules = new.rules,
                                        .n = new.n,
                                        .note = arena_fmt(arena, "team %.*s", STR_FMT(t->name)),
                                        .by_user = by_user},
                  &set_id));
out:
    return err;
}

enum err team_name_check(struct tx *tx, struct str name, int64_t own_id)
{
    enum err err;
    int64_t other = 0;
    bool is_taken;

    TRY(db_get_int(tx, &q_teams_find, ARGS(a_str("name_folded", str_fold(tx_ctx(tx)->arena, name))),
                   &other, &is_taken));
    if (is_taken && other != own_id)
        TRY(tx_fail(tx, ERR_CONFLICT, "there is a team named %.*s already", STR_FMT(name)));
out:
    return err;
}

enum err team_lead_check(struct tx *tx, int64_t user_id)
{
    enum err err = OK;
    int64_t n = 0;

    if (!user_id)
        return OK;
    TRY(db_get_int(tx, &q_teams_person, ARGS(a_int("id", user_id)), &n, NULL));
    if (!n) {
        fail_field(tx_ctx(tx), "lead_user_id", "unknown");
        TRY(tx_fail(tx, ERR_FIELDS, "no user %lld", (long long)user_id));
    }
out:
    return err;
}

enum err team_create(struct tx *tx, const struct team_new *t, int64_t by_user, int64_t *id)
{
    enum err err;

    TRY(team_name_check(tx, t->name, 0));
    TRY(team_lead_check(tx, t->lead_user_id));
    TRY(insert_team(tx, t, str_fold(tx_ctx(tx)->arena, t->name), id));
    TRY(add_default_rules(tx, t, *id, by_user));
    TRY(version_bump(tx));
out:
    return err;
}

enum err team_archive(struct tx *tx, int64_t id, bool archived)
{
    enum err err;
    int64_t changed = 0;

    TRY(db_exec(tx, &q_teams_archive,
                ARGS(a_id("archived_at", archived ? now_ms(tx_ctx(tx)) : 0), a_int("id", id)),
                &changed));
    if (!changed)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no team %lld", (long long)id));
    TRY(version_bump(tx));
out:
    return err;
}

enum err team_tags_load(struct tx *tx, struct team_tags *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_teams_tags, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct team_tag){col_int(rows, "team_id"), col_str(rows, "value")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static struct str join_tags(struct arena *a, const struct team_tags *tags, int64_t team_id)
{
    struct str joined = {0};

    for (size_t i = 0; i < tags->n; i++)
        if (tags->at[i].team_id == team_id)
            joined = arena_fmt(a, "%.*s%s%.*s", STR_FMT(joined), joined.len ? ", " : "",
                               STR_FMT(tags->at[i].value));
    return joined;
}

enum err teams_each(struct tx *tx, void (*row)(void *self, const struct team_row *t), void *self)
{
    enum err err;
    struct rows *rows = NULL;
    struct team_tags tags = {0};
    struct scope all = {.all = true};

    TRY(team_tags_load(tx, &tags));
    TRY(db_query(tx, &q_teams_list, ARGS(SCOPE_ARGS(all), a_int("archived", 1)), &rows));
    while (rows_next(rows))
        row(self,
            &(struct team_row){.name = col_str(rows, "name"),
                               .tags = join_tags(tx_ctx(tx)->arena, &tags, col_int(rows, "id")),
                               .is_archived = !col_is_null(rows, "archived_at")});
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}
