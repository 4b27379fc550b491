/* dirty.h: days whose derived numbers no longer follow from the facts.
 * The one rule: mark the day in the transaction that changes its facts; metrics rebuilds it later.
 */
#pragma once
#include "db/db.h"

enum err dirty_day(struct tx *tx, struct str day) MUST_USE;
/* Every day from..to that has facts or may get some; both inclusive, at most 1,500 days. */
enum err dirty_days(struct tx *tx, struct str from, struct str to) MUST_USE;
