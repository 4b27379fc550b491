/* world_forms_test.c: who left a request in a form on the platform. */
#include "sim/world_forms.h"

#include "sim_bench.h"

TEST(a_lead_is_found_by_its_id_and_no_other_id_is_one)
{
    struct bench b = bench_start(cx);
    struct world_form_lead l, found;
    int64_t n = 0;

    for (int64_t day = b.w->first_day; day <= b.w->today; day++)
        for (uint32_t ad = 0; ad < b.w->nads; ad++)
            for (uint32_t k = 0; k < world_nform_leads(b.w, ad, day); k++, n++) {
                world_form_lead(b.w, ad, day, k, &l);
                check(world_form_lead_find(b.w, l.id, &found));
                check(found.ad == ad && found.day == day && found.created_ms == l.created_ms);
                check(l.team >= 0 && l.team < WORLD_TEAMS);
                check(!world_find(b.w, l.id, &(enum world_kind){0}, &(uint32_t){0}));
            }
    check(n > 100);
    check(!world_form_lead_find(b.w, 1, &found));
    check(!world_form_lead_find(b.w, l.id + 7, &found));
    check(!world_form_lead_find(b.w, INT64_MAX, &found));
    bench_stop(&b);
}

TEST(the_same_seed_tells_the_same_people)
{
    struct bench one = bench_start(cx), two = bench_start(cx);
    struct world_form_answers a, b;
    struct world_form_lead l = {0};

    for (uint32_t ad = 0; !l.id; ad++)
        if (world_nform_leads(one.w, ad, one.w->today - 2))
            world_form_lead(one.w, ad, one.w->today - 2, 0, &l);
    world_form_answers(one.w, cx->arena, &l, &a);
    world_form_answers(two.w, cx->arena, &l, &b);
    check_str(a.full_name, b.full_name);
    check_str(a.phone, b.phone);
    check(str_starts(a.phone, S("+7701")) && a.phone.len == 12);
    check(world_page_token(one.w, cx->arena, 0).len > 10);
    bench_stop(&one);
    bench_stop(&two);
}

TEST(the_truth_of_forms_grows_with_the_clock_and_counts_organic_ones_as_nobodys)
{
    struct bench b = bench_start(cx);
    struct world_ask ask = {.from = b.w->today, .to = b.w->today, .at = sim_moment(b.sim)};
    int64_t morning[WORLD_TEAMS + 1], night[WORLD_TEAMS + 1], first = 0, last = 0, organic = 0;

    world_form_truth(b.w, &ask, morning);
    ask.at.now_ms += 14 * 3600000;
    world_form_truth(b.w, &ask, night);
    for (int i = 0; i <= WORLD_TEAMS; i++) {
        check(night[i] >= morning[i]);
        first += morning[i];
        last += night[i];
    }
    check(last > first);
    for (int64_t day = b.w->first_day; day < b.w->today; day++) {
        ask.from = ask.to = day;
        world_form_truth(b.w, &ask, night);
        organic += night[WORLD_NOBODY];
    }
    check(organic > 0);
    bench_stop(&b);
}

/* ---- what is particular to how the platform is asked ---- */

static struct answer bench_ask(struct bench *b, const char *method, const char *target,
                               const char *type, struct str token, const char *body)
{
    struct arena *a = b->cx->arena;
    struct str headers =
        arena_fmt(a, "Authorization: Bearer %.*s\r\nContent-Type: %s\r\n", STR_FMT(token), type);

    return ask_for(b->cx, sim_port(b->sim), method, target, str_z(a, headers), str_of(body));
}

static int64_t code_of(struct bench *b, const struct answer *a)
{
    int64_t code = 0;

    json_as_int(json_get(json_get(bench_json(b, a), "error"), "code"), &code);
    return code;
}

TEST(a_post_may_say_its_parameters_as_a_form_or_as_json)
{
    struct bench b = bench_start(cx);
    struct str token = world_page_token(b.w, cx->arena, 0);
    const char *path = str_z(cx->arena, arena_fmt(cx->arena, "/graph/v25.0/%.*s/subscribed_apps",
                                                  STR_FMT(world_page_id(cx->arena, 0))));

    check_int(200, bench_ask(&b, "POST", path, "application/x-www-form-urlencoded", token,
                             "subscribed_fields=leadgen")
                       .status);
    check_int(200, bench_ask(&b, "POST", path, "application/json", token,
                             "{\"subscribed_fields\":[\"leadgen\",\"feed\"]}")
                       .status);
    struct answer a = bench_ask(&b, "POST", path, "application/json", token, "not json");
    check_int(100, code_of(&b, &a));
    bench_stop(&b);
}

TEST(a_page_token_reads_no_accounts_and_an_app_token_is_nobody)
{
    struct bench b = bench_start(cx);
    struct str page = world_page_token(b.w, cx->arena, 1);
    const char *account = str_z(
        cx->arena, arena_fmt(cx->arena, "/graph/v25.0/act_%.*s", STR_FMT(b.w->accounts[0].id)));
    struct answer a = bench_ask(&b, "GET", account, "text/plain", page, "");

    check_int(200, code_of(&b, &a));
    a = bench_ask(&b, "GET", "/graph/v25.0/me", "text/plain", page, "");
    check_str(world_page_id(cx->arena, 1), text_in(bench_json(&b, &a), "id"));
    a = bench_ask(&b, "GET", "/graph/v25.0/me", "text/plain", S("312|secret"), "");
    check_int(2500, code_of(&b, &a));
    a = bench_ask(&b, "GET", "/graph/v25.0/9/subscriptions", "text/plain", S("312|secret"), "");
    check_int(15, code_of(&b, &a));
    bench_stop(&b);
}

TEST(pages_are_listed_for_those_who_may_see_them_and_for_others_the_list_is_empty)
{
    struct bench b = bench_start(cx);

    check_int(WORLD_PAGES + 1, json_len(json_get(graph_ok(&b, S("/me/accounts")), "data")));
    struct answer a = bench_get(&b, S("/graph/v25.0/me/accounts"), 1);
    check_int(200, a.status);
    check_str(S("{\"data\":[]}"), a.body);
    bench_stop(&b);
}

TEST(the_proof_is_asked_of_page_tokens_and_not_of_the_app)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.app_secret = S("testsecret")});
    struct answer a = bench_ask(&b, "GET", "/graph/v25.0/me", "text/plain",
                                world_page_token(b.w, cx->arena, 0), "");

    check_int(100, code_of(&b, &a));
    const char *debug =
        str_z(cx->arena, arena_fmt(cx->arena, "/graph/v25.0/debug_token?input_token=%.*s",
                                   STR_FMT(b.w->tokens[0])));
    check_int(200, bench_ask(&b, "GET", debug, "text/plain", S("312|testsecret"), "").status);
    a = bench_ask(&b, "GET", debug, "text/plain", S("312|wrong"), "");
    check_int(190, code_of(&b, &a));
    bench_stop(&b);
}

TEST(who_gave_a_permission_can_take_it_back)
{
    struct bench b = bench_start(cx);
    struct answer a = ask_for(cx, sim_port(b.sim), "GET",
                              "/www/v25.0/dialog/oauth?client_id=312&redirect_uri=http://x/cb&"
                              "scope=ads_read&state=s",
                              "", S(""));
    struct str code = answer_header(&a, "Location"), head;

    check(str_cut(&code, '=', &head) && str_cut(&code, '&', &head));
    const char *exchange =
        str_z(cx->arena, arena_fmt(cx->arena,
                                   "/graph/v25.0/oauth/access_token?client_id=312&client_secret=s&"
                                   "redirect_uri=http://x/cb&code=%.*s",
                                   STR_FMT(head)));
    a = ask_for(cx, sim_port(b.sim), "GET", exchange, "", S(""));
    struct str token = text_in(bench_json(&b, &a), "access_token");
    const char *permissions = "/graph/v25.0/me/permissions";
    a = bench_ask(&b, "GET", permissions, "text/plain", token, "");
    check_holds(S("\"permission\":\"ads_read\""), a.body);
    check_int(200, bench_ask(&b, "DELETE", permissions, "text/plain", token, "").status);
    a = bench_ask(&b, "GET", "/graph/v25.0/me", "text/plain", token, "");
    check_int(190, code_of(&b, &a));
    bench_stop(&b);
}
