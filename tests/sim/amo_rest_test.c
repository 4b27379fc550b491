/* The CRM's fake REST API over HTTP: its doors, its lists, its tokens, its hooks. */
#include <string.h>

#include "sim/fault_kinds.h"
#include "sim_bench.h"

static const int64_t minute_ms = 60000, day_ms = 86400000;

static struct answer rest_with(struct bench *b, const char *method, const char *path,
                               struct str token)
{
    struct arena *a = b->cx->arena;

    return ask_for(b->cx, sim_port(b->sim), method, path,
                   str_z(a, arena_fmt(a, "Authorization: Bearer %.*s\r\n", STR_FMT(token))), S(""));
}

static struct answer rest(struct bench *b, const char *path)
{
    return rest_with(b, "GET",
                     str_z(b->cx->arena, arena_fmt(b->cx->arena, "/amo/agency/api/v4%s", path)),
                     sim_amo_token(b->sim));
}

static const struct json_in *rest_ok(struct bench *b, const char *path)
{
    struct answer a = rest(b, path);

    if (a.status != 200)
        test_fail(TEST_AT("the call"), "%s: %d %.*s", path, a.status, STR_FMT(a.body));
    return bench_json(b, &a);
}

static const struct json_in *rows_of(const struct json_in *root, const char *rows)
{
    return json_get(json_get(root, "_embedded"), rows);
}

static int64_t number_in(const struct json_in *v, const char *key)
{
    int64_t n = -1;

    json_as_int(json_get(v, key), &n);
    return n;
}

static bool has_next(const struct json_in *root)
{
    return json_get(json_get(root, "_links"), "next") != NULL;
}

static struct bench rest_bench(struct ctx *cx)
{
    return bench_start_with(cx, (struct sim_options){.world = {.history_days = 20}});
}

#define PATH(...) str_z(cx->arena, arena_fmt(cx->arena, __VA_ARGS__))

/* ---- doors ---- */

TEST(nobody_comes_in_without_a_token)
{
    struct bench b = rest_bench(cx);

    struct answer a = rest_with(&b, "GET", "/amo/agency/api/v4/account", S("wrong"));
    check_int(401, a.status);
    check_str(S("Unauthorized"), text_in(bench_json(&b, &a), "title"));
    check_int(200, rest(&b, "/account").status);
    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 1);
    check_int(401, rest(&b, "/account").status);
    bench_stop(&b);
}

TEST(another_subdomain_is_nobodys)
{
    struct bench b = rest_bench(cx);

    check_int(404, rest_with(&b, "GET", "/amo/other/api/v4/account", sim_amo_token(b.sim)).status);
    sim_set(b.sim, SIM_CRM_MOVED, 1);
    check_int(404, rest(&b, "/account").status);
    struct answer a = rest_with(&b, "GET", "/amo/agency-new/api/v4/account", sim_amo_token(b.sim));
    check_int(200, a.status);
    check_str(S("agency-new"), text_in(bench_json(&b, &a), "subdomain"));
    check_str(S("KZT"), text_in(bench_json(&b, &a), "currency"));
    bench_stop(&b);
}

TEST(more_than_seven_calls_in_a_second_are_too_many)
{
    struct bench b = rest_bench(cx);

    for (int i = 0; i < 20; i++)
        check_int(200, rest(&b, "/account").status);
    fake_clock_advance(test_clock(cx), 2000);
    sim_set(b.sim, SIM_CRM_PER_SECOND, 7);
    for (int i = 0; i < 7; i++)
        check_int(200, rest(&b, "/account").status);
    struct answer a = rest(&b, "/account");
    check_int(429, a.status);
    check_holds(S("text/html"), answer_header(&a, "Content-Type"));
    fake_clock_advance(test_clock(cx), 1000);
    check_int(200, rest(&b, "/account").status);
    bench_stop(&b);
}

TEST(every_named_fault_of_the_crm_answers_as_it_does)
{
    struct bench b = rest_bench(cx);

    for (size_t i = 0; i < amo_fault_nkinds; i++) {
        const struct fault_kind *k = &amo_fault_kinds[i];

        bench_post(
            &b, "/_fake/fault",
            arena_fmt(cx->arena, "{\"match\":\"/api/v4/account\",\"kind\":\"%s\"}", k->name));
        struct answer a = rest(&b, "/account");
        check_int(k->status, a.status);
        check_holds(str_of(k->mime), answer_header(&a, "Content-Type"));
        if (!str_eq(str_of(k->mime), S("text/html")))
            check_int(k->status, number_in(bench_json(&b, &a), "status"));
        check_int(200, rest(&b, "/account").status);
    }
    bench_stop(&b);
}

/* ---- deals ---- */

TEST(deals_come_in_pages_and_next_only_while_there_are_more)
{
    struct bench b = rest_bench(cx);
    int64_t seen = 0, last = 0, total = 0;
    struct world_deal d;

    for (int64_t day = b.w->first_day; day <= b.w->today + 1; day++)
        for (uint32_t source = 0; source < world_nsources(b.w); source++)
            for (uint32_t k = 0; k < world_ndeals(b.w, source, day); k++) {
                if (!world_deal(b.w, &(struct world_ref){source, day, k}, &d))
                    continue;
                bool is_gone = false;
                for (int i = 0; i < d.nsteps; i++)
                    is_gone |= d.steps[i].action == WORLD_DELETED &&
                               d.steps[i].at_ms <= sim_moment(b.sim).now_ms;
                total += d.steps[0].at_ms <= sim_moment(b.sim).now_ms && !is_gone;
            }
    for (int page = 1;; page++) {
        const struct json_in *root =
            rest_ok(&b, PATH("/leads?limit=100&page=%d&order%%5Bupdated_at%%5D=asc", page));
        struct json_iter it = json_iter(rows_of(root, "leads"));
        check_int(page, number_in(root, "_page"));
        for (const struct json_in *row; (row = json_next(&it, NULL)); seen++) {
            check(number_in(row, "updated_at") >= last);
            last = number_in(row, "updated_at");
        }
        if (!has_next(root)) {
            check_int(204, rest(&b, PATH("/leads?limit=100&page=%d", page + 1)).status);
            break;
        }
        check_int(100, (int64_t)json_len(rows_of(root, "leads")));
    }
    check(total > 200);
    check_int(total, seen);
    check(last * 1000 <= sim_moment(b.sim).now_ms);
    bench_stop(&b);
}

TEST(a_window_of_updates_holds_what_changed_in_it)
{
    struct bench b = rest_bench(cx);
    int64_t to = sim_moment(b.sim).now_ms / 1000, from = to - 86400;
    const struct json_in *root =
        rest_ok(&b, PATH("/leads?limit=250&filter%%5Bupdated_at%%5D%%5Bfrom%%5D=%lld"
                         "&filter%%5Bupdated_at%%5D%%5Bto%%5D=%lld",
                         (long long)from, (long long)to));
    struct json_iter it = json_iter(rows_of(root, "leads"));
    int64_t n = 0;

    for (const struct json_in *row; (row = json_next(&it, NULL)); n++)
        check(number_in(row, "updated_at") >= from && number_in(row, "updated_at") <= to);
    check(n > 5);
    check_int(204, rest(&b, "/leads?filter%5Bupdated_at%5D%5Bfrom%5D=4000000000").status);
    check_int(400, rest(&b, "/leads?limit=251").status);
    check_int(400, rest(&b, "/leads?order%5Bname%5D=asc").status);
    bench_stop(&b);
}

TEST(deals_are_found_by_id_and_by_status)
{
    struct bench b = rest_bench(cx);
    const struct json_in *won =
        rest_ok(&b, "/leads?limit=2&filter%5Bstatuses%5D%5B0%5D%5Bpipeline_id%5D=9430994"
                    "&filter%5Bstatuses%5D%5B0%5D%5Bstatus_id%5D=142&with=contacts");
    const struct json_in *first = json_at(rows_of(won, "leads"), 0);
    long long id = number_in(first, "id");

    check_int(142, number_in(first, "status_id"));
    check_int(number_in(first, "updated_at") > 0, 1);
    check(number_in(first, "closed_at") > 0 && number_in(first, "price") > 0);
    check_int(1, (int64_t)json_len(rows_of(first, "contacts")));
    const struct json_in *same = rest_ok(&b, PATH("/leads?filter%%5Bid%%5D%%5B%%5D=%lld", id));
    check_int(1, (int64_t)json_len(rows_of(same, "leads")));
    check_int(0, (int64_t)json_len(rows_of(json_at(rows_of(same, "leads"), 0), "contacts")));
    check_int(id, number_in(rest_ok(&b, PATH("/leads/%lld", id)), "id"));
    check_int(204, rest(&b, "/leads/1").status);
    bench_stop(&b);
}

TEST(deleted_deals_are_only_shown_to_who_asks_for_them)
{
    struct bench b = rest_bench(cx);
    const struct json_in *bin = rest_ok(&b, "/leads?limit=250&with=only_deleted");
    struct json_iter it = json_iter(rows_of(bin, "leads"));
    long long id = 0;

    for (const struct json_in *row; (row = json_next(&it, NULL));) {
        bool is_deleted = false;
        check(json_as_bool(json_get(row, "is_deleted"), &is_deleted) && is_deleted);
        id = number_in(row, "id");
    }
    check(id > 0);
    check_int(204, rest(&b, PATH("/leads/%lld", id)).status);
    check_int(200, rest(&b, PATH("/leads/%lld?with=only_deleted", id)).status);
    check_int(204, rest(&b, PATH("/leads?filter%%5Bid%%5D=%lld", id)).status);
    bench_stop(&b);
}

TEST(a_deal_moves_on_as_the_clock_does)
{
    struct bench b = rest_bench(cx);
    struct world_deal d = {0};
    bool is_found = false;

    for (uint32_t source = 0; source < world_nsources(b.w) && !is_found; source++)
        for (uint32_t k = 0; k < world_ndeals(b.w, source, b.w->today) && !is_found; k++)
            is_found = world_deal(b.w, &(struct world_ref){source, b.w->today, k}, &d) &&
                       d.nsteps > 1 && d.steps[0].at_ms > sim_moment(b.sim).now_ms &&
                       d.steps[1].action == WORLD_MOVED && d.steps[1].at_ms > d.steps[0].at_ms;
    check(is_found);
    check_int(204, rest(&b, PATH("/leads/%lld", (long long)d.id)).status);
    for (int i = 0; i < 2; i++) {
        fake_clock_advance(test_clock(cx), d.steps[i].at_ms - sim_moment(b.sim).now_ms);
        const struct json_in *row = rest_ok(&b, PATH("/leads/%lld", (long long)d.id));
        int64_t status = 0;
        check(str_to_int(d.steps[i].status, &status));
        check_int(status, number_in(row, "status_id"));
        check_int(d.steps[i].at_ms / 1000, number_in(row, "updated_at"));
    }
    bench_stop(&b);
}

/* ---- lists ---- */

TEST(pipelines_users_fields_and_contacts_are_the_worlds)
{
    struct bench b = rest_bench(cx);
    const struct json_in *pipelines = rows_of(rest_ok(&b, "/leads/pipelines"), "pipelines");
    const struct json_in *lead =
        json_at(rows_of(rest_ok(&b, "/leads?limit=1&with=contacts"), "leads"), 0);
    long long contact = number_in(json_at(rows_of(lead, "contacts"), 0), "id");
    bool is_user = false;

    check_int(b.w->npipelines, json_len(pipelines));
    check_int(5, json_len(rows_of(json_at(pipelines, 0), "statuses")));
    struct json_iter it = json_iter(rows_of(rest_ok(&b, "/users?limit=250"), "users"));
    for (const struct json_in *row; (row = json_next(&it, NULL));)
        is_user |= number_in(row, "id") == number_in(lead, "responsible_user_id");
    check(is_user);
    const struct json_in *fields =
        rows_of(rest_ok(&b, "/leads/custom_fields?limit=250"), "custom_fields");
    check_str(S("UTM_SOURCE"), text_in(json_at(fields, 1), "code"));
    check(has_next(rest_ok(&b, "/users?limit=2")));

    const struct json_in *person = json_at(
        rows_of(rest_ok(&b, PATH("/contacts?filter%%5Bid%%5D%%5B%%5D=%lld", contact)), "contacts"),
        0);
    struct world_contact of;
    check(world_contact(b.w, cx->arena, contact, &of));
    check_str(of.name, text_in(person, "name"));
    const struct json_in *phone = json_at(json_get(person, "custom_fields_values"), 0);
    check_str(S("PHONE"), text_in(phone, "field_code"));
    check_str(of.phone, text_in(json_at(json_get(phone, "values"), 0), "value"));
    check_int(204, rest(&b, "/contacts?filter%5Bid%5D%5B%5D=7").status);
    bench_stop(&b);
}

TEST(some_people_come_again)
{
    struct bench b = rest_bench(cx);
    struct world_deal d;
    int64_t n = 0, regulars = 0;

    for (int64_t day = b.w->first_day; day <= b.w->today; day++)
        for (uint32_t source = 0; source < world_nsources(b.w); source++)
            for (uint32_t k = 0; k < world_ndeals(b.w, source, day); k++)
                if (world_deal(b.w, &(struct world_ref){source, day, k}, &d)) {
                    int64_t who = world_deal_contact(b.w, &d);
                    struct world_contact of;
                    check(world_contact(b.w, cx->arena, who, &of) && of.phone.len >= 11);
                    regulars += who < 50000000;
                    n++;
                }
    check(regulars > n / 50 && regulars < n / 8);
    bench_stop(&b);
}

/* ---- tokens ---- */

static const struct sim_integration integration = {S("client-1"), S("secret-1"),
                                                   S("http://127.0.0.1:9/crm/callback")};

static struct answer post_token(struct bench *b, const char *kind, struct str what)
{
    struct arena *a = b->cx->arena;

    return ask_for(b->cx, sim_port(b->sim), "POST", "/amo/agency/oauth2/access_token",
                   "Content-Type: application/json\r\n",
                   arena_fmt(a,
                             "{\"client_id\":\"client-1\",\"client_secret\":\"secret-1\","
                             "\"grant_type\":\"%s\",\"%s\":\"%.*s\",\"redirect_uri\":"
                             "\"http://127.0.0.1:9/crm/callback\"}",
                             kind, kind[0] == 'a' ? "code" : "refresh_token", STR_FMT(what)));
}

static struct str consent_code(struct bench *b)
{
    struct answer a = ask_for(b->cx, sim_port(b->sim), "GET",
                              "/amo/www/oauth?client_id=client-1&state=st%26te", "", S(""));
    struct str to = answer_header(&a, "Location"), code = {0};

    check_int(302, a.status);
    check(str_starts(to, S("http://127.0.0.1:9/crm/callback?code=def502")));
    check_holds(S("&state=st%26te&referer=agency.amocrm.ru"), to);
    check(str_cut(&to, '=', &code) && str_cut(&to, '&', &code));
    return code;
}

TEST(consent_gives_a_code_that_works_once_and_for_twenty_minutes)
{
    struct bench b = rest_bench(cx);

    check_int(404, ask_for(cx, sim_port(b.sim), "GET", "/amo/www/oauth?client_id=client-1&state=x",
                           "", S(""))
                       .status);
    sim_integration_set(b.sim, &integration);
    struct str code = consent_code(&b);
    struct answer a = post_token(&b, "authorization_code", code);
    check_int(200, a.status);
    check_int(86400, number_in(bench_json(&b, &a), "expires_in"));
    check_int(400, post_token(&b, "authorization_code", code).status);
    code = consent_code(&b);
    fake_clock_advance(test_clock(cx), 20 * minute_ms);
    a = post_token(&b, "authorization_code", code);
    check_int(400, a.status);
    check_str(S("Authorization code has expired"), text_in(bench_json(&b, &a), "hint"));
    bench_stop(&b);
}

TEST(a_refresh_token_is_dead_once_it_was_used_or_lay_idle)
{
    struct bench b = rest_bench(cx);

    sim_integration_set(b.sim, &integration);
    struct answer a = post_token(&b, "authorization_code", consent_code(&b));
    struct str old = text_in(bench_json(&b, &a), "refresh_token");
    struct str access = text_in(bench_json(&b, &a), "access_token");
    check_int(200, rest_with(&b, "GET", "/amo/agency/api/v4/account", access).status);
    fake_clock_advance(test_clock(cx), day_ms);
    check_int(401, rest_with(&b, "GET", "/amo/agency/api/v4/account", access).status);

    a = post_token(&b, "refresh_token", old);
    check_int(200, a.status);
    struct str fresh = text_in(bench_json(&b, &a), "refresh_token");
    check(!str_eq(old, fresh));
    a = post_token(&b, "refresh_token", old);
    check_int(401, a.status);
    check_str(S("Token has been revoked"), text_in(bench_json(&b, &a), "hint"));
    fake_clock_advance(test_clock(cx), 90 * day_ms);
    check_int(401, post_token(&b, "refresh_token", fresh).status);
    bench_stop(&b);
}

TEST(only_the_registered_integration_gets_tokens)
{
    static const struct sim_integration other = {S("client-1"), S("another"),
                                                 S("http://127.0.0.1:9/crm/callback")};
    static const struct sim_integration moved = {S("client-1"), S("secret-1"),
                                                 S("http://127.0.0.1:9/elsewhere")};
    struct bench b = rest_bench(cx);

    sim_integration_set(b.sim, &integration);
    struct str code = consent_code(&b);
    sim_integration_set(b.sim, &other);
    check_int(401, post_token(&b, "authorization_code", code).status);
    sim_integration_set(b.sim, &moved);
    check_int(400, post_token(&b, "authorization_code", code).status);
    sim_integration_set(b.sim, &integration);
    check_int(400, post_token(&b, "password", code).status);
    check_int(400, ask_for(cx, sim_port(b.sim), "POST", "/amo/agency/oauth2/access_token", "",
                           S("not json"))
                       .status);
    check_int(200, post_token(&b, "authorization_code", code).status);
    bench_stop(&b);
}

TEST(an_account_that_moved_is_found_by_either_token)
{
    struct bench b = rest_bench(cx);
    const char *by_refresh = "/amo/api-a/oauth2/account/current/subdomain";

    sim_integration_set(b.sim, &integration);
    struct answer a = post_token(&b, "authorization_code", consent_code(&b));
    struct str refresh = text_in(bench_json(&b, &a), "refresh_token");
    struct str access = text_in(bench_json(&b, &a), "access_token");
    sim_set(b.sim, SIM_CRM_MOVED, 1);
    check_int(404, post_token(&b, "refresh_token", refresh).status);
    const char *header = PATH("X-Refresh-Token: %.*s\r\n", STR_FMT(refresh));
    a = ask_for(cx, sim_port(b.sim), "GET", by_refresh, header, S(""));
    check_int(200, a.status);
    check_str(S("agency-new.amocrm.ru"), text_in(bench_json(&b, &a), "domain"));
    a = rest_with(&b, "GET", "/amo/www/oauth2/account/subdomain", access);
    check_str(S("agency-new"), text_in(bench_json(&b, &a), "subdomain"));
    sim_set(b.sim, SIM_DEAD_CRM_TOKEN, 2);
    check_int(401, ask_for(cx, sim_port(b.sim), "GET", by_refresh, header, S("")).status);
    bench_stop(&b);
}

/* ---- hooks ---- */

static struct answer hook_call(struct bench *b, const char *method, struct str body)
{
    struct arena *a = b->cx->arena;

    return ask_for(b->cx, sim_port(b->sim), method, "/amo/agency/api/v4/webhooks",
                   str_z(a, arena_fmt(a,
                                      "Authorization: Bearer %.*s\r\n"
                                      "Content-Type: application/json\r\n",
                                      STR_FMT(sim_amo_token(b->sim)))),
                   body);
}

static bool is_disabled(struct bench *b)
{
    bool yes = false;

    check(json_as_bool(
        json_get(json_at(rows_of(rest_ok(b, "/webhooks"), "webhooks"), 0), "disabled"), &yes));
    return yes;
}

TEST(a_hook_is_registered_told_switched_off_and_made_anew)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    struct str hook = arena_fmt(cx->arena,
                                "{\"destination\":\"http://127.0.0.1:%d/nobody/listens\","
                                "\"settings\":[\"add_lead\",\"status_lead\"]}",
                                sim_port(b.sim));

    check_int(204, rest(&b, "/webhooks").status);
    check_int(201, hook_call(&b, "POST", hook).status);
    const struct json_in *list = rows_of(rest_ok(&b, "/webhooks"), "webhooks");
    check_int(1, (int64_t)json_len(list));
    check_int(2, (int64_t)json_len(json_get(json_at(list, 0), "settings")));
    check(!is_disabled(&b));
    check_ok(sim_tick(cx, b.sim));
    fake_clock_advance(test_clock(cx), 3 * day_ms);
    check_ok(sim_tick(cx, b.sim)); /* hundreds of events that nobody takes */
    check(sim_deliveries(b.sim).is_off);
    check(is_disabled(&b));
    check_int(201, hook_call(&b, "POST", hook).status);
    check(is_disabled(&b)); /* what is registered once more stays off */
    check_int(204, hook_call(&b, "DELETE", hook).status);
    check_int(404, hook_call(&b, "DELETE", hook).status);
    check_int(204, rest(&b, "/webhooks").status);
    check_int(201, hook_call(&b, "POST", hook).status);
    check(!is_disabled(&b));
    check_int(400, hook_call(&b, "POST", S("{\"destination\":\"nowhere\"}")).status);
    check_int(400, hook_call(&b, "POST", S("{\"destination\":\"http://x/y\"}")).status);
    bench_stop(&b);
}

TEST(the_sender_goes_on_with_the_hook_that_is_left)
{
    struct bench b = bench_start_with(cx, (struct sim_options){.world = {.history_days = 5}});
    static const char one[] =
        "{\"destination\":\"http://127.0.0.1:9/one\",\"settings\":[\"add_lead\"]}";
    static const char two[] =
        "{\"destination\":\"http://127.0.0.1:9/two\",\"settings\":[\"add_lead\"]}";

    check_int(201, hook_call(&b, "POST", str_of(one)).status);
    check_int(201, hook_call(&b, "POST", str_of(two)).status);
    check_int(2, (int64_t)json_len(rows_of(rest_ok(&b, "/webhooks"), "webhooks")));
    check_int(204, hook_call(&b, "DELETE", str_of(one)).status);
    check_int(1, (int64_t)json_len(rows_of(rest_ok(&b, "/webhooks"), "webhooks")));
    fake_clock_advance(test_clock(cx), day_ms);
    check_ok(sim_tick(cx, b.sim));
    fake_clock_advance(test_clock(cx), day_ms);
    check_ok(sim_tick(cx, b.sim));
    check(sim_deliveries(b.sim).tries > 0);
    bench_stop(&b);
}
