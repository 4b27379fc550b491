/* attribution_logic.c: the ordered rules, asked one after the other; the first that fits decides.
 * Tags and ads come first, then the owner of the ad account, then the deal's responsible user: that
 * one is the salesperson in many CRMs, so it speaks only where nothing else does (C31). */
#include "attribution/attribution_logic.h"
#include "base/calendar.h"

/* A pattern must end where a word ends, or team "Ar" would take the sales of "Arystan". */
static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static bool fits_prefix(struct str source, struct str value)
{
    return str_starts(source, value) &&
           (source.len == value.len || !is_word_byte(source.ptr[value.len]));
}

static bool fits_suffix(struct str source, struct str value)
{
    return str_ends(source, value) &&
           (source.len == value.len || !is_word_byte(source.ptr[source.len - value.len - 1]));
}

static bool is_id(struct arena *a, struct str tag, struct str value)
{
    return tag.len && str_eq(str_fold(a, str_trim(tag)), value);
}

static bool fits(struct arena *a, const struct utm_rule *r, struct str source,
                 const struct clues *c)
{
    switch (r->kind) {
    case RULE_EXACT:
    case RULE_ALIAS:
        return str_eq(source, r->value);
    case RULE_PREFIX:
        return fits_prefix(source, r->value);
    case RULE_SUFFIX:
        return fits_suffix(source, r->value);
    case RULE_CAMPAIGN:
        return is_id(a, c->campaign_ext, r->value) || is_id(a, c->utm.campaign, r->value);
    case RULE_AD:
        return is_id(a, c->ad_ext, r->value) || is_id(a, c->utm.content, r->value);
    case RULE_RESPONSIBLE:
        return is_id(a, c->responsible_id, r->value);
    }
    return false;
}

static bool is_valid_on(const struct utm_rule *r, struct str day)
{
    return (!r->valid_from.len || day_diff(r->valid_from, day) >= 0) &&
           (!r->valid_to.len || day_diff(day, r->valid_to) >= 0);
}

/* The first rule that fits, of those about the deal's user or of the others. */
static const struct utm_rule *find_rule(struct arena *a, const struct rule_set *rules,
                                        const struct clues *c, bool about_user)
{
    struct str source = str_fold(a, str_trim(c->utm.source));

    for (size_t i = 0; i < rules->n; i++) {
        const struct utm_rule *r = &rules->rules[i];
        if ((r->kind == RULE_RESPONSIBLE) == about_user && is_valid_on(r, c->day) &&
            fits(a, r, source, c))
            return r;
    }
    return NULL;
}

static struct decision by_rule(const struct utm_rule *r)
{
    return (struct decision){r->team_id, r->user_id, r->id, rule_kind_name(r->kind)};
}

struct decision attribution_decide(struct arena *a, const struct rule_set *rules,
                                   const struct clues *c)
{
    struct str source = str_fold(a, str_trim(c->utm.source));
    const struct utm_rule *r = find_rule(a, rules, c, false);

    if (r)
        return by_rule(r);
    if (c->bound_team_id)
        return (struct decision){c->bound_team_id, c->bound_user_id, 0, "binding"};
    r = find_rule(a, rules, c, true);
    if (r)
        return by_rule(r);
    if (!source.len)
        return (struct decision){.reason = "no_tag"};
    return (struct decision){.reason = tag_is_a_network(source) ? "not_a_team_tag" : "no_rule"};
}
