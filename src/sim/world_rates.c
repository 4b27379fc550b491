/* world_rates.c: what the tenge was worth: a slow walk with small steps, silent on days off. */
#include "base/money.h"
#include "sim/world_inside.h"

const struct world_currency world_currencies[] = {
    {S("AED"), S("ДИРХАМ ОАЭ"),                                1   },
    {S("AMD"), S("АРМЯНСКИЙ ДРАМ"),                        10  },
    {S("BRL"), S("БРАЗИЛЬСКИЙ РЕАЛ"),                    1   },
    {S("CHF"), S("ШВЕЙЦАРСКИЙ ФРАНК"),                  1   },
    {S("CNY"), S("КИТАЙСКИЙ ЮАНЬ"),                        1   },
    {S("EUR"), S("ЕВРО"),                                           1   },
    {S("GBP"), S("АНГЛИЙСКИЙ ФУНТ СТЕРЛИНГОВ"), 1   },
    {S("HUF"), S("ВЕНГЕРСКИЙ ФОРИНТ"),                  10  },
    {S("IRR"), S("ИРАНСКИЙ РИАЛ"),                          1000},
    {S("JPY"), S("ЯПОНСКАЯ ЙЕНА"),                          1   },
    {S("KGS"), S("КЫРГЫЗСКИЙ СОМ"),                        1   },
    {S("KRW"), S("ЮЖНО-КОРЕЙСКАЯ ВОНА"),               100 },
    {S("RUB"), S("РОССИЙСКИЙ РУБЛЬ"),                    1   },
    {S("TRY"), S("ТУРЕЦКАЯ ЛИРА"),                          1   },
    {S("USD"), S("ДОЛЛАР США"),                                1   },
    {S("UZS"), S("УЗБЕКСКИЙ СУМ"),                          100 },
};
const size_t world_ncurrencies = COUNT(world_currencies);

/* Hundredths of a tenge about which each walks, in the order above. */
static const int64_t middles[] = {13750, 1290, 9300, 57200, 7050, 55500, 64000, 1440,
                                  100,   330,  577,  3560,  620,  1310,  50500, 410};
enum { KNOT_DAYS = 20 };

static bool is_day_off(int64_t day)
{
    static const struct {
        uint8_t month, day;
    } off[] = {
        {1,  1 },
        {1,  2 },
        {1,  7 },
        {3,  8 },
        {3,  21},
        {3,  22},
        {3,  23},
        {5,  1 },
        {5,  7 },
        {5,  9 },
        {7,  6 },
        {8,  30},
        {10, 25},
        {12, 16}
    };
    struct date d = day_from_number(day);

    if (weekday_of(d) > 5)
        return true;
    for (size_t i = 0; i < COUNT(off); i++)
        if (off[i].month == d.month && off[i].day == d.day)
            return true;
    return false;
}

/* Per mille above or below the middle, times 1000, at a knot of the walk. */
static int64_t knot(const struct world *w, size_t currency, int64_t n)
{
    uint64_t luck = chance(w->seed, CHANCE_RATE, currency, (uint64_t)n);

    return chance_hill(&luck, -45000, 45000);
}

bool world_rate(const struct world *w, struct str currency, int64_t day, int64_t *hundredths)
{
    size_t c = 0;

    while (c < world_ncurrencies && !str_eq(world_currencies[c].code, currency))
        c++;
    if (c == world_ncurrencies || day < 0 || is_day_off(day))
        return false;
    int64_t n = day / KNOT_DAYS, part = day % KNOT_DAYS;
    int64_t walk = (knot(w, c, n) * (KNOT_DAYS - part) + knot(w, c, n + 1) * part) / KNOT_DAYS;
    uint64_t luck = chance(w->seed, CHANCE_RATE, c + 100, (uint64_t)day);

    walk += chance_between(&luck, -2500, 2500);
    *hundredths = middles[c] + middles[c] * walk / 1000000;
    return true;
}

bool world_rate_in_force(const struct world *w, struct str currency, int64_t day, int64_t *micros,
                         int64_t *quant)
{
    int64_t hundredths;

    for (int64_t back = 0; back < 10; back++) {
        if (!world_rate(w, currency, day - back, &hundredths))
            continue;
        *micros = hundredths * (MICROS / 100);
        *quant = 1;
        for (size_t c = 0; c < world_ncurrencies; c++)
            if (str_eq(world_currencies[c].code, currency))
                *quant = world_currencies[c].quant;
        return true;
    }
    return false;
}
