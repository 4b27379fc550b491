/* GET /s/{code}: where it leads, and that a click is counted once, as what it was (A51, D45, M35).
 */
#include "db_fault.h"
#include "links/links_inside.h"
#include "slice_app.h"

#include <pthread.h>

#define PEOPLE "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile"

static void link_to(struct ctx *cx, struct slice_app *s, const char *code, const char *more)
{
    check_int(200, slice_status(cx, s, "PUT /api/v1/link-hosts", s->admin,
                                "{\"items\":[\"school.kz\"]}"));
    check_int(201, slice_status(
                       cx, s, "POST /api/v1/links", s->worker,
                       str_z(cx->arena, arena_fmt(cx->arena,
                                                  "{\"title\":\"One\",\"target\":"
                                                  "\"https://school.kz/a?b=c\",\"code\":\"%s\"%s}",
                                                  code, more))));
}

struct visit {
    const char *method, *target, *agent, *from, *more; /* from: the address; more: header lines */
};

static struct answer visit(struct ctx *cx, struct slice_app *s, struct visit v)
{
    struct str headers = arena_fmt(cx->arena, "User-Agent: %s\r\nX-Forwarded-For: %s\r\n%s",
                                   v.agent ? v.agent : PEOPLE, v.from ? v.from : "203.0.113.7",
                                   v.more ? v.more : "");

    return ask_for(cx, s->core.port, v.method ? v.method : "GET", v.target,
                   str_z(cx->arena, headers), (struct str){0});
}

/* What waits is stored when the thread ends; a new one takes its place. */
static void settle(struct ctx *cx, struct slice_app *s)
{
    links_stop(&s->app->links);
    check_ok(links_start(cx, s->app, &s->app->links));
}

static struct str clicks(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s, "link_id, class, is_first", "from link_click order by id");
}

/* ---- where it leads ---- */

DB_TEST(a_short_link_leads_to_its_target_with_its_tags)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", ",\"utm_source\":\"fb_arystan\"");

    struct answer a = visit(cx, &s, (struct visit){.target = "/s/one"});
    check_int(302, a.status);
    check_str(S("https://school.kz/a?b=c&utm_source=fb_arystan"), answer_header(&a, "Location"));
    check_str(S("no-store"), answer_header(&a, "Cache-Control"));
    check_str(S("strict-origin-when-cross-origin"), answer_header(&a, "Referrer-Policy"));
    check_int(1, answer_header_count(&a, "Referrer-Policy"));
    check_str(S(""), a.body);
    a = visit(cx, &s, (struct visit){.target = "/s/one?utm_source=x&fbclid=F&next=//evil.com"});
    check_str(S("https://school.kz/a?b=c&utm_source=fb_arystan&fbclid=F"),
              answer_header(&a, "Location"));
    slice_app_close(&s);
}

DB_TEST(an_unknown_code_is_a_small_page_of_404)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");
    static const char *const unknown[] = {"/s/two", "/s/ONE", "/s/on", "/s/one%20", "/s/'or'1'='1"};

    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct answer a = visit(cx, &s, (struct visit){.target = unknown[i]});
        check_int(404, a.status);
        check_str(S(""), answer_header(&a, "Location"));
    }
    struct answer page = visit(cx, &s, (struct visit){.target = "/s/two"});
    check_holds(S("text/html"), answer_header(&page, "Content-Type"));
    check_holds(S("No such link"), page.body);
    check(page.body.len < 1000);
    settle(cx, &s);
    check_int(0, sql_int(cx, &s, "select count(*) from link_click"));
    slice_app_close(&s);
}

DB_TEST(a_link_ends_when_its_time_is_over_or_it_is_archived)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", ",\"expires_at\":1770094801000");
    link_to(cx, &s, "two", "");

    check_int(302, visit(cx, &s, (struct visit){.target = "/s/one"}).status);
    fake_clock_advance(test_clock(cx), 1000);
    struct answer over = visit(cx, &s, (struct visit){.target = "/s/one"});
    check_int(410, over.status);
    check_holds(S("has ended"), over.body);
    slice_status(cx, &s, "POST /api/v1/links/2/archive", s.worker, NULL);
    check_int(410, visit(cx, &s, (struct visit){.target = "/s/two"}).status);
    slice_status(cx, &s, "POST /api/v1/links/2/restore", s.worker, NULL);
    check_int(302, visit(cx, &s, (struct visit){.target = "/s/two"}).status);
    slice_app_close(&s);
}

DB_TEST(a_change_acts_at_once)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    slice_status(cx, &s, "PATCH /api/v1/links/1", s.worker,
                 "{\"target\":\"https://school.kz/new\",\"utm_term\":\"t\"}");
    struct answer a = visit(cx, &s, (struct visit){.target = "/s/one"});
    check_str(S("https://school.kz/new?utm_term=t"), answer_header(&a, "Location"));
    slice_status(cx, &s, "PUT /api/v1/link-hosts", s.admin, "{\"items\":[\"other.kz\"]}");
    check_int(410, visit(cx, &s, (struct visit){.target = "/s/one"}).status);
    slice_app_close(&s);
}

DB_TEST(a_stored_target_that_may_not_be_followed_is_not_followed)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");
    sql_script(cx, &s, "update short_link set target = 'https://school.kz@evil.com/'");

    settle(cx, &s);
    check_int(410, visit(cx, &s, (struct visit){.target = "/s/one"}).status);
    slice_app_close(&s);
}

/* ---- clicks ---- */

DB_TEST(a_click_is_kept_without_saying_who_it_was)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    visit(cx, &s,
          (struct visit){.target = "/s/one",
                         .more = "Referer: https://L.Instagram.com/?u=secret\r\n"});
    visit(cx, &s, (struct visit){.target = "/s/one", .from = "2001:db8:1:2:3:4:5:6"});
    settle(cx, &s);

    check_str(S("1|1770094800000|2026-02-03|human|1|203.0.113.0/24|l.instagram.com\n"
                "1|1770094800000|2026-02-03|human|1|2001:db8:1::/48|-"),
              sql_rows(cx, &s, "link_id, at, day, class, is_first, ip_prefix, referrer_host",
                       "from link_click order by id"));
    check_str(S(PEOPLE), sql_rows(cx, &s, "agent", "from link_click where id = 1"));
    slice_app_close(&s);
}

DB_TEST(people_robots_and_previews_are_counted_apart)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    visit(cx, &s, (struct visit){.target = "/s/one"});
    visit(cx, &s, (struct visit){.target = "/s/one"});
    visit(cx, &s, (struct visit){.target = "/s/one", .from = "198.51.100.1"});
    visit(cx, &s, (struct visit){.target = "/s/one", .agent = "curl/8.0"});
    visit(cx, &s, (struct visit){.target = "/s/one", .agent = ""});
    visit(cx, &s, (struct visit){.target = "/s/one", .agent = "TelegramBot (like TwitterBot)"});
    visit(cx, &s, (struct visit){.target = "/s/one", .method = "HEAD"});
    visit(cx, &s,
          (struct visit){.target = "/s/one", .more = "Sec-Purpose: prefetch;prerender\r\n"});
    settle(cx, &s);

    check_str(S("1|human|1\n1|human|0\n1|human|1\n1|bot|1\n1|bot|1\n1|preview|1\n1|preview|1\n"
                "1|preview|0"),
              clicks(cx, &s));
    struct answer days = slice_ask(
        cx, &s, "GET /api/v1/links/1/clicks?from=2026-02-01&to=2026-02-03", s.viewer, NULL);
    check_golden(cx, "link_clicks", &days);
    struct answer list = slice_ask(cx, &s, "GET /api/v1/links", s.viewer, NULL);
    check_holds(S("\"clicks\":{\"human\":3,\"bot\":2,\"preview\":3},\"visitors\":2,"
                  "\"last_click_at\":1770094800000"),
                list.body);
    slice_app_close(&s);
}

DB_TEST(a_visitor_is_new_again_on_another_day_and_link)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");
    link_to(cx, &s, "two", "");

    visit(cx, &s, (struct visit){.target = "/s/one"});
    visit(cx, &s, (struct visit){.target = "/s/two"});
    fake_clock_advance(test_clock(cx), 24 * 3600 * 1000);
    visit(cx, &s, (struct visit){.target = "/s/one"});
    visit(cx, &s, (struct visit){.target = "/s/one"});
    settle(cx, &s);

    check_str(S("1|human|1\n2|human|1\n1|human|1\n1|human|0"), clicks(cx, &s));
    check_str(S("1|2026-02-03|human|1|1\n1|2026-02-04|human|2|1\n2|2026-02-03|human|1|1"),
              sql_rows(cx, &s, "link_id, day, class, clicks, visitors",
                       "from link_day order by link_id, day"));
    check_int(2, sql_int(cx, &s, "select count(*) from link_salt"));
    slice_app_close(&s);
}

DB_TEST(what_tells_visitors_apart_is_forgotten_after_two_days)
{
    struct slice_app s;
    struct job_run run;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    for (int i = 0; i < 3; i++) {
        visit(cx, &s, (struct visit){.target = "/s/one"});
        fake_clock_advance(test_clock(cx), 24 * 3600 * 1000);
    }
    settle(cx, &s);
    slice_job(cx, &s, "links.sweep", &run);
    check_str(S("2026-02-05"), sql_rows(cx, &s, "day", "from link_salt order by day"));
    check_str(S("2026-02-05"), sql_rows(cx, &s, "day", "from link_visitor order by day"));
    check_int(3, sql_int(cx, &s, "select count(*) from link_click"));
    check_int(3, sql_int(cx, &s, "select cast(sum(visitors) as bigint) from link_day"));
    slice_app_close(&s);
}

/* ---- the writer ---- */

DB_TEST(a_redirect_goes_on_while_a_writer_holds_the_database)
{
    struct slice_app s;
    struct tx *tx = NULL;
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    for (int i = 0; i < 300; i++)
        check_int(302, visit(cx, &s, (struct visit){.target = "/s/one"}).status);
    check_int(300, links_counts(s.app->links).waiting);
    tx_end(&tx);
    settle(cx, &s);
    check_int(300, sql_int(cx, &s, "select count(*) from link_click"));
    slice_app_close(&s);
}

DB_TEST(more_clicks_than_may_wait_are_counted_and_never_waited_for)
{
    struct slice_app s;
    struct tx *tx = NULL;
    struct click c = {.link_id = 1, .at = TEST_NOW_MS, .prefix = S("-"), .agent = S("x")};
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    for (int i = 0; i < 9000; i++)
        links_click(s.app->links, &c);
    struct links_counts counts = links_counts(s.app->links);
    check_int(8192, counts.waiting);
    check_int(9000 - 8192, counts.dropped);
    tx_end(&tx);
    settle(cx, &s);
    check_int(8192, sql_int(cx, &s, "select count(*) from link_click"));
    slice_app_close(&s);
}

struct storing {
    struct slice_app *s;
    struct click_list list;
};

static enum err store(struct ctx *cx, void *self)
{
    struct storing *st = self;

    return clicks_store(cx, st->s->app, &st->list);
}

static void nothing_stored(struct ctx *cx, void *self)
{
    struct storing *st = self;

    check_int(0, sql_int(cx, st->s, "select count(*) from link_click"));
    check_int(0, sql_int(cx, st->s, "select count(*) from link_day"));
    check_int(0, sql_int(cx, st->s, "select count(*) from link_visitor"));
}

DB_TEST(clicks_are_stored_whole_or_not_at_all)
{
    struct slice_app s;
    const struct click two[] = {
        {.link_id = 1,       .at = TEST_NOW_MS, .prefix = S("a"), .agent = S("x")  },
        { .link_id = 1, .at = TEST_NOW_MS,  .prefix = S("a"),  .agent = S("x"), .host = S("b.kz")}
    };
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");
    links_stop(&s.app->links); /* its own thread must not meet the fault */
    struct storing st = {
        &s, {two, 2}
    };
    struct fault_case c = {.step = store, .unchanged = nothing_stored, .self = &st};

    check(db_fault_each(cx, &c) >= 8);
    check_str(S("1|human|1\n1|human|0"), clicks(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_click_that_cannot_be_stored_costs_no_other)
{
    struct slice_app s;
    struct click c = {.link_id = 1, .at = TEST_NOW_MS, .prefix = S("-"), .agent = S("x")};
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    links_click(s.app->links, &c);
    c.link_id = 77; /* no such link */
    links_click(s.app->links, &c);
    c.link_id = 1;
    links_click(s.app->links, &c);
    settle(cx, &s);
    check_str(S("1|human|1\n1|human|0"), clicks(cx, &s));
    slice_app_close(&s);
}

/* ---- many at once ---- */

enum { FOLLOWERS = 4, EACH = 60 };
struct follower {
    pthread_t thread;
    struct slice_app *s;
    int good;
};

static void *follow(void *self)
{
    struct follower *f = self;
    struct ctx cx = {.arena = arena_new(TEST_ARENA_CAP), .clock = &clock_system};

    for (int i = 0; i < EACH; i++) {
        struct answer a = visit(&cx, f->s, (struct visit){.target = "/s/one?fbclid=x"});
        f->good +=
            a.status == 302 && str_starts(answer_header(&a, "Location"), S("https://school.kz/"));
    }
    arena_free(&cx.arena);
    return NULL;
}

DB_TEST(links_may_change_while_many_follow_them)
{
    struct slice_app s;
    struct follower f[FOLLOWERS];
    slice_app_open(cx, t, &s);
    link_to(cx, &s, "one", "");

    for (int i = 0; i < FOLLOWERS; i++) {
        f[i] = (struct follower){.s = &s};
        check(!pthread_create(&f[i].thread, NULL, follow, &f[i]));
    }
    for (int i = 0; i < 10; i++)
        check_int(200, slice_status(cx, &s, "PATCH /api/v1/links/1", s.worker,
                                    str_z(cx->arena,
                                          arena_fmt(cx->arena,
                                                    "{\"target\":\"https://school.kz/%d\"}", i))));
    for (int i = 0; i < FOLLOWERS; i++) {
        pthread_join(f[i].thread, NULL);
        check_int(EACH, f[i].good);
    }
    settle(cx, &s);
    check_int(FOLLOWERS * EACH, sql_int(cx, &s, "select count(*) from link_click"));
    check_int(FOLLOWERS * EACH, sql_int(cx, &s, "select clicks from link_day"));
    slice_app_close(&s);
}

/* ---- pure parts ---- */

TEST(agents_are_known_by_their_marks)
{
    static const struct {
        const char *agent;
        enum click_class class;
    } agents[] = {
        {PEOPLE,                                                                       CLICK_HUMAN  },
        {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120 Mobile "
         "Safari/537.36",                                                     CLICK_HUMAN  },
        {"Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile/15E148 [FBAN/FBIOS;FBAV/440.0]", CLICK_HUMAN  },
        {"Mozilla/5.0 (iPhone) AppleWebKit/605 Instagram 312.0.0 (iPhone14,5)",        CLICK_HUMAN  },
        {"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) Chrome/90 Mobile",                 CLICK_HUMAN  },
        {"Mozilla/5.0 (Linux; Android 13) Chrome/118 Mobile Viber/21.0",               CLICK_HUMAN  },
        {"Mozilla/5.0 (Linux; Android 13; SM-A536) Telegram-Android/10.2",             CLICK_HUMAN  },
        {"TelegramBot (like TwitterBot)",                                              CLICK_PREVIEW},
        {"WhatsApp/2.23.20.0 A",                                                       CLICK_PREVIEW},
        {"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
         CLICK_PREVIEW                                                                              },
        {"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",                 CLICK_PREVIEW},
        {"Twitterbot/1.0",                                                             CLICK_PREVIEW},
        {"Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",                CLICK_PREVIEW},
        {"Viber/13.3.0.22 CFNetwork/1206",                                             CLICK_PREVIEW},
        {"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",          CLICK_PREVIEW},
        {"Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",                   CLICK_PREVIEW},
        {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",   CLICK_BOT    },
        {"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",           CLICK_BOT    },
        {"Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/119.0",                        CLICK_BOT    },
        {"curl/7.88.1",                                                                CLICK_BOT    },
        {"Wget/1.21",                                                                  CLICK_BOT    },
        {"python-requests/2.31.0",                                                     CLICK_BOT    },
        {"Go-http-client/1.1",                                                         CLICK_BOT    },
        {"okhttp/4.9.3",                                                               CLICK_BOT    },
        {"",                                                                           CLICK_BOT    },
        {"   ",                                                                        CLICK_BOT    },
    };

    for (size_t i = 0; i < COUNT(agents); i++)
        check_str(
            arena_fmt(cx->arena, "%s: %s", agents[i].agent, click_class_name(agents[i].class)),
            arena_fmt(cx->arena, "%s: %s", agents[i].agent,
                      click_class_name(click_class_of(str_of(agents[i].agent)))));
}

TEST(addresses_are_cut_to_their_network)
{
    check_str(S("203.0.113.0/24"), click_prefix(cx->arena, S("203.0.113.77")));
    check_str(S("203.0.113.0/24"), click_prefix(cx->arena, S("::ffff:203.0.113.77")));
    check_str(S("2001:db8:a::/48"), click_prefix(cx->arena, S("2001:db8:a:b:c:d:e:f")));
    check_str(S("::/48"), click_prefix(cx->arena, S("::1")));
    check_str(S("-"), click_prefix(cx->arena, S("nowhere")));
    check_str(S("a.example.kz"), click_host(cx->arena, S("https://A.example.kz:8443/x?y#z")));
    check_str(S(""), click_host(cx->arena, S("https://user@a.kz/")));
    check_str(S(""), click_host(cx->arena, S("about:blank")));
    check_str(S(""), click_host(cx->arena, S("")));
    check_str(S(""), click_host(cx->arena, S("https://10.0.0.1/")));
}
