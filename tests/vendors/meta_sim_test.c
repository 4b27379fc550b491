/* meta_sim_test.c: our client against the fake platform: consent, accounts, insights, and reports
 * with every fate a report may have. */
#include "meta_town.h"
#include "vendors/meta_reports.h"

TEST(a_consent_becomes_a_long_token_that_sees_accounts_and_ends)
{
    struct town t;
    struct meta_grant grant;
    struct meta_token token;
    struct meta_call me = meta_call_me();

    town_open(cx, &t);
    check_str(S("a b"), query_of(&t, consent(&t), "state"));
    grant = sign_in(&t);
    check_int(5400, grant.expires_in_s.v);
    t.meta.auth.token = grant.token;
    check_ok(meta_exchange_long(cx, &t.meta, str_of(sim_app_id), &grant, &t.last));
    t.meta.auth.token = grant.token;
    check_ok(meta_debug_token(cx, &t.meta, str_of(sim_app_id), &token, &t.last));
    check(token.is_valid);
    check_str(S("USER"), token.type);
    check_str(str_of(sim_app_id), token.app_id);
    check_str(S(""), meta_scopes_missing(cx->arena, &token, S("")));
    int64_t days = (token.expires_at.v - TEST_NOW_MS) / 86400000;
    check(days >= 59 && days <= 60);
    check(token.data_expires_at.v - TEST_NOW_MS > 89 * INT64_C(86400000));
    check_ok(meta_get(cx, &t.meta, &me, &t.last));

    fake_clock_advance(test_clock(cx), 61 * INT64_C(86400000));
    check_err(meta_get(cx, &t.meta, &me, &t.last), ERR_UPSTREAM);
    check_int(META_RECONNECT, t.last.class);
    ctx_forgive(cx);
    check_ok(meta_debug_token(cx, &t.meta, str_of(sim_app_id), &token, &t.last));
    check(!token.is_valid && token.code == 190 && token.subcode == 463);
    town_close(&t);
}

TEST(a_code_is_good_once_and_for_the_same_address)
{
    struct town t;
    struct meta_grant grant;
    struct meta_code code = {.app_id = str_of(sim_app_id), .redirect_uri = back};

    town_open(cx, &t);
    code.code = query_of(&t, consent(&t), "code");
    check_ok(meta_exchange_code(cx, &t.meta, &code, &grant, &t.last));
    check_err(meta_exchange_code(cx, &t.meta, &code, &grant, &t.last), ERR_UPSTREAM);
    check_int(36007, t.last.subcode);
    ctx_forgive(cx);
    code.code = query_of(&t, consent(&t), "code");
    code.redirect_uri = S("http://127.0.0.1:1/facebook/callback/");
    check_err(meta_exchange_code(cx, &t.meta, &code, &grant, &t.last), ERR_UPSTREAM);
    check_int(36008, t.last.subcode);
    town_close(&t);
}

TEST(a_person_may_refuse_or_withhold_a_scope)
{
    struct town t;
    struct meta_token token;

    town_open(cx, &t);
    sim_set(t.sim, SIM_DENY_CONSENT, 1);
    struct str to = consent(&t);
    check_str(S("access_denied"), query_of(&t, to, "error"));
    check_str(S(""), query_of(&t, to, "code"));
    sim_set(t.sim, SIM_DENY_CONSENT, 0);
    sim_set(t.sim, SIM_WITHHOLD, 2);
    t.meta.auth.token = sign_in(&t).token;
    check_ok(meta_debug_token(cx, &t.meta, str_of(sim_app_id), &token, &t.last));
    check_str(S("pages_manage_metadata,pages_read_engagement"),
              meta_scopes_missing(cx->arena, &token, S("")));
    town_close(&t);
}

/* ---- accounts ---- */

struct ids {
    struct arena *arena;
    struct str list;
    size_t n;
};

static enum err note_ids(struct ctx *cx, const struct json_in *data, void *self)
{
    struct ids *ids = self;
    struct json_iter it = json_iter(data);
    struct meta_account a;
    enum err err = OK;

    for (const struct json_in *row; (row = json_next(&it, NULL)); ids->n++) {
        TRY(meta_account_read(cx, row, &a));
        ids->list = arena_fmt(ids->arena, "%.*s %.*s", STR_FMT(ids->list), STR_FMT(a.id));
    }
out:
    return err;
}

static struct ids accounts_of(struct town *t, const struct meta_call *call)
{
    struct ids ids = {.arena = t->cx->arena};
    struct meta_walk walk = {.page = note_ids, .self = &ids};

    check_ok(meta_each_page(t->cx, &t->meta, call, &walk, &t->last));
    return ids;
}

TEST(accounts_come_directly_or_through_the_business)
{
    struct town t;
    struct meta_call call = meta_call_accounts(3);
    struct meta_user business;

    town_open(cx, &t);
    size_t direct = accounts_of(&t, &call).n;
    check_int(7, direct);
    call = meta_call_businesses(10);
    check_ok(meta_get(cx, &t.meta, &call, &t.last));
    check_ok(meta_user_read(cx, json_at(json_get(t.last.root, "data"), 0), &business));
    sim_set(t.sim, SIM_HIDE_DIRECT, 1);
    call = meta_call_accounts(3);
    check_int(0, accounts_of(&t, &call).n);
    call = meta_call_owned_accounts(cx->arena, business.id, 3);
    size_t owned = accounts_of(&t, &call).n;
    call = meta_call_client_accounts(cx->arena, business.id, 3);
    struct ids client = accounts_of(&t, &call);
    check_int(direct, owned + client.n);
    check_int(1, client.n);
    town_close(&t);
}

/* ---- insights ---- */

struct sums {
    const struct meta_insights_ask *ask;
    int64_t rows, spend, leads, reach, raw_rows, unknown;
};

static enum err add_rows(struct ctx *cx, const struct json_in *data, void *self)
{
    struct sums *s = self;
    struct json_iter it = json_iter(data);
    struct meta_insight r;
    enum err err = OK;

    for (const struct json_in *row; (row = json_next(&it, NULL)); s->rows++) {
        TRY(meta_insight_read_as(cx, row, s->ask, &r));
        s->spend += r.spend_micros;
        s->leads += r.leads;
        s->reach += r.reach.v;
        s->unknown += memmem(r.breakdown.ptr, r.breakdown.len, "unknown", 7) != NULL;
    }
out:
    return err;
}

static enum err add_raw(struct ctx *cx, struct str rows, void *self)
{
    struct sums *s = self;
    struct str row;

    (void)cx;
    while (meta_raw_next(&rows, &row))
        s->raw_rows++;
    return OK;
}

static struct sums sum_of(struct town *t, const struct meta_insights_ask *ask,
                          const struct meta_call *call)
{
    struct sums s = {.ask = ask};
    struct meta_walk walk = {.page = add_rows, .self = &s, .raw = add_raw};

    check_ok(meta_each_page(t->cx, &t->meta, call, &walk, &t->last));
    check_int(s.rows, s.raw_rows);
    return s;
}

static struct sums insights(struct town *t, const struct meta_insights_ask *ask)
{
    struct meta_call call = meta_call_insights(t->cx->arena, ask);

    return sum_of(t, ask, &call);
}

static struct meta_insights_ask last_days(struct town *t, int days)
{
    struct arena *a = t->cx->arena;

    return (struct meta_insights_ask){.account = t->w->accounts[0].id,
                                      .since = day_text(a, day_from_number(t->w->today - days)),
                                      .until = day_text(a, day_from_number(t->w->today - 1)),
                                      .limit = 50};
}

TEST(parts_of_a_breakdown_spend_what_the_whole_spent_and_tell_fewer_leads)
{
    struct town t;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 7);
    struct sums whole = insights(&t, &ask);
    ask.breakdown = META_PLACEMENT;
    struct sums placements = insights(&t, &ask);
    ask.breakdown = META_DEVICE;
    struct sums devices = insights(&t, &ask);
    check(whole.spend > 0 && whole.unknown == 0);
    check_int(whole.spend, placements.spend);
    check_int(whole.spend, devices.spend);
    check(placements.leads < whole.leads && devices.leads < whole.leads);
    check(placements.unknown > 0 && devices.unknown > 0);
    check(placements.rows > whole.rows);
    town_close(&t);
}

TEST(the_reach_of_a_range_is_less_than_the_sum_of_its_days)
{
    struct town t;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 7);
    ask.level = META_LEVEL_CAMPAIGN;
    struct sums days = insights(&t, &ask);
    ask.whole_range = true;
    struct sums range = insights(&t, &ask);
    check_int(days.spend, range.spend);
    check(range.rows < days.rows);
    check(range.reach < days.reach && range.reach > 0);
    town_close(&t);
}

TEST(parts_lose_their_reach_after_thirteen_months)
{
    struct town t;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 3);
    ask.breakdown = META_DEVICE;
    check(insights(&t, &ask).reach > 0);
    fake_clock_advance(test_clock(cx), 420 * INT64_C(86400000));
    struct sums later = insights(&t, &ask);
    check(later.spend > 0 && later.reach == 0);
    ask.breakdown = META_WHOLE;
    check(insights(&t, &ask).reach > 0);
    town_close(&t);
}

TEST(filters_and_lean_asks_bring_the_same_money)
{
    struct town t;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 3);
    struct sums whole = insights(&t, &ask), parts = {0};
    ask.is_lean = true;
    ask.within = META_LEVEL_CAMPAIGN;
    const struct world_account *acc = &t.w->accounts[0];
    for (uint32_t i = 0; i < acc->ncampaigns; i++) {
        struct str id = arena_fmt(
            cx->arena, "%lld", (long long)world_id(t.w, WORLD_CAMPAIGN, acc->first_campaign + i));
        ask.ids = &id;
        ask.nids = 1;
        struct sums one = insights(&t, &ask);
        parts.spend += one.spend;
        parts.rows += one.rows;
    }
    check_int(whole.spend, parts.spend);
    check_int(whole.rows, parts.rows);
    town_close(&t);
}

TEST(what_some_ads_hide_is_still_in_the_accounts_total)
{
    struct town t;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 14);
    struct sums ads = insights(&t, &ask);
    ask.level = META_LEVEL_ACCOUNT;
    struct sums account = insights(&t, &ask);
    check_int(account.spend, ads.spend);
    sim_set(t.sim, SIM_HIDE_ROWS, 10);
    check_int(account.spend, insights(&t, &ask).spend);
    ask.level = META_LEVEL_AD;
    check(insights(&t, &ask).spend < account.spend);
    town_close(&t);
}

/* ---- reports ---- */

/* Asks until the run is in one of the ends, or is not going to be. */
static struct meta_report wait_for(struct town *t, struct str run)
{
    struct meta_report r = {0};

    for (int i = 0; i < 20; i++) {
        check_ok(meta_report_poll(t->cx, &t->meta, run, &r, &t->last));
        if (r.state >= META_REPORT_DONE)
            break;
        fake_clock_advance(test_clock(t->cx), meta_report_pause_ms(i));
    }
    return r;
}

TEST(too_much_at_once_comes_as_a_report_with_the_same_rows)
{
    struct town t;
    struct str run;
    struct meta_report r;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 7);
    struct sums whole = insights(&t, &ask);
    sim_set(t.sim, SIM_MOST_ROWS, 10);
    struct meta_call call = meta_call_insights(cx->arena, &ask);
    check_err(meta_get(cx, &t.meta, &call, &t.last), ERR_UPSTREAM);
    check_int(META_SPLIT, t.last.class);
    ctx_forgive(cx);

    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    check_ok(meta_report_poll(cx, &t.meta, run, &r, &t.last));
    check_int(META_REPORT_WAITING, r.state);
    call = meta_call_report_rows(cx->arena, run, 20);
    check_err(meta_get(cx, &t.meta, &call, &t.last), ERR_UPSTREAM); /* not ready */
    ctx_forgive(cx);
    fake_clock_advance(test_clock(cx), 1500);
    check_ok(meta_report_poll(cx, &t.meta, run, &r, &t.last));
    check_int(META_REPORT_RUNNING, r.state);
    check(r.percent > 0 && r.percent < 100);
    check_int(META_REPORT_DONE, wait_for(&t, run).state);
    struct sums later = sum_of(&t, &ask, &call);
    check_int(whole.rows, later.rows);
    check_int(whole.spend, later.spend);
    town_close(&t);
}

TEST(a_report_may_fail_be_skipped_stay_at_nothing_or_be_late_to_be_known)
{
    struct town t;
    struct str run;
    struct meta_report r;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 2);
    sim_set(t.sim, SIM_REPORT_FATE, SIM_REPORT_FAILED);
    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    r = wait_for(&t, run);
    check_int(META_REPORT_FAILED, r.state);
    check_int(META_RETRY, r.class);
    check_int(1504044, r.subcode);
    sim_set(t.sim, SIM_REPORT_FATE, SIM_REPORT_SKIPPED);
    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    check_int(META_REPORT_EXPIRED, wait_for(&t, run).state);
    sim_set(t.sim, SIM_REPORT_FATE, SIM_REPORT_STUCK);
    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    r = wait_for(&t, run);
    check_int(META_REPORT_RUNNING, r.state);
    check_int(0, r.percent);
    sim_set(t.sim, SIM_REPORT_FATE, SIM_REPORT_RACE);
    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    check_ok(meta_report_poll(cx, &t.meta, run, &r, &t.last));
    check_int(META_REPORT_UNSEEN, r.state);
    check_int(META_REPORT_DONE, wait_for(&t, run).state);
    town_close(&t);
}

TEST(a_report_of_another_token_is_not_there)
{
    struct town t;
    struct str run;
    struct meta_report r;

    town_open(cx, &t);
    struct meta_insights_ask ask = last_days(&t, 2);
    check_ok(meta_report_start(cx, &t.meta, &ask, &run, &t.last));
    t.meta.auth.token = t.w->tokens[1];
    check_ok(meta_report_poll(cx, &t.meta, run, &r, &t.last));
    check_int(META_REPORT_UNSEEN, r.state);
    town_close(&t);
}

TEST(a_version_that_ends_is_told_by_its_number)
{
    struct town t;
    struct meta_call me = meta_call_me();

    town_open(cx, &t);
    sim_set(t.sim, SIM_VERSION_ENDED, 25);
    check_err(meta_get(cx, &t.meta, &me, &t.last), ERR_UPSTREAM);
    check_int(META_VERSION_DEAD, t.last.class);
    ctx_forgive(cx);
    t.meta.auth.version = S("v26.0");
    check_ok(meta_get(cx, &t.meta, &me, &t.last));
    town_close(&t);
}
