/* money.c: exact decimal arithmetic on whole numbers. */
#include "base/money.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- 128 bits in two halves, since C11 has no wider word ---- */

struct wide {
    uint64_t high, low;
};

static struct wide wide_times(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (mid & 0xffffffff);

    return (struct wide){a1 * b1 + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (low & 0xffffffff)};
}

/* Quotient and remainder of n by d, d > n.high: long division, bit by bit. */
static uint64_t wide_over(struct wide n, uint64_t d, uint64_t *rest)
{
    uint64_t r = n.high, q = 0;

    if (n.high == 0) {
        *rest = n.low % d;
        return n.low / d;
    }
    for (int bit = 63; bit >= 0; bit--) {
        bool carry = r >> 63;
        r = r << 1 | (n.low >> bit & 1);
        q <<= 1;
        if (carry || r >= d) {
            r -= d;
            q |= 1;
        }
    }
    *rest = r;
    return q;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static bool with_sign(uint64_t magnitude, bool is_negative, int64_t *out)
{
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    if (is_negative && magnitude)
        *out = -(int64_t)(magnitude - 1) - 1;
    else
        *out = (int64_t)magnitude;
    return true;
}

bool muldiv(int64_t a, int64_t b, int64_t c, int64_t *out)
{
    struct wide product = wide_times(magnitude(a), magnitude(b));
    uint64_t divisor = magnitude(c), rest;

    if (divisor <= product.high) /* by zero, or a quotient of more than 64 bits */
        return false;
    uint64_t q = wide_over(product, divisor, &rest);
    if (rest >= divisor - rest) { /* half or more goes away from zero */
        if (q == UINT64_MAX)
            return false;
        q++;
    }
    return with_sign(q, (a < 0) ^ (b < 0) ^ (c < 0), out);
}

bool money_exchange(int64_t micros, int64_t rate_micros, int64_t quant, int64_t *out)
{
    return quant > 0 && quant <= INT64_MAX / MICROS &&
           muldiv(micros, rate_micros, quant * MICROS, out);
}

bool ratio_micros(int64_t a, int64_t b, int64_t *out)
{
    return muldiv(a, MICROS, b, out);
}

bool money_add(int64_t *a, int64_t b)
{
    if (b > 0 ? *a > INT64_MAX - b : *a < INT64_MIN - b)
        return false;
    *a += b;
    return true;
}

/* ---- decimal text ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(struct str text, size_t at)
{
    size_t i = at;

    while (i < text.len && is_digit(text.ptr[i]))
        i++;
    return i - at;
}

struct decimal { /* text taken apart: sign, digits before and behind the point, power of ten */
    bool is_negative;
    struct str whole, part;
    int64_t power;
};

static bool take_power(struct str text, size_t *at, int64_t *power)
{
    size_t i = *at + 1;
    bool is_negative = i < text.len && text.ptr[i] == '-';

    if (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+'))
        i++;
    size_t n = digits_at(text, i);
    for (*at = i + n; i < *at; i++)
        if (*power < 1000000) /* what is past it makes no difference */
            *power = *power * 10 + (text.ptr[i] - '0');
    if (is_negative)
        *power = -*power;
    return n > 0;
}

static bool take_apart(struct str text, bool power_allowed, struct decimal *d)
{
    size_t i = text.len && text.ptr[0] == '-';

    *d = (struct decimal){.is_negative = i == 1};
    d->whole = (struct str){text.ptr + i, digits_at(text, i)};
    i += d->whole.len;
    if (i < text.len && text.ptr[i] == '.') {
        d->part = (struct str){text.ptr + i + 1, digits_at(text, i + 1)};
        i += 1 + d->part.len;
        if (!d->part.len)
            return false;
    }
    if (power_allowed && i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E') &&
        !take_power(text, &i, &d->power))
        return false;
    return d->whole.len && i == text.len;
}

static unsigned digit_of(const struct decimal *d, int64_t i)
{
    int64_t whole = (int64_t)d->whole.len;
    char c = i < whole ? d->whole.ptr[i] : d->part.ptr[i - whole];

    return (unsigned)(c - '0');
}

/* Takes one more digit behind v; false when it no longer fits. */
static bool push_digit(uint64_t *v, unsigned digit)
{
    if (*v > (UINT64_MAX - digit) / 10)
        return false;
    *v = *v * 10 + digit;
    return true;
}

bool decimal_read(struct str text, int scale, enum decimal_rule rule, int64_t *units)
{
    struct decimal d;
    uint64_t v = 0;

    if (!text.len || scale < 0 || scale > DECIMAL_MAX_SCALE ||
        !take_apart(text, rule == DECIMAL_JSON, &d))
        return false;
    int64_t n = (int64_t)(d.whole.len + d.part.len);
    int64_t kept = (int64_t)d.whole.len + d.power + scale; /* digits that reach the unit */
    for (int64_t i = 0; i < n && i < kept; i++)
        if (!push_digit(&v, digit_of(&d, i)))
            return false;
    for (int64_t i = n; i < kept && v; i++)
        if (!push_digit(&v, 0))
            return false;
    if (rule == DECIMAL_ROUNDED) {
        if (kept >= 0 && kept < n && digit_of(&d, kept) >= 5 && v < UINT64_MAX)
            v++;
    } else {
        for (int64_t i = kept < 0 ? 0 : kept; i < n; i++)
            if (digit_of(&d, i))
                return false;
    }
    return with_sign(v, d.is_negative, units);
}

bool decimal_parse(struct str text, int scale, int64_t *units)
{
    return decimal_read(text, scale, DECIMAL_ROUNDED, units);
}

bool money_parse(struct str text, int64_t *micros)
{
    return decimal_parse(text, MONEY_SCALE, micros);
}

size_t decimal_put(char out[DECIMAL_SIZE], int64_t units, int scale)
{
    char digits[DECIMAL_SIZE];
    int n = snprintf(digits, sizeof digits, "%0*" PRIu64, scale + 1, magnitude(units));
    int point = n - scale;
    size_t len = 0;

    while (n > point && digits[n - 1] == '0')
        n--;
    if (units < 0)
        out[len++] = '-';
    for (int i = 0; i < n; i++) {
        if (i == point)
            out[len++] = '.';
        out[len++] = digits[i];
    }
    out[len] = 0;
    return len;
}

bool currency_is_valid(struct str code)
{
    if (code.len != 3)
        return false;
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return false;
    return true;
}
