/* Placements, devices and objectives of what was spent, and how many people it reached. */
#include "ads_bench.h"

static enum err parts_try(struct bench *b, int64_t days)
{
    struct job_options o = {.days = days, .account = b->w->accounts[0].id};

    b->said = (struct str){0};
    return job_run_now(b->cx, &b->c.app, "ads.breakdowns", &o, bench_hear, b, &b->run);
}

static void open_synced(struct ctx *cx, struct temp_db *t, struct bench *b, int64_t days)
{
    bench_open(cx, t, b);
    b->c.app.config.currency = S("USD");
    connect_token(b, 0);
    sync_one(b, days, 0);
}

static struct answer get(struct bench *b, struct str token, const char *path)
{
    return core_app_ask(b->cx, &b->c, arena_fmt(b->cx->arena, "GET %s", path).ptr, token, "");
}

static struct str serve(struct bench *b, enum role role, int64_t team)
{
    if (!b->c.server) {
        struct route_set *set = arena_new_of(b->cx->arena, struct route_set);
        *set = (struct route_set){ads_routes, ads_nroutes};
        core_app_serve(b->cx, &b->c, set, 1);
    }
    return core_app_token(
        b->cx, &b->c,
        core_app_user(b->cx, &b->c,
                      arena_fmt(b->cx->arena, "u%d-%lld@agency.kz", (int)role, (long long)team).ptr,
                      role, team, NULL));
}

DB_TEST(parts_of_days_are_kept_apart_and_add_up_to_the_spend)
{
    struct bench b;
    open_synced(cx, t, &b, 3);

    check_ok(parts_try(&b, 3));

    check_int(0, b.run.failed);
    check(number(&b, "select count(*) from ad_breakdown_fact where kind = 'placement'") > 0);
    check(number(&b, "select count(*) from ad_breakdown_fact where kind = 'device'") > 0);
    check_int(3, number(&b, "select count(*) from ad_breakdown_slice where state = 'ok' and kind = "
                            "'device'"));
    check_int(spend_of(&b, 0),
              number(&b, "select cast(sum(spend_micros) as bigint) from ad_breakdown_fact where "
                         "kind = 'placement'"));
    check_int(0, number(&b, "select count(*) from ad_breakdown_fact where raw_id is null"));
    bench_close(&b);
}

DB_TEST(parts_that_are_restated_keep_what_was_said_before)
{
    struct bench b;
    int64_t rows;
    open_synced(cx, t, &b, 3);
    check_ok(parts_try(&b, 3));
    rows = number(&b, "select count(*) from ad_breakdown_fact");
    check_ok(parts_try(&b, 3));
    check_int(0, b.run.written);

    sim_set(b.sim, SIM_RESTATE, 1);
    check_ok(parts_try(&b, 3));
    check(b.run.written > 0);
    check(number(&b, "select count(*) from ad_breakdown_version") > 0);
    sim_set(b.sim, SIM_RESTATE, 2);
    check_ok(parts_try(&b, 3));

    check_int(0, number(&b, "select count(*) from ad_breakdown_fact f join ad_breakdown_version v "
                            "on v.account_id = f.account_id and v.day = f.day and v.kind = f.kind "
                            "and v.ad_id = f.ad_id and v.value = f.value where f.version <= "
                            "v.version"));
    check(rows > 0);
    bench_close(&b);
}

DB_TEST(parts_that_cannot_be_had_are_told_day_by_day_and_harm_nothing_else)
{
    struct bench b;
    open_synced(cx, t, &b, 2);
    fault(&b, "breakdowns=", "\"times\":50,\"kind\":\"unavailable\"");

    check_ok(parts_try(&b, 2));

    check_int(1, b.run.failed);
    check_int(2, number(&b, "select count(*) from ad_breakdown_slice where state = 'failed' and "
                            "error is not null"));
    check(account_has(&b, 0, "sync_state", "ok"));
    bench_close(&b);
}

DB_TEST(parts_that_are_too_much_are_asked_for_in_halves)
{
    struct bench b;
    open_synced(cx, t, &b, 4);
    fault(&b, "breakdowns=", "\"times\":3,\"kind\":\"too_much\"");

    check_ok(parts_try(&b, 4));

    check_int(0, b.run.failed);
    check_int(8, number(&b, "select count(*) from ad_breakdown_slice where state = 'ok'"));
    bench_close(&b);
}

DB_TEST(breakdowns_are_told_by_placement_device_and_objective_to_who_owned_the_days)
{
    static const char *const kinds[] = {"placement", "device", "objective"};
    struct bench b;
    struct str admin, stranger;
    int64_t team;
    open_synced(cx, t, &b, 3);
    check_ok(parts_try(&b, 3));
    admin = serve(&b, ROLE_ADMIN, 0);
    team = core_app_team(cx, &b.c, "Kenesary");
    stranger = serve(&b, ROLE_VIEWER, team);

    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *path = arena_fmt(cx->arena,
                                     "/api/v1/breakdowns?from=2026-02-01&to=2026-02-03&kind=%s"
                                     "&currency=USD",
                                     kinds[i])
                               .ptr;
        struct answer a = get(&b, admin, path);
        const struct json_in *root = NULL;
        int64_t spend = 0, all = 0;
        check_int(200, a.status);
        check_ok(json_parse(cx, a.body, &root));
        check(json_len(json_get(root, "items")) > 0);
        check(json_as_dec(json_get(json_get(root, "totals"), "spend"), 6, &all));
        for (size_t k = 0; k < json_len(json_get(root, "items")); k++) {
            int64_t one;
            check(json_as_dec(json_get(json_at(json_get(root, "items"), k), "spend"), 6, &one));
            spend += one;
        }
        check_int(all, spend);
        check_int(spend_of(&b, 0), all);
        a = get(&b, stranger, path);
        check_int(200, a.status);
        check_holds(S("\"items\":[]"), a.body);
    }
    check_int(422, get(&b, admin, "/api/v1/breakdowns?kind=age").status);
    bench_close(&b);
}

/* ---- reach ---- */

DB_TEST(reach_is_exact_where_it_was_told_and_bounded_elsewhere)
{
    struct bench b;
    struct str admin, stranger;
    struct answer a;
    int64_t id, exact;
    const char *week, *odd;
    open_synced(cx, t, &b, 28);
    check_ok(parts_try(&b, 1));
    admin = serve(&b, ROLE_ADMIN, 0);
    stranger = serve(&b, ROLE_VIEWER, core_app_team(cx, &b.c, "Kenesary"));
    id = number_of(&b, "select id from ad_account where external_id = $1", 0);
    week = arena_fmt(cx->arena, "/api/v1/reach?level=account&id=%lld&from=2026-01-28&to=2026-02-03",
                     (long long)id)
               .ptr;
    odd = arena_fmt(cx->arena, "/api/v1/reach?level=account&id=%lld&from=2026-01-27&to=2026-02-03",
                    (long long)id)
              .ptr;
    exact = number(&b, "select reach from ad_reach where level = 'account' and from_day = "
                       "'2026-01-28'");

    a = get(&b, admin, week);
    check_int(200, a.status);
    check_str(arena_fmt(cx->arena,
                        "{\"reach\":%lld,\"exact\":true,\"at_least\":%lld,\"at_most\":%lld}",
                        (long long)exact, (long long)exact, (long long)exact),
              a.body);
    a = get(&b, admin, odd);
    check_holds(S("{\"reach\":null,\"exact\":false"), a.body);
    check_holds(arena_fmt(cx->arena, "\"at_least\":%lld", (long long)exact), a.body);
    check_holds(arena_fmt(cx->arena, "\"at_most\":%lld",
                          (long long)number(&b, "select cast(sum(reach) as bigint) from "
                                                "ad_account_day where day >= '2026-01-27'")),
                a.body);
    check_int(404, get(&b, stranger, week).status);
    check_int(422, get(&b, admin, "/api/v1/reach?level=account").status);
    bench_close(&b);
}

DB_TEST(reach_of_a_campaign_has_bounds_from_its_ads)
{
    struct bench b;
    struct str admin;
    struct answer a;
    int64_t id;
    open_synced(cx, t, &b, 3);
    admin = serve(&b, ROLE_ADMIN, 0);
    id = number(&b, "select max(a.campaign_id) from ad_fact f join ad a on a.id = f.ad_id");

    a = get(&b, admin,
            arena_fmt(cx->arena,
                      "/api/v1/reach?level=campaign&id=%lld&from=2026-02-01&to=2026-02-03",
                      (long long)id)
                .ptr);

    check_int(200, a.status);
    check_holds(S("{\"reach\":null,\"exact\":false,\"at_least\":"), a.body);
    check(!memmem(a.body.ptr, a.body.len, "\"at_most\":null", 14));
    check_ok(parts_try(&b, 1));
    a = get(&b, admin,
            arena_fmt(cx->arena,
                      "/api/v1/reach?level=campaign&id=%lld&from=2026-01-28&to=2026-02-03",
                      (long long)id)
                .ptr);
    check_holds(S("\"exact\":true"), a.body);
    bench_close(&b);
}
