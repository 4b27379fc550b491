/* address.c: numeric addresses, ranges of them, and who is asking. */
#include "http/private.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool ip_parse(struct str text, struct ip *out)
{
    char z[INET6_ADDRSTRLEN];

    if (text.len == 0 || text.len >= sizeof z || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = 0;
    memcpy(out->at, v4_prefix, sizeof v4_prefix);
    return inet_pton(AF_INET, z, out->at + 12) == 1 || inet_pton(AF_INET6, z, out->at) == 1;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
    return memcmp(a->at, b->at, sizeof a->at) == 0;
}

static bool is_v4(const struct ip *ip)
{
    return memcmp(ip->at, v4_prefix, sizeof v4_prefix) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
    static const unsigned char one[16] = {[15] = 1};

    return (is_v4(ip) && ip->at[12] == 127) || memcmp(ip->at, one, sizeof one) == 0;
}

struct str ip_text(struct arena *a, const struct ip *ip)
{
    char z[INET6_ADDRSTRLEN] = "";

    if (is_v4(ip))
        inet_ntop(AF_INET, ip->at + 12, z, sizeof z);
    else
        inet_ntop(AF_INET6, ip->at, z, sizeof z);
    return arena_str(a, str_of(z));
}

static bool range_parse(struct str text, struct ip_range *out)
{
    struct str address;
    int64_t bits;

    if (!str_cut(&text, '/', &address) || !ip_parse(address, &out->ip))
        return false;
    out->bits = 128;
    if (address.ptr + address.len == text.ptr + text.len)
        return true;
    if (!str_to_int(text, &bits) || bits < 0 || bits > (is_v4(&out->ip) ? 32 : 128))
        return false;
    out->bits = (int)bits + (is_v4(&out->ip) ? 96 : 0);
    return true;
}

enum err ip_ranges_parse(struct ctx *cx, const char *text, struct ip_ranges *out)
{
    struct str rest = str_of(text), item;

    *out = (struct ip_ranges){0};
    while (str_cut(&rest, ',', &item)) {
        struct ip_range range;
        item = str_trim(item);
        if (!item.len)
            continue;
        if (!range_parse(item, &range))
            return fail(cx, ERR_INPUT, "\"%.*s\" is not an address such as 10.0.0.1 or 10.0.0.0/8",
                        STR_FMT(item));
        *vec_add(cx->arena, out) = range;
    }
    return OK;
}

bool ip_ranges_hold(const struct ip_ranges *r, const struct ip *ip)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t bytes = (size_t)r->at[i].bits / 8, bits = (size_t)r->at[i].bits % 8;
        unsigned char mask = (unsigned char)(0xff00 >> bits);
        if (memcmp(ip->at, r->at[i].ip.at, bytes))
            continue;
        if (!bits || ((ip->at[bytes] ^ r->at[i].ip.at[bytes]) & mask) == 0)
            return true;
    }
    return false;
}

/* Takes the last item off a comma list. */
static bool last_item(struct str *list, struct str *item)
{
    size_t from = list->len;

    if (!list->len)
        return false;
    while (from > 0 && list->ptr[from - 1] != ',')
        from--;
    *item = str_trim((struct str){list->ptr + from, list->len - from});
    list->len = from ? from - 1 : 0;
    return true;
}

/* Each proxy appends the address it was asked by, so the list is believed from its end on, as far
 * as trusted proxies vouch for it. What stands before that is the client's own claim. */
static void follow_proxies(struct http_conn *c)
{
    const struct mg_request_info *info = c->info;

    for (int i = info->num_headers - 1; i >= 0; i--) {
        struct str list = str_of(info->http_headers[i].value), item;
        if (!str_eq_nocase(str_of(info->http_headers[i].name), S("X-Forwarded-For")))
            continue;
        while (last_item(&list, &item)) {
            struct ip ip;
            if (!ip_parse(item, &ip))
                return;
            c->client = ip;
            if (!ip_ranges_hold(&c->server->trusted, &ip))
                return;
        }
    }
}

void request_peer(struct req *rq)
{
    struct http_conn *c = rq->conn;

    if (!ip_parse(str_of(c->info->remote_addr), &c->peer))
        memset(&c->peer, 0, sizeof c->peer);
    c->client = c->peer;
    c->peer_is_trusted = ip_ranges_hold(&c->server->trusted, &c->peer);
    if (c->peer_is_trusted)
        follow_proxies(c);
    else
        c->forwarded_by_stranger = req_header(rq, "X-Forwarded-For").len ||
                                   req_header(rq, "Forwarded").len ||
                                   req_header(rq, "X-Real-IP").len;
    rq->remote_ip = ip_text(rq->cx.arena, &c->client);
}

bool req_from_loopback(struct req *rq)
{
    return rq->conn && !rq->conn->forwarded_by_stranger && ip_is_loopback(&rq->conn->client);
}

bool req_is_https(struct req *rq)
{
    struct str told;

    if (!rq->conn)
        return false;
    told = rq->conn->peer_is_trusted ? req_header(rq, "X-Forwarded-Proto") : S("");
    return told.len ? str_eq_nocase(told, S("https")) : rq->conn->server->public_is_https;
}
