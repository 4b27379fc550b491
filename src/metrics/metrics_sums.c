/* metrics_sums.c: formulas of the requirements' part 4, in integers. */
#include "metrics/metrics_sums.h"
#include "base/money.h"
#include "db/db.h"
#include <string.h>

struct sums sums_of_row(struct rows *rows)
{
    return (struct sums){.spend = col_int(rows, "spend"),
                         .revenue = col_int(rows, "revenue"),
                         .meta_value = col_int(rows, "meta_value"),
                         .impressions = col_int(rows, "impressions"),
                         .clicks = col_int(rows, "clicks"),
                         .link_clicks = col_int(rows, "link_clicks"),
                         .meta_leads = col_int(rows, "meta_leads"),
                         .meta_purchases = col_int(rows, "meta_purchases"),
                         .leads = col_int(rows, "leads"),
                         .sales = col_int(rows, "sales"),
                         .unpriced = col_int(rows, "unpriced")};
}

void sums_add(struct sums *total, const struct sums *s)
{
    total->spend += s->spend;
    total->revenue += s->revenue;
    total->meta_value += s->meta_value;
    total->impressions += s->impressions;
    total->clicks += s->clicks;
    total->link_clicks += s->link_clicks;
    total->meta_leads += s->meta_leads;
    total->meta_purchases += s->meta_purchases;
    total->leads += s->leads;
    total->sales += s->sales;
    total->unpriced += s->unpriced;
}

bool sums_roi(const struct sums *s, int64_t *micros)
{
    return muldiv(s->revenue - s->spend, 100 * MICROS, s->spend, micros);
}

/* ---- ratios, each in micros ---- */

static bool roas(const struct sums *s, int64_t *out)
{
    return ratio_micros(s->revenue, s->spend, out);
}

/* What cost nothing has no price: a CPA of 0 would look like a miracle. */
static bool price(int64_t spend, int64_t n, int64_t *out)
{
    return spend && muldiv(spend, 1, n, out);
}

static bool cpa(const struct sums *s, int64_t *out)
{
    return price(s->spend, s->sales, out);
}

static bool cpl(const struct sums *s, int64_t *out)
{
    return price(s->spend, s->leads, out);
}

static bool ctr(const struct sums *s, int64_t *out)
{
    return muldiv(s->clicks, 100 * MICROS, s->impressions, out);
}

static bool cpc(const struct sums *s, int64_t *out)
{
    return muldiv(s->spend, 1, s->clicks, out);
}

static bool cpm(const struct sums *s, int64_t *out)
{
    return muldiv(s->spend, 1000, s->impressions, out);
}

static bool meta_roas(const struct sums *s, int64_t *out)
{
    return ratio_micros(s->meta_value, s->spend, out);
}

static bool aov(const struct sums *s, int64_t *out)
{
    return muldiv(s->revenue, 1, s->sales, out);
}

enum needs { NEEDS_SPEND, NEEDS_SALES, NEEDS_LEADS, NEEDS_IMPRESSIONS, NEEDS_CLICKS };
static const struct ratio {
    const char *name;
    bool (*of)(const struct sums *s, int64_t *out);
    enum needs needs;
    bool is_money; /* worthless when a part of the money has no rate */
} ratios[] = {
    {"roas",      roas,      NEEDS_SPEND,       true },
    {"roi",       sums_roi,  NEEDS_SPEND,       true },
    {"cpa",       cpa,       NEEDS_SALES,       true },
    {"cpl",       cpl,       NEEDS_LEADS,       true },
    {"ctr",       ctr,       NEEDS_IMPRESSIONS, false},
    {"cpc",       cpc,       NEEDS_CLICKS,      true },
    {"cpm",       cpm,       NEEDS_IMPRESSIONS, true },
    {"meta_roas", meta_roas, NEEDS_SPEND,       true },
    {"aov",       aov,       NEEDS_SALES,       true },
};

static const char *reason_of(const struct ratio *r, const struct sums *s, bool is_synced)
{
    static const char *const missing[] = {[NEEDS_SPEND] = "no_spend",
                                          [NEEDS_SALES] = "no_sales",
                                          [NEEDS_LEADS] = "no_leads",
                                          [NEEDS_IMPRESSIONS] = "no_impressions",
                                          [NEEDS_CLICKS] = "no_clicks"};

    if (r->is_money && s->unpriced)
        return "no_rate";
    if ((r->needs == NEEDS_SALES && !s->sales) || (r->needs == NEEDS_LEADS && !s->leads))
        return missing[r->needs];
    if (!is_synced)
        return "not_synced";
    return r->needs == NEEDS_SALES || r->needs == NEEDS_LEADS ? "no_spend" : missing[r->needs];
}

static bool ratio_of(const struct ratio *r, const struct sums *s, int64_t *out)
{
    return !(r->is_money && s->unpriced) && r->of(s, out);
}

void sums_write(struct json_out *j, const struct sums *s, bool is_synced)
{
    int64_t value;

    json_obj(j);
    json_key(j, "spend"), json_dec(j, s->spend, MONEY_SCALE);
    json_key(j, "revenue"), json_dec(j, s->revenue, MONEY_SCALE);
    json_key(j, "sales"), json_int(j, s->sales);
    json_key(j, "leads"), json_int(j, s->leads);
    json_key(j, "impressions"), json_int(j, s->impressions);
    json_key(j, "clicks"), json_int(j, s->clicks);
    json_key(j, "link_clicks"), json_int(j, s->link_clicks);
    json_key(j, "meta_leads"), json_int(j, s->meta_leads);
    json_key(j, "meta_purchases"), json_int(j, s->meta_purchases);
    for (size_t i = 0; i < COUNT(ratios); i++) {
        json_key(j, ratios[i].name);
        if (ratio_of(&ratios[i], s, &value))
            json_dec(j, value, MONEY_SCALE);
        else
            json_null(j);
    }
    json_key(j, "reasons"), json_obj(j);
    for (size_t i = 0; i < COUNT(ratios); i++)
        if (!ratio_of(&ratios[i], s, &value))
            json_key(j, ratios[i].name), json_str(j, str_of(reason_of(&ratios[i], s, is_synced)));
    json_end(j);
    json_end(j);
}

static const struct count {
    const char *name;
    size_t offset;
} counts[] = {
    {"spend",          offsetof(struct sums, spend)         },
    {"revenue",        offsetof(struct sums, revenue)       },
    {"sales",          offsetof(struct sums, sales)         },
    {"leads",          offsetof(struct sums, leads)         },
    {"impressions",    offsetof(struct sums, impressions)   },
    {"clicks",         offsetof(struct sums, clicks)        },
    {"link_clicks",    offsetof(struct sums, link_clicks)   },
    {"meta_leads",     offsetof(struct sums, meta_leads)    },
    {"meta_purchases", offsetof(struct sums, meta_purchases)},
};

static const struct count *count_named(struct str name)
{
    for (size_t i = 0; i < COUNT(counts); i++)
        if (str_eq(name, str_of(counts[i].name)))
            return &counts[i];
    return NULL;
}

static const struct ratio *ratio_named(struct str name)
{
    for (size_t i = 0; i < COUNT(ratios); i++)
        if (str_eq(name, str_of(ratios[i].name)))
            return &ratios[i];
    return NULL;
}

bool sums_has(struct str name)
{
    return count_named(name) || ratio_named(name);
}

bool sums_value(const struct sums *s, struct str name, int64_t *out)
{
    const struct count *count = count_named(name);
    const struct ratio *ratio = ratio_named(name);

    if (count) {
        memcpy(out, (const char *)s + count->offset, sizeof *out);
        return true;
    }
    return ratio && ratio_of(ratio, s, out);
}
