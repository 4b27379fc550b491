/* world_ads.c: what an ad cost and brought on a day. */
#include "sim/world_inside.h"

enum { RESTATED_DAYS = 28, ATTRIBUTED_DAYS = 7, REFRESH_MS = 900000 };
static const int64_t day_ms = 86400000;

/* Of 10,000, before each hour. */
static const int hours[25] = {0,    180,  280,  340,  390,  440,  520,  680,  960,
                              1360, 1840, 2360, 2900, 3460, 4020, 4560, 5080, 5600,
                              6140, 6740, 7420, 8180, 8960, 9580, 10000};

int world_share_of_day(int64_t second)
{
    if (second <= 0)
        return 0;
    if (second >= 86400)
        return 10000;
    int64_t h = second / 3600;
    return hours[h] + (int)((hours[h + 1] - hours[h]) * (second % 3600) / 3600);
}

int world_second_of_day(uint64_t *state)
{
    int64_t draw = chance_between(state, 0, 9999);
    int h = 0;

    while (hours[h + 1] <= draw)
        h++;
    return h * 3600 + (int)chance_between(state, 0, 3599);
}

int64_t world_rough_rate(struct str currency)
{
    return str_eq(currency, S("EUR")) ? 555 : 505;
}

struct world_ad_day world_ad_day(const struct world *w, uint32_t account, int64_t day,
                                 const struct world_moment *at)
{
    const struct zone *zone = w->accounts[account].zone;
    struct world_ad_day d = {.account = account, .day = day};

    d.starts_ms = instant_of(zone, day_from_number(day), 0, 0);
    d.age = day_number(civil_at(zone, at->now_ms).date) - day;
    d.until_ms = at->now_ms - at->now_ms % REFRESH_MS;
    d.done = world_share_of_day((d.until_ms - d.starts_ms) / 1000);
    if (d.age > 0)
        d.done = 10000; /* also on days of 23 or 25 hours */
    return d;
}

static bool is_running(const struct world *w, uint32_t i, int64_t day)
{
    const struct world_ad *ad = &w->ads[i];

    if (day < w->first_day || day < ad->first_day || day > ad->last_day)
        return false;
    /* Now and then somebody switches an ad off for some days. */
    return chance(w->seed, CHANCE_PAUSE, i, (uint64_t)day / 5) % 100 >= 7;
}

/* Minor units of a whole day, as first told. */
static int64_t spend_of(const struct world *w, uint32_t i, int64_t day)
{
    static const int week[7] = {1050, 1060, 1040, 1000, 960, 900, 990};
    uint64_t of_account = chance(w->seed, CHANCE_DAY, w->ads[i].account, (uint64_t)day);
    uint64_t of_ad = chance(w->seed, CHANCE_AD_DAY, i, (uint64_t)day);
    int64_t spend = w->ads[i].daily_milli * week[weekday_of(day_from_number(day)) - 1] / 1000;

    spend = spend * chance_hill(&of_account, 850, 1150) / 1000;
    return spend * chance_hill(&of_ad, 650, 1350) / 1000 / 1000;
}

uint32_t world_nleads(const struct world *w, uint32_t i, int64_t day)
{
    int team = world_team_of(w, w->ads[i].account, day);

    if (team == WORLD_NOBODY || !is_running(w, i, day))
        return 0;
    const struct world_luck *l = &world_lucks[team];
    uint64_t of_ad = chance(w->seed, CHANCE_AD, i, 2);
    uint64_t luck = chance(w->seed, CHANCE_LEAD, i, (uint64_t)day);
    int64_t age = day < w->today ? day - w->first_day : w->today - w->first_day;
    int64_t span = w->today > w->first_day ? w->today - w->first_day : 1;
    int64_t cost = l->lead_cost + l->lead_cost * l->lead_cost_drift * age / span / 1000;
    int64_t milli = spend_of(w, i, day) *
                    world_rough_rate(w->accounts[w->ads[i].account].currency) * 10 /
                    (cost * chance_hill(&of_ad, 650, 1350) / 1000);

    milli = milli * chance_hill(&luck, 200, 1800) / 1000;
    int64_t n = (milli + chance_between(&luck, 0, 999)) / 1000;
    return (uint32_t)(n < WORLD_MAX_LEADS ? n : WORLD_MAX_LEADS);
}

/* What the platform counts: leads until now, and those of them that paid soon enough. */
static void count_actions(const struct world *w, uint32_t i, const struct world_ad_day *day,
                          struct world_delivery *out)
{
    uint32_t n = world_nleads(w, i, day->day);
    struct world_deal deal;

    for (uint32_t k = 0; k < n; k++) {
        struct world_ref ref = {i, day->day, k};
        int64_t wrote_ms = world_lead_at(w, &ref, day->starts_ms);

        if (wrote_ms > day->until_ms)
            continue;
        out->leads++;
        if (!world_deal_from(w, &ref, day->starts_ms, &deal))
            continue;
        for (int s = 0; s < deal.nsteps; s++) {
            const struct world_step *step = &deal.steps[s];
            if (!str_eq(step->status, S("142")) || step->at_ms > day->until_ms ||
                step->at_ms - wrote_ms > ATTRIBUTED_DAYS * day_ms)
                continue;
            /* Browsers hide some of the purchases from the platform. */
            if ((uint64_t)deal.id * 2654435761u % 100 < 82) {
                out->purchases++;
                out->purchase_minor +=
                    step->price * 100 / world_rough_rate(w->accounts[day->account].currency);
            }
            break;
        }
    }
}

static bool is_restated(const struct world *w, uint32_t i, const struct world_ad_day *day,
                        const struct world_moment *at, int64_t *spend)
{
    if (at->restate <= 0 || day->age < 1 || day->age > RESTATED_DAYS)
        return true;
    uint64_t luck =
        chance(w->seed, CHANCE_RESTATE, i, (uint64_t)day->day * 256 + (uint64_t)at->restate);
    int64_t draw = chance_between(&luck, 0, 96);
    if (draw < 12)
        *spend = *spend * chance_between(&luck, 960, 1015) / 1000;
    return draw < 96; /* the platform took the row away */
}

bool world_deliver(const struct world *w, uint32_t ad, const struct world_ad_day *day,
                   const struct world_moment *at, struct world_delivery *out)
{
    *out = (struct world_delivery){0};
    if (day->age < 0 || !is_running(w, ad, day->day))
        return false;
    int64_t spend = spend_of(w, ad, day->day);
    if (!is_restated(w, ad, day, at, &spend))
        return false;

    uint64_t of_ad = chance(w->seed, CHANCE_AD, ad, 3);
    uint64_t luck = chance(w->seed, CHANCE_AD_DAY, ad, (uint64_t)day->day | UINT64_C(1) << 40);
    int64_t cpm = chance_hill(&of_ad, 240, 620);
    int64_t ctr = chance_hill(&of_ad, 90, 260); /* of 10,000 */

    cpm = cpm * chance_hill(&luck, 850, 1150) / 1000;
    ctr = ctr * chance_hill(&luck, 700, 1300) / 1000;
    out->spend_minor = spend * day->done / 10000;
    out->impressions = out->spend_minor * 1000 / cpm;
    out->clicks = out->impressions * ctr / 10000;
    out->link_clicks = out->clicks * chance_between(&luck, 60, 85) / 100;
    out->reach = out->impressions * 100 / chance_between(&luck, 103, 135);
    if (out->impressions && !out->reach)
        out->reach = 1;
    count_actions(w, ad, day, out);
    if (out->link_clicks < out->leads)
        out->link_clicks = out->leads;
    if (out->clicks < out->link_clicks)
        out->clicks = out->link_clicks;
    if (out->impressions < out->clicks)
        out->impressions = out->clicks * 3;
    return out->impressions > 0 || out->spend_minor > 0;
}
