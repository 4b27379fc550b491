/* meta_versions.h: the calendar of api versions, as the vendor published it.
 * The one rule: the Marketing API's end is the one that counts here; it comes about a year before
 * the end of the Graph version of the same number. */
#pragma once
#include "base/calendar.h"

struct meta_version { /* days 'YYYY-MM-DD'; NULL = not announced */
    const char *name, *released_on, *core_ends_on, *marketing_ends_on;
};
const struct meta_version *meta_versions(size_t *n); /* oldest first */

enum meta_version_state {
    META_VERSION_OK,
    META_VERSION_ENDS_SOON, /* within META_VERSION_SOON_DAYS */
    META_VERSION_ENDED,     /* also what is older than the table */
    META_VERSION_UNKNOWN    /* newer than the table, or not a version */
};
enum { META_VERSION_SOON_DAYS = 60 };
const char *
meta_version_slug(enum meta_version_state s); /* "ok", "ends_soon", "ended", "unknown" */
/* *found may be NULL; it points to the table's row, or NULL when there is none. */
enum meta_version_state meta_version_at(struct str version, struct date today,
                                        const struct meta_version **found);
