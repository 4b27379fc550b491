/* rates_inside.h: what the files of rates share. */
#pragma once
#include "core/inbox.h"
#include "rates/rates.h"

enum { RATES_WINDOW_DAYS = 10 }; /* so far back days without a rate are asked for again and again */

/* rates_put with the raw bytes that said so (0 = none). */
enum err rates_put_raw(struct tx *tx, struct str source, const struct fx_rate *r, int64_t inbox_id,
                       struct str reporting_today) MUST_USE;
/* The bank has spoken about the day: what another source said of it goes. */
enum err rates_drop_fallback(struct tx *tx, struct str day, struct str reporting_today) MUST_USE;
/* A jump of more than a tenth is more often a wrong feed than a crisis: a person has to enter it.
 */
bool rates_is_plausible(struct job_run *r, const struct fx_rates *before, const struct fx_rate *n);
/* Raw bytes of a feed's answer about a day, once. */
enum err rates_keep_raw(struct tx *tx, const char *source, struct str day,
                        const struct reply *reply, int64_t *id) MUST_USE;
/* When the bank did not answer for more than a day: the last days that nobody knows, from the other
 * source. Does nothing when there is none; a failure of it is said, not returned. */
void rates_fallback(struct job_run *r, struct str today);
