/* roles.c: names of roles as the database and the API write them. */
#include "core/roles.h"

static const char *const names[] = {
    [ROLE_PUBLIC] = "public",
    [ROLE_VIEWER] = "viewer",
    [ROLE_TARGETOLOGIST] = "targetologist",
    [ROLE_TEAM_LEAD] = "team_lead",
    [ROLE_ADMIN] = "admin",
};

const char *role_name(enum role r)
{
    return (size_t)r < COUNT(names) ? names[r] : "public";
}

bool role_parse(struct str name, enum role *out)
{
    for (size_t i = ROLE_VIEWER; i < COUNT(names); i++)
        if (str_eq(name, str_of(names[i]))) {
            *out = (enum role)i;
            return true;
        }
    return false;
}
