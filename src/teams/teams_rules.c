/* teams_rules.c: numbered, immutable versions of the ordered rules. */
#include "core/auth.h"
#include "core/version.h"
#include "teams/rules.sql.h"
#include "teams/teams.h"

static const char *const kind_names[] = {
    [RULE_EXACT] = "exact",
    [RULE_ALIAS] = "alias",
    [RULE_PREFIX] = "prefix",
    [RULE_SUFFIX] = "suffix",
    [RULE_CAMPAIGN] = "campaign",
    [RULE_AD] = "ad",
    [RULE_RESPONSIBLE] = "responsible",
};

const char *rule_kind_name(enum rule_kind k)
{
    return kind_names[k];
}

bool rule_kind_parse(struct str name, enum rule_kind *out)
{
    for (size_t i = 0; i < COUNT(kind_names); i++) {
        if (str_eq(name, str_of(kind_names[i]))) {
            *out = (enum rule_kind)i;
            return true;
        }
    }
    return false;
}

bool tag_is_a_network(struct str folded)
{
    static const char *const networks[] = {"facebook", "fb",     "instagram", "ig",   "meta",
                                           "google",   "tiktok", "yandex",    "cpc",  "whatsapp",
                                           "telegram", "direct", "organic",   "paid", NULL};

    for (size_t i = 0; networks[i]; i++)
        if (str_eq(folded, str_of(networks[i])))
            return true;
    return false;
}

static enum err read_rules(struct tx *tx, struct rule_set *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(tx)->arena;
    VEC(struct utm_rule) list = {0};
    struct scope everything = {.all = true};

    TRY(db_query(tx, &q_rules_list, ARGS(a_int("rule_set_id", out->id), SCOPE_ARGS(everything)),
                 &rows));
    while (rows_next(rows)) {
        struct utm_rule *r = vec_add(arena, &list);
        *r = (struct utm_rule){.id = col_int(rows, "id"),
                               .value = col_str(rows, "value"),
                               .team_id = col_int(rows, "team_id"),
                               .user_id = col_int(rows, "user_id"),
                               .valid_from = col_str(rows, "valid_from"),
                               .valid_to = col_str(rows, "valid_to")};
        if (!rule_kind_parse(col_str(rows, "kind"), &r->kind))
            return tx_fail(tx, ERR_BUG, "rule %lld has an unknown kind", (long long)r->id);
    }
    TRY(rows_end(&rows));
    out->rules = list.at;
    out->n = list.n;
out:
    rows_drop(&rows);
    return err;
}

enum err rules_newest(struct tx *tx, struct rule_set *out)
{
    enum err err;

    *out = (struct rule_set){0};
    TRY(db_get_int(tx, &q_rules_newest_id, NO_ARGS, &out->id, NULL));
    if (out->id)
        TRY(read_rules(tx, out));
out:
    return err;
}

static enum err insert_rules(struct tx *tx, const struct rule_change *c, int64_t set_id)
{
    enum err err = OK;

    for (size_t i = 0; i < c->n; i++) {
        const struct utm_rule *r = &c->rules[i];
        int64_t inserted = 0;
        TRY(db_exec(tx, &q_rules_insert,
                    ARGS(a_int("rule_set_id", set_id), a_int("position", (int64_t)i + 1),
                         a_str("kind", str_of(rule_kind_name(r->kind))), a_str("value", r->value),
                         a_int("team_id", r->team_id), a_id("user_id", r->user_id),
                         a_opt("valid_from", r->valid_from), a_opt("valid_to", r->valid_to)),
                    &inserted));
        if (!inserted) {
            fail_field(tx_ctx(tx), "rules", "unknown_team");
            TRY(tx_fail(tx, ERR_FIELDS, "rule %zu names a team or user that is not there", i + 1));
        }
    }
out:
    return err;
}

enum err rules_put(struct tx *tx, const struct rule_change *c, int64_t *id)
{
    enum err err;
    int64_t newest = 0;

    TRY(db_get_int(tx, &q_rules_newest_id, NO_ARGS, &newest, NULL));
    if (c->has_base && c->base != newest)
        TRY(tx_fail(tx, ERR_CONFLICT,
                    "the rules were changed by someone else (version %lld); load them again",
                    (long long)newest));
    TRY(db_get_int(tx, &q_rules_set_insert,
                   ARGS(a_int("created_at", now_ms(tx_ctx(tx))), a_id("created_by", c->by_user),
                        a_str("note", c->note)),
                   id, NULL));
    TRY(insert_rules(tx, c, *id));
    TRY(version_bump(tx));
out:
    return err;
}
