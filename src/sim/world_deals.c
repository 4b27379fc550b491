/* world_deals.c: who wrote in, with which tags, and what became of it. */
#include "sim/world_inside.h"

/* Doors of the agency that no ad leads through. */
enum door { DOOR_SITE, DOOR_WHATSAPP, DOOR_GOOGLE, DOOR_LOOKALIKE, DOORS };
/* Of a day, on average, per mille. */
static const int64_t door_deals[DOORS] = {1900, 700, 900, 350};
static const struct str lookalikes[] = {S("fb_arystanbek"), S("kenesaryfb2"), S("xfb_muha"),
                                        S("fb_traf44"),     S("fb-muha"),     S("facebook_ads")};

/* How the tags of a deal that an ad brought were written. */
enum tagging {
    TAGGED_BY_IDS,   /* the team's tag, campaign and ad by their ids */
    TAGGED_BY_NAMES, /* ... by their names */
    TAGGED_ALIAS,    /* another spelling of the tag */
    TAGGED_LOUD,     /* FB_ARYSTAN */
    TAGGED_RAW,      /* macros that nobody filled in */
    TAGGED_FACEBOOK, /* utm_source=facebook with the ad's id */
    TAGGED_GENERIC,  /* utm_source=facebook and nothing that helps */
    TAGGED_NOT_AT_ALL,
    TAGGED_BY_DOOR /* not from an ad */
};

static const int64_t minute_ms = 60000, day_ms = 86400000;
enum { FIRST_DEAL = 31000000, LEAD_LOST_PERMILLE = 55 };

uint32_t world_nsources(const struct world *w)
{
    return w->nads + DOORS;
}

static uint32_t nlead_through_door(const struct world *w, uint32_t source, int64_t day)
{
    if (day < w->first_day)
        return 0;
    uint64_t luck = chance(w->seed, CHANCE_LEAD, source, (uint64_t)day);
    int64_t milli = door_deals[source - w->nads] * w->scale;
    int64_t n = (milli * chance_hill(&luck, 0, 2000) / 1000 + chance_between(&luck, 0, 999)) / 1000;

    return (uint32_t)(n < WORLD_MAX_LEADS ? n : WORLD_MAX_LEADS);
}

uint32_t world_ndeals(const struct world *w, uint32_t source, int64_t day)
{
    return source < w->nads ? world_nleads(w, source, day) : nlead_through_door(w, source, day);
}

static int64_t deal_id(const struct world *w, const struct world_ref *r)
{
    int64_t day = r->day - w->first_day;

    return FIRST_DEAL + (day * world_nsources(w) + r->source) * 64 + r->k;
}

/* All the luck of a deal begins here; its streams must not meet. */
static uint64_t luck_of(const struct world *w, const struct world_ref *r, uint64_t what)
{
    return chance(w->seed, CHANCE_DEAL, (uint64_t)deal_id(w, r), what);
}

int64_t world_lead_at(const struct world *w, const struct world_ref *r, int64_t starts_ms)
{
    uint64_t luck = luck_of(w, r, 0);

    return starts_ms + (int64_t)world_second_of_day(&luck) * 1000;
}

/* ---- whose it is ---- */

static bool is_shared(const struct world *w, uint32_t account)
{
    int n = 0;

    for (uint32_t i = 0; i < w->nbindings; i++)
        n += w->bindings[i].account == (int)account;
    return n > 1;
}

static enum tagging draw_tagging(const struct world *w, uint64_t *luck, uint32_t account)
{
    int64_t draw = chance_between(luck, 0, 999);

    if (draw < 450)
        return TAGGED_BY_IDS;
    if (draw < 790)
        return TAGGED_BY_NAMES;
    if (draw < 870)
        return TAGGED_ALIAS;
    if (draw < 905)
        return TAGGED_LOUD;
    if (draw < 920)
        return TAGGED_RAW;
    if (draw < 950) /* an account that changed hands has no one answer */
        return is_shared(w, account) ? TAGGED_BY_IDS : TAGGED_FACEBOOK;
    return draw < 972 ? TAGGED_GENERIC : TAGGED_NOT_AT_ALL;
}

static void give_to(const struct world *w, struct world_deal *d)
{
    uint64_t luck = luck_of(w, &d->ref, 1);

    d->team = d->earned_by = WORLD_NOBODY;
    d->source = WORLD_UNKNOWN;
    d->ad = UINT32_MAX;
    d->tagging = TAGGED_BY_DOOR;
    if (d->ref.source >= w->nads)
        return;
    d->ad = d->ref.source;
    d->earned_by = world_team_of(w, w->ads[d->ad].account, d->ref.day);
    d->tagging = (uint8_t)draw_tagging(w, &luck, w->ads[d->ad].account);
    switch ((enum tagging)d->tagging) {
    case TAGGED_BY_IDS:
    case TAGGED_BY_NAMES:
    case TAGGED_LOUD:
    case TAGGED_RAW:
        d->source = WORLD_TAG;
        break;
    case TAGGED_ALIAS:
        d->source = WORLD_ALIAS;
        break;
    case TAGGED_FACEBOOK:
        d->source = WORLD_IDS;
        break;
    case TAGGED_GENERIC:
    case TAGGED_NOT_AT_ALL:
    case TAGGED_BY_DOOR:
        return;
    }
    d->team = d->earned_by;
}

/* ---- what became of it ---- */

static struct world_step *add_step(const struct world *w, struct world_deal *d, int64_t after_ms,
                                   enum world_action action)
{
    struct world_step *s = &d->steps[d->nsteps];
    uint64_t luck = chance(w->seed, CHANCE_STEP, (uint64_t)d->id, (uint64_t)d->nsteps);

    *s = (struct world_step){.action = action};
    if (d->nsteps) {
        s->at_ms = s[-1].at_ms;
        s->status = s->old_status = s[-1].status;
        s->price = s[-1].price;
    } else {
        s->at_ms = d->created_ms;
        s->status = d->pipeline->new_status;
    }
    s->at_ms = (s->at_ms + after_ms) / 1000 * 1000; /* the CRM counts in seconds */
    s->told_ms = s->at_ms + chance_between(&luck, 1000, 20000);
    if (chance_between(&luck, 0, 999) < 30)
        s->told_ms += chance_between(&luck, 5, 180) * minute_ms;
    s->is_told_twice = chance_between(&luck, 0, 999) < 20;
    d->nsteps++;
    return s;
}

static void move(const struct world *w, struct world_deal *d, int64_t after_ms, struct str status)
{
    add_step(w, d, after_ms, WORLD_MOVED)->status = status;
}

static int64_t draw_price(const struct world_pipeline *p, uint64_t *luck)
{
    static const int64_t flagman[] = {490000, 490000, 490000, 490000, 490000,
                                      490000, 440000, 390000, 245000, 490000};
    int64_t draw = chance_between(luck, 0, 99);

    if (p->price > 100000)
        return flagman[draw % 10];
    return draw < 94 ? p->price : draw < 97 ? 4500 : 2 * p->price;
}

/* Some sales do not stay as they were. */
static void after_won(const struct world *w, struct world_deal *d, uint64_t *luck)
{
    int64_t draw = chance_between(luck, 0, 999), wait = chance_between(luck, 20, 240) * day_ms / 20;

    if (draw < 25) {
        move(w, d, wait, S("143")); /* paid back */
    } else if (draw < 45) {
        struct str won = d->steps[d->nsteps - 1].status;
        move(w, d, wait / 3, d->pipeline->work_status);
        if (draw < 35)
            move(w, d, wait / 2 + minute_ms, won);
    } else if (draw < 75) {
        struct world_step *s = add_step(w, d, wait / 4, WORLD_UPDATED);
        s->price = s->price * 9 / 10;
    }
}

static void live(const struct world *w, struct world_deal *d)
{
    const struct world_luck *l = &world_lucks[d->earned_by];
    uint64_t luck = luck_of(w, &d->ref, 2);
    bool is_flagman = chance_between(&luck, 0, 999) < l->flagman_share;
    bool is_won = chance_between(&luck, 0, 999) < (is_flagman ? l->flagman_won : l->express_won);
    int64_t first = chance_between(&luck, 3, 240) * minute_ms;
    int64_t outcome = is_flagman ? chance_between(&luck, 48, 500) * 60 * minute_ms
                                 : chance_between(&luck, 30, 5000) * minute_ms;
    int64_t draw = chance_between(&luck, 0, 999), price;

    d->pipeline = &w->pipelines[is_flagman ? WORLD_FLAGMAN : WORLD_EXPRESS];
    price = draw_price(d->pipeline, &luck);
    add_step(w, d, 0, WORLD_ADDED);
    if (is_won || draw < 800)
        move(w, d, first, d->pipeline->work_status);
    if (is_won) {
        if (is_flagman) /* the price is agreed before it is paid */
            add_step(w, d, outcome / 2, WORLD_UPDATED)->price = price;
        move(w, d, outcome, S("142"));
        d->steps[d->nsteps - 1].price = price;
        after_won(w, d, &luck);
    } else if (draw < 520) {
        move(w, d, outcome + day_ms, S("143"));
    } else if (draw >= 990) {
        add_step(w, d, outcome, WORLD_DELETED);
    }
}

bool world_deal_from(const struct world *w, const struct world_ref *ref, int64_t starts_ms,
                     struct world_deal *d)
{
    uint64_t luck = luck_of(w, ref, 3);

    if (ref->source < w->nads && chance_between(&luck, 0, 999) < LEAD_LOST_PERMILLE)
        return false;
    *d = (struct world_deal){.id = deal_id(w, ref), .ref = *ref};
    d->created_ms = world_lead_at(w, ref, starts_ms) + chance_between(&luck, 20, 120) * 1000;
    give_to(w, d);
    d->responsible = 8000000 + d->earned_by * 10 + chance_between(&luck, 0, 2);
    live(w, d);
    return true;
}

bool world_deal(const struct world *w, const struct world_ref *ref, struct world_deal *out)
{
    const struct zone *zone =
        ref->source < w->nads ? w->accounts[w->ads[ref->source].account].zone : w->zone;

    return world_deal_from(w, ref, instant_of(zone, day_from_number(ref->day), 0, 0), out);
}

/* ---- its words ---- */

static void tags_of_door(const struct world *w, const struct world_deal *d, struct world_tags *out)
{
    uint64_t luck = luck_of(w, &d->ref, 4);

    switch ((enum door)(d->ref.source - w->nads)) {
    case DOOR_WHATSAPP:
        out->source = S("whatsapp");
        break;
    case DOOR_GOOGLE:
        out->source = S("google");
        out->medium = S("cpc");
        out->campaign = S("brand_kz");
        break;
    case DOOR_LOOKALIKE:
        out->source = lookalikes[chance_between(&luck, 0, COUNT(lookalikes) - 1)];
        out->medium = S("cpc");
        break;
    case DOOR_SITE:
    case DOORS:
        break;
    }
}

static struct str shout(struct arena *a, struct str s)
{
    char *copy = str_z(a, s);

    for (size_t i = 0; i < s.len; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    return (struct str){copy, s.len};
}

static void tags_of_ad(const struct world *w, struct arena *a, const struct world_deal *d,
                       struct world_tags *out)
{
    static const struct str media[] = {S("cpc"), S("cpc"), S("cpc"), S("paid_social"), S("cpm")};
    const struct world_team *team = &w->teams[d->earned_by];
    const struct world_ad *ad = &w->ads[d->ad];
    uint64_t luck = luck_of(w, &d->ref, 5);
    long long campaign = world_id(w, WORLD_CAMPAIGN, ad->campaign);

    out->source = team->tags[0];
    out->medium = media[chance_between(&luck, 0, COUNT(media) - 1)];
    out->campaign = arena_fmt(a, "%lld", campaign);
    out->content = arena_fmt(a, "%lld", (long long)world_id(w, WORLD_AD, d->ad));
    out->term = world_name(w, a, WORLD_ADSET, ad->adset);
    if (d->tagging == TAGGED_BY_NAMES) {
        out->campaign = world_name(w, a, WORLD_CAMPAIGN, ad->campaign);
    } else if (d->tagging == TAGGED_ALIAS) {
        out->source = team->tags[team->ntags - team->naliases];
        out->medium = S("cpc");
    } else if (d->tagging == TAGGED_LOUD) {
        out->source = shout(a, out->source);
    } else if (d->tagging == TAGGED_RAW) {
        out->campaign = S("{{campaign.id}}");
        out->content = S("{{ad.id}}");
        out->term = S("{{adset.name}}");
    } else if (d->tagging == TAGGED_FACEBOOK) {
        out->source = S("facebook");
    }
}

void world_deal_tags(const struct world *w, struct arena *a, const struct world_deal *d,
                     struct world_tags *out)
{
    *out = (struct world_tags){0};
    if (d->tagging == TAGGED_BY_DOOR) {
        tags_of_door(w, d, out);
    } else if (d->tagging == TAGGED_GENERIC) {
        out->source = S("facebook");
        out->medium = S("cpc");
    } else if (d->tagging != TAGGED_NOT_AT_ALL) {
        tags_of_ad(w, a, d, out);
    }
}

struct str world_deal_name(const struct world *w, struct arena *a, const struct world_deal *d)
{
    static const char *const names[] = {"Айгерім", "Нұрлан", "Ольга",
                                        "Dana K.", "Ержан",  "Әсел",
                                        "Игорь",   "Сәуле",  "ИП \"Жол & Co\" = опт"};
    uint64_t luck = luck_of(w, &d->ref, 6);
    const char *name = names[chance_between(&luck, 0, COUNT(names) - 1)];

    switch (chance_between(&luck, 0, 3)) {
    case 0:
        return S("Заявка с сайта");
    case 1:
        return arena_fmt(a, "Заявка: %s", name);
    case 2:
        return arena_fmt(a, "Сделка №%lld", (long long)d->id);
    default:
        return arena_fmt(a, "%s +1 & 50%%", name);
    }
}
