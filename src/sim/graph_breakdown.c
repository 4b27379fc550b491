/* graph_breakdown.c: the parts into which a row of insights is broken down. */
#include "sim/graph_row.h"

static const struct graph_slice platforms[] = {
    {.publisher = "instagram", .permille = 700},
    {.publisher = "facebook",  .permille = 300},
};
/* Some deliveries are told without the device. */
static const struct graph_slice placements[] = {
    {.publisher = "instagram",        .position = "instagram_reels", .device = "iphone",              .permille = 350},
    {.publisher = "instagram",
     .position = "instagram_stories",
     .device = "android_smartphone",
     .permille = 250},
    {.publisher = "facebook",                 .position = "feed",                                              .device = "android_smartphone",                                                       .permille = 250},
    {.publisher = "facebook", .position = "feed",.permille = 150},
};
static const struct graph_slice devices[] = {
    {.platform = "mobile_app", .permille = 800},
    {.platform = "desktop",                        .permille = 120},
    {.permille = 80},
};
static const struct graph_breakdown known[] = {
    {"publisher_platform",                                     platforms,  COUNT(platforms),  true },
    {"publisher_platform,platform_position,impression_device", placements, COUNT(placements),
     false                                                                                         },
    {"device_platform",                                        devices,    COUNT(devices),    false},
};

bool graph_breakdown_read(struct graph *g, const struct graph_breakdown **out)
{
    struct str raw = graph_param(g, "breakdowns");
    char *text = arena_alloc(g->arena, raw.len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] != '[' && raw.ptr[i] != ']' && raw.ptr[i] != '"' && raw.ptr[i] != ' ')
            text[n++] = raw.ptr[i];
    *out = NULL;
    if (!n)
        return true;
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(str_of(known[i].names), (struct str){text, n}))
            *out = &known[i];
    return *out || graph_refuse(g, 400, CODE(2, 1504041),
                                "(#2) This combination of breakdowns is not supported here");
}

static int64_t share(const struct graph_breakdown *by, int64_t whole, size_t i)
{
    int64_t rest = whole;

    if (i + 1 < by->n)
        return whole * by->slices[i].permille / 1000;
    for (size_t k = 0; k + 1 < by->n; k++)
        rest -= whole * by->slices[k].permille / 1000;
    return rest;
}

/* What people did later is not always told apart: then the parts do not make up the whole. */
static int64_t share_of_actions(const struct graph_breakdown *by, int64_t whole, size_t i)
{
    return by->is_exact ? share(by, whole, i) : whole * by->slices[i].permille / 1000;
}

struct world_delivery graph_breakdown_part(const struct graph_breakdown *by,
                                           const struct world_delivery *d, size_t i)
{
    return (struct world_delivery){.spend_minor = share(by, d->spend_minor, i),
                                   .impressions = share(by, d->impressions, i),
                                   .reach = share(by, d->reach, i),
                                   .clicks = share(by, d->clicks, i),
                                   .link_clicks = share(by, d->link_clicks, i),
                                   .leads = share_of_actions(by, d->leads, i),
                                   .purchases = share_of_actions(by, d->purchases, i),
                                   .purchase_minor = share_of_actions(by, d->purchase_minor, i)};
}

static void put(struct json_out *j, const char *key, const char *value)
{
    if (value)
        graph_text(j, key, str_of(value));
}

void graph_breakdown_write(struct json_out *j, const struct graph_slice *s)
{
    put(j, "publisher_platform", s->publisher);
    put(j, "platform_position", s->position);
    put(j, "impression_device", s->device);
    put(j, "device_platform", s->platform);
}
