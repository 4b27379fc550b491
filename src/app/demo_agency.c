/* demo_agency.c: everything a person would click together on the first day. */
#include "app/demo_agency.h"
#include "ads/ads.h"
#include "core/auth.h"
#include "sales/sales.h"
#include "teams/teams.h"
#include "users/users.h"

static enum err add_team(struct tx *tx, const struct world_team *t, int64_t *id)
{
    struct team_new new = {.name = t->name,
                           .colour = t->colour,
                           .emoji = t->emoji,
                           .tags = t->tags,
                           .ntags = (size_t)t->ntags};

    return team_create(tx, &new, 0, id);
}

static enum err add_person(struct tx *tx, const struct world_person *p, const int64_t *teams,
                           struct str hash)
{
    struct user_new new = {.email = p->email, .full_name = p->full_name, .password_hash = hash};
    int64_t id;

    if (!role_parse(p->role, &new.role))
        return tx_fail(tx, ERR_BUG, "%.*s is no role", STR_FMT(p->role));
    if (p->team != WORLD_NOBODY)
        new.team_id = teams[p->team];
    return user_create(tx, &new, &id);
}

enum err demo_people(struct ctx *cx, struct app *app, const struct world *w)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t teams[WORLD_TEAMS];
    struct str hash;

    TRY(auth_password_hash(cx, app, S(DEMO_PASSWORD), &hash));
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (int i = 0; i < WORLD_TEAMS; i++)
        TRY(add_team(tx, &w->teams[i], &teams[i]));
    for (uint32_t i = 0; i < w->npeople; i++)
        TRY(add_person(tx, &w->people[i], teams, hash));
    for (uint32_t i = 0; i < w->npipelines; i++)
        TRY(sales_map_pipeline(tx, w->pipelines[i].id, w->pipelines[i].product));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* The least and the greatest day of the world stand for "always" and "still". */
static struct binding_new binding_of(struct arena *a, const struct world *w,
                                     const struct world_binding *b)
{
    struct binding_new new = {.valid_from = S("2000-01-01")};

    if (b->from > w->first_day - 1000)
        new.valid_from = day_text(a, day_from_number(b->from));
    if (b->to < w->today + 1000)
        new.valid_to = day_text(a, day_from_number(b->to));
    return new;
}

enum err demo_bindings(struct ctx *cx, struct app *app, const struct world *w)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (uint32_t i = 0; i < w->nbindings; i++) {
        struct binding_new b = binding_of(cx->arena, w, &w->bindings[i]);
        int64_t id;
        TRY(account_find(tx, w->accounts[w->bindings[i].account].id, &b.account_id));
        TRY(team_find(tx, w->teams[w->bindings[i].team].name, &b.team_id));
        TRY(binding_create(tx, &b, &id));
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}
