/* teams.h: teams, and the ordered UTM rules that say whose tag is whose.
 * The one rule: a rule set is never changed; a new one replaces it, so every past decision can be
 * explained with the rules that made it. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "http/http.h"

struct team_new {
    struct str name;
    struct str colour, emoji; /* empty: the defaults */
    int64_t lead_user_id;
    const struct str *tags; /* exact tags beside fb_<name> and <name>fb, which come by themselves */
    size_t ntags;
};
/* Creates the team and, in a new rule set, its default rules. ERR_CONFLICT when the name is taken,
 * ERR_FIELDS for a tag that cannot identify a team. */
enum err team_create(struct tx *tx, const struct team_new *t, int64_t by_user,
                     int64_t *id) MUST_USE;
enum err team_archive(struct tx *tx, int64_t id, bool archived) MUST_USE;
enum err team_find(struct tx *tx, struct str name, int64_t *id) MUST_USE; /* ERR_NOT_FOUND */

/* Every team with its tags, joined by commas, for the command line. */
struct team_row {
    struct str name, tags;
    bool is_archived;
};
enum err teams_each(struct tx *tx, void (*row)(void *self, const struct team_row *t),
                    void *self) MUST_USE;

enum rule_kind {
    RULE_EXACT,
    RULE_ALIAS,
    RULE_PREFIX,
    RULE_SUFFIX,
    RULE_CAMPAIGN,
    RULE_AD,
    RULE_RESPONSIBLE /* the CRM's user of the deal; asked last of all, wherever it stands */
};
const char *rule_kind_name(enum rule_kind k);
bool rule_kind_parse(struct str name, enum rule_kind *out);

struct utm_rule {
    int64_t id;
    enum rule_kind kind;
    struct str value; /* folded; for campaign and ad the platform's id, for
                          responsible the CRM's */
    int64_t team_id, user_id;
    struct str valid_from, valid_to; /* days, inclusive; empty = always */
};
struct rule_set {
    int64_t id;
    struct utm_rule *rules; /* in the order in which they are asked */
    size_t n;
};
enum err rules_newest(struct tx *tx,
                      struct rule_set *out) MUST_USE; /* id 0 and no rules at first */
struct rule_change {
    const struct utm_rule *rules;
    size_t n;
    struct str note;
    bool has_base; /* base is the version it was edited from */
    int64_t base, by_user;
};
/* Stores a new version. ERR_CONFLICT when it was edited from an older one than the newest,
 * ERR_FIELDS when a team or user of a rule is not there. */
enum err rules_put(struct tx *tx, const struct rule_change *c, int64_t *id) MUST_USE;
/* "facebook", "fb", "instagram" ...: names a network, so it cannot identify a team (C20). */
bool tag_is_a_network(struct str folded);

extern const struct route teams_routes[];
extern const size_t teams_nroutes;
