/* rates_logic.c: changing money, purely. */
#include "base/money.h"
#include "rates/rates.h"

static const struct fx_rate *rate_of(const struct fx_rates *t, struct str base)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eq(t->at[i].base, base))
            return &t->at[i];
    return NULL;
}

static bool to_kzt(const struct fx_rates *t, int64_t micros, struct str from, int64_t *kzt)
{
    const struct fx_rate *r;

    if (str_eq(from, S("KZT"))) {
        *kzt = micros;
        return true;
    }
    r = rate_of(t, from);
    return r && muldiv(micros, r->kzt_micros, r->quant * MICROS, kzt);
}

bool rates_convert(const struct fx_rates *t, int64_t micros, struct str from, struct str to,
                   int64_t *out)
{
    const struct fx_rate *r;
    int64_t kzt;

    if (str_eq(from, to)) {
        *out = micros;
        return true;
    }
    if (!to_kzt(t, micros, from, &kzt))
        return false;
    if (str_eq(to, S("KZT"))) {
        *out = kzt;
        return true;
    }
    r = rate_of(t, to);
    return r && muldiv(kzt, r->quant * MICROS, r->kzt_micros, out);
}
