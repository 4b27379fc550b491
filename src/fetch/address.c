/* address.c: which addresses a call to the outside may reach. */
#include "fetch/inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct v4_net {
    uint32_t net;
    unsigned bits;
};

/* What the registries set aside; everything else is somebody's public address. */
static const struct v4_net v4_private[] = {
    {0x00000000, 8 }, /* this network */
    {0x0a000000, 8 }, /* private */
    {0x64400000, 10}, /* shared by carriers */
    {0x7f000000, 8 }, /* loopback */
    {0xa9fe0000, 16}, /* link-local, cloud metadata */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* retired 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4 }, /* multicast */
    {0xf0000000, 4 }, /* reserved, broadcast */
};

static bool v4_is_private(uint32_t address)
{
    for (size_t i = 0; i < COUNT(v4_private); i++)
        if ((address ^ v4_private[i].net) >> (32 - v4_private[i].bits) == 0)
            return true;
    return false;
}

static uint32_t v4_at(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool v6_is_private(const uint8_t b[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};

    if (!memcmp(b, mapped, sizeof mapped) || !memcmp(b, nat64, sizeof nat64))
        return v4_is_private(v4_at(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 carries the IPv4 address in front */
        return v4_is_private(v4_at(b + 2));
    if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) /* Teredo and other assignments for protocols */
        return true;
    if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) /* documentation */
        return true;
    return (b[0] & 0xe0) != 0x20; /* outside 2000::/3 nothing is public */
}

bool address_is_private(const struct sockaddr *sa)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (sa->sa_family == AF_INET) {
        memcpy(&v4, sa, sizeof v4);
        return v4_is_private(ntohl(v4.sin_addr.s_addr));
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(&v6, sa, sizeof v6);
        return v6_is_private(v6.sin6_addr.s6_addr);
    }
    return true;
}

bool address_is_private_literal(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[INET6_ADDRSTRLEN];
    size_t n = strlen(host);

    if (inet_pton(AF_INET, host, &v4) == 1)
        return v4_is_private(ntohl(v4.s_addr));
    if (n < 3 || n - 2 >= sizeof bare || host[0] != '[' || host[n - 1] != ']')
        return false;
    memcpy(bare, host + 1, n - 2);
    bare[n - 2] = 0;
    return inet_pton(AF_INET6, bare, &v6) == 1 && v6_is_private(v6.s6_addr);
}
