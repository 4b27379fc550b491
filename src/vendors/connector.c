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

enum { SLOW_PERCENT = 75, STOP_PERCENT = 95, MINUTE_MS = 60 * 1000 };

static int percent_of(const struct net_reply *last)
{
    return last->app_percent > last->account_percent ? last->app_percent : last->account_percent;
}

int64_t net_pause_ms(const struct net_reply *last)
{
    int percent = percent_of(last);

    if (percent < SLOW_PERCENT)
        return 0;
    if (percent < STOP_PERCENT) /* from two seconds to five */
        return 2000 + (percent - SLOW_PERCENT) * 150;
    return last->regain_ms ? last->regain_ms : MINUTE_MS;
}

bool net_is_full(const struct net_reply *last)
{
    return percent_of(last) >= STOP_PERCENT;
}
