/* ads_parts.h: a day of an ad in parts (placements, devices), kept apart from the whole: parts need
 * not add up to it. */
#pragma once
#include "ads/ads_inside.h"

struct part_apply {
    struct entity_maps *maps;
    struct fact_window window;
    const char *kind; /* "placement", "device" */
    const struct fact_rows *rows;
};
/* Makes the parts of the window equal to rows, with versions as facts have them. */
enum err parts_apply(struct tx *tx, const struct part_apply *what, int64_t *written) MUST_USE;
enum err parts_note_failure(struct tx *tx, const struct part_apply *what,
                            struct str error) MUST_USE;
/* Reach over today, 7 and 30 days, of the account and its campaigns: it cannot be added up. */
enum err reach_sync(struct account_run *ar) MUST_USE;
enum err breakdowns_run(struct job_run *r) MUST_USE; /* the job ads.breakdowns */
