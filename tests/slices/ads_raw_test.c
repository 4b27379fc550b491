/* Every number down to the platform's own row; totals of accounts, and what no ad explains. */
#include "ads_bench.h"
#include "core/deflate.h"

struct people { /* of two teams; the account is of the first one until the day before yesterday */
    struct str admin, one, other;
    int64_t team, other_team;
};

static void people_open(struct bench *b, struct people *p)
{
    struct route_set *set = arena_new_of(b->cx->arena, struct route_set);

    *set = (struct route_set){ads_routes, ads_nroutes};
    core_app_serve(b->cx, &b->c, set, 1);
    p->team = core_app_team(b->cx, &b->c, "Arystan");
    p->other_team = core_app_team(b->cx, &b->c, "Kenesary");
    p->admin = core_app_token(b->cx, &b->c,
                              core_app_user(b->cx, &b->c, "admin@agency.kz", ROLE_ADMIN, 0, NULL));
    p->one = core_app_token(
        b->cx, &b->c,
        core_app_user(b->cx, &b->c, "one@agency.kz", ROLE_TARGETOLOGIST, p->team, NULL));
    p->other = core_app_token(
        b->cx, &b->c,
        core_app_user(b->cx, &b->c, "other@agency.kz", ROLE_TARGETOLOGIST, p->other_team, NULL));
}

static void bind(struct bench *b, int account, int64_t team, const char *from)
{
    struct tx *tx = NULL;
    int64_t id,
        account_id = number_of(b, "select id from ad_account where external_id = $1", account);

    check_ok(tx_begin(b->cx, b->c.app.db, TX_WRITE, &tx));
    check_ok(binding_create(tx,
                            &(struct binding_new){.account_id = account_id,
                                                  .team_id = team,
                                                  .valid_from = str_of(from)},
                            &id));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static struct answer get(struct bench *b, struct str token, const char *path)
{
    return core_app_ask(b->cx, &b->c, arena_fmt(b->cx->arena, "GET %s", path).ptr, token, "");
}

static const char *ad_path(struct bench *b, int64_t ad, const char *rest)
{
    return arena_fmt(b->cx->arena, "/api/v1/ads/%lld/days/%s", (long long)ad, rest).ptr;
}

/* ---- packing ---- */

TEST(what_is_packed_unpacks_to_the_same_bytes_and_nothing_else_does)
{
    struct str plain = arena_fmt(cx->arena, "%0*d%s", 5000, 7, "the end"), packed, back;

    check_ok(deflate_bytes(cx, plain, &packed));
    check(packed.len < plain.len / 10);
    check_ok(inflate_bytes(cx, packed, plain.len, &back));
    check_str(plain, back);
    check_err(inflate_bytes(cx, packed, plain.len - 1, &back), ERR_BUG);
    ctx_forgive(cx);
    check_err(inflate_bytes(cx, packed, plain.len + 1, &back), ERR_BUG);
    ctx_forgive(cx);
    check_err(inflate_bytes(cx, S("no such thing"), 10, &back), ERR_BUG);
    ctx_forgive(cx);
    check_ok(deflate_bytes(cx, S(""), &packed));
    check_ok(inflate_bytes(cx, packed, 0, &back));
}

/* ---- pages ---- */

DB_TEST(a_page_is_kept_only_when_something_in_it_is_new)
{
    struct bench b;
    int64_t pages;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_one(&b, 3, 0);
    pages = number(&b, "select count(*) from raw_page");
    check(pages > 0);
    check_int(0, number(&b, "select count(*) from ad_fact where raw_id is null"));
    change(&b, "update ad_fact set raw_id = raw_id");

    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"8\""));
    sync_one(&b, 1, 0);
    check_int(pages + 1, number(&b, "select count(*) from raw_page"));
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"8\""));
    sync_one(&b, 1, 0);
    check_int(pages + 1, number(&b, "select count(*) from raw_page"));
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"9\""));
    sync_one(&b, 1, 0);

    check_int(pages + 2, number(&b, "select count(*) from raw_page"));
    check_int(1, number(&b, "select count(*) from ad_fact f join ad_fact_version v on v.ad_id = "
                            "f.ad_id and v.day = f.day where f.raw_id > v.raw_id"));
    bench_close(&b);
}

DB_TEST(no_token_is_in_a_page_that_was_kept)
{
    static const struct query q = {.name = "by hand", .sql = "select body, size from raw_page"};
    struct bench b;
    struct tx *tx = NULL;
    struct rows *rows = NULL;
    int n = 0;
    bench_open(cx, t, &b);
    b.c.app.config.meta_page_size = 2; /* all pages but the last name the next one, token and all */
    connect_token(&b, 0);
    sync_one(&b, 2, 0);

    check_ok(tx_begin(cx, b.c.app.db, TX_READ, &tx));
    check_ok(db_query(tx, &q, NO_ARGS, &rows));
    for (; rows_next(rows); n++) {
        struct str plain;
        check_ok(inflate_bytes(cx, col_str(rows, "body"), (size_t)col_int(rows, "size"), &plain));
        check(str_starts(plain, S("[{")) && str_ends(plain, S("}]")));
        check(!memmem(plain.ptr, plain.len, b.w->tokens[0].ptr, b.w->tokens[0].len));
        check(!memmem(plain.ptr, plain.len, "access_token", 12));
    }
    check_ok(rows_end(&rows));
    tx_end(&tx);
    check(n > 4);
    bench_close(&b);
}

DB_TEST(an_ads_day_opens_down_to_the_platforms_own_row_of_each_version)
{
    struct bench b;
    struct people p;
    struct answer a;
    int64_t ad;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    people_open(&b, &p);
    insights_are(&b, arena_fmt(cx->arena, "%s,%s", insight(&b, 2, "2026-02-03", ",\"spend\":\"3\""),
                               insight(&b, 1, "2026-02-03", ",\"spend\":\"8.50\",\"note\":\"x\""))
                         .ptr);
    sync_one(&b, 1, 0);
    insights_are(&b, insight(&b, 1, "2026-02-03", ",\"spend\":\"9\""));
    sync_one(&b, 1, 0);
    ad = number(&b, "select id from ad where external_id = '801'");

    a = get(&b, p.admin, ad_path(&b, ad, "2026-02-03"));
    check_int(200, a.status);
    check_holds(S("\"versions\":[{\"version\":2,\"spend\":9,"), a.body);
    check_holds(S("{\"version\":1,\"spend\":8.5,"), a.body);
    check_holds(S("\"campaign_name\":\"Spring\""), a.body);
    a = get(&b, p.admin, ad_path(&b, ad, "2026-02-03/raw?version=1"));
    check_int(200, a.status);
    check_holds(str_of(insight(&b, 1, "2026-02-03", ",\"spend\":\"8.50\",\"note\":\"x\"")), a.body);
    a = get(&b, p.admin, ad_path(&b, ad, "2026-02-03/raw"));
    check_holds(S("\"spend\":\"9\""), a.body);
    check_int(404, get(&b, p.admin, ad_path(&b, ad, "2026-02-03/raw?version=3")).status);
    check_int(404, get(&b, p.admin, ad_path(&b, ad, "2026-02-31")).status);
    check_int(404, get(&b, p.admin, ad_path(&b, ad + 1000, "2026-02-03")).status);
    check_int(422, get(&b, p.admin, ad_path(&b, ad, "2026-02-03/raw?version=x")).status);
    bench_close(&b);
}

DB_TEST(an_ads_day_is_shown_to_the_team_that_owned_it_then)
{
    struct bench b;
    struct people p;
    int64_t ad;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    people_open(&b, &p);
    bind(&b, 0, p.team, "2026-01-01");
    bind(&b, 0, p.other_team, "2026-02-03");
    sync_one(&b, 3, 0);
    ad = number_of(&b,
                   "select min(ad_id) from ad_fact where day = '2026-02-02' and account_id = "
                   "(select id from ad_account where external_id = $1)",
                   0);

    check_int(200, get(&b, p.one, ad_path(&b, ad, "2026-02-02")).status);
    check_int(404, get(&b, p.other, ad_path(&b, ad, "2026-02-02")).status);
    check_int(404, get(&b, p.other, ad_path(&b, ad, "2026-02-02/raw")).status);
    check_int(404, get(&b, p.one, ad_path(&b, ad, "2026-02-03")).status);
    check_int(200, get(&b, p.one, ad_path(&b, ad, "2026-02-02/raw")).status);
    bench_close(&b);
}

/* ---- totals ---- */

static int64_t differ(struct bench *b)
{
    struct tx *tx = NULL;
    int64_t n = -1;

    check_ok(tx_begin(b->cx, b->c.app.db, TX_READ, &tx));
    check_ok(ads_verify(tx, &n));
    tx_end(&tx);
    return n;
}

#define RESIDUALS "from ad_fact f join ad a on a.id = f.ad_id where a.external_id like 'residual:%'"

DB_TEST(ads_that_add_up_to_the_account_leave_nothing_over)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);

    sync_one(&b, 7, 0);

    check_int(7, number(&b, "select count(*) from ad_account_day"));
    check_int(6, number(&b, "select count(*) from ad_sync_slice where compared_at is not null and "
                            "account_spend_micros = ads_spend_micros"));
    check_int(0, number(&b, "select count(*) " RESIDUALS));
    check_int(0, differ(&b));
    bench_close(&b);
}

DB_TEST(what_no_ad_explains_stands_as_a_pseudo_ad_so_that_nothing_is_lost)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sim_set(b.sim, SIM_HIDE_ROWS, 30);

    sync_one(&b, 7, 0);

    check(number(&b, "select count(*) " RESIDUALS) > 0);
    check_int(0, number(&b, "select count(*) " RESIDUALS " and a.name <> 'Not in any ad'"));
    check_int(0, number(&b, "select count(*) " RESIDUALS " and f.day >= '2026-02-03'"));
    check_int(0, differ(&b));
    check_int(number(&b, "select cast(sum(spend_micros) as bigint) from ad_account_day where day "
                         "< '2026-02-03'"),
              number(&b, "select cast(sum(spend_micros) as bigint) from ad_fact where day < "
                         "'2026-02-03'"));
    check_holds(S("once more"), b.said);
    check(number(&b, "select count(*) from ad_sync_slice where error like '%add up%'") > 0);
    bench_close(&b);
}

DB_TEST(a_day_that_stays_apart_is_read_again_once_and_no_more)
{
    struct bench b;
    int64_t written;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sim_set(b.sim, SIM_HIDE_ROWS, 30);
    sync_one(&b, 4, 0);
    check_holds(S("once more"), b.said);

    sync_one(&b, 4, 0);

    check(!memmem(b.said.ptr, b.said.len, "once more", 9));
    check_int(0, b.run.written);
    sim_set(b.sim, SIM_HIDE_ROWS, 0);
    sync_one(&b, 4, 0);
    written = b.run.written;
    check(written > 0);
    check_int(0, number(&b, "select count(*) " RESIDUALS));
    check(number(&b, "select count(*) from ad_fact_version v join ad a on a.id = v.ad_id where "
                     "a.external_id like 'residual:%'") > 0);
    check_int(shown_spend(&b, 0, 4), spend_of(&b, 0));
    check_int(0, differ(&b));
    bench_close(&b);
}

DB_TEST(the_residual_opens_down_to_the_accounts_own_row)
{
    struct bench b;
    struct people p;
    struct answer a;
    int64_t ad;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    people_open(&b, &p);
    sim_set(b.sim, SIM_HIDE_ROWS, 50);
    sync_one(&b, 2, 0);
    ad = number(&b, "select max(f.ad_id) " RESIDUALS);
    check(ad > 0);

    a = get(&b, p.admin, ad_path(&b, ad, "2026-02-02/raw"));

    check_int(200, a.status);
    check_holds(S("\"date_start\":\"2026-02-02\""), a.body);
    check(!memmem(a.body.ptr, a.body.len, "ad_id", 5));
    bench_close(&b);
}

DB_TEST(a_fact_that_was_changed_by_hand_is_found)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    sync_one(&b, 4, 0);
    check_int(0, differ(&b));

    change(&b, "update ad_fact set spend_micros = spend_micros + 1 where day = '2026-02-01'");

    check_int(1, differ(&b));
    bench_close(&b);
}

DB_TEST(totals_that_cannot_be_had_cost_nothing_else)
{
    struct bench b;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    fault(&b, "insights?level=account", "\"kind\":\"not_granted\"");

    sync_one(&b, 4, 0);

    check_int(0, b.run.failed);
    check_holds(S("no totals of the account"), b.said);
    check_int(shown_spend(&b, 0, 4), spend_of(&b, 0));
    check_int(0, number(&b, "select count(*) from ad_account_day"));
    bench_close(&b);
}

DB_TEST(days_of_an_account_say_how_well_they_are_known)
{
    struct bench b;
    struct people p;
    struct answer a;
    const char *path;
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    people_open(&b, &p);
    bind(&b, 0, p.team, "2026-02-02");
    sim_set(b.sim, SIM_HIDE_ROWS, 50);
    sync_one(&b, 3, 0);
    path =
        arena_fmt(cx->arena, "/api/v1/accounts/%lld/days?from=2026-01-31&to=2026-02-03",
                  (long long)number_of(&b, "select id from ad_account where external_id = $1", 0))
            .ptr;

    a = get(&b, p.admin, path);
    check_int(200, a.status);
    check_holds(S("{\"day\":\"2026-01-31\",\"state\":\"missing\",\"rows\":null"), a.body);
    check_holds(S("{\"day\":\"2026-02-02\",\"state\":\"ok\""), a.body);
    check(!memmem(a.body.ptr, a.body.len, "\"residual\":0", 12));
    a = get(&b, p.one, path);
    check_int(200, a.status);
    check(!memmem(a.body.ptr, a.body.len, "2026-02-01", 10));
    check_holds(S("2026-02-02"), a.body);
    check_int(404, get(&b, p.other, path).status);
    bench_close(&b);
}
