/* money.h: int64 micro-units (1e-6 of the currency), exact; floats never. */
#pragma once
#include "base/base.h"

#define MICROS 1000000LL
enum { MONEY_SCALE = 6 };

/* "14.35", "-0.5", "22500": decimal text to micros; digits past the sixth must be zero or are
 * rounded half away from zero. False on anything else and on overflow. */
bool money_parse(struct str text, int64_t *micros);
/* Decimal text to units of 10^-scale, same rules; scale 0..18. */
bool decimal_parse(struct str text, int scale, int64_t *units);
/* amount * rate / quant, rounded half away from zero; rate in micros of the target per `quant`
 * units of the source. False on overflow or quant <= 0. */
bool money_exchange(int64_t micros, int64_t rate_micros, int64_t quant, int64_t *out);
/* a * b / c with 128-bit middle, rounded half away from zero; false when c == 0 or on overflow. */
bool muldiv(int64_t a, int64_t b, int64_t c, int64_t *out);
/* a / b in units of 1e-6; false when b == 0: a ratio without a denominator is not a number. */
bool ratio_micros(int64_t a, int64_t b, int64_t *out);
/* Adds b to *a; false and *a untouched on overflow. */
bool money_add(int64_t *a, int64_t b);
bool currency_is_valid(struct str code); /* three upper-case letters */

enum { DECIMAL_MAX_SCALE = 18, DECIMAL_SIZE = 48 };
enum decimal_rule {
    DECIMAL_ROUNDED, /* digits past the scale are rounded half away from zero */
    DECIMAL_EXACT,   /* digits past the scale must be zero */
    DECIMAL_JSON,    /* the same, and a power of ten ("1.5e3") may follow */
};
bool decimal_read(struct str text, int scale, enum decimal_rule rule, int64_t *units);
/* Units of 10^-scale as text, trailing zeros cut; returns its length. scale 0..18. */
size_t decimal_put(char out[DECIMAL_SIZE], int64_t units, int scale);
