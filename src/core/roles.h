/* roles.h: who may do what. Higher includes lower; 0 is "no one signed in". */
#pragma once
#include "base/base.h"

enum role {
    ROLE_PUBLIC = 0,
    ROLE_VIEWER = 1,        /* reads one team */
    ROLE_TARGETOLOGIST = 2, /* reads and works in one team */
    ROLE_TEAM_LEAD = 3,     /* and writes that team's plans, rules and links */
    ROLE_ADMIN = 4          /* everything */
};
const char *role_name(enum role r); /* "viewer" ... */
bool role_parse(struct str name, enum role *out);
