/* address_test.c: which addresses count as the own network. */
#include "fetch/inside.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static bool is_private(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_private((struct sockaddr *)&v4);
    check(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    return address_is_private((struct sockaddr *)&v6);
}

TEST(private_loopback_and_reserved_addresses_are_private)
{
    static const char *const all[] = {
        "127.0.0.1",
        "127.255.255.255",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.9",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
    };

    for (size_t i = 0; i < COUNT(all); i++)
        if (!is_private(all[i]))
            test_fail(TEST_AT("address"), "%s counts as public", all[i]);
}

TEST(public_addresses_are_public)
{
    static const char *const all[] = {
        "1.1.1.1",        "8.8.8.8",          "157.240.1.35",      "11.0.0.0",
        "9.255.255.255",  "172.15.255.255",   "172.32.0.0",        "192.167.255.255",
        "192.169.0.0",    "169.253.0.1",      "169.255.0.1",       "100.63.255.255",
        "100.128.0.0",    "126.255.255.255",  "128.0.0.0",         "223.255.255.255",
        "198.17.0.1",     "198.20.0.1",       "2a03:2880:f12f::1", "2606:4700::1111",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::",
    };

    for (size_t i = 0; i < COUNT(all); i++)
        if (is_private(all[i]))
            test_fail(TEST_AT("address"), "%s counts as private", all[i]);
}

TEST(only_numbers_count_as_literal_addresses)
{
    check(address_is_private_literal("127.0.0.1"));
    check(address_is_private_literal("192.168.1.10"));
    check(address_is_private_literal("[::1]"));
    check(address_is_private_literal("[fd00::2]"));
    check(!address_is_private_literal("8.8.8.8"));
    check(!address_is_private_literal("[2606:4700::1111]"));
    check(!address_is_private_literal("localhost"));
    check(!address_is_private_literal("127.0.0.1.nip.io"));
    check(!address_is_private_literal("::1"));
    check(!address_is_private_literal("[]"));
    check(!address_is_private_literal(""));
}
