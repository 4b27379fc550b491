/* maybe.h: a number that a vendor may have left out.
 * The one rule: v means nothing while known is false; absent is not zero. */
#pragma once
#include "base/base.h"

struct maybe_int {
    bool known;
    int64_t v;
};
