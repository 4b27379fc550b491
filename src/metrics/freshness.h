/* freshness.h: how far the numbers can be trusted right now: per source, and what needs a person.
 */
#pragma once
#include "core/auth.h"
#include "db/db.h"

struct freshness {
    int64_t as_of, data_version;
    int64_t accounts, failed, reconnect, unbound; /* tracked ad accounts that the user may see */
    int64_t synced_at, heard_at;                  /* 0 = never */
    struct str dead_name, failed_name, unbound_name, rate_day;
    struct str today;
    bool is_admin;
};
enum err freshness_read(struct tx *tx, struct req *rq, struct freshness *out) MUST_USE;
void freshness_write(struct json_out *j, const struct freshness *f);
