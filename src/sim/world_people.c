/* world_people.c: who stands behind the deals: names, phones, addresses. */
#include "sim/world_inside.h"

/* A contact's id is a person's number: of one deal each, but for those who come again. */
enum { FIRST_PERSON = 50000000, FIRST_REGULAR = 40000000, REGULARS = 400, REGULAR_PERMILLE = 60 };

int64_t world_deal_contact(const struct world *w, const struct world_deal *d)
{
    uint64_t luck = chance(w->seed, CHANCE_PERSON, (uint64_t)d->id, 0);

    if (chance_between(&luck, 0, 999) < REGULAR_PERMILLE)
        return FIRST_REGULAR + chance_between(&luck, 0, REGULARS - 1);
    return FIRST_PERSON + d->id;
}

/* One number in the ways in which people type it. */
static struct str typed_phone(struct arena *a, uint64_t *luck)
{
    static const int operators[] = {700, 701, 702, 705, 707, 708, 747, 771, 775, 776, 777, 778};
    int code = operators[chance_between(luck, 0, COUNT(operators) - 1)];
    int head = (int)chance_between(luck, 100, 999), tail = (int)chance_between(luck, 0, 9999);

    switch (chance_between(luck, 0, 3)) {
    case 0:
        return arena_fmt(a, "+7%d%d%04d", code, head, tail);
    case 1:
        return arena_fmt(a, "+7 (%d) %d-%02d-%02d", code, head, tail / 100, tail % 100);
    case 2:
        return arena_fmt(a, "8%d%d%04d", code, head, tail);
    default:
        return arena_fmt(a, "8 %d %d %02d %02d", code, head, tail / 100, tail % 100);
    }
}

bool world_contact(const struct world *w, struct arena *a, int64_t id, struct world_contact *out)
{
    static const struct {
        struct str name, mail;
    } names[] = {
        {S("Айгерім Н."),          S("aigerim") },
        {S("Нұрлан"),                S("nurlan")  },
        {S("Ольга Пак"),           S("olga.pak")},
        {S("Dana K."),                     S("Dana.K")  },
        {S("Ержан Т."),              S("erzhan")  },
        {S("Әсел"),                    S("asel")    },
        {S("Игорь Степанов"), S("stepanov")},
        {S("Сәуле"),                  S("saule")   },
    };
    uint64_t luck = chance(w->seed, CHANCE_PERSON, (uint64_t)id, 1);

    if (id < FIRST_REGULAR || (id >= FIRST_REGULAR + REGULARS && id < FIRST_PERSON))
        return false;
    size_t name = (size_t)chance_between(&luck, 0, COUNT(names) - 1);
    *out = (struct world_contact){.id = id, .name = names[name].name};
    out->phone = typed_phone(a, &luck);
    if (chance_between(&luck, 0, 99) < 55)
        out->email =
            arena_fmt(a, "%.*s%lld@example.kz", STR_FMT(names[name].mail), (long long)id % 100000);
    return true;
}
