/* world_names.c: ids, names and statuses of what is advertised. */
#include "sim/world_inside.h"

static const int64_t first_id = 120200000000000000;
enum { TAIL = 1000000, KINDS = 10 };

int64_t world_id(const struct world *w, enum world_kind kind, uint32_t index)
{
    /* The index can be read back, the tail only makes it look like a real one. */
    int64_t tail = (int64_t)(chance(w->seed, CHANCE_ID, kind + 1u, index) % TAIL);

    return first_id + ((int64_t)index * KINDS + kind) * TAIL + tail;
}

bool world_find(const struct world *w, int64_t id, enum world_kind *kind, uint32_t *index)
{
    const uint32_t n[] = {0, w->ncampaigns, w->nadsets, w->nads};
    int64_t rest = (id - first_id) / TAIL, k = rest % KINDS, i = rest / KINDS;

    if (id < first_id || k < WORLD_CAMPAIGN || k > WORLD_AD || i >= n[k])
        return false;
    *kind = (enum world_kind)k;
    *index = (uint32_t)i;
    return world_id(w, *kind, *index) == id;
}

static const char *pick(uint64_t *luck, const char *const *words, size_t n)
{
    return words[chance_between(luck, 0, (int64_t)n - 1)];
}
#define PICK(luck, words) pick((luck), (words), COUNT(words))

static const char *objective_words(const char *objective)
{
    if (str_eq(str_of(objective), S("OUTCOME_LEADS")))
        return "Лиды";
    if (str_eq(str_of(objective), S("OUTCOME_SALES")))
        return "Conversions";
    return str_eq(str_of(objective), S("MESSAGES")) ? "WhatsApp" : "Трафик";
}

static struct str campaign_name(const struct world *w, struct arena *a, uint32_t i)
{
    static const char *const places[] = {"KZ", "Алматы", "Астана", "Қазақстан", "KZ+RU", "Шымкент"};
    static const char *const products[] = {"Экспресс-курс", "Express", "Флагман", "Flagman 490k"};
    uint64_t luck = chance(w->seed, CHANCE_NAME, WORLD_CAMPAIGN, i);
    const char *place = PICK(&luck, places);
    const char *product = PICK(&luck, products);

    return arena_fmt(a, "%s | %s | %s | Запуск %d.%d", place,
                     objective_words(world_objective(w, i)), product,
                     w->campaigns[i].generation + 1, w->campaigns[i].slot + 1);
}

static struct str adset_name(const struct world *w, struct arena *a, uint32_t i)
{
    static const char *const ages[] = {"18-24", "25-34", "25-44", "35-54", "22-65+"};
    static const char *const people[] = {"Интересы: бизнес & маркетинг",
                                         "LAL 1% покупатели",
                                         "Кең аудитория",
                                         "Broad",
                                         "Ретаргет 30 дней",
                                         "Мамы, 1 ребёнок",
                                         "Жұмыс іздеушілер",
                                         "Предприниматели \"малый бизнес\""};
    uint64_t luck = chance(w->seed, CHANCE_NAME, WORLD_ADSET, i);
    const char *age = PICK(&luck, ages);

    return arena_fmt(a, "%s | %s", PICK(&luck, people), age);
}

static struct str ad_name(const struct world *w, struct arena *a, uint32_t i)
{
    static const char *const forms[] = {"Видео", "Карусель", "Reels", "Статика", "Story"};
    static const char *const hooks[] = {"отзыв Айгерім",      "5 ошибок = 0 продаж", "до/после",
                                        "боль: нет клиентов", "Қалай бастау керек?", "скидка 50% 🔥",
                                        "hook_02 (eng)",      "кейс +300 000 ₸"};
    uint64_t luck = chance(w->seed, CHANCE_NAME, WORLD_AD, i);
    const char *form = PICK(&luck, forms);

    return arena_fmt(a, "%s %u | %s", form, i - w->adsets[w->ads[i].adset].first_ad + 1,
                     PICK(&luck, hooks));
}

struct str world_name(const struct world *w, struct arena *a, enum world_kind kind, uint32_t index)
{
    switch (kind) {
    case WORLD_CAMPAIGN:
        return campaign_name(w, a, index);
    case WORLD_ADSET:
        return adset_name(w, a, index);
    case WORLD_AD:
        break;
    }
    return ad_name(w, a, index);
}

const char *world_objective(const struct world *w, uint32_t campaign)
{
    static const char *const third[] = {"OUTCOME_TRAFFIC", "OUTCOME_LEADS", "MESSAGES"};
    uint64_t luck = chance(w->seed, CHANCE_NAME, 0, campaign);

    switch (w->campaigns[campaign].slot) {
    case 0:
        return "OUTCOME_LEADS";
    case 1:
        return "OUTCOME_SALES";
    default:
        return PICK(&luck, third);
    }
}

static const char *campaign_status(const struct world *w, uint32_t i)
{
    uint64_t luck = chance(w->seed, CHANCE_CAMPAIGN, UINT64_MAX, i);
    int64_t draw = chance_between(&luck, 0, 99);

    if (w->campaigns[i].last_day >= w->today)
        return "ACTIVE";
    return draw < 45 ? "PAUSED" : draw < 85 ? "ARCHIVED" : "DELETED";
}

/* What a campaign's status makes of the ad sets and ads in it; NULL: nothing. */
static const char *from_above(const char *campaign)
{
    if (str_eq(str_of(campaign), S("ACTIVE")))
        return NULL;
    return str_eq(str_of(campaign), S("PAUSED")) ? "CAMPAIGN_PAUSED" : campaign;
}

static const char *ad_status(const struct world *w, uint32_t i, bool own)
{
    uint64_t luck = chance(w->seed, CHANCE_AD, i, 1);
    int64_t draw = chance_between(&luck, 0, 99);
    const char *above = from_above(campaign_status(w, w->ads[i].campaign));

    if (w->ads[i].last_day == w->campaigns[w->ads[i].campaign].last_day)
        return above && !own ? above : "ACTIVE";
    if (above && !own && !str_eq(str_of(above), S("CAMPAIGN_PAUSED")))
        return above;
    if (draw < 75)
        return "PAUSED";
    if (draw < 92)
        return draw < 85 ? "ARCHIVED" : "DELETED";
    return own ? "ACTIVE" : "DISAPPROVED";
}

const char *world_status(const struct world *w, enum world_kind kind, uint32_t index, bool own)
{
    const char *above;

    switch (kind) {
    case WORLD_CAMPAIGN:
        return campaign_status(w, index);
    case WORLD_ADSET:
        above = from_above(campaign_status(w, w->adsets[index].campaign));
        return above && !own ? above : "ACTIVE";
    case WORLD_AD:
        break;
    }
    return ad_status(w, index, own);
}
