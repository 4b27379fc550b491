/* Staying in: sessions that end at once, and refresh tokens that are used once. */
#include "sign_in.h"

#include <pthread.h>
#include <string.h>

/* ---- sessions end at once ---- */

DB_TEST(a_disabled_user_is_out_at_once)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str token = answer_text(cx, &in, "access_token");
    check_int(200, me(cx, &c, token));

    core_app_sql(cx, &c, "update app_user set disabled_at = 1 where id = $1 returning id",
                 ARGS(a_int("a", id)));

    check_int(401, me(cx, &c, token));
    check_int(401, refresh(cx, &c, answer_text(cx, &in, "refresh_token")).status);
    core_app_close(&c);
}

DB_TEST(ended_sessions_are_out_at_once)
{
    struct core_app c;
    int64_t id;
    struct tx *tx = NULL;
    open_with_user(cx, t, &c, &id);
    struct str one = core_app_token(cx, &c, id), two = core_app_token(cx, &c, id);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(auth_end_sessions(tx, id, S("role")));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    check_int(401, me(cx, &c, one));
    check_int(401, me(cx, &c, two));
    core_app_close(&c);
}

/* Access tokens live 15 minutes, so a session is kept alive by refreshing. */
static struct answer keep_using(struct ctx *cx, struct core_app *c, struct str *again,
                                int64_t each_ms, int64_t all_ms)
{
    struct answer a = {0};

    for (int64_t past = 0; past < all_ms; past += each_ms) {
        fake_clock_advance(test_clock(cx), each_ms);
        a = refresh(cx, c, *again);
        if (a.status != 200)
            break;
        *again = answer_text(cx, &a, "refresh_token");
    }
    return a;
}

DB_TEST(a_session_ends_after_seven_idle_days)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, 7 * DAY_MS - 1, 7 * DAY_MS - 1).status);
    check_int(401, keep_using(cx, &c, &again, 7 * DAY_MS, 7 * DAY_MS).status);
    core_app_close(&c);
}

DB_TEST(a_session_ends_after_thirty_days_however_much_it_is_used)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, 5 * DAY_MS, 25 * DAY_MS).status);
    check_int(401, keep_using(cx, &c, &again, 5 * DAY_MS, 5 * DAY_MS).status);
    core_app_close(&c);
}

DB_TEST(an_old_token_does_not_come_back_when_the_clock_is_set_back)
{
    struct core_app c;
    int64_t id, start = now_ms(cx);
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str old = answer_text(cx, &in, "access_token");
    struct str again = answer_text(cx, &in, "refresh_token");

    check_int(200, keep_using(cx, &c, &again, HOUR_MS, HOUR_MS).status);
    check_int(401, me(cx, &c, old));
    fake_clock_set(test_clock(cx), start);

    check_int(401, me(cx, &c, old));
    core_app_close(&c);
}

DB_TEST(last_use_is_written_once_a_minute_at_most)
{
    struct core_app c;
    int64_t id, start = now_ms(cx);
    open_with_user(cx, t, &c, &id);
    struct str token = core_app_token(cx, &c, id);

    fake_clock_advance(test_clock(cx), MINUTE_MS - 1);
    check_int(200, me(cx, &c, token));
    check_int(start, count(cx, &c, "select max(last_used_at) from session"));

    fake_clock_advance(test_clock(cx), 1);
    check_int(200, me(cx, &c, token));
    check_int(start + MINUTE_MS, count(cx, &c, "select max(last_used_at) from session"));
    core_app_close(&c);
}

/* ---- refresh (RFC 9700) ---- */

DB_TEST(each_refresh_gives_another_token_and_keeps_only_its_hash)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");

    struct answer a = refresh(cx, &c, first);
    struct str second = answer_text(cx, &a, "refresh_token");

    check_int(200, a.status);
    check_int(43, second.len);
    check(!str_eq(first, second));
    check_int(200, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(2, count(cx, &c, "select count(*) from refresh_token"));
    check_int(0, core_app_sql(cx, &c, "select count(*) from refresh_token where hash = $1",
                              ARGS(a_blob("a", second))));
    core_app_close(&c);
}

DB_TEST(within_ten_seconds_the_old_token_gives_the_same_successor)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    struct answer a = refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 10 * 1000);
    struct answer b = refresh(cx, &c, first);

    check_int(200, b.status);
    check_str(answer_text(cx, &a, "refresh_token"), answer_text(cx, &b, "refresh_token"));
    check_int(2, count(cx, &c, "select count(*) from refresh_token"));
    core_app_close(&c);
}

DB_TEST(later_reuse_of_a_token_ends_the_whole_family_and_is_noted)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    struct answer a = refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 10 * 1000 + 1);
    struct answer b = refresh(cx, &c, first);

    check_int(401, b.status);
    check_int(401, me(cx, &c, answer_text(cx, &a, "access_token")));
    check_int(401, refresh(cx, &c, answer_text(cx, &a, "refresh_token")).status);
    check_int(1, count(cx, &c, "select count(*) from session where end_reason = 'reuse'"));
    check_int(1, count(cx, &c, "select count(*) from login_event where result = 'reuse'"));
    check_int(1, count(cx, &c, "select count(*) from audit_log where action = 'session.reuse'"));
    core_app_close(&c);
}

DB_TEST(reuse_in_one_session_leaves_the_others_alone)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD), other = login(cx, &c, PASSWORD);
    struct str first = answer_text(cx, &in, "refresh_token");
    refresh(cx, &c, first);

    fake_clock_advance(test_clock(cx), 11 * 1000);
    check_int(401, refresh(cx, &c, first).status);

    check_int(200, me(cx, &c, answer_text(cx, &other, "access_token")));
    core_app_close(&c);
}

DB_TEST(a_made_up_refresh_token_is_401_and_writes_nothing)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);

    check_int(401, refresh(cx, &c, S("made-up")).status);
    check_int(401, core_app_ask(cx, &c, "POST /api/v1/auth/refresh", S(""), "{}").status);
    check_int(
        422,
        core_app_ask(cx, &c, "POST /api/v1/auth/refresh", S(""), "{\"refresh_token\":7}").status);
    check_int(0, count(cx, &c, "select count(*) from login_event"));
    core_app_close(&c);
}

struct rival {
    struct core_app *app;
    struct str token, got;
    int status;
    pthread_t thread;
};

static void *refresh_at_once(void *self)
{
    struct rival *r = self;
    struct arena *a = arena_new(1 << 20);
    struct ctx cx = {.arena = a, .clock = r->app->app.clock, .tag = "rival"};
    struct answer answer = refresh(&cx, r->app, r->token);
    struct str got = answer_text(&cx, &answer, "refresh_token");

    r->status = answer.status;
    r->got.len = got.len < 64 ? got.len : 0;
    if (r->got.len)
        memcpy((char *)(uintptr_t)r->got.ptr, got.ptr, r->got.len);
    arena_free(&a);
    return NULL;
}

DB_TEST(tabs_that_refresh_at_the_same_moment_all_get_the_same_successor)
{
    struct core_app c;
    int64_t id;
    struct rival rivals[8];
    open_with_user(cx, t, &c, &id);
    struct answer in = login(cx, &c, PASSWORD);
    struct str token = answer_text(cx, &in, "refresh_token");

    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < COUNT(rivals); i++) {
            rivals[i] = (struct rival){
                .app = &c, .token = token, .got = {arena_alloc(cx->arena, 64, 1), 0}
            };
            check_int(0, pthread_create(&rivals[i].thread, NULL, refresh_at_once, &rivals[i]));
        }
        for (size_t i = 0; i < COUNT(rivals); i++)
            pthread_join(rivals[i].thread, NULL);
        for (size_t i = 0; i < COUNT(rivals); i++) {
            check_int(200, rivals[i].status);
            check_str(rivals[0].got, rivals[i].got);
        }
        token = rivals[0].got;
        fake_clock_advance(test_clock(cx), MINUTE_MS);
    }
    check_int(6, count(cx, &c, "select count(*) from refresh_token"));
    core_app_close(&c);
}

DB_TEST(a_refresh_by_cookie_sets_new_cookies_and_shows_no_token)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str again = cookie_value(set_cookie(&in, 1));
    struct str headers = arena_fmt(
        cx->arena, "Cookie: trafficd_rt=%.*s\r\nX-Trafficd: 1\r\nSec-Fetch-Site: same-origin\r\n",
        STR_FMT(again));

    struct answer a =
        ask_for(cx, c.port, "POST", "/api/v1/auth/refresh", str_z(cx->arena, headers), S(""));

    check_int(200, a.status);
    check_int(2, answer_header_count(&a, "Set-Cookie"));
    check(!memmem(a.body.ptr, a.body.len, "_token", 6));
    check(!str_eq(again, cookie_value(set_cookie(&a, 1))));
    core_app_close(&c);
}

DB_TEST(another_sites_page_cannot_refresh_or_log_out_with_ones_cookies)
{
    struct core_app c;
    int64_t id;
    open_with_user(cx, t, &c, &id);
    struct answer in = login_with(cx, &c, "");
    struct str again = cookie_value(set_cookie(&in, 1));
    static const char *const sites[] = {
        "",
        "X-Trafficd: 1\r\n",
        "X-Trafficd: 1\r\nSec-Fetch-Site: cross-site\r\n",
        "X-Trafficd: 1\r\nSec-Fetch-Site: same-site\r\n",
        "X-Trafficd: 1\r\nOrigin: http://evil.test\r\n",
        "X-Trafficd: 1\r\nOrigin: null\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
    };

    for (size_t i = 0; i < COUNT(sites); i++) {
        struct str headers =
            arena_fmt(cx->arena, "Cookie: trafficd_rt=%.*s\r\n%s", STR_FMT(again), sites[i]);
        check_int(403, ask_for(cx, c.port, "POST", "/api/v1/auth/refresh",
                               str_z(cx->arena, headers), S(""))
                           .status);
        check_int(403, ask_for(cx, c.port, "POST", "/api/v1/auth/logout", str_z(cx->arena, headers),
                               S(""))
                           .status);
    }
    core_app_close(&c);
}
