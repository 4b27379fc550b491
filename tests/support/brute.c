/* brute.c: chance in, sums out. */
#include "brute.h"
#include "base/calendar.h"
#include "base/text_out.h"

#include <stdlib.h>
#include <string.h>

/* ---- making facts ---- */

struct maker {
    struct ctx *cx;
    struct slice_app *s;
    uint64_t seed;
    struct text_out sql;
};

static int64_t between(struct maker *m, int64_t least, int64_t most)
{
    return test_random_between(&m->seed, least, most);
}

static void say(struct maker *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct maker *m, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct str text = arena_vfmt(m->cx->arena, fmt, ap);
    va_end(ap);
    text_put(&m->sql, text.ptr, text.len);
}

static struct str day_of(struct ctx *cx, int64_t i)
{
    return day_add(cx->arena, S("2026-01-08"), i);
}

static void make_people(struct maker *m)
{
    say(m, "insert into ad_account (platform, external_id, name, currency, tz, status, sync_state, "
           "synced_at, first_seen_at) values "
           "('meta', '1', 'Dollars', 'USD', 'Asia/Almaty', 1, 'ok', 1770090000000, 0), "
           "('meta', '2', 'Tenge', 'KZT', 'Asia/Almaty', 1, 'ok', 1770090000000, 0), "
           "('meta', '3', 'Pounds', 'GBP', 'Europe/London', 1, 'ok', 1770090000000, 0), "
           "('meta', '4', 'Nobody''s', 'USD', 'Asia/Almaty', 1, 'ok', 1770090000000, 0);");
    say(m,
        "insert into ad_account_binding (account_id, team_id, user_id, valid_from, valid_to, "
        "created_at) values (1, 1, %lld, '2026-01-01', '2026-01-15', 0), "
        "(1, 2, %lld, '2026-01-16', '2026-01-20', 0), (1, 1, null, '2026-01-25', null, 0), "
        "(2, 2, null, '2026-01-10', null, 0), (3, 1, %lld, '2026-01-12', '2026-01-12', 0);",
        (long long)m->s->worker_id, (long long)m->s->stranger_id, (long long)m->s->worker_id);
}

/* Campaign c is of account (c - 1) / 2 + 1, with two ad sets of two ads each. */
static void make_ads(struct maker *m)
{
    for (int c = 1; c <= 8; c++) {
        int account = (c - 1) / 2 + 1;
        say(m,
            "insert into campaign (account_id, external_id, name, status, seen_at, "
            "daily_budget_micros) values (%d, '10%d', 'Campaign %d', 'ACTIVE', 0, %d000000);",
            account, c, c, c);
        for (int g = 1; g <= 2; g++) {
            say(m,
                "insert into ad_set (account_id, campaign_id, external_id, name, seen_at) "
                "values (%d, %d, '20%d%d', 'Set %d.%d', 0);",
                account, c, c, g, c, g);
            for (int a = 1; a <= 2; a++)
                say(m,
                    "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, "
                    "seen_at) values (%d, %d, %d, '30%d%d%d', 'Ad %d.%d.%d', 0);",
                    account, c, (c - 1) * 2 + g, c, g, a, c, g, a);
        }
    }
}

static void make_ad_facts(struct maker *m)
{
    for (int64_t i = 0; i < BRUTE_DAYS; i++) {
        for (int ad = 1; ad <= 32; ad++) {
            if (between(m, 0, 2))
                continue;
            say(m,
                "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
                "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
                "(%d, '%.*s', %d, %lld, %lld, %lld, %lld, %lld, %lld, %lld, 1, 0);",
                (ad - 1) / 8 + 1, STR_FMT(day_of(m->cx, i)), ad,
                (long long)(between(m, 0, 9) ? between(m, 1, 99999999) : 0),
                (long long)between(m, 0, 5000), (long long)between(m, 0, 90),
                (long long)between(m, 0, 60), (long long)between(m, 0, 4),
                (long long)between(m, 0, 2),
                (long long)(between(m, 0, 2) ? 0 : between(m, 1, 500000000)));
        }
    }
}

/* Dollars from the 9th with gaps; reais on the 15th, which hold to the 25th, and from the 28th;
 * by hand on some days; pounds never. */
static void make_rates(struct maker *m)
{
    say(m, "insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, "
           "learned_at) values ('USD', 'KZT', '2026-01-20', 'fallback', 1000000, 1, '2026-01-20', "
           "0);");
    for (int64_t i = 1; i < BRUTE_DAYS; i++) {
        struct str day = day_of(m->cx, i);
        for (int c = 0; c < 2; c++) {
            const char *base = c ? "BRL" : "USD";
            bool is_skipped = between(m, 0, 2) == 0;
            if (c ? i != 7 && (i < 20 || is_skipped) : is_skipped)
                continue;
            say(m,
                "insert into fx_rate (base, quote, day, source, rate_micros, quant, rate_day, "
                "learned_at) values ('%s', 'KZT', '%.*s', '%s', %lld, %d, '%.*s', 0);",
                base, STR_FMT(day), between(m, 0, 4) ? "nbk" : "manual",
                (long long)(c ? between(m, 8000000000, 9999999999)
                              : between(m, 480000000, 530000000)),
                c ? 100 : 1, STR_FMT(day));
        }
    }
}

static void make_credit(struct maker *m, const char *kind, int id)
{
    int campaign = (int)between(m, 0, 8);
    int set = campaign && between(m, 0, 1) ? (campaign - 1) * 2 + (int)between(m, 1, 2) : 0;
    int ad = set ? (set - 1) * 2 + (int)between(m, 1, 2) : 0;
    int team = (int)between(m, 0, 2);
    long long user = team == 1 && between(m, 0, 1) ? (long long)m->s->worker_id : 0;

    if (between(m, 0, 9) == 0)
        return; /* not decided yet */
    say(m,
        "insert into credit (subject_kind, subject_id, model, numerator, denominator, team_id, "
        "user_id, rule_set_id, reason, campaign_id, ad_set_id, ad_id, decided_at) values "
        "('%s', %d, 'rule', 1, 1, nullif(%d, 0), nullif(%lld, 0), 1, 'exact', nullif(%d, 0), "
        "nullif(%d, 0), nullif(%d, 0), 0);",
        kind, id, team, user, campaign, set, ad);
}

static void make_payments(struct maker *m, int sale)
{
    static const char *const currencies[] = {"KZT", "KZT", "KZT", "USD", "GBP"};
    static const char *const kinds[] = {"prepayment", "full", "correction", "refund"};

    for (int64_t n = between(m, 0, 3); n > 0; n--) {
        int kind = (int)between(m, 0, 3);
        say(m,
            "insert into payment (sale_id, kind, amount_micros, currency, at, day, learned_at, "
            "event_key) values (%d, '%s', %lld, '%s', 0, '%.*s', 0, 'k%lld');",
            sale, kinds[kind], (long long)between(m, kind == 3 ? -90000000000 : 1, 90000000000),
            currencies[between(m, 0, 4)], STR_FMT(day_of(m->cx, between(m, 0, BRUTE_DAYS - 1))),
            (long long)n);
    }
}

static void make_sales(struct maker *m)
{
    static const char *const states[] = {"open", "won", "won", "won", "lost", "deleted"};

    say(m, "insert into crm_account (kind, external_id, subdomain, currency, seen_at) values "
           "('amocrm', '1', '', 'KZT', 0);"
           "insert into rule_set (created_at, note) values (0, 'n');"
           "update product set counts_as_sale = 0 where id = 3;");
    for (int i = 1; i <= 150; i++) {
        struct str day = day_of(m->cx, between(m, 0, BRUTE_DAYS - 1));
        say(m,
            "insert into lead (source_kind, external_id, created_at, day, learned_at) values "
            "('crm', '%d', 0, '%.*s', 0);",
            i, STR_FMT(day_of(m->cx, between(m, 0, BRUTE_DAYS - 1))));
        make_credit(m, "lead", i);
        if (i > 120)
            continue; /* leads without a deal */
        say(m,
            "insert into sale (crm_account_id, deal_id, lead_id, product_id, state, price_micros, "
            "currency, created_at, modified_at, day, learned_at) values (1, '%d', %d, "
            "nullif(%lld, 0), '%s', 1, 'KZT', 0, 0, '%.*s', 0);",
            i, i, (long long)between(m, 0, 4), states[between(m, 0, 5)], STR_FMT(day));
        make_credit(m, "sale", i);
        make_payments(m, i);
    }
}

void brute_make(struct ctx *cx, struct slice_app *s, uint64_t seed)
{
    struct maker m = {.cx = cx, .s = s, .seed = seed, .sql = text_out(cx->arena, 1 << 20)};

    make_people(&m);
    make_ads(&m);
    make_ad_facts(&m);
    make_rates(&m);
    make_sales(&m);
    for (int64_t i = 0; i < BRUTE_DAYS; i++)
        say(&m, "insert into rollup_dirty (day) values ('%.*s');", STR_FMT(day_of(cx, i)));
    sql_script(cx, s, "%.*s", (int)m.sql.n, m.sql.at);
}

/* ---- the sums by brute force ---- */

struct line { /* cells of one row of facts */
    struct str cell[16];
};
struct table {
    struct line *at;
    size_t n, cap;
};

static struct table read(struct ctx *cx, struct slice_app *s, const char *columns, const char *rest)
{
    struct str text = sql_rows(cx, s, columns, rest), one, cell;
    struct table out = {0};

    while (str_cut(&text, '\n', &one)) {
        struct line *line = vec_add(cx->arena, &out);
        for (int i = 0; str_cut(&one, '|', &cell); i++)
            line->cell[i] = cell;
    }
    return out;
}

static int64_t num(struct str cell)
{
    int64_t v = 0;

    return str_to_int(cell, &v) ? v : 0; /* null is "-" */
}

struct book { /* all facts */
    struct ctx *cx;
    struct table rates, bindings, campaigns, ads, accounts, sales, credits, products;
    struct brute_rows rows;
};

static const struct line *find(const struct table *t, struct str id)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eq(t->at[i].cell[0], id))
            return &t->at[i];
    return NULL;
}

static int rank(struct str source)
{
    return str_eq(source, S("manual")) ? 0 : str_eq(source, S("nbk")) ? 1 : 2;
}

/* The rate line of a currency on a day: the newest within ten days, by hand first. */
static const struct line *rate_on(const struct book *b, struct str currency, struct str day)
{
    const struct line *best = NULL;

    for (size_t i = 0; i < b->rates.n; i++) {
        const struct line *r = &b->rates.at[i];
        int64_t age = day_diff(r->cell[1], day);
        if (!str_eq(r->cell[0], currency) || age < 0 || age > 10)
            continue;
        int64_t newer = best ? day_diff(best->cell[1], r->cell[1]) : 1;
        if (newer > 0 || (newer == 0 && rank(r->cell[2]) < rank(best->cell[2])))
            best = r;
    }
    return best;
}

static int64_t divided(__int128 a, __int128 b)
{
    return (int64_t)((a >= 0 ? a + b / 2 : a - b / 2) / b);
}

static bool exchanged(const struct book *b, int64_t micros, struct str from, struct str to,
                      struct str day, int64_t *out)
{
    const struct line *r;

    *out = micros;
    if (str_eq(from, to))
        return true;
    if (!str_eq(from, S("KZT"))) {
        r = rate_on(b, from, day);
        if (!r)
            return false;
        *out = divided((__int128)micros * num(r->cell[3]), (__int128)num(r->cell[4]) * 1000000);
    }
    if (!str_eq(to, S("KZT"))) {
        r = rate_on(b, to, day);
        if (!r)
            return false;
        *out = divided((__int128)*out * num(r->cell[4]) * 1000000, num(r->cell[3]));
    }
    return true;
}

static void add_money(const struct book *b, struct brute_row *row, int at, int64_t micros,
                      struct str currency)
{
    static const char *const codes[] = {"KZT", "USD", "BRL"};

    for (int i = 0; i < 3; i++) {
        int64_t value;
        if (!micros)
            continue;
        if (exchanged(b, micros, currency, str_of(codes[i]), row->day, &value))
            row->sum[at + i] += value;
        else
            row->sum[SUM_UNPRICED + i] = 1; /* of this fact; the rows are added up afterwards */
    }
}

static struct brute_row *row_of(struct book *b, struct str day)
{
    struct brute_row *row = vec_add(b->cx->arena, &b->rows);

    row->day = day;
    row->sum[SUMS - 1] = 1;
    return row;
}

static void add_credit(struct book *b, struct brute_row *row, const char *kind, struct str id)
{
    const struct line *c = find(&b->credits, arena_fmt(b->cx->arena, "%s%.*s", kind, STR_FMT(id)));

    if (!c)
        return;
    row->team = num(c->cell[1]);
    row->user = num(c->cell[2]);
    row->campaign = num(c->cell[3]);
    row->ad_set = num(c->cell[4]);
    row->ad = num(c->cell[5]);
    if (row->campaign)
        row->account = num(find(&b->campaigns, c->cell[3])->cell[1]);
}

static void count_spend(struct book *b, struct slice_app *s)
{
    struct table facts = read(b->cx, s,
                              "day, account_id, ad_id, spend_micros, purchase_micros, impressions, "
                              "clicks, link_clicks, leads, purchases",
                              "from ad_fact");

    for (size_t i = 0; i < facts.n; i++) {
        const struct str *f = facts.at[i].cell;
        struct brute_row *row = row_of(b, f[0]);
        const struct line *ad = find(&b->ads, f[2]);
        for (size_t k = 0; k < b->bindings.n; k++) {
            const struct str *bound = b->bindings.at[k].cell;
            if (str_eq(bound[0], f[1]) && day_diff(bound[1], f[0]) >= 0 &&
                (str_eq(bound[2], S("-")) || day_diff(f[0], bound[2]) >= 0)) {
                row->team = num(bound[3]);
                row->user = num(bound[4]);
            }
        }
        row->account = num(f[1]);
        row->ad = num(f[2]);
        row->campaign = num(ad->cell[1]);
        row->ad_set = num(ad->cell[2]);
        struct str currency = find(&b->accounts, f[1])->cell[1];
        add_money(b, row, SUM_SPEND, num(f[3]), currency);
        add_money(b, row, SUM_META, num(f[4]), currency);
        for (int k = 0; k < 5; k++)
            row->sum[9 + k] = num(f[5 + k]);
    }
}

static void count_payments(struct book *b, struct slice_app *s)
{
    struct table facts = read(b->cx, s, "day, sale_id, amount_micros, currency", "from payment");

    for (size_t i = 0; i < facts.n; i++) {
        const struct str *f = facts.at[i].cell;
        struct brute_row *row = row_of(b, f[0]);
        add_credit(b, row, "sale", f[1]);
        row->product = num(find(&b->sales, f[1])->cell[3]);
        add_money(b, row, SUM_REVENUE, num(f[2]), f[3]);
    }
}

static void count_sales(struct book *b)
{
    for (size_t i = 0; i < b->sales.n; i++) {
        const struct str *f = b->sales.at[i].cell;
        const struct line *product = find(&b->products, f[3]);
        if (!str_eq(f[2], S("won")) || (product && !num(product->cell[1])))
            continue;
        struct brute_row *row = row_of(b, f[1]);
        add_credit(b, row, "sale", f[0]);
        row->product = num(f[3]);
        row->sum[15] = 1;
    }
}

static void count_leads(struct book *b, struct slice_app *s)
{
    struct table leads = read(b->cx, s, "id, day", "from lead");

    for (size_t i = 0; i < leads.n; i++) {
        const struct str *f = leads.at[i].cell;
        struct brute_row *row = row_of(b, f[1]);
        add_credit(b, row, "lead", f[0]);
        for (size_t k = 0; k < b->sales.n; k++)
            if (str_eq(b->sales.at[k].cell[4], f[0]))
                row->product = num(b->sales.at[k].cell[3]);
        row->sum[14] = 1;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct brute_row *x = a, *y = b;
    const int64_t keys[][2] = {
        {x->team,     y->team    },
        {x->user,     y->user    },
        {x->account,  y->account },
        {x->campaign, y->campaign},
        {x->ad_set,   y->ad_set  },
        {x->ad,       y->ad      },
        {x->product,  y->product }
    };
    int c = memcmp(x->day.ptr, y->day.ptr, 10);

    for (size_t i = 0; !c && i < COUNT(keys); i++)
        c = (keys[i][0] > keys[i][1]) - (keys[i][0] < keys[i][1]);
    return c;
}

struct brute_rows brute_expected(struct ctx *cx, struct slice_app *s)
{
    struct book b = {
        .cx = cx,
        .rates = read(cx, s, "base, day, source, rate_micros, quant", "from fx_rate"),
        .bindings = read(cx, s, "account_id, valid_from, valid_to, team_id, user_id",
                         "from ad_account_binding"),
        .campaigns = read(cx, s, "id, account_id", "from campaign"),
        .ads = read(cx, s, "id, campaign_id, ad_set_id", "from ad"),
        .accounts = read(cx, s, "id, currency", "from ad_account"),
        .sales = read(cx, s, "id, day, state, product_id, lead_id", "from sale"),
        .credits = read(cx, s,
                        "subject_kind || subject_id, team_id, user_id, campaign_id, ad_set_id, "
                        "ad_id",
                        "from credit"),
        .products = read(cx, s, "id, counts_as_sale", "from product"),
    };
    size_t n = 0;

    count_spend(&b, s);
    count_payments(&b, s);
    count_sales(&b);
    count_leads(&b, s);
    qsort(b.rows.at, b.rows.n, sizeof *b.rows.at, by_key);
    for (size_t i = 1; i < b.rows.n; i++) {
        if (by_key(&b.rows.at[n], &b.rows.at[i])) {
            b.rows.at[++n] = b.rows.at[i];
            continue;
        }
        for (int k = 0; k < SUMS; k++)
            b.rows.at[n].sum[k] += b.rows.at[i].sum[k];
    }
    b.rows.n = n + 1;
    return b.rows;
}

struct str brute_text(struct ctx *cx, const struct brute_rows *rows)
{
    struct text_out t = text_out(cx->arena, 1 << 20);

    for (size_t i = 0; i < rows->n; i++) {
        const struct brute_row *r = &rows->at[i];
        struct str line = arena_fmt(
            cx->arena, "%s%.*s|%lld|%lld|%lld|%lld|%lld|%lld|%lld", i ? "\n" : "", STR_FMT(r->day),
            (long long)r->team, (long long)r->user, (long long)r->account, (long long)r->campaign,
            (long long)r->ad_set, (long long)r->ad, (long long)r->product);
        text_put(&t, line.ptr, line.len);
        for (int k = 0; k < SUMS; k++) {
            line = arena_fmt(cx->arena, "|%lld", (long long)r->sum[k]);
            text_put(&t, line.ptr, line.len);
        }
    }
    return (struct str){t.at, t.n};
}

#define SUM_COLUMNS                                                                                \
    "spend_kzt, spend_usd, spend_brl, revenue_kzt, revenue_usd, revenue_brl, meta_value_kzt, "     \
    "meta_value_usd, meta_value_brl, impressions, clicks, link_clicks, meta_leads, "               \
    "meta_purchases, leads, sales, unpriced_kzt, unpriced_usd, unpriced_brl, n_sources"

struct str brute_rollups(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s,
                    "day, team_id, user_id, account_id, campaign_id, ad_set_id, ad_id, "
                    "product_id, " SUM_COLUMNS,
                    "from rollup_day order by day, team_id, user_id, account_id, campaign_id, "
                    "ad_set_id, ad_id, product_id");
}

struct str brute_team_rollups(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s, "day, team_id, user_id, product_id, " SUM_COLUMNS,
                    "from rollup_team_day order by day, team_id, user_id, product_id");
}
