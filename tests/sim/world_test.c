/* The seeded agency by itself: the same everywhere, plausible, and consistent with itself. */
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "sim/world.h"
#include "test.h"

static const struct world *make(struct ctx *cx, uint64_t seed, const char *today)
{
    const struct world_options o = {.seed = seed, .today = str_of(today)};
    const struct world *w = NULL;

    check_ok(world_make(cx, &o, &w));
    return w;
}

static struct world_moment end_of_history(const struct world *w)
{
    return (struct world_moment){instant_of(w->zone, day_from_number(w->today + 1), 0, 0) - 1, 0};
}

static struct world_sums *truth(struct ctx *cx, const struct world *w, const struct world_ask *ask)
{
    size_t n = (size_t)(ask->to - ask->from + 1) * (WORLD_TEAMS + 1);
    struct world_sums *sums = arena_alloc(cx->arena, n * sizeof *sums, _Alignof(struct world_sums));

    check_ok(world_truth(cx, w, ask, sums));
    return sums;
}

static void add(struct world_sums *to, const struct world_sums *s)
{
    to->spend_kzt += s->spend_kzt;
    to->impressions += s->impressions;
    to->clicks += s->clicks;
    to->meta_leads += s->meta_leads;
    to->meta_purchases += s->meta_purchases;
    to->leads += s->leads;
    to->sales += s->sales;
    to->revenue_kzt += s->revenue_kzt;
    to->paid_kzt += s->paid_kzt;
    to->refunded_kzt += s->refunded_kzt;
}

static void total(struct ctx *cx, const struct world *w, struct world_sums out[WORLD_TEAMS + 1])
{
    struct world_ask ask = {w->first_day, w->today, end_of_history(w), false, false};
    struct world_sums *sums = truth(cx, w, &ask);
    int64_t n = (w->today - w->first_day + 1) * (WORLD_TEAMS + 1);

    memset(out, 0, (WORLD_TEAMS + 1) * sizeof *out);
    for (int64_t i = 0; i < n; i++)
        add(&out[i % (WORLD_TEAMS + 1)], &sums[i]);
}

TEST(same_seed_and_day_give_the_same_world)
{
    const struct world *one = make(cx, 42, "2026-01-15"), *other = make(cx, 42, "2026-01-15");

    check(one != other);
    check(world_digest(one) == world_digest(other));
}

TEST(this_is_the_world_of_seed_42_on_every_machine)
{
    struct str digest = arena_fmt(cx->arena, "%016llx",
                                  (unsigned long long)world_digest(make(cx, 42, "2026-01-15")));

    check_str(S("54c2937b6fea9d04"), digest);
}

TEST(another_seed_or_day_gives_another_world)
{
    uint64_t digest = world_digest(make(cx, 42, "2026-01-15"));

    check(digest != world_digest(make(cx, 43, "2026-01-15")));
    check(digest != world_digest(make(cx, 42, "2026-01-16")));
}

TEST(a_world_needs_a_real_day_and_a_size_within_bounds)
{
    const struct world *w = NULL;
    const struct world_options no_day = {.seed = 1, .today = S("2026-02-30")};
    const struct world_options too_long = {
        .seed = 1, .today = S("2026-02-28"), .history_days = 9999};

    check_err(world_make(cx, &no_day, &w), ERR_INPUT);
    ctx_forgive(cx);
    check_err(world_make(cx, &too_long, &w), ERR_INPUT);
}

TEST(teams_spend_and_earn_what_such_teams_do)
{
    static const uint64_t seeds[] = {1, 7, 42, 2026};
    struct world_sums sums[WORLD_TEAMS + 1];

    for (size_t s = 0; s < COUNT(seeds); s++) {
        const struct world *w = make(cx, seeds[s], "2026-02-03");
        int64_t days = w->today - w->first_day + 1;

        total(cx, w, sums);
        for (int t = 0; t < WORLD_TEAMS; t++) {
            int64_t dollars = sums[t].spend_kzt / MICROS / 505 / days;
            int64_t lead_cost = sums[t].spend_kzt / MICROS / sums[t].leads;
            int64_t roas_percent = sums[t].revenue_kzt / (sums[t].spend_kzt / 100);
            check(dollars >= 40 && dollars <= 150);
            check(lead_cost >= 1000 && lead_cost <= 3300);
            check(roas_percent >= 25 && roas_percent <= 1200);
        }
        check(sums[3].revenue_kzt < sums[0].revenue_kzt / 4); /* one team does badly */
        check(sums[WORLD_NOBODY].leads > 0 && sums[WORLD_NOBODY].sales > 0);
        check_int(0, sums[WORLD_NOBODY].spend_kzt);
        arena_reset(cx->arena);
    }
}

TEST(the_platform_never_reports_exactly_what_the_crm_has)
{
    struct world_sums sums[WORLD_TEAMS + 1];

    total(cx, make(cx, 42, "2026-02-03"), sums);
    for (int t = 0; t < WORLD_TEAMS; t++) {
        check(sums[t].meta_leads > sums[t].leads); /* some leads never arrive */
        check(sums[t].meta_purchases != sums[t].sales);
        check(sums[t].clicks > sums[t].meta_leads && sums[t].impressions > sums[t].clicks);
    }
}

TEST(money_in_less_money_back_is_what_sales_are_worth)
{
    struct world_sums sums[WORLD_TEAMS + 1];

    total(cx, make(cx, 42, "2026-02-03"), sums);
    for (int t = 0; t <= WORLD_TEAMS; t++)
        check_int(sums[t].revenue_kzt, sums[t].paid_kzt - sums[t].refunded_kzt);
    check(sums[0].refunded_kzt > 0);
}

TEST(days_asked_for_singly_add_up_to_the_period)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    struct world_ask ask = {w->today - 6, w->today, end_of_history(w), false, false};
    struct world_sums *week = truth(cx, w, &ask);

    for (int64_t day = ask.from; day <= w->today; day++) {
        struct world_ask one = {day, day, ask.at, false, false};
        struct world_sums *sums = truth(cx, w, &one);
        check(!memcmp(sums, &week[(day - ask.from) * (WORLD_TEAMS + 1)],
                      (WORLD_TEAMS + 1) * sizeof *sums));
    }
}

TEST(deals_known_by_an_ad_alone_can_be_left_to_nobody)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    struct world_ask ask = {w->first_day, w->today, end_of_history(w), false, false};
    int64_t n = (w->today - w->first_day + 1) * (WORLD_TEAMS + 1), with = 0, without = 0;
    struct world_sums *sums = truth(cx, w, &ask);

    for (int64_t i = WORLD_NOBODY; i < n; i += WORLD_TEAMS + 1)
        with += sums[i].leads;
    ask.ids_are_nobodys = true;
    sums = truth(cx, w, &ask);
    for (int64_t i = WORLD_NOBODY; i < n; i += WORLD_TEAMS + 1)
        without += sums[i].leads;
    check(without > with);
}

/* ---- what is advertised ---- */

TEST(an_id_leads_back_to_what_it_names_and_others_to_nothing)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    enum world_kind kind;
    uint32_t index;

    for (uint32_t i = 0; i < w->nads; i += 17) {
        int64_t id = world_id(w, WORLD_AD, i);
        check(world_find(w, id, &kind, &index) && kind == WORLD_AD && index == i);
        check(!world_find(w, id + 1, &kind, &index));
        check(id > 1LL << 53); /* no double holds it */
    }
    check(!world_find(w, 0, &kind, &index) && !world_find(w, INT64_MAX, &kind, &index));
    check(!world_find(w, -1, &kind, &index));
}

TEST(campaigns_that_were_archived_have_spent_money)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    struct world_moment at = end_of_history(w);
    int64_t spent = 0;

    for (uint32_t i = 0; i < w->nads; i++) {
        const struct world_ad *ad = &w->ads[i];
        if (!str_eq(str_of(world_status(w, WORLD_CAMPAIGN, ad->campaign, false)), S("ARCHIVED")))
            continue;
        for (int64_t day = w->first_day; day <= w->today; day++) {
            struct world_ad_day when = world_ad_day(w, ad->account, day, &at);
            struct world_delivery d;
            if (world_deliver(w, i, &when, &at, &d))
                spent += d.spend_minor;
        }
    }
    check(spent > 0);
}

TEST(an_ad_tells_the_status_of_the_campaign_above_it)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    bool has_paused = false, has_deleted = false, has_active = false;

    for (uint32_t i = 0; i < w->nads; i++) {
        struct str above = str_of(world_status(w, WORLD_CAMPAIGN, w->ads[i].campaign, false));
        struct str status = str_of(world_status(w, WORLD_AD, i, false));
        has_paused |= str_eq(status, S("CAMPAIGN_PAUSED"));
        has_deleted |= str_eq(status, S("DELETED"));
        has_active |= str_eq(status, S("ACTIVE"));
        check(!str_eq(status, S("ACTIVE")) || str_eq(above, S("ACTIVE")));
        if (str_eq(above, S("DELETED")))
            check_str(S("DELETED"), status);
    }
    check(has_paused && has_deleted && has_active);
}

TEST(today_grows_with_the_clock_and_tomorrow_has_not_come)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    int64_t midnight = instant_of(w->zone, day_from_number(w->today), 0, 0), before = 0;

    for (int hour = 2; hour <= 24; hour += 2) {
        struct world_moment at = {midnight + hour * 3600000LL, 0};
        int64_t spend = world_spend(w, 0, w->today, w->today, &at);
        check(spend > before);
        check_int(0, world_spend(w, 0, w->today + 2, w->today + 9, &at));
        before = spend;
    }
}

TEST(only_the_last_28_days_are_restated_and_a_row_may_go)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    struct world_moment at = end_of_history(w), later = at;
    int64_t changed = 0, gone = 0, old_changed = 0;

    later.restate = 1;
    for (uint32_t i = 0; i < w->nads; i++)
        for (int64_t day = w->first_day; day <= w->today; day++) {
            struct world_ad_day when = world_ad_day(w, w->ads[i].account, day, &at);
            struct world_delivery one, other;
            bool was = world_deliver(w, i, &when, &at, &one);
            bool is = world_deliver(w, i, &when, &later, &other);
            bool differs = was && is && one.spend_minor != other.spend_minor;
            gone += was && !is;
            changed += differs;
            old_changed += day < w->today - 28 && (differs || was != is);
            check(was || !is);
        }
    check(changed > 10 && gone > 5);
    check_int(0, old_changed);
}

TEST(an_account_can_change_hands)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    int changed = 0;

    for (uint32_t a = 0; a < w->naccounts; a++)
        changed += world_team_of(w, a, w->first_day) != world_team_of(w, a, w->today);
    check_int(1, changed);
    check_int(WORLD_NOBODY, world_team_of(w, w->naccounts - 1, w->today));
}

TEST(a_larger_scale_gives_more_ads_of_the_usual_size)
{
    const struct world_options o = {.seed = 42, .today = S("2026-02-03"), .scale = 3};
    const struct world *usual = make(cx, 42, "2026-02-03"), *w = NULL;

    check_ok(world_make(cx, &o, &w));
    check(w->nads > usual->nads * 5 / 2 && w->nads < usual->nads * 7 / 2);
    check(w->ads[0].daily_milli < usual->ads[0].daily_milli * 5);
}

/* ---- deals ---- */

static void each_deal(const struct world *w,
                      void (*see)(const struct world *, const struct world_deal *))
{
    struct world_deal d;

    for (int64_t day = w->first_day; day <= w->today; day++)
        for (uint32_t source = 0; source < world_nsources(w); source++)
            for (uint32_t k = 0; k < world_ndeals(w, source, day); k++) {
                struct world_ref ref = {source, day, k};
                if (world_deal(w, &ref, &d))
                    see(w, &d);
            }
}

static void check_story(const struct world *w, const struct world_deal *d)
{
    check(d->nsteps > 0 && d->nsteps <= WORLD_MAX_STEPS);
    check_int(d->created_ms / 1000, d->steps[0].at_ms / 1000);
    check(d->steps[0].action == WORLD_ADDED);
    for (int i = 0; i < d->nsteps; i++) {
        const struct world_step *s = &d->steps[i];
        check(s->told_ms > s->at_ms);
        check_int(0, s->at_ms % 1000);
        check(i == 0 || s->at_ms >= s[-1].at_ms + 60000);
        check(i == 0 || str_eq(s->old_status, s[-1].status));
        check(s->at_ms - d->created_ms < 59LL * 86400000);
    }
    check(d->team == WORLD_NOBODY || d->team == d->earned_by);
    check(w->pipelines == d->pipeline || w->pipelines + 1 == d->pipeline);
}

TEST(a_deals_steps_follow_one_another_and_are_told_afterwards)
{
    each_deal(make(cx, 42, "2026-02-03"), check_story);
}

TEST(deals_have_ids_of_their_own)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    int64_t before = 0;
    struct world_deal d;

    for (int64_t day = w->first_day; day <= w->today; day++)
        for (uint32_t source = 0; source < world_nsources(w); source++)
            for (uint32_t k = 0; k < world_ndeals(w, source, day); k++) {
                struct world_ref ref = {source, day, k};
                if (!world_deal(w, &ref, &d))
                    continue;
                check(d.id > before);
                before = d.id;
            }
}

static bool is_tag_of(const struct world *w, int team, struct str tag)
{
    for (int i = 0; i < w->teams[team].ntags; i++)
        if (str_eq_nocase(w->teams[team].tags[i], tag))
            return true;
    return false;
}

TEST(tags_say_whose_a_deal_is_or_say_nothing)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    int seen[WORLD_UNKNOWN + 1] = {0};
    struct world_tags tags;
    struct world_deal d;

    for (uint32_t source = 0; source < world_nsources(w); source++)
        for (uint32_t k = 0; k < world_ndeals(w, source, w->today - 3); k++) {
            struct world_ref ref = {source, w->today - 3, k};
            if (!world_deal(w, &ref, &d))
                continue;
            world_deal_tags(w, cx->arena, &d, &tags);
            seen[d.source]++;
            if (d.source == WORLD_TAG || d.source == WORLD_ALIAS)
                check(is_tag_of(w, d.team, tags.source));
            else
                for (int t = 0; t < WORLD_TEAMS; t++)
                    check(!is_tag_of(w, t, tags.source));
            if (d.source == WORLD_IDS)
                check_str(arena_fmt(cx->arena, "%lld", (long long)world_id(w, WORLD_AD, d.ad)),
                          tags.content);
        }
    check(seen[WORLD_TAG] > 10 && seen[WORLD_UNKNOWN] > 0 && seen[WORLD_ALIAS] > 0);
}

/* ---- rates ---- */

TEST(rates_are_missing_on_days_off_and_move_in_small_steps)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    int64_t before = 0, rate = 0, days = 0;

    for (int64_t day = w->today - 400; day <= w->today; day++) {
        bool has_rate = world_rate(w, S("USD"), day, &rate);
        if (weekday_of(day_from_number(day)) > 5)
            check(!has_rate);
        if (!has_rate)
            continue;
        check(rate > 42000 && rate < 60000);
        check(!before || llabs(rate - before) * 100 < before * 3);
        before = rate;
        days++;
    }
    check(days > 250);
    check(!world_rate(w, S("XXX"), w->today, &rate));
}

TEST(a_reader_who_walks_back_finds_the_last_rate)
{
    const struct world *w = make(cx, 42, "2026-02-03");
    struct date sunday = {2026, 2, 1}, friday = {2026, 1, 30};
    int64_t micros, quant, rate = 0;

    check(world_rate_in_force(w, S("USD"), day_number(sunday), &micros, &quant));
    check(world_rate(w, S("USD"), day_number(friday), &rate));
    check_int(rate * 10000, micros);
    check_int(1, quant);
    check(world_rate_in_force(w, S("KRW"), day_number(sunday), &micros, &quant));
    check_int(100, quant);
}
