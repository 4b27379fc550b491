/* The fake Graph API over real HTTP: each quirk that a client must live with. */
#include <string.h>

#include "base/crypto.h"
#include "base/money.h"
#include "sim_bench.h"

static struct str act(struct bench *b, uint32_t account, const char *rest)
{
    return arena_fmt(b->cx->arena, "/act_%.*s%s", STR_FMT(b->w->accounts[account].id), rest);
}

/* "/act_1/insights?time_range={since..until}&rest" */
static struct str insights(struct bench *b, uint32_t account, int64_t since, int64_t until,
                           const char *rest)
{
    struct arena *a = b->cx->arena;
    struct str from = day_text(a, day_from_number(since)), to = day_text(a, day_from_number(until));
    struct str range = url_encode(
        a, arena_fmt(a, "{\"since\":\"%.*s\",\"until\":\"%.*s\"}", STR_FMT(from), STR_FMT(to)));

    return arena_fmt(a, "/act_%.*s/insights?time_range=%.*s&%s",
                     STR_FMT(b->w->accounts[account].id), STR_FMT(range), rest);
}

static struct str graph(struct bench *b, struct str path)
{
    return arena_fmt(b->cx->arena, "/graph/v25.0%.*s", STR_FMT(path));
}

static void check_refusal(struct refusal r, int status, int64_t code, int64_t subcode)
{
    check_int(status, r.status);
    check_int(code, r.code);
    check_int(subcode, r.subcode);
}

static int64_t minor_of(const struct json_in *row)
{
    int64_t minor = 0;

    if (json_type(json_get(row, "spend")) != JSON_NONE)
        check(json_as_dec(json_get(row, "spend"), 2, &minor));
    return minor;
}

/* ---- the door ---- */

TEST(a_token_is_needed_and_may_come_either_way)
{
    struct bench b = bench_start(cx);
    struct str query =
        arena_fmt(cx->arena, "/graph/v25.0/me?access_token=%.*s", STR_FMT(b.w->tokens[0]));
    struct answer a = bench_get(&b, query, -1);

    check_int(200, a.status);
    check(text_in(graph_ok(&b, S("/me?fields=id,name")), "id").len > 10);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me"), -1), 400, 2500, 0);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me?access_token=EAAwrong"), -1), 400, 190, 0);
    bench_stop(&b);
}

TEST(the_second_token_can_expire)
{
    struct bench b = bench_start(cx);
    struct str debug =
        arena_fmt(cx->arena, "/debug_token?input_token=%.*s", STR_FMT(b.w->tokens[1]));
    bool is_valid = false;

    check_int(200, bench_get(&b, S("/graph/v25.0/me"), 1).status);
    check(json_as_bool(json_get(json_get(graph_ok(&b, debug), "data"), "is_valid"), &is_valid));
    check(is_valid);
    sim_set(b.sim, SIM_DEAD_TOKEN, 1);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me"), 1), 400, 190, 463);
    check_int(200, bench_get(&b, S("/graph/v25.0/me"), 0).status);
    check(json_as_bool(json_get(json_get(graph_ok(&b, debug), "data"), "is_valid"), &is_valid));
    check(!is_valid);
    bench_stop(&b);
}

TEST(dead_versions_are_refused_by_the_clock)
{
    struct bench b = bench_start(cx);

    check_refusal(graph_refusal(&b, S("/graph/v21.0/me"), 0), 400, 2635, 0);
    check_refusal(graph_refusal(&b, S("/graph/v3.1/me"), 0), 400, 2635, 0);
    check_refusal(graph_refusal(&b, S("/graph/latest/me"), 0), 400, 2500, 0);
    check_int(200, bench_get(&b, S("/graph/v24.0/me"), 0).status);
    fake_clock_advance(test_clock(cx), 300LL * 86400000);
    check_refusal(graph_refusal(&b, S("/graph/v24.0/me"), 0), 400, 2635, 0);
    bench_stop(&b);
}

TEST(the_proof_is_checked_when_a_secret_is_set)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.app_secret = S("testsecret")});
    unsigned char mac[CRYPTO_MAC];

    hmac_sha256(S("testsecret"), b.w->tokens[0], mac);
    struct str proof = hex_text(cx->arena, (struct str){(const char *)mac, sizeof mac});
    struct str good = arena_fmt(cx->arena, "/me?appsecret_proof=%.*s", STR_FMT(proof));

    check(text_in(graph_ok(&b, good), "name").len > 0);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me"), 0), 400, 100, 0);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me?appsecret_proof=00"), 0), 400, 100, 0);
    bench_stop(&b);
}

TEST(usage_headers_come_with_every_answer)
{
    struct bench b = bench_start(cx);

    sim_set(b.sim, SIM_USAGE_PERCENT, 100);
    struct answer good = bench_get(&b, graph(&b, act(&b, 0, "/campaigns")), 0);
    struct answer bad = bench_get(&b, graph(&b, act(&b, 0, "/campaigns?fields=nonsense")), 0);
    check_holds(b.w->accounts[0].id, answer_header(&good, "x-business-use-case-usage"));
    check_holds(S("\"estimated_time_to_regain_access\":5"),
                answer_header(&good, "x-business-use-case-usage"));
    check_holds(S("\"call_count\":50"), answer_header(&good, "x-app-usage"));
    check_holds(S("acc_id_util_pct"), answer_header(&good, "x-ad-account-usage"));
    check_int(400, bad.status);
    check_holds(S("acc_id_util_pct"), answer_header(&bad, "x-fb-ads-insights-throttle"));
    bench_stop(&b);
}

/* ---- accounts and what is in them ---- */

TEST(each_token_sees_its_own_accounts)
{
    struct bench b = bench_start(cx);
    const struct json_in *data =
        json_get(graph_ok(&b, S("/me/adaccounts?fields=id,account_id,name,currency,timezone_name,"
                                "timezone_offset_hours_utc,amount_spent,account_status")),
                 "data");
    uint32_t other = 0;

    check_int(b.w->naccounts - 1, json_len(data));
    check_str(b.w->accounts[0].id, text_in(json_at(data, 0), "account_id"));
    check(str_starts(text_in(json_at(data, 0), "id"), S("act_")));
    check(text_in(json_at(data, 0), "amount_spent").len > 0); /* a number, as text */
    while (b.w->accounts[other].token == 0)
        other++;
    check_refusal(graph_refusal(&b, graph(&b, act(&b, other, "/ads")), 0), 403, 200, 0);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/act_1/ads"), 0), 400, 100, 33);
    bench_stop(&b);
}

TEST(the_last_page_has_a_cursor_and_no_next)
{
    struct bench b = bench_start(cx);
    const struct json_in *first = graph_ok(&b, S("/me/adaccounts?limit=2"));
    const struct json_in *paging = json_get(first, "paging");
    struct str after = text_in(json_get(paging, "cursors"), "after");

    check_int(2, json_len(json_get(first, "data")));
    check_holds(b.w->tokens[0], text_in(paging, "next")); /* Meta puts it in clear there */
    check_holds(S("limit=2"), text_in(paging, "next"));
    const struct json_in *rest =
        graph_ok(&b, arena_fmt(cx->arena, "/me/adaccounts?limit=100&after=%.*s", STR_FMT(after)));
    paging = json_get(rest, "paging");
    check_int(b.w->naccounts - 3, json_len(json_get(rest, "data")));
    check(text_in(json_get(paging, "cursors"), "after").len > 0);
    check(json_type(json_get(paging, "next")) == JSON_NONE);
    after = text_in(json_get(paging, "cursors"), "after");
    rest = graph_ok(&b, arena_fmt(cx->arena, "/me/adaccounts?after=%.*s", STR_FMT(after)));
    check_int(0, json_len(json_get(rest, "data")));
    check(json_type(json_get(rest, "paging")) == JSON_NONE);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me/adaccounts?after=nonsense"), 0), 400, 100,
                  0);
    check_refusal(graph_refusal(&b, S("/graph/v25.0/me/adaccounts?limit=0"), 0), 400, 100, 0);
    bench_stop(&b);
}

static size_t count_entities(struct bench *b, const char *rest)
{
    return json_len(json_get(graph_ok(b, act(b, 0, rest)), "data"));
}

TEST(archived_and_deleted_are_listed_only_when_asked_for)
{
    struct bench b = bench_start(cx);
    const char *all = "/ads?limit=1000&effective_status=%5B%22ACTIVE%22%2C%22PAUSED%22%2C%22DELETED"
                      "%22%2C%22ARCHIVED%22%2C%22CAMPAIGN_PAUSED%22%2C%22DISAPPROVED%22%5D";
    struct str filtering = percent(
        &b, "[{\"field\":\"ad.effective_status\",\"operator\":\"IN\",\"value\":[\"DELETED\"]}]");
    struct str deleted = arena_fmt(cx->arena, "/ads?limit=1000&filtering=%.*s", STR_FMT(filtering));

    check_int(b.w->accounts[0].nads, count_entities(&b, all));
    check(count_entities(&b, "/ads?limit=1000") < b.w->accounts[0].nads);
    size_t n = count_entities(&b, str_z(cx->arena, deleted));
    check(n > 0 && n < b.w->accounts[0].nads / 2);
    check_refusal(graph_refusal(&b, graph(&b, act(&b, 0, "/ads?filtering=%5B%7B%7D%5D")), 0), 400,
                  100, 0);
    bench_stop(&b);
}

TEST(entities_tell_what_was_asked_for_in_the_vendors_forms)
{
    struct bench b = bench_start(cx);
    const struct json_in *ad = json_at(
        json_get(graph_ok(&b, act(&b, 0,
                                  "/ads?fields=id,name,campaign_id,adset_id,effective_status,"
                                  "creative%7Bid,url_tags%7D,updated_time&limit=1")),
                 "data"),
        0);
    enum world_kind kind = 0;
    uint32_t index = 0;
    int64_t id = 0;

    check(str_to_int(text_in(ad, "id"), &id) && world_find(b.w, id, &kind, &index));
    check(kind == WORLD_AD);
    check_str(world_name(b.w, cx->arena, WORLD_AD, index), text_in(ad, "name"));
    check_holds(S("utm_content={{ad.id}}"), text_in(json_get(ad, "creative"), "url_tags"));
    check_int(24, text_in(ad, "updated_time").len);
    check_int(7, json_len(ad));
    check_refusal(graph_refusal(&b, graph(&b, act(&b, 0, "/campaigns?fields=id,billing_event")), 0),
                  400, 100, 0);
    const struct json_in *node =
        graph_ok(&b, arena_fmt(cx->arena, "/%lld?fields=id,name", (long long)id));
    check_str(text_in(ad, "name"), text_in(node, "name"));
    check_refusal(graph_refusal(&b, S("/graph/v25.0/120200000000000001"), 0), 400, 100, 33);
    bench_stop(&b);
}

TEST(a_budget_is_minor_units_on_one_of_two_levels)
{
    struct bench b = bench_start(cx);
    const struct json_in *data =
        json_get(graph_ok(&b, act(&b, 0, "/campaigns?fields=id,daily_budget&limit=100")), "data");
    struct json_iter it = json_iter(data);
    const struct json_in *c;
    int with = 0, without = 0;
    int64_t minor;

    while ((c = json_next(&it, NULL))) {
        struct str budget = text_in(c, "daily_budget");
        if (budget.len && !str_eq(budget, S("0"))) {
            check(str_to_int(budget, &minor) && minor > 100);
            with++;
        } else {
            without++;
        }
    }
    check(with > 0 && without > 0);
    bench_stop(&b);
}

/* ---- insights ---- */

struct walk {
    int64_t rows, spend, impressions, leads, purchases, pages;
};

static int64_t action_value(const struct json_in *row, const char *type)
{
    struct json_iter it = json_iter(json_get(row, "actions"));
    const struct json_in *action;
    int64_t v = 0;

    while ((action = json_next(&it, NULL)))
        if (str_eq(text_in(action, "action_type"), str_of(type)))
            check(json_as_int(json_get(action, "value"), &v));
    return v;
}

static void add_rows(const struct json_in *data, struct walk *sum)
{
    struct json_iter it = json_iter(data);
    const struct json_in *row;
    int64_t n;

    while ((row = json_next(&it, NULL))) {
        sum->rows++;
        sum->spend += minor_of(row);
        sum->impressions += json_as_int(json_get(row, "impressions"), &n) ? n : 0;
        sum->leads += action_value(row, "lead");
        sum->purchases += action_value(row, "offsite_conversion.fb_pixel_purchase");
        check_str(text_in(row, "date_start"), text_in(row, "date_stop"));
    }
}

#define FIELDS "fields=ad_id,campaign_id,spend,impressions,clicks,inline_link_clicks,reach,actions"

static struct walk walk_account(struct bench *b, uint32_t account, int limit)
{
    struct walk sum = {0};
    struct str after = S("");

    for (;;) {
        struct str rest =
            arena_fmt(b->cx->arena, "level=ad&time_increment=1&limit=%d&" FIELDS "&after=%.*s",
                      limit, STR_FMT(after));
        struct str path =
            graph(b, insights(b, account, b->w->first_day, b->w->today, str_z(b->cx->arena, rest)));
        if (!after.len)
            path.len -= sizeof("&after=") - 1;
        struct answer a = bench_get(b, path, b->w->accounts[account].token);
        check_int(200, a.status);
        const struct json_in *root = bench_json(b, &a);
        add_rows(json_get(root, "data"), &sum);
        sum.pages++;
        check(json_len(json_get(root, "data")) <= (size_t)limit);
        if (json_type(json_get(json_get(root, "paging"), "next")) == JSON_NONE)
            return sum;
        after = text_in(json_get(json_get(root, "paging"), "cursors"), "after");
    }
}

TEST(all_pages_of_all_accounts_add_up_to_the_truth)
{
    struct bench b = bench_start(cx);
    struct world_moment at = sim_moment(b.sim);
    struct world_ask ask = {b.w->first_day, b.w->today, at, false, false};
    size_t n = (size_t)(b.w->today - b.w->first_day + 1) * (WORLD_TEAMS + 1);
    struct world_sums *truth =
        arena_alloc(cx->arena, n * sizeof *truth, _Alignof(struct world_sums));
    struct walk sum = {0};
    int64_t impressions = 0, leads = 0, purchases = 0;

    for (uint32_t i = 0; i < b.w->naccounts; i++) {
        struct walk one = walk_account(&b, i, 500);
        check_int(world_spend(b.w, i, b.w->first_day, b.w->today, &at), one.spend);
        sum.impressions += one.impressions;
        sum.leads += one.leads;
        sum.purchases += one.purchases;
    }
    check_ok(world_truth(cx, b.w, &ask, truth));
    for (size_t i = 0; i < n; i++) {
        impressions += truth[i].impressions;
        leads += truth[i].meta_leads;
        purchases += truth[i].meta_purchases;
    }
    check_int(impressions, sum.impressions);
    check_int(leads, sum.leads);
    check_int(purchases, sum.purchases);
    check(purchases > 0);
    bench_stop(&b);
}

TEST(the_size_of_pages_does_not_change_what_is_on_them)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 12}});
    struct walk small = walk_account(&b, 1, 7), large = walk_account(&b, 1, 5000);

    check_int(large.rows, small.rows);
    check_int(large.spend, small.spend);
    check_int(1, large.pages);
    check_int((large.rows + 6) / 7, small.pages);
    bench_stop(&b);
}

TEST(both_ends_of_a_range_belong_to_it)
{
    struct bench b = bench_start(cx);
    int64_t day = b.w->today - 5;
    const struct json_in *one = json_at(
        json_get(graph_ok(&b, insights(&b, 0, day, day, "fields=spend,account_currency")), "data"),
        0);
    const struct json_in *two = json_get(
        graph_ok(&b, insights(&b, 0, day, day + 1, "fields=spend&time_increment=1")), "data");
    struct world_moment at = sim_moment(b.sim);

    check_int(world_spend(b.w, 0, day, day, &at), minor_of(one));
    check_str(S("USD"), text_in(one, "account_currency"));
    check_int(2, json_len(two));
    check_int(minor_of(one), minor_of(json_at(two, 0)));
    bench_stop(&b);
}

TEST(levels_and_increments_add_up_the_same_money)
{
    static const char *const asks[] = {"level=account",
                                       "level=campaign&limit=500",
                                       "level=adset&limit=500",
                                       "level=ad&limit=500",
                                       "level=account&time_increment=7",
                                       "level=account&time_increment=monthly",
                                       "level=ad&limit=500&breakdowns=publisher_platform"};
    struct bench b = bench_start(cx);
    struct world_moment at = sim_moment(b.sim);
    int64_t truth = world_spend(b.w, 0, b.w->today - 40, b.w->today, &at);

    for (size_t i = 0; i < COUNT(asks); i++) {
        struct str rest = arena_fmt(cx->arena, "fields=spend,campaign_name&%s", asks[i]);
        const struct json_in *data = json_get(
            graph_ok(&b, insights(&b, 0, b.w->today - 40, b.w->today, str_z(cx->arena, rest))),
            "data");
        struct json_iter it = json_iter(data);
        const struct json_in *row;
        int64_t sum = 0;
        while ((row = json_next(&it, NULL)))
            sum += minor_of(row);
        check_int(truth, sum);
    }
    bench_stop(&b);
}

TEST(numbers_are_texts_and_zeros_have_no_key)
{
    struct bench b = bench_start(cx);
    const struct json_in *data = json_get(
        graph_ok(&b,
                 insights(&b, 0, b.w->today - 9, b.w->today - 1,
                          "level=ad&time_increment=1&limit=500&fields=spend,impressions,clicks,"
                          "inline_link_clicks,reach,ctr,cpc,cpm,frequency,actions,action_values")),
        "data");
    struct json_iter it = json_iter(data);
    const struct json_in *row, *value;
    size_t without_actions = 0, without_values = 0;
    struct str key;

    while ((row = json_next(&it, NULL))) {
        struct json_iter keys = json_iter(row);
        while ((value = json_next(&keys, &key))) {
            enum json_type type = json_type(value);
            check(type == (str_starts(key, S("action")) ? JSON_ARR : JSON_STR));
            if (type == JSON_STR)
                check(!str_eq(text_in(row, str_z(cx->arena, key)), S("0")));
        }
        without_actions += json_get(row, "actions") == NULL;
        without_values += json_get(row, "action_values") == NULL;
    }
    check(json_len(data) > 20 && without_values > json_len(data) / 2);
    check(without_actions < json_len(data));
    bench_stop(&b);
}

TEST(a_purchase_is_told_under_several_names)
{
    struct bench b = bench_start(cx);
    struct str rest = S("level=ad&time_increment=1&limit=2000&fields=ad_id,actions,action_values&"
                        "action_attribution_windows=%5B%227d_click%22%2C%227d_view%22%5D");
    const struct json_in *data = json_get(
        graph_ok(&b, insights(&b, 0, b.w->first_day, b.w->today, str_z(cx->arena, rest))), "data");
    struct json_iter it = json_iter(data);
    const struct json_in *row;
    int several = 0, alone = 0;

    while ((row = json_next(&it, NULL))) {
        int64_t pixel = action_value(row, "offsite_conversion.fb_pixel_purchase");
        int64_t omni = action_value(row, "omni_purchase");
        if (!pixel)
            continue;
        several += omni == pixel;
        alone += omni == 0;
        const struct json_in *first = json_at(json_get(row, "actions"), 0);
        check_str(text_in(first, "value"), text_in(first, "7d_click"));
        check(json_get(first, "7d_view") == NULL); /* gone since 2026-01-12 */
    }
    check(several > 0 && several > alone);
    bench_stop(&b);
}

TEST(wrong_questions_about_insights_are_refused)
{
    struct bench b = bench_start(cx);
    int64_t today = b.w->today;

    check_refusal(graph_refusal(&b, graph(&b, insights(&b, 0, today, today - 1, "level=ad")), 0),
                  400, 100, 0);
    check_refusal(graph_refusal(&b, graph(&b, insights(&b, 0, today - 1200, today, "level=ad")), 0),
                  400, 100, 3018);
    check_refusal(
        graph_refusal(&b, graph(&b, insights(&b, 0, today, today, "fields=spend,age")), 0), 400,
        100, 0);
    check_refusal(
        graph_refusal(&b, graph(&b, insights(&b, 0, today, today, "fields=spend,nonsense")), 0),
        400, 100, 0);
    check_refusal(graph_refusal(&b, graph(&b, insights(&b, 0, today, today, "level=planet")), 0),
                  400, 100, 0);
    check_refusal(
        graph_refusal(&b, graph(&b, insights(&b, 0, today, today, "time_increment=91")), 0), 400,
        100, 0);
    check_refusal(
        graph_refusal(&b, graph(&b, insights(&b, 0, today, today, "breakdowns=age,region")), 0),
        400, 2, 1504041);
    check_refusal(graph_refusal(&b, graph(&b, act(&b, 0, "/insights?time_range=tuesday")), 0), 400,
                  100, 0);
    bench_stop(&b);
}

TEST(thirty_seven_months_are_kept_and_not_a_day_more)
{
    struct bench b = bench_start(cx); /* 2026-02-03 */
    struct date oldest = {2023, 1, 3};

    graph_ok(&b, insights(&b, 0, day_number(oldest), b.w->today, "level=account"));
    check_refusal(
        graph_refusal(
            &b, graph(&b, insights(&b, 0, day_number(oldest) - 1, b.w->today, "level=ad")), 0),
        400, 100, 3018);
    bench_stop(&b);
}

TEST(a_restatement_shows_in_the_next_answer)
{
    struct bench b = bench_start(cx);
    struct walk before = walk_account(&b, 0, 500);

    sim_set(b.sim, SIM_RESTATE, 1);
    struct walk after = walk_account(&b, 0, 500);
    check(after.spend != before.spend);
    check(after.rows < before.rows);
    sim_set(b.sim, SIM_RESTATE, 0);
    check_int(before.spend, walk_account(&b, 0, 500).spend);
    bench_stop(&b);
}

TEST(today_is_not_over_and_follows_the_clock_of_the_account)
{
    struct bench b = bench_start(cx);
    uint32_t far = 0;
    int64_t morning = walk_account(&b, 0, 500).spend;

    fake_clock_advance(test_clock(cx), 6 * 3600000);
    check(walk_account(&b, 0, 500).spend > morning);
    while (!str_eq(b.w->accounts[far].tz, S("America/Los_Angeles")))
        far++;
    fake_clock_set(test_clock(cx), TEST_NOW_MS); /* there it is still yesterday evening */
    const struct json_in *root =
        graph_ok(&b, insights(&b, far, b.w->today, b.w->today, "level=ad&fields=spend"));
    check_int(0, json_len(json_get(root, "data")));
    check(json_get(root, "paging") == NULL);
    bench_stop(&b);
}

TEST(an_account_without_ads_answers_with_an_empty_list)
{
    struct bench b = bench_start(cx);
    uint32_t last = b.w->naccounts - 1;

    check_int(0, json_len(json_get(graph_ok(&b, act(&b, last, "/campaigns")), "data")));
    const struct json_in *root =
        graph_ok(&b, insights(&b, last, b.w->today - 9, b.w->today, "level=ad"));
    check_int(0, json_len(json_get(root, "data")));
    bench_stop(&b);
}
