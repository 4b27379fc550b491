/* maybe.h: what every vendor's fields share: a number that may be left out, ids of digits.
 * The one rule: v means nothing while known is false; absent is not zero. */
#pragma once
#include "base/base.h"

struct maybe_int {
    bool known;
    int64_t v;
};

/* Vendors' ids are digits, kept as text. */
static inline bool str_is_id(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0 && s.len <= 32;
}
