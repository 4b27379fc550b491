/* links_agents.c: who clicks, as far as it may be known: people, robots, and messengers that look
 * at an address to show a preview of it. */
#include "links/links_inside.h"

#include <arpa/inet.h>
#include <string.h>

struct agent_mark {
    const char *part; /* in lower case, anywhere in the agent */
    enum click_class class;
    bool is_alone; /* only when the agent does not say that it is a browser */
};

/* The first that fits decides. */
static const struct agent_mark marks[] = {
    {"cubot",                CLICK_HUMAN,   false}, /* a telephone */
    {"telegrambot",          CLICK_PREVIEW, false},
    {"whatsapp/",            CLICK_PREVIEW, true },
    {"facebookexternalhit",  CLICK_PREVIEW, false},
    {"facebot",              CLICK_PREVIEW, false},
    {"meta-externalfetcher", CLICK_PREVIEW, false},
    {"instagrambot",         CLICK_PREVIEW, false},
    {"slackbot",             CLICK_PREVIEW, false},
    {"slack-imgproxy",       CLICK_PREVIEW, false},
    {"twitterbot",           CLICK_PREVIEW, false},
    {"vkshare",              CLICK_PREVIEW, false},
    {"odklbot",              CLICK_PREVIEW, false},
    {"viber",                CLICK_PREVIEW, true },
    {"discordbot",           CLICK_PREVIEW, false},
    {"linkedinbot",          CLICK_PREVIEW, false},
    {"pinterestbot",         CLICK_PREVIEW, false},
    {"redditbot",            CLICK_PREVIEW, false},
    {"skypeuripreview",      CLICK_PREVIEW, false},
    {"microsoftpreview",     CLICK_PREVIEW, false},
    {"bingpreview",          CLICK_PREVIEW, false},
    {"google-pagerenderer",  CLICK_PREVIEW, false},
    {"snap url preview",     CLICK_PREVIEW, false},
    {"signal-desktop",       CLICK_PREVIEW, true },
    {"imessagebot",          CLICK_PREVIEW, false},
    {"mattermost-bot",       CLICK_PREVIEW, false},
    {"embedly",              CLICK_PREVIEW, false},
    {"iframely",             CLICK_PREVIEW, false},
    {"bot",                  CLICK_BOT,     false},
    {"crawl",                CLICK_BOT,     false},
    {"spider",               CLICK_BOT,     false},
    {"slurp",                CLICK_BOT,     false},
    {"scrapy",               CLICK_BOT,     false},
    {"scanner",              CLICK_BOT,     false},
    {"monitor",              CLICK_BOT,     false},
    {"pingdom",              CLICK_BOT,     false},
    {"headless",             CLICK_BOT,     false},
    {"phantomjs",            CLICK_BOT,     false},
    {"puppeteer",            CLICK_BOT,     false},
    {"lighthouse",           CLICK_BOT,     false},
    {"google-",              CLICK_BOT,     true },
    {"mediapartners",        CLICK_BOT,     false},
    {"facebookcatalog",      CLICK_BOT,     false},
    {"meta-externalagent",   CLICK_BOT,     false},
    {"curl/",                CLICK_BOT,     false},
    {"wget/",                CLICK_BOT,     false},
    {"python",               CLICK_BOT,     false},
    {"aiohttp",              CLICK_BOT,     false},
    {"httpx/",               CLICK_BOT,     false},
    {"go-http-client",       CLICK_BOT,     false},
    {"java/",                CLICK_BOT,     true },
    {"okhttp",               CLICK_BOT,     true },
    {"libwww",               CLICK_BOT,     false},
    {"httpclient",           CLICK_BOT,     false},
    {"axios/",               CLICK_BOT,     false},
    {"node-fetch",           CLICK_BOT,     false},
    {"postman",              CLICK_BOT,     false},
    {"guzzle",               CLICK_BOT,     false},
    {"ruby",                 CLICK_BOT,     true },
    {"perl",                 CLICK_BOT,     true },
};

const char *click_class_name(enum click_class c)
{
    static const char *const names[] = {"human", "bot", "preview"};

    return names[c];
}

static bool holds(struct str text, struct str lower_part)
{
    for (size_t i = 0; i + lower_part.len <= text.len; i++)
        if (str_eq_nocase((struct str){text.ptr + i, lower_part.len}, lower_part))
            return true;
    return false;
}

enum click_class click_class_of(struct str agent)
{
    bool is_browser = holds(agent, S("mozilla/"));

    if (!str_trim(agent).len)
        return CLICK_BOT;
    for (size_t i = 0; i < COUNT(marks); i++)
        if (!(marks[i].is_alone && is_browser) && holds(agent, str_of(marks[i].part)))
            return marks[i].class;
    return CLICK_HUMAN;
}

struct str click_prefix(struct arena *a, struct str remote_ip)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    struct in_addr v4;
    const char *ip = str_z(a, remote_ip);

    if (inet_pton(AF_INET6, ip, &v6) == 1) {
        if (IN6_IS_ADDR_V4MAPPED(&v6))
            return arena_fmt(a, "%d.%d.%d.0/24", v6.s6_addr[12], v6.s6_addr[13], v6.s6_addr[14]);
        memset(&v6.s6_addr[6], 0, 10);
        return arena_fmt(a, "%s/48", inet_ntop(AF_INET6, &v6, text, sizeof text));
    }
    if (inet_pton(AF_INET, ip, &v4) != 1)
        return S("-");
    const unsigned char *byte = (const unsigned char *)&v4;
    return arena_fmt(a, "%d.%d.%d.0/24", byte[0], byte[1], byte[2]);
}

struct str click_host(struct arena *a, struct str referrer)
{
    struct str scheme, host, rest = referrer;
    size_t n = 0;

    if (!str_cut(&rest, ':', &scheme) || !str_starts(rest, S("//")))
        return S("");
    rest = (struct str){rest.ptr + 2, rest.len - 2};
    while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' && rest.ptr[n] != '#' &&
           rest.ptr[n] != ':')
        n++;
    host = str_fold(a, (struct str){rest.ptr, n});
    /* An app names itself as android-app://its.name, which looks like a host and is as good. */
    return link_host_is_name(host) ? host : S("");
}
