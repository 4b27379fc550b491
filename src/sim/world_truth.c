/* world_truth.c: what is true of a day, for those who want to compare. */
#include "base/money.h"
#include "sim/world_inside.h"

struct tally {
    struct ctx *cx;
    const struct world *w;
    const struct world_ask *ask;
    struct world_sums *out;
};

static struct world_sums *row(struct tally *t, int64_t day, int team)
{
    if (day < t->ask->from || day > t->ask->to)
        return NULL;
    return &t->out[(day - t->ask->from) * (WORLD_TEAMS + 1) + team];
}

static enum err add_ads(struct tally *t, uint32_t account, int64_t day)
{
    const struct world *w = t->w;
    const struct world_account *a = &w->accounts[account];
    struct world_ad_day when = world_ad_day(w, account, day, &t->ask->at);
    struct world_sums *sums = row(t, day, world_team_of(w, account, day));
    struct world_delivery d;
    int64_t micros, quant, kzt;

    if (!world_rate_in_force(w, a->currency, day, &micros, &quant))
        return fail(t->cx, ERR_BUG, "the world has no rate for %.*s", STR_FMT(a->currency));
    for (uint32_t i = a->first_ad; i < a->first_ad + a->nads; i++) {
        if (!world_deliver(w, i, &when, &t->ask->at, &d))
            continue;
        if (!money_exchange(d.spend_minor * (MICROS / 100), micros, quant, &kzt))
            return fail(t->cx, ERR_BUG, "spend does not fit");
        sums->spend_kzt += kzt;
        sums->impressions += d.impressions;
        sums->clicks += d.clicks;
        sums->link_clicks += d.link_clicks;
        sums->meta_leads += d.leads;
        sums->meta_purchases += d.purchases;
    }
    return OK;
}

/* A deal as far as the CRM has told: where it stands, and which money moved on the way. */
static void add_deal(struct tally *t, const struct world_deal *d)
{
    const struct world *w = t->w;
    int team = t->ask->ids_are_nobodys && d->source == WORLD_IDS ? WORLD_NOBODY : d->team;
    int64_t held = 0, won_day = 0, price = 0;
    bool is_known = false, is_won = false;

    for (int i = 0; i < d->nsteps; i++) {
        const struct world_step *s = &d->steps[i];
        if ((t->ask->crm_is_read ? s->at_ms : s->told_ms) > t->ask->at.now_ms)
            continue;
        int64_t day = day_number(civil_at(w->zone, s->at_ms).date);
        bool was_won = is_won;
        struct world_sums *sums = row(t, day, team);

        is_known = true;
        is_won = s->action != WORLD_DELETED && str_eq(s->status, S("142"));
        won_day = is_won && !was_won ? day : won_day;
        price = s->price;
        int64_t owed = is_won ? price * MICROS : 0;
        if (sums && owed > held)
            sums->paid_kzt += owed - held;
        if (sums && owed < held)
            sums->refunded_kzt += held - owed;
        held = owed;
    }
    struct world_sums *made = row(t, day_number(civil_at(w->zone, d->created_ms).date), team);
    if (is_known && made)
        made->leads++;
    struct world_sums *sold = row(t, won_day, team);
    if (is_won && sold) {
        sold->sales++;
        sold->revenue_kzt += price * MICROS;
    }
}

/* Deals change for weeks, so that all those made before the last day asked for are looked at; zones
 * may move a deal by a day. */
static void add_deals(struct tally *t)
{
    const struct world *w = t->w;
    struct world_deal d;

    for (uint32_t source = 0; source < world_nsources(w); source++)
        for (int64_t day = w->first_day; day <= t->ask->to + 1; day++) {
            uint32_t n = world_ndeals(w, source, day);
            for (uint32_t k = 0; k < n; k++) {
                struct world_ref ref = {source, day, k};
                if (world_deal(w, &ref, &d))
                    add_deal(t, &d);
            }
        }
}

enum err world_truth(struct ctx *cx, const struct world *w, const struct world_ask *ask,
                     struct world_sums *out)
{
    enum err err = OK;
    struct tally t = {cx, w, ask, out};

    if (ask->from > ask->to)
        return fail(cx, ERR_INPUT, "from is after to");
    for (int64_t i = 0; i < (ask->to - ask->from + 1) * (WORLD_TEAMS + 1); i++)
        out[i] = (struct world_sums){0};
    for (uint32_t a = 0; a < w->naccounts; a++)
        for (int64_t day = ask->from; day <= ask->to; day++)
            TRY(add_ads(&t, a, day));
    add_deals(&t);
out:
    return err;
}

int64_t world_spend(const struct world *w, uint32_t account, int64_t from, int64_t to,
                    const struct world_moment *at)
{
    const struct world_account *a = &w->accounts[account];
    int64_t sum = 0;
    struct world_delivery d;

    for (int64_t day = from > w->first_day ? from : w->first_day; day <= to; day++) {
        struct world_ad_day when = world_ad_day(w, account, day, at);
        if (when.age < 0)
            break;
        for (uint32_t i = a->first_ad; i < a->first_ad + a->nads; i++)
            if (world_deliver(w, i, &when, at, &d))
                sum += d.spend_minor;
    }
    return sum;
}

/* ---- fingerprint ---- */

static void fold(uint64_t *sum, int64_t v)
{
    *sum = (*sum ^ (uint64_t)v) * 0x100000001b3u;
    *sum ^= *sum >> 29;
}

static void fold_text(uint64_t *sum, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        fold(sum, (unsigned char)text.ptr[i]);
    fold(sum, -1);
}

static void fold_deals(const struct world *w, uint32_t source, int64_t day, uint64_t *sum)
{
    struct world_deal d;
    uint32_t n = world_ndeals(w, source, day);

    for (uint32_t k = 0; k < n; k++) {
        struct world_ref ref = {source, day, k};
        if (!world_deal(w, &ref, &d))
            continue;
        fold(sum, d.id);
        fold(sum, d.team * 1000 + d.tagging);
        for (int i = 0; i < d.nsteps; i++) {
            fold(sum, d.steps[i].at_ms);
            fold(sum, d.steps[i].told_ms);
            fold(sum, d.steps[i].price);
            fold_text(sum, d.steps[i].status);
        }
    }
}

static void fold_account_day(const struct world *w, uint32_t account, int64_t day, uint64_t *sum)
{
    const struct world_account *a = &w->accounts[account];
    struct world_moment at = {instant_of(w->zone, day_from_number(w->today + 1), 0, 0) - 1, 1};
    struct world_ad_day when = world_ad_day(w, account, day, &at);
    struct world_delivery d;

    for (uint32_t i = a->first_ad; i < a->first_ad + a->nads; i++) {
        if (!world_deliver(w, i, &when, &at, &d))
            continue;
        fold(sum, d.spend_minor);
        fold(sum, d.impressions * 1000 + d.clicks);
        fold(sum, d.reach * 1000 + d.link_clicks);
        fold(sum, d.leads * 1000 + d.purchases);
        fold(sum, d.purchase_minor);
    }
}

static void fold_names(const struct world *w, enum world_kind kind, uint32_t n, uint64_t *sum)
{
    struct arena *a = arena_new(1 << 20);

    for (uint32_t i = 0; i < n; i++) {
        fold(sum, world_id(w, kind, i));
        fold_text(sum, world_name(w, a, kind, i));
        fold_text(sum, str_of(world_status(w, kind, i, false)));
        arena_reset(a);
    }
    arena_free(&a);
}

uint64_t world_digest(const struct world *w)
{
    uint64_t sum = 0xcbf29ce484222325u;
    int64_t hundredths;

    for (uint32_t i = 0; i < w->naccounts; i++)
        fold_text(&sum, w->accounts[i].id);
    for (int i = 0; i < WORLD_TOKENS; i++)
        fold_text(&sum, w->tokens[i]);
    fold_names(w, WORLD_CAMPAIGN, w->ncampaigns, &sum);
    fold_names(w, WORLD_ADSET, w->nadsets, &sum);
    fold_names(w, WORLD_AD, w->nads, &sum);
    for (int64_t day = w->first_day; day <= w->today; day++) {
        for (uint32_t i = 0; i < w->naccounts; i++)
            fold_account_day(w, i, day, &sum);
        for (uint32_t i = 0; i < world_nsources(w); i++)
            fold_deals(w, i, day, &sum);
        for (size_t i = 0; i < world_ncurrencies; i++)
            fold(&sum, world_rate(w, world_currencies[i].code, day, &hundredths) ? hundredths : -1);
    }
    return sum;
}
