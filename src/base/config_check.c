/* config_check.c: what makes a setting's value right. */
#include "base/config_check.h"
#include "base/calendar.h"
#include "base/embedded.h"
#include "base/money.h"

#include <arpa/inet.h>
#include <string.h>

enum { LEAST_SECRET = 32, KEY_DIGITS = 64, LEAST_DISTINCT = 5 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str after(struct str s, size_t n)
{
    return (struct str){s.ptr + n, s.len - n};
}

/* ---- addresses ---- */

static bool is_port(struct str v)
{
    int64_t port;

    return v.len && is_digit(v.ptr[0]) && str_to_int(v, &port) && port <= 65535;
}

static bool is_ip(struct str v, int *bits)
{
    char text[INET6_ADDRSTRLEN] = {0};
    unsigned char raw[16];

    if (!v.len || v.len >= sizeof text)
        return false;
    memcpy(text, v.ptr, v.len);
    if (inet_pton(AF_INET, text, raw) == 1) {
        *bits = 32;
        return true;
    }
    *bits = 128;
    return inet_pton(AF_INET6, text, raw) == 1;
}

static bool is_host_name(struct str v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!is_letter(v.ptr[i]) && !is_digit(v.ptr[i]) && v.ptr[i] != '-' && v.ptr[i] != '.')
            return false;
    return v.len > 0 && v.len < 254;
}

/* Takes "name" or "[v6]" off the front of v. */
static bool take_host(struct str *v)
{
    struct str host = *v;
    int bits;

    if (v->len && v->ptr[0] == '[') {
        const char *end = memchr(v->ptr, ']', v->len);
        if (!end)
            return false;
        host = (struct str){v->ptr + 1, (size_t)(end - v->ptr) - 1};
        *v = after(*v, host.len + 2);
        return is_ip(host, &bits) && bits == 128;
    }
    host.len = 0;
    while (host.len < v->len && v->ptr[host.len] != ':' && v->ptr[host.len] != '/')
        host.len++;
    *v = after(*v, host.len);
    return is_host_name(host);
}

bool is_listen_address(struct str v)
{
    return take_host(&v) && v.len && v.ptr[0] == ':' && is_port(after(v, 1));
}

static bool take_scheme(struct str *v)
{
    struct str schemes[] = {S("http://"), S("https://")};

    for (size_t i = 0; i < COUNT(schemes); i++) {
        if (str_starts(*v, schemes[i])) {
            *v = after(*v, schemes[i].len);
            return true;
        }
    }
    return false;
}

static bool take_origin(struct str *v)
{
    if (!take_scheme(v) || !take_host(v))
        return false;
    if (!v->len || v->ptr[0] != ':')
        return true;
    struct str port = after(*v, 1), rest = port;
    const char *slash = memchr(port.ptr, '/', port.len);
    if (slash)
        port.len = (size_t)(slash - port.ptr);
    *v = after(rest, port.len);
    return is_port(port);
}

static bool is_path_sign(char c)
{
    return c && strchr("/-._~%", c);
}

bool is_base_url(struct str v)
{
    if (!take_origin(&v) || (v.len && v.ptr[0] != '/'))
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!is_letter(v.ptr[i]) && !is_digit(v.ptr[i]) && !is_path_sign(v.ptr[i]))
            return false;
    return true;
}

bool is_amo_url(struct str v)
{
    struct str place = S("{subdomain}");
    char plain[512];
    size_t n = 0;

    for (size_t i = 0; i < v.len && n < sizeof plain; n++) {
        bool is_place = str_starts(after(v, i), place);
        plain[n] = is_place ? 'x' : v.ptr[i];
        i += is_place ? place.len : 1;
    }
    v = (struct str){plain, n};
    return n < sizeof plain && is_base_url(v);
}

bool is_proxy_list(struct str v)
{
    struct str part;
    int bits;
    int64_t prefix;

    while (str_cut(&v, ',', &part)) {
        struct str address, rest = str_trim(part);
        if (!str_cut(&rest, '/', &address) || !is_ip(address, &bits))
            return false;
        bool has_prefix = address.len < str_trim(part).len;
        if (has_prefix &&
            (!rest.len || !is_digit(rest.ptr[0]) || !str_to_int(rest, &prefix) || prefix > bits))
            return false;
    }
    return true;
}

bool is_origin_list(struct str v)
{
    struct str part;

    while (str_cut(&v, ',', &part)) {
        struct str origin = str_trim(part);
        if (!take_origin(&origin) || origin.len)
            return false;
    }
    return true;
}

bool is_database_url(struct str v)
{
    return str_starts(v, S("postgres://")) || str_starts(v, S("postgresql://")) ||
           (str_starts(v, S("sqlite:")) && v.len > strlen("sqlite:"));
}

/* ---- names ---- */

bool is_zone(struct str v)
{
    return embedded_find(&embedded_zoneinfo, v) != NULL;
}

bool is_currency(struct str v)
{
    return currency_is_valid(v);
}

bool is_api_version(struct str v)
{
    size_t n = 1;

    if (!v.len || v.ptr[0] != 'v')
        return false;
    while (n < v.len && is_digit(v.ptr[n]))
        n++;
    return n >= 2 && n <= 4 && v.len == n + 2 && v.ptr[n] == '.' && is_digit(v.ptr[n + 1]);
}

bool is_log_level(struct str v)
{
    return str_eq(v, S("debug")) || str_eq(v, S("info")) || str_eq(v, S("warn")) ||
           str_eq(v, S("error"));
}

/* ---- secrets ---- */

static bool is_varied(struct str v)
{
    bool seen[256] = {false};
    int distinct = 0;

    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        distinct += !seen[c];
        seen[c] = true;
    }
    return distinct >= LEAST_DISTINCT;
}

bool is_strong_secret(struct str v)
{
    return v.len >= LEAST_SECRET && is_varied(v);
}

bool is_strong_key(struct str v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!is_digit(v.ptr[i]) && !(v.ptr[i] >= 'a' && v.ptr[i] <= 'f') &&
            !(v.ptr[i] >= 'A' && v.ptr[i] <= 'F'))
            return false;
    return v.len == KEY_DIGITS && is_varied(v);
}
