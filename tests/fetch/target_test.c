/* target_test.c: where a call may go. */
#include "scene.h"

TEST(a_name_that_leads_to_loopback_is_not_connected_to)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("inside"));
    struct str base = arena_fmt(cx->arena, "https://localhost:%d", fake_vendor_port(s.vendor));
    check_err(get_from(cx, &s, str_z(cx->arena, base), S("/")), ERR_UPSTREAM);
    check_holds(S("private address"), str_of(cx->why));
    check_int(0, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(plain_http_reaches_servers_of_the_own_network_by_name_too)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("inside"));
    struct str base = arena_fmt(cx->arena, "http://localhost:%d", fake_vendor_port(s.vendor));
    check_ok(get_from(cx, &s, str_z(cx->arena, base), S("/")));
    check_int(1, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(plain_http_never_leaves_the_own_network)
{
    struct scene s;

    scene_start(cx, &s);
    check_err(get_from(cx, &s, "http://8.8.8.8", S("/")), ERR_UPSTREAM);
    check_holds(S("use https"), str_of(cx->why));
    scene_end(&s);
}

TEST(loopback_in_other_spellings_is_the_same_loopback)
{
    static const char *const spellings[] = {"2130706433", "0x7f000001", "0177.0.0.1", "127.1"};
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (size_t i = 0; i < COUNT(spellings); i++) {
        struct str base =
            arena_fmt(cx->arena, "http://%s:%d", spellings[i], fake_vendor_port(s.vendor));
        check_ok(get_from(cx, &s, str_z(cx->arena, base), S("/")));
    }
    scene_end(&s);
}

TEST(other_schemes_and_passwords_in_the_base_address_are_refused)
{
    static const char *const bases[] = {"file:///etc/passwd",
                                        "gopher://127.0.0.1",
                                        "ftp://1.1.1.1",
                                        "https://user:pass@graph.facebook.com",
                                        "smtp://127.0.0.1",
                                        "",
                                        "graph",
                                        "https://",
                                        "https://a b/",
                                        "https://h/#frag"};
    struct scene s;

    scene_start(cx, &s);
    for (size_t i = 0; i < COUNT(bases); i++)
        check_err(get_from(cx, &s, bases[i], S("/x")), ERR_INPUT);
    scene_end(&s);
}

TEST(a_path_cannot_lead_to_another_host)
{
    static const char *const paths[] = {"@127.0.0.2/", ".evil.example/",  ":81/", "#x", "/a\r\nb",
                                        "/a b",        "\\@evil.example/"};
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    for (size_t i = 0; i < COUNT(paths); i++)
        check_err(get_from(cx, &s, "https://127.0.0.1", str_of(paths[i])), ERR_BUG);
    check_int(0, fake_vendor_connections(s.vendor));
    scene_end(&s);
}

TEST(slashes_between_base_and_path_do_not_double)
{
    struct scene s;

    scene_start(cx, &s);
    fake_vendor_answers(s.vendor, 200, "", S("ok"));
    struct str base = arena_fmt(cx->arena, "%s/graph/", fake_vendor_url(s.vendor));
    check_ok(get_from(cx, &s, str_z(cx->arena, base), S("/me")));
    check_holds(S("GET /graph/me HTTP/1.1"), fake_vendor_request(s.vendor, cx->arena, 0));
    scene_end(&s);
}
