/* Reads of numbers: overview, splits, campaigns, freshness; and who may see which. */
#include "base/money.h"
#include "brute.h"
#include "metrics/metrics.h"
#include "metrics/metrics_sums.h"

#include <stdio.h>
#include <string.h>

#define RANGE "from=2026-01-08&to=2026-01-31"

/* ---- asking and looking ---- */

static const struct json_in *ask(struct ctx *cx, struct slice_app *s, struct str token,
                                 const char *fmt, ...) PRINTF_LIKE(4, 5);
static const struct json_in *ask(struct ctx *cx, struct slice_app *s, struct str token,
                                 const char *fmt, ...)
{
    const struct json_in *root;
    va_list ap;

    va_start(ap, fmt);
    struct str query = arena_vfmt(cx->arena, fmt, ap);
    va_end(ap);
    struct str call = arena_fmt(cx->arena, "GET /api/v1/%.*s", STR_FMT(query));
    struct answer a = slice_ask(cx, s, str_z(cx->arena, call), token, NULL);
    if (a.status != 200)
        test_fail(TEST_AT("ask"), "%.*s: %d %.*s", STR_FMT(call), a.status, STR_FMT(a.body));
    check_ok(json_parse(cx, a.body, &root));
    return root;
}

static const struct json_in *at(struct ctx *cx, const struct json_in *v, const char *way)
{
    struct str rest = str_of(way), step;
    int64_t i;

    while (str_cut(&rest, '.', &step))
        v = str_to_int(step, &i) ? json_at(v, (size_t)i) : json_get(v, str_z(cx->arena, step));
    return v;
}

static int64_t dec(struct ctx *cx, const struct json_in *v, const char *way)
{
    int64_t out = 0;

    check(json_as_dec(at(cx, v, way), MONEY_SCALE, &out));
    return out;
}

static struct str text(struct ctx *cx, const struct json_in *v, const char *way)
{
    struct str out = S("-");

    return json_as_str(at(cx, v, way), &out) ? out : S("-");
}

static int64_t count(struct ctx *cx, const struct json_in *v, const char *way)
{
    int64_t out = -1;

    return json_as_int(at(cx, v, way), &out) ? out : -1;
}

/* ---- sums by brute force, filtered ---- */

struct filter { /* -1 = any */
    int64_t team, user, account, campaign, ad_set, ad, product;
    const char *day;
};
#define ANY                                                                                        \
    {                                                                                              \
        -1, -1, -1, -1, -1, -1, -1, NULL                                                           \
    }

static bool fits(const struct brute_row *r, const struct filter *f)
{
    return (f->team < 0 || r->team == f->team) && (f->user < 0 || r->user == f->user) &&
           (f->account < 0 || r->account == f->account) &&
           (f->campaign < 0 || r->campaign == f->campaign) &&
           (f->ad_set < 0 || r->ad_set == f->ad_set) && (f->ad < 0 || r->ad == f->ad) &&
           (f->product < 0 || r->product == f->product) &&
           (!f->day || str_eq(r->day, str_of(f->day)));
}

static struct sums sum_of(const struct brute_rows *rows, const struct filter *f, int currency)
{
    struct sums out = {0};

    for (size_t i = 0; i < rows->n; i++) {
        const int64_t *v = rows->at[i].sum;
        if (!fits(&rows->at[i], f))
            continue;
        out.spend += v[SUM_SPEND + currency];
        out.revenue += v[SUM_REVENUE + currency];
        out.meta_value += v[SUM_META + currency];
        out.unpriced += v[SUM_UNPRICED + currency];
        out.impressions += v[9], out.clicks += v[10], out.link_clicks += v[11];
        out.meta_leads += v[12], out.meta_purchases += v[13];
        out.leads += v[14], out.sales += v[15];
    }
    return out;
}

/* Every number of the object is that of the sums, and null is null for the same reason. What the
 * ratios are has its own test below. */
static void same_metrics(struct ctx *cx, const struct json_in *got, const struct sums *want)
{
    struct str json, key;
    struct json_out *j = json_out_new(cx, 1024);
    const struct json_in *all, *one;
    struct json_iter it;

    sums_write(j, want, true);
    check_ok(json_finish(j, &json));
    check_ok(json_parse(cx, json, &all));
    check_int((int64_t)json_len(all), (int64_t)json_len(got));
    it = json_iter(all);
    while ((one = json_next(&it, &key)) != NULL) {
        const char *name = str_z(cx->arena, key);
        check_int(json_type(one), json_type(at(cx, got, name)));
        if (json_type(one) == JSON_NUM)
            check_int(dec(cx, all, name), dec(cx, got, name));
    }
    check_int((int64_t)json_len(at(cx, all, "reasons")), (int64_t)json_len(at(cx, got, "reasons")));
    check_int(want->spend, dec(cx, got, "spend"));
    check_int(want->revenue, dec(cx, got, "revenue"));
}

static void built_world(struct ctx *cx, struct slice_app *s, uint64_t seed)
{
    int64_t days;

    brute_make(cx, s, seed);
    check_ok(metrics_build(cx, s->app, &days));
}

/* ---- the parts add up ---- */

DB_TEST(the_overview_is_the_sum_of_its_teams_and_of_its_days)
{
    static const char *const currencies[] = {"KZT", "USD", "BRL"};
    static const char *const granularities[] = {"day", "week", "month"};
    struct slice_app s;
    struct filter any = ANY;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 11);
    struct brute_rows rows = brute_expected(cx, &s);

    for (int c = 0; c < 3; c++) {
        struct sums all = sum_of(&rows, &any, c);
        for (int g = 0; g < 3; g++) {
            const struct json_in *o = ask(cx, &s, s.admin,
                                          "overview?" RANGE "&currency=%s&"
                                          "granularity=%s",
                                          currencies[c], granularities[g]);
            int64_t spend = 0, revenue = 0, sales = 0, leads = 0;
            check_str(str_of(currencies[c]), text(cx, o, "currency"));
            same_metrics(cx, at(cx, o, "totals"), &all);
            for (size_t i = 0; i < json_len(at(cx, o, "series")); i++) {
                const struct json_in *point = json_at(at(cx, o, "series"), i);
                spend += dec(cx, point, "spend");
                revenue += dec(cx, point, "revenue");
                sales += count(cx, point, "sales");
                leads += count(cx, point, "leads");
            }
            check_int(all.spend, spend);
            check_int(all.revenue, revenue);
            check_int(all.sales, sales);
            check_int(all.leads, leads);
            spend = revenue = 0;
            for (size_t i = 0; i < json_len(at(cx, o, "teams")); i++) {
                const struct json_in *team = json_at(at(cx, o, "teams"), i);
                struct filter one = ANY;
                one.team = count(cx, team, "team_id") < 0 ? 0 : count(cx, team, "team_id");
                struct sums want = sum_of(&rows, &one, c);
                same_metrics(cx, at(cx, team, "metrics"), &want);
                spend += dec(cx, team, "metrics.spend");
                revenue += dec(cx, team, "metrics.revenue");
            }
            check_int(all.spend, spend);
            check_int(all.revenue, revenue);
        }
    }
    slice_app_close(&s);
}

DB_TEST(products_and_the_unattributed_share_stand_beside_the_totals)
{
    struct slice_app s;
    struct filter any = ANY, nobody = ANY;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 11);
    struct brute_rows rows = brute_expected(cx, &s);
    nobody.team = 0;
    struct sums all = sum_of(&rows, &any, 0), lost = sum_of(&rows, &nobody, 0);
    int64_t sales = 0, revenue = 0, rate;

    const struct json_in *o = ask(cx, &s, s.admin, "overview?" RANGE);

    for (size_t i = 0; i < json_len(at(cx, o, "products")); i++) {
        sales += count(cx, json_at(at(cx, o, "products"), i), "sales");
        revenue += dec(cx, json_at(at(cx, o, "products"), i), "revenue");
    }
    check_int(all.sales, sales);
    check_int(all.revenue, revenue);
    check_int(lost.sales, count(cx, o, "attribution.sales_unattributed"));
    check_int(lost.revenue, dec(cx, o, "attribution.revenue_unattributed"));
    check(muldiv(all.sales - lost.sales, 100 * MICROS, all.sales, &rate));
    check_int(rate, dec(cx, o, "attribution.rate"));
    slice_app_close(&s);
}

static int64_t *key_of(struct filter *f, const char *group)
{
    const struct {
        const char *name;
        int64_t *key;
    } keys[] = {
        {"team",     &f->team    },
        {"user",     &f->user    },
        {"account",  &f->account },
        {"campaign", &f->campaign},
        {"ad_set",   &f->ad_set  },
        {"ad",       &f->ad      },
        {"product",  &f->product }
    };

    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i].name, group) == 0)
            return keys[i].key;
    return NULL;
}

static const char *const id_groups[] = {"team",   "user", "account", "campaign",
                                        "ad_set", "ad",   "product"};
static const char *const day_groups[] = {"day", "week", "month"};

/* Every item of every split, and its totals, under a filter that the query names too. */
static void check_splits(struct ctx *cx, struct slice_app *s, struct str token,
                         const struct brute_rows *rows, const struct filter *under,
                         const char *query)
{
    struct sums all = sum_of(rows, under, 0);

    for (size_t g = 0; g < COUNT(id_groups); g++) {
        const struct json_in *a =
            ask(cx, s, token, "metrics?" RANGE "&limit=5000&group=%s%s", id_groups[g], query);
        same_metrics(cx, at(cx, a, "totals"), &all);
        int64_t spend = 0, n = 0;
        for (size_t i = 0; i < json_len(at(cx, a, "items")); i++, n++) {
            const struct json_in *item = json_at(at(cx, a, "items"), i);
            struct filter one = *under;
            int64_t id = 0;
            str_to_int(text(cx, item, "key"), &id);
            *key_of(&one, id_groups[g]) = id;
            struct sums want = sum_of(rows, &one, 0);
            same_metrics(cx, at(cx, item, "metrics"), &want);
            spend += dec(cx, item, "metrics.spend");
        }
        check_int(all.spend, spend);
    }
    for (size_t g = 0; g < COUNT(day_groups); g++) {
        const struct json_in *a =
            ask(cx, s, token, "metrics?" RANGE "&group=%s%s", day_groups[g], query);
        int64_t revenue = 0;
        same_metrics(cx, at(cx, a, "totals"), &all);
        for (size_t i = 0; i < json_len(at(cx, a, "items")); i++)
            revenue += dec(cx, json_at(at(cx, a, "items"), i), "metrics.revenue");
        check_int(all.revenue, revenue);
    }
}

DB_TEST(every_split_adds_up_to_the_same_totals)
{
    struct slice_app s;
    struct filter any = ANY;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 12);
    struct brute_rows rows = brute_expected(cx, &s);

    check_splits(cx, &s, s.admin, &rows, &any, "");
    slice_app_close(&s);
}

DB_TEST(parents_narrow_every_split)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 12);
    struct brute_rows rows = brute_expected(cx, &s);
    struct filter f[] = {ANY, ANY, ANY, ANY, ANY};

    f[0].team = 2;
    f[1].account = 1;
    f[2].campaign = 3;
    f[3].ad_set = 5;
    f[4].team = 1, f[4].account = 1;
    check_splits(cx, &s, s.admin, &rows, &f[0], "&team=2");
    check_splits(cx, &s, s.admin, &rows, &f[1], "&account=1");
    check_splits(cx, &s, s.admin, &rows, &f[2], "&campaign=3");
    check_splits(cx, &s, s.admin, &rows, &f[3], "&ad_set=5");
    check_splits(cx, &s, s.admin, &rows, &f[4], "&team=1&account=1");
    slice_app_close(&s);
}

/* ---- who may see which ---- */

static struct filter impossible(void)
{
    struct filter f = ANY;

    f.team = 99;
    return f;
}

DB_TEST(a_team_sees_its_own_numbers_whatever_it_asks_for)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 13);
    struct brute_rows rows = brute_expected(cx, &s);
    struct filter own = ANY, theirs = impossible();
    const struct str members[] = {s.worker, s.viewer, s.lead};
    own.team = 1;

    for (size_t i = 0; i < COUNT(members); i++)
        check_splits(cx, &s, members[i], &rows, &own, "");
    check_splits(cx, &s, s.worker, &rows, &theirs, "&team=2");
    check_splits(cx, &s, s.loner, &rows, &theirs, "");
    check_splits(cx, &s, s.loner, &rows, &theirs, "&team=1");
    for (int id = 1; id <= 4; id++) {
        struct filter f = own;
        f.account = id;
        check_splits(cx, &s, s.worker, &rows, &f,
                     str_z(cx->arena, arena_fmt(cx->arena, "&account=%d", id)));
    }
    for (int id = 1; id <= 8; id++) {
        struct filter f = own;
        f.campaign = id;
        check_splits(cx, &s, s.worker, &rows, &f,
                     str_z(cx->arena, arena_fmt(cx->arena, "&campaign=%d", id)));
    }
    slice_app_close(&s);
}

DB_TEST(the_overview_of_a_team_is_about_that_team_alone)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 13);
    struct brute_rows rows = brute_expected(cx, &s);
    struct filter own = ANY;
    own.team = 1;
    struct sums want = sum_of(&rows, &own, 0);

    ask(cx, &s, s.admin, "overview?" RANGE); /* now it lies in the cache, for admins */
    const struct json_in *o = ask(cx, &s, s.worker, "overview?" RANGE);
    const struct json_in *other = ask(cx, &s, s.worker, "overview?" RANGE "&team=2");
    const struct json_in *none = ask(cx, &s, s.loner, "overview?" RANGE);

    same_metrics(cx, at(cx, o, "totals"), &want);
    check_int(1, (int64_t)json_len(at(cx, o, "teams")));
    check_str(S("Arystan"), text(cx, o, "teams.0.name"));
    check_int(0, count(cx, o, "attribution.sales_unattributed"));
    check_int(0, dec(cx, other, "totals.spend"));
    check_int(0, (int64_t)json_len(at(cx, other, "teams")));
    check_int(0, (int64_t)json_len(at(cx, none, "teams")));
    check_int(0, dec(cx, none, "totals.revenue"));
    slice_app_close(&s);
}

DB_TEST(campaigns_are_listed_by_whether_they_are_watched)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 13);
    sql_script(cx, &s, "update campaign set is_tracked = 0 where id = 2");

    check_int(8, (int64_t)json_len(at(cx, ask(cx, &s, s.admin, "campaigns?" RANGE), "items")));
    check_int(
        7, (int64_t)json_len(at(cx, ask(cx, &s, s.admin, "campaigns?tracked=1&" RANGE), "items")));
    const struct json_in *left = ask(cx, &s, s.admin, "campaigns?tracked=0&" RANGE);
    check_int(1, (int64_t)json_len(at(cx, left, "items")));
    check_int(2, count(cx, json_at(at(cx, left, "items"), 0), "id"));
    check_int(422, slice_status(cx, &s, "GET /api/v1/campaigns?tracked=2", s.admin, ""));
    slice_app_close(&s);
}

DB_TEST(campaigns_of_others_keep_their_account_and_budget_to_themselves)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 13);
    int64_t known = 0, hidden = 0;

    const struct json_in *all = ask(cx, &s, s.admin, "campaigns?" RANGE);
    const struct json_in *mine = ask(cx, &s, s.worker, "campaigns?" RANGE);

    check_int(8, (int64_t)json_len(at(cx, all, "items")));
    for (size_t i = 0; i < json_len(at(cx, mine, "items")); i++) {
        const struct json_in *c = json_at(at(cx, mine, "items"), i);
        bool is_ours =
            count(cx, c, "id") <= 2 || count(cx, c, "id") == 5 || count(cx, c, "id") == 6;
        check(json_type(at(cx, c, "account_name")) == (is_ours ? JSON_STR : JSON_NULL));
        check(json_type(at(cx, c, "account_id")) == (is_ours ? JSON_NUM : JSON_NULL));
        check(json_type(at(cx, c, "daily_budget")) == (is_ours ? JSON_NUM : JSON_NULL));
        known += is_ours;
        hidden += !is_ours;
    }
    check(known > 0 && hidden > 0);
    slice_app_close(&s);
}

DB_TEST(nobody_reads_numbers_without_signing_in)
{
    static const char *const reads[] = {"GET /api/v1/overview", "GET /api/v1/metrics?group=team",
                                        "GET /api/v1/campaigns", "GET /api/v1/freshness"};
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(reads); i++) {
        check_int(401, slice_status(cx, &s, reads[i], S(""), NULL));
        check_int(200, slice_status(cx, &s, reads[i], s.viewer, NULL));
    }
    slice_app_close(&s);
}

DB_TEST(a_wrong_question_about_numbers_is_named)
{
    static const struct {
        const char *call, *field, *why;
    } cases[] = {
        {"overview?from=2026-01-32&to=2026-02-01", "from",        "not_a_day"     },
        {"overview?from=2026-01-01",               "to",          "missing"       },
        {"overview?to=2026-01-01",                 "from",        "missing"       },
        {"overview?from=2026-02-01&to=2026-01-01", "to",          "before_from"   },
        {"overview?from=2024-01-01&to=2026-01-01", "to",          "range_too_long"},
        {"overview?period=century",                "period",      "not_a_choice"  },
        {"overview?currency=EUR",                  "currency",    "not_a_choice"  },
        {"overview?compare=never",                 "compare",     "not_a_choice"  },
        {"overview?granularity=hour",              "granularity", "not_a_choice"  },
        {"overview?team=0",                        "team",        "not_an_id"     },
        {"overview?team=all",                      "team",        "not_an_id"     },
        {"metrics?group=planet",                   "group",       "not_a_choice"  },
        {"metrics?account=x",                      "account",     "not_an_id"     },
        {"metrics?campaign=-3",                    "campaign",    "not_an_id"     },
        {"metrics?ad_set=1.5",                     "ad_set",      "not_an_id"     },
        {"metrics?sort=beauty",                    "sort",        "not_a_choice"  },
        {"metrics?sort=--spend",                   "sort",        "not_a_choice"  },
        {"metrics?limit=0",                        "limit",       "out_of_range"  },
        {"campaigns?limit=5001",                   "limit",       "out_of_range"  },
        {"campaigns?limit=ten",                    "limit",       "out_of_range"  },
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(cases); i++)
        slice_refuses(cx, &s,
                      str_z(cx->arena, arena_fmt(cx->arena, "GET /api/v1/%s", cases[i].call)), NULL,
                      cases[i].field, cases[i].why);
    slice_app_close(&s);
}

/* ---- ratios ---- */

static struct str ratios_of(struct ctx *cx, const struct sums *s, bool is_synced)
{
    static const char *const names[] = {"roas", "roi", "cpa",       "cpl", "ctr",
                                        "cpc",  "cpm", "meta_roas", "aov"};
    struct json_out *j = json_out_new(cx, 512);
    const struct json_in *v;
    struct str json, out = S("");

    sums_write(j, s, is_synced);
    check_ok(json_finish(j, &json));
    check_ok(json_parse(cx, json, &v));
    for (size_t i = 0; i < COUNT(names); i++) {
        struct str way = arena_fmt(cx->arena, "reasons.%s", names[i]);
        struct str reason = text(cx, v, str_z(cx->arena, way));
        bool is_null = json_type(at(cx, v, names[i])) == JSON_NULL;
        check_int(is_null, !str_eq(reason, S("-")));
        char number[DECIMAL_SIZE];
        struct str shown =
            is_null ? reason
                    : (struct str){number, decimal_put(number, dec(cx, v, names[i]), MONEY_SCALE)};
        out = arena_fmt(cx->arena, "%.*s%s%.*s", STR_FMT(out), i ? " " : "", STR_FMT(shown));
    }
    return out;
}

TEST(ratios_are_those_of_the_sums)
{
    struct sums s = {.spend = 200 * MICROS,
                     .revenue = 500 * MICROS,
                     .meta_value = 100 * MICROS,
                     .impressions = 8000,
                     .clicks = 40,
                     .leads = 10,
                     .sales = 4};

    check_str(S("2.5 150 50 20 0.5 5 25 0.5 125"), ratios_of(cx, &s, true));
    s.revenue = 0;
    check_str(S("0 -100 50 20 0.5 5 25 0.5 0"), ratios_of(cx, &s, true));
    s.revenue = -100 * MICROS;
    check_str(S("-0.5 -150 50 20 0.5 5 25 0.5 -25"), ratios_of(cx, &s, true));
}

TEST(a_ratio_without_a_denominator_is_null_and_says_why)
{
    struct sums s = {0};

    check_str(S("no_spend no_spend no_sales no_leads no_impressions no_clicks no_impressions "
                "no_spend no_sales"),
              ratios_of(cx, &s, true));
    check_str(S("not_synced not_synced no_sales no_leads not_synced not_synced not_synced "
                "not_synced no_sales"),
              ratios_of(cx, &s, false));
    s = (struct sums){.spend = 1,
                      .revenue = 1,
                      .sales = 1,
                      .leads = 1,
                      .impressions = 1,
                      .clicks = 1,
                      .unpriced = 1};
    check_str(S("no_rate no_rate no_rate no_rate 100 no_rate no_rate no_rate no_rate"),
              ratios_of(cx, &s, true));
}

TEST(ratios_are_rounded_half_away_from_zero)
{
    struct sums s = {
        .spend = 2, .revenue = 1, .sales = 4, .leads = 3, .impressions = 3, .clicks = 1};

    /* 2 / 4 = 0.5 micros becomes 1, 1 / 4 becomes 0, 2 / 3 becomes 1. */
    check_str(S("0.5 -50 0.000001 0.000001 33.333333 0.000002 0.000667 0 0"),
              ratios_of(cx, &s, true));
    s.revenue = -2;
    check_str(S("-1 -200 0.000001 0.000001 33.333333 0.000002 0.000667 0 -0.000001"),
              ratios_of(cx, &s, true));
}

/* ---- periods ---- */

static struct str days_of(struct ctx *cx, struct slice_app *s, const char *query)
{
    const struct json_in *o = ask(cx, s, s->admin, "overview?%s", query[0] ? query : "x=1");

    return arena_fmt(cx->arena, "%.*s %.*s / %.*s %.*s / %.*s", STR_FMT(text(cx, o, "period.from")),
                     STR_FMT(text(cx, o, "period.to")), STR_FMT(text(cx, o, "period.compare_from")),
                     STR_FMT(text(cx, o, "period.compare_to")),
                     STR_FMT(text(cx, o, "period.preset")));
}

DB_TEST(periods_and_comparisons_are_days_of_the_reporting_zone)
{
    static const struct {
        const char *query, *days;
    } cases[] = {
        {"period=today",                               "2026-02-04 2026-02-04 / 2026-02-03 2026-02-03 / today"    },
        {"period=yesterday",                           "2026-02-03 2026-02-03 / 2026-02-02 2026-02-02 / yesterday"},
        {"period=7d",                                  "2026-01-29 2026-02-04 / 2026-01-22 2026-01-28 / 7d"       },
        {"",                                           "2026-01-06 2026-02-04 / 2025-12-07 2026-01-05 / 30d"      },
        {"period=month",                               "2026-02-01 2026-02-04 / 2026-01-28 2026-01-31 / month"    },
        {RANGE,                                        "2026-01-08 2026-01-31 / 2025-12-15 2026-01-07 / -"        },
        {RANGE "&compare=year",                        "2026-01-08 2026-01-31 / 2025-01-08 2025-01-31 / -"        },
        {RANGE "&compare=none",                        "2026-01-08 2026-01-31 / - - / -"                          },
        {"from=2024-02-29&to=2024-02-29&compare=year",
         "2024-02-29 2024-02-29 / 2023-02-28 2023-02-28 / -"                                                      },
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);
    fake_clock_set(test_clock(cx), 1770147000000); /* 19:30 UTC on the 3rd: the 4th in Almaty */
    s.admin = core_app_token(cx, &s.core, 1);

    for (size_t i = 0; i < COUNT(cases); i++)
        check_str(str_of(cases[i].days), days_of(cx, &s, cases[i].query));
    slice_app_close(&s);
}

DB_TEST(the_comparison_is_the_same_question_about_other_days)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 14);

    const struct json_in *now = ask(cx, &s, s.admin, "overview?from=2026-01-20&to=2026-01-24");
    const struct json_in *then = ask(cx, &s, s.admin, "overview?from=2026-01-15&to=2026-01-19");
    const struct json_in *none =
        ask(cx, &s, s.admin, "overview?from=2026-01-20&to=2026-01-24&compare=none");
    const struct json_in *year =
        ask(cx, &s, s.admin, "overview?from=2026-01-20&to=2026-01-24&compare=year");

    check_int(dec(cx, then, "totals.spend"), dec(cx, now, "previous.spend"));
    check_int(dec(cx, then, "totals.revenue"), dec(cx, now, "previous.revenue"));
    check_int(dec(cx, then, "teams.0.metrics.revenue"), dec(cx, now, "teams.0.previous.revenue"));
    check(json_type(at(cx, none, "previous")) == JSON_NULL);
    check(json_type(at(cx, none, "teams.0.previous")) == JSON_NULL);
    check_int(0, dec(cx, year, "previous.spend"));
    check(json_type(at(cx, year, "teams.0.previous")) == JSON_NULL);
    slice_app_close(&s);
}

static struct str labels(struct ctx *cx, const struct json_in *list, const char *field)
{
    struct str out = S("");

    for (size_t i = 0; i < json_len(list); i++)
        out = arena_fmt(cx->arena, "%.*s%s%.*s", STR_FMT(out), i ? " " : "",
                        STR_FMT(text(cx, json_at(list, i), field)));
    return out;
}

DB_TEST(weeks_begin_on_monday_and_months_on_the_first)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 14);

    const struct json_in *weeks = ask(cx, &s, s.admin, "overview?" RANGE "&granularity=week");
    const struct json_in *months =
        ask(cx, &s, s.admin, "overview?from=2025-12-30&to=2026-02-03&granularity=month");
    const struct json_in *split = ask(cx, &s, s.admin, "metrics?" RANGE "&group=week");

    check_str(S("2026-01-05 2026-01-12 2026-01-19 2026-01-26"),
              labels(cx, at(cx, weeks, "series"), "day"));
    check_str(S("2025-12-01 2026-01-01 2026-02-01"), labels(cx, at(cx, months, "series"), "day"));
    check_str(S("2026-01-05 2026-01-12 2026-01-19 2026-01-26"),
              labels(cx, at(cx, split, "items"), "key"));
    slice_app_close(&s);
}

DB_TEST(the_series_has_every_day_up_to_today)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into lead (source_kind, external_id, created_at, day, learned_at) values "
               "('crm', '1', 0, '2026-02-01', 0);"
               "insert into rollup_dirty (day) values ('2026-02-01')");
    int64_t days;
    check_ok(metrics_build(cx, s.app, &days));

    const struct json_in *o = ask(cx, &s, s.admin, "overview?from=2026-01-30&to=2026-02-10");
    const struct json_in *later = ask(cx, &s, s.admin, "overview?from=2026-02-05&to=2026-02-10");

    check_str(S("2026-01-30 2026-01-31 2026-02-01 2026-02-02 2026-02-03"),
              labels(cx, at(cx, o, "series"), "day"));
    check_int(1, count(cx, o, "series.2.leads"));
    check_int(0, count(cx, o, "series.3.leads"));
    check(json_type(at(cx, o, "series.3.roi")) == JSON_NULL);
    check_int(0, (int64_t)json_len(at(cx, later, "series")));
    slice_app_close(&s);
}

/* ---- order ---- */

DB_TEST(nulls_stand_last_in_both_directions)
{
    static const char *const sorts[] = {"roas",  "-roas",  "cpa", "-cpa",
                                        "spend", "-spend", "ctr", "-revenue"};
    struct slice_app s;
    bool saw_null = false;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 15);

    for (size_t k = 0; k < COUNT(sorts); k++) {
        bool is_down = sorts[k][0] == '-', had_null = false;
        const struct json_in *a =
            ask(cx, &s, s.admin, "metrics?" RANGE "&group=ad&currency=USD&sort=%s", sorts[k]);
        struct str way = arena_fmt(cx->arena, "metrics.%s", sorts[k] + is_down);
        int64_t last = 0;
        for (size_t i = 0; i < json_len(at(cx, a, "items")); i++) {
            const struct json_in *item = json_at(at(cx, a, "items"), i);
            bool is_null = json_type(at(cx, item, str_z(cx->arena, way))) == JSON_NULL;
            check(!had_null || is_null);
            had_null = had_null || is_null;
            if (is_null)
                continue;
            int64_t value = dec(cx, item, str_z(cx->arena, way));
            check(!i || (is_down ? value <= last : value >= last));
            last = value;
        }
        saw_null = saw_null || had_null;
    }
    check(saw_null);
    slice_app_close(&s);
}

DB_TEST(a_limit_cuts_the_list_and_not_the_totals)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    built_world(cx, &s, 15);

    const struct json_in *all = ask(cx, &s, s.admin, "metrics?" RANGE "&group=ad");
    const struct json_in *few = ask(cx, &s, s.admin, "metrics?" RANGE "&group=ad&limit=3");

    check_int(3, (int64_t)json_len(at(cx, few, "items")));
    check_int(dec(cx, all, "totals.spend"), dec(cx, few, "totals.spend"));
    check_str(text(cx, all, "items.2.key"), text(cx, few, "items.2.key"));
    slice_app_close(&s);
}
