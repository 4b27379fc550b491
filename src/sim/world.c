/* world.c: the agency: teams, people, accounts, whose they are, and the tree of what they run. */
#include "sim/world_inside.h"

static const struct world_team teams[WORLD_TEAMS] = {
    {S("Arystan"),  S("#f2a33c"), S("🦁"), {S("fb_arystan"), S("arystan_insta")}, 2, 1},
    {S("Kenesary"), S("#5b9bff"), S("🐎"), {S("kenesaryfb"), S("kenjifb")},       2, 1},
    {S("Muha"),     S("#3ecf8e"), S("🐝"), {S("fb_muha"), S("muha_target")},      2, 1},
    {S("Traf4"),    S("#c678dd"), S("🚦"), {S("fb_traf4"), S("traf4-ig")},        2, 1},
};

static const struct world_person people[] = {
    {S("admin@agency.example"),    S("Айгерім Сапарова"), S("admin"),         WORLD_NOBODY},
    {S("arystan@agency.example"),  S("Арыстан Бекенов"),   S("team_lead"),     0           },
    {S("kenesary@agency.example"), S("Кенесары Оспанов"), S("team_lead"),     1           },
    {S("muha@agency.example"),     S("Мұхтар Әлиев"),         S("team_lead"),     2           },
    {S("traf4@agency.example"),    S("Данияр Ким"),             S("team_lead"),     3           },
    {S("dinara@agency.example"),   S("Динара Жұмабаева"), S("targetologist"), 0           },
    {S("ivan@agency.example"),     S("Иван Петров"),           S("targetologist"), 3           },
    {S("viewer@agency.example"),   S("Гость"),                      S("viewer"),        WORLD_NOBODY},
};

static const struct world_pipeline pipelines[] = {
    {S("9430994"), S("Экспресс-курс"), S("express"), 5000,   S("76202310"), S("76202314")},
    {S("9777626"), S("Флагман"),            S("flagman"), 490000, S("78914402"), S("78914410")},
};

/* One team does badly, and worse from week to week. */
const struct world_luck world_lucks[WORLD_TEAMS + 1] = {
    {2150, -80, 150, 190, 180},
    {2500, 50,  125, 155, 150},
    {1900, 0,   80,  110, 130},
    {2100, 300, 80,  42,  70 },
    {2500, 0,   80,  110, 150},
};

struct plan { /* of one account */
    struct str name, currency, tz;
    int status, token, team;
    uint8_t slots; /* campaigns that run side by side */
    int64_t daily_minor;
};
enum { SHARED_ACCOUNT = 5 }; /* goes from Traf4 to Muha when a third of history is left */
static const struct plan plans[] = {
    {S("Arystan | KZ основной"),     S("USD"), S("Asia/Almaty"),         1,   0, 0,            3, 9200},
    {S("Arystan | Retarget"),                S("USD"), S("Asia/Almaty"),         1,   0, 0,            2, 3800},
    {S("Kenesary | Алматы"),           S("USD"), S("Asia/Almaty"),         1,   0, 1,            3, 5800},
    {S("Kenesary Europe"),                   S("EUR"), S("Asia/Almaty"),         1,   0, 1,            2, 2900},
    {S("Muha Insta (Pacific)"),              S("USD"), S("America/Los_Angeles"), 1,   0, 2,            3, 6200},
    {S("Общий | Traf4 + Muha"),         S("USD"), S("Asia/Almaty"),         1,   0, 3,            2, 2600},
    {S("Traf4 | Собственный"),    S("USD"), S("Asia/Almaty"),         1,   1, 3,            3, 4900},
    {S("Песочница (закрыт)"), S("USD"), S("Asia/Almaty"),         101, 0, WORLD_NOBODY, 0, 0   },
};

enum {
    DEFAULT_HISTORY = 120,
    LONGEST_HISTORY = 1100,
    GREATEST_SCALE = 1000,
    GENERATION_DAYS = 40, /* a campaign gives way to the next launch */
    HEAD_START = 10       /* days that the first launch is older than history, at most */
};

static enum err make_accounts(struct ctx *cx, struct world *w, int scale,
                              struct world_account **out)
{
    enum err err = OK;
    struct world_account *accounts =
        arena_alloc(cx->arena, COUNT(plans) * sizeof *accounts, _Alignof(struct world_account));

    for (uint32_t i = 0; i < COUNT(plans); i++) {
        const struct plan *p = &plans[i];
        struct world_account *a = &accounts[i];
        int64_t digits = (int64_t)(chance(w->seed, CHANCE_ID, 0, i) % 700000000000000);

        a->id = arena_fmt(cx->arena, "%lld", 200000000000000 + (long long)digits);
        a->name = p->name;
        a->currency = p->currency;
        a->tz = p->tz;
        a->status = p->status;
        a->token = p->token;
        a->daily_minor = p->daily_minor * scale;
        TRY(zone_find(cx, p->tz, &a->zone));
    }
    w->accounts = *out = accounts;
    w->naccounts = COUNT(plans);
out:
    return err;
}

static void make_bindings(struct ctx *cx, struct world *w)
{
    VEC(struct world_binding) list = {0};
    int64_t handover = w->today - (w->today - w->first_day) / 3;

    for (int i = 0; i < (int)COUNT(plans); i++) {
        if (plans[i].team == WORLD_NOBODY)
            continue;
        struct world_binding all = {i, plans[i].team, INT64_MIN, INT64_MAX};
        if (i == SHARED_ACCOUNT) {
            *vec_add(cx->arena, &list) = (struct world_binding){i, 3, INT64_MIN, handover - 1};
            all = (struct world_binding){i, 2, handover, INT64_MAX};
        }
        *vec_add(cx->arena, &list) = all;
    }
    w->bindings = list.at;
    w->nbindings = (uint32_t)list.n;
}

/* ---- campaigns, ad sets, ads ---- */

struct tree {
    struct ctx *cx;
    const struct world *w;
    VEC(struct world_campaign) campaigns;
    VEC(struct world_adset) adsets;
    VEC(struct world_ad) ads;
};

static void add_ad(struct tree *t, uint32_t campaign, uint32_t k)
{
    const struct world_campaign *c = &t->campaigns.at[campaign];
    uint64_t luck = chance(t->w->seed, CHANCE_AD, t->ads.n, 0);
    struct world_ad *ad = vec_add(t->cx->arena, &t->ads);
    int64_t head = chance_between(&luck, 0, 9), life = chance_between(&luck, 7, 25);
    bool is_dropped = chance_between(&luck, 0, 99) < 35;
    int64_t weight = chance_hill(&luck, 40, 180);
    const struct plan *p = &plans[c->account];
    int64_t nads = p->slots * 6; /* that run side by side: two ad sets of three */

    ad->account = c->account;
    ad->campaign = campaign;
    ad->adset = (uint32_t)t->adsets.n - 1;
    ad->first_day = k ? c->first_day + head : c->first_day; /* the first one always runs */
    ad->last_day = c->last_day;
    if (k && is_dropped && c->last_day - ad->first_day > life)
        ad->last_day = ad->first_day + life;
    ad->daily_milli = p->daily_minor * 1000 * weight / 86 / nads;
}

static void add_campaign(struct tree *t, const struct world_campaign *plan)
{
    uint32_t campaign = (uint32_t)t->campaigns.n;
    struct world_campaign *c = vec_add(t->cx->arena, &t->campaigns);

    *c = *plan;
    c->first_adset = (uint32_t)t->adsets.n;
    c->nadsets = 2;
    for (uint32_t i = 0; i < c->nadsets; i++) {
        uint64_t luck = chance(t->w->seed, CHANCE_ADSET, t->adsets.n, 0);
        uint32_t nads = (uint32_t)chance_between(&luck, 2, 4);

        *vec_add(t->cx->arena, &t->adsets) =
            (struct world_adset){campaign, (uint32_t)t->ads.n, nads};
        for (uint32_t k = 0; k < nads; k++)
            add_ad(t, campaign, k);
    }
}

/* The launches of one slot follow one another without a gap; the last runs on. */
static void add_slot(struct tree *t, uint32_t account, uint32_t slot)
{
    const struct world *w = t->w;
    int64_t last = (w->today - w->first_day) / GENERATION_DAYS;
    int64_t start = w->first_day - HEAD_START;

    for (int64_t g = 0; g <= last; g++) {
        uint64_t luck =
            chance(w->seed, CHANCE_CAMPAIGN, (uint64_t)account << 32 | slot, (uint64_t)g);
        int64_t next = w->first_day - HEAD_START + (g + 1) * GENERATION_DAYS +
                       chance_between(&luck, 0, HEAD_START - 1);
        struct world_campaign plan = {.account = account,
                                      .first_day = start,
                                      .last_day = g == last ? INT64_MAX : next - 1,
                                      .generation = (uint8_t)g,
                                      .slot = (uint8_t)(slot % 3)};
        add_campaign(t, &plan);
        start = next;
    }
}

static void make_tree(struct ctx *cx, struct world *w, uint32_t scale,
                      struct world_account *accounts)
{
    struct tree t = {.cx = cx, .w = w};

    for (uint32_t i = 0; i < w->naccounts; i++) {
        struct world_account *a = &accounts[i];

        a->first_campaign = (uint32_t)t.campaigns.n;
        a->first_adset = (uint32_t)t.adsets.n;
        a->first_ad = (uint32_t)t.ads.n;
        for (uint32_t slot = 0; slot < plans[i].slots * scale; slot++)
            add_slot(&t, i, slot);
        a->ncampaigns = (uint32_t)t.campaigns.n - a->first_campaign;
        a->nadsets = (uint32_t)t.adsets.n - a->first_adset;
        a->nads = (uint32_t)t.ads.n - a->first_ad;
    }
    w->campaigns = t.campaigns.at;
    w->adsets = t.adsets.at;
    w->ads = t.ads.at;
    w->ncampaigns = (uint32_t)t.campaigns.n;
    w->nadsets = (uint32_t)t.adsets.n;
    w->nads = (uint32_t)t.ads.n;
}

enum err world_make(struct ctx *cx, const struct world_options *o, const struct world **out)
{
    enum err err;
    struct world *w = arena_new_of(cx->arena, struct world);
    struct world_account *accounts;
    struct date today;
    int history = o->history_days ? o->history_days : DEFAULT_HISTORY;
    int scale = o->scale ? o->scale : 1;

    if (!day_parse(o->today, &today))
        return fail(cx, ERR_INPUT, "today: '%.*s' is not a day", STR_FMT(o->today));
    if (history < 1 || history > LONGEST_HISTORY || scale < 1 || scale > GREATEST_SCALE)
        return fail(cx, ERR_INPUT, "a world has 1..%d days and a scale of 1..%d", LONGEST_HISTORY,
                    GREATEST_SCALE);
    w->seed = o->seed;
    w->scale = scale;
    w->today = day_number(today);
    w->first_day = w->today - history + 1;
    w->tz = S("Asia/Almaty");
    w->teams = teams;
    w->people = people;
    w->npeople = COUNT(people);
    w->pipelines = pipelines;
    w->npipelines = COUNT(pipelines);
    w->crm_account = S("32100001");
    w->crm_subdomain = S("agency");
    for (int i = 0; i < WORLD_TOKENS; i++)
        w->tokens[i] = arena_fmt(cx->arena, "EAADEMO%016llxZD",
                                 (unsigned long long)chance(w->seed, CHANCE_ID, 1, (uint64_t)i));
    TRY(zone_find(cx, w->tz, &w->zone));
    TRY(make_accounts(cx, w, scale, &accounts));
    make_bindings(cx, w);
    make_tree(cx, w, (uint32_t)scale, accounts);
    *out = w;
out:
    return err;
}

int world_team_of(const struct world *w, uint32_t account, int64_t day)
{
    for (uint32_t i = 0; i < w->nbindings; i++) {
        const struct world_binding *b = &w->bindings[i];
        if (b->account == (int)account && b->from <= day && day <= b->to)
            return b->team;
    }
    return WORLD_NOBODY;
}
