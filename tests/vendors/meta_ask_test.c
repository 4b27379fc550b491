/* meta_ask_test.c: what is asked of the insights and read back as asked; bytes as they came; the
 * calendar of versions. */
#include "meta_scene.h"
#include "vendors/meta_versions.h"

static struct str param_of(const struct meta_call *c, const char *name)
{
    for (size_t i = 0; i < c->nquery; i++)
        if (!strcmp(c->query[i].name, name))
            return c->query[i].value;
    return (struct str){0};
}

static struct meta_insights_ask plain(void)
{
    return (struct meta_insights_ask){
        .account = S("1"), .since = S("2026-02-01"), .until = S("2026-02-03"), .limit = 100};
}

TEST(breakdowns_are_asked_for_apart_from_fields)
{
    struct meta_insights_ask ask = plain();
    struct meta_call c = meta_call_insights(cx->arena, &ask);

    check_str(S(""), param_of(&c, "breakdowns"));
    check_str(S("1"), param_of(&c, "time_increment"));
    ask.breakdown = META_PLACEMENT;
    c = meta_call_insights(cx->arena, &ask);
    check_str(S("publisher_platform,platform_position,impression_device"),
              param_of(&c, "breakdowns"));
    check(!holds(param_of(&c, "fields"), "publisher_platform"));
    ask.breakdown = META_DEVICE;
    ask.whole_range = true;
    c = meta_call_insights(cx->arena, &ask);
    check_str(S("device_platform"), param_of(&c, "breakdowns"));
    check_str(S("all_days"), param_of(&c, "time_increment"));
}

TEST(a_lean_ask_leaves_out_names_and_reach)
{
    struct meta_insights_ask ask = plain();
    struct meta_call whole = meta_call_insights(cx->arena, &ask), lean;

    ask.is_lean = true;
    lean = meta_call_insights(cx->arena, &ask);
    check(holds(param_of(&whole, "fields"), "campaign_name") &&
          holds(param_of(&whole, "fields"), "objective"));
    check(!holds(param_of(&lean, "fields"), "name") && !holds(param_of(&lean, "fields"), "reach"));
    check(holds(param_of(&lean, "fields"), "ad_id") && holds(param_of(&lean, "fields"), "spend"));
    ask.level = META_LEVEL_ACCOUNT;
    lean = meta_call_insights(cx->arena, &ask);
    check(!holds(param_of(&lean, "fields"), "ad_id"));
    check(str_ends(param_of(&lean, "fields"), S("action_values")));
}

TEST(rows_can_be_asked_of_some_campaigns_only)
{
    static const struct str ids[] = {S("11"), S("12")};
    struct meta_insights_ask ask = plain();

    ask.within = META_LEVEL_CAMPAIGN;
    ask.ids = ids;
    ask.nids = COUNT(ids);
    struct meta_call c = meta_call_insights(cx->arena, &ask);
    check_str(S("[{\"field\":\"campaign.id\",\"operator\":\"IN\",\"value\":[\"11\",\"12\"]}]"),
              param_of(&c, "filtering"));
    ask.within = META_LEVEL_ADSET;
    ask.nids = 1;
    c = meta_call_insights(cx->arena, &ask);
    check_str(S("[{\"field\":\"adset.id\",\"operator\":\"IN\",\"value\":[\"11\"]}]"),
              param_of(&c, "filtering"));
}

TEST(a_row_tells_its_placement_and_unknown_for_what_is_left_out)
{
    struct meta_insights_ask ask = plain();
    struct meta_insight r;
    const struct json_in *row =
        parsed(cx, "{\"date_start\":\"2026-02-03\",\"date_stop\":\"2026-02-03\",\"objective\":"
                   "\"OUTCOME_LEADS\",\"publisher_platform\":\"instagram\",\"impression_device\":"
                   "\"iphone\",\"device_platform\":\"mobile_app\",\"spend\":\"1.5\"}");

    check_ok(meta_insight_read_as(cx, row, &ask, &r));
    check_str(S(""), r.breakdown);
    check_str(S("OUTCOME_LEADS"), r.objective);
    ask.breakdown = META_PLACEMENT;
    check_ok(meta_insight_read_as(cx, row, &ask, &r));
    check_str(S("instagram/unknown/iphone"), r.breakdown);
    ask.breakdown = META_DEVICE;
    check_ok(meta_insight_read_as(cx, row, &ask, &r));
    check_str(S("mobile_app"), r.breakdown);
    check_ok(meta_insight_read_as(
        cx, parsed(cx, "{\"date_start\":\"2026-02-03\",\"device_platform\":null}"), &ask, &r));
    check_str(S("unknown"), r.breakdown);
    check_str(S("2026-02-03"), r.last_day);
}

TEST(a_row_over_a_range_is_read_only_when_it_was_asked_for)
{
    struct meta_insights_ask ask = plain();
    struct meta_insight r;
    const struct json_in *row = parsed(
        cx, "{\"date_start\":\"2026-02-01\",\"date_stop\":\"2026-02-03\",\"reach\":\"1700\"}");

    check_err(meta_insight_read_as(cx, row, &ask, &r), ERR_UPSTREAM);
    ctx_forgive(cx);
    ask.whole_range = true;
    check_ok(meta_insight_read_as(cx, row, &ask, &r));
    check_str(S("2026-02-01"), r.day);
    check_str(S("2026-02-03"), r.last_day);
    check_int(1700, r.reach.v);
    check_err(
        meta_insight_read_as(
            cx, parsed(cx, "{\"date_start\":\"2026-02-01\",\"date_stop\":\"later\"}"), &ask, &r),
        ERR_UPSTREAM);
}

TEST(an_account_tells_its_money_and_why_it_is_closed)
{
    struct meta_account a;

    check_ok(meta_account_read(
        cx,
        parsed(cx, "{\"account_id\":\"7\",\"currency\":\"USD\",\"account_status\":2,"
                   "\"disable_reason\":3,\"balance\":\"1234\",\"spend_cap\":\"0\",\"business\":{"
                   "\"id\":\"900\",\"name\":\"Agency\"}}"),
        &a));
    check_int(12340000, a.balance_micros.v);
    check(!a.spend_cap_micros.known); /* 0 is no cap */
    check_str(S("risk_payment"), str_of(meta_disable_reason(a.disable_reason.v)));
    check_str(S("900"), a.business_id);
    check_str(S("Agency"), a.business_name);
    check_str(S("none"), str_of(meta_disable_reason(0)));
    check_str(S("unknown"), str_of(meta_disable_reason(99)));
    check_str(S("unknown"), str_of(meta_disable_reason(-1)));
}

TEST(accounts_of_businesses_are_asked_for_like_ones_own)
{
    check_str(S("/me/businesses"), meta_call_businesses(9).path);
    check_str(S("/900/owned_ad_accounts"), meta_call_owned_accounts(cx->arena, S("900"), 9).path);
    check_str(S("/900/client_ad_accounts"), meta_call_client_accounts(cx->arena, S("900"), 9).path);
    check_str(S("/act_7"), meta_call_account(cx->arena, S("act_7")).path);
    check_str(S("/a%2Fb/owned_ad_accounts"), meta_call_owned_accounts(cx->arena, S("a/b"), 9).path);
}

TEST(targeting_and_creative_are_kept_as_json)
{
    struct meta_entity e;

    check_ok(meta_entity_read(
        cx,
        parsed(cx,
               "{\"id\":\"1\",\"configured_status\":\"PAUSED\",\"billing_event\":\"IMPRESSIONS\","
               "\"targeting\": {\"age_min\": 25, \"geo\": [\"KZ\", 1.50]},\"creative\":{\"id\":"
               "\"9\",\"url_tags\":\"utm_source=fb\",\"object_story_spec\":{\"a\":\"ә\"}}}"),
        S("USD"), &e));
    check_str(S("PAUSED"), e.configured_status);
    check_str(S("IMPRESSIONS"), e.billing_event);
    check_str(S("{\"age_min\":25,\"geo\":[\"KZ\",1.50]}"), e.targeting);
    check_str(S("9"), e.creative_id);
    check_str(
        S("{\"id\":\"9\",\"url_tags\":\"utm_source=fb\",\"object_story_spec\":{\"a\":\"ә\"}}"),
        e.creative);
    check_ok(meta_entity_read(cx, parsed(cx, "{\"id\":\"1\"}"), S("USD"), &e));
    check_str(S(""), e.targeting);
    check_str(S(""), e.creative);
}

/* ---- bytes as they came ---- */

TEST(rows_are_cut_out_of_a_page_without_its_paging)
{
    struct str body = S("{ \"paging\" : {\"next\":\"https://x?access_token=EAA\"},\n \"data\" : [ "
                        "{\"a\":\"]},\\\"\"}, 7,{\"b\":[{}]} ] }");
    struct str rows = meta_raw_rows(body), row;

    check_str(S("[ {\"a\":\"]},\\\"\"}, 7,{\"b\":[{}]} ]"), rows);
    check(meta_raw_next(&rows, &row));
    check_str(S("{\"a\":\"]},\\\"\"}"), row);
    check(meta_raw_next(&rows, &row));
    check_str(S("7"), row);
    check(meta_raw_next(&rows, &row));
    check_str(S("{\"b\":[{}]}"), row);
    check(!meta_raw_next(&rows, &row));
    rows = meta_raw_rows(S("{\"data\":[]}"));
    check_str(S("[]"), rows);
    check(!meta_raw_next(&rows, &row));
    check_int(0, meta_raw_rows(S("{\"data\":{\"data\":[1]}}")).len);
    check_int(0, meta_raw_rows(S("[1]")).len);
    check_int(0, meta_raw_rows(S("{}")).len);
}

struct seen {
    struct str raw;
    size_t pages;
    struct arena *arena;
};

static enum err note_raw(struct ctx *cx, struct str rows, void *self)
{
    struct seen *s = self;

    (void)cx;
    s->raw = arena_fmt(s->arena, "%.*s%.*s;", STR_FMT(s->raw), STR_FMT(rows));
    return OK;
}

static enum err note_page(struct ctx *cx, const struct json_in *data, void *self)
{
    struct seen *s = self;

    (void)cx;
    s->pages += json_len(data) > 0;
    return OK;
}

TEST(a_walk_hands_out_each_pages_rows_as_they_came)
{
    struct scene s;
    struct seen seen = {.arena = cx->arena};
    struct meta_insights_ask ask = plain();
    struct meta_call call = meta_call_insights(cx->arena, &ask);
    struct meta_walk walk = {.page = note_page, .self = &seen, .raw = note_raw};

    scene_start(cx, &s);
    says(&s, 200,
         "{\"data\":[{\"spend\": \"1.50\"}],\"paging\":{\"cursors\":{\"after\":\"c1\"},\"next\":"
         "\"https://x/?access_token=EAAtesttoken&after=c1\"}}");
    says(&s, 200, "{\"data\":[ {\"spend\":\"2\"} ]}");
    check_ok(meta_each_page(cx, &s.meta, &call, &walk, &s.last));
    check_int(2, seen.pages);
    check_str(S("[{\"spend\": \"1.50\"}];[ {\"spend\":\"2\"} ];"), seen.raw);
    check_int(0, s.last.body.len);
    scene_end(&s);
}

/* ---- versions ---- */

static enum meta_version_state state_on(const char *version, const char *day)
{
    struct date d;

    check(day_parse(str_of(day), &d));
    return meta_version_at(str_of(version), d, NULL);
}

TEST(a_version_ends_on_its_marketing_day)
{
    check_int(META_VERSION_ENDED, state_on("v21.0", "2026-11-22"));
    check_int(META_VERSION_OK, state_on("v24.0", "2026-08-06"));
    check_int(META_VERSION_ENDS_SOON, state_on("v24.0", "2026-08-07"));
    check_int(META_VERSION_ENDS_SOON, state_on("v24.0", "2026-10-05"));
    check_int(META_VERSION_ENDED, state_on("v24.0", "2026-10-06"));
    check_int(META_VERSION_OK, state_on("v25.0", "2030-01-01"));
    check_int(META_VERSION_ENDED, state_on("v20.0", "2026-01-01"));
    check_int(META_VERSION_ENDED, state_on("v3.1", "2026-01-01"));
    check_int(META_VERSION_UNKNOWN, state_on("v27.0", "2026-01-01"));
    check_int(META_VERSION_UNKNOWN, state_on("latest", "2026-01-01"));
    check_int(META_VERSION_UNKNOWN, state_on("", "2026-01-01"));
    check_str(S("ends_soon"), str_of(meta_version_slug(META_VERSION_ENDS_SOON)));
}

TEST(the_calendar_of_versions_is_in_order)
{
    size_t n;
    const struct meta_version *v = meta_versions(&n), *found;
    struct date day;

    check(n >= 6);
    for (size_t i = 0; i < n; i++) {
        check(day_parse(str_of(v[i].released_on), &day));
        check(!i || strcmp(v[i - 1].released_on, v[i].released_on) < 0);
        check(!v[i].marketing_ends_on || day_parse(str_of(v[i].marketing_ends_on), &day));
    }
    meta_version_at(S("v24.0"), (struct date){2026, 1, 1}, &found);
    check_str(S("2028-02-18"), str_of(found->core_ends_on));
}
