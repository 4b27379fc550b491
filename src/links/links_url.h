/* links_url.h: addresses that people are sent to: what is let through, and how tags are put on.
 * Pure: no db, no clock.
 * The one rule: an address goes out only as link_url_parse took it apart, on the host it found. */
#pragma once
#include "base/base.h"

enum { LINK_URL_MOST = 2000, LINK_TAG_MOST = 300, LINK_HOST_MOST = 253, LINK_MOST_PAIRS = 40 };

struct link_url {                     /* "https://" host path ? query # fragment */
    struct str host;                  /* lower case, ASCII, a name with a dot in it */
    struct str path, query, fragment; /* without their marks; ASCII, the rest is escaped */
};
/* NULL when the address may be stored; otherwise what is wrong, as a slug: "not_https",
 * "user_in_address" ... Whether the host is listed is asked apart. */
const char *link_url_parse(struct arena *a, struct str text, struct link_url *out);
struct str link_url_text(struct arena *a, const struct link_url *u);
/* A name that may stand in a list of hosts: letters, digits, dashes and dots; no number address. */
bool link_host_is_name(struct str lower);

enum link_tag { TAG_SOURCE, TAG_MEDIUM, TAG_CAMPAIGN, TAG_CONTENT, TAG_TERM, LINK_NTAGS };
extern const char *const link_tag_names[LINK_NTAGS]; /* "utm_source" ... */
struct link_tags {
    struct str at[LINK_NTAGS]; /* empty = none */
};

enum link_merge {                /* what becomes of utm_* that a visitor brings along */
                  MERGE_KEEP,    /* the link's are used, theirs are left out */
                  MERGE_FILL,    /* theirs only where the link has none */
                  MERGE_REPLACE, /* theirs win */
};
const char *link_merge_name(enum link_merge m);
bool link_merge_parse(struct str name, enum link_merge *out);

/* The address with tags put on: the link's own go over those in the address; of the visitor's query
 * only utm_* by the policy and click ids (fbclid, gclid ...) pass. Macros such as {{ad.id}} stay
 * as they are written. */
struct link_visit {
    enum link_merge merge;
    struct str query; /* raw; may be empty */
};
struct str link_url_tagged(struct arena *a, const struct link_url *u, const struct link_tags *own,
                           const struct link_visit *visit);

struct link_warning { /* what is allowed and often a mistake */
    const char *code; /* "look_alike", "spaces", "capitals", "missing", "unknown_macro" */
    const char *field;
};
enum { LINK_MOST_WARNINGS = LINK_NTAGS * 4 };
size_t link_tag_warnings(const struct link_tags *t, struct link_warning out[LINK_MOST_WARNINGS]);
