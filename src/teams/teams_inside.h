/* teams_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "teams/teams.h"

struct team_tag { /* a tag that the newest rules give to a team */
    int64_t team_id;
    struct str value;
};
struct team_tags {
    struct team_tag *at;
    size_t n, cap;
};
enum err team_tags_load(struct tx *tx, struct team_tags *out) MUST_USE;

/* ERR_CONFLICT when a team other than own_id has the name. */
enum err team_name_check(struct tx *tx, struct str name, int64_t own_id) MUST_USE;
/* ERR_FIELDS when there is no such user; 0 is nobody and fine. */
enum err team_lead_check(struct tx *tx, int64_t user_id) MUST_USE;
