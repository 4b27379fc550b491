/* meta_rows_test.c: Meta's rows and errors, without a connection. */
#include "fake_vendor.h"
#include "test.h"
#include "vendors/meta.h"

#include <string.h>

static const struct json_in *kept(struct ctx *cx, const char *name)
{
    const struct json_in *root;

    check_ok(json_parse(cx, vendor_reply(cx->arena, name), &root));
    return root;
}

static const struct json_in *row(struct ctx *cx, const char *name, size_t i)
{
    return json_at(json_get(kept(cx, name), "data"), i);
}

static struct meta_insight insight(struct ctx *cx, const char *name, size_t i)
{
    struct meta_insight out;

    check_ok(meta_insight_read(cx, row(cx, name, i), &out));
    return out;
}

TEST(a_row_of_insights_is_read_exactly)
{
    struct meta_insight r = insight(cx, "meta/insights_page1.json", 0);

    check_str(S("212551616838260"), r.account_id);
    check_str(S("USD"), r.account_currency);
    check_str(S("23845000000000001"), r.campaign_id);
    check_str(S("KZ | Leads | Команда А"), r.campaign_name);
    check_str(S("23845000000000011"), r.adset_id);
    check_str(S("23845000000000111"), r.ad_id);
    check_str(S("2026-02-03"), r.day);
    check_int(14350000, r.spend_micros);
    check_int(185, r.impressions);
    check_int(9, r.clicks);
    check_int(7, r.link_clicks);
    check(r.reach.known);
    check_int(171, r.reach.v);
}

TEST(of_several_names_of_one_conversion_the_first_counts_and_none_are_added)
{
    struct meta_insight r = insight(cx, "meta/insights_page1.json", 0);

    check_int(2, r.leads);
    check_str(S("lead"), r.lead_action);
    check_int(3, r.purchases);
    check_str(S("omni_purchase"), r.purchase_action);
    check_int(361250000, r.purchase_value_micros);
    check_str(S("onsite_conversion.lead_grouped"),
              insight(cx, "meta/insights_page2.json", 0).lead_action);
}

TEST(absent_counts_are_zero_and_absent_reach_is_unknown)
{
    struct meta_insight r = insight(cx, "meta/insights_page1.json", 1);

    check_int(100000, r.spend_micros);
    check_int(3, r.impressions);
    check_int(0, r.clicks);
    check_int(0, r.leads);
    check_int(0, r.purchases);
    check_str(S(""), r.lead_action);
    check(!r.reach.known);
}

TEST(null_is_the_same_as_absent)
{
    struct meta_insight r = insight(cx, "meta/insights_nulls.json", 0);

    check_int(0, r.impressions);
    check(!r.reach.known);
    check_str(S(""), r.ad_name);
}

TEST(numbers_may_come_as_numbers)
{
    struct meta_insight r = insight(cx, "meta/insights_numbers.json", 0);

    check_str(S("23845000000000111"), r.ad_id);
    check_int(14350000, r.spend_micros);
    check_int(185, r.impressions);
    check_int(2, r.leads);
    check_int(120500000, r.purchase_value_micros);
}

TEST(long_ids_and_counts_past_2_to_the_53_stay_exact)
{
    struct meta_insight r = insight(cx, "meta/insights_many_digits.json", 0);

    check_str(S("123456789012345678"), r.ad_id);
    check_int(123456, r.spend_micros);
    check_int(9007199254740993, r.impressions);
}

TEST(decimals_past_the_sixth_are_rounded)
{
    static const struct {
        const char *spend;
        int64_t micros;
    } all[] = {
        {"\"0.12345649\"",  123456   },
        {"\"0.1234565\"",   123457   },
        {"0.12345649",      123456   },
        {"9.6700000000001", 9670000  },
        {"1e2",             100000000},
        {"1.5E-7",          0        }
    };

    for (size_t i = 0; i < COUNT(all); i++) {
        const struct json_in *root;
        struct meta_insight out;
        check_ok(json_parse(
            cx, arena_fmt(cx->arena, "{\"date_start\":\"2026-02-03\",\"spend\":%s}", all[i].spend),
            &root));
        check_ok(meta_insight_read(cx, root, &out));
        check_int(all[i].micros, out.spend_micros);
    }
}

static void wrong_row(const char *name, struct str bytes, void *self)
{
    struct ctx *cx = self;
    const struct json_in *root;
    struct meta_insight out;
    struct meta_entity entity;
    bool is_insight = strstr(name, "/wrong_insight_") != NULL;

    if (!is_insight && !strstr(name, "/wrong_entity_"))
        return;
    check_ok(json_parse(cx, bytes, &root));
    root = json_at(json_get(root, "data"), 0);
    enum err err = is_insight ? meta_insight_read(cx, root, &out)
                              : meta_entity_read(cx, root, S("USD"), &entity);
    if (err != ERR_UPSTREAM)
        test_fail(TEST_AT("row"), "%s was taken", name);
    ctx_forgive(cx);
}

TEST(rows_of_wrong_types_are_refused_and_say_why)
{
    vendor_reply_each(cx->arena, "meta", wrong_row, cx);
}

TEST(accounts_are_read_with_status_zone_and_minor_units)
{
    struct meta_account a;

    check_ok(meta_account_read(cx, row(cx, "meta/accounts.json", 0), &a));
    check_str(S("212551616838260"), a.id);
    check_str(S("Main KZ"), a.name);
    check_str(S("USD"), a.currency);
    check_str(S("Asia/Almaty"), a.timezone_name);
    check_int(META_ACCOUNT_ACTIVE, a.status);
    check_int(300, a.utc_offset_minutes.v);
    check_int(391250000, a.amount_spent_micros.v);

    check_ok(meta_account_read(cx, row(cx, "meta/accounts.json", 1), &a));
    check_str(S("212551616838261"), a.id);
    check_str(S("disabled"), str_of(meta_account_status(a.status)));
    check_int(500000000, a.amount_spent_micros.v); /* the yen has no minor unit */

    check_ok(meta_account_read(cx, row(cx, "meta/accounts.json", 2), &a));
    check_str(S("3"), a.id);
    check_int(330, a.utc_offset_minutes.v);
    check_str(S("closed"), str_of(meta_account_status(a.status)));
    check(!a.amount_spent_micros.known);
    check_str(S("unknown"), str_of(meta_account_status(55)));
}

TEST(campaigns_ad_sets_and_ads_are_read)
{
    struct meta_entity e;

    check_ok(meta_entity_read(cx, row(cx, "meta/campaigns.json", 0), S("USD"), &e));
    check_str(S("OUTCOME_LEADS"), e.objective);
    check_int(50000000, e.daily_budget_micros.v);
    check(!e.lifetime_budget_micros.known);
    check_int(1769886000000, e.start_at.v);
    check_int(1770098575000, e.updated_at.v);
    check_ok(meta_entity_read(cx, row(cx, "meta/campaigns.json", 1), S("USD"), &e));
    check_str(S("DELETED"), e.effective_status);
    check(!e.lifetime_budget_micros.known && !e.daily_budget_micros.known); /* "0" is no budget */

    check_ok(meta_entity_read(cx, row(cx, "meta/adsets.json", 0), S("JPY"), &e));
    check_str(S("23845000000000001"), e.campaign_id);
    check_str(S("LEAD_GENERATION"), e.optimization_goal);
    check_int(2500000000, e.daily_budget_micros.v);
    check_int(1772305200000, e.stop_at.v);

    check_ok(meta_entity_read(cx, row(cx, "meta/ads.json", 0), S("USD"), &e));
    check_str(S("23845000000000011"), e.adset_id);
    check_str(S("23845000000000999"), e.creative_id);
    check_str(S("utm_source=fb&utm_campaign={{campaign.name}}&utm_content={{ad.id}}"), e.url_tags);
    check_ok(meta_entity_read(cx, row(cx, "meta/ads.json", 1), S("USD"), &e));
    check_str(S("23845000000000112"), e.id);
    check_str(S(""), e.creative_id);
}

TEST(currencies_without_minor_units_are_known)
{
    check_int(100, meta_currency_offset(S("USD")));
    check_int(100, meta_currency_offset(S("KZT")));
    check_int(100, meta_currency_offset(S("")));
    check_int(1, meta_currency_offset(S("JPY")));
    check_int(1, meta_currency_offset(S("VND")));
    check_int(1, meta_currency_offset(S("HUF")));
}

TEST(times_are_read_with_either_spelling_of_the_offset)
{
    int64_t at;

    check(meta_time_parse(S("2026-02-01T00:00:00+0500"), &at));
    check_int(1769886000000, at);
    check(meta_time_parse(S("2026-02-01T00:00:00+05:00"), &at));
    check_int(1769886000000, at);
    check(meta_time_parse(S("2020-04-13T18:04:59-0700"), &at));
    check_int(1586826299000, at);
    static const char *const wrong[] = {"",
                                        "2026-02-01",
                                        "2026-02-30T00:00:00+0500",
                                        "2026-02-01T24:00:00+0500",
                                        "2026-02-01 00:00:00+0500",
                                        "2026-02-01T00:00:00Z",
                                        "2026-02-01T00:00:00+9900",
                                        "2026-02-01T00:00:00+05000",
                                        "2026-02-01T0x:00:00+0500",
                                        "2026-02-01T-1:00:00+0500"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        check(!meta_time_parse(str_of(wrong[i]), &at));
}

/* ---- lists ---- */

TEST(more_pages_follow_only_when_next_and_a_cursor_are_there)
{
    struct meta_page p;

    check_ok(meta_page_read(cx, kept(cx, "meta/insights_page1.json"), &p));
    check_int(2, json_len(p.data));
    check_str(S("MjQZD"), p.after);
    static const char *const last[] = {
        "meta/insights_page2.json",           "meta/insights_empty.json",
        "meta/list_next_without_cursor.json", "meta/insights_empty_with_cursors.json",
        "meta/list_paging_is_a_word.json",    "meta/list_cursor_is_a_number.json"};
    for (size_t i = 0; i < COUNT(last); i++) {
        check_ok(meta_page_read(cx, kept(cx, last[i]), &p));
        check_str(S(""), p.after);
    }
}

TEST(a_list_without_rows_is_not_an_empty_list)
{
    static const char *const wrong[] = {"meta/list_without_data.json",
                                        "meta/list_data_is_an_object.json",
                                        "meta/list_data_is_null.json", "meta/me.json"};
    struct meta_page p;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(meta_page_read(cx, kept(cx, wrong[i]), &p), ERR_UPSTREAM);
        ctx_forgive(cx);
    }
}

/* ---- errors ---- */

static struct meta_reply read_body(struct ctx *cx, int status, struct str body)
{
    struct reply r = {.status = status, .body = body};
    struct meta_reply out;

    meta_reply_read(cx, &r, &out);
    check_err(cx->err, OK);
    return out;
}

static struct meta_reply read_error(struct ctx *cx, int status, int64_t code, int64_t subcode,
                                    const char *more)
{
    return read_body(cx, status,
                     arena_fmt(cx->arena,
                               "{\"error\":{\"message\":\"m\",\"code\":%lld,"
                               "\"error_subcode\":%lld%s}}",
                               (long long)code, (long long)subcode, more));
}

TEST(codes_have_the_class_of_the_table)
{
    static const struct {
        int64_t code, subcode;
        enum meta_class class;
    } table[] = {
        {1,      0,       META_RETRY       },
        {1,      99,      META_RETRY       },
        {2,      0,       META_RETRY       },
        {2,      1504038, META_RETRY       },
        {2,      1504041, META_BUG         },
        {2,      1504042, META_RETRY       },
        {2,      1504043, META_RETRY       },
        {2,      1504044, META_RETRY       },
        {2,      1504018, META_SPLIT       },
        {3,      0,       META_PERMISSION  },
        {4,      0,       META_WAIT_APP    },
        {4,      1504022, META_WAIT_APP    },
        {4,      1504039, META_WAIT_APP    },
        {10,     0,       META_PERMISSION  },
        {17,     2446079, META_WAIT_ACCOUNT},
        {32,     0,       META_WAIT_ACCOUNT},
        {100,    0,       META_BUG         },
        {100,    33,      META_PERMISSION  },
        {100,    1487534, META_SPLIT       },
        {100,    1504018, META_SPLIT       },
        {100,    3018,    META_BUG         },
        {102,    0,       META_RECONNECT   },
        {190,    0,       META_RECONNECT   },
        {190,    458,     META_RECONNECT   },
        {190,    459,     META_RECONNECT   },
        {190,    460,     META_RECONNECT   },
        {190,    463,     META_RECONNECT   },
        {190,    464,     META_RECONNECT   },
        {190,    467,     META_RECONNECT   },
        {190,    492,     META_RECONNECT   },
        {104,    0,       META_RETRY       },
        {199,    0,       META_BUG         },
        {200,    0,       META_PERMISSION  },
        {294,    0,       META_PERMISSION  },
        {299,    0,       META_PERMISSION  },
        {300,    0,       META_BUG         },
        {341,    0,       META_WAIT_APP    },
        {368,    0,       META_WAIT_ACCOUNT},
        {506,    0,       META_BUG         },
        {613,    1487742, META_WAIT_ACCOUNT},
        {613,    1996,    META_WAIT_ACCOUNT},
        {960,    0,       META_RETRY       },
        {2635,   0,       META_VERSION_DEAD},
        {80000,  2446079, META_WAIT_ACCOUNT},
        {80001,  0,       META_WAIT_ACCOUNT},
        {80004,  0,       META_WAIT_ACCOUNT},
        {80014,  0,       META_WAIT_ACCOUNT},
        {-2,     2490547, META_RETRY       },
        {999999, 0,       META_BUG         },
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct meta_reply r = read_error(cx, 400, table[i].code, table[i].subcode, "");
        if (r.class != table[i].class)
            test_fail(TEST_AT("class"), "code %lld/%lld is %s, not %s", (long long)table[i].code,
                      (long long)table[i].subcode, meta_class_slug(r.class),
                      meta_class_slug(table[i].class));
        bool is_wait = r.class == META_WAIT_ACCOUNT || r.class == META_WAIT_APP;
        check_int(is_wait, r.wait_ms > 0);
        check(!r.root);
    }
}

TEST(a_transient_error_of_an_unknown_code_is_tried_again)
{
    check_int(META_RETRY, read_error(cx, 400, 999999, 0, ",\"is_transient\":true").class);
    check_int(META_BUG, read_error(cx, 400, 999999, 0, ",\"is_transient\":false").class);
    check_int(META_RECONNECT, read_error(cx, 400, 190, 0, ",\"is_transient\":true").class);
    check_int(META_RETRY, read_error(cx, 503, 999999, 0, "").class);
}

TEST(an_error_inside_a_200_is_an_error)
{
    struct meta_reply r = read_error(cx, 200, 190, 463, "");

    check_int(META_RECONNECT, r.class);
    check_int(463, r.subcode);
}

TEST(kept_errors_have_their_class)
{
    static const struct {
        const char *name;
        enum meta_class class;
    } kept_errors[] = {
        {"meta/error_token_expired.json",  META_RECONNECT   },
        {"meta/error_token_echoed.json",   META_RECONNECT   },
        {"meta/error_account_limit.json",  META_WAIT_ACCOUNT},
        {"meta/error_app_limit.json",      META_WAIT_APP    },
        {"meta/error_business_limit.json", META_WAIT_ACCOUNT},
        {"meta/error_unknown.json",        META_RETRY       },
        {"meta/error_transient.json",      META_RETRY       },
        {"meta/error_reduce.json",         META_SPLIT       },
        {"meta/error_too_many_rows.json",  META_SPLIT       },
        {"meta/error_permission.json",     META_PERMISSION  },
        {"meta/error_no_object.json",      META_PERMISSION  },
        {"meta/error_version.json",        META_VERSION_DEAD},
        {"meta/error_invalid.json",        META_BUG         },
        {"meta/error_policy.json",         META_WAIT_ACCOUNT},
        {"meta/error_code_is_text.json",   META_RECONNECT   },
        {"meta/error_code_is_a_word.json", META_BUG         },
        {"meta/error_is_a_word.json",      META_BUG         },
    };

    for (size_t i = 0; i < COUNT(kept_errors); i++) {
        struct meta_reply r = read_body(cx, 400, vendor_reply(cx->arena, kept_errors[i].name));
        if (r.class != kept_errors[i].class)
            test_fail(TEST_AT("class"), "%s is %s", kept_errors[i].name, meta_class_slug(r.class));
    }
}

TEST(a_policy_block_lasts_at_least_an_hour)
{
    check(read_error(cx, 400, 368, 0, "").wait_ms >= 3600000);
}

TEST(a_token_repeated_in_a_message_is_taken_out)
{
    struct meta_reply r =
        read_body(cx, 400, vendor_reply(cx->arena, "meta/error_token_echoed.json"));

    check_str(S("Malformed access token ***"), r.message);
}

TEST(a_long_message_is_cut_at_a_whole_letter)
{
    struct str text = {0};

    for (int i = 0; i < 100; i++)
        text = arena_fmt(cx->arena, "%.*sяб ", STR_FMT(text));
    struct meta_reply r = read_body(
        cx, 400,
        arena_fmt(cx->arena, "{\"error\":{\"message\":\"%.*s\",\"code\":100}}", STR_FMT(text)));
    check(r.message.len > 100 && r.message.len <= 200);
    check(str_is_utf8(r.message));
}

TEST(replies_that_are_not_json_are_passing_trouble_or_our_mistake)
{
    static const char *const names[] = {"meta/bad_gateway.html",
                                        "meta/nonsense.txt",
                                        "meta/cut.json",
                                        "meta/empty.txt",
                                        "meta/deep.json",
                                        "meta/deep_error.json",
                                        "meta/list_at_the_root.json",
                                        "meta/null.json",
                                        "meta/bad_utf8.json",
                                        "meta/duplicate_keys.json"};

    for (size_t i = 0; i < COUNT(names); i++) {
        struct str body = vendor_reply(cx->arena, names[i]);
        check_int(META_RETRY, read_body(cx, 502, body).class);
        check_int(META_RETRY, read_body(cx, 200, body).class);
        check_int(META_RETRY, read_body(cx, 429, body).class);
        check_int(META_BUG, read_body(cx, 404, body).class);
        check_int(META_BUG, read_body(cx, 302, body).class);
    }
}

TEST(rows_under_an_error_status_are_not_rows)
{
    struct meta_reply r = read_body(cx, 500, S("{\"data\":[]}"));

    check_int(META_RETRY, r.class);
    check(!r.root);
}

static void read_any(const char *name, struct str bytes, void *self)
{
    static const int statuses[] = {200, 400, 500};
    struct ctx *cx = self;

    (void)name;
    for (size_t s = 0; s < COUNT(statuses); s++) {
        for (size_t cut = 0; cut <= bytes.len; cut += 1 + bytes.len / 30) {
            struct meta_reply r = read_body(cx, statuses[s], (struct str){bytes.ptr, cut});
            check_int(r.class == META_OK, r.root != NULL);
            check(str_is_utf8(r.message));
        }
    }
}

TEST(every_kept_reply_and_its_beginnings_are_survived)
{
    vendor_reply_each(cx->arena, "meta", read_any, cx);
}

/* ---- usage ---- */

static struct meta_usage usage_of(struct ctx *cx, const char *name, const char *value)
{
    struct pair header = {name, str_of(value)};
    struct reply r = {
        .status = 200, .body = S("{}"), .headers = value ? &header : NULL, .nheaders = 1};
    struct meta_reply out;

    meta_reply_read(cx, &r, &out);
    return out.usage;
}

TEST(the_four_usage_headers_are_read)
{
    struct meta_usage u = usage_of(
        cx, "x-business-use-case-usage",
        "{\"66782684\":[{\"type\":\"ads_insights\",\"call_count\":95,\"total_cputime\":20,"
        "\"total_time\":20,\"estimated_time_to_regain_access\":19},{\"type\":\"ads_management\","
        "\"call_count\":1,\"total_cputime\":1,\"total_time\":1,"
        "\"estimated_time_to_regain_access\":0}]}");
    check_int(95, u.account_percent);
    check_int(0, u.app_percent);
    check_int(19 * 60000, u.regain_ms);

    u = usage_of(cx, "x-app-usage", "{\"call_count\":28,\"total_time\":25.7,\"total_cputime\":2}");
    check_int(28, u.app_percent);
    u = usage_of(cx, "x-ad-account-usage",
                 "{\"acc_id_util_pct\":9.67,\"reset_time_duration\":100}");
    check_int(10, u.account_percent);
    check_int(0, u.regain_ms);
    u = usage_of(cx, "x-ad-account-usage", "{\"acc_id_util_pct\":100,\"reset_time_duration\":100}");
    check_int(100000, u.regain_ms);
    u = usage_of(cx, "x-fb-ads-insights-throttle",
                 "{\"app_id_util_pct\":100,\"acc_id_util_pct\":10}");
    check_int(100, u.app_percent);
    check_int(10, u.account_percent);
}

TEST(nonsense_in_a_usage_header_is_ignored)
{
    static const char *const values[] = {"",
                                         "x",
                                         "[]",
                                         "{\"call_count\":\"many\"}",
                                         "{\"call_count\":-5}",
                                         "{\"a\":1}",
                                         "{\"a\":[1,null,{}]}",
                                         "{\"call_count\":1e400}",
                                         "{\"call_count\":{}}"};
    static const char *const names[] = {"x-business-use-case-usage", "x-app-usage",
                                        "x-ad-account-usage", "x-fb-ads-insights-throttle"};

    for (size_t i = 0; i < COUNT(values); i++) {
        for (size_t k = 0; k < COUNT(names); k++) {
            struct meta_usage u = usage_of(cx, names[k], values[i]);
            check_int(0, u.app_percent);
            check_int(0, u.account_percent);
            check_int(0, u.regain_ms);
        }
    }
    check_err(cx->err, OK);
}

TEST(an_absurd_time_to_regain_access_is_bounded)
{
    struct meta_usage u = usage_of(cx, "x-business-use-case-usage",
                                   "{\"1\":[{\"call_count\":100,"
                                   "\"estimated_time_to_regain_access\":9223372036854775807}]}");

    check(u.regain_ms > 0 && u.regain_ms <= 7LL * 24 * 3600 * 1000);
}

TEST(the_pause_grows_with_the_percent)
{
    check_int(0, meta_usage_pause_ms(&(struct meta_usage){.account_percent = 74}));
    check_int(2000, meta_usage_pause_ms(&(struct meta_usage){.account_percent = 75}));
    check_int(4850, meta_usage_pause_ms(&(struct meta_usage){.app_percent = 94}));
    check_int(60000, meta_usage_pause_ms(&(struct meta_usage){.app_percent = 95}));
    check_int(120000, meta_usage_pause_ms(
                          &(struct meta_usage){.account_percent = 99, .regain_ms = 120000}));
}
