/* amocrm_rest_host.c: where an account lives. What people type, what a redirect says and what a
 * token claims becomes an address only here, and only when it is one of the vendor's. */
#include "vendors/amocrm_rest_inside.h"

#include <string.h>

enum { BURST_MS = 200 };
static const struct str domains[] = {S(".amocrm.ru"), S(".amocrm.com"), S(".kommo.com")};
static const struct str place = S("{subdomain}");

static struct str lower(struct arena *a, struct str s)
{
    char *copy = str_z(a, s);

    for (size_t i = 0; i < s.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (struct str){copy, s.len};
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i)))
            return false;
    }
    return s.len > 0 && s.len <= 63;
}

bool amo_is_vendor_host(struct str host)
{
    for (size_t i = 0; i < COUNT(domains); i++)
        if (str_ends(host, domains[i]))
            return is_label((struct str){host.ptr, host.len - domains[i].len});
    return false;
}

bool amo_host_parse(struct arena *a, struct str text, struct str *host)
{
    struct str rest = str_trim(text), head = {0};

    if (str_starts(rest, S("https://")))
        rest = (struct str){rest.ptr + 8, rest.len - 8};
    if (!str_cut(&rest, '/', &head))
        return false;
    *host = lower(a, head);
    return is_label(*host) || amo_is_vendor_host(*host);
}

struct str amo_host_subdomain(struct str host)
{
    struct str label = {0};

    str_cut(&host, '.', &label);
    return label;
}

/* The template with the subdomain, but a full host replaces the host of a vendor's template: an
 * account of Kommo is not found at amocrm.ru. */
static struct str fill(struct arena *a, struct str base, struct str host)
{
    const char *at = base.len ? memmem(base.ptr, base.len, place.ptr, place.len) : NULL;
    bool has_domain = amo_is_vendor_host(host);

    if (!at)
        return base;
    struct str before = {base.ptr, (size_t)(at - base.ptr)};
    struct str after = {at + place.len, base.len - before.len - place.len};
    for (size_t i = 0; has_domain && i < COUNT(domains); i++)
        if (str_starts(after, domains[i]))
            return arena_fmt(a, "%.*s%.*s%.*s", STR_FMT(before), STR_FMT(host),
                             (int)(after.len - domains[i].len), after.ptr + domains[i].len);
    struct str label = amo_host_subdomain(host);
    return arena_fmt(a, "%.*s%.*s%.*s", STR_FMT(before), STR_FMT(label), STR_FMT(after));
}

enum err amo_upstream(struct ctx *cx, const struct amo_api *api, struct upstream *out)
{
    if (!is_label(api->host) && !amo_is_vendor_host(api->host))
        return fail(cx, ERR_INPUT, "amocrm: '%.*s' is not the address of an account",
                    STR_FMT(api->host));
    *out = *api->upstream;
    out->base_url = str_z(cx->arena, fill(cx->arena, str_of(api->upstream->base_url), api->host));
    out->burst_ms = BURST_MS; /* 5 a second must not come as 25 at once */
    return OK;
}
