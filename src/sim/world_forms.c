/* world_forms.c: requests left in forms on the platform. */
#include "sim/world_forms.h"

#include "sim/world_inside.h"

enum { PER_AD_DAY = 8 }; /* room for the leads of an ad's day in an id */
static const int64_t first_id = 769000000000000;

uint32_t world_nform_leads(const struct world *w, uint32_t ad, int64_t day)
{
    uint64_t luck = chance(w->seed, CHANCE_FORM, ad, (uint64_t)day);
    int64_t draw = chance_between(&luck, 0, 99);

    /* Where nobody writes in nobody fills in a form either. */
    if (day < w->first_day || !world_nleads(w, ad, day) ||
        !str_eq(str_of(world_objective(w, w->ads[ad].campaign)), S("OUTCOME_LEADS")))
        return 0;
    return draw < 55 ? 0 : draw < 85 ? 1 : draw < 96 ? 2 : 3;
}

void world_form_lead(const struct world *w, uint32_t ad, int64_t day, uint32_t k,
                     struct world_form_lead *out)
{
    int64_t number = ((day - w->first_day) * w->nads + ad) * PER_AD_DAY + k;
    uint64_t luck = chance(w->seed, CHANCE_FORM, (uint64_t)number, UINT64_C(1) << 40);
    const struct zone *zone = w->accounts[w->ads[ad].account].zone;

    *out = (struct world_form_lead){.id = first_id + number, .ad = ad, .day = day};
    out->team = world_team_of(w, w->ads[ad].account, day);
    out->created_ms =
        instant_of(zone, day_from_number(day), 0, 0) + (int64_t)world_second_of_day(&luck) * 1000;
    out->is_organic = chance_between(&luck, 0, 99) < 6;
}

bool world_form_lead_find(const struct world *w, int64_t id, struct world_form_lead *out)
{
    int64_t number = id - first_id, k = number % PER_AD_DAY;
    int64_t ad = number / PER_AD_DAY % w->nads;
    int64_t day = w->first_day + number / PER_AD_DAY / w->nads;

    if (number < 0 || day > w->today + 366 || k >= world_nform_leads(w, (uint32_t)ad, day))
        return false;
    world_form_lead(w, (uint32_t)ad, day, (uint32_t)k, out);
    return true;
}

struct str world_page_id(struct arena *a, int page)
{
    return arena_fmt(a, "10285874162422%d", page + 1);
}

struct str world_page_name(const struct world *w, struct arena *a, int page)
{
    return arena_fmt(a, "%.*s | Курсы", STR_FMT(w->teams[page].name));
}

struct str world_page_token(const struct world *w, struct arena *a, int page)
{
    return arena_fmt(a, "EAAPage%d%016llx", page,
                     (unsigned long long)chance(w->seed, CHANCE_ID, 7000, (uint64_t)page));
}

struct str world_form_id(struct arena *a, int page)
{
    return arena_fmt(a, "8259510683271%d", page + 1);
}

void world_form_answers(const struct world *w, struct arena *a, const struct world_form_lead *l,
                        struct world_form_answers *out)
{
    static const char *const first[] = {"Әсел",  "Дәурен", "Мария", "Нұрлан",
                                        "Айжан", "Тимур",  "Ольга", "Ержан"};
    static const char *const last[] = {"Ахметова", "Серік",   "Ким", "Иванова",
                                       "Омаров",   "Төлеген", "Ли"};
    static const char *const cities[] = {"Алматы", "Астана", "Шымкент", "Қарағанды"};
    uint64_t luck = chance(w->seed, CHANCE_FORM, (uint64_t)l->id, UINT64_C(1) << 41);

    const char *name = first[chance_between(&luck, 0, COUNT(first) - 1)];
    out->full_name = arena_fmt(a, "%s %s", name, last[chance_between(&luck, 0, COUNT(last) - 1)]);
    out->phone = arena_fmt(a, "+7701%07lld", (long long)chance_between(&luck, 0, 9999999));
    out->email = chance_between(&luck, 0, 9) < 2
                     ? S("")
                     : arena_fmt(a, "lead%lld@example.com", (long long)(l->id - first_id));
    out->city = str_of(cities[chance_between(&luck, 0, COUNT(cities) - 1)]);
}

void world_form_truth(const struct world *w, const struct world_ask *ask, int64_t *out)
{
    struct world_form_lead l;

    for (int64_t i = 0; i < (ask->to - ask->from + 1) * (WORLD_TEAMS + 1); i++)
        out[i] = 0;
    /* An account's day reaches into the agency's days on both sides of it. */
    for (int64_t day = ask->from - 2; day <= ask->to + 2; day++)
        for (uint32_t ad = 0; ad < w->nads; ad++)
            for (uint32_t k = 0, n = world_nform_leads(w, ad, day); k < n; k++) {
                world_form_lead(w, ad, day, k, &l);
                int64_t at = day_number(civil_at(w->zone, l.created_ms).date);
                if (at >= ask->from && at <= ask->to && l.created_ms <= ask->at.now_ms)
                    out[(at - ask->from) * (WORLD_TEAMS + 1) +
                        (l.is_organic ? WORLD_NOBODY : l.team)]++;
            }
}
