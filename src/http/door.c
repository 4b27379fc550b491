/* door.c: how many connections each address holds open. Asked before a connection takes a place in
 * the queue, so that a flood from one address leaves the others theirs. */
#include "http/private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct guest {
    struct ip ip;
    size_t open;
};

struct door {
    size_t per_ip;
    struct ip_ranges exempt;
    pthread_mutex_t lock; /* guards what follows */
    struct guest *guests; /* only addresses with a connection, in no order */
    size_t n, cap;
};

struct door *door_new(size_t per_ip, const struct ip_ranges *exempt)
{
    struct door *d = calloc(1, sizeof *d);

    if (!d)
        abort();
    d->per_ip = per_ip;
    d->exempt = *exempt;
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

void door_free(struct door **d)
{
    if (!*d)
        return;
    pthread_mutex_destroy(&(*d)->lock);
    free((*d)->guests);
    free(*d);
    *d = NULL;
}

/* Everything behind a reverse proxy or a script on this host has one of these two addresses. The
 * rest of 127.0.0.0/8 is counted: nobody lives there. */
static bool is_exempt(const struct door *d, const struct ip *ip)
{
    static const struct ip own[] = {{{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}},
                                    {{[15] = 1}}};

    return ip_same(ip, &own[0]) || ip_same(ip, &own[1]) || ip_ranges_hold(&d->exempt, ip);
}

/* Whom to count; false when nobody. Somebody who has one IPv6 address has its whole /64. */
static bool guest_of(const struct door *d, struct str address, struct ip *out)
{
    static const unsigned char v4[12] = {[10] = 0xff, [11] = 0xff};

    if (!ip_parse(address, out) || is_exempt(d, out))
        return false;
    if (memcmp(out->at, v4, sizeof v4))
        memset(out->at + 8, 0, 8);
    return true;
}

static struct guest *find(struct door *d, const struct ip *ip)
{
    for (size_t i = 0; i < d->n; i++)
        if (ip_same(&d->guests[i].ip, ip))
            return &d->guests[i];
    return NULL;
}

static struct guest *add(struct door *d, const struct ip *ip)
{
    if (d->n == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        struct guest *more = realloc(d->guests, cap * sizeof *more);
        if (!more)
            abort();
        d->guests = more;
        d->cap = cap;
    }
    d->guests[d->n] = (struct guest){*ip, 0};
    return &d->guests[d->n++];
}

bool door_enter(struct door *d, struct str address)
{
    struct ip ip;
    bool enters = true;

    if (!guest_of(d, address, &ip))
        return true;
    pthread_mutex_lock(&d->lock);
    struct guest *g = find(d, &ip);
    if (!g)
        g = add(d, &ip);
    if (g->open < d->per_ip)
        g->open++;
    else
        enters = false;
    pthread_mutex_unlock(&d->lock);
    return enters;
}

void door_leave(struct door *d, struct str address)
{
    struct ip ip;

    if (!guest_of(d, address, &ip))
        return;
    pthread_mutex_lock(&d->lock);
    struct guest *g = find(d, &ip);
    if (g && --g->open == 0)
        *g = d->guests[--d->n];
    pthread_mutex_unlock(&d->lock);
}
