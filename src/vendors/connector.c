/* connector.c: the ad networks that are read. */
#include "vendors/connector.h"

static const struct connector *const connectors[] = {&meta_connector};

const struct connector *connector_find(struct str platform)
{
    for (size_t i = 0; i < COUNT(connectors); i++)
        if (str_eq(platform, str_of(connectors[i]->platform)))
            return connectors[i];
    return NULL;
}

const char *net_class_slug(enum net_class c)
{
    static const char *const slugs[] = {
        [NET_OK] = "ok",
        [NET_RETRY] = "retry",
        [NET_WAIT_ACCOUNT] = "wait_account",
        [NET_WAIT_APP] = "wait_app",
        [NET_SPLIT] = "split",
        [NET_RECONNECT] = "reconnect",
        [NET_PERMISSION] = "permission",
        [NET_VERSION_DEAD] = "version_dead",
        [NET_BUG] = "bug",
    };

    return slugs[c];
}
