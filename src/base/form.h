/* form.h: application/x-www-form-urlencoded and query strings, pair by pair, decoded once. */
#pragma once
#include "base/base.h"

struct form { /* a cursor over raw text */
    struct str rest;
    size_t pairs_left; /* cap against floods; set by form_start */
};
struct form form_start(struct str raw, size_t max_pairs);
/* Next key and value, percent- and plus-decoded into the arena. Malformed escapes are kept as they
 * are, NUL bytes and invalid UTF-8 become U+FFFD, empty pairs are skipped. False at the end. */
bool form_next(struct form *f, struct arena *a, struct str *key, struct str *value);
/* Strict decoding of one component: false on a bad escape, NUL, or invalid UTF-8. */
bool url_decode(struct arena *a, struct str raw, bool plus_is_space, struct str *out);
struct str url_encode(struct arena *a, struct str plain); /* RFC 3986 unreserved stay */
