/* meta_versions.c: the calendar itself, from the vendor's changelogs. */
#include "vendors/meta_versions.h"

static const struct meta_version versions[] = {
    {"v21.0", "2024-10-02", "2027-01-21", "2025-09-09"},
    {"v22.0", "2025-01-21", "2027-05-20", "2026-02-19"},
    {"v23.0", "2025-05-29", "2027-10-08", "2026-06-09"},
    {"v24.0", "2025-10-08", "2028-02-18", "2026-10-06"},
    {"v25.0", "2026-02-18", "2028-07-29", NULL        },
    {"v26.0", "2026-07-29", NULL,         NULL        },
};

const struct meta_version *meta_versions(size_t *n)
{
    *n = COUNT(versions);
    return versions;
}

const char *meta_version_slug(enum meta_version_state s)
{
    static const char *const slugs[] = {
        [META_VERSION_OK] = "ok",
        [META_VERSION_ENDS_SOON] = "ends_soon",
        [META_VERSION_ENDED] = "ended",
        [META_VERSION_UNKNOWN] = "unknown",
    };

    return slugs[s];
}

/* "v21.0" to 210; -1 when it is no version. */
static int64_t rank(struct str v)
{
    int64_t major, minor;
    struct str rest, head;

    if (!str_starts(v, S("v")) || v.len < 4 || v.len > 6)
        return -1;
    rest = (struct str){v.ptr + 1, v.len - 1};
    if (!str_cut(&rest, '.', &head) || rest.len != 1 || !str_to_int(head, &major) ||
        !str_to_int(rest, &minor) || major < 0)
        return -1;
    return major * 10 + minor;
}

enum meta_version_state meta_version_at(struct str version, struct date today,
                                        const struct meta_version **found)
{
    const struct meta_version *row = NULL;
    struct date end;
    int64_t left;

    for (size_t i = 0; i < COUNT(versions); i++)
        if (str_eq(str_of(versions[i].name), version))
            row = &versions[i];
    if (found)
        *found = row;
    if (!row)
        return rank(version) >= 0 && rank(version) < rank(str_of(versions[0].name))
                   ? META_VERSION_ENDED
                   : META_VERSION_UNKNOWN;
    if (!row->marketing_ends_on || !day_parse(str_of(row->marketing_ends_on), &end))
        return META_VERSION_OK;
    left = day_number(end) - day_number(today);
    if (left <= 0)
        return META_VERSION_ENDED;
    return left <= META_VERSION_SOON_DAYS ? META_VERSION_ENDS_SOON : META_VERSION_OK;
}
