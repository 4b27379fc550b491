/* Faults on demand, the journal, the National Bank's feed and the other addresses of tests. */
#include <string.h>

#include "sim/fault_kinds.h"
#include "sim_bench.h"

static struct answer ask_me(struct bench *b)
{
    return bench_get(b, S("/graph/v25.0/me?fields=id"), 0);
}

static void fault(struct bench *b, const char *json)
{
    bench_post(b, "/_fake/fault", str_of(json));
}

TEST(every_named_fault_answers_as_the_vendor_does)
{
    struct bench b = bench_start(cx);

    for (size_t i = 0; i < fault_nkinds; i++) {
        const struct fault_kind *k = &fault_kinds[i];
        struct str json = arena_fmt(cx->arena, "{\"match\":\"/me\",\"kind\":\"%s\"}", k->name);
        int64_t code = 0;

        bench_post(&b, "/_fake/fault", json);
        struct answer a = ask_me(&b);
        check_int(k->status ? k->status : 200, a.status);
        if (k->code) {
            const struct json_in *error = json_get(bench_json(&b, &a), "error");
            check(json_as_int(json_get(error, "code"), &code));
            check_int(k->code, code);
        }
        if (k->header)
            check_str(str_of(k->value), answer_header(&a, k->header));
        check_int(200, ask_me(&b).status); /* once only */
    }
    bench_stop(&b);
}

TEST(a_fault_comes_as_often_as_it_was_asked_for_and_where_it_matches)
{
    struct bench b = bench_start(cx);

    fault(&b,
          "{\"match\":\"fields=id\",\"times\":2,\"status\":503,\"body\":{\"a\":[1,\"x\",null]}}");
    struct answer a = ask_me(&b);
    check_int(503, a.status);
    check_str(S("{\"a\":[1,\"x\",null]}"), a.body);
    check_int(200, bench_get(&b, S("/graph/v25.0/me"), 0).status);
    check_int(503, ask_me(&b).status);
    check_int(200, ask_me(&b).status);
    bench_stop(&b);
}

TEST(a_fault_can_wait_for_a_later_request)
{
    struct bench b = bench_start(cx);

    fault(&b, "{\"match\":\"/me\",\"skip\":2,\"kind\":\"html\"}");
    check_int(200, ask_me(&b).status);
    check_int(200, ask_me(&b).status);
    struct answer a = ask_me(&b);
    check_int(502, a.status);
    check_holds(S("text/html"), answer_header(&a, "Content-Type"));
    bench_stop(&b);
}

TEST(a_cut_answer_ends_in_the_middle)
{
    struct bench b = bench_start(cx);

    fault(&b, "{\"match\":\"/me\",\"cut\":9}");
    struct answer a = ask_me(&b);
    check_int(200, a.status);
    check(!a.is_whole);
    check(ask_me(&b).is_whole);
    bench_stop(&b);
}

TEST(a_slow_answer_takes_as_long_as_asked_also_under_a_stopped_clock)
{
    struct bench b = bench_start(cx);
    int64_t start = clock_system.mono_ms(clock_system.self);

    fault(&b, "{\"match\":\"/me\",\"delay_ms\":150}");
    check_int(200, ask_me(&b).status);
    check(clock_system.mono_ms(clock_system.self) - start >= 150);
    bench_stop(&b);
}

TEST(headers_can_be_added_to_a_true_answer)
{
    struct bench b = bench_start(cx);

    fault(&b, "{\"match\":\"/me\",\"headers\":{\"X-Ad-Api-Version-Warning\":\"soon\"}}");
    struct answer a = ask_me(&b);
    check_int(200, a.status);
    check_str(S("soon"), answer_header(&a, "X-Ad-Api-Version-Warning"));
    check(text_in(bench_json(&b, &a), "id").len > 0);
    bench_stop(&b);
}

TEST(faults_that_make_no_sense_are_refused_and_waiting_ones_can_be_dropped)
{
    static const char *const wrong[] = {
        "{\"kind\":\"nonsense\"}", "{\"status\":42}", "{\"times\":0}", "{\"body\":7}", "{",
        "{\"headers\":{\"a\":1}}"};
    struct bench b = bench_start(cx);

    for (size_t i = 0; i < COUNT(wrong); i++)
        check_int(
            400, ask_for(cx, sim_port(b.sim), "POST", "/_fake/fault", "", str_of(wrong[i])).status);
    fault(&b, "{\"match\":\"/me\",\"times\":99,\"kind\":\"expired\"}");
    struct answer a = bench_get(&b, S("/_fake/fault"), -1);
    check_holds(S("\"kind\":\"expired\""), a.body);
    check_int(200, ask_for(cx, sim_port(b.sim), "DELETE", "/_fake/fault", "", S("")).status);
    check_int(200, ask_me(&b).status);
    bench_stop(&b);
}

/* ---- journal ---- */

TEST(the_journal_tells_what_was_sent)
{
    struct bench b = bench_start(cx);

    bench_get(&b, S("/graph/v25.0/me?fields=id%2Cname&x=%D0%B0+b"), 0);
    bench_get(&b, S("/nowhere?y=1"), -1);
    struct answer a = bench_get(&b, S("/_fake/journal"), -1);
    const struct json_in *items = json_get(bench_json(&b, &a), "items");
    const struct json_in *first = json_at(items, 0);

    check_int(2, json_len(items)); /* the simulator's own addresses are not in it */
    check_str(S("GET"), text_in(first, "method"));
    check_str(S("/graph/v25.0/me"), text_in(first, "path"));
    check_str(S("id,name"), text_in(json_get(first, "query"), "fields"));
    check_str(S("а b"), text_in(json_get(first, "query"), "x"));
    check_holds(b.w->tokens[0], text_in(json_get(first, "headers"), "Authorization"));
    check_str(S("/nowhere"), text_in(json_at(items, 1), "path"));
    a = bench_get(&b, S("/_fake/journal?match=nowhere"), -1);
    check_int(1, json_len(json_get(bench_json(&b, &a), "items")));
    check_int(200, ask_for(cx, sim_port(b.sim), "DELETE", "/_fake/journal", "", S("")).status);
    a = bench_get(&b, S("/_fake/journal"), -1);
    check_int(0, json_len(json_get(bench_json(&b, &a), "items")));
    bench_stop(&b);
}

TEST(a_long_journal_forgets_its_beginning)
{
    struct bench b = bench_start(cx);
    int64_t dropped = 0;

    for (int i = 0; i < 2100; i++)
        bench_get(&b, S("/nowhere"), -1);
    struct answer a = bench_get(&b, S("/_fake/journal"), -1);
    size_t kept = json_len(json_get(bench_json(&b, &a), "items"));
    check(json_as_int(json_get(bench_json(&b, &a), "dropped"), &dropped));
    check(kept >= 1000 && kept <= 2000);
    check_int(2100, (int64_t)kept + dropped);
    bench_stop(&b);
}

/* ---- the National Bank ---- */

static struct str rates_of(struct bench *b, const char *day)
{
    struct answer a =
        bench_get(b, arena_fmt(b->cx->arena, "/nbk/rss/get_rates.cfm?fdate=%s", day), -1);

    check_int(200, a.status);
    check_holds(S("text/xml"), answer_header(&a, "Content-Type"));
    check(str_starts(a.body, S("<?xml")));
    return a.body;
}

TEST(the_bank_tells_the_rates_of_a_workday)
{
    struct bench b = bench_start(cx);
    struct str xml = rates_of(&b, "30.01.2026");
    struct date friday = {2026, 1, 30};
    int64_t rate = 0;

    check(world_rate(b.w, S("USD"), day_number(friday), &rate));
    check_holds(S("<date>30.01.2026</date>"), xml);
    check_holds(S("<title>USD</title>"), xml);
    check_holds(arena_fmt(cx->arena, "<description>%lld", (long long)(rate / 100)), xml);
    check_holds(S("<title>KRW</title>"), xml);
    check_holds(S("<quant>1000</quant>"), xml);
    bench_stop(&b);
}

TEST(weekends_are_empty_or_repeat_friday_and_the_future_is_empty)
{
    struct bench b = bench_start(cx);

    check(!memmem(rates_of(&b, "01.02.2026").ptr, rates_of(&b, "01.02.2026").len, "<item>", 6));
    sim_set(b.sim, SIM_REPEAT_RATES, 1);
    check_holds(S("<date>30.01.2026</date>"), rates_of(&b, "01.02.2026"));
    check_holds(S("<title>USD</title>"), rates_of(&b, "01.02.2026"));
    struct str future = rates_of(&b, "09.02.2026");
    check(!memmem(future.ptr, future.len, "<item>", 6));
    bench_stop(&b);
}

TEST(the_bank_can_be_given_faults_too)
{
    struct bench b = bench_start(cx);

    fault(&b, "{\"match\":\"get_rates\",\"kind\":\"ok_html\"}");
    struct answer a = bench_get(&b, S("/nbk/rss/get_rates.cfm?fdate=30.01.2026"), -1);
    check_holds(S("Sorry"), a.body);
    check_holds(S("<rates>"), rates_of(&b, "30.01.2026"));
    bench_stop(&b);
}

/* ---- for other processes ---- */

TEST(the_world_and_the_truth_can_be_asked_for)
{
    struct bench b = bench_start(cx);
    struct answer a = bench_get(&b, S("/_fake/world"), -1);
    const struct json_in *world = bench_json(&b, &a);

    check_int(WORLD_TEAMS, json_len(json_get(world, "teams")));
    check_int(b.w->naccounts, json_len(json_get(world, "accounts")));
    check_str(S("2026-02-03"), text_in(world, "today"));
    a = bench_get(&b, S("/_fake/truth?from=2026-02-01&to=2026-02-02"), -1);
    const struct json_in *items = json_get(bench_json(&b, &a), "items");
    check_int(2 * (WORLD_TEAMS + 1), json_len(items));
    check_str(S("Arystan"), text_in(json_at(items, 0), "team"));
    check(json_type(json_get(json_at(items, 0), "spend_kzt")) == JSON_NUM);
    check_int(400, bench_get(&b, S("/_fake/truth?from=2026-02-02&to=2026-02-01"), -1).status);
    bench_stop(&b);
}

TEST(switches_can_be_set_by_name)
{
    struct bench b = bench_start(cx);

    bench_post(&b, "/_fake/switch", S("{\"dead_token\":1,\"clock_shift_ms\":86400000}"));
    check_int(400, bench_get(&b, S("/graph/v25.0/me"), 1).status);
    check(sim_moment(b.sim).now_ms == TEST_NOW_MS + 86400000);
    check_int(
        400,
        ask_for(cx, sim_port(b.sim), "POST", "/_fake/switch", "", S("{\"nonsense\":1}")).status);
    bench_stop(&b);
}

static void set_stop(void *self)
{
    *(volatile sig_atomic_t *)self = 1;
}

TEST(a_simulator_of_its_own_runs_until_it_is_stopped)
{
    struct sim_options o = {
        .world = {.seed = 7, .history_days = 5}
    };
    struct ctx own = *cx;
    volatile sig_atomic_t stop = 0;

    own.clock = &clock_system;
    set_stop((void *)&stop);
    check_ok(sim_serve(&own, &o, NULL, &stop));
    o.listen = "nowhere";
    check_err(sim_serve(&own, &o, NULL, &stop), ERR_INPUT);
}
