/* Connections, accounts and whose they are, as the browser asks for them. */
#include "ads_bench.h"

static const struct route_set *all_sets(void)
{
    static struct route_set sets[1];

    sets[0] = (struct route_set){ads_routes, ads_nroutes};
    return sets;
}

struct people {
    struct str admin, lead, viewer, stranger; /* access tokens */
    int64_t arystan, muha;                    /* teams */
    int64_t lead_id;
};

static void open_served(struct ctx *cx, struct temp_db *t, struct bench *b, struct people *p)
{
    bench_open(cx, t, b);
    core_app_serve(cx, &b->c, all_sets(), 1);
    p->arystan = core_app_team(cx, &b->c, "Arystan");
    p->muha = core_app_team(cx, &b->c, "Muha");
    p->admin =
        core_app_token(cx, &b->c, core_app_user(cx, &b->c, "a@agency.kz", ROLE_ADMIN, 0, NULL));
    p->lead_id = core_app_user(cx, &b->c, "l@agency.kz", ROLE_TEAM_LEAD, p->arystan, NULL);
    p->lead = core_app_token(cx, &b->c, p->lead_id);
    p->viewer = core_app_token(cx, &b->c,
                               core_app_user(cx, &b->c, "v@agency.kz", ROLE_VIEWER, p->muha, NULL));
    p->stranger =
        core_app_token(cx, &b->c, core_app_user(cx, &b->c, "s@agency.kz", ROLE_VIEWER, 0, NULL));
}

static struct answer call(struct bench *b, const char *what, struct str who, const char *body)
{
    return core_app_ask(b->cx, &b->c, what, who, body);
}

static struct answer post_token(struct bench *b, struct str who, struct str token)
{
    return call(b, "POST /api/v1/connections", who,
                arena_fmt(b->cx->arena, "{\"token\":\"%.*s\"}", STR_FMT(token)).ptr);
}

static bool has(struct str part, struct str whole)
{
    return memmem(whole.ptr, whole.len, part.ptr, part.len) != NULL;
}

static int64_t items(struct bench *b, const struct answer *a)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(b->cx, a->body, &root));
    return (int64_t)json_len(json_get(root, "items"));
}

/* ---- connections ---- */

DB_TEST(a_pasted_token_becomes_a_connection_with_its_accounts_and_is_never_shown)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    struct answer a = post_token(&b, p.admin, b.w->tokens[0]);
    struct answer list = call(&b, "GET /api/v1/connections", p.admin, NULL);

    check_int(201, a.status);
    check_str(S("ok"), answer_text(cx, &a, "state"));
    check_str(S("Agency System User"), answer_text(cx, &a, "label"));
    check_int(7, answer_int(cx, &a, "accounts"));
    check_int(1, items(&b, &list));
    struct str token = b.w->tokens[0], end = {token.ptr + token.len - 4, 4};
    check(!has(token, a.body) && !has(token, list.body));
    check(has(end, answer_text(cx, &list, "items.0.token_hint")));
    check_int(0, core_app_sql(cx, &b.c, "select count(*) from audit_log where after like $1",
                              ARGS(a_str("a", arena_fmt(cx->arena, "%%%.*s%%", STR_FMT(token))))));
    check_int(1, number(&b, "select count(*) from audit_log where action = 'connection.add'"));
    bench_close(&b);
}

DB_TEST(the_same_token_again_is_the_same_connection)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    struct answer first = post_token(&b, p.admin, b.w->tokens[0]);
    struct answer again = post_token(&b, p.admin, b.w->tokens[0]);

    check_int(answer_int(cx, &first, "id"), answer_int(cx, &again, "id"));
    check_int(1, number(&b, "select count(*) from secret"));
    bench_close(&b);
}

DB_TEST(a_token_that_the_platform_refuses_is_a_wrong_field)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    struct answer a = post_token(&b, p.admin, S("EAAnobody-knows-this-one"));

    check_int(422, a.status);
    check_str(S("token_refused"), field_code(cx, &a, "token"));
    check(!has(S("EAAnobody"), a.body));
    fault(&b, "/me/adaccounts", "\"kind\":\"not_granted\"");
    a = post_token(&b, p.admin, b.w->tokens[0]);
    check_int(422, a.status);
    check_str(S("no_permission"), field_code(cx, &a, "token"));
    check_int(0, number(&b, "select count(*) from ad_connection"));
    check_int(0, number(&b, "select count(*) from secret"));
    bench_close(&b);
}

DB_TEST(a_platform_that_does_not_answer_is_no_fault_of_the_token)
{
    static const char *const kinds[] = {"html", "half", "ok_html", "wrong_types", "redirect"};
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    for (size_t i = 0; i < COUNT(kinds); i++) {
        fault(&b, "/me", arena_fmt(cx->arena, "\"times\":50,\"kind\":\"%s\"", kinds[i]).ptr);
        check_int(502, post_token(&b, p.admin, b.w->tokens[0]).status);
        forget_faults(&b);
    }
    b.c.app.meta.base_url = "http://127.0.0.1:1/graph";
    check_int(502, post_token(&b, p.admin, b.w->tokens[0]).status);
    check_int(0, number(&b, "select count(*) from ad_connection"));
    bench_close(&b);
}

DB_TEST(what_is_no_token_at_all_is_not_sent_anywhere)
{
    static const struct {
        int status;
        const char *body;
    } bad[] = {
        {422, "{}"                                              },
        {422, "{\"token\":\"short\"}"                           },
        {422, "{\"token\":\"EAA with a space\"}"                },
        {422, "{\"token\":7}"                                   },
        {422, "{\"token\":null}"                                },
        {422, "{\"token\":\"EAAlongenough\",\"label\":\"mine\"}"},
        {400, "[]"                                              },
        {400, "{\"token\":"                                     },
        {400, "nonsense"                                        },
    };
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    for (size_t i = 0; i < COUNT(bad); i++)
        check_int(bad[i].status, call(&b, "POST /api/v1/connections", p.admin, bad[i].body).status);

    check_int(0, json_len(asked(&b, "/me")));
    bench_close(&b);
}

DB_TEST(connections_are_for_admins)
{
    static const char *const calls[] = {"GET /api/v1/connections",
                                        "POST /api/v1/connections",
                                        "POST /api/v1/connections/1/check",
                                        "DELETE /api/v1/connections/1",
                                        "PATCH /api/v1/accounts/1",
                                        "POST /api/v1/accounts/1/bindings",
                                        "DELETE /api/v1/accounts/1/bindings/1"};
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);

    for (size_t i = 0; i < COUNT(calls); i++) {
        check_int(401, call(&b, calls[i], S(""), NULL).status);
        check_int(401, call(&b, calls[i], S("not.a.token"), NULL).status);
        check_int(403, call(&b, calls[i], p.viewer, NULL).status);
        check_int(403, call(&b, calls[i], p.lead, NULL).status);
    }
    check_int(401, call(&b, "GET /api/v1/accounts", S(""), NULL).status);
    bench_close(&b);
}

DB_TEST(checking_a_connection_tells_how_it_is_now)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    struct answer a = post_token(&b, p.admin, b.w->tokens[1]);
    const char *check_it = arena_fmt(cx->arena, "POST /api/v1/connections/%lld/check",
                                     (long long)answer_int(cx, &a, "id"))
                               .ptr;

    a = call(&b, check_it, p.admin, NULL);
    check_int(200, a.status);
    check_str(S("ok"), answer_text(cx, &a, "state"));
    sim_set(b.sim, SIM_DEAD_TOKEN, 1);
    a = call(&b, check_it, p.admin, NULL);
    check_int(200, a.status);
    check_str(S("reconnect"), answer_text(cx, &a, "state"));
    check(account_has(&b, 6, "sync_state", "reconnect"));
    b.c.app.meta.base_url = "http://127.0.0.1:1/graph";
    check_int(502, call(&b, check_it, p.admin, NULL).status);
    check_int(404, call(&b, "POST /api/v1/connections/99/check", p.admin, NULL).status);
    check_int(404, call(&b, "POST /api/v1/connections/x/check", p.admin, NULL).status);
    bench_close(&b);
}

DB_TEST(a_removed_connection_forgets_its_token_and_keeps_its_history)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    struct answer a = post_token(&b, p.admin, b.w->tokens[0]);
    const char *id = arena_fmt(cx->arena, "%lld", (long long)answer_int(cx, &a, "id")).ptr;
    sync_one(&b, 1, 0);

    a = call(&b, arena_fmt(cx->arena, "DELETE /api/v1/connections/%s", id).ptr, p.admin, NULL);

    check_int(200, a.status);
    check_int(0, number(&b, "select count(*) from secret"));
    check(facts_of(&b, 0) > 0);
    a = call(&b, "GET /api/v1/connections", p.admin, NULL);
    check_str(S("off"), answer_text(cx, &a, "items.0.state"));
    check_int(409, call(&b, arena_fmt(cx->arena, "POST /api/v1/connections/%s/check", id).ptr,
                        p.admin, NULL)
                       .status);
    forget_asked(&b);
    sync_all(&b, 1);
    check_int(0, json_len(asked(&b, "/graph")));
    check_int(404, call(&b, "DELETE /api/v1/connections/99", p.admin, NULL).status);
    bench_close(&b);
}

DB_TEST(the_connection_of_the_settings_is_removed_in_the_settings)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    b.c.app.config.meta_token = b.w->tokens[0];
    sync_all(&b, 1);

    struct answer list = call(&b, "GET /api/v1/connections", p.admin, NULL);
    struct answer a = call(&b,
                           arena_fmt(cx->arena, "DELETE /api/v1/connections/%lld",
                                     (long long)answer_int(cx, &list, "items.0.id"))
                               .ptr,
                           p.admin, NULL);

    check(has(S("\"from_settings\":true"), list.body));
    check_int(409, a.status);
    check_holds(S("FACEBOOK_ADS_TOKEN"), answer_text(cx, &a, "error.message"));
    bench_close(&b);
}

/* ---- accounts ---- */

static int64_t account_id(struct bench *b, int account)
{
    return number_of(b, "select id from ad_account where external_id = $1", account);
}

static struct answer bind(struct bench *b, struct people *p, int account, const char *body)
{
    struct str what = arena_fmt(b->cx->arena, "POST /api/v1/accounts/%lld/bindings",
                                (long long)account_id(b, account));

    return call(b, what.ptr, p->admin, body);
}

static const char *binding(struct bench *b, int64_t team, const char *from, const char *to)
{
    return arena_fmt(b->cx->arena, "{\"team_id\":%lld,\"valid_from\":\"%s\"%s%s%s}",
                     (long long)team, from, to ? ",\"valid_to\":\"" : "", to ? to : "",
                     to ? "\"" : "")
        .ptr;
}

DB_TEST(each_sees_the_accounts_of_the_own_team_and_an_admin_all)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    check_int(201, bind(&b, &p, 0, binding(&b, p.arystan, "2026-01-01", NULL)).status);
    check_int(201, bind(&b, &p, 1, binding(&b, p.arystan, "2026-01-01", "2026-01-31")).status);
    check_int(201, bind(&b, &p, 1, binding(&b, p.muha, "2026-02-01", NULL)).status);

    struct answer all = call(&b, "GET /api/v1/accounts", p.admin, NULL);
    struct answer lead = call(&b, "GET /api/v1/accounts", p.lead, NULL);
    struct answer viewer = call(&b, "GET /api/v1/accounts", p.viewer, NULL);
    struct answer stranger = call(&b, "GET /api/v1/accounts", p.stranger, NULL);

    check_int(7, items(&b, &all));
    check_int(2, items(&b, &lead));
    check(has(S("Arystan"), lead.body));
    check(!has(S("\"Muha\""), lead.body));
    check_int(1, items(&b, &viewer));
    check_str(S("Muha"), answer_text(cx, &viewer, "items.0.team_name"));
    check(!has(S("\"Arystan\""), viewer.body));
    check_int(0, items(&b, &stranger));
    bench_close(&b);
}

DB_TEST(an_account_is_told_with_its_zone_its_state_and_its_periods)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);

    struct answer a = bind(&b, &p, 4, binding(&b, p.muha, "2026-02-01", NULL));

    check_int(201, a.status);
    check_str(b.w->accounts[4].id, answer_text(cx, &a, "external_id"));
    check_str(S("America/Los_Angeles"), answer_text(cx, &a, "tz"));
    check(has(S("\"tz_differs\":true"), a.body));
    check_str(S("active"), answer_text(cx, &a, "status_name"));
    check_str(S("new"), answer_text(cx, &a, "sync_state"));
    check_int(p.muha, answer_int(cx, &a, "team_id"));
    check_str(S("2026-02-01"), answer_text(cx, &a, "bindings.0.valid_from"));
    check(has(S("\"valid_to\":null"), a.body));
    bench_close(&b);
}

DB_TEST(an_account_can_be_left_out_and_taken_in_again)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    const char *what =
        arena_fmt(cx->arena, "PATCH /api/v1/accounts/%lld", (long long)account_id(&b, 0)).ptr;

    struct answer a = call(&b, what, p.admin, "{\"is_tracked\":false}");

    check_int(200, a.status);
    check(has(S("\"is_tracked\":false"), a.body));
    check_int(200, call(&b, what, p.admin, "{\"is_tracked\":true}").status);
    check_int(422, call(&b, what, p.admin, "{\"is_tracked\":\"yes\"}").status);
    check_int(422, call(&b, what, p.admin, "{}").status);
    check_int(422, call(&b, what, p.admin, "{\"is_tracked\":true,\"name\":\"x\"}").status);
    check_int(404, call(&b, "PATCH /api/v1/accounts/999", p.admin, "{\"is_tracked\":true}").status);
    check_int(404, call(&b, "PATCH /api/v1/accounts/-1", p.admin, "{\"is_tracked\":true}").status);
    bench_close(&b);
}

/* ---- bindings ---- */

DB_TEST(a_new_period_ends_the_open_one_the_day_before)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    bind(&b, &p, 0, binding(&b, p.arystan, "2026-01-01", NULL));

    struct answer a = bind(&b, &p, 0, binding(&b, p.muha, "2026-02-01", NULL));

    check_int(201, a.status);
    check_str(S("2026-01-31"), answer_text(cx, &a, "bindings.0.valid_to"));
    check_str(S("Muha"), answer_text(cx, &a, "bindings.1.team_name"));
    check_int(p.muha, answer_int(cx, &a, "team_id"));
    bench_close(&b);
}

DB_TEST(periods_of_one_account_never_overlap)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    bind(&b, &p, 0, binding(&b, p.arystan, "2026-01-10", "2026-01-20"));
    bind(&b, &p, 0, binding(&b, p.arystan, "2026-02-10", NULL));

    check_int(409, bind(&b, &p, 0, binding(&b, p.muha, "2026-01-20", "2026-01-25")).status);
    check_int(409, bind(&b, &p, 0, binding(&b, p.muha, "2026-01-01", "2026-01-10")).status);
    check_int(409, bind(&b, &p, 0, binding(&b, p.muha, "2026-01-12", "2026-01-15")).status);
    check_int(409, bind(&b, &p, 0, binding(&b, p.muha, "2026-01-01", NULL)).status);
    check_int(409, bind(&b, &p, 0, binding(&b, p.muha, "2026-02-10", NULL)).status);
    check_int(2, number(&b, "select count(*) from ad_account_binding"));
    check_int(1, number(&b, "select count(*) from ad_account_binding where valid_to is null"));
    check_int(201, bind(&b, &p, 0, binding(&b, p.muha, "2026-01-21", "2026-02-09")).status);
    check_int(201, bind(&b, &p, 1, binding(&b, p.muha, "2026-01-12", "2026-01-15")).status);
    bench_close(&b);
}

DB_TEST(days_whose_spend_changes_hands_are_marked_for_rebuilding)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    sync_one(&b, 10, 0);
    change(&b, "delete from rollup_dirty");

    struct answer a = bind(&b, &p, 0, binding(&b, p.arystan, "2026-02-01", NULL));
    check_int(3, number(&b, "select count(*) from rollup_dirty where day >= '2026-02-01'"));
    check_int(3, number(&b, "select count(*) from rollup_dirty"));
    change(&b, "delete from rollup_dirty");
    a = call(&b,
             arena_fmt(cx->arena, "DELETE /api/v1/accounts/%lld/bindings/%lld",
                       (long long)account_id(&b, 0), (long long)answer_int(cx, &a, "bindings.0.id"))
                 .ptr,
             p.admin, NULL);

    check_int(200, a.status);
    check_int(3, number(&b, "select count(*) from rollup_dirty"));
    check_int(0, number(&b, "select count(*) from ad_account_binding"));
    check_int(2, number(&b, "select count(*) from audit_log where action in ('account.bind', "
                            "'account.unbind')"));
    bench_close(&b);
}

DB_TEST(a_period_that_makes_no_sense_is_refused_field_by_field)
{
    static const struct {
        int status;
        const char *body, *field, *why;
    } bad[] = {
        {422, "{}",                                                                        "team_id",    "missing"    },
        {422, "{\"team_id\":1}",                                                           "valid_from", "missing"    },
        {422, "{\"team_id\":999,\"valid_from\":\"2026-01-01\"}",                           "team_id",    "not_found"  },
        {422, "{\"team_id\":1,\"user_id\":999,\"valid_from\":\"2026-01-01\"}",             "user_id",
         "not_found"                                                                                                  },
        {422, "{\"team_id\":1,\"valid_from\":\"2026-02-30\"}",                             "valid_from", NULL         },
        {422, "{\"team_id\":1,\"valid_from\":20260101}",                                   "valid_from", NULL         },
        {422, "{\"team_id\":-1,\"valid_from\":\"2026-01-01\"}",                            "team_id",    NULL         },
        {422, "{\"team_id\":\"x\",\"valid_from\":\"2026-01-01\"}",                         "team_id",    NULL         },
        {422, "{\"team_id\":1,\"valid_from\":\"2026-01-02\",\"valid_to\":\"2026-01-01\"}",
         "valid_to",                                                                                     "before_from"},
        {422, "{\"team_id\":1,\"valid_from\":\"2026-01-02\",\"colour\":\"red\"}",          "colour",     NULL         },
    };
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    check_int(1, p.arystan);

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct answer a = bind(&b, &p, 0, bad[i].body);
        struct str why = field_code(cx, &a, bad[i].field);
        if (a.status != bad[i].status || !why.len ||
            (bad[i].why && !str_eq(why, str_of(bad[i].why))))
            test_fail(TEST_AT("refusal"), "%s: %d %.*s", bad[i].body, a.status, STR_FMT(a.body));
    }
    check_int(404, call(&b, "POST /api/v1/accounts/999/bindings", p.admin,
                        binding(&b, 1, "2026-01-01", NULL))
                       .status);
    check_int(404, call(&b,
                        arena_fmt(cx->arena, "DELETE /api/v1/accounts/%lld/bindings/99",
                                  (long long)account_id(&b, 0))
                            .ptr,
                        p.admin, NULL)
                       .status);
    check_int(0, number(&b, "select count(*) from ad_account_binding"));
    bench_close(&b);
}

DB_TEST(a_period_can_name_a_person_and_the_command_line_lists_it)
{
    struct bench b;
    struct people p;
    open_served(cx, t, &b, &p);
    connect_token(&b, 0);
    const char *body =
        arena_fmt(cx->arena, "{\"team_id\":%lld,\"user_id\":%lld,\"valid_from\":\"2026-01-01\"}",
                  (long long)p.arystan, (long long)p.lead_id)
            .ptr;

    struct answer a = bind(&b, &p, 0, body);

    check_int(201, a.status);
    check_int(p.lead_id, answer_int(cx, &a, "bindings.0.user_id"));
    check_str(S("Test Person"), answer_text(cx, &a, "bindings.0.user_name"));
    bench_close(&b);
}

/* ---- for the command line ---- */

struct listed {
    int n, bound;
};

static void count_account(void *self, const struct account_row *a)
{
    struct listed *l = self;

    l->n++;
    l->bound += a->team_name.len > 0;
}

DB_TEST(the_command_line_finds_and_lists_accounts)
{
    struct bench b;
    struct tx *tx = NULL;
    struct listed listed = {0};
    int64_t id = 0, other = 0, binding_id = 0, team;
    struct binding_new bound = {.valid_from = S("2026-01-01")};
    bench_open(cx, t, &b);
    connect_token(&b, 0);
    team = core_app_team(cx, &b.c, "Arystan");

    check_ok(tx_begin(cx, b.c.app.db, TX_WRITE, &tx));
    check_ok(account_find(tx, b.w->accounts[2].id, &id));
    check_ok(
        account_find(tx, arena_fmt(cx->arena, "act_%.*s", STR_FMT(b.w->accounts[2].id)), &other));
    bound.account_id = id;
    bound.team_id = team;
    check_ok(binding_create(tx, &bound, &binding_id));
    check_ok(accounts_each(tx, S("2026-02-03"), count_account, &listed));
    check_int(id, other);
    check_int(7, listed.n);
    check_int(1, listed.bound);
    check_err(account_find(tx, S("5"), &id), ERR_NOT_FOUND);
    tx_end(&tx);
    check_holds(S("trafficd sync ads"), str_of(cx->why));
    bench_close(&b);
}
