/* A program built without its pages says so, in one plain page. */
#include "ask.h"
#include "base/embedded.h"
#include "http/http.h"
#include "test.h"

const struct embedded_folder embedded_web = {NULL, 0};

TEST(a_program_without_pages_says_so)
{
    struct server_opts o = {.listen = "127.0.0.1:0", .threads = 2, .fallback = assets_serve};
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    struct answer a = ask_for(cx, server_port(s), "GET", "/login", NULL, S(""));
    check_int(200, a.status);
    check_holds(S("built without its web pages"), a.body);
    check_str(S("text/html; charset=utf-8"), answer_header(&a, "Content-Type"));
    check_int(404, ask_for(cx, server_port(s), "GET", "/app.js", NULL, S("")).status);
    server_stop(&s);
}
